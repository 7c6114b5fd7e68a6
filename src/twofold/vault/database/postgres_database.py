"""The database of a log in one schema of PostgreSQL, by psycopg 3. Imported only when a setting names PostgreSQL.

Durable on commit: `synchronous_commit` is on for our connections. A writer locks the one row of `head`, so appends
come one after the other; READ COMMITTED is enough then. Passwords come from where libpq looks for them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors, sql

from twofold.model.problem import Problem, UserError
from twofold.vault.database import postgres_guards
from twofold.vault.database.database_faults import DatabaseError, no_log, not_done, other_form
from twofold.vault.database.database_location import PASSWORD_WAYS, PostgresLocation
from twofold.vault.tree.merkle import EMPTY_ROOT

FORMAT_VERSION = 2
WAIT_SECONDS = 60
"""How long a writer waits for another process."""

_SCHEMA_TEXT = Path(__file__).with_name("schema_postgres.sql")
_CONNECT_SECONDS = 10
_AWAY = "see that the database server runs and can be reached, then try again"
_RIGHTS = "ask the owner of the database for the right, then try again"
_REMEDIES: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.LockNotAvailable, "see that no other command hangs, then try again"),
    (errors.DiskFull, "make room on the disk of the database server, then try again"),
    (errors.InsufficientPrivilege, _RIGHTS),
    (errors.ReadOnlySqlTransaction, "see that this is the primary server and not a standby, then try again"),
    (errors.RaiseException, "leave what is recorded as it is; a correction is a new entry"),
    (psycopg.OperationalError, _AWAY),
)
_REMEDY = "see what the database server says, then try again"


class PostgresDatabase:
    """A connection to PostgreSQL whose search path begins with the log's schema; see `Database` for the promises."""

    def __init__(self, connection: psycopg.Connection[Any], where: str) -> None:
        self.connection = connection
        self._where = where
        self._state = ""

    @property
    def where(self) -> str:
        """The URL without a password, and the schema."""
        return self._where

    @property
    def in_transaction(self) -> bool:
        """Ask libpq, which knows without asking the server."""
        return self.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE

    def guard_faults(self) -> list[str]:
        """Compare what the schema holds with the text that made it."""
        with self._faults():
            return list(postgres_guards.guard_faults(self.connection))

    def restore_guards(self) -> None:
        """Make functions and triggers anew."""
        with self._faults():
            postgres_guards.restore_guards(self.connection)

    def lift_guards(self, table: str) -> None:
        """Drop the triggers of a table."""
        with self._faults():
            postgres_guards.lift_guards(self.connection, table)

    def damage(self) -> list[str]:
        """Say nothing: the server checks its pages by itself."""
        return []

    def close(self) -> None:
        """Release the connection."""
        self.connection.close()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        try:
            cursor = self.connection.execute(_translated(statement), parameters, binary=True)
            return cursor.fetchall() if cursor.description is not None else []
        except psycopg.Error as error:
            raise self._fault(error) from error

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per row of parameters."""
        try:
            with self.connection.cursor() as cursor:
                cursor.executemany(_translated(statement), rows)
        except psycopg.Error as error:
            raise self._fault(error) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the row of `head`, for at most `WAIT_SECONDS` of waiting. Inside a transaction, a savepoint of it."""
        with self._in("writing"), self._faults(), self.connection.transaction():
            self.execute("SELECT size FROM head FOR UPDATE")
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See the log as it is at the first statement of the block; inside a transaction, as that one sees it."""
        if self.in_transaction:
            yield
            return
        with self._in("reading"), self._faults(), self.connection.transaction(force_rollback=True):
            self.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield

    @contextmanager
    def making(self) -> Iterator[None]:
        """Make tables: all of them, or none."""
        with self._in("writing"), self._faults(), self.connection.transaction():
            yield

    @contextmanager
    def _in(self, state: str) -> Iterator[None]:
        if self._state:
            msg = f"{state} the log inside a block that is {self._state} it"
            raise RuntimeError(msg)
        self._state = state
        try:
            yield
        finally:
            self._state = ""

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._fault(error) from error

    def _fault(self, error: psycopg.Error) -> DatabaseError:
        remedy = next((remedy for kind, remedy in _REMEDIES if isinstance(error, kind)), _REMEDY)
        writing = self._state == "writing" or isinstance(error, errors.RaiseException)
        return not_done(self._where, error.diag.message_primary or str(error), remedy, writing=writing)


def create(location: PostgresLocation) -> PostgresDatabase:
    """Make the schema and its tables in one transaction; raises UserError where something else lies in the schema."""
    database = _connected(location)
    try:
        with database.making():
            _make(database, location.schema)
    except BaseException:
        database.close()
        raise
    return database


def connect(location: PostgresLocation) -> PostgresDatabase:
    """Open what `create` made; raises UserError when the server is away, or holds no log in this schema."""
    database = _connected(location)
    try:
        _check_form(database, location.schema)
    except BaseException:
        database.close()
        raise
    return database


def _make(database: PostgresDatabase, schema: str) -> None:
    ((encoding,),) = database.execute("SELECT current_setting('server_encoding')")
    if encoding != "UTF8":
        remedy = "make the database with ENCODING 'UTF8'"
        raise UserError(Problem(database.where, f"the database keeps text as {encoding}", "UTF8", remedy))
    if not database.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (schema,)):
        database.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    if not database.execute("SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(?) LIMIT 1", (schema,)):
        database.connection.execute(_SCHEMA_TEXT.read_bytes())
        database.execute("INSERT INTO form (one, version) VALUES (1, ?)", (FORMAT_VERSION,))
        database.execute("INSERT INTO head (one, size, root) VALUES (1, 0, ?)", (EMPTY_ROOT,))
    elif _form(database, schema) != FORMAT_VERSION or database.execute("SELECT 1 FROM entry LIMIT 1"):
        remedy = "name another schema in the URL: ?schema=NAME"
        raise UserError(Problem(database.where, "something lies in this schema already", "an empty schema", remedy))


def _check_form(database: PostgresDatabase, schema: str) -> None:
    found = _form(database, schema)
    if found is None:
        raise no_log(database.where, "the schema holds no log", "check the URL, or restore the log from a backup")
    if found != FORMAT_VERSION:
        raise other_form(database.where, found, FORMAT_VERSION)


def _form(database: PostgresDatabase, schema: str) -> int | None:
    """Return the form of the log in the schema, None where there is no log."""
    if database.execute("SELECT to_regclass(?)", (f"{schema}.form",)) == [(None,)]:
        return None
    rows = database.execute("SELECT version FROM form")
    return rows[0][0] if rows else None


@lru_cache(512)
def _translated(text: str) -> bytes:
    """Write `?` as psycopg's `%s`. No statement of ours holds either sign in another meaning."""
    return text.replace("%", "%%").replace("?", "%s").encode()


def _connected(location: PostgresLocation) -> PostgresDatabase:
    where = str(location)
    try:
        connection = psycopg.connect(
            location.url, autocommit=True, connect_timeout=_CONNECT_SECONDS, client_encoding="UTF8"
        )
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        remedy = f"give the password by {PASSWORD_WAYS}" if "password" in reason else _AWAY
        raise not_done(where, reason, remedy, writing=False) from error
    database = PostgresDatabase(connection, where)
    for name, value in (
        ("search_path", f'"{location.schema}", pg_temp'),
        ("synchronous_commit", "on"),
        ("lock_timeout", f"{WAIT_SECONDS}s"),
    ):
        database.execute("SELECT set_config(?, ?, false)", (name, value))
    return database
