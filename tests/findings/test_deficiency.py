"""Each line of the rule text of stages 0 to 4 (audit-domain 2.6), and its three worked checks."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from twofold.findings.deficiency.case import FindingFact, Rate, SampleFact
from twofold.findings.deficiency.dependents import Window, state_in, uncovered
from twofold.findings.deficiency.evaluate import Evaluation, evaluate
from twofold.findings.deficiency.inputs import INPUTS, Judgements, check_answer
from twofold.findings.deficiency.money import parse_money
from twofold.findings.deficiency.severity import Severity, Span
from twofold.findings.deficiency.year_end import together
from twofold.findings.retest import OperationCounts, Retest, RetestResult, minimums

from .deficiency_cases import (
    AT,
    CALM,
    COMPENSATING,
    EFFECTIVE,
    FAILED,
    FINDING,
    SAME,
    UNTESTED,
    W,
    a_test,
    case,
    dependent,
    failed,
    judged,
)

WITHIN = (Rate("T-05", 2, 40),)
NOBODY = Judgements()
ASKED_WITHIN = {"J_design": "no", "J_override": "no"}
END = date(2026, 12, 31)


def steps(found: Evaluation) -> list[str]:
    return [each.id for each in found.steps]


def missing(found: Evaluation) -> list[str]:
    return [f"{each.input} {each.about}".strip() for each in found.missing]


def test_approvals_missing_with_clean_retests_is_a_deficiency() -> None:
    """2 of 25 approvals missing, retests clean, detective reconciliations effective."""
    found = evaluate(case(rates=(Rate("T-01", 2, 25),), dependents=(EFFECTIVE,)), judged(CALM))

    assert found.severity is Severity.DEFICIENCY
    assert "2.2e" in steps(found)


def test_missed_reviews_without_misuse_are_a_significant_deficiency() -> None:
    """Two quarters of reviews missed on a consolidation tool, no misuse, precise close review."""
    answers = {**CALM, "J_prudent_official": "not_satisfied", "J_rebuttal prudent_official": "yes"}

    found = evaluate(case(dependents=(EFFECTIVE,)), judged(answers))

    assert found.severity is Severity.SIGNIFICANT
    assert steps(found).index("2.2e") < steps(found).index("4.1")


def test_a_departed_administrator_over_year_end_is_a_material_weakness() -> None:
    """ERP super-user rights for five months over year end, no monitoring, nothing compensates."""
    facts = case(
        window=Window(date(2026, 10, 1), END), dependents=(UNTESTED,), conclusion_on=date(2027, 2, 1),
        as_of=date(2027, 2, 1),
    )  # fmt: skip

    found = evaluate(facts, judged(failed("4000000.00 USD", "D-3")))

    assert found.severity is Severity.MATERIAL
    assert {"2.2b", "3.3"} <= set(steps(found))
    assert found.blockers == ()


@pytest.mark.parametrize(
    ("changes", "answers", "expected", "step"),
    [
        ({"rates": WITHIN}, {"J_design": "yes"}, "design deficiency", "0.1"),
        ({"rates": WITHIN}, {"J_override": "yes"}, "operating deficiency, escalated", "0.2"),
        ({}, {}, "operating deficiency", "0.3"),
        ({"rates": (Rate("T-05", 2, 40),), "tolerable": Decimal("4.9")}, {}, "operating deficiency", "0.3"),
        ({"rates": WITHIN}, ASKED_WITHIN, "", "0.5"),
        (
            {"rates": WITHIN, "findings": (FindingFact("f", "t", 1, "", answered=False),)},
            {},
            "operating deficiency",
            "0.3",
        ),
        (
            {"rates": WITHIN, "findings": (FindingFact("f", "t", 5, "all on erp", answered=True),)},
            {"J_isolated": "no"},
            "operating deficiency",
            "0.3",
        ),
        (
            {"rates": WITHIN, "findings": (FindingFact("f", "t", 5, "all on erp", answered=True),)},
            {"J_isolated": "yes", **ASKED_WITHIN},
            "",
            "0.5",
        ),
        ({"rates": WITHIN, "samples": (SampleFact("sm-1", 25, 0, 0, True, False),)}, ASKED_WITHIN, "", "0.4"),
        (
            {"rates": WITHIN, "samples": (SampleFact("sm-1", 25, 2, 0, False, False),)},
            {},
            "operating deficiency",
            "0.4",
        ),
        ({"rates": WITHIN, "samples": (SampleFact("sm-1", 40, 1, 0, True, True),)}, {}, "operating deficiency", "0.4"),
        (
            {"rates": WITHIN, "samples": (SampleFact("sm-1", 25, 1, 0, True, False),)},
            {"J_isolated": "no"},
            "operating deficiency",
            "0.4",
        ),
    ],
)
def test_stage_0(changes: dict[str, Any], answers: dict[str, str], expected: str, step: str) -> None:
    found = evaluate(case(**changes), judged(answers))

    assert found.kind.startswith(expected)
    assert bool(found.kind) is bool(expected)
    assert step in steps(found)
    assert (found.word == "exception only") is (expected == "")
    assert found.span.low is (Severity.DEFICIENCY if expected else Severity.EXCEPTION)


MARKED = (FindingFact("f", "t", 5, "4 of 5 on erp", answered=True),)
BEYOND = SampleFact("sm-1", 25, 1, 0, extension_allowed=True, extended=False)


@pytest.mark.parametrize("changes", [{"findings": MARKED}, {"samples": (BEYOND,)}])
def test_what_may_be_isolated_is_asked_and_both_are_possible_until_then(changes: dict[str, Any]) -> None:
    found = evaluate(case(rates=WITHIN, **changes), judged({**ASKED_WITHIN, **CALM}))

    assert found.span == Span(Severity.EXCEPTION, Severity.DEFICIENCY)
    assert missing(found) == ["J_isolated"]
    assert found.blockers == ()


def test_findings_of_an_unknown_cause_are_named_three_at_most() -> None:
    def told(count: int) -> str:
        unknown = tuple(FindingFact(f"f-{number}", "t", 1, "", answered=False) for number in range(count))
        found = evaluate(case(rates=WITHIN, findings=unknown), NOBODY)
        return next(each.answer for each in found.steps if "nobody stated the cause" in each.answer)

    assert "f-0, f-1, f-2;" in told(3)
    assert "f-0, f-1, f-2 and more;" in told(4)


def test_an_override_escalates() -> None:
    assert evaluate(case(rates=WITHIN), judged({"J_override": "yes"})).escalated
    assert not evaluate(case(rates=WITHIN), judged({"J_override": "no"})).escalated


def test_a_sample_within_its_plan_of_extension_waits_for_it() -> None:
    sample = SampleFact("sm-1", 25, 1, 0, extension_allowed=True, extended=False)

    found = evaluate(case(rates=WITHIN, samples=(sample,)), judged({"J_isolated": "yes", **ASKED_WITHIN, **CALM}))

    assert found.word == "unresolved"
    assert found.blockers[0].startswith("extend the sample sm-1")


def test_a_clean_sample_does_not_stand_for_another_that_failed() -> None:
    failing = SampleFact("sm-1", 25, 5, 0, extension_allowed=False, extended=False)
    clean = SampleFact("sm-2", 25, 0, 0, extension_allowed=False, extended=False)

    for samples in ((failing, clean), (clean, failing)):
        found = evaluate(case(rates=WITHIN, samples=samples), judged({**ASKED_WITHIN, **CALM}))
        assert found.kind == "operating deficiency"


def test_a_unit_that_deviates_and_was_replaced_counts_as_a_deviation() -> None:
    clean = SampleFact("sm-1", 25, 0, 0, extension_allowed=False, extended=False)
    told = "sm-1: 0 of 25 units deviate, 0 are planned; 1 of 26 with the units that were replaced and deviate"

    found = evaluate(case(rates=WITHIN, samples=(replace(clean, replaced=1),)), judged({**ASKED_WITHIN, **CALM}))

    assert found.kind == "operating deficiency"
    assert any(each.answer.endswith(told) for each in found.steps)
    allowed = evaluate(
        case(rates=WITHIN, samples=(replace(clean, planned=1, replaced=1),)), judged({**ASKED_WITHIN, **CALM})
    )
    assert allowed.word == "exception only"


def test_what_is_to_be_asked_about_a_sample_stands_in_the_path_and_decides_nothing() -> None:
    clean = SampleFact("sm-1", 25, 0, 0, extension_allowed=False, extended=False)
    doubted = replace(clean, doubts=("This population was frozen 2 times before the nonce.",))

    plain, found = (
        evaluate(case(rates=WITHIN, samples=(each,)), judged({**ASKED_WITHIN, **CALM})) for each in (clean, doubted)
    )

    assert (found.word, found.blockers) == (plain.word, plain.blockers)
    assert ("What is to be asked about the sample sm-1?", doubted.doubts[0]) in [
        (each.asked, each.answer) for each in found.steps
    ]


def test_a_sample_that_was_changed_after_its_evaluation_leaves_the_class_open() -> None:
    changed = SampleFact("sm-1", 40, 0, 0, extension_allowed=True, extended=True, evaluated=False)

    found = evaluate(case(rates=WITHIN, samples=(changed,)), judged({**ASKED_WITHIN, **CALM}))

    assert found.word == "unresolved"
    assert found.blockers[0] == "evaluate the sample sm-1 again"


def test_nothing_is_assumed_of_what_nobody_judged() -> None:
    found = evaluate(case(rates=WITHIN, findings=(FINDING,)), NOBODY)

    assert found.span == Span(Severity.EXCEPTION, Severity.MATERIAL)
    assert {"J_design", "J_override", "J_prudent_official", "J_indicator", "J_uncorrected"} <= set(missing(found))


@pytest.mark.parametrize(
    ("candidates", "answer", "met", "step"),
    [
        ((), None, False, "1.2"),
        ((SAME,), None, None, "1.1"),
        ((SAME,), "AC-04", True, "1.1"),
        ((SAME,), "none", False, "1.2"),
        ((SAME,), "CM-99", False, "1.2"),
    ],
)
def test_stage_1(candidates: tuple[Any, ...], answer: str | None, met: bool | None, step: str) -> None:
    answers = {**failed("2000000.00 USD"), **({"J_same_objective": answer} if answer else {})}

    found = evaluate(case(candidates=candidates, dependents=(FAILED,)), judged(answers))

    expected = {True: Span.of(Severity.DEFICIENCY), False: Span.of(Severity.MATERIAL)}
    assert found.span == (Span(Severity.DEFICIENCY, Severity.MATERIAL) if met is None else expected[met])
    assert step in steps(found)


def test_only_another_control_of_the_objective_that_worked_is_proposed() -> None:
    weak = replace(SAME, control_id="AC-03", effective=False, why="it is not effective")
    other = replace(SAME, control_id="OP-01", same_objective=False)

    found = evaluate(case(candidates=(weak, other), dependents=(EFFECTIVE,)), judged(CALM))

    assert found.severity is Severity.DEFICIENCY
    assert "J_same_objective" not in {each.input for each in found.steps}
    (told,) = (each.answer for each in found.steps if each.id == "1.2")
    assert told.startswith("no: no other control of APD was tested effective for erp")


def test_a_control_that_did_not_work_does_not_meet_the_objective() -> None:
    weak = replace(SAME, effective=False, why="it is not effective")

    found = evaluate(case(candidates=(weak,), dependents=()), judged({**CALM, "J_same_objective": "AC-04"}))

    assert next(each.answer for each in found.steps if each.id == "1.2").startswith("no, AC-04: it is not effective")
    none = evaluate(case(candidates=(weak,), dependents=()), judged({**CALM, "J_same_objective": "none"}))
    assert next(each.answer for each in none.steps if each.id == "1.2") == f"no, for erp from {W}"


def test_an_objective_met_asks_nothing_of_reliance_but_stage_4() -> None:
    found = evaluate(case(candidates=(SAME,), dependents=(UNTESTED,)), judged({"J_same_objective": "AC-04"}))

    assert not any(each.startswith(("2", "3")) for each in steps(found))
    assert missing(found) == ["J_prudent_official", "J_indicator", "J_uncorrected"]


REACHED = {"conclusion_on": date(2026, 11, 20)}


@pytest.mark.parametrize(
    ("changes", "answers", "word", "step"),
    [
        ({}, CALM, "deficiency", "2.1"),
        ({"dependents": (EFFECTIVE, UNTESTED)}, failed(name="D-3"), "unresolved", "2.2a"),
        ({"dependents": (UNTESTED,), **REACHED}, failed(name="D-3"), "deficiency", "2.2b"),
        ({"dependents": (FAILED,)}, failed("1000000.00 USD"), "material weakness", "2.2c"),
        ({"dependents": (FAILED,)}, {"J_caused_by_itgc D-2": "no", **CALM}, "deficiency", "2.2d"),
        ({"dependents": (EFFECTIVE,)}, CALM, "deficiency", "2.2e"),
    ],
)
def test_stage_2(changes: dict[str, Any], answers: dict[str, str], word: str, step: str) -> None:
    found = evaluate(case(**changes), judged(answers))

    assert found.word == word
    assert step in steps(found)


def test_what_is_not_validated_blocks_and_says_what_resolves_it() -> None:
    partly = dependent("D-3", a_test(window=Window(date(2026, 1, 1), date(2026, 4, 30))))

    found = evaluate(case(dependents=(partly,)), judged(failed("2000000.00 USD", "D-3")))

    assert found.severity is None
    assert found.provisional is Severity.MATERIAL
    assert "2026-05-01 to 2026-05-31" in found.blockers[0]
    assert "re-perform the logic" in found.blockers[0]


def test_what_is_not_validated_counts_gross() -> None:
    """At the conclusion date no compensating control reduces it."""
    facts = case(dependents=(UNTESTED,), compensating=(COMPENSATING,), **REACHED)

    found = evaluate(facts, judged({**failed("2000000.00 USD", "D-3"), "J_precision K-1": "1000.00 USD"}))

    assert found.severity is Severity.MATERIAL


def test_how_severe_it_would_be_is_asked_once_the_conclusion_date_is_reached() -> None:
    before, after = (evaluate(case(dependents=(UNTESTED,), **more), judged(CALM)) for more in ({}, REACHED))

    assert "2.2a" in steps(before)
    assert missing(before) == []
    assert before.span == after.span == Span(Severity.DEFICIENCY, Severity.MATERIAL)
    assert "2.2a" not in steps(after)
    assert missing(after) == ["J_reasonably_possible D-3", "J_max_exposure D-3", "J_materiality"]


def test_a_failure_of_which_nobody_said_the_cause_may_set_the_class() -> None:
    answers = failed("5000000.00 USD")
    del answers["J_caused_by_itgc D-2"]

    found = evaluate(case(dependents=(FAILED,)), judged(answers))

    assert found.span == Span(Severity.DEFICIENCY, Severity.MATERIAL)
    assert missing(found) == ["J_caused_by_itgc D-2"]


def test_what_nobody_recorded_is_not_nothing() -> None:
    found = evaluate(case(unrecorded=("erp",)), judged(CALM))

    assert found.severity is None
    assert found.provisional is Severity.MATERIAL
    assert found.blockers[0].startswith("record what of financial reporting relies on erp")


def test_the_gravest_failed_dependent_sets_the_class() -> None:
    other = dependent("D-4", a_test(effective=False))
    answers = {**failed("1000.00 USD"), **failed("5000000.00 USD", "D-4")}

    assert evaluate(case(dependents=(FAILED, other)), judged(answers)).severity is Severity.MATERIAL


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        (failed(), "deficiency"),
        (failed("999999.9999 USD"), "deficiency"),
        (failed("1000000.00 USD"), "material weakness"),
        ({**failed(), "J_merits_attention D-2": "yes"}, "significant deficiency"),
        ({**failed("5000000.00 USD"), "J_reasonably_possible D-2": "no"}, "deficiency"),
        (failed("5000000.00 EUR"), "unresolved"),
    ],
)
def test_stage_3(answers: dict[str, str], word: str) -> None:
    found = evaluate(case(dependents=(FAILED,)), judged(answers))

    assert found.word == word


@pytest.mark.parametrize(
    ("changed", "without", "low", "high"),
    [
        ({}, "J_merits_attention D-2", Severity.DEFICIENCY, Severity.SIGNIFICANT),
        ({}, "J_max_exposure D-2", Severity.DEFICIENCY, Severity.MATERIAL),
        ({"J_merits_attention D-2": "yes"}, "J_max_exposure D-2", Severity.SIGNIFICANT, Severity.MATERIAL),
        ({"J_merits_attention D-2": "yes"}, "J_materiality", Severity.SIGNIFICANT, Severity.MATERIAL),
    ],
)
def test_what_is_missing_in_stage_3_leaves_what_it_could_be(
    changed: dict[str, str], without: str, low: Severity, high: Severity
) -> None:
    answers = {**failed(), **changed}
    del answers[without]

    found = evaluate(case(dependents=(FAILED,)), judged(answers))

    assert found.span == Span(low, high)
    assert missing(found) == [without]


@pytest.mark.parametrize(
    ("control", "precision", "word"),
    [
        (COMPENSATING, "200000.00 USD", "deficiency"),
        (COMPENSATING, "2000000.00 USD", "material weakness"),
        (COMPENSATING, "no", "material weakness"),
        (COMPENSATING, "200000.00 EUR", "material weakness"),
        (COMPENSATING, None, "unresolved"),
        (dependent("K-1", a_test(effective=False)), "200000.00 USD", "material weakness"),
        (dependent("K-1", a_test(window=Window(date(2026, 3, 1), date(2026, 3, 2)))), "2.00 USD", "material weakness"),
        (dependent("K-1", a_test(), account="Payroll"), "200000.00 USD", "material weakness"),
    ],
)
def test_only_a_tested_precise_control_of_the_account_reduces(control: Any, precision: str | None, word: str) -> None:
    answers = {**failed("5000000.00 USD"), **({"J_precision K-1": precision} if precision else {})}

    found = evaluate(case(dependents=(FAILED,), compensating=(control,)), judged(answers))

    assert found.word == word


def test_an_exposure_below_materiality_asks_for_no_precision() -> None:
    found = evaluate(case(dependents=(FAILED,), compensating=(COMPENSATING,)), judged(failed()))

    assert "J_precision" not in {each.input for each in found.steps}


UNSATISFIED = {**CALM, "J_prudent_official": "not_satisfied"}
RESTATED = {**CALM, "J_indicator": "restatement"}
REBUTTED = {"J_rebuttal restatement": "yes"}


@pytest.mark.parametrize(
    ("answers", "others", "word"),
    [
        (CALM, {}, "deficiency"),
        (UNSATISFIED, {}, "material weakness"),
        ({**UNSATISFIED, "J_rebuttal prudent_official": "yes"}, {}, "significant deficiency"),
        (RESTATED, {}, "material weakness"),
        ({**RESTATED, **REBUTTED}, {}, "material weakness"),
        (RESTATED, REBUTTED, "material weakness"),
        ({**RESTATED, **REBUTTED}, REBUTTED, "significant deficiency"),
        ({**RESTATED, "J_rebuttal restatement": "no"}, REBUTTED, "material weakness"),
        ({**RESTATED, **REBUTTED, "J_indicator": "restatement; auditor_found_error"}, REBUTTED, "material weakness"),
        ({**CALM, "J_uncorrected": "yes"}, {}, "significant deficiency"),
    ],
)
def test_stage_4_raises_only(answers: dict[str, str], others: dict[str, str], word: str) -> None:
    second = judged(others, by="p-0009").given
    found = evaluate(case(dependents=(EFFECTIVE,)), _both(judged(answers), second))

    assert found.word == word


def _both(first: Judgements, second: Any) -> Judgements:
    keys = {*first.given, *second}
    return Judgements({key: (*first.given.get(key, ()), *second.get(key, ())) for key in keys})


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (RESTATED, "J_rebuttal on restatement would argue against it, by two persons"),
        ({**RESTATED, **REBUTTED}, "though p-0002 argued against it; a second person has to argue it, too"),
        (UNSATISFIED, "J_rebuttal on prudent_official would argue against it"),
    ],
)
def test_what_is_presumed_says_what_would_argue_against_it(answers: dict[str, str], told: str) -> None:
    found = evaluate(case(dependents=(EFFECTIVE,)), judged(answers))

    assert any(each.answer.endswith(told) for each in found.steps)


def test_one_person_does_not_argue_for_two() -> None:
    twice = judged(REBUTTED, by="P-0002 ").given

    found = evaluate(case(dependents=(EFFECTIVE,)), _both(judged({**RESTATED, **REBUTTED}), twice))

    assert found.severity is Severity.MATERIAL


@pytest.mark.parametrize(("known_as", "severity"), [("P-0002", Severity.MATERIAL), ("p-0007", Severity.SIGNIFICANT)])
def test_one_person_under_the_name_of_an_account_does_not_argue_for_two(known_as: str, severity: Severity) -> None:
    names = {"okta:bo": frozenset({known_as}), "p-0002": frozenset({"p-0002"})}
    for first, second in (("p-0002", "okta:bo"), ("okta:bo", "p-0002")):
        both = _both(judged({**RESTATED, **REBUTTED}, by=first), judged(REBUTTED, by=second).given)
        known = Judgements(
            {key: tuple(replace(each, names=names[each.given_by]) for each in said) for key, said in both.given.items()}
        )
        assert evaluate(case(dependents=(EFFECTIVE,)), known).severity is severity


def test_an_answer_that_does_not_count_is_none() -> None:
    given = judged(CALM).given
    refused = {key: [replace(each, why_not="owns it") for each in said] for key, said in given.items()}

    assert missing(evaluate(case(dependents=(EFFECTIVE,)), Judgements(refused))) == [*CALM]


def test_the_path_says_who_judged_what_and_when() -> None:
    found = evaluate(case(dependents=(FAILED,)), judged(failed()))
    step = next(each for each in found.steps if each.input == "J_max_exposure")

    assert step.given is not None
    assert (step.id, step.answer, step.given.given_by, step.given.reason) == (
        "3.2",
        "900000.00 USD",
        "p-0002",
        "because",
    )
    assert step.given.given_at.date() == AT.date()


def retest(result: RetestResult, on: date, possible: date) -> Retest:
    return Retest(on, result, OperationCounts(), minimums()["weekly"], possible, "run-1", AT)


GOOD, NOT_YET = RetestResult.GOOD, RetestResult.NOT_YET
AUGUST, SEPTEMBER = date(2026, 8, 1), date(2026, 9, 5)


@pytest.mark.parametrize(
    ("retests", "is_open", "step", "text"),
    [
        ([retest(GOOD, AUGUST, SEPTEMBER)], False, "6.2", "each finding was repaired and retested before 2026-12-31"),
        ([retest(GOOD, date(2026, 12, 1), END)], False, "6.1", "each finding was repaired and retested before"),
        ([None], True, "6.1", "open as of 2026-12-31 unless it is repaired and retested before"),
        ([retest(GOOD, AUGUST, SEPTEMBER), None], True, "6.1", "1 of 2 findings are open as of 2026-12-31"),
        ([retest(GOOD, date(2027, 1, 5), date(2027, 2, 9))], True, "6.3", "repaired after 2026-12-31"),
        ([retest(GOOD, date(2027, 1, 5), END)], True, "6.3", "repaired after 2026-12-31"),
        ([retest(GOOD, END, date(2027, 2, 4))], True, "6.1", "the minimum operation is over on 2027-02-04, after"),
        (
            [retest(NOT_YET, date(2026, 12, 20), date(2027, 1, 24))],
            True,
            "6.1",
            "the minimum operation is over on 2027",
        ),
        ([retest(NOT_YET, AUGUST, SEPTEMBER)], True, "6.1", "open as of 2026-12-31 until the retest is good"),
        ([retest(NOT_YET, AUGUST, END)], True, "6.1", "open as of 2026-12-31 until the retest is good"),
    ],
)
def test_stage_6(retests: list[Retest | None], is_open: bool, step: str, text: str) -> None:
    found = together(retests, END)

    assert found.open is is_open
    assert step in dict(found.steps)
    assert found.text.startswith(text)


def test_days_without_a_test_are_named() -> None:
    each = dependent(
        "D-1",
        a_test(window=Window(date(2026, 2, 1), date(2026, 3, 10))),
        a_test(window=Window(date(2026, 3, 20), date(2026, 5, 30))),
    )

    assert [str(gap) for gap in uncovered(each, W)] == ["2026-03-11 to 2026-03-19", "2026-05-31"]
    assert state_in(each, W).value == "not validated"


def test_a_test_of_other_days_says_nothing_of_a_window() -> None:
    later = Window(date(2026, 7, 1), date(2026, 7, 31))
    before = Window(date(2026, 1, 1), date(2026, 1, 31))
    each = dependent(
        "D-1", a_test(window=later, effective=False), a_test(window=before, effective=False), a_test(window=W)
    )

    assert state_in(each, W).value == "tested effective"
    assert state_in(each, later).value == "failed"
    assert [str(gap) for gap in uncovered(dependent("D-2", a_test(window=later)), W)] == [str(W)]
    with pytest.raises(ValueError, match="runs forward"):
        Window(W.last_on, W.first_on)


def test_a_dependent_is_only_needed_while_it_is_used() -> None:
    window = Window(date(2026, 4, 1), date(2026, 4, 30))
    each = dependent("D-1", a_test(window=window), relied_from=window.first_on, relied_to=window.last_on)

    assert uncovered(each, W) == []


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("J_materiality", "1,000,000.00 USD", True),
        ("J_materiality", "-1 USD", False),
        ("J_materiality", "1e6 USD", False),
        ("J_materiality", "1000000", False),
        ("J_precision", "no", True),
        ("J_conclusion_date", "2027-02-30", False),
        ("J_tolerable_rate", "5", True),
        ("J_tolerable_rate", "NaN", False),
        ("J_tolerable_rate", "101", False),
        ("J_indicator", "restatement; senior_management_fraud", True),
        ("J_indicator", "bad weather", False),
        ("J_indicator", "", False),
        ("J_same_objective", "CM-04", True),
        ("J_same_objective", "", False),
        ("J_design", "maybe", False),
    ],
)
def test_answers_are_checked(name: str, value: str, good: bool) -> None:
    if good:
        check_answer(INPUTS[name], value)
    else:
        with pytest.raises(ValueError, match=r"is no |no indicator|day is out of range"):
            check_answer(INPUTS[name], value)


def test_money_is_exact() -> None:
    assert parse_money("0.10 USD").amount + parse_money("0.20 USD").amount == Decimal("0.30")
