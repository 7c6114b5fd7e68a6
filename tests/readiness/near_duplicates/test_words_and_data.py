"""Words, periods, systems and the files of data that the scorer reads."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.readiness.near_duplicates.evidence_kinds import evidence_kinds, kinds_named
from twofold.readiness.near_duplicates.named_period import PeriodRelation, named_periods, relation
from twofold.readiness.near_duplicates.scorer import Rarity, likeness, shipped_scorer
from twofold.readiness.near_duplicates.system_names import SystemRelation, known_systems
from twofold.readiness.near_duplicates.vocabulary import vocabulary, worded
from twofold.readiness.near_duplicates.wording import corrected, corrections, words
from twofold.tables.schema import canonical_tables


def test_kinds_name_known_concepts_and_tables() -> None:
    concepts = {name for names in vocabulary().phrases.values() for name in names} | set(
        vocabulary().beginnings.values()
    )
    for kind in evidence_kinds().values():
        for cue in kind.cues:
            assert cue.all_of <= concepts, kind.kind_id
            assert cue.none_of <= concepts, kind.kind_id
            assert cue.all_of.isdisjoint(cue.none_of), kind.kind_id
        assert set(kind.tables) <= set(canonical_tables()), kind.kind_id


def test_a_kind_with_fewer_concepts_falls_away() -> None:
    assert kinds_named({"access_review", "admin"}) == {"privileged_review"}
    assert kinds_named({"access_review"}) == {"access_review"}
    assert kinds_named(set()) == frozenset()


def test_the_longest_phrase_counts_and_no_phrase_goes_over_a_clause() -> None:
    assert set(worded("code of conduct", vocabulary()).concepts) == {"code_of_conduct"}
    assert "incident" in worded("Sample of incidents: ticket with cause", vocabulary()).concepts


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("passwrod", "password"), ("confidentialty", "confidentiality"), ("designation", "designation")],
)
def test_one_typing_error_is_forgiven_and_no_other_word_is_made(wrong: str, right: str) -> None:
    assert corrected(wrong, corrections({"password", "confidentiality", "resignation"})) == right


@given(st.text())
def test_words_are_plain_and_stay_what_they_are(text: str) -> None:
    once = words(text)
    assert all(word.isascii() and word == word.lower() for word in once)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("UAR Q1 2026", date(2026, 1, 1), date(2026, 4, 1)),
        ("review 2025 Q4", date(2025, 10, 1), date(2026, 1, 1)),
        ("the first quarter of 2026", date(2026, 1, 1), date(2026, 4, 1)),
        ("quarter ended 31 March 2026", date(2026, 1, 1), date(2026, 4, 1)),
        ("H1 2026", date(2026, 1, 1), date(2026, 7, 1)),
        ("FY26 listing", date(2026, 1, 1), date(2027, 1, 1)),
        ("from 1/1/2025 through 12/31/2025", date(2025, 1, 1), date(2026, 1, 1)),
        ("between 1 October 2025 and 30 September 2026", date(2025, 10, 1), date(2026, 10, 1)),
        ("2026-01-01 to 2026-03-31", date(2026, 1, 1), date(2026, 4, 1)),
        ("Oct-Dec 2025", date(2025, 10, 1), date(2026, 1, 1)),
        ("for May 2026", date(2026, 5, 1), date(2026, 6, 1)),
    ],
)
def test_named_periods_are_read(text: str, first: date, end: date) -> None:
    (period,), left = named_periods(text)
    assert (period.starts_on, period.ends_before) == (first, end)
    assert not any(word in left for word in period.words.split() if word[0].isdigit())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Q1 2026", "first quarter of 2026", PeriodRelation.SAME),
        ("Q1", "quarter ended 31 March 2026", PeriodRelation.SAME),
        ("Q1 2026", "Q3 2026", PeriodRelation.DIFFERENT),
        ("Q1", "Q3 2026", PeriodRelation.DIFFERENT),
        ("FY25", "FY27", PeriodRelation.DIFFERENT),
        ("FY26", "1 October 2025 - 30 September 2026", PeriodRelation.OVERLAP),
        ("Q1 2026", "no time", PeriodRelation.UNKNOWN),
        ("31 February 2026 to 40 March 2026", "Q1 2026", PeriodRelation.UNKNOWN),
    ],
)
def test_periods_are_compared(one: str, other: str, expected: PeriodRelation) -> None:
    first, second = named_periods(one)[0], named_periods(other)[0]
    if expected is not PeriodRelation.UNKNOWN or not first:
        assert relation(first, second) is expected
    assert relation(first, second) is relation(second, first)


@given(st.text(max_size=60))
def test_any_text_gives_periods_in_order(text: str) -> None:
    found, _ = named_periods(text)
    assert all(each.starts_on < each.ends_before for each in found)


def test_systems_are_found_by_any_of_their_names() -> None:
    names = known_systems().with_scope({"kite": "Kite Ledger"})
    assert names.find("Azure Active Directory users")[0] == {"entra"}
    assert names.find("the Kite Ledger application")[0] == {"kite"}
    assert names.widened(frozenset({"rds"})) == {"rds", "aws"}


def test_an_own_system_and_what_it_may_run_on_exclude_each_other_only_where_it_matters() -> None:
    names = known_systems().with_scope({"kite": "Kite"})
    own, cloud, erp = frozenset({"kite"}), frozenset({"aws"}), frozenset({"netsuite"})
    assert names.relation(own, cloud, exact=False) is SystemRelation.OF_ONE
    assert names.relation(own, cloud, exact=True) is SystemRelation.APART
    assert names.relation(own, erp, exact=False) is SystemRelation.APART
    assert names.relation(own, own, exact=True) is SystemRelation.SHARED
    assert names.relation(own, frozenset(), exact=False) is SystemRelation.OF_ONE
    assert names.relation(frozenset(), frozenset(), exact=False) is SystemRelation.UNKNOWN


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=2, max_size=6))
def test_likeness_is_symmetric_and_full_for_itself(documents: list[list[str]]) -> None:
    rarity = Rarity(documents)
    one, other = rarity.vector(documents[0]), rarity.vector(documents[1])
    assert likeness(one, other) == pytest.approx(likeness(other, one))
    assert 0 <= likeness(one, other) <= 1
    if documents[0]:
        assert likeness(one, one) == pytest.approx(1)


def test_the_weights_are_dated_and_have_a_source() -> None:
    scorer = shipped_scorer()
    assert scorer.as_of <= date.today()  # noqa: DTZ011  the day of a file
    assert scorer.source
