"""The database of a log in one SQLite file, the default. Durable on commit: WAL with synchronous FULL."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from twofold.vault.database import sqlite_guards
from twofold.vault.database.database_faults import DatabaseError, no_log, not_done, other_form
from twofold.vault.tree.merkle import EMPTY_ROOT

APPLICATION_ID = 0x54774F66
FORMAT_VERSION = 2
WAIT_SECONDS = 60.0
"""How long a writer waits for another process."""

_CACHE, _CACHE_OF_A_WRITER = 4_096, 65_536
"""KiB of the file that a connection keeps, and while it writes: many captures touch many pages of each index.

A reader needs no more, since the system keeps the file as well; a server has a connection for each thread.
"""
_SCHEMA = Path(__file__).with_name("schema_sqlite.sql")
_FREE = "see that no other command hangs, then try again"
_ROOM = "make room on the disk, then try again"
_RIGHTS = "see that you may write there, then try again"
_BACKUP = "keep this copy as it is and restore the log from a backup"
_REMEDIES = {
    sqlite3.SQLITE_BUSY: _FREE,
    sqlite3.SQLITE_LOCKED: _FREE,
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_CORRUPT: _BACKUP,
    sqlite3.SQLITE_NOTADB: _BACKUP,
    sqlite3.SQLITE_CONSTRAINT: "leave what is recorded as it is; a correction is a new entry",
}
_REMEDY = "see that no other command hangs, that the disk has room and that you may write there; then try again"
_PRIMARY_CODE = 0xFF
"""The low byte of SQLite's error code tells the kind of error."""


class SqliteDatabase:
    """A connection to SQLite; see `Database` for what each call promises."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self.connection = connection
        self._where = where
        self._state = ""

    @classmethod
    def create(cls, path: Path) -> "SqliteDatabase":
        """Make a new file with empty tables; raises FileExistsError where there is one."""
        path.touch(exist_ok=False)
        connection = _connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN IMMEDIATE;\n{_SCHEMA.read_text(encoding='utf-8')}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        connection.execute("INSERT INTO head (one, size, root) VALUES (1, 0, ?)", (EMPTY_ROOT,))
        connection.execute("COMMIT")
        return cls(connection, str(path))

    @classmethod
    def open(cls, path: Path) -> "SqliteDatabase":
        """Open a file that `create` made; raises UserError for any other file."""
        try:
            connection = _connect(path)
        except sqlite3.Error as error:
            raise _not_opened(path, error) from error
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if application != APPLICATION_ID:
                raise no_log(str(path), "it was never finished, or is a database of something else")
            if version != FORMAT_VERSION:
                raise other_form(str(path), version, FORMAT_VERSION)
        except sqlite3.Error as error:
            connection.close()
            raise _not_opened(path, error) from error
        except DatabaseError:
            connection.close()
            raise
        return cls(connection, str(path))

    @property
    def where(self) -> str:
        """The path of the file."""
        return self._where

    @property
    def in_transaction(self) -> bool:
        """Ask SQLite."""
        return self.connection.in_transaction

    def guard_faults(self) -> list[str]:
        """Compare what the file holds with the schema."""
        with self._faults():
            return list(sqlite_guards.guard_faults(self.connection))

    def restore_guards(self) -> None:
        """Make what is missing."""
        with self._faults():
            sqlite_guards.restore_guards(self.connection)

    def lift_guards(self, table: str) -> None:
        """Drop the triggers of a table."""
        with self._faults():
            sqlite_guards.lift_guards(self.connection, table)

    def damage(self) -> list[str]:
        """Ask SQLite to check pages, indexes and values."""
        with self._faults():
            return list(sqlite_guards.damage(self.connection))

    def close(self) -> None:
        """Release the file."""
        self.connection.close()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        try:
            return self.connection.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once per row of parameters."""
        try:
            self.connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._fault(error) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the file against other writers, for at most `WAIT_SECONDS` of waiting."""
        joined = self.connection.in_transaction
        with self._in("writing"), nullcontext() if joined else self._keeping_more():
            self.execute("SAVEPOINT twofold" if joined else "BEGIN IMMEDIATE")
            try:
                if joined:
                    self.execute("UPDATE head SET size = size")  # takes the lock that BEGIN IMMEDIATE would
                yield
                self.execute("RELEASE twofold" if joined else "COMMIT")
            except BaseException:
                self._undo(joined=joined)
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See the file as it is at the first statement of the block."""
        if self.connection.in_transaction:
            yield
            return
        with self._in("reading"):
            self.execute("BEGIN")
            try:
                yield
            finally:
                self._undo(joined=False)

    @contextmanager
    def _keeping_more(self) -> Iterator[None]:
        self.execute(f"PRAGMA cache_size = -{_CACHE_OF_A_WRITER}")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self.connection.execute(f"PRAGMA cache_size = -{_CACHE}")

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
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def _undo(self, *, joined: bool) -> None:
        if not self.connection.in_transaction:
            return  # SQLite rolled back by itself, as it does when the disk is full
        if joined:
            self.connection.execute("ROLLBACK TO twofold")
            self.connection.execute("RELEASE twofold")
        else:
            self.connection.execute("ROLLBACK")

    def _fault(self, error: sqlite3.Error) -> DatabaseError:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        writing = self._state == "writing" or isinstance(error, sqlite3.IntegrityError)
        return not_done(self._where, str(error), _REMEDIES.get(code, _REMEDY), writing=writing)


def _not_opened(path: Path, error: sqlite3.Error) -> DatabaseError:
    """Tell a file that may not be written from one that is no log: nobody should restore a backup over the first."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM")) or (name.startswith("SQLITE_CANTOPEN") and path.exists()):
        remedy = "see that you may read and write this file and its folder; both are needed, even to look"
        return not_done(str(path), str(error), remedy, writing=False)
    return no_log(str(path), str(error))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=WAIT_SECONDS, isolation_level=None
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    return connection
