from collections.abc import Callable
from typing import Any

import pytest

from twofold.tables.rows import Row, SetAside, Unused

Normalise = Callable[..., list[Row | SetAside | Unused]]


def status(state: str, minute: int, **changes: Any) -> dict[str, Any]:
    return {"id": minute, "state": state, "created_at": f"2026-01-05T10:{minute:02}:00Z"} | changes


def deployment(*statuses: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "url": "https://api.github.com/repos/acme/billing/deployments/7",
        "id": 7,
        "sha": "a" * 40,
        "environment": "production",
        "task": "deploy",
        "payload": {},
        "creator": {"login": "ana", "type": "User"},
        "created_at": "2026-01-05T10:00:00Z",
        "statuses": list(statuses),
    } | changes


def read(normalise: Normalise, record: dict[str, Any], **parameters: str) -> dict[str, Any]:
    found = normalise("deployments", [record], {"github:acme/billing": "billing"}, **parameters)
    rows = [row for row in found if isinstance(row, Row) and row.table == "deployment"]
    assert len(rows) == 1, found
    return dict(rows[0].values)


def minute(value: Any) -> int | None:
    return value.earliest.minute if value else None


@pytest.mark.parametrize(
    ("statuses", "expected", "started", "completed"),
    [
        ([], "unknown", 0, None),
        ([status("queued", 1), status("in_progress", 2), status("success", 5)], "success", 2, 5),
        ([status("success", 5), status("in_progress", 2)], "success", 2, 5),
        ([status("success", 5), status("inactive", 9)], "success", 0, 5),
        ([status("failure", 3), status("success", 5)], "success", 0, 5),
        ([status("in_progress", 2), status("failure", 3), status("inactive", 9)], "failure", 2, 3),
        ([status("error", 3)], "failure", 0, 3),
        ([status("in_progress", 2), status("inactive", 9)], "inactive", 2, None),
        ([status("waiting", 1), status("in_progress", 2)], "pending", 2, None),
    ],
)
def test_the_statuses_tell_what_became_of_it(
    normalise: Normalise, statuses: list[dict[str, Any]], expected: str, started: int, completed: int | None
) -> None:
    values = read(normalise, deployment(*statuses))
    assert values["status"] == expected
    assert (minute(values["started_at"]), minute(values["completed_at"])) == (started, completed)


def test_a_deployment_exported_without_statuses_is_no_success(normalise: Normalise) -> None:
    bare = {key: value for key, value in deployment().items() if key != "statuses"}
    values = read(normalise, bare)
    assert (values["id"], values["status"], values["completed_at"]) == ("acme/billing/deployments/7", "unknown", None)


def test_the_environment_decides_the_system_before_the_repository(normalise: Normalise) -> None:
    systems = {"github:acme/billing": "billing", "github:acme/billing@eu": "billing-eu"}
    records = [deployment(environment="eu"), deployment(environment="us", id=8)]
    found = normalise("deployments", records, systems)
    assert [row.values["system"] for row in found if isinstance(row, Row)] == ["billing-eu", "billing"]
    unmapped = normalise("deployments", [deployment()])
    assert isinstance(unmapped[0], Row)
    assert unmapped[0].values["system"] == "unmapped:acme/billing"


def test_which_environments_are_production(normalise: Normalise) -> None:
    assert read(normalise, deployment(environment="Production"))["environment"] == "production"
    assert read(normalise, deployment(environment="live", production_environment=True))["environment"] == "production"
    assert read(normalise, deployment(environment="live"), production_environments="eu; live")["environment"] == (
        "production"
    )
    assert read(normalise, deployment(environment="live"))["environment"] == "live"


def test_who_released_it(normalise: Normalise) -> None:
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    assert read(normalise, deployment())["by_pipeline"] is False
    assert read(normalise, deployment(creator=bot))["by_pipeline"] is True
    assert read(normalise, deployment(status("success", 5, creator=bot)))["by_pipeline"] is True
    assert read(normalise, deployment(performed_via_github_app={"slug": "github-actions"}))["by_pipeline"] is True
    gone = read(normalise, deployment(creator=None))
    assert (gone["actor"], gone["by_pipeline"]) == ("github:ghost", None)


@pytest.mark.parametrize(
    "payload",
    [
        {"digest": "sha256:1", "previous_sha": "b", "kind": "rollback"},
        '{"digest":"sha256:1","previous_sha":"b","kind":"rollback"}',
    ],
)
def test_the_payload_may_tell_digest_and_kind(normalise: Normalise, payload: Any) -> None:
    values = read(normalise, deployment(payload=payload))
    assert (values["digest"], values["previous_sha"], values["kind"]) == ("sha256:1", "b", "rollback")


def test_other_payloads_and_tasks_say_nothing(normalise: Normalise) -> None:
    for payload in ("", "{broken", "text", None, [1]):
        values = read(normalise, deployment(payload=payload, task="deploy:migrations"))
        assert (values["digest"], values["kind"]) == ("", "")


def test_a_status_without_a_time_sets_the_deployment_aside(normalise: Normalise) -> None:
    (found,) = normalise("deployments", [deployment({"state": "success"})])
    assert isinstance(found, SetAside)
    assert "a status has no created_at" in found.reason
