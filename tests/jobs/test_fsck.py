"""`twofold fsck` on a workspace: what was computed, scopes, holds, checkpoints that were kept, and its own words."""

import shutil
from pathlib import Path

import pytest

from twofold.cli.main import main
from twofold.jobs.fsck import fsck_workspace
from twofold.model.problem import UserError
from twofold.records.workspace import INNER, Workspace
from twofold.vault.care.fault import Standing
from twofold.vault.entry import EntryKind
from twofold.vault.signing import keys

from .stored_workspace import AT, PASSPHRASE, is_whole, make_stored


@pytest.fixture(autouse=True)
def _fast_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ROUNDS", 1_000)
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_stored(tmp_path / "acme")


def faults(root: Path, checkpoint: Path | None = None) -> list[tuple[int, Standing, str]]:
    checked = fsck_workspace(root, checkpoint=checkpoint, at=AT)
    return [(check.step, each.standing, each.text) for check in checked.checks for each in check.findings]


def append(root: Path, kind: str, **body: object) -> None:
    with Workspace.open(root) as workspace:
        workspace.vault.append(kind, body=body, actor="p", at=AT)  # type: ignore[arg-type]


def test_a_whole_workspace_is_told_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert is_whole(root)
    assert main(["fsck", "-w", str(root), "--checkpoint", str(root.parent / "kept")]) == 0
    out = capsys.readouterr().out
    assert out.endswith("whole\n")
    assert "(15) ok      What a legal hold covers is locked" in out


def test_a_rewritten_workspace_is_found_by_the_checkpoint_that_left(root: Path, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    forged = make_stored(tmp_path / "x" / "acme")
    assert is_whole(forged)
    found = [text for step, _, text in faults(forged, root.parent / "kept") if step == 4]
    assert any("does not verify under the key" in text for text in found)
    assert any("is of the log" in text for text in found)


def test_a_checkpoint_that_was_altered_or_is_none_is_told(root: Path) -> None:
    kept = root.parent / "kept"
    text = kept.read_text(encoding="utf-8")
    kept.write_text(text[:-10] + "A" + text[-9:], encoding="utf-8")
    assert [step for step, _, _ in faults(root, kept)] == [4]
    kept.write_text(text.partition("\n\n")[0] + "\n", encoding="utf-8")
    assert faults(root, kept) == []
    kept.write_text("nothing", encoding="utf-8")
    with pytest.raises(UserError, match="not a checkpoint"):
        faults(root, kept)


def test_a_run_that_was_altered_can_be_made_again(root: Path) -> None:
    folder = root / INNER / "runs" / "run-1"
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(b"{}")
    assert [standing for _, standing, _ in faults(root)] == [Standing.EXTRA]
    body = dict.fromkeys(
        ("control_test", "evidence_sha256", "outcomes_sha256", "population_sha256", "rule_sha256", "state"), ""
    )
    append(
        root, EntryKind.RUN, **body, run_id="run-1", run_sha256="0" * 64, evidence=[], evidence_count=0, normalise=0,
        population=0,
    )  # fmt: skip
    ((step, standing, text),) = faults(root)
    assert (step, standing) == (13, Standing.COMPUTED)
    assert "Computed, can be made again: remove" in text
    shutil.rmtree(folder)
    assert faults(root) == []


def test_a_hold_that_does_not_lock_is_locked_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(
        root, EntryKind.LEGAL_HOLD, act="place", authority="a", engagements=[], everything=True, evidence=[],
        hold=None, reason="r", second_person=None, sources=[],
    )  # fmt: skip
    found = faults(root)
    assert {(step, standing) for step, standing, _ in found} == {(15, Standing.REPAIRABLE)}
    assert main(["fsck", "-w", str(root)]) == 1
    assert "Next: twofold fsck --repair" in capsys.readouterr().out
    assert main(["fsck", "-w", str(root), "--repair"]) == 0
    assert "repaired: What legal holds cover was locked" in capsys.readouterr().out
    assert is_whole(root)


def test_a_scope_whose_files_are_no_captures_is_found(root: Path) -> None:
    append(root, EntryKind.SCOPE_APPLY, files=[["a.yaml", "ev-99"]], reason="r", reporting_zone="UTC", scope_sha256="")
    assert [step for step, _, _ in faults(root)] == [14]


def test_what_a_vault_refuses_to_open_is_looked_at(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = root / INNER / "vault" / "log.sqlite3"
    with Workspace.open(root) as workspace:
        workspace.vault.log.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        old = log.read_bytes()
        workspace.vault.append("login", body={"engagements": [], "method": "", "organisation": ""}, actor="p", at=AT)
    log.write_bytes(old)
    assert main(["status", "-w", str(root)]) == 2
    assert main(["fsck", "-w", str(root), "--json"]) == 1
    assert "it held" in capsys.readouterr().out
