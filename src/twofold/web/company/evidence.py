"""Evidence: what was captured, by whom, when, what it speaks for; one piece with its proof and what it serves."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.web.accounts.member import person_of, role_of
from twofold.web.company.evidence_index import follow, number_of
from twofold.web.company.models import EvidenceRow
from twofold.web.company.preview import preview
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current, current

_PAGE = 50
_FILTERS = ("source", "kind", "owner", "system", "words")
_SHOWN = (
    *("number", "name", "source", "kind", "owner", "captured_by", "captured_at", "period_from", "period_to"),
    *("version", "size", "sha256", "replaced"),
)


@dataclass(frozen=True, slots=True)
class Served:
    """One control that read this evidence, and what each engagement proposes for it."""

    control_id: str
    title: str
    control_test: str
    run_id: str
    conclusions: tuple[tuple[str, str], ...]


@require_safe
@needs("see_evidence")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with a page of evidence, newest first; `before` is the number that the page before ended with."""
    now = current()
    asked = {name: request.GET.get(name, "").strip() for name in _FILTERS}
    before = request.GET.get("before", "")
    found = page_of_evidence(now, asked, before=int(before) if before.isdecimal() else None, limit=_PAGE)
    values = {
        "asked": asked,
        "kinds": _kinds(asked["source"]),
        "more": found[_PAGE - 1].number if len(found) > _PAGE else None,
        "query": _query(asked),
        "rows": found[:_PAGE],
        "sources": _sources(),
        "systems": [each.id for each in now.scope.scope.systems] if now.scope else [],
    }
    return page(request, "evidence.html", values, at="evidence", title="Evidence")


@require_safe
@needs("see_evidence")
def show(request: HttpRequest, evidence_id: str) -> HttpResponse:
    """Answer with one piece of evidence."""
    now = current()
    evidence = _evidence(now, evidence_id)
    opens = may_open(request, now, evidence)
    number = number_of(evidence)
    log = now.workspace.vault.log
    values: dict[str, Any] = {
        "checkpoint": now.workspace.vault.checkpoint(),
        "evidence": evidence,
        "may_open": opens,
        "number": number,
        "preview": preview(now.workspace, evidence) if opens else None,
        "proof": [each.hex() for each in log.inclusion_proof(number)],
        "served": _served(now, number),
        "versions": [each for each in now.workspace.vault.records_of_blob(evidence.sha256) if each != evidence],
    }
    return page(request, "evidence_one.html", values, at="evidence", title=evidence.name)


@require_safe
@needs("open_evidence")
def download(request: HttpRequest, evidence_id: str) -> HttpResponseBase:
    """Answer with the captured bytes, always as a file to keep, never as something that a browser runs."""
    now = current()
    evidence = _evidence(now, evidence_id)
    if not may_open(request, now, evidence):
        raise PermissionDenied
    stream = now.workspace.vault.open_verified(evidence.sha256)
    response = FileResponse(stream, as_attachment=True, filename=evidence.name, content_type="application/octet-stream")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def page_of_evidence(now: Current, asked: Mapping[str, str], *, before: int | None, limit: int) -> list[Any]:
    """Return a page of rows and the first of the next, newest first; `before`: entry number to go on from."""
    follow(now.workspace)
    rows = EvidenceRow.objects.filter(**{name: asked[name] for name in ("source", "kind", "owner") if asked[name]})
    if asked["system"]:
        rows = rows.filter(systems__system=asked["system"])
    for word in asked["words"].lower().split():
        rows = rows.filter(words__contains=word)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return list(rows.order_by("-number").values_list(*_SHOWN, named=True)[: limit + 1])


def _evidence(now: Current, evidence_id: str) -> EvidenceRef:
    try:
        return now.workspace.vault.evidence(evidence_id)
    except UserError as error:
        raise Http404(html.escape(evidence_id)) from error


def may_open(request: HttpRequest, now: Current, evidence: EvidenceRef) -> bool:
    """Whether the account may read the bytes: `own` is for evidence whose owner the account's person is."""
    grant = grant_of("open_evidence", role_of(request.user))
    if grant is Grant.YES:
        return True
    person = person_of(request.user)
    if grant is Grant.NO or not person:
        return False
    owned = {each.id for each in now.scope.scope.systems if each.owner == person} if now.scope else set()
    return evidence.provenance.owner == person or bool(owned & set(evidence.provenance.systems))


def _served(now: Current, number: int) -> list[Served]:
    """Return the controls whose runs read this evidence."""
    read = {test for test, numbers in now.evidence_of_tests.items() if number in numbers}
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    titles: dict[str, str] = {}
    for each in now.judged:
        for control in each.judgement.controls:
            titles[control.control_id] = control.title
            for result in control.results:
                if result.control_test in read:
                    key = (control.control_id, result.control_test)
                    found.setdefault(key, []).append((each.judgement.lens_title, control.conclusion.value))
    runs = {test: run for each in now.judged for test, run in each.judgement.runs.items()}
    return [Served(key[0], titles[key[0]], key[1], runs.get(key[1], ""), tuple(found[key])) for key in sorted(found)]


def _sources() -> list[str]:
    return list(EvidenceRow.objects.order_by("source").values_list("source", flat=True).distinct())


def _kinds(source: str) -> list[str]:
    rows = EvidenceRow.objects.filter(source=source) if source else EvidenceRow.objects.all()
    return list(rows.order_by("kind").values_list("kind", flat=True).distinct())


def _query(asked: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value}
