"""Edits rows of a log's database as someone with all rights could, and sees that each edit is found and named.

    python tools/fuzz/database.py [--cases 10000] [--seed 1]

A small workspace has entries of every kind that something stands beside, two checkpoints in its database, and a third
one that left the machine. Each case starts from the same bytes, changes them through plain SQL, and runs `fsck` with
the checkpoint that left. Edits: a byte or a number in any column of any table, a row deleted, inserted, swapped with
another; an entry changed and everything made consistent with it, also with the checkpoints removed; the tail dropped;
triggers dropped or changed. An edit is found when a step refuses or lists it, and named when the text names its table.
"""

import argparse
import os
import random  # noqa: TID251  a named seed
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from twofold.jobs.checkpoint import make_checkpoint
from twofold.jobs.init import make_workspace
from twofold.jobs.passphrase import VARIABLE
from twofold.jobs.signing_key import NewKey, rotate_key, signing_key
from twofold.model.evidence import Provenance
from twofold.records.workspace import INNER, Workspace
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.blobs.folder_blobs import FolderBlobs
from twofold.vault.canonical import Json
from twofold.vault.care.fault import Check
from twofold.vault.care.fsck import fsck
from twofold.vault.care.repair import rebuild_tree
from twofold.vault.care.stored_vault import StoredVault
from twofold.vault.database.sqlite_database import SqliteDatabase
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import CaptureItem
from twofold.vault.kept_checkpoints import keep_cosignature
from twofold.vault.log import Log
from twofold.vault.opening.marks import Newest, write_newest
from twofold.vault.row_commitment import KEY_SIZE, commit_rows
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.cosignature import cosign
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import COSIGNATURE
from twofold.vault.table_keys import FreshCommitment, record_commitments
from twofold.vault.timestamps.timestamp_entries import log_timestamps
from twofold.vault.timestamps.timestamp_queue import record_answer, record_fault, timestamp_rows

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
PASSPHRASE = "a passphrase of the fuzz"  # noqa: S105
SETTINGS = b"""[company]
name = "Fuzz"
reporting_zone = "UTC"
"""
AUTHORITY = SETTINGS + b'[timestamps]\nauthority = "http://127.0.0.1:9/"\nchain = "chain.pem"\n'
ACTS = 270
"""So that the tree has a complete tile and a second level."""

KEYS = {
    "entry": ("idx",),
    "tile": ("level", "position"),
    "head": ("one",),
    "entry_kind": ("kind", "idx"),
    "evidence": ("idx",),
    "checkpoint": ("size", "note"),
    "cosignature": ("size", "line"),
    "timestamp_request": ("id",),
    "table_key": ("commitment",),
    "moved": ("one",),
}


@dataclass(frozen=True, slots=True)
class Small:
    """The workspace to start each case from: the bytes of its database, and the checkpoint that left."""

    path: Path
    database: bytes
    blobs: BlobStore
    held: Checkpoint
    note: str
    newest: bytes


@dataclass(slots=True)
class Counts:
    """What was done and what was found."""

    done: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)


def make_small(folder: Path) -> Small:
    """Make the workspace."""
    root = folder / "acme"
    make_workspace(root, {"twofold.toml": AUTHORITY}, key=NewKey(PASSPHRASE), actor="p", at=AT)
    with Workspace.open(root) as workspace:
        _fill(workspace, folder)
        make_checkpoint(workspace, signing_key(workspace, ask=lambda: PASSPHRASE), at=AT + timedelta(hours=1))
        _answer(workspace)
        rotate_key(workspace, actor="p", at=AT, ask=lambda: PASSPHRASE)
        make_checkpoint(workspace, signing_key(workspace, ask=lambda: PASSPHRASE), at=AT + timedelta(hours=2))
        _witness(workspace)
    (root / "twofold.toml").write_bytes(SETTINGS)
    with Workspace.open(root) as workspace:
        _acts(workspace, 5)
        # A row that comes after the checkpoint is covered by the next one, so nothing is queued for this one.
        made = make_checkpoint(workspace, signing_key(workspace, ask=lambda: PASSPHRASE), at=AT + timedelta(hours=3))
        workspace.vault.log.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = root / INNER / "vault"
    content = bytearray((path / "log.sqlite3").read_bytes())
    content[18:20] = b"\x01\x01"  # not in WAL mode, so that it can be held in memory (SQLite file format, 1.3)
    blobs = FolderBlobs(path / "blobs")
    return Small(path, bytes(content), blobs, made.checkpoint, made.note, (path / "newest").read_bytes())


