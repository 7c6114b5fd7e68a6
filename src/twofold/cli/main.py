"""The command `twofold`: one sub-command per file of this folder."""

import sqlite3
import sys
from typing import Annotated

import typer

from twofold import __version__
from twofold.cli import capture, cases, demo, explain, init, judge, package, scope, status, verify
from twofold.cli import test as control_tests
from twofold.cli.output import EXIT_CODES_HELP, ExitCode, complain
from twofold.model.problem import UserError

app = typer.Typer(
    name="twofold",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="One piece of evidence, two audits: capture once, test every item once, judge for SOC 2 and for SOX 404 ITGC.\n\n"
    f"{EXIT_CODES_HELP}\n\nShell completion: twofold --install-completion",
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"twofold {__version__}\n")
        raise typer.Exit


@app.callback()
def _main(
    _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """Hold the options of every command."""


for module in (init, capture, control_tests, judge, status, explain, package, verify, cases, demo):
    app.command(module.NAME, help=module.HELP)(module.command)
app.add_typer(scope.app, name="scope")


def run() -> None:
    """Run the command; faults of the input become clear messages, never tracebacks."""
    try:
        app()
    except UserError as error:
        count = len(error.problems)
        complain(f"twofold: {'' if count == 1 else f'{count} problems, '}nothing was changed\n{error}")
        sys.exit(ExitCode.INPUT)
    except KeyboardInterrupt:
        complain("\ntwofold: interrupted; what was acknowledged is kept, run the command again to go on")
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.OK)
    except (OSError, sqlite3.OperationalError) as error:
        complain(f"twofold: the machine refused: {error}\n  next:     check space, rights and that no other program holds the files")
        sys.exit(ExitCode.INPUT)


if __name__ == "__main__":
    run()
