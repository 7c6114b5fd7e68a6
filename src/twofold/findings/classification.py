"""What an exception is under SOX before its severity: stage 0 and stage 6 of the evaluation, as a proposal.

Source: audit-domain 2.6. Stage 0 asks whether exceptions are a deficiency; software can read the rate and the markers.
Stage 6 asks whether the repair was retested before the year's end. It looks at one finding; `deficiency/` evaluates
those of a control together, with severity.
"""

from dataclasses import dataclass
from datetime import date

from twofold.findings.deficiency.exception import is_marker
from twofold.findings.deficiency.year_end import at_year_end
from twofold.findings.finding import OPEN, Finding
from twofold.findings.retest import Retest
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
    elif is_marker(finding.pattern):
        word = "operating deficiency, unless the causes are separate"
        why = f"the items follow a pattern ({finding.pattern})"
    elif not answered:
        word = "exception; a deficiency while the cause is unknown"
        unknown = f"its cause is {OPEN.partition(':')[0]}"
        why = f"within the tolerable {settings.tolerable_percent}%, without a pattern, and {unknown}"
    else:
        word = "exception only"
        why = f"within the tolerable {settings.tolerable_percent}%, without a pattern, and its cause is known"
    return Classification(word, why, at_year_end(retest, ends_on).text, latest_repair)
