"""Freshness of evidence as an objective with an error budget, day by day, and an alert on how fast it burns.

What counts as fresh is what the evidence speaks for and when the source was asked, held against the time of the log:
- it speaks for nothing later than its period, the moment it was asked, and the moment it was logged;
- it exists from the moment it was asked, but from the log's time on where it was logged much later than that, so that
  an early date typed into an old export makes no past day fresh;
- a claim to have been asked after it was logged is a fault, and it counts for nothing later than the log's time;
- bytes that the log holds already speak for what they spoke for the first time, however often they are captured.

The file's own date, its name and its upload do not enter. Objectives: `freshness.toml`.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from twofold.model.instant import parse_boundary, zone_named

_FILE = Path(__file__).with_name("freshness.toml")


@dataclass(frozen=True, slots=True)
class Objectives:
    """The numbers of `freshness.toml`."""

    max_age_days: Mapping[str, int]
    percent: int
    short_days: int
    long_days: int
    short_rate: int
    long_rate: int
    allowance_days: int


@dataclass(frozen=True, slots=True)
class Captured:
    """One capture as the log has it. Times are aware UTC; `doubtful`: it proves nothing (count, page, unread)."""

    evidence: str
    sha256: str
    run_at: datetime
    period_to: datetime | None
    captured_at: datetime
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What one capture is worth: from when it existed, and the last moment that it speaks for."""

    evidence: str
    exists_from: datetime
    speaks_to: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """Freshness of one kind of evidence for one control over a period, as whole days.

    budget_days: stale days that the whole period may hold; left_days: what is left of it, below 0 where it is
    overspent. short_rate, long_rate: how many times faster than allowed the budget burned, in hundredths.
    """

    control: str
    kind: str
    max_age_days: int
    days: int
    fresh_days: int
    budget_days: int
    short_rate: int
    long_rate: int
    alert: bool
    evidence: tuple[str, ...]
    flags: tuple[str, ...]
    stale_weeks: tuple[str, ...]
    stale: tuple[str, ...] = ()
    """The stale stretches, each `first to last` day."""

    @property
    def left_days(self) -> int:
        """Stale days that are left."""
        return self.budget_days - (self.days - self.fresh_days)


@cache
def objectives() -> Objectives:
    """Return the objectives."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    ages: dict[str, Any] = {
        name: days for name, days in read["max_age_days"].items() if name not in {"as_of", "source"}
    }
    alert = read["alert"]
    return Objectives(
        max_age_days=ages,
        percent=read["objective"]["percent"],
        short_days=alert["short_days"],
        long_days=alert["long_days"],
        short_rate=alert["short_rate"],
        long_rate=alert["long_rate"],
        allowance_days=read["entry"]["allowance_days"],
    )


def flags_of(captures: Iterable[Captured]) -> list[tuple[str, str]]:
    """Return (evidence, what is wrong with its dates or bytes), in order of the log."""
    return [(each.evidence, why) for each, _, why in _weighed(captures) if why]


def held(captures: Iterable[Captured]) -> list[Held]:
    """Return what the captures are worth, in order of the log; doubtful and repeated ones add nothing."""
    return [worth for _, worth, _ in _weighed(captures) if worth is not None]


def _weighed(captures: Iterable[Captured]) -> Iterator[tuple[Captured, Held | None, str]]:
    allowance = timedelta(days=objectives().allowance_days)
    seen: dict[str, str] = {}
    for each in sorted(captures, key=lambda capture: (capture.captured_at, capture.evidence)):
        if each.sha256 in seen:
            yield each, None, f"the same bytes as {seen[each.sha256]}: captured again, asked of no source anew"
            continue
        seen[each.sha256] = each.evidence
        if each.doubtful:
            yield each, None, "in doubt: its count, pages or records do not prove it whole"
            continue
        why = ""
        exists_from = each.run_at
        if each.run_at > each.captured_at:
            why = (
                f"says that it was asked on {each.run_at:%Y-%m-%d}, after the log had it on {each.captured_at:%Y-%m-%d}"
            )
            exists_from = each.captured_at
        elif each.captured_at - each.run_at > allowance:
            why = f"reached the log {(each.captured_at - each.run_at).days} days after it says that it was asked"
            exists_from = each.captured_at
        speaks_to = min(each.period_to or each.run_at, each.run_at, each.captured_at)
        yield each, Held(each.evidence, exists_from, speaks_to), why


def measure(  # noqa: PLR0913  whose evidence, and over which days
    control: str,
    kind: str,
    frequency: str,
    captures: Sequence[Captured],
    *,
    first_day: date,
    last_day: date,
    period_days: int,
    zone: str,
) -> Freshness:
    """Return the freshness over the local days from `first_day` to `last_day`, both included.

    period_days: days of the whole period, of which the budget is a share. A day is fresh where, at its end, evidence
    exists that speaks for a moment at most `max_age_days` before.
    """
    goal = objectives()
    max_age = goal.max_age_days[frequency]
    worth = held(captures)
    days = [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]
    ends = {day: parse_boundary((day + timedelta(days=1)).isoformat(), zone=zone) for day in days}
    fresh = {day: _is_fresh(worth, ends[day], max_age) for day in days}
    stale = [day for day in days if not fresh[day]]
    short, long = (_rate(days, fresh, window, goal.percent) for window in (goal.short_days, goal.long_days))
    iso = (day.isocalendar() for day in stale)
    return Freshness(
        control=control,
        kind=kind,
        max_age_days=max_age,
        days=len(days),
        fresh_days=len(days) - len(stale),
        budget_days=period_days * (100 - goal.percent) // 100,
        short_rate=short,
        long_rate=long,
        alert=short >= goal.short_rate * 100 and long >= goal.long_rate * 100,
        evidence=tuple(each.evidence for each in worth),
        flags=tuple(f"{evidence} {why}" for evidence, why in flags_of(captures)),
        stale_weeks=tuple(dict.fromkeys(f"{year}-W{week:02d}" for year, week, _ in iso)),
        stale=_stretches(stale),
    )


def local_day(moment: datetime, zone: str) -> date:
    """Return the local day of an aware moment."""
    return moment.astimezone(zone_named(zone)).date()


def _is_fresh(worth: Sequence[Held], end: datetime, max_age: int) -> bool:
    return any(each.exists_from < end and end - each.speaks_to <= timedelta(days=max_age) for each in worth)


def _rate(days: Sequence[date], fresh: Mapping[date, bool], window: int, percent: int) -> int:
    """Return the burn rate in hundredths over the last days: 100 spends the budget exactly over the period."""
    looked = days[-window:]
    if not looked:
        return 0
    stale = sum(not fresh[day] for day in looked)
    return stale * 100 * 100 // (len(looked) * (100 - percent))


def _stretches(days: Sequence[date]) -> tuple[str, ...]:
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(f"{first} to {last}" for first, last in found)
