"""Deployments with the statuses that tell what became of them, from REST or GraphQL.

A deployment is a request; only its statuses say that it served. So a deployment without statuses is `unknown`, has no
end, and never counts as a success. GitHub marks an old deployment inactive when a newer one succeeds: one that
was a success before stays a success here.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from twofold.model.instant import Instant
from twofold.sources.github.fields import Object, Reading, UnreadableError, account, inner, objects, required, text
from twofold.tables.rows import Row

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_REPOSITORY_PAGE = re.compile(r"://[^/]+/([^/]+/[^/?#]+)$")
_FAILURES = frozenset({"failure", "error"})
_KINDS = frozenset({"release", "rerun", "rollback", "vendor"})
Status = tuple[Instant, str, Object]
"""When, which state, and the object itself."""


def deployment_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield the deployment row of an object that embeds its `statuses` (GraphQL: `statuses` or `latestStatus`)."""
    values = _snake(record)
    repository = _repository(values, reading)
    environment = required(values, "environment")
    statuses = _statuses(values, reading)
    status, completed_at = _outcome(statuses)
    payload = _payload(values)
    named = _environment(values, environment, reading)
    row = {
        "id": f"{repository}/deployments/{text(values, 'database_id') or required(values, 'id')}",
        "system": reading.system(repository, environment, named),
        "environment": named,
        "repository": repository,
        "commit_sha": text(values, "sha") or text(values, "commit_oid"),
        "digest": text(payload, "digest"),
        "started_at": _started(values, statuses, reading),
        "completed_at": completed_at,
        "status": status,
        "actor": account(values, "creator"),
        "by_pipeline": _by_pipeline(values, statuses),
        "kind": _kind(values, payload),
        "previous_sha": text(payload, "previous_sha"),
    }
    yield Row("deployment", place, row)


def _snake(value: Any) -> Any:
    """Return the object with GraphQL's names (createdAt, CreatedAt) in REST's spelling (created_at).

    The payload is the company's own, so its names stay.
    """
    if isinstance(value, dict):
        named = {_HUMP.sub("_", key).lower(): held for key, held in value.items()}
        return {key: held if key == "payload" else _snake(held) for key, held in named.items()}
    return [_snake(held) for held in value] if isinstance(value, list) else value


def _repository(values: Object, reading: Reading) -> str:
    repository = inner(values, "repository")
    if name := text(repository, "name_with_owner") or text(repository, "full_name"):
        return name
    page = _REPOSITORY_PAGE.search(text(repository, "url"))
    return page[1] if page else reading.repository(text(values, "url"))


def _statuses(values: Object, reading: Reading) -> list[Status]:
    """Return the statuses in order of time; GraphQL wraps them in `nodes`, or gives only the latest."""
    held = values.get("statuses")
    found = objects(held, "nodes") if isinstance(held, dict) else objects(values, "statuses")
    if not found and (latest := inner(values, "latest_status")):
        found = [latest]
    statuses = []
    for status in found:
        moment = reading.instant(status, "created_at", "updated_at")
        if moment is None:
            msg = "a status has no created_at"
            raise UnreadableError(msg)
        statuses.append((moment, required(status, "state").lower(), status))
    return sorted(statuses, key=lambda status: status[0].earliest)


def _outcome(statuses: list[Status]) -> tuple[str, Instant | None]:
    """Return success, failure, inactive, pending (not ended) or unknown (no statuses), and when it ended."""
    if moment := next((moment for moment, state, _ in statuses if state == "success"), None):
        return "success", moment
    if moment := next((moment for moment, state, _ in reversed(statuses) if state in _FAILURES), None):
        return "failure", moment
    # When it ended is unknown: an inactive status carries the time of the deployment that replaced it.
    if any(state == "inactive" for _, state, _ in statuses):
        return "inactive", None
    return ("pending" if statuses else "unknown"), None


def _started(values: Object, statuses: list[Status], reading: Reading) -> Instant | None:
    """Return the first exposure: when the deployer began, else when the deployment was asked for, which is earlier."""
    begun = [moment for moment, state, _ in statuses if state in {"in_progress", "success"}]
    seen_to_begin = any(state == "in_progress" for _, state, _ in statuses)
    return begun[0] if seen_to_begin else reading.instant(values, "created_at")


def _environment(values: Object, environment: str, reading: Reading) -> str:
    """Return `production` where GitHub or the capture says that this environment is one, else its own name."""
    named = {name.strip() for name in reading.parameter("production_environments").split(";") if name.strip()}
    flagged = values.get("production_environment") is True
    return "production" if flagged or environment in named or environment.lower() == "production" else environment


def _by_pipeline(values: Object, statuses: list[Status]) -> bool | None:
    """Say whether a bot or app released it; None where the export does not tell."""
    bots = [user.get("type") == "Bot" for user in _users(values, statuses) if user.get("type")]
    if any(bots) or inner(values, "performed_via_github_app"):
        return True
    return False if bots else None


def _users(values: Object, statuses: list[Status]) -> list[Object]:
    return [
        inner(values, "creator"),
        *(inner(status, "creator") for _, state, status in statuses if state == "success"),
    ]


def _payload(values: Object) -> Object:
    """Return the deployer's own payload where it is an object, plain or written as JSON text."""
    payload = values.get("payload")
    if isinstance(payload, str) and payload.lstrip().startswith("{"):
        try:
            payload = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return {}
    return payload if isinstance(payload, dict) else {}


def _kind(values: Object, payload: Object) -> str:
    stated = payload.get("kind") or values.get("task")
    return stated if isinstance(stated, str) and stated in _KINDS else ""
