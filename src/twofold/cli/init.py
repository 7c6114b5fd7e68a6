"""twofold init: make a new workspace."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, example, print_json, say
from twofold.jobs.clock import actor, now
from twofold.jobs.init import init_workspace

NAME = "init"
SHORT_HELP = "Make a new workspace."
HELP = "Make a new workspace: settings, starter scope files for a SOC 2, and an empty vault.\n\n" + example(
    'twofold init acme --company "Acme Inc." --zone America/New_York'
)


def command(
    folder: Annotated[Path, typer.Argument(help="New or empty folder.", file_okay=False)],
    company: Annotated[str, typer.Option(help="Name of the company.")],
    zone: Annotated[str, typer.Option(help="IANA zone in which days and periods are read.")] = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Make the workspace and say what to do next."""
    made = init_workspace(folder, company=company, reporting_zone=zone, actor=actor(), at=now())
    if as_json:
        print_json({"workspace": str(made.root), "files": list(made.files)})
        return
    say(f"Workspace made in {made.root}. Files for you to edit:")
    for name in made.files:
        say(f"  {made.root / name}")
    say()
    say(f"Next: edit the files, then  twofold scope plan -w {made.root}")
