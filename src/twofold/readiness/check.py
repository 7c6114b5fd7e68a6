"""A readiness check, what it looked at line by line, and the one of three answers that follows.

The answer is ok, gap, or cannot tell, and it follows from the lines alone: one gap makes a gap, else one line that
cannot be told makes cannot tell, and no line at all is cannot tell too, since a check never says ok because data are
missing (audit-domain 7). There is no score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from twofold.model.statement import AdviceRule, Statement


class State(StrEnum):
    """What a line or a check says."""

    OK = "ok"
    GAP = "gap"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A threshold as dated data: its value, unit, and where it comes from."""

    name: str
    value: int
    unit: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a check looked at, and what it found.

    at: UTC time as ISO text that the line is about, "" where it is about no moment; week: its ISO week in the
    reporting zone, for example 2026-W46. evidence: ids of captured evidence.
    """

    state: State
    text: str
    controls: tuple[str, ...] = ()
    system: str = ""
    at: str = ""
    week: str = ""
    person: str = ""
    item: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One check as its file says it. `sql` is "" where code or control tests give the lines.

    heading: the question or area it belongs to. needs: tables that must be proven for the window. outcomes: control
    test -> attribute letters whose results are the lines, or that `sql` reads. critical: a gap here argues against
    starting a period.
    """

    check_id: str
    heading: str
    title: str
    fix: str
    critical: bool
    rule: AdviceRule
    needs: tuple[str, ...] = ()
    outcomes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sql: str = ""
    computed: bool = False
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer of one check. rests_on: what it was computed from, as `<what>: <which>`, never empty."""

    check: Check
    lines: tuple[Line, ...]
    rests_on: tuple[str, ...]

    @property
    def state(self) -> State:
        """The answer that follows from the lines."""
        return state_of(self.lines)

    def of(self, state: State) -> tuple[Line, ...]:
        """Return the lines with this state."""
        return tuple(line for line in self.lines if line.state is state)

    def statement(self) -> Statement:
        """Return the answer as one sentence, bound to its rule and data."""
        counts = {state: len(self.of(state)) for state in State}
        told = f"{counts[State.OK]:,} ok, {counts[State.GAP]:,} gap, {counts[State.CANNOT_TELL]:,} cannot be told"
        return Statement(f"{self.check.title}: {self.state} ({told}).", self.check.rule, self.rests_on)

    def limited(self, *, control: str = "", system: str = "") -> "CheckResult":
        """Return the result with the lines of one control or system, and those that speak for all of them.

        A line that names no control speaks for every control, and so with systems.
        """
        kept = tuple(
            line
            for line in self.lines
            if (not control or not line.controls or control in line.controls)
            and (not system or not line.system or line.system == system)
        )
        return replace(self, lines=kept)

    def speaks_of(self, *, control: str = "", system: str = "") -> bool:
        """Whether a line names the control and the system that are asked for."""
        return any(
            (not control or control in line.controls) and (not system or line.system == system) for line in self.lines
        )


def state_of(lines: Sequence[Line]) -> State:
    """Return the answer for these lines: a gap, else what cannot be told, else ok; cannot tell without any line."""
    states = {line.state for line in lines}
    if State.GAP in states:
        return State.GAP
    return State.OK if states == {State.OK} else State.CANNOT_TELL
