"""Attribute sampling in exact fractions: sample sizes and upper limits (audit-domain 5.2).

Nothing here is a float: 0.035 * 400 as a float exceeds 14, which turns a sample of 400 into one of 423. Rates are
Fractions between 0 and 1; `risk` is the risk of overreliance, 1 - confidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from functools import partial
from itertools import count
from math import ceil, comb, floor

GREATEST_SAMPLE = 5_000
"""A size beyond this says that the expected rate is too near to the tolerable one: test every item instead."""
_DIGITS = 60
"""Decimal digits of the exponential in the Poisson shortcut. It never equals the risk, so these decide."""


Strata = Sequence[tuple[int, int]]
"""Of each stratum its items and its units that count; empty for a sample that is not stratified."""


class Model(StrEnum):
    """The distribution that a size or limit is computed from."""

    BINOMIAL = "binomial"
    HYPERGEOMETRIC = "hypergeometric"
    POISSON = "poisson"


class DeviationCount(StrEnum):
    """Hypergeometric: how many of N items deviate at the tolerable rate T; the workpaper names it."""

    FEWEST_ABOVE = "floor(N*T)+1"
    """The fewest that exceed the rate (audit-domain 10: the settled choice)."""
    ROUNDED_UP = "ceil(N*T)"


@dataclass(frozen=True, slots=True)
class SampleSize:
    """A size and the deviations that it allows: up to `planned` of `size` items may deviate."""

    size: int
    planned: int
    model: Model
    risk: Fraction
    tolerable: Fraction
    expected: Fraction
    population: int | None = None
    deviation_count: DeviationCount | None = None


class NoSizeError(ValueError):
    """No sample can show what is asked; the message says why."""


def binomial_cdf(deviations: int, size: int, rate: Fraction) -> Fraction:
    """Return the probability of at most so many deviations in a sample of `size` at this rate."""
    good, bad, whole = rate.denominator - rate.numerator, rate.numerator, rate.denominator
    ways = _binomial_ways(deviations, size, good, bad)
    return Fraction(ways, whole**size)


def hypergeometric_cdf(deviations: int, population: int, deviating: int, size: int) -> Fraction:
    """Return the probability of at most so many deviations when `size` items are drawn and `deviating` deviate."""
    ways = sum(
        comb(deviating, each) * comb(population - deviating, size - each) for each in range(min(deviations, size) + 1)
    )
    return Fraction(ways, comb(population, size))


def poisson_factor(deviations: int, risk: Fraction) -> Fraction:
    """Return the factor of the Poisson shortcut, rounded up to two decimals: 3.00 at 95% and none, 2.31 at 90%."""
    with localcontext() as context:
        context.prec = _DIGITS
        limit = Decimal(risk.numerator) / Decimal(risk.denominator)

        def too_likely(hundredths: int) -> bool:
            mean = Decimal(hundredths) / 100
            term = total = Decimal(1)
            for each in range(1, deviations + 1):
                term = term * mean / each
                total += term
            return total * (-mean).exp() > limit

        return Fraction(_least(lambda hundredths: not too_likely(hundredths)), 100)


def sample_size(
    *,
    risk: Fraction,
    tolerable: Fraction,
    expected: Fraction = Fraction(0),
    model: Model = Model.BINOMIAL,
    population: int | None = None,
    deviation_count: DeviationCount = DeviationCount.FEWEST_ABOVE,
) -> SampleSize:
    """Return the least size that shows a rate below the tolerable one if no more than the expected share deviates.

    The least n at which, with the tolerable rate, at most c = ceil(expected * n) deviations are within the risk.
    population: needed for the hypergeometric model. Raises NoSizeError where no size does.
    """
    check_rates(risk, tolerable, expected)
    if model is Model.HYPERGEOMETRIC:
        if population is None or population < 1:
            msg = "the hypergeometric model needs the number of items in the population"
            raise NoSizeError(msg)
        return _hypergeometric_size(risk, tolerable, expected, population, deviation_count)
    if model is Model.POISSON:
        return _poisson_size(risk, tolerable, expected)
    return _binomial_size(risk, tolerable, expected)


def check_rates(risk: Fraction, tolerable: Fraction, expected: Fraction) -> None:
    """Raise NoSizeError for a confidence, tolerable or expected rate with which no sample of any size says anything."""
    if not 0 < risk < 1:
        msg = f"a confidence of {float(1 - risk):.0%} is not between 0% and 100%"
        raise NoSizeError(msg)
    if not 0 < tolerable < 1:
        msg = f"a tolerable rate of {float(tolerable):.2%} is not between 0% and 100%"
        raise NoSizeError(msg)
    if not 0 <= expected < tolerable:
        msg = f"an expected rate of {float(expected):.2%} is not below the tolerable {float(tolerable):.2%}"
        raise NoSizeError(msg)


def planned_deviations(
    size: int, *, risk: Fraction, tolerable: Fraction, expected: Fraction, strata: Strata = ()
) -> int:
    """Return how many of `size` units may deviate: ceil(expected * size), as far as the limit stays within tolerable.

    A sample that is too small to show the tolerable rate at all plans none. Raises NoSizeError as `check_rates` does.
    """
    check_rates(risk, tolerable, expected)
    fit = (each for each in range(ceil(expected * size), 0, -1) if each < size)
    within = partial(supports_reliance, size=size, risk=risk, tolerable=tolerable, strata=strata)
    return next((each for each in fit if within(each)), 0)


def upper_limit(deviations: int, size: int, risk: Fraction, *, decimals: int = 1, strata: Strata = ()) -> Fraction:
    """Return the one-sided upper limit of the rate (Clopper-Pearson), rounded up to `decimals` of a percent.

    The least such rate p with BinomCDF(deviations; size, p) <= risk, found on whole steps and therefore exact: 25 items
    and none wrong give 11.3% at 95%. All items wrong, or no items, give 100%. Of a stratified sample the least rate
    that its deviations speak against, however the strata differ.
    """
    steps = 100 * 10**decimals
    against = partial(supports_reliance, deviations, size, risk=risk, strata=strata)
    return Fraction(_least(lambda step: against(tolerable=Fraction(step, steps)), high=steps), steps)


def upper_limit_items(deviations: int, size: int, population: int, risk: Fraction, *, strata: Strata = ()) -> int:
    """Return how many items of a small population may deviate: the most that the sample does not speak against."""
    most = population - (size - deviations)

    def spoken_against(deviating: int) -> bool:
        if strata:
            rate = Fraction(deviating, population)
            return supports_reliance(deviations, size, risk=risk, tolerable=rate, strata=strata)
        return hypergeometric_cdf(deviations, population, deviating, size) <= risk

    return _least(spoken_against, low=deviations + 1, high=most + 1) - 1


def supports_reliance(deviations: int, size: int, *, risk: Fraction, tolerable: Fraction, strata: Strata = ()) -> bool:
    """Return whether the upper limit is within the tolerable rate; the rate of the sample alone decides nothing.

    In a stratified sample a stratum may have less than its share of the units, and the deviations of the population may
    all be there. So the tolerable rate is taken down to the least mean rate of the units that goes with it. However the
    strata differ, so few deviations are no likelier than the binomial says where their mean is at least one above them
    (W. Hoeffding, On the distribution of the number of successes in independent trials, 1956, theorem 4).
    """
    if size == 0 or deviations >= size:
        return False
    if not strata:
        return _binomial_within(deviations, size, tolerable, risk)
    mean = least_mean_rate(tolerable, strata)
    return mean * size >= deviations + 1 and _binomial_within(deviations, size, mean, risk)


def least_mean_rate(rate: Fraction, strata: Strata) -> Fraction:
    """Return the least mean rate of the units, over their strata, where a population deviates at a rate.

    With N items, n units and N_h, n_h of a stratum, each item counts at most m = max(N_h n / (N n_h)) times what the
    units say of it. The items of strata without a unit may all deviate. Less than 0 where these are more than the rate,
    and never more than 1, since m is at least the share of the other items.
    """
    items, units = (sum(column) for column in zip(*strata, strict=True))
    unseen = sum(of_items for of_items, of_units in strata if not of_units)
    most = max(Fraction(of_items * units, of_units * items) for of_items, of_units in strata if of_units)
    return (rate - Fraction(unseen, items)) / most


_TOO_NEAR = f"no sample of up to {GREATEST_SAMPLE:,} items shows it: the expected rate is too near to the tolerable one"


def _binomial_within(deviations: int, size: int, rate: Fraction, risk: Fraction) -> bool:
    """Compare without dividing: sum of C(n, i) b^i g^(n-i) against risk * w^n, in whole numbers."""
    good, bad, whole = rate.denominator - rate.numerator, rate.numerator, rate.denominator
    ways = _binomial_ways(deviations, size, good, bad)
    return bool(ways * risk.denominator <= risk.numerator * whole**size)


def _binomial_ways(deviations: int, size: int, good: int, bad: int) -> int:
    """Return the sum of C(n, i) b^i g^(n-i) up to so many deviations, each term from the one before."""
    most = min(deviations, size)
    term = total = 1
    for each in range(1, most + 1):
        term = term * (size - each + 1) * bad // each  # C(n, i) b^i: a whole number, so nothing is lost
        total = total * good + term
    return int(total * good ** (size - most))


def _size_and_planned(least_size: Callable[[int], int | None], expected: Fraction) -> tuple[int, int] | None:
    """Return the least size whose expected deviations, rounded up, are planned, and how many; None where there is none.

    least_size: the least size that allows so many deviations, None where none does; it never falls as they grow. So
    where its expected deviations are more than planned, the numbers between fail as well and are passed over.
    """
    planned = 0
    while (size := least_size(planned)) is not None:
        wanted = ceil(expected * size)
        if wanted <= planned:
            return size, planned
        planned = wanted
    return None


def _binomial_size(risk: Fraction, tolerable: Fraction, expected: Fraction) -> SampleSize:
    def least_size(planned: int) -> int | None:
        within = partial(_binomial_within, planned, rate=tolerable, risk=risk)
        return _least(within, high=GREATEST_SAMPLE) if within(GREATEST_SAMPLE) else None

    found = _size_and_planned(least_size, expected)
    if found is None:
        raise NoSizeError(_TOO_NEAR)
    return SampleSize(*found, Model.BINOMIAL, risk, tolerable, expected)


def _hypergeometric_size(
    risk: Fraction, tolerable: Fraction, expected: Fraction, population: int, deviation_count: DeviationCount
) -> SampleSize:
    deviating = (
        floor(population * tolerable) + 1
        if deviation_count is DeviationCount.FEWEST_ABOVE
        else ceil(population * tolerable)
    )
    most = min(population, GREATEST_SAMPLE)

    def least_size(planned: int) -> int | None:
        def within(size: int) -> bool:
            return hypergeometric_cdf(planned, population, min(deviating, population), size) <= risk

        return _least(within, high=most) if within(most) else None

    found = _size_and_planned(least_size, expected)
    if found is None:
        msg = f"no sample of the {population:,} items shows it: test every item"
        raise NoSizeError(msg)
    return SampleSize(*found, Model.HYPERGEOMETRIC, risk, tolerable, expected, population, deviation_count)


def _poisson_size(risk: Fraction, tolerable: Fraction, expected: Fraction) -> SampleSize:
    def least_size(planned: int) -> int | None:
        size = ceil(poisson_factor(planned, risk) / tolerable)
        return size if size <= GREATEST_SAMPLE else None

    found = _size_and_planned(least_size, expected)
    if found is None:
        raise NoSizeError(_TOO_NEAR)
    return SampleSize(*found, Model.POISSON, risk, tolerable, expected)


def _least(holds: Callable[[int], bool], *, low: int = 1, high: int | None = None) -> int:
    """Return the least whole number from `low` on for which a condition holds that, once true, stays true.

    high: one for which it holds, if known.
    """
    if high is None:
        high = next(low << power for power in count() if holds(low << power))
    below = low - 1
    while high - below > 1:
        middle = (below + high) // 2
        below, high = (below, middle) if holds(middle) else (middle, high)
    return high
