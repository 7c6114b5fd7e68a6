"""Measure the line on the demonstration company, as ratios taken in one run: `make bench`.

The floor is what no tool can leave out: read every export, hash it, parse its JSON or split its lines. Each step of
the line is shown in CPU seconds and as a multiple of that floor. These machines are noisy; read the ratios.
"""

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from twofold.jobs.capture import capture, items_of_folder
from twofold.jobs.clock import now
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.demonstration.generate import generate
from twofold.jobs.init import make_workspace
from twofold.jobs.judge import judge
from twofold.jobs.package import package
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey, signing_key
from twofold.jobs.verify import verify
from twofold.records.workspace import Workspace

PASSPHRASE = "only for measuring"  # noqa: S105  of a key that guards nothing
ROUNDS = 3


def _floor(exports: Path) -> None:
    for path in sorted(path for path in exports.rglob("*") if path.is_file()):
        data = path.read_bytes()
        hashlib.sha256(data).digest()
        if path.suffix == ".json":
            json.loads(data)
        else:
            data.decode().splitlines()


def _timed(times: dict[str, list[tuple[float, float]]], name: str, work: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    times.setdefault(name, []).append((time.process_time() - cpu, time.perf_counter() - wall))


def _round(times: dict[str, list[tuple[float, float]]], company: Path, root: Path) -> None:
    """Run the line once on the company, in a new workspace."""
    _timed(times, "floor", lambda: _floor(company / "exports"))
    files = [company / "twofold.toml", *sorted((company / "scope").glob("*.yaml"))]
    contents = {path.relative_to(company).as_posix(): path.read_bytes() for path in files}
    make_workspace(root, contents, key=NewKey(PASSPHRASE), actor="bench", at=now())
    into = root.with_name(f"{root.name}-package")
    with Workspace.open(root) as workspace:
        apply_scope(workspace, reason="bench", actor="bench", at=now())
        items = items_of_folder(company / "exports", zone=workspace.settings.reporting_zone)
        _timed(times, "capture", lambda: capture(workspace, items, actor="bench", at=now()))
        _timed(times, "test", lambda: run_control_tests(workspace, [], actor="bench", at=now()))
        _timed(times, "test again", lambda: run_control_tests(workspace, [], actor="bench", at=now()))
        _timed(times, "judge", lambda: judge(workspace, [], actor="bench", at=now()))
        signer = signing_key(workspace, ask=lambda: PASSPHRASE)
        _timed(times, "package", lambda: package(workspace, [], into=into, key=signer, actor="bench", at=now()))
    _timed(times, "verify", lambda: verify(into))


def main() -> int:
    """Run the line `ROUNDS` times on one company and print the median of each step."""
    times: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="twofold-bench-") as folder:
        company = Path(folder) / "company"
        _timed(times, "make the company", lambda: generate(company, seed=1))
        for number in range(ROUNDS):
            _round(times, company, Path(folder) / f"round-{number}")
    floor = sorted(cpu for cpu, _ in times["floor"])[len(times["floor"]) // 2]
    sys.stdout.write(f"{'step':<18}{'CPU s':>8}{'wall s':>8}{'x floor':>9}\n")
    for name, taken in times.items():
        cpu, wall = sorted(taken)[len(taken) // 2]
        sys.stdout.write(f"{name:<18}{cpu:>8.2f}{wall:>8.2f}{cpu / floor:>9.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
