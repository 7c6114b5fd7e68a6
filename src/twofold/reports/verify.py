"""Check a package, a folder or a zip, without any workspace: numbered steps, each with its own sentence.

    1 the form of the bag               8 tiles give the root             15 timestamps
    2 the tag manifest                  9 records are the log's entries   16 what was received apart
    3 size and number of files         10 the history of the key          17 runs: hashes and identity
    4 the manifest is complete         11 evidence and its records        18 counts close
    5 every byte                       12 nothing relied on is missing    19 judgements and their runs
    6 the signature of the package     13 order of conclusions            20 CSV equals Parquet
    7 the signature of the checkpoint  14 witnesses                       21 canonical tables
    22 rows shown of a table           23 samples

Steps 1 to 16 and 23 are those of the checker inside the package (check.py), written a second time. Steps 1 to 5 find
any changed, added or missing byte; 6 finds manifests that were made again without the key; the rest find what somebody
with the key changed, as far as log, records and files contradict it. What no package can show about itself is that it
is the one that was handed over: for that, give the key, a checkpoint or the digest received apart. A step that cannot
be checked because the bytes are not as sealed says so.
"""

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.reports.bag import BAGIT, TAG_MANIFEST
from twofold.reports.under_check import UNREADABLE, Check, CheckedStep, Received, UnderCheck
from twofold.reports.verify_bag import BAG_STEPS
from twofold.reports.verify_evidence import EVIDENCE_STEPS
from twofold.reports.verify_log import LOG_STEPS
from twofold.reports.verify_received import RECEIVED_STEPS
from twofold.reports.verify_runs import RUN_STEPS
from twofold.reports.verify_samples import SAMPLE_STEPS
from twofold.reports.zipped import unzip_package

STEPS: tuple[CheckedStep, ...] = (
    *BAG_STEPS,
    *LOG_STEPS,
    *EVIDENCE_STEPS,
    *RECEIVED_STEPS,
    *RUN_STEPS,
    *SAMPLE_STEPS,
)
_SHOWN = 50


class StepState(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. faults: a sentence for each thing that is wrong, with the file's name first."""

    number: int
    title: str
    state: StepState
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [
            f"{self.number:>2} {self.state.value}: {self.title}",
            *(f"   {fault}" for fault in self.faults[:_SHOWN]),
        ]
        if len(self.faults) > _SHOWN:
            lines.append(f"   and {len(self.faults) - _SHOWN} more")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Verified:
    """All steps. notes: worth knowing and no fault. unshown: what this check does not show."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    unshown: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every step passed."""
        return is_whole(self.steps)


def verify_package(path: Path, received: Received | None = None) -> Verified:
    """Check a package and return every step.

    Raises UserError for a path that is no package, or for a zip that is refused.
    """
    try:
        if path.is_dir():
            return _verified(path, received or Received())
        if not path.is_file():
            raise UserError(Problem(str(path), "there is nothing here", "a package folder or zip", "check the path"))
        with tempfile.TemporaryDirectory(prefix="twofold-verify-") as scratch:
            return _verified(unzip_package(path, Path(scratch)), received or Received())
    except OSError as error:
        raise UserError(
            Problem(str(path), f"it cannot be read ({error})", "readable files", "check the rights")
        ) from error


def is_whole(steps: Iterable[Step]) -> bool:
    """Whether every step passed."""
    return all(step.state is StepState.PASSED for step in steps)


def _verified(folder: Path, received: Received) -> Verified:
    if not any((folder / name).exists() for name in (BAGIT, TAG_MANIFEST)):
        raise UserError(
            Problem(
                str(folder),
                "this is no package",
                f"a folder with {BAGIT} in it",
                "name the folder that twofold package wrote",
            )
        )
    with closing(UnderCheck(folder, received)) as bag:
        return Verified(tuple(_steps(bag)), tuple(bag.notes), tuple(dict.fromkeys(bag.unshown)))


def _steps(bag: UnderCheck) -> list[Step]:
    steps: list[Step] = []
    for number, (title, check) in enumerate(STEPS, 1):
        # Bytes that are not as sealed are not read any further: what they say would only mislead.
        # The signature is over the manifests, so it is checked all the same.
        if number > len(BAG_STEPS) + 1 and not is_whole(steps[: len(BAG_STEPS)]):
            reason = f"one of steps 1 to {len(BAG_STEPS)} failed"
            steps.append(Step(number, title, StepState.NOT_CHECKED, (reason,)))
            continue
        faults = tuple(_faults(check, bag))
        steps.append(Step(number, title, StepState.FAILED if faults else StepState.PASSED, faults))
    return steps


def _faults(check: Check, bag: UnderCheck) -> Sequence[str]:
    """Do one step; a file that does not have its form is a fault, not an error."""
    try:
        return check(bag)
    except FileNotFoundError as error:
        return [f"{Path(error.filename).relative_to(bag.folder).as_posix()}: it is missing"]
    except UNREADABLE as error:
        return [f"{bag.reading}: it does not have the form of a package ({error!r})"]
