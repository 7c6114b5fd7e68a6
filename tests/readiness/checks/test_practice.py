"""Q3, do policies match practice: promised numbers against the 95th percentile, tools, controls and each other."""

import pytest

from twofold.readiness.check import State

from .check_world import World, day

VERSION = {"policy": "access", "version": "3", "effective_at": day("2026-01-01")}


def number(value: int = 2, bound: str = "at_most", **given: object) -> dict[str, object]:
    return {
        "policy": "access",
        "version": "3",
        "measure": "leaver_removal",
        "bound": bound,
        "value": value,
        "unit": "day",
        **given,
    }


def measured(*values: int, unit: str = "day") -> list[dict[str, object]]:
    return [
        {"id": f"m-{place}", "measure": "leaver_removal", "value": value, "unit": unit, "holds_from": day("2026-10-01")}
        for place, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "state"),
    [([1] * 19 + [9], State.OK), ([1] * 18 + [9, 9], State.GAP), ([], State.CANNOT_TELL)],
    ids=["one of twenty is beyond the 95th", "two of twenty are not", "nobody measured"],
)
def test_the_95th_percentile_decides(values: list[int], state: State) -> None:
    world = World("practice/numbers_kept").add("policy_version", VERSION).add("policy_number", number())

    assert world.add("measured_value", *measured(*values)).state() is state


@pytest.mark.parametrize(
    ("bound", "values", "state"),
    [
        ("at_least", [2, 3], State.OK),
        ("at_least", [1, 3], State.GAP),
        ("exactly", [2, 2], State.OK),
        ("exactly", [2, 3], State.GAP),
    ],
)
def test_other_bounds(bound: str, values: list[int], state: State) -> None:
    world = World("practice/numbers_kept").add("policy_version", VERSION).add("policy_number", number(bound=bound))

    assert world.add("measured_value", *measured(*values)).state() is state


def test_only_the_version_in_force_and_values_of_the_window_count() -> None:
    world = World("practice/numbers_kept").add(
        "policy_version", VERSION, {**VERSION, "version": "4", "effective_at": day("2027-01-01")}
    )
    world.add("policy_number", number(), number(0, version="4"))
    old = [{**each, "holds_to": day("2026-02-01"), "holds_from": day("2026-01-01")} for each in measured(9)]

    assert world.add("measured_value", *measured(1), *old).state() is State.OK


def test_a_value_in_another_unit_measures_nothing() -> None:
    world = World("practice/numbers_kept").add("policy_version", VERSION).add("policy_number", number())

    assert world.add("measured_value", *measured(1, unit="hour")).state() is State.CANNOT_TELL


@pytest.mark.parametrize(("value", "state"), [(2, State.OK), (5, State.GAP)])
def test_a_control_test_is_set_to_the_number(value: int, state: State) -> None:
    world = World("practice/numbers_in_tools").add("policy_version", VERSION).add("policy_number", number())

    assert (
        world.add("parameter_in_force", {"control_test": "T-03", "name": "sla_business_days", "value": value}).state()
        is state
    )


@pytest.mark.parametrize(("value", "state"), [("14", State.OK), ("8", State.GAP), ("long", State.CANNOT_TELL)])
def test_a_tool_is_set_to_the_number(value: str, state: State) -> None:
    world = World("practice/numbers_in_tools").add("policy_version", VERSION)
    world.add("policy_number", number(12, "at_least", measure="password_min_length"))
    seen = {"system": "okta", "object": "default", "setting": "password_min_length"}
    world.add("setting_state", {**seen, "value": value, "observed_at": day("2026-10-01")})
    world.add("setting_state", {**seen, "value": "1", "observed_at": day("2026-01-01")})

    assert world.state() is state


def test_a_promise_has_a_control_that_the_company_runs() -> None:
    def world(measure: str = "leaver_removal") -> World:
        return World("practice/promise_without_control").add("policy_number", number(measure=measure))

    assert world().add("control", {"control": "AC-03"}).state() is State.OK
    assert world().state() is State.GAP
    assert world("gift_limit").add("control", {"control": "AC-03"}).state() is State.GAP


def test_a_control_has_a_policy_in_force() -> None:
    def world(**version: object) -> World:
        new = World("practice/control_without_policy").add("control", {"control": "AC-03", "title": "Termination"})
        new.add("policy", {"id": "p1", "title": "Access policy"})
        return new.add("policy_version", {**VERSION, "policy": "p1", **version})

    assert world().state() is State.OK
    assert world(withdrawn_at=day("2026-06-01")).state() is State.GAP
    assert world(effective_at=None).state() is State.GAP


def test_documents_in_force_agree() -> None:
    def world(other: int) -> World:
        new = World("practice/policies_disagree").add("policy_version", VERSION, {**VERSION, "policy": "handbook"})
        return new.add("policy_number", number(), number(other, policy="handbook"))

    assert world(2).state() is State.OK
    assert world(5).state() is State.GAP


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ("erp", "crm", State.OK),
        ("erp", "erp", State.GAP),
        ("erp", None, State.GAP),
        (None, "erp", State.GAP),
        ("erp", "company", State.GAP),
        ("company", "erp", State.GAP),
    ],
)
def test_documents_of_two_systems_may_promise_two_numbers(first: str | None, second: str | None, state: State) -> None:
    world = World("practice/policies_disagree").add("policy_version", VERSION, {**VERSION, "policy": "handbook"})
    world.add("policy", {"id": "access", "system": first}, {"id": "handbook", "system": second})

    assert world.add("policy_number", number(), number(5, policy="handbook")).state() is state


def test_of_three_systems_only_two_documents_of_one_disagree() -> None:
    policies = {"access": ("erp", 2), "handbook": ("crm", 5), "crm-rules": ("crm", 7)}
    world = World("practice/policies_disagree")
    for policy, (system, value) in policies.items():
        world.add("policy_version", {**VERSION, "policy": policy}).add("policy", {"id": policy, "system": system})
        world.add("policy_number", number(value, policy=policy))

    assert world.state() is State.GAP
    assert "2 day in access (erp)" in world.result().lines[0].text


@pytest.mark.parametrize(
    ("of", "seen", "state"),
    [
        ("erp", "crm", State.CANNOT_TELL),
        ("erp", "erp", State.GAP),
        ("erp", "company", State.GAP),
        ("erp", None, State.GAP),
        ("company", "crm", State.GAP),
        (None, "crm", State.GAP),
    ],
)
def test_a_policy_of_one_system_is_measured_there(of: str | None, seen: str | None, state: State) -> None:
    world = World("practice/numbers_kept").add("policy_version", VERSION).add("policy", {"id": "access", "system": of})
    world.add("policy_number", number())

    assert world.add("measured_value", *({**each, "system": seen} for each in measured(9))).state() is state


def test_values_of_two_systems_are_ranked_apart_for_their_policies() -> None:
    world = World("practice/numbers_kept")
    for system, value in {"erp": 2, "crm": 9}.items():
        world.add("policy_version", {**VERSION, "policy": system}).add("policy", {"id": system, "system": system})
        world.add("policy_number", number(value, policy=system))
        world.add(
            "measured_value", *({**each, "id": f"{system}-{each['id']}", "system": system} for each in measured(value))
        )

    assert world.state() is State.OK
    assert ["of 1 values" in line.text for line in world.result().lines] == [True, True]
