"""Checks a whole vault from what is stored, in numbered steps. It reads every byte and changes none.

(1) Entries are numbered 0, 1, 2 and so on, and each says its own number and what its kind says.
(2) The entries hash to the stored root.
(3) The stored Merkle tree is the one that the entries give.
(4) The log still begins with the entries of a checkpoint that was kept elsewhere, if one is given.
(5) The bytes of every capture are there, in their recorded size, or were deleted under retention.
(6) The bytes of every capture hash to what was recorded, and their locks can be read.
(7) The indexes are what the log gives.
(8) Checkpoints are signed by the key of the log, and the entries are those that they were made over.
(9) Cosignatures, timestamps and table keys are those that the log records.
(10) The database has its tables and guards, and holds what an engine expects.
(11) The marks of the workspace and of the store say that log, database and bytes belong together.
(12) What no entry names is listed; it does no harm.

Memory grows with the number of checkpoints, deletions and committed tables, not with the number of entries.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from twofold.model.problem import UserError
from twofold.vault import evidence_index
from twofold.vault.act_bodies import BodyError, check_body
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.care.fault import Check, Fault, Repair, extra, lost, repairable
from twofold.vault.care.fsck_blobs import CapturedBytes
from twofold.vault.care.fsck_statements import Expected, checkpoint_faults, checkpoint_sizes, statement_faults
from twofold.vault.care.fsck_tree import StoredIndexes, StoredTiles
from twofold.vault.database.database import Database
from twofold.vault.database.database_faults import DatabaseError
from twofold.vault.entry import Entry, EntryKind, read_entry
from twofold.vault.evidence import evidence_of
from twofold.vault.evidence_index import row_of
from twofold.vault.log import Log, read_tile
from twofold.vault.opening.guards import moved_to
from twofold.vault.opening.marks import Newest, read_blob_mark, read_newest
from twofold.vault.retention.deletions import Deletion, deleted_blobs, pending_deletions
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.key_history import key_history
from twofold.vault.signing.signed_checkpoint import verify_checkpoint
from twofold.vault.tree.merkle import fold, grow, leaf_hash
from twofold.vault.tree.tiles import tiles_of


class Stored(Protocol):
    """What is checked: a `Vault`, or its parts where a vault would refuse to open."""

    @property
    def path(self) -> Path:
        """Folder of the vault in the workspace."""

    @property
    def log(self) -> Log:
        """The log, opened unchecked."""

    @property
    def blobs(self) -> BlobStore:
        """The captured bytes."""


@dataclass(slots=True)
class _Reading:
    """What one pass over the entries gives to the steps."""

    size: int = 0
    frontier: list[bytes] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    """Size -> root, of the sizes that somebody asks for."""
    numbering: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    expected: Expected = field(default_factory=Expected)
    origin: str = ""
    log_id: str = ""

    @property
    def root(self) -> bytes:
        """The root that the entries give."""
        return fold(self.frontier)


def fsck(stored: Stored, *, held: Checkpoint | None = None, held_note: str = "") -> list[Check]:
    """Run all steps and return them; `held` is an earlier checkpoint that somebody kept outside the vault.

    held_note: the signed note that `held` stands in, "" where it came without signatures.
    """
    log, database = stored.log, stored.log.database
    newest = read_newest(stored.path)  # before the view of the log is taken, since the mark may grow meanwhile
    with database.reading():  # one view of the log, while others may append
        deleted = _deleted(log)
        reading = _Reading()
        tiles, indexes = StoredTiles(partial(read_tile, database)), StoredIndexes(database)
        wanted = _sizes(database, held, newest)
        with CapturedBytes(stored.blobs, deleted) as captured:
            _read_entries(log, reading, wanted, _Beside(tiles, indexes, captured))
        head = _stored_head(database)
        tree = list(_tried("tile", lambda: _tree_faults(database, tiles, reading, head)))
        return [
            Check(1, "Entries are numbered without a gap", tuple(reading.numbering), tuple(reading.notes)),
            Check(2, "The entries hash to the stored root", tuple(_root_faults(reading, head, tree))),
            Check(3, "The stored Merkle tree is the one that the entries give", tuple(tree)),
            Check(4, "The log still begins as a kept checkpoint says", *_against_held(reading, held, held_note)),
            Check(5, "The bytes of every capture are there", *_presence(stored, captured.sizes, deleted)),
            Check(6, "The bytes of every capture are unchanged", tuple(map(lost, captured.hashes + captured.locks))),
            Check(7, "The indexes are what the log gives", tuple(_tried("evidence, entry_kind", indexes.finish))),
            Check(8, "Checkpoints are signed and say what the entries give", tuple(_checkpoints(database, reading))),
            Check(9, "What stands beside the log is what it records", tuple(_statements(database, reading, deleted))),
            Check(10, "The database has its tables and guards", tuple(_database(database))),
            Check(11, "Log, database and bytes belong together", tuple(_mark_faults(stored, reading, newest))),
            Check(12, "What no entry names", tuple(_extras(stored))),
        ]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is compared with each entry."""

    tiles: StoredTiles
    indexes: StoredIndexes
    captured: CapturedBytes


