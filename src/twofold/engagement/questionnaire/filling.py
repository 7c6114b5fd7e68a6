"""What is written into the sender's file for one approved answer, and where.

The word goes where the sender wants it and in the sender's spelling; text, day and basis go into the comment, or behind
the word where there is none. An answer that the cell does not allow is not written, and the person hears why.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from twofold.engagement.questionnaire.answers import Shown
from twofold.engagement.questionnaire.columns import column_words
from twofold.engagement.questionnaire.facts import SourceFact, Support, named
from twofold.engagement.questionnaire.grid import Place
from twofold.engagement.questionnaire.questions import Question

TICK = "X"
SHORT_NOTE = "Not an audit opinion."
_SIGNS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Written:
    """Texts by place, or why nothing is written."""

    cells: Mapping[Place, str]
    why_not: str = ""


def written(shown: Shown, facts: Mapping[str, SourceFact]) -> Written:
    """Return what is written for an answer."""
    question, answer = shown.question, shown.answer
    told = " ".join(part for part in (answer.text, basis_line(shown, facts)) if part)
    if not answer.word and question.comment_at and (question.ticks_at or question.choices):
        # A text where the sender asks for a word: it goes into the comment, and no word is put into its mouth.
        return Written({question.comment_at: told})
    if question.ticks_at:
        place = question.ticks_at.get(answer.word)
        if place is None:
            return Written({}, f"the columns to tick are {', '.join(question.ticks_at)}, the answer is {answer.word!r}")
        return _with_comment(question, {place: TICK}, told)
    if question.answer_at is None:
        return Written({}, "no place for an answer is known")
    return _in_cell(question, question.answer_at, answer.word, told)


def _in_cell(question: Question, place: Place, answer_word: str, told: str) -> Written:
    word = sender_word(answer_word, question.choices)
    if question.choices and not word:
        takes = ", ".join(question.choices)
        return Written({}, f"the cell takes only {takes}, the answer is {answer_word or 'a text'!r}")
    if word and (question.comment_at or question.choices):
        return _with_comment(question, {place: word}, told)
    return Written({place: f"{word}. {told}" if word else told})


def sender_word(word: str, choices: tuple[str, ...]) -> str:
    """Return an answer word in the sender's spelling; "" where the cell does not take it, or there is no word.

    >>> sender_word("yes", ("Fully compliant", "Non-compliant")), sender_word("na", ())
    ('Fully compliant', 'N/A')
    """
    known: Mapping[str, list[str]] = column_words()["words"]
    if not word:
        return ""
    if not choices:
        return known[word][0]
    plain = {_plain(each) for each in known[word]}
    return next((each for each in choices if _plain(each) in plain), "")


def basis_line(shown: Shown, facts: Mapping[str, SourceFact]) -> str:
    """Return the sentence that ties an answer to what it rests on, with its days."""
    return f"({days(shown.support)} Basis: {basis_names(shown, facts)}. {SHORT_NOTE})"


def basis_names(shown: Shown, facts: Mapping[str, SourceFact]) -> str:
    """Name what an answer rests on, as a customer may read it."""
    return "; ".join(named(ref, facts) for ref in shown.answer.sources)


def days(support: Support) -> str:
    """Say of which day an answer speaks, and up to which day it holds."""
    begins = f"As of {support.as_of}" if support.as_of else "As of today"
    return f"{begins}, holds to {support.until}." if support.until else f"{begins}."


def _with_comment(question: Question, cells: Mapping[Place, str], told: str) -> Written:
    return Written({**cells, question.comment_at: told} if question.comment_at else cells)


def _plain(text: str) -> str:
    return " ".join(_SIGNS.sub(" ", text.casefold()).split())
