"""The list of evidence: what was captured, by whom, when, what it speaks for, who reads it and how long it counts."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from twofold.model.evidence import EvidenceRef
from twofold.web.accounts.member import person_of, role_of
from twofold.web.company.days import day_of, end_of_day, start_of_day
from twofold.web.company.evidence_index import follow
from twofold.web.company.models import EvidenceRow
from twofold.web.company.saved_filters import filters_of
from twofold.web.company.standing import NEAR, STATES, narrowed
from twofold.web.guard import needs
from twofold.web.lookup.evidence_text import with_words
from twofold.web.lookup.models import EvidenceStanding
from twofold.web.number import number_in
from twofold.web.page import page
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current, current

_PAGE = 50
FILTERS = ("words", "lens", "system", "owner", "source", "kind", "since", "until", "state")
_SHOWN = (
    *("number", "name", "source", "kind", "owner", "captured_by", "captured_at", "period_from", "period_to"),
    *("version", "size", "sha256", "replaced"),
)


@require_safe
@needs("see_evidence")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with a page of evidence, newest first; `before` is the number that the page before ended with."""
    now = current()
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:200] for name in FILTERS}
    found = page_of_evidence(now, asked, before=number_in(request.GET.get("before", "")), limit=_PAGE)
    rows = found[:_PAGE]
    kept = {name: value for name, value in asked.items() if value}
    sources, kinds, owners = _choices(now)
    values = {
        "asked": asked,
        "kinds": sorted({kind for source, kind in kinds if asked["source"] in {"", source}}),
        "more": urlencode({**kept, "before": rows[-1].number}) if len(found) > _PAGE else "",
        "near": timezone.now() + NEAR,
        "now": timezone.now(),
        "owners": owners,
        "query": urlencode(kept),
        "rows": rows,
        "saved": filters_of(request, "evidence"),
        "sources": sources,
        "standings": _standings([each.number for each in rows]),
        "states": STATES,
        "systems": [each.id for each in now.scope.scope.systems] if now.scope else [],
    }
    return page(request, "evidence.html", values, at="evidence", title="Evidence")


def page_of_evidence(now: Current, asked: Mapping[str, str], *, before: int | None, limit: int) -> list[Any]:
    """Return a page of rows and the first of the next, newest first; `before`: entry number to go on from.

    asked: filters by name (`FILTERS`); "" or no such name narrows nothing. `since` and `until` are days of the
    reporting zone; evidence is found whose period has a moment between them.
    """
    follow(now.workspace)
    exact = {name: asked[name] for name in ("source", "kind", "owner") if asked.get(name)}
    rows = EvidenceRow.objects.filter(**exact)
    if asked.get("system"):
        rows = rows.filter(systems__system=asked["system"])
    zone = now.workspace.settings.reporting_zone
    if since := day_of(asked.get("since", "")):
        rows = rows.filter(period_to__gt=start_of_day(since, zone))
    if until := day_of(asked.get("until", "")):
        rows = rows.filter(period_from__lt=end_of_day(until, zone))
    rows = narrowed(rows, lens=asked.get("lens", ""), state=asked.get("state", ""), now=timezone.now())
    rows = with_words(rows, asked.get("words", ""))
    if before is not None:
        rows = rows.filter(number__lt=before)
    return list(rows.order_by("-number").values_list(*_SHOWN, named=True)[: limit + 1])


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


def _standings(numbers: list[int]) -> dict[int, EvidenceStanding]:
    return {each.number: each for each in EvidenceStanding.objects.filter(number__in=numbers)}


@lru_cache(maxsize=2)
def _choices(now: Current) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """Return sources, (source, kind) and owners that evidence has: read once per state of the workspace."""
    follow(now.workspace)
    pairs = list(EvidenceRow.objects.order_by("source", "kind").values_list("source", "kind").distinct())
    owners = EvidenceRow.objects.exclude(owner="").order_by("owner").values_list("owner", flat=True).distinct()
    return sorted({source for source, _ in pairs}), pairs, list(owners)
