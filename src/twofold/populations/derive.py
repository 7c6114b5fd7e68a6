"""Compute the derived tables: calendars laid out in days, change sets of deployments, expected runs, gaps of sources.

A derived table that is already there (a case folder may give it) is left alone.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from twofold.populations.calendar_days import calendar_day_rows
from twofold.populations.change_sets import change_set_rows
from twofold.populations.expected_runs import expected_run_rows
from twofold.populations.source_gaps import source_gap_rows
from twofold.tables.readings import Reading, has_conflicts, second_version
from twofold.tables.rows import Row, Value
from twofold.tables.schema import canonical_tables
from twofold.tables.store import Lineage, TableSet, TableStats, TableWriter, open_session, write_empty_table
from twofold.tables.typed_rows import TypedRow, typed_row
from twofold.vault.blobs.file_hash import file_hash

DERIVED = ("calendar_day", "change_set", "expected_run", "source_gap")
YEARS_BACK = 3
"""Calendar days are laid out from so many years before the clock of the data to one year after it."""
_YEAR = timedelta(days=366)


def derive_tables(
    tables: TableSet,
    *,
    clock: datetime,
    gaps_where_never_extracted: bool = False,
    wanted: Sequence[str] = DERIVED,
) -> TableSet:
    """Write the missing derived tables beside the others and return the completed set.

    `clock` is the time of the newest extraction (aware UTC): the "now" of the data, never of the machine.
    `gaps_where_never_extracted`: a table that no export feeds is one gap, as in a workspace; a case folder leaves it
    out, since it gives only the tables that matter to it. `wanted`: the derived tables that will be read.
    """
    missing = [name for name in DERIVED if name in wanted and name not in tables.stats]

    def derive(into: str, reading: Reading) -> TableSet:
        lineage = derived_lineage(clock)
        with open_session(tables, reading=reading) as session, TableWriter(tables.folder / into) as writer:
            for name in missing:
                for row in derived_rows(name, session, clock=clock, every_table=gaps_where_never_extracted):
                    writer.add(row, lineage=lineage)
            return writer.finish()

    # Explanations apart, of which two that contradict each other explain nothing, no text here looks at marks: what
    # comes from marked rows is what comes from the first records.
    derived = derive("derived", Reading.MARKED)
    stats = dict(derived.stats)
    if has_conflicts(tables.folder):
        stats = _with_second_versions(derived, derive("derived_second", Reading.SECOND))
    for file in derived.folder.glob("*.parquet"):
        file.replace(tables.folder / file.name)
    shutil.rmtree(derived.folder)
    return replace(tables, stats={**tables.stats, **stats})


def _with_second_versions(first: TableSet, second: TableSet) -> dict[str, TableStats]:
    """Put the tables that came out otherwise from the second records beside the first; return the stats with them.

    A table that one of the readings leaves without rows has an empty file there.
    """
    stats = dict(first.stats)
    for name in sorted({*first.stats, *second.stats}):
        mine, other = (_file_or_empty(each, name) for each in (first, second))
        if file_hash(mine) != file_hash(other):
            held = stats.get(name, TableStats(0, 0, 0, 0, file_hash(mine)))
            target = other.replace(first.folder / f"{second_version(name)}.parquet")
            stats[name] = replace(held, children={**held.children, target.stem: file_hash(target)})
    shutil.rmtree(second.folder)
    return stats


def _file_or_empty(tables: TableSet, name: str) -> Path:
    file = tables.folder / f"{name}.parquet"
    if not file.exists():
        write_empty_table(canonical_tables()[name], file)
    return file


def derived_lineage(clock: datetime) -> Lineage:
    """Return the lineage of computed rows; `clock` as in `derive_tables`."""
    return Lineage(evidence="derived", source="twofold", connector="derive", extracted_at=clock)


def derived_rows(
    name: str, session: duckdb.DuckDBPyConnection, *, clock: datetime, every_table: bool = False
) -> Iterator[TypedRow]:
    """Yield the rows of one derived table from the session's tables; the words are those of `derive_tables`."""
    for row in _values(name, session, clock, every_table=every_table):
        yield typed_row(Row(name, "", row), zone="UTC")


def _values(
    name: str, session: duckdb.DuckDBPyConnection, clock: datetime, *, every_table: bool
) -> Iterator[Mapping[str, Value]]:
    match name:
        case "calendar_day":
            first, last = (clock - YEARS_BACK * _YEAR).date(), (clock + _YEAR).date()
            return calendar_day_rows(session, first=first, last=last)
        case "change_set":
            return change_set_rows(session)
        case "expected_run":
            return expected_run_rows(session, clock=clock)
        case "source_gap":
            return source_gap_rows(session, every_table=every_table)
    msg = f"{name} is not derived"
    raise ValueError(msg)
