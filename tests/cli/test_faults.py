"""What the machine or another process does to a command: it says so, and keeps what it acknowledged."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pytest

from twofold.jobs import capture as capture_job
from twofold.records.workspace import Workspace
from twofold.reports import package as package_writer
from twofold.vault.blobs.folder_blobs import FolderBlobs

Call = Callable[..., Any]
SOURCE = Path(__file__).parents[2] / "src"
HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(99)
"""
DIE = """
import os, signal, sys
from twofold.cli.main import main
import {module} as module
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{setup}
sys.exit(main(sys.argv[1:]))
"""


def python(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TWOFOLD_ACTOR": "p-0001"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


def refuse(error: OSError) -> Callable[..., NoReturn]:
    def refused(*_: object, **__: object) -> NoReturn:
        raise error

    return refused


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        PermissionError(13, "Permission denied"),
        OSError(30, "Read-only file system"),
    ],
)
def test_full_disk_and_read_only_folder(
    call: Call, judged: Path, export_folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(FolderBlobs, "put", refuse(error))
        captured = call("capture", export_folder, "-w", judged)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", refuse(error))
        tested = call("test", "T-19", "-w", judged)

    for said in (captured, tested):
        assert said.code == 2
        assert str(error.strerror) in said.err
        assert "Traceback" not in said.err
    assert call("verify", judged).code == 0
    assert call("test", "T-19", "-w", judged).code == 0


def test_a_workspace_in_use_says_by_what(call: Call, judged: Path) -> None:
    with Workspace.open(judged) as other, other.computing("twofold test"):
        for arguments in (("test", "T-19"), ("judge",), ("package", "--into", str(judged.with_name("out")))):
            said = call(*arguments, "-w", judged)
            assert said.code == 2
            assert "the workspace is in use: twofold test" in said.err
        assert call("status", "-w", judged).code == 0
        assert call("explain", "INC-2", "-w", judged).code == 0

    assert call("judge", "-w", judged).code == 0


def test_a_lock_that_a_killed_process_left_holds_nobody(call: Call, judged: Path) -> None:
    lock = judged / ".twofold" / "lock"
    held = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD,
            lock,
        ],
        stdout=subprocess.PIPE,
    )
    with held:
        assert held.stdout is not None
        held.stdout.readline()
        assert call("judge", "-w", judged).code == 2
        held.kill()
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    assert call("judge", "-w", judged).code == 0


def standing(call: Call, root: Path) -> dict[str, object]:
    """Return what status says, but for the size of the log: a checkpoint that was signed stays signed."""
    said: dict[str, object] = orjson.loads(call("status", "--json", "-w", root).out)
    return {name: value for name, value in said.items() if name != "log"}


@pytest.mark.parametrize(
    ("module", "setup", "arguments"),
    [
        ("twofold.jobs.normalise", "module.derive_tables = die", ("test", "T-19")),
        ("twofold.jobs.control_tests", "module.write_run = die", ("test", "T-19")),
        ("twofold.jobs.judge", "module.replace_folder = die", ("judge",)),
        ("twofold.reports.package", "module.seal = die", ("package", "--into", "{tmp}/audit")),
    ],
)
def test_a_killed_command_leaves_a_workspace_that_works(
    call: Call, judged: Path, tmp_path: Path, module: str, setup: str, arguments: tuple[str, ...]
) -> None:
    filled = [argument.format(tmp=tmp_path) for argument in arguments]
    before = standing(call, judged)
    before_explained = call("explain", "INC-2", "-w", judged).out

    killed = python(DIE.format(module=module, setup=setup), *filled, "-w", judged)

    assert killed.returncode == -signal.SIGKILL
    assert call("verify", judged).code == 0
    assert standing(call, judged) == before
    assert call("explain", "INC-2", "-w", judged).out == before_explained
    assert call(*filled, "-w", judged).code == 0
    assert not (judged / ".twofold" / "building").exists()
    assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(".partial")]


def test_tables_that_were_never_finished_are_made_again(call: Call, judged: Path) -> None:
    (judged / ".twofold" / "tables").rename(judged / "gone")

    said = call("judge", "-w", judged)

    assert said.code == 2
    assert "run 'twofold test'" in said.err
    assert call("test", "T-19", "-w", judged).code == 0
    assert call("judge", "-w", judged).code == 0


def test_an_interrupted_capture_keeps_what_was_acknowledged(
    call: Call, applied: Path, export_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FolderBlobs, "flush", interrupt)
        before_the_log = call("capture", export_folder, "-w", applied)
    evidence = orjson.loads(call("status", "--json", "-w", applied).out)["evidence"]
    with monkeypatch.context() as patched:
        patched.setattr(capture_job, "read_evidence", interrupt)
        after_the_log = call("capture", export_folder, "-w", applied)

    for said in (before_the_log, after_the_log):
        assert said.code == 130
        assert "What was acknowledged is kept" in said.err
        assert "Traceback" not in said.err
    assert evidence == 1
    assert orjson.loads(call("status", "--json", "-w", applied).out)["evidence"] == 5
    assert call("verify", applied).code == 0


def test_a_reader_that_goes_away_is_no_fault(judged: Path) -> None:
    code = "import sys\nfrom twofold.cli.main import run\nsys.argv[0] = 'twofold'\nrun()"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", code, "status", "-w", str(judged)]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        ended = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, env=environment, timeout=60, check=False)

    assert ended.stderr == b""
    assert ended.returncode == 141


def test_a_fault_of_ours_names_a_file(call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> NoReturn:
        msg = "never"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(package_writer, "seal", broken)

    said = call("package", "--into", judged.with_name("audit"), "-w", judged)

    assert said.code == 70
    assert "this is a fault of Twofold, not of your data (ZeroDivisionError)" in said.err
    assert "Traceback" not in said.err
    details = Path(said.err.split("report it with ")[1].split(";")[0])
    assert "ZeroDivisionError: never" in details.read_text(encoding="utf-8")
    details.unlink()
    assert not judged.with_name("audit").exists()
