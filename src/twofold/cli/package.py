"""twofold package: write the audit package."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import NOT_AN_OPINION, JsonOption, WorkspaceOption, example, print_json, progress, say
from twofold.jobs.clock import actor, now
from twofold.jobs.package import package
from twofold.records.workspace import Workspace

NAME = "package"
HELP = "Write the audit package of the judged engagements: a folder, and a zip beside it.\n\n" + example(
    "twofold package --into audit-2026 -w acme", "twofold package sox-fy2026 --into sox-package -w acme"
)
_HERE = Path()


def command(
    into: Annotated[Path, typer.Option(help="New folder for the package.", file_okay=False)],
    engagements: Annotated[list[str] | None, typer.Argument(help="Engagement ids; all that were judged when left out.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the package and say how to check it."""
    with Workspace.open(workspace) as opened:
        summary, archive = package(opened, engagements or [], into=into, actor=actor(), at=now(), report=progress())
    if as_json:
        print_json({"package": summary, "zip": str(archive)})
        return
    say(f"Package of {summary.files} files ({summary.size:,} bytes) in {summary.folder}, zipped as {archive}")
    say(f"  {summary.control_tests} control tests, {summary.evidence_files} evidence files, {summary.log_entries} log entries")
    say(f"  digest to hand over apart: {summary.digest}")
    say(f"  check it:  twofold verify {summary.folder}")
    say(f"  look at it: {summary.folder / 'data' / 'index.html'}")
    say(NOT_AN_OPINION)
