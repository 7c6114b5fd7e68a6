"""The result in ten seconds: a row per control with its counts under each lens, and what to do next, by effect.

It shows what the lenses proposed and computes no conclusion.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from twofold.findings.finding import OPEN, Finding
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.judgement import EngagementJudgement


class Effect(IntEnum):
    """Why something is to be done, the gravest first."""

    STOPPED = 1
    """The population is not proven, so nothing is known."""
    NOT_EFFECTIVE = 2
    CANNOT_TEST = 3
    UNSIGNED = 4
    """Nobody has signed the completeness record of the population."""
    UNANSWERED = 5
    """A finding lacks its cause or response."""
    NOT_TESTED = 6


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do for a control: why, and the words that say it."""

    effect: Effect
    control_id: str
    text: str


@dataclass(frozen=True, slots=True)
class LensCell:
    """What one engagement's lens says of a control. The counts are None when no test has a result."""

    engagement_id: str
    lens: str
    passed: int | None
    exceptions: int | None
    cannot_test: int | None
    not_applicable: int | None
    conclusion: Conclusion


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One control. population is None when no test has a result; next_step is "" when nothing is open.

    Under each lens passed + exceptions + cannot_test + not_applicable = population.
    """

    control_id: str
    title: str
    control_tests: tuple[str, ...]
    population: int | None
    lenses: tuple[LensCell, ...]
    next_step: str


def status_rows(judgements: Sequence[EngagementJudgement], findings: Sequence[Finding] = ()) -> list[StatusRow]:
    """Return a row per control, in the order of the judgements; a control that several judge has one row."""
    steps = next_steps(judgements, findings)
    rows = []
    for control_id in dict.fromkeys(control.control_id for each in judgements for control in each.controls):
        judged = [
            (each, control) for each in judgements for control in each.controls if control.control_id == control_id
        ]
        results = [result for _, control in judged for result in control.results]
        populations = {result.control_test: result.counts.population for result in results if result.counts is not None}
        rows.append(
            StatusRow(
                control_id=control_id,
                title=judged[0][1].title,
                control_tests=tuple(dict.fromkeys(result.control_test for result in results)),
                population=sum(populations.values()) if populations else None,
                lenses=tuple(_cell(each, control) for each, control in judged),
                next_step=next((step.text for step in steps if step.control_id == control_id), ""),
            )
        )
    return rows


def next_steps(judgements: Sequence[EngagementJudgement], findings: Sequence[Finding] = ()) -> list[NextStep]:
    """Return what to do, the gravest effect first and then by control; what two lenses ask for stands once."""
    found = {step: None for each in judgements for control in each.controls for step in _steps(each, control)}
    found |= dict.fromkeys([*_not_effective(judgements), *_cannot_test(judgements), *_unanswered(findings)])
    return sorted(found, key=lambda step: (step.effect, step.control_id))


def _steps(judgement: EngagementJudgement, control: ControlJudgement) -> Iterator[NextStep]:
    control_id = control.control_id
    for result in control.results:
        for stop in result.stops:
            yield NextStep(Effect.STOPPED, control_id, f"Complete the population of {result.control_test}: {stop}.")
        if _needs_signature(judgement, result):
            yield NextStep(Effect.UNSIGNED, control_id, f"Sign the completeness record of {result.control_test}.")
        if result.uncovered:
            text = f"Say whether there is anything: no export speaks for {', '.join(result.uncovered)}."
            yield NextStep(Effect.CANNOT_TEST, control_id, text)
    if not control.results:
        yield NextStep(Effect.NOT_TESTED, control_id, "Test it by hand: no rule tests it yet.")


def _not_effective(judgements: Sequence[EngagementJudgement]) -> Iterator[NextStep]:
    """Ask once per control, with the exceptions that each lens counts."""
    seen: dict[str, list[tuple[str, int]]] = {}
    for judgement in judgements:
        for control in judgement.controls:
            if control.conclusion is Conclusion.NOT_EFFECTIVE:
                exceptions = sum(each.counts.exceptions for each in control.results if each.counts)
                seen.setdefault(control.control_id, []).append((judgement.lens_title, exceptions))
    for control_id, counted in seen.items():
        told = [f"{_count(number, 'exception')} ({title})" for title, number in counted if number]
        todo = f"Look into {' and '.join(told)} and repair the control."
        todo = todo if told else "Find the missing evidence: too many items cannot be tested."
        yield NextStep(Effect.NOT_EFFECTIVE, control_id, todo)


def _cannot_test(judgements: Sequence[EngagementJudgement]) -> Iterator[NextStep]:
    """Ask once per test, for as many items as the lens with most of them has."""
    most: dict[tuple[str, str], int] = {}
    for control in (control for each in judgements for control in each.controls):
        for result in control.results:
            if result.counts is not None and result.counts.cannot_test:
                key = (control.control_id, result.control_test)
                most[key] = max(most.get(key, 0), result.counts.cannot_test)
    for (control_id, control_test), count in most.items():
        text = f"Find the evidence for {_count(count, 'item')} of {control_test} that cannot be tested."
        yield NextStep(Effect.CANNOT_TEST, control_id, text)


def _unanswered(findings: Sequence[Finding]) -> Iterator[NextStep]:
    """Ask once per control; one answer to a finding serves every lens that sees it."""
    widest: dict[str, Finding] = {}
    for finding in findings:
        held = widest.get(finding.finding_id)
        if held is None or len(finding.items) > len(held.items):
            widest[finding.finding_id] = finding
    open_items: dict[str, list[int]] = {}
    for finding in widest.values():
        if OPEN in (finding.cause, finding.response):
            open_items.setdefault(finding.control_id, []).append(len(finding.items))
    for control_id, counted in open_items.items():
        text = f"State cause and response of {_count(len(counted), 'finding')} ({_count(sum(counted), 'item')})."
        yield NextStep(Effect.UNANSWERED, control_id, text)


def _needs_signature(judgement: EngagementJudgement, result: ControlTestResult) -> bool:
    """SOX asks a named person to sign the record of a population that was relied on (audit-domain 4.0, *Lens*)."""
    relied_on = result.counts is not None and result.counts.applicable > 0
    return judgement.lens == "sox" and relied_on and not result.completeness_signed_by


def _cell(judgement: EngagementJudgement, control: ControlJudgement) -> LensCell:
    counted = [result.counts for result in control.results if result.counts is not None]
    if not counted:
        return LensCell(judgement.engagement_id, judgement.lens, None, None, None, None, control.conclusion)
    return LensCell(
        engagement_id=judgement.engagement_id,
        lens=judgement.lens,
        passed=sum(counts.passed for counts in counted),
        exceptions=sum(counts.exceptions for counts in counted),
        cannot_test=sum(counts.cannot_test for counts in counted),
        not_applicable=sum(counts.not_applicable for counts in counted),
        conclusion=control.conclusion,
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
