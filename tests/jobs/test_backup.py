"""A backup that was made while the workspace is in use gives the same workspace; nothing is half done."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from twofold.jobs import backup as backup_job
from twofold.jobs.backup import back_up_workspace, restore_workspace
from twofold.model.problem import UserError
from twofold.records.workspace import INNER, Workspace
from twofold.vault.care import backup as backup_module
from twofold.vault.care.backup import check_backup, read_backup
from twofold.vault.signing import keys

from .stored_workspace import AT, PASSPHRASE, Facts, act, delete, facts_of, is_whole, make_stored


class KilledError(BaseException):
    """Stands for a kill."""


@pytest.fixture(autouse=True)
def _fast_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ROUNDS", 1_000)
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_stored(tmp_path / "acme")


def back_up(root: Path) -> int:
    with Workspace.open(root) as workspace:
        return back_up_workspace(workspace, into=root.parent / "backup", at=AT).copied


def restore(root: Path, name: str = "restored", database: str = "", blobs: str = "") -> Path:
    into = root.parent / name
    return restore_workspace(root.parent / "backup", into=into, database=database, blobs=blobs, actor="p", at=AT).root


def before(root: Path) -> tuple[int, Facts]:
    with Workspace.open(root) as workspace:
        size = workspace.vault.size
    return size, facts_of(root, size)


def test_a_restored_workspace_is_the_one_that_was_backed_up(root: Path) -> None:
    size, facts = before(root)
    assert back_up(root) == 4
    restored = restore(root)
    assert facts_of(restored, size) == facts
    assert is_whole(restored)
    with Workspace.open(restored) as workspace:
        last = workspace.vault.entry(size)
        assert (last.kind, last.body["size"], last.body["root"]) == ("restore", size, facts.root.hex())
    for name in ("twofold.toml", "scope/a.yaml", f"{INNER}/key.pem"):
        assert (restored / name).read_bytes() == (root / name).read_bytes()
    assert (restored / INNER / "key.pem").stat().st_mode & 0o777 == 0o600
    act(restored, b"work goes on")


def test_a_backup_restores_into_postgres_and_s3(root: Path, postgres_location: str, s3_location: str) -> None:
    size, facts = before(root)
    back_up(root)
    restored = restore(root, database=postgres_location, blobs=s3_location)
    assert facts_of(restored, size) == facts
    assert is_whole(restored)


def test_only_what_is_new_is_copied_and_what_was_deleted_goes(root: Path) -> None:
    back_up(root)
    act(root, b"more")
    sha256 = delete(root, "ev-2")
    assert back_up(root) == 1
    folder = root.parent / "backup"
    assert not (folder / "blobs" / sha256[:2] / sha256[2:]).exists()
    assert [path.name for path in (folder / "state").iterdir()] == ["2"]
    size, facts = before(root)
    restored = restore(root)
    assert facts_of(restored, size) == facts


def test_captures_go_on_while_a_backup_is_made(root: Path) -> None:
    def report(step: str, done: int, total: int) -> None:
        del total
        if (step, done) == ("copying bytes", 1):
            act(root, b"meanwhile")

    with Workspace.open(root) as workspace:
        size = workspace.vault.size
        made = back_up_workspace(workspace, into=root.parent / "backup", at=AT, report=report)
        assert made.backup.size == size
        assert workspace.vault.size == size + 1
    assert restore(root).exists()


def test_a_deletion_meanwhile_is_in_the_backup(root: Path) -> None:
    gone: list[str] = []

    def report(step: str, done: int, total: int) -> None:
        del total
        if (step, done, gone) == ("copying bytes", 0, []):
            gone.append(delete(root, "ev-4"))

    with Workspace.open(root) as workspace:
        made = back_up_workspace(workspace, into=root.parent / "backup", at=AT, report=report)
        assert made.backup.size == workspace.vault.size
    assert made.backup.blobs == 3
    assert is_whole(restore(root))


@pytest.mark.parametrize("at", ["copy_blobs", "_write_state", "check_backup", "replace_file"])
def test_a_backup_that_is_killed_leaves_the_one_before(root: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    size, facts = before(root)
    back_up(root)
    act(root, b"more")

    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(backup_module, at, die)
        with pytest.raises(KilledError):
            back_up(root)
    earlier = read_backup(root.parent / "backup")
    check_backup(earlier, report=lambda *_: None)
    assert earlier.size == size
    assert facts_of(restore(root), size) == facts
    assert back_up(root) <= 1
    assert read_backup(root.parent / "backup").size == size + 1


def test_a_first_backup_that_is_killed_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(backup_module, "check_backup", die)
        with pytest.raises(KilledError):
            back_up(root)
    with pytest.raises(UserError, match="no backup here, or one that was never finished"):
        restore(root)
    assert back_up(root) == 0
    assert restore(root).exists()


@pytest.mark.parametrize("at", ["copy_blobs", "add_beside", "write_newest", "fsync_folder"])
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_restore_that_is_killed_goes_on(
    root: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, at: str, engine: str
) -> None:
    places = {} if engine == "sqlite" else {"database": str(request.getfixturevalue("postgres_location"))}
    size, facts = before(root)
    back_up(root)

    def die(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(backup_job, at, die)
        with pytest.raises(KilledError):
            restore(root, **places)
    restored = root.parent / "restored"
    if at != "fsync_folder":  # there, it was in its place already
        assert not restored.exists()
        restore(root, **places)
    assert facts_of(restored, size) == facts
    assert is_whole(restored)
    assert not list(root.parent.glob(".restored*")) or at == "fsync_folder"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("blobs/??/*", "now hash to"),
        ("log/tile/entries/*.p/*", "backup was altered"),
        ("log/tile/0/*.p/*", "is missing or wrong"),
        ("state/1/beside.jsonl", "missing or altered"),
        ("state/1/workspace/twofold.toml", "missing or altered"),
    ],
)
@pytest.mark.parametrize("change", ["a byte", "gone"])
def test_an_altered_backup_is_never_restored(root: Path, pattern: str, said: str, change: str) -> None:
    back_up(root)
    path = max((root.parent / "backup").glob(pattern), key=lambda each: each.stat().st_size)
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    if change == "a byte":
        path.write_bytes(content)
    with pytest.raises(UserError, match=said if change == "a byte" else "missing|cannot be read"):
        restore(root)
    assert not (root.parent / "restored").exists()


def test_nothing_is_overwritten(root: Path, postgres_location: str) -> None:
    back_up(root)
    with pytest.raises(UserError, match="something lies there already"):
        restore(root, "acme")
    restore(root, "first", database=postgres_location)
    act(root.parent / "first", b"went on")
    with pytest.raises(UserError, match="something lies in this schema already"):
        restore(root, "second", database=postgres_location)
    (root.parent / "notes").mkdir()
    (root.parent / "notes" / "a").write_bytes(b"")
    with Workspace.open(root) as workspace:
        for into, said in (("notes", "something else lies there"), ("acme/b", "inside the workspace")):
            with pytest.raises(UserError, match=said):
                back_up_workspace(workspace, into=root.parent / into, at=AT)


def test_a_backup_that_was_killed_before_it_was_marked_is_begun_again(root: Path) -> None:
    blobs = root.parent / "backup" / "blobs"
    (blobs / "incoming").mkdir(parents=True)
    (blobs / ".log.json.half").write_bytes(b'{"log')
    back_up(root)
    restore(root)
    (root.parent / "other" / "blobs" / "incoming").mkdir(parents=True)
    (root.parent / "other" / "blobs" / "incoming" / "a").write_bytes(b"a letter")
    with Workspace.open(root) as workspace, pytest.raises(UserError, match="something else lies there"):
        back_up_workspace(workspace, into=root.parent / "other", at=AT)
    assert (root.parent / "other" / "blobs" / "incoming" / "a").read_bytes() == b"a letter"


def test_a_backup_of_another_workspace_is_refused(root: Path, tmp_path: Path) -> None:
    back_up(root)
    (tmp_path / "x").mkdir()
    other = make_stored(tmp_path / "x" / "other")
    with Workspace.open(other) as workspace, pytest.raises(UserError, match="a backup of the log"):
        back_up_workspace(workspace, into=tmp_path / "backup", at=AT + timedelta(days=1))


def test_a_full_disk_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(backup_module, "_write_state", full)
        with pytest.raises(UserError, match="No space left on device"):
            back_up(root)
    back_up(root)
    with monkeypatch.context() as patched:
        patched.setattr(backup_job, "copy_blobs", full)
        with pytest.raises(UserError, match="nothing was put in place"):
            restore(root)
    shutil.rmtree(root)
    assert restore(root).exists()
