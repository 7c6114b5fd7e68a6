"""What makes files durable: one flush of the file system where it can be trusted, else each file by itself."""

import os
from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.vault.blobs import durable
from twofold.vault.blobs.durable import FEW, FileSystem
from twofold.vault.blobs.folder_blobs import FolderBlobs
from twofold.vault.blobs.steady_file import SteadyFile


def store_many(folder: Path, given: Path, count: int) -> FolderBlobs:
    store = FolderBlobs.create(folder)
    for number in range(count):
        path = given / str(number)
        path.write_bytes(b"%d" % number)
        with SteadyFile(path) as source:
            store.put(source)
    return store


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each file and folder that is synced, and each name given, in order."""
    events: list[str] = []
    real_fsync, real_rename = os.fsync, os.rename

    def fsync(handle: int) -> None:
        events.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        real_fsync(handle)

    def rename(old: str, new: str) -> None:
        events.append(f"name {Path(old).name}")
        real_rename(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    return events


@pytest.mark.parametrize(("release", "trusted"), [("5.4.0-generic", {"ext4", "xfs", "tmpfs"}), ("6.1.0", set())])
def test_no_name_is_given_before_its_bytes_are_durable(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch, release: str, trusted: set[str]
) -> None:
    """Without a syncfs that tells of errors, each file and each folder is synced by itself."""
    monkeypatch.setattr(durable, "_TRUSTED", trusted)
    names = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((names[0], names[1], release, names[3], names[4])))
    store = store_many(tmp_path / "blobs", tmp_path, FEW + 8)
    synced.clear()
    store.flush()
    files = [event.removeprefix("sync ") for event in synced if event.endswith(".part") and event[0] == "s"]
    named = [event.removeprefix("name ") for event in synced if event.startswith("name ")]
    assert sorted(files) == sorted(named)
    assert len(named) == FEW + 8
    first_name = synced.index(f"name {named[0]}")
    assert all(synced.index(f"sync {name}") < first_name for name in files)
    shards = {sha256[:2] for sha256 in store.all()}
    after = {event.removeprefix("sync ") for event in synced[first_name:]}
    assert shards | {"blobs"} <= after


def test_one_flush_of_the_file_system_stands_for_many(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def noted(handle: int) -> None:
        synced.append(f"syncfs {Path(f'/proc/self/fd/{handle}').readlink().name}")

    monkeypatch.setattr(durable, "_syncfs_of", lambda _folder: noted)
    store = store_many(tmp_path / "blobs", tmp_path, FEW + 8)
    synced.clear()
    store.flush()
    assert synced[0] == synced[-1] == "syncfs blobs"
    assert [event[:5] for event in synced[1:-1]] == ["name "] * (FEW + 8)


def test_a_few_files_do_not_flush_what_other_programs_wrote(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_handle: int) -> None:
        pytest.fail("a whole file system was flushed for two files")

    monkeypatch.setattr(durable, "_syncfs_of", lambda _folder: refuse)
    store_many(tmp_path / "blobs", tmp_path, 2).flush()
    assert sum(event.startswith("name") for event in synced) == 2


def test_a_flush_that_fails_names_nothing_and_is_not_tried_on_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(durable, "_syncfs_of", lambda _folder: fail)
    store = store_many(tmp_path / "blobs", tmp_path, FEW + 8)
    with pytest.raises(UserError, match="could not be stored"):
        store.flush()
    assert list(store.all()) == []
    assert list(store.strays()) == []


def test_what_was_put_for_an_act_that_failed_is_dropped(tmp_path: Path) -> None:
    store = store_many(tmp_path / "blobs", tmp_path, 3)
    assert len(list(store.strays())) == 3
    store.abandon()
    store.flush()
    assert list(store.all()) == []
    assert list(store.strays()) == []


def test_the_file_system_of_a_folder_is_found(tmp_path: Path) -> None:
    lines = ["36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", "37 35 0:23 / /x rw - tmpfs tmpfs rw"]
    assert durable._type_in(lines, "98:0") == "ext3"  # noqa: SLF001  # the example of proc_pid_mountinfo(5)
    assert durable._type_in(lines, "0:99") == ""  # noqa: SLF001
    FileSystem(tmp_path).sync([tmp_path])
