"""A number that is known as a range, exact: low, likely, high. Money carries its currency and is never mixed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Self

_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Range:
    """Three exact numbers in order, none below zero."""

    low: Fraction
    likely: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.likely <= self.high:
            msg = f"a range runs from low over likely to high, and not below zero, got {self}"
            raise ValueError(msg)

    @classmethod
    def exactly(cls, number: int | Fraction) -> Self:
        """Return a range of one number."""
        return cls(Fraction(number), Fraction(number), Fraction(number))

    @classmethod
    def between(cls, low: int | Fraction, high: int | Fraction) -> Self:
        """Return a range whose likely number is the middle of its ends: a convention of arithmetic, not a judgement."""
        return cls(Fraction(low), Fraction(low + high) / 2, Fraction(high))

    @property
    def is_exact(self) -> bool:
        """Whether the three numbers are one."""
        return self.low == self.high

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __mul__(self, other: "Range") -> "Range":
        return Range(self.low * other.low, self.likely * other.likely, self.high * other.high)


ZERO = Range.exactly(0)


def total(ranges: Iterable[Range]) -> Range:
    """Return the sum, low with low and high with high: outer limits, as if all figures erred the same way."""
    return sum(ranges, start=ZERO)


def parse_decimal(text: str) -> Fraction:
    """Read a plain decimal number such as 12.5; raises ValueError for anything else, also for a sign or an exponent."""
    if not _DECIMAL.fullmatch(text):
        msg = f"{text[:40]!r} is no plain number such as 12.5"
        raise ValueError(msg)
    return Fraction(text)


def decimal_text(number: Fraction, places: int) -> str:
    """Write an exact number with so many decimals, half to even, thousands parted by commas.

    >>> decimal_text(Fraction(10001, 8), 2)
    '1,250.12'
    """
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(number.numerator) / Decimal(number.denominator)
        return f"{exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):,}"
