"""Months and fiscal year ends, to the day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.scope.advice.calendar import (
    Gap,
    add_months,
    days_shared,
    gap_between,
    is_month_end,
    last_day,
    year_end_from,
    year_end_in,
)

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "months", "days"),
    [
        ("2026-09-30", "2026-12-31", 3, 0),
        ("2026-09-30", "2027-01-01", 3, 2),
        ("2026-09-29", "2026-12-31", 3, 2),
        ("2026-09-15", "2026-12-15", 3, 0),
        ("2026-09-15", "2026-12-16", 3, 1),
        ("2026-11-30", "2027-02-28", 3, 0),
        ("2027-11-30", "2028-02-29", 3, 0),
        ("2027-11-30", "2028-02-28", 2, 29),
        ("2028-02-29", "2028-05-31", 3, 0),
        ("2028-02-28", "2028-05-31", 3, 3),
        ("2026-12-31", "2026-12-31", 0, 0),
    ],
)
def test_gaps(first: str, last: str, months: int, days: int) -> None:
    assert gap_between(date.fromisoformat(first), date.fromisoformat(last)) == Gap(months, days)


def test_a_gap_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="2026-01-02 is after 2026-01-01"):
        gap_between(date(2026, 1, 2), date(2026, 1, 1))


@given(DAYS, st.integers(0, 400))
def test_a_gap_grows_with_every_month_and_leads_back(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    gap = gap_between(first, last)

    if is_month_end(first) and is_month_end(last):
        assert gap.days == 0
    else:
        assert add_months(first, gap.months) + timedelta(days=gap.days) == last
    assert gap.days < 31
    assert Gap(gap.months + 1, gap.days) > gap


@given(DAYS, st.integers(1, 36))
def test_a_period_of_months_ends_a_day_before_the_next_begins(first: date, months: int) -> None:
    last = last_day(first, months)

    assert add_months(first, months) == last + timedelta(days=1)
    assert last >= first


@given(DAYS, st.sampled_from(["01-31", "02-28", "02-29", "06-30", "12-31"]))
def test_the_next_fiscal_year_end_is_less_than_a_year_away(day: date, month_day: str) -> None:
    ends = year_end_from(month_day, day)

    assert timedelta(0) <= ends - day <= timedelta(days=366)
    assert ends == year_end_in(month_day, ends.year)
    assert month_day != "02-29" or is_month_end(ends)


def test_days_shared_counts_both_ends() -> None:
    first = (date(2026, 1, 1), date(2026, 1, 31))

    assert days_shared(first, (date(2026, 1, 31), date(2026, 2, 1))) == 1
    assert days_shared(first, (date(2026, 2, 1), date(2026, 2, 2))) == 0


def test_the_calendar_ends_somewhere() -> None:
    with pytest.raises(ValueError, match="lie outside the calendar"):
        add_months(date(9999, 12, 1), 1)
    assert str(Gap(0, 0)) == "0 days"
    assert str(Gap(1, 2)) == "1 month and 2 days"
