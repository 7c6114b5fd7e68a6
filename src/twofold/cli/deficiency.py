"""twofold deficiency list | show | judge | groups | reliance | memo: how severe SOX deficiencies are."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from twofold.cli.deficiency_text import inputs_text, print_evaluation, print_group
from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_table, say_wrapped
from twofold.findings.deficiency.wording import range_words
from twofold.jobs.clock import actor, now
from twofold.jobs.deficiency.evaluations import Deficiencies, deficiencies, today_in
from twofold.jobs.deficiency.judging import give_judgement, give_reliance
from twofold.jobs.deficiency.memo import deficiency_memo
from twofold.jobs.new_files import require_new
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace
from twofold.reports.deficiency_memo import memo_csv, memo_markdown, memo_values
from twofold.reports.deficiency_values import evaluation_json, group_json
from twofold.reports.pdf.deficiency_memo import deficiency_memo_pdf
from twofold.scope.nearest import nearest
from twofold.vault.blobs.written_file import write_new_file

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Evaluate how severe SOX deficiencies are, with the judgements of named persons, and write it up.",
)
_HERE = Path()
_ENGAGEMENT = Annotated[str, typer.Option(help="SOX engagement id; all when left out.")]


@app.callback()
def _deficiency(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command("list", help="List the deficiencies, the gravest first.\n\n" + example("twofold deficiency list -w acme"))
def list_all(engagement: _ENGAGEMENT = "", workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List them."""
    with Workspace.open(workspace) as opened:
        found = deficiencies(opened, today=today_in(opened, now()))
    every = [each for name in _engagements(found, engagement) for each in found.of(name)]
    if as_json:
        print_json([evaluation_json(each, short=True) for each in every])
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Deficiency", "Class", "Still possible", "At year end", "To be done"):
        table.add_column(name, overflow="fold")
    for each in every:
        possible = "" if each.severity is not None else range_words(each.span)
        at_end = "open" if each.is_open else "not open"
        row = (each.case.deficiency_id, each.word, possible, at_end, str(len(each.wanted) or ""))
        table.add_row(*(Text(cell) for cell in row))
    say_table(table)
    number = len(every)
    say(f"{number:,} {'deficiency' if number == 1 else 'deficiencies'} and exceptions. {NOT_AN_OPINION}")


