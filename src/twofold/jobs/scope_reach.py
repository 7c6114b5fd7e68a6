"""Which controls a change of labels reaches, from what was judged already: quick, and as far as that can tell.

A system that comes into a lens brings the items that control tests found of it under another lens. What they come out
as is asked with `twofold what-if`, which really tests and judges.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.catalog.catalog import Catalog
from twofold.jobs.judge import JudgedEngagement
from twofold.scope.plan import ScopePlan
from twofold.scope.register import Scope


@dataclass(frozen=True, slots=True, order=True)
class Reached:
    """A control that comes to count a system's items under a lens (gained), or no longer does.

    tests: (control test, items of the system that it has today, under any lens). owner: "" where nobody owns it.
    """

    lens: str
    system: str
    gained: bool
    control_id: str
    title: str
    tests: tuple[tuple[str, int], ...]
    owner: str


def reached(
    plan: ScopePlan, *, judged: Sequence[JudgedEngagement], catalog: Catalog, scope: Scope | None, at: datetime
) -> list[Reached]:
    """Return the controls that the label changes of a plan reach. scope: who owns what; at: the moment of owning."""
    items = _items(judged)
    moved = {(each.lens, each.system, each.gained) for each in plan.labels}
    return sorted(found for change in moved for found in _of(change, items, catalog, scope, at))


def _items(judged: Sequence[JudgedEngagement]) -> Mapping[str, Mapping[str, int]]:
    """Return system -> control test -> the most items that it has of the system in an engagement."""
    found: dict[str, dict[str, int]] = {}
    for each in judged:
        for control in each.judgement.controls:
            for result in control.results:
                for system, counts in result.by_system.items():
                    of_system = found.setdefault(system, {})
                    of_system[result.control_test] = max(of_system.get(result.control_test, 0), counts.applicable)
    return found


def _of(
    change: tuple[str, str, bool],
    items: Mapping[str, Mapping[str, int]],
    catalog: Catalog,
    scope: Scope | None,
    at: datetime,
) -> Iterator[Reached]:
    lens, system, gained = change
    known = items.get(system, {})
    for control in catalog.controls.values():
        tests = tuple((test, known[test]) for test in sorted(control.control_tests) if test in known)
        if tests and lens in control.lenses:
            held = scope.assignment(control_id=control.control_id, system=system, at=at) if scope else None
            owner = (held.owner if held else None) or ""
            yield Reached(lens, system, gained, control.control_id, control.title, tests, owner)
