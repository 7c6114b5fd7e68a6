"""Work in a process of its own, one at a time at a place: how it is begun, followed, stopped, and found dead.

The process inherits a lock on a file of the place, which the system frees when the process ends in whatever way. Work
that has no outcome while nobody holds the lock has died. Each piece of work has a folder with its progress and outcome.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import orjson

from twofold.jobs.clock import now
from twofold.jobs.progress import ProgressReporter
from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.written_file import replace_file

MESSAGES_FILE = "messages.txt"
_PROGRESS_FILE, _OUTCOME_FILE = "progress.json", "outcome.json"
_LOCK = "lock"
_EVERY_SECONDS = 0.5
_NICE = 10


class WorkState(StrEnum):
    """How a piece of work stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a piece of work is. problems: why it failed, a sentence each. ended_at: aware UTC, None while it runs."""

    state: WorkState
    step: str
    done: int
    total: int
    ended_at: datetime | None
    problems: Sequence[str]


class Turn:
    """The right to begin work at a place; given by `turn`."""

    def __init__(self, lock: IO[bytes]) -> None:
        self._lock = lock

    def begin(self, folder: Path, module: str, *arguments: Path | str) -> None:
        """Run a module as a program in the background; it writes what it has to say into the folder of the work."""
        with (folder / MESSAGES_FILE).open("wb") as messages:
            process = subprocess.Popen(  # noqa: S603  our own module
                [sys.executable, "-m", module, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
                pass_fds=[self._lock.fileno()],
                start_new_session=True,
            )
        # Somebody has to take note of its end, or the system keeps it as a dead process.
        threading.Thread(target=process.wait, name=folder.name, daemon=True).start()
        self._lock.truncate(0)
        self._lock.write(f"{folder.name} {process.pid}".encode())
        self._lock.flush()


@contextmanager
def turn(place: Path, busy: Problem) -> Iterator[Turn]:
    """Wait for nobody: give the turn, or raise UserError with `busy` while other work runs at the place."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / _LOCK).open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(busy) from error
        yield Turn(lock)


def stop(place: Path, name: str) -> None:
    """Interrupt the work in the folder of this name; does nothing when it is over."""
    if (found := _holder(place)) is not None and found[0] == name:
        with suppress(ProcessLookupError):
            os.kill(found[1], signal.SIGTERM)


def standing(folder: Path) -> Standing:
    """Return how the work in a folder stands."""
    outcome = _read(folder / _OUTCOME_FILE)
    holder = None if outcome else _holder(folder.parent)
    if not outcome and (holder is None or holder[0] != folder.name):
        # It may have ended between the two looks: its outcome is written before its lock is freed.
        outcome = _read(folder / _OUTCOME_FILE) or {"state": WorkState.DIED}
    progress, ended = _read(folder / _PROGRESS_FILE), outcome.get("at")
    return Standing(
        state=WorkState(outcome["state"]) if outcome else WorkState.RUNNING,
        step=progress.get("step", ""),
        done=progress.get("done", 0),
        total=progress.get("total", 0),
        ended_at=datetime.fromisoformat(ended) if ended else None,
        problems=outcome.get("problems", ()),
    )


def work(folder: Path, do: Callable[[ProgressReporter], None]) -> None:
    """In the process itself, at low priority: do the work and write its outcome, whatever it is.

    SIGTERM interrupts it, like Ctrl-C on the command line.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    os.nice(_NICE)
    try:
        do(_reporter(folder))
    except UserError as error:
        _end(folder, WorkState.FAILED, [_sentence(each) for each in error.problems])
    except KeyboardInterrupt:
        _end(folder, WorkState.STOPPED, [])
    except Exception:
        traceback.print_exc()  # into the messages of the work
        _end(folder, WorkState.FAILED, [f"a fault of Twofold itself; {MESSAGES_FILE} of the run has the details"])
        raise
    else:
        _end(folder, WorkState.DONE, [])


def _holder(place: Path) -> tuple[str, int] | None:
    """Return the folder's name and the process of the work that holds the lock, None where nobody does."""
    path = place / _LOCK
    if not path.exists():
        return None
    with path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            name, _, process = lock.read().decode().partition(" ")
            return (name, int(process)) if process.isdigit() else None
    return None


def _reporter(folder: Path) -> ProgressReporter:
    told = 0.0

    def report(step: str, done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told < _EVERY_SECONDS and done != total:
            return
        told = time.monotonic()
        replace_file(folder / _PROGRESS_FILE, orjson.dumps({"step": step, "done": done, "total": total}))

    return report


def _sentence(problem: Problem) -> str:
    return f"{problem.found}; expected: {problem.expected}" if problem.expected else problem.found


def _end(folder: Path, state: WorkState, problems: Sequence[str]) -> None:
    replace_file(folder / _OUTCOME_FILE, orjson.dumps({"state": state, "at": now(), "problems": problems}))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(path.read_bytes()) if path.exists() else {}
    return found
