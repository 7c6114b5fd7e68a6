"""twofold checkpoint: sign the log as it is now."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.ask import ask_passphrase
from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say
from twofold.jobs.checkpoint import require_new, write_checkpoint
from twofold.jobs.clock import now
from twofold.jobs.signing_key import signing_key
from twofold.records.workspace import Workspace

NAME = "checkpoint"
SHORT_HELP = "Sign the log as it is now, in a file to send."
HELP = (
    "Sign the log as it is now and write the checkpoint to a file. Whoever holds the file can tell later whether "
    "anything before it was changed, removed or put in another order.\n\n"
    + example("twofold checkpoint -w acme --into 2026-07-15.checkpoint")
)
_HERE = Path()


def command(
    into: Annotated[Path, typer.Option(help="New file, to be sent.", dir_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Sign and say what was signed."""
    require_new(into)
    with Workspace.open(workspace) as opened:
        made = write_checkpoint(opened, signing_key(opened, ask=ask_passphrase), into=into, at=now())
    checkpoint = made.checkpoint
    if as_json:
        print_json(
            {
                "file": str(into),
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "timestamp_queued": made.timestamp_queued,
            }
        )
        return
    say(f"Signed: {checkpoint.size:,} entries of {checkpoint.origin}")
    say(f"Root:   {checkpoint.root.hex()}")
    say(f"File:   {into}")
    say("Keep it in another place, or send it to your auditor.")
    if made.timestamp_queued:
        say("Next: twofold timestamp send")
