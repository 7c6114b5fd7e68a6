"""The append-only log: entries and their Merkle tree in one database (`database.py`).

Rule 1: entry, tiles, head and index rows of an act are one transaction, or none of them exists.
Rule 2: an entry is hashed as stored; nothing here writes an entry twice or reads meaning from its body.
One `Log` belongs to one thread; any number of processes may each have their own on the same database.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from twofold.model.problem import UserError
from twofold.vault.canonical import Json
from twofold.vault.database.database import Database, create_database, open_database
from twofold.vault.database.database_faults import damaged
from twofold.vault.entry import Entry, make_entry, read_entry
from twofold.vault.tree.merkle import (
    HASH_SIZE,
    Node,
    NodeReader,
    consistency_proof,
    fold,
    frontier_nodes,
    frontier_of,
    grow,
    inclusion_proof,
    leaf_hash,
    tree_root,
)
from twofold.vault.tree.tiles import HEIGHT, TILE_BYTES, WIDTH, TileNodes

CHECKED_ON_OPEN = 8_192
"""Newest entries that are hashed again on opening; `fsck` checks all."""

_PAGE = 1_000
_KEPT_TILES = 1_000
"""Complete tiles that a long transaction holds in memory before it writes them: 8 MB."""
_INSERT_TILE = (
    "INSERT INTO tile (level, position, hashes) VALUES (?, ?, ?)"
    " ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes"
)
_Found = TypeVar("_Found")


class LogWriter:
    """Appends within one transaction; made by `Log.writing`. `database` is for index rows of the same act.

    Entries and tiles are written a thousand at a time, and at the end of the transaction.
    """

    def __init__(self, database: Database, size: int, frontier: list[bytes]) -> None:
        self.database = database
        self.size = size
        self.frontier = frontier
        self._entries: list[tuple[int, bytes]] = []
        self._kinds: list[tuple[str, int]] = []
        self._tiles: dict[tuple[int, int], bytearray] = {}

    def append(self, *, kind: str, actor: str, at: datetime, body: Mapping[str, Json]) -> Entry:
        """Add one entry; raises NotCanonicalError or ValueError as `make_entry` does."""
        entry = make_entry(index=self.size, kind=kind, at=at, actor=actor, body=body)
        self.add(entry)
        return entry

    def add(self, entry: Entry) -> None:
        """Add an entry as it was read from another place, byte for byte; ValueError where it is not the next one."""
        if entry.index != self.size:
            msg = f"entry {entry.index} cannot follow entry {self.size - 1}"
            raise ValueError(msg)
        for node in grow(self.frontier, self.size, leaf_hash(entry.raw)):
            self._add_to_tile(node)
        self._entries.append((entry.index, entry.raw))
        self._kinds.append((entry.kind, entry.index))
        self.size += 1
        if len(self._entries) >= _PAGE:
            self.flush()

    def flush(self) -> None:
        """Write what was appended and is not in the database yet, so that it can be read in this transaction."""
        self.database.execute_many("INSERT INTO entry (idx, bytes) VALUES (?, ?)", self._entries)
        self.database.execute_many("INSERT INTO entry_kind (kind, idx) VALUES (?, ?)", self._kinds)
        self._entries, self._kinds = [], []
        if len(self._tiles) > _KEPT_TILES:
            self._write_tiles(lambda hashes: len(hashes) == TILE_BYTES)

    def finish(self) -> bytes:
        """Write what is left, size and root; return the root."""
        self.flush()
        self._write_tiles(lambda _: True)
        root = fold(self.frontier)
        self.database.execute("UPDATE head SET size = ?, root = ?", (self.size, root))
        return root

    def _add_to_tile(self, node: Node) -> None:
        level, position, digest = node
        if level % HEIGHT:
            return
        place = (level // HEIGHT, position // WIDTH)
        hashes = self._tiles.get(place)
        if hashes is None:
            stored = b"" if position % WIDTH == 0 else read_tile(self.database, *place)
            hashes = self._tiles[place] = bytearray(stored)
        if len(hashes) != position % WIDTH * HASH_SIZE:
            found = f"the tile {place} of the Merkle tree has {len(hashes)} bytes, not {position % WIDTH * HASH_SIZE}"
            raise damaged(self.database.where, found)
        hashes += digest

    def _write_tiles(self, wanted: Callable[[bytearray], bool]) -> None:
        ready = {place: hashes for place, hashes in self._tiles.items() if wanted(hashes)}
        self.database.execute_many(_INSERT_TILE, [(*place, bytes(hashes)) for place, hashes in sorted(ready.items())])
        self._tiles = {place: hashes for place, hashes in self._tiles.items() if place not in ready}


class Log:
    """An open log. `Log(database)` takes a database that was opened elsewhere, and does not check it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._known: tuple[int, bytes, list[bytes]] = (0, fold([]), [])
        """Size, root and frontier after the last append of this object; of use while the stored head is the same."""
        self.on_commit: Callable[[int, bytes], None] | None = None
        """Told size and root once an append is durable; not when it is part of someone else's transaction."""

    @classmethod
    def create(cls, location: Path | str) -> "Log":
        """Make a new, empty log in a file, or in PostgreSQL; raises FileExistsError or UserError where one is."""
        return cls(create_database(location))

    @classmethod
    def open(cls, location: Path | str) -> "Log":
        """Open a log and check it; raises UserError for another file or for entries that do not give the root."""
        log = cls(open_database(location))
        try:
            log._check_newest()
        except UserError:
            log.close()
            raise
        return log

    @property
    def where(self) -> str:
        """What messages call the log's database."""
        return self.database.where

    def close(self) -> None:
        """Release the database."""
        self.database.close()

    @contextmanager
    def writing(self) -> Iterator[LogWriter]:
        """Hold the log for one act. All that is written in the block is kept when it ends well, else nothing.

        Raises UserError when another process holds the log for too long, the disk is full, or the tiles do not give
        the stored root.
        """
        with self.database.writing():
            size, root = self.head()
            writer = LogWriter(self.database, size, self._frontier(size, root))
            yield writer
            root = writer.finish()
        self._known = (writer.size, root, writer.frontier)
        if self.on_commit is not None and writer.size != size and not self.database.in_transaction:
            self.on_commit(writer.size, root)

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.head()[0]

    def head(self) -> tuple[int, bytes]:
        """Return size and root as they were written together."""
        rows = self.database.execute("SELECT size, root FROM head")
        if not rows:
            raise damaged(self.where, "the stored size and root are missing")
        return int(rows[0][0]), bytes(rows[0][1])

    def tile(self, level: int, position: int) -> bytes:
        """Return the hashes of a tile, none where there is no tile."""
        return read_tile(self.database, level, position)

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` entries (all by default)."""
        return self._from_tiles(tree_root, size)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof that entry `index` is among the first `size` entries."""
        return self._from_tiles(lambda end, node: inclusion_proof(index, end, node), size, from_known=True)

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Return the proof that the first `old_size` entries are unchanged among the first `size`."""
        return self._from_tiles(lambda end, node: consistency_proof(old_size, end, node), size, from_known=True)

    def raw(self, index: int) -> bytes | None:
        """Return the stored bytes of an entry, None where there is none."""
        rows = self.database.execute("SELECT bytes FROM entry WHERE idx = ?", (index,))
        return bytes(rows[0][0]) if rows else None

    def read(self, raw: bytes) -> Entry:
        """Read the stored bytes of an entry; raises UserError when they are none."""
        try:
            return read_entry(raw)
        except ValueError as error:
            raise damaged(self.where, str(error)) from error

    def raws(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give index and bytes of every entry from `start` on, in order, a page at a time."""
        while rows := self.database.execute(
            "SELECT idx, bytes FROM entry WHERE idx >= ? ORDER BY idx LIMIT ?", (start, _PAGE)
        ):
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
        while rows := self.database.execute(query, (str(kind), start, _PAGE)):
            yield from (self.read(raw) for _, raw in rows)
            start = rows[-1][0] + 1

    def latest(self, kind: str) -> Entry | None:
        """Return the newest entry of a kind, None when there is none."""
        ((index,),) = self.database.execute("SELECT MAX(idx) FROM entry_kind WHERE kind = ?", (str(kind),))
        raw = None if index is None else self.raw(index)
        return None if raw is None else self.read(raw)

    def count(self, kind: str) -> int:
        """Return the number of entries of a kind."""
        ((count,),) = self.database.execute("SELECT COUNT(*) FROM entry_kind WHERE kind = ?", (str(kind),))
        return int(count)

    def _from_tiles(
        self, work: Callable[[int, NodeReader], _Found], size: int | None, *, from_known: bool = False
    ) -> _Found:
        """Do work on the tree of `size` entries; ValueError when the log is shorter, UserError when a tile is lost.

        from_known: take the right edge as it was known to give the stored root, instead of hashing its tiles again.
        """
        present, root = self.head()
        if size is not None and not 0 <= size <= present:
            msg = f"the log has {present} entries, not {size}"
            raise ValueError(msg)
        is_known = from_known and self._known[:2] == (present, root)
        known = frontier_nodes(present, self._known[2]) if is_known else None
        try:
            return work(present if size is None else size, TileNodes(self.tile, known))
        except LookupError as error:
            raise damaged(self.where, str(error.args[0])) from error

    def _frontier(self, size: int, root: bytes) -> list[bytes]:
        """Return the frontier that the next append grows: the known one, or else the one that the tiles give."""
        if self._known[:2] == (size, root):
            return list(self._known[2])
        frontier = self._from_tiles(frontier_of, size)
        if fold(frontier) != root:
            raise damaged(self.where, "the tiles of the Merkle tree do not give the root that was stored with them")
        return frontier

    def _check_newest(self) -> None:
        """Hash the newest entries again on top of the stored tree; the result must be the stored root."""
        with self.database.reading():
            size, root = self.head()
            ((count,),) = self.database.execute("SELECT COALESCE(MAX(idx) + 1, 0) FROM entry")
            at = max(0, size - CHECKED_ON_OPEN)
            frontier = self._from_tiles(frontier_of, at)
            for index, raw in self.raws(at):
                if index == at:
                    grow(frontier, at, leaf_hash(raw))
                    at += 1
        if not at == count == size:
            found = f"it should hold {size} entries and holds {min(at, count)} in order"
            raise damaged(self.where, found)
        if fold(frontier) != root:
            raise damaged(self.where, "its entries do not give the root that was stored with them")
        self._known = (size, root, frontier)


def read_tile(database: Database, level: int, position: int) -> bytes:
    """Return the hashes of a tile as they are stored, none where there is no tile."""
    rows = database.execute("SELECT hashes FROM tile WHERE level = ? AND position = ?", (level, position))
    return bytes(rows[0][0]) if rows else b""
