"""The command in process, and a small workspace that was tested and judged once and is copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from twofold.cli.main import main
from twofold.vault.signing import keys

SYSTEMS = """
systems:
  - id: product
    name: Our product
    layer: application
    zone: UTC
    owner: p-0001
    soc2: [{from: 2026-01-01, reason: The service, approver: p-0001}]
    financially_relevant: [{from: 2026-01-01, reason: Invoices, approver: p-0002, dependents: [Revenue report]}]
people:
  - {id: p-0001, name: Ana}
  - {id: p-0002, name: Bo}
account_links:
  - {account: "okta:ana", person: p-0001, from: 2025-01-01}
  - {account: "okta:bo", person: p-0002, from: 2025-01-01}
rosters: [{scope: "*", duty: finance, person: p-0002, from: 2025-01-01}]
engagements:
  - {id: soc2-2026, lens: soc2, type: type2, starts_on: 2026-01-01, ends_on: 2026-06-30, categories: [security]}
  - {id: sox-fy2026, lens: sox, starts_on: 2026-01-01, ends_on: 2026-06-30}
"""
INCIDENTS = """\
id,severity,systems,reported_at,opened_at,responded_at,contained_at,recovered_at,closed_at,notice_decision,finance_effect,finance_by,finance_at
INC-1,sev3,product,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,2026-03-02T10:10:00Z,2026-03-02T11:00:00Z,2026-03-02T12:00:00Z,2026-03-03T12:00:00Z,not_required,no,okta:bo,2026-03-03T11:00:00Z
INC-2,sev3,product,2026-04-02T10:00:00Z,2026-04-02T10:00:00Z,2026-04-04T10:10:00Z,2026-04-04T11:00:00Z,2026-04-04T12:00:00Z,2026-04-05T12:00:00Z,,no,okta:ana,2026-04-05T11:00:00Z
"""
PAGES = "id,incident,opened_at\nPD-1,INC-1,2026-03-02T10:00:00Z\nPD-2,INC-2,2026-04-02T10:00:00Z\n"
EMPTY = {"incident_event": "id,incident,field,occurred_at\n", "incident_action": "id,incident\n"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a call gave: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture(scope="session", autouse=True)
def _passphrase() -> Iterator[None]:
    """Give every command a passphrase, and make keys that are fast to open, since none of them guards anything."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TWOFOLD_KEY_PASSPHRASE", "a passphrase of tests")
        patched.setattr(keys, "ROUNDS", 1_000)
        yield


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `twofold` in this process."""
    monkeypatch.setenv("TWOFOLD_ACTOR", "p-0001")
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def export_entry(path: str, kind: str, claimed: int) -> str:
    """Return a [[file]] of exports.toml for a documented CSV."""
    return (
        f'[[file]]\npath = "{path}"\nsource = "csvtable"\nkind = "{kind}"\nquery = "tracker, all {kind}"\n'
        f'run_by = "p-0001"\nrun_at = "2026-07-10T06:00:00Z"\nclaimed_count = {claimed}\n'
        'period_from = "2025-12-01"\nperiod_to = "2026-07-10"\n\n'
    )


def write_export(folder: Path) -> Path:
    """Write a small export folder that proves itself complete."""
    folder.mkdir(parents=True)
    tables = {"incident": INCIDENTS, "pager_incident": PAGES, **EMPTY}
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    entries = [export_entry(f"{name}.csv", name, text.count("\n") - 1) for name, text in tables.items()]
    (folder / "exports.toml").write_text("".join(entries), encoding="utf-8")
    return folder


def make_applied(root: Path) -> Path:
    """Make a workspace with an applied scope and no evidence."""
    _must("init", root, "--company", "Acme Inc.", "--zone", "UTC")
    for file in (root / "scope").iterdir():
        file.unlink()
    (root / "scope" / "all.yaml").write_text(SYSTEMS, encoding="utf-8")
    _must("scope", "apply", "--reason", "first scope", "-w", root)
    return root


@pytest.fixture(scope="session")
def applied_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with an applied scope; not to be changed."""
    return make_applied(tmp_path_factory.mktemp("applied") / "acme")


@pytest.fixture(scope="session")
def judged_once(tmp_path_factory: pytest.TempPathFactory, applied_once: Path) -> Path:
    """Return a workspace that was captured, tested and judged; not to be changed."""
    folder = tmp_path_factory.mktemp("judged")
    root = folder / "acme"
    shutil.copytree(applied_once, root)
    _must("capture", write_export(folder / "exports"), "-w", root)
    _must("test", "T-19", "-w", root)
    _must("judge", "-w", root)
    return root


@pytest.fixture
def export_folder(tmp_path: Path) -> Path:
    """Return an export folder that proves itself complete."""
    return write_export(tmp_path / "exports" / "2026-07")


@pytest.fixture
def applied(tmp_path: Path, applied_once: Path) -> Path:
    """Return a workspace of one's own with an applied scope."""
    return Path(shutil.copytree(applied_once, tmp_path / "acme"))


@pytest.fixture
def judged(tmp_path: Path, judged_once: Path) -> Path:
    """Return a workspace of one's own that was judged."""
    return Path(shutil.copytree(judged_once, tmp_path / "acme"))


def _must(*arguments: str | Path) -> None:
    code = main([str(argument) for argument in arguments])
    assert code == 0, arguments
