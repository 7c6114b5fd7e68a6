"""twofold request add | list | accept | return | withdraw: what an auditor asks for."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_wrapped
from twofold.engagement.request import Request, RequestAct
from twofold.jobs.acts import ask, change_request, requests
from twofold.jobs.clock import actor, now
from twofold.records.workspace import Workspace

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, help="Keep track of what an auditor asks for.")
_HERE = Path()
_REQUEST = Annotated[str, typer.Argument(metavar="{request}", help="Request id, such as rq-31.")]
_NOTE = Annotated[str, typer.Option(help="Why; goes into the log.")]


@app.callback()
def _request(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "add",
    help="Ask for something in an engagement.\n\n"
    + example(
        'twofold request add soc2-2026 "Tickets of the June releases" --control CM-01 --due 2026-08-01 \\\n'
        "--assigned-to p-0011 -w acme"
    ),
)
def add(
    engagement: Annotated[str, typer.Argument(help="Engagement id.")],
    text: Annotated[str, typer.Argument(help="What is asked for.")],
    control: Annotated[str | None, typer.Option(help="The control that it is about.")] = None,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day by which it is needed.")] = None,
    assigned_to: Annotated[str, typer.Option(help="HR id of the person who is asked.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Open a request."""
    day: date | None = due.date() if due else None
    with Workspace.open(workspace) as opened:
        done = ask(
            opened,
            engagement,
            control=control,
            text=text,
            assigned_to=assigned_to,
            due_on=day,
            actor=actor(),
            at=now(),
        )
    _print_one(done, as_json)


@app.command("list", help="List the requests with their states.\n\n" + example("twofold request list -w acme"))
def list_requests(
    engagement: Annotated[str | None, typer.Option(help="Only this engagement.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """List requests."""
    with Workspace.open(workspace) as opened:
        found = requests(opened, engagement=engagement)
    if as_json:
        print_json(found)
        return
    for each in found:
        _print(each)
    say(counted(len(found), "request"))


@app.command("accept", help="Accept what was answered.\n\n" + example("twofold request accept rq-31 -w acme"))
def accept(
    request: _REQUEST, note: _NOTE = "", workspace: WorkspaceOption = _HERE, as_json: JsonOption = False
) -> None:
    """Accept an answer."""
    _change(request, RequestAct.ACCEPT, note, workspace, as_json)


@app.command(
    "return",
    help="Return an answer that is not enough.\n\n"
    + example('twofold request return rq-31 --note "the tickets of 12 June are missing" -w acme'),
)
def return_answer(
    request: _REQUEST, note: _NOTE, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False
) -> None:
    """Return an answer."""
    _change(request, RequestAct.RETURN, note, workspace, as_json)


@app.command(
    "withdraw",
    help="Withdraw a request.\n\n" + example('twofold request withdraw rq-31 --note "asked twice" -w acme'),
)
def withdraw(request: _REQUEST, note: _NOTE, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Withdraw a request."""
    _change(request, RequestAct.WITHDRAW, note, workspace, as_json)


def _change(request: str, act: RequestAct, note: str, workspace: Path, as_json: bool) -> None:
    with Workspace.open(workspace) as opened:
        done = change_request(opened, request, act, note=note, actor=actor(), at=now())
    _print_one(done, as_json)


def _print_one(request: Request, as_json: bool) -> None:
    if as_json:
        print_json(request)
        return
    _print(request)
    say(f"Recorded as entry {request.changed} of the log.")


def _print(request: Request) -> None:
    about = f"{request.engagement} {request.control}" if request.control else request.engagement
    due = f", due {request.due_on}" if request.due_on else ""
    say_wrapped(f"{request.request_id}  {request.state:<9}  {about}: {request.text}{due}", indent=0, hanging=4)
    for answer in request.answers:
        note = f": {answer.note}" if answer.note else ""
        text = f"answered by {answer.given_by} with {', '.join(answer.evidence)}{note}"
        say_wrapped(text, indent=4, hanging=2)
    if request.note:
        say_wrapped(request.note, indent=4, hanging=2)
