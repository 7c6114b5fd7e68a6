"""Runs as pages read them. A run's folder is named by its content, so what was read of it can be kept."""

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from twofold.controltests.rule import Rule, load_rule
from twofold.controltests.run_record import ControlTestRun, read_run
from twofold.model.session import new_database


@lru_cache(maxsize=200)
def record_of(folder: Path) -> ControlTestRun:
    """Return the record of a run."""
    return read_run(folder)


@lru_cache(maxsize=200)
def rule_of(folder: Path) -> Rule:
    """Return the rule as the run kept it."""
    return load_rule(folder)


_MEMORY = "256MB"
_THREAD = threading.local()


class _Database:
    """The database of this process that files are read through. It holds no table.

    Threads share it, since it keeps what it knows of long files; one thread works at a query.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: duckdb.DuckDBPyConnection | None = None

    def session(self) -> duckdb.DuckDBPyConnection:
        """Return a new session, whose time zone is UTC."""
        with self._lock:
            if self._open is None:
                self._open = new_database(threads=1, memory=_MEMORY)
                self._open.execute("SET GLOBAL parquet_metadata_cache = true")  # else most of a page's time goes there
                self._open.execute("SET GLOBAL enable_external_file_cache = false")  # the system keeps files as well
            return self._open.cursor()

    def forget(self) -> None:
        """Let the next session be of a new database; older sessions keep theirs."""
        with self._lock:
            self._open = None


_DATABASE = _Database()


def session_of_files() -> duckdb.DuckDBPyConnection:
    """Return this thread's session to read files with; its time zone is UTC.

    It is kept, since opening one costs more than a page's query. Whoever uses it fetches all rows of an answer, so that
    nothing stays open in it.
    """
    session: duckdb.DuckDBPyConnection | None = getattr(_THREAD, "session", None)
    if session is None:
        session = _THREAD.session = _DATABASE.session()
    return session


def rows_of(query: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a query over files; after an error the next query gets a session of its own."""
    try:
        return session_of_files().execute(query, given).fetchall()
    except duckdb.Error as error:
        _THREAD.session = None
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            _DATABASE.forget()
        raise
