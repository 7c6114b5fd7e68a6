from collections.abc import Callable
from typing import Any

import pytest

from twofold.tables.rows import Row, SetAside, Unused

Normalise = Callable[..., list[Row | SetAside | Unused]]
REPOSITORY = {"full_name": "acme/billing", "default_branch": "main", "pushed_at": 1767607800}
URL = "https://api.github.com/repos/acme/billing"
SHA = "a" * 40


def push(**changes: Any) -> dict[str, Any]:
    payload = {
        "ref": "refs/heads/main",
        "before": "b" * 40,
        "after": SHA,
        "forced": False,
        "deleted": False,
        "sender": {"login": "ana"},
        "repository": REPOSITORY,
    } | changes
    return {"event": "push", "payload": payload}


def merged() -> dict[str, Any]:
    pull = {
        "number": 3,
        "url": f"{URL}/pulls/3",
        "updated_at": "2026-01-05T10:10:00Z",
        "merged_at": "2026-01-05T10:10:00Z",
        "merge_commit_sha": SHA,
        "user": {"login": "ana"},
    }
    return {"event": "pull_request", "payload": {"action": "closed", "pull_request": pull, "repository": REPOSITORY}}


def test_a_push_that_no_pull_request_explains_is_a_production_change(normalise: Normalise) -> None:
    (row,) = normalise("webhooks", [push(forced=True)], {"github:acme/billing": "billing"})
    assert isinstance(row, Row)
    assert (row.values["system"], row.values["kind"], row.values["actor"]) == ("billing", "push", "github:ana")
    assert row.values["object"] == f"acme/billing main {SHA} (forced)"
    pull, unused = normalise("webhooks", [push(), merged()])
    assert isinstance(pull, Row)
    assert (pull.table, unused) == ("pull_request", Unused("#/0"))


@pytest.mark.parametrize("changes", [{"ref": "refs/heads/feature"}, {"ref": "refs/tags/v1"}, {"deleted": True}])
def test_other_pushes_are_no_production_change(normalise: Normalise, changes: dict[str, Any]) -> None:
    assert normalise("webhooks", [push(**changes)]) == [Unused("#/0")]


def test_a_push_without_a_time_is_set_aside(normalise: Normalise) -> None:
    (found,) = normalise("webhooks", [push(repository=REPOSITORY | {"pushed_at": 0})])
    assert isinstance(found, SetAside)
    assert "repository.pushed_at" in found.reason


def review(action: str, state: str, seen_at: str) -> dict[str, Any]:
    held = {
        "id": 5,
        "user": {"login": "ben"},
        "state": state,
        "submitted_at": "2026-01-05T10:00:00Z",
        "commit_id": SHA,
        "pull_request_url": f"{URL}/pulls/3",
    }
    payload = {"action": action, "review": held, "pull_request": {"updated_at": seen_at}, "repository": REPOSITORY}
    return {"event": "pull_request_review", "payload": payload}


def test_a_dismissal_keeps_its_moment_in_any_order(normalise: Normalise) -> None:
    given = review("submitted", "approved", "2026-01-05T10:00:01Z")
    gone = review("dismissed", "dismissed", "2026-01-05T11:00:00Z")
    for order in ([given, gone], [gone, given]):
        row, unused = normalise("webhooks", order)
        assert unused == Unused(f"#/{order.index(given)}")
        assert isinstance(row, Row)
        dismissed_at: Any = row.values["dismissed_at"]
        assert (row.values["state"], dismissed_at.text) == ("dismissed", "2026-01-05T11:00:00Z")


def test_a_finished_check_stands_over_its_start(normalise: Normalise) -> None:
    def check(**changes: Any) -> dict[str, Any]:
        run = {"id": 9, "name": "unit", "head_sha": SHA, "url": f"{URL}/check-runs/9", "conclusion": None} | changes
        return {"event": "check_run", "payload": {"check_run": run, "repository": REPOSITORY}}

    done = check(conclusion="failure", completed_at="2026-01-05T10:00:00Z")
    row, _ = normalise("webhooks", [done, check(started_at="2026-01-05T10:30:00Z")])
    assert isinstance(row, Row)
    assert row.values["conclusion"] == "failure"


@pytest.mark.parametrize(
    ("delivery", "part"),
    [
        ({"payload": {}}, "event is missing"),
        ({"event": "push", "payload": []}, "payload holds []"),
        ({"event": "check_run", "payload": {}}, "id is missing"),
    ],
)
def test_a_delivery_that_cannot_be_read_is_set_aside(normalise: Normalise, delivery: Any, part: str) -> None:
    (found,) = normalise("webhooks", [delivery])
    assert isinstance(found, SetAside)
    assert part in found.reason
