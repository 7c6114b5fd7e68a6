"""What a sample says: deviations, upper limit, and whether reliance is supported (audit-domain 5.2, 5.3)."""

from dataclasses import dataclass
from fractions import Fraction

from twofold.populations.samples.attribute_sizes import Strata, supports_reliance, upper_limit, upper_limit_items


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one evaluated sample.

    limit: upper limit of the rate, rounded up to a tenth of a percent. limit_items: how many items of the population
    may deviate, by the hypergeometric model unless the sample is stratified.
    """

    limit: Fraction
    limit_items: int
    supports: bool


def evaluate(
    *, size: int, deviations: int, population: int, risk: Fraction, tolerable: Fraction, strata: Strata = ()
) -> Evaluation:
    """Evaluate a sample of `size` units with so many deviations. The rate of the sample alone decides nothing.

    deviations: units with an exception, and units that cannot be tested, since missing evidence is a deviation.
    """
    return Evaluation(
        limit=upper_limit(deviations, size, risk, strata=strata),
        limit_items=upper_limit_items(deviations, size, population, risk, strata=strata),
        supports=supports_reliance(deviations, size, risk=risk, tolerable=tolerable, strata=strata),
    )


def percent(rate: Fraction) -> str:
    """Show a rate in percent with as many decimals as it needs, at most three.

    >>> percent(Fraction(113, 1000))
    '11.3%'
    """
    return f"{float(rate * 100):.3f}".rstrip("0").rstrip(".") + "%"
