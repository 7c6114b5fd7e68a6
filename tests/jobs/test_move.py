"""A workspace moves to PostgreSQL and S3 and back: every hash and proof stays, and one history goes on."""

from pathlib import Path

import pytest

from twofold.jobs import move as move_job
from twofold.jobs.move import move_workspace
from twofold.jobs.storage_settings import with_storage
from twofold.model.problem import UserError
from twofold.records.workspace import INNER, Workspace
from twofold.scope.settings import load_settings
from twofold.vault.care.move import move_log
from twofold.vault.signing import keys
from twofold.vault.store import Vault

from .stored_workspace import AT, PASSPHRASE, SETTINGS, act, delete, facts_of, is_whole, make_stored


class KilledError(BaseException):
    """Stands for a kill."""


@pytest.fixture(autouse=True)
def _fast_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ROUNDS", 1_000)
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_stored(tmp_path / "acme")


def move(root: Path, database: str | None = None, blobs: str | None = None) -> int:
    return move_workspace(root, database=database, blobs=blobs, actor="p", at=AT).copied


def size_of(root: Path) -> int:
    with Workspace.open(root) as workspace:
        return workspace.vault.size


def test_there_and_back(root: Path, postgres_location: str, s3_location: str) -> None:
    size = size_of(root)
    facts = facts_of(root, size)
    assert move(root, postgres_location, s3_location) == 4
    assert facts_of(root, size) == facts
    assert is_whole(root)
    with Workspace.open(root) as workspace:
        last = workspace.vault.entry(size)
        assert (last.kind, last.body["database"], last.body["root"]) == (
            "move",
            ["", postgres_location],
            facts.root.hex(),
        )
    assert (root / "twofold.toml").read_bytes().startswith(SETTINGS)
    with pytest.raises(UserError, match="this log was moved to postgresql://"):
        Vault.open(root / INNER / "vault")
    act(root, b"work goes on there")
    gone = delete(root, "ev-2")

    assert move(root, "here", "here") == 1
    assert size_of(root) == size + 4
    assert is_whole(root)
    assert not (root / INNER / "vault" / "blobs" / gone[:2] / gone[2:]).exists()
    settings = load_settings(root)
    assert (settings.database, settings.blobs) == ("", "")
    with pytest.raises(UserError, match="this log was moved to here"):
        Vault.open(root / INNER / "vault", database=postgres_location)
    act(root, b"and here again")
    assert is_whole(root)


@pytest.mark.parametrize("what", ["database", "blobs"])
def test_one_of_the_two_moves_alone(root: Path, postgres_location: str, tmp_path: Path, what: str) -> None:
    size = size_of(root)
    facts = facts_of(root, size)
    place = postgres_location if what == "database" else str(tmp_path / "elsewhere")
    move(root, **{what: place})
    assert facts_of(root, size) == facts
    assert is_whole(root)
    move(root, **{what: "here"})
    assert is_whole(root)
    assert size_of(root) == size + 2


@pytest.mark.parametrize("at", ["copy_blobs", "copy_locks", "move_log", "_finish", "replace_file", "write_newest"])
def test_a_move_that_is_killed_is_finished_by_the_same_call(
    root: Path, postgres_location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    size, elsewhere = size_of(root), str(tmp_path / "elsewhere")
    facts = facts_of(root, size)

    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(move_job, at, die)
        with pytest.raises(KilledError):
            move(root, postgres_location, elsewhere)
    if at != "write_newest":  # there, the settings name the new places already
        move(root, postgres_location, elsewhere)
        assert is_whole(root)
    assert facts_of(root, size) == facts


def test_a_copy_of_a_move_that_was_cut_off_is_replaced(
    root: Path, postgres_location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy was durable, and the source did not say yet that it was moved: the source stays in force."""
    real = move_log

    def die_after(*arguments: object, **named: object) -> None:
        real(*arguments, **named)  # type: ignore[arg-type]
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(move_job, "move_log", die_after)
        with pytest.raises(KilledError):
            move(root, postgres_location)
    act(root, b"went on here")
    move(root, postgres_location)
    assert is_whole(root)


def test_a_place_that_is_taken_is_refused(root: Path, postgres_location: str, tmp_path: Path) -> None:
    made = Vault.create(tmp_path / "x", origin="a", log_id="beef", actor="p", at=AT, database=postgres_location)
    made.close()
    with pytest.raises(UserError, match="something else than an earlier copy of this log"):
        move(root, postgres_location)
    with pytest.raises(UserError, match="bytes of another log"):
        move(root, blobs=str(tmp_path / "x" / "blobs"))
    with pytest.raises(UserError, match="lie there already"):
        move(root, "here")
    assert is_whole(root)


def test_only_the_table_of_places_is_edited() -> None:
    text = '# top\n[company]\nname = "A" # a\n\n[storage] # where\n# the log\ndatabase = "x"\n\n# zones\n[sources]\n'
    assert with_storage(text, database="", blobs="/srv") == (
        '# top\n[company]\nname = "A" # a\n\n[storage] # where\nblobs = "/srv"\n# the log\n\n# zones\n[sources]\n'
    )
    assert with_storage("[a]\nb = 1\n", database="d", blobs="") == '[a]\nb = 1\n\n[storage]\ndatabase = "d"\n'
    with pytest.raises(UserError, match="cannot be edited"):
        with_storage('storage = {database = "x"}\n', database="d", blobs="")
