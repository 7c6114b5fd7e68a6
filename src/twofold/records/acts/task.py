"""Open a task, and say that it is done or dropped: each an entry of kind `task`."""

from datetime import date, datetime

from twofold.engagement.task import AboutKind, Task, TaskAct, rebuild, task_id_of
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind
from twofold.vault.store import Vault


def all_tasks(vault: Vault) -> dict[str, Task]:
    """Return the tasks by id, in order of their opening, rebuilt from the log."""
    return rebuild(vault.entries(kind=EntryKind.TASK))


def open_task(  # noqa: PLR0913  what, who, until when, about what
    vault: Vault,
    *,
    what: str,
    assigned_to: str,
    due_on: date | None,
    about_kind: AboutKind,
    about: str,
    acting_user: str,
    at: datetime,
) -> Task:
    """Open a task; raises UserError when it does not say what is to be done, or by whom."""
    given = {"what": what.strip(), "assigned_to": assigned_to.strip()}
    empty = [name for name in given if not given[name]]
    if empty:
        raise UserError(
            [Problem(name, "it is empty", "a text", "say what is to be done, and by whom") for name in empty]
        )
    with recording(vault) as recorder:
        body: dict[str, Json] = {
            **given,
            "about": about,
            "about_kind": str(about_kind),
            "act": str(TaskAct.OPEN),
            "due_on": due_on.isoformat() if due_on else None,
            "note": "",
            "task": None,
        }
        entry = recorder.append(EntryKind.TASK, body=body, acting_user=acting_user, at=at)
        return all_tasks(vault)[task_id_of(entry.index)]


def close_task(vault: Vault, task_id: str, *, act: TaskAct, note: str, acting_user: str, at: datetime) -> Task:
    """Say that a task is done or dropped; dropping it needs a note that says why.

    Raises UserError for an unknown task or one that is over already; ValueError for another act.
    """
    if act not in {TaskAct.DONE, TaskAct.DROP}:
        msg = f"{act} does not end a task"
        raise ValueError(msg)
    said = note.strip() if act is TaskAct.DONE else need_reason(note, why="why the task is dropped")
    with recording(vault) as recorder:
        task = all_tasks(vault).get(task_id)
        if task is None or not task.is_open:
            found = f"there is no task {task_id!r}" if task is None else f"{task_id} is {task.state} already"
            raise UserError(Problem("TASK", found, "a task that is open", "open a new one if more is to be done"))
        body: dict[str, Json] = {
            "about": task.about,
            "about_kind": str(task.about_kind),
            "act": str(act),
            "assigned_to": task.assigned_to,
            "due_on": task.due_on.isoformat() if task.due_on else None,
            "note": said,
            "task": task_id,
            "what": task.what,
        }
        recorder.append(EntryKind.TASK, body=body, acting_user=acting_user, at=at)
        return all_tasks(vault)[task_id]
