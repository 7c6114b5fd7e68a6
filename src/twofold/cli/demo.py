"""twofold demo: a made-up company through the whole line."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, example, print_json, progress, say
from twofold.cli.status import print_status
from twofold.jobs.clock import actor, now
from twofold.jobs.demo import SEED, Demonstration, demonstrate
from twofold.jobs.judge import JudgedEngagement
from twofold.jobs.status import workspace_status
from twofold.records.workspace import Workspace

NAME = "demo"
SHORT_HELP = "Show it all on a made-up company."
HELP = (
    "Make a demonstration company with planted faults, run the whole line on it, and write an audit package.\n\n"
    + example("twofold demo build/demo", "twofold demo /tmp/demo --seed 7 --changes 1000")
)


def command(
    folder: Annotated[Path, typer.Argument(help="New or empty folder.", file_okay=False)],
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = SEED,
    changes: Annotated[int, typer.Option(help="Changes in thirteen months.", min=600)] = 5000,
    as_json: JsonOption = False,
) -> None:
    """Run the demonstration and print its result."""
    made = demonstrate(folder, seed=seed, changes=changes, actor=actor(), at=now(), report=progress())
    with Workspace.open(made.workspace) as opened:
        status = workspace_status(opened)
    if as_json:
        print_json({"demonstration": asdict(made), "controls": status.rows, "next": status.steps})
        return
    print_status(status)
    _print_ways(made, _an_exception(status.judged))


def _an_exception(judged: Sequence[JudgedEngagement]) -> str:
    findings = [finding for each in judged for finding in each.findings]
    return findings[0].items[0] if findings else ""


def _print_ways(made: Demonstration, item: str) -> None:
    say()
    say("Look at it:")
    say(f"  the report         open {made.root / 'package' / 'data' / 'index.html'} in a browser")
    say(f"  a workbook         {made.root / 'package' / 'data' / 'controls'}: one folder per control")
    say(f"  in a browser       twofold serve -w {made.workspace}")
    say(f"  before an audit    twofold readiness -w {made.workspace}, then advise, what-if, cost, auditors")
    say(f"  one item           twofold explain '{item}' -w {made.workspace}")
    say(f"  the raw exports    {made.exports}")
    say(f"  the planted faults {made.answer_key}")
    say(f"  the signing key    its passphrase lies in {made.passphrase}, as the company is made up;")
    say("                     keep that of a real one somewhere else")
    say(f"  check the package  twofold verify {made.archive}")
    say("  your own company   twofold init my-company --company 'My Company' --zone Europe/Berlin")
