"""twofold questionnaire import | list | show | match | answer | assign | mine | ready | approve | return | export."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli import questionnaire_library
from twofold.cli import questionnaire_text as text
from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say
from twofold.engagement.questionnaire.answers import AnswerState
from twofold.engagement.questionnaire.columns import Role
from twofold.engagement.questionnaire.grid import column_number
from twofold.engagement.questionnaire.library import Level
from twofold.engagement.questionnaire.reading import ReadOptions
from twofold.jobs.clock import actor, now
from twofold.jobs.questionnaire import acting
from twofold.jobs.questionnaire.exporting import export_questionnaire
from twofold.jobs.questionnaire.importing import import_questionnaire
from twofold.jobs.questionnaire.standing import all_questionnaires, mine, standing
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Answer customers' questionnaires from sources, and give them back in the sender's own file.",
)
app.add_typer(questionnaire_library.app, name="library")
_HERE = Path()
_NAME = Annotated[str, typer.Argument(metavar="{questionnaire}", help="Questionnaire id, such as globex-2026.")]
_QUESTION = Annotated[str, typer.Argument(help="Question id, such as q-014.")]
_DAY = ["%Y-%m-%d"]


class AnswerWord(StrEnum):
    """An answer in one word."""

    YES = "yes"
    NO = "no"
    PARTIAL = "partial"
    NA = "na"


@app.callback()
def _questionnaire(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "import",
    help="Take in a questionnaire (xlsx, docx, csv): the file is kept byte for byte, its questions become rows.\n\n"
    + example(
        'twofold questionnaire import globex.xlsx --id globex-2026 --sender "Globex Bank" --due 2026-12-15 -w acme',
        "twofold questionnaire import globex.xlsx --sheet Controls --header-row 3 --column question=C \\\n"
        "--column answer=D -w acme",
    ),
)
def import_file(  # noqa: PLR0913, PLR0917  the options of the command
    file: Annotated[Path, typer.Argument(help="The file as the customer sent it.")],
    questionnaire: Annotated[str | None, typer.Option("--id", help="Its id here. Default: from the file name.")] = None,
    title: Annotated[str, typer.Option(help="What people call it. Default: the file name.")] = "",
    sender: Annotated[str, typer.Option(help="Who sent it.")] = "",
    audience: Annotated[Level, typer.Option(help="Who reads the answers: private (under an agreement) or public.")] = (
        Level.PRIVATE
    ),
    due: Annotated[datetime | None, typer.Option(formats=_DAY, help="Day by which it is to be answered.")] = None,
    sheet: Annotated[list[str] | None, typer.Option(help="Only this sheet, a hidden one too; may be repeated.")] = None,
    header_row: Annotated[int | None, typer.Option(min=0, help="Row of the headers; 0 = there is none.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="ROLE=COLUMN: question, answer, comment, id, section, yes, no or na; may be repeated."),
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Take in a questionnaire."""
    options = ReadOptions(tuple(sheet or ()), _columns(column or []), header_row)
    with Workspace.open(workspace) as opened:
        done = import_questionnaire(
            opened,
            file,
            questionnaire_id=questionnaire,
            options=options,
            title=title,
            sender=sender,
            audience=audience,
            due_on=due.date() if due else None,
            actor=actor(),
            at=now(),
        )
    if as_json:
        print_json(text.imported_json(done))
        return
    text.say_imported(done)


