"""The answer library: add, list with conflicts and duplicates, end."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from twofold.engagement.questionnaire.answers import AnswerState
from twofold.engagement.questionnaire.facts import SourceFact, Support, is_ref
from twofold.engagement.questionnaire.library import Double, Level, LibraryAnswer, doubles, support_today
from twofold.jobs.questionnaire.acting import Said, answer_problems
from twofold.jobs.questionnaire.capturing import capture_lines
from twofold.jobs.questionnaire.facts import facts_for, local_day
from twofold.jobs.questionnaire.standing import standing
from twofold.jobs.questionnaire.tables import answer_tables, as_json
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True)
class Library:
    """The library today: each answer with what bears it, and every two answers to one question."""

    answers: Sequence[tuple[LibraryAnswer, Support]]
    doubles: Sequence[Double]
    facts: Mapping[str, SourceFact]

    def answer(self, answer_id: str) -> tuple[LibraryAnswer, Support]:
        """Return one answer; raises UserError for an id that there is none of."""
        found = next((pair for pair in self.answers if pair[0].answer_id == answer_id), None)
        if found is None:
            known = [each.answer_id for each, _ in self.answers]
            remedy = nearest(answer_id, known) or "run 'twofold questionnaire library list'"
            raise UserError(Problem("ANSWER", f"the library has no answer {answer_id!r}", "one of its answers", remedy))
        return found


def library(workspace: Workspace, *, at: datetime) -> Library:
    """Return the library as it stands."""
    with answer_tables(workspace) as tables:
        answers = tables.library()
    facts = facts_for(workspace, [ref for each in answers for ref in each.sources if is_ref(ref)], at=at)
    today = local_day(workspace, at)
    in_use = [each for each in answers if each.ends_before is None or today < each.ends_before]
    return Library([(each, support_today(each, facts, today)) for each in answers], doubles(in_use), facts)


def add_answer(
    workspace: Workspace,
    answer_id: str,
    questions: Sequence[str],
    said: Said,
    *,
    holds_to: date | None,
    actor: str,
    at: datetime,
) -> tuple[LibraryAnswer, tuple[EvidenceId, ...]]:
    """Keep an answer, in place of the one with this id; raises UserError without a source that bears it today."""
    facts = facts_for(workspace, filter(is_ref, said.sources), at=at)
    problems = answer_problems(said, facts, local_day(workspace, at))
    if not _ID.fullmatch(answer_id):
        problems.append(Problem("ANSWER", f"{answer_id!r} is no id", "small letters, digits, dots and dashes"))
    if not questions or not all(each.strip() for each in questions):
        problems.append(Problem("--question", "no question is given", "the question that it answers"))
    if problems:
        raise UserError(problems)
    answer = LibraryAnswer(
        answer_id=answer_id,
        questions=tuple(" ".join(each.split()) for each in questions),
        word=said.word,
        text=said.text.strip(),
        level=said.level,
        sources=tuple(sorted(set(said.sources))),
        basis={ref: facts[ref].value for ref in said.sources},
        written_by=actor,
        written_at=at,
        ends_before=holds_to,
    )
    return answer, _capture(workspace, answer, said=f"Answer {answer_id} of the library", actor=actor, at=at)


def keep_from_questionnaire(
    workspace: Workspace, name: str, question_id: str, answer_id: str, *, level: Level, actor: str, at: datetime
) -> tuple[LibraryAnswer, tuple[EvidenceId, ...]]:
    """Keep an approved answer in the library; raises UserError for any other, since a draft is nobody's word yet."""
    shown = standing(workspace, name, at=at).question(question_id)
    if shown.state is not AnswerState.APPROVED:
        found = f"{question_id} of {name} is {shown.state}"
        raise UserError(Problem("QUESTION", found, "an approved answer", "approve it first"))
    said = Said(shown.answer.word, shown.answer.text, shown.answer.sources, level)
    return add_answer(workspace, answer_id, [shown.question.text], said, holds_to=None, actor=actor, at=at)


def end_answer(
    workspace: Workspace, answer_id: str, *, on: date, reason: str, actor: str, at: datetime
) -> tuple[LibraryAnswer, tuple[EvidenceId, ...]]:
    """End an answer from a day on; raises UserError for an unknown one, or without a reason."""
    why = need_reason(reason, why="why it holds no longer")
    held, _ = library(workspace, at=at).answer(answer_id)
    ended = replace(held, ends_before=on, reason=why, written_by=actor, written_at=at)
    return ended, _capture(workspace, ended, said=f"Answer {answer_id} ends on {on}: {why}", actor=actor, at=at)


def _capture(
    workspace: Workspace, answer: LibraryAnswer, *, said: str, actor: str, at: datetime
) -> tuple[EvidenceId, ...]:
    line = {
        "id": answer.answer_id,
        "question": answer.questions[0],
        "also_asked": "\n".join(answer.questions[1:]),
        "word": answer.word,
        "text": answer.text,
        "level": str(answer.level),
        "sources": list(answer.sources),
        "basis": as_json(answer.basis),
        "holds_to": answer.ends_before.isoformat() if answer.ends_before else "",
        "reason": answer.reason,
        "written_by": answer.written_by,
        "written_at": at.isoformat(),
    }
    return capture_lines(workspace, {"library_answer": [line]}, name=answer.answer_id, said=said, actor=actor, at=at)
