"""Rows of a run's items in the files beside its outcomes: its population, and the verdicts of each lens.

All of them hold the same items in the same order, so a row that was found by its item in one file is found by its
place in another; comparing a hundred thousand long ids takes longer than all else a page does. That the order is the
same is never taken for granted: the blocks of both files must begin and end with the same items, and each row must
have the system and the time of the outcome. Else rows are found by their items.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb

_MOST_KEPT = 500
_State = tuple[Path, int, int, int]
_Kept = TypeVar("_Kept")
_BLOCKS: dict[_State, tuple[tuple[Any, ...], ...]] = {}
"""A state of a file -> its blocks: rows, first and last item of each."""
_COLUMNS: dict[_State, tuple[str, ...]] = {}
_BLOCK = """
SELECT row_group_num_rows, stats_min_value, stats_max_value FROM parquet_metadata(?)
WHERE path_in_schema = 'item' ORDER BY row_group_id
"""
_BY_ROW = """
SELECT file_row_number, system, operating_at, {} FROM read_parquet(?, file_row_number = true)
WHERE file_row_number BETWEEN ? AND ?
"""
_CLOSE = 200
"""Rows that are read together, where asking for some of them takes longer than to read all."""
_BY_ITEM = "SELECT item, {} FROM read_parquet(?) WHERE item BETWEEN ? AND ? AND list_contains(?, item)"


class ItemPlace(NamedTuple):
    """An item of a run's outcomes: its row (from 0), and the system and time (UTC, naive) that stand there."""

    item: str
    row: int
    system: str | None
    operating_at: datetime | None


PLACE_COLUMNS = ("item", "file_row_number", "system", "operating_at")
"""What an ItemPlace is read from, where a file is read with `file_row_number = true`."""


def rows_beside(
    session: duckdb.DuckDBPyConnection,
    file: Path,
    columns: Sequence[str],
    *,
    outcomes: Path,
    places: Sequence[ItemPlace],
) -> dict[str, tuple[Any, ...]]:
    """Return item -> these columns of another file of the run, for items of its outcomes; what it lacks is left out.

    columns: SQL texts of ours.
    """
    if not places:
        return {}
    chosen = ", ".join(columns)
    if _in_same_order(session, outcomes, file):
        rows = [each.row for each in places]
        query, given = _BY_ROW.format(chosen), [str(file), min(rows), max(rows)]
        if max(rows) - min(rows) > _CLOSE:
            query, given = f"{query} AND list_contains(?, file_row_number)", [*given, rows]
        found = {row[0]: row[1:] for row in session.execute(query, given).fetchall()}
        if all(found.get(each.row, ())[:2] == (each.system, each.operating_at) for each in places):
            return {each.item: found[each.row][2:] for each in places}
    items = sorted(each.item for each in places)
    by_item = session.execute(_BY_ITEM.format(chosen), [str(file), items[0], items[-1], items]).fetchall()
    return {row[0]: row[1:] for row in by_item}


def columns_of(session: duckdb.DuckDBPyConnection, file: Path) -> tuple[str, ...]:
    """Return the columns of a file of a run, in their order."""
    key = _state(file)
    found = _COLUMNS.get(key)
    if found is None:
        described = session.execute("SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", [str(file)])
        found = tuple(name for (name,) in described.fetchall())
        _keep(_COLUMNS, key, found)
    return found


def _in_same_order(session: duckdb.DuckDBPyConnection, one: Path, other: Path) -> bool:
    """Whether the blocks of both files have as many rows, and begin and end with the same items."""
    return _blocks(session, one) == _blocks(session, other)


def _blocks(session: duckdb.DuckDBPyConnection, file: Path) -> tuple[tuple[Any, ...], ...]:
    key = _state(file)
    found = _BLOCKS.get(key)
    if found is None:
        found = tuple(session.execute(_BLOCK, [str(file)]).fetchall())
        _keep(_BLOCKS, key, found)
    return found


def _state(file: Path) -> _State:
    found = file.stat()
    return file, found.st_ino, found.st_mtime_ns, found.st_size


def _keep(memory: dict[_State, _Kept], key: _State, found: _Kept) -> None:
    if len(memory) >= _MOST_KEPT:
        memory.clear()
    memory[key] = found
