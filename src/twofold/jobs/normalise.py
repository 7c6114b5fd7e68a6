"""Step 3: read the evidence in force and the applied scope into canonical tables; set aside what cannot be read.

It uses no network and drops nothing uncounted: each record of a file becomes rows, is set aside with a reason, or is
counted as one that no table needs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import orjson

from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.reading_cache import FileReading, ReadingCache, SetAsideRecord, reading_key
from twofold.jobs.source_registry import feeds, normaliser
from twofold.model.evidence import ACT_CONNECTOR, EvidenceRef
from twofold.model.problem import Problem, UserError
from twofold.populations.derive import derive_tables
from twofold.populations.removal_records import COUNTING
from twofold.records.workspace import SCOPE_SOURCE, AppliedScope, Workspace, replace_folder
from twofold.scope.rows import scope_rows
from twofold.tables.control_totals import control_totals
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Unused
from twofold.tables.schema import PREPARATION, TableKind, canonical_tables, child_table
from twofold.tables.store import Lineage, TableSet, TableWriter, staged_lines
from twofold.tables.typed_rows import CellError, TypedRow, typed_row
from twofold.vault.retention.deletions import deletions

HASHES_FILE = "tables.json"
EMPTY_TABLES_FILE = "empty_tables.sql"
_ACTS = frozenset({"completeness_signature", "difference_explanation", "finding_response"}) | {
    table.name for table in canonical_tables().values() if table.subject in PREPARATION
}
"""Tables of what people said to us; that does not make the sources' data newer."""
_NEWEST_COUNTS = {"completeness_signature": "signed_at", "finding_response": "given_at"}
"""Table of what people said to us -> the time of which the newest counts: one to come would outrank all that follow."""
_CONCLUSIONS = ("complete", "not_complete")
WHOLE_FILE = "the whole file"
"""The record that is set aside when a file cannot be read at all."""
_RECORD = re.compile(r"^(line \d+|(?:page \d+ )?#(?:/[A-Za-z_.]+)*(?:/\d+)?)")


@dataclass(frozen=True, slots=True)
class NormalisedTables:
    """The canonical tables of the workspace and what was set aside on the way. `clock`: newest extraction, UTC.

    evidence: ids of what was read, in order of capture.
    """

    tables: TableSet
    clock: datetime
    files: int
    records: int
    unused: int
    set_aside: tuple[SetAsideRecord, ...]
    evidence: tuple[str, ...]


def read_evidence(workspace: Workspace, evidence: EvidenceRef, applied: AppliedScope | None) -> FileReading:
    """Read captured evidence as the scope says, or return what reading it gave before (`ReadingCache`)."""
    context = context_for(evidence, applied)
    kept = ReadingCache(workspace.readings_folder)
    key = reading_key(evidence, context)
    reading = kept.get(evidence, key)
    if reading is None:
        file = SourceFile(evidence, workspace.vault.blob_path(evidence.sha256))
        reading = kept.put(key, read_file(file, context))
    return reading


def read_file(file: SourceFile, context: NormaliseContext) -> FileReading:
    """Read one captured file. A file that cannot be read as a whole gives no row and one record set aside."""
    evidence = file.evidence
    rows: list[TypedRow] = []
    set_aside: list[SetAsideRecord] = []
    seen: set[str] = set()
    unused = 0
    try:
        for found in normaliser(evidence.provenance)(file, context):
            seen.add(_top_record(found.record))
            match found:
                case Row():
                    try:
                        rows.append(_as_people_can_say(typed_row(found, zone=context.zone), evidence))
                    except CellError as error:
                        set_aside.append(_set_aside(evidence, found.record, str(error), ""))
                case SetAside():
                    set_aside.append(_set_aside(evidence, found.record, found.reason, found.excerpt))
                case Unused():
                    unused += 1
    except UserError as error:
        reasons = "; ".join(_reason(problem, file) for problem in error.problems)
        rows, seen, unused = [], set(), 0
        set_aside = [_set_aside(evidence, WHOLE_FILE, reasons, "")]
    return FileReading(
        evidence=evidence,
        records=len(seen),
        unused=unused,
        row_counts=Counter(row.table.name for row in rows),
        totals=control_totals(file.path, evidence.provenance.totals, records=seen),
        set_aside=tuple(set_aside),
        conflicts=tuple(_conflicts(rows)),
        staged=lambda: _staged(rows, _lineage(evidence)),
    )


