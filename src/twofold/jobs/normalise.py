"""Step 3: read the evidence in force and the applied scope into canonical tables; set aside what cannot be read.

It uses no network and drops nothing uncounted: each record of a file becomes rows, is set aside with a reason, or is
counted as one that no table needs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson

from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.source_registry import feeds, normaliser
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.populations.derive import derive_tables
from twofold.records.workspace import SCOPE_SOURCE, AppliedScope, Workspace
from twofold.scope.rows import scope_rows
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Unused
from twofold.tables.schema import TableKind, canonical_tables
from twofold.tables.store import Lineage, TableSet, TableWriter
from twofold.tables.typed_rows import CellError, TypedRow, typed_row

HASHES_FILE = "tables.json"
_RECORD = re.compile(r"^(line \d+|(?:page \d+ )?#(?:/[A-Za-z_.]+)*(?:/\d+)?)")


@dataclass(frozen=True, slots=True)
class SetAsideRecord:
    """A record that could not be read, with the file it stood in."""

    evidence_id: str
    name: str
    record: str
    reason: str
    excerpt: str


@dataclass(slots=True)
class FileReading:
    """What reading one file gave: records, rows per table, what was set aside."""

    evidence: EvidenceRef
    records: int = 0
    unused: int = 0
    rows: list[TypedRow] = field(default_factory=list)
    set_aside: list[SetAsideRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NormalisedTables:
    """The canonical tables of the workspace and what was set aside on the way. `clock`: newest extraction, UTC."""

    tables: TableSet
    clock: datetime
    files: int
    records: int
    unused: int
    set_aside: tuple[SetAsideRecord, ...]


def read_file(file: SourceFile, context: NormaliseContext) -> FileReading:
    """Read one captured file. A file that cannot be read as a whole gives no row and one record set aside."""
    reading = FileReading(file.evidence)
    seen: set[str] = set()
    try:
        for found in normaliser(file.evidence.provenance)(file, context):
            seen.add(_top_record(found.record))
            match found:
                case Row():
                    _fit(reading, found, context.zone)
                case SetAside():
                    reading.set_aside.append(_set_aside(file.evidence, found.record, found.reason, found.excerpt))
                case Unused():
                    reading.unused += 1
    except UserError as error:
        reading.rows.clear()
        reading.set_aside = [_set_aside(file.evidence, "the whole file", str(error), "")]
        reading.records = 0
        return reading
    reading.records = len(seen)
    return reading


def evidence_in_force(evidence: Sequence[EvidenceRef]) -> list[EvidenceRef]:
    """Leave out evidence that a newer version of the same name replaces for all of its period and systems.

    A newer file of the same name that speaks for another period stands beside the older one. The same bytes captured
    twice with the same provenance are read once.
    """
    kept: list[EvidenceRef] = []
    for newer in sorted(evidence, key=lambda each: (each.captured_at, _number(each)), reverse=True):
        if not any(_replaces(later, newer) for later in kept):
            kept.append(newer)
    return sorted(kept, key=_number)


def normalise(workspace: Workspace, applied: AppliedScope, *, report: ProgressReporter = silent) -> NormalisedTables:
    """Rebuild the canonical tables of the workspace from its vault and the applied scope."""
    evidence = [each for each in evidence_in_force(workspace.vault.list_evidence()) if each.provenance.source != SCOPE_SOURCE]
    clock = max((each.provenance.run_at for each in evidence), default=applied.applied_at)
    set_aside: list[SetAsideRecord] = []
    records = unused = 0
    with TableWriter(workspace.tables_folder) as writer:
        _write_facts(writer, applied, clock)
        for number, each in enumerate(evidence):
            report("reading evidence", number, len(evidence))
            file = SourceFile(each, workspace.vault.blob_path(each.sha256))
            context = context_for(each, applied)
            reading = read_file(file, context)
            for row in reading.rows:
                writer.add(row, lineage=_lineage(each))
            _write_extractions(writer, reading)
            set_aside += reading.set_aside
            records, unused = records + reading.records, unused + reading.unused
        report("reading evidence", len(evidence), len(evidence))
        tables = writer.finish()
    tables = derive_tables(tables, clock=clock, gaps_where_never_extracted=True)
    _write_set_aside(tables.folder / "set_aside.jsonl", set_aside)
    hashes = {name: stats.sha256 for name, stats in tables.stats.items()}
    (tables.folder / HASHES_FILE).write_bytes(orjson.dumps(hashes, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2))
    return NormalisedTables(tables, clock, len(evidence), records, unused, tuple(set_aside))


def context_for(evidence: EvidenceRef, applied: AppliedScope) -> NormaliseContext:
    """Return what the scope says for reading this evidence: zone, system mapping, ticket keys."""
    provenance = evidence.provenance
    settings = applied.settings
    zone = provenance.parameters.get("zone", "") or settings.source_zones.get(provenance.source, "")
    if not zone and len(provenance.systems) == 1:
        system = applied.scope.system(provenance.systems[0])
        zone = (system.zone if system else "") or ""
    mapping = applied.scope.source_mapping()
    if settings.ticket_key:
        return NormaliseContext(zone=zone, systems=mapping, ticket_key=settings.ticket_key)
    return NormaliseContext(zone=zone, systems=mapping)


def _fit(reading: FileReading, row: Row, zone: str) -> None:
    """Keep the row typed, or set it aside with the reason why it does not fit its table."""
    try:
        reading.rows.append(typed_row(row, zone=zone))
    except CellError as error:
        reading.set_aside.append(_set_aside(reading.evidence, row.record, str(error), ""))


def _write_facts(writer: TableWriter, applied: AppliedScope, clock: datetime) -> None:
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


def _lineage(evidence: EvidenceRef) -> Lineage:
    provenance = evidence.provenance
    return Lineage(evidence.evidence_id, provenance.source, provenance.connector, provenance.run_at)


def _write_extractions(writer: TableWriter, reading: FileReading) -> None:
    """Write one extraction row per table that the file feeds, whether it gave rows or not."""
    evidence = reading.evidence
    provenance = evidence.provenance
    fed = feeds(provenance) or tuple({row.table.name for row in reading.rows})
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
                "run_at": provenance.run_at.isoformat(),
                "rows": reading.records,
                "claimed_rows": provenance.claimed_count,
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


def _write_set_aside(path: Path, records: Sequence[SetAsideRecord]) -> None:
    with path.open("wb") as stream:
        for record in records:
            stream.write(orjson.dumps(record) + b"\n")


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


def _set_aside(evidence: EvidenceRef, record: str, reason: str, excerpt: str) -> SetAsideRecord:
    return SetAsideRecord(evidence.evidence_id, evidence.name, record, reason, excerpt)


def _top_record(record: str) -> str:
    """Return the record of the file that a locator lies in: `#/12` of `#/12/changelog/3`, `line 34` of itself."""
    match = _RECORD.match(record)
    return match[1] if match else record


def _number(evidence: EvidenceRef) -> int:
    return int(evidence.evidence_id.removeprefix("ev-"))


def _replaces(newer: EvidenceRef, older: EvidenceRef) -> bool:
    new, old = newer.provenance, older.provenance
    if newer.sha256 == older.sha256:
        return new == old
    same_name = (new.source, new.kind, newer.name) == (old.source, old.kind, older.name)
    starts = new.period_from is None or (old.period_from is not None and new.period_from <= old.period_from)
    ends = new.period_to is None or (old.period_to is not None and new.period_to >= old.period_to)
    systems = not new.systems or (bool(old.systems) and set(new.systems) >= set(old.systems))
    return same_name and starts and ends and systems
