"""Controls: the list with its state under each lens, and one control with its wording, mappings, people and results."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from twofold.catalog.entries import Control
from twofold.findings.finding import OPEN, Finding
from twofold.jobs.scope_history import ScopeApply, scope_history
from twofold.lenses.conclusion import ControlJudgement
from twofold.lenses.judgement import EngagementJudgement
from twofold.records.acts.sign_off import sign_offs
from twofold.scope.plan_text import control_lines
from twofold.web.company.control_evidence import (
    expected_kinds,
    held_on,
    occurrences,
    past_judgements,
    past_runs,
    wordings_on,
)
from twofold.web.company.control_list import asked_in, control_rows, narrowed
from twofold.web.company.days import day_of, end_of_day
from twofold.web.company.saved_filters import filters_of
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.proposing import controls_to_propose, into_of
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current


@dataclass(frozen=True, slots=True)
class JudgedControl:
    """One control in one engagement."""

    judgement: EngagementJudgement
    control: ControlJudgement


_NEWEST = 10
"""Applies of the scope in which the history of a control is looked for."""


@require_safe
@needs("see_controls")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the controls, narrowed by what the query asks, under their families."""
    now = current()
    asked = asked_in(request)
    rows, shown = control_rows(now), narrowed(now, asked)
    families = [
        (family.title, [row for row in shown if row.control.family == name])
        for name, family in now.catalog.families.items()
    ]
    values = {
        "asked": asked,
        "choosable": {row.control.control_id for row in shown} & set(controls_to_propose(request, now)),
        "criteria": [*now.catalog.criteria, *now.catalog.domains],
        "engagements": [(each.judgement.engagement_id, each.judgement.lens_title) for each in now.judged],
        "families": now.catalog.families.values(),
        "into": into_of(request),
        "groups": [(title, group) for title, group in families if group],
        "open_findings": Counter(each.control_id for each in _one_of_each(now.findings) if each.cause == OPEN),
        "owners": sorted({owner for row in rows for owner in row.owners}),
        "reach": now.reach,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "saved": filters_of(request, "controls"),
        "shown": len(shown),
        "systems": [each.id for each in now.scope.scope.systems] if now.scope else [],
        "total": len(rows),
    }
    return page(request, "controls.html", values, at="controls", title="Controls")


@require_safe
@needs("see_controls")
def show(request: HttpRequest, control_id: str) -> HttpResponse:
    """Answer with one control; `on` is a day of the reporting zone: who had it, and how its tests were worded then."""
    now = current()
    control = now.catalog.controls.get(control_id)  # type: ignore[call-overload]  # an id from outside
    if control is None:
        raise Http404
    on = day_of(request.GET.get("on", ""))
    moment = None if on is None else end_of_day(on, now.workspace.settings.reporting_zone)
    held = held_on(now, control_id, moment)
    values = {
        "catalog": now.catalog,
        "control": control,
        "expected": expected_kinds(now, control),
        "family": now.catalog.families[control.family].title,
        "findings": _findings(now, control_id),
        "ended": [] if moment else [each for each in held if each.stretch.ends_before <= timezone.now()],
        "held": held if moment else [each for each in held if each.stretch.ends_before > timezone.now()],
        "judged": [
            JudgedControl(each.judgement, one)
            for each in now.judged
            for one in each.judgement.controls
            if one.control_id == control_id
        ],
        "judgements": past_judgements(now, control_id),
        "given": list(_given(now, control_id)),
        "may_change": control_id in controls_to_propose(request, now),
        "now": timezone.now(),
        "occurrences": occurrences(now, control),
        "on": on,
        "open": OPEN,
        "reuse": _reuse(now, control),
        "runs": past_runs(now, control),
        "samples": Counter(each.engagement for each in now.samples.values() if each.control == control_id),
        "signed": [each for each in sign_offs(now.workspace.vault) if each.control == control_id],
        "titles": {each.judgement.engagement_id: each.judgement.lens_title for each in now.judged},
        "waiting": [each for each in _waiting() if control_id in each.controls],
        "wordings": [] if moment is None else wordings_on(now, control, moment),
    }
    return page(request, "control.html", values, at="controls", title=f"{control_id} {control.title}")


def _given(now: Current, control_id: str) -> Iterator[tuple[ScopeApply, list[str]]]:
    """Yield the newest applies that gave the control to somebody else, newest first, each with its lines."""
    for apply in reversed(scope_history(now.workspace, newest=_NEWEST)):
        lines = control_lines(apply.plan, control_id, now.people) if apply.plan else []
        if lines:
            yield apply, lines


def _waiting() -> QuerySet[ScopeProposal]:
    return ScopeProposal.objects.filter(state=ScopeProposal.State.WAITING).order_by("-pk")


def _findings(now: Current, control_id: str) -> list[tuple[str, Finding]]:
    """Return each finding once, with the lenses that see it; of its texts those of the lens with most items."""
    seen: dict[str, list[tuple[str, Finding]]] = {}
    for each in now.judged:
        for finding in each.findings:
            if finding.control_id == control_id:
                seen.setdefault(finding.finding_id, []).append((each.judgement.lens_title, finding))
    return [
        (", ".join(title for title, _ in pairs), max((one for _, one in pairs), key=lambda one: len(one.items)))
        for pairs in seen.values()
    ]


def _one_of_each(findings: Sequence[Finding]) -> Sequence[Finding]:
    return list({each.finding_id: each for each in findings}.values())


def _reuse(now: Current, control: Control) -> tuple[int, int]:
    """Return how many pieces of evidence the control's newest runs read, and how many lenses they serve."""
    read: set[int] = set()
    for test in control.control_tests:
        read |= now.evidence_of_tests.get(str(test), frozenset())
    return len(read), len(control.lenses)
