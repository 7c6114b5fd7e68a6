"""Tests and judges everything again in the background, as `twofold test` and `twofold judge` do one after the other.

One renewal at a time; the newest keeps its folder in `.twofold/site/renewal/`. Stopped in the middle, it leaves the
results as they were or whole new ones, never a mixture. `python -m twofold.jobs.renewal RUN_FOLDER WORKSPACE` is the
process.
"""

import shutil
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import orjson

from twofold.jobs import in_background
from twofold.jobs.clock import now
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.judge import judge
from twofold.jobs.progress import ProgressReporter
from twofold.model.problem import Problem
from twofold.records.site_place import SitePlace
from twofold.records.workspace import Workspace
from twofold.vault.blobs.written_file import replace_file

_ASKED_FILE = "asked.json"
_BUSY = Problem(
    "test and judge", "results are being renewed already", "one renewal at a time", "wait until it is done, or stop it"
)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Who asked for new results, when (aware UTC), and how it stands."""

    name: str
    asked_by: str
    asked_at: datetime
    standing: in_background.Standing


def start_renewal(root: Path, *, actor: str, at: datetime) -> None:
    """Begin to test and judge; raises UserError while another renewal runs."""
    place = _place(root)
    with in_background.turn(place, _BUSY) as turn:
        for old in place.glob("re-*"):
            shutil.rmtree(old)
        folder = place / f"re-{at:%Y%m%d-%H%M%S-%f}"
        folder.mkdir()
        replace_file(folder / _ASKED_FILE, orjson.dumps({"by": actor, "at": at}))
        turn.begin(folder, "twofold.jobs.renewal", folder, root.resolve())


def stop_renewal(root: Path) -> None:
    """Interrupt the renewal that runs; does nothing where none does."""
    if (found := newest_renewal(root)) is not None:
        in_background.stop(_place(root), found.name)


def newest_renewal(root: Path) -> Renewal | None:
    """Return the newest renewal, None before the first."""
    folder = next((each for each in _place(root).glob("re-*") if (each / _ASKED_FILE).exists()), None)
    if folder is None:
        return None
    asked = orjson.loads((folder / _ASKED_FILE).read_bytes())
    at = datetime.fromisoformat(asked["at"])
    return Renewal(folder.name, asked["by"], at, in_background.standing(folder))


def _place(root: Path) -> Path:
    return SitePlace(root).folder / "renewal"


def _renew(folder: Path, root: Path, report: ProgressReporter) -> None:
    actor = str(orjson.loads((folder / _ASKED_FILE).read_bytes())["by"])
    with Workspace.open(root) as workspace:
        run_control_tests(workspace, [], actor=actor, at=now(), report=report)
        report("judging", 0, 1)
        judge(workspace, [], actor=actor, at=now())
        report("judging", 1, 1)


if __name__ == "__main__":
    in_background.work(Path(sys.argv[1]), partial(_renew, Path(sys.argv[1]), Path(sys.argv[2])))
