"""twofold verify: check a package or a workspace."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import ExitCode, JsonOption, example, finish, print_json, say
from twofold.jobs.verify import VerifiedThing, verify

NAME = "verify"
SHORT_HELP = "Check a package or a workspace."
HELP = (
    "Check an audit package (folder or zip, no workspace needed) or a workspace: every byte, every count, the log.\n\n"
    "A package alone shows that its pieces fit and which key sealed it. That the key is the company's, and that the "
    "log was not written anew, shows only what you received apart: give it with --key and --checkpoint.\n\n"
    + example(
        "twofold verify audit-2026.zip",
        "twofold verify audit-2026.zip --key acme.vkey --checkpoint january.checkpoint",
        "twofold verify acme",
    )
)
_SHOWN = 20


def command(
    path: Annotated[Path, typer.Argument(help="Package folder, its zip, or a workspace.")],
    key: Annotated[
        list[str] | None,
        typer.Option(help="The company's or a witness's key as received apart: NAME+ID+BASE64, or a file with it."),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint of the log as received apart.", dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print each step; exit code 1 when one refuses."""
    verified = verify(path, keys=key or (), checkpoint=checkpoint)
    failed = [step for step in verified.steps if step.faults]
    if as_json:
        print_json(
            {"whole": not failed, "steps": verified.steps, "notes": verified.notes, "not_shown": verified.unshown}
        )
    else:
        _say(verified)
        refused = [step for step in failed if not step.skipped]
        say(f"{path}: " + ("whole" if not failed else f"{len(refused)} of {len(verified.steps)} steps refuse"))
    finish(ExitCode.DIFFERENT if failed else ExitCode.OK)


def _say(verified: VerifiedThing) -> None:
    said: tuple[str, ...] = ()
    for step in verified.steps:
        state = "skipped" if step.skipped else "REFUSED" if step.faults else "ok"
        say(f"{f'({step.number})':>4} {state:<7} {step.title}")
        # Why steps are skipped is said once, at the first.
        faults = () if step.skipped and step.faults == said else step.faults
        said = step.faults if step.skipped else said
        for fault in faults[:_SHOWN]:
            say(f"      {fault}")
        if len(faults) > _SHOWN:
            say(f"      ... and {len(faults) - _SHOWN} more; all with --json")
        for note in step.notes[:_SHOWN]:
            say(f"      note: {note}")
    for note in verified.notes:
        say(f"note: {note}")
    for text in verified.unshown:
        say(f"not shown: {text}")
