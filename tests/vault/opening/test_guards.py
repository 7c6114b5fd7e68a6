"""A vault does not open where that would start a second history; each refusal says what to do."""

import shutil
import threading
import time
from pathlib import Path

import pytest

from twofold.model.evidence import Provenance
from twofold.model.problem import UserError
from twofold.vault.opening.marks import Newest, read_newest, write_newest
from twofold.vault.store import Vault

from ..conftest import AT, FileMaker


@pytest.fixture
def path(vault: Vault, make_file: FileMaker, provenance: Provenance) -> Path:
    for number in range(3):
        file = make_file(f"{number}", b"content %d" % number)
        vault.capture(file, provenance=provenance, name=f"{number}.txt", captured_by="p", at=AT)
    vault.close()
    return vault.path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    with Vault.create(tmp_path / "other", origin="example.com/evidence", log_id="beef", actor="p", at=AT) as made:
        return made.path


def act(path: Path, who: str) -> None:
    with Vault.open(path) as vault:
        vault.append("login", body={"engagements": [], "method": "", "organisation": who}, actor=who, at=AT)


def copy_log(path: Path, target: Path) -> None:
    for file in path.glob("log.sqlite3*"):
        shutil.copy(file, target / file.name)


def test_the_mark_follows_the_log(path: Path) -> None:
    act(path, "ana")
    newest = read_newest(path)
    with Vault.open(path) as vault:
        assert newest == Newest("5d1c", 5, vault.root().hex())


def test_an_old_copy_is_refused(path: Path, tmp_path: Path) -> None:
    copy_log(path, tmp_path)
    act(path, "ana")
    copy_log(tmp_path, path)
    with pytest.raises(UserError, match=r"holds 4 entries, and held 5 before.*\n.*\n.*twofold fsck.*twofold restore"):
        Vault.open(path)


def test_an_old_copy_that_went_on_elsewhere_is_refused(path: Path, tmp_path: Path) -> None:
    shutil.copytree(path, tmp_path / "copy")
    act(path, "ana")
    act(tmp_path / "copy", "ben")
    copy_log(tmp_path / "copy", path)
    with pytest.raises(UserError, match="the first 5 entries are not those that were here before"):
        Vault.open(path)


def test_the_log_of_another_workspace_is_refused(path: Path, other: Path) -> None:
    copy_log(other, path)
    with pytest.raises(UserError, match="this is the log beef, and this workspace wrote the log 5d1c"):
        Vault.open(path)


def test_a_missing_log_beside_bytes_is_refused(path: Path) -> None:
    for file in path.glob("log.sqlite3*"):
        file.unlink()
    with pytest.raises(UserError, match=r"the log that names them is missing; it held 4 entries.*\n.*\n.*restore"):
        Vault.open(path)


@pytest.mark.parametrize("engine", ["another schema", "an empty schema"])
def test_settings_that_name_another_database_are_refused(
    path: Path, tmp_path: Path, postgres_location: str, engine: str
) -> None:
    expected = "the schema holds no log"
    if engine == "another schema":
        made = Vault.create(tmp_path / "x", origin="a", log_id="beef", actor="p", at=AT, database=postgres_location)
        made.close()
        expected = "this is the log beef"
    with pytest.raises(UserError, match=expected):
        Vault.open(path, database=postgres_location)


def test_the_bytes_of_another_log_are_refused(path: Path, other: Path) -> None:
    with pytest.raises(UserError, match="belong to the log beef"):
        Vault.open(path, blobs=str(other / "blobs"))


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_missing_bytes_beside_a_log_are_refused(path: Path, left: str) -> None:
    shutil.rmtree(path / "blobs")
    if left == "an empty folder":
        (path / "blobs").mkdir()
    with pytest.raises(UserError, match=r"folder of captured bytes is missing|does not say which log"):
        Vault.open(path)


def test_two_vaults_do_not_share_a_store_on_s3(path: Path, tmp_path: Path, s3_location: str) -> None:
    options = {"origin": "a", "actor": "p", "at": AT, "blobs": s3_location}
    Vault.create(tmp_path / "x", log_id="beef", **options).close()  # type: ignore[arg-type]
    Vault.open(tmp_path / "x", blobs=s3_location).close()
    with pytest.raises(UserError, match="belong to the log beef"):
        Vault.open(path, blobs=s3_location)


def test_a_log_that_was_moved_takes_no_entry(path: Path) -> None:
    with Vault.open(path) as before:
        with Vault.open(path) as vault:
            vault.log.database.execute("INSERT INTO moved VALUES (1, 'elsewhere', '2026-07-15T06:00:00.000000Z')")
        with pytest.raises(UserError, match="this log was moved"):
            before.append("login", body={}, actor="p", at=AT)
    with pytest.raises(UserError, match="this log was moved to elsewhere"):
        Vault.open(path)


def test_a_mark_that_is_missing_or_torn_is_no_refusal(path: Path) -> None:
    for content in (b"", b"{", (path / "newest").read_bytes().replace(b'"size":4', b'"size":9')):
        (path / "newest").write_bytes(content)
        assert read_newest(path) is None
        Vault.open(path).close()
    act(path, "ana")
    assert (newest := read_newest(path)) is not None
    assert newest.size == 5


def test_concurrent_writers_never_leave_a_mark_that_misleads(tmp_path: Path) -> None:
    end = time.monotonic() + 0.3
    marks = [Newest("5d1c", size, f"{size:064x}") for size in range(8)]

    def write(mark: Newest) -> None:
        while time.monotonic() < end:
            write_newest(tmp_path, mark)

    running = [threading.Thread(target=write, args=(mark,)) for mark in marks]
    for each in running:
        each.start()
    seen = set()
    while time.monotonic() < end:
        seen.add(read_newest(tmp_path))
    for each in running:
        each.join()
    assert seen <= {*marks, None}
    assert len(seen) > 2
