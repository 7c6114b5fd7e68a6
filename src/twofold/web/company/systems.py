"""Systems and scope: which systems count under which lens, from when to when, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.jobs.scope_history import ScopeApply, scope_history
from twofold.lenses.verdict import Counts
from twofold.scope.plan_text import system_lines
from twofold.scope.register import Scope
from twofold.web.company.days import day_of
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.proposing import into_of, may_propose
from twofold.web.company.system_list import LABEL_FILTERS, SORTS, asked_in, looked_at, narrowed, rows_of_systems
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_NEWEST = 30
"""Applies of the scope in which the history of a system is looked for."""


@dataclass(frozen=True, slots=True)
class SystemResult:
    """What one control test says of the system in one engagement."""

    engagement_id: str
    lens: str
    control_id: str
    title: str
    control_test: str
    counts: Counts


@require_safe
@needs("see_scope")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the systems; `on`: the day on which labels are looked at, `label` and `sort` as the page offers."""
    now = current()
    scope = now.scope.scope if now.scope else None
    chosen = asked_in(request)
    on, at = looked_at(now, chosen)
    rows = narrowed(now, chosen)
    values = {
        "applied": now.scope,
        "chosen": {**chosen, "on": on.isoformat()},
        "engagements": scope.engagements if scope else (),
        "choosable": {row.system.id for row in rows if may_propose(request, row.system)},
        "every": len(scope.systems) if scope else 0,
        "into": into_of(request),
        "label_filters": LABEL_FILTERS,
        "may_add": may_propose(request, None),
        "looked_at": at,
        "misread": bool(chosen["on"]) and day_of(chosen["on"]) is None,
        "rows": rows,
        "sorts": [(name, words) for name, (words, _) in SORTS.items()],
        "sox": _sox(scope),
        "waiting": ScopeProposal.objects.filter(state=ScopeProposal.State.WAITING).count(),
    }
    return page(request, "systems.html", values, at="systems", title="Systems and scope")


@require_safe
@needs("see_scope")
def show(request: HttpRequest, system_id: str) -> HttpResponse:
    """Answer with one system: labels with reasons, what serves it, its history, and what control tests say of it."""
    now = current()
    scope = now.scope.scope if now.scope else None
    system = scope.system(system_id) if scope else None
    if scope is None or system is None:
        raise Http404
    row = next(each for each in rows_of_systems(scope, now.judged) if each.system.id == system_id)
    waiting = ScopeProposal.objects.filter(state=ScopeProposal.State.WAITING).order_by("-pk")
    values = {
        "history": list(_history(now, system_id)),
        "may_change": may_propose(request, system),
        "results": list(_results(now, system_id)),
        "row": row,
        "served_by": [each for each in scope.systems if any(one.system == system_id for one in each.serves)],
        "sox": _sox(scope),
        "system": system,
        "waiting": [each for each in waiting if system_id in each.systems],
    }
    return page(request, "system.html", values, at="systems", title=system.name or system.id)


def _sox(scope: Scope | None) -> bool:
    """Whether SOX is shown: a system is, or was, financially relevant."""
    return scope is not None and any(system.financially_relevant for system in scope.systems)


def _history(now: Current, system_id: str) -> Iterable[tuple[ScopeApply, list[str]]]:
    """Yield the newest applies that changed something of the system, newest first, each with its lines."""
    for apply in reversed(scope_history(now.workspace, newest=_NEWEST)):
        lines = system_lines(apply.plan, system_id) if apply.plan else []
        if lines:
            yield apply, lines


def _results(now: Current, system_id: str) -> list[SystemResult]:
    return [
        SystemResult(
            each.judgement.engagement_id,
            each.judgement.lens,
            control.control_id,
            control.title,
            result.control_test,
            result.by_system[system_id],
        )
        for each in now.judged
        for control in each.judgement.controls
        for result in control.results
        if system_id in result.by_system
    ]
