"""Kills the program with SIGKILL at random moments of its acts, and sees what is left.

    python tools/fuzz/kill.py [--kills 1000] [--seed 1] [--folder DIR]

One company of the demonstration with its incidents is captured, tested, judged and signed once. Each case forks a child
from a parent that has imported everything. The child captures a new file, then does the act that is drawn (then the
ones after it) and tells each finished act over a pipe. The parent kills it at a moment drawn evenly over the time that
the act took before. Then:

(1) The log holds everything that was acknowledged: the root that the child told is proven to be that of a prefix.
(2) `fsck` finds nothing, or nothing is left after `fsck --repair`. It hashes every captured file.
(3) A package or a backup that has its final name is whole.
(4) Work goes on: the next case starts from what is there. Every hundred cases start from the beginning again.
"""

import argparse
import json
import os
import random  # noqa: TID251  a named seed
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from twofold.jobs.acts import sign
from twofold.jobs.backup import back_up_workspace
from twofold.jobs.capture import capture
from twofold.jobs.clock import now
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.demonstration.generate import generate
from twofold.jobs.exports_file import items_of_folder
from twofold.jobs.fsck import CheckedWorkspace, fsck_workspace
from twofold.jobs.init import make_workspace
from twofold.jobs.judge import judge, judged_engagements
from twofold.jobs.package import package
from twofold.jobs.passphrase import VARIABLE
from twofold.jobs.progress import silent
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey, signing_key
from twofold.model.problem import UserError
from twofold.records.acts.sign_off import SignedConclusion, SignOffRole
from twofold.records.workspace import Workspace
from twofold.reports.verify import verify_package
from twofold.vault.care.backup import check_backup, read_backup
from twofold.vault.evidence import CaptureItem
from twofold.vault.tree.merkle import verify_consistency

AT = datetime(2027, 2, 1, tzinfo=UTC)
PASSPHRASE = "a passphrase of the fuzz"  # noqa: S105
KINDS = frozenset({"incident", "incident_action", "incident_event", "pager_incident", "impact_review", "oncall"})
CONTROL_TEST = "T-19"
FRESH_EVERY = 100
LONGEST = 120.0
"""Seconds that an act may take."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of a run: the workspace, what is captured into it, packages, and the backup."""

    base: Path

    @property
    def root(self) -> Path:
        """The workspace."""
        return self.base / "workspace"

    @property
    def backup(self) -> Path:
        """The backup, one folder that each backup brings up to date."""
        return self.base / "backup"

    @property
    def packages(self) -> Path:
        """One folder and one zip a package."""
        return self.base / "packages"


