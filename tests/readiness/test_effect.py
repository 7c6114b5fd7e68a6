"""The fix list: critical first, gaps before what cannot be told, then by what a repair unblocks."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from twofold.catalog.load import load_catalog
from twofold.readiness.check import Check, CheckResult, Line, State
from twofold.readiness.check_files import known_checks
from twofold.readiness.effect import fixes

CONTROLS = {str(name): control for name, control in load_catalog().controls.items()}
BASE = known_checks()["owned/roles_filled"]


def result(name: str, *, critical: bool, state: State, controls: tuple[str, ...]) -> CheckResult:
    check: Check = replace(BASE, check_id=name, critical=critical)
    return CheckResult(check, (Line(state, "text", controls),), ("scope: entry 1",))


some = st.builds(
    result,
    st.text("abc", min_size=1, max_size=3),
    critical=st.booleans(),
    state=st.sampled_from(State),
    controls=st.lists(st.sampled_from(sorted(CONTROLS)), max_size=3).map(tuple),
)


@given(st.lists(some, max_size=6))
def test_order_and_what_is_left_out(results: list[CheckResult]) -> None:
    found = fixes(results, CONTROLS)

    assert len(found) == sum(each.state is not State.OK for each in results)
    places = [(not fix.critical, fix.state is not State.GAP, -len(fix.criteria), -len(fix.controls)) for fix in found]
    assert places == sorted(places)


def test_a_fix_says_why_it_stands_there() -> None:
    (fix,) = fixes([result("owned/x", critical=True, state=State.GAP, controls=("AC-01",))], CONTROLS)

    assert fix.because == "holds back the start of a period; unblocks 2 criteria, 1 control, 1 line"
    assert fix.criteria == ("CC6.2", "CC6.3")
    assert fix.statement.data == ("scope: entry 1",)
