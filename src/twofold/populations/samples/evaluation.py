"""What a sample says: deviations, upper limit, and whether reliance is supported (audit-domain 5.2, 5.3)."""

from dataclasses import dataclass
from fractions import Fraction

from twofold.populations.samples.attribute_sizes import Strata, supports_reliance, upper_limit, upper_limit_items


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one evaluated sample.

    deviations: units with an exception, and units that cannot be tested, since missing evidence is a deviation.
    limit: upper limit of the rate, rounded up to a tenth of a percent. limit_items: how many items of the population
    may deviate, by the hypergeometric model unless the sample is stratified.
    """

    size: int
    deviations: int
    planned: int
    population: int
    risk: Fraction
    tolerable: Fraction
    limit: Fraction
    limit_items: int
    supports: bool

    @property
    def sentence(self) -> str:
        """Say it as a workpaper does."""
        confidence = percent(1 - self.risk)
        verdict = "supports reliance on the control" if self.supports else "does not support reliance on the control"
        found = f"{self.deviations or 'None'} of {self.size} units {'deviates' if self.deviations <= 1 else 'deviate'}"
        return (
            f"{found}. With {confidence} confidence at most {percent(self.limit)} of the population deviate "
            f"({self.limit_items:,} of {self.population:,} items by the hypergeometric model); tolerable are "
            f"{percent(self.tolerable)}, so the sample {verdict}."
        )


def evaluate(
    *,
    size: int,
    deviations: int,
    planned: int,
    population: int,
    risk: Fraction,
    tolerable: Fraction,
    strata: Strata = (),
) -> Evaluation:
    """Evaluate a sample of `size` units with so many deviations. The rate of the sample alone decides nothing."""
    return Evaluation(
        size=size,
        deviations=deviations,
        planned=planned,
        population=population,
        risk=risk,
        tolerable=tolerable,
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
