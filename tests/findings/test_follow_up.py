"""Stages follow from the newest answer and the retest; what an exception is under SOX follows from rate and pattern."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from twofold.findings.classification import classify
from twofold.findings.finding import Finding
from twofold.findings.follow_up import Answer, Decision, Stage, stage_of
from twofold.findings.retest import OperationCounts, Retest, RetestResult, minimums
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.settings import lens_settings
from twofold.lenses.verdict import Counts

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
ANSWER = Answer("CM-01/T-10/C/late", "cause", "response", "p-1", date(2026, 12, 1), "p-1", AT, "ev-1")
REPAIRED = replace(ANSWER, remediated_on=date(2026, 8, 1), remediation="done")
ACCEPTED = replace(ANSWER, decision=Decision.ACCEPT)
END = date(2026, 12, 31)


def retest(result: RetestResult, on: date = date(2026, 8, 1), possible: date = date(2026, 9, 5)) -> Retest:
    return Retest(on, result, OperationCounts(), minimums()["weekly"], possible, "run-1", AT)


@pytest.mark.parametrize(
    ("answers", "result", "expected"),
    [
        ((), None, Stage.ANSWER),
        ((ANSWER,), None, Stage.REPAIR),
        ((REPAIRED, ANSWER), None, Stage.RETEST),
        ((REPAIRED,), RetestResult.NOT_YET, Stage.RETEST),
        ((REPAIRED,), RetestResult.GOOD, Stage.CLOSED),
        ((REPAIRED,), RetestResult.FAILED, Stage.REPAIR),
        ((ACCEPTED, REPAIRED), RetestResult.FAILED, Stage.ACCEPTED),
        ((ANSWER, ACCEPTED), None, Stage.REPAIR),
    ],
)
def test_the_stage(answers: tuple[Answer, ...], result: RetestResult | None, expected: Stage) -> None:
    assert stage_of(answers, retest(result) if result else None) is expected


def judged(exceptions: int) -> ControlJudgement:
    counts = Counts(100, 100 - exceptions, exceptions, 0, 0)
    result = ControlTestResult("T-10", "run-1", ("C",), counts)
    return ControlJudgement("CM-01", "t", (result,), Conclusion.EFFECTIVE, (), ())


def finding(pattern: str) -> Finding:
    texts = ("CM-01/T-10/C/late", "CM-01", "T-10", "C", "exception:late", "sox", "1 item deviates: x", "c", "cause")
    return Finding(*texts, pattern, "effect", "response", "", "", ("i",), ("billing",), "2026-01-01", "2026-01-01")


@pytest.mark.parametrize(
    ("exceptions", "pattern", "answered", "word"),
    [
        (6, "spread over 3 systems and 4 months", True, "operating deficiency"),
        (5, "spread over 3 systems and 4 months", True, "exception only"),
        (5, "too few items to show a pattern", False, "exception; a deficiency while the cause is unknown"),
        (3, "all on billing", True, "operating deficiency, unless the causes are separate"),
        (3, "2 of 3 in 2026-05", True, "operating deficiency, unless the causes are separate"),
    ],
)
def test_what_an_exception_is_under_sox(exceptions: int, pattern: str, answered: bool, word: str) -> None:
    found = classify(
        lens_settings()["sox"],
        judged(exceptions),
        finding(pattern),
        answered=answered,
        ends_on=END,
        retest=None,
        latest_repair=None,
    )
    assert found.word == word


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (None, "open as of 2026-12-31 unless"),
        (retest(RetestResult.GOOD), "not open as of that day"),
        (retest(RetestResult.NOT_YET), "until the retest is good"),
        (retest(RetestResult.GOOD, possible=date(2027, 1, 5)), "is over on 2027-01-05"),
        (retest(RetestResult.NOT_YET, on=date(2027, 1, 1)), "repaired after 2026-12-31"),
    ],
)
def test_whether_it_is_open_at_year_end(fact: Retest | None, expected: str) -> None:
    found = classify(
        lens_settings()["sox"], judged(1), finding(""), answered=True, ends_on=END, retest=fact, latest_repair=None
    )
    assert expected in found.timing
