"""The Parquet store of canonical tables: rows in, one deterministic file per table out.

Rows are collected in any order. On `finish` each table is written once, sorted by when a row was extracted and its
key, so that a day of exports lies in few row groups: identical rows collapse
with a count, a state's older extractions give way to the newest, and two contents under one key are marked as a
conflict (audit-domain 4.0, *Duplicates*). Nothing is dropped uncounted: `TableStats` closes. Before that, names
that tickets and repositories had become those that they have (names_now.py).

A table with rows in conflict is written once more with the other row of each (readings.py).
"""

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import IO, Self

import duckdb
import orjson

from twofold.model.session import new_database, sql_session
from twofold.model.sql_path import one_file
from twofold.tables.collapse import child_rows, collapse_read, has_repeated_key, kept_counts
from twofold.tables.files_before import FilesBefore
from twofold.tables.names_now import TELLING
from twofold.tables.readings import Reading, second_version
from twofold.tables.schema import Table, canonical_tables, child_table
from twofold.tables.staged_names import put_names_now
from twofold.tables.typed_rows import TypedRow
from twofold.vault.blobs.file_hash import file_hash

_ROW_GROUP = 16_384
LAYOUT = f"FORMAT parquet, ROW_GROUP_SIZE {_ROW_GROUP}, DICTIONARY_SIZE_LIMIT {_ROW_GROUP}"
"""How a table is written. A group of rows is read as a whole or not at all. What has a dictionary gets a Bloom filter,
so that one item is found by its key without a scan, though rows stand in order of their extraction."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Which evidence a row came from; `extracted_at` is aware UTC."""

    evidence: str
    source: str
    connector: str
    extracted_at: datetime


@dataclass(frozen=True, slots=True)
class TableStats:
    """Counts of one table: rows_in = rows + collapsed + superseded + conflicting.

    sha256: of its file, "" where it was kept in memory only. children: SHA-256 of each further file by its name: the
    child table of a list column that has values, and the second versions of a table with rows in conflict.
    """

    rows_in: int
    rows: int
    collapsed: int
    superseded: int
    sha256: str = ""
    children: Mapping[str, str] = field(default_factory=dict)

    @property
    def conflicting(self) -> int:
        """Rows that say something else than the row with their key that was kept."""
        return self.rows_in - self.rows - self.collapsed - self.superseded


@dataclass(frozen=True, slots=True)
class TableSet:
    """A folder of `<table>.parquet` files with their counts and hashes."""

    folder: Path
    stats: Mapping[str, TableStats]

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of every file, child tables and second versions included, by name of the table."""
        found = {name: stats.sha256 for name, stats in self.stats.items()}
        for stats in self.stats.values():
            found |= stats.children
        return dict(sorted(found.items()))


def staged_rows(row: TypedRow, *, lineage: Lineage) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield (table, JSON values) for the row itself, (child table, JSON values) for each value of its lists."""
    table = row.table
    physical: dict[str, object] = {
        name: cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell for name, cell in row.cells.items()
    }
    key = {name: physical.get(name) for name in table.key}
    row_hash = row.digest
    physical["evidence"] = lineage.evidence
    physical["record"] = row.record
    physical["row_hash"] = row_hash
    physical["source"] = lineage.source
    physical["connector"] = lineage.connector
    physical["extracted_at"] = lineage.extracted_at.replace(tzinfo=None)
    yield table.name, physical
    for column, values in row.lists.items():
        for value in values:
            yield child_table(table.name, column), key | {"value": value, "row_hash": row_hash}


def staged_lines(row: TypedRow, *, lineage: Lineage) -> Iterator[tuple[str, bytes]]:
    """Yield `staged_rows` as JSON lines. Strings are escaped, so that a line ends only at its end."""
    for name, values in staged_rows(row, lineage=lineage):
        yield name, orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


_MOST_STAGED = 65_536
"""Bytes of the staged rows of a table, its child tables included, of which the files are kept for the next writing.
The files are smaller than that, so all that is kept is less than 64 MiB."""
_FILES_BEFORE: FilesBefore[TableStats] = FilesBefore(1_024)


def forget_files_before() -> None:
    """Keep none of the rows that this process wrote so far, as when the evidence of some of them was deleted."""
    _FILES_BEFORE.forget()


Counting = Callable[[duckdb.DuckDBPyConnection, Path], str]
"""From a connection with the rows `read` and the folder of the tables written so far to the name of a relation, as
`collapse_read` takes it."""


