"""The start gate of a Type 2 period: start only when every key control ran at least once with evidence.

A key control here is one that the company runs and that a criterion of the report relies on. An item that passed is a
run with evidence. Source: audit-domain 7, period start gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control, Frequency
from twofold.model.statement import Statement
from twofold.scope.advice.measured import ControlMeasure, Measured
from twofold.scope.advice.scope_facts import ScopeFacts
from twofold.scope.advice.worded import listed, number, say

_LOOKED = frozenset({"tested", "did_not_occur"})


class Gate(StrEnum):
    """Whether the period may start; BY_HAND: only controls are left of which a person shows a run."""

    OPEN = "open"
    BY_HAND = "by_hand"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GateLine:
    """One key control: `ran` is None where no rule can show it: none tests it, or nothing called for it."""

    control_id: str
    ran: bool | None
    statement: Statement


@dataclass(frozen=True, slots=True)
class StartGate:
    """The gate with a line per key control, those that hold it closed first."""

    gate: Gate
    statement: Statement
    lines: tuple[GateLine, ...]


def key_controls(catalog: Catalog, facts: ScopeFacts, categories: Sequence[str]) -> list[Control]:
    """Return the controls that criteria of these categories rely on, only those of the scope where it names any."""
    wanted = {each.criterion_id for each in catalog.criteria_for(categories)}
    return [
        each
        for each in catalog.controls.values()
        if "soc2" in each.lenses
        and not wanted.isdisjoint(each.criteria)
        and (not facts.controls or each.control_id in facts.controls)
    ]


def start_gate(controls: Sequence[Control], measured: Measured, facts: ScopeFacts) -> StartGate:
    """Return the gate; without runs or scope it says what is missing."""
    if not facts.applied or measured.clock is None:
        why = (
            "no control test was run (twofold test)" if facts.applied else "no scope was applied (twofold scope apply)"
        )
        statement = say("window.gate_unknown", (*facts.data, "run: none"), why=why)
        return StartGate(Gate.UNKNOWN, statement, ())
    lines = sorted((_line(each, measured.of(each.control_id)) for each in controls), key=_order)
    closed = [each.control_id for each in lines if each.ran is False]
    by_hand = [each.control_id for each in lines if each.ran is None]
    data = tuple(name for each in lines for name in each.statement.data) or facts.data
    count = number(len(lines), "key control")
    if closed:
        statement = say("window.gate_closed", data, closed=len(closed), count=count, names=listed(closed))
        return StartGate(Gate.CLOSED, statement, tuple(lines))
    if by_hand:
        return StartGate(Gate.BY_HAND, say("window.gate_by_hand", data, names=listed(by_hand)), tuple(lines))
    return StartGate(Gate.OPEN, say("window.gate_open", data, count=count), tuple(lines))


def _line(control: Control, tests: Sequence[ControlMeasure]) -> GateLine:
    if not tests:
        state = "no rule tests it: show one run by hand"
        said = say("window.gate_control", (f"catalog: {control.control_id}",), control=control.control_id, state=state)
        return GateLine(control.control_id, None, said)
    ran: bool | None = any(each.passed for each in tests)
    states = "; ".join(_state(each) for each in tests if not ran or each.passed)
    if control.frequency is Frequency.EVERY_EVENT and all(each.state in _LOOKED and not each.items for each in tests):
        ran, states = None, "nothing has called for it yet: exercise it once, or show its design by hand"
    said = say("window.gate_control", [each.data for each in tests], control=control.control_id, state=states)
    return GateLine(control.control_id, ran, said)


def _state(test: ControlMeasure) -> str:
    name = test.control_test
    if test.state == "stopped":
        return f"the population of {name} is not proven, so nothing shows a run"
    if test.state == "not_run":
        return f"{name} has not been run"
    if not test.items:
        return f"{name} found no item that counts, so nothing shows a run"
    if not test.passed:
        return f"none of {number(test.items, 'item')} of {name} passed"
    return f"ran: {test.passed:,} of {number(test.items, 'item')} of {name} passed"


def _order(line: GateLine) -> tuple[int, str]:
    return ({False: 0, None: 1, True: 2}[line.ran], line.control_id)
