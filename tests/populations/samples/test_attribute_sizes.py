"""The tables of audit-domain 5.2, exactly, and scipy as a second opinion."""

from collections import defaultdict
from fractions import Fraction
from itertools import product
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]  # it ships no types

from twofold.populations.samples.attribute_sizes import (
    DeviationCount,
    Model,
    NoSizeError,
    binomial_cdf,
    hypergeometric_cdf,
    planned_deviations,
    poisson_factor,
    sample_size,
    supports_reliance,
    upper_limit,
    upper_limit_items,
)

AT_95, AT_90 = Fraction(5, 100), Fraction(10, 100)
SIZES = """
95  5  0     59  0
95  5  1     93  1
95  5  2    181  4
95 10  0     29  0
95 10  1     46  1
95 10  3     61  2
95  2  0    149  0
95  3  1    257  3
95 20  0     14  0
90  5  0     45  0
90  5  1     77  1
90  9  0     25  0
90 10  0     22  0
90 10  1     38  1
90  6  2     88  2
90  5  3.5  400 14
90  7  3.25 113  4
"""
LIMITS = """
95 0  14.0 11.3  9.6  7.3  6.5  4.9 3.0
95 1  21.7 17.7 14.9 11.4 10.2  7.7 4.7
95 2  28.3 23.2 19.6 15.0 13.4 10.2 6.2
90 0  10.9  8.8  7.4  5.6  5.0  3.8 2.3
90 1  18.1 14.7 12.4  9.4  8.4  6.4 3.9
90 2  24.5 20.0 16.8 12.8 11.4  8.7 5.3
"""
HYPERGEOMETRIC = """
95  5   50 31 31
95  5  100 39 45
95  5  200 47 51
95  5  250 51 51
95  5  500 54 56
95  5 1000 56 57
90 10  100 18 20
90 10 1000 22 22
"""


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def lines(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


@pytest.mark.parametrize(("confidence", "tolerable", "expected", "size", "planned"), lines(SIZES))
def test_sizes(confidence: str, tolerable: str, expected: str, size: str, planned: str) -> None:
    found = sample_size(risk=1 - percent(confidence), tolerable=percent(tolerable), expected=percent(expected))
    assert (found.size, found.planned) == (int(size), int(planned))


@pytest.mark.parametrize(("confidence", "deviations", "limits"), [(row[0], row[1], row[2:]) for row in lines(LIMITS)])
def test_upper_limits_round_up(confidence: str, deviations: str, limits: list[str]) -> None:
    found = [upper_limit(int(deviations), size, 1 - percent(confidence)) for size in (20, 25, 30, 40, 45, 60, 100)]
    assert found == [percent(limit) for limit in limits]


@pytest.mark.parametrize(
    ("size", "deviations", "risk", "shown"),
    [
        (25, 0, AT_95, "11.29"),
        (25, 1, AT_95, "17.61"),
        (59, 0, AT_95, "4.95"),
        (60, 0, AT_95, "4.87"),
        (25, 0, AT_90, "8.80"),
    ],
)
def test_unrounded_limits(size: int, deviations: int, risk: Fraction, shown: str) -> None:
    limit = upper_limit(deviations, size, risk, decimals=6)
    assert f"{float(limit * 100):.2f}" == shown
    assert binomial_cdf(deviations, size, limit) <= risk < binomial_cdf(deviations, size, limit - Fraction(1, 10**8))


@pytest.mark.parametrize(("confidence", "tolerable", "population", "fewest", "rounded"), lines(HYPERGEOMETRIC))
def test_small_populations(confidence: str, tolerable: str, population: str, fewest: str, rounded: str) -> None:
    found = [
        sample_size(
            risk=1 - percent(confidence),
            tolerable=percent(tolerable),
            model=Model.HYPERGEOMETRIC,
            population=int(population),
            deviation_count=count,
        ).size
        for count in DeviationCount
    ]
    assert found == [int(fewest), int(rounded)]


def test_limits_of_small_populations() -> None:
    assert upper_limit_items(0, 25, 250, AT_95) == 26
    assert upper_limit_items(0, 2, 12, AT_95) == 8, "2 of 12 months is a convention and no proof"
    assert upper_limit_items(3, 3, 3, AT_95) == 3


def test_poisson_factors() -> None:
    assert [f"{float(poisson_factor(count, AT_95)):.2f}" for count in range(4)] == ["3.00", "4.75", "6.30", "7.76"]
    assert [f"{float(poisson_factor(count, AT_90)):.2f}" for count in range(4)] == ["2.31", "3.89", "5.33", "6.69"]
    found = sample_size(risk=AT_95, tolerable=Fraction(5, 100), model=Model.POISSON)
    assert (found.size, found.planned) == (60, 0)


def test_the_limit_decides_and_not_the_rate() -> None:
    assert supports_reliance(0, 59, risk=AT_95, tolerable=Fraction(5, 100))
    assert not supports_reliance(0, 58, risk=AT_95, tolerable=Fraction(5, 100))
    assert not supports_reliance(2, 60, risk=AT_95, tolerable=Fraction(5, 100)), "3.3% deviate, and 10.2% may"


@pytest.mark.parametrize(
    ("risk", "tolerable", "expected"),
    [
        (Fraction(0), AT_95, Fraction(0)),
        (AT_95, Fraction(0), Fraction(0)),
        (AT_95, AT_95, AT_95),
        (AT_95, Fraction(1), Fraction(0)),
    ],
)
def test_rates_that_make_no_sense_are_refused(risk: Fraction, tolerable: Fraction, expected: Fraction) -> None:
    with pytest.raises(NoSizeError, match="%"):
        sample_size(risk=risk, tolerable=tolerable, expected=expected)


def test_an_expected_rate_near_the_tolerable_one_is_refused() -> None:
    with pytest.raises(NoSizeError, match="too near"):
        sample_size(risk=AT_95, tolerable=Fraction(50, 1000), expected=Fraction(49, 1000))
    with pytest.raises(NoSizeError, match="test every item"):
        sample_size(
            risk=AT_95,
            tolerable=Fraction(1, 100),
            expected=Fraction(9, 1000),
            model=Model.HYPERGEOMETRIC,
            population=20,
        )
    with pytest.raises(NoSizeError, match="number of items"):
        sample_size(risk=AT_95, tolerable=Fraction(1, 100), model=Model.HYPERGEOMETRIC)


RATES = st.fractions(min_value=Fraction(1, 100), max_value=Fraction(99, 100), max_denominator=1000)


@given(size=st.integers(1, 300), deviations=st.integers(0, 20), rate=RATES)
def test_scipy_agrees_on_the_binomial(size: int, deviations: int, rate: Fraction) -> None:
    assert float(binomial_cdf(deviations, size, rate)) == pytest.approx(
        stats.binom.cdf(deviations, size, float(rate)), rel=1e-9
    )


@given(data=st.data(), population=st.integers(1, 400))
def test_scipy_agrees_on_the_hypergeometric(data: st.DataObject, population: int) -> None:
    size, deviating = data.draw(st.integers(1, population)), data.draw(st.integers(0, population))
    deviations = data.draw(st.integers(0, size))
    theirs = stats.hypergeom.cdf(deviations, population, deviating, size)
    assert float(hypergeometric_cdf(deviations, population, deviating, size)) == pytest.approx(
        theirs, rel=1e-7, abs=1e-12
    )


@given(size=st.integers(1, 300), share=st.fractions(min_value=0, max_value=1), risk=st.sampled_from([AT_95, AT_90]))
def test_scipy_agrees_on_the_upper_limit(size: int, share: Fraction, risk: Fraction) -> None:
    deviations = int(share * (size - 1)) if size > 1 else 0
    theirs = stats.beta.ppf(float(1 - risk), deviations + 1, size - deviations)
    ours = float(upper_limit(deviations, size, risk, decimals=4))
    assert theirs <= ours + 1e-12
    assert ours - theirs < 1.1e-6


@given(
    tolerable=st.integers(20, 200).map(lambda permille: Fraction(permille, 1000)),
    share=st.integers(0, 6),
    risk=st.sampled_from([AT_95, AT_90]),
)
def test_a_size_is_the_least_that_holds(tolerable: Fraction, share: int, risk: Fraction) -> None:
    expected = tolerable * share / 12
    found = sample_size(risk=risk, tolerable=tolerable, expected=expected)
    assert found.planned == -(-expected * found.size // 1)
    assert binomial_cdf(found.planned, found.size, tolerable) <= risk
    for smaller in range(max(1, found.size - 15), found.size):
        assert binomial_cdf(int(-(-expected * smaller // 1)), smaller, tolerable) > risk


@pytest.mark.parametrize(
    ("model", "tolerable", "expected", "found"),
    [
        (Model.BINOMIAL, "0.5", "0.48", (1750, 840)),
        (Model.POISSON, "0.5", "0.45", (560, 252)),
        (Model.HYPERGEOMETRIC, "0.002", "0", (1495, 0)),
    ],
)
def test_rates_that_are_near_or_small_take_no_long_time(
    model: Model, tolerable: str, expected: str, found: tuple[int, int]
) -> None:
    rates = Fraction(tolerable), Fraction(expected)
    size = sample_size(risk=Fraction(5, 100), model=model, population=1_000_000, tolerable=rates[0], expected=rates[1])
    assert (size.size, size.planned) == found


def test_rates_that_are_too_near_are_refused_soon() -> None:
    for model in (Model.BINOMIAL, Model.POISSON):
        with pytest.raises(NoSizeError, match="no sample"):
            sample_size(
                risk=Fraction(5, 100),
                tolerable=Fraction(10, 100),
                expected=Fraction(99, 1000),
                model=model,
            )


def chance(deviations: int, strata: list[tuple[int, int]], deviating: tuple[int, ...]) -> Fraction:
    """Return the probability of at most so many deviations, where so many items of each stratum deviate."""
    found = {0: Fraction(1)}
    for (items, units), bad in zip(strata, deviating, strict=True):
        ways = [
            Fraction(comb(bad, each) * comb(items - bad, units - each), comb(items, units)) for each in range(units + 1)
        ]
        sums: dict[int, Fraction] = defaultdict(Fraction)
        for before, one in found.items():
            for each, other in enumerate(ways):
                sums[before + each] += one * other
        found = sums
    return sum((each for count, each in found.items() if count <= deviations), Fraction(0))


@pytest.mark.parametrize(
    "strata",
    [
        [(6, 2), (6, 2)],
        [(9, 2), (9, 4)],
        [(12, 3), (6, 3), (2, 1)],
        [(10, 2), (4, 4)],
        [(8, 4), (3, 0)],
        [(7, 3)],
        [(20, 1), (20, 1)],
    ],
    ids=str,
)
@pytest.mark.parametrize("risk", [AT_95, AT_90, Fraction(1, 2)], ids=str)
def test_no_division_over_strata_gets_past_the_limit_of_a_stratified_sample(
    strata: list[tuple[int, int]], risk: Fraction
) -> None:
    items, units = (sum(column) for column in zip(*strata, strict=True))
    for deviations in range(units):
        limit = upper_limit(deviations, units, risk, strata=strata)
        most = upper_limit_items(deviations, units, items, risk, strata=strata)
        for deviating in product(*(range(of_items + 1) for of_items, _ in strata)):
            if sum(deviating) > most or Fraction(sum(deviating), items) > limit:
                assert chance(deviations, strata, deviating) <= risk


def test_the_limit_of_a_random_sample_is_too_low_for_strata_of_unequal_rates() -> None:
    """30 clean units, 10 of one half of the items and 20 of the other: 10 deviating items in the first stay unseen."""
    strata = [(50, 10), (50, 20)]
    assert chance(0, strata, (10, 0)) > AT_95
    assert upper_limit(0, 30, AT_95) == Fraction(96, 1000), "below the 10% that deviate"
    assert upper_limit(0, 30, AT_95, strata=strata) == Fraction(143, 1000), "1.5 times 9.503%"
    assert upper_limit_items(0, 30, 100, AT_95, strata=strata) == 14
    assert supports_reliance(0, 30, risk=AT_95, tolerable=Fraction(10, 100))
    assert not supports_reliance(0, 30, risk=AT_95, tolerable=Fraction(10, 100), strata=strata)


def test_strata_with_their_exact_share_have_the_limit_of_a_random_sample() -> None:
    assert upper_limit(1, 25, AT_90, strata=[(100, 10), (150, 15)]) == upper_limit(1, 25, AT_90)


def test_items_of_a_stratum_without_a_unit_may_all_deviate() -> None:
    seen, some_unseen = [(90, 30)], [(90, 30), (10, 0)]
    assert upper_limit(0, 30, AT_95, strata=seen) == Fraction(96, 1000)
    assert upper_limit(0, 30, AT_95, strata=some_unseen) == Fraction(186, 1000), "10% and nine tenths of 9.503%"
    assert not supports_reliance(0, 30, risk=AT_95, tolerable=Fraction(10, 100), strata=some_unseen)


def test_what_is_planned_fits_the_limit_of_the_strata() -> None:
    rates: dict[str, Any] = {"risk": AT_90, "tolerable": Fraction(10, 100), "expected": Fraction(1, 100)}
    assert planned_deviations(38, **rates) == 1
    assert planned_deviations(38, **rates, strata=[(50, 18), (50, 20)]) == 0
