"""Search over all of it, grouped: what the role may not see is not looked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from twofold.controltests.rule import known_rules
from twofold.findings.finding import Finding
from twofold.jobs.acts import requests
from twofold.jobs.control_tests import latest_runs
from twofold.web.accounts.member import role_of
from twofold.web.acting import grant_for
from twofold.web.company.evidence_index import follow
from twofold.web.company.found_items import found_items
from twofold.web.company.models import EvidenceRow
from twofold.web.glossary import terms
from twofold.web.guard import needs
from twofold.web.lookup.evidence_text import with_words, words_of
from twofold.web.page import NAVIGATION, page
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current, current

_SHOWN = 12
"""Hits of a group on the page."""
_SUGGESTED = 5
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: its name, what stands beside it, and the address of its page."""

    title: str
    detail: str
    address: str


@dataclass(frozen=True, slots=True)
class HitGroup:
    """What was found of one kind. `more`: address of the list with all of it, "" where this is all."""

    kind: str
    title: str
    hits: tuple[Hit, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class _Document:
    """Something that is searched: its kind, the hit that it gives, and its words in lower case."""

    kind: str
    hit: Hit
    text: str


GROUPS = (
    ("page", "Pages", "see_overview"),
    ("system", "Systems", "see_scope"),
    ("control", "Controls", "see_controls"),
    ("criterion", "Criteria and domains", "see_controls"),
    ("rule", "Control tests", "see_results"),
    ("item", "Items of test results", "see_results"),
    ("finding", "Findings", "see_findings"),
    ("request", "Requests", "see_requests"),
    ("evidence", "Evidence", "see_evidence"),
    ("person", "People", "see_people"),
    ("term", "Glossary", "see_overview"),
)
"""Kind, title, and the right that it takes to find it."""


@require_safe
@needs("see_overview")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with what was found, in groups."""
    asked = _asked(request)
    groups = search(request, asked, limit=_SHOWN)
    values = {"asked": asked, "groups": groups, "found": sum(len(each.hits) for each in groups)}
    return page(request, "search.html", values, at="", title=f"Search: {asked}" if asked else "Search")


@require_safe
@needs("see_overview")
def suggest(request: HttpRequest) -> JsonResponse:
    """Answer with the first hits of each group for the command palette; without words, with the pages."""
    asked = _asked(request)
    groups = search(request, asked, limit=_SUGGESTED) if asked else [_pages(request)]
    told = [
        {"title": each.title, "hits": [{"title": h.title, "detail": h.detail, "address": h.address} for h in each.hits]}
        for each in groups
    ]
    return JsonResponse({"groups": told})


def _asked(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:_LONGEST]


def search(request: HttpRequest, asked: str, *, limit: int) -> list[HitGroup]:
    """Return what was found of what the role may see, in groups of at most `limit` hits."""
    words = words_of(asked)
    if not words:
        return []
    now = current()
    found: dict[str, list[Hit]] = {}
    for document in (*_page_documents(request), *_documents(now)):
        if all(word in document.text for word in words):
            found.setdefault(document.kind, []).append(document.hit)
    groups = []
    for kind, title, right in GROUPS:
        if grant_for(request, right) is Grant.NO:
            continue
        if kind == "evidence":
            hits = _evidence(now, asked, limit + 1)
        elif kind == "item":
            hits = _items(now, asked, limit + 1)
        else:
            hits = sorted(found.get(kind, []), key=lambda each: _rank(each, asked))
        if hits:
            more = _more(kind, asked) if len(hits) > limit else ""
            groups.append(HitGroup(kind, title, tuple(hits[:limit]), more))
    return sorted(groups, key=lambda each: not any(_is_named(hit, asked) for hit in each.hits))


def _rank(hit: Hit, asked: str) -> tuple[int, int, str]:
    """Return the place of a hit: named so, then begins so, then has it in its name, then anything else."""
    title, wanted = hit.title.lower(), asked.lower()
    order = 0 if _is_named(hit, asked) else 1 if title.startswith(wanted) else 2
    return (order if wanted in title else 3, len(title) if order else 0, title)


def _is_named(hit: Hit, asked: str) -> bool:
    """Whether what was asked for is the whole name or id of a hit; its group comes first."""
    return asked.lower() in (hit.title.lower(), hit.title.lower().split(" ")[0])


def _more(kind: str, asked: str) -> str:
    """Return the address of the list that shows all of a kind, "" where no list has words to filter by."""
    lists = {"evidence": "evidence", "control": "controls"}
    return f"{reverse(lists[kind])}?{urlencode({'words': asked})}" if kind in lists else ""


def _pages(request: HttpRequest) -> HitGroup:
    return HitGroup("page", "Pages", tuple(each.hit for each in _page_documents(request)))


def _page_documents(request: HttpRequest) -> Iterator[_Document]:
    role = role_of(request.user)
    for each in NAVIGATION:
        if grant_of(each.right, role) is not Grant.NO:
            yield _Document("page", Hit(each.title, each.part, reverse(each.name)), each.title.lower())


def _evidence(now: Current, asked: str, limit: int) -> list[Hit]:
    follow(now.workspace)
    rows = with_words(EvidenceRow.objects.all(), asked).order_by("-number")
    shown = rows.values_list("number", "name", "source", "kind")[:limit]
    return [
        Hit(name, f"ev-{number}, {source} {kind}", reverse("evidence_one", args=[f"ev-{number}"]))
        for number, name, source, kind in shown
    ]


def _items(now: Current, asked: str, limit: int) -> list[Hit]:
    return [
        Hit(
            each.item,
            f"{each.control_test}, {each.system}",
            f"{reverse('result_item', args=[each.control_test])}?{urlencode({'id': each.item})}",
        )
        for each in found_items(now.workspace, asked, limit=limit)
    ]


@lru_cache(maxsize=1)
def _documents(now: Current) -> tuple[_Document, ...]:
    """Return what is searched besides evidence, items and pages: read once per state of the workspace."""
    return (*_of_the_catalog(now), *_of_the_scope(now), *_of_the_audits(now), *_of_the_glossary())


def _document(kind: str, title: str, detail: str, address: str, more: Iterable[str] = ()) -> _Document:
    return _Document(kind, Hit(title, detail, address), " ".join((title, detail, *more)).lower())


def _of_the_catalog(now: Current) -> Iterator[_Document]:
    catalog = now.catalog
    for control_id, control in catalog.controls.items():
        told = (control.statement, *control.criteria, *control.domains, *control.control_tests)
        yield _document(
            "control",
            f"{control_id} {control.title}",
            catalog.families[control.family].title,
            reverse("control", args=[control_id]),
            told,
        )
    judged = reverse("controls")
    for criterion_id, criterion in catalog.criteria.items():
        address = f"{judged}?{urlencode({'criterion': criterion_id})}"
        yield _document("criterion", f"{criterion_id} {criterion.title}", "trust services criterion", address)
    for domain_id, domain in catalog.domains.items():
        address = f"{judged}?{urlencode({'criterion': domain_id})}"
        yield _document("criterion", f"{domain_id} {domain.title}", "ITGC domain", address)
    run = latest_runs(now.workspace)
    for test, rule in ((test, rule) for test, rule in known_rules().items() if test in run):
        wordings = (rule.objective, *(each.wording for each in rule.attributes))
        yield _document("rule", f"{test} {rule.title}", rule.population.replace("_", " "), _of_test(test), wordings)


def _of_test(control_test: str) -> str:
    return reverse("result", args=[control_test])


def _of_the_scope(now: Current) -> Iterator[_Document]:
    for system in now.scope.scope.systems if now.scope else ():
        owner = system.owner or ""
        told = (system.id, owner, now.people.get(owner, ""), *system.sources)
        yield _document("system", system.name or system.id, system.id, reverse("system", args=[system.id]), told)
    for person_id, name in now.people.items():
        yield _document("person", name, person_id, reverse("person", args=[person_id]))


def _of_the_audits(now: Current) -> Iterator[_Document]:
    lenses: dict[str, list[tuple[str, Finding]]] = {}
    for each in now.judged:
        for finding in each.findings:
            lenses.setdefault(finding.finding_id, []).append((each.judgement.lens_title, finding))
    for finding_id, seen in lenses.items():
        finding = max((one for _, one in seen), key=lambda one: len(one.items))
        yield _document(
            "finding",
            f"{finding.control_id} {finding.condition}",
            ", ".join(title for title, _ in seen),
            reverse("finding", args=finding_id.split("/", 3)),
            (finding_id, *finding.systems, now.people.get(finding.owner, finding.owner)),
        )
    for asked in requests(now.workspace) if now.scope else ():
        title = f"{asked.request_id} {asked.text[:80]}"
        told = (asked.text, asked.control or "", asked.assigned_to)
        yield _document("request", title, asked.state.value, reverse("requests"), told)


def _of_the_glossary() -> Iterator[_Document]:
    for each in terms():
        yield _document("term", each.title, each.meaning, f"{reverse('glossary')}#{each.slug}")
