"""Q4, would the buyer see a clean report: what the lenses propose for the last days, as lines of checks.

It reads judgements and findings that the lenses made of the newest runs, over the window. An outlook uses the words of
audit-domain 6 and is no opinion.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control
from twofold.findings.finding import OPEN, Finding
from twofold.lenses.conclusion import Conclusion, ControlTestResult
from twofold.lenses.gather import GatheredJudgement
from twofold.lenses.judgement import EngagementJudgement
from twofold.lenses.occurrences import PER_YEAR, due_in
from twofold.lenses.verdict import PENDING
from twofold.model.period import ReviewPeriod
from twofold.readiness.check import Line, State
from twofold.readiness.vague import vague_in

_SHOWN_ITEMS = 5


class Outlook(StrEnum):
    """The ladder of audit-domain 6, for SOC 2 only."""

    NOTHING = "no sign of a modified opinion in these results"
    QUALIFIED = "qualified possible"
    ADVERSE = "adverse possible"
    LIMITED = "qualified or disclaimer possible"


@dataclass(frozen=True, slots=True)
class Predicted:
    """What one engagement's lens says of the window. findings: exceptions with the wording of a report."""

    judgement: EngagementJudgement
    findings: tuple[Finding, ...]
    period: ReviewPeriod
    """The planned period of the engagement, not the window."""


def exception_lines(predicted: Sequence[Predicted]) -> Iterator[Line]:
    """Yield a line per predicted finding, and one per control that has none.

    Windows that were still open when the data was extracted are no finding.
    """
    for each in predicted:
        lens = each.judgement.lens_title
        known = [finding for finding in each.findings if not finding.code.endswith(f":{PENDING}")]
        named = {finding.control_id for finding in known}
        for finding in known:
            shown = ", ".join(finding.items[:_SHOWN_ITEMS])
            more = f" and {len(finding.items) - _SHOWN_ITEMS} more" if len(finding.items) > _SHOWN_ITEMS else ""
            yield Line(
                _finding_state(finding),
                f"{lens} {finding.control_id}: {finding.condition} Items: {shown}{more}. {finding.pattern}.",
                controls=(finding.control_id,),
                system=finding.systems[0] if len(finding.systems) == 1 else "",
                at=_utc(finding.last_at),
                item=finding.finding_id,
            )
        for control in each.judgement.controls:
            if control.control_id not in named:
                yield _without_finding(lens, control.control_id, control.conclusion, control.reasons)


def _finding_state(finding: Finding) -> State:
    return State.CANNOT_TELL if finding.code.startswith("cannot_test") else State.GAP


def _without_finding(lens: str, control: str, conclusion: Conclusion, reasons: Sequence[str]) -> Line:
    told = "; ".join(reasons) or conclusion.value
    known = conclusion in {Conclusion.EFFECTIVE, Conclusion.DID_NOT_OCCUR}
    return Line(State.OK if known else State.CANNOT_TELL, f"{lens} {control}: {told}.", controls=(control,))


def criteria_lines(predicted: Sequence[Predicted]) -> Iterator[Line]:
    """Yield a line per criterion or ITGC domain in scope: has it an effective control, and does none of it fail?"""
    for each in predicted:
        by_id = {control.control_id: control.conclusion for control in each.judgement.controls}
        for gathered in each.judgement.gathered:
            effective = [control for control in gathered.controls if by_id.get(control) is Conclusion.EFFECTIVE]
            state, told = _criterion(gathered, effective)
            yield Line(
                state,
                f"{each.judgement.lens_title} {gathered.id} ({gathered.title}): {told}.",
                controls=gathered.controls,
                item=gathered.id,
            )


def _criterion(gathered: GatheredJudgement, effective: Sequence[str]) -> tuple[State, str]:
    because = "; ".join(gathered.reasons)
    if not gathered.controls:
        return State.GAP, "no control of the company serves it"
    if effective and gathered.conclusion is Conclusion.NOT_EFFECTIVE:
        return (
            State.CANNOT_TELL,
            f"{', '.join(effective)} effective, but {because}: a person says whether it is still met",
        )
    if effective:
        return State.OK, f"{', '.join(effective)} effective"
    if gathered.conclusion is Conclusion.NOT_EFFECTIVE:
        return State.GAP, f"no effective control; {because}"
    return State.CANNOT_TELL, f"no control was seen to be effective; {because}"


def answer_lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """Yield a line per known exception, once for all lenses: cause, owner, date, and a text that says something."""
    once = {finding.finding_id: finding for finding in findings if not finding.code.startswith("cannot_test")}
    for finding in once.values():
        faults = [name for name, text in (("cause", finding.cause), ("response", finding.response)) if text == OPEN]
        faults += [name for name, text in (("owner", finding.owner), ("date", finding.due_on)) if not text.strip()]
        told = f"lacks {', '.join(faults)}" if faults else ""
        for name, text in (("cause", finding.cause), ("response", finding.response)):
            if text != OPEN and (why := vague_in(text)):
                told += f"{'; ' if told else ''}{name} {why}"
        yield Line(
            State.GAP if told else State.OK,
            f"{finding.finding_id} ({len(finding.items)} items) {told or 'has cause, response, owner and date'}.",
            controls=(finding.control_id,),
            person=finding.owner,
            item=finding.finding_id,
        )
    if not once:
        yield Line(State.CANNOT_TELL, "No finding is known: nothing was judged yet, or nothing deviated.")


