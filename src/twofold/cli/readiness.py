"""twofold readiness, and below it confirm and dry-run: what an audit would find today, and what to repair first."""

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twofold.catalog.load import load_catalog
from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say
from twofold.cli.readiness_text import print_dry_run, print_review
from twofold.jobs.clock import actor, now
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.new_files import require_new
from twofold.jobs.readiness.confirming import confirm_controls
from twofold.jobs.readiness.drawing import finish_dry_run, start_dry_run
from twofold.jobs.readiness.dry_run import dry_runs
from twofold.jobs.readiness.gathering import run_controls
from twofold.jobs.readiness.review import review
from twofold.jobs.readiness.shown import dry_run_json, review_json
from twofold.model.problem import Problem, UserError
from twofold.readiness.check_files import headings
from twofold.readiness.freshness import local_day
from twofold.records.workspace import Workspace
from twofold.reports.readiness_page import readiness_page
from twofold.scope.nearest import nearest
from twofold.vault.blobs.written_file import write_new_file

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Review the readiness: what an audit would find today, and what to repair first.\n\n"
    + example(
        "twofold readiness -w acme",
        "twofold readiness --control AC-03 -w acme",
        "twofold readiness --area traceability --system billing -w acme",
        "twofold readiness --today 2026-11-25 --html readiness.html -w acme",
    ),
)
_HERE = Path()
_DAY = ["%Y-%m-%d"]
_TODAY = Annotated[
    datetime | None,
    typer.Option(formats=_DAY, help="The day of the review, in the reporting zone. By default today."),
]


class DryRunAct(StrEnum):
    """What is done with a dry run."""

    START = "start"
    STATUS = "status"
    FINISH = "finish"


@app.callback()
def _readiness(  # noqa: PLR0913, PLR0917  the options of the command
    context: typer.Context,
    control: Annotated[str, typer.Option(help="Only what speaks of this control, for example AC-03.")] = "",
    system: Annotated[str, typer.Option(help="Only what speaks of this system.")] = "",
    area: Annotated[str, typer.Option(help="Only this question or area, for example owned or vendors.")] = "",
    today: _TODAY = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Days to look back. By default 90.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page to this new file as well.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Review, unless a sub-command is given."""
    if context.invoked_subcommand is not None:
        return
    if html is not None:
        require_new([html])
    with Workspace.open(workspace) as opened:
        _check_names(opened, control=control, system=system, area=area)
        found = review(opened, today=_day(opened, today), window_days=days)
        shown = review_json(found, control=control, system=system, area=area)
    if html is not None:
        write_new_file(html, readiness_page(shown).encode())
    if as_json:
        print_json(shown)
        return
    print_review(shown)
    if html is not None:
        say(f"\nThe page with the map of weeks and every check: {html}")


@app.command(
    "confirm",
    help="Confirm that controls are yours and run as described. You are who TWOFOLD_ACTOR says, by HR id.\n\n"
    + example("twofold readiness confirm AC-03 -w acme", "twofold readiness confirm -w acme"),
)
def confirm(
    controls: Annotated[
        list[str] | None, typer.Argument(metavar="[CONTROL]...", help="Controls; none = all that you own.")
    ] = None,
    note: Annotated[str, typer.Option(help="What you want to add.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Capture a confirmation."""
    with Workspace.open(workspace) as opened:
        evidence = confirm_controls(opened, controls or [], note=note, actor=actor(), at=now())
    if as_json:
        print_json({"evidence": list(evidence)})
        return
    say(f"Confirmed, and captured as {', '.join(evidence)}.")


@app.command(
    "dry-run",
    help="Draw 5 random items per control, and measure how long full evidence takes, by the times of the log.\n\n"
    + example(
        "twofold readiness dry-run -w acme",
        "twofold readiness dry-run status -w acme",
        "twofold readiness dry-run finish -w acme",
    ),
)
def dry_run(
    act: Annotated[
        DryRunAct, typer.Argument(help="start draws the items, status measures, finish ends the dry run.")
    ] = DryRunAct.START,
    today: _TODAY = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Start a dry run, look at it, or end it."""
    with Workspace.open(workspace) as opened:
        day = _day(opened, today)
        match act:
            case DryRunAct.START:
                found = [start_dry_run(opened, today=day, actor=actor(), at=now())]
            case DryRunAct.FINISH:
                found = [finish_dry_run(opened, today=day, actor=actor(), at=now())]
            case DryRunAct.STATUS:
                found = dry_runs(opened, today=day)
        shown = [dry_run_json(each, opened.vault.list_evidence()) for each in found]
    if as_json:
        print_json(shown)
        return
    for each in shown:
        print_dry_run(each)
    say(counted(len(shown), "dry run"))


def _day(opened: Workspace, today: datetime | None) -> date:
    zone = require_applied_scope(opened).scope.reporting_zone
    return today.date() if today is not None else local_day(now(), zone)


def _check_names(opened: Workspace, *, control: str, system: str, area: str) -> None:
    """Raise UserError for every name that the scope or the checks do not know."""
    scope = require_applied_scope(opened).scope
    known = {
        "--control": (control, list(run_controls(load_catalog(), scope))),
        "--system": (system, [each.id for each in scope.systems]),
        "--area": (area, list(headings())),
    }
    problems = [
        Problem(option, f"there is no {option[2:]} {name!r} here", f"one of {', '.join(names)}", nearest(name, names))
        for option, (name, names) in known.items()
        if name and name not in names
    ]
    if problems:
        raise UserError(problems)
