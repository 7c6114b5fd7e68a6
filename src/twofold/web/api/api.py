"""The operations of the API. Each names its right; a test walks them with each role, and with tokens that lack it."""

from datetime import UTC
from typing import Annotated, Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Field, NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from twofold.controltests.run_record import RunState, read_run
from twofold.engagement.request import Request
from twofold.jobs.acts import answer_request
from twofold.jobs.acts import requests as all_requests
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.finding_answers import answer_finding
from twofold.lenses.conclusion import ControlTestResult
from twofold.model.problem import UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.web.acting import acting_name, may_for_control
from twofold.web.api import schemas as told
from twofold.web.api.access import Bearer, api_needs
from twofold.web.api.problem import problem
from twofold.web.company.evidence import may_open, page_of_evidence
from twofold.web.company.requests import may_answer
from twofold.web.company.results import page_of_items
from twofold.web.company.systems import rows_of_systems
from twofold.web.workspace_access import Current, current

api = NinjaAPI(
    title="Twofold",
    version="1",
    description=f"One piece of evidence, two audits. {NOT_AN_OPINION}",
    auth=Bearer(),
    docs_url=None,
    urls_namespace="api",
)
MOST = 200
"""Most rows of a page."""
Limit = Annotated[int, Field(ge=1, le=MOST)]


@api.exception_handler(UserError)
def _refused(request: HttpRequest, error: UserError) -> HttpResponse:
    listed = [
        {"where": each.where, "found": each.found, "expected": each.expected, "remedy": each.remedy}
        for each in error.problems
    ]
    return problem(request, 422, str(listed[0]["found"]), problems=listed)


@api.exception_handler(ValidationError)
def _unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    listed = [{"where": ".".join(map(str, each["loc"])), "found": each["msg"]} for each in error.errors]
    return problem(request, 422, problems=listed)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    del error
    answer = problem(request, 401, "send Authorization: Bearer and a token that is neither revoked nor over")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    del error
    return problem(request, 404)


@api.exception_handler(HttpError)
def _told(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, error.status_code, str(error))


@api.get("/engagements", response=list[told.EngagementOut], summary="Engagements and their criteria or domains")
@api_needs("see_results")
def engagements(request: HttpRequest) -> HttpResponse:
    """Return the judged engagements."""
    del request
    return _json(
        [
            told.EngagementOut(
                id=each.judgement.engagement_id,
                lens=each.judgement.lens,
                auditor=each.judgement.auditor,
                starts_at=each.judgement.starts_at,  # type: ignore[arg-type]  # pydantic reads ISO texts
                ends_before=each.judgement.ends_before,  # type: ignore[arg-type]
                clock=each.judgement.clock,  # type: ignore[arg-type]
                headings={one.id: one.conclusion.value for one in each.judgement.gathered},
                opinion=NOT_AN_OPINION,
            )
            for each in current().judged
        ]
    )


