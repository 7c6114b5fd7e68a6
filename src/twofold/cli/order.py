"""twofold order: conclusions that are older than what they rest on."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import (
    ExitCode,
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    finish,
    print_json,
    say,
    say_wrapped,
)
from twofold.jobs.order import order
from twofold.records.workspace import Workspace

NAME = "order"
SHORT_HELP = "Find conclusions older than their evidence."
HELP = (
    "Check that each judgement and sign-off came after what it rests on, by place in the log and by stated time.\n\n"
    "Exit code 1 when a conclusion in force is flagged.\n\n"
    + example("twofold order -w acme", "twofold order --engagement sox-fy2026 -w acme")
)
_HERE = Path()


def command(
    engagement: Annotated[str | None, typer.Option(help="Only this engagement.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Print a sentence per flag."""
    with Workspace.open(workspace) as opened:
        flags = order(opened, engagement=engagement)
    current = [flag for flag in flags if flag.current]
    if as_json:
        print_json({"in_order": not current, "flags": flags})
    else:
        for flag in flags:
            say_wrapped(flag.text, indent=0, hanging=2)
        say("every conclusion came after what it rests on" if not flags else counted(len(flags), "flag"))
    finish(ExitCode.DIFFERENT if current else ExitCode.OK)
