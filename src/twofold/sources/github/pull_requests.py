"""Pull requests, the commits they held, and their reviews.

It refuses to link by likeness: tickets, reverts and cherry-picks count only where a key or a fixed phrase names them.
"""

import re
from collections.abc import Iterator

from twofold.sources.github.commits import commit_row
from twofold.sources.github.fields import (
    GHOST,
    BotRows,
    Object,
    Reading,
    UnreadableError,
    account,
    inner,
    required,
    rows_or_set_aside,
    text,
)
from twofold.tables.commit_message import ticket_keys
from twofold.tables.json_records import read_records
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Unused, Value

_NUMBER = re.compile(r"/(?:pulls|pull|issues)/(\d+)(?:$|[/?#])")
_REVERTS = re.compile(r"^Reverts\s+([\w.-]+/[\w.-]+)?#(\d+)", re.MULTILINE | re.IGNORECASE)
_PICK = re.compile(
    r"^(?:cherry[- ]pick(?:ed)?|backport(?:ed)?)\s+(?:of|from)\s+([\w.-]+/[\w.-]+)?#(\d+)", re.MULTILINE | re.IGNORECASE
)
_PICKED_COMMIT = re.compile(r"\(cherry picked from commit ([0-9a-f]{7,64})\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_COMMIT_CAP = 250
"""GET /repos/{repo}/pulls/{number}/commits lists no more (GitHub REST documentation)."""
_REVIEW_STATES = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
}


def pull_request_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield the pull_request row of one REST object, from the list or the detail call."""
    base, head = inner(record, "base"), inner(record, "head")
    repository = text(inner(base, "repo"), "full_name") or reading.repository(text(record, "url"))
    merged_at = reading.instant(record, "merged_at")
    # A template's hints stand in HTML comments; a key in them names no ticket.
    body = _COMMENT.sub("", text(record, "body").replace("\r\n", "\n"))
    branch = text(head, "ref")
    values = {
        "id": f"{repository}#{_required_number(record)}",
        "repository": repository,
        "author": account(record, "user"),
        "base_ref": text(base, "ref"),
        "head_sha": text(head, "sha"),
        # Before the merge this field names a trial merge that no branch holds.
        "merge_sha": text(record, "merge_commit_sha") if merged_at else "",
        "created_at": reading.instant(record, "created_at"),
        "merged_at": merged_at,
        "merged_by": account(record, "merged_by") if merged_at else "",
        "tickets": ticket_keys(reading.context.ticket_key, text(record, "title"), branch, body),
        "cherry_pick_of": _named(_PICK, body, repository) or _picked_commit(body),
        "reverts": _named(_REVERTS, body, repository),
    }
    yield Row("pull_request", place, values)


def review_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield the review row of one REST object. `dismissed_at` is read where the export adds it (see README)."""
    state = required(record, "state").upper()
    if state == "PENDING":
        msg = "a pending review was not submitted, so it says nothing"
        raise UnreadableError(msg)
    if state not in _REVIEW_STATES:
        msg = f"state is {state!r}, one of {', '.join(_REVIEW_STATES)} is expected"
        raise UnreadableError(msg)
    submitted_at = reading.instant(record, "submitted_at")
    if submitted_at is None:
        msg = "submitted_at is missing or empty"
        raise UnreadableError(msg)
    values: dict[str, Value] = {
        "id": f"github:review:{required(record, 'id')}",
        "pull_request": pull_request_of(record, reading),
        "reviewer": account(record, "user") or GHOST,
        "state": _REVIEW_STATES[state],
        "submitted_at": submitted_at,
        "commit_sha": text(record, "commit_id"),
        "dismissed_at": reading.instant(record, "dismissed_at"),
    }
    yield Row("review", place, values)


def pull_request_commits(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside | Unused]:
    """Read the commits of pull requests: pull_request_commit and code_commit.

    A record is a commit with `pull_request_url`, or an object with `pull_request_url` and the list `commits`. A file
    with the parameters `repo` and `pull_request` may hold the bare commits of one. Where a pull request has as many
    commits as GitHub lists at most, that is set aside in words, since more may exist.
    """
    reading, bots = Reading(file, context), BotRows()
    counts: dict[str, int] = {}
    for found in read_records(file.path):
        if isinstance(found, SetAside):
            yield found
            continue
        for place, commit in _commits_in(*found):
            for row in rows_or_set_aside(_held_commit_rows, commit, place, reading, bots):
                if isinstance(row, Row) and row.table == "pull_request_commit":
                    pull_request = str(row.values["pull_request"])
                    counts[pull_request] = counts.get(pull_request, 0) + 1
                yield row
    for pull_request, count in counts.items():
        if count == _COMMIT_CAP:
            reason = f"exactly {count} commits, which is all that GitHub lists; capture its git history as well"
            yield SetAside(pull_request, reason)


def pull_request_of(record: Object, reading: Reading) -> str:
    """Return `owner/name#number` from `pull_request_url`, else from the parameters `repo` and `pull_request`."""
    url = text(record, "pull_request_url")
    match = _NUMBER.search(url)
    number = match[1] if match else reading.parameter("pull_request")
    if not number:
        msg = "pull_request_url is missing, and the capture has no parameter pull_request"
        raise UnreadableError(msg)
    return f"{reading.repository(url)}#{number}"


def _commits_in(place: str, record: Object) -> Iterator[tuple[str, Object]]:
    commits = record.get("commits")
    if not isinstance(commits, list):
        yield place, record
        return
    url = record.get("pull_request_url")
    for index, commit in enumerate(commits):
        held = commit if isinstance(commit, dict) else {"commit": commit}
        yield f"{place}/commits/{index}", {"pull_request_url": url, **held}


def _held_commit_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    pull_request = pull_request_of(record, reading)
    sha = required(record, "sha")
    yield Row("pull_request_commit", place, {"pull_request": pull_request, "sha": sha})
    yield commit_row(record, place, reading, pull_request.partition("#")[0])


def _required_number(record: Object) -> str:
    number = required(record, "number")
    if not number.isdecimal():
        msg = f"number is {number!r}, a number is expected"
        raise UnreadableError(msg)
    return number


def _named(pattern: re.Pattern[str], body: str, repository: str) -> str:
    match = pattern.search(body)
    return f"{match[1] or repository}#{match[2]}" if match else ""


def _picked_commit(body: str) -> str:
    match = _PICKED_COMMIT.search(body)
    return match[1] if match else ""
