"""How what people say about questionnaires and the trust page is captured: rows of a canonical table, as evidence."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from twofold.jobs.capture import capture
from twofold.model.evidence import ACT_CONNECTOR, Provenance
from twofold.model.ids import EvidenceId
from twofold.records.workspace import Workspace
from twofold.tables.schema import canonical_tables
from twofold.vault.evidence import CaptureItem

Line = Mapping[str, object]
DOCUMENTS = "documents"


def capture_lines(
    workspace: Workspace,
    tables: Mapping[str, Sequence[Line]],
    *,
    name: str,
    said: str,
    actor: str,
    at: datetime,
    documents: Mapping[str, tuple[str, bytes]] | None = None,
) -> tuple[EvidenceId, ...]:
    """Capture the lines, a file for each table, and documents (kind -> file name and bytes) before them, as one act."""
    with tempfile.TemporaryDirectory(prefix="twofold-answers-") as scratch:
        items = []
        for number, (kind, (file_name, content)) in enumerate((documents or {}).items()):
            path = Path(scratch) / f"document-{number}"
            path.write_bytes(content)
            items.append(
                CaptureItem(path, file_name, _provenance(workspace, DOCUMENTS, kind, said, actor=actor, at=at))
            )
        for kind, lines in tables.items():
            path = Path(scratch) / f"{name}-{kind}-{at:%Y%m%dT%H%M%S.%f}Z.csv"
            path.write_text(_csv(kind, lines), encoding="utf-8")
            provenance = _provenance(workspace, "csvtable", kind, said, actor=actor, at=at, rows=len(lines))
            items.append(CaptureItem(path, path.name, provenance))
        captured = capture(workspace, items, actor=actor, at=at)
    return tuple(each.evidence.evidence_id for each in captured)


def _csv(kind: str, lines: Sequence[Line]) -> str:
    text = io.StringIO()
    columns = [column.name for column in canonical_tables()[kind].columns]
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in line.items()} for line in lines)
    return text.getvalue()


def _cell(value: object) -> object:
    return ";".join(str(part) for part in value) if isinstance(value, (list, tuple)) else value


def _provenance(
    workspace: Workspace, source: str, kind: str, said: str, *, actor: str, at: datetime, rows: int | None = None
) -> Provenance:
    return Provenance(
        source=source,
        kind=kind,
        run_by=actor,
        run_at=at,
        query=said,
        parameters={"zone": workspace.settings.reporting_zone},
        connector=ACT_CONNECTOR,
        claimed_count=rows,
        paging_proven=True,
        period_from=at,
    )
