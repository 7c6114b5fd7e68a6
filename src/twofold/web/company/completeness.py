"""Completeness and accuracy records (IPE): whether each population is all of it, and who concluded so by name.

Who owns or performs a control does not conclude on the population that it is tested on.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from twofold.jobs.completeness import (
    CompletenessConclusion,
    PopulationRecord,
    controls_with_a_part,
    population_record,
    population_records,
    sign_completeness,
)
from twofold.model.problem import UserError
from twofold.reports.completeness_text import EXTRACTION_FIELDS, check_rows, extraction_rows
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current, current

_CHECK_MARKS = {"ok": ("ok", "✓"), "note": ("open", "!"), "stop": ("bad", "✗")}
"""Result of a check -> class and sign of its mark."""


class SignForm(forms.Form):
    """What a person concludes on a record, and what they looked at."""

    conclusion = forms.ChoiceField(
        choices=[(each.value, each.value.replace("_", " ")) for each in CompletenessConclusion]
    )
    reason = forms.CharField(max_length=4000)
    seen = forms.CharField(max_length=64, required=False)
    """SHA-256 of the record that the page showed."""


@require_safe
@needs("see_results")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the record of each population that was tested."""
    records = population_records(current().workspace)
    unsigned = sum(not each.signed_by and not each.refused_by for each in records)
    values = {"records": records, "unsigned": unsigned}
    return page(request, "completeness.html", values, at="completeness", title="Completeness")


@require_http_methods(["GET", "HEAD", "POST"])
@needs("see_results")
def show(request: HttpRequest, population: str) -> HttpResponse:
    """Answer with one record: what was asked, verbatim, what came back, each check; or sign it."""
    now = current()
    try:
        record = population_record(now.workspace, population)
    except UserError as error:
        raise Http404 from error
    own = own_controls(request, now, record)
    may_sign = grant_of("sign_completeness", role_of(request.user)) is Grant.YES and not own
    form = SignForm(request.POST or None)
    if request.method == "POST":
        if not may_sign:
            raise PermissionDenied
        if form.is_valid() and _signed(request, now, record, form):
            return redirect("completeness_one", population)
    values = {
        "checks": check_rows(record.body),
        "check_marks": [_CHECK_MARKS[check["result"]] for check in record.body["checks"]],
        "extractions": extraction_rows(record.body),
        "form": form,
        "headings": [heading for _, heading in EXTRACTION_FIELDS],
        "may_sign": may_sign,
        "own": sorted(own),
        "record": record,
    }
    status = 400 if form.errors else 200
    return page(request, "completeness_one.html", values, at="completeness", title=record.title, status=status)


def own_controls(request: HttpRequest, now: Current, record: PopulationRecord) -> frozenset[str]:
    """Return the controls that are tested on the population and in which the account's person has a part."""
    applied = now.scope.scope if now.scope else None
    return controls_with_a_part(now.workspace, applied, person_of(request.user), record=record)


def sign_record(request: HttpRequest, now: Current, record: PopulationRecord, said: Mapping[str, Any]) -> str:
    """Sign a record as a `SignForm` says; return the id of the evidence.

    Raises PermissionDenied for whoever has a part in a control that is tested on it, UserError as the job does.
    """
    if grant_of("sign_completeness", role_of(request.user)) is not Grant.YES or own_controls(request, now, record):
        raise PermissionDenied
    captured = sign_completeness(
        now.workspace,
        record.population,
        conclusion=CompletenessConclusion(said["conclusion"]),
        reason=said["reason"],
        actor=acting_name(request),
        at=timezone.now(),
        seen=said["seen"],
    )
    return captured.evidence.evidence_id


def _signed(request: HttpRequest, now: Current, record: PopulationRecord, form: SignForm) -> bool:
    try:
        evidence = sign_record(request, now, record, form.cleaned_data)
    except UserError as error:
        for each in told(error):
            form.add_error(None, each)
        return False
    messages.success(request, f"Captured as {evidence}. It counts from the next test and judgement on.")
    return True
