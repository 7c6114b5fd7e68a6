"""Findings: a list, a board by stage, and one finding with its items, answers, repair and retest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from twofold.findings.classification import Classification, classify
from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.wording import range_words
from twofold.findings.follow_up import OPEN_STAGES, STAGE_TITLES, FollowUp, SeenBy, Stage
from twofold.findings.retest import minimum_for
from twofold.jobs.deficiency.facts import LENS, deficiency_id
from twofold.jobs.due import finding_address
from twofold.lenses.settings import lens_settings
from twofold.model.instant import parse_instant, zone_named
from twofold.records.acts.people import same_person
from twofold.scope.register import controls_of
from twofold.vault.entry import EntryKind
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name, controls_held, may_for_control
from twofold.web.company.finding_forms import blank_forms
from twofold.web.company.saved_filters import filters_of
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current, current, open_workspace

_PAGE = 50
_CARDS = 25
_ITEMS = 12
_TICK = timedelta(microseconds=1)
_ASKED = ("engagement", "control", "owner", "stage", "due")
STAGE_MARKS = {
    Stage.ANSWER: ("bad", "!"),
    Stage.REPAIR: ("open", "◔"),
    Stage.RETEST: ("open", "◑"),
    Stage.CLOSED: ("ok", "✓"),
    Stage.ACCEPTED: ("none", "○"),
}
"""Stage -> style and mark; the title always stands beside the mark."""
STEPS = (Stage.ANSWER, Stage.REPAIR, Stage.RETEST, Stage.CLOSED)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the board: how many there are, and the first of them."""

    stage: Stage
    count: int
    cards: tuple[FollowUp, ...]


@dataclass(frozen=True, slots=True)
class LensPart:
    """A finding under one lens; classification and deficiency only where the lens evaluates deficiencies."""

    seen: SeenBy
    classification: Classification | None
    deficiency: Evaluation | None


@require_safe
@needs("see_findings")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the findings, those due first. The query narrows; `after` is the key of the last row before."""
    now = current()
    today = now.today
    asked = _asked(request)
    found = sorted(narrowed(now, asked, today), key=_order)
    after = request.GET.get("after", "")
    rows = [each for each in found if key_of(each) > after] if after else found
    values = {
        **_filters(now, asked, today),
        "found": len(found),
        "more": key_of(rows[_PAGE - 1]) if len(rows) > _PAGE else "",
        "query": urlencode({name: asked[name] for name in _ASKED if asked[name]}),
        "rows": rows[:_PAGE],
        "saved": filters_of(request, "findings"),
        "total": len(now.follow_ups),
    }
    return page(request, "findings.html", values, at="findings", title="Findings")


@require_safe
@needs("see_findings")
def board(request: HttpRequest) -> HttpResponse:
    """Answer with the findings in columns by stage, those due first in each."""
    now = current()
    today = now.today
    asked = _asked(request)
    by_stage: dict[Stage, list[FollowUp]] = {stage: [] for stage in Stage}
    for each in sorted(narrowed(now, asked, today), key=_order):
        by_stage[each.stage].append(each)
    columns = [Column(stage, len(found), tuple(found[:_CARDS])) for stage, found in by_stage.items()]
    values = {
        **_filters(now, asked, today),
        "columns": columns,
        "found": sum(each.count for each in columns),
        "may_answer": _may_answer(request, now),
        "total": len(now.follow_ups),
    }
    return page(request, "findings_board.html", values, at="findings", title="Findings")


@require_safe
@needs("see_findings")
def show(request: HttpRequest, control_id: str, control_test: str, letter: str, word: str) -> HttpResponse:
    """Answer with one finding."""
    return finding_page(request, follow_up_of(current(), f"{control_id}/{control_test}/{letter}/{word}"))


def follow_up_of(now: Current, finding_id: str) -> FollowUp:
    """Return a finding with what followed; raises Http404 for one that no judgement has."""
    found = now.follow_ups.get(finding_id)
    if found is None:
        raise Http404
    return found


def finding_page(
    request: HttpRequest, follow_up: FollowUp, *, bound: Mapping[str, forms.Form] | None = None, opened: str = ""
) -> HttpResponse:
    """Answer with a finding's page. bound: forms that were sent and are wrong, by name; opened: the form to open."""
    now = current()
    scope = now.scope.scope if now.scope else None
    finding = follow_up.finding
    may_answer = may_for_control(request, "answer_findings", scope, finding.control_id)
    no_part = finding.control_id not in controls_of(scope, person_of(request.user))
    may_accept = grant_of("answer_findings", role_of(request.user)) is Grant.YES and no_part
    values: dict[str, Any] = {
        "control": now.catalog.controls[finding.control_id],  # type: ignore[index]  # an id of the catalog
        "follow": follow_up,
        "forms": {**blank_forms(follow_up), **(bound or {})},
        "items": follow_up.items[:_ITEMS],
        "lenses": lens_parts(now, follow_up),
        "may_accept": may_accept,
        "may_answer": may_answer,
        "more_items": max(0, len(follow_up.items) - _ITEMS),
        "opened": opened,
        "range_words": range_words,
        "run_entry": _run_entry(now.newest, follow_up.retest.run_id) if follow_up.retest else None,
        "stage_marks": STAGE_MARKS,
        "stage_titles": STAGE_TITLES,
        "stages": list(Stage),
        "steps": STEPS,
        "today": now.today,
    }
    status = 400 if bound else 200
    title = follow_up.title or finding.condition
    return page(request, "finding.html", values, at="findings", title=title, status=status)


