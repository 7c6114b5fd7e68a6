"""A small company to ask about: two systems, incidents, due reviews, one vendor, rosters that can be merged."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twofold.jobs.capture import capture
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.exports_file import Place, provenance_of
from twofold.jobs.init import make_workspace
from twofold.jobs.judge import judge
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
TESTS = ("T-05", "T-19", "T-24", "T-29")
SETTINGS = '[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n'
SCOPE = """
systems:
  - id: billing
    layer: application
    owner: p-0001
    soc2: [{from: 2026-01-01, reason: The service, approver: p-0001}]
    financially_relevant: [{from: 2026-01-01, reason: Invoices, approver: p-0002, dependents: [Revenue report]}]
    schedules:
      - {activity: access_review, cadence: quarterly, from: 2026-01-01}
      - {activity: capacity_review, cadence: quarterly, from: 2026-01-01}
  - id: portal
    layer: application
    owner: p-0001
    log_retention_days: 365
    soc2: [{from: 2026-01-01, reason: The service, approver: p-0001}]
people:
  - {id: p-0001, name: Ana}
  - {id: p-0002, name: Bo}
account_links:
  - {account: "okta:ana", person: p-0001, from: 2025-01-01}
  - {account: "okta:bo", person: p-0002, from: 2025-01-01}
rosters:
  - {scope: billing, duty: finance, person: p-0002, from: 2025-01-01}
  - {scope: billing, duty: authorise, person: p-0001, from: 2025-01-01}
  - {scope: billing, duty: release, person: p-0002, from: 2025-01-01}
  - {scope: "*", duty: vendor, person: p-0001, from: 2025-01-01}
engagements:
  - {id: soc2, lens: soc2, type: type2, starts_on: 2026-01-01, ends_on: 2026-06-30, categories: [security]}
  - {id: sox, lens: sox, starts_on: 2026-01-01, ends_on: 2026-06-30}
controls:
  - {id: AC-05, owner: p-0001, from: 2025-01-01}
  - {id: OP-02, owner: p-0001, from: 2025-01-01, systems: [billing]}
  - {id: VD-02, owner: p-0001, from: 2025-01-01}
  - {id: BC-02, from: 2025-01-01}
"""
VENDORS = "id,system,tier,relied_from,services\npay-co,billing,critical,2025-01-01,payroll\n"
_INCIDENTS = """\
id,severity,systems,reported_at,opened_at,responded_at,contained_at,recovered_at,closed_at,notice_decision,finance_effect,finance_by,finance_at
INC-1,sev3,billing,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,2026-03-02T10:10:00Z,2026-03-02T11:00:00Z,2026-03-02T12:00:00Z,2026-03-03T12:00:00Z,not_required,no,okta:bo,2026-03-03T11:00:00Z
INC-2,sev3,portal,2026-04-02T10:00:00Z,2026-04-02T10:00:00Z,2026-04-04T10:10:00Z,2026-04-04T11:00:00Z,2026-04-04T12:00:00Z,2026-04-05T12:00:00Z,,no,okta:ana,2026-04-05T11:00:00Z
"""
_REPORT = (
    "id,vendor,kind,type,products,starts_at,ends_before,opinion,received_at,reviewed_at,reviewed_by,exceptions_listed"
)
_FIGURE = "figure,applies_to,low,likely,high,unit,origin,as_of"
FILES = {
    "incident": _INCIDENTS,
    "pager_incident": "id,incident,opened_at\nPD-1,INC-1,2026-03-02T10:00:00Z\nPD-2,INC-2,2026-04-02T10:00:00Z\n",
    "incident_event": "id,incident,field,occurred_at\n",
    "incident_action": "id,incident\n",
    "campaign": "id,system,snapshot,started_at,completed_at\n",
    "activity_record": "id,activity,system,completed_at\n",
    "vendor": VENDORS,
    "cost_figure": f"{_FIGURE}\nminutes_item_by_hand,OP-02,20,30,60,minutes,time sheet,2026-07-01\n",
    "reliance_period": "system,starts_at,ends_before,relied_at\ncompany,2026-01-01,2026-07-01,2026-07-05\n",
    "soc_report": f"{_REPORT}\nr1,pay-co,soc1,2,payroll,2026-01-01,2026-07-01,unqualified,"
    "2026-07-02T10:00:00Z,2026-07-03T10:00:00Z,okta:ana,0\n",
    "vendor_review": "id,vendor,reviewed_at,reviewed_by,conclusion\nv1,pay-co,2026-01-10T10:00:00Z,okta:ana,approved\n",
}


def make_world(root: Path) -> Path:
    """Make the workspace: applied, captured, tested and judged."""
    files = {"twofold.toml": SETTINGS.encode(), "scope/a.yaml": SCOPE.encode()}
    make_workspace(root, files, key=NewKey("a passphrase of tests"), actor="p-0001", at=AT)
    with Workspace.open(root) as workspace:
        apply_scope(workspace, reason="first", actor="p-0001", at=AT)
        for kind, text in FILES.items():
            put(workspace, kind, text)
        run_line(workspace)
    return root


def put(workspace: Workspace, kind: str, text: str, **said: Any) -> None:
    """Capture a documented CSV that proves itself complete."""
    path = workspace.root.parent / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    entry = {
        "path": path.name,
        "source": "csvtable",
        "kind": kind,
        "query": f"tracker, all {kind}",
        "run_by": "p-0001",
        "run_at": "2026-07-10T06:00:00Z",
        "claimed_count": text.count("\n") - 1,
        "period_from": "2025-06-01",
        "period_to": "2026-07-10T06:00:00Z",
        **said,
    }
    item = CaptureItem(path, path.name, provenance_of(entry, place=Place("test"), zone="UTC"))
    capture(workspace, [item], actor="p-0001", at=AT)


def run_line(workspace: Workspace) -> None:
    run_control_tests(workspace, TESTS, actor="p-0001", at=AT)
    judge(workspace, [], actor="p-0001", at=AT)


def every_byte(root: Path) -> dict[str, str]:
    """Return path -> hash of the bytes of every file of a folder."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
