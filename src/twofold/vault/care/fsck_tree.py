"""The stored tiles beside those that the entries give, and the stored indexes beside the rows that the entries give."""

from collections.abc import Iterator

from twofold.vault import evidence_index
from twofold.vault.care.fault import Fault, Repair, repairable
from twofold.vault.database.database import Database
from twofold.vault.evidence_index import IndexRow
from twofold.vault.tree.merkle import HASH_SIZE
from twofold.vault.tree.tiles import HEIGHT, TILE_BYTES, WIDTH, Tile, TileReader, tile_path

_PAGE = 1_000
_NAMED = 3
"""Entries of one tile that are named."""


class StoredTiles:
    """Compares the stored tiles with those that the entries give, each when its last hash is known."""

    def __init__(self, read: TileReader) -> None:
        self._read = read
        self.faults: list[str] = []
        self._growing: dict[int, tuple[int, bytearray]] = {}
        """Level of tiles -> position of the tile that is growing, and its hashes."""

    def add(self, level: int, digest: bytes) -> None:
        """Take the next complete node of a level of the tree."""
        if level % HEIGHT:
            return
        tile_level = level // HEIGHT
        position, hashes = self._growing.setdefault(tile_level, (0, bytearray()))
        hashes += digest
        if len(hashes) == TILE_BYTES:
            self._compare(tile_level, position, hashes)
            self._growing[tile_level] = (position + 1, bytearray())

    def finish(self) -> list[str]:
        """Compare the partial tiles; return all faults."""
        for level, (position, hashes) in self._growing.items():
            if hashes:
                self._compare(level, position, hashes)
        return self.faults

    def _compare(self, level: int, position: int, hashes: bytearray) -> None:
        stored = self._read(level, position)
        if stored != hashes:
            fault = f"The stored {tile_path(Tile(level, position))} is missing or wrong"
            self.faults.append(f"{fault}{'' if level else _entries(position, hashes, stored)}.")


def _entries(position: int, hashes: bytes | bytearray, stored: bytes) -> str:
    """Name the entries whose hash is not the one in their tile."""
    count = len(hashes) // HASH_SIZE
    spans = [slice(at * HASH_SIZE, (at + 1) * HASH_SIZE) for at in range(count)]
    differ = [position * WIDTH + at for at, span in enumerate(spans) if hashes[span] != stored[span]]
    if not differ or not stored:
        return ""
    more = "" if len(differ) <= _NAMED else f" and {len(differ) - _NAMED} more"
    return f" (it differs from entry {', '.join(map(str, differ[:_NAMED]))}{more})"


class _Rows:
    """Walks a stored table beside the rows that the entries give, and remembers the first that differs."""

    def __init__(self, stored: Iterator[tuple[object, ...]]) -> None:
        self._stored = stored
        self.differs_at = ""
        self.count = 0

    def expect(self, row: tuple[object, ...]) -> None:
        """Compare the next stored row."""
        self.count += 1
        if not self.differs_at and (found := next(self._stored, None)) != row:
            self.differs_at = f"row {row[0]}" + ("" if found is None or found[0] == row[0] else f", found {found[0]!r}")

    def ended(self) -> bool:
        """Say whether all rows were as expected and none is left."""
        if not self.differs_at and (found := next(self._stored, None)) is not None:
            self.differs_at = f"row {found[0]!r}, which no entry gives"
        return not self.differs_at


class StoredIndexes:
    """The two tables that serve to find entries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._evidence = _Rows(evidence_index.rows(database))
        self._kinds: dict[str, _Rows] = {}

    def expect_kind(self, kind: str, number: int) -> None:
        """Take the kind of the next entry."""
        if kind not in self._kinds:
            self._kinds[kind] = _Rows(_numbers_of_kind(self._database, kind))
        self._kinds[kind].expect((number,))

    def expect_capture(self, row: IndexRow) -> None:
        """Take the row of the next capture."""
        self._evidence.expect(row)

    def finish(self) -> Iterator[Fault]:
        """Give the faults of both tables."""
        ((stored,),) = self._database.execute("SELECT COUNT(*) FROM evidence")
        if self._evidence.ended() and stored != self._evidence.count:
            self._evidence.differs_at = f"{stored} rows for {self._evidence.count} captures"
        if self._evidence.differs_at:
            place = f"table evidence, {self._evidence.differs_at}"
            yield repairable(f"The index of evidence differs from the capture entries ({place}).", Repair.INDEXES)
        wrong = [f"kind {kind}, {rows.differs_at}" for kind, rows in self._kinds.items() if not rows.ended()]
        # A kind that no entry has is found by the count.
        ((stored,),) = self._database.execute("SELECT COUNT(*) FROM entry_kind")
        counted = sum(rows.count for rows in self._kinds.values())
        if not wrong and stored != counted:
            wrong = [f"{stored} rows for {counted} entries"]
        if wrong:
            found = f"The index of kinds differs from the entries (table entry_kind, {'; '.join(wrong)})."
            yield repairable(found, Repair.INDEXES)


def _numbers_of_kind(database: Database, kind: str) -> Iterator[tuple[int]]:
    after = -1
    query = "SELECT idx FROM entry_kind WHERE kind = ? AND idx > ? ORDER BY idx LIMIT ?"
    while found := database.execute(query, (kind, after, _PAGE)):
        yield from found
        after = found[-1][0]
