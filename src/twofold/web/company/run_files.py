"""Runs as pages read them. A run's folder is named by its content, so what was read of it can be kept."""

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from twofold.controltests.rule import Rule, load_rule
from twofold.controltests.run_record import ControlTestRun, read_run


@lru_cache(maxsize=200)
def record_of(folder: Path) -> ControlTestRun:
    """Return the record of a run."""
    return read_run(folder)


@lru_cache(maxsize=200)
def rule_of(folder: Path) -> Rule:
    """Return the rule as the run kept it."""
    return load_rule(folder)


_THREAD = threading.local()
_MEMORY = "128MB"


def session_of_files() -> duckdb.DuckDBPyConnection:
    """Return this thread's session to read files of runs with; its time zone is UTC.

    It is kept, since opening one costs more than a page's query. It holds no table. Whoever uses it fetches all rows of
    an answer, so that nothing stays open in it.
    """
    session: duckdb.DuckDBPyConnection | None = getattr(_THREAD, "session", None)
    if session is None:
        session = duckdb.connect(config={"threads": 1, "memory_limit": _MEMORY})
        session.execute("SET TimeZone = 'UTC'")
        session.execute("SET parquet_metadata_cache = true")  # of a long file that takes most of a page's time
        _THREAD.session = session
    return session


def rows_of(query: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a query over files of runs; after an error the next query gets a session of its own."""
    try:
        return session_of_files().execute(query, given).fetchall()
    except duckdb.Error:
        _THREAD.session = None
        raise
