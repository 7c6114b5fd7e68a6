"""twofold retention plan | delete | policy: what is kept how long, and what goes."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_wrapped
from twofold.jobs.clock import actor, now
from twofold.jobs.retention import PolicyStatus, apply_policy, delete_due, policy_status, retention_plan
from twofold.records.workspace import Workspace

app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="Keep evidence for its term, then delete it."
)
_HERE = Path()
_SHOWN = 20


@app.callback()
def _retention(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "plan",
    help="Show what may be deleted now, and what is kept for which reason. A deletion that was cut off is finished.\n\n"
    + example("twofold retention plan -w acme"),
)
def plan(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Show the plan."""
    with Workspace.open(workspace) as opened:
        planned = retention_plan(opened, at=now())
    if as_json:
        print_json(planned)
        return
    for name, count in sorted(planned.kept.items()):
        years = counted(planned.policy.in_force.years(name), "year")
        say(f"  {counted(count, 'piece')} of evidence within the term of {name} ({years})")
    for because, count in sorted(planned.held.items()):
        say_wrapped(f"{counted(count, 'piece')} past the term and kept: {because}", indent=2, hanging=2)
    if planned.deleted:
        say(f"  {counted(planned.deleted, 'piece')} deleted; entry and hash remain")
    for sha256 in planned.finished:
        say(f"  finished a deletion that was cut off: {sha256}")
    say(f"{counted(len(planned.due), 'piece')} of evidence may be deleted")
    for each in planned.due[:_SHOWN]:
        say_wrapped(
            f"{each.term.evidence_id}  {each.name}, {each.term.class_name}, since {each.term.due_at:%Y-%m-%d}",
            indent=2,
            hanging=4,
        )
    if len(planned.due) > _SHOWN:
        say(f"  ... and {len(planned.due) - _SHOWN} more with --json")
    _say_difference(planned.policy)


@app.command(
    "delete",
    help="Delete evidence whose term is over. The log keeps entry and hash, and says who, when and why.\n\n"
    + example(
        'twofold retention delete ev-12 --reason "term over" --authority p-0002 --second p-0003 -w acme',
        'twofold retention delete --all-due --reason "yearly run" --authority p-0002 --second p-0003 -w acme',
    ),
)
def delete(
    reason: Annotated[str, typer.Option(help="Why; goes into the log.")],
    authority: Annotated[str, typer.Option(help="Who has the authority to delete.")],
    second: Annotated[str, typer.Option(help="Second person who agreed.")],
    evidence: Annotated[list[str] | None, typer.Argument(help="Evidence ids.")] = None,
    all_due: Annotated[bool, typer.Option("--all-due", help="Everything that may be deleted now.")] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Delete evidence."""
    with Workspace.open(workspace) as opened:
        done = delete_due(
            opened,
            evidence or [],
            all_due=all_due,
            reason=reason,
            authority=authority,
            second_person=second,
            actor=actor(),
            at=now(),
        )
    if as_json:
        print_json(done)
        return
    for each in done:
        say(f"{each.evidence_id} deleted, entry {each.entry}; SHA-256 {each.sha256}")
    if not done:
        say("Nothing may be deleted now, and nothing was. Why: twofold retention plan")


@app.command(
    "policy",
    help="Show the policy in force; with --apply, put the years of twofold.toml in force.\n\n"
    + example(
        "twofold retention policy -w acme",
        'twofold retention policy --apply --reason "contract with the bank" -w acme',
    ),
)
def policy(
    apply: Annotated[bool, typer.Option("--apply", help="Put the years of twofold.toml in force.")] = False,
    reason: Annotated[str, typer.Option(help="Why the terms change; goes into the log.")] = "",
    second: Annotated[str | None, typer.Option(help="Second person who agreed, where a term gets shorter.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show or apply the policy."""
    with Workspace.open(workspace) as opened:
        if apply:
            status = apply_policy(opened, reason=reason, second_person=second, actor=actor(), at=now())
        else:
            status = policy_status(opened)
    if as_json:
        print_json(status)
        return
    said = "as shipped" if status.entry is None else f"since entry {status.entry} of the log"
    say(f"Retention in force, {said}:")
    for each in status.in_force.classes:
        say_wrapped(f"{each.name:<12} {counted(each.years, 'year'):<9} {each.meaning}", indent=2, hanging=23)
        say_wrapped(each.source, indent=25)
    _say_difference(status)


def _say_difference(status: PolicyStatus) -> None:
    if status.differs:
        say_wrapped(
            "twofold.toml says other years than those in force. To put them in force: twofold retention policy --apply",
            indent=0,
        )
