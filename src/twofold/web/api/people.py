"""People with what is known of them, and the roster of who may approve what. Rows have the columns of their tables."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.web.api.operation import next_page, reads
from twofold.web.company.programme.history import Version
from twofold.web.company.programme.people import (
    counted_of_people,
    details_of_person,
    parts_of,
    row_of_person,
    rows_of_people,
)
from twofold.web.company.programme.personal import may_see_people, may_see_person
from twofold.web.company.programme.reading import Row, first_page, reading
from twofold.web.company.programme.roster import day_asked, looked_at, rows_of_roster, who_could
from twofold.web.workspace_access import current

router = Router(tags=["people"])
Words = Annotated[str, Field(max_length=400)]
Id = Annotated[str, Field(max_length=400)]
RowOut = Mapping[str, Any]
"""One row: column -> value. docs/formats/tables.md says what each column means."""


class ChangedOut(Schema):
    """A column that a statement changed. Both are null where nothing was said."""

    column: str
    before: Any
    now: Any


class VersionOut(Schema):
    """One statement about one row: which evidence said it and when. on_screen: a person told it, no export."""

    at: datetime
    title: str
    key: str
    evidence: str
    on_screen: bool
    changes: list[ChangedOut]


class PersonOut(Schema):
    """A person. Without the right to see people all but name and role is null, except of oneself."""

    id: str
    name: str | None
    role: str | None
    unit: str | None = None
    manager: str | None = None
    type: str | None = None
    started_at: datetime | None = None
    works_from: datetime | None = None
    works_to: datetime | None = None
    engagements: int | None = None
    accounts: int | None = None
    last_seen: datetime | None = None
    trained_at: datetime | None = None
    training_due_at: datetime | None = None
    must_sign: int | None = None
    signed: int | None = None


class PersonPage(Schema):
    """A page of people by id. `next`: the address of the page after it; null at the end."""

    items: list[PersonOut]
    next: str | None


class PersonalOut(Schema):
    """The personal data of one person; rows as their tables have them."""

    accounts: list[RowOut]
    delegations: list[RowOut]
    engagements: list[RowOut]
    history: list[VersionOut]
    jobs: list[RowOut]
    leaves: list[RowOut]
    rosters: list[RowOut]
    signing: list[RowOut]
    trained: RowOut | None
    trainings: list[RowOut]


class PersonOneOut(PersonOut):
    """One person. parts: what they have in controls, now or at another time. personal: null without the right."""

    parts: list[RowOut]
    personal: PersonalOut | None


class HoleOut(Schema):
    """A stretch in which nobody could act; `last` null = until now and on."""

    duty: str
    scope: str
    first: datetime
    last: datetime | None


class RosterPage(Schema):
    """A page of the roster, a line for each duty. `next`: the address of the page after it; null at the end."""

    items: list[RowOut]
    next: str | None


class BesideRosterOut(Schema):
    """What is beside the roster: delegations, titles with authority, and what is odd about it.

    outlived: lines of who has left. overlaps: lines that say the same of one stretch.
    """

    delegations: list[RowOut]
    titles: list[RowOut]
    holes: list[HoleOut]
    outlived: list[RowOut]
    overlaps: list[RowOut]


class CouldOut(Schema):
    """Who could act on a day: by roster and delegation; by title, where no dated roster had begun."""

    named: list[RowOut]
    by_title: list[RowOut]


@reads(router, "/people", "see_programme", PersonPage, "People, by id")
def list_people(
    request: HttpRequest,
    words: Words = "",
    unit: Words = "",
    state: Literal["", "works", "joined", "left", "reached"] = "",
    after: Id = "",
) -> PersonPage:
    """Return a page; unit and state narrow only with the right to see people. reached: left, and access seen after."""
    now, at, personal = current(), timezone.now(), may_see_people(request)
    asked = {"words": words, "unit": unit, "state": state, "after": after}
    with reading(now) as tables:
        rows, more = first_page(rows_of_people(tables, asked, at, personal=personal), "id")
        counted = counted_of_people(tables, [row["id"] for row in rows], at) if personal else {}
    items = [_person(row, counted.get(row["id"], {}), personal=personal) for row in rows]
    return PersonPage(items=items, next=next_page(request, "after", more) if more else None)


@reads(router, "/people/{person_id}", "see_programme", PersonOneOut, "One person")
def person_one(request: HttpRequest, person_id: Id) -> PersonOneOut:
    """Return one person; 404 for an unknown one."""
    now, at, personal = current(), timezone.now(), may_see_person(request, person_id)
    with reading(now) as tables:
        row = row_of_person(tables, person_id)
        counted = counted_of_people(tables, [person_id], at).get(person_id, {}) if personal else {}
        details = details_of_person(tables, person_id) if personal else None
    told = _person(row, counted, personal=personal)
    personal_out = PersonalOut(**{**details, "history": versions_out(details["history"])}) if details else None
    return PersonOneOut(**told.model_dump(), parts=parts_of(now, person_id), personal=personal_out)


@reads(router, "/roster", "see_programme", RosterPage, "Who may approve what, from when to when")
def list_roster(
    request: HttpRequest, system: Words = "", duty: Words = "", person: Words = "", after: Id = ""
) -> RosterPage:
    """Return a page; a line for `*` holds for every system."""
    asked = {"system": system, "duty": duty, "person": person, "after": after}
    with reading(current()) as tables:
        rows, more = first_page(rows_of_roster(tables, asked), "key")
    return RosterPage(items=list(rows), next=next_page(request, "after", more) if more else None)


@reads(router, "/roster/beside", "see_programme", BesideRosterOut, "Delegations, titles, holes and overlaps")
def beside_roster(request: HttpRequest) -> BesideRosterOut:
    """Return what is beside the roster."""
    del request
    now = current()
    with reading(now) as tables:
        found = looked_at(tables, now, timezone.now())
    return BesideRosterOut(**{**found, "holes": [HoleOut.from_orm(each) for each in found["holes"]]})


@reads(router, "/roster/on-day", "see_programme", CouldOut, "Who could act on a day")
def who_could_act(request: HttpRequest, system: Words, duty: Words, on: Words, right_class: Words = "") -> CouldOut:
    """Return who had a duty on a system on a local day, as every control test asks it."""
    del request
    now = current()
    day, odd = day_asked(on)
    if day is None:
        raise UserError(Problem("on", odd or "no day is given", "a day such as 2026-03-14"))
    asked = {"system": system, "duty": duty, "class": right_class}
    with reading(now) as tables:
        found = who_could(tables, asked, day, zone_named(now.workspace.settings.reporting_zone))
    return CouldOut(named=list(found["named"]), by_title=list(found["by_title"]))


def versions_out(versions: list[Version]) -> list[VersionOut]:
    """Return the history of rows as the API tells it."""
    return [
        VersionOut(
            at=each.at,
            title=each.title,
            key=each.key,
            evidence=each.evidence,
            on_screen=each.on_screen,
            changes=[ChangedOut(column=column, before=before, now=said) for column, before, said in each.changes],
        )
        for each in versions
    ]


def _person(row: Row, counted: Row, *, personal: bool) -> PersonOut:
    if not personal:
        return PersonOut(id=row["id"], name=row["name"], role=row["role"])
    return PersonOut(**{**counted, **row})