def _as_people_can_say(row: TypedRow, evidence: EvidenceRef) -> TypedRow:
    """Return the row; raises CellError where a person would have said it after it was captured, or signed nothing."""
    conclusion = str(row.cells.get("conclusion", ""))
    if row.table.name == "completeness_signature" and as_conclusion(conclusion) not in _CONCLUSIONS:
        msg = f"{row.table.name}.conclusion: {conclusion!r} is neither {' nor '.join(_CONCLUSIONS)}"
        raise CellError(msg)
    column = _NEWEST_COUNTS.get(row.table.name, "")
    said_at = row.cells.get(column)
    if isinstance(said_at, datetime) and said_at > evidence.captured_at:
        msg = f"{row.table.name}.{column}: {row.cells[f'{column}_text']} had not come when this was captured"
        raise CellError(msg)
    return row


def as_conclusion(text: str) -> str:
    """Return the conclusion of a signature as we spell it: a file of people may say `Not complete`."""
    return text.strip().casefold().replace(" ", "_")


def evidence_in_force(evidence: Sequence[EvidenceRef]) -> list[EvidenceRef]:
    """Leave out evidence that a newer version of the same name replaces for all of its period and systems.

    A newer file of the same name that speaks for another period stands beside the older one. The same bytes captured
    twice with the same provenance are read once.
    """
    kept: list[EvidenceRef] = []
    by_bytes: dict[str, list[EvidenceRef]] = defaultdict(list)
    by_name: dict[tuple[str, str, str], list[EvidenceRef]] = defaultdict(list)
    for each in sorted(evidence, key=lambda each: (each.captured_at, _number(each)), reverse=True):
        alike = (by_bytes[each.sha256], by_name[each.provenance.source, each.provenance.kind, each.name])
        if not any(_replaces(later, each) for later in chain(*alike)):
            kept.append(each)
            for group in alike:
                group.append(each)
    return sorted(kept, key=_number)


