"""The note that goes with a filled questionnaire: how many answers there are, what each rests on, and what is left.

It leaves the company, so it says of an open question that it is open and not why.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from twofold.engagement.questionnaire.answers import Shown
from twofold.engagement.questionnaire.facts import SourceFact, data_of
from twofold.engagement.questionnaire.filling import basis_names, days
from twofold.model.statement import NOT_AN_OPINION, AdviceRule, Statement

RULE = AdviceRule(
    "questionnaire.export",
    "ux 1, questionnaire workflow: no source, no answer; each answer expires with its evidence",
    date(2026, 11, 25),
)


@dataclass(frozen=True, slots=True)
class CoverNote:
    """What the note says. answers: those that are in the file, each as a statement with its data."""

    company: str
    title: str
    file: str
    exported_on: date
    answers: Sequence[tuple[Shown, Statement]]
    left: Sequence[Shown]
    not_asked: Sequence[Shown]


def answer_statement(shown: Shown, facts: Mapping[str, SourceFact]) -> Statement:
    """Return an answer that leaves as a statement: its words, the rule, and the data that it rests on."""
    said = f"{shown.answer.word}: {shown.answer.text}" if shown.answer.word else shown.answer.text
    told = f"{said} ({days(shown.support)} Basis: {basis_names(shown, facts)}.)"
    return Statement(told, RULE, data_of(shown.answer.sources, facts))


def cover_note(note: CoverNote) -> str:
    """Return the note as Markdown."""
    answered, left, skipped = len(note.answers), len(note.left), len(note.not_asked)
    counts = f"{answered} of {answered + left + skipped} questions are answered, {left} are open"
    lines = [
        f"# {note.company}: answers to {_plain(note.title)}",
        "",
        f"File {_plain(note.file)}, filled on {note.exported_on}. {counts}, {skipped} not asked, given another answer.",
        "",
        f"**{NOT_AN_OPINION}**",
        "",
        "Each answer was approved by a named person who did not write it. It holds to the day that stands with it.",
        "",
        "| Question | Answer | Rests on |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {_name(shown)} | {_plain(said.text)} | {_plain('; '.join(said.data))} |" for shown, said in note.answers
    ]
    lines += ["", "Open: " + (", ".join(_name(each) for each in note.left) or "none") + "."]
    if note.not_asked:
        lines.append("Not asked: " + ", ".join(_name(each) for each in note.not_asked) + ".")
    lines += ["", f"Rule: {RULE.rule} ({RULE.source}; {RULE.as_of}).", ""]
    return "\n".join(lines)


def _name(shown: Shown) -> str:
    question = shown.question
    sender = f" ({_plain(question.sender_id)})" if question.sender_id else ""
    return f"{question.question_id}{sender}"


def _plain(text: str) -> str:
    """Return a text that cannot break out of a line or a cell of the table."""
    kept = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return re.sub(r"([\\|\[\]`])", r"\\\1", kept).replace("<", "&lt;")