@app.command(
    "list",
    help="List the questionnaires: how much is answered, left and stale.\n\n"
    + example("twofold questionnaire list -w acme"),
)
def list_all(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List questionnaires."""
    with Workspace.open(workspace) as opened:
        found = all_questionnaires(opened, at=now())
    if as_json:
        print_json([text.standing_json(each, []) for each in found])
        return
    for each in found:
        text.say_counts(each)
    say(counted(len(found), "questionnaire"))


@app.command(
    "show",
    help="Show each question with its answer, what it rests on, and why it is stale.\n\n"
    + example("twofold questionnaire show globex-2026 -w acme", "twofold questionnaire show globex-2026 --state stale"),
)
def show(
    questionnaire: _NAME,
    state: Annotated[AnswerState | None, typer.Option(help="Only questions in this state.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show one questionnaire."""
    with Workspace.open(workspace) as opened:
        stands = standing(opened, questionnaire, at=now())
    shown = [each for each in stands.shown if state in {None, each.state}]
    if as_json:
        print_json(text.standing_json(stands, shown))
        return
    text.say_standing(stands, shown)


@app.command(
    "match",
    help="Draft answers from the library, with source and confidence; no source, no answer.\n\n"
    + example("twofold questionnaire match globex-2026 -w acme"),
)
def match(
    questionnaire: _NAME,
    again: Annotated[bool, typer.Option("--again", help="Draft anew where a draft is already.")] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Draft answers."""
    with Workspace.open(workspace) as opened:
        done = acting.match(opened, questionnaire, again=again, actor=actor(), at=now())
    if as_json:
        counts = done.acted.after.counts
        proposals = text.proposals_json(done.proposals)
        print_json({"proposals": proposals, "counts": counts, "evidence": done.acted.evidence})
        return
    text.say_proposals(done.proposals, done.acted.after)
    text.say_counts(done.acted.after)


@app.command(
    "answer",
    help="Write an answer by hand; it names at least one source.\n\n"
    + example(
        "twofold questionnaire answer globex-2026 q-014 --word yes --source control:CM-01 \\\n"
        '--text "Each release is approved before it goes out." -w acme'
    ),
)
def answer(  # noqa: PLR0913, PLR0917  the options of the command
    questionnaire: _NAME,
    question: _QUESTION,
    text_: Annotated[str, typer.Option("--text", help="The answer.")],
    source: Annotated[
        list[str],
        typer.Option(help="What it rests on: control:ID[@ENGAGEMENT], evidence:ID, policy:ID[/LINE], scope:PLACE."),
    ],
    word: Annotated[AnswerWord | None, typer.Option(help="The answer in one word; left out = a text only.")] = None,
    level: Annotated[Level, typer.Option(help="Who may read it.")] = Level.PRIVATE,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write an answer."""
    said = acting.Said(str(word or ""), text_, tuple(source), level)
    with Workspace.open(workspace) as opened:
        done = acting.write(opened, questionnaire, question, said, actor=actor(), at=now())
    text.print_acted(done, as_json)


_QUESTIONS = Annotated[list[str], typer.Argument(help="Question ids, such as q-014 q-015.")]
_SOME = Annotated[list[str] | None, typer.Argument(help="Question ids. Default: all that can be.")]


@app.command(
    "assign",
    help="Give questions to a person; they find them with 'questionnaire mine'.\n\n"
    + example("twofold questionnaire assign globex-2026 q-014 q-015 --to p-0003 -w acme"),
)
def assign(
    questionnaire: _NAME,
    questions: _QUESTIONS,
    to: Annotated[str, typer.Option(help="Who is to answer.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Give questions to a person."""
    with Workspace.open(workspace) as opened:
        done = acting.assign(opened, questionnaire, questions, to=to, actor=actor(), at=now())
    text.print_acted(done, as_json)


@app.command(
    "mine",
    help="List the questions that wait for you, over all questionnaires.\n\n"
    + example("twofold questionnaire mine -w acme", "twofold questionnaire mine --person p-0003 -w acme"),
)
def list_mine(
    person: Annotated[str | None, typer.Option(help="Of this person. Default: you.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """List what waits for a person."""
    with Workspace.open(workspace) as opened:
        found = mine(opened, person or actor(), at=now())
    if as_json:
        print_json([{"questionnaire": each.questionnaire_id, **text.shown_json(shown)} for each, shown in found])
        return
    for each, shown in found:
        due = f", due {each.due_on}" if each.due_on else ""
        say(f"{each.questionnaire_id}{due}")
        text.say_question(shown, {})
    say(counted(len(found), "question"))


@app.command(
    "ready",
    help="Put drafts up for review, all of them where none is named.\n\n"
    + example(
        "twofold questionnaire ready globex-2026 q-014 -w acme", "twofold questionnaire ready globex-2026 -w acme"
    ),
)
def ready(
    questionnaire: _NAME, questions: _SOME = None, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False
) -> None:
    """Put drafts up for review."""
    with Workspace.open(workspace) as opened:
        done = acting.submit(opened, questionnaire, questions or [], actor=actor(), at=now())
    text.print_acted(done, as_json)


@app.command(
    "approve",
    help="Approve answers that another person wrote, all that are ready where none is named.\n\n"
    + example("twofold questionnaire approve globex-2026 q-014 q-015 -w acme"),
)
def approve(
    questionnaire: _NAME,
    questions: _SOME = None,
    note: Annotated[str, typer.Option(help="What you looked at; goes into the evidence.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Approve answers."""
    with Workspace.open(workspace) as opened:
        done = acting.approve(opened, questionnaire, questions or [], note=note, actor=actor(), at=now())
    text.print_acted(done, as_json)


@app.command(
    "return",
    help="Return answers to their authors, with the reason.\n\n"
    + example('twofold questionnaire return globex-2026 q-014 --note "say which releases" -w acme'),
)
def give_back(
    questionnaire: _NAME,
    questions: _QUESTIONS,
    note: Annotated[str, typer.Option(help="What is wrong; goes into the evidence.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Return answers."""
    with Workspace.open(workspace) as opened:
        done = acting.give_back(opened, questionnaire, questions, note=note, actor=actor(), at=now())
    text.print_acted(done, as_json)


@app.command(
    "export",
    help="Write the sender's file with the approved answers in it, and a note beside it.\n\n"
    + example("twofold questionnaire export globex-2026 --into globex-answered.xlsx -w acme"),
)
def export(
    questionnaire: _NAME,
    into: Annotated[Path, typer.Option(help="File to write; it must not be there yet.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Give the questionnaire back."""
    with Workspace.open(workspace) as opened:
        done = export_questionnaire(opened, questionnaire, into=into, actor=actor(), at=now())
    if as_json:
        print_json(text.exported_json(done))
        return
    text.say_exported(done)


def _columns(given: list[str]) -> dict[Role, int]:
    found: dict[Role, int] = {}
    problems = []
    for each in given:
        role, _, column = each.partition("=")
        try:
            found[Role(role)] = column_number(column)
        except ValueError:
            expected = "ROLE=COLUMN, such as question=C; the roles: " + ", ".join(Role)
            problems.append(Problem("--column", f"{each!r}", expected))
    if problems:
        raise UserError(problems)
    return found
