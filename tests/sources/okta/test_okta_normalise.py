"""Okta: listings, the System Log, and what is set aside."""

from collections.abc import Callable
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.sources.okta.normalise import FEEDS, KINDS
from twofold.tables.rows import NormaliseContext
from twofold.tables.schema import canonical_tables

SYSTEMS = NormaliseContext(systems={"okta:group:billing-admins": "billing", "okta:app:Billing": "billing"})


def user(number: int, status: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    profile = {"login": f"u{number}@example.com", "email": f"u{number}@example.com"}
    return {"id": f"00u{number}", "status": status, "created": "2025-03-19T08:01:48.000Z", "profile": profile, **more}


def event(kind: str, *targets: tuple[str, str, str], result: str | None = "SUCCESS", **more: Any) -> dict[str, Any]:
    return {
        "uuid": f"e-{kind}",
        "published": "2026-01-06T10:00:00.123Z",
        "eventType": kind,
        "actor": {"id": "00uadmin", "type": "User", "alternateId": "admin@example.com"},
        "outcome": {"result": result},
        "transaction": {"id": "txn-1", "type": "WEB"},
        "target": [{"type": kind, "id": number, "displayName": name} for kind, number, name in targets],
        **more,
    }


USER = ("User", "00u1", "Ana")


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("STAGED", "disabled"),
        ("PROVISIONED", "active"),
        ("ACTIVE", "active"),
        ("PASSWORD_EXPIRED", "active"),
        ("LOCKED_OUT", "active"),
        ("RECOVERY", "active"),
        ("SUSPENDED", "disabled"),
        ("DEPROVISIONED", "disabled"),
    ],
)
def test_user_status(normalised: Callable[..., Any], status: str, ours: str) -> None:
    (account,) = normalised(KINDS["users"], [user(1, status)]).table("account")
    assert (account["id"], account["system"], account["status"]) == ("okta:00u1", "okta", ours)
    assert account["created_at"].text == "2025-03-19T08:01:48.000Z"


def test_only_a_verified_email_counts(normalised: Callable[..., Any]) -> None:
    def emails(status: str) -> dict[str, Any]:
        return {"emails": [{"type": "PRIMARY", "value": "ana@example.com", "status": status}]}

    users = [user(1, credentials=emails("VERIFIED")), user(2, credentials=emails("UNVERIFIED")), user(3)]
    accounts = normalised(KINDS["users"], users).table("account")
    assert [row["email"] for row in accounts] == ["ana@example.com", "", "u3@example.com"]


def test_users_that_cannot_be_read(normalised: Callable[..., Any]) -> None:
    users = [user(1, "MYSTERY"), user(2) | {"created": "1970-01-01T00:00:00Z"}, user(3) | {"created": None}, {}]
    done = normalised(KINDS["users"], users)
    assert done.rows == []
    assert [one.record for one in done.aside] == ["#/0", "#/1", "#/2", "#/3"]


def test_service_users_are_named_by_their_type(normalised: Callable[..., Any]) -> None:
    robot = user(1)
    robot["profile"]["userType"] = "Service"
    rows = normalised(KINDS["users"], [robot, user(2)], parameters={"service_user_types": "service;robot"})
    assert [row["kind"] for row in rows.table("account")] == ["service", "human"]


def test_groups_and_apps_are_rights_of_the_system_that_they_open(normalised: Callable[..., Any]) -> None:
    groups = [
        {"id": "1", "type": "BUILT_IN", "profile": {"name": "Everyone"}},
        {"id": "2", "type": "OKTA_GROUP", "profile": {"name": "billing-admins"}},
        {"id": "3", "type": "OKTA_GROUP", "profile": {}},
    ]
    done = normalised(
        KINDS["groups"], groups, context=SYSTEMS, parameters={"privileged_groups": "billing-admins; root"}
    )
    assert [(row["id"], row["system"], row["class"], row["is_default"]) for row in done.table("access_right")] == [
        ("okta:group:Everyone", "unmapped:group:Everyone", "normal", True),
        ("okta:group:billing-admins", "billing", "privileged", False),
    ]
    assert len(done.aside) == 1
    (app,) = normalised(KINDS["apps"], [{"id": "0oa1", "label": "Billing"}], context=SYSTEMS).table("access_right")
    assert (app["id"], app["system"], app["class"]) == ("okta:app:Billing", "billing", "normal")