def lens_parts(now: Current, follow_up: FollowUp) -> list[LensPart]:
    """Return a finding under each lens that sees it."""
    return [LensPart(each, _classification(now, follow_up, each), _deficiency(now, each)) for each in follow_up.seen]


def is_late(follow_up: FollowUp, today: date) -> bool:
    """Whether the promised day is over and something is still to be done."""
    return follow_up.is_open and follow_up.due_on is not None and follow_up.due_on < today


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip() for name in _ASKED} | {
        "mine": acting_name(request) if request.GET.get("owner") == "me" else ""
    }


def narrowed(now: Current, asked: Mapping[str, str], today: date) -> Iterator[FollowUp]:
    """Yield the findings that a query asks for: engagement, control, owner, stage (or open), due (late or soon)."""
    soon = today + timedelta(days=14)
    owner = asked["mine"] or asked["owner"]
    for each in now.follow_ups.values():
        if asked["stage"] == "open" and not each.is_open:
            continue
        if asked["stage"] not in {"", "open", each.stage}:
            continue
        if asked["control"] and each.finding.control_id != asked["control"]:
            continue
        if owner and not same_person(each.owner, owner):
            continue
        if asked["engagement"] and asked["engagement"] not in {one.engagement_id for one in each.seen}:
            continue
        if asked["due"] == "late" and not is_late(each, today):
            continue
        if asked["due"] == "soon" and not (each.is_open and each.due_on and today <= each.due_on <= soon):
            continue
        yield each


def _filters(now: Current, asked: Mapping[str, str], today: date) -> dict[str, Any]:
    every = now.follow_ups.values()
    return {
        "asked": asked,
        "controls": sorted({each.finding.control_id for each in every}),
        "engagements": [each.judgement.engagement_id for each in now.judged],
        "finding_address": finding_address,
        "has_deficiencies": any(each.judgement.lens == LENS for each in now.judged),
        "is_late": lambda each: is_late(each, today),
        "owners": sorted({each.owner for each in every if each.owner}),
        "stage_marks": STAGE_MARKS,
        "stage_titles": STAGE_TITLES,
        "late": sum(1 for each in every if is_late(each, today)),
        "open_count": sum(1 for each in every if each.stage in OPEN_STAGES),
        "today": today,
    }


def _order(each: FollowUp) -> tuple[str, str]:
    return (each.due_on.isoformat() if each.due_on and each.is_open else "9999"), each.finding_id


def key_of(each: FollowUp) -> str:
    """Return the row's place in the order, as text."""
    return " ".join(_order(each))


def _may_answer(request: HttpRequest, now: Current) -> Callable[[FollowUp], bool]:
    grant = grant_of("answer_findings", role_of(request.user))
    own = controls_held(now.scope.scope if now.scope else None, person_of(request.user), at=timezone.now())
    return lambda each: grant is Grant.YES or (grant is Grant.OWN and each.finding.control_id in own)


def _deficiency(now: Current, seen: SeenBy) -> Evaluation | None:
    """Return the deficiency that a finding belongs to under SOX, None under a lens that knows none."""
    if seen.lens != LENS:
        return None
    return now.deficiencies.evaluations.get(deficiency_id(seen.engagement_id, seen.finding.control_id))


def _classification(now: Current, follow_up: FollowUp, seen: SeenBy) -> Classification | None:
    """Return what the exceptions are under SOX, None under a lens that knows no deficiencies."""
    if seen.lens != LENS:
        return None
    judgement = next(each.judgement for each in now.judged if each.judgement.engagement_id == seen.engagement_id)
    zone = zone_named(now.workspace.settings.reporting_zone)
    ends_on = (parse_instant(judgement.ends_before).earliest - _TICK).astimezone(zone).date()
    control = now.catalog.control(seen.finding.control_id)
    minimum = follow_up.retest.minimum if follow_up.retest else minimum_for(control.frequency, per_year=_rate(seen))
    return classify(
        lens_settings()[seen.lens],
        seen.control,
        seen.finding,
        answered=follow_up.answer is not None,
        ends_on=ends_on,
        retest=follow_up.retest,
        latest_repair=minimum.latest_repair(ends_on),
    )


def _rate(seen: SeenBy) -> int:
    """Return about how many items a year the finding's systems have, from the counts of the judged period."""
    results: Sequence[Any] = [each for each in seen.control.results if each.control_test == seen.finding.control_test]
    by_system = results[0].by_system if results else {}
    return sum(by_system[name].population for name in seen.finding.systems if name in by_system)


@lru_cache(maxsize=200)
def _run_entry(newest: tuple[int, ...], run_id: str) -> int | None:
    """Return the number of the log entry of a run, the newest one of its content; kept until the log changes."""
    del newest
    runs = [each for each in open_workspace().vault.entries(kind=EntryKind.RUN) if each.body["run_id"] == run_id]
    return runs[-1].index if runs else None
