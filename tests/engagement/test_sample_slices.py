"""What samples of several slices of a period show together."""

from fractions import Fraction
from math import comb

import pytest

from twofold.engagement.sample import rebuild
from twofold.engagement.sample_slices import with_other_slices

from .test_sample_doubts import FIRST_HALF, SECOND_HALF, YEAR, Log


@pytest.fixture
def log() -> Log:
    return Log()


def together(log: Log, name: str) -> str:
    known = rebuild(log.entries).by_id
    return with_other_slices(known[name], known.values())


def evaluated(
    log: Log,
    size: int,
    days: tuple[str, str],
    *,
    units: int = 400,
    by: str | None = None,
    tolerable: str = "9",
    deviations: int = 0,
) -> str:
    name = log.freeze(size, days, units=units, by=by)
    log.draw(name)
    log.evaluate(name, tolerable=tolerable, deviations=deviations)
    return name


def test_two_slices_add_up_and_support_what_neither_does(log: Log) -> None:
    """30 of 600 and 10 of 200 items are 40 of 800: each slice has its share, so the limit is that of 40 units."""
    first = evaluated(log, 30, FIRST_HALF, units=600)
    assert together(log, first) == ""
    second = evaluated(log, 10, SECOND_HALF, units=200)
    least = next(rate for rate in range(1, 1000) if Fraction(1000 - rate, 1000) ** 40 <= Fraction(1, 10))
    assert least == 56
    said = (
        f"All evaluated slices together ({first}, {second}): 0 of 40 units deviate. With 90% confidence at most 5.6% "
        "of their 800 items deviate, however the slices differ; tolerable are 9%. Together they support reliance."
    )
    assert (together(log, first), together(log, second)) == (said, said)


def test_a_slice_with_less_than_its_share_makes_the_limit_higher(log: Log) -> None:
    """20 and 20 units of 600 and 200 items: what the first says of its items counts one and a half times."""
    first = evaluated(log, 20, FIRST_HALF, units=600, deviations=1)
    evaluated(log, 20, SECOND_HALF, units=200)

    def one_at_most(rate: Fraction) -> Fraction:
        return (1 - rate) ** 40 + comb(40, 1) * rate * (1 - rate) ** 39

    least = next(each for each in range(1, 1000) if one_at_most(Fraction(each, 1500)) <= Fraction(1, 10))
    said = together(log, first)
    assert f"1 of 40 units deviate. With 90% confidence at most {least / 10}% of their 800 items" in said
    assert said.endswith("Together they do not support reliance.")


def test_what_cannot_be_put_together_is_left_out(log: Log) -> None:
    first = evaluated(log, 20, FIRST_HALF)
    evaluated(log, 20, SECOND_HALF, tolerable="50")
    evaluated(log, 20, YEAR)
    assert together(log, first) == "", "by another rate, and of items that lie in both"
    undrawn = log.freeze(20, SECOND_HALF)
    assert together(log, undrawn) == ""
    by_month = evaluated(log, 24, SECOND_HALF, by="month")
    assert (together(log, first), together(log, by_month)) == ("", "")
