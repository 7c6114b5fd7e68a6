"""Finds evidence by name, source and bytes: a table that is made from the log and can be made from it again."""

import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from twofold.model.evidence import EvidenceRef
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import evidence_of, index_of
from twofold.vault.log import Log


class IndexRow(NamedTuple):
    """What the table holds of one capture."""

    idx: int
    sha256: str
    source: str
    kind: str
    name: str
    version: int


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


def add(connection: sqlite3.Connection, row: IndexRow) -> None:
    """Add a row, in the transaction that adds its entry."""
    connection.execute("INSERT INTO evidence (idx, sha256, source, kind, name, version) VALUES (?, ?, ?, ?, ?, ?)", row)


def rebuild(log: Log) -> int:
    """Make both index tables from the entries; return the number of captures."""
    with log.writing() as writer:
        writer.connection.execute("DELETE FROM evidence")
        writer.connection.execute("DELETE FROM entry_kind")
        count = 0
        for entry in log.entries():
            writer.connection.execute("INSERT INTO entry_kind (kind, idx) VALUES (?, ?)", (entry.kind, entry.index))
            if entry.kind == EntryKind.CAPTURE:
                add(writer.connection, row_of(evidence_of(entry)))
                count += 1
    return count


def latest_named(connection: sqlite3.Connection, *, source: str, kind: str, name: str) -> IndexRow | None:
    """Return the newest capture of a name, None when it was never captured."""
    row = connection.execute(
        "SELECT idx, sha256, source, kind, name, version FROM evidence"
        " WHERE source = ? AND kind = ? AND name = ? ORDER BY idx DESC LIMIT 1",
        (source, kind, name),
    ).fetchone()
    return None if row is None else IndexRow(*row)


def first_and_latest_of_blob(connection: sqlite3.Connection, sha256: str) -> tuple[int, ...]:
    """Return the entries of the first and the latest capture of these bytes: none, one, or two."""
    first, latest = connection.execute("SELECT MIN(idx), MAX(idx) FROM evidence WHERE sha256 = ?", (sha256,)).fetchone()
    if first is None:
        return ()
    return (first,) if first == latest else (first, latest)


def matching(log: Log, wanted: EvidenceFilter, *, after: int, limit: int, newest_only: bool) -> list[Entry]:
    """Return capture entries in order of capture, at most `limit` (-1 = all) of those after entry `after`.

    With `newest_only`, of each (source, kind, name) only the newest capture.
    """
    asked = wanted.asked
    conditions = ["evidence.idx > ?", *(f"evidence.{column} = ?" for column in asked)]
    if newest_only:
        conditions.append(
            "NOT EXISTS (SELECT 1 FROM evidence AS newer WHERE newer.source = evidence.source"
            " AND newer.kind = evidence.kind AND newer.name = evidence.name AND newer.idx > evidence.idx)"
        )
    where = " AND ".join(conditions)
    source = "evidence JOIN entry USING (idx)"
    query = f"SELECT bytes FROM {source} WHERE {where} ORDER BY evidence.idx LIMIT ?"  # noqa: S608 - no user text in it
    rows = log.connection.execute(query, (after, *asked.values(), limit)).fetchall()
    return [log.read(bytes(raw)) for (raw,) in rows]
