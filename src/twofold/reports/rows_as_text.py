"""Rows of a Parquet file as text, and the same as CSV: how a package shows a table to people without Parquet.

A time is written as ISO 8601 in UTC, a missing value as an empty cell. A text that a spreadsheet would take for a
formula gets an apostrophe in front; the Parquet file beside has it as it is.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import duckdb

from twofold.model.session import sql_session

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PAGE = 5_000


@contextmanager
def reading_session() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a session for reading files row by row: in UTC, with one thread, since rows leave it one after the other."""
    with sql_session(threads=1) as session:
        yield session


def parquet_text(session: duckdb.DuckDBPyConnection, path: Path) -> Iterator[list[str]]:
    """Give the header and then every row of a Parquet file, in the order of the file, as text.

    Raises duckdb.Error when the file is no Parquet. The session serves nothing else meanwhile.
    """
    cursor = session.execute("SELECT * FROM read_parquet(?)", [str(path)])
    yield [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(_PAGE):
        for row in rows:
            yield [cell_text(value) for value in row]


def cell_text(value: object) -> str:
    """Write one value.

    >>> cell_text(datetime(2026, 4, 1, 9)), cell_text(None), cell_text(True), cell_text("=1+1")
    ('2026-04-01T09:00:00Z', '', 'true', "'=1+1")
    """
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case date():  # a datetime is one too
            return f"{value.replace(tzinfo=None).isoformat()}Z" if isinstance(value, datetime) else value.isoformat()
        case str():
            return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
        case list() | tuple():
            return ";".join(cell_text(each) for each in value)
        case _:
            return str(value)


def write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of text as CSV: UTF-8, comma, lines ended by a newline."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def csv_line(row: Sequence[str]) -> str:
    """Return one row as it stands in the CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(row)
    return buffer.getvalue()


def first_difference(session: duckdb.DuckDBPyConnection, csv_path: Path, parquet_path: Path) -> str:
    """Say where a CSV file differs from its Parquet file, "" when they hold the same; raises duckdb.Error."""
    with csv_path.open(encoding="utf-8", newline="", errors="surrogateescape") as stream:
        for number, row in enumerate(parquet_text(session, parquet_path)):
            line = csv_line(row)
            if stream.read(len(line)) != line:
                return f"row {number} (0 is the header) is not the row of {parquet_path.name}"
        return "it has more rows than the Parquet file" if stream.read(1) else ""
