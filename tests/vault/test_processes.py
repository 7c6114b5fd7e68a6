"""Several processes on one vault, and a process that is killed in the middle of its work."""

import subprocess
import sys
from pathlib import Path

import pytest

from twofold.vault.care.fsck import fsck
from twofold.vault.store import Vault

SOURCE = Path(__file__).parents[2] / "src"

PREAMBLE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from twofold.model.evidence import Provenance
from twofold.vault.evidence import CaptureItem
from twofold.vault.blobs.folder_blobs import FolderBlobs
from twofold.vault.log import LogWriter
from twofold.vault.store import Vault

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
root, who = Path(sys.argv[1]), sys.argv[2]
provenance = Provenance(source="hr", kind="roster", run_by=who, run_at=AT, query="")

def batch(number, count):
    items = []
    for at in range(count):
        path = root / f"{who}-{number}-{at}"
        path.write_text(f"{number} {at} shared by all" if at % 2 else f"{number} {at} of {who}")
        items.append(CaptureItem(path, f"file {at}", provenance))
    return items

def die_after(owner, name, calls):
    original, left = getattr(owner, name), [calls]
    def wrapped(*args, **kwargs):
        result = original(*args, **kwargs)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, wrapped)
"""
CAPTURE = """
with Vault.open(root / "vault") as vault:
    for number in range(5):
        vault.capture_batch(batch(number, 8), captured_by=who, at=AT)
"""
KILLED = """
with Vault.open(root / "vault") as vault:
    vault.capture_batch(batch(0, 10), captured_by=who, at=AT)
    print("acknowledged", flush=True)
    die_after(*{point})
    vault.capture_batch(batch(1, 10), captured_by=who, at=AT)
    print("too late", flush=True)
"""


def start(script: str, folder: Path, who: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PREAMBLE + script, str(folder), who]
    return subprocess.Popen(command, env={"PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE, text=True)


def whole(vault: Vault) -> bool:
    return all(check.passed for check in fsck(vault))


def test_processes_that_capture_at_once_write_one_history(vault: Vault, tmp_path: Path) -> None:
    running = [start(CAPTURE, tmp_path, who) for who in ("ana", "ben", "cem")]
    for process in running:
        process.communicate(timeout=60)
    assert [process.returncode for process in running] == [0, 0, 0]
    assert vault.size == 1 + 3 * 5 * 8
    assert whole(vault)
    records = vault.list_evidence()
    assert {who: sum(each.captured_by == who for each in records) for who in ("ana", "ben", "cem")} == {
        "ana": 40,
        "ben": 40,
        "cem": 40,
    }
    # Each name is one line of versions, whoever wrote it: no number is missing or given to two contents.
    for at in range(8):
        line = [each for each in records if each.name == f"file {at}"]
        contents = {each.version: each.sha256 for each in line}
        assert sorted(contents) == list(range(1, line[-1].version + 1))
        assert all(contents[each.version] == each.sha256 for each in line)


@pytest.mark.parametrize(
    "point",
    [
        "(FolderBlobs, 'put', 4)",
        "(FolderBlobs, 'flush', 1)",
        "(LogWriter, 'append', 1)",
        "(LogWriter, 'append', 10)",
        "(os, 'fsync', 3)",
        "(os, 'rename', 2)",
    ],
)
def test_a_kill_in_the_middle_of_a_batch_leaves_a_whole_vault(vault: Vault, tmp_path: Path, point: str) -> None:
    process = start(KILLED.format(point=point), tmp_path, "ana")
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (-9, "acknowledged\n")
    vault.close()
    with Vault.open(vault.path) as again:
        assert again.size == 11
        assert whole(again)
        assert len(again.list_evidence()) == 10
        finished = subprocess.run(
            [sys.executable, "-c", PREAMBLE + CAPTURE, str(tmp_path), "ana"],
            env={"PYTHONPATH": str(SOURCE)},
            check=False,
            timeout=60,
        )
        assert finished.returncode == 0
        assert again.size == 51
        assert whole(again)
