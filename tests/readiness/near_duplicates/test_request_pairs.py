"""What must hold on lists that were not used in building the scorer, and what the development lists still give."""

import pytest
from tests.readiness.near_duplicates.measure import (
    HELD_OUT,
    LISTS,
    WITHOUT_SYNONYMS,
    Labelled,
    labelled,
    measure,
    proposals,
    without_synonyms,
)

from twofold.readiness.near_duplicates.proposals import propose
from twofold.readiness.near_duplicates.request import Reader, RequestLine
from twofold.readiness.near_duplicates.scorer import shipped_scorer
from twofold.readiness.near_duplicates.system_names import known_systems
from twofold.readiness.near_duplicates.vocabulary import vocabulary

DEVELOPMENT = sorted(path.name for path in LISTS.iterdir() if path.name.startswith("development"))


@pytest.fixture(scope="module", params=HELD_OUT)
def held_out(request: pytest.FixtureRequest) -> Labelled:
    return labelled(request.param)


def test_precision_and_recall_hold_on_lists_that_were_not_used(held_out: Labelled) -> None:
    assert (len(held_out.soc2), len(held_out.sox)) == (80, 60)
    got = measure(held_out, vocabulary(), shipped_scorer())
    assert got.precision >= 0.95
    assert got.recall >= 0.8


@pytest.mark.parametrize("name", DEVELOPMENT)
def test_the_development_lists_stay_as_good(name: str) -> None:
    got = measure(labelled(name), vocabulary(), shipped_scorer())
    assert got.precision >= 0.95
    assert got.recall >= 0.95


def test_the_synonyms_earn_their_place(held_out: Labelled) -> None:
    with_them = measure(held_out, vocabulary(), shipped_scorer())
    without = measure(held_out, without_synonyms(), WITHOUT_SYNONYMS)
    assert with_them.recall > without.recall + 0.1


def test_the_order_of_lines_and_lists_does_not_matter(held_out: Labelled) -> None:
    turned = Labelled(held_out.soc2[::-1], held_out.sox[::-1], held_out.same, held_out.systems)
    swapped = Labelled(held_out.sox, held_out.soc2, held_out.same, held_out.systems)
    plain = {(p.first, p.second, p.score) for p in proposals(held_out, vocabulary(), shipped_scorer())}
    assert {(p.first, p.second, p.score) for p in proposals(turned, vocabulary(), shipped_scorer())} == plain
    assert {(p.second, p.first, p.score) for p in proposals(swapped, vocabulary(), shipped_scorer())} == plain


def _proposed(one: str, other: str, **columns: str) -> list[float]:
    reader = Reader(vocabulary(), known_systems())
    lines = [RequestLine("a", "1", one)], [RequestLine("b", "1", other, **columns)]
    return [pair.score for pair in propose(*lines, reader=reader, scorer=shipped_scorer())]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Population of new hires", "List of terminated employees"),
        ("Quarterly user access review of Okta, Q1 2026", "UAR Okta Q3 2026"),
        ("Okta password settings", "NetSuite password settings"),
        ("Backup configuration of the database", "Restore test of the database"),
        ("Population of production changes", "For the changes selected, tickets and approvals"),
        ("Incident response plan", "List of incidents"),
        ("Minutes of the board of directors", "Minutes of the audit committee"),
        ("Enterprise risk assessment", "ICFR risk assessment and scoping memo"),
    ],
)
def test_requests_that_look_alike_and_are_not_are_no_pair(one: str, other: str) -> None:
    assert not _proposed(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("User access review of NetSuite for the first quarter of 2026", "UAR - NetSuite - Q1 2026"),
        ("Evidence that multi-factor authentication is enforced in Azure AD", "Entra ID: 2FA settings"),
        ("Listing of terminated employees", "leavers, full list"),
        ("Evidence of multi-factor authenticaton in Okta", "MFA settings Okta"),
        ("Disaster recovery plan", "BCP / DRP"),
    ],
)
def test_requests_in_other_words_are_a_pair(one: str, other: str) -> None:
    (score,) = _proposed(one, other)
    assert shipped_scorer().propose_from <= score <= 1


def test_a_pair_says_why_and_what_to_heed() -> None:
    reader = Reader(vocabulary(), known_systems())
    one = RequestLine("a", "1", "For the leavers selected, removal of access to Okta")
    other = RequestLine("b", "9", "Sampled terms: deprovisioning tickets FY26")
    beside = RequestLine("b", "2", "Okta password settings")
    (pair,) = propose([one], [other, beside], reader=reader, scorer=shipped_scorer())
    assert "both ask for: removal of access of selected leavers" in pair.reasons
    assert "'removal' and 'deprovisioning' mean the same" in pair.reasons
    assert {each.partition(":")[0] for each in pair.heed} == {
        "only one of them names a system",
        "only one of them names a period",
        "both ask for samples",
    }


def test_a_product_that_the_other_audit_never_names_speaks_against_a_pair() -> None:
    reader = Reader(vocabulary(), known_systems())
    one = RequestLine("a", "1", "Selected changes: ticket, review and approval")
    other = RequestLine("b", "9", "Zuora: selected changes, approval")
    named = RequestLine("a", "2", "Zuora backup settings")
    alone = propose([one], [other], reader=reader, scorer=shipped_scorer())
    beside = propose([one, named], [other], reader=reader, scorer=shipped_scorer())
    assert max((each.score for each in alone), default=0.0) < beside[0].score


def test_a_system_of_a_column_counts_like_one_in_the_words() -> None:
    assert _proposed("List of users of Kite", "User listing", system="Kite")
    assert not _proposed("List of users of Okta", "User listing", system="NetSuite")


@pytest.mark.parametrize("text", ["", " ", "???", "x" * 50_000, "\u202e\u0000", "Q1 Q1 Q1", "1/2", "the of and"])
def test_odd_texts_are_read_without_fault(text: str) -> None:
    assert _proposed(text, "List of users") == []
