"""Recordings of GitHub's API, and what other tools make of them."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.model.instant import Instant, parse_instant
from twofold.tables.rows import Row, SetAside, Unused

Normalise = Callable[..., list[Row | SetAside | Unused]]
DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
OCTOKIT = DATA / "octokit-fixtures" / "api.github.com"
DEVLAKE = DATA / "devlake-e2e" / "github_graphql" / "e2e"
WEBHOOKS = DATA / "octokit-webhooks-examples" / "ghes-31.index.json"

needs_octokit = pytest.mark.skipif(not OCTOKIT.is_dir(), reason="the octokit fixtures are not in ../shared/data")
needs_devlake = pytest.mark.skipif(not DEVLAKE.is_dir(), reason="the DevLake recordings are not in ../shared/data")
needs_webhooks = pytest.mark.skipif(not WEBHOOKS.is_file(), reason="the webhook examples are not in ../shared/data")


def answers(scenario: str, twin: str, path: str) -> list[Any]:
    recording = json.loads((OCTOKIT / scenario / f"{twin}-fixture.json").read_text())
    return [
        call["response"]
        for call in recording
        if re.search(path, call["path"]) and call["status"] == 200 and isinstance(call["response"], dict | list)
    ]


def masked(found: list[Row | SetAside | Unused]) -> list[tuple[str, str, dict[str, Any]]]:
    """Give rows without what normalising a recording changes: ids, times, hashes, repository suffixes."""

    def mask(value: Any) -> Any:
        if isinstance(value, Instant):
            return "time"
        if isinstance(value, list):
            return [mask(part) for part in value]
        if not isinstance(value, str):
            return value
        value = re.sub(r"tmp-scenario-([a-z-]+?)-\d{17}-\w+", r"\1", value)
        return re.sub(r"\b[0-9a-f]{40}\b|(?<=[:])\d+$", "id", value)

    rows = [row for row in found if isinstance(row, Row)]
    assert len(rows) == len(found)
    return [(row.table, row.record, {key: mask(value) for key, value in row.values.items()}) for row in rows]


@needs_octokit
@pytest.mark.parametrize(
    ("kind", "scenario", "path", "count"),
    [
        ("check_runs", "create-status", r"/commits/\w+/status", 4),
        ("branch_protection", "branch-protection", r"/protection$", 25),
        ("members", "add-and-remove-repository-collaborator", r"/collaborators$", 3),
    ],
)
def test_the_raw_recording_and_its_normalised_twin_give_the_same_rows(
    normalise: Normalise, kind: str, scenario: str, path: str, count: int
) -> None:
    raw, twin = (
        [
            row
            for answer in answers(scenario, name, path)
            for row in masked(normalise(kind, answer, org="octokit-fixture-org"))
        ]
        for name in ("raw", "normalized")
    )
    assert raw == twin
    assert len(raw) == count


@needs_octokit
def test_created_commits_of_both_twins_give_the_same_rows(normalise: Normalise) -> None:
    def rows(twin: str) -> list[Any]:
        recording = json.loads((OCTOKIT / "create-file" / f"{twin}-fixture.json").read_text())
        (commit,) = (call["response"]["commit"] for call in recording if call["path"].endswith("/contents/test.txt"))
        # The contents API gives the git commit; the list of commits wraps the same object.
        return masked(
            normalise("commits", [{**commit, "commit": commit, "author": None, "committer": None}], repo="o/r")
        )

    assert rows("raw") == rows("normalized")
    ((_, _, values),) = rows("raw")
    assert values["author"] == "github:octokit-fixture-user-a"


@needs_octokit
def test_the_settings_of_a_protected_branch(normalise: Normalise) -> None:
    answer = answers("branch-protection", "raw", r"/protection$")[-1]
    settings = {
        row.values["setting"]: row.values["value"]
        for row in normalise("branch_protection", answer)
        if isinstance(row, Row)
    }
    assert settings == {
        "protected": "true",
        "required_reviews": "1",
        "dismiss_stale_reviews": "true",
        "require_code_owner_reviews": "false",
        "bypass_reviews": "",
        "required_checks": "foo/bar",
        "strict_checks": "true",
        "required_signatures": "false",
        "enforce_admins": "true",
        "required_linear_history": "false",
        "allow_force_pushes": "false",
        "allow_deletions": "false",
        "block_creations": "false",
        "required_conversation_resolution": "false",
        "push_restrictions": "team:a-team;user:octokit-fixture-user-a",
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@needs_devlake
def test_deployments_agree_with_devlake(normalise: Normalise) -> None:
    raw = [json.loads(row["data"]) for row in rows_of(DEVLAKE / "raw_tables" / "_raw_github_graphql_deployment.csv")]
    tool = {row["id"]: row for row in rows_of(DEVLAKE / "snapshot_tables" / "_tool_github_deployments.csv")}
    domain = {
        row["id"].rpartition(":")[2]: row for row in rows_of(DEVLAKE / "snapshot_tables" / "cicd_deployments.csv")
    }
    commits = {
        row["id"].rpartition(":")[2]: row
        for row in rows_of(DEVLAKE / "snapshot_tables" / "cicd_deployment_commits.csv")
    }
    page = {"data": {"repository": {"deployments": {"nodes": raw}}}}
    found = normalise("deployments", page, {"github:facebook/OpenBIC": "openbic"})
    assert len(found) == len(raw) == len(tool) == len(domain) == 7
    differences: dict[str, int] = {}
    for node, row in zip(raw, found, strict=True):
        assert isinstance(row, Row)
        ours, theirs, result = row.values, tool[node["Id"]], domain[node["Id"]]
        assert ours["id"] == f"facebook/OpenBIC/deployments/{theirs['database_id']}"
        assert ours["repository"] == theirs["repository_url"].removeprefix("https://github.com/")
        assert ours["commit_sha"] == theirs["commit_oid"] == commits[node["Id"]]["commit_sha"]
        assert ours["environment"] == theirs["environment"] == result["environment"]
        compared = {
            "started": (ours["started_at"], result["started_date"]),
            "completed": (ours["completed_at"], result["finished_date"]),
        }
        for name, (instant, text) in compared.items():
            if not isinstance(instant, Instant) or instant.earliest != parse_instant(text).earliest:
                differences[name] = differences.get(name, 0) + 1
        if str(ours["status"]).upper() != result["result"]:
            differences["result"] = differences.get("result", 0) + 1
    # README of the source, "Differences from DevLake": in progress is later than created (2 rows with statuses); the
    # end and result of the four inactive ones without statuses are unknown; one updated a second after its status.
    assert differences == {"started": 2, "completed": 5, "result": 4}


def deliveries() -> list[dict[str, Any]]:
    examples = json.loads(WEBHOOKS.read_text())
    return [{"event": entry["name"], "payload": payload} for entry in examples for payload in entry["examples"]]


@needs_webhooks
def test_each_webhook_example_is_read_or_set_aside_by_name(normalise: Normalise) -> None:
    found = normalise("webhooks", b"\n".join(json.dumps(delivery).encode() for delivery in deliveries()))
    rows = {row.table: row for row in found if isinstance(row, Row)}
    assert sorted(rows) == ["check_run", "deployment", "pull_request", "review"]
    assert not [row for row in found if isinstance(row, SetAside)]
    unused = [
        deliveries()[int(row.record.removeprefix("line ")) - 1]["event"] for row in found if isinstance(row, Unused)
    ]
    read = {"pull_request", "pull_request_review", "check_run", "status", "deployment_status"}
    # One deployment row tells of both its deliveries; the push deletes a tag.
    assert sorted(unused) == sorted(entry["event"] for entry in deliveries() if entry["event"] not in read)
    assert len(found) == 49

    deployed = rows["deployment"].values
    assert (deployed["id"], deployed["status"]) == ("Codertocat/Hello-World/deployments/2", "success")
    assert deployed["completed_at"] == parse_instant("2019-05-15T19:38:21Z")
    assert rows["review"].values["pull_request"] == rows["pull_request"].values["id"] == "Codertocat/Hello-World#2"
    checks = [row.values for row in found if isinstance(row, Row) and row.table == "check_run"]
    assert [(check["name"], check["conclusion"]) for check in checks] == [
        ("Octocoders-linter", ""),
        ("default", "success"),
    ]


@needs_webhooks
def test_repeated_and_reordered_deliveries_give_the_same_rows(normalise: Normalise) -> None:
    wanted = {"pull_request", "pull_request_review", "check_run", "status", "deployment", "deployment_status"}
    once = [delivery for delivery in deliveries() if delivery["event"] in wanted]

    def values(order: list[dict[str, Any]]) -> list[str]:
        return sorted(repr((row.table, row.values)) for row in normalise("webhooks", order) if isinstance(row, Row))

    assert values(once) == values(once + once) == values(once[::-1])
