"""A questionnaire as it stands today: each question with its answer, its state, and what it rests on."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from twofold.engagement.questionnaire.answers import AnswerState, QuestionAnswer, Shown, shown_today
from twofold.engagement.questionnaire.drafting import Ground
from twofold.engagement.questionnaire.facts import SourceFact, is_ref
from twofold.engagement.questionnaire.library import LibraryAnswer, library_index
from twofold.engagement.questionnaire.sox import SOURCE
from twofold.engagement.questionnaire.words import plain_words
from twofold.jobs.questionnaire.facts import boundary, facts_for, local_day
from twofold.jobs.questionnaire.tables import Questionnaire, answer_tables
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Standing:
    """A questionnaire today. twice: ids of questions that ask the same as an earlier one -> that one."""

    questionnaire: Questionnaire
    shown: Sequence[Shown]
    library: Sequence[LibraryAnswer]
    facts: Mapping[str, SourceFact]
    twice: Mapping[str, str]
    today: date

    @property
    def counts(self) -> Mapping[str, int]:
        """How many questions there are of each state, those that are not asked apart, and how many answers go out."""
        states = Counter(str(each.state) for each in self.shown if not each.not_asked)
        return {
            "questions": len(self.shown),
            "answered": sum(each.leaves for each in self.shown),
            "not_asked": sum(bool(each.not_asked) for each in self.shown),
            **{str(state): states[str(state)] for state in AnswerState},
        }

    def question(self, question_id: str) -> Shown:
        """Return one question; raises UserError for an id that there is none of."""
        found = next((each for each in self.shown if each.question.question_id == question_id), None)
        if found is None:
            last = self.shown[-1].question.question_id
            raise UserError(Problem("QUESTION", f"there is no question {question_id!r}", f"q-001 to {last}"))
        return found


def standing(workspace: Workspace, name: str, *, at: datetime) -> Standing:
    """Return a questionnaire as it stands; raises UserError for an id that there is none of."""
    with answer_tables(workspace) as tables:
        questionnaire = tables.questionnaire(name)
        questions, answers, library = tables.questions(name), tables.answers(name), tables.library()
    refs = [ref for answer in answers.values() for ref in answer.sources]
    refs += [ref for each in library for ref in each.sources]
    facts = facts_for(workspace, [*filter(is_ref, refs), SOURCE], at=at)
    today = local_day(workspace, at)
    blank = {each.question_id: QuestionAnswer(name, each.question_id) for each in questions}
    held = blank | answers
    kept = {each.answer_id: each for each in library}
    shown = [
        shown_today(
            question,
            held[question.question_id],
            parent=held.get(question.parent),
            kept=kept.get(held[question.question_id].library),
            facts=facts,
            audience=questionnaire.audience,
            today=today,
        )
        for question in questions
    ]
    first: dict[str, str] = {}
    twice = {}
    for question in questions:
        asked = first.setdefault(plain_words(question.text), question.question_id)
        if asked != question.question_id:
            twice[question.question_id] = asked
    return Standing(questionnaire, shown, library, facts, twice, today)


def ground_of(workspace: Workspace, stands: Standing) -> Ground:
    """Return everything that drafts are made from."""
    return Ground(
        library={each.answer_id: each for each in stands.library},
        index=library_index(stands.library),
        facts=stands.facts,
        boundary=boundary(workspace),
        audience=stands.questionnaire.audience,
        today=stands.today,
    )


def all_questionnaires(workspace: Workspace, *, at: datetime) -> list[Standing]:
    """Return every questionnaire as it stands, in order of arrival."""
    with answer_tables(workspace) as tables:
        names = list(tables.questionnaires())
    return [standing(workspace, name, at=at) for name in names]


def mine(workspace: Workspace, person: str, *, at: datetime) -> list[tuple[Questionnaire, Shown]]:
    """Return what waits for a person, over all questionnaires."""
    return waiting_for(all_questionnaires(workspace, at=at), person)


def waiting_for(standings: Iterable[Standing], person: str) -> list[tuple[Questionnaire, Shown]]:
    """Return what waits for a person: the questions given to them that are not up for review or approved."""
    waiting = {AnswerState.OPEN, AnswerState.DRAFT, AnswerState.RETURNED, AnswerState.STALE}
    return [
        (stands.questionnaire, each)
        for stands in standings
        for each in stands.shown
        if not each.not_asked and each.answer.assigned_to == person and each.state in waiting
    ]
