"""Days as people type them in an address, and the moments at which they begin and end in the reporting zone."""

from datetime import UTC, date, datetime, timedelta

from twofold.model.instant import parse_boundary

_FIRST_YEAR = 1970
_LAST_YEAR = 2200


def day_of(text: str) -> date | None:
    """Return the day that YYYY-MM-DD names; None for anything else, and for years that no evidence is of.

    >>> day_of("2026-11-25"), day_of("tomorrow")
    (datetime.date(2026, 11, 25), None)
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def in_utc(cell: object) -> object:
    """Return a cell of a canonical table, where it is a moment (naive UTC) as an aware one."""
    return cell.replace(tzinfo=UTC) if isinstance(cell, datetime) else cell


def start_of_day(day: date, zone: str) -> datetime:
    """Return the moment at which a local day begins, as aware UTC."""
    return parse_boundary(day.isoformat(), zone=zone).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """Return the moment at which a local day is over, as aware UTC."""
    return start_of_day(day + timedelta(days=1), zone)
