"""Hard filters, then fit: unknown is never a pass, price moves no order, and nothing depends on the order of import."""

from dataclasses import fields, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.engagement.auditor_choice.decision import chosen
from twofold.engagement.auditor_choice.proposal import Need, Proposal, need_from, read_proposals, same_firm
from twofold.engagement.auditor_choice.questions import all_questions, questions
from twofold.engagement.auditor_choice.shortlist import (
    SCORES,
    Candidate,
    State,
    Verdict,
    by_fit,
    filter_rules,
    fit_rules,
    shortlist,
)
from twofold.model.problem import UserError

TODAY = date(2026, 11, 25)
NEED = Need(
    engagement="soc2-2026",
    asked="type2",
    categories=frozenset({"security", "availability"}),
    other_auditors=frozenset({"Hollis Audit LLP"}),
    sox_in_scope=True,
    industry="Payments",
    budget_low=Fraction(20_000),
    budget_high=Fraction(60_000),
    currency="USD",
    start_by=date(2026, 12, 15),
    report_by=date(2027, 2, 26),
    first_audit=True,
    several_products=True,
    regulated_data=True,
    sox_ahead=True,
)
SOUND = Proposal(
    firm="Example CPA LLP",
    engagement="soc2-2026",
    stated_on=date(2026, 11, 13),
    where="ev-1 line 2",
    licensed=True,
    licence_id="1",
    licence_state="New York",
    licence_until=date(2028, 1, 1),
    peer_review_on=date(2025, 6, 30),
    peer_review_result="pass",
    designed_controls=False,
    tool_advice=False,
    financial_interest=False,
    audits_financials=False,
    tests_for_management=False,
    staff_ties=False,
    types=("type1", "type2"),
    categories=("availability", "security"),
    industries=("payments",),
    earliest_start=date(2026, 12, 1),
    report_on=date(2027, 2, 12),
    capacity=True,
    fee_low=Fraction(30_000),
    fee_high=Fraction(50_000),
    currency="USD",
    first_timers=True,
    remediation_time=True,
    several_products=True,
    regulated_data=True,
    full_population=True,
    itgc_knowledge=True,
    reuse=True,
    works_with_auditor=True,
    references_named=3,
)
UNKNOWN: dict[str, Any] = {
    each.name: each.default
    for each in fields(Proposal)
    if each.name not in {"firm", "engagement", "stated_on", "where"}
}
ASKED_BY_FILTERS = {
    *("licensed", "licence_id", "licence_state", "peer_review_on", "peer_review_result", "designed_controls"),
    *("tool_advice", "financial_interest", "audits_financials", "tests_for_management", "staff_ties", "types"),
    *("categories", "industries", "earliest_start", "report_on", "capacity", "fee_low", "fee_high"),
}


def one(offer: Proposal, need: Need = NEED) -> Candidate:
    (found,) = shortlist(need, [offer], today=TODAY)
    return found


def verdicts(offer: Proposal, need: Need = NEED) -> dict[str, Verdict]:
    return {each.name: each.verdict for each in one(offer, need).filters}


def test_a_firm_that_passes_everything_is_on_the_list_with_three_scores() -> None:
    found = one(SOUND)
    assert found.state is State.LISTED
    assert {score: str(fit) for score, fit in found.fits.items()} == {
        "stage": "3 of 3",
        "scope": "3 of 3",
        "future": "3 of 3",
    }
    assert found.questions == ()


@pytest.mark.parametrize(
    ("changed", "failed"),
    [
        ({"licensed": False}, "licensed"),
        ({"licence_until": TODAY - timedelta(days=1)}, "licensed"),
        ({"peer_review_result": "fail"}, "peer_review"),
        ({"peer_review_result": "pass_with_deficiencies"}, "peer_review"),
        ({"peer_review_on": date(2023, 11, 24)}, "peer_review"),
        ({"designed_controls": True}, "independent"),
        ({"tool_advice": True}, "independent"),
        ({"financial_interest": True}, "independent"),
        ({"staff_ties": True}, "independent"),
        ({"audits_financials": True, "tests_for_management": True}, "one_firm_for_both"),
        ({"firm": "HOLLIS AUDIT", "tests_for_management": True}, "one_firm_for_both"),
        ({"types": ("type1",)}, "type"),
        ({"earliest_start": date(2026, 12, 16)}, "timeline"),
        ({"report_on": date(2027, 2, 27)}, "timeline"),
        ({"fee_low": Fraction(60_001), "fee_high": Fraction(70_000)}, "budget"),
        ({"fee_low": Fraction(1), "fee_high": Fraction(19_999)}, "budget"),
        ({"industries": ("health",)}, "industry"),
        ({"capacity": False}, "capacity"),
        ({"categories": ("security",)}, "capacity"),
    ],
)
def test_what_fails_drops_a_firm_out_and_says_why(changed: dict[str, Any], failed: str) -> None:
    found = one(replace(SOUND, **changed))
    assert found.state is State.DROPPED
    (result,) = found.named(Verdict.FAIL)
    assert result.name == failed
    assert result.title in found.statement.text
    assert result.because in found.statement.text
    assert found.statement.data == ("evidence: ev-1 line 2",)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"peer_review_on": date(2023, 11, 25)}, "peer_review"),
        ({"licence_until": TODAY}, "licensed"),
        ({"earliest_start": date(2026, 12, 15), "report_on": date(2027, 2, 26)}, "timeline"),
        ({"fee_low": Fraction(60_000), "fee_high": Fraction(90_000)}, "budget"),
        ({"fee_low": Fraction(5_000), "fee_high": Fraction(20_000)}, "budget"),
        ({"audits_financials": True}, "one_firm_for_both"),
    ],
)
def test_the_limits_themselves_pass(changed: dict[str, Any], name: str) -> None:
    assert verdicts(replace(SOUND, **changed))[name] is Verdict.PASS