def _fill(workspace: Workspace, folder: Path) -> None:
    provenance = Provenance(source="hr", kind="roster", run_by="p", run_at=AT, query="all")
    for number in range(6):
        path = folder / f"{number}.csv"
        path.write_bytes(b"content %d" % (number % 4))
        item = CaptureItem(path, f"{number % 3}.csv", provenance)
        workspace.vault.capture_batch([item], captured_by="p", at=AT)
    _acts(workspace, ACTS)
    for number in range(2):
        key = bytes([number]) * KEY_SIZE
        commitment = commit_rows(["a", "b"], [["1", "x"], ["2", "y"]], key)
        fresh = FreshCommitment("population", f"{number:064x}", ("VARCHAR", "VARCHAR"), commitment, key)
        record_commitments(workspace.vault.log, [fresh], actor="p", at=AT)


def _acts(workspace: Workspace, count: int) -> None:
    with workspace.vault.log.writing() as writer:
        for _ in range(count):
            body: dict[str, Json] = {
                "engagements": [],
                "method": "key",
                "organisation": f"auditor {writer.size}",
            }
            writer.append(kind=EntryKind.LOGIN, actor="ana", at=AT, body=body)


def _answer(workspace: Workspace) -> None:
    """Let the authority be away once, then answer with what is no answer; both are kept."""
    log = workspace.vault.log
    for attempt in range(2):
        with log.writing() as writer:
            (row,) = timestamp_rows(log.database)
            if attempt:
                record_answer(log.database, row, response=b"answer", problem="no answer")
            else:
                record_fault(log.database, row, problem="away", permanent=False, at=AT)
            log_timestamps(log, writer, actor=workspace.vault.origin, at=AT)


def _witness(workspace: Workspace) -> None:
    log = workspace.vault.log
    ((size, note),) = log.database.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
    key = SigningKey.generate("auditor.example/ana", kind=COSIGNATURE)
    lines = [cosign(note, key, AT + timedelta(hours=hour)) for hour in range(2)]
    body: dict[str, Json] = {
        "cosigned_at": "2026-07-15T06:00:00.000000Z",
        "engagement": "soc2",
        "lines": list(lines),
        "phase": "start",
        "root": log.root(size).hex(),
        "size": size,
        "witness": key.vkey,
    }
    with log.writing() as writer:
        for line in lines:
            keep_cosignature(writer.database, size=size, line=line, at=AT)
        writer.append(kind=EntryKind.WITNESS, actor="p", at=AT, body=body)


# Edits. Each returns the table that it changed, "" where it could change nothing.


def change_value(connection: sqlite3.Connection, draw: random.Random) -> str:
    """Change one value of one row."""
    table, columns, rows = _table(connection, draw, filled=True)
    row, column = draw.choice(rows), draw.choice(columns)
    value = row[columns.index(column)]
    _set(connection, table, columns, row, {column: _changed(value, draw)})
    return table


def delete_row(connection: sqlite3.Connection, draw: random.Random) -> str:
    """Delete one row."""
    table, columns, rows = _table(connection, draw, filled=True)
    row = draw.choice(rows)
    connection.execute(f"DELETE FROM {table} WHERE {_where(table)}", _key(table, columns, row))  # noqa: S608
    return table


def insert_row(connection: sqlite3.Connection, draw: random.Random) -> str:
    """Insert a row like another, with other values in its key and perhaps elsewhere."""
    table, columns, rows = _table(connection, draw, filled=False)
    row = list(draw.choice(rows)) if rows else [1, "elsewhere", "2026-07-15T06:00:00.000000Z"]
    for at, column in enumerate(columns):
        if rows and (column in KEYS[table] or not draw.randrange(3)):
            row[at] = _changed(row[at], draw)
    marks = ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", row)  # noqa: S608
    return table


