"""Lay calendars out day by day, with running business-day numbers, so that a deadline in a rule is a join.

Source: audit-domain 4.0, *Business days*. A day has 23 or 25 hours where the clocks change; its limits are UTC.

How a rule finds `t` plus n business days: the event day is the row with starts_at <= t < ends_before. On a business
day before closing time, day 0 is that day (k = business_number); otherwise day 0 is the next business day
(k = business_number + 1). The deadline is ends_before of the business day with business_number = k + n.
The step `business_clock` gives k for a moment. An event before opening time on a business day counts as that day.

It invents no calendar: where none is declared nothing is laid out, and a rule that needs one cannot test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import duckdb

from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DEFAULT_WEEKEND = frozenset({"Sat", "Sun"})
DEFAULT_OPENS = "09:00"
DEFAULT_CLOSES = "17:00"
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarFact:
    """A row of the canonical table calendar, as the scope files wrote it; holidays are ISO days."""

    id: str
    zone: str
    opens: str = DEFAULT_OPENS
    closes: str = DEFAULT_CLOSES
    weekend: frozenset[str] = DEFAULT_WEEKEND
    holidays: frozenset[str] = frozenset()


def calendar_day_rows(
    session: duckdb.DuckDBPyConnection, *, first: date, last: date
) -> Iterator[dict[str, str | int | bool | datetime | None]]:
    """Yield the calendar_day rows of every declared calendar for the local days first to last, both included.

    Raises UserError for a zone, an hour, a weekday or a holiday that cannot be read.
    """
    for calendar in declared_calendars(session):
        yield from days_of(calendar, first=first, last=last)


def declared_calendars(session: duckdb.DuckDBPyConnection) -> list[CalendarFact]:
    """Return the calendars of the session's tables, by id, with the defaults filled in."""
    weekend, holidays = _lists(session, "weekend"), _lists(session, "holidays")
    rows = session.execute("SELECT id, min(zone), min(opens), min(closes) FROM calendar GROUP BY id ORDER BY id")
    return [
        CalendarFact(
            id=name,
            zone=zone,
            opens=opens or DEFAULT_OPENS,
            closes=closes or DEFAULT_CLOSES,
            weekend=weekend.get(name, DEFAULT_WEEKEND),
            holidays=holidays.get(name, frozenset()),
        )
        for name, zone, opens, closes in rows.fetchall()
    ]


def days_of(
    calendar: CalendarFact, *, first: date, last: date
) -> Iterator[dict[str, str | int | bool | datetime | None]]:
    """Yield one calendar_day row per local day of one calendar; business_number counts from `first`, at 1."""
    _check(calendar)
    zone = zone_named(calendar.zone)
    opens, closes = time.fromisoformat(calendar.opens), time.fromisoformat(calendar.closes)
    number = 0
    day = first
    while day <= last:
        works = WEEKDAYS[day.weekday()] not in calendar.weekend and day.isoformat() not in calendar.holidays
        number += works
        yield {
            "calendar": calendar.id,
            "day": day.isoformat(),
            "starts_at": _utc(datetime.combine(day, time.min, zone)),
            "ends_before": _utc(datetime.combine(day + _A_DAY, time.min, zone)),
            "opens_at": _utc(datetime.combine(day, opens, zone)) if works else None,
            "closes_at": _utc(datetime.combine(day, closes, zone)) if works else None,
            "is_business": works,
            "business_number": number,
        }
        day += _A_DAY


def _check(calendar: CalendarFact) -> None:
    where = f"calendar {calendar.id}"
    problems = [
        Problem(where, f"the weekday {name!r}", "one of " + ", ".join(WEEKDAYS))
        for name in sorted(calendar.weekend - set(WEEKDAYS))
    ]
    problems += [
        Problem(where, f"the holiday {day!r}", "a day such as 2026-01-01")
        for day in sorted(calendar.holidays)
        if _day(day) is None
    ]
    opens, closes = _hour(calendar.opens), _hour(calendar.closes)
    if opens is None or closes is None or opens >= closes:
        problems.append(
            Problem(where, f"working hours {calendar.opens} to {calendar.closes}", "HH:MM, opening before closing")
        )
    try:
        zone_named(calendar.zone)
    except ValueError as error:
        problems.append(Problem(where, str(error)))
    if problems:
        raise UserError(problems)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _hour(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def _lists(session: duckdb.DuckDBPyConnection, column: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, value in session.execute(f"SELECT id, value FROM calendar__{column}").fetchall():  # noqa: S608  a column of ours
        found.setdefault(name, set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}


def _utc(local: datetime) -> datetime:
    return local.astimezone(UTC)