def design_lines(catalog: Catalog, run: Mapping[str, Control], predicted: Sequence[Predicted]) -> Iterator[Line]:
    """Yield a line per control that runs, and per criterion in scope without any: could it work as designed?"""
    for each in predicted:
        if each.judgement.lens != "soc2":
            continue
        for criterion in catalog.criteria_for(each.judgement.categories):
            if not any(criterion.criterion_id in control.criteria for control in run.values()):
                text = f"{criterion.criterion_id} ({criterion.title}): the company runs no control that serves it."
                yield Line(State.GAP, text, item=criterion.criterion_id)
    scheduled = _nothing_scheduled(predicted)
    for control in run.values():
        if not control.control_tests:
            text = f"{control.control_id}: no rule tests it ({control.by_hand_because}). Plan the test by hand."
            yield Line(State.CANNOT_TELL, text, controls=(control.control_id,))
        elif control.control_id in scheduled:
            text = f"{control.control_id} runs {control.frequency.value} and no occurrence is scheduled anywhere."
            yield Line(State.GAP, text, controls=(control.control_id,))
        else:
            text = f"{control.control_id} has a test and, where the calendar decides, a schedule."
            yield Line(State.OK, text, controls=(control.control_id,))


def _nothing_scheduled(predicted: Sequence[Predicted]) -> set[str]:
    """Return scheduled controls whose populations are all empty, in every engagement that tested them."""
    found: dict[str, list[int]] = {}
    for each in predicted:
        for control in each.judgement.controls:
            counted = [result.counts.population for result in control.results if result.counts is not None]
            if counted:
                found.setdefault(control.control_id, []).append(sum(counted))
    return {control for control, populations in found.items() if not any(populations)}


def occurrence_lines(
    run: Mapping[str, Control], engagements: Sequence[tuple[str, str, ReviewPeriod, Mapping[str, int]]]
) -> Iterator[Line]:
    """Yield a line per control and engagement: does it occur in the planned period?

    engagements: id, lens, planned period, and control -> items of its tests that fall in that period (absent where no
    test has a result). A control whose occurrences come by the calendar is judged by the length of the period too.
    """
    for name, lens, period, items in engagements:
        for control in run.values():
            if lens not in control.lenses:
                continue
            yield Line(*_occurs(name, control, period, items), controls=(control.control_id,), item=name)


def _occurs(name: str, control: Control, period: ReviewPeriod, items: Mapping[str, int]) -> tuple[State, str]:
    days = (period.ends_before - period.starts_at).days
    due = due_in(control.frequency, period)
    start = f"{control.control_id} in {name}"
    if control.frequency in PER_YEAR and due == 0:
        return State.GAP, f"{start}: {days} days are too short for a {control.frequency.value} control."
    if control.control_id not in items:
        return State.CANNOT_TELL, f"{start}: no test has a result, so nobody can tell whether it occurred."
    if items[control.control_id]:
        return State.OK, f"{start}: {items[control.control_id]:,} items."
    if control.frequency in PER_YEAR:
        return State.GAP, f"{start}: about {due} should fall due and none does."
    return State.GAP, f"{start}: nothing occurred, so a report would say that it could not be tested."


def outlook(predicted: Predicted) -> tuple[Outlook, str]:
    """Return the outlook for a SOC 2 report over the window, and why, from criteria and what could not be tested."""
    by_id = {control.control_id: control.conclusion for control in predicted.judgement.controls}
    unmet = [
        each
        for each in predicted.judgement.gathered
        if each.conclusion is Conclusion.NOT_EFFECTIVE
        and not any(by_id.get(control) is Conclusion.EFFECTIVE for control in each.controls)
    ]
    series = sorted({each.id.partition(".")[0] for each in unmet})
    if len(series) > 1:
        return Outlook.ADVERSE, f"criteria of several series are unmet without a covering control: {_ids(unmet)}"
    if unmet:
        return Outlook.QUALIFIED, f"unmet without a covering control: {_ids(unmet)}"
    stopped = [
        control.control_id
        for control in predicted.judgement.controls
        if control.conclusion is Conclusion.NOT_CONCLUDED and any(_lacks_evidence(each) for each in control.results)
    ]
    if stopped:
        return Outlook.LIMITED, f"evidence is missing to conclude on {', '.join(stopped)}"
    return Outlook.NOTHING, "each criterion has an effective control, or none that failed alone"


def _lacks_evidence(result: ControlTestResult) -> bool:
    """Whether a test was stopped, was not run, or has items that cannot be tested for another reason than time."""
    return result.counts is None or result.counts.cannot_test > result.counts.pending


def _ids(gathered: Sequence[GatheredJudgement]) -> str:
    return ", ".join(each.id for each in gathered)


def _utc(text: str) -> str:
    """Return DuckDB's naive UTC text as ISO with its zone."""
    return f"{text.replace(' ', 'T')}+00:00" if text else ""
