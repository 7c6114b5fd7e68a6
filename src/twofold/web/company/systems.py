"""Systems and scope: which systems count under which lens, from when to when, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.jobs.judge import JudgedEngagement
from twofold.lenses.verdict import Counts
from twofold.scope.labels import FIN_RELEVANT, SOC2, EffectiveLabel, effective_labels
from twofold.scope.register import Scope
from twofold.scope.system import System
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_LENS_OF = {SOC2: "soc2", FIN_RELEVANT: "sox"}


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One system as the list shows it. items: lens -> items that count of all its populations."""

    system: System
    labels: dict[str, tuple[EffectiveLabel, ...]]
    items: dict[str, int]


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
    """Answer with all systems."""
    now = current()
    scope = now.scope.scope if now.scope else None
    values = {
        "applied": now.scope,
        "engagements": scope.engagements if scope else (),
        "rows": rows_of_systems(scope, now.judged) if scope else [],
        "sox": _sox(scope),
    }
    return page(request, "systems.html", values, at="systems", title="Systems and scope")


@require_safe
@needs("see_scope")
def show(request: HttpRequest, system_id: str) -> HttpResponse:
    """Answer with one system: its labels with reasons, what serves it, and what each control test says of it."""
    now = current()
    scope = now.scope.scope if now.scope else None
    system = scope.system(system_id) if scope else None
    if scope is None or system is None:
        raise Http404
    row = next(each for each in rows_of_systems(scope, now.judged) if each.system.id == system_id)
    values = {
        "results": list(_results(now, system_id)),
        "row": row,
        "served_by": [each for each in scope.systems if any(one.system == system_id for one in each.serves)],
        "sox": _sox(scope),
        "system": system,
    }
    return page(request, "system.html", values, at="systems", title=system.name or system.id)


def _sox(scope: Scope | None) -> bool:
    """Whether SOX is shown: a system is, or was, financially relevant."""
    return scope is not None and any(system.financially_relevant for system in scope.systems)


def rows_of_systems(scope: Scope, judged: Sequence[JudgedEngagement]) -> list[SystemRow]:
    """Return each system with its effective labels per lens, and how many items count under it."""
    labels: dict[tuple[str, str], list[EffectiveLabel]] = {}
    for label in effective_labels(scope):
        if label.label in _LENS_OF:
            labels.setdefault((label.system, _LENS_OF[label.label]), []).append(label)
    items: dict[tuple[str, str], int] = {}
    for each in judged:
        for control in each.judgement.controls:
            for result in control.results:
                for system, counts in result.by_system.items():
                    key = (system, each.judgement.lens)
                    items[key] = items.get(key, 0) + counts.applicable
    return [
        SystemRow(
            system,
            {lens: tuple(labels.get((system.id, lens), ())) for lens in _LENS_OF.values()},
            {lens: items.get((system.id, lens), 0) for lens in _LENS_OF.values()},
        )
        for system in scope.systems
    ]


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
