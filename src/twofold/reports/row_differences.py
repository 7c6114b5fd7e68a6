"""Where two Parquet files with one row per item differ: which items, in which column, and what stood there."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb

from twofold.model.sql_path import one_file
from twofold.reports.rows_as_text import cell_text, reading_session

SHOWN = 20


def item_differences(packaged: Path, again: Path, *, shown: int = SHOWN) -> tuple[int, list[str]]:
    """Return how many items differ, and a sentence for the first ones in order of item. (0, []) = the rows are equal.

    Other columns or types count as one difference. Raises duckdb.Error for a file that is no such table.
    """
    with reading_session() as session:
        columns = _columns(session, packaged)
        if columns != (now := _columns(session, again)):
            return 1, [_column_sentence(columns, now)]
        _load(session, packaged, "packaged")
        _load(session, again, "again")
        names = [name for name, _ in columns]
        differ = " OR ".join(f"p.{_quoted(name)} IS DISTINCT FROM a.{_quoted(name)}" for name in names)
        joined = f"""
            FROM packaged AS p FULL JOIN again AS a ON a.item = p.item AND a.nth = p.nth
            WHERE p.nth IS NULL OR a.nth IS NULL OR {differ}
        """
        row = session.execute(f"SELECT count(*) {joined}").fetchone()
        both = ", ".join(f"p.{_quoted(name)}, a.{_quoted(name)}" for name in names)
        cursor = session.execute(
            f"SELECT coalesce(p.item, a.item), p.nth, a.nth, {both} {joined} ORDER BY 1, 2, 3 LIMIT ?", [shown]
        )
        rows = cursor.fetchall()
        return (row[0] if row else 0), list(islice(_sentences(rows, names), shown))


def _columns(session: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str]]:
    described = session.execute("DESCRIBE SELECT * FROM read_parquet(?)", [one_file(path)]).fetchall()
    return [(str(row[0]), str(row[1])) for row in described]


def _load(session: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    numbered = "SELECT *, row_number() OVER (PARTITION BY item) AS nth FROM read_parquet(?)"
    session.execute(f"CREATE TEMP TABLE {name} AS {numbered}", [one_file(path)])


def _sentences(rows: list[tuple[object, ...]], names: list[str]) -> Iterator[str]:
    for item, before, now, *cells in rows:
        if before is None:
            yield f"{item}: comes out now and is not in the package"
        elif now is None:
            yield f"{item}: is in the package and does not come out now"
        else:
            pairs = zip(names, cells[::2], cells[1::2], strict=True)
            told = [f"{name} was {_shown(old)}, is {_shown(new)}" for name, old, new in pairs if old != new]
            yield f"{item}: " + "; ".join(told)


def _column_sentence(packaged: list[tuple[str, str]], now: list[tuple[str, str]]) -> str:
    return f"the columns were {_shown_columns(packaged)} and are {_shown_columns(now)}"


def _shown_columns(columns: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns)


def _shown(value: object) -> str:
    return "missing" if value is None else f"{cell_text(value)!r}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
