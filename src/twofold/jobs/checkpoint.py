"""Sign the log as it is now, keep the checkpoint, and queue its timestamp where an authority is configured."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.jobs.signing_key import keys_of
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.vault.blobs.written_file import write_new_file
from twofold.vault.entry import EntryKind
from twofold.vault.kept_checkpoints import keep_checkpoint
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.signed_checkpoint import signed_checkpoint
from twofold.vault.timestamps.timestamp import make_request
from twofold.vault.timestamps.timestamp_entries import log_timestamps
from twofold.vault.timestamps.timestamp_queue import queue_timestamp
from twofold.vault.tree.merkle import fold


@dataclass(frozen=True, slots=True)
class MadeCheckpoint:
    """A checkpoint that was signed and kept. `timestamp_queued`: whether an authority will be asked to date it."""

    checkpoint: Checkpoint
    note: str
    timestamp_queued: bool


def make_checkpoint(workspace: Workspace, key: SigningKey, *, at: datetime) -> MadeCheckpoint:
    """Sign and keep the state of the log as of now; raises UserError when the key was replaced meanwhile."""
    vault, authority = workspace.vault, workspace.settings.timestamp_authority
    with vault.log.writing() as writer:
        if keys_of(vault).current != key.verifier:
            raise UserError(Problem(vault.log.where, "the key was replaced just now", "", "run this again"))
        # The entry comes first, so that the checkpoint vouches for the row that keeps it.
        writer.append(kind=EntryKind.CHECKPOINT, actor=key.name, at=at, body={"key": key.vkey})
        size, root = writer.size, fold(writer.frontier)
        checkpoint = Checkpoint(vault.origin, size, root)
        note = signed_checkpoint(checkpoint, key)
        keep_checkpoint(writer.database, size=size, note=note, at=at)
        if authority:
            queue_timestamp(
                writer.database, size=size, note=note, authority=authority, request=make_request(note), at=at
            )
            log_timestamps(vault.log, writer, actor=key.name, at=at)
    return MadeCheckpoint(checkpoint, note, bool(authority))


def write_checkpoint(workspace: Workspace, key: SigningKey, *, into: Path, at: datetime) -> MadeCheckpoint:
    """Make a checkpoint and write it to a new file, to be sent; raises UserError where a file is already."""
    require_new(into)
    made = make_checkpoint(workspace, key, at=at)
    write_new_file(into, made.note.encode())
    return made


def require_new(path: Path) -> None:
    """Raise UserError when the path is taken, or its folder is missing: before anything is signed or recorded."""
    if path.exists():
        raise UserError(Problem(str(path), "a file of this name is there already", "a new file", "name another file"))
    if not path.absolute().parent.is_dir():
        raise UserError(Problem(str(path.parent), "there is no such folder", "a folder that is there", "make it first"))
