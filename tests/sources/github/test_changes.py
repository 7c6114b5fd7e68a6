from collections.abc import Callable
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.tables.rows import Row, SetAside, Unused

Normalise = Callable[..., list[Row | SetAside | Unused]]
API = "https://api.github.com/repos/acme/billing"
SHA, BASE = "a" * 40, "b" * 40


def user(login: str, kind: str = "User") -> dict[str, str]:
    return {"login": login, "type": kind}


def pull(**changes: Any) -> dict[str, Any]:
    return {
        "url": f"{API}/pulls/12",
        "number": 12,
        "title": "PAY-7: round half even",
        "body": "",
        "user": user("ana"),
        "head": {"ref": "feature/PAY-9-rounding", "sha": SHA},
        "base": {"ref": "main", "repo": {"full_name": "acme/billing"}},
        "created_at": "2026-01-05T10:00:00Z",
        "merged_at": "2026-01-06T10:00:00Z",
        "merge_commit_sha": BASE,
        "merged_by": user("ben"),
    } | changes


def commit(sha: str = SHA, **changes: Any) -> dict[str, Any]:
    who = {"name": "Ana Lima", "email": "Ana@Example.com", "date": "2026-01-05T09:00:00Z"}
    return {
        "url": f"{API}/commits/{sha}",
        "sha": sha,
        "parents": [{"sha": BASE}],
        "commit": {"author": who, "committer": who, "message": "PAY-7: round", "tree": {"sha": "c" * 40}},
        "author": user("ana"),
        "committer": user("web-flow"),
    } | changes


def only(found: list[Row | SetAside | Unused], table: str) -> Row:
    rows = [row for row in found if isinstance(row, Row) and row.table == table]
    assert len(rows) == 1, found
    return rows[0]


def reason(found: list[Row | SetAside | Unused]) -> str:
    assert len(found) == 1, found
    assert isinstance(found[0], SetAside)
    return found[0].reason


def test_a_merged_pull_request(normalise: Normalise) -> None:
    values = only(normalise("pull_requests", [pull()]), "pull_request").values
    assert values["id"] == "acme/billing#12"
    assert (values["author"], values["merged_by"]) == ("github:ana", "github:ben")
    assert (values["head_sha"], values["merge_sha"], values["base_ref"]) == (SHA, BASE, "main")
    assert values["tickets"] == ["PAY-7", "PAY-9"]


def test_the_trial_merge_of_an_open_pull_request_is_no_merge(normalise: Normalise) -> None:
    values = only(normalise("pull_requests", [pull(merged_at=None, merged_by=None)]), "pull_request").values
    assert (values["merge_sha"], values["merged_by"], values["merged_at"]) == ("", "", None)


def test_a_deleted_author_is_the_ghost_and_not_nobody(normalise: Normalise) -> None:
    assert only(normalise("pull_requests", [pull(user=None)]), "pull_request").values["author"] == "github:ghost"


@pytest.mark.parametrize(
    ("body", "column", "expected"),
    [
        ("Reverts acme/other#7", "reverts", "acme/other#7"),
        ("Why\r\n\r\nReverts #7\r\n", "reverts", "acme/billing#7"),
        ("This explains how one reverts a change, see #7", "reverts", ""),
        ("Backport of #9", "cherry_pick_of", "acme/billing#9"),
        (f"(cherry picked from commit {BASE})", "cherry_pick_of", BASE),
        ("Closes PAY-3 <!-- for example ABC-1 -->", "tickets", ["PAY-3", "PAY-7", "PAY-9"]),
    ],
)
def test_what_a_body_says_in_fixed_words(normalise: Normalise, body: str, column: str, expected: Any) -> None:
    assert only(normalise("pull_requests", [pull(body=body)]), "pull_request").values[column] == expected


