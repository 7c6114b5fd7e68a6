"""The database of a log: what `log.py` needs of one, and how one is made and opened.

One SQL text serves both engines: `?` stands for a parameter, and statements keep to what SQLite and PostgreSQL share.
A `Database` may also wrap a connection that someone else opened. When that connection is inside a transaction,
`writing` joins it: the log entry is then kept or dropped together with what its owner writes.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from twofold.model.problem import Problem, UserError
from twofold.vault.database.database_location import PostgresLocation, read_location
from twofold.vault.database.sqlite_database import SqliteDatabase

Row = tuple[Any, ...]


class Database(Protocol):
    """One connection, for one thread. Every call raises DatabaseError, a UserError, when the engine refuses."""

    @property
    def where(self) -> str:
        """What messages call it: a path, or a URL without a password."""

    @property
    def in_transaction(self) -> bool:
        """Whether the connection is inside a transaction."""

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and return its rows. Outside a transaction it is kept at once."""

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per row of parameters."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold the log against other writers; what is written in the block is durable when it ends well, else gone."""

    def reading(self) -> AbstractContextManager[None]:
        """See one state of the log throughout the block, while others may append. Nothing is written in it."""

    def guard_faults(self) -> Iterable[str]:
        """Say which tables and triggers of the schema are missing or others than ours."""

    def restore_guards(self) -> None:
        """Make them anew, inside `writing`. No row is touched."""

    def lift_guards(self, table: str) -> None:
        """Remove the triggers of a table, inside `writing`, until `restore_guards`."""

    def damage(self) -> Iterable[str]:
        """Say what the engine itself finds damaged."""

    def close(self) -> None:
        """Release the connection."""


class _Engine(Protocol):
    """The module of an engine that is imported only when a setting asks for it."""

    def create(self, location: PostgresLocation) -> Database:
        """Make the tables."""

    def connect(self, location: PostgresLocation) -> Database:
        """Open what `create` made."""


def create_database(location: Path | str) -> Database:
    """Make an empty log: in a new SQLite file, or in a schema of PostgreSQL (a URL). UserError where one is already.

    A schema that holds a log without a single entry is taken: its making was cut off.
    """
    if isinstance(location, Path):
        return SqliteDatabase.create(location)
    return _postgres().create(_read(location))


def open_database(location: Path | str) -> Database:
    """Open the database of a log: a SQLite file, or a URL of PostgreSQL; raises UserError where none can be read."""
    if isinstance(location, Path):
        return SqliteDatabase.open(location)
    return _postgres().connect(_read(location))


def _read(text: str) -> PostgresLocation:
    try:
        return read_location(text)
    except ValueError as error:
        expected = "such as postgresql://user@host/database?schema=acme"
        raise UserError(Problem("database", f"this cannot name the database: {error}", expected)) from error


def _postgres() -> _Engine:
    try:
        return cast("_Engine", import_module("twofold.vault.database.postgres_database"))
    except ImportError as error:  # also where psycopg is there and finds no libpq
        if (error.name or "").startswith("twofold"):
            raise
        remedy = "pip install 'twofold[postgres]'"
        raise UserError(Problem("database", "the package psycopg is missing", "psycopg 3", remedy)) from error