@api.get("/systems", response=list[told.SystemOut], summary="Systems with their dated labels")
@api_needs("see_scope")
def systems(request: HttpRequest) -> HttpResponse:
    """Return the systems of the scope in force."""
    del request
    now = current()
    rows = rows_of_systems(now.scope.scope, now.judged) if now.scope else []
    return _json(
        [
            told.SystemOut(
                id=row.system.id,
                name=row.system.name,
                layer=row.system.layer,
                owner=row.system.owner,
                sources=sorted(row.system.sources),
                labels=[
                    told.LabelOut(
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
            for row in rows
        ]
    )


@api.get("/controls", response=list[told.ControlOut], summary="Controls with what each lens proposes")
@api_needs("see_controls")
def controls(request: HttpRequest) -> HttpResponse:
    """Return every control of the catalog."""
    del request
    now = current()
    return _json([_control(now, control_id) for control_id in now.catalog.controls])


@api.get("/controls/{control_id}", response=told.ControlOut, summary="One control")
@api_needs("see_controls")
def control(request: HttpRequest, control_id: str) -> HttpResponse:
    """Return one control; 404 for an unknown one."""
    del request
    now = current()
    if control_id not in now.catalog.controls:
        raise Http404
    return _json(_control(now, control_id))


@api.get("/evidence", response=told.EvidencePage, summary="Evidence, newest first")
@api_needs("see_evidence")
def evidence(  # noqa: PLR0913, PLR0917  the filters of the list
    request: HttpRequest,
    source: str = "",
    kind: str = "",
    owner: str = "",
    system: str = "",
    words: str = "",
    before: Annotated[int | None, Field(ge=0, le=2**62)] = None,
    limit: Limit = 50,
) -> HttpResponse:
    """Return a page."""
    del request
    asked = {"source": source, "kind": kind, "owner": owner, "system": system, "words": words}
    rows = page_of_evidence(current(), asked, before=before, limit=limit)
    return _json(
        told.EvidencePage(
            items=[told.EvidenceOut(id=f"ev-{each.number}", **_of(each)) for each in rows[:limit]],
            next=rows[limit - 1].number if len(rows) > limit else None,
        )
    )


@api.get("/evidence/{evidence_id}/bytes", summary="The captured bytes", include_in_schema=True)
@api_needs("open_evidence")
def evidence_bytes(request: HttpRequest, evidence_id: str) -> HttpResponseBase:
    """Return the bytes as they were captured; an owner gets those of their own evidence."""
    now = current()
    try:
        found = now.workspace.vault.evidence(evidence_id)
    except UserError as error:
        raise Http404 from error
    if not may_open(request, now, found):
        return problem(request, 403, "this evidence has another owner")
    return FileResponse(
        now.workspace.vault.open_verified(found.sha256), as_attachment=True, content_type="application/octet-stream"
    )


@api.get("/runs", response=list[told.RunOut], summary="The newest run of each control test")
@api_needs("see_results")
def runs(request: HttpRequest) -> HttpResponse:
    """Return the runs with the counts of each reason code."""
    del request
    records = [read_run(folder) for _, folder in sorted(latest_runs(current().workspace).items())]
    return _json(
        [
            told.RunOut(
                control_test=each.control_test,
                title=each.title,
                run_id=each.run_id,
                state=each.state.value,
                population=each.population,
                items=each.population_count,
                clock=each.clock,  # type: ignore[arg-type]  # pydantic reads ISO texts
                stops=list(each.stops),
                counts={letter: dict(codes) for letter, codes in each.counts.items()},
            )
            for each in records
        ]
    )


@api.get("/runs/{control_test}/items", response=told.ItemPage, summary="Items of the newest run, in order of id")
@api_needs("see_results")
def items(  # noqa: PLR0913, PLR0917  the filters of the list
    request: HttpRequest,
    control_test: str,
    letter: str = "",
    code: str = "",
    system: str = "",
    words: str = "",
    after: str = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Return a page; 404 for a test that was never run, and no items where its newest run was stopped."""
    del request
    now = current()
    folder = latest_runs(now.workspace).get(control_test)
    if folder is None:
        raise Http404
    record = read_run(folder)
    asked = {"letter": letter, "code": code, "system": system, "words": words, "after": after}
    rows = page_of_items(now, control_test, asked, limit=limit) if record.state is RunState.TESTED else []
    names = [
        each.judgement.engagement_id
        for each in now.judged
        for one in each.judgement.controls
        for result in one.results
        if result.control_test == control_test and result.counts is not None
    ]
    letters = sorted(record.counts)
    return _json(
        told.ItemPage(
            run_id=record.run_id,
            items=[
                told.ItemOut(
                    item=row.item,
                    system=row.system,
                    operating_at=row.operating_at.replace(tzinfo=UTC) if row.operating_at else None,
                    codes=dict(zip(letters, (code for _, _, code in row.cells), strict=True)),
                    verdicts={name: verdict for name, verdict in zip(names, row.verdicts, strict=True) if verdict},
                )
                for row in rows[:limit]
            ],
            next=rows[limit - 1].item if len(rows) > limit else None,
        )
    )


@api.get("/findings", response=list[told.FindingOut], summary="Findings of each engagement")
@api_needs("see_findings")
def findings(request: HttpRequest) -> HttpResponse:
    """Return the findings."""
    del request
    return _json(
        [
            told.FindingOut(
                engagement=each.judgement.engagement_id,
                finding=one.finding_id,
                control=one.control_id,
                control_test=one.control_test,
                condition=one.condition,
                criterion=one.criterion,
                cause=one.cause,
                response=one.response,
                owner=one.owner,
                due_on=one.due_on,
                items=list(one.items),
            )
            for each in current().judged
            for one in each.findings
        ]
    )


@api.post("/findings/answer", response={201: told.CapturedOut}, summary="Answer a finding")
@api_needs("answer_findings")
def answer(request: HttpRequest, given: told.AnswerIn) -> HttpResponse:
    """Capture the answer as evidence; it stands in the findings after the next judgement."""
    now = current()
    control_id = given.finding.partition("/")[0]
    if not may_for_control(request, "answer_findings", now.scope.scope if now.scope else None, control_id):
        return problem(request, 403, f"{control_id} has another owner")
    captured = answer_finding(
        now.workspace,
        given.finding,
        cause=given.cause,
        response=given.response,
        owner=given.owner,
        due_on=given.due_on,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return _json(told.CapturedOut(evidence=captured.evidence_id), status=201)


@api.get("/requests", response=list[told.RequestOut], summary="Requests of the auditors")
@api_needs("see_requests")
def requests(request: HttpRequest) -> HttpResponse:
    """Return the requests in order of asking."""
    del request
    now = current()
    return _json([_request(each) for each in (all_requests(now.workspace) if now.scope else [])])


@api.post("/requests/{request_id}/answer", response={201: told.RequestOut}, summary="Answer a request")
@api_needs("answer_requests")
def answer_one(
    request: HttpRequest, request_id: Annotated[str, Field(max_length=40)], given: told.RequestAnswerIn
) -> HttpResponse:
    """Answer with captured evidence; an owner answers what is assigned to them."""
    now = current()
    known = {each.request_id: each for each in all_requests(now.workspace)} if now.scope else {}
    if request_id not in known:
        raise Http404
    if not may_answer(request, known[request_id]):
        return problem(request, 403, "it is assigned to somebody else")
    done = answer_request(
        now.workspace,
        request_id,
        evidence=given.evidence,
        note=given.note,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return _json(_request(done), status=201)


def _control(now: Current, control_id: str) -> told.ControlOut:
    one = now.catalog.control(control_id)
    assigned = now.scope.scope.controls if now.scope else ()
    return told.ControlOut(
        id=control_id,
        title=one.title,
        family=one.family,
        statement=one.statement,
        criteria=list(one.criteria),
        domains={name: role.value for name, role in one.domains.items()},
        control_tests=list(one.control_tests),
        owners=sorted({each.owner for each in assigned if each.id == control_id and each.owner}),
        judged=[
            told.JudgedOut(
                engagement=each.judgement.engagement_id,
                lens=each.judgement.lens,
                conclusion=judged.conclusion.value,
                reasons=list(judged.reasons),
                open_points=list(judged.open_points),
                results=[_result(result) for result in judged.results],
            )
            for each in now.judged
            for judged in each.judgement.controls
            if judged.control_id == control_id
        ],
    )


def _result(result: ControlTestResult) -> told.ResultOut:
    counts = result.counts
    shown = None
    if counts is not None:
        shown = told.CountsOut(
            population=counts.population,
            passed=counts.passed,
            exceptions=counts.exceptions,
            cannot_test=counts.cannot_test,
            not_applicable=counts.not_applicable,
        )
    return told.ResultOut(
        control_test=result.control_test,
        run_id=result.run_id,
        required=list(result.required),
        counts=shown,
        stops=list(result.stops),
    )


def _request(one: Request) -> told.RequestOut:
    return told.RequestOut(
        id=one.request_id,
        engagement=one.engagement,
        control=one.control,
        text=one.text,
        assigned_to=one.assigned_to,
        due_on=one.due_on,
        state=one.state.value,
        evidence=[name for each in one.answers for name in each.evidence],
    )


def _of(row: Any) -> dict[str, Any]:
    names = ("name", "source", "kind", "owner", "captured_by", "captured_at", "period_from", "period_to", "version")
    return {name: getattr(row, name) for name in (*names, "size", "sha256")}


def _json(value: Any, *, status: int = 200) -> HttpResponse:
    shown = [each.dict() for each in value] if isinstance(value, list) else value.dict()
    return JsonResponse(shown, safe=False, status=status)