def swap_rows(connection: sqlite3.Connection, draw: random.Random) -> str:
    """Swap what two rows hold beside their keys, or one column of it."""
    table, columns, rows = _table(connection, draw, filled=True)
    free = [column for column in columns if column not in KEYS[table]]
    if len(rows) < 2 or not free:  # noqa: PLR2004
        return ""
    one, other = draw.sample(rows, 2)
    chosen = free if draw.randrange(2) else [draw.choice(free)]
    for row, source in ((one, other), (other, one)):
        _set(connection, table, columns, row, {name: source[columns.index(name)] for name in chosen})
    return table


def rewrite_entry(connection: sqlite3.Connection, draw: random.Random) -> str:
    """Change an entry and make tiles, head and indexes anew over it; perhaps remove the checkpoints, too."""
    rows = connection.execute("SELECT idx, bytes FROM entry").fetchall()
    index, raw = draw.choice(rows[:-1])
    fields = orjson.loads(raw)
    what = draw.choice(["actor", "at", "kind", "body"])
    if what == "at":
        fields["at"] = "2026-07-15T06:00:00.000001Z"
    elif what == "body":
        fields["body"] = {**fields["body"], draw.choice(list(fields["body"])): "changed"}
    else:
        fields[what] = "forged"
    raw = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    connection.execute("UPDATE entry SET bytes = ? WHERE idx = ?", (raw, index))
    if draw.randrange(2):
        connection.execute("DELETE FROM checkpoint")
    _make_consistent(connection)
    return "entry"


def drop_tail(connection: sqlite3.Connection, draw: random.Random) -> str:
    """Remove the newest entries and make everything consistent with what is left."""
    (size,) = connection.execute("SELECT size FROM head").fetchone()
    left = size - draw.randint(1, 40)
    connection.execute("DELETE FROM entry WHERE idx >= ?", (left,))
    for table in ("checkpoint", "cosignature"):
        connection.execute(f"DELETE FROM {table} WHERE size > ?", (left,))  # noqa: S608
    _make_consistent(connection)
    return "entry"


def change_guards(connection: sqlite3.Connection, draw: random.Random) -> str:
    """Drop triggers or an index, or replace a trigger by one that does nothing."""
    objects = "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
    kind, name, table = draw.choice(connection.execute(objects).fetchall())
    connection.execute(f"DROP {kind} {name}")
    if kind == "trigger" and draw.randrange(2):
        connection.execute(f"CREATE TRIGGER {name} BEFORE DELETE ON {table} BEGIN SELECT 1; END")
    return str(name)


EDITS: tuple[tuple[Callable[[sqlite3.Connection, random.Random], str], int], ...] = (
    (change_value, 40),
    (delete_row, 12),
    (insert_row, 12),
    (swap_rows, 12),
    (rewrite_entry, 14),
    (drop_tail, 6),
    (change_guards, 4),
)
"""With how often each is drawn, of a hundred."""


def run_case(small: Small, draw: random.Random, counts: Counts) -> None:
    """Do one edit and look for it; what the engine refuses to store, or changes nothing, is drawn again."""
    while True:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.deserialize(small.database)
        edit = draw.choices([each for each, _ in EDITS], [weight for _, weight in EDITS])[0]
        triggers = _without_triggers(connection) if edit is not change_guards else []
        try:
            table = edit(connection, draw)
        except sqlite3.IntegrityError:
            table = ""
        for text in triggers:
            connection.execute(text)
        if table and _differs(connection, small, edit):
            break
        connection.close()
    log = Log(SqliteDatabase(connection, "memory"))
    checks = fsck(StoredVault(small.path, log, small.blobs), held=small.held, held_note=small.note)
    log.close()
    counts.done[edit.__name__] += 1
    texts = _texts(checks)
    if not texts:
        counts.missed.append(f"{edit.__name__} in {table}")
    elif not any(table in text or (table == "entry" and "Entry" in text) for text in texts):
        counts.unnamed.append(f"{edit.__name__} in {table}: {texts}")


