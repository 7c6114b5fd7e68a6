"""Rows that a person tells us through a command: read from a file, captured as evidence, read back from what holds now.

They are rows of canonical tables about preparing for an audit (`tables/schema`, PREPARATION). No control test reads
them, and they make no data newer.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from twofold.jobs.capture import capture
from twofold.jobs.tables_read import tables_read
from twofold.model.evidence import ACT_CONNECTOR, Provenance
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.tables.rows import Row, SetAside
from twofold.tables.schema import Table, canonical_tables, child_table
from twofold.tables.table_files import table_rows
from twofold.tables.typed_rows import CellError, typed_row
from twofold.vault.evidence import CaptureItem

GREATEST_FILE = 1024 * 1024
"""Bytes. What a person tells in rows is far smaller."""
GREATEST_ROWS = 5_000
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet runs. Such text is refused, and what came another way is written out with a quote before it."""
Line = Mapping[str, str]
ToldRow = Mapping[str, object]
"""Columns of the table with their values, lists as tuples, and `where`: the evidence and the record that say it."""


def read_lines(
    path: Path, table_name: str, check: Callable[[Sequence[Line]], Iterable[Problem]], *, blank: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Read a CSV file for a table; each line has its place under `where`.

    check: gives the problems of lines that do not fit, or not together. blank: columns that a template leaves empty; a
    line in which all of them are empty was not filled in and is skipped.
    Raises UserError with every problem: a file that is too large, unknown columns, cells that do not fit.
    """
    if not path.is_file():
        raise UserError(Problem(str(path), "there is no such file", "a CSV file", "write one with --template"))
    if path.stat().st_size > GREATEST_FILE:
        found = f"it holds {path.stat().st_size:,} bytes"
        raise UserError(Problem(str(path), found, f"at most {GREATEST_FILE:,}", "give only the rows of this table"))
    problems: list[Problem] = []
    lines = []
    for row in table_rows(path, canonical_tables()[table_name]):
        where = f"{path.name}, {row.record}"
        if isinstance(row, SetAside):
            problems.append(Problem(where, row.reason, "a cell under each column", "correct the line"))
        elif not blank or any(row.values.get(name) for name in blank):
            problems += _cell_problems(row, where)
            lines.append({**{name: str(value or "") for name, value in row.values.items()}, "where": where})
    if not lines and not problems:
        problems.append(Problem(str(path), "it holds no row", "a row below the header", "fill it in"))
    if len(lines) > GREATEST_ROWS:
        problems.append(Problem(str(path), f"{len(lines):,} rows", f"at most {GREATEST_ROWS:,}"))
    said = {each.where for each in problems}
    problems += [each for each in check(lines) if each.where not in said]
    if problems:
        raise UserError(problems)
    return lines


def _cell_problems(row: Row, where: str) -> Iterator[Problem]:
    try:
        typed_row(row, zone="")
    except CellError as error:
        yield Problem(where, str(error), "a value that fits", "correct the cell")
    yield from odd_text(row.values, where)


def odd_text(values: Mapping[str, object], where: str) -> Iterator[Problem]:
    """Yield what no cell may hold: control characters, and what a spreadsheet would run."""
    for name, value in values.items():
        if isinstance(value, str) and not value.replace("\n", " ").isprintable():
            yield Problem(where, f"{name} holds a control character", "printable text", "delete the character")
        elif isinstance(value, str) and value.startswith(FORMULA):
            yield Problem(where, f"{name} begins as a formula: {value[:20]!r}", "plain text", "write it otherwise")


def capture_told(
    workspace: Workspace, tables: Mapping[str, Sequence[Line]], *, name: str, said: str, actor: str, at: datetime
) -> tuple[EvidenceId, ...]:
    """Capture lines as evidence, a file for each table, all or none; each file has a name of its own, so all stay.

    said: what the person did, in words. A newer row of a state replaces the older one with its key.
    """
    with tempfile.TemporaryDirectory(prefix="twofold-told-") as scratch:
        items = []
        for kind, lines in tables.items():
            file = Path(scratch) / f"{name}-{kind}-{at:%Y%m%dT%H%M%S.%f}Z.csv"
            file.write_text(csv_text(canonical_tables()[kind], lines), encoding="utf-8")
            provenance = Provenance(
                source="csvtable",
                kind=kind,
                run_by=actor,
                run_at=at,
                query=said,
                connector=ACT_CONNECTOR,
                claimed_count=len(lines),
                paging_proven=True,
                period_from=at,
            )
            items.append(CaptureItem(file, file.name, provenance))
        captured = capture(workspace, items, actor=actor, at=at)
    return tuple(each.evidence.evidence_id for each in captured)


def csv_text(table: Table, lines: Iterable[Line]) -> str:
    """Write lines as the documented CSV of a table, every column in its order."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [column.name for column in table.columns], restval="", extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def told_rows(workspace: Workspace, *names: str) -> dict[str, list[ToldRow]]:
    """Return the rows of each table as they hold now, by key; raises UserError where two rows of one act disagree."""
    problems: list[Problem] = []
    found: dict[str, list[ToldRow]] = {}
    with tables_read(workspace, frozenset(names)) as session:
        for name in names:
            found[name] = _rows(session, canonical_tables()[name], problems)
    if problems:
        raise UserError(problems)
    return found


def _rows(session: duckdb.DuckDBPyConnection, table: Table, problems: list[Problem]) -> list[ToldRow]:
    """Read one table; rows of one key that disagree become problems."""
    names = [name for column in table.columns for name, _ in column.physical]
    keys = ", ".join(table.key)
    wanted = ", ".join([*names, "evidence", "record", "conflicted"])
    lines = session.execute(f"SELECT {wanted} FROM {table.name} ORDER BY {keys}").fetchall()  # noqa: S608  names come from the schema
    rows = [dict(zip([*names, "evidence", "record", "conflicted"], values, strict=True)) for values in lines]
    lists = {column.name: _lists(session, table, column.name) for column in table.list_columns}
    for row in rows:
        key = tuple(row[name] for name in table.key)
        row.update({name: held.get(key, ()) for name, held in lists.items()})
        row["where"] = f"{row['evidence']} {row['record']}"
        if row["conflicted"]:
            found = f"{table.name} {' '.join(map(str, key))} is said in two ways"
            problems.append(Problem(row["where"], found, "one row for each key", "capture it again"))
    return list(rows)


def _lists(session: duckdb.DuckDBPyConnection, table: Table, column: str) -> dict[tuple[object, ...], tuple[str, ...]]:
    """Return the values of a list column by the key of their row, in order."""
    keys = ", ".join(table.key)
    child = child_table(table.name, column)
    found: dict[tuple[object, ...], tuple[str, ...]] = {}
    for *key, value in session.execute(f"SELECT {keys}, value FROM {child} ORDER BY {keys}, value").fetchall():  # noqa: S608  names come from the schema
        found[tuple(key)] = (*found.get(tuple(key), ()), value)
    return found
