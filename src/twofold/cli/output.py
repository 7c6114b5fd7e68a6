"""How the command line speaks: results on standard output, progress and errors on standard error, and exit codes.

Captured data is printed as data: control characters in it are shown, never sent to the terminal.
"""

import re
import shutil
import sys
import textwrap
import time
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from twofold.jobs.progress import ProgressReporter

_QUIET_SECONDS = 1.0
_EVERY_SECONDS = 2.0
_WIDTH = 120
"""Columns to write in where standard output is no terminal and COLUMNS is not set."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class ExitCode(IntEnum):
    """What a command's exit code says."""

    OK = 0
    """Done, and what was asked holds."""
    DIFFERENT = 1
    """Done, and a check that was asked for did not hold: a package altered, a case failed."""
    INPUT = 2
    """Not done: the input or the call is faulty, or the machine refused."""
    INCOMPLETE = 3
    """Done in part: a population is not proven, or records could not be read. The output says which."""
    FAULT = 70
    """A fault of Twofold itself. A file with the details is named."""
    INTERRUPTED = 130
    """Stopped by the keyboard. What was acknowledged is kept; run the command again to go on."""
    NO_READER = 141
    """Whoever read standard output went away before the end, as in `twofold status | head -1`."""


EXIT_CODES_HELP = (
    "Exit codes: 0 done; 1 done, and a check did not hold; 2 not done, the input or the call is faulty; "
    "3 done in part, a population is not proven or records were set aside; 130 interrupted."
)

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        help="Folder of the workspace.",
        envvar="TWOFOLD_WORKSPACE",
        file_okay=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


class NoReaderError(Exception):
    """Standard output is a pipe whose reader has gone."""


def say(text: str = "") -> None:
    """Print a line of plain text."""
    _write(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text) + "\n")


def say_wrapped(text: str, *, indent: int, hanging: int = 0) -> None:
    """Print a paragraph as wide as the terminal, indented; further lines by `hanging` more."""
    first, further = " " * indent, " " * (indent + hanging)
    wrapper = textwrap.TextWrapper(width(), initial_indent=first, subsequent_indent=further)
    # A long id or hash stays whole, so that it can be copied.
    wrapper.break_long_words = wrapper.break_on_hyphens = False
    say(wrapper.fill(text))


def say_table(table: Table) -> None:
    """Print a table as wide as the terminal, without colour where standard output is none.

    A cell that does not fit is folded, not cut: an id that is cut cannot be copied into the next command.
    """
    for column in table.columns:
        if column.overflow == "ellipsis" and not column.no_wrap:
            column.overflow = "fold"
    # Cells hold names of systems and people: a bracket in one is a bracket, no style.
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width())
    with console.capture() as captured:
        console.print(table)
    _write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")


def width() -> int:
    """Return the columns to write in: COLUMNS, else those of the terminal."""
    return shutil.get_terminal_size((_WIDTH, 24)).columns


def print_json(value: Any) -> None:
    """Print a value as indented JSON with sorted keys."""
    _write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS, default=str).decode() + "\n")


def complain(text: str) -> None:
    """Print an error on standard error."""
    sys.stderr.write(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text) + "\n")


def progress() -> ProgressReporter:
    """Return a reporter of work over a second, on standard error: one line that moves, or a line now and then."""
    started = time.monotonic()
    told = started
    moving = sys.stderr.isatty()

    def report(step: str, done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - started < _QUIET_SECONDS:
            return
        if moving:
            sys.stderr.write(f"\r\x1b[K{step}: {done} of {total}" + ("\r\x1b[K" if done == total else ""))
            sys.stderr.flush()
        elif now - told >= _EVERY_SECONDS:
            told = now
            complain(f"{step}: {done} of {total} ({now - started:.0f} s)")

    return report


def finish(code: ExitCode) -> None:
    """Leave with the code; returns for OK."""
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def example(*calls: str) -> str:
    """Return the closing part of a help text: real calls, one a paragraph, and what the exit codes mean."""
    # \b keeps the help's lines as they are, so that a call can be copied.
    shown = "\n\n".join("\b\n  $ " + call.replace("\n", "\n      ") for call in calls)
    return f"Examples:\n\n{shown}\n\n{EXIT_CODES_HELP}"


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: `1 file`, `2,000 files`.

    >>> counted(1, "file"), counted(2000, "file")
    ('1 file', '2,000 files')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise NoReaderError from error
