"""twofold test: run control tests over whole populations."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import ExitCode, JsonOption, WorkspaceOption, example, finish, print_json, progress, say
from twofold.controltests.run_record import RunState
from twofold.jobs.clock import actor, now
from twofold.jobs.control_tests import TestedRuns, run_control_tests
from twofold.records.workspace import Workspace

NAME = "test"
HELP = "Read the evidence, define each population, prove it complete, and run the control tests over every item.\n\n" + example(
    "twofold test -w acme", "twofold test T-10 T-13 -w acme"
)
_HERE = Path()
_SHOWN = 10


def command(
    control_tests: Annotated[list[str] | None, typer.Argument(help="Control tests such as T-10; all when left out.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Run the control tests and print counts; exceptions are results, not failures of the command."""
    with Workspace.open(workspace) as opened:
        tested = run_control_tests(opened, control_tests or [], actor=actor(), at=now(), report=progress())
    if as_json:
        print_json(
            {
                "runs": [run.as_json() for run in tested.runs.values()],
                "files": tested.read.files,
                "records": tested.read.records,
                "set_aside": tested.read.set_aside,
            }
        )
    else:
        _print(tested)
    stopped = any(run.state is RunState.STOPPED for run in tested.runs.values())
    finish(ExitCode.INCOMPLETE if stopped or tested.read.set_aside else ExitCode.OK)


def _print(tested: TestedRuns) -> None:
    read = tested.read
    rows = sum(stats.rows for stats in read.tables.stats.values())
    say(f"Read {read.files} files with {read.records} records into {rows} rows; {len(read.set_aside)} records set aside.")
    for record in read.set_aside[:_SHOWN]:
        say(f"  set aside: {record.name} ({record.evidence_id}), {record.record}: {record.reason}")
    if len(read.set_aside) > _SHOWN:
        say(f"  ... and {len(read.set_aside) - _SHOWN} more; all with --json")
    for run in tested.runs.values():
        say()
        say(f"{run.control_test}  {run.title}: {run.population_count} items, {run.state.value.replace('_', ' ')} ({run.run_id})")
        for stop in run.stops:
            say(f"  stopped: {stop}")
        for letter, counts in run.counts.items():
            say(f"  {letter}  " + ", ".join(f"{count} {code}" for code, count in sorted(counts.items(), key=lambda c: (-c[1], c[0]))))
    say()
    say("Next: twofold judge")
