"""twofold advise stage | categories | window | bridge | reply."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli import advise_text as text
from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say
from twofold.jobs.advice.advise import advise_categories, advise_reply, advise_stage, advise_window
from twofold.jobs.advice.letter import reply_letter
from twofold.jobs.clock import now
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace
from twofold.scope.advice.fit import bridge

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Advise before an audit: stage and posture, categories, type and window, a reply to a customer who says SOX.",
)
_HERE = Path()
_DAY = ["%Y-%m-%d"]
_ON = Annotated[
    datetime | None, typer.Option("--on", formats=_DAY, help="Advise as of this day; default: today, reporting zone.")
]
_SOURCES = Annotated[bool, typer.Option("--sources", help="Show rule, source and data under each sentence.")]


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@app.callback()
def _advise(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "stage",
    help="Say at which stage the company is, what to do first, what not to build yet, and what would change that.\n\n"
    + example("twofold advise stage -w acme", "twofold advise stage --on 2026-11-20 --sources -w acme"),
)
def stage(
    on: _ON = None, sources: _SOURCES = False, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False
) -> None:
    """Advise on stage and posture."""
    with Workspace.open(workspace) as opened:
        advice = advise_stage(opened, on=_day(on), at=now())
    if as_json:
        print_json(text.stage_json(advice))
    else:
        text.print_stage(advice, sources=sources)


@app.command(
    "categories",
    help="Argue for and against each trust services category, and say what it would add.\n\n"
    + example("twofold advise categories -w acme", "twofold advise categories --sources -w acme"),
)
def categories(
    on: _ON = None, sources: _SOURCES = False, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False
) -> None:
    """Advise on categories."""
    with Workspace.open(workspace) as opened:
        advice = advise_categories(opened, on=_day(on), at=now())
    if as_json:
        print_json(text.categories_json(advice))
    else:
        text.print_categories(advice, sources=sources)


@app.command(
    "window",
    help="Say which type of report, how long a period, and whether it may start.\n\n"
    + example("twofold advise window -w acme", "twofold advise window --starts-on 2027-01-01 --months 6 -w acme"),
)
def window(
    starts_on: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="First day of the period to look at.")
    ] = None,
    months: Annotated[int | None, typer.Option(help="Length of the period to look at, in months.")] = None,
    on: _ON = None,
    sources: _SOURCES = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Advise on type and window."""
    with Workspace.open(workspace) as opened:
        advice = advise_window(opened, starts_on=_day(starts_on), months=months, on=_day(on), at=now())
    if as_json:
        print_json(text.window_json(advice))
    else:
        text.print_window(advice, sources=sources)


@app.command(
    "bridge",
    help="Count the gap from a report's end to a fiscal year end, and say whether a bridge letter covers it.\n\n"
    + example("twofold advise bridge 2026-09-30 2026-12-31"),
)
def bridge_gap(
    last: Annotated[datetime, typer.Argument(formats=_DAY, help="Last day of the report's period.")],
    ends: Annotated[datetime, typer.Argument(formats=_DAY, help="Fiscal year end to reach.")],
    as_json: JsonOption = False,
) -> None:
    """Count the gap; no workspace is needed."""
    if ends < last:
        found = f"{ends:%Y-%m-%d} is before {last:%Y-%m-%d}"
        raise UserError(Problem("ENDS", found, "the fiscal year end on or after the report's end"))
    said = bridge(last.date(), ends.date())
    if as_json:
        print_json({"statement": said, "note": NOT_AN_OPINION})
        return
    page = text.Page(sources=True)
    page.sentence(said)
    page.end(())


@app.command(
    "reply",
    help="Draft a reply to a customer's loose SOX request: questions to ask back, and sentences that rest on data.\n\n"
    + example("twofold advise reply r-7 -w acme", "twofold advise reply r-7 --into reply.txt -w acme"),
)
def reply(
    request: Annotated[str, typer.Argument(metavar="{request}", help="Id of the buyer's request.")],
    into: Annotated[
        Path | None, typer.Option(help="Write the draft to this new text file, for a person to read.", dir_okay=False)
    ] = None,
    on: _ON = None,
    sources: _SOURCES = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Draft a reply."""
    if into is not None and into.exists():
        raise UserError(Problem(str(into), "lies there already", "a new file", "name another file, or remove it"))
    with Workspace.open(workspace) as opened:
        advice = advise_reply(opened, request, on=_day(on), at=now())
    if into is not None:
        into.write_text(reply_letter(advice), encoding="utf-8")
    if as_json:
        print_json(text.reply_json(advice))
    else:
        text.print_reply(advice, sources=sources)
        if into is not None:
            say(f"Written to {into}")
