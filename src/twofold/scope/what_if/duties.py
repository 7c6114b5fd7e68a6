"""Duties of the roster as dated data: which do not go together, which a control test asks for, who comes to conflict.

Source and day of each stand in duties.toml. What is found here is a question for a person, not a verdict: a rule of
control test T-09 judges rights, and T-11 the people of each change.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, joined, without

_FILE = Path(__file__).with_name("duties.toml")


@dataclass(frozen=True, slots=True)
class DutiesApart:
    """Two duties that one person should not hold on one system at one time."""

    rule: str
    first: str
    second: str
    why: str
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class DutyNeeded:
    """A duty that somebody must have held at the time of an item, or the item's authority cannot be shown."""

    duty: str
    control_tests: tuple[str, ...]
    source: str
    as_of: date
    lenses: tuple[str, ...] = ("soc2", "sox")


@dataclass(frozen=True, slots=True)
class ScheduleNeeded:
    """A schedule that a system needs for a periodic control."""

    activity: str
    control: str
    control_test: str
    with_stores: bool
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Duties:
    """All of duties.toml."""

    apart: tuple[DutiesApart, ...]
    needed: tuple[DutyNeeded, ...]
    scheduled: tuple[ScheduleNeeded, ...]


@dataclass(frozen=True, slots=True, order=True)
class BothHeld:
    """A person holds both duties of a rule on a system in a stretch."""

    person: str
    system: str
    rule: str
    stretch: Stretch


@cache
def duties() -> Duties:
    """Read duties.toml."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    lists = [{**each, **_tuples(each)} for each in raw["needed"]]
    return Duties(
        apart=tuple(DutiesApart(**each) for each in raw["apart"]),
        needed=tuple(DutyNeeded(**each) for each in lists),
        scheduled=tuple(ScheduleNeeded(**each) for each in raw["scheduled"]),
    )


def conflicts_that_arise(
    before: Scope, after: Scope, *, looked_at: Mapping[str, Sequence[Stretch]] = MappingProxyType({})
) -> tuple[BothHeld, ...]:
    """Return who comes to hold two duties that go apart, where and when; sorted.

    What was so before is left out, but for the systems and stretches that are newly looked at.
    """
    held = {
        (person, system, rule): [part for each in stretches for part in without(each, looked_at.get(system, ()))]
        for (person, system, rule), stretches in _both_held(before)
    }
    found = []
    for (person, system, rule), stretches in _both_held(after):
        fresh = joined(part for stretch in stretches for part in without(stretch, held.get((person, system, rule), ())))
        found += [BothHeld(person, system, rule, stretch) for stretch in fresh]
    return tuple(sorted(found))


def on_roster(scope: Scope, system: str, duty: str) -> list[Stretch]:
    """Return when anybody at all is on the roster of a system for a duty, also by an entry for every system."""
    return joined(entry.stretch for entry in scope.rosters if entry.duty == duty and entry.scope in (system, "*"))


def _both_held(scope: Scope) -> Iterator[tuple[tuple[str, str, str], list[Stretch]]]:
    systems = [system.id for system in scope.systems]
    of_person: dict[tuple[str, str], list[tuple[str, Stretch]]] = {}
    for entry in scope.rosters:
        of_person.setdefault((entry.person, entry.duty), []).append((entry.scope, entry.stretch))
    for rule in duties().apart:
        for person in sorted({person for person, duty in of_person if duty == rule.first}):
            for system in systems:
                sides = [_held(of_person, person, duty, system) for duty in (rule.first, rule.second)]
                common = [both for one in sides[0] for other in sides[1] if (both := one.common(other))]
                if common:
                    yield (person, system, rule.rule), joined(common)


def _held(of_person: Mapping[tuple[str, str], list[tuple[str, Stretch]]], *of: str) -> list[Stretch]:
    person, duty, system = of
    return joined(stretch for scope, stretch in of_person.get((person, duty), ()) if scope in (system, "*"))


def _tuples(values: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
