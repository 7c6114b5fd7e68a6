"""Protection of a branch as GitHub answers at one moment: one row for each setting.

It refuses to say anything about another moment: `observed_at` is when the query ran.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from twofold.model.instant import Instant
from twofold.sources.github.fields import Object, Reading, UnreadableError, inner, objects, required, text
from twofold.tables.rows import Row, Value

_BRANCH = re.compile(r"/branches/(.+?)/protection(?:$|[/?#])")
_SWITCHES = (
    "required_signatures",
    "enforce_admins",
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)
_REVIEW_SWITCHES = ("dismiss_stale_reviews", "require_code_owner_reviews", "require_last_push_approval")


def branch_rule_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield the settings of GET .../branches/{branch}/protection, or `protected` of GET .../branches."""
    branch = _branch(record, reading)
    protection = inner(record, "protection")
    repository = reading.repository(text(record, "url"), text(record, "protection_url"), text(protection, "url"))
    run_at = reading.file.evidence.provenance.run_at
    observed_at = Instant(run_at, run_at, run_at.isoformat())
    for setting, value in _settings(record):
        values: dict[str, Value] = {
            "repository": repository,
            "branch": branch,
            "setting": setting,
            "value": value,
            "observed_at": observed_at,
        }
        yield Row("branch_rule", place, values)


def _branch(record: Object, reading: Reading) -> str:
    match = _BRANCH.search(text(record, "url")) or _BRANCH.search(text(record, "protection_url"))
    branch = unquote(match[1]) if match else text(record, "name") or reading.parameter("branch")
    if not branch:
        msg = "no field says which branch it is, and the capture has no parameter branch"
        raise UnreadableError(msg)
    return branch


def _settings(record: Object) -> Iterator[tuple[str, str]]:
    if "protected" in record:  # an element of the list of branches, which says no more
        yield "protected", _switch(record.get("protected"))
        return
    yield "protected", "true"
    reviews = inner(record, "required_pull_request_reviews")
    count = text(reviews, "required_approving_review_count")
    yield "required_reviews", (count or "1") if reviews else "0"
    for name in _REVIEW_SWITCHES:
        if name in reviews:
            yield name, _switch(reviews[name])
    if reviews:
        yield "bypass_reviews", _names(inner(reviews, "bypass_pull_request_allowances"))
    checks = inner(record, "required_status_checks")
    yield "required_checks", ";".join(sorted(_check_names(checks)))
    if "strict" in checks:
        yield "strict_checks", _switch(checks["strict"])
    for name in _SWITCHES:
        if name in record:
            yield name, _switch(inner(record, name).get("enabled"))
    if record.get("restrictions") is not None:
        yield "push_restrictions", _names(inner(record, "restrictions"))


def _check_names(checks: Object) -> set[str]:
    contexts = checks.get("contexts")
    named = {context for context in contexts if isinstance(context, str)} if isinstance(contexts, list) else set()
    return named | {required(check, "context") for check in objects(checks, "checks")}


def _names(allowed: Object) -> str:
    """Return who is named, as `app:x;team:y;user:z`; empty for nobody."""
    users = (f"user:{required(user, 'login')}" for user in objects(allowed, "users"))
    teams = (f"team:{required(team, 'slug')}" for team in objects(allowed, "teams"))
    apps = (f"app:{required(app, 'slug')}" for app in objects(allowed, "apps"))
    return ";".join(sorted([*users, *teams, *apps]))


def _switch(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    msg = f"a setting holds {value!r}, true or false is expected"
    raise UnreadableError(msg)
