"""The gate at the start of a period."""

from dataclasses import replace

from twofold.catalog.load import load_catalog
from twofold.readiness.check import CheckResult, Line, State
from twofold.readiness.check_files import known_checks
from twofold.readiness.freshness import Freshness
from twofold.readiness.gate import gap_lines, gate_of, ran_lines

CATALOG = load_catalog()
CONTROLS = {name: CATALOG.control(name) for name in ("AC-03", "CM-01", "OP-02", "AC-11", "AC-10")}
HELD = Freshness("CM-01", "deployment", 31, 1, 1, 0, 0, 0, alert=False, evidence=("ev-1",), flags=(), stale_weeks=())


def result(name: str, state: State) -> CheckResult:
    return CheckResult(known_checks()[name], (Line(state, "text", ("AC-03",)),), ("scope: entry 1",))


def test_a_control_ran_with_evidence_or_not() -> None:
    lines = ran_lines(CONTROLS, {"AC-03": 4, "CM-01": 0, "OP-02": 0}, [HELD], {"AC-11": ("ev-9",)})

    found = {line.controls[0]: line.state for line in lines}

    assert found == {
        "AC-03": State.OK,
        "CM-01": State.GAP,
        "OP-02": State.GAP,
        "AC-11": State.OK,
        "AC-10": State.CANNOT_TELL,
    }


def test_only_critical_checks_of_the_first_three_questions_hold_back() -> None:
    named = ["owned/roles_filled", "owned/owner_load", "report/design_gaps", "vendors/tiered"]

    lines = list(gap_lines([result(name, State.GAP) for name in named]))

    assert [line.item for line in lines] == ["owned/roles_filled"]
    assert lines[0].controls == ("AC-03",)


def test_the_recommendation() -> None:
    def recommended(ran: State, critical: State) -> State:
        two = [result("period_start/each_control_ran", ran), result("period_start/no_critical_gap", critical)]
        return gate_of(two).state

    assert recommended(State.OK, State.OK) is State.OK
    assert recommended(State.OK, State.GAP) is State.GAP
    assert recommended(State.CANNOT_TELL, State.OK) is State.CANNOT_TELL
    text = gate_of(
        [replace(result("period_start/no_critical_gap", State.GAP)), result("period_start/each_control_ran", State.OK)]
    )
    assert "do not start" in text.statement.text
