"""Conclusions that a lens proposes for a control, from the counts of its control tests.

A conclusion is a proposal: a named person concludes. The states are those of design 6: effective, not effective, not
concluded, did not occur. There is no score.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from twofold.catalog.entries import Control, Frequency
from twofold.lenses.looks import Looks
from twofold.lenses.occurrences import never_idle, runs_late, should_occur, thin_period
from twofold.lenses.settings import LensSettings
from twofold.lenses.verdict import Counts
from twofold.model.period import ReviewPeriod


class Conclusion(StrEnum):
    """What a lens proposes for a control, a criterion or an ITGC domain."""

    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not effective"
    NOT_CONCLUDED = "not concluded"
    DID_NOT_OCCUR = "did not occur"


@dataclass(frozen=True, slots=True)
class ControlTestResult:
    """One control test's result under a lens. counts is None when the test was stopped or has no rule yet."""

    control_test: str
    run_id: str
    required: tuple[str, ...]
    counts: Counts | None
    stops: tuple[str, ...] = ()
    completeness_signed_by: str = ""
    uncovered: tuple[str, ...] = ()
    """Systems in scope of which no export speaks, with the table."""
    by_system: Mapping[str, Counts] = field(default_factory=dict)
    """The counts of each system that has an item that applies."""
    looks: Looks | None = None
    """What the result rests on, where its items are configurations."""


@dataclass(frozen=True, slots=True)
class ControlJudgement:
    """What a lens proposes for one control, and why."""

    control_id: str
    title: str
    results: tuple[ControlTestResult, ...]
    conclusion: Conclusion
    reasons: tuple[str, ...]
    open_points: tuple[str, ...]
    looks: tuple[str, ...] = ()
    """Of an automated control: which looks at its configurations it rests on, and under what they are carried."""

    def as_json(self) -> dict[str, Any]:
        """Return the judgement as plain JSON values, each count with its rate as a range."""
        body = asdict(self)
        for result, shown in zip(self.results, body["results"], strict=True):
            if result.counts is not None:
                low, high = result.counts.rate
                shown["counts"]["applicable"] = result.counts.applicable
                shown["rate"] = f"{low[0]}/{low[1]} to {high[0]}/{high[1]}" if low[1] else "none"
        return body


def conclude_control(
    settings: LensSettings,
    control: Control,
    *,
    period: ReviewPeriod,
    results: Sequence[ControlTestResult],
    planned: Sequence[str],
) -> ControlJudgement:
    """Propose a conclusion for a control.

    `results` are those of its control tests that have a rule; `planned` names the tests that have none yet. A control
    is effective when every test ran over a proven population and the deviation rate, with every item that cannot be
    tested counted as a deviation, is within the tolerable rate (audit-domain 2.6 stages 0.3 and 0.6). Windows that were
    still open when the data was extracted leave it not concluded instead, where they decide. So does a control that
    should fall due in the period by the calendar or a daily plan and has no occurrence there, one without an item of
    which no export speaks for some system, and a test without a rule, unless another test already shows that it is not
    effective.
    """
    control_id, title = control.control_id, control.title
    reasons: list[str] = []
    open_points = [f"{test} has no rule yet: test it by hand" for test in planned]
    if not results:
        return ControlJudgement(control_id, title, (), Conclusion.NOT_CONCLUDED, ("no result yet",), tuple(open_points))
    found = [_of_result(settings, control.frequency, period, result, reasons, open_points) for result in results]
    for result in results:
        if result.counts is not None and not result.stops:
            told = (
                thin_period(control.frequency, period, result.counts),
                runs_late(control.frequency, result.counts),
            )
            open_points += [f"{result.control_test}: {each}" for each in told if each]
    if planned:
        reasons.append(f"{', '.join(planned)}: no rule yet")
        found.append(Conclusion.NOT_CONCLUDED)
    order = (Conclusion.NOT_EFFECTIVE, Conclusion.NOT_CONCLUDED, Conclusion.EFFECTIVE, Conclusion.DID_NOT_OCCUR)
    conclusion = next(each for each in order if each in found)
    return ControlJudgement(control_id, title, tuple(results), conclusion, tuple(reasons), tuple(open_points))


