"""One wording: two sentences that say what happened and what it is, and who must be told."""

from typing import Any

import pytest

from twofold.findings.deficiency.case import Rate
from twofold.findings.deficiency.evaluate import evaluate
from twofold.findings.deficiency.wording import in_two_sentences, told_to

from .deficiency_cases import CALM, EFFECTIVE, FAILED, SAME, case, failed, judged

WHAT = "User access review (AC-05) did not always work on erp, 2026-03-01 to 2026-05-31: 2 of 4 items deviated in T-05."
WORTH = "worth the attention of those who oversee reporting"
ARGUED = "it is argued that it is no material weakness"
OPEN = "; it is open as of 2026-12-31."


@pytest.mark.parametrize(
    ("changes", "answers", "second"),
    [
        ({}, CALM, "a deficiency, since nothing of financial reporting relies on the systems"),
        (
            {"dependents": (EFFECTIVE,)},
            CALM,
            "a deficiency, since everything that relies on the systems was tested effective",
        ),
        (
            {"candidates": (SAME,)},
            {**CALM, "J_same_objective": "AC-04"},
            "a deficiency, since AC-04 meets the same objective and was tested effective",
        ),
        (
            {"dependents": (FAILED,)},
            {**CALM, "J_caused_by_itgc D-2": "no"},
            "a deficiency, since what failed among the things that rely on it failed for other reasons",
        ),
        (
            {"dependents": (FAILED,)},
            failed(),
            f"a deficiency, since what could get through is neither material nor {WORTH}",
        ),
        (
            {"dependents": (FAILED,)},
            failed("1000000.00 USD"),
            "a material weakness, since it is reasonably possible that a material misstatement gets through",
        ),
        (
            {},
            {**CALM, "J_indicator": "restatement"},
            "a material weakness, since it is presumed, and nobody argued against it",
        ),
        (
            {},
            {**CALM, "J_uncorrected": "yes"},
            "a significant deficiency, since it was reported before and is still uncorrected",
        ),
        (
            {},
            {**CALM, "J_prudent_official": "not_satisfied", "J_rebuttal prudent_official": "yes"},
            f"a significant deficiency, since a careful official would not be satisfied, though {ARGUED}",
        ),
    ],
)
def test_two_sentences(changes: dict[str, Any], answers: dict[str, str], second: str) -> None:
    assert in_two_sentences(evaluate(case(**changes), judged(answers))) == f"{WHAT} It is {second}{OPEN}"


def test_an_exception_only_is_said_so() -> None:
    found = evaluate(case(rates=(Rate("T-05", 1, 40),)), judged({"J_design": "no", "J_override": "no"}))

    why = "the rate is tolerable, no pattern shows and each cause is known"
    assert in_two_sentences(found).endswith(f"It is an exception only, since {why}{OPEN}")
    assert told_to(found).startswith("nobody beyond the control owner")


def test_what_is_unresolved_says_how_much_is_left() -> None:
    said = in_two_sentences(evaluate(case(), judged({})))

    waits = "3 things are still to be judged or shown, and it is open as of 2026-12-31."
    assert said == f"{WHAT} Its class is unresolved, up to a material weakness: {waits}"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (CALM, "management, in writing"),
        ({**CALM, "J_uncorrected": "yes"}, "the audit committee and management, in writing; the auditor"),
        ({**CALM, "J_override": "yes"}, "at once the audit committee and counsel"),
        ({}, "the audit committee and management, in writing; the auditor; the annual report discloses it (decided"),
    ],
)
def test_who_must_be_told(answers: dict[str, str], told: str) -> None:
    assert told_to(evaluate(case(), judged(answers))).startswith(told)
