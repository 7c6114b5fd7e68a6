"""Blobs in a local folder: `ab/cdef...` for the SHA-256 abcdef..., each file read-only.

A blob is copied to `incoming/`, made durable there, and then renamed, so that a name in the store always
has its whole content behind it. This module never overwrites, deletes or changes a blob.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs import StoredBlob
from twofold.vault.steady_file import ByteSource

CHUNK = 8 * 1024 * 1024
"""Bytes held in memory at once."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")
_READ_ONLY = 0o444


class FolderBlobs:
    """The blob store of a vault on local disk (see `BlobStore` for what each call promises)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._touched: set[Path] = set()

    @classmethod
    def create(cls, folder: Path) -> "FolderBlobs":
        """Make an empty store."""
        store = cls(folder)
        store._incoming.mkdir(parents=True)
        fsync_folder(folder)
        return store

    def put(self, source: ByteSource) -> StoredBlob:
        """Copy, hash and keep the bytes of a source; raises UserError when the disk is full."""
        try:
            handle, name = tempfile.mkstemp(dir=self._incoming, suffix=".part")
        except OSError as error:
            raise UserError(_not_written(self._folder, error)) from error
        temporary, kept = Path(name), False
        try:
            with os.fdopen(handle, "wb", buffering=0) as target:
                blob = _copy(source, target)
                if self._is_new(blob):
                    os.fchmod(handle, _READ_ONLY)
                    os.fsync(handle)
                    temporary.rename(self._path(blob.sha256))
                    kept = True
        except OSError as error:
            raise UserError(_not_written(self._folder, error)) from error
        finally:
            if not kept:
                temporary.unlink()
        return blob

    def flush(self) -> None:
        """Make the names durable, too: of other processes' blobs that were met here as well as of our own."""
        try:
            for folder in sorted(self._touched):
                fsync_folder(folder)
            fsync_folder(self._folder)
        except OSError as error:
            raise UserError(_not_written(self._folder, error)) from error
        self._touched.clear()

    def size(self, sha256: str) -> int | None:
        """Return the size of the stored file, None when there is none."""
        try:
            return self._path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def open_verified(self, sha256: str) -> BinaryIO:
        """Hash the stored file, then give it from its start."""
        path = self._path(sha256)
        try:
            handle = path.open("rb")
        except OSError as error:
            found = f"the captured bytes are missing ({error.strerror})"
            raise UserError(_lost(path, sha256, found)) from error
        try:
            actual = hashlib.file_digest(handle, "sha256").hexdigest()
        except OSError as error:
            handle.close()
            found = f"the captured bytes could not be read ({error.strerror})"
            raise UserError(_lost(path, sha256, found)) from error
        if actual != sha256:
            handle.close()
            raise UserError(_lost(path, sha256, f"the captured bytes were changed: they now hash to {actual}"))
        handle.seek(0)
        return handle

    def local_path(self, sha256: str) -> Path:
        """Return the stored file itself, after hashing it."""
        self.open_verified(sha256).close()
        return self._path(sha256)

    def all(self) -> Iterator[str]:
        """Give every file that is named as a blob, without reading it."""
        for shard in sorted(self._folder.iterdir()):
            if _SHARD.fullmatch(shard.name) and shard.is_dir():
                rests = (rest.name for rest in sorted(shard.iterdir()) if _REST.fullmatch(rest.name))
                yield from (shard.name + rest for rest in rests)

    def strays(self) -> Iterator[str]:
        """Give paths below the folder: cut-off copies in `incoming/` and files that nobody stored here."""
        for path in sorted(self._folder.rglob("*")):
            place = path.relative_to(self._folder)
            if path.is_dir() and len(place.parts) == 1:
                continue
            if not _SHA256.fullmatch("".join(place.parts)) or not _SHARD.fullmatch(place.parts[0]):
                yield place.as_posix()

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            msg = f"{sha256!r} is no SHA-256 in lower-case hex"
            raise ValueError(msg)
        return self._folder / sha256[:2] / sha256[2:]

    def _is_new(self, blob: StoredBlob) -> bool:
        """Say whether a blob is still to be named, and see to its folder. UserError when the one here is damaged."""
        path = self._path(blob.sha256)
        if path.parent not in self._touched:
            path.parent.mkdir(exist_ok=True)
            self._touched.add(path.parent)
        present = self.size(blob.sha256)
        if present not in {None, blob.size}:
            found = f"the bytes stored earlier were changed: {present:,} bytes instead of {blob.size:,}"
            raise UserError(_lost(path, blob.sha256, found))
        return present is None


def _copy(source: ByteSource, target: BinaryIO) -> StoredBlob:
    digest, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(CHUNK))
    while count := source.readinto(buffer):
        digest.update(buffer[:count])
        written = 0
        while written < count:
            written += target.write(buffer[written:count])
        size += count
    return StoredBlob(digest.hexdigest(), size)


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lost(path: Path, sha256: str, found: str) -> Problem:
    remedy = "restore this file from a backup; a capture of the same original gives the same bytes"
    return Problem(str(path), found, f"bytes that hash to {sha256}", remedy)


def _not_written(folder: Path, error: OSError) -> Problem:
    found = f"the bytes could not be stored ({error.strerror or error})"
    remedy = "see that the disk has room and that you may write there; then try again"
    return Problem(str(folder), found, "nothing of this step was recorded", remedy)
