"""Tables read this moment: kept between two questions, made again when evidence of theirs came, gone in the end."""

import gc
from collections import OrderedDict
from pathlib import Path

import duckdb
import pytest

from twofold.jobs import tables_read as subject
from twofold.jobs.retention import delete_due
from twofold.jobs.tables_read import tables_read
from twofold.records.workspace import Workspace
from twofold.tables import store
from twofold.tables.files_before import FilesBefore
from twofold.tables.store import TableStats

from .conftest import AT, INCIDENT, put

SECOND = INCIDENT.replace("INC-1", "INC-2")
WANTED = frozenset({"incident"})


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> OrderedDict[object, object]:
    """Put an empty memory in place of the one of the process."""
    empty: OrderedDict[object, object] = OrderedDict()
    monkeypatch.setattr(subject, "_LAST", empty)
    return empty


def ids(workspace: Workspace) -> list[str]:
    with tables_read(workspace, WANTED) as session:
        return [name for (name,) in session.execute("SELECT id FROM incident ORDER BY id").fetchall()]


def test_what_was_captured_just_now_is_there(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    put(workspace, "one.csv")
    assert ids(workspace) == ["INC-1"]

    with monkeypatch.context() as patched:
        patched.setattr(subject, "_written", None)  # so that making tables again would fail
        assert ids(workspace) == ["INC-1"]
        put(workspace, "others.csv", "id,incident\nA-1,INC-1\n", kind="incident_action")
        assert ids(workspace) == ["INC-1"]

    put(workspace, "two.csv", SECOND)
    assert ids(workspace) == ["INC-1", "INC-2"]


def test_nothing_of_deleted_evidence_stays_in_memory(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = FilesBefore[TableStats](most=99)
    monkeypatch.setattr(store, "_FILES_BEFORE", kept)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gone = put(workspace, "one.csv", systems=["wiki"])
    put(workspace, "two.csv", SECOND, systems=["wiki"])
    assert ids(workspace) == ["INC-1", "INC-2"]
    assert ids_kept(kept, tmp_path) == [["INC-1", "INC-2"], ["INC-1", "INC-2"]]

    delete_due(
        workspace,
        [gone],
        all_due=False,
        reason="term over",
        authority="p-0002",
        second_person="p-0003",
        actor="p-0001",
        at=AT.replace(year=2060),
    )

    assert ids(workspace) == ["INC-2"]
    gc.collect()
    assert ids_kept(kept, tmp_path) == [["INC-2"], ["INC-2"]]


def ids_kept(files: FilesBefore[TableStats], folder: Path) -> list[list[str]]:
    """Return the incidents of each table of them that the process keeps, in memory and in its folders."""
    found = list(folder.glob("twofold-tables-*/tables/incident.parquet"))
    for number, (_, contents) in enumerate(files._kept.values()):  # noqa: SLF001  what it holds is the question
        if "incident.parquet" in contents:
            found.append(folder / f"{number}.parquet")
            found[-1].write_bytes(contents["incident.parquet"])
    return [
        [name for (name,) in duckdb.execute("SELECT id FROM read_parquet(?) ORDER BY id", [str(file)]).fetchall()]
        for file in found
    ]


def test_few_are_kept_and_their_folders_go(
    workspace: Workspace, kept: OrderedDict[object, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "_MOST_KEPT", 1)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    put(workspace, "one.csv")
    with tables_read(workspace, WANTED) as session:
        put(workspace, "two.csv", SECOND)
        assert ids(workspace) == ["INC-1", "INC-2"]
        assert session.execute("SELECT id FROM incident").fetchall() == [("INC-1",)]
    gc.collect()

    assert len(list(tmp_path.glob("twofold-tables-*"))) == 1
    kept.clear()
    gc.collect()
    assert list(tmp_path.glob("twofold-tables-*")) == []
