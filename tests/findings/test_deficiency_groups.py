"""Deficiencies together (audit-domain 2.6, stage 5): bases, the worst member, own inputs, and larger groups."""

from itertools import permutations
from typing import Any

from twofold.findings.deficiency.case import AtYearEnd
from twofold.findings.deficiency.evaluate import Evaluation, evaluate
from twofold.findings.deficiency.groups import Basis, Group, gravest_of, group_id, groups_of
from twofold.findings.deficiency.inputs import Given, Judgements
from twofold.findings.deficiency.severity import Severity

from .deficiency_cases import AT, CALM, EFFECTIVE, ENGAGEMENT, FAILED, case, failed, judged

PRINCIPLE = group_id(ENGAGEMENT, Basis.PRINCIPLE, "11")
HARMLESS = {"J_reasonably_possible": "no"}


def member(name: str, answers: dict[str, str] | None = None, **changes: Any) -> Evaluation:
    subject = f"{ENGAGEMENT}/{name}"
    facts = case(deficiency_id=subject, control_id=name, **{"dependents": (EFFECTIVE,), **changes})
    return evaluate(facts, judged(answers or CALM, subject=subject))


def said(groups: dict[str, dict[str, str]]) -> Judgements:
    found = {("J_materiality", ENGAGEMENT, ""): (Given("1000000.00 USD", "r", "p-0002", AT, "ev-9"),)}
    for subject, answers in groups.items():
        for name, value in answers.items():
            found[name, subject, ""] = (Given(value, "r", "p-0002", AT, "ev-9"),)
    return Judgements(found)


def by_id(groups: list[Group]) -> dict[str, Group]:
    return {each.group_id: each for each in groups}


TWO = [member("AC-05"), member("AC-01")]
SPREAD = [member("AC-05"), member("CM-01", systems=("billing",), domains=("PC",), dependents=())]


def test_they_meet_by_objective_system_account_and_principle() -> None:
    assert list(by_id(groups_of(TWO, Judgements()))) == [
        group_id(ENGAGEMENT, Basis.ACCOUNT, "Revenue / existence"),
        group_id(ENGAGEMENT, Basis.OBJECTIVE, "APD"),
        PRINCIPLE,
        group_id(ENGAGEMENT, Basis.SYSTEM, "erp"),
    ]
    assert list(by_id(groups_of(SPREAD, Judgements()))) == [PRINCIPLE]


def test_one_alone_is_no_group() -> None:
    assert groups_of(TWO[:1], Judgements()) == []


def test_what_is_not_open_at_year_end_or_an_exception_only_does_not_count() -> None:
    closed = member("AC-04", at_year_end=AtYearEnd(open=False, text="closed"))

    assert groups_of([TWO[0], closed], Judgements()) == []


def test_nobody_judged_a_group_yet() -> None:
    (group,) = groups_of(SPREAD, said({}))

    assert group.severity is None
    assert (group.span.low, group.span.high) == (Severity.DEFICIENCY, Severity.MATERIAL)
    assert [each.input for each in group.missing] == ["J_reasonably_possible", "J_group_exposure"]


def test_its_class_comes_from_its_own_exposure() -> None:
    def classed(exposure: str, merits: str) -> Severity | None:
        answers = {"J_reasonably_possible": "yes", "J_group_exposure": exposure, "J_merits_attention": merits}
        return groups_of(SPREAD, said({PRINCIPLE: answers}))[0].severity

    assert classed("1000000.00 USD", "no") is Severity.MATERIAL
    assert classed("10.00 USD", "yes") is Severity.SIGNIFICANT
    assert classed("10.00 USD", "no") is Severity.DEFICIENCY


def test_it_is_never_below_its_worst_member() -> None:
    worst = member("AC-02", {**CALM, "J_uncorrected": "yes"})

    (group, *_) = groups_of([worst, SPREAD[1]], said({PRINCIPLE: HARMLESS}))

    assert group.severity is Severity.SIGNIFICANT


def test_a_material_member_decides_without_a_question() -> None:
    weak = member("AC-02", failed("5000000.00 USD"), dependents=(FAILED,))
    groups = by_id(groups_of([weak, SPREAD[1]], said({})))

    assert weak.severity is Severity.MATERIAL
    assert groups[PRINCIPLE].severity is Severity.MATERIAL
    assert groups[PRINCIPLE].missing == ()


def test_a_material_member_decides_beside_one_that_is_unresolved() -> None:
    weak = member("AC-02", failed("5000000.00 USD"), dependents=(FAILED,))
    unresolved = member("AC-07", {"J_indicator": "none"})

    for group in groups_of([weak, unresolved], said({})):
        assert (group.word, group.unresolved) == ("material weakness", ())
    assert groups_of([SPREAD[1], unresolved], said({PRINCIPLE: HARMLESS}))[0].word == "unresolved"


def test_a_smaller_group_is_not_graver_than_one_that_holds_all_of_it() -> None:
    members = [*TWO, SPREAD[1]]
    groups = by_id(groups_of(members, said({PRINCIPLE: HARMLESS})))

    assert {each.severity for each in groups.values()} == {Severity.DEFICIENCY}
    assert groups[group_id(ENGAGEMENT, Basis.SYSTEM, "erp")].bounded_by == PRINCIPLE


def test_an_unresolved_member_leaves_it_unresolved() -> None:
    groups = groups_of([SPREAD[1], member("AC-07", {"J_indicator": "none"})], said({PRINCIPLE: HARMLESS}))

    assert groups[0].severity is None
    assert groups[0].unresolved == (f"{ENGAGEMENT}/AC-07",)
    assert groups[0].own_wanted == []


def test_the_order_of_members_makes_no_difference() -> None:
    members = [*TWO, SPREAD[1]]
    told = said({PRINCIPLE: HARMLESS})

    assert all(groups_of(each, told) == groups_of(members, told) for each in permutations(members))


def test_a_deficiency_knows_its_groups_the_gravest_first() -> None:
    members = [*TWO, SPREAD[1]]
    system = group_id(ENGAGEMENT, Basis.SYSTEM, "erp")
    groups = groups_of(members, said({PRINCIPLE: HARMLESS}))

    assert set(gravest_of(SPREAD[1], groups)) == {PRINCIPLE}
    assert system in gravest_of(TWO[0], groups)
