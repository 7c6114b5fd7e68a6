"""What an exception is under SOX before its severity: stage 0 and stage 6 of the evaluation, as a proposal.

Source: audit-domain 2.6. Stage 0 asks whether exceptions are a deficiency; software can read the rate and the markers.
Severity (stages 1 to 5) rests on judgements of named persons and is not proposed. Stage 6 asks whether the repair was
retested before the year's end.
"""

from dataclasses import dataclass
from datetime import date

from twofold.findings.finding import OPEN, Finding
from twofold.findings.retest import Retest, RetestResult
from twofold.lenses.conclusion import ControlJudgement, exceeds_tolerable
from twofold.lenses.settings import LensSettings


@dataclass(frozen=True, slots=True)
class Classification:
    """The proposal: a word and why. `latest_repair`: after it the minimum operation cannot be over at year end."""

    word: str
    why: str
    timing: str
    latest_repair: date | None


def classify(
    settings: LensSettings,
    control: ControlJudgement,
    finding: Finding,
    *,
    answered: bool,
    ends_on: date,
    retest: Retest | None,
    latest_repair: date | None,
) -> Classification:
    """Propose what the finding is. ends_on: last day of the fiscal year. answered: a named person stated the cause."""
    counts = next((each.counts for each in control.results if each.control_test == finding.control_test), None)
    if counts is not None and exceeds_tolerable(settings, counts):
        deviations = counts.exceptions + counts.cannot_test
        word = "operating deficiency"
        share = f"{deviations:,} of {counts.applicable:,} items deviate"
        why = f"{share}, more than the tolerable {settings.tolerable_percent}%"
    elif _is_marker(finding.pattern):
        word = "operating deficiency, unless the causes are separate"
        why = f"the items follow a pattern ({finding.pattern})"
    elif not answered:
        word = "exception; a deficiency while the cause is unknown"
        unknown = f"its cause is {OPEN.partition(':')[0]}"
        why = f"within the tolerable {settings.tolerable_percent}%, without a pattern, and {unknown}"
    else:
        word = "exception only"
        why = f"within the tolerable {settings.tolerable_percent}%, without a pattern, and its cause is known"
    return Classification(word, why, _timing(retest, ends_on), latest_repair)


def _is_marker(pattern: str) -> bool:
    """Whether the pattern is a concentration, not a remark that there is none."""
    return pattern.startswith("all ") or " of " in pattern


def _timing(retest: Retest | None, ends_on: date) -> str:
    if retest is None:
        return f"open as of {ends_on} unless it is repaired and retested before"
    if retest.repaired_on > ends_on:
        return f"repaired after {ends_on}: open as of that day"
    if retest.result is RetestResult.GOOD and retest.possible_on <= ends_on:
        return f"repaired and retested before {ends_on}: not open as of that day; the time before the repair stays"
    if retest.possible_on > ends_on:
        return f"the minimum operation is over on {retest.possible_on}, after {ends_on}: open as of that day"
    return f"open as of {ends_on} until the retest is good"
