"""Findings as each lens sees them, and answers to them."""

from datetime import date
from operator import itemgetter
from typing import Annotated

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.findings.finding import Finding
from twofold.jobs.finding_answers import Repair, answer_finding
from twofold.web.acting import acting_name, may_for_control
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.workspace_access import Current, current

router = Router(tags=["findings"])
Text = Annotated[str, Field(min_length=1, max_length=4000)]
_ITEMS_SHOWN = 50


class FindingOut(Schema):
    """Exceptions grouped, as one engagement's lens sees them.

    items: the first ones; all are items of the run with the attribute and code.
    """

    engagement: str
    finding: str
    control: str
    control_test: str
    attribute: str
    code: str
    condition: str
    criterion: str
    cause: str
    response: str
    owner: str
    due_on: str
    stage: str
    items_count: int
    items: list[str]


class FindingPage(Schema):
    """A page of findings, in order of id and engagement. `next`: the address of the page after it; null at the end."""

    items: list[FindingOut]
    next: str | None


class AnswerIn(Schema):
    """An answer to a finding."""

    finding: Text
    cause: Text
    response: Text
    owner: Annotated[str, Field(min_length=1, max_length=200)]
    due_on: date


class CapturedOut(Schema):
    """What was captured."""

    evidence: str


@reads(router, "/findings", "see_findings", FindingPage, "Findings of each engagement")
def list_findings(
    request: HttpRequest,
    engagement: str = "",
    control: str = "",
    finding: str = "",
    after: str = "",
    limit: Limit = 50,
) -> FindingPage:
    """Return a page; the filters narrow to one engagement, control or finding."""
    now = current()
    found = [
        (key, name, one)
        for key, name, one in _ordered(now)
        if key > after
        and engagement in {"", name}
        and control in {"", one.control_id}
        and finding in {"", one.finding_id}
    ]
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", row[0]))
    return FindingPage(items=[_finding(now, name, one) for _, name, one in rows], next=link)


@acts(router, "/findings/answer", "answer_findings", CapturedOut, "Answer a finding")
def answer_finding_one(request: HttpRequest, given: AnswerIn) -> CapturedOut:
    """Capture the answer as evidence; the findings show it after the next judgement. A repair told before stays."""
    now = current()
    control_id = given.finding.partition("/")[0]
    if not may_for_control(request, "answer_findings", now.scope.scope if now.scope else None, control_id):
        msg = f"{control_id} has another owner."
        raise PermissionDenied(msg)
    before = now.follow_ups[given.finding].answer if given.finding in now.follow_ups else None
    repair = (
        Repair(before.remediated_on, before.remediation, before.evidence) if before and before.remediated_on else None
    )
    captured = answer_finding(
        now.workspace,
        given.finding,
        cause=given.cause,
        response=given.response,
        owner=given.owner,
        due_on=given.due_on,
        actor=acting_name(request),
        at=timezone.now(),
        repair=repair,
    )
    return CapturedOut(evidence=captured.evidence_id)


def _ordered(now: Current) -> list[tuple[str, str, Finding]]:
    """Return the key of a page, the engagement and the finding, in order of key."""
    every = [
        (f"{one.finding_id} {each.judgement.engagement_id}", each.judgement.engagement_id, one)
        for each in now.judged
        for one in each.findings
    ]
    return sorted(every, key=itemgetter(0))


def _finding(now: Current, engagement: str, one: Finding) -> FindingOut:
    return FindingOut(
        engagement=engagement,
        finding=one.finding_id,
        control=one.control_id,
        control_test=one.control_test,
        attribute=one.attribute,
        code=one.code,
        condition=one.condition,
        criterion=one.criterion,
        cause=one.cause,
        response=one.response,
        owner=one.owner,
        due_on=one.due_on,
        stage=now.follow_ups[one.finding_id].stage.value,
        items_count=len(one.items),
        items=list(one.items[:_ITEMS_SHOWN]),
    )
