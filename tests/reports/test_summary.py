"""The ten-second table and what to do next."""

from collections.abc import Sequence

import pytest

from twofold.findings.finding import OPEN, Finding
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.judgement import EngagementJudgement
from twofold.lenses.verdict import Counts
from twofold.reports.contents import PackageContents
from twofold.reports.summary import Effect, LensCell, next_steps, status_rows


def judgement(lens: str, controls: Sequence[ControlJudgement]) -> EngagementJudgement:
    title = {"soc2": "SOC 2", "sox": "SOX 404 ITGC"}[lens]
    return EngagementJudgement(lens, lens, title, "", "", "", "", 5, "", 3, "", (), {}, tuple(controls), ())


def control(
    name: str, counts: Counts | None, conclusion: Conclusion, *, stops: tuple[str, ...] = (), signed: str = ""
) -> ControlJudgement:
    result = ControlTestResult(f"T-{name}", "run-1", ("A",), counts, stops, signed)
    return ControlJudgement(name, f"Title {name}", (result,), conclusion, (), ())


def finding(name: str, *, cause: str = OPEN, response: str = OPEN) -> Finding:
    return Finding(
        finding_id=f"{name}/x",
        control_id=name,
        control_test="T",
        attribute="A",
        code="exception:late",
        lens="sox",
        condition="",
        criterion="",
        cause=cause,
        pattern="",
        effect="",
        response=response,
        owner="",
        due_on="",
        items=("i",),
        systems=(),
        first_at="",
        last_at="",
    )


GOOD = Counts(10, 10, 0, 0, 0)


def test_a_row_holds_both_lenses_and_its_counts_close(contents: PackageContents) -> None:
    rows = status_rows([each.judgement for each in contents.engagements])
    assert [row.control_id for row in rows] == ["CM-01", "AC-05", "CM-03", "AC-10"]
    change, review, emergency, by_hand = rows
    assert change.population == 60
    assert change.control_tests == ("T-10",)
    assert change.lenses == (
        LensCell("soc2-2026", "soc2", 30, 1, 2, 27, Conclusion.NOT_EFFECTIVE),
        LensCell("SOX FY2026", "sox", 28, 5, 2, 25, Conclusion.NOT_EFFECTIVE),
    )
    assert review.population is None
    assert review.next_step == "Complete the population of T-05: 1 export ends at a cap."
    assert emergency.population == 0
    assert emergency.next_step == ""
    assert by_hand.control_tests == ()
    assert by_hand.next_step == "Test it by hand: no rule tests it yet."


def test_steps_come_in_order_of_effect() -> None:
    controls = [
        control("F", GOOD, Conclusion.EFFECTIVE, signed="p"),
        control("D", GOOD, Conclusion.EFFECTIVE),
        control("C", Counts(100, 98, 0, 2, 0), Conclusion.EFFECTIVE, signed="p"),
        control("B", Counts(10, 7, 3, 0, 0), Conclusion.NOT_EFFECTIVE, signed="p"),
        control("A", None, Conclusion.NOT_CONCLUDED, stops=("no export",)),
        ControlJudgement("G", "by hand", (), Conclusion.NOT_CONCLUDED, (), ()),
    ]
    steps = next_steps([judgement("sox", controls)], [finding("B"), finding("F", cause="known")])
    assert [(step.effect, step.control_id) for step in steps] == [
        (Effect.STOPPED, "A"),
        (Effect.NOT_EFFECTIVE, "B"),
        (Effect.CANNOT_TEST, "C"),
        (Effect.UNSIGNED, "D"),
        (Effect.UNANSWERED, "B"),
        (Effect.UNANSWERED, "F"),
        (Effect.NOT_TESTED, "G"),
    ]
    assert steps[1].text == "Look into 3 exceptions (SOX 404 ITGC) and repair the control."
    assert steps[4].text == "State cause and response of 1 finding (1 item)."
    assert steps[5].text == "State cause and response of 1 finding (1 item)."


def test_soc2_asks_for_no_signature_and_equal_steps_stand_once() -> None:
    stopped = [
        control("A", None, Conclusion.NOT_CONCLUDED, stops=("no export",)),
        control("D", GOOD, Conclusion.EFFECTIVE),
    ]
    steps = next_steps([judgement("soc2", stopped), judgement("sox", stopped)])
    assert [step.effect for step in steps] == [Effect.STOPPED, Effect.UNSIGNED]


def test_what_both_lenses_ask_for_stands_once_with_the_larger_number() -> None:
    soc2 = judgement("soc2", [control("A", Counts(1_200, 1_198, 0, 2, 0), Conclusion.EFFECTIVE)])
    sox = judgement("sox", [control("A", Counts(1_200, 199, 0, 1_001, 0), Conclusion.EFFECTIVE, signed="p")])
    steps = next_steps([soc2, sox], [finding("A"), finding("A")])
    assert [step.text for step in steps] == [
        "Find the evidence for 1,001 items of T-A that cannot be tested.",
        "State cause and response of 1 finding (1 item).",
    ]


def test_a_control_that_fails_for_missing_evidence_alone_is_told_so() -> None:
    steps = next_steps([judgement("soc2", [control("A", Counts(10, 5, 0, 5, 0), Conclusion.NOT_EFFECTIVE)])])
    assert steps[0].text == "Find the missing evidence: too many items cannot be tested."


@pytest.mark.parametrize("answered", [True, False])
def test_a_finding_with_cause_and_response_is_done(answered: bool) -> None:
    answer = "done" if answered else OPEN
    steps = next_steps([], [finding("A", cause="c", response=answer)])
    assert bool(steps) is not answered