def test_a_bot_that_acts_gets_one_account_row(normalise: Normalise) -> None:
    bot = user("dependabot[bot]", "Bot")
    found = normalise("pull_requests", [pull(user=bot), pull(user=bot, number=13)], {"github:acme": "github"})
    values = only(found, "account").values
    assert values == {
        "id": "github:dependabot[bot]",
        "system": "github",
        "kind": "bot",
        "username": "dependabot[bot]",
    }


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"created_at": "1970-01-01T00:00:00Z"}, "created_at: '1970-01-01T00:00:00Z' lies before 1990"),
        ({"merged_at": "yesterday"}, "merged_at: 'yesterday' is no ISO 8601"),
        ({"number": None}, "number is missing"),
        ({"number": "twelve"}, "number is 'twelve'"),
        ({"user": "ana"}, "user holds 'ana', an object is expected"),
        ({"base": {"ref": "main"}, "url": None}, "which repository"),
        ({"title": ["a"]}, "title holds ['a'], a text is expected"),
    ],
)
def test_a_pull_request_that_cannot_be_read_is_set_aside(
    normalise: Normalise, changes: dict[str, Any], part: str
) -> None:
    assert part in reason(normalise("pull_requests", [pull(**changes)]))


def review(**changes: Any) -> dict[str, Any]:
    return {
        "id": 5,
        "user": user("ben"),
        "state": "APPROVED",
        "submitted_at": "2026-01-05T12:00:00Z",
        "commit_id": SHA,
        "pull_request_url": f"{API}/pulls/12",
    } | changes


def test_a_review(normalise: Normalise) -> None:
    values = only(normalise("reviews", [review()]), "review").values
    assert values["pull_request"] == "acme/billing#12"
    assert (values["reviewer"], values["state"], values["commit_sha"]) == ("github:ben", "approved", SHA)


def test_a_review_takes_its_pull_request_from_the_parameters(normalise: Normalise) -> None:
    found = normalise("reviews", [review(pull_request_url=None)], repo="acme/billing", pull_request="14")
    assert only(found, "review").values["pull_request"] == "acme/billing#14"


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"state": "PENDING", "submitted_at": None}, "pending"),
        ({"state": "LGTM"}, "state is 'LGTM'"),
        ({"submitted_at": ""}, "submitted_at is missing"),
        ({"pull_request_url": None}, "pull_request_url is missing"),
    ],
)
def test_a_review_that_cannot_be_read_is_set_aside(normalise: Normalise, changes: dict[str, Any], part: str) -> None:
    assert part in reason(normalise("reviews", [review(**changes)]))


def test_a_commit_and_its_people(normalise: Normalise) -> None:
    message = (
        "PAY-7: round\n\nCo-authored-by: Cy <7+cy@users.noreply.github.com>\n"
        "more text\n\nCo-authored-by: Di <DI@example.com>\nReviewed-by: Ben <ben@example.com>"
    )
    record = commit(author=None)
    record["commit"]["message"] = message
    values = only(normalise("commits", [record]), "code_commit").values
    assert (values["author"], values["committer"]) == ("git:ana@example.com", "github:web-flow")
    assert values["coauthors"] == ["git:di@example.com", "github:cy"]
    assert values["reviewed_by"] == ["git:ben@example.com"]
    assert (values["parents"], values["tree_sha"], values["tickets"]) == ([BASE], "c" * 40, ["PAY-7"])
    assert "base_merge" not in values


def test_commits_of_pull_requests_bare_and_grouped_give_the_same_rows(normalise: Normalise) -> None:
    url = f"{API}/pulls/12"
    bare = normalise("pull_request_commits", [commit() | {"pull_request_url": url}])
    grouped = normalise("pull_request_commits", [{"pull_request_url": url, "commits": [commit()]}])
    alone = normalise("pull_request_commits", [commit()], repo="acme/billing", pull_request="12")
    assert [row.values for row in bare if isinstance(row, Row)] == [
        row.values for row in grouped if isinstance(row, Row)
    ]
    assert bare == alone
    assert only(bare, "pull_request_commit").values == {"pull_request": "acme/billing#12", "sha": SHA}
    assert only(bare, "code_commit").values == only(normalise("commits", [commit()]), "code_commit").values
    assert grouped[0].record == "#/0/commits/0"


