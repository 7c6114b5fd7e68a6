"""The first page: both clocks, what to do next, the state of each control and criterion, and coverage by week."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.catalog.entries import Family
from twofold.jobs.judge import JudgedEngagement
from twofold.lenses.conclusion import Conclusion
from twofold.model.instant import zone_named
from twofold.reports.summary import StatusRow
from twofold.web.company.coverage import Coverage, coverage
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_STEPS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Clock:
    """One engagement's period against today: days in it, days over, and how many controls have which conclusion."""

    judged: JudgedEngagement
    kind: str
    first: str
    last: str
    days: int
    over: int
    tally: tuple[tuple[str, int], ...]
    by_hand: int

    @property
    def percent(self) -> int:
        """How much of the period is over."""
        return 100 * self.over // self.days

    @property
    def words(self) -> str:
        """Where the period stands, in words."""
        if self.over <= 0:
            return f"starts in {1 - self.over} days"
        left = self.days - self.over
        return "ended" if left <= 0 else f"{left} days left"


@require_safe
@needs("see_overview")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with the overview."""
    now = current()
    zone = zone_named(now.workspace.settings.reporting_zone)
    today = timezone.now().astimezone(zone).date()
    values = {
        "clocks": [_clock(each, now, today) for each in now.judged],
        "coverage": _coverage(now),
        "families": _families(now),
        "first": now.status.first,
        "more_steps": max(0, len(now.status.steps) - _STEPS_SHOWN),
        "order": now.status.order,
        "set_aside": len(now.status.set_aside),
        "status": now.status,
        "steps": now.status.steps[:_STEPS_SHOWN],
        "today": today,
    }
    return page(request, "overview.html", values, at="overview", title="Overview")


def _clock(judged: JudgedEngagement, now: Current, today: date) -> Clock:
    judgement = judged.judgement
    first, last = now.status.days[judgement.engagement_id]
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    tested = [each for each in judgement.controls if each.results]
    counted = ((each.value, sum(one.conclusion is each for one in tested)) for each in Conclusion)
    engagement = now.scope.scope.engagement(judgement.engagement_id) if now.scope else None
    days = (ends - begins).days + 1
    return Clock(
        judged=judged,
        kind={"type1": "Type 1", "type2": "Type 2"}.get(engagement.type if engagement else "", ""),
        first=first,
        last=last,
        days=days,
        over=min(days, (today - begins).days + 1),
        tally=tuple((word, number) for word, number in counted if number),
        by_hand=len(judgement.controls) - len(tested),
    )


def _families(now: Current) -> list[tuple[Family, list[StatusRow]]]:
    """Return the controls that have a test, under their families, in the catalog's order."""
    catalog = now.catalog
    by_family: dict[str, list[StatusRow]] = {}
    for row in now.status.rows:
        if row.control_tests:
            by_family.setdefault(catalog.control(row.control_id).family, []).append(row)
    return [(family, by_family[name]) for name, family in catalog.families.items() if name in by_family]


def _coverage(now: Current) -> Coverage | None:
    """Return coverage over the longest period that was judged."""
    if not now.judged:
        return None
    return coverage(now.workspace, now.judged)