def _read_entries(log: Log, reading: _Reading, wanted: set[int], beside: _Beside) -> None:
    """Read every entry once, and beside it the rows of the tiles and indexes that belong to it."""
    if 0 in wanted:
        reading.roots[0] = fold([])
    try:
        for number, raw in log.raws():
            if number != reading.size:
                reading.numbering.append(lost(f"Entry {reading.size} is missing; the next one is {number}."))
            _read_one(reading, number, bytes(raw), beside)
            for level, _, digest in grow(reading.frontier, reading.size, leaf_hash(raw)):
                beside.tiles.add(level, digest)
            reading.size += 1
            if reading.size in wanted:
                reading.roots[reading.size] = reading.root
        ((count,),) = log.database.execute("SELECT COUNT(*) FROM entry")
        if count != reading.size:
            found = f"Table entry holds {count} rows, and {reading.size} of them are numbered from 0 on (table entry)."
            reading.numbering.append(lost(found))
    except DatabaseError as error:
        found = f"The log cannot be read past entry {reading.size - 1} (table entry): {error.problems[0].found}."
        reading.numbering.append(lost(found))


def _read_one(reading: _Reading, number: int, raw: bytes, beside: _Beside) -> None:
    try:
        entry = read_entry(raw)
        if entry.index != number:
            reading.numbering.append(lost(f"Entry {number} says that it is entry {entry.index}."))
        if number == 0:
            reading.origin, reading.log_id = str(entry.body["origin"]), str(entry.body["log_id"])
        beside.indexes.expect_kind(entry.kind, number)
        reading.expected.take(entry)
        if entry.kind == EntryKind.CAPTURE:
            _take_capture(entry, beside)
        if fault := _body_fault(entry):
            reading.notes.append(f"Entry {number}: {fault}.")
    except DatabaseError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        reading.numbering.append(lost(f"Entry {number} cannot be read: {error}."))


def _take_capture(entry: Entry, beside: _Beside) -> None:
    evidence = evidence_of(entry)
    beside.indexes.expect_capture(row_of(evidence))
    if not evidence.same_bytes_as:
        beside.captured.check(evidence.sha256, evidence.size, entry.index)


def _body_fault(entry: Entry) -> str:
    try:
        check_body(entry.kind, entry.body)
    except BodyError as error:
        return str(error)
    return ""


def _sizes(database: Database, held: Checkpoint | None, newest: Newest | None) -> set[int]:
    """Return the sizes whose roots the steps ask for."""
    sizes = {each.size for each in (held, newest) if each is not None}
    try:
        return sizes | checkpoint_sizes(database)
    except DatabaseError:
        return sizes


def _stored_head(database: Database) -> tuple[object, object]:
    try:
        rows = database.execute("SELECT size, root FROM head")
        return rows[0] if len(rows) == 1 else (None, None)
    except DatabaseError:
        return None, None


def _root_faults(reading: _Reading, head: tuple[object, object], tree: Sequence[Fault]) -> Iterator[Fault]:
    """Compare the stored size and root. Where the tiles are those of the entries, table head is wrong."""
    size, root = head[0], bytes(head[1]) if isinstance(head[1], bytes | memoryview) else head[1]
    only_head = not tree and not reading.numbering
    if size != reading.size:
        found = f"The log should hold {size!r} entries and holds {reading.size} (table head, table entry)."
        yield repairable(found, Repair.TREE) if only_head else lost(found)
    if root != reading.root:
        shown = root.hex() if isinstance(root, bytes) else repr(root)
        found = f"The entries hash to {reading.root.hex()}; the stored root is {shown} (table head, table entry)."
        yield repairable(found, Repair.TREE) if only_head else lost(found)


def _tree_faults(
    database: Database, tiles: StoredTiles, reading: _Reading, head: tuple[object, object]
) -> Iterator[Fault]:
    """Give what differs in the tiles. They can be made again where the entries give the root that was stored."""
    texts = tiles.finish()
    ((stored,),) = database.execute("SELECT COUNT(*) FROM tile")
    if stored > (expected := sum(1 for _ in tiles_of(reading.size))):
        texts.append(f"The tree has {expected} tiles, and {stored} are stored.")
    root = bytes(head[1]) if isinstance(head[1], bytes | memoryview) else None
    proven = (head[0], root) == (reading.size, reading.root) and not reading.numbering
    for text in texts:
        named = f"{text[:-1]} (table tile)."
        yield repairable(named, Repair.TREE) if proven else lost(named)


