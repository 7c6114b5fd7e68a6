"""Three checkers that share no line, asked about one package: `twofold verify`, check.py, and one in JavaScript."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from types import ModuleType

from twofold.reports import check as shipped_check
from twofold.reports.bag import INFO, seal
from twofold.reports.package import sign_tag_manifest
from twofold.reports.under_check import Received
from twofold.reports.verify import StepState, verify_package
from twofold.vault.signing.keys import SigningKey

PROGRAM = Path(__file__).with_name("verify_package.mjs")
NODE = shutil.which("node")
NO_NODE = "node is not installed here: the second opinion in JavaScript is not asked"
Refused = dict[str, frozenset[int]]
"""Checker -> the steps that it refuses."""


@cache
def checker() -> ModuleType:
    """Return check.py as a module that asks openssl about each signature once."""
    shipped_check.verify_ed25519 = cache(shipped_check.verify_ed25519)
    return shipped_check


def opinions(folder: Path, *, key: str = "", checkpoint: Path | None = None) -> Refused:
    """Ask all three, the last one where node is installed.

    key: a verifier key, and checkpoint: a file, as received apart from the package.
    """
    keys, text = [key] if key else [], checkpoint.read_text(encoding="utf-8") if checkpoint else ""
    ours = verify_package(folder, Received(tuple(keys), text)).steps
    shipped = checker().check(checker().Package(folder, keys, text))
    found = {
        "twofold verify": frozenset(step.number for step in ours if step.state is StepState.FAILED),
        "check.py": frozenset(number for number, _, state, _ in shipped if state == "failed"),
    }
    return found if NODE is None else {**found, "JavaScript": javascript(folder, key=key, checkpoint=checkpoint)}


def javascript(folder: Path, *, key: str = "", checkpoint: Path | None = None) -> frozenset[int]:
    """Return the steps that the second opinion refuses."""
    assert NODE is not None
    command = [NODE, str(PROGRAM), str(folder)]
    if key:
        held = folder.with_name("key-received")
        held.write_text(f"{key}\n", encoding="utf-8")
        command += ["--key", str(held)]
    if checkpoint is not None:
        command += ["--checkpoint", str(checkpoint)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = frozenset(map(int, re.findall(r"^ ?(\d+) .*: FAILED$", ended.stdout, re.MULTILINE)))
    assert ended.returncode == bool(failed), ended.stdout + ended.stderr
    return failed


def reseal(folder: Path, key: SigningKey | None) -> None:
    """Make the manifests again, as somebody who hides a change would, and sign them where they have a key."""
    lines = [line.split(": ", 1) for line in (folder / INFO).read_text(encoding="utf-8").splitlines()]
    said = {name: text for name, text in lines if name != "Payload-Oxum"}
    seal(folder, said)
    if key is not None:
        sign_tag_manifest(folder, said["External-Identifier"], key)
