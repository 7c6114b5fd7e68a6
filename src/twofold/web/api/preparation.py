"""Before an audit: the interview with its answers, advice, and the readiness review."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.jobs.advice.answers_file import Written
from twofold.jobs.advice.interview import record_answers
from twofold.jobs.advice.letter import reply_letter
from twofold.jobs.advice.said import read_said
from twofold.jobs.readiness.review import review
from twofold.jobs.readiness.shown import review_json
from twofold.model.problem import Problem, UserError
from twofold.scope.advice.questions import is_asked, questions
from twofold.web.acting import acting_name
from twofold.web.api.operation import acts, file_answer, reads
from twofold.web.company.preparation import ADVICE, OWN_PAGES
from twofold.web.company.preparing.kept import kept
from twofold.web.company.preparing.reply import reply_today
from twofold.web.workspace_access import current

router = Router(tags=["before an audit"])


class QuestionOut(Schema):
    """A question of the interview with the answer in force. `asked`: it makes sense after the other answers."""

    name: str
    asks: str
    help: str
    allowed: str
    asked: bool
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class AnswersIn(Schema):
    """Question -> answer, written as `allowed` says."""

    answers: Annotated[dict[str, Annotated[str, Field(max_length=4000)]], Field(min_length=1, max_length=200)]


class AnsweredOut(Schema):
    """What became of the answers; evidence is "" where none said anything new."""

    recorded: list[str]
    unchanged: list[str]
    evidence: str


class GroupOut(Schema):
    """Sentences under a word of their own, such as those for and against."""

    title: str
    statements: list[str]


class AdviceOut(Schema):
    """A heading of advice with its sentences; `marks` are words beside it, such as a verdict."""

    title: str
    marks: list[str]
    statements: list[str]
    groups: list[GroupOut]


class BuyerRequestOut(Schema):
    """What a buyer asked for. fiscal_year_end: MM-DD of the customer, "" = unknown."""

    request_id: str
    customer: str
    asks: list[str]
    words: str
    asked_on: date | None
    needed_by: date | None
    fiscal_year_end: str
    public_company: bool | None
    system: str
    evidence: str


class ReplyOut(Schema):
    """A draft for a person to read before it leaves. letter: the text to send, with where each sentence comes from."""

    on: date
    draft: list[str]
    questions: list[str]
    left_out: list[str]
    letter: str


@reads(router, "/interview", "see_preparation", list[QuestionOut], "The interview")
def interview(request: HttpRequest) -> list[QuestionOut]:
    """Return every question, with the answer in force."""
    del request
    said = read_said(current().workspace).current
    held = {name: each.answer for name, each in said.items()}
    return [
        QuestionOut(
            name=name,
            asks=each.asks,
            help=each.help,
            allowed=each.allowed,
            asked=is_asked(each, held),
            answer=held.get(name),
            answered_by=said[name].answered_by if name in said else None,
            answered_at=said[name].answered_at if name in said else None,
        )
        for name, each in questions().items()
    ]


@acts(router, "/interview", "answer_interview", AnsweredOut, "Answer questions of the interview", on=interview)
def answer_interview(request: HttpRequest, given: AnswersIn) -> AnsweredOut:
    """Capture what is new as one piece of evidence, or nothing where one answer cannot be."""
    problems, written = [], []
    for name, text in given.answers.items():
        try:
            written.append(Written(name, name, questions()[name].read(text)))
        except KeyError:
            problems.append(Problem(name, "there is no such question", "a name of GET /interview"))
        except ValueError as error:
            problems.append(Problem(name, str(error)))
    if problems:
        raise UserError(problems)
    done = record_answers(current().workspace, written, actor=acting_name(request), at=timezone.now())
    return AnsweredOut(recorded=list(done.recorded), unchanged=list(done.unchanged), evidence=done.evidence)


@reads(router, "/preparation/{topic}", "see_preparation", list[AdviceOut], "Advice on one topic")
def advice(request: HttpRequest, topic: Literal["stage", "categories", "window", "anti-patterns"]) -> list[AdviceOut]:
    """Return the advice as of today."""
    del request
    return [
        AdviceOut(
            title=each.title,
            marks=list(each.marks),
            statements=[one.text for one in each.statements],
            groups=[GroupOut(title=title, statements=[one.text for one in some]) for title, some in each.groups],
        )
        for each in kept(f"advice on {topic}", ADVICE[topic])
    ]


@reads(router, "/preparation/{topic}/page", "see_preparation", None, "A report as one page of HTML")
def advice_page(request: HttpRequest, topic: Literal["cost", "readiness", "soc2-and-sox"]) -> HttpResponse:
    """Return the file that the command of the topic writes."""
    del request
    return file_answer(kept(*OWN_PAGES[topic]))


@reads(router, "/buyer-requests", "see_preparation", list[BuyerRequestOut], "What buyers asked for")
def list_buyer_requests(request: HttpRequest) -> list[BuyerRequestOut]:
    """Return the requests for SOC 2 or SOX."""
    del request
    found = kept("buyers", lambda now, _: list(read_said(now.workspace).requests or ()))
    return [BuyerRequestOut(**{**asdict(each), "asks": sorted(each.asks)}) for each in found]


@reads(router, "/buyer-requests/{request_id}/reply", "see_preparation", ReplyOut, "A draft of a reply to a buyer")
def buyer_reply(request: HttpRequest, request_id: Annotated[str, Field(max_length=200)]) -> ReplyOut:
    """Return the draft as of today; 404 for an unknown request."""
    del request
    try:
        found = reply_today(request_id)
    except UserError as error:
        raise Http404 from error
    reply = found.reply
    return ReplyOut(
        on=found.on,
        draft=[each.text for each in reply.draft],
        questions=[each.text for each in reply.questions],
        left_out=[each.text for each in reply.left_out],
        letter=reply_letter(found),
    )


@reads(router, "/readiness", "see_preparation", dict[str, Any], "The readiness review")
def readiness(request: HttpRequest) -> dict[str, Any]:
    """Return the review as of today: the same as `twofold readiness --json`."""
    del request
    return kept("readiness", lambda now, today: review_json(review(now.workspace, today=today, window_days=None)))
