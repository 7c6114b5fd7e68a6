"""A vendor that is dropped: the register of vendors as its owner would hand it over again, with the reliance ended.

The register is evidence and not scope. So the answer is a newer version of each captured file that names the vendor,
with the same name and provenance, captured in the sandbox as the real one would be in the workspace.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from twofold.jobs.capture import capture
from twofold.jobs.normalise import evidence_to_read
from twofold.model.evidence import EvidenceRef
from twofold.model.instant import parse_boundary
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.scope.what_if.questions import VendorDropped
from twofold.vault.evidence import CaptureItem

_TABLE = "vendor"
_COLUMNS = ("id", "relied_from", "relied_to")


def drop_vendors(sandbox: Workspace, asked: Sequence[VendorDropped], *, actor: str, at: datetime) -> None:
    """Capture the register anew with the reliance on each vendor ended; raises UserError for one it does not name."""
    if not asked:
        return
    registers = [(each, _rows(sandbox, each)) for each in evidence_to_read(sandbox) if _is_register(each)]
    known = sorted({row.get("id", "") for _, rows in registers for row in rows})
    unknown = [each for each in asked if each.vendor not in known]
    if unknown:
        expected = "one of " + (", ".join(known) or "(no register of vendors was captured)")
        names = [each.vendor for each in unknown]
        raise UserError(
            [Problem(name, f"no register names the vendor {name!r}", expected, nearest(name, known)) for name in names]
        )
    zone = sandbox.settings.reporting_zone
    items = []
    for number, (evidence, rows) in enumerate(registers):
        ended = [_ended(row, asked, zone) for row in rows]
        if ended == rows:
            continue
        file = sandbox.root / f"register-{number}.csv"
        file.write_text(_text(ended), encoding="utf-8")
        said = f"{evidence.provenance.query}; what if: " + " ".join(each.text for each in asked)
        items.append(CaptureItem(file, evidence.name, replace(evidence.provenance, query=said)))
    if items:
        capture(sandbox, items, actor=actor, at=at)


def _is_register(evidence: EvidenceRef) -> bool:
    return (evidence.provenance.source, evidence.provenance.kind) == ("csvtable", _TABLE)


def _rows(sandbox: Workspace, evidence: EvidenceRef) -> list[dict[str, str]]:
    with sandbox.vault.open_verified(evidence.sha256) as stream:
        text = stream.read().decode("utf-8-sig")
    return [{name: value or "" for name, value in row.items() if name} for row in csv.DictReader(io.StringIO(text))]


def _ended(row: dict[str, str], asked: Sequence[VendorDropped], zone: str) -> dict[str, str]:
    """Return the row with its reliance ended; one that ended before, or that would begin later, stays as it is."""
    for question in asked:
        end = parse_boundary(question.starts_on, zone=zone)
        begun = not row.get("relied_from") or parse_boundary(row["relied_from"], zone=zone) < end
        runs_on = not row.get("relied_to") or parse_boundary(row["relied_to"], zone=zone) > end
        if row.get("id") == question.vendor and begun and runs_on:
            row = {**row, "relied_to": end.isoformat()}
    return row


def _text(rows: Sequence[dict[str, str]]) -> str:
    names = list(dict.fromkeys([*_COLUMNS, *(name for row in rows for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
