"""Tasks as acts: opened, done, dropped; a state is rebuilt from the log."""

from datetime import date
from typing import Any

import pytest

from twofold.engagement.task import AboutKind, Task, TaskAct, TaskState
from twofold.model.problem import UserError
from twofold.records.acts.task import all_tasks, close_task, open_task
from twofold.vault.store import Vault

from .conftest import AT


def opened(vault: Vault, **changed: Any) -> Task:
    asked: dict[str, Any] = {
        "what": " Ask for the export ",
        "assigned_to": "p-0001",
        "due_on": date(2026, 12, 1),
        "about_kind": AboutKind.CONTROL,
        "about": "CM-01",
        "acting_user": "p-0002",
        "at": AT,
    }
    return open_task(vault, **{**asked, **changed})


def test_a_task_is_opened_and_done(vault: Vault) -> None:
    task = opened(vault)
    assert (task.what, task.state, task.opened_by, task.due_on) == (
        "Ask for the export",
        TaskState.OPEN,
        "p-0002",
        date(2026, 12, 1),
    )
    done = close_task(vault, task.task_id, act=TaskAct.DONE, note="", acting_user="p-0001", at=AT)
    assert (done.state, done.closed_by, done.is_open) == (TaskState.DONE, "p-0001", False)
    with pytest.raises(UserError, match="done already"):
        close_task(vault, task.task_id, act=TaskAct.DROP, note="x", acting_user="p-0001", at=AT)
    other = opened(vault, due_on=None)
    assert [*all_tasks(vault)] == [task.task_id, other.task_id]


def test_a_task_is_dropped_with_a_reason(vault: Vault) -> None:
    task = opened(vault)
    with pytest.raises(UserError, match="no reason"):
        close_task(vault, task.task_id, act=TaskAct.DROP, note=" ", acting_user="p-0001", at=AT)
    dropped = close_task(vault, task.task_id, act=TaskAct.DROP, note="not needed", acting_user="p-0001", at=AT)
    assert (dropped.state, dropped.note) == (TaskState.DROPPED, "not needed")


def test_what_a_task_needs(vault: Vault) -> None:
    with pytest.raises(UserError) as raised:
        opened(vault, what=" ", assigned_to="")
    assert [each.where for each in raised.value.problems] == ["what", "assigned_to"]
    with pytest.raises(UserError, match="there is no task"):
        close_task(vault, "tk-99", act=TaskAct.DONE, note="", acting_user="p-0001", at=AT)
    with pytest.raises(ValueError, match="does not end"):
        close_task(vault, "tk-99", act=TaskAct.OPEN, note="", acting_user="p-0001", at=AT)
    assert all_tasks(vault) == {}
