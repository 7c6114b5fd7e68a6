"""twofold review open | list | show | route | decide | complete | revoked | look | diff | indicators."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli import review_text as text
from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_wrapped
from twofold.engagement.access_review import Decision
from twofold.engagement.access_review_indicators import indicators
from twofold.jobs.access_review.acts import complete_review, record_look, record_removal, route_pairs
from twofold.jobs.access_review.comparing import all_reviews, compare, review_shown
from twofold.jobs.access_review.deciding import decide, decide_from_file
from twofold.jobs.access_review.decisions_file import write_list
from twofold.jobs.access_review.opening import open_review
from twofold.jobs.clock import actor, now
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Hold access reviews: everything a system's accounts can do, decided on, followed up, and compared.",
)
_HERE = Path()
_REVIEW = Annotated[str, typer.Argument(metavar="{review}", help="Review id, such as rv-billing-2026-04-02.")]
_ACCOUNT = Annotated[str, typer.Argument(help="Account, such as billing:ana.")]
_RIGHT = Annotated[str, typer.Argument(help="Right, such as billing:admin.")]
_DAY = ["%Y-%m-%d"]


@app.callback()
def _review(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "open",
    help="Open a review of a system from a captured snapshot of the system itself.\n\n"
    + example(
        "twofold review open billing --snapshot billing-2026-04-01 --reviewer okta:ana --reviewer okta:bo -w acme"
    ),
)
def open_one(
    system: Annotated[str, typer.Argument(help="System id.")],
    snapshot: Annotated[str, typer.Option(help="Id of the snapshot.")],
    reviewer: Annotated[
        list[str], typer.Option(help="Account or HR id; a pair goes to the first one whose own access it is not.")
    ],
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=_DAY,
            help="Day since which every review of the system is in this workspace. "
            "Default: the start of the due period of the snapshot.",
        ),
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Open a review."""
    with Workspace.open(workspace) as opened:
        done = open_review(
            opened,
            system,
            snapshot_id=snapshot,
            reviewers=reviewer,
            since=since.date() if since else None,
            actor=actor(),
            at=now(),
        )
    if text.print_act(done, as_json):
        return
    say_wrapped(
        f"Next: twofold review show {done.review.review_id}. Each reviewer decides on their own pairs.", indent=0
    )


