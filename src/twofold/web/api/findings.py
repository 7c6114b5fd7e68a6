"""Findings: as each lens sees them, with what followed; answers, repairs and acceptance as on their page."""

from collections.abc import Callable
from datetime import date, datetime
from operator import itemgetter
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from twofold.findings.finding import Finding
from twofold.findings.follow_up import FollowUp
from twofold.findings.retest import Retest
from twofold.model.evidence import EvidenceRef
from twofold.web.acting import acting_name
from twofold.web.api.body import Said
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.company.answers import asked_for, capture_acceptance, capture_answer, capture_repair
from twofold.web.company.finding_forms import AcceptForm, AnswerForm, RepairForm
from twofold.web.company.findings import LensPart, follow_up_of, is_late, key_of, lens_parts, narrowed
from twofold.web.workspace_access import Current, current

router = Router(tags=["findings"])
Part = Annotated[str, Field(max_length=200)]
_ONE = "/follow-ups/{control_id}/{control_test}/{letter}/{word}"
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


class ClassifiedOut(Schema):
    """What exceptions are under SOX: a proposal, why, and how it stands at year end.

    latest_repair: after it the minimum operation cannot be over at year end.
    """

    word: str
    why: str
    timing: str
    latest_repair: date | None


class LensOut(Schema):
    """A finding as one engagement sees it; classification, deficiency: only where its lens evaluates deficiencies.

    deficiency: the id of what the findings of the control are together.
    """

    engagement: str
    lens: str
    items_count: int
    pattern: str
    criterion: str
    effect: str
    classification: ClassifiedOut | None
    deficiency: str | None


class AnswerOut(Schema):
    """An answer as it was captured. due_on: until when; for an acceptance, when it is looked at again."""

    cause: str
    response: str
    owner: str
    due_on: date | None
    given_by: str
    given_at: datetime
    captured: str
    decision: str
    remediated_on: date | None
    remediation: str
    evidence: list[str]


class CountedOut(Schema):
    """Items since a repair. again: of the exceptions, those for the finding's own reason."""

    passed: int
    exceptions: int
    cannot_test: int
    again: int


class RetestOut(Schema):
    """What the newest run says since the repair. possible_on: the first day on which it can be good."""

    repaired_on: date
    result: str
    counts: CountedOut
    minimum: str
    possible_on: date
    run_id: str
    clock: datetime


class FollowUpOut(Schema):
    """One finding with all that followed, though two lenses may see it. items: the first ones.

    stage: answer, repair, retest, closed or accepted. answers: the newest first; the first one counts.
    """

    finding: str
    control: str
    control_test: str
    attribute: str
    code: str
    title: str
    stage: str
    owner: str
    due_on: date | None
    late: bool
    systems: list[str]
    items_count: int
    items: list[str]
    lenses: list[LensOut]
    answers: list[AnswerOut]
    retest: RetestOut | None


class FollowUpPage(Schema):
    """A page of findings, those due first. `next`: the address of the page after it; null at the end."""

    items: list[FollowUpOut]
    next: str | None


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


@reads(router, "/follow-ups", "see_findings", FollowUpPage, "Findings with what followed, those due first")
def list_follow_ups(  # noqa: PLR0913, PLR0917  the filters of the board
    request: HttpRequest,
    engagement: str = "",
    control: str = "",
    owner: str = "",
    stage: Literal["", "open", "answer", "repair", "retest", "closed", "accepted"] = "",
    due: Literal["", "late", "soon"] = "",
    after: str = "",
    limit: Limit = 50,
) -> FollowUpPage:
    """Return a page of the board's findings, each once; owner: an HR id, or `me`."""
    now = current()
    asked = {"engagement": engagement, "control": control, "owner": owner, "stage": stage, "due": due}
    asked["mine"] = acting_name(request) if owner == "me" else ""
    found = sorted((each for each in narrowed(now, asked, now.today) if key_of(each) > after), key=key_of)
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", key_of(row)))
    return FollowUpPage(items=[_follow_up(now, each) for each in rows], next=link)