def test_members_make_one_snapshot_of_the_system(normalised: Callable[..., Any]) -> None:
    listed = [{"group": "billing-admins", "users": [user(1), user(2)]}, {"group": "other", "users": []}]
    done = normalised(KINDS["group_members"], listed, context=SYSTEMS)
    first, empty = done.table("snapshot")
    assert first["id"] == "okta:billing@2026-07-15T06:00:00+00:00"
    assert (empty["system"], empty["origin"]) == ("unmapped:group:other", "system")
    apps = normalised(KINDS["app_users"], [user(3)], parameters={"app": "Billing"}, context=SYSTEMS)
    assert apps.table("snapshot")[0] == first
    assert [(row["account"], row["right_id"]) for row in done.table("snapshot_row") + apps.table("snapshot_row")] == [
        ("okta:00u1", "okta:group:billing-admins"),
        ("okta:00u2", "okta:group:billing-admins"),
        ("okta:00u3", "okta:app:Billing"),
    ]
    assert "give the parameter group" in normalised(KINDS["group_members"], [user(1)]).aside[0].reason


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("user.lifecycle.create", "create"),
        ("user.lifecycle.activate", "activate"),
        ("user.lifecycle.deactivate", "disable"),
        ("user.lifecycle.suspend", "disable"),
        ("user.lifecycle.unsuspend", "enable"),
        ("user.lifecycle.reactivate", "enable"),
        ("user.lifecycle.delete.completed", "delete"),
    ],
)
def test_lifecycle_events(normalised: Callable[..., Any], kind: str, ours: str) -> None:
    (row,) = normalised(KINDS["system_log"], [event(kind, USER)]).table("account_event")
    assert (row["account"], row["kind"], row["actor"], row["txn"]) == ("okta:00u1", ours, "okta:00uadmin", "txn-1")


def test_membership_events_with_their_cause(normalised: Callable[..., Any]) -> None:
    group, app = ("UserGroup", "00g1", "billing-admins"), ("AppInstance", "0oa1", "Billing")
    log = [
        event("group.user_membership.add", USER, group, debugContext={"debugData": {"ticket": "ACC-7"}}),
        event("group.user_membership.remove", USER, group, ("GroupRule", "0pr1", "engineers by department")),
        event("application.user_membership.add", ("AppUser", "0ua1", "Ana"), app, USER),
        event("application.user_membership.remove", app, USER),
    ]
    rows = normalised(KINDS["system_log"], log).table("grant_event")
    assert [(row["account"], row["right_id"], row["action"], row["cause"]) for row in rows] == [
        ("okta:00u1", "okta:group:billing-admins", "add", "ACC-7"),
        ("okta:00u1", "okta:group:billing-admins", "remove", "engineers by department"),
        ("okta:00u1", "okta:app:Billing", "add", ""),
        ("okta:00u1", "okta:app:Billing", "remove", ""),
    ]
    own = {"cause_keys": "changeRequest"}
    told = [event("group.user_membership.add", USER, group, debugContext={"debugData": {"changeRequest": "R-1"}})]
    assert normalised(KINDS["system_log"], told, parameters=own).table("grant_event")[0]["cause"] == "R-1"


def test_a_deleted_group_or_application_is_a_deleted_right(normalised: Callable[..., Any]) -> None:
    group, app = ("UserGroup", "00g1", "billing-admins"), ("AppInstance", "0oa1", "Billing")
    log = [
        event("group.lifecycle.delete", group),
        event("application.lifecycle.delete", app),
        event("application.lifecycle.deactivate", app),
        event("group.lifecycle.delete", USER),
    ]
    done = normalised(KINDS["system_log"], log)
    assert [(row["right_id"], row["kind"], row["actor"]) for row in done.table("right_event")] == [
        ("okta:group:billing-admins", "delete", "okta:00uadmin"),
        ("okta:app:Billing", "delete", "okta:00uadmin"),
    ]
    assert [aside.reason for aside in done.aside] == ["group.lifecycle.delete: no target of type UserGroup"]


def test_administrator_roles(normalised: Callable[..., Any]) -> None:
    told = {"debugData": {"privilegeGranted": "Super administrator, Read-only administrator"}}
    done = normalised(KINDS["system_log"], [event("user.account.privilege.grant", USER, debugContext=told)])
    assert [(row["right_id"], row["action"]) for row in done.table("grant_event")] == [
        ("okta:role:Read-only administrator", "add"),
        ("okta:role:Super administrator", "add"),
    ]
    assert {(row["system"], row["class"]) for row in done.table("access_right")} == {("okta", "privileged")}
    named = [event("user.account.privilege.revoke", USER, ("ROLE", "r1", "Super administrator"))]
    assert normalised(KINDS["system_log"], named).table("grant_event")[0]["action"] == "remove"
    nameless = normalised(KINDS["system_log"], [event("user.account.privilege.revoke", USER)])
    assert nameless.aside[0].reason == "the event names no administrator role"


