"""Read the schedule of a job or backup, and say at which instants it is due in its own time zone.

A schedule is one of these texts; nothing else is read, so that an auditor can check it by hand:

    every N minutes       counted from each local midnight, in elapsed time
    hourly MM             each hour, MM minutes after it, counted from each local midnight; `hourly` alone is hourly 00
    daily HH:MM           several times are joined by a comma: daily 06:00,18:00
    weekly Mon HH:MM      several days are joined by a comma: weekly Mon,Thu 02:00
    monthly D HH:MM       the day of the month, or `last`; in a shorter month its last day
    continuous            no run is due; each local day must be covered as a whole

Where the clocks change (audit-domain 4.0: days on wall time, hours on UTC): a time that does not exist that day is due
at the next instant that does, and a time that the clock shows twice is due once, the first time. `every` and `hourly`
count elapsed time, so a day of 25 hours has 25 hourly runs.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from twofold.populations.calendar_days import WEEKDAYS

FORMS = "every N minutes, hourly MM, daily HH:MM, weekly Mon HH:MM, monthly D HH:MM or continuous"
LAST = 31
"""Day of the month that stands for the last one, in every month."""
_FORM = re.compile(
    r"every (?P<step>\d{1,4}) minutes"
    r"|hourly(?: (?P<minute>[0-5]\d))?"
    r"|(?:daily|weekly (?P<weekdays>\w{3}(?:,\w{3})*)|monthly (?P<day>last|\d{1,2})) (?P<times>[\d:,]+)"
    r"|(?P<continuous>continuous)"
)
_HOUR = 60
_A_DAY = timedelta(days=1)
_A_SECOND = timedelta(seconds=1)
_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Schedule:
    """When runs are due: at `times` of the days that `weekdays` and `month_day` allow, or each `step` minutes of a day.

    weekdays empty = each; month_day 0 = each, LAST = the last one. `is_continuous`: the stretch from one instant to the
    next must be covered, and no run is due.
    """

    times: tuple[time, ...] = ()
    weekdays: frozenset[str] = frozenset()
    month_day: int = 0
    step: int = 0
    minute: int = 0
    is_continuous: bool = False

    def is_due_on(self, day: date) -> bool:
        """Whether the day of the week and of the month allow a run."""
        if self.weekdays and WEEKDAYS[day.weekday()] not in self.weekdays:
            return False
        return not self.month_day or day.day == min(self.month_day, monthrange(day.year, day.month)[1])


EACH_DAY = Schedule(times=(time.min,), is_continuous=True)
EACH_MONTH = Schedule(times=(time.min,), month_day=1, is_continuous=True)


def parse_schedule(text: str) -> Schedule:
    """Read a schedule text; raises ValueError that names the forms."""
    found = _FORM.fullmatch(" ".join(text.split()))
    try:
        if found is not None:
            return _schedule(found)
    except ValueError:
        pass
    msg = f"the schedule {text!r} ({FORMS} is expected)"
    raise ValueError(msg)


def _schedule(found: re.Match[str]) -> Schedule:
    if found["continuous"]:
        return EACH_DAY
    if found["times"] is None:
        step = _HOUR if found["step"] is None else int(found["step"])
        _expect(1 <= step <= _DAY_MINUTES)
        return Schedule(step=step, minute=int(found["minute"] or 0))
    weekdays = frozenset(found["weekdays"].split(",")) if found["weekdays"] else frozenset[str]()
    month_day = LAST if found["day"] == "last" else int(found["day"] or 0)
    _expect(weekdays <= set(WEEKDAYS))
    _expect(found["day"] is None or 1 <= month_day <= LAST)
    times = sorted({_time(each) for each in found["times"].split(",")})
    return Schedule(times=tuple(times), weekdays=weekdays, month_day=month_day)


def _time(text: str) -> time:
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a time of day, which has no zone


def _expect(holds: bool) -> None:
    if not holds:
        raise ValueError


def instants_due(
    schedule: Schedule, zone: ZoneInfo, *, first: date, last: date, works: Callable[[date], bool]
) -> Iterator[datetime]:
    """Yield the instants (aware UTC, rising) at which runs are due on the local days first to last, both included.

    `works` says on which days of its calendar the schedule runs.
    """
    day, before = first, None
    while day <= last:
        if works(day) and schedule.is_due_on(day):
            for instant in _of_day(schedule, zone, day):
                if before is None or instant > before:
                    yield instant
                    before = instant
        day += _A_DAY


def _of_day(schedule: Schedule, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    if not schedule.step:
        yield from (instant_of(datetime.combine(day, each), zone) for each in schedule.times)
        return
    end = instant_of(datetime.combine(day + _A_DAY, time.min), zone)
    instant = instant_of(datetime.combine(day, time.min), zone) + timedelta(minutes=schedule.minute)
    while instant < end:
        yield instant
        instant += timedelta(minutes=schedule.step)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the zone's clock first shows this time, or the next time that it does show."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    # The clock jumped over it. Read with the offset from before the jump, the time lies at or after the jump; read with
    # the offset from after it, before the jump.
    low, high = local.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    offset = high.astimezone(zone).utcoffset()
    while high - low > _A_SECOND:
        middle = low + timedelta(seconds=(high - low) // _A_SECOND // 2)
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, high)
    return high
