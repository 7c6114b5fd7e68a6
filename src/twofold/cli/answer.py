"""twofold answer: answer a request with captured evidence."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say, say_wrapped
from twofold.jobs.acts import answer_request
from twofold.jobs.clock import actor, now
from twofold.records.workspace import Workspace

NAME = "answer"
SHORT_HELP = "Answer a request with evidence."
HELP = "Answer a request of the auditor with evidence that was captured.\n\n" + example(
    'twofold answer rq-31 --evidence ev-12 --evidence ev-13 --note "all releases of June" -w acme'
)
_HERE = Path()


def command(
    request: Annotated[str, typer.Argument(help="Request id, such as rq-31.")],
    evidence: Annotated[list[str], typer.Option(help="Evidence id; give it once for each.")],
    note: Annotated[str, typer.Option(help="What the auditor should know.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Record the answer."""
    with Workspace.open(workspace) as opened:
        done = answer_request(opened, request, evidence=evidence, note=note, actor=actor(), at=now())
    if as_json:
        print_json(done)
        return
    named = ", ".join(done.answers[-1].evidence)
    say_wrapped(f"{done.request_id} is {done.state}, answered with {named}", indent=0, hanging=2)
    say(f"Recorded as entry {done.changed} of the log.")
