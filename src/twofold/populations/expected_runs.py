"""Lay schedules out slot by slot: which runs were due, so that one that never started is an item too.

Source: audit-domain T-21 and T-23: expected runs = schedule timeline x what is alive then, in the schedule's own zone.
A slot is due from the later of the start of the schedule's row and the start of use of what it serves, until the
earlier of their ends. Pauses take nothing away: a rule sees them in `run_pause` and asks who allowed them.

It decides nothing about runs, and it invents no schedule: what has none has no slot, which the populations show.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.populations.calendar_days import WEEKDAYS, CalendarFact, declared_calendars
from twofold.populations.schedules import EACH_DAY, EACH_MONTH, FORMS, Schedule, instants_due, parse_schedule
from twofold.tables.rows import Value

YEARS_BACK = 2
"""Slots are laid out from so many years before the clock of the data: a period under audit ended at most a year ago."""
_YEAR = timedelta(days=366)
_FOR_EVER = 1_000_000
"""Days beyond which a term is as good as none, and beyond which a moment has no date any more."""
_BEFORE = timedelta(days=32)
_AFTER = timedelta(days=100)
"""How far a stretch may begin before the first slot, and how far the next slot is looked for: a month and holidays."""
_PLANS = {
    "backup": """
        SELECT p.id, p.schedule, COALESCE(p.zone, y.zone), p.calendar, p.valid_from, p.valid_to,
            s.valid_from, s.valid_to, p.window_minutes, p.keep_days
        FROM backup_plan AS p LEFT JOIN store AS s ON s.id = p.store LEFT JOIN system AS y ON y.id = s.system
    """,
    "job": """
        SELECT p.id, p.schedule, COALESCE(p.zone, y.zone), p.calendar, p.valid_from, p.valid_to,
            NULL, NULL, p.window_minutes, NULL
        FROM batch_job AS p LEFT JOIN system AS y ON y.id = p.system WHERE p.is_key
    """,
    "transfer": """
        SELECT p.id, p.schedule, COALESCE(p.zone, y.zone), p.calendar, p.valid_from, p.valid_to,
            NULL, NULL, p.window_minutes, NULL
        FROM interface AS p LEFT JOIN system AS y ON y.id = p.system WHERE p.schedule IS NOT NULL
    """,
    "scan": """
        SELECT p.id, p.schedule, COALESCE(p.zone, y.zone), NULL, p.valid_from, p.valid_to,
            p.valid_from, p.valid_to, NULL, NULL
        FROM scan_target AS p LEFT JOIN system AS y ON y.id = p.system WHERE p.schedule IS NOT NULL
    """,
    "log": """
        SELECT p.id, NULL, y.zone, NULL, p.valid_from, p.valid_to, p.valid_from, p.valid_to, NULL, NULL
        FROM log_source AS p LEFT JOIN system AS y ON y.id = p.system
    """,
    "watch": """
        SELECT l.system, NULL, y.zone, NULL, l.valid_from, l.valid_to, NULL, NULL, NULL, NULL
        FROM system_label AS l LEFT JOIN system AS y ON y.id = l.system
        WHERE l.label = 'fin_relevant' AND COALESCE(l.dependents, 1) <> 0
    """,
}
"""Activity -> id, schedule, zone, calendar, from, to, in use from, in use to, minutes of the window, days to keep."""
_STRETCHES: Mapping[str, Schedule] = {"log": EACH_DAY, "watch": EACH_MONTH}
"""Activities without a schedule text, which are looked at by day or by month."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One row of a schedule timeline; times are aware UTC, None is open."""

    id: str
    schedule: Schedule
    zone: ZoneInfo
    works: Callable[[date], bool]
    valid_from: datetime | None
    valid_to: datetime | None
    used_from: datetime | None
    used_to: datetime | None
    window: timedelta | None
    keep: timedelta | None

    def due_from(self, earliest: datetime) -> datetime:
        """The first moment at which a slot of this row can be due."""
        return max(moment for moment in (self.valid_from, self.used_from, earliest) if moment is not None)

    def due_until(self, latest: datetime) -> datetime:
        """The moment from which no slot of this row is due."""
        return min(moment for moment in (self.valid_to, self.used_to, latest) if moment is not None)


@dataclass(frozen=True, slots=True)
class Slot:
    """One due run, or one stretch to be covered; times are aware UTC."""

    plan: Plan
    starts_at: datetime
    ends_before: datetime


