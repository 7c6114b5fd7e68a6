"""The areas that have a SELECT of their own: joiners and leavers, changes, traceability, incidents, logs, devices."""

from datetime import timedelta

import pytest

from twofold.readiness.check import State

from .check_world import END, World, day


def account(name: str = "okta:ana", **given: object) -> dict[str, object]:
    return {"id": name, "system": "okta", "kind": "human", "status": "active", **given}


def link(person: str, name: str = "okta:ana") -> dict[str, object]:
    return {"account": name, "person": person, "valid_from": day("2025-01-01"), "conflicted": False}


def engagement(person: str, end: object = None, kind: str = "employee") -> dict[str, object]:
    return {"id": f"e-{person}", "person": person, "type": kind, "started_at": day("2025-01-01"), "effective_end": end}


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (engagement("p-1", kind="contractor"), State.GAP),
        (engagement("p-1", day("2026-12-31"), "contractor"), State.OK),
        (engagement("p-1"), State.OK),
    ],
    ids=["no end", "an end", "no contractor at all"],
)
def test_contractors_have_an_end_date(row: dict[str, object], state: State) -> None:
    assert World("joiners_and_leavers/contractors_with_end").add("engagement", row).state() is state


def test_an_empty_list_of_engagements_says_nothing_of_contractors() -> None:
    assert World("joiners_and_leavers/contractors_with_end").state() is State.CANNOT_TELL


def test_hr_and_identity_agree_both_ways() -> None:
    def world(*engagements: dict[str, object]) -> World:
        new = World("joiners_and_leavers/hr_and_identity").add("system", {"id": "okta", "layer": "identity"})
        return new.add("account", account()).add("account_link", link("p-1")).add("engagement", *engagements)

    assert world(engagement("p-1")).state() is State.OK
    assert world(engagement("p-1", day("2026-10-01"))).state() is State.GAP
    assert world(engagement("p-1"), engagement("p-2")).state() is State.GAP


def test_an_account_belongs_to_one_person() -> None:
    def world() -> World:
        return World("joiners_and_leavers/orphans").add("in_scope", {"system": "okta"})

    assert world().add("account", account()).add("account_link", link("p-1")).state() is State.OK
    assert world().add("account", account()).state() is State.GAP
    assert world().add("account", account(kind="service")).state() is State.CANNOT_TELL
    assert world().add("account", account(status="disabled")).state() is State.CANNOT_TELL


def release(number: int, system: str = "billing") -> dict[str, object]:
    return {
        "id": f"d-{number}",
        "system": system,
        "environment": "production",
        "status": "success",
        "started_at": END - timedelta(days=1),
    }


@pytest.mark.parametrize(
    ("emergencies", "releases", "state"), [(2, 40, State.OK), (2, 39, State.GAP), (1, 5, State.OK)]
)
def test_emergencies_are_rare(emergencies: int, releases: int, state: State) -> None:
    world = World("change_approvals/emergency_share").add("deployment", *map(release, range(releases)))
    items = [
        {"control_test": "T-12", "item": f"i-{number}", "system": "billing", "code": "pass", "attribute": "A"}
        for number in range(emergencies)
    ]

    assert world.add("outcome", *items).state() is state


def test_who_may_approve_stands_on_a_dated_roster() -> None:
    def world() -> World:
        return World("change_approvals/roster_dated").add("deployment", release(1))

    roster = {"scope": "billing", "duty": "release", "person": "p-1", "valid_from": day("2026-01-01")}
    assert world().add("roster", roster).state() is State.OK
    assert world().add("roster", {**roster, "scope": "*"}).state() is State.OK
    assert world().add("roster", {**roster, "valid_from": None}).state() is State.GAP
    assert world().add("roster", {**roster, "valid_to": day("2026-06-01")}).state() is State.GAP
    assert world().state() is State.GAP


@pytest.mark.parametrize(
    ("code", "state"),
    [("pass", State.OK), ("exception:no_ticket", State.GAP), ("exception:authorised_late", State.OK)],
    ids=["all links", "no ticket", "late, but linked"],
)
def test_a_missing_link_is_found(code: str, state: State) -> None:
    outcome = {"control_test": "T-10", "item": "d-1/sha", "system": "billing", "attribute": "A", "code": code}

    result = World("traceability/linked_by_key").add("outcome", outcome).result()

    assert result.state is state
    assert any("% of 1 changes" in line.text for line in result.lines)


def ticket(status: str = "done", days: int = 30) -> dict[str, object]:
    return {"key": "CHG-1", "type": "change", "status": status, "created_at": END - timedelta(days=days)}


def test_a_ticket_that_is_done_leads_to_a_change() -> None:
    def world(row: dict[str, object]) -> World:
        new = World("traceability/unmatched_tickets").add("change_type", {"id": "change", "is_change": True})
        return new.add("ticket", row)

    assert world(ticket()).state() is State.GAP
    assert world(ticket()).add("code_commit__tickets", {"value": "CHG-1"}).state() is State.OK
    assert world(ticket("open")).state() is State.CANNOT_TELL
    assert world(ticket(days=3)).state() is State.CANNOT_TELL


