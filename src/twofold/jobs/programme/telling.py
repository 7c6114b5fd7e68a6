"""A person tells one row about people, policies, vendors or training: captured as a file in the documented CSV form.

The next reading of the evidence takes it as it takes any export (docs/formats/tables.md), so control tests see it, and
it is never stored anywhere else. What a row with a known key means follows from the kind of its table:

state   the newer row replaces the older one, and both stay in the vault
event   it happened once; a second row with its key would be a conflict, so it is refused
fact    the file that states it is captured anew with this line changed and every other line as it was

A row that a person told proves nothing about completeness: it speaks for no stretch of time. It makes no data newer.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.catalog.load import load_catalog
from twofold.jobs.capture import capture
from twofold.jobs.normalise import context_for
from twofold.jobs.programme.kept_tables import LIMITS, kept_tables
from twofold.jobs.programme.tellable import TELLABLE, Tellable
from twofold.jobs.told_rows import csv_text, odd_text
from twofold.model.evidence import ACT_CONNECTOR, EvidenceRef, Provenance
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, same_person
from twofold.records.workspace import Workspace
from twofold.tables.rows import Row, SetAside
from twofold.tables.schema import ColumnType, Table, TableKind, canonical_tables
from twofold.tables.store import TableSet, open_session
from twofold.tables.table_files import table_rows
from twofold.tables.typed_rows import Cell, CellError, TypedRow, typed_row
from twofold.vault.entry import instant_text
from twofold.vault.evidence import CaptureItem

_SPANS = (
    ("valid_from", "valid_to"),
    ("relied_from", "relied_to"),
    ("needed_from", "needed_to"),
    ("starts_at", "ends_before"),
    ("started_at", "effective_end"),
    ("holds_from", "holds_to"),
)
"""Columns that open and end a stretch; the end is exclusive."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was captured; `changed`: whether a row with this key was known before."""

    evidence: EvidenceRef
    line: Mapping[str, str]
    changed: bool


def tell_row(
    workspace: Workspace, table: str, said: Mapping[str, str], *, reason: str, actor: str, kept: Path, at: datetime
) -> Told:
    """Capture one row that a person states.

    said: column -> text as in the CSV form; a bare day is a day of the reporting zone. reason: needed where a known row
    changes. kept: the folder for `kept_tables`. Raises UserError with what is wrong: an empty or unfit cell, an end
    that is not after its beginning, a row about oneself, an event that is known already, a row that changes nothing.
    """
    tellable = _tellable(table)
    schema = canonical_tables()[table]
    zone = workspace.settings.reporting_zone
    line = _line(tellable, schema, said, at)
    row = _checked(schema, line, zone)
    if tellable.about_person and same_person(line.get(tellable.about_person, ""), actor):
        found = f"{actor} would state a row about themselves"
        raise UserError(Problem(tellable.about_person, found, "another person who states it", "ask somebody else"))
    folder = kept_tables(workspace, kept)
    _check_names(folder, tellable, line)
    known = _known(folder, schema, row)
    if known is None:
        return Told(
            _capture_alone(workspace, tellable, line, why=reason.strip(), actor=actor, at=at), line, changed=False
        )
    why = need_reason(reason, why="why the known row changes")
    if known.digest == row.digest:
        raise UserError(Problem(table, "the row says what is known already", "a cell that changes", "change a cell"))
    if schema.kind is TableKind.EVENT:
        found = f"{tellable.title} {' '.join(_key_texts(schema, line))} is known from {known.evidence}"
        remedy = "capture the file that states it anew"
        raise UserError(Problem(table, found, "an event that is not known yet, since it happens once", remedy))
    if schema.kind is TableKind.FACT:
        return Told(_capture_register(workspace, tellable, row, known, why=why, actor=actor, at=at), line, changed=True)
    return Told(_capture_alone(workspace, tellable, line, why=why, actor=actor, at=at), line, changed=True)


def acknowledge(workspace: Workspace, policy: str, version: str, *, person: str, kept: Path, at: datetime) -> Told:
    """Capture that a person read and accepted a version of a policy; raises UserError where they did before."""
    line = {
        "id": f"ack-{policy}-{version}-{person}",
        "person": person,
        "policy": policy,
        "version": version,
        "signed_at": instant_text(at),
    }
    return tell_row(workspace, "acknowledgement", line, reason="", actor=person, kept=kept, at=at)