@app.command("list", help="List the reviews with their states.\n\n" + example("twofold review list -w acme"))
def list_reviews(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List reviews."""
    with Workspace.open(workspace) as opened:
        found = all_reviews(opened)
    if as_json:
        print_json([text.review_json(each) for each in found])
        return
    for each in found:
        text.say_review(each)
    say(counted(len(found), "review"))


@app.command(
    "show",
    help="Show who has to decide on what, and what became of removals.\n\n"
    + example(
        "twofold review show rv-billing-2026-04-02 -w acme",
        "twofold review show rv-billing-2026-04-02 --reviewer okta:ana --into ana.csv -w acme",
    ),
)
def show(
    review: _REVIEW,
    reviewer: Annotated[str | None, typer.Option(help="Only the pairs of this reviewer (account).")] = None,
    into: Annotated[
        Path | None, typer.Option(help="Write the pairs to this CSV file, for the decisions.", dir_okay=False)
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show one review."""
    with Workspace.open(workspace) as opened:
        found, pairs, removals = review_shown(opened, review, at=now())
    known = sorted({each.item.reviewer for each in pairs})
    if reviewer is not None and reviewer not in known:
        expected = "one of " + ", ".join(known)
        raise UserError(Problem("--reviewer", f"no pair of {review} is routed to the account {reviewer!r}", expected))
    shown = [each for each in pairs if reviewer in {None, each.item.reviewer}]
    if into is not None:
        write_list(into, (each.as_line() for each in shown))
    if as_json:
        print_json(text.shown_json(found, shown, removals))
        return
    text.say_shown(found, shown, removals)
    if into is not None:
        say(f"{counted(len(shown), 'pair')} written to {into}. Next: twofold review decide {review} --file {into}")


@app.command(
    "route",
    help="Give pairs to another reviewer: own access, a reviewer who left, a decision to be made anew.\n\n"
    + example(
        'twofold review route rv-billing-2026-04-02 --account billing:ana --to okta:bo --reason "own access" -w acme',
        'twofold review route rv-billing-2026-04-02 --from okta:ana --to okta:bo --reason "left on 3 April" -w acme',
        "twofold review route rv-billing-2026-04-02 --account billing:cy --decided --to okta:bo \\\n"
        '--reason "kept by mistake" -w acme',
    ),
)
def route(  # noqa: PLR0913, PLR0917  the options of the command
    review: _REVIEW,
    to: Annotated[str, typer.Option(help="Account or HR id of the new reviewer.")],
    reason: Annotated[str, typer.Option(help="Why; goes into the evidence.")],
    of_reviewer: Annotated[str | None, typer.Option("--from", help="Only pairs of this reviewer (account).")] = None,
    account: Annotated[str | None, typer.Option(help="Only pairs of this account.")] = None,
    right: Annotated[str | None, typer.Option(help="Only pairs with this right.")] = None,
    decided: Annotated[
        bool, typer.Option("--decided", help="Decided pairs too: they are decided anew, and both decisions stay.")
    ] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Route pairs."""
    with Workspace.open(workspace) as opened:
        done = route_pairs(
            opened,
            review,
            to=to,
            of_reviewer=of_reviewer,
            account=account,
            right_id=right,
            reason=reason,
            decided=decided,
            actor=actor(),
            at=now(),
        )
    text.print_act(done, as_json)


@app.command(
    "decide",
    help="Decide on one pair, or on many from a file.\n\n"
    + example(
        "twofold review decide rv-billing-2026-04-02 billing:cy billing:admin --decision revoke \\\n"
        '--reason "moved to sales in March" -w acme',
        "twofold review decide rv-billing-2026-04-02 --file ana.csv -w acme",
    ),
)
def decide_one(  # noqa: PLR0913, PLR0917  the options of the command
    review: _REVIEW,
    account: Annotated[str | None, typer.Argument(help="Account, such as billing:ana.")] = None,
    right: Annotated[str | None, typer.Argument(help="Right, such as billing:admin.")] = None,
    decision: Annotated[Decision | None, typer.Option(help="What is decided; modify = another right instead.")] = None,
    reason: Annotated[str, typer.Option(help="Why; goes into the evidence.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="CSV that 'review show --into' wrote, with decisions.", dir_okay=False)
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Decide."""
    one = (account, right, decision)
    with Workspace.open(workspace) as opened:
        if file is not None and not any((*one, reason)):
            done = decide_from_file(opened, review, file, actor=actor(), at=now())
        elif file is None and account and right and decision:
            done = decide(opened, review, (account, right), decision=decision, reason=reason, actor=actor(), at=now())
        else:
            found = "a file and a pair" if file else "no file, and a pair that is not whole"
            raise UserError(Problem("decide", found, "ACCOUNT RIGHT --decision --reason, or --file", "see --help"))
    text.print_act(done, as_json)


@app.command(
    "complete",
    help="Complete a review in which every pair is decided.\n\n"
    + example("twofold review complete rv-billing-2026-04-02 -w acme"),
)
def complete(review: _REVIEW, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Complete a review."""
    with Workspace.open(workspace) as opened:
        done = complete_review(opened, review, actor=actor(), at=now())
    if text.print_act(done, as_json):
        return
    if wrong := len(done.review.judged_wrong):
        say_wrapped(
            f"Next: have {counted(wrong, 'pair')} removed, record each with 'twofold review revoked', and capture a "
            "later snapshot that shows them gone.",
            indent=0,
        )


@app.command(
    "revoked",
    help="Record that access judged wrong was removed; a later snapshot has to show it gone.\n\n"
    + example("twofold review revoked rv-billing-2026-04-02 billing:cy billing:admin --ticket ACC-12 -w acme"),
)
def revoked(  # noqa: PLR0913, PLR0917  the options of the command
    review: _REVIEW,
    account: _ACCOUNT,
    right: _RIGHT,
    ticket: Annotated[str, typer.Option(help="Ticket or other record of the removal.")],
    executed_at: Annotated[str, typer.Option(help="When it was removed, with offset. Default: now.")] = "",
    reason: Annotated[str, typer.Option(help="Why there is a further record; all of them stay.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Record a removal."""
    with Workspace.open(workspace) as opened:
        done = record_removal(
            opened,
            review,
            (account, right),
            ticket=ticket,
            executed_at=executed_at,
            reason=reason,
            actor=actor(),
            at=now(),
        )
    text.print_act(done, as_json)


@app.command(
    "look",
    help="Record a look at what access judged wrong was used for (SOX).\n\n"
    + example(
        "twofold review look rv-billing-2026-04-02 billing:cy billing:admin --from 2026-01-05 \\\n"
        '--result "no invoice changed, see ev-311" -w acme'
    ),
)
def look(
    review: _REVIEW,
    account: _ACCOUNT,
    right: _RIGHT,
    looked_from: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First day that was looked at.")],
    result: Annotated[str, typer.Option(help="What the access was used for; goes into the evidence.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Record a look."""
    with Workspace.open(workspace) as opened:
        done = record_look(
            opened,
            review,
            (account, right),
            looked_from=looked_from.date(),
            result=result,
            actor=actor(),
            at=now(),
        )
    text.print_act(done, as_json)


@app.command(
    "diff",
    help="Compare a review with the one before, with another, or with today.\n\n"
    + example(
        "twofold review diff rv-billing-2026-07-01 -w acme",
        "twofold review diff rv-billing-2026-07-01 --with today -w acme",
    ),
)
def diff(
    review: _REVIEW,
    other: Annotated[
        str | None, typer.Option("--with", help="Review id, or today = newest snapshot. Default: the review before.")
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Compare."""
    with Workspace.open(workspace) as opened:
        found = compare(opened, review, other=other)
    if as_json:
        print_json(text.comparison_json(found))
        return
    text.say_comparison(found)


@app.command(
    "indicators",
    help="Show pace and bulk approval of a review: questions for a reader, never a verdict.\n\n"
    + example("twofold review indicators rv-billing-2026-04-02 -w acme"),
)
def show_indicators(review: _REVIEW, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Show indicators."""
    with Workspace.open(workspace) as opened:
        found, _, _ = review_shown(opened, review, at=now())
    said = indicators(found.items.values())
    if as_json:
        print_json({"review": review, "indicators": said})
        return
    text.say_indicators(said)
