"""What is due, from what the thread has read already; open access reviews are read again only when one changed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.utils import timezone

from twofold.engagement.access_review import Review
from twofold.jobs.acts import requests
from twofold.jobs.due import DueFacts, DueThing, due_things, open_reviews
from twofold.model.instant import zone_named
from twofold.vault.evidence_index import EvidenceFilter
from twofold.web.workspace_access import Current

_KINDS = ("campaign", "review_item", "revoke")


class OpenReviews(NamedTuple):
    """The open access reviews, and account of a reviewer -> HR id."""

    newest: tuple[int, ...]
    """Of the moment at which the key was looked up: nothing that pages show came since."""
    key: tuple[object, ...]
    reviews: Sequence[Review]
    persons: Mapping[str, str]


_KEPT: dict[str, OpenReviews] = {}
"""The newest reading, by folder of the workspace."""


def things_of(now: Current, *, until: date) -> Sequence[DueThing]:
    """Return everything that is due; expected operations of controls up to a day of the reporting zone."""
    return _things(now, until)


@lru_cache(maxsize=16)
def _things(now: Current, until: date) -> Sequence[DueThing]:
    zone = zone_named(now.workspace.settings.reporting_zone)
    midnight = datetime.combine(until + timedelta(days=1), time.min, zone)
    return tuple(due_things(facts_of(now, at=timezone.now(), horizon=midnight + timedelta(days=1))))


def facts_of(now: Current, *, at: datetime, horizon: datetime) -> DueFacts:
    """Return the facts that `due_things` needs. horizon: no expected operation of a control after it (aware)."""
    held = reviews_of(now, at=at)
    return DueFacts(
        scope=now.scope.scope if now.scope else None,
        zone=now.workspace.settings.reporting_zone,
        follow_ups=list(now.follow_ups.values()),
        tasks=now.tasks,
        requests=requests(now.workspace),
        horizon=horizon,
        reviews=held.reviews,
        persons=held.persons,
    )


def reviews_of(now: Current, *, at: datetime) -> OpenReviews:
    """Read the open reviews, or take what was read before where no act of a review came since."""
    workspace = now.workspace
    name = str(workspace.root)
    kept = _KEPT.get(name)
    if kept is not None and kept.newest == now.newest:
        return kept
    newest = [list(workspace.vault.each_evidence(EvidenceFilter(kind=kind)))[-1:] for kind in _KINDS]
    scope = workspace.applied_scope()
    key = (*(each[0].evidence_id if each else "" for each in newest), scope.entry_index if scope else -1)
    if kept is not None and kept.key == key:
        kept = kept._replace(newest=now.newest)
    else:
        kept = OpenReviews(now.newest, key, *open_reviews(workspace, at=at))
    _KEPT[name] = kept
    return kept