def test_each_application_shows_its_changes() -> None:
    def world() -> World:
        new = World("traceability/deployment_log").add("system", {"id": "billing", "layer": "application"})
        return new.add("in_scope", {"system": "billing"})

    assert world().add("deployment", release(1)).state() is State.OK
    assert (
        world().add("extraction__systems", {"table_name": "prod_event", "value": "billing"}).state()
        is State.CANNOT_TELL
    )
    assert world().state() is State.GAP


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([{"form": "live", "completed_at": END - timedelta(days=300)}], State.OK),
        ([{"form": "live", "completed_at": END - timedelta(days=400)}], State.GAP),
        ([{"form": "document_edit", "completed_at": END - timedelta(days=3)}], State.GAP),
        ([], State.GAP),
    ],
)
def test_a_drill_of_the_last_year(rows: list[dict[str, object]], state: State) -> None:
    full = [{"id": "a", "activity": "recovery_exercise", "system": "company", **row} for row in rows]

    assert World("incidents/drills").add("activity_record", *full).state() is state


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"due_at": END - timedelta(days=3)}, State.GAP),
        ({"due_at": END + timedelta(days=3)}, State.OK),
        ({"due_at": END - timedelta(days=3), "closed_at": END - timedelta(days=4)}, State.OK),
        ({}, State.CANNOT_TELL),
    ],
)
def test_actions_of_incidents(given: dict[str, object], state: State) -> None:
    row = {"id": "a-1", "incident": "INC-1", "owner": "p-1", **given}

    assert World("incidents/actions_overdue").add("incident_action", row).state() is state


def test_zero_incidents_are_believed_only_of_a_proven_list() -> None:
    told = {"id": "ev-1", "table_name": "incident", "run_at": END}

    assert World("incidents/zero_recorded").add("extraction", told).state() is State.OK
    assert World("incidents/zero_recorded").add("extraction", told).without("incident").state() is State.CANNOT_TELL
    assert World("incidents/zero_recorded").state() is State.CANNOT_TELL


def test_every_system_sends() -> None:
    def world() -> World:
        return World("logging/every_system_sends").add("in_scope", {"system": "erp"})

    source = {"id": "log-erp", "system": "erp"}
    beat = {"source_id": "log-erp", "seen_at": END - timedelta(days=1)}
    assert world().add("log_source", source).add("heartbeat", beat).state() is State.OK
    assert world().add("log_source", source).state() is State.GAP
    assert world().state() is State.GAP


@pytest.mark.parametrize(
    ("device", "managed", "state"),
    [
        ("mac-1", True, State.OK),
        ("mac-1", False, State.GAP),
        ("mac-2", True, State.GAP),
        (None, True, State.CANNOT_TELL),
    ],
)
def test_devices_that_sign_in_are_managed(device: str | None, managed: bool, state: State) -> None:
    world = World("endpoints/coverage").add("device", {"id": "mac-1", "managed": managed})
    signed_in = {"id": "s", "account": "okta:ana", "result": "success", "occurred_at": END - timedelta(days=1)}

    assert world.add("sign_in", {**signed_in, "device": device}).state() is state


@pytest.mark.parametrize(
    ("trained", "started", "state"),
    [
        ("2026-09-01", "2025-01-01", State.OK),
        ("2025-09-01", "2024-01-01", State.GAP),
        (None, "2025-01-01", State.GAP),
        (None, "2026-11-01", State.OK),
    ],
    ids=["this year", "too long ago", "never", "a joiner"],
)
def test_who_holds_access_is_trained(trained: str | None, started: str, state: State) -> None:
    world = World("awareness/overdue_with_access").add("system", {"id": "erp", "layer": "application"})
    world.add("in_scope", {"system": "erp"}).add("account", account("erp:ana", system="erp"))
    world.add("account_link", link("p-1", "erp:ana"))
    world.add("engagement", {**engagement("p-1"), "started_at": day(started)})
    if trained:
        world.add("training", {"id": "t", "person": "p-1", "course": "c", "completed_at": day(trained)})

    assert world.state() is state


def test_what_is_in_scope_is_listed() -> None:
    def world(service: str = "Billing platform") -> World:
        new = World("scope/listed").add("audit_period", {"engagement": "soc2", "lens": "soc2", "service": service})
        return new.add("in_scope", {"system": "erp"}).add("engagement", engagement("p-1"))

    assert world().add("vendor", {"id": "v", "system": "erp"}).state() is State.OK
    assert world().state() is State.CANNOT_TELL
    assert world("").add("vendor", {"id": "v", "system": "erp"}).state() is State.GAP


@pytest.mark.parametrize(
    ("label", "state"),
    [
        ({"label": "soc2", "reason": "r", "approver": "p-1", "valid_from": day("2026-01-01")}, State.OK),
        ({"label": "soc2", "reason": "", "approver": "p-1", "valid_from": day("2026-01-01")}, State.GAP),
        ({"label": "sso_only", "reason": "r", "approver": "p-1", "valid_from": day("2026-01-01")}, State.CANNOT_TELL),
    ],
    ids=["labelled", "without a reason", "in no scope"],
)
def test_systems_are_labelled(label: dict[str, object], state: State) -> None:
    world = World("scope/labels").add("system", {"id": "erp"})

    assert world.add("system_label", {"system": "erp", **label}).state() is state


def test_a_late_leaver_is_told_with_days_and_sign_ins() -> None:
    end = END - timedelta(days=20)
    world = World("joiners_and_leavers/leavers_late").add("engagement", engagement("p-1", end))
    world.add("account", account()).add("account_link", link("p-1"))
    world.add(
        "account_event", {"id": "v", "account": "okta:ana", "kind": "disable", "occurred_at": END - timedelta(days=6)}
    )
    world.add(
        "sign_in", {"id": "s", "account": "okta:ana", "result": "success", "occurred_at": END - timedelta(days=9)}
    )
    late = {"control_test": "T-03", "item": "e-p-1@okta", "attribute": "A", "outcome": "exception", "controls": "AC-03"}

    (line,) = world.add("outcome", late).result().lines

    assert line.state is State.GAP
    assert "First closed 14 days after the end. Sign-ins after the end: 1." in line.text
    assert line.person == "p-1"


def test_nobody_left() -> None:
    assert World("joiners_and_leavers/leavers_late").state() is State.OK
