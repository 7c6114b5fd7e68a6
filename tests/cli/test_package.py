"""The package command and the checks of what it wrote: by us, by the checker inside, and against what came apart."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from twofold.records.workspace import Workspace

from .conftest import export_entry

Call = Callable[..., Any]
REDACTION = """reason = "The system is not needed."
decided_by = "p-0003"
[[withhold]]
control_test = "T-19"
table = "population"
columns = ["system"]
may_stand_elsewhere = true
"""


def checked(package: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(package / "data/check.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def extended_sample(call: Call, judged: Path, tmp_path: Path) -> tuple[str, str]:
    """Draw and extend a sample; return its id, and the evidence for the extension, which nothing else names."""
    freeze = ("sample", "freeze", "sox-fy2026", "OP-02", "--control-test", "T-19", "--size", "1")
    sample = call(*freeze, "-w", judged).out.split()[0]
    assert call("sample", "draw", sample, "--nonce", "dice", "-w", judged).code == 0
    rates = ("--confidence", "95", "--tolerable", "60", "--expected", "0")
    assert call("sample", "evaluate", sample, *rates, "-w", judged).code == 0
    (tmp_path / "shows").mkdir()
    (tmp_path / "shows/note.csv").write_text("id,incident\n", encoding="utf-8")
    (tmp_path / "shows/exports.toml").write_text(export_entry("note.csv", "incident_action", 0), encoding="utf-8")
    assert call("capture", tmp_path / "shows", "-w", judged).code == 0
    captures = orjson.loads(call("log", "show", "--kind", "capture", "--json", "-w", judged).out)
    shows = f"ev-{max(each['index'] for each in captures)}"
    extend = ("sample", "extend", sample, "--units", "1", "--reason", "isolated", "--evidence", shows)
    assert call(*extend, "-w", judged).code == 0
    return sample, shows


@pytest.fixture
def audit(call: Call, judged: Path, tmp_path: Path) -> Path:
    assert call("package", "--into", tmp_path / "audit", "-w", judged).code == 0
    return tmp_path / "audit"


def test_a_package_is_whole_for_us_and_for_the_checker_inside(call: Call, audit: Path) -> None:
    said = call("verify", audit)
    assert said.code == 0
    assert "note: signed by the key twofold/" in said.out
    assert "not shown: that data/log/key.vkey is the company's key" in said.out
    assert "not shown: that the log was not written anew" in said.out
    assert checked(audit).stdout.endswith("17 passed, 0 failed\n")


def test_key_and_checkpoint_received_apart_are_compared(call: Call, audit: Path, judged: Path, tmp_path: Path) -> None:
    key, earlier = audit / "data/log/key.vkey", audit / "data/log/checkpoint"
    said = call("verify", audit, "--key", key, "--checkpoint", earlier)
    assert said.code == 0
    assert "company's key" not in said.out
    assert "written anew" not in said.out

    assert call("package", "--into", tmp_path / "later", "-w", judged).code == 0
    assert call("verify", tmp_path / "later", "--checkpoint", earlier).code == 0
    assert checked(tmp_path / "later", "--key", key, "--checkpoint", earlier).returncode == 0

    held = tmp_path / "held"
    origin, size, root, *_ = earlier.read_text(encoding="utf-8").split("\n")
    held.write_text(f"{origin}\n{size}\n{'A' * 43}=\n")
    refused = call("verify", tmp_path / "later", "--checkpoint", held)
    assert refused.code == 1
    assert f"its first {size} entries are not those of the checkpoint received" in refused.out
    held.write_text(f"{origin} {size} {root}\n")
    assert call("verify", tmp_path / "later", "--checkpoint", held).code == 2
    other = tmp_path / "other.vkey"
    other.write_text("example.com/evidence+1c15c773+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n")
    refused = call("verify", audit, "--key", other)
    assert refused.code == 1
    assert "(16) REFUSED nothing received apart contradicts it" in refused.out
    assert call("verify", audit, "--key", "no key").code == 2


def test_the_log_shows_what_matters_and_the_rest_as_hashes(audit: Path, judged: Path) -> None:
    index = orjson.loads((audit / "data/package.json").read_bytes())
    records = [orjson.loads(line) for line in (audit / "data/log/records.jsonl").read_bytes().splitlines()]
    kinds = {record["kind"] for record in records}
    assert {"log", "capture", "scope_apply", "normalise", "population", "run", "judgement"} <= kinds
    with Workspace.open(judged) as workspace:
        assert index["log"]["size"] < workspace.vault.size, "the package's own entry comes after its checkpoint"
        newest = list(workspace.vault.entries())[-1]
    assert newest.kind == "package"
    assert sum(each["in_log"] for each in index["log"]["entries"].values()) == index["log"]["size"]


def test_what_is_withheld_is_said_and_the_rest_still_verifies(call: Call, judged: Path, tmp_path: Path) -> None:
    redaction = tmp_path / "redact.toml"
    redaction.write_text(REDACTION)
    sample, shows = extended_sample(call, judged, tmp_path)
    assert call("package", "--into", tmp_path / "part", "--redact", redaction, "-w", judged).code == 0
    said = call("verify", tmp_path / "part")
    assert said.code == 0, said.out
    assert "population.parquet as a whole: parts of it are withheld" in said.out
    assert f"not shown: that the units of {sample} follow from its seed: its files are not here" in said.out
    assert f"\n{shows}," in (tmp_path / "part/data/evidence.csv").read_text(encoding="utf-8")
    ended = checked(tmp_path / "part")
    assert f"not shown: that the units of {sample} follow from its seed: its files are not here" in ended.stdout
    assert list((tmp_path / "part/data/samples" / sample).iterdir()) == []
    assert ended.returncode == 0, ended.stdout
    assert "not shown: population of T-19: the column system withheld" in ended.stdout
    assert "The system is not needed." in (tmp_path / "part/data/readme.md").read_text(encoding="utf-8")


def test_without_the_passphrase_nothing_is_written(
    call: Call, judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", "not the passphrase of this key")
    said = call("package", "--into", tmp_path / "audit", "-w", judged)
    assert said.code == 2
    assert "the passphrase is wrong" in said.err
    assert not (tmp_path / "audit").exists()
