"""A session that plans each SQL text once and runs it again and again, for thousands of small runs of the same rules.

DuckDB takes far longer to plan a rule than to run it over a few rows. A plan stays good while no relation is made anew
and the optimizer, which looks at the data, is off. So `CREATE OR REPLACE TEMP TABLE ... AS` fills a relation that was
made the first time, and `clear` empties what was filled.
"""

import re
from typing import cast

import duckdb

_RELATION = re.compile(
    r"\s*CREATE (?:OR REPLACE )?TEMP (?P<kind>TABLE|VIEW) (?P<name>\w+) AS\s(?P<select>.*)", re.DOTALL
)
_QUERY = re.compile(r"\s*(SELECT|WITH|COPY)\b")


class KeptPlans:
    """Stands for a DuckDB connection where `execute` is all that is used. Its relations are computed once, in order."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("PRAGMA disable_optimizer")
        self._connection = connection
        self._plans: dict[str, str] = {}
        """Text -> name of its plan, "" where it ran once."""
        self._made = 0
        self._columns: dict[str, list[tuple[str, str]]] = {}
        """Relation -> (name, type) of its columns."""
        self._filled: set[str] = set()

    @property
    def session(self) -> duckdb.DuckDBPyConnection:
        """This object, typed as the connection that it stands for."""
        return cast("duckdb.DuckDBPyConnection", self)

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        """Run one statement; raises duckdb.Error."""
        relation = _RELATION.fullmatch(query)
        if relation:
            self._relate(relation["name"], relation["select"], kept=relation["kind"] == "TABLE")
            return self._connection
        if parameters is None and _QUERY.match(query):
            return self._connection.execute(self._planned(query))
        return self._connection.execute(query, parameters)

    def executemany(self, query: str, parameters: object) -> duckdb.DuckDBPyConnection:
        """Run one statement once for each set of parameters; raises duckdb.Error."""
        return self._connection.executemany(query, parameters)

    def insert(self, name: str, select: str, parameters: object = None) -> int:
        """Insert what a SELECT gives into a relation, by the names of its columns; return how many rows."""
        return self._insert(name, f"INSERT INTO {name} BY NAME {select}", parameters)

    def empty(self, name: str) -> None:
        """Empty one relation."""
        if name in self._filled:
            self._connection.execute(f"DELETE FROM {name}")  # noqa: S608  a relation of ours
            self._filled.discard(name)

    def clear(self) -> None:
        """Empty every relation that was filled."""
        for name in sorted(self._filled):
            self.empty(name)

    def _relate(self, name: str, select: str, *, kept: bool) -> None:
        """Fill the relation. `kept`: the text will come again, so its plan is kept."""
        self.empty(name)
        insert = f"INSERT INTO {name} {select}"
        if not kept or insert not in self._plans:
            self._make(name, select)
        self._insert(name, self._planned(insert) if kept else insert)

    def _insert(self, name: str, statement: str, parameters: object = None) -> int:
        row = self._connection.execute(statement, parameters).fetchone()
        count = 0 if row is None else int(row[0])
        if count:
            self._filled.add(name)
        return count

    def _make(self, name: str, select: str) -> None:
        """Make the relation with the columns of `select`, unless it has them."""
        described = self._connection.execute(f"DESCRIBE {select}").fetchall()
        columns = [(column, kind) for column, kind, *_ in described]
        if self._columns.get(name) != columns:
            self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM ({select}) AS made LIMIT 0")  # noqa: S608  our own text
            self._columns[name] = columns
            self._forget_plans()

    def _forget_plans(self) -> None:
        """Drop every plan: DuckDB would plan it anew each time once a relation was made."""
        for plan in self._plans.values():
            if plan:
                self._connection.execute(f"DEALLOCATE {plan}")
        self._plans.clear()

    def _planned(self, text: str) -> str:
        """Return the statement that runs the text: itself the first time, then its plan."""
        plan = self._plans.get(text)
        if plan is None:
            self._plans[text] = ""
            return text
        if not plan:
            self._made += 1
            plan = f"plan_{self._made}"
            self._connection.execute(f"PREPARE {plan} AS {text}")
            self._plans[text] = plan
        return f"EXECUTE {plan}"
