"""Indicators of a review: known figures, thresholds with date and source, and no order of lines changes them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.engagement.access_review import Decision, ReviewItem
from twofold.engagement.access_review_indicators import Indicator, indicators, thresholds

AT = datetime(2026, 3, 26, 9, tzinfo=UTC)
APPROVE, REVOKE = Decision.APPROVE, Decision.REVOKE


def decided(seconds: float, decision: Decision = APPROVE, reviewer: str = "okta:ana") -> ReviewItem:
    return ReviewItem(f"{reviewer}-{seconds}", "x", reviewer, decision, AT + timedelta(seconds=seconds))


def named(items: list[ReviewItem]) -> dict[str, Indicator]:
    return {each.name: each for each in indicators(items)}


def test_every_threshold_has_a_date_a_source_and_one_side() -> None:
    assert len(thresholds()) == 5
    for each in thresholds().values():
        assert each.source
        assert each.as_of <= datetime.now(UTC).date()  # noqa: TID251  a source cannot be of tomorrow
        assert (each.below is None) is (each.above is not None)


def test_a_slow_and_varied_review_stands_out_nowhere() -> None:
    found = named([decided(120 * number, REVOKE if number == 3 else APPROVE) for number in range(10)])
    assert [each.name for each in found.values() if each.stands_out] == []
    assert found["median_seconds"].value == 120
    assert found["longest_run"].value == 1
    assert found["share_approved"].value == 90
    assert found["largest_burst"].value == 10
    assert found["reviewers_without_revoke"].value is None


def test_approve_all_in_seconds_stands_out_everywhere() -> None:
    found = named([decided(number) for number in range(30)])
    assert all(each.stands_out for each in found.values())
    assert (found["longest_run"].value, found["longest_run"].detail) == (30, "by okta:ana")
    assert found["largest_burst"].detail == "30 of 30 by okta:ana"
    assert found["reviewers_without_revoke"].detail == "okta:ana"


def test_the_pace_is_that_of_each_reviewer() -> None:
    slow = [decided(600 * number, reviewer="okta:ana") for number in range(5)]
    between = [decided(600 * number + 1, reviewer="okta:bo") for number in range(5)]
    assert named(slow + between)["median_seconds"].value == 600


def test_a_revoke_ends_a_run() -> None:
    items = [decided(0), decided(1), decided(2, REVOKE), decided(3), decided(4), decided(5)]
    assert named(items)["longest_run"].value == 3


@pytest.mark.parametrize("items", [[], [ReviewItem("a", "x", "r")]])
def test_nothing_decided_stands_out_nowhere(items: list[ReviewItem]) -> None:
    assert [(each.value, each.stands_out) for each in indicators(items)] == [(None, False)] * 5


@pytest.mark.parametrize("at", [None, AT])
def test_decisions_without_a_time_or_of_a_bare_day_are_counted_and_tell_no_pace(at: datetime | None) -> None:
    items = [ReviewItem(str(number), "x", "r", APPROVE, at, to_the_second=False) for number in range(30)]
    found = named(items)
    assert (found["share_approved"].value, found["share_approved"].stands_out) == (100, True)
    assert (found["reviewers_without_revoke"].value, found["reviewers_without_revoke"].detail) == (1, "r")
    for name in ("median_seconds", "longest_run", "largest_burst"):
        assert (found[name].value, found[name].stands_out) == (None, False)
        assert "known to the second" in found[name].detail


def test_a_pair_that_was_decided_twice_in_one_second_counts_the_same_in_every_order() -> None:
    items = [decided(0), decided(0, REVOKE), decided(1)]
    assert indicators(items) == indicators(reversed(items))


@given(st.lists(st.builds(decided, st.integers(0, 500), st.sampled_from(Decision), st.sampled_from(["r", "s"]))))
def test_order_changes_nothing_and_shares_are_percents(items: list[ReviewItem]) -> None:
    assert indicators(items) == indicators(reversed(items))
    found = named(items)
    for name in ("share_approved", "largest_burst"):
        assert 0 <= (found[name].value or 0) <= 100
