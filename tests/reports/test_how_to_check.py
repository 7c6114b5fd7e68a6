"""how-to-check.md: every command on it is run as it stands, on a whole package and on changed ones."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from twofold.reports.bag import INFO, TAG_MANIFEST, TAG_NOTE, seal
from twofold.vault.blobs.file_hash import file_hash

PAGE = "data/how-to-check.md"


def blocks(package: Path) -> list[str]:
    """Return the commands of the page, as they stand."""
    return re.findall(r"```sh\n(.*?)```", (package / PAGE).read_text(encoding="utf-8"), re.DOTALL)


def run(command: str, package: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command], cwd=package, capture_output=True, text=True, check=False
    )


def remake(copy: Path) -> None:
    lines = [line.split(": ", 1) for line in (copy / INFO).read_text(encoding="utf-8").splitlines()]
    seal(copy, {name: text for name, text in lines if name != "Payload-Oxum"})


def test_every_command_works_on_a_whole_package(attested: Path) -> None:
    before = sorted(attested.rglob("*"))
    ended = [run(block, attested) for block in blocks(attested)]
    assert [each.returncode for each in ended] == [0] * 6, [each.stderr for each in ended]
    bytes_, digest, ssh, note, stamp, checker = (each.stdout for each in ended)
    assert bytes_ == "unchanged\n"
    assert digest.startswith(file_hash(attested / TAG_MANIFEST))
    assert [line.partition(" signature")[0] for line in ssh.splitlines()] == [
        'Good "twofold-package@v1"',
        'Good "twofold-checkpoint@v1"',
    ]
    assert "Signature Verified Successfully" in note
    assert note.endswith("the note is about this package\n")
    assert "Verification: OK" in ended[4].stdout + ended[4].stderr, stamp
    assert checker.endswith("17 passed, 0 failed\n")
    assert sorted(attested.rglob("*")) == before


def test_without_a_timestamp_the_page_says_so(package: Path) -> None:
    assert len(blocks(package)) == 5
    assert "holds no timestamp of an authority" in (package / PAGE).read_text(encoding="utf-8")
    assert all(run(block, package).returncode == 0 for block in blocks(package))


def change_a_byte(copy: Path) -> None:
    path = copy / "data/matrix.csv"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def add_a_file(copy: Path) -> None:
    (copy / "data/added.txt").write_text("x")


def hide_a_change(copy: Path) -> None:
    change_a_byte(copy)
    remake(copy)


def change_the_log(copy: Path) -> None:
    path = copy / "data/log/checkpoint"
    path.write_bytes(path.read_bytes().replace(b"\n311\n", b"\n310\n"))
    remake(copy)


def replace_the_note(copy: Path) -> None:
    (copy / TAG_NOTE).write_bytes((copy / "data/log/checkpoint").read_bytes())


def exchange_the_dated_checkpoint(copy: Path) -> None:
    shutil.copyfile(copy / "data/log/witness/100.checkpoint", copy / "data/log/timestamps/309.checkpoint")
    remake(copy)


@pytest.mark.parametrize(
    ("tamper", "finders"),
    [
        (change_a_byte, {"bytes", "checker"}),
        (add_a_file, {"checker"}),
        (hide_a_change, {"ssh", "note", "checker"}),
        (change_the_log, {"ssh", "note", "checker"}),
        (replace_the_note, {"note", "checker"}),
        (exchange_the_dated_checkpoint, {"ssh", "note", "stamp", "checker"}),
    ],
)
def test_the_commands_find_what_they_say(
    attested: Path, tmp_path: Path, tamper: Callable[[Path], None], finders: set[str]
) -> None:
    copy = shutil.copytree(attested, tmp_path / "package")
    tamper(copy)
    names = ("bytes", "digest", "ssh", "note", "stamp", "checker")
    found = {
        name
        for name, block in zip(names, blocks(attested), strict=True)
        if (ended := run(block, copy)).returncode != 0
        or (name == "note" and "the note is about this package" not in ended.stdout)
    }
    assert found == finders
