"""Canonical tables in memory, filled and emptied again and again: what `TableWriter` and `open_session` do for files.

The rows are read and collapsed by the same SQL.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import orjson

from twofold.model.session import new_database
from twofold.tables.collapse import child_rows, collapse_read, has_repeated_key, kept_counts
from twofold.tables.kept_plans import KeptPlans
from twofold.tables.names_now import names_now, with_names_now
from twofold.tables.schema import Table, canonical_tables, child_table
from twofold.tables.store import Lineage, TableSet, TableStats, staged_rows
from twofold.tables.typed_rows import TypedRow


class MemoryTables:
    """Every canonical table and child table, empty at first. `finish` fills them with the rows that were added."""

    def __init__(self) -> None:
        self._connection = new_database(threads=1)
        for name, table in canonical_tables().items():
            self._make(name, table.physical)
            for column in table.list_columns:
                self._make(child_table(name, column.name), table.child_physical)
        self._plans = KeptPlans(self._connection)
        self._rows: dict[str, list[Mapping[str, object]]] = {}
        self._stats: dict[str, TableStats] = {}
        self._again: dict[tuple[str, Hashable], tuple[str, TableStats]] = {}

    @property
    def session(self) -> duckdb.DuckDBPyConnection:
        """The session in which the tables are relations; only its `execute` and `executemany` may be used."""
        return self._plans.session

    def add(self, row: TypedRow, *, lineage: Lineage) -> None:
        """Take one row."""
        for name, values in staged_rows(row, lineage=lineage):
            self._rows.setdefault(name, []).append(values)

    def fill_again(self, name: str, key: Hashable, rows: Callable[[], Iterable[TypedRow]], *, lineage: Lineage) -> None:
        """Fill a table with rows that come again and again under this key; they are read the first time only."""
        if (name, key) in self._again:
            relation, self._stats[name] = self._again[name, key]
            self._plans.insert(name, f"SELECT * FROM {relation}")  # noqa: S608  a relation of ours
            return
        for row in rows():
            self.add(row, lineage=lineage)
        self.finish()
        if name in self._stats:
            relation = f"again_{len(self._again)}"
            self._connection.execute(f"CREATE TEMP TABLE {relation} AS SELECT * FROM {name}")  # noqa: S608  names of ours
            self._again[name, key] = relation, self._stats[name]

    def finish(self) -> TableSet:
        """Fill the tables that rows were added to; return the set, without files and hashes."""
        names = names_now(lambda name: self._rows.get(name, ()))
        if names:
            before, self._rows = self._rows, {}
            for name in (each for each in before if each in canonical_tables()):
                for each, row in with_names_now(canonical_tables()[name], lambda of: before.get(of, ()), names):
                    self._rows.setdefault(each, []).append(row)
        for name in self._rows:
            if name in canonical_tables():
                self._stats[name] = self._fill(canonical_tables()[name])
        self._rows.clear()
        return TableSet(Path(), dict(self._stats))

    def clear(self) -> None:
        """Empty every relation of the session."""
        self._rows.clear()
        self._stats.clear()
        self._plans.clear()

    def _fill(self, table: Table) -> TableStats:
        name, key, rows = table.name, ", ".join(table.key), self._rows[table.name]
        given = {column for row in rows for column in row}
        columns = [(column, kind) for column, kind in table.read if column in given or column in table.key]
        names = ", ".join(column for column, _ in columns)
        once = f"SELECT {names}, 1 AS copies, false AS conflicted FROM {_read(columns)} ORDER BY {key}"  # noqa: S608  names come from the schema
        self._insert(name, rows, once)
        counts = (len(rows), 0, 0)
        if len(rows) > 1 and has_repeated_key(self._connection, table, name):
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE read AS SELECT * EXCLUDE (copies, conflicted) FROM {name}"  # noqa: S608  names come from the schema
            )
            collapse_read(self._connection, table)
            self._plans.empty(name)
            everything = ", ".join(column for column, _ in table.physical)
            self._plans.insert(name, f"SELECT {everything} FROM kept ORDER BY {key}")  # noqa: S608  names come from the schema
            counts = kept_counts(self._connection)
        for column in table.list_columns:
            child = child_table(name, column.name)
            if child in self._rows:
                self._insert(child, self._rows[child], child_rows(table, _read(table.child_read), kept=name))
        return TableStats(len(rows), *counts)

    def _insert(self, name: str, rows: Sequence[Mapping[str, object]], select: str) -> None:
        self._plans.insert(name, select, [orjson.dumps(rows).decode()])

    def _make(self, name: str, physical: Sequence[tuple[str, str]]) -> None:
        columns = ", ".join(f"{column} {kind}" for column, kind in physical)
        self._connection.execute(f"CREATE TABLE {name} ({columns})")


def _read(columns: Sequence[tuple[str, str]]) -> str:
    """Return the relation with these columns in the JSON array that is the parameter."""
    structure = orjson.dumps([dict(columns)]).decode()
    return f"(SELECT unnest(from_json($1, '{structure}'), recursive := true))"
