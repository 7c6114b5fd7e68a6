"""What people say of a finding: cause and response, that the repair was done, that it is accepted. Each is evidence."""

from collections.abc import Callable, Mapping

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
from twofold.model.problem import UserError
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name, controls_of, may_for_control
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
    now, follow_up = _asked(request)
    if request.method != "POST":
        return finding_page(request, follow_up, opened="answer")
    form = AnswerForm(request.POST)

    def captured(said: Mapping[str, object]) -> EvidenceRef:
        before = follow_up.answer
        failed = follow_up.retest is not None and follow_up.retest.result is RetestResult.FAILED
        kept = before if before is not None and not said["anew"] and not failed else None
        return _capture(request, now, follow_up, said, repair=_repair_of(kept))

    return _done(request, follow_up, "answer", form, captured)


@require_POST
@needs("answer_findings")
def repaired(request: HttpRequest) -> HttpResponse:
    """Capture that the repair was done: the newest answer again, with the repair in it."""
    now, follow_up = _asked(request)
    form = RepairForm(request.POST)

    def captured(said: Mapping[str, object]) -> EvidenceRef:
        evidence = tuple(str(said["evidence"]).replace(",", " ").split())
        repair = Repair(said["remediated_on"], str(said["remediation"]), evidence)  # type: ignore[arg-type]  # a DateField
        return _capture(request, now, follow_up, _before(follow_up), repair=repair)

    return _done(request, follow_up, "repair", _answered_first(form, follow_up), captured)


@require_POST
@needs("answer_findings")
def accept(request: HttpRequest) -> HttpResponse:
    """Capture that the company accepts the finding. Nobody who has a part in the control may."""
    now, follow_up = _asked(request)
    own = controls_of(now.scope.scope if now.scope else None, person_of(request.user))
    if grant_of("answer_findings", role_of(request.user)) is not Grant.YES or follow_up.finding.control_id in own:
        raise PermissionDenied
    form = AcceptForm(request.POST)

    def captured(said: Mapping[str, object]) -> EvidenceRef:
        given = {
            **_before(follow_up),
            "response": said["reason"],
            "owner": acting_name(request),
            "due_on": said["until"],
        }
        return _capture(request, now, follow_up, given, decision=Decision.ACCEPT)

    return _done(request, follow_up, "accept", _answered_first(form, follow_up), captured)


def _asked(request: HttpRequest) -> tuple[Current, FollowUp]:
    """Return the finding that is asked for; refuses whoever may not answer it."""
    now = current()
    follow_up = follow_up_of(now, request.GET.get("id", ""))
    scope = now.scope.scope if now.scope else None
    if not may_for_control(request, "answer_findings", scope, follow_up.finding.control_id):
        raise PermissionDenied
    return now, follow_up


def _answered_first(form: forms.Form, follow_up: FollowUp) -> forms.Form:
    if follow_up.answer is None:
        form.add_error(None, "Nobody stated the cause and the response yet: answer it first.")
    return form


def _before(follow_up: FollowUp) -> dict[str, object]:
    answer = follow_up.answer
    if answer is None:
        return {}
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
