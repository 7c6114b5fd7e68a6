"""A DuckDB session for a piece of work, opened in a millisecond.

To set a database up takes DuckDB twenty times as long as most sessions last: it makes a list of every function that
SQL may name. So a database that a session is done with serves the next one. Nothing of the session before is left: its
tables and views lay in a catalog of its own, and that catalog is gone.
"""

import atexit
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

_MOST_IDLE = 4
"""Databases of a kind that are kept; more are there only while more threads work at the same time."""
_Kind = tuple[int, int | None, str | None, str]
_IDLE: defaultdict[_Kind, list[duckdb.DuckDBPyConnection]] = defaultdict(list)
"""Process and what was asked for -> databases without a session. A forked process leaves those of its parent alone."""


@contextmanager
def sql_session(
    *, threads: int | None = None, memory: str | None = None, ground: str = ""
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a session in UTC; what it holds is gone afterwards. It sets nothing with SET GLOBAL, which would stay.

    threads: how many work at a query; None = one per core. memory: how much a query may take, such as "4GB", before it
    spills to disk; None = most of the machine's. ground: statements that make views. They are made once for all
    sessions with the same text, and a table or view of the session hides the one of its name.
    """
    idle = _IDLE[os.getpid(), threads, memory, ground]
    try:
        database = idle.pop()
    except IndexError:
        database = _with_ground(threads, memory, ground)
    try:
        with database.cursor() as session:
            session.execute("ATTACH ':memory:' AS session; SET search_path = 'session,ground'; SET TimeZone = 'UTC'")
            yield session
        database.execute("DETACH session")
    except BaseException:
        database.close()  # whatever broke off, the next session must not find it
        raise
    if len(idle) < _MOST_IDLE:
        idle.append(database)
    else:
        database.close()


def new_database(
    *, threads: int | None = None, memory: str | None = None, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a database in memory, whose sessions are in UTC; the limits as in `sql_session`.

    spill: a folder for what does not fit into the memory; None = one that this user alone can read, gone when the
    process ends (not when it is killed). The engine itself would take the folder that the command was called in.
    """
    limits = {"threads": threads, "memory_limit": memory, "temp_directory": str(spill or _spill_folder(os.getpid()))}
    database = duckdb.connect(config={name: limit for name, limit in limits.items() if limit is not None})
    # In a worker process the engine would show progress on standard output, which belongs to the command.
    database.execute("SET enable_progress_bar = false; SET GLOBAL TimeZone = 'UTC'")
    return database


@cache
def _spill_folder(_process: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="twofold-spill-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _with_ground(threads: int | None, memory: str | None, ground: str) -> duckdb.DuckDBPyConnection:
    database = new_database(threads=threads, memory=memory)
    # It would keep files that are replaced between two sessions, and the system keeps files as well.
    database.execute("SET enable_external_file_cache = false")
    database.execute(f"ATTACH ':memory:' AS ground; USE ground; {ground}; USE memory")
    return database
