"""SOX deficiencies: classes with their paths, groups, what relies on systems, and the judgements of named persons."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from twofold.findings.deficiency.dependents import Dependent
from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.groups import Group
from twofold.findings.deficiency.inputs import INPUTS, Given
from twofold.findings.deficiency.path import Missing, Step
from twofold.findings.deficiency.wording import group_in_words, in_two_sentences, told_to
from twofold.jobs.deficiency.evaluations import gravity
from twofold.web.api.body import Said
from twofold.web.api.operation import acts, file_answer, reads
from twofold.web.company.deficiencies import capture_judgement, deficiency_of, group_of, memo_of
from twofold.web.company.deficiency_forms import JudgementForm
from twofold.web.workspace_access import current

router = Router(tags=["deficiencies"])
Part = Annotated[str, Field(max_length=200)]
GroupId = Annotated[str, Field(max_length=400)]


class SeverityGivenOut(Schema):
    """A judgement as it was captured. evidence: the id of it."""

    value: str
    reason: str
    given_by: str
    given_at: datetime
    evidence: str


class SeverityStepOut(Schema):
    """One step of a path. input: the judgement that it asks for, "" where software computed it; given: the answer."""

    step: str
    asked: str
    answer: str
    input: str
    about: str
    given: SeverityGivenOut | None


class SeverityMissingOut(Schema):
    """A judgement that nobody gave yet; about: what of the subject it speaks of."""

    step: str
    input: str
    subject: str
    about: str
    question: str
    expected: str


class DeficiencyOut(Schema):
    """What the findings of one control of a SOX engagement are together. severity: the class, or unresolved.

    low, high: the classes that are still possible. first_on, last_on: when the control did not work.
    """

    id: str
    engagement: str
    control: str
    title: str
    severity: str
    low: str
    high: str
    kind: str
    escalated: bool
    systems: list[str]
    first_on: date
    last_on: date
    open_at_year_end: bool
    at_year_end: str
    in_words: str
    to_be_told: str
    to_be_done: list[str]


class DeficiencyPathOut(DeficiencyOut):
    """A deficiency with the path that led to its class. facts: what software knows that moves severity."""

    findings: list[str]
    facts: dict[str, str]
    steps: list[SeverityStepOut]
    missing: list[SeverityMissingOut]
    blockers: list[str]


class DeficiencyGroupOut(Schema):
    """Deficiencies that act together. basis: what they have in common; bounded_by: the larger group that caps it."""

    id: str
    basis: str
    common: str
    members: list[str]
    severity: str
    low: str
    high: str
    in_words: str
    bounded_by: str
    steps: list[SeverityStepOut]
    missing: list[SeverityMissingOut]
    unresolved: list[str]


class RelianceTestOut(Schema):
    """A test of something that relies on a system; both days inclusive."""

    first_on: date
    last_on: date
    effective: bool
    method: str
    tested_by: str
    tested_on: date
    evidence: str


class RelianceOut(Schema):
    """Something that relies on a system, or a control that compensates, with its tests."""

    id: str
    kind: str
    name: str
    system: str
    account: str
    assertion: str
    owner: str
    tests: list[RelianceTestOut]


class SeverityJudgedOut(Schema):
    """What was captured."""

    evidence: str


@reads(router, "/deficiencies", "see_findings", list[DeficiencyOut], "SOX deficiencies, the gravest first")
def deficiencies(request: HttpRequest, engagement: Part = "") -> list[DeficiencyOut]:
    """Return the deficiencies and exceptions of all SOX engagements, or of one."""
    del request
    every = sorted(current().deficiencies.evaluations.values(), key=gravity)
    return [_short(each) for each in every if engagement in {"", each.case.engagement_id}]


@reads(
    router,
    "/deficiencies/{engagement_id}/memo.pdf",
    "see_findings",
    None,
    "The summary of aggregated deficiencies as PDF",
)
def deficiency_memo(request: HttpRequest, engagement_id: Part) -> HttpResponse:
    """Return the memo; 404 for what is no SOX engagement that was judged."""
    del request
    return file_answer(memo_of(current(), engagement_id))


@reads(router, "/deficiencies/{engagement_id}/{control_id}", "see_findings", DeficiencyPathOut, "One deficiency")
def deficiency(request: HttpRequest, engagement_id: Part, control_id: Part) -> DeficiencyPathOut:
    """Return one with its path; 404 for one that no judgement has."""
    del request
    each = deficiency_of(current(), f"{engagement_id}/{control_id}")
    return DeficiencyPathOut(
        **_short(each).model_dump(),
        findings=[one.finding_id for one in each.case.findings],
        facts=dict(each.case.facts),
        steps=[_step(one) for one in each.steps],
        missing=[_missing(one) for one in each.missing],
        blockers=list(each.blockers),
    )


@reads(router, "/deficiency-groups", "see_findings", list[DeficiencyGroupOut], "Deficiencies that act together")
def deficiency_groups(request: HttpRequest, engagement: Part = "") -> list[DeficiencyGroupOut]:
    """Return the groups of all SOX engagements, or of one, the gravest first."""
    del request
    found = current().deficiencies
    wanted = [name for name in found.engagements if engagement in {"", name}]
    return [_group(each) for name in wanted for each in found.groups_of(name)]


@reads(router, "/deficiency-group", "see_findings", DeficiencyGroupOut, "One group")
def deficiency_group(request: HttpRequest, id: GroupId) -> DeficiencyGroupOut:  # noqa: A002  the name in the address
    """Return one group; 404 for one that there is not."""
    del request
    return _group(group_of(current(), id))


@reads(router, "/reliance", "see_findings", list[RelianceOut], "What relies on systems, and how it was tested")
def reliance(request: HttpRequest) -> list[RelianceOut]:
    """Return the register with its tests, by id."""
    del request
    return [_reliance(each) for each in current().deficiencies.register]


@acts(
    router,
    "/deficiency-judgements",
    "judge_deficiencies",
    SeverityJudgedOut,
    "Judge a deficiency, a group or a SOX engagement",
    form=JudgementForm,
)
def judge_deficiency(request: HttpRequest, said: Said) -> SeverityJudgedOut:
    """Capture one judgement; nobody who has a part in the control may. The newest one counts."""
    return SeverityJudgedOut(evidence=capture_judgement(request, current(), said))


def _short(each: Evaluation) -> DeficiencyOut:
    case = each.case
    return DeficiencyOut(
        id=case.deficiency_id,
        engagement=case.engagement_id,
        control=case.control_id,
        title=case.control_title,
        severity=each.word,
        low=each.span.low.title,
        high=each.span.high.title,
        kind=each.kind,
        escalated=each.escalated,
        systems=list(case.systems),
        first_on=case.window.first_on,
        last_on=case.window.last_on,
        open_at_year_end=each.is_open,
        at_year_end=case.at_year_end.text,
        in_words=in_two_sentences(each),
        to_be_told=told_to(each),
        to_be_done=each.wanted,
    )


def _group(each: Group) -> DeficiencyGroupOut:
    return DeficiencyGroupOut(
        id=each.group_id,
        basis=each.basis.words,
        common=each.common,
        members=[one.case.deficiency_id for one in each.members],
        severity=each.word,
        low=each.span.low.title,
        high=each.span.high.title,
        in_words=group_in_words(each),
        bounded_by=each.bounded_by,
        steps=[_step(one) for one in each.steps],
        missing=[_missing(one) for one in each.missing],
        unresolved=list(each.unresolved),
    )


def _step(step: Step) -> SeverityStepOut:
    given = _given(step.given) if step.given else None
    return SeverityStepOut(
        step=step.id, asked=step.asked, answer=step.answer, input=step.input, about=step.about, given=given
    )


def _given(given: Given) -> SeverityGivenOut:
    return SeverityGivenOut(
        value=given.value,
        reason=given.reason,
        given_by=given.given_by,
        given_at=given.given_at,
        evidence=given.captured,
    )


def _missing(each: Missing) -> SeverityMissingOut:
    return SeverityMissingOut(
        step=each.step,
        input=each.input,
        subject=each.subject,
        about=each.about,
        question=each.question,
        expected=INPUTS[each.input].expected,
    )


def _reliance(each: Dependent) -> RelianceOut:
    return RelianceOut(
        id=each.id,
        kind=each.kind.value if each.kind else "",
        name=each.name,
        system=each.system,
        account=each.account,
        assertion=each.assertion,
        owner=each.owner,
        tests=[
            RelianceTestOut(
                first_on=one.window.first_on,
                last_on=one.window.last_on,
                effective=one.effective,
                method=one.method.value,
                tested_by=one.tested_by,
                tested_on=one.tested_on,
                evidence=one.captured,
            )
            for one in each.tests
        ],
    )
