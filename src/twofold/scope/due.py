"""When periodic controls are due: the ends of calendar months, quarters, half years and years in the reporting zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from twofold.model.instant import parse_boundary, zone_named
from twofold.scope.register import Scope
from twofold.scope.system import Schedule

MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
_YEAR = 12


@dataclass(frozen=True, slots=True, order=True)
class DueOccurrence:
    """One due time: the calendar period [starts_at, due_at) in UTC; done on time means before `due_at`."""

    system: str
    activity: str
    due_at: datetime
    starts_at: datetime
    record: str


def due_occurrences(scope: Scope, *, horizon: datetime) -> tuple[DueOccurrence, ...]:
    """Return every occurrence whose calendar period ends within its schedule and before `horizon` (aware).

    A period that ends in the moment its schedule begins lies wholly before it, so it is not due. A period that was
    already running then is due as a whole.
    """
    zone = scope.reporting_zone
    found = (
        DueOccurrence(system.id, schedule.activity, due_at, starts_at, schedule.record)
        for system in scope.systems
        for schedule in system.schedules
        for starts_at, due_at in _periods(schedule, zone=zone, horizon=horizon)
    )
    return tuple(sorted(found))


def _periods(schedule: Schedule, *, zone: str, horizon: datetime) -> Iterator[tuple[datetime, datetime]]:
    months = MONTHS[schedule.cadence]
    begins = schedule.valid_from.at
    local = begins.astimezone(zone_named(zone))
    first = local.month - 1 - (local.month - 1) % months
    number = local.year * _YEAR + first
    while True:
        starts_at, due_at = _midnight(number, zone), _midnight(number + months, zone)
        if due_at >= horizon or due_at > schedule.stretch.ends_before:
            return
        if due_at > begins:
            yield starts_at, due_at
        number += months


def _midnight(month_number: int, zone: str) -> datetime:
    day = date(month_number // _YEAR, month_number % _YEAR + 1, 1)
    return parse_boundary(day.isoformat(), zone=zone)
