"""Canonical rows as plain Python, read back from the tables that the rule read.

An instant is a pair (earliest, latest) or None, a boundary a moment or None, both naive and in UTC. A list is a
tuple of texts, sorted. Each row also has `conflicted`, `evidence` and `record`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from twofold.tables.schema import ColumnType, Table, canonical_tables, child_table

Record = Mapping[str, Any]
Span = tuple[datetime, datetime]
"""The moments that an instant may be: earliest and latest."""
SHARED = -1
_WORLD = re.compile(r"(\d+)~")


class Records:
    """The rows of one world, with those that all worlds share."""

    def __init__(self, tables: Mapping[str, Sequence[Record]]) -> None:
        self._tables = tables

    def __getitem__(self, table: str) -> Sequence[Record]:
        """Return the rows of a table, sorted by key; () when it is empty. Raises KeyError for no canonical table."""
        return self._tables.get(canonical_tables()[table].name, ())

    def by(self, table: str, column: str) -> dict[Any, list[Record]]:
        """Return the rows of a table by the value of a column."""
        found: dict[Any, list[Record]] = {}
        for row in self[table]:
            found.setdefault(row[column], []).append(row)
        return found


def world_of(key: str) -> int:
    """Return the number of the world that a key belongs to."""
    found = _WORLD.search(key)
    return SHARED if found is None else int(found[1])


def read_worlds(session: duckdb.DuckDBPyConnection, names: Sequence[str], count: int) -> list[Records]:
    """Return the records of each world from 0 to count - 1."""
    shared: dict[str, list[Record]] = {}
    worlds: list[dict[str, list[Record]]] = [{} for _ in range(count)]
    for name in names:
        table = canonical_tables()[name]
        for row in _rows(session, table):
            number = next((found for key in table.key if (found := world_of(str(row[key]))) != SHARED), SHARED)
            (shared if number == SHARED else worlds[number]).setdefault(name, []).append(row)
    return [Records({name: [*shared.get(name, ()), *own.get(name, ())] for name in {*shared, *own}}) for own in worlds]


def _rows(session: duckdb.DuckDBPyConnection, table: Table) -> list[Record]:
    order = ", ".join(table.key)
    rows = _dicts(session, f"SELECT * FROM {table.name} ORDER BY {order}")  # noqa: S608  names come from the schema
    lists: dict[str, dict[tuple[Any, ...], list[str]]] = {}
    for column in table.list_columns:
        values = lists[column.name] = {}
        for child in _dicts(session, f"SELECT * FROM {child_table(table.name, column.name)} ORDER BY value"):  # noqa: S608  names come from the schema
            values.setdefault(tuple(child[key] for key in table.key), []).append(child["value"])
    found: list[Record] = []
    for row in rows:
        record = {
            name: row[name] for name in ("evidence", "record", "conflicted", "source", "connector", "extracted_at")
        }
        for column in table.columns:
            if column.type is ColumnType.LIST:
                key = tuple(row[name] for name in table.key)
                record[column.name] = tuple(lists[column.name].get(key, ()))
            elif column.type is ColumnType.INSTANT:
                seen = row[column.name]
                record[column.name] = None if seen is None else (seen, row[f"{column.name}_latest"])
            else:
                record[column.name] = row[column.name]
        found.append(record)
    return found


def _dicts(session: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = session.execute(query)
    names = [each[0] for each in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
