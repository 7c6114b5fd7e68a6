"""Ask the configured authority for the timestamps that are due, and check what it answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.x509 import load_pem_x509_certificates

from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.vault.kept_checkpoints import kept_checkpoints
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.note import parse_note
from twofold.vault.timestamps.timestamp import NoTimestampError, TimestampJudgement, ask, judge_answer, make_request
from twofold.vault.timestamps.timestamp_entries import log_timestamps, require_unaltered
from twofold.vault.timestamps.timestamp_queue import (
    TimestampRow,
    TimestampState,
    queue_timestamp,
    record_answer,
    record_fault,
    record_judgement,
    timestamp_rows,
)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """One request as it stands: `at` is the time that its answer names, aware UTC, None without an answer."""

    row: TimestampRow
    at: datetime | None


def send_timestamps(workspace: Workspace, *, at: datetime, everything: bool = False) -> list[Timestamp]:
    """Send each request that is due, check its answer, and return how all requests stand.

    everything: do not wait; ask again what was refused, check kept answers again that were not trusted, and ask anew
    for each kept checkpoint that still has none.
    A fault of the authority is recorded, not raised. Raises UserError without an authority in the settings.
    """
    chain = trusted_chain(workspace)
    database = workspace.vault.log.database
    require_unaltered(workspace.vault.log)
    if everything:
        with _logged(workspace, at):
            _judge_again(workspace, chain)
            _queue_lacking(workspace, at)
    notes = _notes(workspace)
    for row in timestamp_rows(database):
        due = row.state is TimestampState.WAITING and row.next_try_at <= at
        if row.response is None and (due or everything):
            _send(workspace, row, notes[row.note_sha256], chain, at)
    return list_timestamps(workspace)


def list_timestamps(workspace: Workspace) -> list[Timestamp]:
    """Return how all requests stand; the network is not used."""
    notes = _notes(workspace)
    found = []
    for row in timestamp_rows(workspace.vault.log.database):
        judged = _judged(workspace, row, notes[row.note_sha256]) if row.response is not None else None
        found.append(Timestamp(row, None if judged is None else judged.at))
    return found


def trusted_chain(workspace: Workspace) -> bytes:
    """Return the certificates (PEM) that answers must lead to; raises UserError when the settings name none."""
    if not workspace.settings.timestamp_authority:
        expected = '[timestamps] with authority = "https://…" and chain = "file.pem"'
        raise UserError(
            Problem(
                "twofold.toml",
                "no timestamp authority is named",
                expected,
                "add both; see docs/howto/timestamp-checkpoints.md",
            )
        )
    path = workspace.root / workspace.settings.timestamp_chain
    try:
        content = path.read_bytes()
        load_pem_x509_certificates(content)
    except (OSError, ValueError) as error:
        remedy = "save the certificates that the authority publishes there"
        raise UserError(Problem(str(path), "no certificates can be read here", "PEM", remedy)) from error
    return content


def _judge_again(workspace: Workspace, chain: bytes) -> None:
    """Check kept answers that are not trusted: the certificates in the settings may be others now."""
    notes, database = _notes(workspace), workspace.vault.log.database
    for row in timestamp_rows(database):
        if row.response is not None and row.state is TimestampState.UNTRUSTED:
            judged = judge_answer(row.response, request=row.request, note=notes[row.note_sha256], chain=chain)
            record_judgement(database, row, problem=judged.problem)


def _queue_lacking(workspace: Workspace, at: datetime) -> None:
    """Queue a request for each kept checkpoint that has neither a trusted answer nor a request that can be sent."""
    authority, database = workspace.settings.timestamp_authority, workspace.vault.log.database
    served = {row.note_sha256 for row in timestamp_rows(database) if row.state is not TimestampState.UNTRUSTED}
    for digest, note in _notes(workspace).items():
        if digest not in served:
            size = Checkpoint.parse(parse_note(note).text).size
            queue_timestamp(database, size=size, note=note, authority=authority, request=make_request(note), at=at)


def _send(workspace: Workspace, row: TimestampRow, note: str, chain: bytes, at: datetime) -> None:
    database = workspace.vault.log.database
    try:
        response = ask(row.authority, row.request)
    except NoTimestampError as error:
        with _logged(workspace, at):
            record_fault(database, row, problem=str(error), permanent=error.permanent, at=at)
        return
    problem = judge_answer(response, request=row.request, note=note, chain=chain).problem
    with _logged(workspace, at):
        record_answer(database, row, response=response, problem=problem)


@contextmanager
def _logged(workspace: Workspace, at: datetime) -> Iterator[None]:
    """Change the queue and record the change in the log, as one act."""
    log = workspace.vault.log
    with log.writing() as writer:
        yield
        log_timestamps(log, writer, actor=workspace.vault.origin, at=at)


def _judged(workspace: Workspace, row: TimestampRow, note: str) -> TimestampJudgement | None:
    if row.response is None or not workspace.settings.timestamp_chain:
        return None
    return judge_answer(row.response, request=row.request, note=note, chain=trusted_chain(workspace))


def _notes(workspace: Workspace) -> dict[str, str]:
    return {
        sha256(kept.note.encode()).hexdigest(): kept.note for kept in kept_checkpoints(workspace.vault.log.database)
    }