@pytest.mark.parametrize("column", sorted(ASKED_BY_FILTERS))
def test_an_answer_that_is_missing_is_asked_and_never_passes(column: str) -> None:
    found = one(replace(SOUND, **{column: UNKNOWN[column]}))
    assert found.state is State.ASK
    (result,) = found.named(Verdict.ASK)
    assert column in all_questions()[result.question].columns
    assert column in result.because
    with pytest.raises(UserError, match="ask: "):
        chosen([found], found.proposal.firm, despite="")


def test_what_the_company_did_not_tell_is_asked_of_itself() -> None:
    bare = Need("soc2-2026", "type2", frozenset({"security"}), frozenset(), sox_in_scope=False)
    asked = {name for name, verdict in verdicts(SOUND, bare).items() if verdict is Verdict.ASK}
    assert asked == {"timeline", "budget", "industry"}


def test_another_currency_is_never_converted() -> None:
    assert verdicts(replace(SOUND, currency="EUR"))["budget"] is Verdict.ASK


def test_a_firm_that_contradicts_the_scope_files_is_asked() -> None:
    assert verdicts(replace(SOUND, firm="Hollis Audit LLP"))["one_firm_for_both"] is Verdict.ASK


@st.composite
def offers(draw: st.DrawFn) -> Proposal:
    """A proposal with any answers, known or not."""
    truths = st.sampled_from([True, False, None])
    names = [each.name for each in fields(Proposal) if each.type == bool | None]
    days = st.sampled_from([None, date(2022, 1, 1), date(2026, 6, 1), date(2027, 1, 1), date(2028, 1, 1)])
    values: dict[str, Any] = {name: draw(truths) for name in names}
    values |= {name: draw(days) for name in ("peer_review_on", "licence_until", "earliest_start", "report_on")}
    values["peer_review_result"] = draw(st.sampled_from(["", "pass", "fail"]))
    values["types"] = draw(st.sampled_from([(), ("type1",), ("type2",)]))
    values["categories"] = draw(st.sampled_from([(), ("security",), ("availability", "security")]))
    values["industries"] = draw(st.sampled_from([(), ("payments",), ("health",)]))
    values["references_named"] = draw(st.sampled_from([None, 0, 2, 5]))
    values["firm"] = draw(st.sampled_from(["Ash", "Birch", "Cedar", "Dogwood", "Elm"]))
    return replace(SOUND, **values)


def distinct(found: list[Proposal]) -> list[Proposal]:
    return list({each.firm: each for each in found}.values())


@settings(max_examples=20)
@given(found=st.lists(offers(), min_size=2, max_size=5).map(distinct), prices=st.data())
def test_price_alone_never_changes_the_order(found: list[Proposal], prices: st.DataObject) -> None:
    amounts = st.integers(20_000, 60_000).map(Fraction)
    other = [replace(each, fee_low=(low := prices.draw(amounts)), fee_high=low) for each in found]
    before, after = (shortlist(NEED, each, today=TODAY) for each in (found, other))
    assert [each.proposal.firm for each in before] == [each.proposal.firm for each in after]
    for score in SCORES:
        groups = [[[each.proposal.firm for each in group] for group in by_fit(c, score)] for c in (before, after)]
        assert groups[0] == groups[1]


@settings(max_examples=20)
@given(found=st.lists(offers(), min_size=2, max_size=5).map(distinct), order=st.randoms(use_true_random=False))
def test_the_order_of_import_does_not_matter(found: list[Proposal], order: Any) -> None:
    mixed = list(found)
    order.shuffle(mixed)
    assert shortlist(NEED, found, today=TODAY) == shortlist(NEED, mixed, today=TODAY)


@settings(max_examples=60)
@given(offer=offers(), column=st.sampled_from(sorted(UNKNOWN)))
def test_forgetting_an_answer_never_helps(offer: Proposal, column: str) -> None:
    before, after = one(offer), one(replace(offer, **{column: UNKNOWN[column]}))
    for old, new in zip(before.filters, after.filters, strict=True):
        assert new.verdict is not Verdict.PASS or old.verdict is Verdict.PASS or column == "licence_until"
    assert after.state is not State.LISTED or before.state is State.LISTED or column == "licence_until"
    for score in SCORES:
        assert after.fits[score].points <= before.fits[score].points