def _against_held(reading: _Reading, held: Checkpoint | None, note: str) -> tuple[tuple[Fault, ...], tuple[str, ...]]:
    """Return the faults and notes of step 4: what it was compared with stands beside the answer."""
    if held is None:
        return (), ("no checkpoint kept elsewhere was given, so this compared nothing; see --checkpoint",)
    return tuple(_held_faults(reading, held, note)), (f"compared with a checkpoint of {held.size:,} entries",)


def _held_faults(reading: _Reading, held: Checkpoint, note: str) -> Iterator[Fault]:
    if note and reading.expected.names_a_key:
        try:
            verify_checkpoint(note, key_history(reading.expected.key_entries).key_for(held.size))
        except ValueError as error:
            yield lost(f"The checkpoint does not verify under the key that the log names: {error}.")
    if held.origin != reading.origin:
        yield lost(f"The checkpoint is of the log {held.origin!r}, and this is {reading.origin!r}.")
    elif held.size not in reading.roots:
        yield lost(f"The checkpoint counts {held.size} entries, and the log holds only {reading.size} (table entry).")
    elif reading.roots[held.size] != held.root:
        yield lost(f"The first {held.size} entries are not those that the checkpoint was made over (table entry).")


def _presence(
    stored: Stored, sizes: Iterable[str], deleted: Mapping[str, Sequence[Deletion]]
) -> tuple[tuple[Fault, ...], tuple[str, ...]]:
    """Return the faults and notes of step 5."""
    faults, notes = list(map(lost, sizes)), list[str]()
    pending = set(pending_deletions(stored.log, stored.blobs)) if deleted else set()
    for sha256, found in deleted.items():
        if sha256 in pending:
            text = f"The deletion of {sha256} (entry {found[-1].entry}) was cut off."
            faults.append(repairable(text, Repair.DELETIONS))
        else:
            notes.append(f"The bytes {sha256} of {found[-1].evidence_id} were {found[-1].sentence}.")
    return tuple(faults), tuple(notes)


def _checkpoints(database: Database, reading: _Reading) -> Iterator[Fault]:
    return _tried("checkpoint", lambda: checkpoint_faults(database, reading.expected, reading.roots))


def _statements(database: Database, reading: _Reading, deleted: Mapping[str, Sequence[Deletion]]) -> Iterator[Fault]:
    tables = "cosignature, timestamp_request, table_key"
    return _tried(tables, lambda: statement_faults(database, reading.expected, deleted))


def _database(database: Database) -> Iterator[Fault]:
    def look() -> Iterator[Fault]:
        for text in database.guard_faults():
            yield repairable(text, Repair.GUARDS)
        for text in database.damage():
            yield lost(text)
        if (location := moved_to(database)) is not None:
            yield lost(f"The log is marked as moved to {location} (table moved); nothing can be added here.")

    return _tried("of the engine", look)


def _mark_faults(stored: Stored, reading: _Reading, newest: Newest | None) -> Iterator[Fault]:
    if newest is None:
        yield repairable(f"The mark {stored.path / 'newest'} is missing or cannot be read.", Repair.MARKS)
    elif newest.log_id != reading.log_id:
        yield lost(f"This workspace wrote the log {newest.log_id}, and this is the log {reading.log_id}.")
    elif newest.size > reading.size:
        yield lost(f"The log holds {reading.size} entries; it held {newest.size} when this workspace wrote it last.")
    elif newest.root != reading.roots[newest.size].hex():
        yield lost(f"The first {newest.size} entries are not those that this workspace wrote.")
    mark = read_blob_mark(stored.blobs.mark())
    if mark is None:
        yield repairable("The store of captured bytes does not say which log it belongs to.", Repair.MARKS)
    elif mark.log_id != reading.log_id:
        yield lost(f"The captured bytes belong to the log {mark.log_id}, and this is the log {reading.log_id}.")
    elif mark.moved_to:
        yield lost(f"The captured bytes were moved to {mark.moved_to}.")


def _deleted(log: Log) -> Mapping[str, Sequence[Deletion]]:
    """Return the bytes that the log says were deleted; none where its deletions cannot be read (step 1 tells)."""
    try:
        return deleted_blobs(log)
    except (UserError, KeyError):
        return {}


def _extras(stored: Stored) -> Iterator[Fault]:
    for sha256 in stored.blobs.all():
        if not evidence_index.first_and_latest_of_blob(stored.log.database, sha256):
            yield extra(f"Bytes {sha256} are stored and no entry names them.")
    for place in stored.blobs.strays():
        yield extra(f"{place} is no stored blob; it may be the rest of a copy that was cut off.", Repair.COPIES)


def _tried(tables: str, look: Callable[[], Iterable[Fault]]) -> Iterator[Fault]:
    """Give the faults of a step; where the engine refuses to read its tables, that is the fault."""
    try:
        yield from look()
    except DatabaseError as error:
        yield lost(f"What the step needs cannot be read ({tables}): {error.problems[0].found}.")
