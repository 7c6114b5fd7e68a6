"""The year of the demonstration company: its days, its two periods, its working hours.

Days are local days of the reporting zone; every moment is an aware UTC time.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

ZONE_NAME = "America/New_York"
ZONE = ZoneInfo(ZONE_NAME)
FIRST_DAY = date(2025, 10, 1)
LAST_DAY = date(2026, 10, 31)
INTRODUCED_ON = date(2025, 9, 1)
"""Okta and today's ERP were introduced on that day; nobody's account there is older."""
EXTRACTED_AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
PERIOD_DAYS = {"soc2": (date(2025, 11, 1), date(2026, 10, 31)), "sox": (date(2025, 10, 1), date(2026, 9, 30))}
"""Lens -> first and last day of its engagement, both included. October 2025 is SOX only, October 2026 SOC 2 only."""

A_DAY = timedelta(days=1)
_SATURDAY = 5
HOLIDAYS = frozenset(holidays.country_holidays("US", years=(2025, 2026)))
"""Federal holidays with their observed days, the same calendar that the scope file declares."""


def local(day: date, clock: str) -> datetime:
    """Return the moment when a clock in the reporting zone shows HH:MM on that day."""
    return datetime.combine(day, time.fromisoformat(clock), ZONE).astimezone(UTC)


def midnight(day: date) -> datetime:
    """Return the moment with which a day begins in the reporting zone."""
    return local(day, "00:00")


def local_day(moment: datetime) -> date:
    """Return the local day of a moment."""
    return moment.astimezone(ZONE).date()


def is_working_day(day: date) -> bool:
    """Return whether people work that day."""
    return day.weekday() < _SATURDAY and day not in HOLIDAYS


def working_days(first: date, last: date) -> list[date]:
    """Return the working days from first to last, both included."""
    days = (first + A_DAY * offset for offset in range((last - first).days + 1))
    return [day for day in days if is_working_day(day)]


def working_day_on_or_after(day: date) -> date:
    """Return the day itself, or the next one on which people work."""
    while not is_working_day(day):
        day += A_DAY
    return day


def after_working_days(day: date, count: int) -> date:
    """Return the working day `count` working days after `day` (which is day 0)."""
    for _ in range(count):
        day = working_day_on_or_after(day + A_DAY)
    return day


def before_working_days(day: date, count: int) -> date:
    """Return the working day `count` working days before `day`."""
    for _ in range(count):
        day -= A_DAY
        while not is_working_day(day):
            day -= A_DAY
    return day


def in_period(lens: str, moment: datetime) -> bool:
    """Return whether a moment lies in the period of the lens's engagement."""
    first, last = PERIOD_DAYS[lens]
    return first <= local_day(moment) <= last


def iso(moment: datetime | None) -> str:
    """Write a moment as most vendors do: 2026-03-27T20:00:00Z; nothing for None."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def iso_milliseconds(moment: datetime) -> str:
    """Write a moment as Okta does: 2026-03-27T20:00:00.000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def iso_offset(moment: datetime) -> str:
    """Write a moment as Jira Cloud does for a New York user: 2026-03-27T16:00:00.000-0400."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S.000%z")
