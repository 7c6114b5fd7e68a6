"""The signing key of a workspace: where its passphrase comes from, and a rotation that may be cut off anywhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from twofold.jobs.checkpoint import make_checkpoint, write_checkpoint
from twofold.jobs.init import make_workspace
from twofold.jobs.passphrase import read_passphrase
from twofold.jobs.signing_key import NewKey, export_key, keys_of, rotate_key, show_key, signing_key
from twofold.model.problem import UserError
from twofold.records import key_place
from twofold.records.workspace import INNER, Workspace
from twofold.vault.kept_checkpoints import kept_checkpoints
from twofold.vault.log import LogWriter
from twofold.vault.signing import keys
from twofold.vault.signing.note import Verifier
from twofold.vault.signing.signed_checkpoint import verify_checkpoint

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
FILES = {"twofold.toml": b'[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n'}
PASSPHRASE = "a passphrase of tests"  # noqa: S105  of keys made here


class CutOffError(BaseException):
    """Stands for a kill."""


@pytest.fixture(autouse=True)
def _fast_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ROUNDS", 1_000)
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_workspace(tmp_path / "acme", FILES, key=NewKey(PASSPHRASE), actor="p-0001", at=AT)
    return tmp_path / "acme"


def rotate(root: Path, **more: str) -> None:
    with Workspace.open(root) as workspace:
        rotate_key(workspace, actor="p-0001", at=AT, new_passphrase=more.get("new_passphrase"))


def current(root: Path) -> str:
    with Workspace.open(root) as workspace:
        assert signing_key(workspace).vkey == show_key(workspace).current
        return show_key(workspace).current


def signs(root: Path) -> None:
    """Check that the key in force signs, whatever was cut off before."""
    with Workspace.open(root) as workspace:
        made = make_checkpoint(workspace, signing_key(workspace), at=AT)
        verify_checkpoint(made.note, keys_of(workspace.vault).key_for(made.checkpoint.size))


def test_entry_0_names_the_key_that_is_kept(root: Path) -> None:
    with Workspace.open(root) as workspace:
        assert workspace.vault.entry(0).body["key"] == signing_key(workspace).vkey
    assert (root / INNER / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_weak_passphrase_makes_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least 12 characters"):
        make_workspace(tmp_path / "acme", FILES, key=NewKey("short"), actor="p-0001", at=AT)
    assert list(tmp_path.iterdir()) == []


def test_the_passphrase_comes_from_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the file\r\nsecond line\n", encoding="utf-8")
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE_FILE", str(tmp_path / "file"))
    assert read_passphrase() == PASSPHRASE
    monkeypatch.delenv("TWOFOLD_KEY_PASSPHRASE")
    assert read_passphrase() == "in the file"
    monkeypatch.delenv("TWOFOLD_KEY_PASSPHRASE_FILE")
    assert read_passphrase(lambda: "typed") == "typed"
    with pytest.raises(UserError) as caught:
        read_passphrase()
    for way in ("TWOFOLD_KEY_PASSPHRASE,", "TWOFOLD_KEY_PASSPHRASE_FILE", "terminal"):
        assert way in str(caught.value)


def test_a_file_without_a_passphrase_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWOFOLD_KEY_PASSPHRASE")
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE_FILE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="cannot be read"):
        read_passphrase()
    (tmp_path / "file").write_text("\nx", encoding="utf-8")
    with pytest.raises(UserError, match="first line is empty"):
        read_passphrase()


def test_a_wrong_passphrase_does_not_open_the_key(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", "another passphrase")
    with Workspace.open(root) as workspace, pytest.raises(UserError, match="the passphrase is wrong"):
        signing_key(workspace)


def test_a_lost_key_is_told_and_the_rest_goes_on(root: Path) -> None:
    (root / INNER / "key.pem").unlink()
    with Workspace.open(root) as workspace:
        with pytest.raises(UserError, match="the key that the log names is not here"):
            signing_key(workspace)
        workspace.vault.append("login", body={"engagements": [], "method": "x", "organisation": "y"}, actor="a", at=AT)


def test_a_rotation_hands_over_to_a_new_key(root: Path) -> None:
    first = current(root)
    rotate(root)
    second = current(root)
    rotate(root)

    assert len({first, second, current(root)}) == 3
    with Workspace.open(root) as workspace:
        assert [size for _, size in show_key(workspace).terms] == [1, 2, 3]
    assert sorted(path.name for path in (root / INNER).glob("key*")) == ["key.pem"]
    signs(root)


def test_the_new_key_may_have_another_passphrase(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate(root, new_passphrase="a better passphrase")  # noqa: S106  of keys made here
    with Workspace.open(root) as workspace, pytest.raises(UserError, match="passphrase is wrong"):
        signing_key(workspace)
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", "a better passphrase")
    current(root)


def cut_off_before_the_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def append(*_: object, **__: object) -> None:
        raise CutOffError

    monkeypatch.setattr(LogWriter, "append", append)


def cut_off_after_the_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def promote(_: object) -> None:
        raise CutOffError

    monkeypatch.setattr(key_place.KeyFile, "promote", promote)


def cut_off_between_both_files(monkeypatch: pytest.MonkeyPatch) -> None:
    written = keys.write_key_file

    def write(path: Path, pem: bytes) -> None:
        written(path, pem)
        if path.name == key_place.KEY_FILE:
            raise CutOffError

    monkeypatch.setattr(key_place, "write_key_file", write)


@pytest.mark.parametrize(
    ("cut_off", "rotated"),
    [(cut_off_before_the_entry, False), (cut_off_after_the_entry, True), (cut_off_between_both_files, True)],
)
def test_a_kill_leaves_the_one_key_or_the_other(
    root: Path, cut_off: Callable[[pytest.MonkeyPatch], None], rotated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current(root)
    with monkeypatch.context() as patched:
        cut_off(patched)
        with pytest.raises(CutOffError):
            rotate(root)

    assert (current(root) != before) is rotated
    signs(root)
    after = current(root)
    rotate(root)
    assert current(root) != after
    assert sorted(path.name for path in (root / INNER).glob("key*")) == ["key.pem"]
    signs(root)


def test_two_kills_in_a_row_lose_no_key(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = current(root)
    for cut_off in (cut_off_after_the_entry, cut_off_before_the_entry):
        with monkeypatch.context() as patched:
            cut_off(patched)
            with pytest.raises(CutOffError):
                rotate(root)
        assert current(root) != before
        signs(root)


def test_a_checkpoint_is_kept_and_written_once(root: Path, tmp_path: Path) -> None:
    with Workspace.open(root) as workspace:
        key = signing_key(workspace)
        made = write_checkpoint(workspace, key, into=tmp_path / "now", at=AT)
        with pytest.raises(UserError, match="there already"):
            write_checkpoint(workspace, key, into=tmp_path / "now", at=AT)
        kept = kept_checkpoints(workspace.vault.log.database)
    assert [(each.size, each.note, each.made_at) for each in kept] == [(2, made.note, AT)]
    assert (tmp_path / "now").read_text(encoding="utf-8") == made.note
    assert not made.timestamp_queued


def test_a_key_that_was_replaced_meanwhile_signs_nothing(root: Path) -> None:
    with Workspace.open(root) as workspace:
        key = signing_key(workspace)
        rotate(root)
        with pytest.raises(UserError, match="replaced just now"):
            make_checkpoint(workspace, key, at=AT)


def test_the_public_key_is_exported_in_both_forms(root: Path, tmp_path: Path) -> None:
    with Workspace.open(root) as workspace:
        files = export_key(workspace, tmp_path / "acme.vkey")
        with pytest.raises(UserError, match="there already"):
            export_key(workspace, tmp_path / "acme.vkey")
        vkey = show_key(workspace).current
    assert Verifier.parse(files[0].read_text(encoding="utf-8").strip()).vkey == vkey
    assert files[1].name == "acme.allowed_signers"
    assert " ssh-ed25519 " in files[1].read_text(encoding="utf-8")


class InMemory(KeyringBackend):
    kept: dict[tuple[str, str], str]

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def test_the_key_store_of_the_system_holds_the_key_and_its_successor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, before = InMemory(), keyring.get_keyring()  # type: ignore[no-untyped-call]
    store.kept = {}
    monkeypatch.delenv("TWOFOLD_KEY_PASSPHRASE")
    keyring.set_keyring(store)
    try:
        make_workspace(tmp_path / "acme", FILES, key=NewKey(in_keystore=True), actor="p-0001", at=AT)
        first = current(tmp_path / "acme")
        rotate(tmp_path / "acme")
        assert current(tmp_path / "acme") != first
    finally:
        keyring.set_keyring(before)
    with Workspace.open(tmp_path / "acme") as workspace:
        assert list(store.kept) == [("twofold", workspace.vault.log_id)]
    assert not list((tmp_path / "acme").rglob("*.pem"))
