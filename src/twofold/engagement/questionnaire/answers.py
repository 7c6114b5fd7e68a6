"""The answer to one question of a customer, and its states.

Rule 1: everything that affects the state of an answer stands in `TRANSITIONS`. Rule 2: stale is never stored; it
follows from what the answer rests on today. Rule 3: the approver is not the author. Rule 4: only an approved answer
that is not stale, and whose level the audience may read, leaves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from twofold.engagement.questionnaire.facts import SourceFact, Support, supported
from twofold.engagement.questionnaire.library import Level, LibraryAnswer, may_leave
from twofold.engagement.questionnaire.questions import Question


class AnswerState(StrEnum):
    """Where an answer stands."""

    OPEN = "open"
    DRAFT = "draft"
    READY = "ready"
    APPROVED = "approved"
    RETURNED = "returned"
    STALE = "stale"
    """What it rests on holds no longer, or the answer that asked it changed. Computed, never stored."""


class AnswerAct(StrEnum):
    """What people do with an answer."""

    WRITE = "write"
    ASSIGN = "assign"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"


_S, _A = AnswerState, AnswerAct
TRANSITIONS: Mapping[tuple[AnswerState, AnswerAct], AnswerState] = {
    (_S.OPEN, _A.WRITE): _S.DRAFT,
    (_S.DRAFT, _A.WRITE): _S.DRAFT,
    (_S.READY, _A.WRITE): _S.DRAFT,
    (_S.RETURNED, _A.WRITE): _S.DRAFT,
    (_S.APPROVED, _A.WRITE): _S.DRAFT,
    (_S.STALE, _A.WRITE): _S.DRAFT,
    (_S.OPEN, _A.ASSIGN): _S.OPEN,
    (_S.DRAFT, _A.ASSIGN): _S.DRAFT,
    (_S.READY, _A.ASSIGN): _S.READY,
    (_S.RETURNED, _A.ASSIGN): _S.RETURNED,
    (_S.STALE, _A.ASSIGN): _S.RETURNED,
    (_S.DRAFT, _A.SUBMIT): _S.READY,
    (_S.READY, _A.APPROVE): _S.APPROVED,
    (_S.READY, _A.RETURN): _S.RETURNED,
    (_S.APPROVED, _A.RETURN): _S.RETURNED,
    (_S.STALE, _A.RETURN): _S.RETURNED,
}
"""What is not here is refused. What is stale can only be written anew, returned or given to somebody."""


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """What was last done with one question; `state` as it was stored, so never stale."""

    questionnaire: str
    question_id: str
    state: AnswerState = AnswerState.OPEN
    word: str = ""
    text: str = ""
    sources: tuple[str, ...] = ()
    basis: Mapping[str, str] = field(default_factory=dict)
    library: str = ""
    confidence: str = ""
    level: Level = Level.PRIVATE
    rule: str = ""
    author: str = ""
    approver: str = ""
    note: str = ""
    assigned_to: str = ""
    parent_word: str = ""
    acted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A question with its answer as it stands today.

    not_asked: why it needs no answer, "" for most. leaves: whether it goes out with an export.
    """

    question: Question
    answer: QuestionAnswer
    state: AnswerState
    support: Support
    not_asked: str
    leaves: bool

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is stale."""
        return self.support.reasons if self.state is AnswerState.STALE else ()


def next_state(state: AnswerState, act: AnswerAct) -> AnswerState | None:
    """Return the state after an act, None where the act is not allowed."""
    return TRANSITIONS.get((state, act))


def shown_today(
    question: Question,
    answer: QuestionAnswer,
    *,
    parent: QuestionAnswer | None,
    kept: LibraryAnswer | None,
    facts: Mapping[str, SourceFact],
    audience: Level,
    today: date,
) -> Shown:
    """Return an answer as it stands today.

    parent: the answer that decides whether the question is asked. kept: the answer of the library it was taken from.
    """
    support = supported(answer.sources, facts, word=answer.word, text=answer.text, basis=answer.basis, today=today)
    support = replace(support, reasons=(*support.reasons, *_of_library(answer, kept, audience, today)))
    decided = approved_word(parent)
    if answer.parent_word and decided and answer.parent_word != decided:
        why = f"{question.parent} was answered {answer.parent_word!r} then and {decided!r} now: asked again"
        support = replace(support, reasons=(*support.reasons, why))
    written = answer.state in {AnswerState.DRAFT, AnswerState.READY, AnswerState.APPROVED}
    state = AnswerState.STALE if written and not support.holds else answer.state
    not_asked = ""
    if question.parent and decided and decided != question.parent_word:
        not_asked = f"{question.parent} is answered {decided} and approved; it is asked after {question.parent_word}"
    leaves = state is AnswerState.APPROVED and may_leave(answer.level, audience) and not not_asked
    return Shown(question, answer, state, support, not_asked, leaves)


def _of_library(answer: QuestionAnswer, kept: LibraryAnswer | None, audience: Level, today: date) -> Iterator[str]:
    """Yield why the answer of the library that this one was taken from is none for it any longer."""
    if kept is None:
        return
    if kept.ends_before is not None and today >= kept.ends_before:
        yield f"the answer {kept.answer_id} of the library was ended on {kept.ends_before}"
    if (kept.word, kept.text) != (answer.word, answer.text):
        yield f"the answer {kept.answer_id} of the library says something else now"
    if not may_leave(kept.level, audience):
        yield f"the answer {kept.answer_id} of the library is {kept.level} now"


def approved_word(answer: QuestionAnswer | None) -> str:
    """Return the word of an answer that was approved, else "": a draft decides nothing about other questions."""
    return answer.word if answer is not None and answer.state is AnswerState.APPROVED else ""