class TableWriter:
    """Collects typed rows; `finish` writes the Parquet files. Use as `with TableWriter(folder) as writer:`."""

    def __init__(self, folder: Path, *, counting: Mapping[str, Counting] = MappingProxyType({})) -> None:
        """`counting`: by state table, what names the relation of rows that count though newer ones came."""
        self._folder = folder
        self._counting = counting
        self._staging = folder / ".staging"
        self._files: dict[str, IO[bytes]] = {}
        self._rows_in: dict[str, int] = {}
        self._renamed = False

    def __enter__(self) -> Self:
        if self._folder.exists():
            shutil.rmtree(self._folder)  # a table file that stayed behind would be read as if it were new
        self._staging.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._files.values():
            stream.close()
        shutil.rmtree(self._staging, ignore_errors=True)

    def add(self, row: TypedRow, *, lineage: Lineage) -> None:
        """Take one row."""
        for name, line in staged_lines(row, lineage=lineage):
            self._write(name, line, 1)

    def add_lines(self, name: str, lines: bytes) -> None:
        """Take lines that `staged_lines` made earlier for one table or child table."""
        self._write(name, lines, lines.count(b"\n"))

    def _write(self, name: str, lines: bytes, count: int) -> None:
        stream = self._files.get(name)
        if stream is None:
            stream = self._files[name] = (self._staging / f"{name}.jsonl").open("wb")
        stream.write(lines)
        self._rows_in[name] = self._rows_in.get(name, 0) + count
        self._renamed |= name in TELLING and TELLING[name] in lines

    def finish(self) -> TableSet:
        """Write every table's Parquet file and return the set."""
        for stream in self._files.values():
            stream.close()
        if self._renamed:
            put_names_now(self._staging, self._rows_in)
        stats: dict[str, TableStats] = {}
        with sql_session() as connection:
            for name, table in canonical_tables().items():
                if name in self._rows_in:
                    stats[name] = self._as_before(connection, table)
        return TableSet(self._folder, stats)

    def _as_before(self, connection: duckdb.DuckDBPyConnection, table: Table) -> TableStats:
        """Write the table's files, from those that this process wrote of the same rows where it did."""
        digest = self._digest(table)
        before = digest and _FILES_BEFORE.put_back(digest, self._folder)
        if before:
            return before
        stats = self._finish_table(connection, table)
        if digest:
            files = [self._folder / f"{name}.parquet" for name in (table.name, *stats.children)]
            _FILES_BEFORE.keep(digest, files, stats)
        return stats

    def _digest(self, table: Table) -> bytes:
        """Return a digest of all that the table's files are made of; b"" where the rows are many, or others count."""
        children = (child_table(table.name, column.name) for column in table.list_columns)
        staged = [self._staging / f"{name}.jsonl" for name in (table.name, *children) if name in self._rows_in]
        if table.name in self._counting or sum(file.stat().st_size for file in staged) > _MOST_STAGED:
            return b""
        digest = hashlib.sha256()
        for file in staged:
            digest.update(hashlib.sha256(file.read_bytes()).digest() + file.name.encode() + b"\n")
        return digest.digest()

    def _finish_table(self, connection: duckdb.DuckDBPyConnection, table: Table) -> TableStats:
        kept, counts = self._stage(connection, table)
        target, *children = self._write_files(connection, table, kept, str)
        stats = TableStats(self._rows_in[table.name], *counts)
        if stats.conflicting:
            children += self._write_files(connection, table, "second", second_version)
        return replace(stats, sha256=file_hash(target), children={file.stem: file_hash(file) for file in children})

    def _write_files(
        self, connection: duckdb.DuckDBPyConnection, table: Table, rows: str, named: Callable[[str], str]
    ) -> list[Path]:
        """Write the relation `rows` as the table and its child tables, under the names that `named` gives them."""
        target = self._folder / f"{named(table.name)}.parquet"
        columns = ", ".join(name for name, _ in table.physical)
        order = ", ".join(["extracted_at", *table.key])
        connection.execute(f"COPY (SELECT {columns} FROM {rows} ORDER BY {order}) TO '{quoted(target)}' ({LAYOUT})")  # noqa: S608  names come from the schema
        files = [target]
        for column in table.list_columns:
            name = child_table(table.name, column.name)
            if (self._staging / f"{name}.jsonl").exists():
                files.append(self._folder / f"{named(name)}.parquet")
                self._write_child(connection, table, name, rows, files[-1])
        return files

    def _stage(self, connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[str, tuple[int, int, int]]:
        """Make a relation of one row per key, with `copies` and `conflicted`; return it with its `kept_counts`."""
        fields = ", ".join(f"'{name}': '{kind}'" for name, kind in table.read)
        staging = _readable(self._staging / f"{table.name}.jsonl")
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE read AS
            SELECT * FROM read_json('{staging}', format = 'newline_delimited', columns = {{{fields}}})
            """  # noqa: S608  names come from the schema, the path from us
        )
        if has_repeated_key(connection, table, "read"):
            choose = self._counting.get(table.name)
            collapse_read(connection, table, counting=choose(connection, self._folder) if choose else "")
            return "kept", kept_counts(connection)
        # As nearly always. The rows need no copy with columns that say the same in each.
        return "(SELECT *, 1::BIGINT AS copies, false AS conflicted FROM read)", (self._rows_in[table.name], 0, 0)

    def _write_child(
        self, connection: duckdb.DuckDBPyConnection, table: Table, name: str, rows: str, target: Path
    ) -> None:
        staging = _readable(self._staging / f"{name}.jsonl")
        fields = ", ".join(f"'{key}': '{kind}'" for key, kind in table.child_read)
        read = f"read_json('{staging}', format = 'newline_delimited', columns = {{{fields}}})"
        connection.execute(f"COPY ({child_rows(table, read, kept=rows)}) TO '{quoted(target)}' (FORMAT parquet)")


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What a session may use. spill: a folder for what does not fit into the memory, to nobody else's use."""

    memory: str = "4GB"
    threads: int = 2
    spill: Path | None = field(default=None)


@contextmanager
def open_session(
    tables: TableSet,
    limits: SessionLimits = SessionLimits(),
    *,
    wanted: Collection[str] | None = None,
    reading: Reading = Reading.MARKED,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB session in which every canonical table and child table is a view, empty where there is no file.

    `wanted`: only these tables, for a caller that knows what it reads. `reading`: of rows in conflict.
    """
    names = [name for name in canonical_tables() if wanted is None or name in wanted]
    texts = table_texts(names, tables.folder, reading=reading)
    if limits.spill is not None:
        # A database of its own, which is gone before the folder that it spills to.
        with new_database(threads=limits.threads, memory=limits.memory, spill=limits.spill) as session:
            session.execute(_views(texts))
            yield session
        return
    # Of more than two hundred tables most have no file. Where all are asked for, these are made once, not each time.
    empty, ground = _empty_tables() if wanted is None else ({}, "")
    with sql_session(threads=limits.threads, memory=limits.memory, ground=ground) as session:
        session.execute(_views({name: text for name, text in texts.items() if text != empty.get(name)}))
        yield session


@cache
def _empty_tables() -> tuple[Mapping[str, str], str]:
    """Return every table and child table as it is without a file, and the statements that make views of them."""
    texts = table_texts(canonical_tables(), None)
    return texts, _views(texts)


def table_texts(names: Collection[str], folder: Path | None, *, reading: Reading = Reading.MARKED) -> dict[str, str]:
    """Return a SELECT for each canonical table of these names and its child tables, with no rows where no file is.

    folder: where the files are; None = nowhere. reading: of rows in conflict.
    """
    found = {}
    for name in names:
        table = canonical_tables()[name]
        columns = {name: table.physical}
        columns |= {child_table(name, column.name): table.child_physical for column in table.list_columns}
        for each, physical in columns.items():
            found[each] = _text(each, physical, folder)
            second = second_version(each)
            if folder is not None and reading is not Reading.MARKED and (folder / f"{second}.parquet").exists():
                chosen = _text(second if reading is Reading.SECOND else each, physical, folder)
                found[each] = unmarked(chosen) if each == name else chosen
    return found


def unmarked(relation: str) -> str:
    """Return a SELECT of a canonical table's rows as if none were in conflict; `relation` is a FROM clause."""
    return f"SELECT * REPLACE (false AS conflicted) {relation}"


def write_empty_table(table: Table, target: Path) -> None:
    """Write a table's file without rows."""
    with sql_session() as connection:
        connection.execute(f"COPY ({_no_rows(table.physical)}) TO '{quoted(target)}' ({LAYOUT})")


def make_view(
    connection: duckdb.DuckDBPyConnection, name: str, physical: tuple[tuple[str, str], ...], folder: Path
) -> None:
    """Make a table of a folder a view of the connection, an empty one where it has no file."""
    connection.execute(_views({name: _text(name, physical, folder)}))


def _views(texts: Mapping[str, str]) -> str:
    """Return the statements that make a view of each text; in one transaction they take half the time."""
    views = ";\n".join(f"CREATE VIEW {name} AS {text}" for name, text in texts.items())
    return f"BEGIN;\n{views};\nCOMMIT" if views else ""


def _text(name: str, physical: tuple[tuple[str, str], ...], folder: Path | None) -> str:
    if folder is not None and (file := folder / f"{name}.parquet").exists():
        return f"FROM read_parquet('{_readable(file)}')"
    return _no_rows(physical)


@cache
def _no_rows(physical: tuple[tuple[str, str], ...]) -> str:
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in physical)
    return f"SELECT {empty} WHERE false"


def quoted(path: Path) -> str:
    """Return the path for use between single quotes in SQL, as a file to write."""
    return str(path).replace("'", "''")


def _readable(path: Path) -> str:
    return one_file(path).replace("'", "''")
