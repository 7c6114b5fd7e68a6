"""Access reviews: Okta's four reports under their known headers, and the documented CSV set."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.sources.access_review.normalise import FEEDS, KINDS
from twofold.tables.rows import NormaliseContext
from twofold.tables.schema import canonical_tables

SYSTEMS = NormaliseContext(systems={"okta:app:Billing": "billing", "okta:group:ledger-users": "ledger"})
TIMES = {"started_at": "2026-01-05T14:00:00Z", "completed_at": "2026-01-19T22:00:00Z"}
FILE_HEAD = (
    "campaign.id,campaign.name,reviewItem.principalUserd,reviewItem.principalUserEmail,reviewItem.resourceType,"
    "reviewItem.resourceName,reviewItem.entitlementName"
)
PAIRS = """
c1,Q1,00u1,ana@example.com,Application,Billing,
c1,Q1,00u1,ana@example.com,Application,Billing,Admin
c1,Q1,00u2,ben@example.com,Group,ledger-users,
"""
ACTION_HEAD = (
    "Campaign id,User Id,User email,Resource type,Resource name,Entitlement,Reviewer,Reviewer email,"
    "Original reviewer id,Decision,Decision date,Remediation status,Remediation date\n"
)


def action(user: str, *, reviewer: str = "ben@example.com", tail: str) -> str:
    return f"c1,{user},{user}@example.com,APPLICATION,Billing,,Ben,{reviewer},00u8,{tail}\n"


def test_scope_gives_one_campaign_for_each_system(normalised: Callable[..., Any]) -> None:
    done = normalised(KINDS["okta_scope"], FILE_HEAD + PAIRS, parameters=TIMES, context=SYSTEMS)
    assert [(row["id"], row["system"], row["snapshot"]) for row in done.table("campaign")] == [
        ("c1:billing", "billing", "c1:billing:launch"),
        ("c1:ledger", "ledger", "c1:ledger:launch"),
    ]
    assert done.table("campaign")[0]["completed_at"].earliest == datetime(2026, 1, 19, 22, tzinfo=UTC)
    assert done.tables() == {"campaign"}
    assert [row.record for row in done.rows] + [one.record for one in done.unused] == ["line 2", "line 4", "line 3"]


def test_access_at_launch_and_at_completion(normalised: Callable[..., Any]) -> None:
    launch = normalised(KINDS["okta_access_at_launch"], FILE_HEAD + PAIRS, parameters=TIMES, context=SYSTEMS)
    assert [(row["id"], row["origin"]) for row in launch.table("snapshot")] == [
        ("c1:billing:launch", "system"),
        ("c1:ledger:launch", "system"),
    ]
    assert launch.table("snapshot")[0]["taken_at"].text == TIMES["started_at"]
    assert [(row["snapshot"], row["account"], row["right_id"]) for row in launch.table("snapshot_row")] == [
        ("c1:billing:launch", "okta:00u1", "okta:app:Billing"),
        ("c1:billing:launch", "okta:00u1", "okta:app:Billing:Admin"),
        ("c1:ledger:launch", "okta:00u2", "okta:group:ledger-users"),
    ]
    over = normalised(KINDS["okta_access_at_completion"], FILE_HEAD + PAIRS, parameters=TIMES, context=SYSTEMS)
    assert over.table("snapshot")[0]["id"] == "c1:billing:complete"
    assert over.table("snapshot")[0]["taken_at"].text == TIMES["completed_at"]


def test_a_system_that_nobody_can_reach_any_more_has_an_empty_snapshot(normalised: Callable[..., Any]) -> None:
    told = {**TIMES, "campaign_id": "c1", "resources": "app:Billing;group:ledger-users"}
    only = "\nc1,Q1,00u2,,Group,ledger-users,\n"
    done = normalised(KINDS["okta_access_at_completion"], FILE_HEAD + only, parameters=told, context=SYSTEMS)
    assert [row["id"] for row in done.table("snapshot")] == ["c1:ledger:complete", "c1:billing:complete"]
    assert len(done.table("snapshot_row")) == 1


def test_actions(normalised: Callable[..., Any]) -> None:
    lines = (
        action("00u1", tail="Approved,2026-01-10T10:00:00Z,,")
        + action("ben", reviewer="other@example.com", tail="REVOKE,2026-01-11T10:00:00Z,Success,2026-01-12T10:00:00Z")
        + action("00u3", tail="REVOKE,2026-01-11T10:00:00Z,Failed,2026-01-12T10:00:00Z")
        + action("00u4", reviewer="", tail="UNREVIEWED,,,")
    )
    done = normalised(KINDS["okta_actions"], ACTION_HEAD + lines, context=SYSTEMS)
    assert [(row["account"], row["reviewer"], row["decision"]) for row in done.table("review_item")] == [
        ("okta:00u1", "okta:ben", "approve"),
        ("okta:ben", "okta:other@example.com", "revoke"),
        ("okta:00u3", "okta:ben", "revoke"),
        ("okta:00u4", "okta:00u8", ""),
    ]
    executed = [(row["account"], row["executed_at"] and row["executed_at"].text) for row in done.table("revoke")]
    assert executed == [("okta:ben", "2026-01-12T10:00:00Z"), ("okta:00u3", None)]
    assert {row["campaign"] for row in done.table("review_item")} == {"c1:billing"}


def test_report_lines_that_cannot_be_read(normalised: Callable[..., Any]) -> None:
    lines = (
        action("00u1", tail="Maybe,2026-01-10T10:00:00Z,,")
        + action("00u2", tail="Approved,10 Jan,,")
        + action("", tail="Approved,2026-01-10T10:00:00Z,,")
        + action("00u3", tail="Approved,2026-01-10T10:00:00Z,,").replace("APPLICATION", "Printer")
        + action("00u4", tail="Approved,2026-01-10T10:00:00Z,,,,")
        + action("00u5", tail="Approved,1970-01-01T00:00:00Z,,")
    )
    done = normalised(KINDS["okta_actions"], ACTION_HEAD + lines, context=SYSTEMS)
    assert done.rows == []
    assert sorted(one.record for one in done.aside) == [f"line {number}" for number in range(2, 8)]


def test_a_report_without_a_needed_column_says_which_headers_would_do(normalised: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match="no column for user_id") as refusal:
        normalised(KINDS["okta_scope"], "campaign.id,who\nc1,x\n", parameters=TIMES)
    assert "'User Id'" in str(refusal.value)


def test_without_the_time_of_the_launch_the_file_is_refused(normalised: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match="started_at"):
        normalised(KINDS["okta_access_at_launch"], FILE_HEAD + PAIRS)
    with pytest.raises(UserError, match="completed_at"):
        normalised(KINDS["okta_access_at_completion"], FILE_HEAD + PAIRS, parameters={"completed_at": "1970-01-01"})


CSV = {
    "campaigns": ("campaign_id,system,started_at,completed_at,snapshot_id", "q1,billing,2026-01-05,2026-01-19,s1"),
    "snapshot": (
        "snapshot_id,system,taken_at,origin,account,right_id",
        "s1,billing,2026-01-05T08:00:00Z,system,okta:00u1,billing:admin",
    ),
    "decisions": (
        "campaign_id,account,right_id,reviewer,decision,decided_at",
        "q1,okta:00u1,billing:admin,okta:00u9,revoke,2026-01-06T08:00:00Z",
    ),
    "revocations": (
        "campaign_id,account,right_id,ticket,executed_at",
        "q1,okta:00u1,billing:admin,ACC-1,2026-01-07T08:00:00Z",
    ),
}


def test_the_documented_set(normalised: Callable[..., Any]) -> None:
    tables = {
        kind: normalised(KINDS[kind], "\n".join(lines), parameters={"zone": "UTC"}) for kind, lines in CSV.items()
    }
    (campaign,) = tables["campaigns"].table("campaign")
    assert (campaign["id"], campaign["snapshot"], campaign["started_at"].text) == ("q1", "s1", "2026-01-05")
    assert tables["snapshot"].table("snapshot")[0]["origin"] == "system"
    assert tables["snapshot"].table("snapshot_row") == [
        {"snapshot": "s1", "account": "okta:00u1", "right_id": "billing:admin"}
    ]
    assert tables["decisions"].table("review_item")[0]["decision"] == "revoke"
    assert tables["revocations"].table("revoke")[0]["executed_at"].text == "2026-01-07T08:00:00Z"


def test_silence_and_removals_not_done_stay_empty(normalised: Callable[..., Any]) -> None:
    silent = normalised(KINDS["decisions"], CSV["decisions"][0] + "\nq1,okta:00u1,billing:admin,,,\n")
    assert (silent.table("review_item")[0]["decision"], silent.table("review_item")[0]["decided_at"]) == ("", None)
    undone = normalised(KINDS["revocations"], CSV["revocations"][0] + "\nq1,okta:00u1,billing:admin,,\n")
    assert undone.table("revoke")[0]["executed_at"] is None


def test_a_look_at_a_system_without_users(normalised: Callable[..., Any]) -> None:
    done = normalised(KINDS["snapshot"], CSV["snapshot"][0] + "\ns1,billing,2026-01-05T08:00:00Z,system,,\n")
    assert done.tables() == {"snapshot"}


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("campaigns", "q1,,2026-01-05,,"),
        ("campaigns", "q1,billing,0000-00-00,,"),
        ("campaigns", "q1,billing,2026-01-05,"),
        ("snapshot", "s1,billing,2026-01-05T08:00:00Z,screen,okta:00u1,billing:admin"),
        ("snapshot", "s1,billing,2026-01-05T08:00:00Z,system,okta:00u1,"),
        ("decisions", "q1,okta:00u1,billing:admin,okta:00u9,fine,2026-01-06T08:00:00Z"),
        ("decisions", "q1,okta:00u1,billing:admin,okta:00u9,approve,1970-01-01T00:00:00Z"),
        ("revocations", "q1,okta:00u1,billing:admin,ACC-1,soon"),
    ],
)
def test_documented_lines_that_cannot_be_read(normalised: Callable[..., Any], kind: str, line: str) -> None:
    done = normalised(KINDS[kind], f"{CSV[kind][0]}\n{line}\n")
    assert done.rows == []
    assert [one.record for one in done.aside] == ["line 2"]


@pytest.mark.parametrize("kind", sorted(CSV))
def test_files_of_another_form_are_refused(normalised: Callable[..., Any], kind: str) -> None:
    head, line = CSV[kind]
    for content in ("", f"{head},colour\n", f"{head},{head}\n", "a,b\n1,2\n", f"{head}\n{line}".encode() + b"\xff"):
        with pytest.raises(UserError):
            normalised(KINDS[kind], content)
    with pytest.raises(UserError, match="Mars/Base"):
        normalised(KINDS[kind], f"{head}\n{line}", parameters={"zone": "Mars/Base"})
    assert normalised(KINDS[kind], f"{head}\n").rows == []


def test_formula_like_cells_stay_data(normalised: Callable[..., Any]) -> None:
    line = "q1,okta:00u1,=1+1,okta:00u9,approve,2026-01-06T08:00:00Z"
    (item,) = normalised(KINDS["decisions"], f"{CSV['decisions'][0]}\n{line}\n").table("review_item")
    assert item["right_id"] == "=1+1"


def test_each_kind_says_which_tables_it_feeds() -> None:
    assert FEEDS.keys() == KINDS.keys()
    assert {table for fed in FEEDS.values() for table in fed} <= canonical_tables().keys()
