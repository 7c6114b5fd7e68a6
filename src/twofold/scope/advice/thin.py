"""Controls that would have no due occurrence in a planned period: the report could say nothing of their operation.

A schedule of the scope decides to the day. A control that runs by the calendar and has no schedule there is thin where
the period is shorter than its cadence, since then it is not sure that an occurrence falls into it.

Source: audit-domain 6.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from twofold.catalog.entries import Control, Frequency
from twofold.model.instant import parse_boundary
from twofold.scope.advice.calendar import A_DAY, add_months
from twofold.scope.advice.scope_facts import COMPANY
from twofold.scope.advice.worded import Caution, caution, listed, worded_rules
from twofold.scope.due import due_occurrences
from twofold.scope.register import Scope

CADENCE_MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.YEARLY: 12}
"""Frequencies that fall due by the calendar, whatever happens in the company."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Thin:
    """A control without a due occurrence: in none of its systems, or on the systems named. rests_on: schedules."""

    control_id: str
    systems: tuple[str, ...]
    rests_on: tuple[str, ...]
    yearly: bool
    """Whether only a period of a year would surely hold an occurrence."""


def thin_controls(
    controls: Iterable[Control], scope: Scope | None, *, first: date, last: date, described: Sequence[str]
) -> list[Thin]:
    """Return the controls with no due occurrence in the period of local days, both included.

    described: the systems inside the boundary; schedules of others do not count. Empty = every system counts.
    """
    found = []
    for control in controls:
        thin = _by_schedule(control, scope, first, last, described) if scope else None
        if thin is None:
            thin = _by_frequency(control, first, last)
        found += [thin] if thin and (thin.systems or thin.rests_on) else []
    return found


def thin_cautions(thin: Iterable[Thin], *, first: date, last: date) -> Iterator[Caution]:
    """Say each as a warning."""
    for each in thin:
        where = f" on {listed(each.systems)}" if each.systems else ""
        yield caution("window.thin_period", each.rests_on, about=each.control_id, first=first, last=last, where=where)


def _by_schedule(control: Control, scope: Scope, first: date, last: date, described: Sequence[str]) -> Thin | None:
    """Return what the schedules say; None where the scope has none for the control. Nothing thin: empty fields."""
    activities = _activities(control)
    plans = [
        (system.id, plan)
        for system in scope.systems
        if not described or system.id in described or system.id == COMPANY
        for plan in system.schedules
        if plan.activity in activities
    ]
    if not plans:
        return None
    begins = parse_boundary(first.isoformat(), zone=scope.reporting_zone)
    ends = parse_boundary((last + A_DAY).isoformat(), zone=scope.reporting_zone)
    # As in the populations, an occurrence belongs to the moment before it is due: the last one is due at the end.
    due = {
        (each.system, each.activity)
        for each in due_occurrences(scope, horizon=ends + _TICK)
        if begins < each.due_at <= ends
    }
    without = sorted({system for system, plan in plans if (system, plan.activity) not in due})
    data = tuple(sorted({f"scope: systems/{system}/schedules" for system in without}))
    return Thin(control.control_id, tuple(without), data, yearly=control.frequency is Frequency.YEARLY)


def _by_frequency(control: Control, first: date, last: date) -> Thin | None:
    months = CADENCE_MONTHS.get(control.frequency)
    if months is None or add_months(first, months) - A_DAY <= last:
        return None
    data = (f"catalog: {control.control_id} frequency = {control.frequency}",)
    return Thin(control.control_id, (), data, yearly=control.frequency is Frequency.YEARLY)


def _activities(control: Control) -> frozenset[str]:
    served = worded_rules()["window.activities"].settings
    return frozenset(name for name, controls in served.items() if control.control_id in controls)
