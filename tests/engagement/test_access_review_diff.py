"""The kinds of a difference: one for each pair, none left out, and the same as a plain second reading."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from twofold.engagement.access_review import Decision, Pair
from twofold.engagement.access_review_diff import Change, Decided, PairList, counts, diff

MARCH, JUNE = datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 6, 25, tzinfo=UTC)
PAIR = st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"))
PAIRS = st.frozensets(PAIR)
DECIDED = st.builds(
    Decided, st.sampled_from(Decision), st.none() | st.integers(0, 120).map(lambda days: MARCH + timedelta(days=days))
)
LISTS = st.tuples(PAIRS, st.dictionaries(PAIR, DECIDED))


def listed(name: str, as_of: datetime, pairs: frozenset[Pair], decisions: dict[Pair, Decided]) -> PairList:
    return PairList(name, as_of, pairs, {pair: said for pair, said in decisions.items() if pair in pairs})


@given(LISTS, LISTS, PAIRS)
def test_kinds_are_disjoint_and_close(
    before: tuple[frozenset[Pair], dict[Pair, Decided]],
    after: tuple[frozenset[Pair], dict[Pair, Decided]],
    away: frozenset[Pair],
) -> None:
    earlier, later = listed("N-1", MARCH, *before), listed("N", JUNE, *after)
    found = diff(earlier, later, away=away)
    number = counts(found)

    pairs = [(each.account, each.right_id) for each in found]
    assert pairs == sorted(earlier.pairs | later.pairs), "each pair once"
    stayed = len(found) - number[Change.NEW] - number[Change.GONE]
    assert stayed + number[Change.GONE] == len(earlier.pairs)
    assert stayed + number[Change.NEW] == len(later.pairs)
    assert sum(number.values()) == len(found)


@given(LISTS, LISTS, PAIRS)
def test_each_kind_says_what_it_means(
    before: tuple[frozenset[Pair], dict[Pair, Decided]],
    after: tuple[frozenset[Pair], dict[Pair, Decided]],
    away: frozenset[Pair],
) -> None:
    earlier, later = listed("N-1", MARCH, *before), listed("N", JUNE, *after)
    kinds = {(each.account, each.right_id): each.change for each in diff(earlier, later, away=away)}

    assert {pair for pair, kind in kinds.items() if kind is Change.NEW} == later.pairs - earlier.pairs
    assert {pair for pair, kind in kinds.items() if kind is Change.GONE} == earlier.pairs - later.pairs
    wrong = {
        pair
        for pair in earlier.pairs & later.pairs
        if pair in earlier.decisions
        and earlier.decisions[pair].decision in {Decision.REVOKE, Decision.MODIFY}
        and (earlier.decisions[pair].decided_at or MARCH) < JUNE
    }
    assert {pair for pair, kind in kinds.items() if kind is Change.GRANTED_AGAIN} == wrong & away
    assert {pair for pair, kind in kinds.items() if kind is Change.REVOKED_YET_PRESENT} == wrong - away
    for pair in earlier.pairs & later.pairs - wrong:
        one, other = earlier.decisions.get(pair), later.decisions.get(pair)
        differs = one is not None and other is not None and one.decision != other.decision
        assert kinds[pair] is (Change.CHANGED if differs else Change.SAME)


def test_a_decision_after_the_later_list_was_taken_counts_for_the_next() -> None:
    pair = ("a", "x")
    late = {pair: Decided(Decision.REVOKE, JUNE + timedelta(days=1))}
    earlier, later = PairList("N-1", MARCH, {pair}, late), PairList("today", JUNE, {pair})

    (found,) = diff(earlier, later, away=frozenset())
    assert found.change is Change.SAME


def test_what_is_told_in_two_ways_is_shown_though_one_of_them_is_the_same() -> None:
    pair = ("a", "x")
    approved = {pair: Decided(Decision.APPROVE, MARCH)}
    earlier = PairList("N-1", MARCH, frozenset({pair}), approved, conflicted=frozenset({pair}))
    (found,) = diff(earlier, PairList("today", JUNE, frozenset({pair})), away=frozenset())
    assert (found.change, found.conflicted, found.is_shown) == (Change.SAME, True, True)
