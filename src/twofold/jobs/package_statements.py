"""What others said about the log, as a package carries it: cosignatures of witnesses, timestamps of authorities."""

from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256

from twofold.jobs.timestamp import list_timestamps, trusted_chain
from twofold.records.workspace import Workspace
from twofold.reports.contents import EarlierCheckpoint, StampedCheckpoint
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.kept_checkpoints import kept_checkpoints
from twofold.vault.log import Log
from twofold.vault.timestamps.timestamp_queue import TimestampState


def witness_keys(records: Iterable[Entry]) -> list[str]:
    """Return the verifier keys of the witnesses that these records name."""
    return sorted({str(entry.body["witness"]) for entry in records if entry.kind == EntryKind.WITNESS})


def witnessed(log: Log, records: Collection[Entry], size: int) -> tuple[EarlierCheckpoint, ...]:
    """Return the cosigned checkpoints that these records speak of, each with its proof to the next bigger one."""
    sizes = {int(entry.body["size"]) for entry in records if entry.kind == EntryKind.WITNESS}
    notes = {
        each.size: each.cosigned
        for each in kept_checkpoints(log.database)
        if each.size in sizes and each.size <= size and each.cosignatures
    }
    return _chained(log, sorted(notes.items()), size)


def stamped(workspace: Workspace, size: int) -> tuple[StampedCheckpoint, ...]:
    """Return the checkpoints that an authority dated, with the first trusted answer over each."""
    log = workspace.vault.log
    notes = {sha256(each.note.encode()).hexdigest(): each.note for each in kept_checkpoints(log.database)}
    found = {
        each.row.size: each
        for each in reversed(list_timestamps(workspace))
        if each.row.state is TimestampState.TRUSTED and each.at is not None and each.row.size <= size
    }
    chained = _chained(log, [(each.row.size, notes[each.row.note_sha256]) for _, each in sorted(found.items())], size)
    return tuple(
        StampedCheckpoint(checkpoint, row.request, row.response, at, row.authority)
        for checkpoint in chained
        for row, at in [(found[checkpoint.size].row, found[checkpoint.size].at)]
        if at is not None and row.response is not None
    )


def certificates(workspace: Workspace) -> bytes:
    """Return the certificates (PEM) of the configured authority; none when there is no authority."""
    return trusted_chain(workspace) if workspace.settings.timestamp_authority else b""


def _chained(log: Log, notes: Sequence[tuple[int, str]], size: int) -> tuple[EarlierCheckpoint, ...]:
    """Give each checkpoint, smallest first, the proof to the next one, and the last the proof to `size`."""
    following = [*(later for later, _ in notes[1:]), size][: len(notes)]
    return tuple(
        EarlierCheckpoint(each, note, tuple(log.consistency_proof(each, later)))
        for (each, note), later in zip(notes, following, strict=True)
    )
