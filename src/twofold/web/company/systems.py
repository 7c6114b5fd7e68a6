"""Systems and scope: which systems count under which lens, from when to when, and why."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.jobs.judge import JudgedEngagement
from twofold.jobs.scope_history import ScopeApply, scope_history
from twofold.lenses.verdict import Counts
from twofold.scope.labels import FIN_RELEVANT, SOC2, EffectiveLabel, effective_labels
from twofold.scope.plan_text import system_lines
from twofold.scope.register import Scope
from twofold.scope.system import System
from twofold.web.company.days import day_of, start_of_day
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.propose import may_propose
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_LENS_OF = {SOC2: "soc2", FIN_RELEVANT: "sox"}
_NEWEST = 30
"""Applies of the scope in which the history of a system is looked for."""
LABEL_FILTERS = (
    ("soc2", "in SOC 2 scope"),
    ("sox", "financially relevant"),
    ("none", "under no lens"),
)


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One system as the list shows it.

    items: lens -> items that count. populations: lens -> control tests that have some, each of one population.
    """

    system: System
    labels: dict[str, tuple[EffectiveLabel, ...]]
    items: dict[str, int]
    populations: dict[str, int]

    def holds(self, lens: str, at: datetime) -> bool:
        """Whether the system counts under a lens at a moment."""
        return any(each.counts and at in each.stretch for each in self.labels[lens])


@dataclass(frozen=True, slots=True)
class SystemResult:
    """What one control test says of the system in one engagement."""

    engagement_id: str
    lens: str
    control_id: str
    title: str
    control_test: str
    counts: Counts


SORTS: Mapping[str, tuple[str, Callable[[SystemRow], tuple[object, ...]]]] = {
    "name": ("name", lambda row: ((row.system.name or row.system.id).casefold(),)),
    "layer": ("layer", lambda row: (row.system.layer, row.system.id)),
    "owner": ("owner", lambda row: (row.system.owner or "", row.system.id)),
    "items": ("most items", lambda row: (-sum(row.items.values()), row.system.id)),
    "since": ("earliest label", lambda row: (min(_starts(row), default=""), row.system.id)),
}
"""Name of an order -> what people call it, and the key of a row."""


@require_safe
@needs("see_scope")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the systems; `on`: the day on which labels are looked at, `label` and `sort` as the page offers."""
    now = current()
    scope = now.scope.scope if now.scope else None
    chosen = {name: request.GET.get(name, "") for name in ("label", "sort", "on")}
    on = day_of(chosen["on"]) or now.today
    at = start_of_day(on, now.workspace.settings.reporting_zone)
    rows = rows_of_systems(scope, now.judged) if scope else []
    _, key = SORTS.get(chosen["sort"], SORTS["name"])
    values = {
        "applied": now.scope,
        "chosen": {**chosen, "on": on.isoformat()},
        "engagements": scope.engagements if scope else (),
        "every": len(rows),
        "label_filters": LABEL_FILTERS,
        "may_add": may_propose(request, None),
        "looked_at": at,
        "misread": bool(chosen["on"]) and day_of(chosen["on"]) is None,
        "rows": sorted(_labelled(rows, chosen["label"], at), key=key),
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


def _starts(row: SystemRow) -> list[str]:
    return [each.stretch.starts_at.isoformat() for labels in row.labels.values() for each in labels]


def _labelled(rows: Iterable[SystemRow], label: str, at: datetime) -> list[SystemRow]:
    """Return the rows that count under a lens at a moment; all of them for a label that is not offered."""
    if label in _LENS_OF.values():
        return [row for row in rows if row.holds(label, at)]
    if label == "none":
        return [row for row in rows if not any(row.holds(lens, at) for lens in _LENS_OF.values())]
    return list(rows)


def _sox(scope: Scope | None) -> bool:
    """Whether SOX is shown: a system is, or was, financially relevant."""
    return scope is not None and any(system.financially_relevant for system in scope.systems)


def rows_of_systems(scope: Scope, judged: Sequence[JudgedEngagement]) -> list[SystemRow]:
    """Return each system with its effective labels per lens, and how many items count under it.

    A control test that serves several controls of an engagement counts once.
    """
    labels: dict[tuple[str, str], list[EffectiveLabel]] = {}
    for label in effective_labels(scope):
        if label.label in _LENS_OF:
            labels.setdefault((label.system, _LENS_OF[label.label]), []).append(label)
    applicable: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    for each in judged:
        for control in each.judgement.controls:
            for result in control.results:
                for system, counts in result.by_system.items():
                    of_test = applicable.setdefault((system, each.judgement.lens), {})
                    of_test[each.judgement.engagement_id, result.control_test] = counts.applicable
    return [
        SystemRow(
            system,
            {lens: tuple(labels.get((system.id, lens), ())) for lens in _LENS_OF.values()},
            {lens: sum(applicable.get((system.id, lens), {}).values()) for lens in _LENS_OF.values()},
            {lens: len({test for _, test in applicable.get((system.id, lens), {})}) for lens in _LENS_OF.values()},
        )
        for system in scope.systems
    ]


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