@settings(max_examples=60)
@given(offer=offers(), column=st.sampled_from(sorted(ASKED_BY_FILTERS - {"fee_low", "fee_high", "licence_id"})))
def test_a_sound_answer_in_place_of_any_other_never_harms(offer: Proposal, column: str) -> None:
    before, after = one(offer), one(replace(offer, **{column: getattr(SOUND, column)}))
    failed = {each.name for each in before.named(Verdict.FAIL)}
    assert {each.name for each in after.named(Verdict.FAIL)} <= failed
    assert {each.name for each in before.named(Verdict.PASS)} <= {each.name for each in after.named(Verdict.PASS)}


@settings(max_examples=20)
@given(offer=offers())
def test_the_state_follows_from_the_filters(offer: Proposal) -> None:
    found = one(offer)
    assert (found.state is State.LISTED) == all(each.verdict is Verdict.PASS for each in found.filters)
    assert len(found.filters) == len(filter_rules())
    if found.state is State.LISTED:
        assert chosen([found], offer.firm.lower(), despite="") is found
    else:
        with pytest.raises(UserError) as said:
            chosen([found], offer.firm, despite="")
        assert len(said.value.problems) == len(found.named(Verdict.FAIL)) + len(found.named(Verdict.ASK))
        assert chosen([found], offer.firm, despite="known to the board") is found


def test_despite_is_for_firms_that_do_not_pass() -> None:
    with pytest.raises(UserError, match="passes every hard filter"):
        chosen([one(SOUND)], "Example CPA LLP", despite="just in case")
    with pytest.raises(UserError, match="no proposal of 'Nobody'"):
        chosen([one(SOUND)], "Nobody", despite="")


def test_signals_count_only_where_their_fact_holds() -> None:
    calm = replace(
        NEED, first_audit=False, several_products=False, regulated_data=False, sox_in_scope=False, sox_ahead=False
    )
    fits = one(SOUND, calm).fits
    assert {score: len(fit.signals) for score, fit in fits.items()} == {"stage": 1, "scope": 1, "future": 1}


def test_rules_are_dated_sourced_and_name_columns_and_questions_that_exist() -> None:
    columns = {each.name for each in fields(Proposal)}
    asked = {name for question in all_questions().values() for name in question.columns}
    assert asked <= columns
    assert columns - asked <= {"firm", "engagement", "stated_on", "where", "note"}
    for body in (*filter_rules().values(), *fit_rules()):
        assert body["source"]
        assert date.fromisoformat(body["as_of"]) <= TODAY
        assert body["question"] in all_questions()
    assert {body["score"] for body in fit_rules()} == set(SCORES)


def test_questions_are_those_that_count_and_are_open() -> None:
    assert {each.to for each in questions(NEED)} == {"firm", "you"}
    assert [each.name for each in questions(NEED, SOUND)] == ["pipeline"]
    forgot = replace(SOUND, peer_review_on=None, reuse=None)
    assert [each.name for each in questions(NEED, forgot)] == ["peer_review", "itgc", "pipeline"]
    without_sox = replace(NEED, sox_in_scope=False, sox_ahead=False)
    assert not {"itgc", "pipeline", "your_other_firm"} & {each.name for each in questions(without_sox)}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"engagement": "other"}, "there is no engagement 'other'"),
        ({"fee_low": "9", "fee_high": "8", "currency": "USD"}, "fee_low is more than fee_high"),
        ({"fee_low": "9"}, "without a currency"),
        ({"fee_low": "cheap", "currency": "USD"}, "no plain number"),
        ({"currency": "dollars"}, "no currency"),
        ({"peer_review_result": "great"}, "no result"),
        ({"peer_review_on": "last year"}, "peer_review_on"),
        ({"types": "type2;type3"}, "'type3' is no type"),
        ({"licensed": "maybe"}, "neither true nor false"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(cells: dict[str, str], said: str) -> None:
    row = {"firm": "Ash", "engagement": "soc2-2026", "stated_on": "2026-11-13", "where": "line 2", **cells}
    read, (problem, *_) = read_proposals([row], known=frozenset({"soc2-2026"}))
    assert read == []
    assert said in problem.found


def test_a_firm_that_stands_twice_is_refused_however_it_is_spelled() -> None:
    rows = [
        {"firm": firm, "engagement": "soc2-2026", "stated_on": "2026-11-13", "where": firm}
        for firm in ("Ash CPA, LLP", "ASH cpa")
    ]
    read, problems = read_proposals(rows, known=frozenset({"soc2-2026"}))
    assert [each.firm for each in read] == ["Ash CPA, LLP"]
    assert [each.where for each in problems] == ["ASH cpa"]
    assert same_firm("LLP") == "llp"


def test_a_need_takes_what_was_told_and_keeps_the_rest() -> None:
    told = need_from(
        {"engagement": "soc2-2026", "industry": "health", "where": "ev-9 line 2", "first_audit": None}, NEED
    )
    assert (told.industry, told.first_audit, told.asked, told.where) == ("health", True, "type2", "ev-9 line 2")
