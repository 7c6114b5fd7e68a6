"""The workspace: its lock, and folders that change place as a whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.jobs.init import init_workspace
from twofold.jobs.signing_key import NewKey
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace, replace_folder

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    key = NewKey("a passphrase of tests")
    made = init_workspace(tmp_path / "acme", company="Acme Inc.", reporting_zone="UTC", key=key, actor="p-0001", at=AT)
    return made.root


def test_a_new_workspace_has_no_scope_in_force(root: Path) -> None:
    with Workspace.open(root) as workspace:
        assert workspace.applied_scope() is None
        assert workspace.settings.company == "Acme Inc."


def test_one_command_computes_at_a_time(root: Path) -> None:
    with Workspace.open(root) as first, Workspace.open(root) as second:
        with (
            first.computing("twofold test"),
            pytest.raises(UserError, match="in use: twofold test"),
            second.computing("twofold judge"),
        ):
            pass
        with second.computing("twofold judge"):
            pass


def test_what_a_killed_command_left_is_removed(root: Path) -> None:
    with Workspace.open(root) as workspace:
        (workspace.building_folder / "tables").mkdir(parents=True)
        with workspace.computing("twofold test"):
            assert not workspace.building_folder.exists()


def test_a_failure_frees_the_workspace(root: Path) -> None:
    with Workspace.open(root) as workspace:
        with pytest.raises(RuntimeError), workspace.computing("twofold test"):
            raise RuntimeError
        with workspace.computing("twofold test"):
            pass


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    fresh, target = tmp_path / "building" / "tables", tmp_path / "inner" / "tables"
    for folder, text in ((target, "old"), (fresh, "new")):
        folder.mkdir(parents=True)
        (folder / "a").write_text(text, encoding="utf-8")
    (target / "b").touch()

    replace_folder(fresh, target)

    assert [(path.name, path.read_text(encoding="utf-8")) for path in target.iterdir()] == [("a", "new")]
    assert list((tmp_path / "building").iterdir()) == []
