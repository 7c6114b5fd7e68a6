"""Puts right what can be made again from the entries, or finished. Entries and captured bytes are never touched.

Rule 1: nothing is made from entries that are in doubt: where a step about the entries themselves refuses, everything
stays as it is. Rule 2: captured bytes go only where the log holds their deletion.
"""

from collections.abc import Callable, Container, Sequence
from datetime import datetime, timedelta

from twofold.model.problem import Problem, UserError
from twofold.vault import evidence_index
from twofold.vault.care.fault import Check, Repair, Standing
from twofold.vault.care.fsck import Stored
from twofold.vault.care.fsck_statements import Expected, note_fault
from twofold.vault.database.database import Database
from twofold.vault.entry import EntryKind
from twofold.vault.log import Log
from twofold.vault.opening.guards import mark_blobs
from twofold.vault.opening.marks import Newest, read_blob_mark, read_newest, write_newest
from twofold.vault.retention.deletions import finish_deletions
from twofold.vault.tree.merkle import fold, grow, leaf_hash
from twofold.vault.tree.tiles import HEIGHT, TILE_BYTES

LEFT_ALONE = timedelta(days=1)
"""A copy that was worked on within this time may be under way in another process."""

_ABOUT_ENTRIES = (1, 2, 4)
_BESIDE = (
    EntryKind.LOG,
    EntryKind.KEY_ROTATION,
    EntryKind.CHECKPOINT,
    EntryKind.WITNESS,
    EntryKind.TIMESTAMP,
    EntryKind.ROW_COMMITMENT,
)
_INSERT_TILE = "INSERT INTO tile (level, position, hashes) VALUES (?, ?, ?)"
_PUT_HEAD = (
    "INSERT INTO head (one, size, root) VALUES (1, ?, ?)"
    " ON CONFLICT (one) DO UPDATE SET size = excluded.size, root = excluded.root"
)


def repair(stored: Stored, checks: Sequence[Check], *, at: datetime) -> list[str]:
    """Do every repair that the checks ask for; return what was done, a sentence each.

    Raises UserError, before anything is done, when the entries themselves are in doubt.
    """
    doubt = [
        fault.text
        for check in checks
        if check.step in _ABOUT_ENTRIES
        for fault in check.findings
        if fault.standing is Standing.LOST
    ]
    if doubt:
        remedy = "keep this copy as it is, and restore the log from a backup"
        raise UserError(
            Problem(stored.log.where, f"nothing was repaired: {doubt[0]}", "entries that are not in doubt", remedy)
        )
    asked = {fault.repair for check in checks for fault in check.findings if fault.repair is not None}
    return [sentence for each, work in _WORK.items() if each in asked and (sentence := work(stored, at))]


def _guards(stored: Stored, at: datetime) -> str:
    del at
    with stored.log.database.writing():
        stored.log.database.restore_guards()
    return "Tables, indexes and triggers of the database were made again."


def _tree(stored: Stored, at: datetime) -> str:
    del at
    rebuild_tree(stored.log)
    return "The tiles of the Merkle tree, its size and its root were made again from the entries."


def rebuild_tree(log: Log) -> None:
    """Make tiles, size and root from the entries; whoever calls knows that the entries are right."""
    database = log.database
    with database.writing():
        database.execute("DELETE FROM tile")
        size, frontier, growing = 0, list[bytes](), dict[int, tuple[int, bytearray]]()
        for _, raw in log.raws():
            for level, _, digest in grow(frontier, size, leaf_hash(raw)):
                if level % HEIGHT == 0:
                    _grow_tile(database, growing, level // HEIGHT, digest)
            size += 1
        rest = [(level, position, bytes(hashes)) for level, (position, hashes) in growing.items() if hashes]
        database.execute_many(_INSERT_TILE, rest)
        database.execute(_PUT_HEAD, (size, fold(frontier)))


def _grow_tile(database: Database, growing: dict[int, tuple[int, bytearray]], level: int, digest: bytes) -> None:
    position, hashes = growing.setdefault(level, (0, bytearray()))
    hashes += digest
    if len(hashes) == TILE_BYTES:
        database.execute(_INSERT_TILE, (level, position, bytes(hashes)))
        growing[level] = (position + 1, bytearray())


def _indexes(stored: Stored, at: datetime) -> str:
    del at
    count = evidence_index.rebuild(stored.log)
    return f"The indexes were made again from the entries ({count:,} captures)."


def _statements(stored: Stored, at: datetime) -> str:
    """Remove rows that no entry vouches for, and put back cosignatures, which entries hold."""
    del at
    log, expected = stored.log, expected_of(stored.log)
    database = log.database
    with database.writing():
        database.lift_guards("checkpoint")
        for size, note in database.execute("SELECT size, note FROM checkpoint"):
            if note_fault(size, note, expected):
                database.execute("DELETE FROM checkpoint WHERE size = ? AND note = ?", (size, note))
        database.execute("DELETE FROM cosignature")
        rows = [(size, line, at_text) for (size, line), at_text in expected.cosignatures.items()]
        database.execute_many("INSERT INTO cosignature (size, line, received_at) VALUES (?, ?, ?)", rows)
        _delete_unknown(database, "timestamp_request", "id", expected.timestamps)
        _delete_unknown(database, "table_key", "commitment", expected.keys)
        database.restore_guards()
    return "Rows that no entry vouches for were removed from the tables beside the log; cosignatures were put back."


def _delete_unknown(database: Database, table: str, column: str, known: Container[object]) -> None:
    # The names are fixed by the caller above.
    for (key,) in database.execute(f"SELECT {column} FROM {table}"):  # noqa: S608
        if key not in known:
            database.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,))  # noqa: S608


def expected_of(log: Log) -> Expected:
    """Return what the entries say stands beside the log."""
    expected = Expected()
    for kind in _BESIDE:
        for entry in log.entries(kind=kind):
            expected.take(entry)
    return expected


def _deletions(stored: Stored, at: datetime) -> str:
    finished = finish_deletions(stored.log, stored.blobs, at=at)
    return f"Deletions that the log records were finished: {', '.join(finished)}." if finished else ""


def _copies(stored: Stored, at: datetime) -> str:
    gone = stored.blobs.sweep(at - LEFT_ALONE)
    return f"The rests of copies that were cut off were removed: {', '.join(gone)}." if gone else ""


def _marks(stored: Stored, at: datetime) -> str:
    del at
    first = stored.log.raw(0)
    log_id = str(stored.log.read(first or b"").body["log_id"])
    size, root = stored.log.head()
    if read_newest(stored.path) is None:
        write_newest(stored.path, Newest(log_id, size, root.hex()))
    if read_blob_mark(stored.blobs.mark()) is None:
        mark_blobs(stored.blobs, log_id)
    return "The marks of workspace and blob store were written again."


_WORK: dict[Repair, Callable[[Stored, datetime], str]] = {
    Repair.GUARDS: _guards,
    Repair.TREE: _tree,
    Repair.INDEXES: _indexes,
    Repair.STATEMENTS: _statements,
    Repair.DELETIONS: _deletions,
    Repair.COPIES: _copies,
    Repair.MARKS: _marks,
}
"""In this order: the tree is needed to write anything, the indexes to look anything up."""
