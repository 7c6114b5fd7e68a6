"""The command `twofold`: one sub-command per file of this folder.

Whatever goes wrong becomes a short message on standard error and an exit code, never a traceback.
"""

import io
import os
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Annotated

import duckdb
import typer

from twofold import __version__
from twofold.cli import (
    advise,
    answer,
    anti_patterns,
    auditors,
    backup,
    capture,
    cases,
    checkpoint,
    compare,
    completeness,
    cost,
    demo,
    dispose,
    explain,
    explain_framework,
    fsck,
    hold,
    init,
    interview,
    judge,
    key,
    log,
    move,
    order,
    package,
    questionnaire,
    readiness,
    reperform,
    request,
    request_lists,
    restore,
    retention,
    review,
    sample,
    scope,
    serve,
    sign_off,
    status,
    timestamp,
    trust_page,
    verify,
    what_if,
    witness,
)
from twofold.cli import test as control_tests
from twofold.cli.output import EXIT_CODES_HELP, ExitCode, NoReaderError, complain, say
from twofold.model.problem import UserError

NAME = "twofold"
_REFUSALS = (OSError, sqlite3.OperationalError, duckdb.IOException, duckdb.OutOfMemoryException, MemoryError)
"""What the machine, not the user's data, refuses: no space, no right, no memory."""
_DUCKDB_INTERRUPTED = "Query interrupted"
"""Text of the RuntimeError that DuckDB gives in place of KeyboardInterrupt while a query runs."""

app = typer.Typer(
    name=NAME,
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


for module in (init, capture, control_tests, judge, status, explain, compare, package, verify, reperform, cases, demo):
    app.command(module.NAME, help=module.HELP, short_help=module.SHORT_HELP)(module.command)
for module in (fsck, backup, restore, move, dispose, sign_off, answer, order, checkpoint, cost):
    app.command(module.NAME, help=module.HELP, short_help=module.SHORT_HELP)(module.command)
app.command(serve.NAME, help=serve.HELP, short_help=serve.SHORT_HELP)(serve.command)
for module in (what_if, explain_framework):
    app.command(module.NAME, help=module.HELP, short_help=module.SHORT_HELP)(module.command)
app.command(interview.NAME, help=interview.HELP, short_help=interview.SHORT_HELP)(interview.command)
app.add_typer(advise.app, name="advise")
app.command(anti_patterns.NAME, help=anti_patterns.HELP, short_help=anti_patterns.SHORT_HELP)(anti_patterns.command)
app.add_typer(scope.app, name="scope")
app.add_typer(readiness.app, name="readiness")
app.add_typer(request.app, name="request")
app.add_typer(request_lists.app, name="request-lists")
app.add_typer(completeness.app, name="completeness")
app.add_typer(sample.app, name="sample")
app.add_typer(auditors.app, name="auditors")
app.add_typer(review.app, name="review")
app.add_typer(questionnaire.app, name="questionnaire")
app.add_typer(trust_page.app, name="trust-page")
app.add_typer(retention.app, name="retention")
app.add_typer(hold.app, name="hold")
app.add_typer(key.app, name="key")
app.add_typer(log.app, name="log")
app.add_typer(witness.app, name="witness")
app.add_typer(timestamp.app, name="timestamp")


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every fault becomes a message on standard error."""
    try:
        code = typer.main.get_command(app).main(args=list(arguments), prog_name=NAME, standalone_mode=False)
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
