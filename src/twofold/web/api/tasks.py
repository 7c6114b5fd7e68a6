"""Tasks: opened about a finding, control, request or system, and closed as done or dropped."""

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from twofold.engagement.task import TaskAct
from twofold.records.acts.people import same_person
from twofold.web.acting import acting_name
from twofold.web.api.body import Said
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.company.work.tasks import TaskForm, close_one, open_one, task_named
from twofold.web.number import number_in
from twofold.web.workspace_access import current

router = Router(tags=["tasks"])
TaskId = Annotated[str, Field(max_length=40)]


class TaskOut(Schema):
    """A task. state: open, done or dropped; closed_by, closed_at, note: of the act that ended it."""

    task_id: str
    what: str
    assigned_to: str
    due_on: date | None
    about_kind: str
    about: str
    opened_by: str
    opened_at: datetime
    state: str
    closed_by: str
    closed_at: datetime | None
    note: str


class TaskPage(Schema):
    """A page of tasks in order of opening. `next`: the address of the page after it; null at the end."""

    items: list[TaskOut]
    next: str | None


class CloseIn(Schema):
    """How a task ends; dropping it needs a note that says why."""

    act: Literal["done", "drop"]
    note: Annotated[str, Field(max_length=2000)] = ""


@reads(router, "/tasks", "see_findings", TaskPage, "Tasks")
def list_tasks(
    request: HttpRequest,
    about_kind: Literal["", "finding", "control", "request", "system"] = "",
    about: str = "",
    assigned_to: str = "",
    state: Literal["", "open", "done", "dropped"] = "",
    after: TaskId = "",
    limit: Limit = 50,
) -> TaskPage:
    """Return a page; assigned_to: an HR id, or `me`. after: the id of the task that the page before ended with."""
    person = acting_name(request) if assigned_to == "me" else assigned_to
    start = _number(after)
    found = [
        each
        for each in current().tasks
        if _number(each.task_id) > start
        and about_kind in {"", each.about_kind.value}
        and about in {"", each.about}
        and state in {"", each.state.value}
        and (not person or same_person(person, each.assigned_to))
    ]
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", row.task_id))
    return TaskPage(items=[TaskOut.from_orm(each) for each in rows], next=link)


@reads(router, "/tasks/{task_id}", "see_findings", TaskOut, "One task")
def task_one(request: HttpRequest, task_id: TaskId) -> TaskOut:
    """Return one task; 404 for an unknown one."""
    del request
    return TaskOut.from_orm(task_named(task_id))


@acts(router, "/tasks", "keep_tasks", TaskOut, "Open a task", form=TaskForm)
def open_task(request: HttpRequest, said: Said) -> TaskOut:
    """Open a task for a person."""
    return TaskOut.from_orm(open_one(request, said))


@acts(router, "/tasks/{task_id}/close", "keep_tasks", TaskOut, "Close a task", on=task_one)
def close_task(request: HttpRequest, task_id: TaskId, given: CloseIn) -> TaskOut:
    """Say that a task is done or dropped: whoever has it, whoever opened it, or a compliance manager."""
    return TaskOut.from_orm(close_one(request, task_id, TaskAct(given.act), given.note))


def _number(task_id: str) -> int:
    """Return the entry that opened a task; -1 for a text that is no id."""
    number = number_in(task_id.removeprefix("tk-"))
    return -1 if number is None else number
