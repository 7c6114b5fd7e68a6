"""twofold dispose: say what an item's outcome means, without changing it."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say, say_wrapped
from twofold.jobs.acts import dispose
from twofold.jobs.clock import actor, now
from twofold.records.acts.disposition import DispositionKind
from twofold.records.workspace import Workspace

NAME = "dispose"
SHORT_HELP = "Say what an item's outcome means."
HELP = (
    "Record what an item's outcome means: confirmed, a data error or a scope error. The outcome stays as it is.\n\n"
    "What is softer than the rule needs a reason and a second person.\n\n"
    + example(
        "twofold dispose INC-2 --control-test T-19 --as confirmed -w acme",
        "twofold dispose INC-2 --control-test T-19 --as data_error \\\n"
        '--reason "the page time was exported without its zone" --second p-0002 -w acme',
    )
)
_HERE = Path()


def command(
    item: Annotated[str, typer.Argument(help="Item id, as workbooks, findings and reports show it.")],
    control_test: Annotated[str, typer.Option(help="Control test, such as T-10.")],
    kind: Annotated[DispositionKind, typer.Option("--as", help="What the outcome is.")],
    reason: Annotated[str, typer.Option(help="Why; goes into the log. May be left out for confirmed.")] = "",
    second: Annotated[str | None, typer.Option(help="Second person who agreed.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Record the disposition."""
    with Workspace.open(workspace) as opened:
        done = dispose(
            opened,
            item,
            control_test=control_test,
            kind=kind,
            reason=reason,
            second_person=second,
            actor=actor(),
            at=now(),
        )
    if as_json:
        print_json(done)
        return
    codes = ", ".join(f"{letter} {code}" for letter, code in done.codes)
    agreed = f", agreed by {done.second_person}" if done.second_person else ""
    say_wrapped(f"{item}: {done.kind.value.replace('_', ' ')}, said by {done.given_by}{agreed}", indent=0, hanging=2)
    say_wrapped(f"The outcome stays: {codes} ({done.run_id})", indent=2, hanging=2)
    say(f"Recorded as entry {done.entry} of the log.")
