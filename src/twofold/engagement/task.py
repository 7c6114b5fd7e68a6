"""Tasks of people: what, who, until when, about what. A state is never stored; it is rebuilt from the log."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from twofold.vault.entry import Entry

_PREFIX = "tk-"


class TaskState(StrEnum):
    """Where a task stands. Done and dropped are final."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class TaskAct(StrEnum):
    """What people do with a task."""

    OPEN = "open"
    DONE = "done"
    DROP = "drop"


class AboutKind(StrEnum):
    """What a task can belong to."""

    FINDING = "finding"
    CONTROL = "control"
    REQUEST = "request"
    SYSTEM = "system"


_AFTER = {TaskAct.DONE: TaskState.DONE, TaskAct.DROP: TaskState.DROPPED}


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the log gives it; times are aware UTC. closed_by, closed_at: of the act that ended it."""

    task_id: str
    what: str
    assigned_to: str
    due_on: date | None
    about_kind: AboutKind
    about: str
    opened_by: str
    opened_at: datetime
    state: TaskState = TaskState.OPEN
    closed_by: str = ""
    closed_at: datetime | None = None
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.state is TaskState.OPEN


def task_id_of(index: int) -> str:
    """Return the id of the task that entry `index` opened."""
    return f"{_PREFIX}{index}"


def rebuild(entries: Iterable[Entry]) -> dict[str, Task]:
    """Rebuild the tasks from entries of kind `task` in order; an act on a task that is over changes nothing."""
    found: dict[str, Task] = {}
    for entry in entries:
        body = entry.body
        if body["act"] == TaskAct.OPEN:
            opened = Task(
                task_id=task_id_of(entry.index),
                what=body["what"],
                assigned_to=body["assigned_to"],
                due_on=date.fromisoformat(body["due_on"]) if body["due_on"] else None,
                about_kind=AboutKind(body["about_kind"]),
                about=body["about"],
                opened_by=entry.actor,
                opened_at=entry.at,
            )
            found[opened.task_id] = opened
        elif (task := found.get(str(body["task"]))) is not None and task.is_open:
            state = _AFTER[TaskAct(body["act"])]
            found[task.task_id] = replace(
                task, state=state, closed_by=entry.actor, closed_at=entry.at, note=body["note"]
            )
    return found
