"""twofold verify: check a package or a workspace."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import ExitCode, JsonOption, example, finish, print_json, say
from twofold.jobs.verify import verify

NAME = "verify"
SHORT_HELP = "Check a package or a workspace."
HELP = (
    "Check an audit package (folder or zip, no workspace needed) or a workspace: every byte, every count, the log.\n\n"
    + example("twofold verify audit-2026.zip", "twofold verify acme")
)
_SHOWN = 20


def command(
    path: Annotated[Path, typer.Argument(help="Package folder, its zip, or a workspace.")],
    as_json: JsonOption = False,
) -> None:
    """Print each step; exit code 1 when one refuses."""
    steps = verify(path)
    failed = [step for step in steps if step.faults]
    if as_json:
        print_json({"whole": not failed, "steps": steps})
    else:
        for step in steps:
            say(f"({step.number}) {'ok     ' if not step.faults else 'REFUSED'} {step.title}")
            for fault in step.faults[:_SHOWN]:
                say(f"      {fault}")
            if len(step.faults) > _SHOWN:
                say(f"      ... and {len(step.faults) - _SHOWN} more; all with --json")
            for note in step.notes[:_SHOWN]:
                say(f"      note: {note}")
        say(f"{path}: " + ("whole" if not failed else f"{len(failed)} of {len(steps)} steps refuse"))
    finish(ExitCode.DIFFERENT if failed else ExitCode.OK)
