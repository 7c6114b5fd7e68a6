"""A workspace with a SOX and a SOC 2 engagement over small CSV files; `put` captures one, `judged` runs the line."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.jobs.capture import capture
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.exports_file import Place, provenance_of
from twofold.jobs.init import make_workspace
from twofold.jobs.judge import judge
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem
from twofold.vault.evidence_index import EvidenceFilter
from twofold.vault.signing import keys

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
SETTINGS = '[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n'
SCOPE = """
systems:
  - id: product
    name: Our product
    layer: application
    owner: p-0001
    financially_relevant: [{from: 2026-01-01, to: 2026-03-31, reason: Invoices, approver: p-0002, dependents: [Report]}]
  - id: wiki
    name: Wiki
    layer: application
    owner: p-0001
    soc2: [{from: 2026-01-01, reason: The service, approver: p-0001}]
engagements:
  - {id: sox, lens: sox, starts_on: 2026-01-01, ends_on: 2026-12-31}
  - {id: soc2, lens: soc2, type: type2, starts_on: 2026-01-01, ends_on: 2026-06-30, categories: [security]}
"""
USED, SIGNATURE = "used.csv", "signed.csv"
SIGNED = "population,conclusion,signed_by,signed_at\nincident_opened,complete,p-0001,2026-07-11T06:00:00Z\n"
INCIDENT = "id,severity,systems,opened_at,responded_at,closed_at\nINC-1,sev3,product,2026-03-02,2026-03-09,2026-03-10\n"


@pytest.fixture(scope="session")
def applied_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with an applied scope; not to be changed."""
    root = tmp_path_factory.mktemp("applied") / "acme"
    files = {"twofold.toml": SETTINGS.encode(), "scope/a.yaml": SCOPE.encode()}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "ROUNDS", 1_000)
        make_workspace(root, files, key=NewKey("a passphrase of tests"), actor="p-0001", at=AT)
    with Workspace.open(root) as opened:
        apply_scope(opened, reason="first", actor="p-0001", at=AT)
    return root


@pytest.fixture(scope="session")
def judged_once(applied_once: Path) -> Path:
    """Return the same workspace with two exports, judged for SOX; not to be changed."""
    root = applied_once.parent / "judged" / "acme"
    shutil.copytree(applied_once, root)
    with Workspace.open(root) as opened:
        put(opened, USED, systems=["wiki"])
        put(opened, SIGNATURE, SIGNED, kind="completeness_signature", systems=["wiki"])
        judged(opened, "sox")
    return root


@pytest.fixture
def workspace(tmp_path: Path, applied_once: Path) -> Iterator[Workspace]:
    """Return an open workspace of one's own with an applied scope."""
    with Workspace.open(Path(shutil.copytree(applied_once, tmp_path / "acme"))) as opened:
        yield opened


@pytest.fixture
def judged_workspace(tmp_path: Path, judged_once: Path) -> Iterator[Workspace]:
    """Return an open workspace of one's own that was judged for SOX."""
    with Workspace.open(Path(shutil.copytree(judged_once, tmp_path / "acme"))) as opened:
        yield opened


def id_of(workspace: Workspace, name: str) -> str:
    """Return the evidence id of a captured name."""
    (found,) = workspace.vault.list_evidence(EvidenceFilter(name=name))
    return found.evidence_id


def put(workspace: Workspace, name: str, text: str = INCIDENT, *, kind: str = "incident", **said: Any) -> str:
    path = workspace.root.parent / name
    path.write_text(text, encoding="utf-8")
    entry = {
        "path": name,
        "source": "csvtable",
        "kind": kind,
        "query": "all",
        "run_by": "p-0001",
        "run_at": "2026-07-10T06:00:00Z",
        **said,
    }
    item = CaptureItem(path, name, provenance_of(entry, place=Place("test"), zone="UTC"))
    return capture(workspace, [item], actor="p-0001", at=AT)[0].evidence.evidence_id


def judged(workspace: Workspace, *engagements: str) -> None:
    run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT)
    judge(workspace, engagements, actor="p-0001", at=AT)
