"""Every version of the rows behind a detail page: which evidence said what, when, and what it changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from twofold.jobs.programme.tellable import TELLABLE
from twofold.model.evidence import ACT_CONNECTOR
from twofold.tables.schema import ColumnType, Table, canonical_tables
from twofold.web.company.programme.reading import Reading, Row

_SHOWN = 200
"""Versions that a page shows, the newest ones."""


@dataclass(frozen=True, slots=True)
class Version:
    """One statement about one row. changes: column, what was said before ("" at first), what is said now."""

    at: datetime
    title: str
    key: str
    evidence: str
    on_screen: bool
    changes: tuple[tuple[str, Any, Any], ...]


def versions(reading: Reading, tables: Mapping[str, tuple[str, object]]) -> list[Version]:
    """Return the versions of some rows, newest first. tables: table -> its condition and what is given."""
    found = [
        each
        for table, (where, given) in tables.items()
        for each in _of_table(canonical_tables()[table], reading.statements(table, where, given))
    ]
    return sorted(found, key=lambda each: (each.at, each.title, each.key), reverse=True)[:_SHOWN]


def _of_table(table: Table, statements: list[Row]) -> Iterator[Version]:
    """Yield a version for each statement that says something new of its key."""
    for key, said in groupby(statements, key=lambda row: tuple(row[name] for name in table.key)):
        before: Row | None = None
        for row in said:
            if before is not None and before["row_hash"] == row["row_hash"]:
                continue
            yield Version(
                at=row["extracted_at"],
                title=TELLABLE[table.name].title if table.name in TELLABLE else table.name.replace("_", " "),
                key=" ".join(_shown(each) for each in key if each is not None),
                evidence=row["evidence"],
                on_screen=row["connector"] == ACT_CONNECTOR,
                changes=tuple(_changes(table, before, row)),
            )
            before = row


def _changes(table: Table, before: Row | None, row: Row) -> Iterator[tuple[str, Any, Any]]:
    for column in table.columns:
        if column.type is ColumnType.LIST:
            continue
        old = before[column.name] if before else None
        if row[column.name] != old and not (before is None and column.name in table.key):
            yield column.name.replace("_", " "), old, row[column.name]


def _shown(cell: object) -> str:
    return f"{cell:%Y-%m-%d}" if isinstance(cell, datetime) else str(cell)
