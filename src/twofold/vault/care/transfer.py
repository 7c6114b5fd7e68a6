"""Carries a log and its captured bytes from one place to another, byte for byte: for backup, restore and move.

Entries are copied as they are stored, so every hash, index, root and proof stays. What stands beside the log travels
as JSON lines, one a row: `{"table":"checkpoint","row":{"size":12,…}}`, bytes in hex.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import orjson

from twofold.model.problem import Problem, UserError
from twofold.vault import evidence_index
from twofold.vault.blobs.blobs import BlobStore, Locks
from twofold.vault.canonical import canonical_bytes
from twofold.vault.database.database import Database
from twofold.vault.entry import Entry, EntryKind, read_entry
from twofold.vault.evidence import evidence_of
from twofold.vault.evidence_index import row_of
from twofold.vault.log import Log, LogWriter
from twofold.vault.timestamps.timestamp_entries import COLUMNS as TIMESTAMP_COLUMNS

Wanted = tuple[str, int]
"""Hash and size of captured bytes."""
Progress = Callable[[int], None]

_BESIDE = {
    "checkpoint": ("size", "note", "made_at"),
    "cosignature": ("size", "line", "received_at"),
    "timestamp_request": TIMESTAMP_COLUMNS,
    "table_key": ("commitment", "key"),
}
_BYTES = frozenset({"request", "response", "key"})
_AHEAD = 64
_PAGE = 1_000


class _Stream:
    """An open stream as the source of a blob; see `ByteSource`."""

    def __init__(self, stream: BinaryIO, sha256: str, size: int) -> None:
        self._stream = stream
        self.identity = f"blob {sha256}"
        self.size = size

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the start of the buffer."""
        return self._stream.readinto(buffer)  # type: ignore[attr-defined, no-any-return]  # a binary file has it

    def rewind(self) -> None:
        """Start again at the front."""
        self._stream.seek(0)


def copy_blobs(source: BlobStore, target: BlobStore, wanted: Iterable[Wanted], *, progress: Progress) -> int:
    """Copy the bytes that the target lacks; return how many pieces were copied. They are durable at the end.

    Bytes that the target holds in the right size are left as they are. Bytes are hashed where they are read and where
    they are written. Raises UserError for bytes that are missing or damaged in the source.
    """
    copied = 0
    running: deque[Future[bool]] = deque()
    with ThreadPoolExecutor(target.copies_at_once) as pool:
        for number, (sha256, size) in enumerate(wanted):
            progress(number)
            running.append(pool.submit(_copy_one, source, target, sha256, size))
            while len(running) > _AHEAD:
                copied += running.popleft().result()
        copied += sum(each.result() for each in running)
    target.flush()
    return copied


def _copy_one(source: BlobStore, target: BlobStore, sha256: str, size: int) -> bool:
    if target.size(sha256) == size:
        return False
    with source.open_verified(sha256) as stream:
        stored = target.put(_Stream(stream, sha256, size))
    if (stored.sha256, stored.size) != (sha256, size):
        found = f"what arrived hashes to {stored.sha256}"
        raise UserError(Problem(target.where, found, f"bytes that hash to {sha256}", "run this again"))
    return True


def copy_locks(source: BlobStore, target: BlobStore, wanted: Iterable[Wanted], *, at: datetime) -> None:
    """Carry legal holds over, and retention dates that have not passed at `at`."""
    for sha256, _ in wanted:
        set_locks(target, sha256, source.locks(sha256), at=at)


def set_locks(target: BlobStore, sha256: str, locks: Locks, *, at: datetime) -> None:
    """Put these locks on a blob; a retention date that has passed would be refused by a store with a clock."""
    if locks.retain_until is not None and locks.retain_until > at:
        target.retain(sha256, locks.retain_until)
    if locks.held:
        target.hold(sha256, on=True)


def add_entries(writer: LogWriter, raws: Iterable[bytes]) -> Entry | None:
    """Add entries byte for byte, with the rows of their indexes; return the last one. ValueError for what is none."""
    last, pages = None, iter(raws)
    while page := [read_entry(raw) for raw in islice(pages, _PAGE)]:
        for last in page:
            writer.add(last)
        rows = [row_of(evidence_of(entry)) for entry in page if entry.kind == EntryKind.CAPTURE]
        evidence_index.add_rows(writer.database, rows)
    return last


def captured_bytes(log: Log, size: int, gone: Collection[str]) -> Iterator[Wanted]:
    """Give hash and size of the bytes that the first `size` entries captured, each once, without those in `gone`."""
    for entry in log.entries(kind=EntryKind.CAPTURE):
        if entry.index >= size:
            return
        found = first_capture(entry)
        if found is not None and found[0] not in gone:
            yield found


def first_capture(entry: Entry) -> Wanted | None:
    """Return hash and size where an entry is the first capture of its bytes."""
    if entry.kind != EntryKind.CAPTURE or entry.body["same_bytes_as"]:
        return None
    return entry.body["sha256"], entry.body["size"]


def lines_beside(database: Database) -> Iterator[bytes]:
    """Give what stands beside the log, a line a row."""
    for table, columns in _BESIDE.items():
        order = ", ".join(columns[:2])
        # The names are fixed above.
        for row in database.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"):  # noqa: S608
            values = {name: _as_json(value) for name, value in zip(columns, row, strict=True)}
            yield canonical_bytes({"row": values, "table": table}) + b"\n"


def add_beside(database: Database, lines: Iterable[bytes]) -> None:
    """Write what `lines_beside` gave; raises ValueError or KeyError for something else."""
    for line in lines:
        fields = orjson.loads(line)
        table, row = fields["table"], fields["row"]
        columns = _BESIDE[table]
        marks = ", ".join("?" * len(columns))
        database.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608  names of the table above
            [_from_json(name, row[name]) for name in columns],
        )


def _as_json(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _from_json(name: str, value: Any) -> Any:
    return bytes.fromhex(value) if name in _BYTES and value is not None else value