def normalise(workspace: Workspace, applied: AppliedScope, *, report: ProgressReporter = silent) -> NormalisedTables:
    """Rebuild the canonical tables of the workspace from its vault and the applied scope.

    They are made apart and put in place when whole. The caller holds the workspace (`Workspace.computing`).
    """
    evidence = evidence_to_read(workspace)
    clock = clock_of(evidence, applied)
    set_aside: list[SetAsideRecord] = []
    records = unused = 0
    with TableWriter(workspace.building_folder / "tables", counting=COUNTING) as writer:
        write_facts(writer, applied, clock)
        for number, each in enumerate(evidence):
            report("reading evidence", number, len(evidence))
            reading = read_evidence(workspace, each, applied)
            for table, lines in reading.staged():
                writer.add_lines(table, lines)
            write_extractions(writer, reading, clock)
            set_aside += reading.set_aside
            records, unused = records + reading.records, unused + reading.unused
        report("reading evidence", len(evidence), len(evidence))
        tables = writer.finish()
    forget_readings(workspace, applied)
    tables = derive_tables(tables, clock=clock, gaps_where_never_extracted=True)
    _write_set_aside(tables.folder / "set_aside.jsonl", set_aside)
    hashes = orjson.dumps(tables.hashes(), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    (tables.folder / HASHES_FILE).write_bytes(hashes)
    _write_empty_tables(tables.folder)
    replace_folder(tables.folder, workspace.tables_folder)
    tables = replace(tables, folder=workspace.tables_folder)
    ids = tuple(each.evidence_id for each in evidence)
    return NormalisedTables(tables, clock, len(evidence), records, unused, tuple(set_aside), ids)


def evidence_to_read(workspace: Workspace) -> list[EvidenceRef]:
    """Return what the tables are made from, in order of capture: evidence in force that was not deleted, no scope."""
    gone = deletions(workspace.vault.log)
    return [
        each
        for each in evidence_in_force(workspace.vault.list_evidence())
        if each.provenance.source != SCOPE_SOURCE and each.evidence_id not in gone
    ]


def clock_of(evidence: Sequence[EvidenceRef], applied: AppliedScope | None) -> datetime:
    """Return the "now" of the data, aware UTC: the newest extraction, acts of people left out."""
    nothing = applied.applied_at if applied else datetime.min.replace(tzinfo=UTC)
    return max((each.provenance.run_at for each in evidence if not _is_an_act(each)), default=nothing)


def _is_an_act(evidence: EvidenceRef) -> bool:
    """Whether it holds only what people said to us."""
    fed = set(feeds(evidence.provenance))
    return evidence.provenance.connector == ACT_CONNECTOR or (bool(fed) and fed <= _ACTS)


def context_for(evidence: EvidenceRef, applied: AppliedScope | None) -> NormaliseContext:
    """Return what the scope says for reading this evidence: zone, system mapping, ticket keys."""
    provenance = evidence.provenance
    if applied is None:
        return NormaliseContext(zone=provenance.parameters.get("zone", ""))
    settings = applied.settings
    zone = provenance.parameters.get("zone", "") or settings.source_zones.get(provenance.source, "")
    if not zone and len(provenance.systems) == 1:
        system = applied.scope.system(provenance.systems[0])
        zone = (system.zone if system else "") or ""
    mapping = applied.scope.source_mapping()
    if settings.ticket_key:
        return NormaliseContext(zone=zone, systems=mapping, ticket_key=settings.ticket_key)
    return NormaliseContext(zone=zone, systems=mapping)


def _reason(problem: Problem, file: SourceFile) -> str:
    """Return the problem on one line; the place names the file as people know it, not as the vault stores it."""
    where = problem.where.replace(file.path.name, file.evidence.name)
    expected = f"expected {problem.expected}" if problem.expected else ""
    return "; ".join(part for part in (f"{where}: {problem.found}", expected, problem.remedy) if part)


def _conflicts(rows: Sequence[TypedRow]) -> list[str]:
    """Return, in order, the keys that two rows of one file give with different contents: such rows prove nothing."""
    digests: dict[tuple[str, tuple[str, ...]], str] = {}
    found: dict[str, None] = {}
    for row in rows:
        key = tuple(str(row.cells.get(name)) for name in row.table.key)
        if digests.setdefault((row.table.name, key), row.digest) != row.digest:
            found[f"{row.table.name} {', '.join(key)}"] = None
    return list(found)


def write_facts(writer: TableWriter, applied: AppliedScope, clock: datetime) -> None:
    """Write the rows of the applied scope."""
    zone = applied.scope.reporting_zone
    for fact in scope_rows(applied.scope):
        file = fact.record.partition(":")[0]
        lineage = Lineage(
            evidence=applied.evidence.get(file, f"scope entry {applied.entry_index}"),
            source=SCOPE_SOURCE,
            connector="file",
            extracted_at=clock,
        )
        writer.add(typed_row(Row(fact.table, fact.record, fact.values), zone=zone), lineage=lineage)


def _staged(rows: Sequence[TypedRow], lineage: Lineage) -> Iterator[tuple[str, bytes]]:
    for row in rows:
        yield from staged_lines(row, lineage=lineage)


def _lineage(evidence: EvidenceRef) -> Lineage:
    provenance = evidence.provenance
    return Lineage(evidence.evidence_id, provenance.source, provenance.connector, provenance.run_at)


def write_extractions(writer: TableWriter, reading: FileReading, clock: datetime) -> None:
    """Write one extraction row per table that the file feeds, whether it gave rows or not.

    Acts that a command of ours captured speak up to the clock of the data: the log that is read here holds all of them.
    """
    evidence = reading.evidence
    provenance = evidence.provenance
    run_at = max(provenance.run_at, clock) if provenance.connector == ACT_CONNECTOR else provenance.run_at
    fed = feeds(provenance) or tuple(reading.row_counts)
    for table in sorted(name for name in set(fed) if canonical_tables()[name].kind is not TableKind.FACT):
        row = Row(
            "extraction",
            "",
            {
                "id": evidence.evidence_id,
                "table_name": table,
                "environment": provenance.environment,
                "query": provenance.query,
                "parameters": orjson.dumps(provenance.parameters, option=orjson.OPT_SORT_KEYS).decode(),
                "run_by": provenance.run_by,
                "run_at": run_at.isoformat(),
                "rows": reading.records,
                "claimed_rows": provenance.claimed_count,
                "sums": orjson.dumps(reading.totals).decode() if reading.totals else None,
                "page_size": provenance.page_size,
                "file_hash": evidence.sha256,
                "period_from": provenance.period_from,
                "period_to": provenance.period_to,
                "oldest_available": provenance.oldest_available,
                "systems": [str(system) for system in provenance.systems],
                "paging_proven": provenance.paging_proven,
                "set_aside": len({each.record for each in reading.set_aside}),
            },
        )
        writer.add(typed_row(row, zone="UTC"), lineage=_lineage(evidence))


def forget_readings(workspace: Workspace, applied: AppliedScope) -> None:
    """Remove kept readings of deleted evidence, other scopes and older code: only those of today's are used again."""
    gone = deletions(workspace.vault.log)
    present = (each for each in workspace.vault.list_evidence() if each.evidence_id not in gone)
    ReadingCache(workspace.readings_folder).keep_only(
        {reading_key(each, context_for(each, applied)) for each in present}
    )


def _write_set_aside(path: Path, records: Sequence[SetAsideRecord]) -> None:
    with path.open("wb") as stream:
        for record in records:
            stream.write(orjson.dumps(record) + b"\n")


def _write_empty_tables(folder: Path) -> None:
    """Write the tables that have no file as SQL, so that anyone can run a rule on the folder without Twofold."""
    statements = []
    for name, table in canonical_tables().items():
        known = {name: table.physical}
        known |= {child_table(name, column.name): table.child_physical for column in table.list_columns}
        for each, columns in known.items():
            if not (folder / f"{each}.parquet").exists():
                fields = ", ".join(f"{column} {kind}" for column, kind in columns)
                statements.append(f"CREATE TABLE {each} ({fields});\n")
    (folder / EMPTY_TABLES_FILE).write_text("".join(statements), encoding="utf-8")


def read_set_aside(tables_folder: Path) -> Iterator[SetAsideRecord]:
    """Yield what the last reading set aside, in order of file and record."""
    path = tables_folder / "set_aside.jsonl"
    if path.exists():
        with path.open("rb") as stream:
            yield from (SetAsideRecord(**orjson.loads(line)) for line in stream)


def tables_now(tables_folder: Path) -> dict[str, str]:
    """Return the hashes of the canonical tables as they stand, {} when there are none."""
    path = tables_folder / HASHES_FILE
    found: dict[str, str] = orjson.loads(path.read_bytes()) if path.exists() else {}
    return found


def tables_are(tables_folder: Path, expected: Mapping[str, str]) -> bool:
    """Whether the tables named by a run are still those with its hashes."""
    now = tables_now(tables_folder)
    return all(now.get(name) == sha256 for name, sha256 in expected.items())


def _set_aside(evidence: EvidenceRef, record: str, reason: str, excerpt: str) -> SetAsideRecord:
    return SetAsideRecord(evidence.evidence_id, evidence.name, record, reason, excerpt)


def _top_record(record: str) -> str:
    """Return the record of the file that a locator lies in: `#/12` of `#/12/changelog/3`, `line 34` of itself."""
    match = _RECORD.match(record)
    return match[1] if match else record


def _number(evidence: EvidenceRef) -> int:
    return int(evidence.evidence_id.removeprefix("ev-"))


def _replaces(newer: EvidenceRef, older: EvidenceRef) -> bool:
    """Whether evidence does; only where the bytes or else source, kind and name are the same."""
    new, old = newer.provenance, older.provenance
    if newer.sha256 == older.sha256:
        return new == old
    same_name = (new.source, new.kind, newer.name) == (old.source, old.kind, older.name)
    starts = new.period_from is None or (old.period_from is not None and new.period_from <= old.period_from)
    ends = new.period_to is None or (old.period_to is not None and new.period_to >= old.period_to)
    systems = not new.systems or (bool(old.systems) and set(new.systems) >= set(old.systems))
    return same_name and starts and ends and systems
