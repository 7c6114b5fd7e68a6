"""twofold init: make a new workspace."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.ask import ask_new_passphrase
from twofold.cli.output import JsonOption, example, print_json, say
from twofold.jobs.clock import actor, now
from twofold.jobs.init import init_workspace
from twofold.jobs.passphrase import FILE_VARIABLE, VARIABLE, read_passphrase
from twofold.jobs.signing_key import NewKey

NAME = "init"
SHORT_HELP = "Make a new workspace."
HELP = (
    "Make a new workspace: settings, starter scope files for a SOC 2, a signing key, and an empty vault. The key is "
    f"encrypted under a passphrase, which comes from {VARIABLE}, from the file that {FILE_VARIABLE} names, or from "
    "the terminal.\n\n"
    + example(
        'twofold init acme --company "Acme Inc." --zone America/New_York',
        'twofold init acme --company "Acme Inc." --keystore',
        'twofold init acme --company "Acme Inc." --database postgresql://acme@db/evidence '
        "--blobs s3://acme-evidence/vault",
    )
)


def command(
    folder: Annotated[Path, typer.Argument(help="New or empty folder.", file_okay=False)],
    company: Annotated[str, typer.Option(help="Name of the company.")],
    zone: Annotated[str, typer.Option(help="IANA zone in which days and periods are read.")] = "UTC",
    keystore: Annotated[
        bool, typer.Option("--keystore", help="Keep the signing key in the operating system's key store.")
    ] = False,
    database: Annotated[
        str, typer.Option(help="Keep the log in PostgreSQL: postgresql://user@host/database?schema=name, no password.")
    ] = "",
    blobs: Annotated[
        str,
        typer.Option(help="Keep captured bytes elsewhere: an absolute folder, or s3://BUCKET/PREFIX?region=REGION."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make the workspace and say what to do next."""
    key = NewKey(in_keystore=True) if keystore else NewKey(read_passphrase(ask_new_passphrase))
    storage = {name: place for name, place in (("blobs", blobs), ("database", database)) if place}
    made = init_workspace(
        folder, company=company, reporting_zone=zone, key=key, actor=actor(), at=now(), storage=storage
    )
    if as_json:
        print_json({"workspace": str(made.root), "files": list(made.files), "vkey": made.vkey})
        return
    say(f"Workspace made in {made.root}. Files for you to edit:")
    for name in made.files:
        say(f"  {made.root / name}")
    say(f"Signing key: {made.vkey}")
    say("  Without it and its passphrase nothing can be signed. Keep a copy of both, apart from each other.")
    say()
    say(f"Next: edit the files, then  twofold scope plan -w {made.root}")