def _tellable(table: str) -> Tellable:
    if table not in TELLABLE:
        expected = "one of " + ", ".join(TELLABLE)
        raise UserError(Problem("table", f"{table!r} is not told row by row", expected, "capture its export"))
    return TELLABLE[table]


def _line(tellable: Tellable, schema: Table, said: Mapping[str, str], at: datetime) -> dict[str, str]:
    line = {column.name: said.get(column.name, "").strip() for column in schema.columns}
    if tellable.makes_id and not line["id"]:
        line["id"] = f"told-{tellable.table.replace('_', '-')}-{at:%Y%m%dT%H%M%S%f}"
    problems = [
        Problem(name, "it is empty", schema.column_named[name].about or "a value", "fill it in")
        for name in schema.required
        if not line[name]
    ]
    problems += list(odd_text(line, tellable.title))
    if problems:
        raise UserError(problems)
    return line


def _checked(schema: Table, line: Mapping[str, str], zone: str) -> TypedRow:
    try:
        row = typed_row(Row(schema.name, "line 2", dict(line)), zone=zone)
    except CellError as error:
        column, _, found = str(error).removeprefix(f"{schema.name}.").partition(": ")
        expected = schema.column_named[column].about if column in schema.column_named else ""
        raise UserError(Problem(column, found, expected, "correct it")) from error
    for first, last in _SPANS:
        begins, ends = row.cells.get(first), row.cells.get(last)
        if isinstance(begins, datetime) and isinstance(ends, datetime) and ends <= begins:
            found = f"{line[last]} is not after {line[first]}"
            raise UserError(
                Problem(last, found, f"a moment after {first}; the end is exclusive", "correct one of them")
            )
    return row


def _key_texts(schema: Table, line: Mapping[str, str]) -> list[str]:
    return [line[name] for name in schema.key if line[name]]


def _check_names(folder: Path, tellable: Tellable, line: Mapping[str, str]) -> None:
    """Raise UserError where a cell names something that no row is about, or a control that is in no catalog."""
    problems = []
    with open_session(TableSet(folder, {}), LIMITS, wanted={table for table, _ in tellable.names.values()}) as session:
        for name, (table, column) in tellable.names.items():
            value = line[name]
            known = f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1"  # noqa: S608  names from the schema
            if value and session.execute(known, [value]).fetchone() is None:
                what = TELLABLE[table].title if table in TELLABLE else table
                expected = f"the id of a known {what}"
                problems.append(Problem(name, f"nothing is known of {value!r}", expected, f"add the {what} first"))
    control = line.get("own_control", "")
    if control and control not in load_catalog().controls:
        problems.append(Problem("own_control", f"there is no control {control!r}", "a control such as AC-03"))
    if problems:
        raise UserError(problems)


@dataclass(frozen=True, slots=True)
class _Known:
    """The row that holds now under a key."""

    digest: str
    evidence: str
    copies: int


def _known(folder: Path, schema: Table, row: TypedRow) -> _Known | None:
    where = " AND ".join(f"{name} IS NOT DISTINCT FROM ?" for name in schema.key)
    given = [_plain(row.cells.get(name)) for name in schema.key]
    with open_session(TableSet(folder, {}), LIMITS, wanted={schema.name}) as session:
        found = session.execute(
            f"SELECT row_hash, evidence, copies FROM {schema.name} WHERE {where}",  # noqa: S608  names come from the schema
            given,
        ).fetchone()
    return _Known(*found) if found else None


def _plain(cell: Cell | None) -> Cell | None:
    return cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _capture_alone(
    workspace: Workspace, tellable: Tellable, line: Mapping[str, str], *, why: str, actor: str, at: datetime
) -> EvidenceRef:
    """Capture a file that holds this line alone; its name is its own, so it replaces no file."""
    name = f"told/{tellable.table}-{at:%Y%m%dT%H%M%S.%f}Z.csv"
    provenance = Provenance(
        source="csvtable",
        kind=tellable.table,
        run_by=actor,
        run_at=at,
        query=_said(tellable, line, actor, why),
        parameters={"zone": workspace.settings.reporting_zone},
        connector=ACT_CONNECTOR,
        claimed_count=1,
        period_from=at,
        period_to=at,
        owner=actor,
        classification="confidential" if tellable.about_person else "internal",
    )
    return _captured(workspace, [line], tellable, name, provenance, actor=actor, at=at)


