"""twofold backup: copy a workspace into a folder while it is in use."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, progress, say
from twofold.jobs.backup import back_up_workspace
from twofold.jobs.clock import now
from twofold.records.workspace import Workspace

NAME = "backup"
SHORT_HELP = "Back a workspace up into a folder."
HELP = (
    "Copy log, captured bytes, settings, scope files and the encrypted key into a folder, while others may go on "
    "capturing, and check the copy. Into the same folder again, only what is new is copied. What was deleted under "
    "retention goes from the backup, too.\n\n"
    "The passphrase of the key is not in it. Keep that apart.\n\n"
    + example("twofold backup -w acme --into /mnt/backup/acme")
)
_HERE = Path()


def command(
    into: Annotated[Path, typer.Option(help="Folder: new, or an earlier backup of this workspace.", file_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Back up and say what is in it."""
    with Workspace.open(workspace) as opened:
        made = back_up_workspace(opened, into=into, at=now(), report=progress())
    backup = made.backup
    if as_json:
        fields = {"origin": backup.origin, "size": backup.size, "root": backup.root.hex(), "blobs": backup.blobs}
        print_json({"folder": str(into), "copied": made.copied, **fields})
        return
    say(f"Backed up into {into}: a log of {backup.size:,} entries")
    say(f"Captured bytes: {counted(backup.blobs, 'file')}, {made.copied:,} of them new. All of it was checked.")
    say(f"Root: {backup.root.hex()}")
    say(
        "Keep the passphrase of the signing key apart from it. Try it now and then: twofold restore, into a new folder."
    )
