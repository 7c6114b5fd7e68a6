"""twofold notices: send people what is due and what came in."""

import os
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import ExitCode, WorkspaceOption, complain, example, say
from twofold.jobs.clock import now
from twofold.jobs.notices.outbox import outbox
from twofold.jobs.notices.send import send_notices, senders_of
from twofold.records.workspace import Workspace

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, help="Send people what is due and what came in.")
_HERE = Path()


@app.callback()
def _notices(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "send",
    help="Send each person of the site what is due and what came in, by e-mail, webhook or Slack. Each gets one notice "
    "a day or a week, however often this runs. The site does the same while it runs; this is for cron.\n\n"
    + example("twofold notices send -w acme", "twofold notices send -w acme --quiet"),
)
def send(
    workspace: WorkspaceOption = _HERE,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only what could not be sent.")] = False,
) -> None:
    """Send."""
    with Workspace.open(workspace) as opened, outbox(opened.root) as box:
        report = send_notices(opened, box, senders_of(opened, os.environ), at=now())
        known = len(box.recipients())
    if not quiet:
        for line in report.sent:
            say(f"sent {line}")
        say(f"{len(report.sent)} sent, {len(report.failed)} not sent")
    if not known and not quiet:
        say("Nobody is known yet: the site, while it runs, tells who has an account.")
    for line in report.failed:
        complain(f"not sent {line}")
    if report.failed:
        raise typer.Exit(ExitCode.DIFFERENT)
