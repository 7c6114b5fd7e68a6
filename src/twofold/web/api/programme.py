"""The programme: engagements, systems, controls with sign-offs, where it stands, and coverage by week."""

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.lenses.conclusion import ControlTestResult
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.acts.sign_off import SignedConclusion, SignOff, SignOffRole, sign_offs
from twofold.web.acts.sign_off import Concluded, sign_control
from twofold.web.api.operation import acts, reads
from twofold.web.company.coverage import coverage as coverage_of
from twofold.web.company.system_list import SystemRow, rows_of_systems
from twofold.web.workspace_access import Current, current

router = Router(tags=["programme"])


class EngagementOut(Schema):
    """A judged engagement and what its criteria or domains are proposed as; `reach` says how far that goes."""

    id: str
    lens: str
    auditor: str
    starts_at: datetime
    ends_before: datetime
    clock: datetime
    headings: dict[str, str]
    reach: list[str]
    opinion: str


class StepOut(Schema):
    """Something to do, the gravest first."""

    control: str
    text: str


class StatusOut(Schema):
    """Where the workspace stands. `first`: what comes before all steps, "" when nothing does."""

    company: str
    evidence: int
    entries: int
    root: str
    first: str
    steps: list[StepOut]


class LabelOut(Schema):
    """A stretch in which a system counts under a lens."""

    lens: Literal["soc2", "sox"]
    starts_at: datetime | None
    ends_before: datetime | None
    reason: str
    approver: str
    inherited: bool
    counts: bool


class SystemOut(Schema):
    """A system of the scope. serves: systems that rely on it; data: categories of data that it holds."""

    id: str
    name: str
    description: str
    data: list[str]
    serves: list[str]
    layer: str
    owner: str | None
    sources: list[str]
    labels: list[LabelOut]


class CountsOut(Schema):
    """Counts of one control test under a lens; they add up to the population."""

    population: int
    passed: int
    exceptions: int
    cannot_test: int
    not_applicable: int


class ResultOut(Schema):
    """One control test of a control in an engagement."""

    control_test: str
    run_id: str
    required: list[str]
    counts: CountsOut | None
    stops: list[str]


class JudgedOut(Schema):
    """What an engagement's lens proposes for a control."""

    engagement: str
    lens: str
    conclusion: str
    reasons: list[str]
    looks: list[str]
    open_points: list[str]
    results: list[ResultOut]


class ControlOut(Schema):
    """A control of the catalog, with what each lens proposes for it."""

    id: str
    title: str
    family: str
    statement: str
    criteria: list[str]
    domains: dict[str, str]
    control_tests: list[str]
    owners: list[str]
    judged: list[JudgedOut]


class SignOffIn(Schema):
    """What a person concludes, as preparer or as reviewer."""

    engagement: Annotated[str, Field(min_length=1, max_length=200)]
    conclusion: SignedConclusion
    role: SignOffRole
    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class SignOffOut(Schema):
    """A signed conclusion. `current`: it is of the newest judgement."""

    entry: int
    engagement: str
    control: str | None
    conclusion: str
    role: str
    reason: str
    signed_by: str
    signed_at: datetime
    current: bool


class WeekOut(Schema):
    """One week from Monday of the reporting zone: items, and how many have an exception or cannot be tested."""

    starts_on: date
    items: int
    deviations: int


class CoverageOut(Schema):
    """The weeks of one control and control test."""

    control: str
    control_test: str
    weeks: list[WeekOut]


@reads(router, "/engagements", "see_results", list[EngagementOut], "Engagements and their criteria or domains")
def engagements(request: HttpRequest) -> list[EngagementOut]:
    """Return the judged engagements."""
    del request
    return [
        EngagementOut(
            id=each.judgement.engagement_id,
            lens=each.judgement.lens,
            auditor=each.judgement.auditor,
            starts_at=each.judgement.starts_at,  # type: ignore[arg-type]  # pydantic reads ISO texts
            ends_before=each.judgement.ends_before,  # type: ignore[arg-type]
            clock=each.judgement.clock,  # type: ignore[arg-type]
            headings={one.id: one.conclusion.value for one in each.judgement.gathered},
            reach=list(each.judgement.reach),
            opinion=NOT_AN_OPINION,
        )
        for each in current().judged
    ]


@reads(router, "/status", "see_overview", StatusOut, "Where the workspace stands, and what to do next")
def status(request: HttpRequest) -> StatusOut:
    """Return what `twofold status` shows."""
    del request
    now = current().status
    return StatusOut(
        company=now.company,
        evidence=now.evidence,
        entries=now.entries,
        root=now.root,
        first=now.first,
        steps=[StepOut(control=each.control_id, text=each.text) for each in now.steps],
    )


@reads(router, "/coverage", "see_overview", list[CoverageOut], "Items by control and week")
def coverage(request: HttpRequest) -> list[CoverageOut]:
    """Return each control's weeks over the judged periods; [] before the first judgement."""
    del request
    now = current()
    rows = coverage_of(now.workspace, now.judged).rows if now.judged else ()
    return [
        CoverageOut(
            control=each.control_id,
            control_test=each.control_test,
            weeks=[
                WeekOut(starts_on=week.starts_on, items=week.items, deviations=week.deviations) for week in each.weeks
            ],
        )
        for each in rows
    ]


