"""What only a bucket can do or refuse, tried on a real server: locks that bind everybody, versions, credentials."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.vault.blobs.open_blobs import create_blobs, open_blobs

boto3 = pytest.importorskip("boto3", reason="the packages for S3 are not installed: pip install 'twofold[s3]'")
s3_blobs = pytest.importorskip("twofold.vault.blobs.s3_blobs")
s3_bucket = pytest.importorskip("twofold.vault.blobs.s3_bucket")
steady_file = pytest.importorskip("twofold.vault.blobs.steady_file")

SOURCE = Path(__file__).parents[2] / "src"
AWAY = "s3://evidence/prefix?endpoint=http://127.0.0.1:9"


class Bucket:
    """One store, and the server behind it as its administrator sees it."""

    def __init__(self, location: str, folder: Path) -> None:
        self.location, self.folder = location, folder
        self.place = s3_bucket.read_location(location)
        self.client: Any = boto3.client("s3", endpoint_url=self.place.endpoint, region_name="us-east-1")
        self.store = create_blobs(location, folder=folder, cache=folder / "cache")

    def put(self, content: bytes) -> str:
        path = self.folder / "given"
        path.write_bytes(content)
        with steady_file.SteadyFile(path) as source:
            return self.store.put(source).sha256

    def at(self, sha256: str) -> dict[str, str]:
        return {"Bucket": self.place.bucket, "Key": f"{self.place.prefix}{sha256[:2]}/{sha256[2:]}"}

    def version(self, sha256: str) -> dict[str, str]:
        return self.at(sha256) | {"VersionId": self.client.head_object(**self.at(sha256))["VersionId"]}


@pytest.fixture
def bucket(s3_location: str, tmp_path: Path) -> Bucket:
    return Bucket(s3_location, tmp_path)


def soon(seconds: float = 60) -> datetime:
    return datetime.fromtimestamp(time.time() + seconds, UTC)  # the server compares with the real time


def test_the_server_itself_refuses_to_break_a_retention(bucket: Bucket) -> None:
    sha256 = bucket.put(b"kept by the server")
    bucket.store.retain(sha256, soon())
    version = bucket.version(sha256)
    kept = bucket.client.get_object_retention(**version)["Retention"]
    assert kept["Mode"] == "COMPLIANCE"
    earlier = {"Mode": "COMPLIANCE", "RetainUntilDate": soon(1)}
    weaker = {"Mode": "GOVERNANCE", "RetainUntilDate": kept["RetainUntilDate"]}
    attempts: list[Callable[[], object]] = [
        lambda: bucket.client.delete_object(**version),
        lambda: bucket.client.delete_object(**version, BypassGovernanceRetention=True),
        lambda: bucket.client.put_object_retention(**version, Retention=earlier),
        lambda: bucket.client.put_object_retention(**version, Retention=earlier, BypassGovernanceRetention=True),
        lambda: bucket.client.put_object_retention(**version, Retention=weaker, BypassGovernanceRetention=True),
    ]
    for attempt in attempts:
        with pytest.raises(bucket.client.exceptions.ClientError):
            attempt()
    several = {"Objects": [{"Key": version["Key"], "VersionId": version["VersionId"]}]}
    assert bucket.client.delete_objects(Bucket=version["Bucket"], Delete=several).get("Errors")
    assert bucket.client.get_object_retention(**version)["Retention"] == kept
    bucket.store.check(sha256)


def test_the_server_itself_refuses_to_delete_what_is_held(bucket: Bucket) -> None:
    sha256 = bucket.put(b"held by the server")
    bucket.store.hold(sha256, on=True)
    with pytest.raises(bucket.client.exceptions.ClientError):
        bucket.client.delete_object(**bucket.version(sha256))
    bucket.store.check(sha256)
    bucket.store.hold(sha256, on=False)


def test_a_wrong_time_of_the_act_does_not_break_a_retention(bucket: Bucket) -> None:
    sha256 = bucket.put(b"kept")
    bucket.store.retain(sha256, soon())
    with pytest.raises(UserError, match="refuses"):
        bucket.store.delete(sha256, at=soon(3_600))
    bucket.store.check(sha256)
    with pytest.raises(UserError, match="refuses this"):
        bucket.store.retain(bucket.put(b"other"), soon(-3_600))


def test_an_overwrite_is_found_and_the_right_version_is_named(bucket: Bucket) -> None:
    sha256 = bucket.put(b"honest")
    right = bucket.version(sha256)["VersionId"]
    bucket.client.put_object(**bucket.at(sha256), Body=b"forged")
    with pytest.raises(UserError, match=f"version {right} still has the right bytes") as caught:
        bucket.store.check(sha256)
    assert f"versionId={right}" in caught.value.problems[0].remedy
    source = bucket.at(sha256) | {"VersionId": right}
    bucket.client.copy_object(**bucket.at(sha256), CopySource=source)
    bucket.store.check(sha256)


def test_a_blob_under_a_mark_of_deletion_is_missing_and_can_be_brought_back(bucket: Bucket) -> None:
    sha256 = bucket.put(b"honest")
    right = bucket.version(sha256)["VersionId"]
    bucket.client.delete_object(**bucket.at(sha256))
    assert bucket.store.size(sha256) is None
    with pytest.raises(UserError, match=f"missing; version {right} still"):
        bucket.store.open_verified(sha256)
    assert bucket.put(b"honest") == sha256
    bucket.store.check(sha256)
    assert bucket.store.delete(sha256, at=soon(0)) is True
    listed = bucket.client.list_object_versions(Bucket=bucket.place.bucket, Prefix=bucket.at(sha256)["Key"])
    assert not listed.get("Versions")
    assert not listed.get("DeleteMarkers")


def test_locks_cover_every_version(bucket: Bucket) -> None:
    sha256 = bucket.put(b"honest")
    first = bucket.version(sha256)
    bucket.client.put_object(**bucket.at(sha256), Body=b"forged")
    bucket.store.hold(sha256, on=True)
    with pytest.raises(bucket.client.exceptions.ClientError):
        bucket.client.delete_object(**first)
    bucket.store.hold(sha256, on=False)
    assert not bucket.store.locks(sha256).held


def test_the_cache_is_checked_and_may_be_deleted(bucket: Bucket) -> None:
    sha256 = bucket.put(b"honest")
    path = bucket.store.local_path(sha256)
    path.chmod(0o644)
    path.write_bytes(b"forged")
    assert bucket.store.local_path(sha256).read_bytes() == b"honest"
    path.unlink()
    with bucket.store.open_verified(sha256) as stream:
        assert stream.read() == b"honest"
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name]


def test_strays_name_what_is_no_blob(bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.place.bucket, Key=f"{bucket.place.prefix}ab/notes.txt", Body=b"x")
    assert list(bucket.store.strays()) == ["ab/notes.txt"]
    assert list(bucket.store.all()) == []


def test_a_store_is_made_once_and_found_only_where_it_was_made(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="something lies there already"):
        create_blobs(bucket.location, folder=tmp_path, cache=tmp_path)
    with pytest.raises(UserError, match="no store of captured bytes was made here"):
        open_blobs(bucket.location.replace("?", "-slip?"), folder=tmp_path, cache=tmp_path)


def test_a_bucket_that_is_not_fit_is_refused(s3_endpoint: str, make_bucket: Callable[..., str], tmp_path: Path) -> None:
    name = make_bucket(locking=False)
    location = f"s3://{name}/x?endpoint={s3_endpoint}"
    with pytest.raises(UserError, match="keeps no versions") as caught:
        create_blobs(location, folder=tmp_path, cache=tmp_path)
    assert f"put-bucket-versioning --bucket {name}" in caught.value.problems[0].remedy
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(UserError, match="no Object Lock") as caught:
        create_blobs(location, folder=tmp_path, cache=tmp_path)
    assert "put-object-lock-configuration" in caught.value.problems[0].remedy
    with pytest.raises(UserError, match="there is no such bucket"):
        create_blobs(location.replace(name, "no-such-bucket"), folder=tmp_path, cache=tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("AWS_ACCESS_KEY_ID", "someone-else", "does not accept the credentials"),
        ("AWS_SECRET_ACCESS_KEY", "not-the-secret", "does not accept the credentials"),
        ("AWS_ACCESS_KEY_ID", None, "no credentials were found"),
    ],
)
def test_wrong_credentials_are_told_and_not_shown(
    s3_location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, told: str
) -> None:
    if value is None:
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(UserError, match=told) as caught:
        open_blobs(s3_location, folder=tmp_path, cache=tmp_path)
    assert "not-the-secret" not in str(caught.value)
    assert "only-on-loopback" not in str(caught.value)


def test_a_service_that_is_away_is_the_users_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    with pytest.raises(UserError, match="could not be reached"):
        open_blobs(AWAY, folder=tmp_path, cache=tmp_path)


def test_a_service_that_goes_away_is_the_users_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    place = s3_bucket.read_location(AWAY)
    once = pytest.importorskip("botocore.config").Config(retries={"total_max_attempts": 1})
    client = boto3.client("s3", endpoint_url=place.endpoint, region_name="us-east-1", config=once)
    options = {"allow_http": True}
    data = pytest.importorskip("obstore.store").S3Store(
        "evidence", endpoint=place.endpoint, client_options=options, retry_config={"max_retries": 0}
    )
    store = s3_blobs.S3Blobs(s3_bucket.Bucket(place, client, data), tmp_path / "cache")
    path = tmp_path / "given"
    path.write_bytes(b"evidence")
    with steady_file.SteadyFile(path) as source, pytest.raises(UserError, match="could not be reached"):
        store.put(source)
    calls: list[Callable[[], object]] = [
        lambda: store.size("0" * 64),
        lambda: store.check("0" * 64),
        lambda: store.local_path("0" * 64),
        lambda: store.locks("0" * 64),
        lambda: store.hold("0" * 64, on=True),
        lambda: store.retain("0" * 64, soon()),
        lambda: store.delete("0" * 64, at=soon()),
        lambda: store.sweep(soon()),
        lambda: list(store.all()),
        lambda: list(store.strays()),
    ]
    for call in calls:
        with pytest.raises(UserError, match="could not be reached"):
            call()


@pytest.mark.parametrize(
    "location",
    [
        "s3://",
        "s3://Bucket/x",
        "s3://key:secret@bucket/x",
        "s3://bucket/x?secret_key=secret",
        "s3://bucket/../x?endpoint=ftp://host",
        "s3://bucket/x?endpoint=http://user:secret@host",
        "s3://bucket/x#secret",
        "s3://bucket/a//b",
    ],
)
def test_a_location_without_a_place_is_refused_and_not_repeated(location: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names no place in a bucket") as caught:
        open_blobs(location, folder=tmp_path, cache=tmp_path)
    assert "secret" not in str(caught.value)


def test_a_location_is_read_in_its_parts() -> None:
    read = s3_bucket.read_location
    assert read("s3://evidence") == s3_bucket.S3Location("evidence", "", "", "us-east-1")
    full = read("s3://evidence/a/b/?endpoint=http://127.0.0.1:8333/&region=eu-central-1")
    assert full == s3_bucket.S3Location("evidence", "a/b/", "http://127.0.0.1:8333", "eu-central-1")
    assert full.shown == "s3://evidence/a/b/"


@pytest.mark.parametrize("location", ["relative/folder", "ftp://host/x", "S3://bucket/x"])
def test_a_folder_is_named_by_an_absolute_path(location: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names no place for captured bytes"):
        open_blobs(location, folder=tmp_path, cache=tmp_path)


def test_a_folder_elsewhere_is_made_and_opened(tmp_path: Path) -> None:
    where = str(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="is missing"):
        open_blobs(where, folder=tmp_path, cache=tmp_path)
    create_blobs(where, folder=tmp_path, cache=tmp_path)
    assert list(open_blobs(where, folder=tmp_path, cache=tmp_path).all()) == []
    with pytest.raises(UserError, match="something lies there already"):
        create_blobs(where, folder=tmp_path, cache=tmp_path)


def test_without_the_packages_for_s3_a_folder_works_and_a_bucket_is_refused(tmp_path: Path) -> None:
    script = """
import sys
import time
from pathlib import Path
sys.modules["boto3"] = sys.modules["obstore"] = None  # as when they are not installed
from twofold.model.problem import UserError
from twofold.vault.blobs.open_blobs import create_blobs, open_blobs
folder = Path(sys.argv[1])
create_blobs("", folder=folder, cache=folder)
assert "botocore" not in sys.modules
try:
    open_blobs("s3://evidence/x", folder=folder, cache=folder)
except UserError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "blobs")]
    done = subprocess.run(command, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True)
    assert "pip install 'twofold[s3]'" in done.stdout
