"""The wheel carries everything: what is unpacked from it works with nothing else of this folder on the path."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = """
import sys
from hatchling.builders.wheel import WheelBuilder
print(*WheelBuilder(sys.argv[1]).build(directory=sys.argv[2], versions=["standard"]))
"""
RUN = """
import sys, twofold
assert twofold.__file__.startswith(sys.argv.pop(1)), "the package of this folder was found instead"
from twofold.cli.main import run
run()
"""
CASE = "twofold/controltests/rules/T-22/cases"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(ROOT), str(folder)], capture_output=True, text=True, timeout=120, check=True
    )
    return Path(built.stdout.strip())


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel, with the cases of one rule: those of all are thousands of files."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(built) as wheel:
        names = [name for name in wheel.namelist() if "/cases/" not in name or name.startswith(CASE)]
        wheel.extractall(folder, names)
    return folder


def run(unpacked: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # A passphrase of another workspace must not get in the way of the demonstration.
    other = {"TWOFOLD_ACTOR": "p-0001", "TWOFOLD_KEY_PASSPHRASE": "of another workspace"}
    environment = {**os.environ, "PYTHONPATH": str(unpacked), **other}
    command = [sys.executable, "-c", RUN, str(unpacked), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=unpacked, timeout=300, check=False
    )


def test_version_and_module(unpacked: Path) -> None:
    said = run(unpacked, "--version")

    assert (said.returncode, said.stdout[:8]) == (0, "twofold ")
    module = subprocess.run(
        [sys.executable, "-m", "twofold", "--version"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        cwd=unpacked,
        timeout=60,
        check=False,
    )
    assert (module.returncode, module.stdout) == (0, said.stdout)


def test_no_package_data_is_left_out(built: Path) -> None:
    wanted = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "twofold").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(built) as wheel:
        held = set(wheel.namelist())

    assert {name for name in wanted - held if not name.endswith(".pyc")} == set()


def test_a_case_runs_from_it(unpacked: Path) -> None:
    case = next(path.parent for path in sorted((unpacked / CASE).glob("*/case.toml")))

    said = run(unpacked, "cases", case)

    assert (said.returncode, said.stdout) == (0, "1 passed, 0 failed\n"), said.stderr


def test_a_workspace_begins_with_it(unpacked: Path, tmp_path: Path) -> None:
    acme = tmp_path / "acme"
    made = run(unpacked, "init", acme, "--company", "Acme", "--zone", "UTC")
    assert made.returncode == 0, made.stderr
    for words in (("scope", "plan"), ("status",), ("advise", "stage"), ("readiness", "--help"), ("serve", "--help")):
        said = run(unpacked, *words, *(() if "--help" in words else ("-w", acme)))
        assert said.returncode == 0, said.stderr
        assert said.stdout
