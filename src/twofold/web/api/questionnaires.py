"""Customers' questionnaires: taken in, drafted, written, approved by another person, and given back in their file."""

from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.engagement.questionnaire.answers import Shown
from twofold.engagement.questionnaire.drafting import propose
from twofold.jobs.questionnaire import acting
from twofold.jobs.questionnaire.standing import Standing, ground_of
from twofold.web.acting import acting_name
from twofold.web.api.body import Said
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.company.preparing.kept import kept
from twofold.web.company.preparing.question import AnswerForm, question_named, said_of
from twofold.web.company.preparing.questionnaire_files import ImportForm, filled_in, how_read, imported
from twofold.web.company.preparing.questionnaires import (
    Row,
    conflicts,
    held_library,
    left_of,
    questions_of,
    rows_of,
    standing_named,
    standings,
)
from twofold.web.company.preparing.sources import nameable
from twofold.web.workspace_access import current

router = Router(tags=["questionnaires"])
QuestionnaireId = Annotated[str, Field(max_length=200)]
QuestionId = Annotated[str, Field(max_length=200)]
Chosen = Annotated[list[QuestionId], Field(min_length=1, max_length=2000)]
Note = Annotated[str, Field(max_length=4000)]
SOURCES = {"source": "what the answer rests on, such as `control:AC-03`; see `/sources`"}
_ONE = "/questionnaires/{path:questionnaire_id}"
_QUESTION = f"{_ONE}/questions/{{path:question_id}}"


class QuestionnaireOut(Schema):
    """A questionnaire. counts: questions of each state; left: those that are asked and not answered for good."""

    id: str
    title: str
    sender: str
    name: str
    original: str
    audience: str
    received_at: datetime
    due_on: date | None
    counts: dict[str, int]
    left: int


class AskedQuestionOut(Schema):
    """A question with its answer as it holds today.

    reasons: why it does not hold; until: the last day on which it does. conflicts: what disagrees with it. not_asked:
    why it needs no answer. leaves: whether it goes out with the file. hands: who has it.
    """

    id: str
    number: int
    part: str
    section: str
    sender_id: str
    text: str
    choices: list[str]
    state: str
    hands: str
    not_asked: str
    leaves: bool
    word: str
    answer: str
    sources: list[str]
    level: str
    library: str
    author: str
    approver: str
    note: str
    assigned_to: str
    acted_at: datetime | None
    reasons: list[str]
    until: date | None
    conflicts: list[str]


class ProposedAnswerOut(Schema):
    """What the library proposes for a question; confidence from 0 to 1."""

    word: str
    text: str
    sources: list[str]
    library: str
    confidence: float


class AskedQuestionOneOut(AskedQuestionOut):
    """One question. proposal: null where the library has nothing that holds, and `why` says why."""

    proposal: ProposedAnswerOut | None
    why: str


class AskedQuestionPage(Schema):
    """A page of questions in order of the file. `next`: the address of the page after it; null at the end."""

    items: list[AskedQuestionOut]
    next: str | None


class MineOut(Schema):
    """A question that waits for the caller."""

    questionnaire: str
    due_on: date | None
    question: AskedQuestionOut


class SourceOut(Schema):
    """Something that an answer or a claim can rest on."""

    source: str
    title: str


class TakenInOut(Schema):
    """How a file was read, a sentence each."""

    questionnaire: str
    evidence: list[str]
    read: list[str]


class DraftIn(Schema):
    """again: drafts that are there are made anew, too."""

    again: bool = False


class DraftedOut(Schema):
    """How many drafts were made, and for how many questions the library has nothing that holds."""

    drafted: int
    without: int
    evidence: list[str]


class AssignIn(Schema):
    """Questions, and to whom they go."""

    questions: Chosen
    to: Annotated[str, Field(min_length=1, max_length=200)]


class ChosenIn(Schema):
    """Questions by id."""

    questions: Chosen


class ReviewIn(Schema):
    """Questions by id, and what is said with the act; returning needs it."""

    questions: Chosen
    note: Note = ""


class ActedOut(Schema):
    """The questions that were acted on, and the evidence that holds the act."""

    questions: list[str]
    evidence: list[str]


class GiveOutIn(Schema):
    """with_note: a zip of the file and the note about it."""

    with_note: bool = False


class FileOut(Schema):
    """A file; content is base64."""

    name: str
    content: str


