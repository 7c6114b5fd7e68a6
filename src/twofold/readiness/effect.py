"""The fix list in order of effect: what each repair unblocks, and why it stands where it stands.

Order: repairs that hold back the start of a period first; then by criteria, by controls, by open lines, by name. It is
an order, not a score: the three numbers stand beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twofold.catalog.entries import Control
from twofold.model.statement import Statement
from twofold.readiness.check import CheckResult, State

ORDER = (
    "First what holds back the start of a period (critical), gaps before what cannot be told; "
    "then by how many criteria, controls and open lines a repair unblocks."
)


@dataclass(frozen=True, slots=True)
class Fix:
    """One repair: the check, what to do, and what it unblocks. controls, criteria: ids in order."""

    check_id: str
    state: State
    critical: bool
    statement: Statement
    controls: tuple[str, ...]
    criteria: tuple[str, ...]
    lines: int
    because: str


def fixes(results: Sequence[CheckResult], controls: Mapping[str, Control]) -> list[Fix]:
    """Return a repair per check that is not ok, the one of most effect first.

    The gate is left out: it says again what the others say. A line without a control unblocks lines only.
    """
    found = [
        _fix(each, controls) for each in results if each.state is not State.OK and each.check.heading != "period_start"
    ]
    places = (State.GAP, State.CANNOT_TELL)
    return sorted(
        found,
        key=lambda fix: (
            not fix.critical,
            places.index(fix.state),
            -len(fix.criteria),
            -len(fix.controls),
            -fix.lines,
            fix.check_id,
        ),
    )


def _fix(result: CheckResult, controls: Mapping[str, Control]) -> Fix:
    opened = [line for line in result.lines if line.state is not State.OK]
    named = tuple(sorted({name for line in opened for name in line.controls if name in controls}))
    criteria = tuple(sorted({str(each) for name in named for each in controls[name].criteria}))
    because = (
        f"unblocks {_count(len(criteria), 'criterion', 'criteria')}, {_count(len(named), 'control', 'controls')}, "
    )
    because += _count(len(opened), "line", "lines")
    if result.check.critical:
        because = f"holds back the start of a period; {because}"
    text = f"{result.check.fix} Aim: {result.check.title}."
    return Fix(
        check_id=result.check.check_id,
        state=result.state,
        critical=result.check.critical,
        statement=Statement(text, result.check.rule, result.rests_on),
        controls=named,
        criteria=criteria,
        lines=len(opened),
        because=because,
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
