"""twofold move: move log and captured bytes to another place."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, progress, say
from twofold.jobs.clock import actor, now
from twofold.jobs.move import HERE, move_workspace

NAME = "move"
SHORT_HELP = "Move log and captured bytes to another place."
HELP = (
    "Move the log to PostgreSQL, captured bytes to S3, or back. Entries are copied byte for byte, so every hash, "
    "proof and checkpoint stays. twofold.toml names the new places afterwards. The old copies stay; the old log "
    "refuses new entries.\n\n"
    + example(
        "twofold move -w acme --database 'postgresql://acme@db/evidence?schema=acme' --blobs s3://acme-evidence/vault",
        "twofold move -w acme --database here --blobs here",
    )
)
_HERE = Path()


def command(
    workspace: WorkspaceOption = _HERE,
    database: Annotated[str | None, typer.Option(help=f"A URL of PostgreSQL, or '{HERE}': the folder.")] = None,
    blobs: Annotated[str | None, typer.Option(help=f"A folder, s3://BUCKET/PREFIX, or '{HERE}'.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Move and say where everything is."""
    moved = move_workspace(workspace, database=database, blobs=blobs, actor=actor(), at=now(), report=progress())
    if as_json:
        print_json({"database": moved.database, "blobs": moved.blobs, "copied": moved.copied, "size": moved.size})
        return
    say(f"Log:   {moved.database or HERE}, {moved.size:,} entries")
    say(f"Bytes: {moved.blobs or HERE}, {counted(moved.copied, 'file')} copied")
    say("The old copies are still there. Remove them when 'twofold fsck' and a backup of the new place are done.")
