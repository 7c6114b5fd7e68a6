"""The trust page: claims with what they rest on today, and the page as it would be built.

Documents are given out in shared_documents.py. Who may not manage the page sees what is public, and nothing of claims
kept inside, of grants or of the log.
"""

import io
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.engagement.questionnaire.library import Level
from twofold.engagement.trust_page.claims import LONGEST_CLAIM, Claim, ClaimToday
from twofold.engagement.trust_page.grants import grant_fault
from twofold.jobs import trust_page as jobs
from twofold.jobs.trust_page_tables import TrustTables, trust_tables
from twofold.model.problem import UserError
from twofold.reports.trust_page import claims_json, trust_page
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.company.preparing.acts import captured_as, tried
from twofold.web.company.preparing.files import download
from twofold.web.company.preparing.kept import kept
from twofold.web.company.preparing.sources import address_of, nameable
from twofold.web.guard import needs
from twofold.web.headers import report_answer
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import current

_LEVELS = [str(each) for each in Level]
_FIELDS = 4
_DAY = timedelta(days=1)


class ClaimForm(forms.Form):
    """A claim; its sources come as fields of their own, `source`."""

    identifier = forms.CharField(max_length=80)
    heading = forms.CharField(max_length=100, required=False)
    text = forms.CharField(max_length=LONGEST_CLAIM)
    level = forms.ChoiceField(choices=[(each, each) for each in _LEVELS])
    until = forms.DateField(required=False)


def trust_page_today() -> tuple[Sequence[ClaimToday], TrustTables, date]:
    """Return the claims as they stand today, what else there is, and the day."""
    return kept(
        "trust page",
        lambda now, day: (jobs.claims_today(now.workspace, at=timezone.now()), trust_tables(now.workspace), day),
    )


def claim_of(given: Mapping[str, Any], sources: Sequence[str]) -> Claim:
    """Return the claim that a `ClaimForm` says."""
    return Claim(
        given["identifier"],
        given["heading"],
        given["text"].strip(),
        Level(given["level"]),
        tuple(sorted(set(sources))),
        ends_before=given["until"] + _DAY if given["until"] else None,
    )


@require_safe
@needs("see_preparation")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with claims, documents, grants and the log; without the right to manage it, with what is public."""
    manages = grant_of("manage_trust_page", role_of(request.user)) is Grant.YES
    claims, tables, today = trust_page_today()
    seen = [each for each in claims if manages or each.claim.level is Level.PUBLIC]
    faults = {
        name: grant_fault(grant, tables.documents[grant.document], today) if grant.document in tables.documents else ""
        for name, grant in tables.grants.items()
    }
    values: dict[str, Any] = {
        "address_of": address_of,
        "claims": sorted(seen, key=lambda each: (each.claim.heading, each.claim.claim_id)),
        "copies": list(reversed(tables.accesses)) if manages else [],
        "day": _DAY,
        "documents": list(tables.documents.values()),
        "faults": faults,
        "grants": list(reversed(tables.grants.values())) if manages else [],
        "manages": manages,
        "next_end": min((each.until for each in seen if each.said and each.until), default=None),
        "standing": sum(each.said is not None for each in seen),
        "today": today,
    }
    return page(request, "preparing/trust_page.html", values, at="preparation", title="Trust page")


@require_http_methods(["GET", "HEAD", "POST"])
@needs("manage_trust_page")
def claim(request: HttpRequest) -> HttpResponse:
    """Show the form, or make a claim in place of the one with its id. The query names one to start from."""
    form = ClaimForm(request.POST or None, initial=_begun(request.GET.get("claim", "")))
    sources = sorted({each.strip() for each in request.POST.getlist("source") if each.strip()})
    if request.method == "POST" and form.is_valid():
        made = claim_of(form.cleaned_data, sources)
        problems, captured = tried(
            request,
            lambda workspace, actor, at: captured_as([jobs.make_claim(workspace, made, actor=actor, at=at)[1]]),
        )
        if captured:
            messages.success(request, captured)
            return redirect("trust_page")
        for each in problems:
            form.add_error(None, each)
    named = sources or form.initial.get("sources", [])
    values: dict[str, Any] = {
        "fields": [*named, *[""] * max(_FIELDS - len(named), 2)],
        "form": form,
        "levels": _LEVELS,
        "nameable": kept("sources", lambda now, _: nameable(now)),
    }
    status = 400 if form.errors else 200
    return page(request, "preparing/trust_claim.html", values, at="preparation", title="Make a claim", status=status)


@require_safe
@needs("see_preparation")
def preview(request: HttpRequest) -> HttpResponse:
    """Answer with the page as it would be built now. Nothing is captured; only public claims that hold are on it.

    Its script is left out: it only hides what ended since the page was built.
    """
    del request
    text = kept("trust page preview", lambda now, _: trust_page(jobs.page_today(now.workspace, at=timezone.now())))
    return report_answer(text.partition("<script>")[0] + text.rpartition("</script>")[2])


@require_safe
@needs("see_preparation")
def preview_claims(request: HttpRequest) -> HttpResponse:
    """Answer with the statements of the preview as JSON, as they stand beside the page."""
    del request
    content = kept("trust page claims", lambda now, _: claims_json(jobs.page_today(now.workspace, at=timezone.now())))
    return HttpResponse(content, content_type="application/json")


@require_POST
@needs("manage_trust_page")
def build(request: HttpRequest) -> HttpResponse:
    """Build the page and answer with it as a zip of its two files; what it says is captured."""
    content = io.BytesIO()
    try:
        files, _ = built(request)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("trust_page")
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(f"trust-page/{name}", text)
    return download(content.getvalue(), "trust-page.zip")


def built(request: HttpRequest) -> tuple[Mapping[str, bytes], str]:
    """Build the page; return its files by name, and the id of the evidence that holds what it says."""
    with tempfile.TemporaryDirectory(prefix="twofold-trust-page-") as scratch:
        into = Path(scratch) / "trust-page"
        done = jobs.build_page(
            current().workspace, into=into, replacing=False, actor=acting_name(request), at=timezone.now()
        )
        return {file.name: file.read_bytes() for file in into.iterdir()}, done.evidence


def _begun(claim_id: str) -> dict[str, Any]:
    """Return the fields of a claim that is there, to change it; nothing for another id."""
    held = trust_tables(current().workspace).claims if claim_id else ()
    found = next((each for each in held if each.claim_id == claim_id), None)
    if found is None:
        return {"level": str(Level.INTERNAL)}
    return {
        "identifier": found.claim_id,
        "heading": found.heading,
        "text": found.text,
        "level": str(found.level),
        "until": found.ends_before - _DAY if found.ends_before else None,
        "sources": list(found.sources),
    }