def expected_run_rows(session: duckdb.DuckDBPyConnection, *, clock: datetime) -> Iterator[dict[str, Value]]:
    """Yield the expected_run rows of every declared schedule up to `clock` (aware UTC), by activity, plan and slot.

    Raises UserError for a schedule, a zone or a calendar that cannot be read.
    """
    calendars = {each.id: each for each in declared_calendars(session)}
    for activity, query in _PLANS.items():
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in session.execute(f"{query} ORDER BY ALL").fetchall():
            rows[row[0]].append(row)
        for plan_rows in rows.values():
            plans = [_plan(activity, row, calendars) for row in plan_rows]
            yield from (_row(activity, slot) for slot in slots_of(plans, clock=clock))


def slots_of(plans: Sequence[Plan], *, clock: datetime) -> list[Slot]:
    """Return the slots of one plan's timeline, each ending where the next begins; two at one instant are one."""
    found = {slot.starts_at: slot for plan in reversed(plans) for slot in _slots(plan, clock)}
    slots = [found[moment] for moment in sorted(found)]
    return [
        Slot(slot.plan, slot.starts_at, min(slot.ends_before, following.starts_at))
        for slot, following in pairwise(slots)
    ] + slots[-1:]


def _slots(plan: Plan, clock: datetime) -> Iterator[Slot]:
    first, end = plan.due_from(clock - YEARS_BACK * _YEAR), plan.due_until(clock)
    if first >= end:
        return
    first_day = (first - _BEFORE).astimezone(plan.zone).date()
    last_day = (end + _AFTER).astimezone(plan.zone).date()
    instants = instants_due(plan.schedule, plan.zone, first=first_day, last=last_day, works=plan.works)
    for start, following in pairwise(instants):
        if start >= end:
            return
        if plan.schedule.is_continuous and following > first:
            yield Slot(plan, max(start, first), plan.due_until(following))
        elif start >= first:
            yield Slot(plan, start, following)


def _row(activity: str, slot: Slot) -> dict[str, Value]:
    plan = slot.plan
    local = slot.starts_at.astimezone(plan.zone)
    used_from = plan.used_from and plan.used_from.astimezone(plan.zone).date()
    return {
        "activity": activity,
        "plan": plan.id,
        "slot": local.isoformat(timespec="auto" if local.second or local.microsecond else "minutes"),
        "valid_from": plan.valid_from,
        "starts_at": slot.starts_at,
        "due_at": slot.ends_before if plan.window is None else slot.starts_at + plan.window,
        "ends_before": slot.ends_before,
        "is_continuous": plan.schedule.is_continuous,
        "first_day": local.date() == used_from,
        "kept_for_minutes": None if plan.keep is None else _kept_for(plan.keep, plan.zone, slot),
    }


def _kept_for(keep: timedelta, zone: ZoneInfo, slot: Slot) -> int:
    """Return the minutes of so many days of the local clock from the start or the end of a slot: the fewer."""
    ends = [(moment, moment.astimezone(zone) + keep) for moment in (slot.starts_at, slot.ends_before)]
    return min((local.astimezone(UTC) - moment) // timedelta(minutes=1) for moment, local in ends)


def _plan(activity: str, row: tuple[Any, ...], calendars: Mapping[str, CalendarFact]) -> Plan:
    name, schedule, zone, calendar, *_, window, keep_days = row
    valid_from, valid_to, used_from, used_to = (limit and limit.replace(tzinfo=UTC) for limit in row[4:8])
    where = f"{activity} {name}"
    try:
        found = _STRETCHES[activity] if activity in _STRETCHES else parse_schedule(schedule)
        zone_found = zone_named(zone or "UTC")
    except ValueError as error:
        raise UserError(Problem(where, str(error), remedy=f"write {FORMS}, and an IANA zone")) from error
    if calendar and calendar not in calendars:
        known = ", ".join(sorted(calendars)) or "none is declared"
        raise UserError(Problem(where, f"there is no calendar {calendar!r}", known, "declare it in the scope files"))
    return Plan(
        id=name,
        schedule=found,
        zone=zone_found,
        works=_working(calendars[calendar]) if calendar else _every_day,
        valid_from=valid_from,
        valid_to=valid_to,
        used_from=used_from,
        used_to=used_to,
        window=None if window is None else timedelta(minutes=window),
        keep=None if keep_days is None else timedelta(days=min(keep_days, _FOR_EVER)),
    )


def _working(calendar: CalendarFact) -> Callable[[date], bool]:
    return lambda day: WEEKDAYS[day.weekday()] not in calendar.weekend and day.isoformat() not in calendar.holidays


def _every_day(_: date) -> bool:
    return True
