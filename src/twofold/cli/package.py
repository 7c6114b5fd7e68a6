"""twofold package: write the audit package."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.ask import ask_passphrase
from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, progress, say
from twofold.jobs.clock import actor, now
from twofold.jobs.package import package
from twofold.jobs.passphrase import FILE_VARIABLE, VARIABLE
from twofold.jobs.signing_key import signing_key
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace

NAME = "package"
SHORT_HELP = "Write the audit package."
HELP = (
    "Write the audit package of the judged engagements: a folder, and a zip beside it. The signing key signs it; its "
    f"passphrase comes from {VARIABLE}, from the file that {FILE_VARIABLE} names, or from the terminal.\n\n"
    + example(
        "twofold package --into audit-2026 -w acme",
        "twofold package sox-fy2026 --into sox-package -w acme",
        "twofold package --into audit-2026 --redact redact.toml -w acme",
    )
)
_HERE = Path()


def command(
    into: Annotated[Path, typer.Option(help="New folder for the package.", file_okay=False)],
    engagements: Annotated[
        list[str] | None, typer.Argument(help="Engagement ids; all that were judged when left out.")
    ] = None,
    redact: Annotated[
        Path | None, typer.Option(help="File that says which columns and rows to withhold.", dir_okay=False)
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the package and say how to check it."""
    with Workspace.open(workspace) as opened:
        key = signing_key(opened, ask=ask_passphrase)
        summary, archive = package(
            opened,
            engagements or [],
            into=into,
            key=key,
            actor=actor(),
            at=now(),
            redact=redact,
            report=progress(),
        )
    if as_json:
        print_json({"package": summary, "zip": str(archive)})
        return
    say(f"Package in {summary.folder}, zipped as {archive}")
    tests, evidence = counted(summary.control_tests, "tested control"), counted(summary.evidence_files, "evidence file")
    entries = f"{summary.records:,} of {summary.log_size:,} log entries"
    say(f"  {counted(summary.files, 'file')} ({summary.size:,} bytes): {tests}, {evidence}, {entries}")
    say(f"  look at it      {summary.folder / 'data' / 'index.html'}")
    say(f"  check it        twofold verify {archive}")
    say(f"  or without us   {summary.folder / 'data' / 'how-to-check.md'}")
    say("  hand over apart, by another way than the package: the key that signed it, once, and the digest that stands")
    say("  for every byte of it:")
    say(f"                  {summary.key}")
    say(f"                  {summary.digest}")
    say(NOT_AN_OPINION)