@reads(router, "/questionnaires", "see_questionnaires", list[QuestionnaireOut], "Questionnaires of customers")
def list_questionnaires(request: HttpRequest) -> list[QuestionnaireOut]:
    """Return the questionnaires in order of arrival."""
    del request
    return [_told(each) for each in standings().values()]


@reads(router, "/my-questions", "see_questionnaires", list[MineOut], "Questions that wait for the caller")
def my_questions(request: HttpRequest) -> list[MineOut]:
    """Return them over all questionnaires, the soonest due first."""
    held, every = held_library(), standings()
    return [
        MineOut(
            questionnaire=each.questionnaire_id,
            due_on=each.due_on,
            question=_question(shown, "", conflicts(shown, every[each.questionnaire_id], held)),
        )
        for each, shown in questions_of(acting_name(request))
    ]


@reads(router, "/sources", "see_questionnaires", list[SourceOut], "What answers and claims can rest on")
def list_sources(request: HttpRequest) -> list[SourceOut]:
    """Return the sources that can be named: judged controls, policies and systems; evidence goes by its id, too."""
    del request
    found = kept("sources", lambda now, _: nameable(now))
    return [SourceOut(source=source, title=title) for source, title in found]


@acts(
    router,
    "/questionnaires",
    "answer_questionnaires",
    TakenInOut,
    "Take in a questionnaire",
    form=ImportForm,
    with_file=True,
)
def take_in_questionnaire(request: HttpRequest, said: Said) -> TakenInOut:
    """Take in a customer's file, and tell how it was read."""
    taken = imported(request, said)
    return TakenInOut(questionnaire=taken.questionnaire_id, evidence=list(taken.evidence), read=how_read(taken))


def questionnaire_one(request: HttpRequest, questionnaire_id: QuestionnaireId) -> QuestionnaireOut:
    """Return one questionnaire; 404 for an unknown one."""
    del request
    return _told(standing_named(questionnaire_id))


def question_one(
    request: HttpRequest, questionnaire_id: QuestionnaireId, question_id: QuestionId
) -> AskedQuestionOneOut:
    """Return one question; 404 for an unknown one."""
    del request
    stands = standing_named(questionnaire_id)
    shown = question_named(stands, question_id)
    found = propose(shown.question.text, ground_of(current().workspace, stands))
    return AskedQuestionOneOut(
        **_question(shown, "", conflicts(shown, stands, held_library())).model_dump(),
        proposal=ProposedAnswerOut.from_orm(found.draft) if found.draft else None,
        why=found.why,
    )


@acts(router, f"{_ONE}/draft", "answer_questionnaires", DraftedOut, "Draft answers", on=questionnaire_one)
def draft_answers(request: HttpRequest, questionnaire_id: QuestionnaireId, given: DraftIn) -> DraftedOut:
    """Draft answers from the library for what is open or stale; no source, no answer."""
    standing_named(questionnaire_id)
    made = acting.match(
        current().workspace, questionnaire_id, again=given.again, actor=acting_name(request), at=timezone.now()
    )
    drafted = sum(each.draft is not None for each in made.proposals.values())
    return DraftedOut(
        drafted=drafted, without=len(made.proposals) - drafted, evidence=list(made.acted.evidence) if drafted else []
    )


@acts(router, f"{_ONE}/assign", "answer_questionnaires", ActedOut, "Give questions to a person", on=questionnaire_one)
def assign_questions(request: HttpRequest, questionnaire_id: QuestionnaireId, given: AssignIn) -> ActedOut:
    """Give the questions to a person."""
    return _acted(request, questionnaire_id, acting.assign, given.questions, to=given.to)


@acts(router, f"{_ONE}/ready", "answer_questionnaires", ActedOut, "Put drafts up for review", on=questionnaire_one)
def ready_answers(request: HttpRequest, questionnaire_id: QuestionnaireId, given: ChosenIn) -> ActedOut:
    """Put the drafts up for review."""
    return _acted(request, questionnaire_id, acting.submit, given.questions)


@acts(router, f"{_ONE}/approve", "approve_answers", ActedOut, "Approve answers", on=questionnaire_one)
def approve_answers(request: HttpRequest, questionnaire_id: QuestionnaireId, given: ReviewIn) -> ActedOut:
    """Approve answers of others; one's own are refused."""
    return _acted(request, questionnaire_id, acting.approve, given.questions, note=given.note)


