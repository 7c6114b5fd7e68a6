"""twofold hold place | release | list: legal holds."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, progress, say, say_wrapped
from twofold.jobs.clock import actor, now
from twofold.jobs.holds import holds, place_hold, release_hold
from twofold.records.workspace import Workspace
from twofold.vault.retention.legal_hold import LegalHold

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, help="Keep evidence past its term: legal holds.")
_HERE = Path()
_Reason = Annotated[str, typer.Option(help="Why; goes into the log.")]
_Authority = Annotated[str, typer.Option(help="On whose authority.")]


@app.callback()
def _hold(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "place",
    help="Place a legal hold. What is captured later and fits it is held, too.\n\n"
    + example(
        'twofold hold place --engagement sox-fy2026 --reason "Matter 2026-14" --authority p-0002 -w acme',
        'twofold hold place --evidence ev-12 --source okta --reason "Matter 2026-15" --authority p-0002 -w acme',
    ),
)
def place(  # noqa: PLR0913, PLR0917  the options of the command
    reason: _Reason,
    authority: _Authority,
    evidence: Annotated[list[str] | None, typer.Option(help="Evidence id; give it once for each.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Everything from this source.")] = None,
    engagement: Annotated[list[str] | None, typer.Option(help="Everything that this engagement relies on.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All evidence.")] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Place a hold."""
    with Workspace.open(workspace) as opened:
        placed, count = place_hold(
            opened,
            evidence=evidence or [],
            sources=source or [],
            engagements=engagement or [],
            everything=everything,
            reason=reason,
            authority=authority,
            actor=actor(),
            at=now(),
            report=progress(),
        )
    if as_json:
        print_json({"hold": _as_json(placed), "covers": count})
        return
    _print(placed)
    say(f"It covers {counted(count, 'piece')} of evidence now. Recorded as entry {placed.entry} of the log.")


@app.command(
    "release",
    help="Release a legal hold. It needs a second person.\n\n"
    + example('twofold hold release hold-40 --reason "settled" --authority p-0002 --second p-0003 -w acme'),
)
def release(
    hold: Annotated[str, typer.Argument(help="Hold id, such as hold-40.")],
    reason: _Reason,
    authority: _Authority,
    second: Annotated[str, typer.Option(help="Second person who agreed.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Release a hold."""
    with Workspace.open(workspace) as opened:
        released = release_hold(
            opened, hold, reason=reason, authority=authority, second_person=second, actor=actor(), at=now()
        )
    if as_json:
        print_json({"hold": _as_json(released)})
        return
    _print(released)


@app.command("list", help="List the legal holds, those that stand first.\n\n" + example("twofold hold list -w acme"))
def list_holds(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List holds."""
    with Workspace.open(workspace) as opened:
        found = holds(opened)
    if as_json:
        print_json([_as_json(each) for each in found])
        return
    for each in found:
        _print(each)
    say(f"{counted(sum(each.stands for each in found), 'hold')} in force")


def _as_json(hold: LegalHold) -> dict[str, object]:
    return {
        "hold": hold.hold_id,
        "stands": hold.stands,
        "evidence": sorted(hold.evidence),
        "sources": sorted(hold.sources),
        "engagements": sorted(hold.engagements),
        "everything": hold.everything,
        "reason": hold.reason,
        "authority": hold.authority,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at,
        "released_by": hold.released_by,
        "released_at": hold.released_at,
    }


def _print(hold: LegalHold) -> None:
    what = [*sorted(hold.evidence), *sorted(hold.sources), *sorted(hold.engagements)]
    held = "everything" if hold.everything else ", ".join(what)
    state = "stands" if hold.stands else f"released by {hold.released_by}"
    say_wrapped(f"{hold.hold_id}  {state}: {held}. {hold.reason} (authority {hold.authority})", indent=0, hanging=4)
