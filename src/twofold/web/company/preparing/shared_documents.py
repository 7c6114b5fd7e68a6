"""Documents behind the trust page: kept, granted to a person under an agreement, handed out as a copy, revoked."""

import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from twofold.engagement.trust_page.grants import Grant, SharedDocument
from twofold.jobs import trust_page as jobs
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.web.acting import acting_name
from twofold.web.company.preparing.acts import done, field
from twofold.web.company.preparing.files import download, uploaded
from twofold.web.guard import needs
from twofold.web.problems import told
from twofold.web.workspace_access import current

_DAY = timedelta(days=1)


class DocumentForm(forms.Form):
    """A document that is given out under an agreement; the file comes beside it."""

    identifier = forms.CharField(max_length=80)
    title = forms.CharField(max_length=200)
    until = forms.DateField(required=False)


class GrantForm(forms.Form):
    """Who may have a document; the signed agreement is a file beside it, or evidence that holds it."""

    document = forms.CharField(max_length=80)
    person = forms.CharField(max_length=200)
    company = forms.CharField(max_length=200)
    until = forms.DateField()
    evidence = forms.RegexField(
        r"^ev-[0-9]+$", max_length=20, required=False, error_messages={"invalid": "the id of evidence, such as ev-12"}
    )


@require_POST
@needs("manage_trust_page")
def document(request: HttpRequest) -> HttpResponse:
    """Keep a document that is given out under an agreement."""
    form = DocumentForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)

    def act(workspace: Workspace, actor: str, at: datetime) -> str:
        held = offer(request, form.cleaned_data, workspace, actor, at)
        return f"{held.title}, kept as {held.evidence}."

    return done(request, redirect("trust_page"), act)


def offer(
    request: HttpRequest, given: Mapping[str, Any], workspace: Workspace, actor: str, at: datetime
) -> SharedDocument:
    """Keep the file `file` of the request as a `DocumentForm` says; raises UserError as the job does."""
    ends_before = given["until"] + _DAY if given["until"] else None
    with uploaded(request, "file") as path:
        return jobs.offer_document(
            workspace, given["identifier"], path, title=given["title"], ends_before=ends_before, actor=actor, at=at
        )


@require_POST
@needs("manage_trust_page")
def grant(request: HttpRequest) -> HttpResponse:
    """Let a person have a document up to a day, under a signed agreement."""
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)

    def act(workspace: Workspace, actor: str, at: datetime) -> str:
        made = give(request, form.cleaned_data, workspace, actor, at)
        until = form.cleaned_data["until"]
        return f"{made.person} of {made.company} may have it until {until}: {made.grant_id}."

    return done(request, redirect("trust_page"), act)


def give(request: HttpRequest, given: Mapping[str, Any], workspace: Workspace, actor: str, at: datetime) -> Grant:
    """Let a person have a document as a `GrantForm` says; raises UserError, also without an agreement."""
    people = {"person": given["person"], "company": given["company"], "last_day": given["until"]}
    if given["evidence"]:
        return jobs.grant_document(
            workspace, given["document"], agreement=given["evidence"], actor=actor, at=at, **people
        )
    if request.FILES.get("file") is None:
        expected = "the signed file, or the id of evidence that holds it"
        raise UserError(Problem("file", "no agreement is named", expected))
    with uploaded(request, "file") as path:
        return jobs.grant_document(workspace, given["document"], agreement=str(path), actor=actor, at=at, **people)


@require_POST
@needs("manage_trust_page")
def copy(request: HttpRequest) -> HttpResponse:
    """Answer with the copy that is made for the person of a grant, and log it."""
    name = field(request, "grant", most=200)
    try:
        return download(handed_out(request, name), f"{name}.zip")
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("trust_page")


def handed_out(request: HttpRequest, grant_id: str) -> bytes:
    """Return the copy that is made for the person of a grant, which the log then has; raises UserError."""
    with tempfile.TemporaryDirectory(prefix="twofold-copy-") as scratch:
        into = Path(scratch) / "copy.zip"
        jobs.hand_out(current().workspace, grant_id, into=into, actor=acting_name(request), at=timezone.now())
        return into.read_bytes()


@require_POST
@needs("manage_trust_page")
def revoke(request: HttpRequest) -> HttpResponse:
    """End a grant before its day; copies that were handed out stay in the log."""
    name, reason = field(request, "grant", most=200), field(request, "reason")

    def act(workspace: Workspace, actor: str, at: datetime) -> str:
        ended = jobs.revoke_grant(workspace, name, reason=reason, actor=actor, at=at)
        return f"{ended.grant_id} is revoked: {ended.reason}"

    return done(request, redirect("trust_page"), act)


def _refused(request: HttpRequest, form: forms.Form) -> HttpResponse:
    for name, errors in form.errors.items():
        for each in errors:
            messages.error(request, f"{name}: {each}")
    return redirect("trust_page")
