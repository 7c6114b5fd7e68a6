"""What was read of the workspace is shared by the threads of a process, and read again only when entries change it."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from twofold.engagement.task import AboutKind
from twofold.records.acts.task import open_task
from twofold.records.workspace import Workspace

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)


def in_threads(asked: Callable[[], Any], count: int = 4) -> list[Any]:
    """Ask in as many threads, at the same moment."""
    ready = threading.Barrier(count)

    def ask() -> Any:
        ready.wait()
        return asked()

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(ask) for _ in range(count)]]


def test_threads_know_the_same_and_each_has_a_workspace_of_its_own(site: str) -> None:
    from twofold.web.workspace_access import current  # noqa: PLC0415

    del site
    found = in_threads(lambda: (current(), current().workspace))
    assert {id(now) for now, _ in found} == {id(current())}
    assert len({id(workspace) for _, workspace in found}) == len(found)


def test_a_part_is_read_by_one_thread_for_all(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from twofold.web import workspace_access  # noqa: PLC0415

    del site
    read: list[str] = []

    def slowly(vault: object) -> dict[str, str]:
        read.append(str(vault))
        time.sleep(0.1)
        return {"T-1": "task"}

    monkeypatch.setattr(workspace_access, "all_tasks", slowly)
    now = workspace_access.Current(workspace_access.current().root, ())
    found = in_threads(lambda: now.tasks)
    assert len(read) == 1
    assert all(each is found[0] for each in found)


def test_a_reading_that_fails_is_tried_again(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from twofold.web import workspace_access  # noqa: PLC0415

    del site
    now = workspace_access.Current(workspace_access.current().root, ())
    with monkeypatch.context() as patched:
        patched.setattr(workspace_access, "all_tasks", None)
        with pytest.raises(TypeError):
            _ = now.tasks
    assert now.tasks == workspace_access.current().tasks


def test_an_entry_changes_its_own_parts_and_no_others(site: str, site_workspace: Path) -> None:
    from twofold.web.workspace_access import current  # noqa: PLC0415

    del site
    before = current()
    scope, people, reviews, tasks = before.scope, before.people, before.reviews, before.tasks
    assert current() is before
    with Workspace.open(site_workspace) as other:
        open_task(
            other.vault,
            what="Look at this",
            assigned_to="p-0002",
            due_on=date(2026, 8, 1),
            about_kind=AboutKind.SYSTEM,
            about="product",
            acting_user="p-0001",
            at=AT,
        )
    now = current()
    assert now is not before
    assert (now.scope, now.people, now.reviews) == (scope, people, reviews)
    assert now.reviews is reviews
    assert len(now.tasks) == len(tasks) + 1


def test_threads_read_files_through_one_database(monkeypatch: pytest.MonkeyPatch) -> None:
    from twofold.web.company import run_files  # noqa: PLC0415

    monkeypatch.setattr(run_files, "_DATABASE", run_files._Database())  # noqa: SLF001  so that none is left behind
    monkeypatch.setattr(run_files, "_THREAD", threading.local())
    run_files.rows_of("CREATE TABLE shared AS SELECT 1 AS n", [])
    assert in_threads(lambda: run_files.rows_of("SELECT n FROM shared", [])) == [[(1,)]] * 4
    assert run_files.rows_of("SELECT current_setting('TimeZone')", []) == [("UTC",)]
    with pytest.raises(duckdb.Error):
        run_files.rows_of("SELECT n FROM nowhere", [])
    assert run_files.rows_of("SELECT n FROM shared", []) == [(1,)]
