"""What a plan says of who has controls: the difference in people, whatever entries say it."""

from datetime import date

from twofold.scope.load import read_scope
from twofold.scope.plan import ScopePlan, plan
from twofold.scope.plan_text import control_lines, plan_dict, plan_lines, plan_text

TODAY = date(2026, 3, 15)
SYSTEMS = "systems: [{id: a, layer: application, owner: p}, {id: b, layer: database, owner: p}]\n"


def changed(old: str, new: str) -> ScopePlan:
    before, after = (
        read_scope({"a.yaml": f"{SYSTEMS}controls: [{each}]\n".encode()}, reporting_zone="UTC") for each in (old, new)
    )
    return plan(before, after, today=TODAY)


def test_an_entry_that_goes_on_with_others_is_one_change() -> None:
    found = changed(
        "{id: AC-01, owner: p-1, deputy: p-9, from: 2025-01-01}",
        "{id: AC-01, owner: p-1, deputy: p-9, from: 2025-01-01, to: 2026-04-01}, "
        "{id: AC-01, owner: p-2, from: 2026-04-01}",
    )
    line = "~ AC-01 owner p-1 -> p-2, deputy p-9 -> nobody from 2026-04-01"
    assert plan_lines(found) == [f"Who has controls: {line}"]
    assert control_lines(found, "AC-01", {"p-1": "Ana"}) == [line.replace("p-1", "Ana")]
    assert control_lines(found, "AC-02", {}) == []
    assert found.back_dated == ()
    assert plan_dict(found)["controls"]["held"][0]["changes"]["owner"] == {"before": "p-1", "after": "p-2"}


def test_a_named_system_wins_and_falls_back() -> None:
    found = changed("{id: AC-01, owner: p-1}", "{id: AC-01, owner: p-1}, {id: AC-01, owner: p-2, systems: [a]}")
    assert [(each.systems, each.parts, each.began) for each in found.held] == [
        (("a",), (("owner", "p-1", "p-2"),), False)
    ]
    assert all(each.back_dated for each in found.held)
    back = changed("{id: AC-01, owner: p-1, systems: [a, b]}", "{id: AC-01, owner: p-1, systems: [a], to: 2026-05-01}")
    assert [(each.systems, each.ended) for each in back.held] == [(("a",), True), (("b",), True)]


def test_controls_that_change_alike_share_a_line() -> None:
    old = ", ".join(f"{{id: AC-0{number}, owner: p-1}}" for number in (1, 2, 3))
    found = changed(old, old.replace("p-1", "p-2", 2))
    assert plan_lines(found) == ["Who has controls: ~ AC-01, AC-02 owner p-1 -> p-2 always (back-dated)"]


def test_the_same_difference_is_one_though_entries_divide_it() -> None:
    old = "{id: AC-01, owner: p-1}, {id: AC-01, owner: p-1, deputy: p-9, systems: [a], from: 2026-05-01}"
    found = changed(old, old.replace("owner: p-1", "owner: p-2"))
    assert [(each.systems, each.parts) for each in found.held] == [((), (("owner", "p-1", "p-2"),))]


def test_controls_that_are_judged_or_no_longer() -> None:
    found = changed("{id: AC-01, owner: p-1}", "{id: AC-02, owner: p-1, from: 2026-04-01}")
    assert (found.controls_chosen, found.controls_given_up) == (("AC-02",), ("AC-01",))
    assert "Controls judged\n  + AC-02\n  - AC-01\n\nWho has controls\n  - AC-01  owner p-1  always" in plan_text(found)
    first = changed("", "{id: AC-01, owner: p-1}")
    assert first.controls_chosen == ()
    assert any("From now on only those that the files name" in each for each in first.warnings)
    assert any("all controls of the catalog" in each for each in changed("{id: AC-01}", "").warnings)


def test_other_words_for_the_same_are_still_told() -> None:
    found = changed(
        "{id: AC-01, owner: p-1}", "{id: AC-01, owner: p-1, to: 2026-05-01}, {id: AC-01, owner: p-1, from: 2026-05-01}"
    )
    assert found.held == ()
    assert found.changes
    assert len([each for each in plan_lines(found) if each.startswith("Who has controls, in other words")]) == 3
