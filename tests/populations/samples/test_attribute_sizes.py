"""The tables of audit-domain 5.2, exactly, and scipy as a second opinion."""

from fractions import Fraction

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
