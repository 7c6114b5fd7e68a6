"""Recordings made by others: our events agree with a peer's tables, and both API versions are read."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twofold.model.instant import parse_instant
from twofold.sources.jira.normalise import KINDS

_LIMIT = 1 << 24


def rows_of(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(_LIMIT)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def answers(path: Path) -> list[Any]:
    recording = json.loads(path.read_text(encoding="utf-8"))
    return [
        json.loads(entry["response"]["content"]["text"])
        for entry in recording["log"]["entries"]
        if entry["response"]["status"] == 200 and entry["response"]["content"].get("text")
    ]


def test_events_agree_with_the_tables_of_devlake(
    normalised: Callable[..., Any], recorded: Callable[[str], Path]
) -> None:
    folder = recorded("devlake-e2e") / "jira/e2e/issue_changelogs"
    raw = [json.loads(row["data"]) for row in rows_of(folder / "_raw_jira_api_issue_changelogs.csv")]
    done = normalised(KINDS["changelogs"], raw, parameters={"ticket": "EE-1"})
    events = done.table("ticket_event")
    assert done.aside == []
    # One event for each item: the peer's changelog 57280 holds two items, that came in two records.
    assert [(event["txn"], event["field"], event["new_value"]) for event in events] == [
        ("57278", "a_fake_user", "uid1"),
        ("57279", "not_a_user", "not_a_uid2"),
        ("57280", "reporter", "reporter_uid1"),
        ("57280", "assignee", "assignee_uid1"),
    ]
    theirs = rows_of(folder / "_tool_jira_issue_changelogs.csv")
    assert {row["changelog_id"] for row in theirs} == {event["txn"] for event in events}
    for row in theirs:
        ours = [event for event in events if event["txn"] == row["changelog_id"]]
        assert {event["occurred_at"].earliest for event in ours} == {parse_instant(row["created"]).earliest}
        # The recording's authors have an empty account id: the peer keeps the display name, we keep nobody.
        assert {event["actor"] for event in ours} == {row["author_account_id"]} == {""}
    # The peer takes accounts from the values of user fields; we keep the values.
    accounts = {row["account_id"] for row in rows_of(folder / "_tool_jira_accounts.csv")}
    assert accounts == {event["new_value"] for event in events} - {"not_a_uid2"}


def test_cloud_and_server_searches(normalised: Callable[..., Any], recorded: Callable[[str], Path]) -> None:
    folder = recorded("j1-jira") / "jira"
    cloud = answers(folder / "__recordings__/fetchIssuesPage_4267569120/recording.har")[0]
    done = normalised(KINDS["issues"], cloud)
    (ticket,) = done.table("ticket")
    assert (ticket["key"], ticket["type"], ticket["status"]) == ("JJI-1", "Story", "To Do")
    assert ticket["reporter"] == "jira:61da02389ee70a00689d09a5"
    assert [one.reason for one in done.aside] == ["no changelog: export with expand=changelog"]

    server = answers(folder / "api-v2/__recordings__/fetchIssuesPage_4267569120/recording.har")[0]
    done = normalised(KINDS["issues"], server)
    tickets = done.table("ticket")
    assert len(tickets) == server["total"] == 24
    assert len(done.aside) == 24
    assert {row["reporter"] for row in tickets} >= {"jira:JIRAUSER10000"}


def test_both_versions_of_each_recorded_issue(normalised: Callable[..., Any], recorded: Callable[[str], Path]) -> None:
    folder = recorded("j1-jira") / "jira"
    read = 0
    for recording in sorted(folder.rglob("recording.har")):
        for answer in answers(recording):
            if isinstance(answer, dict) and "fields" in answer and "key" in answer:
                done = normalised(KINDS["issues"], answer)
                assert [row["key"] for row in done.table("ticket")] == [answer["key"]]
                read += 1
    assert read == 6


def test_users_of_both_versions(normalised: Callable[..., Any], recorded: Callable[[str], Path]) -> None:
    folder = recorded("j1-jira") / "jira"
    users = answers(folder / "__recordings__/fetchUsersPage_3299628394/recording.har")[0]
    accounts = normalised(KINDS["users"], users).table("account")
    assert len(accounts) == len(users)
    assert [row["kind"] for row in accounts].count("bot") == sum(user["accountType"] == "app" for user in users)
    users = answers(folder / "api-v2/__recordings__/fetchUsersPage_3299628394/recording.har")[0]
    assert [row["id"] for row in normalised(KINDS["users"], users).table("account")] == [
        "jira:JIRAUSER10000",
        "jira:JIRAUSER10001",
    ]


def test_an_agile_board_page(normalised: Callable[..., Any], recorded: Callable[[str], Path]) -> None:
    page = (recorded("go-jira-mock") / "issues_in_sprint.json").read_bytes()
    listed = json.loads(page)
    done = normalised(KINDS["issues"], page)
    # Its authors cut the recording: it claims ten issues and holds fewer, so a claimed count would stop the test.
    assert [row["key"] for row in done.table("ticket")] == [one["key"] for one in listed["issues"]]
    assert len(listed["issues"]) < listed["total"] == 10


def test_the_fields_we_read_are_in_the_vendors_description(recorded: Callable[[str], Path]) -> None:
    described = json.loads((recorded("jira-openapi") / "platform-swagger.v3.json").read_bytes())["components"][
        "schemas"
    ]
    read = {
        "Changelog": {"id", "author", "created", "items"},
        "ChangeDetails": {"field", "fieldId", "from", "fromString", "to", "toString"},
        "PageOfChangelogs": {"total", "histories"},
        "PageBeanChangelog": {"self", "total", "values"},
        "IssueBean": {"key", "fields", "changelog"},
        "User": {"accountId", "accountType", "active", "displayName", "emailAddress"},
    }
    for name, fields in read.items():
        assert fields <= set(described[name]["properties"]), name