def test_a_full_list_of_commits_is_not_taken_for_all(normalise: Normalise) -> None:
    commits = [commit(f"{number:040x}") for number in range(250)]
    found = normalise("pull_request_commits", [{"pull_request_url": f"{API}/pulls/12", "commits": commits}])
    assert isinstance(found[-1], SetAside)
    assert "exactly 250 commits" in found[-1].reason


def test_check_runs_and_statuses(normalise: Normalise) -> None:
    run = {
        "id": 1,
        "head_sha": SHA,
        "name": "unit",
        "conclusion": "success",
        "url": f"{API}/check-runs/1",
        "started_at": "2026-01-05T09:10:00Z",
        "completed_at": "2026-01-05T09:20:00Z",
    }
    status = {
        "id": 1,
        "state": "error",
        "context": "lint",
        "url": f"{API}/statuses/{SHA}",
        "created_at": "2026-01-05T09:30:00Z",
    }
    runs = normalise("check_runs", {"total_count": 1, "check_runs": [run]})
    assert only(runs, "check_run").values["name"] == "unit"
    ended = only(normalise("check_runs", [status]), "check_run").values
    assert (ended["id"], ended["sha"], ended["conclusion"]) == ("github:status:1", SHA, "failure")
    waiting = only(normalise("check_runs", [status | {"state": "pending"}]), "check_run").values
    assert (waiting["conclusion"], waiting["completed_at"]) == ("", None)


def test_only_direct_pushes_to_release_branches_are_production_changes(normalise: Normalise) -> None:
    def activity(number: int, kind: str, branch: str) -> dict[str, Any]:
        return {
            "id": number,
            "ref": f"refs/heads/{branch}",
            "activity_type": kind,
            "timestamp": "2026-01-05T09:10:00Z",
            "actor": user("ana"),
            "after": SHA,
        }

    records = [
        activity(1, "push", "main"),
        activity(2, "pr_merge", "main"),
        activity(3, "push", "feature/x"),
        activity(4, "force_push", "release/2"),
        activity(5, "merge_queue_merge", "main"),
        activity(6, "branch_creation", "release/3"),
    ]
    systems = {"github:acme/billing": "billing"}
    rows = [row for row in normalise("activity", records, systems, repo="acme/billing") if isinstance(row, Row)]
    assert [(row.values["id"], row.values["object"]) for row in rows] == [
        ("github:activity:1", f"acme/billing main {SHA}"),
        ("github:activity:4", f"acme/billing release/2 {SHA} (forced)"),
    ]
    assert {row.values["system"] for row in rows} == {"billing"}
    found = normalise("activity", records, systems, repo="acme/billing")
    assert [row.record for row in found if isinstance(row, Unused)] == ["#/1", "#/2", "#/4", "#/5"]
    named = normalise("activity", records, repo="acme/billing", release_branches="feature/*")
    assert [row.values["id"] for row in named if isinstance(row, Row)] == ["github:activity:3"]
    with pytest.raises(UserError, match="parameters"):
        normalise("activity", records)


@pytest.mark.parametrize("kind", ["pull_requests", "reviews", "commits", "check_runs", "deployments", "members"])
def test_an_empty_export_gives_nothing_and_other_data_is_set_aside(normalise: Normalise, kind: str) -> None:
    assert normalise(kind, [], org="acme") == []
    assert reason(normalise(kind, [{"colour": "red"}], org="acme", repo="acme/billing"))
    with pytest.raises(UserError, match="cannot be read at byte"):
        normalise(kind, b'[{"id": 1}, {"id"')
