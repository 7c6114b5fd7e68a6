"""Timestamps of checkpoints: what was asked of which authority, what it answered, and when to ask again.

A row is never deleted, and an answer is never dropped, whatever is wrong with it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from twofold.vault.database.database import Database
from twofold.vault.entry import instant_text

LONGEST_WAIT = timedelta(days=1)


class TimestampState(StrEnum):
    """How far a request has come."""

    WAITING = "waiting"
    """Not answered yet; it is sent when its time comes."""
    TRUSTED = "trusted"
    """Answered, and the answer was checked against the trusted certificates."""
    UNTRUSTED = "untrusted"
    """Answered, and the answer could not be checked; it is kept, with the reason."""
    REFUSED = "refused"
    """The authority will not answer this request; sending it again does not help."""


@dataclass(frozen=True, slots=True)
class TimestampRow:
    """One request (DER) over the checkpoint note with this SHA-256, and its answer (DER) once there is one."""

    id: int
    size: int
    note_sha256: str
    authority: str
    request: bytes
    response: bytes | None
    state: TimestampState
    attempts: int
    next_try_at: datetime
    problem: str


def queue_timestamp(database: Database, *, size: int, note: str, authority: str, request: bytes, at: datetime) -> None:
    """Queue a request over a checkpoint's note; it is due at once."""
    database.execute(
        "INSERT INTO timestamp_request"
        " (id, size, note_sha256, authority, request, state, attempts, next_try_at, problem)"
        " VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM timestamp_request), ?, ?, ?, ?, ?, 0, ?, '')",
        (size, sha256(note.encode()).hexdigest(), authority, request, TimestampState.WAITING.value, instant_text(at)),
    )


def timestamp_rows(database: Database) -> list[TimestampRow]:
    """Return all requests, in the order in which they were queued."""
    rows = database.execute(
        "SELECT id, size, note_sha256, authority, request, response, state, attempts, next_try_at, problem"
        " FROM timestamp_request ORDER BY id"
    )
    return [
        TimestampRow(
            id=number,
            size=size,
            note_sha256=digest,
            authority=authority,
            request=bytes(request),
            response=None if response is None else bytes(response),
            state=TimestampState(state),
            attempts=attempts,
            next_try_at=datetime.fromisoformat(next_try_at),
            problem=problem,
        )
        for number, size, digest, authority, request, response, state, attempts, next_try_at, problem in rows
    ]


def record_answer(database: Database, row: TimestampRow, *, response: bytes, problem: str) -> None:
    """Keep an answer; `problem` says why it is not trusted, "" when it is."""
    state = TimestampState.UNTRUSTED if problem else TimestampState.TRUSTED
    database.execute(
        "UPDATE timestamp_request SET response = ?, state = ?, problem = ?, attempts = attempts + 1"
        " WHERE id = ? AND response IS NULL",
        (response, state.value, problem, row.id),
    )


def record_judgement(database: Database, row: TimestampRow, *, problem: str) -> None:
    """Record that a kept answer was checked again."""
    state = TimestampState.UNTRUSTED if problem else TimestampState.TRUSTED
    database.execute(
        "UPDATE timestamp_request SET state = ?, problem = ? WHERE id = ? AND response IS NOT NULL",
        (state.value, problem, row.id),
    )


def record_fault(database: Database, row: TimestampRow, *, problem: str, permanent: bool, at: datetime) -> None:
    """Record that no answer came; the wait doubles with each attempt, from two minutes up to `LONGEST_WAIT`."""
    attempts = row.attempts + 1
    wait = min(timedelta(minutes=2 ** min(attempts, 20)), LONGEST_WAIT)
    state = TimestampState.REFUSED if permanent else TimestampState.WAITING
    database.execute(
        "UPDATE timestamp_request SET state = ?, problem = ?, attempts = ?, next_try_at = ?"
        " WHERE id = ? AND response IS NULL",
        (state.value, problem, attempts, instant_text(at + wait), row.id),
    )
