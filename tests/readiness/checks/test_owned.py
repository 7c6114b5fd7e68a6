"""Q1, every control owned: one owner, performer, evidence owner and deputy, who are people who work here."""

from datetime import timedelta

import pytest

from twofold.readiness.check import State

from .check_world import END, World, day


def role(person: str | None, name: str = "owner", control: str = "AC-03") -> dict[str, object]:
    return {"control": control, "role": name, "person": person, "system": ""}


def works(person: str, end: object = None) -> dict[str, object]:
    return {
        "id": f"e-{person}",
        "person": person,
        "type": "employee",
        "started_at": day("2024-01-01"),
        "effective_end": end,
    }


@pytest.mark.parametrize(("person", "state"), [("p-1", State.OK), (None, State.GAP)])
def test_a_role_is_held_or_missing(person: str | None, state: State) -> None:
    assert World("owned/roles_filled").add("assignment", role(person, "deputy")).state() is state


def test_an_owner_works_here_left_or_is_unknown() -> None:
    world = World("owned/active_people").add(
        "assignment", role("p-1"), role("p-2"), role("p-3"), role("p-4"), role("p-5")
    )
    world.add("engagement", works("p-1"), works("p-2", day("2026-10-01")))
    world.add("person", {"id": "p-4", "name": "A board member"}, {"id": "p-5", "name": "Security team"})

    found = {line.person: line.state for line in world.result().lines}

    assert found == {
        "p-1": State.OK,
        "p-2": State.GAP,
        "p-3": State.GAP,
        "p-4": State.CANNOT_TELL,
        "p-5": State.GAP,
    }


def test_without_the_list_of_hr_nobody_can_be_told_to_work_here() -> None:
    world = World("owned/active_people").add("assignment", role("p-1")).add("engagement", works("p-1"))

    assert world.without("engagement").state() is State.CANNOT_TELL


@pytest.mark.parametrize(("controls", "state"), [(15, State.OK), (16, State.GAP)])
def test_an_owner_holds_so_many_controls(controls: int, state: State) -> None:
    world = World("owned/owner_load").add("assignment", *(role("p-1", control=f"C-{n}") for n in range(controls)))

    assert world.state() is state


def confirmed(at: object, logged: object) -> World:
    world = World("owned/owner_confirmed").add("assignment", role("p-1"))
    world.add(
        "control_confirmation",
        {"id": "1", "control": "AC-03", "person": "p-1", "confirmed_at": at, "extracted_at": END},
    )
    return world.add("capture", {"evidence": "ev-1", "captured_at": logged})


@pytest.mark.parametrize(("days", "state"), [(90, State.OK), (91, State.GAP)])
def test_a_confirmation_is_at_most_90_days_old(days: int, state: State) -> None:
    at = END - timedelta(days=days)

    assert confirmed(at, at).state() is state


@pytest.mark.parametrize(
    ("at", "logged"),
    [(END, END - timedelta(days=200)), (END - timedelta(days=200), END)],
    ids=["a date typed later than the log", "an old date logged today"],
)
def test_the_oldest_of_date_and_log_counts(at: object, logged: object) -> None:
    assert confirmed(at, logged).state() is State.GAP


def test_who_never_confirmed_is_not_known_to_own_it() -> None:
    assert World("owned/owner_confirmed").add("assignment", role("p-1")).state() is State.CANNOT_TELL


def test_nobody_reviews_their_own_work() -> None:
    def world(performer: str | None) -> World:
        return World("owned/performer_not_reviewer").add(
            "assignment", role("p-1", control="AC-05"), role(performer, "performer", "AC-05")
        )

    assert world("p-2").state() is State.OK
    assert world("p-1").state() is State.GAP
    assert world(None).state() is State.CANNOT_TELL
    signed = {"control": "AC-05", "role": "reviewer", "person": "p-2"}
    assert world("p-2").add("signed", signed).state() is State.GAP
    roster = {"scope": "billing", "duty": "review", "person": "p-2", "valid_from": day("2026-01-01")}
    assert world("p-2").add("roster", roster).state() is State.GAP
    assert world("p-2").add("roster", {**roster, "valid_to": day("2026-06-01")}).state() is State.OK
