"""Requests of the auditors: what is asked, of whom, until when, and where each stands."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.engagement.request import allowed_acts
from twofold.jobs.acts import ask
from twofold.jobs.acts import requests as all_requests
from twofold.model.problem import UserError
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.acts.requests import MOST_NOTE, answer_one, change_one, may_answer
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import current


class AskForm(forms.Form):
    """What an auditor asks."""

    engagement = forms.CharField(max_length=200)
    control = forms.CharField(max_length=20, required=False)
    text = forms.CharField(max_length=8000)
    assigned_to = forms.CharField(max_length=200)
    due_on = forms.DateField(required=False)


@require_safe
@needs("see_requests")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the requests, those that wait first."""
    now = current()
    found = all_requests(now.workspace) if now.scope else []
    rows = sorted(found, key=lambda each: (not allowed_acts(each.state), str(each.due_on or "9999"), each.request_id))
    role = role_of(request.user)
    values = {
        "acts": {each.request_id: [str(act) for act in allowed_acts(each.state)] for each in rows},
        "engagements": [each.id for each in now.scope.scope.engagements] if now.scope else [],
        "manages": grant_of("manage_requests", role) is Grant.YES,
        "mine": {each.request_id for each in rows if may_answer(request, each)},
        "rows": rows,
        "controls": list(now.catalog.controls),
    }
    return page(request, "requests.html", values, at="requests", title="Requests")


@require_POST
@needs("manage_requests")
def add(request: HttpRequest) -> HttpResponse:
    """Open a request."""
    form = AskForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say for which engagement, what is asked, and of whom; a day as YYYY-MM-DD.")
        return redirect("requests")
    given = form.cleaned_data
    try:
        done = ask(
            current().workspace,
            given["engagement"],
            control=given["control"] or None,
            text=given["text"],
            assigned_to=given["assigned_to"],
            due_on=given["due_on"],
            actor=acting_name(request),
            at=timezone.now(),
        )
        messages.success(request, f"{done.request_id} is open.")
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("requests")


@require_POST
@needs("answer_requests")
def answer(request: HttpRequest, request_id: str) -> HttpResponse:
    """Answer a request with captured evidence; an owner answers what is assigned to them."""
    evidence = request.POST.get("evidence", "").replace(",", " ").split()
    try:
        answer_one(request, current(), request_id, evidence=evidence, note=request.POST.get("note", "")[:MOST_NOTE])
        messages.success(request, f"{request_id} is answered.")
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("requests")


@require_POST
@needs("manage_requests")
def change(request: HttpRequest, request_id: str, act: str) -> HttpResponse:
    """Accept, return or withdraw a request, as the auditor said."""
    try:
        change_one(request, current(), request_id, act, note=request.POST.get("note", "")[:MOST_NOTE])
        messages.success(request, f"{request_id}: recorded.")
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("requests")