def do_capture(workspace: Workspace, place: Place, number: int) -> None:
    """Capture three small files and one that is copied by itself."""
    given = place.base / "given"
    given.mkdir(exist_ok=True)
    items = []
    example = next(workspace.vault.each_evidence())
    for at, size in enumerate((20, 300, 40_000, 1_500_000)):
        path = given / f"{number}-{at}.txt"
        path.write_bytes(f"{number} {at} ".encode() * (size // 8))
        items.append(CaptureItem(path, f"note {at}.txt", example.provenance))
    workspace.vault.capture_batch(items, captured_by="p-0001", at=AT)
    for item in items:
        item.path.unlink()


def do_test(workspace: Workspace, place: Place, number: int) -> None:
    """Run a control test."""
    del place, number
    run_control_tests(workspace, [CONTROL_TEST], actor="p-0001", at=AT)


def do_judge(workspace: Workspace, place: Place, number: int) -> None:
    """Judge every engagement."""
    del place, number
    judge(workspace, [], actor="p-0001", at=AT)


def do_sign(workspace: Workspace, place: Place, number: int) -> None:
    """Sign off every judgement; one that a kill left without its file is made again first."""
    del place
    if len(judged_engagements(workspace)) < 2:  # noqa: PLR2004  the demonstration has two
        judge(workspace, [], actor="p-0001", at=AT)
    for each in judged_engagements(workspace):
        try:
            _sign(workspace, each.judgement.engagement_id, number)
        except UserError:  # a kill between the file and its entry: the next judging puts that right
            judge(workspace, [], actor="p-0001", at=AT)
            _sign(workspace, each.judgement.engagement_id, number)


def _sign(workspace: Workspace, engagement: str, number: int) -> None:
    sign(
        workspace,
        engagement,
        control=None,
        conclusion=SignedConclusion.NOT_CONCLUDED,  # the only one while severities are unresolved
        role=SignOffRole.PREPARER,
        reason=f"case {number}",
        actor="p-0001",
        at=AT,
    )


def do_package(workspace: Workspace, place: Place, number: int) -> None:
    """Write a package, as folder and zip."""
    if len(judged_engagements(workspace)) < 2:  # noqa: PLR2004
        judge(workspace, [], actor="p-0001", at=AT)
    key = signing_key(workspace, ask=lambda: PASSPHRASE)
    into = place.packages / f"{number}-{time.monotonic_ns()}"
    package(workspace, [], into=into, key=key, actor="p-0001", at=AT)


def do_backup(workspace: Workspace, place: Place, number: int) -> None:
    """Bring the backup up to date."""
    del number
    back_up_workspace(workspace, into=place.backup, at=AT, report=silent)


Act = Callable[[Workspace, Place, int], None]
ACTS: tuple[tuple[str, Act], ...] = (
    ("capture", do_capture),
    ("test", do_test),
    ("judge", do_judge),
    ("sign-off", do_sign),
    ("package", do_package),
    ("backup", do_backup),
)


@dataclass(slots=True)
class Told:
    """What a child said before it died."""

    finished: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Counts:
    """What was done and what was left."""

    killed_in: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    too_late: int = 0
    """Kills that came after the act that was drawn, in the one after it."""
    repaired: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def make_base(place: Place) -> None:
    """Make the company and do each act once, in a child, so that this process stays without threads."""
    company = place.base / "company"
    generate(company, seed=1, changes=200)
    paths = [company / "twofold.toml", *sorted((company / "scope").glob("*.yaml"))]
    files = {path.relative_to(company).as_posix(): path.read_bytes() for path in paths}
    make_workspace(place.root, files, key=NewKey(PASSPHRASE), actor="p-0001", at=AT)
    place.packages.mkdir()
    with Workspace.open(place.root) as workspace:
        apply_scope(workspace, reason="first", actor="p-0001", at=AT)
        items = items_of_folder(company / "exports", zone=workspace.settings.reporting_zone)
        capture(workspace, [each for each in items if each.provenance.kind in KINDS], actor="p-0001", at=AT)


def child(place: Place, pipe: int, *, number: int, first: int) -> None:
    """Do a capture, then the acts from `first` on; tell each that is finished. Never returns."""

    def tell(**said: object) -> None:
        os.write(pipe, json.dumps(said).encode() + b"\n")

    try:
        with Workspace.open(place.root) as workspace:
            size, root = workspace.vault.log.head()
            tell(act="opened", size=size, root=root.hex(), seconds=0.0)
            for name, act in [ACTS[0], *ACTS[first:], *ACTS[:first]]:
                begun = time.monotonic()
                act(workspace, place, number)
                size, root = workspace.vault.log.head()
                tell(act=name, size=size, root=root.hex(), seconds=time.monotonic() - begun)
    except UserError as error:
        tell(refused=str(error))
    except BaseException as error:  # noqa: BLE001  whatever it is, the parent is told
        tell(refused=repr(error))
    os._exit(0)


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Run work in a child; return its process id and the end of the pipe to read from."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        work(writing)
        os._exit(0)
    os.close(writing)
    return process, reading


def listen(reading: int, told: Told, until: float, *, acts: int) -> bool:
    """Take what the child says until a time, or until it has finished so many acts; False when it has ended."""
    rest = b""
    while len(told.finished) < acts and (left := until - time.monotonic()) > 0:
        if not select.select([reading], [], [], left)[0]:
            break
        data = os.read(reading, 65_536)
        if not data:
            return False
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "refused" in said:
                told.refused.append(said["refused"])
            else:
                told.finished.append(said)
    return True


def run_case(place: Place, number: int, draw: random.Random, seconds: dict[str, float], counts: Counts) -> None:
    """Kill one child at one moment and look at what it left."""
    first = draw.randrange(len(ACTS))
    name, told = ACTS[first][0], Told()
    process, reading = forked(partial(child, place, number=number, first=first))
    try:
        listen(reading, told, time.monotonic() + LONGEST, acts=1 if first == 0 else 2)
        before, wait = len(told.finished), draw.random() * seconds[name] * 1.2
        listen(reading, told, time.monotonic() + wait, acts=len(ACTS) + 3)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    listen(reading, told, time.monotonic() + 1, acts=len(ACTS) + 3)
    os.close(reading)
    counts.killed_in[name] += 1
    counts.too_late += len(told.finished) > before
    counts.acknowledged += sum(each["act"] != "opened" for each in told.finished)
    counts.faults += [f"case {number} ({name}): refused: {text}" for text in told.refused]
    look(place, number, name, told, counts)


def look(place: Place, number: int, name: str, told: Told, counts: Counts) -> None:
    """Check everything that a kill may have broken."""
    here = f"case {number} ({name})"
    checked = fsck_workspace(place.root, at=now())
    if not checked.whole:
        found = _faults(checked)
        repaired = fsck_workspace(place.root, repairing=True, at=now())
        counts.repaired.update(text.split(" ")[0] for text in repaired.repaired)
        left = [text for text in _faults(repaired) if "can be made again" not in text]
        counts.faults += [f"{here}: {text}" for text in left]
        counts.repaired.update(["computed again" for text in found if "can be made again" in text])
    if told.finished:
        _prove(place, told.finished[-1], here, counts)
    for path in sorted(place.packages.iterdir()):
        if not path.name.startswith("."):
            counts.faults += [f"{here}: {path.name}: {text}" for text in _package_faults(path)]
    shutil.rmtree(place.packages)
    place.packages.mkdir()
    if (place.backup / "backup.json").exists():
        try:
            check_backup(read_backup(place.backup), report=silent)
        except UserError as error:
            counts.faults.append(f"{here}: {error}")


def _faults(checked: CheckedWorkspace) -> list[str]:
    return [fault for check in checked.checks for fault in check.faults]


def _prove(place: Place, last: dict[str, Any], here: str, counts: Counts) -> None:
    """Prove that the log begins with what was acknowledged last."""
    with Workspace.open(place.root) as workspace:
        size, root = workspace.vault.log.head()
        proof = workspace.vault.log.consistency_proof(last["size"])
        try:
            verify_consistency(
                old_size=last["size"], size=size, old_root=bytes.fromhex(last["root"]), root=root, proof=proof
            )
        except ValueError as error:
            counts.faults.append(f"{here}: {error}")


def _package_faults(path: Path) -> list[str]:
    try:
        return [fault for step in verify_package(path).steps for fault in step.faults]
    except UserError as error:
        return [str(error)]


def measure(place: Place, rounds: int) -> dict[str, float]:
    """Return how long each act takes in a new child, as in a case: the middle of several times."""
    found: dict[str, list[float]] = {name: [] for name, _ in ACTS}
    for first, (name, _) in [*enumerate(ACTS)] * rounds:
        told = Told()
        process, reading = forked(partial(child, place, number=0, first=first))
        listen(reading, told, time.monotonic() + LONGEST, acts=2 if first == 0 else 3)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(reading)
        if told.refused:
            raise SystemExit(told.refused[0])
        found[name].append(told.finished[-1]["seconds"])
    shutil.rmtree(place.packages)
    place.packages.mkdir()
    return {name: sorted(times)[rounds // 2] for name, times in found.items()}


def run(base: Path, kills: int, seed: int, *, rounds: int = 3) -> Counts:
    """Do all cases below a folder; return what was found."""
    place, template = Place(base / "now"), base / "template"
    place.base.mkdir()
    process, reading = forked(lambda _: make_base(place))
    os.waitpid(process, 0)
    os.close(reading)
    seconds = measure(place, rounds)
    shutil.copytree(place.base, template)
    counts, draw = Counts(), random.Random(seed)  # noqa: S311
    for number in range(1, kills + 1):
        if number % FRESH_EVERY == 0:
            shutil.rmtree(place.base)
            shutil.copytree(template, place.base)
        run_case(place, number, draw, seconds, counts)
    counts.killed_in.update({f"{name} takes {taken:.2f} s": 0 for name, taken in seconds.items()})
    return counts


def main() -> int:
    """Kill and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where to work; default: the folder of temporary files")
    asked = parser.parse_args()
    os.environ.pop(VARIABLE, None)  # the passphrase of another key
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="twofold-kill-", dir=asked.folder) as name:
        counts = run(Path(name), asked.kills, asked.seed)
    for act, count in counts.killed_in.items():
        sys.stdout.write(f"{act}: {count or ''}\n")
    for what, count in counts.repaired.items():
        sys.stdout.write(f"repaired: {what}: {count}\n")
    for text in counts.faults[:30]:
        sys.stdout.write(f"  {text}\n")
    sys.stdout.write(
        f"{asked.kills:,} kills: {counts.acknowledged:,} acts acknowledged, {len(counts.faults)} faults,"
        f" {counts.too_late} kills in the act after the one drawn;"
        f" {time.monotonic() - begun:.0f} s (seed {asked.seed})\n"
    )
    return 1 if counts.faults else 0


if __name__ == "__main__":
    sys.exit(main())
