"""twofold reperform: run the rules of a package again and compare."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import ExitCode, JsonOption, counted, example, finish, print_json, say
from twofold.jobs.reperform import reperform
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.reperform import Agreement, Reperformance, TestedAgain

NAME = "reperform"
SHORT_HELP = "Run the rules of a package again and compare."
HELP = (
    "Run the packaged rules over the packaged tables, with no workspace and no network, and compare population, "
    "outcomes and verdicts byte for byte.\n\n"
    "SQL in a package can read the tables of that package and nothing else.\n\n"
    + example("twofold reperform audit-2026.zip", "twofold reperform audit-2026 --json")
)
_SHOWN = 20


def command(
    package: Annotated[Path, typer.Argument(help="Package folder, or its zip.")],
    as_json: JsonOption = False,
) -> None:
    """Print what came out; exit code 1 when anything differs, 3 when what some run needs is withheld."""
    found = reperform(package)
    if as_json:
        tests = [_with_agreement(test) for test in found.tests]
        print_json(
            {
                "agrees": found.agrees,
                "complete": found.complete,
                "engine": found.engine,
                "tests": tests,
                "judgements": found.judgements,
            }
        )
    else:
        for test in found.tests:
            _say_test(test)
        _say_judgements(found)
        say(f"{package}: {_result(found)}")
        say("Run 'twofold verify' as well: it shows that the tables are those of the evidence that was captured.")
        say(NOT_AN_OPINION)
    if not found.agrees:
        finish(ExitCode.DIFFERENT)
    finish(ExitCode.OK if found.complete else ExitCode.INCOMPLETE)


def _result(found: Reperformance) -> str:
    if not found.agrees:
        return "does not come out as packaged"
    return "comes out as packaged" + ("" if found.complete else ", as far as nothing is withheld")


def _with_agreement(test: TestedAgain) -> dict[str, object]:
    return {"agrees": test.agrees, "test": test}


def _say_test(test: TestedAgain) -> None:
    shown = ", ".join(f"{file.name} {file.agreement.value}" for file in test.files)
    state = ("withheld " if test.withheld else "ok       ") if test.agrees else "DIFFERENT"
    shown = shown or f"not run, the package leaves out {', '.join(test.withheld)}"
    say(f"{state} {test.control_id} {test.control_test}: {counted(test.items, 'item')}, {test.state.value}; {shown}")
    for fault in test.faults[:_SHOWN]:
        say(f"      {fault}")
    for file in test.files:
        if file.agreement is not Agreement.EQUAL:
            say(f"      {file.name}: {file.note}")
        for difference in file.differences[:_SHOWN]:
            say(f"        {difference}")
    for note in test.unlike_ours:
        say(f"      note: {note}")


def _say_judgements(found: Reperformance) -> None:
    for each in found.judgements:
        told = f"{counted(each.verdicts, 'verdict file')} and {counted(each.conclusions, 'conclusion')}"
        say(f"{'DIFFERENT' if each.faults else 'ok       '} {each.engagement_id} ({each.lens}): {told} made again")
        for fault in each.faults[:_SHOWN]:
            say(f"      {fault}")
        for note in each.notes[:_SHOWN]:
            say(f"      note: {note}")
