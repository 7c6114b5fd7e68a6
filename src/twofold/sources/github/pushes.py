"""Pushes to release branches outside pull requests: production changes that no merge shows.

It leaves unused what is no such push: a merge of a pull request or of the merge queue, a push to another branch,
and the creation or deletion of a branch.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from twofold.sources.github.fields import Object, Reading, UnreadableError, account, required, text
from twofold.tables.rows import Row, Value

DEFAULT_RELEASE_BRANCHES = "main;master;release/*;releases/*"
_DIRECT = frozenset({"push", "force_push"})


def activity_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield prod_event for a direct push among GET /repos/{repo}/activity."""
    repository = reading.required_parameter("repo", "acme/billing")
    branch = required(record, "ref").removeprefix("refs/heads/")
    kind = required(record, "activity_type")
    if kind not in _DIRECT or not is_release_branch(branch, reading):
        return
    occurred_at = reading.instant(record, "timestamp")
    if occurred_at is None:
        msg = "timestamp is missing or empty"
        raise UnreadableError(msg)
    values: dict[str, Value] = {
        "id": f"github:activity:{required(record, 'id')}",
        "system": reading.system(repository),
        "kind": "push",
        "occurred_at": occurred_at,
        "actor": account(record, "actor"),
        "object": pushed_object(repository, branch, text(record, "after"), forced=kind == "force_push"),
    }
    yield Row("prod_event", place, values)


def is_release_branch(branch: str, reading: Reading, default: str = "") -> bool:
    """Whether the branch matches a pattern of the parameter `release_branches`, else of the default ones."""
    patterns = reading.parameter("release_branches") or default or DEFAULT_RELEASE_BRANCHES
    return any(fnmatchcase(branch, pattern.strip()) for pattern in patterns.split(";"))


def pushed_object(repository: str, branch: str, after: str, *, forced: bool) -> str:
    """Return what was changed, as a reader of the exception needs it: `acme/billing main 1a2b3c4d (forced)`."""
    return f"{repository} {branch} {after}{' (forced)' if forced else ''}"
