"""The shared steps for changes, each on a few rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.populations.steps import register_steps
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

LINEAGE = Lineage("case", "case", "case", datetime(2026, 4, 1, tzinfo=UTC))
Tables = Mapping[str, Sequence[Mapping[str, Value]]]
REPOSITORY = "acme/billing"


def ask(folder: Path, tables: Tables, query: str) -> list[tuple[Any, ...]]:
    with TableWriter(folder / "tables") as writer:
        for name, rows in tables.items():
            for row in rows:
                writer.add(typed_row(Row(name, "", row), zone="UTC"), lineage=LINEAGE)
        written = writer.finish()
    with open_session(written) as session:
        register_steps(session)
        return session.execute(query).fetchall()


def pull(number: int, **more: Value) -> dict[str, Value]:
    return {"id": f"{REPOSITORY}#{number}", "repository": REPOSITORY, "created_at": "2026-03-01T09:00:00Z", **more}


def commit(sha: str, **more: Value) -> dict[str, Value]:
    return {"repository": REPOSITORY, "sha": sha, "committed_at": "2026-03-01T10:00:00Z", **more}


def test_a_commit_belongs_to_the_pull_request_that_was_merged(tmp_path: Path) -> None:
    tables: Tables = {
        "pull_request": [pull(1), pull(2, merged_at="2026-03-02T09:00:00Z")],
        "pull_request_commit": [{"pull_request": f"{REPOSITORY}#{number}", "sha": "a"} for number in (1, 2)],
    }
    assert ask(tmp_path, tables, "SELECT sha, pull_request, via FROM change_link") == [
        ("a", f"{REPOSITORY}#2", "listed")
    ]


@pytest.mark.parametrize(("released", "branches"), [("m", ["main"]), ("f", ["feature", "main"])])
def test_a_branch_that_went_on_into_another_is_no_release_branch(
    tmp_path: Path, released: str, branches: Sequence[str]
) -> None:
    item = {"id": "d", "system": "s", "environment": "production", "repository": REPOSITORY, "commit_sha": released}
    tables: Tables = {
        "deployment": [{**item, "started_at": "2026-03-03T09:00:00Z", "status": "success"}],
        "change_set": [{"deployment": "d", "repository": REPOSITORY, "sha": sha} for sha in {"f", released}],
        "pull_request": [
            pull(1, base_ref="feature", merge_sha="f", merged_at="2026-03-02T09:00:00Z"),
            pull(2, base_ref="main", merge_sha="m", merged_at="2026-03-02T10:00:00Z"),
        ],
        "pull_request_commit": [{"pull_request": f"{REPOSITORY}#2", "sha": "f"}],
    }
    assert ask(tmp_path, tables, "SELECT branch FROM branch_in_use ORDER BY 1") == [(name,) for name in branches]


@pytest.mark.parametrize(("made_at", "links"), [("2026-03-01T11:00:00Z", 1), ("2026-05-01T11:00:00Z", 0)])
def test_equal_content_links_only_while_the_pull_request_was_open(tmp_path: Path, made_at: str, links: int) -> None:
    # A later commit that puts the same content back is a revert, and needs an approval of its own.
    tables: Tables = {
        "pull_request": [pull(1, head_sha="a", merged_at="2026-03-02T09:00:00Z")],
        "code_commit": [commit("a", tree_sha="t"), commit("b", tree_sha="t", committed_at=made_at)],
    }
    assert len(ask(tmp_path, tables, "SELECT * FROM change_link WHERE sha = 'b' AND via = 'tree'")) == links


def test_merging_and_taking_in_the_base_are_no_contribution(tmp_path: Path) -> None:
    item = {"id": "d", "system": "s", "environment": "production", "repository": REPOSITORY, "commit_sha": "m"}
    tables: Tables = {
        "deployment": [{**item, "started_at": "2026-03-03T09:00:00Z", "status": "success"}],
        "change_set": [{"deployment": "d", "repository": REPOSITORY, "sha": "m"}],
        "pull_request": [pull(1, author="x:bot", head_sha="u", merge_sha="m", merged_at="2026-03-02T09:00:00Z")],
        "pull_request_commit": [{"pull_request": f"{REPOSITORY}#1", "sha": sha} for sha in ("a", "u")],
        "code_commit": [
            commit("a", author="x:ana", committer="github:web-flow", coauthors=["x:cem"], pushed_by="x:dee"),
            commit("u", author="x:bob", committer="x:bob", base_merge=True),
            commit("m", author="x:bob", committer="x:bob", parents=["r", "u"]),
        ],
    }
    found = ask(tmp_path, tables, "SELECT account, role FROM change_contributor ORDER BY 1")
    assert found == [("x:ana", "author"), ("x:bot", "opener"), ("x:cem", "coauthor"), ("x:dee", "pusher")]


@pytest.mark.parametrize(
    ("second", "excuse"),
    [
        ({"kind": "rerun", "digest": "one"}, "rerun"),
        ({"kind": "rerun", "digest": "other"}, None),
        ({"kind": "rollback", "digest": "zero"}, "automatic_rollback"),
        ({"kind": "rollback", "digest": "never"}, None),
        ({"kind": "rollback", "digest": "failed"}, None),
        ({"status": "failure", "digest": "new"}, "never_served"),
        ({"kind": "vendor"}, "vendor_update"),
    ],
)
def test_an_excuse_needs_more_than_the_word_of_the_deployer(
    tmp_path: Path, second: dict[str, Value], excuse: str | None
) -> None:
    item = {"system": "s", "environment": "production", "repository": REPOSITORY, "status": "success"}
    tables: Tables = {
        "deployment": [
            {**item, "id": "d0", "started_at": "2026-03-01T09:00:00Z", "digest": "zero"},
            {**item, "id": "d1", "started_at": "2026-03-02T09:00:00Z", "digest": "failed", "status": "failure"},
            {**item, "id": "d2", "started_at": "2026-03-03T09:00:00Z", "digest": "one"},
            {**item, "id": "d3", "started_at": "2026-03-04T09:00:00Z", **second},
        ]
    }
    assert ask(tmp_path, tables, "SELECT excuse FROM change_unit WHERE item = 'd3'") == [(excuse,)]


def test_the_reporting_line_is_followed_three_levels_up_and_ends_with_the_job(tmp_path: Path) -> None:
    lines = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")]
    jobs: list[dict[str, Value]] = [
        {"person": person, "role": "Engineer", "manager": manager, "valid_from": "2025-01-01"}
        for person, manager in lines
    ]
    jobs[1]["valid_to"] = "2026-01-01"
    found = ask(
        tmp_path, {"job": jobs}, "SELECT superior, CAST(valid_to AS DATE) FROM superior WHERE human = 'a' ORDER BY 1"
    )
    assert [(superior, day.year) for superior, day in found] == [("b", 9999), ("c", 2026), ("d", 2026)]


def test_an_approval_of_two_releases_stands_once_in_each_however_often_its_ticket_was_put_back(tmp_path: Path) -> None:
    shared = {"system": "s", "environment": "production", "repository": REPOSITORY, "status": "success"}
    tables: Tables = {
        "deployment": [
            {**shared, "id": "d1", "commit_sha": "a", "started_at": "2026-03-10T09:00:00Z"},
            {**shared, "id": "d2", "commit_sha": "b", "started_at": "2026-03-20T09:00:00Z"},
        ],
        "change_set": [
            {"deployment": deployment, "repository": REPOSITORY, "sha": sha}
            for deployment, sha in (("d1", "a"), ("d2", "b"))
        ],
        "code_commit": [commit("a", tickets=["T-1"]), commit("b", tickets=["T-1"])],
        "ticket": [{"key": "T-1", "type": "Change", "created_at": "2026-02-20T09:00:00Z"}],
        "approval": [
            {
                "id": "y1",
                "subject": "T-1",
                "approver": "x:bo",
                "duty": "release",
                "decision": "approve",
                "decided_at": "2026-03-02T09:00:00Z",
            }
        ],
        "ticket_event": [
            {
                "id": f"e{day}",
                "ticket": "T-1",
                "field": "status",
                "new_value": "Reopened",
                "occurred_at": f"2026-03-{day}T09:00:00Z",
            }
            for day in ("05", "15")
        ],
    }
    found = ask(tmp_path, tables, "SELECT item, id, CAST(ended_at AS VARCHAR) FROM change_approval ORDER BY ALL")
    assert found == [("d1/a", "y1", "2026-03-05 09:00:00"), ("d2/b", "y1", "2026-03-05 09:00:00")]


PUT_BACK = {
    "id": "e1",
    "ticket": "T-1",
    "field": "status",
    "new_value": "Reopened",
    "occurred_at": "2026-03-03T09:00:00Z",
}


@pytest.mark.parametrize(
    ("state", "events", "ended"), [("changes_requested", [], "review"), ("commented", [PUT_BACK], "ticket")]
)
def test_a_review_and_an_approval_of_one_id_end_each_by_what_ends_it(
    tmp_path: Path, state: str, events: Sequence[Mapping[str, Value]], ended: str
) -> None:
    item = {"id": "d", "system": "s", "environment": "production", "repository": REPOSITORY, "commit_sha": "a"}
    at = {"first": "2026-03-02T09:00:00Z", "refused": "2026-03-03T09:00:00Z"}
    asked = {"pull_request": f"{REPOSITORY}#1", "reviewer": "x:bo"}
    tables: Tables = {
        "deployment": [{**item, "started_at": "2026-03-10T09:00:00Z", "status": "success"}],
        "change_set": [{"deployment": "d", "repository": REPOSITORY, "sha": "a"}],
        "pull_request": [pull(1, head_sha="a", merge_sha="a", merged_at="2026-03-05T09:00:00Z", tickets=["T-1"])],
        "ticket": [{"key": "T-1", "type": "Change", "created_at": "2026-02-20T09:00:00Z"}],
        "review": [
            {**asked, "id": "y1", "state": "approved", "submitted_at": at["first"]},
            {**asked, "id": "y2", "state": state, "submitted_at": at["refused"]},
        ],
        "ticket_event": events,
        "approval": [
            {
                "id": "y1",
                "subject": "T-1",
                "approver": "x:cy",
                "duty": "release",
                "decision": "approve",
                "decided_at": at["first"],
            }
        ],
    }
    found = ask(tmp_path, tables, "SELECT basis, CAST(ended_at AS VARCHAR) FROM change_approval ORDER BY basis")
    assert found == [(basis, "2026-03-03 09:00:00" if basis == ended else None) for basis in ("review", "ticket")]
