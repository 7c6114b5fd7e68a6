"""How the command line speaks: results on standard output, progress and errors on standard error, exit codes that mean something."""

import sys
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from twofold.jobs.progress import ProgressReporter

NOT_AN_OPINION = "Not an audit opinion: the software proposes, a named person concludes."
_QUIET_SECONDS = 1.0
_EVERY_SECONDS = 2.0


class ExitCode(IntEnum):
    """What a command's exit code says."""

    OK = 0
    """Done, and what was asked holds."""
    DIFFERENT = 1
    """Done, and a check that was asked for did not hold: a package altered, a case failed."""
    INPUT = 2
    """Not done: the input or the call is faulty. Nothing was written."""
    INCOMPLETE = 3
    """Done in part: a population is not proven, or records could not be read. The output says which."""
    INTERRUPTED = 130
    """Stopped by the keyboard. What was acknowledged is kept; run the command again to go on."""


EXIT_CODES_HELP = (
    "Exit codes: 0 done, 1 a check did not hold, 2 faulty input (nothing was written), "
    "3 done in part (a population is not proven or records were set aside), 130 interrupted."
)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Folder of the workspace.", envvar="TWOFOLD_WORKSPACE", file_okay=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def out() -> Console:
    """Return a console for results; plain where standard output is no terminal."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def say(text: str = "") -> None:
    """Print a line of plain text, never read as markup."""
    out().print(escape(text))


def print_json(value: Any) -> None:
    """Print a value as indented JSON with sorted keys."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS, default=str).decode() + "\n")


def complain(text: str) -> None:
    """Print an error on standard error."""
    sys.stderr.write(text + "\n")


def progress() -> ProgressReporter:
    """Return a reporter that tells of work over a second on standard error: one line that moves, or a line now and then."""
    started = time.monotonic()
    state = {"told": 0.0}
    moving = sys.stderr.isatty()

    def report(step: str, done: int, total: int) -> None:
        elapsed = time.monotonic() - started
        if elapsed < _QUIET_SECONDS:
            return
        if moving:
            sys.stderr.write(f"\r\x1b[K{step}: {done} of {total}" + ("\r\x1b[K" if done == total else ""))
            sys.stderr.flush()
        elif done == total or elapsed - state["told"] >= _EVERY_SECONDS:
            state["told"] = elapsed
            complain(f"{step}: {done} of {total} ({elapsed:.0f} s)")

    return report


def finish(code: ExitCode) -> None:
    """Leave with the code; returns for OK."""
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def example(*lines: str) -> str:
    """Return the closing part of a help text: real calls, and what the exit codes mean."""
    return "Examples:\n\n" + "\n\n".join(f"  $ {line}" for line in lines) + f"\n\n{EXIT_CODES_HELP}"


Command = Callable[..., None]