@reads(router, "/systems", "see_scope", list[SystemOut], "Systems with their dated labels")
def systems(request: HttpRequest) -> list[SystemOut]:
    """Return the systems of the scope in force."""
    del request
    return [_system(each) for each in _rows(current())]


@reads(router, "/systems/{system_id}", "see_scope", SystemOut, "One system")
def system(request: HttpRequest, system_id: str) -> SystemOut:
    """Return one system; 404 for an unknown one."""
    del request
    for each in _rows(current()):
        if each.system.id == system_id:
            return _system(each)
    raise Http404


@reads(router, "/controls", "see_controls", list[ControlOut], "Controls with what each lens proposes")
def controls(request: HttpRequest) -> list[ControlOut]:
    """Return every control of the catalog."""
    del request
    now = current()
    return [_control(now, control_id) for control_id in now.catalog.controls]


@reads(router, "/controls/{control_id}", "see_controls", ControlOut, "One control")
def control(request: HttpRequest, control_id: str) -> ControlOut:
    """Return one control; 404 for an unknown one."""
    del request
    now = current()
    _known(now, control_id)
    return _control(now, control_id)


@reads(router, "/controls/{control_id}/sign-offs", "see_controls", list[SignOffOut], "What was signed of a control")
def signed(request: HttpRequest, control_id: str) -> list[SignOffOut]:
    """Return the sign-offs of a control in order of the log."""
    del request
    now = current()
    _known(now, control_id)
    return [_signed(each) for each in sign_offs(now.workspace.vault) if each.control == control_id]


@acts(router, "/controls/{control_id}/sign-offs", "sign_off", SignOffOut, "Conclude on a control", on=signed)
def sign(request: HttpRequest, control_id: str, given: SignOffIn) -> SignOffOut:
    """Record the sign-off. Who has a part in the control is refused, and so is a preparer as their own reviewer."""
    now = current()
    _known(now, control_id)
    concluded = Concluded(given.engagement, control_id, given.conclusion, given.role, given.reason)
    return _signed(sign_control(request, now, concluded))


def _known(now: Current, control_id: str) -> None:
    if control_id not in now.catalog.controls:
        raise Http404


def _rows(now: Current) -> list[SystemRow]:
    return rows_of_systems(now.scope.scope, now.judged) if now.scope else []


def _system(row: SystemRow) -> SystemOut:
    return SystemOut(
        id=row.system.id,
        name=row.system.name,
        description=row.system.description,
        data=list(row.system.data),
        serves=[each.system for each in row.system.serves],
        layer=row.system.layer,
        owner=row.system.owner,
        sources=sorted(row.system.sources),
        labels=[
            LabelOut(
                lens=lens,  # type: ignore[arg-type]  # one of the two
                starts_at=label.stretch.first,
                ends_before=label.stretch.last,
                reason=label.reason,
                approver=label.approver,
                inherited=label.inherited,
                counts=label.counts,
            )
            for lens, labels in row.labels.items()
            for label in labels
        ],
    )


def _signed(one: SignOff) -> SignOffOut:
    return SignOffOut(
        entry=one.entry,
        engagement=one.engagement,
        control=one.control,
        conclusion=one.conclusion.value,
        role=one.role.value,
        reason=one.reason,
        signed_by=one.signed_by,
        signed_at=one.signed_at,
        current=one.current,
    )


def _control(now: Current, control_id: str) -> ControlOut:
    one = now.catalog.control(control_id)
    at = timezone.now()
    assigned = [each for each in now.scope.scope.controls if at in each.stretch] if now.scope else []
    return ControlOut(
        id=control_id,
        title=one.title,
        family=one.family,
        statement=one.statement,
        criteria=list(one.criteria),
        domains={name: role.value for name, role in one.domains.items()},
        control_tests=list(one.control_tests),
        owners=sorted({each.owner for each in assigned if each.id == control_id and each.owner}),
        judged=[
            JudgedOut(
                engagement=each.judgement.engagement_id,
                lens=each.judgement.lens,
                conclusion=judged.conclusion.value,
                reasons=list(judged.reasons),
                looks=list(judged.looks),
                open_points=list(judged.open_points),
                results=[_result(result) for result in judged.results],
            )
            for each in now.judged
            for judged in each.judgement.controls
            if judged.control_id == control_id
        ],
    )


def _result(result: ControlTestResult) -> ResultOut:
    counts = result.counts
    shown = None
    if counts is not None:
        shown = CountsOut(
            population=counts.population,
            passed=counts.passed,
            exceptions=counts.exceptions,
            cannot_test=counts.cannot_test,
            not_applicable=counts.not_applicable,
        )
    return ResultOut(
        control_test=result.control_test,
        run_id=result.run_id,
        required=list(result.required),
        counts=shown,
        stops=list(result.stops),
    )
