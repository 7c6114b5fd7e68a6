"""The estimate: each count times its figure, times the hourly rate where it is time; by line, bucket and currency.

Every product is a product of ranges that are not below zero, so its low end is the product of the low ends. A part
whose count, figure or rate is missing adds nothing to a total; it is listed, so a total with open parts is a part of
the truth and says so. Time is kept in hours whether a rate is known or not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from twofold.engagement.cost.figures import Figure, Figures, Form, figure_kinds
from twofold.engagement.cost.lines import Bucket, Counted, Counts, LineKind, line_kinds
from twofold.engagement.cost.quantities import ZERO, Range, decimal_text, total
from twofold.model.statement import Statement

RATE = "hourly_rate"
_HOURS_IN = {Form.MINUTES: Fraction(1, 60), Form.HOURS: Fraction(1)}
Money = Mapping[str, Range]
"""Currency -> amount. Currencies are never added to each other."""


@dataclass(frozen=True, slots=True)
class Part:
    """One count with the figures that it meets. figure, rate: None where nobody gave one, or none is needed."""

    line: LineKind
    counted: Counted
    figure: Figure | None
    rate: Figure | None

    @property
    def is_time(self) -> bool:
        """Whether the figure is time, so that an hourly rate is needed for money."""
        return figure_kinds()[self.line.figure].form in _HOURS_IN

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing for an amount: names of figures, or `count`."""
        if self.counted.quantity is not None and self.counted.quantity == ZERO:
            return ()
        wanted = {
            "count": self.counted.quantity is None,
            self.line.figure: self.figure is None,
            RATE: self.is_time and self.rate is None,
        }
        return tuple(name for name, lacks in wanted.items() if lacks)

    @property
    def hours(self) -> Range | None:
        """Hours, None where the part is no time or something is missing."""
        if self.counted.quantity is None or self.figure is None or not self.is_time:
            return None
        factor = _HOURS_IN[figure_kinds()[self.line.figure].form]
        return self.counted.quantity * self.figure.value * Range.exactly(factor)

    @property
    def money(self) -> tuple[str, Range] | None:
        """Currency and amount, None where something is missing or the count is nothing."""
        if self.missing or self.counted.quantity is None or self.figure is None:
            return None
        if not self.is_time:
            return self.figure.currency, self.counted.quantity * self.figure.value
        if self.rate is None or self.hours is None:
            return None
        return self.rate.currency, self.hours * self.rate.value


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the estimate: its parts and what they come to."""

    kind: LineKind
    parts: tuple[Part, ...]

    @property
    def quantity(self) -> Range:
        """The sum of the counts that are known."""
        return total(part.counted.quantity for part in self.parts if part.counted.quantity is not None)

    @property
    def hours(self) -> Range | None:
        """The hours of the parts that are known, None where the line is no time or no part is known."""
        known = [part.hours for part in self.parts if part.hours is not None]
        return total(known) if known else None

    @property
    def money(self) -> Money:
        """What the parts come to, by currency."""
        return money_of(self.parts)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing in any part, each once."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.missing))

    @property
    def statement(self) -> Statement:
        """The line in a sentence that says what it was computed from."""
        data = tuple(dict.fromkeys(item for part in self.parts for item in part.counted.data))
        used = {each.where for part in self.parts for each in (part.figure, part.rate) if each is not None}
        given = tuple(f"figure: {where}" for where in sorted(used))
        return Statement(f"{self.kind.title}: {_said(self)}.", self.kind.rule, (*data, *given))


@dataclass(frozen=True, slots=True)
class BucketTotal:
    """One bucket: its counted lines, hours and money. open: figures and counts that are missing in it."""

    bucket: Bucket
    lines: tuple[Line, ...]
    hours: Range
    money: Money
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swing:
    """How far one figure alone moves the total of a currency while all others stay likely."""

    figure: str
    currency: str
    at_low: Fraction
    at_high: Fraction

    @property
    def width(self) -> Fraction:
        """The distance between its ends."""
        return self.at_high - self.at_low


@dataclass(frozen=True, slots=True)
class Estimate:
    """The whole estimate of one year, with what begins it. lines: in order, also those that are not counted."""

    lines: tuple[Line, ...]
    figures: Figures

    @property
    def counted(self) -> tuple[Line, ...]:
        """The lines that make up the total."""
        return tuple(line for line in self.lines if line.kind.counted)

    @property
    def buckets(self) -> tuple[BucketTotal, ...]:
        """The four buckets, also empty ones."""
        return tuple(_bucket(each, self.counted) for each in Bucket)

    @property
    def money(self) -> Money:
        """The total by currency."""
        return money_of(part for line in self.counted for part in line.parts)

    @property
    def hours(self) -> Range:
        """The total of all time that is known."""
        return total(line.hours for line in self.counted if line.hours is not None)

    @property
    def sox(self) -> tuple[Line, ...]:
        """The lines that SOX adds every year."""
        return tuple(line for line in self.counted if line.kind.sox)

    @property
    def missing(self) -> tuple[str, ...]:
        """Figures that some part lacks, each once; `count` is not among them."""
        names = dict.fromkeys(name for line in self.lines for name in line.missing if name != "count")
        return tuple(names)


def make_estimate(counts: Counts, figures: Figures) -> Estimate:
    """Return the estimate; every count meets the closest figure that was given for it."""
    lines = []
    for kind in line_kinds().values():
        parts = tuple(
            Part(
                kind,
                each,
                figures.closest(kind.figure, each.applies_to),
                figures.closest(RATE, each.applies_to),
            )
            for each in counts.get(kind.name, ())
        )
        if parts:
            lines.append(Line(kind, tuple(part if part.is_time else replace(part, rate=None) for part in parts)))
    return Estimate(tuple(lines), figures)


def money_of(parts: Iterable[Part]) -> Money:
    """Add up what parts come to, by currency."""
    found: dict[str, Range] = {}
    for part in parts:
        if part.money is not None:
            currency, amount = part.money
            found[currency] = found.get(currency, ZERO) + amount
    return dict(sorted(found.items()))


def sensitivity(estimate: Estimate) -> list[Swing]:
    """Return for each figure that has a range how far it alone moves the total, the widest first, by currency.

    One at a time: all others stay at their likely values. Counts that are ranges, such as sample sizes, take part.
    """
    likely = {currency: amount.likely for currency, amount in estimate.money.items()}
    parts = [part for line in estimate.counted for part in line.parts if part.money is not None]
    moved: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        for name, value in _ranged(part):
            if not value.is_exact and part.money is not None:
                moved.setdefault((name, part.money[0]), []).append(part)
    swings = []
    for (name, currency), concerned in moved.items():
        ends = [
            likely[currency] + sum((_at(part, name, end) - _at(part, name, "likely") for part in concerned), Fraction())
            for end in ("low", "high")
        ]
        swings.append(Swing(name, currency, *ends))
    return sorted(swings, key=lambda each: (each.currency, -each.width, each.figure))


def _ranged(part: Part) -> Iterator[tuple[str, Range]]:
    if part.counted.quantity is not None:
        yield _count_name(part), part.counted.quantity
    for figure in (part.figure, part.rate):
        if figure is not None:
            yield figure.key, figure.value


def _count_name(part: Part) -> str:
    return f"count: {part.line.title}"


def _at(part: Part, name: str, end: str) -> Fraction:
    """Return the amount of a part with one input at an end and the others likely."""
    amount = _HOURS_IN.get(figure_kinds()[part.line.figure].form, Fraction(1))
    for each, value in _ranged(part):
        amount *= getattr(value, end) if each == name else value.likely
    return amount


def _bucket(bucket: Bucket, lines: Iterable[Line]) -> BucketTotal:
    own = tuple(line for line in lines if line.kind.bucket is bucket)
    return BucketTotal(
        bucket=bucket,
        lines=own,
        hours=total(line.hours for line in own if line.hours is not None),
        money=money_of(part for line in own for part in line.parts),
        missing=tuple(dict.fromkeys(name for line in own for name in line.missing)),
    )


def _said(line: Line) -> str:
    told = [f"{range_text(line.quantity, 0)} to be multiplied"] if line.missing else []
    if line.hours is not None:
        told.append(f"{range_text(line.hours, 1)} hours")
    told += [f"{range_text(amount, 0)} {currency}" for currency, amount in line.money.items()]
    told += [f"no figure: give {name}" for name in line.missing if name != "count"]
    if "count" in line.missing:
        told.append("not all counted yet: " + "; ".join(sorted({p.counted.basis for p in line.parts if p.missing})))
    return ", ".join(told) or "nothing to do"


def range_text(value: Range, places: int) -> str:
    """Write a range: `12`, or `10 to 30, likely 15`.

    >>> range_text(Range.between(10, 30), 0)
    '10 to 30, likely 20'
    """
    low, likely, high = (decimal_text(each, places) for each in (value.low, value.likely, value.high))
    return likely if low == high else f"{low} to {high}, likely {likely}"


def ends_text(value: Range, places: int) -> str:
    """Write a range for a column that is headed low / likely / high; one number where the three are one.

    >>> ends_text(Range.between(10, 30), 0)
    '10 / 20 / 30'
    """
    ends = (value.low,) if value.is_exact else (value.low, value.likely, value.high)
    return " / ".join(decimal_text(each, places) for each in ends)
