"""twofold test: run control tests over whole populations."""

from collections import Counter
from collections.abc import Mapping, Sequence
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
    progress,
    say,
    say_wrapped,
)
from twofold.controltests.run_record import ControlTestRun, RunState
from twofold.jobs.clock import actor, now
from twofold.jobs.control_tests import TestedRuns, run_control_tests
from twofold.model.outcome import Outcome, ReasonCode
from twofold.records.workspace import Workspace

NAME = "test"
SHORT_HELP = "Test every item of every population."
HELP = (
    "Read the evidence, define each population, prove it complete, and run the control tests over every item.\n\n"
    "An exception is a result, so it does not change the exit code.\n\n"
    + example("twofold test -w acme", "twofold test T-10 T-13 -w acme")
)
_HERE = Path()
_SHOWN = 10
_WORDS = {
    Outcome.PASS: "pass",
    Outcome.EXCEPTION: "exception",
    Outcome.CANNOT_TEST: "cannot test",
    Outcome.NOT_APPLICABLE: "not applicable",
}
_EXPLAINED = (Outcome.EXCEPTION, Outcome.CANNOT_TEST)


def command(
    control_tests: Annotated[list[str] | None, typer.Argument(help="Such as T-10; all when left out.")] = None,
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
                "stops": tested.stops,
                "files": tested.read.files,
                "records": tested.read.records,
                "conflicting": _conflicting(tested),
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
    say(f"Read {counted(read.files, 'file')} with {counted(read.records, 'record')} into {counted(rows, 'row')}.")
    for record in read.set_aside[:_SHOWN]:
        say_wrapped(
            f"set aside: {record.name} ({record.evidence_id}), {record.record}: {record.reason}", indent=2, hanging=2
        )
    if len(read.set_aside) > _SHOWN:
        say(f"  ... and {len(read.set_aside) - _SHOWN:,} more set aside; all with --json")
    for table, count in _conflicting(tested).items():
        say(f"  {table}: {counted(count, 'row')} contradict another row of the same key and prove nothing")
    for run in tested.runs.values():
        say()
        _print_run(run, tested.stops.get(run.control_test, ()))
    say()
    say("Next: twofold judge")


def _conflicting(tested: TestedRuns) -> dict[str, int]:
    stats = tested.read.tables.stats
    return {name: each.conflicting for name, each in sorted(stats.items()) if each.conflicting}


def _print_run(run: ControlTestRun, stops: Sequence[str]) -> None:
    state = run.state.value.replace("_", " ")
    say_wrapped(f"{run.control_test}  {run.title}", indent=0, hanging=6)
    say(f"      {counted(run.population_count, 'item')}, {state}  ({run.run_id})")
    for stop in stops:
        say_wrapped(f"stopped at {stop}", indent=6, hanging=2)
    if stops:
        say("      so nothing is known of these items: complete the exports, or explain each difference")
    for letter, counts in run.counts.items():
        _print_attribute(letter, counts)


def _print_attribute(letter: str, counts: Mapping[str, int]) -> None:
    """Print the four outcomes on a line, and below it the reasons of exceptions and of what cannot be tested."""
    codes = {code: ReasonCode.parse(code) for code in counts}
    totals = Counter[Outcome]()
    for code, count in counts.items():
        totals[codes[code].outcome] += count
    shown = ", ".join(_total(totals[outcome], outcome) for outcome in _WORDS if totals[outcome])
    say(f"  {letter}   {shown or 'no item'}")
    for outcome in _EXPLAINED:
        reasons = [(-count, codes[code].reason) for code, count in counts.items() if codes[code].outcome is outcome]
        if reasons:
            parts = ", ".join(f"{-count:,} {reason}" for count, reason in sorted(reasons))
            say_wrapped(f"{_WORDS[outcome]}: {parts}", indent=6, hanging=2)


def _total(count: int, outcome: Outcome) -> str:
    return counted(count, "exception") if outcome is Outcome.EXCEPTION else f"{count:,} {_WORDS[outcome]}"
