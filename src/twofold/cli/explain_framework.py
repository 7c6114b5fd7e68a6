"""twofold explain-framework: SOC 2 against SOX, by the company's own controls."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say, say_table, say_wrapped
from twofold.jobs.explain_framework import explain_framework
from twofold.jobs.new_files import require_new
from twofold.model.statement import NOT_AN_OPINION, Statement
from twofold.records.workspace import Workspace
from twofold.reports.framework_comparison import (
    LENSES,
    Comparison,
    ControlCompared,
    about,
    counts,
    differences,
    sharing,
)
from twofold.reports.framework_comparison_page import comparison_page
from twofold.reports.framework_comparison_text import introduction, told
from twofold.vault.blobs.written_file import write_new_file

NAME = "explain-framework"
SHORT_HELP = "Put SOC 2 and SOX side by side for your own controls."
HELP = (
    "Put SOC 2 and SOX side by side for your own controls: what the same control means under each, with its systems, "
    "period, attributes, items, conclusions and the reasons why they differ. It reads what was judged and tests "
    "nothing.\n\n"
    + example(
        "twofold explain-framework -w acme",
        "twofold explain-framework --control CM-02 -w acme",
        "twofold explain-framework --html soc2-and-sox.html -w acme",
    )
)
_HERE = Path()


def command(
    control: Annotated[
        list[str] | None, typer.Option(metavar="CONTROL", help="Explain this control in full; may be given again.")
    ] = None,
    engagement: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Engagement to show, one a lens; the last of each lens when left out."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="New file for the page.", dir_okay=False)] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Compare, and print or write it."""
    require_new([html] if html else [])
    with Workspace.open(workspace) as opened:
        comparison = explain_framework(opened, control or [], engagements=engagement or [])
    if html:
        write_new_file(html, comparison_page(comparison).encode())
    if as_json:
        print_json(comparison_json(comparison))
        return
    _print(comparison, in_full=bool(control))
    if html:
        say(f"wrote {html}")


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain values; each sentence with its rule, source and data."""
    return {
        "company": comparison.company,
        "clock": comparison.clock,
        "sox_appears": comparison.relevant,
        "engagements": dict(comparison.engagements),
        "reach": comparison.reach,
        "introduction": [_said(each) for each in introduction(comparison)],
        "controls": [_control_json(comparison, each) for each in comparison.controls],
        "note": NOT_AN_OPINION,
    }


def _control_json(comparison: Comparison, compared: ControlCompared) -> dict[str, Any]:
    words = told(comparison, compared)
    return {
        "control": words.control_id,
        "title": words.title,
        "statement": words.statement,
        "lenses": {
            lens: {
                "engagement": part.engagement,
                "period": part.period,
                "systems": [{"system": each.system, "days": each.days} for each in part.systems],
                "headings": list(part.headings),
                "judgement": part.judgement.as_json() if part.judgement else None,
                "said": [_said(each) for each in words.sides[lens]],
            }
            for lens, part in compared.parts.items()
        },
        "attributes": [
            {"control_test": test, "attribute": letter, "wording": text, "soc2": soc2, "sox": sox}
            for test, letter, text, soc2, sox in compared.attributes
        ],
        "items": sharing(compared.pairs),
        "verdicts": [
            {
                "control_test": each.control_test,
                "soc2": each.soc2,
                "soc2_reason": each.soc2_reason,
                "sox": each.sox,
                "sox_reason": each.sox_reason,
                "items": each.items,
            }
            for each in compared.pairs
        ],
        "differences": [{"kind": each.kind, "text": each.text, "items": each.items} for each in differences(compared)],
        "evidence": list(compared.evidence),
        "used": compared.lenses,
        "shared": [_said(each) for each in words.shared],
    }


def _said(statement: Statement) -> dict[str, Any]:
    rule = statement.rule
    return {
        "text": statement.text,
        "rule": rule.rule,
        "source": rule.source,
        "as_of": rule.as_of.isoformat(),
        "data": list(statement.data),
    }


def _print(comparison: Comparison, *, in_full: bool) -> None:
    say(f"{comparison.company}: SOC 2 and SOX, data as of {comparison.clock[:10] or 'nothing judged yet'}")
    for engagement, reaches in comparison.reach:
        say_wrapped(f"{engagement}: {reaches}", indent=0, hanging=2)
    say()
    for each in introduction(comparison):
        _say(each)
    say()
    if in_full:
        for compared in comparison.controls:
            _print_control(comparison, compared)
    else:
        say_table(_table(comparison))
        say("Items: those that count. One control in full: twofold explain-framework --control CM-02")
    say("In brackets stands the rule; its source and the data stand in --json and on the page (--html).")
    say(NOT_AN_OPINION)


def _table(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in ("Control", ""):
        table.add_column(head, overflow="fold")
    for lens in LENSES:
        table.add_column(f"{about(lens).name} items", justify="right", no_wrap=True)
        table.add_column("proposed", no_wrap=True)
    for head in ("Both", "Differ", "Evidence"):
        table.add_column(head, justify="right", no_wrap=True)
    for compared in comparison.controls:
        cells = []
        for lens in LENSES:
            part = compared.parts[lens]
            found = counts(part)
            cells += [
                f"{found.applicable:,}" if found else "-",
                part.judgement.conclusion.value if part.judgement else "-",
            ]
        shared = sharing(compared.pairs)
        differ = sum(each.items for each in compared.pairs if each.soc2 != each.sox)
        used = f"{len(compared.evidence)} x {compared.lenses}" if compared.evidence else "-"
        row = (compared.control.control_id, compared.control.title, *cells, f"{shared['both']:,}", f"{differ:,}", used)
        table.add_row(*map(Text, row))
    return table


def _print_control(comparison: Comparison, compared: ControlCompared) -> None:
    words = told(comparison, compared)
    say(f"{words.control_id}  {words.title}")
    say_wrapped(words.statement, indent=2, hanging=2)
    for lens in LENSES:
        say(f"  {about(lens).name}")
        for each in words.sides[lens]:
            _say(each, indent=4)
    if compared.attributes:
        say("  Attributes that must hold")
        for test, letter, wording, soc2, sox in compared.attributes:
            asked = "both" if soc2 and sox else about("soc2").name if soc2 else about("sox").name
            say_wrapped(f"{test} {letter}  {asked:<5}  {wording}", indent=4, hanging=14)
    say("  Side by side")
    for each in words.shared:
        _say(each, indent=4)
    say()


def _say(statement: Statement, *, indent: int = 2) -> None:
    say_wrapped(f"{statement.text} [{statement.rule.rule.partition('.')[2]}]", indent=indent, hanging=2)