def test_tokens_belong_to_whoever_made_them(normalised: Callable[..., Any]) -> None:
    token = ("Token", "00T1", "ci")
    log = [
        event("system.api_token.revoke", token),
        event("system.api_token.create", token, actor={"id": "00u9", "type": "User"}),
        event("system.api_token.revoke", ("Token", "00T2", "old")) | {"uuid": "e-2"},
    ]
    rows = normalised(KINDS["system_log"], log).table("account_event")
    assert {(row["id"], row["kind"], row["account"], row["actor"]) for row in rows} == {
        ("e-system.api_token.create", "key_create", "okta:00u9", "okta:00u9"),
        ("e-system.api_token.revoke", "key_revoke", "okta:00u9", "okta:00uadmin"),
        ("e-2", "key_revoke", "okta:00uadmin", "okta:00uadmin"),
    }


def test_sign_ins(normalised: Callable[..., Any]) -> None:
    nobody = {"id": "unknown", "alternateId": "guess@example.com"}
    log = [
        event("user.session.start", debugContext={"debugData": {"factor": "OKTA_VERIFY_PUSH"}}),
        event("user.session.start", result="FAILURE", actor=nobody),
        event("user.authentication.sso", ("AppInstance", "0oa1", "Billing")),
        event("user.session.start", result="CHALLENGE"),
    ]
    done = normalised(KINDS["system_log"], log, context=SYSTEMS)
    assert [(row["account"], row["system"], row["result"], row["factors"]) for row in done.table("sign_in")] == [
        ("okta:00uadmin", "okta", "success", "OKTA_VERIFY_PUSH"),
        ("okta:guess@example.com", "okta", "failure", ""),
        ("okta:00uadmin", "billing", "success", ""),
    ]
    assert "CHALLENGE" in done.aside[0].reason


def test_what_failed_changed_nothing_and_what_is_unclear_is_set_aside(normalised: Callable[..., Any]) -> None:
    failed = [event("user.lifecycle.deactivate", USER, result=result) for result in ("FAILURE", "SKIPPED", "DENY")]
    done = normalised(KINDS["system_log"], failed)
    assert (done.rows, done.aside, len(done.unused)) == ([], [], 3)
    unclear = [
        event("user.lifecycle.deactivate", USER, result=None),
        event("user.lifecycle.deactivate"),
        event("user.lifecycle.deactivate", USER) | {"published": "yesterday"},
        event("user.lifecycle.deactivate", USER, actor=None),
        {"uuid": "1"},
    ]
    done = normalised(KINDS["system_log"], unclear)
    assert done.rows == []
    assert len(done.aside) == 5


def test_other_event_types_are_counted_as_unused(normalised: Callable[..., Any]) -> None:
    done = normalised(KINDS["system_log"], [event("policy.evaluate_sign_on"), event("system.org.rate_limit.warning")])
    assert (done.rows, done.aside) == ([], [])
    assert [one.record for one in done.unused] == ["#/0", "#/1"]


def test_factors_find_their_user(normalised: Callable[..., Any]) -> None:
    factors = [
        {"id": "f1", "factorType": "push", "status": "ACTIVE", "created": "2026-01-01T00:00:00Z", "userId": "00u1"},
        {
            "id": "f2",
            "factorType": "sms",
            "_links": {"self": {"href": "https://x.okta.com/api/v1/users/00u2/factors/f2"}},
        },
        {"id": "f3", "factorType": "sms"},
    ]
    done = normalised(KINDS["factors"], factors)
    assert [(row["account"], row["type"], row["status"]) for row in done.table("factor")] == [
        ("okta:00u1", "push", "active"),
        ("okta:00u2", "sms", ""),
    ]
    assert [one.record for one in done.aside] == ["#/2"]


def test_each_kind_says_which_tables_it_feeds() -> None:
    assert FEEDS.keys() == KINDS.keys()
    assert {table for fed in FEEDS.values() for table in fed} <= canonical_tables().keys()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_export_and_a_broken_one(normalised: Callable[..., Any], kind: str) -> None:
    assert normalised(KINDS[kind], []).rows == []
    with pytest.raises(UserError):
        normalised(KINDS[kind], '[{"id": "1"')
    with pytest.raises(UserError, match="Mars/Base"):
        normalised(KINDS[kind], [], parameters={"zone": "Mars/Base"})
    with pytest.raises(UserError):
        normalised(KINDS[kind], {"errorCode": "E0000011", "errorSummary": "Invalid token provided"})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_elements_that_are_no_objects_are_set_aside(normalised: Callable[..., Any], kind: str) -> None:
    parameters = {"group": "billing-admins", "app": "Billing"}
    done = normalised(KINDS[kind], [7, {"unknown": True}], parameters=parameters)
    assert [one.record for one in done.aside] == ["#/0", "#/1"]
    assert done.tables() <= {"snapshot"}


def test_a_factor_with_an_unreadable_enrolment_is_set_aside(normalised: Callable[..., Any]) -> None:
    factor = {"id": "f1", "factorType": "push", "created": "1970-01-01T00:00:00Z", "userId": "00u1"}
    assert "before 1990" in normalised(KINDS["factors"], [factor]).aside[0].reason
