"""Blobs in a bucket of an S3-compatible service: key `prefix/ab/cdef…` for the SHA-256 abcdef….

The bucket keeps versions and honours Object Lock, so a retention (mode COMPLIANCE) binds everybody, and an
overwrite only adds a version. A blob is hashed before it is uploaded, since its key is its hash, and put only
where no object is. Reading takes the newest version. Where that is not the blob, older versions are searched, so
that the message can say how to bring it back. Local copies lie in a cache folder that may be deleted at any time.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Any, BinaryIO

import obstore
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # no types are published with it
from obstore.exceptions import AlreadyExistsError

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.blobs import (
    LOG_MARK,
    Locks,
    StoredBlob,
    blob_place,
    hash_of_place,
    refuse_locked,
    whole_second,
)
from twofold.vault.blobs.s3_bucket import Bucket, faults, is_code, open_bucket, read_location, size_of
from twofold.vault.blobs.s3_upload import SMALLEST_PART, upload
from twofold.vault.blobs.steady_file import ByteSource, read_whole

MARK = "twofold-store"
"""Key below the prefix that says: a store was made here. So a slip in the prefix does not open an empty store."""
MARK_CONTENT = b"twofold-blobs-1\n"

_CHUNK = 8 * 1024 * 1024
_STRETCH = 16 * 1024 * 1024
_AT_ONCE = 16


class S3Blobs:
    """The blob store of a vault in a bucket (see `BlobStore` for what each call promises)."""

    copies_at_once = _AT_ONCE

    def __init__(self, bucket: Bucket, cache: Path) -> None:
        self._bucket = bucket
        self._cache = cache
        self._name = bucket.place.bucket

    @classmethod
    def create(cls, location: str, *, cache: Path) -> "S3Blobs":
        """Make an empty store below a prefix; UserError where something lies already, or the bucket is not fit."""
        bucket = open_bucket(read_location(location))
        with faults(bucket.place):
            answer = bucket.client.list_objects_v2(Bucket=bucket.place.bucket, Prefix=bucket.place.prefix, MaxKeys=1)
            if answer.get("KeyCount") or not _put_new(bucket, bucket.key(MARK), MARK_CONTENT):
                found, remedy = "something lies there already", "name another prefix"
                raise UserError(Problem(bucket.place.shown, found, "a prefix with nothing below it", remedy))
        return cls(bucket, cache)

    @classmethod
    def open(cls, location: str, *, cache: Path) -> "S3Blobs":
        """Open the store below a prefix; UserError where none was made, or the bucket is not fit."""
        bucket = open_bucket(read_location(location))
        with faults(bucket.place):
            if size_of(bucket, bucket.key(MARK)) is None:
                found, expected = "no store of captured bytes was made here", f"an object {bucket.key(MARK)}"
                raise UserError(Problem(bucket.place.shown, found, expected, "correct the bucket or the prefix"))
        return cls(bucket, cache)

    @property
    def where(self) -> str:
        """Bucket and prefix."""
        return self._bucket.place.shown

    def mark(self) -> bytes | None:
        """Read the object `log.json`."""
        with faults(self._bucket.place):
            try:
                return bytes(obstore.get(self._bucket.data, self._bucket.key(LOG_MARK)).bytes())
            except FileNotFoundError:
                return None

    def set_mark(self, content: bytes) -> None:
        """Put the object `log.json`; the one before stays as an older version."""
        with faults(self._bucket.place):
            obstore.put(self._bucket.data, self._bucket.key(LOG_MARK), content, use_multipart=False)

    def put(self, source: ByteSource) -> StoredBlob:
        """Hash a source, then upload it unless it is there; a large one in parts, which can be continued."""
        content = read_whole(source) if source.size <= SMALLEST_PART else None
        blob = _hashed(source) if content is None else StoredBlob(hashlib.sha256(content).hexdigest(), len(content))
        key = self._key(blob.sha256)
        with faults(self._bucket.place):
            present = size_of(self._bucket, key)
            if present not in {None, blob.size}:
                found = f"the bytes stored earlier were changed: {present:,} bytes instead of {blob.size:,}"
                raise UserError(self._lost(blob.sha256, found))
            if present is not None:
                return StoredBlob(blob.sha256, blob.size, met=True)
            if content is not None:
                made = _put_new(self._bucket, key, content)
            else:
                made = upload(self._bucket, key, blob.sha256, source)
        return StoredBlob(blob.sha256, blob.size, met=not made)

    def flush(self) -> None:
        """Do nothing: the service answers when what it was given is durable."""

    def abandon(self) -> None:
        """Leave what was put: taking back needs the right to delete versions, which a capture should not have."""

    def size(self, sha256: str) -> int | None:
        """Ask for the length of the newest version, None when there is none or it is a deletion."""
        with faults(self._bucket.place):
            return size_of(self._bucket, self._key(sha256))

    def check(self, sha256: str) -> None:
        """Download the newest version and hash it, without keeping it."""
        self._read_newest(sha256, None)

    def open_verified(self, sha256: str) -> BinaryIO:
        """Open the local copy, which was hashed just now."""
        return self.local_path(sha256).open("rb")

    def local_path(self, sha256: str) -> Path:
        """Return the local copy if it still has the right hash, else download it."""
        path = self._cache / blob_place(sha256)
        try:
            with path.open("rb") as kept:
                if hashlib.file_digest(kept, "sha256").hexdigest() == sha256:
                    return path
        except OSError:
            pass  # not there, or not readable: it is only a copy
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._download(sha256, path)
        except OSError as error:
            found = f"a local copy could not be written ({error.strerror or error})"
            remedy = "see that the disk has room; what lies in this folder may be deleted"
            raise UserError(Problem(str(self._cache), found, "a folder that you may write to", remedy)) from error
        return path

    def all(self) -> Iterator[str]:
        """List the newest versions."""
        yield from filter(None, (hash_of_place(place) for place in self._places()))

    def strays(self) -> Iterator[str]:
        """List what is no blob, and uploads that were not finished, as `KEY (upload ID)`."""
        yield from (place for place in self._places() if place not in {MARK, LOG_MARK} and not hash_of_place(place))
        yield from (self._upload_name(each) for each in self._uploads())

    def sweep(self, before: datetime) -> list[str]:
        """End uploads that were begun before a time. A part that is sent does not make its upload younger."""
        gone = []
        with faults(self._bucket.place):
            for each in list(self._uploads()):
                if each["Initiated"] < before:
                    self._bucket.client.abort_multipart_upload(
                        Bucket=self._name, Key=each["Key"], UploadId=each["UploadId"]
                    )
                    gone.append(self._upload_name(each))
        return gone

    def retain(self, sha256: str, until: datetime) -> None:
        """Put a retention in mode COMPLIANCE on every version that ends earlier."""
        end = whole_second(until)
        with self._blob_faults(sha256) as key:
            for version in self._versions(sha256):
                if (kept := self._locks_of(key, version).retain_until) is None or kept < end:
                    self._bucket.client.put_object_retention(
                        Bucket=self._name,
                        Key=key,
                        VersionId=version,
                        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": end},
                    )

    def hold(self, sha256: str, *, on: bool) -> None:
        """Set or lift the legal hold of every version."""
        with self._blob_faults(sha256) as key:
            for version in self._versions(sha256):
                self._bucket.client.put_object_legal_hold(
                    Bucket=self._name, Key=key, VersionId=version, LegalHold={"Status": "ON" if on else "OFF"}
                )

    def locks(self, sha256: str) -> Locks:
        """Return the latest retention and any hold among the versions."""
        with self._blob_faults(sha256) as key:
            found = [self._locks_of(key, version) for version in self._versions(sha256)]
        ends = [locks.retain_until for locks in found if locks.retain_until is not None]
        return Locks(max(ends, default=None), held=any(locks.held for locks in found))

    def delete(self, sha256: str, *, at: datetime) -> bool:
        """Delete every version and every mark of deletion, and the local copy. The service checks locks, too."""
        with self._blob_faults(sha256) as key:
            versions, markers = self._listed(key)
            if versions:
                refuse_locked(f"{self._bucket.place.shown}{blob_place(sha256)}", sha256, self.locks(sha256), at)
            for version in [*versions, *markers]:
                self._bucket.client.delete_object(Bucket=self._name, Key=key, VersionId=version)
        (self._cache / blob_place(sha256)).unlink(missing_ok=True)
        return bool(versions)

    def _key(self, sha256: str) -> str:
        return self._bucket.key(blob_place(sha256))

    @contextmanager
    def _blob_faults(self, sha256: str) -> Iterator[str]:
        """Give the key of a blob, and tell refusals that concern this blob."""
        key = self._key(sha256)
        with faults(self._bucket.place):
            try:
                yield key
            except ClientError as error:
                if not is_code(error, "NoSuchKey", "NoSuchVersion", "InvalidArgument", "InvalidRequest"):
                    raise
                found = f"the service refuses this ({error.response['Error'].get('Message', 'no reason given')})"
                expected = "a stored blob, and for a retention a time in the future"
                raise UserError(Problem(self._bucket.key(blob_place(sha256)), found, expected)) from error

    def _places(self) -> Iterator[str]:
        start = len(self._bucket.place.prefix)
        with faults(self._bucket.place):
            for page in obstore.list(self._bucket.data, self._bucket.place.prefix or None):
                yield from (each["path"][start:] for each in page)

    def _uploads(self) -> Iterator[dict[str, Any]]:
        pages = self._bucket.client.get_paginator("list_multipart_uploads")
        with faults(self._bucket.place):
            for page in pages.paginate(Bucket=self._name, Prefix=self._bucket.place.prefix):
                yield from page.get("Uploads", ())

    def _upload_name(self, each: dict[str, Any]) -> str:
        return f"{each['Key'][len(self._bucket.place.prefix) :]} (upload {each['UploadId']})"

    def _versions(self, sha256: str) -> list[str]:
        """Return the ids of all versions of a blob, newest first; UserError when there is none."""
        versions, _ = self._listed(self._key(sha256))
        if not versions:
            raise UserError(self._lost(sha256, "the captured bytes are missing"))
        return versions

    def _listed(self, key: str) -> tuple[list[str], list[str]]:
        versions, markers = list[str](), list[str]()
        pages = self._bucket.client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._name, Prefix=key):
            versions += [each["VersionId"] for each in page.get("Versions", ()) if each["Key"] == key]
            markers += [each["VersionId"] for each in page.get("DeleteMarkers", ()) if each["Key"] == key]
        return versions, markers

    def _locks_of(self, key: str, version: str) -> Locks:
        answer = self._bucket.client.head_object(Bucket=self._name, Key=key, VersionId=version)
        until = answer.get("ObjectLockRetainUntilDate")
        held = answer.get("ObjectLockLegalHoldStatus") == "ON"
        return Locks(None if until is None else whole_second(until), held=held)

    def _download(self, sha256: str, path: Path) -> None:
        handle, name = mkstemp(dir=path.parent, suffix=".part")
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                self._read_newest(sha256, target)
            fresh.rename(path)
        finally:
            fresh.unlink(missing_ok=True)

    def _read_newest(self, sha256: str, target: BinaryIO | None) -> None:
        """Read the newest version, into a file if given; UserError when it does not have the hash."""
        with self._blob_faults(sha256) as key:
            try:
                actual = _hash_of(self._bucket, key, None, target)
                found = f"the captured bytes were changed: they now hash to {actual}"
            except FileNotFoundError:
                actual, found = "", "the captured bytes are missing"
            if actual != sha256:
                raise UserError(self._lost(sha256, found, self._right_version(sha256)))

    def _right_version(self, sha256: str) -> str | None:
        """Return the id of the newest version that has the right bytes, None when there is none."""
        key = self._key(sha256)
        versions, _ = self._listed(key)
        return next((each for each in versions if _hash_of(self._bucket, key, each, None) == sha256), None)

    def _lost(self, sha256: str, found: str, right_version: str | None = None) -> Problem:
        key = self._key(sha256)
        remedy = "restore this object from a backup; a capture of the same original gives the same bytes"
        if right_version is not None:
            found = f"{found}; version {right_version} still has the right bytes"
            source = f"--copy-source '{self._name}/{key}?versionId={right_version}'"
            remedy = f"aws s3api copy-object --bucket {self._name} --key {key} {source}"
        return Problem(f"s3://{self._name}/{key}", found, f"bytes that hash to {sha256}", remedy)


def _put_new(bucket: Bucket, key: str, content: bytes) -> bool:
    """Make an object; return False when there is one."""
    try:
        obstore.put(bucket.data, key, content, mode="create", use_multipart=False)
    except AlreadyExistsError:
        return False
    return True


def _hashed(source: ByteSource) -> StoredBlob:
    """Read a source to its end without keeping it."""
    digest, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(_CHUNK))
    while count := source.readinto(buffer):
        digest.update(buffer[:count])
        size += count
    return StoredBlob(digest.hexdigest(), size)


def _hash_of(bucket: Bucket, key: str, version: str | None, target: BinaryIO | None) -> str:
    """Hash one version of an object (None = the newest), a stretch at a time; FileNotFoundError when it is away.

    Each stretch is a request of its own, so that no time limit of a request depends on the length of the blob.
    """
    if version is None:
        meta = obstore.head(bucket.data, key)
        version = meta["version"] or ""
    else:
        meta = obstore.get(bucket.data, key, options={"head": True, "version": version}).meta
    digest = hashlib.sha256()
    for start in range(0, meta["size"], _STRETCH):
        stretch = (start, min(start + _STRETCH, meta["size"]))
        content = obstore.get(bucket.data, key, options={"version": version, "range": stretch}).bytes()
        digest.update(content)
        if target is not None:
            target.write(content)
    return digest.hexdigest()
