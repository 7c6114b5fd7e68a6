"""Tables read this moment: kept between two questions, made again when evidence of theirs came, gone in the end."""

import gc
from collections import OrderedDict
from pathlib import Path

import pytest

from twofold.jobs import tables_read as subject
from twofold.jobs.tables_read import tables_read
from twofold.records.workspace import Workspace

from .conftest import INCIDENT, put

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
