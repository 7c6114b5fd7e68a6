"""The three answers of a check follow from its lines: laws over any lines."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from twofold.model.statement import AdviceRule
from twofold.readiness.check import Check, CheckResult, Line, State, state_of

RULE = AdviceRule("readiness.owned.x", "audit-domain 7", date(2026, 11, 23))
CHECK = Check("owned/x", "owned", "A title", "Do it.", critical=True, rule=RULE, computed=True)
GOOD = {State.GAP: 0, State.CANNOT_TELL: 1, State.OK: 2}
"""A better answer has a higher number."""
states = st.sampled_from(State)
controls = st.sampled_from([(), ("AC-01",), ("AC-01", "CM-01")])
systems = st.sampled_from(["", "erp", "okta"])
lines = st.lists(st.builds(Line, states, st.just("text"), controls, systems), max_size=8)


def result(found: list[Line]) -> CheckResult:
    return CheckResult(CHECK, tuple(found), ("scope: entry 1",))


@given(lines)
def test_counts_close(found: list[Line]) -> None:
    got = result(found)

    assert sum(len(got.of(state)) for state in State) == len(found)
    assert str(got.state) in got.statement().text


@given(lines, st.data())
def test_evidence_that_was_missing_never_lowers(found: list[Line], data: st.DataObject) -> None:
    unknown = [place for place, line in enumerate(found) if line.state is State.CANNOT_TELL]
    filled = list(found)
    if unknown:
        filled[data.draw(st.sampled_from(unknown))] = Line(State.OK, "it is there now")

    assert GOOD[state_of(filled)] >= GOOD[state_of(found)]
    if state_of(found) is State.OK:
        assert state_of([*found, Line(State.OK, "one more")]) is State.OK


@given(lines, st.data())
def test_evidence_that_is_taken_away_never_raises(found: list[Line], data: st.DataObject) -> None:
    good = [place for place, line in enumerate(found) if line.state is State.OK]
    poorer = list(found)
    if good:
        poorer[data.draw(st.sampled_from(good))] = Line(State.CANNOT_TELL, "it is gone")

    assert GOOD[state_of(poorer)] <= GOOD[state_of(found)]


def test_nothing_looked_at_is_cannot_tell() -> None:
    assert state_of([]) is State.CANNOT_TELL


@given(lines, st.sampled_from(["AC-01", "CM-01"]), st.sampled_from(["", "erp"]))
def test_a_limited_result_keeps_what_speaks_for_all(found: list[Line], control: str, system: str) -> None:
    kept = result(found).limited(control=control, system=system).lines

    assert all(not line.controls or control in line.controls for line in kept)
    assert [line for line in found if not line.controls and not line.system] == [
        line for line in kept if not line.controls and not line.system
    ]