@reads(router, _ONE, "see_findings", FollowUpOut, "One finding with what followed")
def follow_up_one(request: HttpRequest, control_id: Part, control_test: Part, letter: Part, word: Part) -> FollowUpOut:
    """Return one finding; 404 for one that no judgement has."""
    del request
    now = current()
    return _follow_up(now, follow_up_of(now, f"{control_id}/{control_test}/{letter}/{word}"))


@acts(router, f"{_ONE}/answer", "answer_findings", CapturedOut, "Answer a finding", on=follow_up_one, form=AnswerForm)
def answer_finding_one(
    request: HttpRequest, control_id: Part, control_test: Part, letter: Part, word: Part, said: Said
) -> CapturedOut:
    """Capture the answer as evidence. A repair told before stays, unless it failed or is done anew."""
    return _captured(request, f"{control_id}/{control_test}/{letter}/{word}", capture_answer, said)


@acts(
    router,
    f"{_ONE}/repair",
    "answer_findings",
    CapturedOut,
    "Say that a repair was done",
    on=follow_up_one,
    form=RepairForm,
)
def repair_finding(
    request: HttpRequest, control_id: Part, control_test: Part, letter: Part, word: Part, said: Said
) -> CapturedOut:
    """Capture that the repair was done; the next test looks at what came after it. It needs an answer first."""
    return _captured(request, f"{control_id}/{control_test}/{letter}/{word}", capture_repair, said)


@acts(
    router,
    f"{_ONE}/accept",
    "answer_findings",
    CapturedOut,
    "Accept a finding",
    on=follow_up_one,
    form=AcceptForm,
)
def accept_finding(
    request: HttpRequest, control_id: Part, control_test: Part, letter: Part, word: Part, said: Said
) -> CapturedOut:
    """Capture that the company lives with it up to a day; nobody who has a part in the control may."""
    return _captured(request, f"{control_id}/{control_test}/{letter}/{word}", capture_acceptance, said)


def _captured(
    request: HttpRequest,
    finding_id: str,
    capture: Callable[[HttpRequest, Current, FollowUp, Said], EvidenceRef],
    said: Said,
) -> CapturedOut:
    now, follow_up = asked_for(request, finding_id)
    return CapturedOut(evidence=capture(request, now, follow_up, said).evidence_id)


def _follow_up(now: Current, one: FollowUp) -> FollowUpOut:
    finding = one.finding
    return FollowUpOut(
        finding=one.finding_id,
        control=finding.control_id,
        control_test=finding.control_test,
        attribute=finding.attribute,
        code=finding.code,
        title=one.title,
        stage=one.stage.value,
        owner=one.owner,
        due_on=one.due_on,
        late=is_late(one, now.today),
        systems=list(one.systems),
        items_count=len(one.items),
        items=list(one.items[:_ITEMS_SHOWN]),
        lenses=[_lens(each) for each in lens_parts(now, one)],
        answers=[AnswerOut.from_orm(each) for each in one.answers],
        retest=_retest(one.retest) if one.retest else None,
    )


def _lens(one: LensPart) -> LensOut:
    seen = one.seen
    return LensOut(
        engagement=seen.engagement_id,
        lens=seen.lens,
        items_count=len(seen.finding.items),
        pattern=seen.finding.pattern,
        criterion=seen.finding.criterion,
        effect=seen.finding.effect,
        classification=ClassifiedOut.from_orm(one.classification) if one.classification else None,
        deficiency=one.deficiency.case.deficiency_id if one.deficiency else None,
    )


def _retest(one: Retest) -> RetestOut:
    return RetestOut(
        repaired_on=one.repaired_on,
        result=one.result.value,
        counts=CountedOut.from_orm(one.counts),
        minimum=one.minimum.said,
        possible_on=one.possible_on,
        run_id=one.run_id,
        clock=one.clock,
    )


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
