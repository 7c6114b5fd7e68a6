"""Each pattern is found in a company that has it, at the place where it is, and nowhere else in that company."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.readiness.anti_patterns.clean_company import clean_company

from twofold.model.evidence import ACT_CONNECTOR
from twofold.readiness.anti_patterns.facts import (
    SOC2,
    SOX,
    AssignmentFact,
    ControlFact,
    Facts,
    LabelFact,
    MomentsFact,
    OrderFact,
    RequestPairFact,
    RunFact,
    SaidFact,
    ScheduleFact,
    ScopeFact,
    TwoRolesFact,
)
from twofold.readiness.anti_patterns.pattern import Found, Presence, pattern_rules
from twofold.readiness.anti_patterns.patterns import PATTERNS, look_for

SEED = 0
"""A clean company with both engagements, in which nothing is found."""
Plant = Callable[[Facts], Facts]


def company() -> Facts:
    """Return the clean company that everything is planted in."""
    made = clean_company(SEED)
    assert made.lenses() == {SOC2, SOX}
    return made


def finance_control_on_a_soc2_system(facts: Facts) -> Facts:
    owned = (AssignmentFact("OP-07", "p-1", ("lonely",), None, None),)
    labels = [*(facts.labels or ()), LabelFact("lonely", SOC2, None, None, "The portal")]
    controls = [*facts.controls, ControlFact("OP-07", "Interfaces", frozenset({SOC2, SOX}), owned)]
    return replace(facts, labels=labels, controls=controls)


def label_that_nothing_relies_on(facts: Facts) -> Facts:
    empty = LabelFact("wiki", SOX, None, None, "Somebody asked", frozenset())
    return replace(facts, labels=[*(facts.labels or ()), empty])


def monthly_reviews(facts: Facts) -> Facts:
    labels = [*(facts.labels or ()), LabelFact("lonely", SOC2, None, None, "The portal")]
    return replace(facts, labels=labels, schedules=[ScheduleFact("lonely", "access_review", "monthly")])


def label_without_dependents(facts: Facts) -> Facts:
    bare = LabelFact("ledger", SOX, None, None, "It is finance")
    return replace(facts, labels=[*(facts.labels or ()), bare])


def label_with_the_words_of_soc2(facts: Facts) -> Facts:
    both = [
        LabelFact("shop", SOC2, None, None, "Inside the boundary."),
        LabelFact("shop", SOX, None, None, "inside the  boundary", frozenset({"Revenue report"})),
    ]
    return replace(facts, labels=[*(facts.labels or ()), *both])


def nobody_of_finance(facts: Facts) -> Facts:
    return replace(facts, finance_rosters=frozenset({"some other system"}))


def shared_control_unowned(facts: Facts) -> Facts:
    return replace(facts, controls=[*facts.controls, ControlFact("CM-05", "Branches", frozenset({SOC2, SOX}))])


def owner_for_a_part(facts: Facts) -> Facts:
    late = min(each.ends_before for each in facts.engagements) - timedelta(days=1)
    owned = (AssignmentFact("CM-05", "p-1", (), late, None),)
    return replace(facts, controls=[*facts.controls, ControlFact("CM-05", "Branches", frozenset({SOC2, SOX}), owned)])


def owner_who_left(facts: Facts) -> Facts:
    owned = (AssignmentFact("CM-05", "okta:u9", (), None, None),)
    return replace(facts, controls=[*facts.controls, ControlFact("CM-05", "Branches", frozenset({SOC2, SOX}), owned)])


def same_bytes_in_two_folders(facts: Facts) -> Facts:
    roster = next(each for each in facts.captures if each.kind == "roster")
    return replace(facts, captures=[*facts.captures, replace(roster, evidence="ev-copy", name="auditor/people.csv")])


def almost_same_file_of_another_source(facts: Facts) -> Facts:
    roster = next(each for each in facts.captures if each.kind == "roster")
    assert roster.text is not None
    lines = sorted(roster.text.sketch)
    text = replace(roster.text, sketch=frozenset(lines[:-1]))
    copy = replace(roster, evidence="ev-copy", source="csvtable", kind="job", sha256="0", text=text)
    return replace(facts, captures=[*facts.captures, copy])


def undecided_requests(facts: Facts) -> Facts:
    return replace(facts, requests=[RequestPairFact("soc2/1", "sox/2", 0.9)], request_lists=2)


def engagement_mapped_late(facts: Facts) -> Facts:
    first = facts.scopes[0]
    late = max(each.ends_before for each in facts.engagements) + timedelta(days=20)
    return replace(facts, scopes=[replace(first, at=late, entry=500)])


def system_mapped_late(facts: Facts) -> Facts:
    soc2 = next(iter(facts.periods(SOC2)))
    newest = facts.scopes[-1]
    ids, at = newest.engagements, soc2.ends_before - timedelta(days=2)
    before = [each for each in facts.scopes if each.at < at]
    backdated = before[-1].labels | {("forgotten", SOC2, soc2.starts_at)}
    return replace(facts, scopes=[*before, ScopeFact(500, at, "forgotten", ids, backdated, newest.controls)])


def concluded_first(facts: Facts) -> Facts:
    return replace(facts, out_of_order=[OrderFact(77, "Judgement of soc2: the run of T-10 came after it.")])


def one_export_for_two_quarters(facts: Facts) -> Facts:
    grants = next(each for each in facts.captures if each.kind == "grants" and each.text and each.text.rows)
    assert grants.period_from
    assert grants.period_to
    length = grants.period_to - grants.period_from
    before = grants.period_from - length
    again = replace(grants, evidence="ev-again", in_force=False, period_from=before, period_to=grants.period_from)
    return replace(facts, captures=[*facts.captures, again])


def days_outside_the_period(facts: Facts) -> Facts:
    grants = next(each for each in facts.captures if each.kind == "grants" and each.text and each.text.rows > 10)
    assert grants.text
    days = {day - timedelta(days=2_000): count for day, count in grants.text.days.items()}
    moved = replace(grants, evidence="ev-old", name="old.csv", sha256="0", text=replace(grants.text, days=days))
    return replace(facts, captures=[moved])


def placeholder_as_reason(facts: Facts) -> Facts:
    return replace(facts, said=[*facts.said, SaidFact("entry: 500", "reason", " As discussed. ")])


def placeholder_in_a_text(facts: Facts) -> Facts:
    text = "The cause is TBD; lorem ipsum dolor sit amet"
    return replace(facts, said=[*facts.said, SaidFact("table: finding_response CM-01", "cause", text)])


def signed_under_two_names(facts: Facts) -> Facts:
    at = facts.engagements[0].ends_before
    both = TwoRolesFact("entry: 500", "sign-off of AC-03", "preparer", "P-7", "reviewer", "okta:u7", at)
    return replace(facts, two_roles=[*facts.two_roles, both])


def all_in_one_minute(facts: Facts) -> Facts:
    fast = MomentsFact("decisions", "review_item", "okta:u1", 60, 3, 4, 41.0)
    return replace(facts, moments=[*facts.moments, fast])


def one_instant(facts: Facts) -> Facts:
    same = MomentsFact("approvals", "approval", "okta:u1", 40, 30, 2, 90_000.0)
    return replace(facts, moments=[*facts.moments, same])


def full_quarters(facts: Facts) -> Facts:
    even = MomentsFact("reviews", "review", "okta:u1", 50, 2, 49, 9_000_000.0)
    return replace(facts, moments=[*facts.moments, even])


def equal_lengths(facts: Facts) -> Facts:
    even = MomentsFact("closures", "incident", "", 30, 1, 2, 9_000_000.0, 24, 30)
    return replace(facts, moments=[*facts.moments, even])


def nothing_ever_fails(facts: Facts) -> Facts:
    clean = RunFact("T-10", "run-x", 5_000, 0, 300, 9_000, "check_run")
    return replace(facts, runs=[*facts.runs, clean])


PLANTED: list[tuple[str, Plant, str]] = [
    ("overbuilt", finance_control_on_a_soc2_system, "control: OP-07"),
    ("overbuilt", label_that_nothing_relies_on, "system: wiki"),
    ("overbuilt", monthly_reviews, "system: lonely"),
    ("no_misstatement_tie", label_without_dependents, "system: ledger"),
    ("no_misstatement_tie", label_with_the_words_of_soc2, "system: shop"),
    ("no_misstatement_tie", nobody_of_finance, "system: s0"),
    ("shared_without_owner", shared_control_unowned, "control: CM-05"),
    ("shared_without_owner", owner_for_a_part, "control: CM-05"),
    ("shared_without_owner", owner_who_left, "person: okta:u9"),
    ("kept_twice", same_bytes_in_two_folders, "evidence: ev-copy"),
    ("kept_twice", almost_same_file_of_another_source, "evidence: ev-copy"),
    ("kept_twice", undecided_requests, "request: soc2/1"),
    ("mapped_at_period_end", engagement_mapped_late, "entry: 500"),
    ("mapped_at_period_end", system_mapped_late, "entry: 500"),
    ("concluded_first", concluded_first, "entry: 77"),
    ("same_file_two_periods", one_export_for_two_quarters, "evidence: ev-again"),
    ("same_file_two_periods", days_outside_the_period, "evidence: ev-old"),
    ("placeholder_text", placeholder_as_reason, "entry: 500"),
    ("placeholder_text", placeholder_in_a_text, "table: finding_response CM-01"),
    ("own_reviewer", signed_under_two_names, "person: p-7"),
    ("suspicious_perfection", all_in_one_minute, "table: review_item"),
    ("suspicious_perfection", one_instant, "table: approval"),
    ("suspicious_perfection", full_quarters, "table: review"),
    ("suspicious_perfection", equal_lengths, "table: incident"),
    ("suspicious_perfection", nothing_ever_fails, "run: run-x"),
]


@pytest.mark.parametrize(("pattern", "plant", "where"), PLANTED, ids=lambda each: getattr(each, "__name__", str(each)))
def test_a_planted_pattern_is_found_where_it_is(pattern: str, plant: Plant, where: str) -> None:
    results = {each.rule.pattern: each.found for each in look_for(plant(company()))}
    assert {name for name, each in results.items() if each.presence is Presence.FOUND} == {pattern}
    hits = results[pattern].hits
    assert any(where in each.where for each in hits)
    assert all(each.statement.rule.source and each.statement.data and each.statement.text for each in hits)


def test_every_pattern_is_planted_and_has_a_rule() -> None:
    assert {pattern for pattern, _, _ in PLANTED} == set(PATTERNS) == set(pattern_rules())


def test_without_data_no_pattern_says_that_it_is_absent() -> None:
    for result in look_for(Facts()):
        assert result.found.presence is Presence.CANNOT_TELL, result.rule.pattern
        assert result.found.looked_at.text


def _found(pattern: str, facts: Facts) -> Found:
    (result,) = look_for(facts, [pattern])
    return result.found


def test_what_is_no_copy_is_not_called_one() -> None:
    facts = company()
    roster = next(each for each in facts.captures if each.kind == "roster")
    ours = replace(roster, evidence="ev-x", name="other.csv", connector=ACT_CONNECTOR)
    older = replace(roster, evidence="ev-x", in_force=False, name="other.csv")
    later = replace(roster, evidence="ev-x", name="other.csv", asked_at=roster.asked_at + timedelta(days=4))
    empty = next(each for each in facts.captures if each.kind == "bypass")
    for other in (ours, older, later, replace(empty, evidence="ev-x", name="other.csv")):
        found = _found("kept_twice", replace(facts, captures=[roster, empty, other]))
        assert found.presence is Presence.NOT_FOUND, other


def test_none_of_many_owners_is_said_once() -> None:
    facts = company()
    bare = [replace(each, assignments=()) for each in facts.controls]
    (hit,) = _found("shared_without_owner", replace(facts, controls=bare)).hits
    assert hit.statement.text.startswith(f"None of the {len(bare)} controls")


def test_no_sox_means_nothing_is_treated_like_soc2() -> None:
    facts = company()
    only = [each for each in facts.engagements if each.lens == SOC2]
    found = _found("no_misstatement_tie", replace(facts, engagements=only, finance_rosters=frozenset()))
    assert found.presence is Presence.NOT_FOUND


def test_sox_without_a_relevant_system_is_told() -> None:
    facts = company()
    labels = [each for each in facts.labels or () if each.lens == SOC2]
    (hit,) = _found("no_misstatement_tie", replace(facts, labels=labels)).hits
    assert "no system is financially relevant" in hit.statement.text


@pytest.mark.parametrize(
    "text", ["None of the accounts could write", "Tested again, passed", "N/A to portal, see list"]
)
def test_a_short_but_honest_text_is_no_placeholder(text: str) -> None:
    assert _found("placeholder_text", Facts(said=[SaidFact("entry: 1", "reason", text)])).presence is Presence.NOT_FOUND
