"""twofold restore: make a workspace from a backup."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, example, print_json, progress, say
from twofold.jobs.backup import restore_workspace
from twofold.jobs.clock import actor, now

NAME = "restore"
SHORT_HELP = "Make a workspace from a backup."
HELP = (
    "Check a backup as a whole and make a workspace from it in a new folder. The log gets an entry that says so, so "
    "that two histories that grow from one backup can be told apart. What was cut off goes on when it is run again.\n\n"
    + example(
        "twofold restore /mnt/backup/acme --into acme",
        "twofold restore /mnt/backup/acme --into acme --database 'postgresql://acme@db/evidence?schema=acme2'",
    )
)


def command(
    backup: Annotated[Path, typer.Argument(help="Folder of the backup.", file_okay=False)],
    into: Annotated[Path, typer.Option(help="New folder for the workspace.", file_okay=False)],
    database: Annotated[str, typer.Option(help="PostgreSQL to keep the log in; else it is kept in the folder.")] = "",
    blobs: Annotated[str, typer.Option(help="Where to keep captured bytes: a folder, or s3://…")] = "",
    as_json: JsonOption = False,
) -> None:
    """Restore and say what to do next."""
    made = restore_workspace(
        backup, into=into, database=database, blobs=blobs, actor=actor(), at=now(), report=progress()
    )
    if as_json:
        print_json({"workspace": str(into), "size": made.backup.size, "entry": made.entry_index})
        return
    say(f"Restored into {into}: {made.backup.size:,} entries, as of {made.backup.made_at}")
    say(f"Entry {made.entry_index} says so. What was recorded after the backup was made is not here.")
    say(f"Next: twofold fsck -w {into}, then twofold test and twofold judge make again what is computed")
