"""What people do with answers: draft from the library, write, assign, put up for review, approve, return.

Each act is captured as evidence with who and when. A state that does not allow the act, an answer without a source, and
an approver who is the author are refused, all problems at once, and then nothing is captured.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from twofold.engagement.questionnaire.answers import (
    AnswerAct,
    AnswerState,
    QuestionAnswer,
    Shown,
    approved_word,
    next_state,
)
from twofold.engagement.questionnaire.drafting import Draft, Proposal, propose
from twofold.engagement.questionnaire.facts import KINDS, SourceFact, is_ref, supported
from twofold.engagement.questionnaire.library import Level, may_leave
from twofold.jobs.known_names import need_other_human
from twofold.jobs.questionnaire.capturing import capture_lines
from twofold.jobs.questionnaire.facts import facts_for, local_day
from twofold.jobs.questionnaire.standing import Standing, ground_of, standing
from twofold.jobs.questionnaire.tables import answer_line
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, same_person
from twofold.records.workspace import Workspace

LONGEST_ANSWER = 10_000


@dataclass(frozen=True, slots=True)
class AnswersActed:
    """What an act left: the answers that it touched, the evidence that holds it, and the questionnaire afterwards."""

    answers: tuple[QuestionAnswer, ...]
    evidence: tuple[EvidenceId, ...]
    after: Standing


@dataclass(frozen=True, slots=True)
class Matched:
    """What matching gave: a proposal for each question that was looked at, and what was drafted."""

    proposals: Mapping[str, Proposal]
    acted: AnswersActed


def match(workspace: Workspace, name: str, *, again: bool, actor: str, at: datetime) -> Matched:
    """Draft answers from the library for open and stale questions, with `again` for drafts too.

    What is up for review or approved and not stale is left alone. Raises UserError for an unknown questionnaire.
    """
    stands = standing(workspace, name, at=at)
    ground = ground_of(workspace, stands)
    states = {AnswerState.OPEN, AnswerState.STALE} | ({AnswerState.DRAFT} if again else set())
    looked_at = [each for each in stands.shown if each.state in states and not each.not_asked]
    proposals = {each.question.question_id: propose(each.question.text, ground) for each in looked_at}
    drafted = [
        _drafted(each, proposals[each.question.question_id].draft, stands, actor=actor, at=at) for each in looked_at
    ]
    kept = [each for each in drafted if each is not None]
    said = f"Drafts from the answer library for {name}"
    return Matched(proposals, _capture(workspace, stands, kept, said=said, actor=actor, at=at))


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as a person writes it."""

    word: str
    text: str
    sources: tuple[str, ...]
    level: Level


def write(workspace: Workspace, name: str, question_id: str, said: Said, *, actor: str, at: datetime) -> AnswersActed:
    """Write an answer by hand; raises UserError without a source, or with one that does not bear it today."""
    stands = standing(workspace, name, at=at)
    shown = stands.question(question_id)
    facts = facts_for(workspace, filter(is_ref, said.sources), at=at)
    problems = answer_problems(said, facts, local_day(workspace, at))
    if not may_leave(said.level, stands.questionnaire.audience):
        found = f"the answer is {said.level}, the questionnaire goes to a {stands.questionnaire.audience} audience"
        problems.append(Problem("--level", found, "a level that this audience may read"))
    problems += _refusal(shown, AnswerAct.WRITE)
    if problems:
        raise UserError(problems)
    answer = replace(
        shown.answer,
        state=AnswerState.DRAFT,
        word=said.word,
        text=said.text.strip(),
        sources=tuple(sorted(set(said.sources))),
        basis={ref: facts[ref].value for ref in said.sources},
        library="",
        confidence="",
        level=said.level,
        rule="",
        author=actor,
        approver="",
        note="",
        parent_word=_parent_word(shown, stands),
        acted_at=at,
    )
    return _capture(workspace, stands, [answer], said=f"Answer to {question_id} of {name}", actor=actor, at=at)


def assign(
    workspace: Workspace, name: str, questions: Sequence[str], *, to: str, actor: str, at: datetime
) -> AnswersActed:
    """Give questions to a person."""
    if not to.strip():
        raise UserError(Problem("--to", "nobody is named", "the person who is to answer"))

    def given(shown: Shown) -> QuestionAnswer:
        return replace(shown.answer, assigned_to=to.strip())

    return _act(workspace, name, questions, AnswerAct.ASSIGN, given, actor=actor, at=at)


def submit(workspace: Workspace, name: str, questions: Sequence[str], *, actor: str, at: datetime) -> AnswersActed:
    """Put drafts up for review, all drafts where no question is named."""

    def ready(shown: Shown) -> QuestionAnswer:
        return shown.answer

    return _act(workspace, name, questions, AnswerAct.SUBMIT, ready, actor=actor, at=at)


def approve(
    workspace: Workspace, name: str, questions: Sequence[str], *, note: str, actor: str, at: datetime
) -> AnswersActed:
    """Approve answers, all that are ready where no question is named; raises UserError for one's own."""

    def approved(shown: Shown) -> QuestionAnswer:
        return replace(shown.answer, approver=actor, note=note)

    return _act(workspace, name, questions, AnswerAct.APPROVE, approved, actor=actor, at=at)


