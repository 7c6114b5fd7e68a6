"""How two scopes differ in who has which control: per control and system, the stretches in which other people do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from twofold.scope.edits.edit import PARTS
from twofold.scope.engagement import ControlAssignment
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, joined

People = tuple[tuple[str, str], ...]
"""(part, person) of an entry: owner, performer, evidence_owner, deputy, as far as it names them."""
_Parts = tuple[tuple[str, str, str], ...]
_Difference = tuple[_Parts, bool, bool]
"""What differs, as `HeldChange` says it: parts, began, ended."""


@dataclass(frozen=True, slots=True, order=True)
class HeldChange:
    """A stretch in which a control is held by others than before.

    systems: () = those that no entry names. parts: (part, person before, person after) of what differs, "" = nobody.
    began, ended: before, or after, no entry was for these systems.
    """

    control_id: str
    systems: tuple[str, ...]
    stretch: Stretch
    parts: tuple[tuple[str, str, str], ...]
    began: bool
    ended: bool
    back_dated: bool


def held_changes(old: Scope, new: Scope, *, edge: datetime | None) -> Iterator[HeldChange]:
    """Yield the differences by control. edge: moment of the apply; what reaches before it is back-dated."""
    was, now = _by_control(old), _by_control(new)
    for control_id in sorted({*was, *now}):
        before, after = was.get(control_id, []), now.get(control_id, [])
        if before == after:
            continue
        named = sorted({system for each in (*before, *after) for system in each.systems})
        alike: dict[tuple[Stretch, _Difference], list[str]] = {}
        for system in ("", *named):
            for step in _steps(before, after, system):
                alike.setdefault(step, []).append(system)
        for (stretch, (parts, began, ended)), systems in alike.items():
            shown = () if "" in systems else tuple(systems)
            back_dated = edge is not None and stretch.starts_at < edge
            yield HeldChange(control_id, shown, stretch, parts, began, ended, back_dated)


def _by_control(scope: Scope) -> Mapping[str, list[ControlAssignment]]:
    found: dict[str, list[ControlAssignment]] = {}
    for each in scope.controls:
        found.setdefault(each.id, []).append(each)
    return found


def _steps(
    before: Sequence[ControlAssignment], after: Sequence[ControlAssignment], system: str
) -> Iterator[tuple[Stretch, _Difference]]:
    """Yield the stretches in which a system's people differ; neighbours that differ in the same way are one."""
    edges = sorted({edge for each in (*before, *after) for edge in (each.stretch.starts_at, each.stretch.ends_before)})
    found: dict[_Difference, list[Stretch]] = {}
    for start, end in pairwise(edges):
        stretch = Stretch(start, end)
        was, now = _held(before, system, stretch), _held(after, system, stretch)
        if was != now:
            found.setdefault(_difference(was, now), []).append(stretch)
    for difference, stretches in found.items():
        yield from ((stretch, difference) for stretch in joined(stretches))


def _difference(was: People | None, now: People | None) -> _Difference:
    old, new = dict(was or ()), dict(now or ())
    parts = tuple((part, old.get(part, ""), new.get(part, "")) for part in PARTS if old.get(part) != new.get(part))
    return parts, was is None, now is None


def _held(entries: Sequence[ControlAssignment], system: str, stretch: Stretch) -> People | None:
    """Return who has the control for a system in a stretch that no entry cuts; one that names it wins."""
    there = [each for each in entries if stretch.starts_at in each.stretch]
    named = [each for each in there if system in each.systems] or [each for each in there if not each.systems]
    if not named:
        return None
    return tuple((part, person) for part in PARTS if (person := getattr(named[0], part)))
