"""The demonstration: a made-up company with planted faults, run through the whole line as a user would."""

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

from twofold.jobs.capture import capture
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.demonstration.generate import generate
from twofold.jobs.exports_file import items_of_folder
from twofold.jobs.init import make_workspace
from twofold.jobs.judge import judge
from twofold.jobs.package import package
from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.sample import agree_on_sample, draw_sample, evaluate_sample, freeze_population
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey, signing_key
from twofold.model.problem import Problem, UserError
from twofold.populations.samples.selection import Method, Plan
from twofold.records.workspace import Workspace
from twofold.reports.package import PackageSummary
from twofold.vault.blobs.written_file import replace_file

SEED = 20261123
_SAMPLED = ("sox-fy2026", "CM-01")
_AUDITOR = "R. Hollis, Hollis Audit LLP"
_UNITS = 25
_NONCE = "8 dice: 4 1 6 6 2 3 5 1"
PASSPHRASE_FILE = "passphrase.txt"  # noqa: S105  a file name


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the demonstration made, all below `root`: the workspace, the raw exports, the answer key, the package.

    passphrase: file with the passphrase of the workspace's signing key; a real one lies somewhere else.
    """

    root: Path
    workspace: Path
    passphrase: Path
    exports: Path
    answer_key: Path
    package: PackageSummary
    archive: Path


def demonstrate(
    root: Path, *, seed: int, changes: int, actor: str, at: datetime, report: ProgressReporter = silent
) -> Demonstration:
    """Make the company in the new folder `root`, capture its exports, test, judge and package.

    The same seed gives the same company, outcomes and judgements. Raises UserError when `root` holds something.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UserError(
            Problem(
                str(root),
                "something lies there already",
                "an empty or new folder",
                "name another folder, or remove this one",
            )
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".twofold-demo-", dir=root.parent))
    try:
        report("making the company", 0, 1)
        generate(building / "company", seed=seed, changes=changes)
        report("making the company", 1, 1)
        summary, archive = _run_line(building, actor=actor, at=at, report=report)
        if root.exists():
            root.rmdir()
        building.rename(root)
        root.chmod(0o755)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return Demonstration(
        root=root,
        workspace=root / "workspace",
        passphrase=root / PASSPHRASE_FILE,
        exports=root / "company" / "exports",
        answer_key=root / "company" / "answer_key.csv",
        package=summary,
        archive=root / archive.relative_to(building),
    )


def _run_line(building: Path, *, actor: str, at: datetime, report: ProgressReporter) -> tuple[PackageSummary, Path]:
    company = building / "company"
    files = {
        path.relative_to(company).as_posix(): path.read_bytes()
        for path in [company / "twofold.toml", *sorted((company / "scope").glob("*.yaml"))]
    }
    passphrase = secrets.token_urlsafe(24)
    replace_file(building / PASSPHRASE_FILE, f"{passphrase}\n".encode(), mode=0o600)
    make_workspace(building / "workspace", files, key=NewKey(passphrase), actor=actor, at=at)
    with Workspace.open(building / "workspace") as workspace:
        apply_scope(workspace, reason="first scope of the demonstration", actor=actor, at=at)
        items = items_of_folder(company / "exports", zone=workspace.settings.reporting_zone)
        capture(workspace, items, actor=actor, at=at, report=report)
        run_control_tests(workspace, [], actor=actor, at=at, report=report)
        judge(workspace, [], actor=actor, at=at)
        _draw_a_sample(workspace, actor=actor, at=at)
        signer = signing_key(workspace, passphrase=passphrase)
        return package(workspace, [], into=building / "package", key=signer, actor=actor, at=at, report=report)


def _draw_a_sample(workspace: Workspace, *, actor: str, at: datetime) -> None:
    """Agree on a sample with the auditor, freeze, draw and evaluate it. The hash of the nonce is given before."""
    engagement, control = _SAMPLED
    agree_on_sample(
        workspace,
        engagement,
        control,
        agreed_with=_AUDITOR,
        size=_UNITS,
        extension=15,
        confidence=Fraction(90),
        tolerable=Fraction(9),
        expected=Fraction(0),
        reason="many a day; planning meeting",
        actor=actor,
        at=at,
    )
    frozen = freeze_population(
        workspace,
        engagement,
        control,
        control_test="T-10",
        first_day=None,
        last_day=None,
        plan=Plan(Method.RANDOM, _UNITS),
        nonce_sha256=sha256(_NONCE.encode()).hexdigest(),
        actor=actor,
        at=at,
    )
    draw_sample(workspace, frozen.sample_id, nonce=_NONCE, actor=actor, at=at)
    evaluate_sample(
        workspace,
        frozen.sample_id,
        further=(),
        confidence=None,
        tolerable=None,
        expected=None,
        note="",
        actor=actor,
        at=at,
    )
