"""twofold questionnaire library list | add | show | expire: the answers that the company keeps."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli import questionnaire_text as text
from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say
from twofold.engagement.questionnaire.library import WORDS, Level, LibraryAnswer
from twofold.jobs.clock import actor, now
from twofold.jobs.questionnaire.acting import Said
from twofold.jobs.questionnaire.facts import local_day
from twofold.jobs.questionnaire.library import add_answer, end_answer, keep_from_questionnaire, library
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Keep answers for questions to come, each with what it rests on.",
)
_HERE = Path()
_ANSWER = Annotated[str, typer.Argument(metavar="{answer}", help="Id of the answer, such as mfa.")]
_DAY = ["%Y-%m-%d"]


@app.callback()
def _library(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "list",
    help="List the answers: which hold, which are stale, which disagree, which say it twice.\n\n"
    + example("twofold questionnaire library list -w acme"),
)
def list_answers(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List answers."""
    with Workspace.open(workspace) as opened:
        held = library(opened, at=now())
    if as_json:
        print_json(text.library_json(held))
        return
    text.say_library(held)


@app.command(
    "show",
    help="Show one answer, what it rests on, and what speaks against it today.\n\n"
    + example("twofold questionnaire library show mfa -w acme"),
)
def show(answer: _ANSWER, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Show one answer."""
    with Workspace.open(workspace) as opened:
        held = library(opened, at=now())
    found, support = held.answer(answer)
    doubles = [each for each in held.doubles if answer in {each.one, each.other}]
    if as_json:
        print_json({**text.library_answer_json(found, support), "doubles": doubles})
        return
    text.say_library_answer(found, support)
    for each in doubles:
        say(f"{each.kind}: {each.one} and {each.other}, {each.why}")


@app.command(
    "add",
    help="Keep an answer, in place of the one with this id; or keep an approved one with --from.\n\n"
    + example(
        'twofold questionnaire library add mfa --question "Is MFA required for all staff?" --word yes \\\n'
        '--text "All staff sign in with a second factor." --source control:AC-07@soc2-2026 --level private -w acme',
        "twofold questionnaire library add mfa --from globex-2026/q-014 -w acme",
    ),
)
def add(  # noqa: PLR0913, PLR0917  the options of the command
    answer: _ANSWER,
    question: Annotated[list[str] | None, typer.Option(help="A question that it answers; may be repeated.")] = None,
    text_: Annotated[str, typer.Option("--text", help="The answer.")] = "",
    source: Annotated[
        list[str] | None,
        typer.Option(help="What it rests on: control:ID[@ENGAGEMENT], evidence:ID, policy:ID[/LINE], scope:PLACE."),
    ] = None,
    word: Annotated[str, typer.Option(help="yes, no, partial, na, or nothing for a text only.")] = "",
    level: Annotated[Level, typer.Option(help="Who may read it; internal never leaves.")] = Level.PRIVATE,
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day on which it holds.")] = None,
    taken_from: Annotated[str | None, typer.Option("--from", help="Approved answer: QUESTIONNAIRE/QUESTION.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Keep an answer."""
    if word not in WORDS:
        raise UserError(Problem("--word", f"{word!r}", "yes, no, partial, na, or nothing"))
    with Workspace.open(workspace) as opened:
        if taken_from is not None:
            if any((question, text_, source, word, until)):
                raise UserError(Problem("--from", "further fields beside it", "--from and --level only"))
            name, _, asked = taken_from.partition("/")
            kept, evidence = keep_from_questionnaire(opened, name, asked, answer, level=level, actor=actor(), at=now())
        else:
            said = Said(word, text_, tuple(source or ()), level)
            ends = until.date() + timedelta(days=1) if until else None
            kept, evidence = add_answer(opened, answer, question or [], said, holds_to=ends, actor=actor(), at=now())
    _print(kept, evidence, as_json)


@app.command(
    "expire",
    help="End an answer: from that day on nothing is drafted from it, and what was answered with it is stale.\n\n"
    + example('twofold questionnaire library expire mfa --reason "the provider was changed" -w acme'),
)
def expire(
    answer: _ANSWER,
    reason: Annotated[str, typer.Option(help="Why; goes into the evidence.")],
    on: Annotated[datetime | None, typer.Option(formats=_DAY, help="First day without it. Default: today.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """End an answer."""
    with Workspace.open(workspace) as opened:
        day: date = on.date() if on else local_day(opened, now())
        ended, evidence = end_answer(opened, answer, on=day, reason=reason, actor=actor(), at=now())
    _print(ended, evidence, as_json)


def _print(answer: LibraryAnswer, evidence: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print_json({"answer": answer, "evidence": evidence})
        return
    ends = f", until {answer.ends_before - timedelta(days=1)}" if answer.ends_before else ""
    say(f"{answer.answer_id}: {answer.level}, rests on {', '.join(answer.sources)}{ends}")
    say(f"Recorded as {', '.join(evidence)}.")
