"""twofold status: the result in ten seconds, and what to do next."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from twofold.cli.output import NOT_AN_OPINION, JsonOption, WorkspaceOption, example, out, print_json, say
from twofold.jobs.status import Status, workspace_status
from twofold.lenses.conclusion import Conclusion
from twofold.records.workspace import Workspace
from twofold.reports.summary import LensCell

NAME = "status"
HELP = "Show the result in ten seconds: counts per control, SOC 2 beside SOX, and what to do next.\n\n" + example("twofold status -w acme")
_HERE = Path()
_SHOWN = 10
_STYLE = {
    Conclusion.EFFECTIVE: "green",
    Conclusion.NOT_EFFECTIVE: "bold red",
    Conclusion.NOT_CONCLUDED: "yellow",
    Conclusion.DID_NOT_OCCUR: "dim",
}


def command(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Print the status."""
    with Workspace.open(workspace) as opened:
        status = workspace_status(opened)
    if as_json:
        print_json(
            {
                "company": status.company,
                "evidence": status.evidence,
                "log": {"entries": status.entries, "root": status.root},
                "engagements": [each.judgement.engagement_id for each in status.judged],
                "controls": status.rows,
                "next": status.steps,
                "set_aside": status.set_aside,
            }
        )
        return
    print_status(status)


def print_status(status: Status) -> None:
    """Print the table of controls and the next steps; used by demo too."""
    say(f"{status.company}: {status.evidence} pieces of evidence, {status.entries} log entries, root {status.root[:16]}...")
    for judged in status.judged:
        judgement = judged.judgement
        say(f"  {judgement.engagement_id}: {judgement.lens_title}, {judgement.starts_at[:10]} up to {judgement.ends_before[:10]}, {judgement.auditor or 'no auditor yet'}")
    say()
    out().print(_table(status))
    say("Per lens: pass / exceptions / cannot test / not applicable, which add up to the population. One test, read twice.")
    untested = [row for row in status.rows if row.population is None]
    if untested:
        say(f"{len(untested)} more controls have no result yet: " + ", ".join(row.control_id for row in untested))
    if status.set_aside:
        say(f"{len(status.set_aside)} records are set aside: see 'twofold test'")
    say()
    say("What to do next:")
    for number, step in enumerate(status.steps[:_SHOWN], 1):
        say(f"  {number:>2}. {step.control_id}  {step.text}")
    if len(status.steps) > _SHOWN:
        say(f"      ... and {len(status.steps) - _SHOWN} more with --json")
    if not status.steps:
        say("  nothing is open")
    say()
    say(NOT_AN_OPINION)


def _table(status: Status) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Control")
    table.add_column("")
    table.add_column("Population", justify="right")
    for judged in status.judged:
        table.add_column(f"{judged.judgement.lens_title}\npass / exc / cannot / n.a.", justify="right")
        table.add_column("\nconclusion")
    for row in status.rows:
        if row.population is None:
            continue
        cells: list[str] = [row.control_id, row.title, f"{row.population:,}"]
        for judged in status.judged:
            cell = next((each for each in row.lenses if each.engagement_id == judged.judgement.engagement_id), None)
            cells += _cells(cell)
        table.add_row(*cells)
    return table


def _cells(cell: LensCell | None) -> Sequence[str]:
    if cell is None:
        return "", "not judged"
    counts = [cell.passed, cell.exceptions, cell.cannot_test, cell.not_applicable]
    shown = " / ".join("-" if count is None else f"{count:,}" for count in counts)
    return shown, f"[{_STYLE[cell.conclusion]}]{cell.conclusion.value}[/]"
