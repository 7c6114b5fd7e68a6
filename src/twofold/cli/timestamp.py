"""twofold timestamp send | list: have checkpoints dated by an authority."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from twofold.cli.output import ExitCode, JsonOption, WorkspaceOption, example, finish, print_json, say
from twofold.jobs.clock import now
from twofold.jobs.timestamp import Timestamp, list_timestamps, send_timestamps
from twofold.records.workspace import Workspace

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Have checkpoints dated by an authority (RFC 3161).",
)
_HERE = Path()


@app.callback()
def _timestamp(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "send",
    help="Ask the authority for the timestamps that are due; call it again now and then, such as once an hour. Exit "
    "code 3 while a checkpoint is not dated.\n\n" + example("twofold timestamp send -w acme"),
)
def send(
    everything: Annotated[
        bool,
        typer.Option("--all", help="Do not wait; try again what was refused or not trusted, and what was never asked."),
    ] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Send what is due and show how all stand."""
    with Workspace.open(workspace) as opened:
        found = send_timestamps(opened, at=now(), everything=everything)
    _show(found, as_json=as_json)
    trusted = {each.row.note_sha256 for each in found if each.row.state == "trusted"}
    finish(ExitCode.OK if all(each.row.note_sha256 in trusted for each in found) else ExitCode.INCOMPLETE)


@app.command(
    "list",
    help="Show how the timestamps stand; the network is not used.\n\n" + example("twofold timestamp list -w acme"),
)
def list_all(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Show how all stand."""
    with Workspace.open(workspace) as opened:
        _show(list_timestamps(opened), as_json=as_json)


def _show(found: Sequence[Timestamp], *, as_json: bool) -> None:
    if as_json:
        print_json([_as_json(each) for each in found])
        return
    for each in found:
        row, when = each.row, "" if each.at is None else f" {each.at.isoformat()}"
        say(f"{row.size:>10,} entries  {row.state}{when}  {row.authority}")
        if row.problem:
            say(f"            {row.problem}")
        if row.state == "waiting" and row.attempts:
            say(f"            tried {row.attempts} times; next try after {row.next_try_at.isoformat()}")
    if not found:
        say("No checkpoint was queued for a timestamp yet. Next: twofold checkpoint")


def _as_json(each: Timestamp) -> dict[str, Any]:
    row = each.row
    return {
        "size": row.size,
        "note_sha256": row.note_sha256,
        "authority": row.authority,
        "state": row.state.value,
        "at": None if each.at is None else each.at.isoformat(),
        "attempts": row.attempts,
        "next_try_at": row.next_try_at.isoformat(),
        "problem": row.problem,
    }
