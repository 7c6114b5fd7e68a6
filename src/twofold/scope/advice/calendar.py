"""Arithmetic of days and months, to the day: gaps between report periods, fiscal year ends, months to an event.

Days are local days of the reporting zone. Source: audit-domain 4.4, golden case 27: from one month's end to another is
whole months, and no days are added.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

A_DAY = timedelta(days=1)
_MONTHS = 12


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A stretch as whole calendar months and the days beyond them; sorts by length."""

    months: int
    days: int

    def __str__(self) -> str:
        parts = [_counted(self.months, "month")] if self.months else []
        parts += [_counted(self.days, "day")] if self.days or not parts else []
        return " and ".join(parts)


def is_month_end(day: date) -> bool:
    """Whether it is the last day of its month."""
    return (day + A_DAY).day == 1


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month (earlier for a negative number), its last day where that month is shorter.

    >>> add_months(date(2028, 2, 29), 12), add_months(date(2026, 1, 31), 1)
    (datetime.date(2029, 2, 28), datetime.date(2026, 2, 28))

    Raises ValueError where the year leaves the calendar.
    """
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    if not date.min.year <= year <= date.max.year:
        msg = f"{months} months from {day} lie outside the calendar"
        raise ValueError(msg)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def gap_between(first: date, last: date) -> Gap:
    """Return how long it is from the end of one day to the end of another, `first` not after `last`.

    >>> str(gap_between(date(2026, 9, 30), date(2026, 12, 31)))
    '3 months'
    >>> str(gap_between(date(2026, 9, 15), date(2026, 12, 31)))
    '3 months and 16 days'
    """
    if first > last:
        msg = f"{first} is after {last}"
        raise ValueError(msg)
    months = (last.year - first.year) * _MONTHS + last.month - first.month
    if is_month_end(first) and is_month_end(last):
        return Gap(months, 0)
    if add_months(first, months) > last:
        months -= 1
    return Gap(months, (last - add_months(first, months)).days)


def last_day(starts_on: date, months: int) -> date:
    """Return the last day, inclusive, of a period of whole months that starts on a day."""
    return add_months(starts_on, months) - A_DAY


def year_end_in(month_day: str, year: int) -> date:
    """Return the fiscal year end `MM-DD` in a year; 02-29 stands for the last day of February."""
    month, day = (int(part) for part in month_day.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def year_end_from(month_day: str, day: date) -> date:
    """Return the first fiscal year end on the day or after it."""
    this_year = year_end_in(month_day, day.year)
    return this_year if this_year >= day else year_end_in(month_day, day.year + 1)


def days_shared(first: tuple[date, date], second: tuple[date, date]) -> int:
    """Return how many days two stretches, each with both days included, have in common."""
    return max(0, (min(first[1], second[1]) - max(first[0], second[0])).days + 1)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