@app.command(
    "show",
    help="Show how the class of a deficiency or group came about: each step, who judged what, and what is missing.\n\n"
    + example("twofold deficiency show sox-fy2026/CM-01 -w acme"),
)
def show(
    subject: Annotated[str, typer.Argument(metavar="ID", help="Deficiency or group.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show one."""
    with Workspace.open(workspace) as opened:
        found = deficiencies(opened, today=today_in(opened, now()))
    if each := found.evaluations.get(subject):
        if as_json:
            print_json(evaluation_json(each))
        else:
            print_evaluation(each, found)
    elif group := found.groups.get(subject):
        if as_json:
            print_json(group_json(group))
        else:
            print_group(group)
    else:
        known = [*found.evaluations, *found.groups]
        remedy = nearest(subject, known) or "run 'twofold deficiency list' and 'twofold deficiency groups'"
        raise UserError(Problem("ID", f"there is no {subject!r}", "a deficiency or a group", remedy))


@app.command(
    "judge",
    help="Give one judgement, as a person. TWOFOLD_ACTOR says who. Whoever has a part in the control does not.\n\n"
    + inputs_text()
    + "\n\n"
    + example(
        "twofold deficiency judge sox-fy2026 --input J_materiality --value '1000000 USD' \\\n"
        '--reason "5% of pre-tax income, memo of January" -w acme',
        "twofold deficiency judge sox-fy2026/CM-01 --input J_max_exposure --about D-2 --value '900000 USD' \\\n"
        '--reason "the largest journal of the window" -w acme',
    ),
)
def judge(
    subject: Annotated[str, typer.Argument(metavar="ID", help="Deficiency, group or SOX engagement.")],
    name: Annotated[str, typer.Option("--input", help="Which judgement, such as J_max_exposure.")],
    value: Annotated[str, typer.Option(help="The answer; an amount has its currency.")],
    reason: Annotated[str, typer.Option(help="What the judgement rests on; becomes evidence.")],
    about: Annotated[
        str, typer.Option(help="What of the deficiency: an id of the register of reliance, or what is argued against.")
    ] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Capture one judgement."""
    with Workspace.open(workspace) as opened:
        at = now()
        evidence = give_judgement(
            opened, subject, name=name, value=value, about=about, reason=reason, actor=actor(), at=at
        )
        found = deficiencies(opened, today=today_in(opened, at))
    each = found.evaluations.get(subject) or found.groups.get(subject)
    if as_json:
        print_json({"subject": subject, "input": name, "evidence": evidence, "class": each.word if each else None})
        return
    say(f"{name} of {subject}{f', {about}' if about else ''}: {value}. Captured as {evidence}.")
    if each:
        possible = "" if each.severity is not None else f", {range_words(each.span)} is still possible"
        say(f"{subject} is now: {each.word}{possible}. Next: twofold deficiency show {subject}")


@app.command(
    "groups",
    help="List deficiencies that act together: by ITGC objective, system, account and assertion, COSO principle.\n\n"
    + example("twofold deficiency groups -w acme"),
)
def groups(engagement: _ENGAGEMENT = "", workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List the groups."""
    with Workspace.open(workspace) as opened:
        found = deficiencies(opened, today=today_in(opened, now()))
    every = [each for name in _engagements(found, engagement) for each in found.groups_of(name)]
    if as_json:
        print_json([group_json(each) for each in every])
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Group", "Class", "Still possible", "Members"):
        table.add_column(name, overflow="fold")
    for each in every:
        members = ", ".join(one.case.control_id for one in each.members)
        possible = "" if each.severity is not None else range_words(each.span)
        table.add_row(*(Text(cell) for cell in (each.group_id, each.word, possible, members)))
    say_table(table)
    say(f"{counted(len(every), 'group')}. A group inside another one is never graver than that one.")


@app.command(
    "reliance",
    help="Hand in what financial reporting relies on systems for, with compensating controls, and how it was tested. "
    "The files are CSV with the columns of the tables reliance and reliance_test.\n\n"
    + example(
        "twofold deficiency reliance reliance.csv --tests tests.csv -w acme",
        "twofold deficiency reliance --json -w acme",
    ),
)
def reliance(
    file: Annotated[Path | None, typer.Argument(help="CSV of the register; shows it when no file is given.")] = None,
    tests: Annotated[Path | None, typer.Option(help="CSV of tests of it.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Capture the register and its tests, or show them."""
    with Workspace.open(workspace) as opened:
        if file is not None or tests is not None:
            captured = give_reliance(opened, registered=file, tests=tests, actor=actor(), at=now())
            if as_json:
                print_json({"evidence": list(captured)})
            else:
                say(f"Captured as {', '.join(captured)}. Next: twofold deficiency list")
            return
        found = deficiencies(opened, today=today_in(opened, now()))
    if as_json:
        print_json(list(found.register))
        return
    for each in found.register:
        touches = f", touches {each.touches}" if each.touches else ""
        say(f"{each.title} on {each.system}{touches}")
        for test in each.tests:
            result = "effective" if test.effective else "not effective"
            words = f"{test.window}: {result}, {test.method.replace('_', ' ')} by {test.tested_by} on {test.tested_on}"
            say_wrapped(f"{words} ({test.captured})", indent=4, hanging=2)
    number = len(found.register)
    say(f"{number:,} {'entry' if number == 1 else 'entries'} in the register of reliance")


@app.command(
    "memo",
    help="Write the summary of aggregated deficiencies: classes in two sentences each, who must be told, groups, state "
    "at year end, and how each class came about.\n\n"
    + example("twofold deficiency memo sox-fy2026 --pdf memo.pdf --csv memo.csv --markdown memo.md -w acme"),
)
def memo(
    engagement: Annotated[str, typer.Argument(help="SOX engagement id.")],
    pdf: Annotated[Path | None, typer.Option(help="New file for the PDF.", dir_okay=False)] = None,
    csv: Annotated[Path | None, typer.Option(help="New file for the table.", dir_okay=False)] = None,
    markdown: Annotated[Path | None, typer.Option(help="New file for the text.", dir_okay=False)] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the memo; the text on standard output where no file is named."""
    wanted = [each for each in (pdf, csv, markdown) if each is not None]
    require_new(wanted)
    with Workspace.open(workspace) as opened:
        found = deficiency_memo(opened, engagement, at=now())
    written: list[dict[str, Any]] = []
    for file, content in (
        (pdf, deficiency_memo_pdf(found) if pdf else b""),
        (csv, memo_csv(found).encode()),
        (markdown, memo_markdown(found).encode()),
    ):
        if file is not None:
            write_new_file(file, content)
            written.append({"file": str(file), "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})
    if as_json:
        print_json(written or memo_values(found))
    elif written:
        say("\n".join(f"wrote {each['file']}" for each in written))
    else:
        say(memo_markdown(found))


def _engagements(found: Deficiencies, engagement: str) -> list[str]:
    if engagement and engagement not in found.engagements:
        expected = ", ".join(found.engagements) or "a SOX engagement that was judged"
        remedy = nearest(engagement, found.engagements) or "run 'twofold judge'"
        told = f"there is no SOX engagement {engagement!r}"
        raise UserError(Problem("--engagement", told, expected, remedy))
    return [engagement] if engagement else list(found.engagements)