def exceeds_tolerable(settings: LensSettings, counts: Counts, *, pending: bool = True) -> bool:
    """Return whether more items deviate than is tolerable; `pending` says whether open windows count as deviations.

    Whole numbers only: a float would decide a case that lies exactly on the limit.
    """
    deviations = counts.exceptions + counts.cannot_test - (0 if pending else counts.pending)
    return deviations * 100 > settings.tolerable_percent * counts.applicable


def _of_result(
    settings: LensSettings,
    frequency: Frequency,
    period: ReviewPeriod,
    result: ControlTestResult,
    reasons: list[str],
    open_points: list[str],
) -> Conclusion:
    test = result.control_test
    if result.stops:
        was = f"{test} was stopped" if result.counts is None else test
        reasons += [f"{was}: {stop}" for stop in result.stops]
        return Conclusion.NOT_CONCLUDED
    if result.counts is None:
        reasons.append(f"{test} has not been run over this period")
        return Conclusion.NOT_CONCLUDED
    counts = result.counts
    open_points += _open_points(settings, result, counts)
    if counts.population == 0 and never_idle(frequency, test):
        reasons.append(f"{test}: no occurrence is scheduled, so nothing shows that the control was due or done")
        return Conclusion.NOT_CONCLUDED
    if counts.applicable:
        return _of_counts(settings, test, counts, reasons)
    reasons.append(
        f"{test}: none of {counts.population} items counts under this lens"
        if counts.population
        else f"{test}: the population is empty, so the control had nothing to do"
    )
    if result.uncovered:
        # Only a recorded query that came back empty shows that nothing occurred (audit-domain 4.0, Verdicts).
        silent = ", ".join(result.uncovered)
        reasons.append(f"{test}: no export speaks for {silent}, so nothing shows that nothing occurred there")
        return Conclusion.NOT_CONCLUDED
    # What falls due by the calendar or a plan is absent then, and not idle (audit-domain 4.3, T-29).
    return Conclusion.NOT_CONCLUDED if should_occur(frequency, test, period) else Conclusion.DID_NOT_OCCUR


def _of_counts(settings: LensSettings, test: str, counts: Counts, reasons: list[str]) -> Conclusion:
    deviations = counts.exceptions + counts.cannot_test
    shown = f"{test}: {_items(deviations, counts.applicable)}"
    verb = "deviates" if deviations <= 1 else "deviate"
    if exceeds_tolerable(settings, counts, pending=False):
        reasons.append(f"{shown} {verb}, more than the tolerable {settings.tolerable_percent}%")
        return Conclusion.NOT_EFFECTIVE
    if exceeds_tolerable(settings, counts):
        reasons.append(
            f"{test}: {counts.pending} of {counts.applicable} items were still open when the data was extracted, "
            "and they decide"
        )
        return Conclusion.NOT_CONCLUDED
    reasons.append(
        f"{shown} {verb}, within the tolerable {settings.tolerable_percent}%" if deviations else f"{shown} {verb}"
    )
    return Conclusion.EFFECTIVE


def _open_points(settings: LensSettings, result: ControlTestResult, counts: Counts) -> Iterator[str]:
    test = result.control_test
    if settings.lens == "sox" and not result.completeness_signed_by:
        yield (
            f"{test}: a named person without a part in the control has still to sign the completeness record of the "
            "population"
        )
    if result.uncovered:
        yield f"{test}: no export speaks for {', '.join(result.uncovered)}; say whether there is anything"
    if counts.cannot_test == 1:
        yield f"{test}: 1 item cannot be tested and counts as a deviation until it is resolved"
    elif counts.cannot_test:
        yield (f"{test}: {counts.cannot_test} items cannot be tested and count as deviations until they are resolved")


def _items(deviations: int, applicable: int) -> str:
    return f"{deviations or 'none'} of {applicable} items"
