"""twofold interview: ask for what no system can tell, one question after the other, and record it with its date."""

import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import (
    ExitCode,
    JsonOption,
    WorkspaceOption,
    complain,
    counted,
    example,
    finish,
    print_json,
    say,
    say_wrapped,
    width,
)
from twofold.jobs.advice.answers_file import TAKE_BACK, Written, read_answers
from twofold.jobs.advice.interview import Recorded, lists_to_capture, record_answers, write_templates
from twofold.jobs.advice.said import Given, Said, read_said
from twofold.jobs.capture import CapturedFile, capture
from twofold.jobs.clock import actor, now
from twofold.records.workspace import Workspace
from twofold.scope.advice.questions import Question, in_words, is_asked, questions

NAME = "interview"
SHORT_HELP = "Answer what no system can tell: stage, plans, buyers, product."
HELP = (
    "Answer what no system can tell, for twofold advise. On a terminal one question comes after the other, with what "
    "was answered before; an empty line keeps that, - takes it back, q ends early and records what was answered.\n\n"
    + example(
        "twofold interview -w acme",
        "twofold interview --template to-fill-in -w acme",
        "twofold interview --file to-fill-in/answers.csv --promises to-fill-in/promises.csv \\\n"
        "--requests to-fill-in/requests.csv -w acme",
        "twofold interview --show -w acme",
    )
)
_HERE = Path()
_END = "q"


def command(
    file: Annotated[Path | None, typer.Option(help="Answers as .csv or .toml, in place of asking.")] = None,
    promises: Annotated[Path | None, typer.Option(help="CSV of promises to customers, to capture.")] = None,
    requests: Annotated[Path | None, typer.Option(help="CSV of what buyers asked for, to capture.")] = None,
    template: Annotated[
        Path | None, typer.Option(help="Write files to fill in below this folder, and ask nothing.", file_okay=False)
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the answers with their history, and ask nothing.")] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Ask, or read answers from a file, and record them."""
    with Workspace.open(workspace) as opened:
        if template is not None:
            _print_written(write_templates(opened, template), as_json)
            return
        if show:
            _print_history(read_said(opened), as_json)
            return
        # Read before anything is captured, so that a faulty file leaves everything as it was.
        given = (
            read_answers(file)
            if file
            else []
            if promises or requests
            else _ask(read_said(opened), complain if as_json else say)
        )
        paths = {"customer_promise": promises, "buyer_request": requests}
        items = lists_to_capture(opened, paths, actor=actor(), at=now())
        recorded = record_answers(opened, given, actor=actor(), at=now())
        lists = capture(opened, items, actor=actor(), at=now()) if items else []
        unanswered = read_said(opened).answers.unanswered
    _print_recorded(recorded, lists, unanswered, as_json)
    finish(ExitCode.INCOMPLETE if any(each.reading.set_aside for each in lists) else ExitCode.OK)


def _ask(said: Said, tell: Callable[[str], None]) -> list[Written]:
    """Ask every question that makes sense; a line that is no answer is asked for again. Ends at q or the last line."""
    answered = {name: each.answer for name, each in said.current.items()}
    given: dict[str, Written] = {}
    for number, question in enumerate(questions().values(), 1):
        if not is_asked(question, answered):
            continue
        answer = _one(number, question, said.current.get(question.name), tell)
        if answer is None:
            break
        if answer:
            text = "" if answer == TAKE_BACK else answer
            given[question.name] = Written("terminal", question.name, text)
            answered[question.name] = text
    return list(given.values())


def _one(number: int, question: Question, before: Given | None, tell: Callable[[str], None]) -> str | None:
    """Return the answer, "" for none, None to end."""
    lines = ["", *_filled(f"{number}. {question.asks}", "", "   "), *_filled(question.help, "   ", "   ")]
    if before:
        lines.append(f"   answered before: {before.answer} ({before.answered_by}, {before.answered_at:%Y-%m-%d})")
    tell("\n".join(lines))
    while True:
        tell(f"   {question.allowed}:")
        line = sys.stdin.readline()
        text = line.strip()
        if not line or text == _END:
            return None
        if text in {"", TAKE_BACK}:
            return text
        try:
            return question.read(text)
        except ValueError as error:
            tell(f"   {error}")


def _filled(text: str, first: str, further: str) -> list[str]:
    return textwrap.wrap(text, width(), initial_indent=first, subsequent_indent=further)


def _print_written(paths: list[Path], as_json: bool) -> None:
    if as_json:
        print_json([str(each) for each in paths])
        return
    for each in paths:
        say(str(each))
    say_wrapped("Fill them in, then: twofold interview --file, --promises, --requests.", indent=0)


def _print_history(said: Said, as_json: bool) -> None:
    if as_json:
        history: Mapping[str, list[Given]] = {
            name: [each for each in said.given if each.question == name] for name in questions()
        }
        print_json({"answers": history, "unanswered": said.answers.unanswered, "faults": said.faults})
        return
    for name in questions():
        for place, each in enumerate(given for given in said.given if given.question == name):
            told = each.answer or "(taken back)"
            when = f"{each.answered_at:%Y-%m-%d}, {each.answered_by}, {each.evidence}"
            say_wrapped(f"{name if not place else '  before':24} {told}  ({when})", indent=0, hanging=25)
    for fault in said.faults:
        say(str(fault))
    _print_unanswered(said.answers.unanswered)


def _print_recorded(recorded: Recorded, lists: list[CapturedFile], unanswered: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        shown = [
            {
                "evidence": each.evidence.evidence_id,
                "rows": dict(each.reading.row_counts),
                "set_aside": each.reading.set_aside,
            }
            for each in lists
        ]
        print_json({"recorded": recorded, "lists": shown, "unanswered": unanswered})
        return
    say()
    if recorded.recorded:
        say_wrapped(
            f"{counted(len(recorded.recorded), 'answer')} recorded as {recorded.evidence}: "
            + ", ".join(recorded.recorded),
            indent=0,
            hanging=2,
        )
    else:
        say("No new answer was recorded.")
    if recorded.unchanged:
        say(f"{counted(len(recorded.unchanged), 'answer')} as before.")
    for each in lists:
        rows = sum(each.reading.row_counts.values())
        say(f"{each.evidence.evidence_id}: {counted(rows, 'row')} of {each.evidence.provenance.kind}")
        for aside in each.reading.set_aside:
            say_wrapped(f"set aside: {aside.record}: {aside.reason}", indent=2, hanging=2)
    _print_unanswered(unanswered)
    say("Next: twofold advise stage")


def _print_unanswered(unanswered: tuple[str, ...]) -> None:
    if unanswered:
        say_wrapped(f"Not answered: {in_words(unanswered)}", indent=0, hanging=2)
