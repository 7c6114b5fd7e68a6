"""The retest of a repaired finding: what a later run says of the items since the repair. It is a fact of its own.

The old exceptions stay as they are. A retest counts the items of the finding's systems whose operating time is surely
on or after the day of the repair, by the finding's attribute. Sources: audit-domain 2.4 (the retest starts on the day
of the repair; how long a control has to run before) and 2.6 (0.6: an item that cannot be tested is no pass).
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from twofold.catalog.entries import Frequency
from twofold.model.instant import zone_named
from twofold.model.outcome import Outcome, ReasonCode
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file

_FILE = Path(__file__).with_name("retest.toml")
_YEAR = 12
_BY_FREQUENCY = {
    Frequency.AUTOMATED: "automated",
    Frequency.DAILY: "daily",
    Frequency.MONTHLY: "monthly",
    Frequency.QUARTERLY: "quarterly",
    Frequency.YEARLY: "yearly",
}
"""The other frequencies do not say how often: the run's items do."""


class RetestResult(StrEnum):
    """What the items since the repair say so far."""

    NOT_YET = "not yet"
    GOOD = "good"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MinimumOperation:
    """How long a control has to run after a repair: `items`, and `days` or full periods of `months`."""

    name: str
    items: int
    said: str
    days: int = 0
    months: int = 0
    at_least_per_year: int | None = None

    def earliest(self, repaired_on: date) -> date:
        """Return the first day on which the minimum can be over, for a repair on a day."""
        if not self.months:
            return repaired_on + timedelta(days=self.days)
        number = repaired_on.year * _YEAR + repaired_on.month - 1
        begins = number - (number % _YEAR) % self.months
        if _first(begins) < repaired_on:
            begins += self.months
        return _first(begins + self.items * self.months)

    def latest_repair(self, ends_on: date) -> date:
        """Return the last day for a repair whose minimum is over when `ends_on` (inclusive) is."""
        after = ends_on + timedelta(days=1)
        if not self.months:
            return after - timedelta(days=self.days)
        number = after.year * _YEAR + after.month - 1
        ended = number - (number % _YEAR) % self.months
        return _first(ended - self.items * self.months)


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """Items since a repair by the outcome of one attribute; items that it does not apply to are left out."""

    passed: int = 0
    exceptions: int = 0
    cannot_test: int = 0
    again: int = 0
    """Of the exceptions: those for the finding's own reason."""

    @property
    def items(self) -> int:
        """All of them."""
        return self.passed + self.exceptions + self.cannot_test


@dataclass(frozen=True, slots=True)
class Retest:
    """What the newest run says since the repair. `possible_on`: the first day on which it can be good."""

    repaired_on: date
    result: RetestResult
    counts: OperationCounts
    minimum: MinimumOperation
    possible_on: date
    run_id: str
    clock: datetime
    """The newest extraction that the run read, aware UTC."""


@cache
def minimums() -> Mapping[str, MinimumOperation]:
    """Return the lines of `retest.toml`, by name; those for events from the most frequent down."""
    lines = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: MinimumOperation(name, **line) for name, line in lines.items() if isinstance(line, dict)}


def minimum_for(frequency: Frequency, *, per_year: int) -> MinimumOperation:
    """Return the line of a frequency. per_year: items a year in the run, for controls that run on events."""
    known = minimums()
    if frequency in _BY_FREQUENCY:
        return known[_BY_FREQUENCY[frequency]]
    by_rate = [each for each in known.values() if each.at_least_per_year is not None]
    return next(each for each in by_rate if per_year >= (each.at_least_per_year or 0))


def judge_retest(
    minimum: MinimumOperation, repaired_on: date, counts: OperationCounts, *, run_id: str, clock: datetime, zone: str
) -> Retest:
    """Say what the counts since the repair mean. clock: newest extraction of the run; zone: IANA zone of days.

    One exception since the repair fails it, for whatever reason: an item shows one reason of an attribute, and another
    may stand behind it. It is good when the minimum is reached, in items and in time, and every
    item passes.
    """
    possible_on = minimum.earliest(repaired_on)
    reached = counts.passed >= minimum.items and clock.astimezone(zone_named(zone)).date() >= possible_on
    if counts.exceptions:
        result = RetestResult.FAILED
    elif reached and not counts.cannot_test:
        result = RetestResult.GOOD
    else:
        result = RetestResult.NOT_YET
    return Retest(repaired_on, result, counts, minimum, possible_on, run_id, clock)


def operations_since(
    outcomes: Path, letter: str, days: Iterable[date], *, zone: str
) -> Mapping[date, Mapping[str, Mapping[str, int]]]:
    """Count a run's items from the beginning of each day on: day -> system -> code of the attribute `letter` -> items.

    One query for all days. An item without a time, or whose time may be before the day, is not counted.
    """
    midnights = {day: datetime.combine(day, time.min, zone_named(zone)).astimezone(UTC) for day in sorted(set(days))}
    if not midnights:
        return {}
    moments = [at.replace(tzinfo=None) for at in midnights.values()]
    wanted = ", ".join(f"({number}, TIMESTAMP '{at}')" for number, at in enumerate(moments))
    query = f"""
        SELECT w.number, o.system, o.{letter}, count(*)
        FROM read_parquet(?) AS o JOIN (VALUES {wanted}) AS w(number, midnight) ON o.operating_at >= w.midnight
        GROUP BY ALL
    """  # noqa: S608  a letter of the rule and our own times
    with sql_session() as session:
        rows: list[tuple[int, str, str, int]] = session.execute(query, [one_file(outcomes)]).fetchall()
    found: dict[date, dict[str, dict[str, int]]] = {day: {} for day in midnights}
    order = list(midnights)
    for number, system, code, count in rows:
        found[order[number]].setdefault(system, {})[code] = count
    return found


def items_per_year(outcomes: Path) -> Mapping[str, int]:
    """Return system -> items a year of a run, from its first to its last dated item; one item counts as one a year."""
    query = """
        SELECT system, count(*), date_diff('day', min(operating_at), max(operating_at)) FROM read_parquet(?)
        WHERE operating_at IS NOT NULL GROUP BY system
    """
    with sql_session() as session:
        rows = session.execute(query, [one_file(outcomes)]).fetchall()
    return {system: count * 365 // max(days, 365) for system, count, days in rows}


def together(codes: Mapping[str, Mapping[str, int]], systems: Sequence[str], *, code: str) -> OperationCounts:
    """Add up the items of some systems by outcome. codes: system -> code -> items; code: the finding's own."""
    counted: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
    again = 0
    for system in systems:
        for each, items in codes.get(system, {}).items():
            outcome = ReasonCode.parse(each).outcome
            counted[outcome] += items
            again += items if each == code and outcome is Outcome.EXCEPTION else 0
    return OperationCounts(counted[Outcome.PASS], counted[Outcome.EXCEPTION], counted[Outcome.CANNOT_TEST], again)


def _first(month_number: int) -> date:
    return date(month_number // _YEAR, month_number % _YEAR + 1, 1)
