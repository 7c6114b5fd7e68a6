"""Jira: tickets, events, decisions, access requests, users, and what is set aside."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.sources.jira.normalise import FEEDS, KINDS
from twofold.sources.jira.values import text_of, texts_of
from twofold.tables.rows import NormaliseContext
from twofold.tables.schema import canonical_tables

ANA = {"accountId": "5b10a", "displayName": "Ana"}
BEN = {"accountId": "5b10b", "displayName": "Ben"}
SYSTEMS = NormaliseContext(systems={"jira:component:Billing": "billing", "jira:project:CHG": "portal"})


def history(number: int, created: str, *items: tuple[str, str, str], author: Any = ANA) -> dict[str, Any]:
    listed = [
        {"field": field, "fieldId": field.lower(), "fromString": old, "toString": new} for field, old, new in items
    ]
    return {"id": str(number), "author": author, "created": created, "items": listed}


def issue(*histories: dict[str, Any], key: str = "CHG-1", total: int | None = None, **fields: Any) -> dict[str, Any]:
    changelog = {"startAt": 0, "maxResults": 100, "total": total or len(histories), "histories": list(histories)}
    base = {
        "issuetype": {"name": "Change"},
        "created": "2026-01-05T09:00:00.000-0500",
        "status": {"name": "Done"},
        "reporter": BEN,
        "components": [{"name": "Billing"}],
        "project": {"key": "CHG"},
    }
    return {"id": "1", "key": key, "fields": {**base, **fields}, "changelog": changelog}


def test_one_event_for_each_changed_field_and_the_decision_of_the_transition(normalised: Callable[..., Any]) -> None:
    approved = history(
        11, "2026-01-06T10:00:00.000-0500", ("status", "Open", "Approved"), ("Target Date", "", "2026-01-01")
    )
    done = normalised(KINDS["issues"], {"issues": [issue(approved)]}, context=SYSTEMS)
    events = done.table("ticket_event")
    assert [(event["id"], event["txn"], event["field"], event["new_value"]) for event in events] == [
        ("11:status", "11", "status", "Approved"),
        ("11:target date", "11", "target_date", "2026-01-01"),
    ]
    assert events[0]["occurred_at"].earliest == datetime(2026, 1, 6, 15, tzinfo=UTC)
    assert events[0]["actor"] == "jira:5b10a"
    (approval,) = done.table("approval")
    assert (approval["duty"], approval["decision"], approval["approver"]) == ("authorise", "approve", "jira:5b10a")
    assert approval["withdrawn_at"] is None
    (ticket,) = done.table("ticket")
    assert (ticket["key"], ticket["type"], ticket["systems"]) == ("CHG-1", "Change", ["billing"])
    assert (ticket["reporter"], ticket["status"]) == ("jira:5b10b", "Done")
    assert done.aside == []


def test_another_key_is_an_event_of_the_ticket_and_a_custom_field_of_that_name_is_none(
    normalised: Callable[..., Any],
) -> None:
    moved = history(12, "2026-01-07T10:00:00Z", ("project", "Changes", "Operations"), ("Key", "CHG-1", "OPS-5"))
    moved["items"].append({"field": "Key", "fieldtype": "custom", "fieldId": "customfield_9", "toString": "C major"})
    events = normalised(KINDS["issues"], [issue(moved, key="OPS-5")]).table("ticket_event")
    assert [(event["field"], event["old_value"], event["new_value"]) for event in events] == [
        ("project", "Changes", "Operations"),
        ("key", "CHG-1", "OPS-5"),
        ("custom_key", "", "C major"),
    ]
    assert {event["ticket"] for event in events} == {"OPS-5"}


def test_an_approval_is_withdrawn_by_a_later_rejection_but_not_by_progress(normalised: Callable[..., Any]) -> None:
    # Jira Cloud lists the newest history first.
    told = issue(
        history(14, "2026-01-09T10:00:00Z", ("status", "Reopened", "Approved"), author=BEN),
        history(13, "2026-01-08T10:00:00Z", ("status", "In Progress", "Reopened")),
        history(12, "2026-01-07T10:00:00Z", ("status", "Approved", "In Progress")),
        history(11, "2026-01-06T10:00:00Z", ("status", "Open", "Approved")),
    )
    first, second = normalised(KINDS["issues"], [told]).table("approval")
    assert first["withdrawn_at"].earliest == datetime(2026, 1, 8, 10, tzinfo=UTC)
    assert (second["approver"], second["withdrawn_at"]) == ("jira:5b10b", None)


def test_rejections_and_states_are_named_by_parameters(normalised: Callable[..., Any]) -> None:
    told = issue(
        history(11, "2026-01-06T10:00:00Z", ("status", "Open", "CAB ok")),
        history(12, "2026-01-07T10:00:00Z", ("status", "Open", "Sent back")),
    )
    parameters = {"authorised_states": "CAB OK;Ready", "rejected_states": "sent back"}
    done = normalised(KINDS["issues"], [told], parameters=parameters)
    assert [row["decision"] for row in done.table("approval")] == ["approve", "reject"]
    assert [row["decision"] for row in normalised(KINDS["issues"], [told]).table("approval")] == []


def test_custom_fields_get_the_names_that_rules_know(normalised: Callable[..., Any]) -> None:
    told = issue(
        {
            "id": "11",
            "author": ANA,
            "created": "2026-01-06T10:00:00Z",
            "items": [
                {"field": "Is it urgent?", "fieldId": "customfield_7", "fromString": None, "toString": "Yes"},
                {"field": "UAT sign-off", "fieldId": "customfield_8", "fromString": None, "toString": "Passed"},
                {"field": "Component", "fieldId": "components", "fromString": None, "toString": "Billing"},
                {"field": "Component", "fieldId": "components", "fromString": "Portal", "toString": None},
            ],
        },
        customfield_9={"value": "High"},
        customfield_10="Deploy the version before.",
    )
    parameters = {
        "field_emergency": "customfield_7",
        "field_uat": "UAT sign-off",
        "field_risk": "customfield_9",
        "field_rollback_plan": "customfield_10",
    }
    done = normalised(KINDS["issues"], [told], parameters=parameters)
    assert [(row["id"], row["field"]) for row in done.table("ticket_event")] == [
        ("11:customfield_7", "emergency"),
        ("11:customfield_8", "uat"),
        ("11:components", "systems"),
        ("11:components:1", "systems"),
    ]
    assert [(row["duty"], row["decision"]) for row in done.table("approval")] == [("uat", "approve")]
    assert done.table("ticket")[0]["risk"] == "High"
    assert done.table("ticket")[0]["rollback_plan"] == "Deploy the version before."


def test_a_flag_chosen_at_creation_is_an_event_of_the_creation(normalised: Callable[..., Any]) -> None:
    parameters = {"field_emergency": "customfield_7"}
    cleared = {"field": "Urgent", "fieldId": "customfield_7", "fromString": "Yes", "toString": "No"}
    entry = {"id": "11", "author": ANA, "created": "2026-01-06T10:00:00Z", "items": [cleared]}
    issues = [
        issue(customfield_7={"value": "Yes"}),
        issue(entry, key="CHG-2", customfield_7={"value": "No"}),
        issue(key="CHG-3", customfield_7={"value": "No"}),
        issue(key="CHG-4", total=3, customfield_7={"value": "Yes"}),
    ]
    events = normalised(KINDS["issues"], issues, parameters=parameters).table("ticket_event")
    assert [(row["ticket"], row["new_value"], row["actor"]) for row in events] == [
        ("CHG-1", "Yes", "jira:5b10b"),
        ("CHG-2", "Yes", "jira:5b10b"),
        ("CHG-2", "No", "jira:5b10a"),
    ]
    assert events[0]["occurred_at"].text == "2026-01-05T09:00:00.000-0500"


def test_a_cut_off_or_missing_changelog_is_set_aside_and_the_rows_go_on(normalised: Callable[..., Any]) -> None:
    cut = issue(history(11, "2026-01-06T10:00:00Z", ("status", "Open", "Approved")), total=140)
    none = issue(key="CHG-2")
    del none["changelog"]
    done = normalised(KINDS["issues"], {"issues": [cut, none]})
    assert [(one.record, one.reason) for one in done.aside] == [
        ("#/issues/0", "changelog truncated: 1 of 140"),
        ("#/issues/1", "no changelog: export with expand=changelog"),
    ]
    assert len(done.table("ticket")) == 2
    apart = normalised(KINDS["issues"], {"issues": [cut, none]}, parameters={"history": "changelogs"})
    assert apart.aside == []


def test_changelog_pages_are_counted_against_their_total(normalised: Callable[..., Any]) -> None:
    one = history(11, "2026-01-06T10:00:00Z", ("status", "Open", "Approved"))
    two = history(12, "2026-01-07T10:00:00Z", ("status", "Approved", "Rejected"))
    address = "https://a.atlassian.net/rest/api/3/issue/CHG-1/changelog?startAt=0"
    pages = [{"self": address, "total": 2, "values": [one]}, {"self": address, "total": 2, "values": [two, one]}]
    done = normalised(KINDS["changelogs"], pages)
    assert done.aside == []
    assert [row["id"] for row in done.table("ticket_event")] == ["11:status", "12:status"]
    approval = done.table("approval")[0]
    assert approval["withdrawn_at"].earliest == datetime(2026, 1, 7, 10, tzinfo=UTC)
    again = normalised(KINDS["changelogs"], [*pages, pages[0], {**pages[0], "values": []}])
    assert (again.rows, [one.record for one in again.unused]) == (done.rows, ["#/2", "#/3"])
    short = normalised(KINDS["changelogs"], pages[:1])
    assert [one.reason for one in short.aside] == ["changelog truncated: 1 of 2"]


def test_the_bulk_answer_gives_milliseconds_and_needs_a_key(normalised: Callable[..., Any]) -> None:
    entry = history(11, "", ("status", "Open", "Approved")) | {"created": 1767690000000}
    bulk = {"issueChangeLogs": [{"issueId": "10100", "changeHistories": [entry]}]}
    done = normalised(KINDS["changelogs"], bulk, parameters={"ticket": "CHG-9"})
    assert done.table("ticket_event")[0]["occurred_at"].earliest == datetime(2026, 1, 6, 9, tzinfo=UTC)
    assert "no ticket key" in normalised(KINDS["changelogs"], bulk).aside[0].reason


def test_imported_history_is_marked(normalised: Callable[..., Any]) -> None:
    imported = "2026-02-01T00:00:00.000+0000"
    both = [
        history(11, imported, ("status", "Open", "Approved")),
        history(12, imported, ("status", "Approved", "Done")),
    ]
    (ticket,) = normalised(KINDS["issues"], [issue(*both)]).table("ticket")
    assert ticket["migrated_at"].earliest == datetime(2026, 2, 1, tzinfo=UTC)
    (one_save,) = normalised(KINDS["issues"], [issue(both[0])]).table("ticket")
    assert one_save["migrated_at"] is None
    told = {"migrated_at": "2026-02-01", "zone": "UTC"}
    (named,) = normalised(KINDS["issues"], [issue(both[0])], parameters=told).table("ticket")
    assert named["migrated_at"].text == "2026-02-01"
    (later,) = normalised(
        KINDS["issues"], [issue(history(13, "2026-03-01T00:00:00Z", ("status", "a", "b")))], parameters=told
    ).table("ticket")
    assert later["migrated_at"] is None


def test_systems_fall_back_to_the_project_and_stay_visible_when_unmapped(normalised: Callable[..., Any]) -> None:
    issues = [
        issue(key="CHG-1", components=[]),
        issue(key="CHG-2", components=[{"name": "Backend"}]),
        issue(key="OPS-3", components=[{"name": "Backend"}], project={"key": "OPS"}),
        issue(key="OPS-4", components=[], project={"key": "OPS"}),
    ]
    tickets = normalised(KINDS["issues"], issues, context=SYSTEMS).table("ticket")
    assert [ticket["systems"] for ticket in tickets] == [["portal"], ["portal"], ["unmapped:component:Backend"], []]


def test_a_decision_of_nobody_and_an_unreadable_entry_are_set_aside(normalised: Callable[..., Any]) -> None:
    told = issue(
        history(11, "2026-01-06T10:00:00Z", ("status", "Open", "Approved"), author=None),
        history(12, "1970-01-01T00:00:00Z", ("status", "Open", "Approved")),
        {"id": "13", "created": "2026-01-06T10:00:00Z"},
    )
    done = normalised(KINDS["issues"], [told])
    reasons = " | ".join(one.reason for one in done.aside)
    assert "a decision without an account" in reasons
    assert "lies before 1990" in reasons
    assert "no 'items'" in reasons
    assert done.table("approval") == []
    assert [row["actor"] for row in done.table("ticket_event")] == [""]


ACCESS = {
    "field_beneficiary": "customfield_1",
    "field_system": "customfield_2",
    "field_rights": "customfield_3",
    "field_typed_date": "customfield_4",
}


def access(**fields: Any) -> dict[str, Any]:
    approved = history(21, "2026-01-06T10:00:00Z", ("status", "Open", "Approved"))
    base = {
        "customfield_1": {"accountId": "5b10c"},
        "customfield_2": {"value": "Billing"},
        "customfield_3": [{"value": "okta:group:billing"}, {"value": "okta:app:Billing"}],
        "customfield_4": "2026-01-02",
    }
    return issue(approved, key="ACC-1", **{**base, **fields})


def test_access_requests(normalised: Callable[..., Any]) -> None:
    done = normalised(KINDS["access_requests"], [access()], parameters=ACCESS, context=SYSTEMS)
    (request,) = done.table("access_request")
    assert (request["id"], request["beneficiary"], request["system"]) == ("ACC-1", "jira:5b10c", "billing")
    assert request["rights"] == ["okta:group:billing", "okta:app:Billing"]
    (approval,) = done.table("approval")
    assert (approval["duty"], approval["decided_at"].text) == ("access", "2026-01-06T10:00:00Z")
    assert approval["typed_on"].text == "2026-01-02"
    assert done.tables() == {"access_request", "approval"}


def test_a_typed_date_alone_approves_nothing(normalised: Callable[..., Any]) -> None:
    never = access()
    never["changelog"] = {"total": 0, "histories": []}
    assert normalised(KINDS["access_requests"], [never], parameters=ACCESS).table("approval") == []
    bad = normalised(KINDS["access_requests"], [access(customfield_4="soon")], parameters=ACCESS)
    assert (len(bad.table("approval")), bad.table("approval")[0]["typed_on"]) == (1, None)
    assert "typed approval date" in bad.aside[0].reason


def test_a_request_that_cannot_be_matched_is_set_aside(normalised: Callable[..., Any]) -> None:
    several = access(customfield_1=[{"accountId": "a"}, {"accountId": "b"}])
    done = normalised(KINDS["access_requests"], [several, access(customfield_1=None)], parameters=ACCESS)
    assert [one.reason.split("found ")[1] for one in done.aside] == [
        "2 beneficiaries and a system",
        "0 beneficiaries and a system",
    ]
    assert done.rows == []


def test_rights_as_text_and_as_a_document() -> None:
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "okta:group:a"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "okta:"}, {"type": "text", "text": "app:B"}]},
        ],
    }
    assert texts_of("okta:group:a; okta:app:B") == ["okta:group:a", "okta:app:B"]
    assert texts_of(document) == ["okta:group:a", "okta:app:B"]
    assert [text_of(value) for value in (None, True, 3.5, {"name": "x"}, {})] == ["", "true", "3.5", "x", ""]


def test_users(normalised: Callable[..., Any]) -> None:
    listed = [
        {"accountId": "1", "accountType": "atlassian", "emailAddress": "ana@example.com", "active": True},
        {"accountId": "2", "accountType": "app", "displayName": "Automation", "active": True},
        {"key": "JIRAUSER1", "name": "ben", "active": False},
        {"accountId": "4"},
    ]
    done = normalised(KINDS["users"], listed)
    assert [(row["id"], row["kind"], row["status"]) for row in done.table("account")] == [
        ("jira:1", "human", "active"),
        ("jira:2", "bot", "active"),
        ("jira:JIRAUSER1", "", "disabled"),
    ]
    assert [one.record for one in done.aside] == ["#/3"]


@pytest.mark.parametrize("content", ['{"issues": [{"key": "A-1"', b'{"issues": ["\xff\xfe"]}', "", '{"a": 1, "a": 2}'])
def test_a_broken_file_is_refused(normalised: Callable[..., Any], content: Any) -> None:
    with pytest.raises(UserError):
        normalised(KINDS["issues"], content)


def test_an_empty_export_has_no_rows_and_other_records_are_set_aside(normalised: Callable[..., Any]) -> None:
    assert normalised(KINDS["issues"], {"total": 0, "issues": []}).rows == []
    done = normalised(KINDS["issues"], [{"name": "no issue"}, {"key": "A-1", "fields": {}}, 7])
    assert len(done.aside) == 3


@pytest.mark.parametrize("parameters", [{"zone": "Mars/Base"}, {"migrated_at": "spring"}])
def test_wrong_parameters_are_refused(normalised: Callable[..., Any], parameters: dict[str, str]) -> None:
    with pytest.raises(UserError, match="parameters"):
        normalised(KINDS["issues"], [issue()], parameters=parameters)


def test_formula_like_values_stay_data(normalised: Callable[..., Any]) -> None:
    told = issue(history(11, "2026-01-06T10:00:00Z", ("summary", "", '=HYPERLINK("http://x")')))
    assert normalised(KINDS["issues"], [told]).table("ticket_event")[0]["new_value"] == '=HYPERLINK("http://x")'


def test_each_kind_says_which_tables_it_feeds() -> None:
    assert FEEDS.keys() == KINDS.keys()
    assert {table for fed in FEEDS.values() for table in fed} <= canonical_tables().keys()


def test_a_sign_off_taken_back_is_withdrawn(normalised: Callable[..., Any]) -> None:
    told = issue(
        history(11, "2026-01-06T10:00:00Z", ("UAT", "", "Yes")),
        history(12, "2026-01-07T10:00:00Z", ("UAT", "Yes", "")),
    )
    (approval,) = normalised(KINDS["issues"], [told], parameters={"field_uat": "uat"}).table("approval")
    assert (approval["duty"], approval["withdrawn_at"].earliest) == ("uat", datetime(2026, 1, 7, 10, tzinfo=UTC))


@pytest.mark.parametrize("kind", ["issues", "access_requests"])
@pytest.mark.parametrize("created", ["1970-01-01T00:00:00.000+0000", None, "0000-00-00"])
def test_an_issue_without_a_readable_creation_gives_no_row(
    normalised: Callable[..., Any], kind: str, created: Any
) -> None:
    done = normalised(KINDS[kind], [issue(created=created)])
    assert done.rows == []
    assert "no creation time" in done.aside[0].reason


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_elements_that_are_no_objects_are_set_aside(normalised: Callable[..., Any], kind: str) -> None:
    done = normalised(KINDS[kind], [7, {"unknown": True}])
    assert (done.rows, [one.record for one in done.aside]) == ([], ["#/0", "#/1"])


def test_an_access_request_may_take_its_system_from_its_components(normalised: Callable[..., Any]) -> None:
    done = normalised(KINDS["access_requests"], [access(customfield_2=None)], parameters=ACCESS, context=SYSTEMS)
    assert done.table("access_request")[0]["system"] == "billing"
    named = normalised(KINDS["access_requests"], [access(customfield_2="portal")], parameters=ACCESS, context=SYSTEMS)
    assert named.table("access_request")[0]["system"] == "portal"


def test_an_unreadable_history_entry_of_an_access_request_is_set_aside(normalised: Callable[..., Any]) -> None:
    broken = access()
    broken["changelog"]["histories"][0]["created"] = "soon"
    done = normalised(KINDS["access_requests"], [broken], parameters={"field_beneficiary": "customfield_1"})
    assert done.table("approval") == []
    assert "cannot be read" in done.aside[0].reason
