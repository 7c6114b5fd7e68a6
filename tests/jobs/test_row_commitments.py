"""Tables are committed row by row after a capture and a run, once per file, and a redaction finds its key again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.jobs.capture import capture
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.exports_file import Place, provenance_of
from twofold.jobs.init import make_workspace
from twofold.jobs.redaction import resolve_redaction
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.reports.redaction import RedactionFile, Withholding
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import CaptureItem
from twofold.vault.row_commitment import disclose, verify_disclosure
from twofold.vault.table_keys import committed_table, committed_tables, table_key

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
FILES = {
    "twofold.toml": b'[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n',
    "scope/a.yaml": b"""
systems:
  - {id: product, name: P, layer: application, owner: p-0001, soc2: [{from: 2026-01-01, reason: R, approver: p-0002}]}
engagements:
  - {id: soc2, lens: soc2, type: type2, categories: [security], starts_on: 2026-01-01, ends_on: 2026-06-30}
""",
}
INCIDENT = "id,severity,systems,opened_at,responded_at,closed_at\nINC-1,sev3,product,2026-03-02,2026-03-09,2026-03-10\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    make_workspace(tmp_path / "acme", FILES, key=NewKey("a passphrase of tests"), actor="p-0001", at=AT)
    with Workspace.open(tmp_path / "acme") as opened:
        apply_scope(opened, reason="first", actor="p-0001", at=AT)
        yield opened


def put(workspace: Workspace, name: str, text: str) -> EvidenceRef:
    path = workspace.root.parent / name
    path.write_text(text, encoding="utf-8")
    entry = {"path": name, "source": "csvtable", "kind": "incident", "query": "all", "run_by": "p-0001"}
    given = provenance_of({**entry, "run_at": "2026-07-10T06:00:00Z"}, place=Place("test"), zone="UTC")
    return capture(workspace, [CaptureItem(path, name, given)], actor="p-0001", at=AT)[0].evidence


def commitments(workspace: Workspace) -> list[str]:
    found = workspace.vault.entries(kind=EntryKind.ROW_COMMITMENT)
    return [f"{entry.body['table']} {entry.body['rows']}" for entry in found]


def test_a_csv_is_committed_once_and_an_irregular_one_not(workspace: Workspace) -> None:
    evidence = put(workspace, "incidents.csv", INCIDENT)
    put(workspace, "again.csv", INCIDENT)
    put(workspace, "broken.csv", INCIDENT + "INC-2,sev3\n")
    assert commitments(workspace) == ["evidence 1"]
    table = committed_tables(workspace.vault.log)[evidence.sha256]
    key = table_key(workspace.vault.log, table.commitment)
    assert key is not None
    rows: list[list[str | None]] = [["INC-1", "sev3", "product", "2026-03-02", "2026-03-09", "2026-03-10"]]
    assert verify_disclosure(table.columns, table.rows, table.root, disclose(table.columns, rows, key)) == 1
    assert key not in b"".join(raw for _, raw in workspace.vault.log.raws())


def test_population_and_outcomes_are_committed_and_not_again(workspace: Workspace) -> None:
    put(workspace, "incidents.csv", INCIDENT)
    run = run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT).runs["T-19"]
    tables = committed_tables(workspace.vault.log)
    assert tables[run.population_sha256].table == "population"
    before = commitments(workspace)
    run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT)
    assert commitments(workspace) == before


def redaction(evidence_id: str, column: str = "severity") -> RedactionFile:
    entries = (
        Withholding("1", "evidence", evidence_id, (column,), None),
        Withholding("2", "evidence", evidence_id, (), ("id", "INC-1")),
        Withholding("3", "population", "T-19", ("system",), None, anywhere=True),
    )
    return RedactionFile("Not needed.", "p-0002", entries)


def test_a_redaction_is_resolved_to_files_keys_columns_and_rows(workspace: Workspace) -> None:
    evidence = put(workspace, "incidents.csv", INCIDENT)
    run = run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT).runs["T-19"]
    runs = {"T-19": workspace.runs_folder / run.run_id}
    found = resolve_redaction(workspace, redaction(evidence.evidence_id), runs=runs, actor="p-0001", at=AT)
    first, second = found.tables
    assert (first.table.sha256, first.columns, first.rows, first.chosen_by) == (
        evidence.sha256,
        frozenset({1}),
        frozenset({0}),
        frozenset({0}),
    )
    assert second.table.sha256 == run.population_sha256
    assert second.anywhere
    assert not first.anywhere
    wanted = redaction(evidence.evidence_id, "nothing")
    with pytest.raises(UserError, match="no column nothing"):
        resolve_redaction(workspace, wanted, runs=runs, actor="p-0001", at=AT)
    wanted = redaction(evidence.evidence_id)
    with pytest.raises(UserError, match="no run of 'T-19'"):
        resolve_redaction(workspace, wanted, runs={}, actor="p-0001", at=AT)


def test_what_was_captured_before_is_committed_when_it_is_withheld(workspace: Workspace) -> None:
    evidence = put(workspace, "incidents.csv", INCIDENT)
    workspace.vault.log.database.execute("DELETE FROM table_key")
    wanted = RedactionFile("r", "p", (Withholding("1", "evidence", evidence.evidence_id, ("severity",), None),))
    (table,) = resolve_redaction(workspace, wanted, runs={}, actor="p-0001", at=AT).tables
    entry = workspace.vault.entry(table.table.entry)
    assert committed_table(entry) == table.table
    assert commitments(workspace) == ["evidence 1", "evidence 1"]


def test_an_irregular_table_cannot_be_shown_in_part(workspace: Workspace) -> None:
    evidence = put(workspace, "broken.csv", INCIDENT + "INC-2,sev3\n")
    wanted = RedactionFile("r", "p", (Withholding("1", "evidence", evidence.evidence_id, ("severity",), None),))
    with pytest.raises(UserError, match="no regular table"):
        resolve_redaction(workspace, wanted, runs={}, actor="p-0001", at=AT)
