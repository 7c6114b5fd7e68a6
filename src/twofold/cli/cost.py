"""twofold cost: what the audits cost and how long they take, from the company's own counts and figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from twofold.cli.output import (
    ExitCode,
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    finish,
    print_json,
    say,
    say_table,
    say_wrapped,
)
from twofold.engagement.cost.estimate import Line, ends_text, range_text
from twofold.engagement.cost.quantities import decimal_text
from twofold.engagement.cost.report import (
    HOW_RANGES_ADD,
    CostReport,
    hours_text,
    lines_hours,
    lines_money,
    missing_text,
    money_text,
)
from twofold.jobs.clock import actor, now
from twofold.jobs.cost import cost, figures_template, give_actuals, give_figures
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace
from twofold.reports.cost_page import cost_page
from twofold.vault.blobs.written_file import write_new_file

NAME = "cost"
SHORT_HELP = "Estimate what the audits cost and how long they take."
HELP = (
    "Estimate what the audits cost and how long they take: the company's own counts times its own figures.\n\n"
    "No price is invented. A figure that nobody gave is asked for, with the count that it would be multiplied by.\n\n"
    + example(
        "twofold cost -w acme",
        "twofold cost --template figures.csv -w acme",
        "twofold cost --figures figures.csv -w acme",
        "twofold cost --spent spent.csv --html cost.html -w acme",
        "twofold cost --published linford -w acme",
    )
)
_HERE = Path()
_SWINGS = 12


def command(  # noqa: PLR0913, PLR0917  the options of the command
    engagement: Annotated[list[str] | None, typer.Option(help="Engagement id; may be repeated. Else all.")] = None,
    template: Annotated[
        Path | None, typer.Option(help="Write the figures that are asked for to this new CSV file, and stop.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Capture the figures of this CSV file as evidence first.")
    ] = None,
    spent: Annotated[
        Path | None, typer.Option(help="Capture hours and money spent of this CSV file as evidence first.")
    ] = None,
    published: Annotated[
        str, typer.Option(help="Published range to use where no fee was given, such as linford; it is marked.")
    ] = "",
    html: Annotated[Path | None, typer.Option(help="Write the page to this new file as well.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Estimate, compare and show."""
    with Workspace.open(workspace) as opened:
        if template is not None:
            write_new_file(template, figures_template(opened, today=now().date()).encode())
            _template_written(template, as_json)
            return
        if html is not None and html.exists():
            raise UserError(Problem(str(html), "a file of this name is there already", "a new file", "name another"))
        if figures is not None:
            give_figures(opened, figures, actor=actor(), at=now())
        if spent is not None:
            give_actuals(opened, spent, actor=actor(), at=now())
        report = cost(opened, engagement or [], published=published)
    if html is not None:
        write_new_file(html, cost_page(report).encode())
    if as_json:
        print_json(report.as_json())
    else:
        print_report(report)
        if html is not None:
            say(f"\nThe page with chart and sources: {html}")
    finish(ExitCode.INCOMPLETE if report.set_aside else ExitCode.OK)


def _template_written(file: Path, as_json: bool) -> None:
    if as_json:
        print_json({"template": str(file)})
        return
    say(f"{file}: fill in low, likely, high and origin, delete what does not concern you, then:")
    say(f"  twofold cost --figures {file}")


def print_report(report: CostReport) -> None:
    """Print the estimate: buckets, what SOX adds, what reuse saves, what moves it, what was spent, what is asked."""
    ids = ", ".join(report.engagements)
    say_wrapped(f"Cost and time of {ids}, a year of {report.company}, data as of {report.as_of}", indent=0)
    say()
    say_table(_buckets(report))
    say_wrapped(HOW_RANGES_ADD, indent=0)
    say()
    if report.estimate.sox:
        say_wrapped(f"SOX adds every year: {_told(report.estimate.sox)}", indent=0, hanging=2)
    for line in report.saved:
        say_wrapped(f"{line.kind.title}: {_line_text(line)}", indent=0, hanging=2)
    _print_hands(report)
    _print_swings(report)
    _print_comparison(report)
    _print_timeline(report)
    _print_wanted(report)
    if report.set_aside:
        say()
        say("Rows that do not fit and are left out; capture them again as they should be:")
        for each in report.set_aside:
            say_wrapped(f"{each.where}: {each.found}; expected: {each.expected}", indent=2, hanging=4)
    say()
    say(NOT_AN_OPINION)


