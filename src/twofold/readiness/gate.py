"""The gate at the start of a period: begin only if each key control ran once with evidence and Q1 to Q3 are clear."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from twofold.catalog.entries import Control
from twofold.model.statement import Statement
from twofold.readiness.check import CheckResult, Line, State, state_of
from twofold.readiness.check_files import known_checks, questions
from twofold.readiness.freshness import Freshness


def ran_lines(
    controls: Mapping[str, Control],
    ever: Mapping[str, int],
    freshness: Sequence[Freshness],
    answered: Mapping[str, tuple[str, ...]],
) -> Iterator[Line]:
    """Yield a line per control: did it run at least once, with an item that was tested, on evidence that is here?

    ever: control -> items that passed or deviated, at whatever time; absent where no test of it has a result.
    answered: control -> evidence that answered a request for it, which shows a control that is tested by hand.
    """
    held = {each.control for each in freshness if each.evidence}
    for name, control in controls.items():
        start = f"{name} ({control.title})"
        if ever.get(name):
            yield Line(State.OK, f"{start} ran, and {ever[name]:,} items could be tested.", (name,))
        elif not control.control_tests and answered.get(name):
            yield Line(
                State.OK,
                f"{start} is tested by hand, and evidence answered a request.",
                (name,),
                evidence=answered[name],
            )
        elif name not in ever:
            told = "no rule tests it" if not control.control_tests else "its test has no result"
            yield Line(State.CANNOT_TELL, f"{start}: {told}.", (name,))
        elif name in held:
            yield Line(State.GAP, f"{start}: evidence is there, and no item could be tested.", (name,))
        else:
            yield Line(State.GAP, f"{start} has not run, and no evidence is there.", (name,))


def gap_lines(results: Sequence[CheckResult]) -> Iterator[Line]:
    """Yield a line per critical check of Q1 to Q3."""
    for each in results:
        if each.check.critical and each.check.heading in questions()[:3]:
            controls = tuple(sorted({name for line in each.of(State.GAP) for name in line.controls}))
            yield Line(
                each.state,
                f"{each.check.check_id}: {each.check.title}: {each.state}.",
                controls,
                item=each.check.check_id,
            )


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether to start: ok = start, gap = do not start yet, cannot tell = find out first."""

    state: State
    statement: Statement


def gate_of(results: Sequence[CheckResult]) -> Gate:
    """Return the recommendation from the two checks of the gate."""
    two = [each for each in results if each.check.heading == "period_start"]
    state = state_of([line for each in two for line in each.lines])
    not_run, critical = (len(each.of(state)) for each in two)
    open_points = f"{not_run} of the controls, {critical} of the critical checks of Q1 to Q3"
    told = {
        State.OK: "Recommended: start the period. Each control ran once with evidence, and Q1 to Q3 are clear.",
        State.GAP: f"Recommended: do not start the period yet. Gaps: {open_points}.",
        State.CANNOT_TELL: f"Recommended: find out first, then decide on the start. Not known: {open_points}.",
    }[state]
    data = tuple(f"check: {each.check.check_id} {each.state}" for each in two)
    return Gate(state, Statement(told, known_checks()["period_start/each_control_ran"].rule, data))
