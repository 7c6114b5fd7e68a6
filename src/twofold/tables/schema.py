"""The canonical schema, read once from schema/*.toml, and the columns that SQL sees."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twofold.model.problem import Problem, UserError

SCHEMA_FOLDER = Path(__file__).with_name("schema")
SUBJECTS = (
    "scope",
    "people",
    "access_review",
    "change",
    "operations",
    "settings",
    "finance",
    "programme",
    "governance",
    "advice",
    "request_lists",
    "cost",
    "auditor_choice",
    "questionnaire",
    "readiness",
    "deficiency",
)
"""The files of the folder, in the order in which the tables are shown."""
PREPARATION = frozenset(
    {"advice", "request_lists", "cost", "auditor_choice", "questionnaire", "readiness", "deficiency"}
)
"""Subjects about preparing for an audit and about what came of it: no control test reads them, and they make no data
newer."""


class ColumnType(StrEnum):
    """Types of columns; schema/README.md says what each means."""

    TEXT = "text"
    WORD = "word"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    BOUNDARY = "boundary"
    LIST = "list"


class TableKind(StrEnum):
    """How a table's rows come to be, which decides what two rows with one key mean."""

    EVENT = "event"
    STATE = "state"
    FACT = "fact"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table."""

    name: str
    type: ColumnType
    required: bool
    about: str
    names: tuple[str, ...]
    """Of what it may hold a name that is another one by now: ticket, repository, pull_request, deployment."""

    @property
    def physical(self) -> tuple[tuple[str, str], ...]:
        """The (name, SQL type) pairs that the column has in SQL; a list has none in its own table."""
        match self.type:
            case ColumnType.INSTANT:
                return (
                    (self.name, "TIMESTAMP"),
                    (f"{self.name}_latest", "TIMESTAMP"),
                    (f"{self.name}_text", "VARCHAR"),
                )
            case ColumnType.BOUNDARY:
                return ((self.name, "TIMESTAMP"),)
            case ColumnType.INTEGER:
                return ((self.name, "BIGINT"),)
            case ColumnType.BOOLEAN:
                return ((self.name, "BOOLEAN"),)
            case ColumnType.LIST:
                return ()
            case ColumnType.TEXT | ColumnType.WORD:
                return ((self.name, "VARCHAR"),)


LINEAGE = (
    ("evidence", "VARCHAR"),
    ("record", "VARCHAR"),
    ("row_hash", "VARCHAR"),
    ("source", "VARCHAR"),
    ("connector", "VARCHAR"),
    ("extracted_at", "TIMESTAMP"),
    ("copies", "BIGINT"),
    ("conflicted", "BOOLEAN"),
)
"""Columns that every row carries behind its own: where it came from, how many identical rows collapsed
into it, and whether another row with its key says something else (audit-domain 4.0, *Duplicates*)."""


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table."""

    name: str
    subject: str
    """The file of the schema that says it."""
    kind: TableKind
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    column_named: Mapping[str, Column]
    required: tuple[str, ...]
    """Names of the columns that must have a value."""

    @property
    def physical(self) -> tuple[tuple[str, str], ...]:
        """All (name, SQL type) pairs of the table in SQL, lineage last."""
        own = tuple(pair for column in self.columns for pair in column.physical)
        return own + LINEAGE

    @property
    def read(self) -> tuple[tuple[str, str], ...]:
        """The pairs that a row has when it is read, before equal rows are counted."""
        return self.physical[:-2]

    @property
    def child_read(self) -> tuple[tuple[str, str], ...]:
        """The pairs of a value of a list column when it is read: those of the child table and its row's hash."""
        return (*self.child_physical, ("row_hash", "VARCHAR"))

    @property
    def list_columns(self) -> tuple[Column, ...]:
        """The list columns, each of which SQL sees as a child table."""
        return tuple(column for column in self.columns if column.type is ColumnType.LIST)

    @property
    def child_physical(self) -> tuple[tuple[str, str], ...]:
        """The (name, SQL type) pairs of the child table of each list column: the key, then `value`."""
        by_name = self.column_named
        return (*(by_name[name].physical[0] for name in self.key), ("value", "VARCHAR"))


def child_table(table: str, column: str) -> str:
    """Return the name of the child table of a list column, for example `ticket__systems`."""
    return f"{table}__{column}"


def _column(name: str, text: str) -> Column:
    head, _, about = text.partition(" ")
    head, *names = head.split("@")
    return Column(name, ColumnType(head.rstrip("!")), head.endswith("!"), about, tuple(names))


def _table(name: str, subject: str, body: Mapping[str, Any]) -> Table:
    columns = tuple(_column(column, text) for column, text in body["columns"].items())
    return Table(
        name=name,
        subject=subject,
        kind=TableKind(body["kind"]),
        about=body["about"],
        key=tuple(body["key"]),
        columns=columns,
        column_named={column.name: column for column in columns},
        required=tuple(column.name for column in columns if column.required),
    )


@cache
def canonical_tables() -> MappingProxyType[str, Table]:
    """Return every canonical table by name, subject by subject."""
    files = {subject: tomllib.loads((SCHEMA_FOLDER / f"{subject}.toml").read_text("utf-8")) for subject in SUBJECTS}
    return MappingProxyType(
        {name: _table(name, subject, body) for subject, tables in files.items() for name, body in tables.items()}
    )


def table_named(name: str, *, where: str) -> Table:
    """Return the table; raises UserError that says where the unknown name stood."""
    found = canonical_tables().get(name)
    if found is None:
        raise UserError(
            Problem(where, f"{name!r} is no canonical table", "one of " + ", ".join(canonical_tables()), "rename it")
        )
    return found
