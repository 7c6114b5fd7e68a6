"""twofold status: the result in ten seconds, and what to do next."""

from collections import Counter
from pathlib import Path

from rich.table import Table
from rich.text import Text

from twofold.cli.output import (
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    print_json,
    say,
    say_table,
    say_wrapped,
)
from twofold.jobs.judge import JudgedEngagement
from twofold.jobs.status import Status, workspace_status
from twofold.lenses.conclusion import Conclusion
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace
from twofold.reports.summary import LensCell, StatusRow

NAME = "status"
SHORT_HELP = "Show the result in ten seconds."
HELP = "Show the result in ten seconds: counts per control, SOC 2 beside SOX, and what to do next.\n\n" + example(
    "twofold status -w acme"
)
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
                "reach": {each.judgement.engagement_id: each.judgement.reach for each in status.judged},
                "controls": status.rows,
                "first": status.first,
                "next": status.steps,
                "set_aside": status.set_aside,
                "order": status.order,
                "dispositions": status.disposed,
                "sign_offs": status.signed,
                "requests": status.requests,
            }
        )
        return
    print_status(status)


def print_status(status: Status) -> None:
    """Print the table of controls and the next steps; used by demo too."""
    evidence, entries = counted(status.evidence, "piece") + " of evidence", f"{status.entries:,} log entries"
    say(f"{status.company}: {evidence}, {entries}, log root {status.root[:16]}...")
    if status.judged:
        _print_result(status)
    _print_acts(status)
    say()
    say("What to do next:")
    steps = [status.first] if status.first else []
    steps += [f"{step.control_id}  {step.text}" for step in status.steps]
    for number, step in enumerate(steps[:_SHOWN], 1):
        say_wrapped(f"{number:>2}. {step}", indent=2, hanging=4)
    if len(steps) > _SHOWN:
        say(f"      ... and {len(steps) - _SHOWN} more with --json")
    if not steps:
        say("  nothing is open")
    say()
    say(NOT_AN_OPINION)


def lens_name(judged: JudgedEngagement) -> str:
    """Return the engagement as people say it: `SOC 2 (soc2-2026)`."""
    return f"{judged.judgement.lens_title} ({judged.judgement.engagement_id})"


def conclusions_text(judged: JudgedEngagement) -> str:
    """Return how many controls have which conclusion, the gravest first; those without a rule apart."""
    controls = judged.judgement.controls
    found = Counter(control.conclusion for control in controls if control.results)
    order = (Conclusion.NOT_EFFECTIVE, Conclusion.NOT_CONCLUDED, Conclusion.EFFECTIVE, Conclusion.DID_NOT_OCCUR)
    parts = [f"{found[each]} {each.value}" for each in order if found[each]]
    by_hand = sum(not control.results for control in controls)
    return ", ".join(parts or ["no control tested"]) + (f"; {by_hand} to be tested by hand" if by_hand else "")


def _print_result(status: Status) -> None:
    for judged in status.judged:
        judgement = judged.judgement
        first, last = status.days[judgement.engagement_id]
        auditor = judgement.auditor or "no auditor yet"
        say_wrapped(
            f"{lens_name(judged)}, {first} to {last}, {auditor}: {conclusions_text(judged)}", indent=2, hanging=2
        )
        for told in judgement.reach:
            say_wrapped(told, indent=4, hanging=2)
    say()
    say_table(_table(status))
    say()
    say_wrapped(
        "One test, read by each lens. Pass, exceptions, cannot test and not applicable add up to the items.", indent=0
    )
    if status.set_aside:
        say(f"{counted(len(status.set_aside), 'record')} could not be read and are set aside: see twofold test")


def _print_acts(status: Status) -> None:
    """Print a line for each kind of act that there is something to tell of."""
    if status.disposed:
        kinds = Counter(each.kind for each in status.disposed)
        told = ", ".join(f"{count} {kind.value.replace('_', ' ')}" for kind, count in sorted(kinds.items()))
        say(f"Dispositions of items by people: {told}. They change no outcome.")
    if status.signed:
        told = ", ".join(
            f"{each.control or each.engagement} {each.conclusion.replace('_', ' ')} by {each.signed_by}, {each.role}"
            for each in status.signed
        )
        say_wrapped(f"Signed off: {told}", indent=0, hanging=2)
    if status.requests:
        states = Counter(each.state for each in status.requests)
        say("Requests: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    if status.order:
        say(f"Order: {counted(len(status.order), 'flag')} on conclusions older than what they rest on: twofold order")


def _table(status: Status) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Control", no_wrap=True)
    table.add_column("", overflow="fold")
    table.add_column("Items", justify="right", no_wrap=True)
    for name in ("Lens", "Proposed"):
        table.add_column(name, no_wrap=True)
    for name in ("Pass", "Exceptions", "Cannot test", "N.a."):
        table.add_column(name, justify="right", no_wrap=True)
    titles = {each.judgement.engagement_id: each.judgement.lens_title for each in status.judged}
    for row in status.rows:
        if row.population is not None:
            table.add_row(row.control_id, Text(row.title), f"{row.population:,}", *_lens_cells(row, titles))
    return table


def _lens_cells(row: StatusRow, titles: dict[str, str]) -> list[Text]:
    """Return a cell per column with a line per lens."""
    lines = [
        (
            Text(titles[cell.engagement_id]),
            Text(cell.conclusion.value, style=_STYLE[cell.conclusion]),
            *(Text("-" if count is None else f"{count:,}") for count in _counts(cell)),
        )
        for cell in row.lenses
    ]
    return [Text("\n").join(column) for column in zip(*lines, strict=True)]


def _counts(cell: LensCell) -> tuple[int | None, ...]:
    return cell.passed, cell.exceptions, cell.cannot_test, cell.not_applicable