def _differs(connection: sqlite3.Connection, small: Small, edit: object) -> bool:
    """Whether the rows are others than before; marks outside the database go with a rewritten history."""
    if edit in {rewrite_entry, drop_tail}:
        size, root = connection.execute("SELECT size, root FROM head").fetchone()
        log_id = orjson.loads(small.newest)["log_id"]
        write_newest(small.path, Newest(log_id, size, root.hex()))
    else:
        (small.path / "newest").write_bytes(small.newest)
    if edit is change_guards:
        return True
    before = sqlite3.connect(":memory:")
    before.deserialize(small.database)
    same = all(
        before.execute(f"SELECT * FROM {table}").fetchall() == connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        for table in KEYS
    )
    before.close()
    return not same


def _texts(checks: list[Check]) -> list[str]:
    return [fault.text for check in checks for fault in check.findings]


def _table(
    connection: sqlite3.Connection, draw: random.Random, *, filled: bool
) -> tuple[str, list[str], list[tuple[Any, ...]]]:
    """Draw a table; `filled`: one that has rows."""
    table = draw.choice([name for name in KEYS if not filled or name != "moved"])
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608
    return table, [each[0] for each in cursor.description], cursor.fetchall()


def _without_triggers(connection: sqlite3.Connection) -> list[str]:
    """Take the triggers away and return them; they come back after the edit, which alone is to be found."""
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    return [text for _, text in triggers]


def _set(
    connection: sqlite3.Connection, table: str, columns: list[str], row: tuple[Any, ...], values: dict[str, Any]
) -> None:
    names = ", ".join(f"{name} = ?" for name in values)
    statement = f"UPDATE {table} SET {names} WHERE {_where(table)}"  # noqa: S608
    connection.execute(statement, (*values.values(), *_key(table, columns, row)))


def _where(table: str) -> str:
    return " AND ".join(f"{name} = ?" for name in KEYS[table])


def _key(table: str, columns: list[str], row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(row[columns.index(name)] for name in KEYS[table])


def _changed(value: Any, draw: random.Random) -> Any:
    """Return the value with one byte, one sign or one bit changed."""
    if value is None:
        return b"\x00"
    if isinstance(value, int):
        return value ^ (1 << draw.randrange(8)) if draw.randrange(5) else -value - 1
    if isinstance(value, bytes):
        changed = bytearray(value or b"\x00")
        changed[draw.randrange(len(changed))] ^= draw.randint(1, 255)
        return bytes(changed)
    if not value:
        return "x"
    at = draw.randrange(len(value))
    other = chr(draw.choice([each for each in range(32, 127) if chr(each) != value[at]]))
    return value[:at] + other + value[at + 1 :]


def _make_consistent(connection: sqlite3.Connection) -> None:
    """Make tiles, head and indexes from the entries, as someone would who rewrites history."""
    log = Log(SqliteDatabase(connection, "memory"))
    rebuild_tree(log)
    connection.execute("DELETE FROM entry_kind")
    connection.execute("INSERT INTO entry_kind SELECT json_extract(CAST(bytes AS TEXT), '$.kind'), idx FROM entry")
    connection.execute("DELETE FROM evidence WHERE idx NOT IN (SELECT idx FROM entry_kind WHERE kind = 'capture')")


def main() -> int:
    """Run the cases and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ.pop(VARIABLE, None)  # the passphrase of another key
    with tempfile.TemporaryDirectory(prefix="twofold-fuzz-") as name:
        small = make_small(Path(name))
        begun, counts = time.perf_counter(), Counts()
        draw = random.Random(asked.seed)  # noqa: S311
        for _ in range(asked.cases):
            run_case(small, draw, counts)
        taken = time.perf_counter() - begun
    for edit, count in counts.done.most_common():
        sys.stdout.write(f"{edit}: {count:,}\n")
    for text in (counts.missed + counts.unnamed)[:20]:
        sys.stdout.write(f"  {text}\n")
    sys.stdout.write(
        f"{asked.cases:,} edits of database rows: {len(counts.missed)} not found, {len(counts.unnamed)} found and not"
        f" named; {taken:.0f} s, {taken / asked.cases * 1000:.1f} ms a case (seed {asked.seed})\n"
    )
    return 1 if counts.missed or counts.unnamed else 0


if __name__ == "__main__":
    sys.exit(main())
