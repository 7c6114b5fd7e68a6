"""From which day on evidence counts no longer, by kind: the newest capture of each kind decides."""

from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.db.models import Max
from django.urls import reverse

from twofold.jobs.due import DueKind, DueThing
from twofold.web.company.evidence_index import follow
from twofold.web.company.models import EvidenceRow
from twofold.web.lookup.models import EvidenceStanding
from twofold.web.workspace_access import Current

_SHOWN = 4


def stale_things(now: Current, zone: tzinfo) -> list[DueThing]:
    """Return one thing for each day on which evidence stops counting, with the kinds."""
    by_day: dict[date, list[str]] = {}
    for kind, stops_at in _newest(now):
        by_day.setdefault(stops_at.astimezone(zone).date(), []).append(kind)
    return [
        DueThing(DueKind.EVIDENCE, f"stale/{day}", _title(sorted(set(kinds))), day, (), reverse("evidence"))
        for day, kinds in sorted(by_day.items())
    ]


def _title(kinds: list[str]) -> str:
    more = f" and {len(kinds) - _SHOWN} more" if len(kinds) > _SHOWN else ""
    return f"Capture again, it counts no longer: {', '.join(each.replace('_', ' ') for each in kinds[:_SHOWN])}{more}"


@lru_cache(maxsize=2)
def _newest(now: Current) -> tuple[tuple[str, datetime], ...]:
    """Return (kind, moment from which its newest capture counts no longer), once per state of the workspace."""
    follow(now.workspace)
    rows = EvidenceRow.objects.filter(replaced=False).values_list("source", "kind").annotate(newest=Max("number"))
    kinds = {number: kind for _, kind, number in rows}
    standing = EvidenceStanding.objects.in_bulk(list(kinds))
    return tuple((kinds[number], each.stops_at) for number, each in sorted(standing.items()) if each.stops_at)
