"""Requests of the auditors: asked, answered with captured evidence, accepted, returned, withdrawn."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.engagement.request import Request, RequestAct
from twofold.jobs.acts import ask
from twofold.jobs.acts import requests as all_requests
from twofold.web.acting import acting_name
from twofold.web.acts.requests import CHANGES, answer_one, change_one, request_named
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.number import number_in
from twofold.web.workspace_access import current

router = Router(tags=["requests"])
RequestId = Annotated[str, Field(max_length=40)]
Note = Annotated[str, Field(max_length=4000)]


class RequestOut(Schema):
    """A request of an auditor."""

    id: str
    engagement: str
    control: str | None
    text: str
    assigned_to: str
    due_on: str | None
    asked_by: str
    asked_at: datetime
    state: str
    note: str
    evidence: list[str]


class RequestPage(Schema):
    """A page of requests in order of asking. `next`: the address of the page after it; null at the end."""

    items: list[RequestOut]
    next: str | None


class RequestIn(Schema):
    """What an auditor asks."""

    engagement: Annotated[str, Field(min_length=1, max_length=200)]
    control: Annotated[str | None, Field(max_length=20)] = None
    text: Annotated[str, Field(min_length=1, max_length=8000)]
    assigned_to: Annotated[str, Field(min_length=1, max_length=200)]
    due_on: date | None = None


class RequestAnswerIn(Schema):
    """An answer to a request: ids of captured evidence."""

    evidence: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=500)]
    note: Note = ""


class NoteIn(Schema):
    """What is said with an act."""

    note: Note = ""


@reads(router, "/requests", "see_requests", RequestPage, "Requests of the auditors")
def list_requests(
    request: HttpRequest, engagement: str = "", state: str = "", after: RequestId = "", limit: Limit = 50
) -> RequestPage:
    """Return a page; `after`: the id of the request that the page before ended with."""
    now = current()
    start = -1 if (number := number_in(after.removeprefix("rq-"))) is None else number
    found = [
        each
        for each in (all_requests(now.workspace) if now.scope else [])
        if each.entry > start and engagement in {"", each.engagement} and state in {"", each.state.value}
    ]
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", row.request_id))
    return RequestPage(items=[_request(each) for each in rows], next=link)


@reads(router, "/requests/{request_id}", "see_requests", RequestOut, "One request")
def request_one(request: HttpRequest, request_id: RequestId) -> RequestOut:
    """Return one request; 404 for an unknown one."""
    del request
    return _request(request_named(current(), request_id))


@acts(router, "/requests", "manage_requests", RequestOut, "Open a request")
def ask_one(request: HttpRequest, given: RequestIn) -> RequestOut:
    """Open a request."""
    done = ask(
        current().workspace,
        given.engagement,
        control=given.control or None,
        text=given.text,
        assigned_to=given.assigned_to,
        due_on=given.due_on,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return _request(done)


@acts(router, "/requests/{request_id}/answer", "answer_requests", RequestOut, "Answer a request", on=request_one)
def answer_request_one(request: HttpRequest, request_id: RequestId, given: RequestAnswerIn) -> RequestOut:
    """Answer with captured evidence; an owner answers what is assigned to them."""
    return _request(answer_one(request, current(), request_id, evidence=given.evidence, note=given.note))


@acts(router, "/requests/{request_id}/accept", "manage_requests", RequestOut, "Accept an answer", on=request_one)
def accept_request(request: HttpRequest, request_id: RequestId, given: NoteIn) -> RequestOut:
    """Record that the auditor accepts the answer."""
    return _change(request, request_id, RequestAct.ACCEPT, given)


@acts(router, "/requests/{request_id}/return", "manage_requests", RequestOut, "Return an answer", on=request_one)
def return_request(request: HttpRequest, request_id: RequestId, given: NoteIn) -> RequestOut:
    """Record that the auditor wants more."""
    return _change(request, request_id, RequestAct.RETURN, given)


@acts(router, "/requests/{request_id}/withdraw", "manage_requests", RequestOut, "Withdraw a request", on=request_one)
def withdraw_request(request: HttpRequest, request_id: RequestId, given: NoteIn) -> RequestOut:
    """Record that the auditor no longer asks."""
    return _change(request, request_id, RequestAct.WITHDRAW, given)


def _change(request: HttpRequest, request_id: str, act: RequestAct, given: NoteIn) -> RequestOut:
    (name,) = (word for word, each in CHANGES.items() if each is act)
    return _request(change_one(request, current(), request_id, name, note=given.note))


def _request(one: Request) -> RequestOut:
    return RequestOut(
        id=one.request_id,
        engagement=one.engagement,
        control=one.control,
        text=one.text,
        assigned_to=one.assigned_to,
        due_on=one.due_on,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        state=one.state.value,
        note=one.note,
        evidence=[name for each in one.answers for name in each.evidence],
    )
