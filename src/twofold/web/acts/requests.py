"""Requests of the auditors: asked, answered by whom they are assigned to, and changed as the auditor said."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from twofold.engagement.request import Request, RequestAct
from twofold.jobs.acts import answer_request, change_request
from twofold.jobs.acts import requests as all_requests
from twofold.records.acts.people import same_person
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current

CHANGES = {each.value: each for each in (RequestAct.ACCEPT, RequestAct.RETURN, RequestAct.WITHDRAW)}
MOST_NOTE = 4000


def request_named(now: Current, request_id: str) -> Request:
    """Return a request; raises Http404 for an unknown one."""
    found = {each.request_id: each for each in all_requests(now.workspace)} if now.scope else {}
    if request_id not in found:
        raise Http404
    return found[request_id]


def may_answer(request: HttpRequest, one: Request) -> bool:
    """Whether the account may answer it: `own` is for what is assigned to its person."""
    grant = grant_of("answer_requests", role_of(request.user))
    if grant is Grant.OWN:
        return same_person(one.assigned_to, acting_name(request))
    return grant is Grant.YES


def answer_one(request: HttpRequest, now: Current, request_id: str, *, evidence: Sequence[str], note: str) -> Request:
    """Answer with evidence; raises PermissionDenied where it is assigned to somebody else, UserError as the act."""
    if not may_answer(request, request_named(now, request_id)):
        msg = "It is assigned to somebody else."
        raise PermissionDenied(msg)
    return answer_request(
        now.workspace, request_id, evidence=evidence, note=note, actor=acting_name(request), at=timezone.now()
    )


def change_one(request: HttpRequest, now: Current, request_id: str, act: str, *, note: str) -> Request:
    """Accept, return or withdraw; raises Http404 for another act or an unknown request, UserError as the act does."""
    if act not in CHANGES:
        raise Http404
    request_named(now, request_id)
    return change_request(
        now.workspace, request_id, CHANGES[act], note=note, actor=acting_name(request), at=timezone.now()
    )
