"""States and counts of a review, who gets which pair, and the hash of a list."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from twofold.engagement.access_review import (
    ALLOWED,
    Decision,
    Pair,
    Review,
    ReviewAct,
    ReviewItem,
    ReviewState,
    assign,
    pairs_sha256,
    progress,
    progress_by_reviewer,
)

AT = datetime(2026, 3, 26, 9, tzinfo=UTC)
PAIRS = st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz")))
ITEMS = st.builds(
    ReviewItem,
    account=st.sampled_from("abcdef"),
    right_id=st.sampled_from("xyz"),
    reviewer=st.sampled_from(["r", "s", ""]),
    decision=st.none() | st.sampled_from(Decision),
    decided_at=st.just(AT),
)


def review(items: list[ReviewItem], completed_at: datetime | None = None) -> Review:
    return Review("rv-1", "billing", "snap", AT, completed_at, True, AT, {each.pair: each for each in items})


def test_a_state_follows_from_the_items() -> None:
    silent = ReviewItem("a", "x", "r")
    said = ReviewItem("a", "y", "r", Decision.MODIFY, AT)
    assert review([silent, said]).state is ReviewState.OPEN
    assert review([said]).state is ReviewState.DECIDED
    assert review([]).state is ReviewState.OPEN, "with nothing decided there is nothing to complete"
    assert review([silent], AT).state is ReviewState.COMPLETED
    assert review([silent, said]).judged_wrong == (said,)
    assert review([silent, said]).undecided == (("a", "x"),)


def test_nothing_is_decided_or_routed_after_completion() -> None:
    assert {ReviewAct.DECIDE, ReviewAct.ROUTE, ReviewAct.COMPLETE}.isdisjoint(ALLOWED[ReviewState.COMPLETED])
    assert [state for state in ReviewState if ReviewAct.COMPLETE in ALLOWED[state]] == [ReviewState.DECIDED]


@given(st.lists(ITEMS))
def test_counts_close(items: list[ReviewItem]) -> None:
    found = review(items)
    every = [progress("", found.items.values()), *progress_by_reviewer(found)]

    assert all(each.pairs == each.approve + each.revoke + each.modify + each.undecided for each in every)
    assert every[0].pairs == len(found.items) == sum(each.pairs for each in every[1:])
    assert every[0].undecided == len(found.undecided)


@given(PAIRS, st.dictionaries(st.sampled_from(["r", "s"]), PAIRS.map(frozenset), min_size=1))
def test_every_pair_goes_to_one_who_may_decide_or_is_named(
    pairs: set[Pair], may_review: dict[str, frozenset[Pair]]
) -> None:
    given_to, left = assign(sorted(pairs), list(may_review), may_review=may_review)

    assert set(given_to) | set(left) == pairs
    assert set(given_to).isdisjoint(left)
    assert all(pair in may_review[name] for pair, name in given_to.items())
    assert all(pair not in able for pair in left for able in may_review.values())


@given(PAIRS, PAIRS)
def test_the_hash_of_a_list_is_that_of_its_pairs(one: set[Pair], other: set[Pair]) -> None:
    assert (pairs_sha256(one) == pairs_sha256(sorted(other))) is (one == other)
