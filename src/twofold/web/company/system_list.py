"""The list of systems: its rows, what it can be narrowed to, and in which order it stands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest

from twofold.jobs.judge import JudgedEngagement
from twofold.scope.labels import FIN_RELEVANT, SOC2, EffectiveLabel, effective_labels
from twofold.scope.register import Scope
from twofold.scope.system import System
from twofold.web.company.days import day_of, start_of_day
from twofold.web.workspace_access import Current

_LENS_OF = {SOC2: "soc2", FIN_RELEVANT: "sox"}
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


SORTS: Mapping[str, tuple[str, Callable[[SystemRow], tuple[object, ...]]]] = {
    "name": ("name", lambda row: ((row.system.name or row.system.id).casefold(),)),
    "layer": ("layer", lambda row: (row.system.layer, row.system.id)),
    "owner": ("owner", lambda row: (row.system.owner or "", row.system.id)),
    "items": ("most items", lambda row: (-sum(row.items.values()), row.system.id)),
    "since": ("earliest label", lambda row: (min(_starts(row), default=""), row.system.id)),
}
"""Name of an order -> what people call it, and the key of a row."""


def asked_in(request: HttpRequest) -> dict[str, str]:
    """Return how the list is asked for: label, sort, on."""
    return {name: request.GET.get(name, "")[:100] for name in ("label", "sort", "on")}


def narrowed(now: Current, asked: Mapping[str, str]) -> list[SystemRow]:
    """Return the systems that the list shows for what is asked of it, in its order."""
    if now.scope is None:
        return []
    _, key = SORTS.get(asked["sort"], SORTS["name"])
    _, at = looked_at(now, asked)
    return sorted(_labelled(rows_of_systems(now.scope.scope, now.judged), asked["label"], at), key=key)


def looked_at(now: Current, asked: Mapping[str, str]) -> tuple[date, datetime]:
    """Return the day on which labels are looked at, today if none is asked for, and the midnight that begins it."""
    on = day_of(asked["on"]) or now.today
    return on, start_of_day(on, now.workspace.settings.reporting_zone)


def _starts(row: SystemRow) -> list[str]:
    return [each.stretch.starts_at.isoformat() for labels in row.labels.values() for each in labels]


def _labelled(rows: Iterable[SystemRow], label: str, at: datetime) -> list[SystemRow]:
    """Return the rows that count under a lens at a moment; all of them for a label that is not offered."""
    if label in _LENS_OF.values():
        return [row for row in rows if row.holds(label, at)]
    if label == "none":
        return [row for row in rows if not any(row.holds(lens, at) for lens in _LENS_OF.values())]
    return list(rows)


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
