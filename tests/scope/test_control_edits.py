"""Who has a control, changed from a day on: what held before stays, and only what was asked is written."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.model.instant import parse_boundary
from twofold.model.problem import UserError
from twofold.scope.edits.edit import ControlHeld, ControlReleased, Edit, edits_as_json, read_edits, sentences
from twofold.scope.edits.written import edited_files
from twofold.scope.load import read_scope
from twofold.scope.register import Scope

DAY = date(2026, 3, 1)
SYSTEMS = "systems: [{id: a, layer: application}, {id: b, layer: database}, {id: c, layer: database}]\n"
FLOW = """controls:
  # access
  - {id: AC-01, owner: p-1, deputy: p-9, from: 2025-01-01}   # since the reorganisation
  - {id: AC-02, owner: p-1}

# Thresholds, each with reason and approver.
parameters: []
"""
BLOCK = """controls:
- id: AC-01
  owner: p-1  # Ana
  systems:
  - a   # the old one
  - b

# Thresholds.
parameters: []
"""


def edited(text: str, *edits: Edit) -> str:
    content = {"s.yaml": SYSTEMS.encode(), "c.yaml": text.encode()}
    written = edited_files(content, edits, reason="because", approver="p-0009", zone="UTC")
    read_scope({**content, **written}, reporting_zone="UTC")
    return written.get("c.yaml", text.encode()).decode()


def scope(text: str) -> Scope:
    return read_scope({"s.yaml": SYSTEMS.encode(), "c.yaml": text.encode()}, reporting_zone="UTC")


def differing(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that are gone and those that are new."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_an_entry_ends_with_the_day_and_another_goes_on() -> None:
    edits = [ControlHeld(control=each, day=DAY, owner="p-2", deputy="") for each in ("AC-01", "AC-02")]
    assert edited(FLOW, *edits) == (
        "controls:\n"
        "  # access\n"
        "  - {id: AC-01, owner: p-1, deputy: p-9, from: 2025-01-01, to: 2026-03-01} # since the reorganisation\n"
        "  - {id: AC-01, owner: p-2, from: 2026-03-01}\n"
        "  - {id: AC-02, owner: p-1, to: 2026-03-01}\n"
        "  - {id: AC-02, owner: p-2, from: 2026-03-01}\n"
        "\n"
        "# Thresholds, each with reason and approver.\n"
        "parameters: []\n"
    )


def test_only_some_systems_of_an_entry_go_to_somebody_else() -> None:
    assert edited(BLOCK, ControlHeld(control="AC-01", day=DAY, performer="p-3", systems=("b", "c"))) == (
        "controls:\n"
        "- id: AC-01\n"
        "  owner: p-1  # Ana\n"
        "  systems:\n"
        "  - a   # the old one\n"
        "  - b\n"
        "  to: 2026-03-01\n"
        "- id: AC-01\n"
        "  owner: p-1\n"
        "  systems: [a]\n"
        "  from: 2026-03-01\n"
        "- id: AC-01\n"
        "  owner: p-1\n"
        "  performer: p-3\n"
        "  systems: [b]\n"
        "  from: 2026-03-01\n"
        "- {id: AC-01, performer: p-3, systems: [c], from: 2026-03-01}\n"
        "\n"
        "# Thresholds.\n"
        "parameters: []\n"
    )


def test_a_day_on_which_an_entry_begins_changes_it_in_place() -> None:
    after = edited(FLOW, ControlHeld(control="AC-01", day=date(2025, 1, 1), performer="p-3"))
    assert "{id: AC-01, owner: p-1, performer: p-3, deputy: p-9, from: 2025-01-01}" in after
    assert after.count("AC-01") == 1


def test_what_is_so_already_writes_nothing() -> None:
    assert edited(FLOW, ControlHeld(control="AC-01", day=DAY, owner="p-1")) == FLOW


def test_a_control_that_nobody_had() -> None:
    after = edited(FLOW, ControlHeld(control="CM-01", day=DAY, owner="p-2", systems=("a",)))
    assert differing(FLOW, after) == ([], ["  - {id: CM-01, owner: p-2, systems: [a], from: 2026-03-01}"])


def test_the_first_control_of_a_workspace() -> None:
    contents = {"s.yaml": SYSTEMS.encode()}
    written = edited_files(
        contents, [ControlHeld(control="AC-01", day=DAY, owner="p")], reason="r", approver="p", zone="UTC"
    )
    assert list(written) == ["controls.yaml"]
    assert "  - {id: AC-01, owner: p, from: 2026-03-01}\n" in written["controls.yaml"].decode()
    empty = "# Who.\ncontrols: []\n# controls:\n#   - {id: AC-03}\n\n# Thresholds\nparameters: []\n"
    after = edited(empty, ControlHeld(control="AC-01", day=DAY, owner="p"))
    assert differing(empty, after) == (["controls: []"], ["controls:", "  - {id: AC-01, owner: p, from: 2026-03-01}"])


def test_it_is_given_back() -> None:
    after = edited(BLOCK, ControlReleased(control="AC-01", day=DAY, systems=("b",)))
    assert differing(BLOCK, after) == ([], ["  to: 2026-03-01", "  owner: p-1", "  systems: [a]", "  from: 2026-03-01"])
    assert "to: 2026-03-01" in edited(FLOW, ControlReleased(control="AC-01", day=DAY))
    assert "AC-02" not in edited(
        FLOW.replace("owner: p-1}", "from: 2027-01-01}"), ControlReleased(control="AC-02", day=DAY)
    )
    with pytest.raises(UserError, match="no entry of AC-01 that is meant holds"):
        edited(FLOW, ControlReleased(control="AC-01", day=DAY, systems=("a",)))


def test_alike_edits_share_a_sentence_and_are_kept_as_json() -> None:
    alike = tuple(ControlHeld(control=f"AC-{n:02}", day=DAY, owner="p-2", deputy="") for n in range(6))
    other = ControlReleased(control="CM-01", day=DAY, systems=("a",))
    edits: tuple[Edit, ...] = (*alike[:3], other, *alike[3:])
    assert read_edits(edits_as_json(edits)) == edits
    named = "AC-00, AC-01, AC-02, AC-03"
    assert sentences(edits, short=True) == [
        f"6 controls have owner p-2, no deputy from 2026-03-01: {named} and 2 more.",
        "CM-01 is no longer held from 2026-03-01, for a.",
    ]
    assert f"{named}, AC-04, AC-05." in sentences(edits)[0]
    with pytest.raises(ValueError, match="give at least one"):
        ControlHeld(control="AC-01", day=DAY)


SAMPLES = [date(2026, 1, 1) + timedelta(days=15 * number) for number in range(12)]
PEOPLE = st.sampled_from(["p-1", "p-2", "p-3"])
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b", "a, b", "c"]),
        st.sampled_from(SAMPLES[:8]),
        st.sampled_from([None, *SAMPLES[4:]]),
        PEOPLE,
    ),
    max_size=5,
)
CHANGES = st.tuples(
    st.sampled_from(SAMPLES[2:8]),
    st.sampled_from([None, (), ("a",), ("a", "b"), ("b", "c")]),
    st.one_of(st.none(), PEOPLE, st.just("")),
    st.one_of(st.none(), PEOPLE),
)


def people(scope: Scope, system: str, day: date) -> tuple[str, str] | None:
    """Return owner and deputy of AC-01 on a day; None where no entry is for the system."""
    held = scope.assignment(control_id="AC-01", system=system, at=parse_boundary(day.isoformat(), zone="UTC"))
    return None if held is None else (held.owner or "", held.deputy or "")


@settings(max_examples=100)
@given(ENTRIES, CHANGES)
def test_before_the_day_nothing_moves_and_after_it_only_what_is_meant(
    entries: list[tuple[str, date, date | None, str]],
    change: tuple[date, tuple[str, ...] | None, str | None, str | None],
) -> None:
    lines = [
        f"  - {{id: AC-01, owner: {owner}, systems: [{systems}], from: {start}{f', to: {end}' if end else ''}}}"
        for systems, start, end, owner in entries
    ]
    text = "\n".join(["controls:", *(lines or ["  []"]), ""])
    try:
        before = scope(text)
    except UserError:
        return
    day, systems, owner, deputy = change
    if owner is None and deputy is None:
        return
    edit = ControlHeld(control="AC-01", day=day, systems=systems, owner=owner, deputy=deputy)
    after = scope(edited(text, edit))
    for at in SAMPLES:
        for system in ("a", "b", "c", "other"):
            was, now = people(before, system, at), people(after, system, at)
            expected = was
            if at >= day and _meant(before, system, at, systems):
                had = was or ("", "")
                expected = (had[0] if owner is None else owner, had[1] if deputy is None else deputy)
            filled = at >= day and was is None
            assert now == expected or (filled and now in {None, (owner or "", deputy or "")}), (system, at)
            if at == day and _meant(before, system, at, systems) and was is not None:
                assert now == expected


def _meant(scope: Scope, system: str, day: date, systems: tuple[str, ...] | None) -> bool:
    if systems is None:
        return True
    if systems:
        return system in systems
    moment = parse_boundary(day.isoformat(), zone="UTC")
    return not any(system in each.systems for each in scope.controls if moment in each.stretch)
