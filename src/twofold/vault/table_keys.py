"""Row commitments in the log, and their keys beside it.

The statement (`row_commitment` entry) is for everybody. The key of a table never stands in the log: it lies in
`table_key` and goes when the committed bytes are deleted (`deletions.py`). Statement and key are one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.log import Log
from twofold.vault.row_commitment import FORM, RowCommitment


@dataclass(frozen=True, slots=True)
class CommittedTable:
    """What one entry says. table: population, outcomes or evidence; sha256: the whole file that the rows stand in.

    types: SQL type of each column, VARCHAR for CSV. commitment: the root over the rows, which names the key, too.
    """

    table: str
    sha256: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: int
    commitment: str
    entry: int = -1

    @property
    def root(self) -> bytes:
        """The root over the rows."""
        return bytes.fromhex(self.commitment)


@dataclass(frozen=True, slots=True)
class FreshCommitment:
    """A commitment that was just made, with its key: to be kept."""

    table: str
    sha256: str
    types: tuple[str, ...]
    commitment: RowCommitment
    key: bytes


def record_commitments(log: Log, fresh: Sequence[FreshCommitment], *, actor: str, at: datetime) -> None:
    """Write entries and keys as one act."""
    if not fresh:
        return
    with log.writing() as writer:
        for each in fresh:
            made = each.commitment
            body: dict[str, Json] = {
                "columns": list(made.columns),
                "commitment": made.root.hex(),
                "form": FORM,
                "key_sha256": sha256(each.key).hexdigest(),
                "rows": made.count,
                "sha256": each.sha256,
                "table": each.table,
                "types": list(each.types),
            }
            writer.append(kind=EntryKind.ROW_COMMITMENT, actor=actor, at=at, body=body)
            insert = "INSERT INTO table_key (commitment, key) VALUES (?, ?)"
            writer.database.execute(insert, (made.root.hex(), each.key))


def committed_tables(log: Log) -> dict[str, CommittedTable]:
    """Return SHA-256 of a file -> the newest commitment to its rows whose key is still kept."""
    kept = {str(commitment) for (commitment,) in log.database.execute("SELECT commitment FROM table_key")}
    found = map(committed_table, log.entries(kind=EntryKind.ROW_COMMITMENT))
    return {each.sha256: each for each in found if each.commitment in kept}


def committed_table(entry: Entry) -> CommittedTable:
    """Read an entry; raises ValueError, KeyError or TypeError when it has another form."""
    body = entry.body
    if body["form"] != FORM:
        msg = f"entry {entry.index} has the form {body['form']!r}, not {FORM}"
        raise ValueError(msg)
    return CommittedTable(
        table=str(body["table"]),
        sha256=str(body["sha256"]),
        columns=tuple(map(str, body["columns"])),
        types=tuple(map(str, body["types"])),
        rows=int(body["rows"]),
        commitment=str(body["commitment"]),
        entry=entry.index,
    )


def table_key(log: Log, commitment: str) -> bytes | None:
    """Return the key of a commitment, None when it was deleted."""
    rows = log.database.execute("SELECT key FROM table_key WHERE commitment = ?", (commitment,))
    return bytes(rows[0][0]) if rows else None
