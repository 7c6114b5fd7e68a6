"""How these pages read: by queries over the kept tables, a page of a list at a time; no store beside the evidence."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from django.utils import timezone

from twofold.jobs.programme.kept_tables import HISTORY, LIMITS, PERSON_ACCOUNT, TABLES, kept_tables
from twofold.model.session import new_database
from twofold.model.sql_path import one_file
from twofold.populations.steps import step_text, steps_needed
from twofold.records.site_place import SitePlace
from twofold.records.workspace import Workspace
from twofold.tables.schema import canonical_tables
from twofold.tables.store import table_texts
from twofold.web.company.days import in_utc
from twofold.web.company.programme.awareness import prepare
from twofold.web.workspace_access import Current

PAGE = 50
"""Rows of one page of a list."""
HELD = TABLES | {"extraction"}
"""What a page can ask of; beside it are `person_account`, `authority`, `authority_by_title` and the tables of
`awareness.prepare`."""
_OPENING = threading.Lock()
_DATABASES: dict[tuple[Path, date], duckdb.DuckDBPyConnection] = {}
_REMEMBERED: dict[tuple[Path, str], Any] = {}
Found = TypeVar("Found")
_MOST_REMEMBERED = 8
_FOLDERS: dict[tuple[Path, tuple[int, ...]], Path] = {}
Row = Mapping[str, Any]
"""Column -> value; moments are aware UTC."""


class Reading:
    """Answers with rows from an open session over the kept tables."""

    def __init__(self, session: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.session = session
        self._folder = folder

    def rows(self, query: str, *given: object) -> list[Row]:
        """Return what a query of ours gives; what people typed is given apart."""
        cursor = self.session.execute(query, [_naive(each) for each in given])
        names = [each[0] for each in cursor.description or ()]
        return [{name: in_utc(cell) for name, cell in zip(names, row, strict=True)} for row in cursor.fetchall()]

    def one(self, query: str, *given: object) -> Row | None:
        """Return the first row, None without one."""
        found = self.rows(query, *given)
        return found[0] if found else None

    def statements(self, table: str, where: str, *given: object) -> list[Row]:
        """Return every statement that any evidence made of some rows of a table, in order of key and time."""
        file = self._folder / HISTORY / f"{table}.parquet"
        if not file.exists():
            return []
        order = ", ".join([*canonical_tables()[table].key, "extracted_at", "evidence"])
        query = f"SELECT * FROM read_parquet(?) WHERE {where} ORDER BY {order}"  # noqa: S608  names of ours
        return self.rows(query, one_file(file), *given)


@contextmanager
def reading(now: Current) -> Iterator[Reading]:
    """Give a session of its own over the kept tables; tables that it makes are gone afterwards."""
    folder = kept_folder(now)
    session = _database(now, folder).cursor()
    try:
        yield Reading(session, folder)
    finally:
        session.close()


def _database(now: Current, folder: Path) -> duckdb.DuckDBPyConnection:
    """Return this process's database of the kept tables: made once a day, and when they are made again."""
    at = timezone.now()
    key = (folder, now.day_of(at))
    with _OPENING:
        if key not in _DATABASES:
            for old in list(_DATABASES)[: max(0, len(_DATABASES) - 1)]:
                del _DATABASES[old]  # closed once no page reads it any more
            _REMEMBERED.clear()
            _DATABASES[key] = _opened(now, folder, at)
        return _DATABASES[key]


def remembered(now: Current, name: str, make: Callable[[], Found]) -> Found:
    """Return what was computed today over the same tables, or compute it: counts and checks of a whole list."""
    key = (kept_folder(now), name)
    if key not in _REMEMBERED:
        _REMEMBERED[key] = make()
    found: Found = _REMEMBERED[key]
    return found


def _opened(now: Current, folder: Path, at: datetime) -> duckdb.DuckDBPyConnection:
    """Read the kept tables into the memory of a database: tens of thousands of rows take tens of megabytes."""
    database = new_database(threads=LIMITS.threads, memory=LIMITS.memory)
    for name, text in table_texts(sorted(HELD), folder).items():
        database.execute(f"CREATE TABLE {name} AS {text}")
    accounts = one_file(folder / f"{PERSON_ACCOUNT}.parquet").replace("'", "''")
    database.execute(f"CREATE TABLE {PERSON_ACCOUNT} AS FROM read_parquet('{accounts}')")
    for step in steps_needed("authority", "authority_by_title"):
        database.execute(f"CREATE TABLE {step} AS {step_text(step)}")
    prepare(database, now, at)
    return database


def kept_folder(now: Current) -> Path:
    """Return the folder of the tables of this moment; the log is asked only when an entry changed what pages show."""
    key = (now.workspace.root, now.newest)
    folder = _FOLDERS.get(key)
    if folder is None or not folder.exists():
        if len(_FOLDERS) >= _MOST_REMEMBERED:
            _FOLDERS.clear()
        folder = _FOLDERS[key] = kept_tables(now.workspace, kept_place(now.workspace))
    return folder


def kept_place(workspace: Workspace) -> Path:
    """Return where the site keeps what can be made again."""
    return SitePlace(workspace.root).folder


def first_page(rows: Sequence[Row], key: str) -> tuple[Sequence[Row], str]:
    """Return the rows of this page, and the key after which the next one begins, "" on the last page.

    >>> first_page([{"id": "a"}], "id")
    ([{'id': 'a'}], '')
    """
    return rows[:PAGE], str(rows[PAGE - 1][key]) if len(rows) > PAGE else ""


def _naive(cell: object) -> object:
    return cell.astimezone(UTC).replace(tzinfo=None) if isinstance(cell, datetime) and cell.tzinfo else cell
