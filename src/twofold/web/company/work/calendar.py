"""The calendar: a month of what is due, for the person who looks or for everybody, as weeks and as a list."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.jobs.due import DueKind, DueThing
from twofold.model.instant import zone_named
from twofold.records.acts.people import same_person
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.company.programme.personal import manages_programme, may_see_person
from twofold.web.company.work.gathered import things_of
from twofold.web.company.work.programme_due import counted_things, own_things, shared_things
from twofold.web.company.work.stale import stale_things
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

FIRST_YEAR, LAST_YEAR = 2000, 2100
_LISTED = 400
"""Things of a month that the list shows; whoever wants the rest narrows it."""
_CELL = 4
"""Things that a day of the grid shows; the list below shows all."""
KIND_MARKS: Mapping[DueKind, str] = {
    DueKind.FINDING: "✗",
    DueKind.ACCEPTANCE: "○",
    DueKind.TASK: "☐",
    DueKind.REQUEST: "?",
    DueKind.REVIEW: "◉",
    DueKind.OCCURRENCE: "↻",
    DueKind.ENGAGEMENT: "⚑",
    DueKind.EVIDENCE: "◷",
    DueKind.POLICY: "§",
    DueKind.SIGNATURE: "✎",
    DueKind.TRAINING: "▤",
    DueKind.VENDOR: "⇄",
    DueKind.ROSTER: "☰",
}
"""Kind -> sign; the word stands in the list and in the legend."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the grid: what it shows, and how many more there are."""

    on: date
    inside: bool
    things: tuple[DueThing, ...]
    more: int


@require_safe
@needs("see_findings")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with a month. The query names it (`month=2026-11`), a person (`me`, an id, none = all) and a kind."""
    now = current()
    today = now.today
    first = _month(request.GET.get("month", ""), today)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    shown = (weeks[0][0], weeks[-1][-1])
    asked = {name: request.GET.get(name, "").strip() for name in ("person", "kind")}
    person = acting_name(request) if asked["person"] == "me" else asked["person"]
    every = things_known(request, now, person, until=weeks[-1][-1])
    in_view = [each for each in every if shown[0] <= each.on <= shown[1]]
    things = [each for each in in_view if is_wanted(each, person, asked["kind"])]
    values = {
        "asked": asked,
        "days": _listed(things[:_LISTED], first),
        "kind_marks": KIND_MARKS,
        "kinds": list(DueKind),
        "left_out": max(0, len(things) - _LISTED),
        "late": [each for each in every if each.is_late(today) and is_wanted(each, person, asked["kind"])],
        "month": first,
        "month_name": f"{calendar.month_name[first.month]} {first.year}",
        "next": _shifted(first, 1),
        "persons": sorted({name for each in every for name in each.people}),
        "previous": _shifted(first, -1),
        "today": today,
        "weekdays": calendar.day_name,
        "weeks": [[_day(day, first, things) for day in week] for week in weeks],
    }
    return page(request, "calendar.html", values, at="calendar", title="Calendar")


def things_known(request: HttpRequest, now: Current, person: str, *, until: date) -> list[DueThing]:
    """Return what is due, of one person or ("") of everybody, in order; expected operations of controls up to a day."""
    zone = zone_named(now.workspace.settings.reporting_zone)
    known = [*things_of(now, until=until), *stale_things(now, zone), *_programme(request, now, person)]
    return sorted(known, key=lambda each: (each.on, each.kind, each.thing_id))


def _programme(request: HttpRequest, now: Current, person: str) -> Sequence[DueThing]:
    """Return what the programme has due: of one person, or of everybody with people counted."""
    if not person:
        return [*shared_things(now), *counted_things(now)]
    manages = same_person(person, acting_name(request)) and manages_programme(role_of(request.user))
    return own_things(now, person, manages=manages, personal=may_see_person(request, person))


def is_wanted(thing: DueThing, person: str, kind: str) -> bool:
    """Whether a thing is of a kind, and of a person or of nobody; "" = any."""
    if kind and thing.kind != kind:
        return False
    if person and thing.kind is DueKind.EVIDENCE:
        return False
    return not person or not thing.people or any(same_person(person, each) for each in thing.people)


def _day(day: date, month: date, things: Sequence[DueThing]) -> Day:
    found = tuple(each for each in things if each.on == day)
    return Day(day, day.month == month.month, found[:_CELL], max(0, len(found) - _CELL))


def _listed(things: Sequence[DueThing], month: date) -> list[tuple[date, list[DueThing]]]:
    """Return the days of the month that have something, with all of it."""
    found: dict[date, list[DueThing]] = {}
    for each in things:
        if (each.on.year, each.on.month) == (month.year, month.month):
            found.setdefault(each.on, []).append(each)
    return list(found.items())


def _month(text: str, today: date) -> date:
    """Return the first day of the month that is asked for; of this month for anything else."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return asked if FIRST_YEAR <= asked.year <= LAST_YEAR else today.replace(day=1)


def _shifted(first: date, months: int) -> str:
    number = first.year * 12 + first.month - 1 + months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
