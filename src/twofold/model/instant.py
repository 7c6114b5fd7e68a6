"""Times as sources give them: intervals in UTC, with the original spelling.

Source: audit-domain 4.0, *Time*. An exact time with an offset is an interval of one point.
A day without a time is the whole local day. A time without a zone takes its system's zone; where
that is unknown too, the interval is widened by a day on each side, so that a rule that compares
intervals can only say what is sure.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_COMPACT_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")
_TICK = timedelta(microseconds=1)
_A_DAY = timedelta(days=1)
EARLIEST_CREDIBLE = datetime(1990, 1, 1, tzinfo=UTC)
"""A time before this in a source is a default value, not an observation."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment known to lie in [earliest, latest], both aware and in UTC; `text` is the source's spelling."""

    earliest: datetime
    latest: datetime
    text: str

    @property
    def is_exact(self) -> bool:
        """Whether the interval is one point."""
        return self.earliest == self.latest


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA zone; raises ValueError that names it when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"unknown time zone {name!r} (an IANA name such as Europe/Berlin is expected)"
        raise ValueError(msg) from error


def parse_instant(text: str, *, zone: str = "") -> Instant:
    """Read an ISO 8601 day or time; `zone` is the IANA zone of the system that wrote it, "" if unknown.

    >>> parse_instant("2026-03-27T16:00:00-04:00").earliest.isoformat()
    '2026-03-27T20:00:00+00:00'
    >>> parse_instant("2026-04-02", zone="Europe/Berlin").latest.isoformat()
    '2026-04-02T21:59:59.999999+00:00'

    Raises ValueError for another form, an unknown zone, or a time before 1990.
    """
    stripped = text.strip()
    local = zone_named(zone) if zone else None
    try:
        day = _day_of(stripped)
        start, end = _moment_bounds(_moment_of(stripped), local) if day is None else _day_bounds(day, local)
    except (ValueError, OverflowError) as error:
        raise ValueError(_no_time(text)) from error
    if start < EARLIEST_CREDIBLE:
        msg = f"{text!r} lies before {EARLIEST_CREDIBLE:%Y}, so it is a default value and no observation"
        raise ValueError(msg)
    return Instant(start, end, stripped)


def instant_from_epoch(milliseconds: int) -> Instant:
    """Read milliseconds since 1970 UTC; raises ValueError for a time before 1990 or out of range."""
    try:
        moment = datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)
    except (ValueError, OverflowError, OSError) as error:
        msg = f"{milliseconds} is no time in milliseconds since 1970"
        raise ValueError(msg) from error
    return parse_instant(moment.isoformat())


def parse_boundary(text: str, *, zone: str) -> datetime:
    """Read a declared limit: a bare day means its local midnight in `zone`, a time without offset is local.

    Returns an aware UTC time. Raises ValueError for another form, an unknown zone, or a time that UTC cannot hold;
    a limit before 1990 is accepted, since it is decided and not observed.
    """
    stripped = text.strip()
    local = zone_named(zone)
    try:
        day = _day_of(stripped)
        moment = _moment_of(stripped) if day is None else datetime.combine(day, time.min)
        return (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(_no_time(text)) from error


def _no_time(text: str) -> str:
    return f"{text!r} is no ISO 8601 day or time"


def _day_of(text: str) -> date | None:
    """Return the day in any spelling of ISO 8601 (2026-04-02, 20260402, 2026-W14-4); None for a text with a time.

    The library would read such a text as midnight sharp, which claims a precision that the source did not give.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment_of(text: str) -> datetime:
    return datetime.fromisoformat(_COMPACT_OFFSET.sub(r"\1:\2", text))


def _day_bounds(day: date, local: ZoneInfo | None) -> tuple[datetime, datetime]:
    zone = local or UTC
    start = datetime.combine(day, time.min, zone).astimezone(UTC)
    # A zone that crosses the date line skips a day: that day is the moment of the jump.
    end = max(start, datetime.combine(day + _A_DAY, time.min, zone).astimezone(UTC) - _TICK)
    return (start, end) if local else (start - _A_DAY, end + _A_DAY)


def _moment_bounds(moment: datetime, local: ZoneInfo | None) -> tuple[datetime, datetime]:
    if moment.tzinfo is not None:
        exact = moment.astimezone(UTC)
        return exact, exact
    if local is None:
        floating = moment.replace(tzinfo=UTC)
        return floating - _A_DAY, floating + _A_DAY
    # An hour that the clock shows twice is an interval from its first to its second reading.
    first = moment.replace(tzinfo=local, fold=0).astimezone(UTC)
    second = moment.replace(tzinfo=local, fold=1).astimezone(UTC)
    return min(first, second), max(first, second)
