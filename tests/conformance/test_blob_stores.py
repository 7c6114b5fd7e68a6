"""One suite for every kind of blob store: what `BlobStore` promises, tried on a folder and on a real S3 server."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.vault.blobs.blobs import BlobStore, Locks, StoredBlob
from twofold.vault.blobs.open_blobs import create_blobs, open_blobs
from twofold.vault.blobs.s3_bucket import read_location
from twofold.vault.blobs.steady_file import SteadyFile

SOURCE = Path(__file__).parents[2] / "src"
LARGE = 12 * 1024 * 1024
HUGE = 24 * 1024 * 1024
HOSTILE = ("", "ab", "../../../etc/passwd", "A" * 64, "g" * 64, "0" * 63 + "\n", "0" * 65, "0" * 62 + "/0", "é" * 64)

PUT_AND_DIE = """
import os, signal, sys
from pathlib import Path
from twofold.vault.blobs.open_blobs import open_blobs
from twofold.vault.blobs.steady_file import SteadyFile

location, folder, file, left = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])

class Dying(SteadyFile):
    def readinto(self, buffer):
        global left
        count = super().readinto(buffer)
        left -= count
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return count

with Dying(file) as source:
    open_blobs(location, folder=folder, cache=folder / "cache").put(source)
"""


@dataclass
class Side:
    """A store, and what someone with all rights on the machine below it can do."""

    location: str
    folder: Path
    store: BlobStore
    passes: int
    """How often a large source is read before its last byte is sent."""
    forge: Callable[[str, bytes], None]
    remove: Callable[[str], None]
    spoil: Callable[[], None]
    """Change a byte of the one copy that was cut off."""

    def reopen(self) -> BlobStore:
        return open_blobs(self.location, folder=self.folder, cache=self.folder / "cache")


@pytest.fixture(params=["folder", "s3"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Side:
    folder = tmp_path / "blobs"
    if request.param == "folder":
        return folder_side(folder)
    return s3_side(folder, request.getfixturevalue("s3_location"))


def folder_side(folder: Path) -> Side:
    def path(sha256: str) -> Path:
        return folder / sha256[:2] / sha256[2:]

    def forge(sha256: str, content: bytes) -> None:
        path(sha256).chmod(0o644)
        path(sha256).write_bytes(content)

    def spoil() -> None:
        (left,) = (folder / "incoming").iterdir()
        with left.open("r+b") as file:
            file.seek(1_000)
            file.write(b"spoilt")

    store = create_blobs("", folder=folder, cache=folder / "cache")
    return Side("", folder, store, 1, forge, lambda sha256: path(sha256).unlink(), spoil)


def s3_side(folder: Path, location: str) -> Side:
    place = read_location(location)
    client = client_of(place.endpoint)

    def key(sha256: str) -> str:
        return f"{place.prefix}{sha256[:2]}/{sha256[2:]}"

    def remove(sha256: str) -> None:
        for each in client.list_object_versions(Bucket=place.bucket, Prefix=key(sha256))["Versions"]:
            client.delete_object(Bucket=place.bucket, Key=each["Key"], VersionId=each["VersionId"])

    def forge(sha256: str, content: bytes) -> None:
        client.put_object(Bucket=place.bucket, Key=key(sha256), Body=content)

    def spoil() -> None:
        (left,) = client.list_multipart_uploads(Bucket=place.bucket, Prefix=place.prefix)["Uploads"]
        upload = {"Bucket": place.bucket, "Key": left["Key"], "UploadId": left["UploadId"]}
        size = client.list_parts(**upload)["Parts"][0]["Size"]
        client.upload_part(**upload, PartNumber=1, Body=b"s" * size)

    store = create_blobs(location, folder=folder, cache=folder / "cache")
    return Side(location, folder, store, 2, forge, remove, spoil)


def client_of(endpoint: str) -> Any:
    return pytest.importorskip("boto3").client("s3", endpoint_url=endpoint, region_name="us-east-1")


@pytest.fixture
def put(side: Side, tmp_path: Path) -> Callable[[bytes], StoredBlob]:
    def put_bytes(content: bytes) -> StoredBlob:
        return put_file(side.store, file_of(tmp_path, content))

    return put_bytes


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / f"given-{hashlib.sha256(content).hexdigest()[:8]}"
    path.write_bytes(content)
    return path


def put_file(store: BlobStore, path: Path) -> StoredBlob:
    with SteadyFile(path) as source:
        blob = store.put(source)
    store.flush()
    return blob


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


@pytest.mark.parametrize("content", [b"", b"a", b"some evidence\n" * 999, bytes(range(256)) * (LARGE // 256)])
def test_what_is_put_comes_back(side: Side, put: Callable[[bytes], StoredBlob], content: bytes) -> None:
    blob = put(content)
    assert blob == StoredBlob(hashlib.sha256(content).hexdigest(), len(content))
    assert not blob.met
    again = put(content)
    assert (again, again.met) == (blob, True)
    for store in (side.store, side.reopen()):
        assert store.size(blob.sha256) == len(content)
        store.check(blob.sha256)
        with store.open_verified(blob.sha256) as stream:
            assert stream.read() == content
        assert store.local_path(blob.sha256).read_bytes() == content
        assert list(store.all()) == [blob.sha256]
        assert list(store.strays()) == []


def test_the_same_bytes_at_once_are_one_blob(side: Side, tmp_path: Path) -> None:
    small, large = file_of(tmp_path, b"small"), file_of(tmp_path, b"x" * (LARGE - 1))
    with ThreadPoolExecutor(6) as pool:
        blobs = set(pool.map(lambda path: put_file(side.reopen(), path), [small, large] * 3))
    assert {blob.size for blob in blobs} == {5, LARGE - 1}
    assert sorted(side.store.all()) == sorted(blob.sha256 for blob in blobs)
    assert list(side.store.strays()) == []
    for blob in blobs:
        side.store.check(blob.sha256)


def test_all_are_listed_in_order(side: Side, put: Callable[[bytes], StoredBlob]) -> None:
    made = [put(b"%d" % number).sha256 for number in range(9)]
    assert list(side.store.all()) == sorted(made)


def test_wrong_bytes_are_never_given_out(side: Side, put: Callable[[bytes], StoredBlob]) -> None:
    blob = put(b"honest")
    side.store.local_path(blob.sha256)
    side.forge(blob.sha256, b"forged")
    with pytest.raises(UserError, match="the captured bytes were changed"):
        side.store.check(blob.sha256)
    assert list(side.store.all()) == [blob.sha256]
    side.forge(blob.sha256, b"forged and longer")
    assert side.store.size(blob.sha256) == 17
    with pytest.raises(UserError, match="the bytes stored earlier were changed"):
        put(b"honest")


def test_a_forged_blob_is_not_opened(side: Side, put: Callable[[bytes], StoredBlob]) -> None:
    blob = put(b"honest")
    side.forge(blob.sha256, b"forged")
    for read in (side.store.open_verified, side.store.local_path):
        with pytest.raises(UserError, match="the captured bytes were changed"):
            read(blob.sha256)


def test_a_missing_blob_is_said_to_be_missing(side: Side, put: Callable[[bytes], StoredBlob]) -> None:
    blob = put(b"honest")
    side.remove(blob.sha256)
    store = side.store
    assert store.size(blob.sha256) is None
    calls: list[Callable[[], object]] = [
        lambda: store.check(blob.sha256),
        lambda: store.open_verified(blob.sha256),
        lambda: store.local_path(blob.sha256),
        lambda: store.locks(blob.sha256),
        lambda: store.retain(blob.sha256, now() + timedelta(days=1)),
        lambda: store.hold(blob.sha256, on=True),
    ]
    for call in calls:
        with pytest.raises(UserError, match="missing"):
            call()
    assert store.delete(blob.sha256, at=now()) is False
    assert list(store.all()) == []


def test_what_is_no_hash_goes_nowhere(side: Side) -> None:
    for hostile in HOSTILE:
        assert_refused(side.store, hostile)


def assert_refused(store: BlobStore, hostile: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.size(hostile),
        lambda: store.check(hostile),
        lambda: store.open_verified(hostile),
        lambda: store.local_path(hostile),
        lambda: store.locks(hostile),
        lambda: store.retain(hostile, now() + timedelta(days=1)),
        lambda: store.hold(hostile, on=True),
        lambda: store.delete(hostile, at=now()),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="no SHA-256"):
            call()


def test_a_retention_is_never_shortened(side: Side, put: Callable[[bytes], StoredBlob]) -> None:
    blob = put(b"kept")
    assert side.store.locks(blob.sha256) == Locks()
    later = now().replace(microsecond=1) + timedelta(seconds=60)
    side.store.retain(blob.sha256, later)
    end = later.replace(microsecond=0) + timedelta(seconds=1)
    assert side.store.locks(blob.sha256) == Locks(end)
    side.store.retain(blob.sha256, now() + timedelta(seconds=5))
    assert side.reopen().locks(blob.sha256) == Locks(end)
    side.store.retain(blob.sha256, end + timedelta(days=1))
    assert side.store.locks(blob.sha256) == Locks(end + timedelta(days=1))
    with pytest.raises(ValueError, match="no zone"):
        side.store.retain(blob.sha256, datetime(2033, 1, 1))  # noqa: DTZ001  # the refusal is tested


def test_nothing_is_deleted_while_it_is_retained_or_held(side: Side, put: Callable[[bytes], StoredBlob]) -> None:
    blob, free = put(b"kept"), put(b"free")
    end = now() + timedelta(seconds=2)
    side.store.retain(blob.sha256, end)
    side.store.hold(blob.sha256, on=True)
    side.store.hold(blob.sha256, on=True)
    assert side.store.locks(blob.sha256).held
    with pytest.raises(UserError, match="legal hold"):
        side.store.delete(blob.sha256, at=end + timedelta(days=9))
    side.store.hold(blob.sha256, on=False)
    with pytest.raises(UserError, match="retained until"):
        side.reopen().delete(blob.sha256, at=end - timedelta(seconds=1))
    side.store.check(blob.sha256)
    assert side.store.delete(free.sha256, at=now()) is True
    time.sleep(max(0.0, (end + timedelta(seconds=1.1) - now()).total_seconds()))
    assert side.store.delete(blob.sha256, at=now()) is True
    assert side.store.size(blob.sha256) is None
    assert list(side.store.all()) == []
    assert list(side.store.strays()) == []
    with pytest.raises(UserError, match="missing"):
        side.store.local_path(blob.sha256)
    # What was deleted may be captured again, and brings no lock with it.
    assert not put(b"kept").met
    assert side.store.locks(blob.sha256) == Locks()


def test_locked_bytes_can_be_met_and_read(side: Side, put: Callable[[bytes], StoredBlob]) -> None:
    blob = put(b"kept")
    side.store.hold(blob.sha256, on=True)
    assert put(b"kept").met
    side.store.check(blob.sha256)
    assert list(side.store.strays()) == []
    side.store.hold(blob.sha256, on=False)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the bytes of large blobs that are written to the disk or sent to the server."""
    counted: list[int] = []
    real = os.pwrite

    def pwrite(handle: int, data: memoryview, at: int) -> int:
        counted.append(len(data))
        return real(handle, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    session = pytest.importorskip("botocore.httpsession").URLLib3Session
    send = session.send

    def send_counted(self: object, request: Any) -> object:
        counted.append(int(request.headers.get("Content-Length", 0)))
        return send(self, request)

    monkeypatch.setattr(session, "send", send_counted)
    return counted


def put_and_be_killed(side: Side, path: Path, share: float) -> None:
    """Put a file in a process that SIGKILLs itself when a share of the last reading is done."""
    left = int(path.stat().st_size * (side.passes - 1 + share))
    command = [sys.executable, "-c", PUT_AND_DIE, side.location, str(side.folder), str(path), str(left)]
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    killed = subprocess.run(
        command, env=environment | {"PYTHONPATH": str(SOURCE)}, check=False, capture_output=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def test_a_copy_that_was_killed_is_continued(side: Side, tmp_path: Path, sent: list[int]) -> None:
    path = tmp_path / "export.bin"
    content = os.urandom(1024 * 1024) * (HUGE // 1024 // 1024)
    path.write_bytes(content)
    put_and_be_killed(side, path, 0.95)
    assert list(side.store.all()) == []
    assert len(list(side.store.strays())) == 1
    blob = put_file(side.reopen(), path)
    assert blob == StoredBlob(hashlib.sha256(content).hexdigest(), HUGE)
    assert sum(sent) <= HUGE * 0.4, "what was there already was written again"
    side.store.check(blob.sha256)
    assert list(side.store.strays()) == []


def test_a_cut_off_copy_of_other_bytes_is_no_part_of_the_blob(side: Side, tmp_path: Path) -> None:
    path = tmp_path / "export.bin"
    path.write_bytes(b"a" * HUGE)
    put_and_be_killed(side, path, 0.5)
    with path.open("r+b") as file:
        file.seek(HUGE // 4)
        file.write(b"another byte")
    blob = put_file(side.store, path)
    assert blob.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    side.store.check(blob.sha256)


def test_a_cut_off_copy_is_not_believed(side: Side, tmp_path: Path) -> None:
    path = tmp_path / "export.bin"
    path.write_bytes(b"a" * HUGE)
    put_and_be_killed(side, path, 0.9)
    side.spoil()
    blob = put_file(side.store, path)
    assert blob.sha256 == hashlib.sha256(b"a" * HUGE).hexdigest()
    side.store.check(blob.sha256)
    assert list(side.store.strays()) == []


def test_cut_off_copies_are_swept_by_age(side: Side, tmp_path: Path) -> None:
    path = tmp_path / "export.bin"
    path.write_bytes(b"a" * LARGE)
    put_and_be_killed(side, path, 0.9)
    left = list(side.store.strays())
    assert len(left) == 1
    assert side.store.sweep(now() - timedelta(hours=1)) == []
    assert side.store.sweep(now() + timedelta(hours=1)) == left
    assert list(side.store.strays()) == []


def test_a_file_that_changes_while_it_is_copied_leaves_nothing(side: Side, tmp_path: Path) -> None:
    for size in (100, LARGE):
        path = tmp_path / f"growing-{size}"
        path.write_bytes(b"a" * size)
        with SteadyFile(path) as source:
            with path.open("ab") as writer:
                writer.write(b"more")
            with pytest.raises(UserError, match="changed while it was copied"):
                side.store.put(source)
    side.store.flush()
    assert list(side.store.all()) == []
    assert list(side.store.strays()) == []


def test_many_small_blobs_are_named_by_one_flush(side: Side, tmp_path: Path) -> None:
    contents = [b"%d" % (number % 90) for number in range(100)]
    paths = [file_of(tmp_path, content) for content in contents]
    with ThreadPoolExecutor(4) as pool:
        blobs = list(pool.map(lambda path: put_unflushed(side.store, path), paths))
    side.store.flush()
    assert [blob.sha256 for blob in blobs] == [hashlib.sha256(content).hexdigest() for content in contents]
    assert list(side.reopen().all()) == sorted({blob.sha256 for blob in blobs})
    assert list(side.store.strays()) == []


def put_unflushed(store: BlobStore, path: Path) -> StoredBlob:
    with SteadyFile(path) as source:
        return store.put(source)
