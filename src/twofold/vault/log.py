"""The append-only log: entries and their Merkle tree in one SQLite file.

Rule 1: entry, tree nodes, head and index rows of an act are one transaction, or none of them exists.
Rule 2: an entry is hashed as stored; nothing here writes an entry twice or reads meaning from its body.
One `Log` belongs to one thread; any number of processes may each have their own on the same file.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, make_entry, read_entry
from twofold.vault.merkle import (
    consistency_proof,
    fold,
    frontier_of,
    grow,
    inclusion_proof,
    leaf_hash,
    tree_root,
)

APPLICATION_ID = 0x54774F66
FORMAT_VERSION = 1
WAIT_SECONDS = 60.0
"""How long a writer waits for another process."""
CHECKED_ON_OPEN = 8_192
"""Newest entries that are hashed again on opening; `verify_vault` checks all."""

_SCHEMA = Path(__file__).with_name("schema.sql")
_PAGE = 1_000


@dataclass(slots=True)
class LogWriter:
    """Appends within one transaction; made by `Log.writing`. `connection` is for index rows of the same act."""

    connection: sqlite3.Connection
    size: int
    frontier: list[bytes]

    def append(self, *, kind: str, actor: str, at: datetime, body: Mapping[str, Json]) -> Entry:
        """Add one entry; raises NotCanonicalError or ValueError as `make_entry` does."""
        entry = make_entry(index=self.size, kind=kind, at=at, actor=actor, body=body)
        self.connection.execute("INSERT INTO entry (idx, bytes) VALUES (?, ?)", (entry.index, entry.raw))
        nodes = grow(self.frontier, self.size, leaf_hash(entry.raw))
        self.connection.executemany("INSERT INTO node (level, position, hash) VALUES (?, ?, ?)", nodes)
        self.connection.execute("INSERT INTO entry_kind (kind, idx) VALUES (?, ?)", (entry.kind, entry.index))
        self.size += 1
        return entry


class Log:
    """An open log file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path

    @classmethod
    def create(cls, path: Path) -> "Log":
        """Make a new, empty log file; raises FileExistsError where there is one."""
        path.touch(exist_ok=False)
        log = cls(_connect(path), path)
        log.connection.execute("PRAGMA journal_mode = WAL")
        log.connection.executescript(f"BEGIN IMMEDIATE;\n{_SCHEMA.read_text(encoding='utf-8')}")
        log.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        log.connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        log.connection.execute("INSERT INTO head (one, size, root) VALUES (1, 0, ?)", (fold([]),))
        log.connection.execute("COMMIT")
        return log

    @classmethod
    def open(cls, path: Path) -> "Log":
        """Open a log and check it; raises UserError for another file or for entries that do not give the root."""
        try:
            log = cls(_connect(path), path)
        except sqlite3.Error as error:
            raise UserError(_no_log(path, str(error))) from error
        try:
            log._check_form()
            log._check_newest()
        except sqlite3.Error as error:
            log.close()
            raise UserError(_no_log(path, str(error))) from error
        except UserError:
            log.close()
            raise
        return log

    def close(self) -> None:
        """Release the file."""
        self.connection.close()

    @contextmanager
    def writing(self) -> Iterator[LogWriter]:
        """Hold the log for one act. All that is written in the block is kept when it ends well, else nothing.

        Raises UserError when another process holds the log for longer than `WAIT_SECONDS`, or the disk is full.
        """
        with writing_faults(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            with writing_faults(self.path):
                size = self.size
                writer = LogWriter(self.connection, size, frontier_of(size, self.node))
                yield writer
                self.connection.execute("UPDATE head SET size = ?, root = ?", (writer.size, fold(writer.frontier)))
                self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.head()[0]

    def head(self) -> tuple[int, bytes]:
        """Return size and root as they were written together."""
        row = self.connection.execute("SELECT size, root FROM head").fetchone()
        if row is None:
            raise UserError(_damaged(self.path, "the stored size and root are missing"))
        return int(row[0]), bytes(row[1])

    def node(self, level: int, position: int) -> bytes:
        """Return the hash of a complete subtree; raises UserError when the tree has lost it."""
        row = self.connection.execute(
            "SELECT hash FROM node WHERE level = ? AND position = ?", (level, position)
        ).fetchone()
        if row is None:
            raise UserError(_damaged(self.path, f"the node ({level}, {position}) of the Merkle tree is missing"))
        return bytes(row[0])

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` entries (all by default)."""
        return tree_root(self._within(size), self.node)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof that entry `index` is among the first `size` entries."""
        return inclusion_proof(index, self._within(size), self.node)

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Return the proof that the first `old_size` entries are unchanged among the first `size`."""
        return consistency_proof(old_size, self._within(size), self.node)

    def raw(self, index: int) -> bytes | None:
        """Return the stored bytes of an entry, None where there is none."""
        row = self.connection.execute("SELECT bytes FROM entry WHERE idx = ?", (index,)).fetchone()
        return None if row is None else bytes(row[0])

    def read(self, raw: bytes) -> Entry:
        """Read the stored bytes of an entry; raises UserError when they are none."""
        try:
            return read_entry(raw)
        except ValueError as error:
            raise UserError(_damaged(self.path, str(error))) from error

    def raws(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give index and bytes of every entry from `start` on, in order, a page at a time."""
        while rows := self.connection.execute(
            "SELECT idx, bytes FROM entry WHERE idx >= ? ORDER BY idx LIMIT ?", (start, _PAGE)
        ).fetchall():
            yield from rows
            start = rows[-1][0] + 1

    def entries(self, *, kind: str | None = None, start: int = 0) -> Iterator[Entry]:
        """Give the entries from `start` on, in order; of one kind if asked."""
        if kind is None:
            yield from (self.read(raw) for _, raw in self.raws(start))
            return
        query = (
            "SELECT entry.idx, entry.bytes FROM entry_kind JOIN entry USING (idx)"
            " WHERE entry_kind.kind = ? AND entry_kind.idx >= ? ORDER BY entry_kind.idx LIMIT ?"
        )
        while rows := self.connection.execute(query, (str(kind), start, _PAGE)).fetchall():
            yield from (self.read(raw) for _, raw in rows)
            start = rows[-1][0] + 1

    def _within(self, size: int | None) -> int:
        """Return `size`, or the log's; raises ValueError when the log is shorter."""
        present = self.size
        if size is not None and not 0 <= size <= present:
            msg = f"the log has {present} entries, not {size}"
            raise ValueError(msg)
        return present if size is None else size

    def _check_form(self) -> None:
        (application,) = self.connection.execute("PRAGMA application_id").fetchone()
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise UserError(_no_log(self.path, "it was never finished, or is a database of something else"))
        if version != FORMAT_VERSION:
            found = f"it has form {version} and this program reads form {FORMAT_VERSION}"
            raise UserError(_no_log(self.path, found))

    def _check_newest(self) -> None:
        """Hash the newest entries again on top of the stored tree; the result must be the stored root."""
        self.connection.execute("BEGIN")  # one view of the log, while others may append
        try:
            size, root = self.head()
            (count,) = self.connection.execute("SELECT COALESCE(MAX(idx) + 1, 0) FROM entry").fetchone()
            start = max(0, size - CHECKED_ON_OPEN)
            frontier = frontier_of(start, self.node)
            at = start
            for index, raw in self.raws(start):
                if index == at:
                    grow(frontier, at, leaf_hash(raw))
                    at += 1
        finally:
            self.connection.execute("ROLLBACK")
        if not at == count == size:
            raise UserError(_damaged(self.path, f"it should hold {size} entries and holds {min(at, count)} in order"))
        if fold(frontier) != root:
            raise UserError(_damaged(self.path, "its entries do not give the root that was stored with them"))


@contextmanager
def writing_faults(path: Path) -> Iterator[None]:
    """Turn a busy log, a full disk or a read-only file into a UserError that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        remedy = "see that no other command hangs, that the disk has room and that you may write there; then try again"
        found = f"the log could not be written ({error})"
        raise UserError(Problem(str(path), found, "nothing of this step was recorded", remedy)) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=WAIT_SECONDS, isolation_level=None
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def _no_log(path: Path, found: str) -> Problem:
    return Problem(
        str(path), f"this is no log that can be read: {found}", "the log of a vault", "restore it from a backup"
    )


def _damaged(path: Path, found: str) -> Problem:
    return Problem(
        str(path),
        f"the log was changed outside Twofold: {found}",
        "entries that hash to the stored root",
        "keep this copy as it is, restore the log from a backup and compare the two",
    )
