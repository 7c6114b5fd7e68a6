"""People after a change: duties that come to lie in one hand, conflicts of rights, and owners that are missing."""

from collections.abc import Sequence
from datetime import datetime

from twofold.catalog.catalog import Catalog
from twofold.jobs.what_if.counting import counting_controls
from twofold.jobs.what_if.coverage import Asks
from twofold.jobs.what_if.states import State
from twofold.model.outcome import Outcome
from twofold.reports.what_if import DutyConflict, ItemChange, OwnerMissing
from twofold.scope.stretches import Stretch, moment_text
from twofold.scope.what_if.duties import conflicts_that_arise, duties

_SOD_TEST = "T-09"


def conflicts(
    before: State, after: State, items: Sequence[ItemChange], asks: Sequence[Asks]
) -> tuple[DutyConflict, ...]:
    """Return who comes to hold two duties that go apart, and every conflict of rights that becomes an exception.

    Where SOX newly looks at a system, who held two such duties on it before comes to be a conflict too.
    """
    looked_at: dict[str, list[Stretch]] = {}
    for ask in (each for each in asks if each.engagement.lens == "sox"):
        for system, stretches in ask.stretches.items():
            looked_at.setdefault(system, []).extend(stretches)
    zone = after.scope.reporting_zone
    rules = {rule.rule: rule for rule in duties().apart}
    found = [
        DutyConflict(
            each.person,
            each.system,
            rules[each.rule].first,
            rules[each.rule].second,
            moment_text(each.stretch.first, zone=zone) if each.stretch.first else "",
            each.rule,
            "",
        )
        for each in conflicts_that_arise(before.scope, after.scope, looked_at=looked_at)
    ]
    found += [
        DutyConflict(each.item.partition("/")[0], each.system, "", "", "", _SOD_TEST, each.item)
        for each in items
        if each.control_test == _SOD_TEST and each.after == Outcome.EXCEPTION
    ]
    return tuple(sorted(set(found)))


def owners_missing(catalog: Catalog, before: State, after: State, clock: datetime) -> tuple[OwnerMissing, ...]:
    """Return the controls that come to count on a system where nobody owns them, and such systems without an owner."""
    return tuple(sorted(_without_owner(catalog, after, clock) - _without_owner(catalog, before, clock)))


def _without_owner(catalog: Catalog, state: State, clock: datetime) -> set[OwnerMissing]:
    found = set()
    for engagement in state.judged:
        systems: set[str] = set()
        for control_id, control in counting_controls(catalog, state, engagement).items():
            counted = {system for result in control.results for system in result.by_system}
            systems |= counted
            for system in counted or {""}:
                held = state.scope.assignment(control_id=control_id, system=system, at=clock)
                if held is None or not held.owner:
                    found.add(OwnerMissing(engagement, control_id, system))
        named = {system.id: system for system in state.scope.systems}
        found |= {OwnerMissing(engagement, "", each) for each in systems if each in named and not named[each].owner}
    return found