@acts(router, f"{_ONE}/return", "approve_answers", ActedOut, "Return answers", on=questionnaire_one)
def return_answers(request: HttpRequest, questionnaire_id: QuestionnaireId, given: ReviewIn) -> ActedOut:
    """Return answers to their authors, with a reason."""
    return _acted(request, questionnaire_id, acting.give_back, given.questions, note=given.note)


@acts(router, f"{_ONE}/file", "approve_answers", FileOut, "Give the file out", on=questionnaire_one)
def give_out_questionnaire(request: HttpRequest, questionnaire_id: QuestionnaireId, given: GiveOutIn) -> FileOut:
    """Return the sender's own file with the approved answers in it; what left is captured."""
    name, content = filled_in(request, questionnaire_id, with_note=given.with_note)
    return FileOut(name=name, content=b64encode(content).decode())


@acts(
    router,
    f"{_QUESTION}/write",
    "answer_questionnaires",
    ActedOut,
    "Write an answer",
    on=question_one,
    form=AnswerForm,
    lists=SOURCES,
)
def write_answer(
    request: HttpRequest, questionnaire_id: QuestionnaireId, question_id: QuestionId, said: Said
) -> ActedOut:
    """Write the answer; one without a source that bears it today is refused."""
    question_named(standing_named(questionnaire_id), question_id)
    done = acting.write(
        current().workspace,
        questionnaire_id,
        question_id,
        said_of(said, said["source"]),
        actor=acting_name(request),
        at=timezone.now(),
    )
    return _done(done)


reads(router, _QUESTION, "see_questionnaires", AskedQuestionOneOut, "One question")(question_one)


@reads(router, f"{_ONE}/questions", "see_questionnaires", AskedQuestionPage, "Questions of a questionnaire")
def list_questions(
    request: HttpRequest,
    questionnaire_id: QuestionnaireId,
    state: Literal["", "open", "draft", "ready", "approved", "returned", "stale", "not_asked"] = "",
    person: str = "",
    after: Annotated[int, Field(ge=0, lt=2**31)] = 0,
    limit: Limit = 50,
) -> AskedQuestionPage:
    """Return a page; after: the number of the last question of the page before."""
    stands, held = standing_named(questionnaire_id), held_library()
    rows = rows_of(stands, held, state=state, person=person)
    found = [each for each in rows if each.shown.question.number > after]
    shown, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", row.shown.question.number))
    return AskedQuestionPage(items=[_row(each) for each in shown], next=link)


reads(router, _ONE, "see_questionnaires", QuestionnaireOut, "One questionnaire")(questionnaire_one)


def _acted(
    request: HttpRequest,
    questionnaire_id: str,
    act: Callable[..., acting.AnswersActed],
    questions: list[str],
    **said: str,
) -> ActedOut:
    standing_named(questionnaire_id)
    workspace, actor, at = current().workspace, acting_name(request), timezone.now()
    return _done(act(workspace, questionnaire_id, questions, actor=actor, at=at, **said))


def _done(done: acting.AnswersActed) -> ActedOut:
    return ActedOut(questions=[each.question_id for each in done.answers], evidence=list(done.evidence))


def _told(stands: Standing) -> QuestionnaireOut:
    one = stands.questionnaire
    return QuestionnaireOut(
        id=one.questionnaire_id,
        title=one.title,
        sender=one.sender,
        name=one.name,
        original=one.original,
        audience=str(one.audience),
        received_at=one.received_at,
        due_on=one.due_on,
        counts=dict(stands.counts),
        left=left_of(stands),
    )


def _row(row: Row) -> AskedQuestionOut:
    return _question(row.shown, row.hands, list(row.conflicts))


def _question(shown: Shown, hands: str, against: list[str]) -> AskedQuestionOut:
    question, answer = shown.question, shown.answer
    return AskedQuestionOut(
        id=question.question_id,
        number=question.number,
        part=question.part,
        section=question.section,
        sender_id=question.sender_id,
        text=question.text,
        choices=list(question.choices),
        state=str(shown.state),
        hands=hands or answer.assigned_to or answer.author,
        not_asked=shown.not_asked,
        leaves=shown.leaves,
        word=answer.word,
        answer=answer.text,
        sources=list(answer.sources),
        level=str(answer.level),
        library=answer.library,
        author=answer.author,
        approver=answer.approver,
        note=answer.note,
        assigned_to=answer.assigned_to,
        acted_at=answer.acted_at,
        reasons=list(shown.support.reasons),
        until=shown.support.until,
        conflicts=against,
    )
