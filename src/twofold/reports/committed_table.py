"""The rows of a table as they are committed: each value one text, or missing.

A text stands as it is. A time is ISO 8601 in UTC, a fraction of a second without zeros at its end; a truth value is
true or false; a list is a JSON list of its texts. CSV has texts only. The types of the columns say which is which.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb

from twofold.model.sql_path import one_file
from twofold.reports.rows_as_text import reading_session
from twofold.vault.row_commitment import Cell

_PAGE = 5_000
_GREATEST_HEADER = 20_000
"""Characters. The names of the columns stand in an entry of the log, which has 65,535 bytes at most."""


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table open for reading: names and SQL types of its columns, and its rows, to be read once."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Iterator[Sequence[Cell]]


class NotTabularError(ValueError):
    """The file is no table that rows can be committed of; the message says why."""


def parquet_rows(session: duckdb.DuckDBPyConnection, path: Path) -> OpenTable:
    """Read a Parquet file, rows in the order of the file; raises duckdb.Error for another file.

    The session serves nothing else until the rows are read.
    """
    described = session.execute("DESCRIBE SELECT * FROM read_parquet(?)", [one_file(path)]).fetchall()
    columns = [(str(row[0]), str(row[1])) for row in described]
    texts = ", ".join(_as_text(name, kind) for name, kind in columns)
    cursor = session.execute(f"SELECT {texts} FROM read_parquet(?)", [one_file(path)])  # noqa: S608  names, quoted
    rows = chain.from_iterable(iter(lambda: cursor.fetchmany(_PAGE), []))
    return OpenTable(tuple(name for name, _ in columns), tuple(kind for _, kind in columns), rows)


@contextmanager
def open_csv(path: Path) -> Iterator[OpenTable]:
    """Open a CSV file: UTF-8, commas, a header, every row as wide. Empty lines are no rows.

    Raises NotTabularError, also while the rows are read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, None)
            if not header or sum(map(len, header)) > _GREATEST_HEADER:
                msg = "it has no header, or one that is too long"
                raise NotTabularError(msg)
            yield OpenTable(tuple(header), ("VARCHAR",) * len(header), _as_wide(reader, len(header)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotTabularError(str(error)) from error


@contextmanager
def open_table(path: Path, *, is_csv: bool) -> Iterator[OpenTable]:
    """Open a file of either form; raises as `open_csv` and `parquet_rows` do."""
    if is_csv:
        with open_csv(path) as table:
            yield table
    else:
        with reading_session() as session:
            yield parquet_rows(session, path)


def _as_text(name: str, kind: str) -> str:
    """Return SQL for the text of a value. The engine makes it, in a quarter of the time that Python takes."""
    column = '"' + name.replace('"', '""') + '"'
    if kind.endswith("[]"):
        return f"CAST(to_json({column}) AS VARCHAR)"
    if kind.startswith("TIMESTAMP"):
        return f"replace(CAST(CAST({column} AS TIMESTAMP) AS VARCHAR), ' ', 'T') || 'Z'"
    return f"CAST({column} AS VARCHAR)"


def _as_wide(rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if len(row) not in {0, width}:
            msg = f"row {number} has {len(row)} cells under {width} columns"
            raise NotTabularError(msg)
        if row:
            yield row
