"""Training: the courses that count, and by person when the next one is due."""

from datetime import datetime
from typing import Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from twofold.web.api.operation import next_page, reads
from twofold.web.api.people import Id, RowOut, VersionOut, Words, versions_out
from twofold.web.company.programme.history import versions
from twofold.web.company.programme.personal import may_see_people
from twofold.web.company.programme.reading import first_page, reading
from twofold.web.company.programme.training import completions_of, courses_of, people_by_state, rows_of_training
from twofold.web.workspace_access import current

router = Router(tags=["training"])


class CourseOut(Schema):
    """A course. people: who ever completed it; standing: of these, those for whom it still stands."""

    course: str
    first_at: datetime | None
    last_at: datetime | None
    people: int
    standing: int
    counts: bool | None


class TrainingOut(Schema):
    """How many people are in each state, and the courses. required: rows of `required_course`."""

    people: dict[str, int]
    courses: list[CourseOut]
    required: list[RowOut]


class TrainedOut(Schema):
    """A person who works here. due_at: the end of what the last training covers, or the limit of the first one."""

    person: str
    name: str | None
    role: str | None
    unit: str | None
    state: str
    last_at: datetime | None
    due_at: datetime | None


class TrainedPage(Schema):
    """A page of people, the longest overdue first. `next`: the address of the page after it; null at the end."""

    items: list[TrainedOut]
    next: str | None


class CompletionsOut(CourseOut):
    """One course with a page of who completed it, newest first. `next`: of the page after it; null at the end."""

    required: list[RowOut]
    history: list[VersionOut]
    items: list[RowOut]
    next: str | None


@reads(router, "/training", "see_programme", TrainingOut, "Courses, and people by state")
def training(request: HttpRequest) -> TrainingOut:
    """Return the courses, and how many people are overdue, due soon, and so on."""
    del request
    now, at = current(), timezone.now()
    with reading(now) as tables:
        return TrainingOut(
            people=people_by_state(tables, now, at),
            courses=[CourseOut(**row) for row in courses_of(tables, now, at)],
            required=tables.rows("SELECT * FROM required_course ORDER BY course, valid_from"),
        )


@reads(router, "/training/people", "see_people", TrainedPage, "People by when training is due")
def list_trained(
    request: HttpRequest, state: Literal["", "overdue", "soon", "joiner", "stands", "away"] = "", after: Id = ""
) -> TrainedPage:
    """Return a page."""
    with reading(current()) as tables:
        found = rows_of_training(tables, {"state": state, "after": after}, timezone.now())
    rows, more = first_page(found, "key")
    return TrainedPage(
        items=[TrainedOut(**row) for row in rows], next=next_page(request, "after", more) if more else None
    )


@reads(router, "/training/course", "see_programme", CompletionsOut, "One course, and who completed it")
def course_one(request: HttpRequest, name: Words, after: Id = "") -> CompletionsOut:
    """Return one course; 404 for an unknown one. Names need the right to see people."""
    now, at = current(), timezone.now()
    with reading(now) as tables:
        known = next((row for row in courses_of(tables, now, at) if row["course"] == name), None)
        if known is None:
            raise Http404
        found = completions_of(tables, name, after) if may_see_people(request) else []
        required = tables.rows("SELECT * FROM required_course WHERE course = ? ORDER BY valid_from", name)
        history = versions(tables, {"required_course": ("course = ?", name)})
    rows, more = first_page(found, "key")
    return CompletionsOut(
        **CourseOut(**known).model_dump(),
        required=required,
        history=versions_out(history),
        items=list(rows),
        next=next_page(request, "after", more) if more else None,
    )