def give_back(
    workspace: Workspace, name: str, questions: Sequence[str], *, note: str, actor: str, at: datetime
) -> AnswersActed:
    """Return answers to their authors; raises UserError without a reason."""
    why = need_reason(note, why="what is wrong with the answer")

    def returned(shown: Shown) -> QuestionAnswer:
        to = shown.answer.assigned_to or shown.answer.author
        return replace(shown.answer, approver="", note=why, assigned_to=to)

    return _act(workspace, name, questions, AnswerAct.RETURN, returned, actor=actor, at=at)


def answer_problems(said: Said, facts: Mapping[str, SourceFact], today: date) -> list[Problem]:
    """Return what keeps an answer from being kept: no text, no source, or sources that do not bear it today."""
    problems = []
    if not said.text.strip() or len(said.text) > LONGEST_ANSWER:
        problems.append(Problem("--text", "no text, or a very long one", f"1 to {LONGEST_ANSWER:,} characters"))
    if not said.sources:
        remedy = "name what it rests on: --source control:AC-03, evidence:ev-12, policy:access, scope:systems/billing"
        problems.append(Problem("--source", "no source, no answer", "at least one source", remedy))
    problems += [
        Problem("--source", f"{ref!r} is no source", f"KIND:NAME, the kind one of {', '.join(KINDS)}")
        for ref in said.sources
        if not is_ref(ref)
    ]
    if said.sources and not problems:
        found = supported(said.sources, facts, word=said.word, text=said.text, basis={}, today=today)
        problems += [Problem("--source", reason, "sources that bear the answer today") for reason in found.reasons]
    return problems


def _act(
    workspace: Workspace,
    name: str,
    questions: Sequence[str],
    act: AnswerAct,
    change: Callable[[Shown], QuestionAnswer],
    *,
    actor: str,
    at: datetime,
) -> AnswersActed:
    stands = standing(workspace, name, at=at)
    chosen = [stands.question(each) for each in dict.fromkeys(questions)]
    if not chosen:
        chosen = [each for each in stands.shown if next_state(each.state, act) and _is_due(each, act)]
    problems = [problem for each in chosen for problem in _refusal(each, act)]
    if act is AnswerAct.APPROVE:
        problems += [problem for each in chosen for problem in _own(each, actor)]
        authors = {each.answer.author for each in chosen}
        need_other_human(workspace, actor, authors, where="QUESTION", why="an approver who is not the author")
    if not chosen:
        problems = [Problem("QUESTION", f"no answer of {name} can be {_DONE[act]} now", "one in a fitting state")]
    if problems:
        raise UserError(problems)
    acted = [
        replace(change(each), state=next_state(each.state, act) or each.answer.state, acted_at=at) for each in chosen
    ]
    return _capture(workspace, stands, acted, said=f"Answers of {name} {_DONE[act]}", actor=actor, at=at)


_DONE: Mapping[AnswerAct, str] = {
    AnswerAct.WRITE: "written",
    AnswerAct.ASSIGN: "assigned",
    AnswerAct.SUBMIT: "put up for review",
    AnswerAct.APPROVE: "approved",
    AnswerAct.RETURN: "returned",
}


def _is_due(shown: Shown, act: AnswerAct) -> bool:
    """Whether an act without named questions means this one."""
    return {AnswerAct.SUBMIT: AnswerState.DRAFT, AnswerAct.APPROVE: AnswerState.READY}.get(act) is shown.state


def _refusal(shown: Shown, act: AnswerAct) -> Iterable[Problem]:
    if next_state(shown.state, act) is None:
        name = shown.question.question_id
        why = f": {'; '.join(shown.reasons)}" if shown.reasons else ""
        found = f"{name} is {shown.state}, so it cannot be {_DONE[act]}{why}"
        allowed = [_DONE[each] for each in AnswerAct if next_state(shown.state, each)]
        yield Problem("QUESTION", found, "an answer that can be, this one can be " + ", ".join(allowed))


def _own(shown: Shown, actor: str) -> Iterable[Problem]:
    if same_person(shown.answer.author, actor):
        found = f"{actor!r} wrote the answer to {shown.question.question_id}, or had it drafted"
        yield Problem("QUESTION", found, "an approver who is not the author", "let another person approve it")


def _drafted(shown: Shown, draft: Draft | None, stands: Standing, *, actor: str, at: datetime) -> QuestionAnswer | None:
    if draft is None:
        return None
    rule = draft.said[0].rule
    return replace(
        shown.answer,
        state=AnswerState.DRAFT,
        word=draft.word,
        text=draft.text,
        sources=draft.sources,
        basis=draft.basis,
        library=draft.library,
        confidence=f"{draft.confidence:.2f}",
        level=draft.level,
        rule=f"{rule.rule} ({rule.source}; {rule.as_of})",
        author=actor,
        approver="",
        note="",
        parent_word=_parent_word(shown, stands),
        acted_at=at,
    )


def _parent_word(shown: Shown, stands: Standing) -> str:
    return approved_word(stands.question(shown.question.parent).answer) if shown.question.parent else ""


def _capture(
    workspace: Workspace, stands: Standing, answers: Sequence[QuestionAnswer], *, said: str, actor: str, at: datetime
) -> AnswersActed:
    name = stands.questionnaire.questionnaire_id
    evidence: tuple[EvidenceId, ...] = ()
    if answers:
        lines = {"questionnaire_answer": [answer_line(each) for each in answers]}
        evidence = capture_lines(workspace, lines, name=name, said=said, actor=actor, at=at)
    return AnswersActed(tuple(answers), evidence, standing(workspace, name, at=at))