def _capture_register(
    workspace: Workspace, tellable: Tellable, row: TypedRow, known: _Known, *, why: str, actor: str, at: datetime
) -> EvidenceRef:
    """Capture the file that states a fact anew, with one line changed; the newer version of its name replaces it."""
    older = workspace.vault.evidence(known.evidence)
    if older.provenance.source != "csvtable" or known.copies > 1:
        found = f"it stands in {older.name}" + (" and in other files" if known.copies > 1 else "")
        raise UserError(Problem(tellable.table, found, "one file of this table", "capture the changed files anew"))
    said = _said(tellable, _texts(row), actor, why)
    lines = list(_lines_with(workspace.vault.blob_path(older.sha256), row, _reader(older, workspace)))
    provenance = Provenance(
        source="csvtable",
        kind=tellable.table,
        run_by=actor,
        run_at=at,
        query=f"{said}; the other {len(lines) - 1:,} lines are as in {known.evidence}",
        parameters=dict(older.provenance.parameters),
        connector=ACT_CONNECTOR,
        claimed_count=len(lines),
        period_from=older.provenance.period_from,
        period_to=older.provenance.period_to,
        systems=older.provenance.systems,
        owner=actor,
        classification=older.provenance.classification,
    )
    return _captured(workspace, lines, tellable, older.name, provenance, actor=actor, at=at)


Reader = Callable[[Row], TypedRow]


def _reader(evidence: EvidenceRef, workspace: Workspace) -> Reader:
    """Return how the lines of a captured file are read: with the zone that the scope gives it."""
    zone = context_for(evidence, workspace.applied_scope()).zone
    return lambda row: typed_row(row, zone=zone)


def _lines_with(file: Path, changed: TypedRow, read: Reader) -> Iterator[Mapping[str, str]]:
    """Yield the lines of a file, the one with the key of `changed` in its new form."""
    key = [changed.cells.get(name) for name in changed.table.key]
    for each in table_rows(file, changed.table):
        if isinstance(each, SetAside):
            expected, remedy = "a file whose every line is read", "correct the file and capture it anew"
            raise UserError(Problem(each.record, each.reason, expected, remedy))
        try:
            held = [read(each).cells.get(name) for name in changed.table.key]
        except CellError as error:
            raise UserError(Problem(each.record, str(error), "a line that fits", "capture the file anew")) from error
        yield _texts(changed) if held == key else {name: str(cell or "") for name, cell in each.values.items()}


def _texts(row: TypedRow) -> dict[str, str]:
    """Return the cells of a row as text; limits carry their offset, so that no zone of a file changes them."""
    found = {}
    for column in row.table.columns:
        cell = row.cells.get(f"{column.name}_text" if column.type is ColumnType.INSTANT else column.name)
        if column.type is ColumnType.LIST:
            found[column.name] = ";".join(row.lists.get(column.name, ()))
        elif isinstance(cell, datetime):
            found[column.name] = instant_text(cell)
        else:
            found[column.name] = "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
    return found


def _said(tellable: Tellable, line: Mapping[str, str], actor: str, why: str) -> str:
    key = " ".join(_key_texts(canonical_tables()[tellable.table], line))
    return f"told on screen by {actor}: {tellable.title} {key}" + (f", because {why}" if why else "")


def _captured(
    workspace: Workspace,
    lines: Sequence[Mapping[str, str]],
    tellable: Tellable,
    name: str,
    provenance: Provenance,
    *,
    actor: str,
    at: datetime,
) -> EvidenceRef:
    with tempfile.TemporaryDirectory(prefix="twofold-told-") as scratch:
        file = Path(scratch) / "told.csv"
        file.write_text(csv_text(canonical_tables()[tellable.table], lines), encoding="utf-8")
        captured = capture(workspace, [CaptureItem(file, name, provenance)], actor=actor, at=at)[0]
    return captured.evidence
