"""twofold compare: what changed between two runs or two periods, and why."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_table, say_wrapped
from twofold.jobs.compare import Cause, CausedDifference, ComparedRuns, compare_runs
from twofold.jobs.compare_periods import ComparedPeriods, ControlChange, compare_periods
from twofold.records.workspace import Workspace

NAME = "compare"
SHORT_HELP = "Say what changed between two runs or two periods, and why."
HELP = (
    "Say what changed between two runs of a control test, or between two judged engagements, and why: data, scope, "
    "rule or parameter.\n\n"
    + example(
        "twofold compare T-10 -w acme",
        "twofold compare run-3f2a run-9c01 -w acme",
        "twofold compare sox-fy2025 sox-fy2026 -w acme",
    )
)
_HERE = Path()
_SHOWN = 40


def command(
    first: Annotated[str, typer.Argument(help="A control test, the older run, or the earlier engagement.")],
    second: Annotated[str, typer.Argument(help="The newer run, or the later engagement.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Compare runs or periods."""
    with Workspace.open(workspace) as opened:
        if second and not first.startswith("run-"):
            periods = compare_periods(opened, first, second)
            print_json(periods) if as_json else _print_periods(periods)
            return
        runs = compare_runs(opened, first if second else "", second or first)
    if as_json:
        print_json(_runs_json(runs))
    else:
        _print_runs(runs)


def _print_runs(runs: ComparedRuns) -> None:
    named = [f"{run.run_id} ({run.clock[:10]})" for run in (runs.older, runs.newer)]
    say(f"{runs.control_test}: {' and '.join(named)}")
    for run_id in runs.passed_over:
        say(f"passed over, since it was stopped and has no outcomes: {run_id}")
    say()
    for changed in runs.inputs:
        say_wrapped(f"{changed.cause:<10} {changed.what}", indent=2, hanging=11)
    if not runs.inputs:
        say("  no input differs")
    say()
    new = sum(each.difference.before is None for each in runs.items)
    gone = sum(each.difference.now is None for each in runs.items)
    say(
        f"{runs.same:,} items the same, {new:,} new, {gone:,} gone, {len(runs.items) - new - gone:,} came out otherwise"
    )
    if runs.items:
        table = Table("item", "attribute", "before", "now", "because of")
        for each in runs.items[:_SHOWN]:
            for row in _rows(each):
                table.add_row(*row)
        say_table(table)
    if len(runs.items) > _SHOWN:
        say(f"... and {len(runs.items) - _SHOWN:,} more; all with --json")
    if not runs.told_apart:
        say("The tables of the newer run are gone, or an older text no longer runs, so causes are not told apart.")


def _rows(each: CausedDifference) -> list[tuple[str, str, str, str, str]]:
    difference = each.difference
    because = sorted({_cause(each, letter) for letter in difference.letters})
    if difference.before is None or difference.now is None:
        before, now = ("-", "new") if difference.before is None else ("gone", "-")
        return [(difference.item, "all", before, now, ", ".join(because))]
    return [
        (
            difference.item,
            letter,
            difference.before.get(letter, "-"),
            difference.now.get(letter, "-"),
            _cause(each, letter),
        )
        for letter in difference.letters
    ]


def _cause(each: CausedDifference, letter: str) -> str:
    causes = each.causes[letter]
    together = " or ".join(cause for cause in causes if cause not in {Cause.RULE, Cause.PARAMETER})
    apart = [cause for cause in causes if cause in {Cause.RULE, Cause.PARAMETER}]
    return ", ".join([*([together] if together else []), *apart]) or "not told apart"


def _print_periods(periods: ComparedPeriods) -> None:
    table = Table("control", periods.older, periods.newer, "test", "before", "now")
    for control in periods.controls:
        for number, test in enumerate(control.tests):
            head = (control.control_id, control.before or "-", control.now or "-") if number == 0 else ("", "", "")
            table.add_row(*head, test.control_test, _counts(test.before), _counts(test.now))
        if not control.tests:
            table.add_row(control.control_id, control.before or "-", control.now or "-", "-", "-", "-")
    say_table(table)
    say("Counts: exceptions + cannot test of the items that apply.")
    for engagement, reaches in periods.reach:
        say_wrapped(f"{engagement}: {reaches}", indent=0, hanging=2)
    for control in periods.controls:
        for line in _remarks(control):
            say_wrapped(f"{control.control_id}  {line}", indent=2, hanging=8)
    for title, findings in (
        ("came again", periods.findings_again),
        ("new", periods.findings_new),
        ("gone", periods.findings_gone),
    ):
        say(f"{counted(len(findings), 'finding')} {title}")
        for finding in findings[:_SHOWN]:
            say(f"    {finding}")


def _remarks(control: ControlChange) -> list[str]:
    found = list(control.means)
    if control.systems_new:
        found.append(f"systems with items only now: {', '.join(control.systems_new)}")
    if control.systems_gone:
        found.append(f"systems with items only before: {', '.join(control.systems_gone)}")
    return found


def _counts(counts: tuple[int, int, int] | None) -> str:
    return "-" if counts is None else f"{counts[1]} + {counts[2]} of {counts[0]:,}"


def _runs_json(runs: ComparedRuns) -> dict[str, Any]:
    return {
        "control_test": runs.control_test,
        "older": runs.older.run_id,
        "newer": runs.newer.run_id,
        "inputs": [{"cause": str(each.cause), "what": each.what} for each in runs.inputs],
        "same": runs.same,
        "passed_over": runs.passed_over,
        "told_apart": runs.told_apart,
        "items": [
            {
                "item": each.difference.item,
                "system": each.difference.system,
                "before": each.difference.before,
                "now": each.difference.now,
                "causes": {letter: [str(cause) for cause in causes] for letter, causes in each.causes.items()},
            }
            for each in runs.items
        ],
    }
