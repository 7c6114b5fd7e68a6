"""Answer a finding: cause, response, owner and due day, captured as evidence like any other answer."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from twofold.findings.finding import OPEN, Finding
from twofold.jobs.finding_answers import answer_finding
from twofold.model.problem import UserError
from twofold.web.acting import acting_name, may_for_control
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current


class AnswerForm(forms.Form):
    """What a named person answers."""

    cause = forms.CharField(max_length=4000)
    response = forms.CharField(max_length=4000)
    owner = forms.CharField(max_length=200)
    due_on = forms.DateField()


@require_http_methods(["GET", "HEAD", "POST"])
@needs("answer_findings")
def show(request: HttpRequest) -> HttpResponse:
    """Show one finding with the form, or capture the answer."""
    now = current()
    finding = _finding(now, request.GET.get("id", ""))
    if not may_for_control(request, "answer_findings", now.scope.scope if now.scope else None, finding.control_id):
        raise PermissionDenied
    given = {name: "" if (value := getattr(finding, name)) == OPEN else value for name in AnswerForm.base_fields}
    form = AnswerForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            evidence = answer_finding(
                now.workspace,
                finding.finding_id,
                cause=said["cause"],
                response=said["response"],
                owner=said["owner"],
                due_on=said["due_on"],
                actor=acting_name(request),
                at=timezone.now(),
            )
        except UserError as error:
            for each in told(error):
                form.add_error(None, each)
        else:
            said_so = f"Captured as {evidence.evidence_id}. The findings show it after the next judgement."
            messages.success(request, said_so)
            return redirect("findings")
    values = {"finding": finding, "form": form}
    status = 400 if form.errors else 200
    return page(request, "answer_finding.html", values, at="findings", title="Answer a finding", status=status)


def _finding(now: Current, finding_id: str) -> Finding:
    found = next((each for each in now.findings if each.finding_id == finding_id), None)
    if found is None:
        raise Http404
    return found