def _buckets(report: CostReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Bucket, line (low / likely / high)", overflow="fold")
    for name in ("Count", "Hours", "Money"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Missing", overflow="fold")
    for bucket in report.estimate.buckets:
        missing = "" if bucket.lines else "nothing counted"
        table.add_row(*_row(bucket.bucket.words, "", bucket.lines, missing), style="bold")
        for line in bucket.lines:
            name = f"  {line.kind.title}{' (SOX)' if line.kind.sox else ''}"
            table.add_row(*_row(name, ends_text(line.quantity, 0), [line], missing_text(line.missing)))
    table.add_row(*_row("Total of what is known", "", report.estimate.counted, ""), style="bold")
    return table


def _row(name: str, count: str, lines: Sequence[Line], missing: str) -> list[Text]:
    hours = ends_text(lines_hours(lines), 0) if any(line.hours is not None for line in lines) else "-"
    money = "\n".join(f"{ends_text(amount, 0)} {each}" for each, amount in lines_money(lines).items()) or "-"
    return [Text(each) for each in (name, count, hours, money, missing)]


def _told(lines: Sequence[Line]) -> str:
    hours = hours_text(lines)
    missing = missing_text(list(dict.fromkeys(name for line in lines for name in line.missing)))
    return ", ".join(part for part in (hours, money_text(lines_money(lines)), missing) if part)


def _line_text(line: Line) -> str:
    parts = [f"{range_text(line.quantity, 0)}"]
    if line.hours is not None:
        parts.append(f"{range_text(line.hours, 0)} hours")
    parts += [money_text(line.money)] if line.money else []
    return ", ".join([*parts, missing_text(line.missing)]).rstrip(", ")


def _print_hands(report: CostReport) -> None:
    names = {"exports": "Exports a year", "items": "Items that auditors ask for"}
    for what, title in names.items():
        hand, connector = (report.by_hand[f"{what}_by_{how}"] for how in ("hand", "connector"))
        say_wrapped(
            f"{title}: {range_text(hand, 0)} by hand; {range_text(connector, 0)} through a connector",
            indent=0,
            hanging=2,
        )


def _print_swings(report: CostReport) -> None:
    if not report.swings:
        return
    say()
    say("What moves the total most, one figure at a time, all others at their likely value:")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Figure", overflow="fold")
    for name in ("Total at low", "Total at high", "Moves"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in report.swings[:_SWINGS]:
        amounts = (decimal_text(amount, 0) for amount in (each.at_low, each.at_high, each.width))
        table.add_row(Text(each.figure), *(f"{amount} {each.currency}" for amount in amounts))
    say_table(table)
    if len(report.swings) > _SWINGS:
        say(f"... and {len(report.swings) - _SWINGS} more with --json")


def _print_comparison(report: CostReport) -> None:
    say()
    pieces = ", ".join(f"{number:,} {how}" for how, number in sorted(report.captured.items())) or "none"
    say(f"Captured so far, pieces of evidence: {pieces}")
    if not any(each.rows for each in report.comparisons):
        say("Nothing spent was told yet: twofold cost --spent FILE, with the columns of cost_actual")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Bucket", "Unit", "Estimated", "Spent", "Result"):
        table.add_column(name, overflow="fold")
    for each in report.comparisons:
        estimated = "-" if each.estimated is None else ends_text(each.estimated, 0)
        result = f"{each.result}{', and parts of the estimate are missing' if each.open else ''}"
        table.add_row(each.bucket.words, each.unit, estimated, decimal_text(each.spent, 2), result)
    say_table(table)


def _print_timeline(report: CostReport) -> None:
    say()
    say("Steps on days:")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Engagement", "Step", "Planned", "In fact"):
        table.add_column(name, overflow="fold")
    for step in report.steps:
        planned = str(step.starts) if step.is_day else f"{step.starts} to {step.ends}"
        if step.latest != step.ends:
            planned += f" or {step.latest}"
        if step.missing:
            planned = f"from {step.starts}; no figure: give {step.missing}"
        happened = f"{step.happened[0]} to {step.happened[1]}" if step.happened else "-"
        table.add_row(*(Text(each) for each in (step.engagement_id, step.title, planned, happened)))
    say_table(table)


def _print_wanted(report: CostReport) -> None:
    if report.wanted:
        say()
        say(f"{counted(len(report.wanted), 'figure')} missing. Write them with: twofold cost --template figures.csv")
        for name, unit, about in report.wanted:
            say_wrapped(f"{name} ({unit}): {about}", indent=2, hanging=4)
    if "audit_fee" in report.estimate.missing:
        say()
        say("For orientation, pages of vendors and no surveys; not added:")
        for each in report.published:
            use = f" Use it with --published {each.name}." if each.kinds else ""
            say_wrapped(f"{each.publisher}: {each.says}.{use}", indent=2, hanging=4)
