"""Entries about the queue of timestamps: each change of a row is an act, so that no row can be changed unseen.

The queue stands beside the log, since its rows change. An entry of kind `timestamp` holds the hash of a row as it was
written: SHA-256 of its columns as canonical JSON, bytes in hex.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from twofold.model.problem import Problem, UserError
from twofold.vault.canonical import GREATEST_INTEGER, Json, canonical_bytes
from twofold.vault.database.database import Database
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.log import Log, LogWriter

COLUMNS = (
    "id",
    "size",
    "note_sha256",
    "authority",
    "request",
    "response",
    "state",
    "attempts",
    "next_try_at",
    "problem",
)


def log_timestamps(log: Log, writer: LogWriter, *, actor: str, at: datetime) -> None:
    """Write an entry for each row that the act made or changed; `require_unaltered` comes before the act."""
    said = logged_rows(log.entries(kind=EntryKind.TIMESTAMP))
    for row in timestamp_columns(writer.database):
        digest = row_sha256(row)
        if said.get(row["id"]) != digest:
            body = {"request": row["id"], "row_sha256": digest, "size": row["size"], "state": row["state"]}
            writer.append(kind=EntryKind.TIMESTAMP, actor=actor, at=at, body=body)


def require_unaltered(log: Log) -> None:
    """Raise UserError when a row is not what the log says, so that no act makes an alteration look like its own."""
    said = logged_rows(log.entries(kind=EntryKind.TIMESTAMP))
    for row in timestamp_columns(log.database):
        if said.pop(row["id"], None) != row_sha256(row):
            found = f"the request {row['id']} to a timestamp authority was changed outside Twofold"
            raise UserError(Problem(log.where, found, "the row that the log records", "run 'twofold fsck'"))


def logged_rows(entries: Iterable[Entry]) -> dict[Json, str]:
    """Return number of the request -> hash of its row, from entries of kind `timestamp` in order."""
    return {each.body["request"]: str(each.body["row_sha256"]) for each in entries}


def timestamp_columns(database: Database) -> list[dict[str, Json]]:
    """Return the rows of the queue as JSON: column -> value, bytes in hex."""
    rows = database.execute(f"SELECT {', '.join(COLUMNS)} FROM timestamp_request ORDER BY id")  # noqa: S608  fixed names
    return [dict(zip(COLUMNS, map(_json, row), strict=True)) for row in rows]


def row_sha256(row: dict[str, Json]) -> str:
    """Return the hash of a row."""
    return sha256(canonical_bytes(row)).hexdigest()


def _json(value: object) -> Json:
    """Return what a column holds as JSON; what our code never writes there becomes a text like no other."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if value is None or isinstance(value, str):
        return value
    return value if isinstance(value, int) and abs(value) <= GREATEST_INTEGER else f"not written by Twofold: {value!r}"
