"""The answers that the company keeps: who may see them, whether they hold today, which disagree, which say it twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import combinations

from twofold.engagement.questionnaire.facts import SourceFact, Support, counted, numbers_in, supported
from twofold.engagement.questionnaire.matching import Index, MatchKind, compare, index_of
from twofold.engagement.questionnaire.words import wording

WORDS = ("yes", "no", "partial", "na", "")
"""What an answer can be in one word; "" is a text only."""


class Level(StrEnum):
    """Who may read an answer: the company only, customers under an agreement, everybody."""

    INTERNAL = "internal"
    PRIVATE = "private"
    PUBLIC = "public"


_READERS: Mapping[Level, frozenset[Level]] = {
    Level.INTERNAL: frozenset(Level),
    Level.PRIVATE: frozenset({Level.PRIVATE, Level.PUBLIC}),
    Level.PUBLIC: frozenset({Level.PUBLIC}),
}


def may_leave(level: Level, audience: Level) -> bool:
    """Whether something of a level may go to an audience. Nothing internal ever does.

    >>> may_leave(Level.INTERNAL, Level.PRIVATE), may_leave(Level.PUBLIC, Level.PRIVATE)
    (False, True)
    """
    return level is not Level.INTERNAL and level in _READERS[audience]


def level_of(text: str) -> Level:
    """Read a level; one that is not known counts as internal, so that nothing leaves by a slip of the pen."""
    return Level(text) if text in set(Level) else Level.INTERNAL


@dataclass(frozen=True, slots=True)
class LibraryAnswer:
    """One answer. questions: the wordings it answers. basis: what its sources said when it was written."""

    answer_id: str
    questions: tuple[str, ...]
    word: str
    text: str
    level: Level
    sources: tuple[str, ...]
    basis: Mapping[str, str] = field(default_factory=dict)
    written_by: str = ""
    written_at: datetime | None = None
    ends_before: date | None = None
    """First day on which it holds no longer, as a person said."""
    reason: str = ""


class DoubleKind(StrEnum):
    """Two answers to one question."""

    CONFLICT = "conflict"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Double:
    """Two answers of the library that answer one question; why they are in conflict, or that they say the same."""

    kind: DoubleKind
    one: str
    other: str
    why: str


def support_today(answer: LibraryAnswer, facts: Mapping[str, SourceFact], today: date) -> Support:
    """Say whether an answer holds today: its own end, and what it rests on."""
    found = supported(answer.sources, facts, word=answer.word, text=answer.text, basis=answer.basis, today=today)
    if answer.ends_before is not None and today >= answer.ends_before:
        why = f"it was ended on {answer.ends_before}" + (f": {answer.reason}" if answer.reason else "")
        return Support((why, *found.reasons), found.as_of, found.until)
    return found


def library_index(answers: Sequence[LibraryAnswer]) -> Index:
    """Make the index that questions are matched against."""
    return index_of((each.answer_id, question) for each in answers for question in each.questions)


def doubles(answers: Sequence[LibraryAnswer]) -> list[Double]:
    """Return every two answers to one question, in conflict or not, in order of their ids."""
    index = library_index(answers)
    ordered = sorted(answers, key=lambda each: each.answer_id)
    return [found for one, other in combinations(ordered, 2) if (found := _double(one, other, index))]


def disagree(one: LibraryAnswer, other: LibraryAnswer, *, opposite: bool = False) -> str:
    """Say why two answers to one question cannot both be right, "" where they can."""
    pair = {one.word, other.word}
    if opposite:
        return f"both say {one.word} to opposite questions" if pair in ({"yes"}, {"no"}) else ""
    if len(pair) == 2 and "" not in pair:  # noqa: PLR2004  two different words
        return f"one says {one.word}, the other {other.word}"
    mine, theirs = numbers_in(one.text), numbers_in(other.text)
    for unit in sorted({unit for _, unit in mine} & {unit for _, unit in theirs}):
        numbers = [{number for number, each in side if each == unit} for side in (mine, theirs)]
        if numbers[0].isdisjoint(numbers[1]):
            shown = [", ".join(sorted(each)) for each in numbers]
            return f"one says {counted(shown[0], unit)}, the other {counted(shown[1], unit)}"
    return ""


def _double(one: LibraryAnswer, other: LibraryAnswer, index: Index) -> Double | None:
    kinds = {
        found.kind
        for mine in one.questions
        for theirs in other.questions
        if (found := compare("", wording(mine), wording(theirs), index))
        and _is_one_question(found.kind, found.confidence)
    }
    if not kinds:
        return None
    same = not kinds.isdisjoint({MatchKind.SAME, MatchKind.CLOSE})
    why = disagree(one, other, opposite=not same)
    if why:
        return Double(DoubleKind.CONFLICT, one.answer_id, other.answer_id, why)
    return Double(DoubleKind.DUPLICATE, one.answer_id, other.answer_id, "they answer one question") if same else None


def _is_one_question(kind: MatchKind, confidence: float) -> bool:
    return kind in {MatchKind.SAME, MatchKind.CLOSE} or (kind is MatchKind.OPPOSITE and confidence >= _OPPOSITE_FROM)


_OPPOSITE_FROM = 0.6
