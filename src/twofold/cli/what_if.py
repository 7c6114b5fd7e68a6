"""twofold what-if: what a change of scope would change, computed on a copy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, progress, say, say_table, say_wrapped
from twofold.jobs.clock import actor, now
from twofold.jobs.new_files import require_new
from twofold.jobs.what_if.ask import ask
from twofold.jobs.what_if.states import Asked
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.what_if import WhatIf, what_if_dict
from twofold.reports.what_if_memo import MemoTable, memo_sections
from twofold.reports.what_if_pages import memo_html, memo_markdown
from twofold.scope.what_if.questions import read_questions
from twofold.vault.blobs.written_file import write_new_file

NAME = "what-if"
SHORT_HELP = "Say what a change of scope would change."
HELP = (
    "Say what a change of scope would change: controls, items, evidence, holes, duties, conclusions, hours. The line "
    "runs on a copy of the workspace, before and after; the workspace itself is only read. Questions can be combined, "
    "and each can be given several times. A day is written as 2026-04-01 and holds from its first moment in the "
    "reporting zone.\n\n"
    + example(
        "twofold what-if --relevant portal=2026-04-01 -w acme",
        "twofold what-if --add-category availability --memo availability.md -w acme",
        "twofold what-if --merge-rosters billing+ledger=2026-04-01 --drop-vendor paylane=2026-07-01 -w acme",
        "twofold what-if --scope scope-of-the-branch --html memo.html -w acme",
    )
)
_HERE = Path()
_Several = list[str] | None
_ROWS = 40


def command(  # noqa: PLR0913, PLR0917  each question is an option
    folder: Annotated[
        Path | None,
        typer.Option("--scope", help="Folder of edited scope files to ask about.", file_okay=False),
    ] = None,
    relevant: Annotated[
        _Several, typer.Option(metavar="SYSTEM=DAY", help="The system becomes financially relevant from a day.")
    ] = None,
    not_relevant: Annotated[
        _Several, typer.Option(metavar="SYSTEM=DAY", help="It is no longer financially relevant from a day.")
    ] = None,
    in_boundary: Annotated[
        _Several, typer.Option(metavar="SYSTEM=DAY", help="The system comes inside the SOC 2 boundary from a day.")
    ] = None,
    out_of_boundary: Annotated[
        _Several, typer.Option(metavar="SYSTEM=DAY", help="It leaves the SOC 2 boundary from a day.")
    ] = None,
    drop_system: Annotated[
        _Several, typer.Option(metavar="SYSTEM=DAY", help="The system is given up from a day.")
    ] = None,
    drop_vendor: Annotated[
        _Several, typer.Option(metavar="VENDOR=DAY", help="The vendor is no longer relied on from a day.")
    ] = None,
    add_category: Annotated[
        _Several, typer.Option(metavar="CATEGORY", help="The SOC 2 engagements have a category more.")
    ] = None,
    drop_category: Annotated[_Several, typer.Option(metavar="CATEGORY", help="They have a category less.")] = None,
    merge_rosters: Annotated[
        _Several,
        typer.Option(
            metavar="TEAM+TEAM=DAY",
            help="Teams become one from a day. A team is SYSTEM (merged duty by duty) or SYSTEM:DUTY.",
        ),
    ] = None,
    period: Annotated[
        _Several, typer.Option(metavar="ID=FIRST..LAST", help="The engagement covers other days, both inclusive.")
    ] = None,
    fiscal_year: Annotated[
        _Several, typer.Option(metavar="FIRST..LAST", help="SOX is judged for a fiscal year, both days inclusive.")
    ] = None,
    control_test: Annotated[
        _Several,
        typer.Option(metavar="TEST", help="Run only this control test, which is faster; may be given again."),
    ] = None,
    memo: Annotated[Path | None, typer.Option(help="New file for the memo in Markdown.", dir_okay=False)] = None,
    html: Annotated[Path | None, typer.Option(help="New file for the memo as one HTML page.", dir_okay=False)] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Ask, and print what would change."""
    texts = {
        "--relevant": relevant,
        "--not-relevant": not_relevant,
        "--in-boundary": in_boundary,
        "--out-of-boundary": out_of_boundary,
        "--drop-system": drop_system,
        "--drop-vendor": drop_vendor,
        "--add-category": add_category,
        "--drop-category": drop_category,
        "--merge-rosters": merge_rosters,
        "--period": period,
        "--fiscal-year": fiscal_year,
    }
    asked = _asked(texts, folder, control_test or ())
    require_new(path for path in (memo, html) if path)
    _give(ask(workspace, asked, actor=actor(), at=now(), report=progress()), memo=memo, html=html, as_json=as_json)


def _asked(texts: Mapping[str, _Several], folder: Path | None, control_tests: Sequence[str]) -> Asked:
    """Return what is asked; raises UserError for a faulty question and when nothing is asked."""
    questions = read_questions({option: tuple(given) for option, given in texts.items() if given})
    if not questions and folder is None:
        remedy = "give a question such as --relevant billing=2026-04-01, or --scope FOLDER; see twofold what-if --help"
        raise UserError(Problem("what-if", "nothing is asked", "at least one question", remedy))
    return Asked(folder, questions, tuple(control_tests))


def _give(found: WhatIf, *, memo: Path | None, html: Path | None, as_json: bool) -> None:
    """Write the files that are wanted, and print the memo or the JSON."""
    if memo:
        write_new_file(memo, memo_markdown(found).encode())
    if html:
        write_new_file(html, memo_html(found).encode())
    if as_json:
        print_json(what_if_json(found))
        return
    print_memo(found)
    for path in (memo, html):
        if path:
            say(f"wrote {path}")


def what_if_json(found: WhatIf) -> dict[str, object]:
    """Return everything that would change, with the memo's sentences, as plain values."""
    sections = memo_sections(found)
    return what_if_dict(found, tuple((section.title, each) for section in sections for each in section.statements))


def print_memo(found: WhatIf) -> None:
    """Print the memo; each sentence with its rule in brackets, whose sources stand in the memo and in the JSON."""
    for section in memo_sections(found):
        say(section.title)
        for each in section.statements:
            say_wrapped(f"{each.text} [{each.rule.rule.partition('.')[2]}]", indent=2, hanging=2)
        if section.table:
            say()
            _print_table(section.table)
        say()
    say("In brackets stands the rule; its source and the data stand in the memo (--memo) and in --json.")
    say(NOT_AN_OPINION)


def _print_table(table: MemoTable) -> None:
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, head in enumerate(table.heads):
        shown.add_column(head, justify="right" if number in table.numbers else "left")
    for row in table.rows[:_ROWS]:
        shown.add_row(*map(Text, row))
    say_table(shown)
    if len(table.rows) > _ROWS:
        say(f"... and {len(table.rows) - _ROWS:,} more rows with --json")
