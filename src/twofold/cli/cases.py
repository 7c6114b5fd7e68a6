"""twofold cases: run case folders."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import ExitCode, JsonOption, example, finish, print_json, say
from twofold.jobs.cases import run_cases

NAME = "cases"
SHORT_HELP = "Run case folders."
HELP = "Run every case folder below the given ones and compare with the outcomes they expect.\n\n" + example(
    "twofold cases my-cases/", "twofold cases my-cases/golden-01 my-cases/golden-03"
)


def command(
    folders: Annotated[list[Path], typer.Argument(help="Case folders, or folders that hold them.")],
    as_json: JsonOption = False,
) -> None:
    """Run the cases; the last line is `N passed, N failed`."""
    results = []
    for result in run_cases(folders):
        results.append(result)
        if not as_json:
            for difference in result.differences:
                say(f"{result.folder}: {difference}")
    failed = sum(bool(result.differences) for result in results)
    if as_json:
        print_json({"passed": len(results) - failed, "failed": failed, "cases": results})
    else:
        say(f"{len(results) - failed} passed, {failed} failed")
    finish(ExitCode.DIFFERENT if failed else ExitCode.OK)
