"""The estimate against what was spent, per bucket: hours with hours and money with money of the same currency."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from twofold.engagement.cost.estimate import Estimate
from twofold.engagement.cost.lines import Bucket
from twofold.engagement.cost.quantities import CURRENCY, Range, parse_decimal
from twofold.model.problem import Problem

HOURS = "hours"


@dataclass(frozen=True, slots=True)
class ActualRow:
    """One row of cost_actual as text."""

    id: str
    bucket: str
    amount: str
    unit: str
    spent_on: str
    origin: str
    about: str
    where: str


@dataclass(frozen=True, slots=True)
class Actual:
    """What was spent once. unit: hours, or a currency."""

    id: str
    bucket: Bucket
    amount: Fraction
    unit: str
    spent_on: date
    where: str


class Against(StrEnum):
    """How what was spent lies to the estimate."""

    BELOW = "below the range"
    WITHIN = "within the range"
    ABOVE = "above the range"
    NO_ESTIMATE = "no estimate"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One bucket in one unit. estimated None: nothing was estimated in this unit. open: parts of it are missing."""

    bucket: Bucket
    unit: str
    estimated: Range | None
    open: bool
    spent: Fraction
    rows: int
    result: Against


def read_actuals(rows: Iterable[ActualRow]) -> tuple[list[Actual], list[Problem]]:
    """Return what was spent by the rows that fit, and every problem of those that do not."""
    problems: list[Problem] = []
    found: dict[str, Actual] = {}
    for row in rows:
        wrong = [*_problems(row)]
        if row.id in found:
            wrong.append(Problem(row.where, f"id {row.id!r} stands twice", "each id once", "give one another id"))
        problems += wrong
        if not wrong:
            amount, day = parse_decimal(row.amount), date.fromisoformat(row.spent_on)
            found[row.id] = Actual(row.id, Bucket(row.bucket), amount, row.unit, day, row.where)
    return list(found.values()), problems


def _problems(row: ActualRow) -> Iterator[Problem]:
    if row.bucket not in list(Bucket):
        yield Problem(row.where, f"unknown bucket {row.bucket!r}", "one of " + ", ".join(Bucket))
    if row.unit != HOURS and not CURRENCY.fullmatch(row.unit):
        yield Problem(row.where, f"unit {row.unit!r}", "hours, or a currency such as USD")
    if not row.origin.strip():
        yield Problem(row.where, "no origin", "an invoice, a time sheet or who says so")
    for text, read, expected in (
        (row.amount, parse_decimal, "a plain number such as 12.5"),
        (row.spent_on, date.fromisoformat, "an ISO day such as 2026-11-25"),
    ):
        try:
            read(text)
        except ValueError:
            yield Problem(row.where, f"{text!r} cannot be read", expected, "correct the row")


def compare(estimate: Estimate, actuals: Iterable[Actual]) -> list[Comparison]:
    """Return a comparison for each bucket and unit in which anything was estimated or spent."""
    spent: dict[tuple[Bucket, str], list[Fraction]] = {}
    for actual in actuals:
        spent.setdefault((actual.bucket, actual.unit), []).append(actual.amount)
    found = []
    for each in estimate.buckets:
        estimated = dict(each.money)
        if any(line.hours is not None for line in each.lines):
            estimated[HOURS] = each.hours
        units = sorted({*estimated, *(unit for bucket, unit in spent if bucket is each.bucket)})
        for unit in units:
            amounts = spent.get((each.bucket, unit), [])
            value = sum(amounts, Fraction())
            known = estimated.get(unit)
            found.append(
                Comparison(each.bucket, unit, known, bool(each.missing), value, len(amounts), _against(known, value))
            )
    return found


def _against(estimated: Range | None, spent: Fraction) -> Against:
    if estimated is None:
        return Against.NO_ESTIMATE
    if spent < estimated.low:
        return Against.BELOW
    return Against.ABOVE if spent > estimated.high else Against.WITHIN
