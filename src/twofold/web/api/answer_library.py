"""The answer library: which answers hold, which are stale, which disagree; keep one, end one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.engagement.questionnaire.facts import Support
from twofold.engagement.questionnaire.library import Double, Level, LibraryAnswer
from twofold.jobs.questionnaire.facts import local_day
from twofold.jobs.questionnaire.library import end_answer, keep_from_questionnaire
from twofold.web.acting import acting_name
from twofold.web.api.body import Said
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.api.questionnaires import SOURCES
from twofold.web.company.preparing.answer_library import KeepForm, answers_like, keep_answer
from twofold.web.company.preparing.questionnaires import held_library
from twofold.web.workspace_access import current

router = Router(tags=["questionnaires"])
AnswerId = Annotated[str, Field(min_length=1, max_length=80)]


class DoubleOut(Schema):
    """Another answer to the same question. kind: conflict, or duplicate where both say the same."""

    kind: str
    other: str
    why: str


class KeptAnswerOut(Schema):
    """An answer of the library. reasons: why it does not hold today. ends_before: the first day it holds no longer."""

    id: str
    questions: list[str]
    word: str
    text: str
    level: str
    sources: list[str]
    written_by: str
    written_at: datetime | None
    ends_before: date | None
    reasons: list[str]
    until: date | None
    doubles: list[DoubleOut]


class KeptAnswerPage(Schema):
    """A page of answers by id. `next`: the address of the page after it; null at the end."""

    items: list[KeptAnswerOut]
    next: str | None


class KeepApprovedIn(Schema):
    """An approved answer of a questionnaire."""

    questionnaire: Annotated[str, Field(min_length=1, max_length=200)]
    question: Annotated[str, Field(min_length=1, max_length=200)]
    level: Level = Level.INTERNAL


class EndIn(Schema):
    """Why an answer holds no longer."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class CapturedAsOut(Schema):
    """As what an act was captured; [] where nothing changed."""

    evidence: list[str]


@reads(router, "/answer-library", "see_questionnaires", KeptAnswerPage, "The answer library, by id")
def list_kept_answers(
    request: HttpRequest,
    level: Literal["", "internal", "private", "public"] = "",
    state: Literal["", "holds", "stale", "twice"] = "",
    words: str = "",
    after: str = "",
    limit: Limit = 50,
) -> KeptAnswerPage:
    """Return a page; twice: what another answer disagrees with, or says again."""
    held = held_library()
    every = answers_like(held, level=level, state=state, words=words)
    found = sorted((each for each in every if each[0].answer_id > after), key=lambda each: each[0].answer_id)
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", row[0].answer_id))
    return KeptAnswerPage(items=[_told(answer, support, held.doubles) for answer, support in rows], next=link)


@reads(router, "/answer-library/{answer_id}", "see_questionnaires", KeptAnswerOut, "One answer of the library")
def kept_answer_one(request: HttpRequest, answer_id: AnswerId) -> KeptAnswerOut:
    """Return one answer; 404 for an unknown one."""
    del request
    held = held_library()
    found = next((each for each in held.answers if each[0].answer_id == answer_id), None)
    if found is None:
        raise Http404
    return _told(*found, held.doubles)


@acts(
    router,
    "/answer-library",
    "answer_questionnaires",
    CapturedAsOut,
    "Keep an answer",
    form=KeepForm,
    lists=SOURCES,
)
def keep_answer_one(request: HttpRequest, said: Said) -> CapturedAsOut:
    """Keep an answer in place of the one with its id; `questions` has a wording in each line."""
    evidence = keep_answer(current().workspace, said, said["source"], actor=acting_name(request), at=timezone.now())
    return CapturedAsOut(evidence=list(evidence))


@acts(
    router,
    "/answer-library/{answer_id}/keep-approved",
    "answer_questionnaires",
    CapturedAsOut,
    "Keep an approved answer",
)
def keep_approved_answer(request: HttpRequest, answer_id: AnswerId, given: KeepApprovedIn) -> CapturedAsOut:
    """Keep an approved answer of a questionnaire under an id; a draft is nobody's word yet, and is refused."""
    _, evidence = keep_from_questionnaire(
        current().workspace,
        given.questionnaire,
        given.question,
        answer_id,
        level=given.level,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return CapturedAsOut(evidence=list(evidence))


@acts(
    router,
    "/answer-library/{answer_id}/end",
    "answer_questionnaires",
    CapturedAsOut,
    "End an answer",
    on=kept_answer_one,
)
def end_kept_answer(request: HttpRequest, answer_id: AnswerId, given: EndIn) -> CapturedAsOut:
    """End an answer from today on; what was answered with it is stale from then on."""
    workspace, at = current().workspace, timezone.now()
    on = local_day(workspace, at)
    _, evidence = end_answer(workspace, answer_id, on=on, reason=given.reason, actor=acting_name(request), at=at)
    return CapturedAsOut(evidence=list(evidence))


def _told(answer: LibraryAnswer, support: Support, doubles: Sequence[Double]) -> KeptAnswerOut:
    name = answer.answer_id
    return KeptAnswerOut(
        id=name,
        questions=list(answer.questions),
        word=answer.word,
        text=answer.text,
        level=str(answer.level),
        sources=list(answer.sources),
        written_by=answer.written_by,
        written_at=answer.written_at,
        ends_before=answer.ends_before,
        reasons=list(support.reasons),
        until=support.until,
        doubles=[
            DoubleOut(kind=str(each.kind), other=each.other if each.one == name else each.one, why=each.why)
            for each in doubles
            if name in {each.one, each.other}
        ],
    )
