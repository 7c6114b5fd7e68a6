"""Check a package, a folder or a zip, without any workspace: numbered steps, each with its own sentence.

    1 the form of the bag               6 evidence and its records       10 runs: hashes and identity
    2 the tag manifest                  7 records and the log            11 counts close
    3 size and number of files          8 the log and its checkpoint     12 judgements and their runs
    4 the manifest is complete          9 evidence of the populations    13 CSV equals Parquet
    5 every byte

Steps 1 to 5 find any changed, added or missing byte. The rest find a package whose manifests were made again after a
change, as far as its own records contradict it. What no package can show about itself is that it is the one that was
handed over: for that its digest is compared with one received apart. A step that cannot be checked because an earlier
one failed says so.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.reports.bag import BAGIT, TAG_MANIFEST
from twofold.reports.verify_bag import BAG_STEPS
from twofold.reports.verify_evidence import EVIDENCE_STEPS
from twofold.reports.verify_runs import RUN_STEPS
from twofold.reports.zipped import unzip_package

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


def verify_package(path: Path) -> list[Step]:
    """Check a package and return every step.

    Raises UserError for a path that is no package, or for a zip that is refused.
    """
    try:
        if path.is_dir():
            return _steps(path)
        if not path.is_file():
            raise UserError(Problem(str(path), "there is nothing here", "a package folder or zip", "check the path"))
        with tempfile.TemporaryDirectory(prefix="twofold-verify-") as scratch:
            return _steps(unzip_package(path, Path(scratch)))
    except OSError as error:
        raise UserError(
            Problem(str(path), f"it cannot be read ({error})", "readable files", "check the rights")
        ) from error


def is_whole(steps: Iterable[Step]) -> bool:
    """Whether every step passed."""
    return all(step.state is StepState.PASSED for step in steps)


def _steps(bag: Path) -> list[Step]:
    if not any((bag / name).exists() for name in (BAGIT, TAG_MANIFEST)):
        raise UserError(
            Problem(
                str(bag),
                "this is no package",
                f"a folder with {BAGIT} in it",
                "name the folder that twofold package wrote",
            )
        )
    groups: Sequence[Sequence[tuple[str, Callable[[Path], list[str]]]]] = (BAG_STEPS, EVIDENCE_STEPS, RUN_STEPS)
    steps: list[Step] = []
    for group in groups:
        # Bytes that are not as sealed are not read any further: what they say would only mislead.
        sealed = is_whole(steps[: len(BAG_STEPS)])
        for title, check in group:
            number = len(steps) + 1
            if group is not BAG_STEPS and not sealed:
                steps.append(
                    Step(number, title, StepState.NOT_CHECKED, (f"one of steps 1 to {len(BAG_STEPS)} failed",))
                )
                continue
            faults = tuple(check(bag))
            steps.append(Step(number, title, StepState.FAILED if faults else StepState.PASSED, faults))
    return steps
