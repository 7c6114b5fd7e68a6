"""The command `twofold`: one sub-command per file of this folder.

Whatever goes wrong becomes a short message on standard error and an exit code, never a traceback.
"""

import io
import os
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from typing import Annotated, Any

import duckdb
import typer
import typer.core
import typer.main

from twofold import __version__
from twofold.cli.output import EXIT_CODES_HELP, ExitCode, NoReaderError, complain, say
from twofold.model.problem import UserError

NAME = "twofold"
_REFUSALS = (OSError, sqlite3.OperationalError, duckdb.IOException, duckdb.OutOfMemoryException, MemoryError)
"""What the machine, not the user's data, refuses: no space, no right, no memory."""
_DUCKDB_INTERRUPTED = "Query interrupted"
"""Text of the RuntimeError that DuckDB gives in place of KeyboardInterrupt while a query runs."""

COMMANDS = (
    *("init", "capture", "test", "judge", "status", "explain", "compare", "package", "verify", "reperform"),
    *("cases", "demo", "fsck", "backup", "restore", "move", "dispose", "sign-off", "answer", "order"),
    *("checkpoint", "cost", "serve", "what-if", "explain-framework", "interview", "advise"),
    *("anti-patterns", "scope", "readiness", "request", "request-lists", "completeness", "sample"),
    *("auditors", "review", "questionnaire", "trust-page", "retention", "hold", "key", "log", "witness"),
    *("timestamp", "notices", "deficiency"),
)
"""Names of the commands, in the order of the help. Each has a file of its name in this folder."""


class _CommandFiles(Mapping[str, Any]):
    """Name of a command -> the command; its file is read when it is asked for, so that the others cost nothing."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return _read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Commands(typer.core.TyperGroup):
    """The group of all commands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "commands": _CommandFiles()})


@cache
def _read(name: str) -> Any:
    """Read the file of a command: it has a typer application of sub-commands, or one function."""
    file = import_module(f"twofold.cli.{name.replace('-', '_')}")
    group: typer.Typer | None = getattr(file, "app", None)
    if group is not None:
        return typer.main.get_group(group)
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    single.command(file.NAME, help=file.HELP, short_help=file.SHORT_HELP)(file.command)
    return typer.main.get_command(single)


app = typer.Typer(
    name=NAME,
    cls=_Commands,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="One piece of evidence, two audits: capture once, test every item once, judge for SOC 2 and for SOX 404 ITGC."
    f"\n\n{EXIT_CODES_HELP}\n\nShell completion: {NAME} --install-completion",
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """Print the help where no command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


_commands = cache(partial(typer.main.get_command, app))
"""The tree of commands, built once in a process."""


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every fault becomes a message on standard error."""
    try:
        code = _commands().main(args=list(arguments), prog_name=NAME, standalone_mode=False)
    except UserError as error:
        count = len(error.problems)
        complain(f"{NAME}: {'' if count == 1 else f'{count} problems, '}nothing was changed\n{error}")
        return ExitCode.INPUT
    except typer.TyperException as error:
        complain(_misuse(error))
        return ExitCode.INPUT
    except (typer.Abort, KeyboardInterrupt, duckdb.InterruptException):
        code = ExitCode.INTERRUPTED
    except NoReaderError:
        # Python flushes standard output once more as it ends; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.NO_READER
    except _REFUSALS as error:
        complain(
            f"{NAME}: the machine refused: {error}\n"
            "  next:     see that the disk has room and that you may read and write there, then run it again.\n"
            "            What was acknowledged before is kept"
        )
        return ExitCode.INPUT
    except Exception as error:  # noqa: BLE001  the outermost edge: a stranger gets a message and a file, not a traceback
        if str(error) != _DUCKDB_INTERRUPTED:
            complain(_own_fault(error))
            return ExitCode.FAULT
        code = ExitCode.INTERRUPTED
    if code == ExitCode.INTERRUPTED:
        complain(f"\n{NAME}: interrupted. What was acknowledged is kept; run the command again to go on")
    return int(code or ExitCode.OK)


def run() -> None:
    """Run the command that the process was called with."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))


def _misuse(error: typer.TyperException) -> str:
    """Say what is wrong with the call, in the form of every other message."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else NAME
    return f"{command}: {error.format_message()}\n  next:     {command} --help"


def _own_fault(error: Exception) -> str:
    """Write the details of a fault of ours to a file and name it."""
    details = f"{NAME} {__version__}, Python {sys.version}\n{''.join(traceback.format_exception(error))}"
    with tempfile.NamedTemporaryFile("wb", prefix="twofold-fault-", suffix=".txt", delete=False) as file:
        file.write(details.encode(errors="backslashreplace"))
    return (
        f"{NAME}: this is a fault of Twofold, not of your data ({type(error).__name__})\n"
        f"  next:     report it with {file.name}; look through that file first, since it may quote your data"
    )


if __name__ == "__main__":
    run()
