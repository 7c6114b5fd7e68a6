from datetime import UTC, datetime, timedelta

import pytest

from twofold.model.period import ReviewPeriod

STARTS, ENDS = datetime(2025, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_a_period_holds_its_start_and_not_its_end() -> None:
    period = ReviewPeriod(STARTS, ENDS)
    tick = timedelta(microseconds=1)
    assert STARTS in period
    assert ENDS - tick in period
    assert ENDS not in period
    assert STARTS - tick not in period


@pytest.mark.parametrize(("starts", "ends"), [(ENDS, STARTS), (STARTS, STARTS)])
def test_a_period_ends_after_it_starts(starts: datetime, ends: datetime) -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        ReviewPeriod(starts, ends)


def test_a_period_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        ReviewPeriod(STARTS.replace(tzinfo=None), ENDS)
