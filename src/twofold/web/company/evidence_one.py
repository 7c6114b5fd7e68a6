"""One piece of evidence: the three questions, what it serves under each lens, what it looks like, and its proof."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.records.acts.sign_off import SignOff, sign_offs
from twofold.web.company.evidence import may_open
from twofold.web.company.evidence_index import follow, number_of
from twofold.web.company.likeness import alike_to
from twofold.web.company.models import EvidenceRow
from twofold.web.company.preview import Preview, image_type, preview
from twofold.web.company.standing import max_age_days, stops_at
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_SANDBOX = "sandbox; default-src 'none'"
_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class LensSays:
    """What one lens proposes for a control that reads the evidence, and the reasons that it gives."""

    title: str
    conclusion: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """One control whose test read this evidence. difference: why its lenses differ, "" where they agree."""

    control_id: str
    title: str
    control_test: str
    run_id: str
    lenses: tuple[LensSays, ...]
    difference: str


@require_safe
@needs("see_evidence")
def show(request: HttpRequest, evidence_id: str) -> HttpResponse:
    """Answer with one piece of evidence."""
    now = current()
    follow(now.workspace)
    evidence = _evidence(now, evidence_id)
    number = number_of(evidence)
    row = EvidenceRow.objects.get(number=number)
    opens = may_open(request, now, evidence)
    served = served_by(now, number)
    ends = stops_at(evidence)
    vault = now.workspace.vault
    checkpoint = vault.checkpoint()
    values: dict[str, Any] = {
        "alike": alike_to(now.workspace, row),
        "checkpoint": checkpoint,
        "ends": ends,
        "evidence": evidence,
        "left": None if ends is None else (ends - timezone.now()) // timedelta(days=1),
        "max_age": max_age_days(evidence.provenance),
        "may_open": opens,
        "number": number,
        "preview": preview(now.workspace, evidence) if opens else Preview(),
        "proof": [each.hex() for each in vault.log.inclusion_proof(number, checkpoint.size)],
        "row": row,
        "same": [each for each in vault.records_of_blob(evidence.sha256) if each != evidence],
        "served": served,
        "signed": _signed(now, served),
        "versions": versions_of(evidence, number),
    }
    return page(request, "evidence_one.html", values, at="evidence", title=evidence.name)


@require_safe
@needs("open_evidence")
def download(request: HttpRequest, evidence_id: str) -> HttpResponseBase:
    """Answer with the captured bytes, always as a file to keep, never as something that a browser runs."""
    now, evidence = _opened(request, evidence_id)
    stream = now.workspace.vault.open_verified(evidence.sha256)
    response = FileResponse(stream, as_attachment=True, filename=evidence.name, content_type="application/octet-stream")
    response.headers["Content-Security-Policy"] = _SANDBOX
    return response


@require_safe
@needs("open_evidence")
def image(request: HttpRequest, evidence_id: str) -> HttpResponse:
    """Answer with an image for the page of the evidence: its type is told by its bytes, and it can run nothing."""
    now, evidence = _opened(request, evidence_id)
    shown = preview(now.workspace, evidence).image
    if not shown:
        raise Http404
    content = now.workspace.read_evidence(evidence.evidence_id)
    if image_type(content) != shown:
        raise Http404
    response = HttpResponse(content, content_type=shown)
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["Content-Disposition"] = "inline"
    return response


@require_safe
@needs("see_evidence")
def entry(request: HttpRequest, evidence_id: str) -> HttpResponse:
    """Answer with the bytes of the log entry that captured it, which the proof begins with."""
    del request
    now = current()
    evidence = _evidence(now, evidence_id)
    raw = now.workspace.vault.log.raw(number_of(evidence))
    response = HttpResponse(raw, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{evidence.evidence_id}.entry.json"'
    response.headers["Content-Security-Policy"] = _SANDBOX
    return response


def _evidence(now: Current, evidence_id: str) -> EvidenceRef:
    try:
        return now.workspace.vault.evidence(evidence_id)
    except UserError as error:
        raise Http404(html.escape(evidence_id)) from error


def _opened(request: HttpRequest, evidence_id: str) -> tuple[Current, EvidenceRef]:
    """Return evidence that the account may open; raises PermissionDenied else."""
    now = current()
    evidence = _evidence(now, evidence_id)
    if not may_open(request, now, evidence):
        raise PermissionDenied
    return now, evidence


def served_by(now: Current, number: int) -> list[Served]:
    """Return the controls whose newest runs read this evidence, with what each lens proposes and why."""
    read = {test for test, numbers in now.evidence_of_tests.items() if number in numbers}
    found: dict[tuple[str, str], list[LensSays]] = {}
    for each in now.judged:
        for control in each.judgement.controls:
            for result in control.results:
                if result.control_test in read:
                    says = LensSays(each.judgement.lens_title, control.conclusion.value, control.reasons)
                    found.setdefault((control.control_id, result.control_test), []).append(says)
    runs = {test: run for each in now.judged for test, run in each.judgement.runs.items()}
    catalog = now.catalog
    return [
        Served(
            control_id,
            catalog.control(control_id).title,
            test,
            runs.get(test, ""),
            tuple(lenses),
            catalog.control(control_id).lens_difference if len({each.conclusion for each in lenses}) > 1 else "",
        )
        for (control_id, test), lenses in sorted(found.items())
    ]


def _signed(now: Current, served: Sequence[Served]) -> list[SignOff]:
    """Return the conclusions in force that rest on it: those of the controls that it serves."""
    controls = {each.control_id for each in served}
    return [each for each in sign_offs(now.workspace.vault) if each.current and each.control in controls]


def versions_of(evidence: EvidenceRef, number: int) -> list[EvidenceRow]:
    """Return the other captures of the same source, kind and name, newest first."""
    provenance = evidence.provenance
    rows = EvidenceRow.objects.filter(source=provenance.source, kind=provenance.kind, name=evidence.name)
    return list(rows.exclude(number=number).order_by("-number")[:_VERSIONS])
