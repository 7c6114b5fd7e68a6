"""The first page: both clocks, what waits for the person who looks, what to do next, the state, coverage by week."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.jobs.due import DueKind, DueThing, due_things
from twofold.jobs.judge import JudgedEngagement
from twofold.lenses.conclusion import Conclusion
from twofold.scope.labels import FIN_RELEVANT, effective_labels
from twofold.web.accounts.member import person_of
from twofold.web.acting import acting_name
from twofold.web.company.coverage import coverage
from twofold.web.company.days import end_of_day
from twofold.web.company.evidence_health import kinds_in_doubt, reuse
from twofold.web.company.overview_state import family_rows, series_rows, step_groups
from twofold.web.company.work.gathered import facts_of
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_MINE = 8
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Clock:
    """One engagement's period against today: days in it, days over, and how many controls have which conclusion.

    exceptions, cannot_test: over all control tests, each item of a test counted once.
    """

    judged: JudgedEngagement
    kind: str
    first: str
    last: str
    days: int
    over: int
    tally: tuple[tuple[str, int], ...]
    by_hand: int
    exceptions: int
    cannot_test: int

    @property
    def percent(self) -> int:
        """How much of the period is over."""
        return max(0, 100 * self.over // self.days)

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
    """Answer with the overview; `system` narrows coverage by week."""
    now = current()
    today = now.today
    judged = [each for each in now.judged if each.judgement.lens != "sox" or _is_relevant(now)]
    month, mine = _mine(request, now, today)
    systems = [each.id for each in now.scope.scope.systems] if now.scope else []
    chosen = system if (system := request.GET.get("system", "")) in systems else ""
    clocks = [_clock(each, now, today) for each in judged]
    values = {
        "clocks": clocks,
        "coverage": coverage(now.workspace, judged, system=chosen, at=timezone.now()) if judged else None,
        "criteria": [(each, series_rows(now, each.judgement)) for each in judged if each.judgement.lens == "soc2"],
        "domains": [each for each in judged if each.judgement.lens == "sox"],
        "families": family_rows(now) if judged else [],
        "first": now.status.first,
        "old": now.status.old.value if judged else "",
        "groups": step_groups(now),
        "has_person": bool(person_of(request.user)),
        "kinds": kinds_in_doubt(now, until=timezone.now() + _WEEK),
        "mine": mine[:_MINE],
        "mine_more": max(0, len(mine) - _MINE),
        "month": month,
        "now": timezone.now(),
        "order": now.status.order,
        "reuse": reuse(now),
        "status": now.status,
        "system": chosen,
        "systems": systems,
        "today": today,
    }
    return page(request, "overview.html", values, at="overview", title="Overview")


def _is_relevant(now: Current) -> bool:
    """Whether SOX relies on any system, at any time."""
    labels = effective_labels(now.scope.scope) if now.scope else ()
    return any(each.label == FIN_RELEVANT and each.counts for each in labels)


def _mine(request: HttpRequest, now: Current, today: date) -> tuple[str, Sequence[DueThing]]:
    """Return the name of the month, and what is due up to its end of the person who looks; what is late comes first."""
    last = today.replace(day=monthrange(today.year, today.month)[1])
    facts = facts_of(now, at=timezone.now(), horizon=end_of_day(last, now.workspace.settings.reporting_zone))
    me = acting_name(request)
    due = [each for each in due_things(facts) if each.on <= last and each.is_for(me)]
    return f"{today:%B}", [each for each in due if each.kind is not DueKind.OCCURRENCE or each.on >= today]


def _clock(judged: JudgedEngagement, now: Current, today: date) -> Clock:
    judgement = judged.judgement
    first, last = now.status.days[judgement.engagement_id]
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    tested = [each for each in judgement.controls if each.results]
    counted = ((each.value, sum(one.conclusion is each for one in tested)) for each in Conclusion)
    engagement = now.scope.scope.engagement(judgement.engagement_id) if now.scope else None
    days = (ends - begins).days + 1
    counts = {result.control_test: result.counts for each in tested for result in each.results if result.counts}
    return Clock(
        judged=judged,
        kind={"type1": "Type 1", "type2": "Type 2"}.get(engagement.type if engagement else "", ""),
        first=first,
        last=last,
        days=days,
        over=min(days, (today - begins).days + 1),
        tally=tuple((word, number) for word, number in counted if number),
        by_hand=len(judgement.controls) - len(tested),
        exceptions=sum(each.exceptions for each in counts.values()),
        cannot_test=sum(each.cannot_test for each in counts.values()),
    )
