"""Where the SQL texts of steps, populations and rules are computed: DuckDB in this process, or another engine.

Whatever computes them, a DuckDB session holds the tables, checks what comes out, counts it and writes the files. So the
same rows give the same bytes on every engine.
"""

import re
from collections.abc import Collection
from typing import Protocol

import duckdb

_ONLY_NAMES = re.compile(r"\s*SELECT\s+\w+\.\w+ AS \w+(,\s*\w+\.\w+ AS \w+)*\s+FROM \w+ AS \w+\s*")
_COMMENT = re.compile(r"--[^\n]*\n")


class Engine(Protocol):
    """Computes one SELECT of the portable subset after the other; a text may read the relations before it."""

    @property
    def name(self) -> str:
        """Names and versions of what computes and writes, for the record of a run."""
        ...

    def relate(
        self, session: duckdb.DuckDBPyConnection, name: str, text: str, *, read: Collection[str] | None = None
    ) -> None:
        """Compute the text once and keep it as the relation `name`, in place of the one before, for later texts.

        read: the columns that later texts read, where that is known. Others may be left out.
        """
        ...

    def bring(self, session: duckdb.DuckDBPyConnection, name: str, text: str, *, columns: str = "*") -> None:
        """Do as `relate` does with these columns of the text, and make it a relation of the session, too."""
        ...


class DuckDb:
    """The engine in this process: relations are temporary tables of the session itself."""

    name = f"duckdb {duckdb.__version__}"

    def relate(
        self, session: duckdb.DuckDBPyConnection, name: str, text: str, *, read: Collection[str] | None = None
    ) -> None:
        """Raise duckdb.Error where the text cannot be computed."""
        if read is not None:
            given = [column for column, *_ in session.execute(f"DESCRIBE {text}").fetchall()]
            text = f"SELECT {', '.join(each for each in given if each in read)} FROM ({text}) AS made"  # noqa: S608  our own text
        session.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {text}")

    def bring(self, session: duckdb.DuckDBPyConnection, name: str, text: str, *, columns: str = "*") -> None:
        """Raise duckdb.Error where the text cannot be computed. One that only names columns copies nothing.

        Where such a text gives no rows, it is a table all the same: of none, a view of a file is written with other
        bytes than a table, which is what comes from another engine.
        """
        only_names = _ONLY_NAMES.fullmatch(_COMMENT.sub("", text)) is not None
        is_view = only_names and session.execute(f"SELECT 1 FROM ({text}) AS made LIMIT 1").fetchone() is not None  # noqa: S608  our own text
        kinds = ["VIEW", "TABLE"] if is_view else ["TABLE", "VIEW"]
        statement = f"CREATE OR REPLACE TEMP {kinds[0]} {name} AS SELECT {columns} FROM ({text}) AS made"  # noqa: S608  our own text
        try:
            session.execute(statement)
        except duckdb.CatalogException as error:
            if f'"{name}" is of type' not in str(error):
                raise
            # What has the name is of the other kind.
            session.execute(f"DROP {kinds[1]} {name}")
            session.execute(statement)


DUCKDB = DuckDb()
