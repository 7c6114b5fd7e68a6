"""Q4 from judgements and findings: lines, the ladder of the outlook, answers that say nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from twofold.catalog.load import load_catalog
from twofold.findings.finding import OPEN, Finding
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.gather import GatheredJudgement
from twofold.lenses.judgement import EngagementJudgement
from twofold.lenses.verdict import Counts
from twofold.model.period import ReviewPeriod
from twofold.readiness.check import State
from twofold.readiness.predicted import (
    Outlook,
    Predicted,
    answer_lines,
    criteria_lines,
    design_lines,
    exception_lines,
    occurrence_lines,
    outlook,
)

CATALOG = load_catalog()
YEAR = ReviewPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
QUARTER = ReviewPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
FINDING = Finding(
    finding_id="AC-03/T-03/A/late", control_id="AC-03", control_test="T-03", attribute="A", code="exception:late",
    lens="soc2", condition="1 item deviates: closed late.", criterion="c", cause=OPEN, pattern="p", effect="e",
    response=OPEN, owner="", due_on="", items=("i-1",), systems=("erp",), first_at="", last_at="2026-11-01 10:00:00",
)  # fmt: skip


def judged(name: str, conclusion: Conclusion, counts: Counts | None = None) -> ControlJudgement:
    results = (ControlTestResult("T-03", "run-1", ("A",), counts),) if counts else ()
    return ControlJudgement(name, "title", results, conclusion, ("reason",), ())


def predicted(
    *controls: ControlJudgement, criteria: tuple[GatheredJudgement, ...] = (), findings: tuple[Finding, ...] = ()
) -> Predicted:
    judgement = EngagementJudgement(
        "soc2-2026",
        "soc2",
        "SOC 2",
        "",
        "",
        "",
        "",
        5,
        "s",
        3,
        "s",
        ("security",),
        {"T-03": "run-1"},
        controls,
        criteria,
    )
    return Predicted(judgement, findings, YEAR)


def criterion(name: str, conclusion: Conclusion, *controls: str) -> GatheredJudgement:
    return GatheredJudgement(name, "title", conclusion, controls, ("because",))


BAD, GOOD = judged("AC-03", Conclusion.NOT_EFFECTIVE), judged("AC-05", Conclusion.EFFECTIVE)


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ((criterion("CC6.2", Conclusion.NOT_EFFECTIVE, "AC-03", "AC-05"),), Outlook.NOTHING),
        ((criterion("CC6.2", Conclusion.NOT_EFFECTIVE, "AC-03"),), Outlook.QUALIFIED),
        (
            (
                criterion("CC6.2", Conclusion.NOT_EFFECTIVE, "AC-03"),
                criterion("CC8.1", Conclusion.NOT_EFFECTIVE, "AC-03"),
            ),
            Outlook.ADVERSE,
        ),
        (
            (
                criterion("CC6.2", Conclusion.NOT_EFFECTIVE, "AC-03"),
                criterion("CC6.3", Conclusion.NOT_EFFECTIVE, "AC-03"),
            ),
            Outlook.QUALIFIED,
        ),
    ],
    ids=["covered", "unmet", "several series", "one series twice"],
)
def test_the_ladder(criteria: tuple[GatheredJudgement, ...], words: Outlook) -> None:
    assert outlook(predicted(BAD, GOOD, criteria=criteria))[0] is words


@pytest.mark.parametrize(("pending", "words"), [(0, Outlook.LIMITED), (3, Outlook.NOTHING)])
def test_missing_evidence_is_a_limit_and_an_open_window_is_none(pending: int, words: Outlook) -> None:
    unknown = judged("AC-06", Conclusion.NOT_CONCLUDED, Counts(3, 0, 0, 3, 0, pending))

    assert outlook(predicted(unknown))[0] is words


def test_criteria() -> None:
    criteria = (
        criterion("CC6.2", Conclusion.NOT_EFFECTIVE, "AC-03", "AC-05"),
        criterion("CC6.3", Conclusion.NOT_EFFECTIVE, "AC-03"),
        criterion("CC6.4", Conclusion.EFFECTIVE, "AC-05"),
        criterion("CC2.1", Conclusion.NOT_CONCLUDED),
        criterion("CC6.6", Conclusion.NOT_CONCLUDED, "AC-06"),
    )

    found = {line.item: line.state for line in criteria_lines([predicted(BAD, GOOD, criteria=criteria)])}

    assert found == {
        "CC6.2": State.CANNOT_TELL,
        "CC6.3": State.GAP,
        "CC6.4": State.OK,
        "CC2.1": State.GAP,
        "CC6.6": State.CANNOT_TELL,
    }


def test_exceptions_carry_the_wording_of_the_report() -> None:
    pending = replace(FINDING, code="cannot_test:pending", finding_id="x")
    untestable = replace(FINDING, code="cannot_test:source_gap", finding_id="y")

    lines = list(exception_lines([predicted(BAD, GOOD, findings=(FINDING, pending, untestable))]))

    assert [(line.state, line.item) for line in lines] == [
        (State.GAP, "AC-03/T-03/A/late"),
        (State.CANNOT_TELL, "y"),
        (State.OK, ""),
    ]
    assert "1 item deviates: closed late." in lines[0].text
    assert (lines[0].system, lines[0].at) == ("erp", "2026-11-01T10:00:00+00:00")


ANSWERED = replace(
    FINDING,
    cause="HR entered the end a day late.",
    response="HR enters ends before the last day.",
    owner="p-1",
    due_on="2026-12-01",
)


@pytest.mark.parametrize(
    ("finding", "state", "told"),
    [
        (ANSWERED, State.OK, "has cause"),
        (FINDING, State.GAP, "lacks cause, response, owner, date"),
        (replace(ANSWERED, due_on=""), State.GAP, "lacks date"),
        (replace(ANSWERED, response="We will improve this process."), State.GAP, "response says 'will improve'"),
    ],
)
def test_an_answer_has_cause_owner_date_and_says_something(finding: Finding, state: State, told: str) -> None:
    (line,) = answer_lines([finding, finding])

    assert line.state is state
    assert told in line.text


def test_no_finding_is_not_known_to_be_answered() -> None:
    assert [line.state for line in answer_lines([])] == [State.CANNOT_TELL]


def test_design_gaps() -> None:
    run = {name: CATALOG.control(name) for name in ("AC-05", "AC-11")}
    empty = judged("AC-05", Conclusion.NOT_CONCLUDED, Counts(0, 0, 0, 0, 0))

    lines = list(design_lines(CATALOG, run, [predicted(empty)]))
    found = {line.controls[0]: line.state for line in lines if line.controls}

    assert found == {"AC-05": State.GAP, "AC-11": State.CANNOT_TELL}
    assert "CC8.1" in {line.item for line in lines if line.state is State.GAP}


def test_occurrences_of_the_planned_period() -> None:
    run = {name: CATALOG.control(name) for name in ("AC-05", "AC-03", "GV-02", "AC-11")}

    def states(period: ReviewPeriod, items: dict[str, int]) -> dict[str, State]:
        lines = occurrence_lines(run, [("soc2-2026", "soc2", period, items)])
        return {line.controls[0]: line.state for line in lines}

    assert states(YEAR, {"AC-05": 4, "AC-03": 0, "GV-02": 0}) == {
        "AC-05": State.OK,
        "AC-03": State.GAP,
        "GV-02": State.GAP,
        "AC-11": State.CANNOT_TELL,
    }
    assert states(QUARTER, {"AC-05": 1})["AC-05"] is State.GAP  # a month is too short for a quarterly control
