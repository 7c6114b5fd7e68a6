"""What people say of a finding: cause and response, that the repair was done, that it is accepted. Each is evidence."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from twofold.findings.follow_up import Answer, Decision, FollowUp
from twofold.findings.retest import RetestResult
from twofold.jobs.due import finding_address
from twofold.jobs.finding_answers import Repair, answer_finding
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import Problem, UserError
from twofold.scope.register import controls_of
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name, may_for_control
from twofold.web.company.finding_forms import AcceptForm, AnswerForm, RepairForm
from twofold.web.company.findings import finding_page, follow_up_of
from twofold.web.guard import needs
from twofold.web.problems import told
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current, current


@require_http_methods(["GET", "HEAD", "POST"])
@needs("answer_findings")
def show(request: HttpRequest) -> HttpResponse:
    """Show one finding with the form of an answer open, or capture the answer."""
    now, follow_up = asked_for(request, request.GET.get("id", ""))
    if request.method != "POST":
        return finding_page(request, follow_up, opened="answer")
    form = AnswerForm(request.POST)
    return _done(request, follow_up, "answer", form, lambda said: capture_answer(request, now, follow_up, said))


@require_POST
@needs("answer_findings")
def repaired(request: HttpRequest) -> HttpResponse:
    """Capture that the repair was done."""
    now, follow_up = asked_for(request, request.GET.get("id", ""))
    form = RepairForm(request.POST)
    return _done(request, follow_up, "repair", form, lambda said: capture_repair(request, now, follow_up, said))


@require_POST
@needs("answer_findings")
def accept(request: HttpRequest) -> HttpResponse:
    """Capture that the company accepts the finding."""
    now, follow_up = asked_for(request, request.GET.get("id", ""))
    form = AcceptForm(request.POST)
    need_no_part(request, now, follow_up)
    return _done(request, follow_up, "accept", form, lambda said: capture_acceptance(request, now, follow_up, said))


def asked_for(request: HttpRequest, finding_id: str) -> tuple[Current, FollowUp]:
    """Return a finding; raises Http404 for an unknown one, PermissionDenied for whoever may not answer it."""
    now = current()
    follow_up = follow_up_of(now, finding_id)
    scope = now.scope.scope if now.scope else None
    if not may_for_control(request, "answer_findings", scope, follow_up.finding.control_id):
        raise PermissionDenied
    return now, follow_up


def capture_answer(request: HttpRequest, now: Current, follow_up: FollowUp, said: Mapping[str, Any]) -> EvidenceRef:
    """Capture what an `AnswerForm` says; a repair that was told before stays, unless it failed or is done anew."""
    before = follow_up.answer
    failed = follow_up.retest is not None and follow_up.retest.result is RetestResult.FAILED
    kept = before if before is not None and not said["anew"] and not failed else None
    return _capture(request, now, follow_up, said, repair=_repair_of(kept))


def capture_repair(request: HttpRequest, now: Current, follow_up: FollowUp, said: Mapping[str, Any]) -> EvidenceRef:
    """Capture what a `RepairForm` says: the newest answer again, with the repair in it."""
    repair = Repair(
        said["remediated_on"], str(said["remediation"]), tuple(str(said["evidence"]).replace(",", " ").split())
    )
    return _capture(request, now, follow_up, _before(follow_up), repair=repair)


def capture_acceptance(request: HttpRequest, now: Current, follow_up: FollowUp, said: Mapping[str, Any]) -> EvidenceRef:
    """Capture what an `AcceptForm` says. Raises PermissionDenied for whoever has a part in the control."""
    need_no_part(request, now, follow_up)
    given = {
        **_before(follow_up),
        "response": said["reason"],
        "owner": acting_name(request),
        "due_on": said["until"],
    }
    return _capture(request, now, follow_up, given, decision=Decision.ACCEPT)


def need_no_part(request: HttpRequest, now: Current, follow_up: FollowUp) -> None:
    """Raise PermissionDenied for whoever has a part in the control, and so accepts no finding of it."""
    own = controls_of(now.scope.scope if now.scope else None, person_of(request.user))
    if grant_of("answer_findings", role_of(request.user)) is not Grant.YES or follow_up.finding.control_id in own:
        raise PermissionDenied


def _before(follow_up: FollowUp) -> dict[str, object]:
    """Return what was answered before; raises UserError where nothing was."""
    answer = follow_up.answer
    if answer is None:
        raise UserError(Problem("finding", "Nobody stated the cause and the response yet: answer it first.", ""))
    return {"cause": answer.cause, "response": answer.response, "owner": answer.owner, "due_on": answer.due_on}


def _repair_of(answer: Answer | None) -> Repair | None:
    if answer is None or answer.remediated_on is None:
        return None
    return Repair(answer.remediated_on, answer.remediation, answer.evidence)


def _capture(
    request: HttpRequest,
    now: Current,
    follow_up: FollowUp,
    said: Mapping[str, object],
    *,
    repair: Repair | None = None,
    decision: Decision = Decision.REPAIR,
) -> EvidenceRef:
    at = timezone.now()
    return answer_finding(
        now.workspace,
        follow_up.finding_id,
        cause=str(said["cause"]),
        response=str(said["response"]),
        owner=str(said["owner"]),
        due_on=said["due_on"] or at.date(),  # type: ignore[arg-type]  # a DateField, or the day of a file that had none
        actor=acting_name(request),
        at=at,
        decision=decision,
        repair=repair,
    )


def _done(
    request: HttpRequest,
    follow_up: FollowUp,
    name: str,
    form: forms.Form,
    captured: Callable[[Mapping[str, object]], EvidenceRef],
) -> HttpResponse:
    """Capture what a form says and lead back to the finding, or show the form again with what is wrong."""
    if form.is_valid():
        try:
            evidence = captured(form.cleaned_data)
        except UserError as error:
            for each in told(error):
                form.add_error(None, each)
        else:
            said = f"Captured as {evidence.evidence_id}. Reports take it up with the next judgement."
            messages.success(request, said)
            return redirect(finding_address(follow_up.finding_id))
    return finding_page(request, follow_up, bound={name: form}, opened=name)
