"""Finds evidence by name, source and bytes: a table that is made from the log and can be made from it again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar

from twofold.model.evidence import EvidenceRef
from twofold.vault.database.database import Database
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import evidence_of, index_of
from twofold.vault.log import Log

_Value = TypeVar("_Value")
_PAGE = 1_000
_ASKED_TOGETHER = 500
"""Names or hashes in one statement."""


class IndexRow(NamedTuple):
    """What the table holds of one capture."""

    idx: int
    sha256: str
    source: str
    kind: str
    name: str
    version: int


class CapturesOfKind(NamedTuple):
    """How many captures there are of a source and kind, and the entry of the newest."""

    captures: int
    newest: int


@dataclass(frozen=True, slots=True)
class EvidenceFilter:
    """Which captures are asked for; None asks for all."""

    source: str | None = None
    kind: str | None = None
    name: str | None = None
    sha256: str | None = None

    @property
    def asked(self) -> dict[str, str]:
        """The columns that are asked for, with their values."""
        columns = {"source": self.source, "kind": self.kind, "name": self.name, "sha256": self.sha256}
        return {column: value for column, value in columns.items() if value is not None}


def row_of(evidence: EvidenceRef) -> IndexRow:
    """Return the row of a capture."""
    index = index_of(evidence.evidence_id)
    if index is None:
        msg = f"{evidence.evidence_id!r} is no evidence id"
        raise ValueError(msg)
    provenance = evidence.provenance
    return IndexRow(index, evidence.sha256, provenance.source, provenance.kind, evidence.name, evidence.version)


def rebuild(log: Log) -> int:
    """Make both index tables from the entries; return the number of captures."""
    with log.writing() as writer:
        writer.database.execute("DELETE FROM evidence")
        writer.database.execute("DELETE FROM entry_kind")
        count = 0
        entries = log.entries()
        while page := list(islice(entries, _PAGE)):
            kinds = [(entry.kind, entry.index) for entry in page]
            captures = [row_of(evidence_of(entry)) for entry in page if entry.kind == EntryKind.CAPTURE]
            writer.database.execute_many("INSERT INTO entry_kind (kind, idx) VALUES (?, ?)", kinds)
            add_rows(writer.database, captures)
            count += len(captures)
    return count


def add_rows(database: Database, added: Iterable[IndexRow]) -> None:
    """Add rows, in the transaction that adds their entries."""
    database.execute_many(
        "INSERT INTO evidence (idx, sha256, source, kind, name, version) VALUES (?, ?, ?, ?, ?, ?)", added
    )


class CapturesSoFar:
    """What is known of some names and hashes before their captures are recorded; grows with each that is added.

    It asks for all of them in two statements, so that a batch does not wait for the database once per file. To be used
    inside `Log.writing`, with `flush` at the end. `named` are (name, kind, source).
    """

    def __init__(self, database: Database, *, named: Iterable[tuple[str, str, str]], blobs: Iterable[str]) -> None:
        self._database = database
        self._latest: dict[tuple[str, str, str], IndexRow] = {}
        self._blobs: dict[str, tuple[int, ...]] = {}
        self._added: list[IndexRow] = []
        for chunk in _chunks(named):
            for row in database.execute(_latest_query(len(chunk)), [value for each in chunk for value in each]):
                self._note(IndexRow(*row))
        for some in _chunks(blobs):
            for sha256, first, latest in database.execute(_blobs_query(len(some)), some):
                self._blobs[sha256] = _ends(first, latest)

    def latest_named(self, *, name: str, kind: str, source: str) -> IndexRow | None:
        """Return the newest capture of a name, None when it was never captured."""
        return self._latest.get((name, kind, source))

    def first_and_latest_of_blob(self, sha256: str) -> tuple[int, ...]:
        """Return the entries of the first and the latest capture of these bytes: none, one, or two."""
        return self._blobs.get(sha256, ())

    def add(self, row: IndexRow) -> None:
        """Take the next capture."""
        self._note(row)
        self._blobs[row.sha256] = _ends((*self.first_and_latest_of_blob(row.sha256), row.idx)[0], row.idx)
        self._added.append(row)

    def flush(self) -> None:
        """Write the rows of what was added."""
        add_rows(self._database, self._added)
        self._added = []

    def _note(self, row: IndexRow) -> None:
        self._latest[row.name, row.kind, row.source] = row


def first_and_latest_of_blob(database: Database, sha256: str) -> tuple[int, ...]:
    """Return the entries of the first and the latest capture of these bytes: none, one, or two."""
    ((_, first, latest),) = database.execute(_blobs_query(1), (sha256,))
    return _ends(first, latest)


def captures_by_kind(database: Database) -> dict[tuple[str, str], CapturesOfKind]:
    """Return (source, kind) -> its captures, for each that was ever captured."""
    query = "SELECT source, kind, COUNT(*), MAX(idx) FROM evidence GROUP BY source, kind"
    found = database.execute(query)
    return {(source, kind): CapturesOfKind(captures, newest) for source, kind, captures, newest in found}


def rows(database: Database, *, after: int = -1) -> Iterator[IndexRow]:
    """Give all rows of the table in order of capture, a page at a time."""
    query = "SELECT idx, sha256, source, kind, name, version FROM evidence WHERE idx > ? ORDER BY idx LIMIT ?"
    while found := database.execute(query, (after, _PAGE)):
        yield from (IndexRow(*row) for row in found)
        after = found[-1][0]


def matching(
    log: Log, wanted: EvidenceFilter, *, after: int = -1, limit: int = _PAGE, newest_only: bool = False
) -> list[Entry]:
    """Return the first `limit` capture entries after entry `after`, in order of capture.

    With `newest_only`, of each (source, kind, name) only the newest capture.
    """
    asked = wanted.asked
    conditions = ["evidence.idx > ?", *(f"evidence.{column} = ?" for column in asked)]
    if newest_only:
        conditions.append(
            "NOT EXISTS (SELECT 1 FROM evidence AS newer WHERE newer.name = evidence.name"
            " AND newer.kind = evidence.kind AND newer.source = evidence.source AND newer.idx > evidence.idx)"
        )
    where = " AND ".join(conditions)
    source = "evidence JOIN entry USING (idx)"
    query = f"SELECT bytes FROM {source} WHERE {where} ORDER BY evidence.idx LIMIT ?"  # noqa: S608 - no user text in it
    found = log.database.execute(query, (after, *asked.values(), limit))
    return [log.read(bytes(raw)) for (raw,) in found]


def each_matching(
    log: Log, wanted: EvidenceFilter, *, after: int = -1, limit: int | None = None, newest_only: bool = False
) -> Iterator[Entry]:
    """Give the capture entries after entry `after`, at most `limit`, a page at a time; see `matching`."""
    left = limit
    while found := matching(
        log, wanted, after=after, limit=_PAGE if left is None else min(left, _PAGE), newest_only=newest_only
    ):
        yield from found
        after = found[-1].index
        left = None if left is None else left - len(found)


def _latest_query(count: int) -> str:
    wanted = ", ".join(["(?, ?, ?)"] * count)
    return (
        f"WITH wanted (name, kind, source) AS (VALUES {wanted}), newest (idx) AS (SELECT (SELECT MAX(idx) FROM evidence"  # noqa: S608 - only placeholders
        " WHERE name = wanted.name AND kind = wanted.kind AND source = wanted.source) FROM wanted)"
        " SELECT evidence.idx, sha256, source, kind, name, version FROM newest JOIN evidence USING (idx)"
    )


def _blobs_query(count: int) -> str:
    """Ask for both ends of the index for each hash, however often its bytes were captured."""
    wanted = ", ".join(["(?)"] * count)
    return (
        f"WITH wanted (sha256) AS (VALUES {wanted}) SELECT sha256,"  # noqa: S608 - only placeholders
        " (SELECT MIN(idx) FROM evidence WHERE sha256 = wanted.sha256),"
        " (SELECT MAX(idx) FROM evidence WHERE sha256 = wanted.sha256) FROM wanted"
    )


def _ends(first: int | None, latest: int | None) -> tuple[int, ...]:
    if first is None or latest is None:
        return ()
    return (first,) if first == latest else (first, latest)


def _chunks(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    distinct = list(dict.fromkeys(values))
    for at in range(0, len(distinct), _ASKED_TOGETHER):
        yield distinct[at : at + _ASKED_TOGETHER]
