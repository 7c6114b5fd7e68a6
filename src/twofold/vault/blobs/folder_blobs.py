"""Blobs in a local folder: `ab/cdef…` for the SHA-256 abcdef…, each file read-only.

A name in the store always has its whole content behind it, also after a loss of power. So a blob is written in
`incoming/` first, then its content is made durable, then it is renamed, then the name is made durable. Small
blobs go through these four steps together, in `flush` at the latest; a large one is made durable by itself, and
after a kill it is continued (`partial_copy.py`). Nothing but `delete` removes a blob, and nothing changes one.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.blobs import LOG_MARK, Locks, StoredBlob, blob_place, hash_of_place, refuse_locked
from twofold.vault.blobs.durable import FileSystem, fsync_folder
from twofold.vault.blobs.folder_locks import FolderLocks
from twofold.vault.blobs.partial_copy import copy_on, in_use, open_partial
from twofold.vault.blobs.steady_file import ByteSource, read_whole
from twofold.vault.blobs.written_file import replace_file

SMALL = 1024 * 1024
"""Bytes. Up to here a blob is held in memory and waits in `incoming/` for others, to be made durable with them."""

_WAITING_AT_MOST = 8_192
"""Small blobs that may wait before `put` makes them durable, which bounds memory."""
_READ_ONLY = 0o444
_INCOMING, _LOCKS = "incoming", "locks"


class FolderBlobs:
    """The blob store of a vault on local disk (see `BlobStore` for what each call promises)."""

    copies_at_once = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / _INCOMING
        self._locks = FolderLocks(folder / _LOCKS)
        self._file_system = FileSystem(folder)
        self._names = threading.Lock()
        """Held while what is below is changed, since `put` may be called from several threads."""
        self._waiting: dict[str, str] = {}
        """Hash -> file in `incoming/`. Paths of the many are texts, since a `Path` costs more than writing a file."""
        self._touched: set[str] = set()
        self._next = 0
        self._prefix = f"{self._incoming}/{os.getpid()}-{os.urandom(8).hex()}"

    @classmethod
    def create(cls, folder: Path) -> "FolderBlobs":
        """Make an empty store."""
        (folder / _INCOMING).mkdir(parents=True)
        fsync_folder(folder)
        return cls(folder)

    @property
    def where(self) -> str:
        """The path of the folder."""
        return str(self._folder)

    def mark(self) -> bytes | None:
        """Read the file `log.json`."""
        try:
            return (self._folder / LOG_MARK).read_bytes()
        except OSError:
            return None

    def set_mark(self, content: bytes) -> None:
        """Replace the file `log.json`."""
        with self._writing():
            replace_file(self._folder / LOG_MARK, content)

    def put(self, source: ByteSource) -> StoredBlob:
        """Copy, hash and keep the bytes of a source; raises UserError when the disk is full."""
        with self._writing():
            return self._put_small(source) if source.size <= SMALL else self._put_large(source)

    def flush(self) -> None:
        """Name the blobs that wait, and make all names durable: also those that other processes gave to blobs met."""
        with self._writing(), self._names:
            self._name_waiting()
            folders = [self._folder / shard for shard in sorted(self._touched)]
            if folders:
                self._file_system.sync([*folders, self._folder])
            self._file_system.end_watch()
            self._touched.clear()

    def abandon(self) -> None:
        """Remove the blobs that wait."""
        with self._writing(), self._names:
            self._drop_waiting()

    def size(self, sha256: str) -> int | None:
        """Return the size of the stored file, None when there is none."""
        try:
            return os.stat(f"{self._folder}/{blob_place(sha256)}").st_size  # noqa: PTH116  # see `_waiting`
        except FileNotFoundError:
            return None

    def check(self, sha256: str) -> None:
        """Hash the stored file."""
        self.open_verified(sha256).close()

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
        self.check(sha256)
        return self._path(sha256)

    def all(self) -> Iterator[str]:
        """Give every file that is named as a blob, without reading it."""
        for shard in sorted(self._folder.iterdir()):
            if shard.is_dir():
                found = (hash_of_place(f"{shard.name}/{rest.name}") for rest in sorted(shard.iterdir()))
                yield from filter(None, found)

    def strays(self) -> Iterator[str]:
        """Give paths below the folder: cut-off copies in `incoming/`, and what was never stored here."""
        for path in sorted(self._folder.rglob("*")):
            place = path.relative_to(self._folder)
            if place.as_posix() == LOG_MARK:
                continue
            if path.is_dir() and len(place.parts) <= (2 if place.parts[0] == _LOCKS else 1):
                continue
            locked = hash_of_place("/".join(place.parts[1:])) if place.parts[0] == _LOCKS else None
            if not hash_of_place(place.as_posix()) and not (locked and self.size(locked) is not None):
                yield place.as_posix()

    def sweep(self, before: datetime) -> list[str]:
        """Remove files of `incoming/` that were last written before `before` and that no process holds."""
        gone = []
        for path in sorted(self._incoming.iterdir()):
            if path.is_file() and path.stat().st_mtime < before.timestamp() and not in_use(path):
                path.unlink()
                gone.append(path.relative_to(self._folder).as_posix())
        return gone

    def retain(self, sha256: str, until: datetime) -> None:
        """Write the retention date beside the blob."""
        self._require(sha256)
        with self._writing():
            self._locks.retain(sha256, until)

    def hold(self, sha256: str, *, on: bool) -> None:
        """Write the legal hold beside the blob."""
        self._require(sha256)
        with self._writing():
            self._locks.hold(sha256, on=on)

    def locks(self, sha256: str) -> Locks:
        """Read the locks beside the blob."""
        self._require(sha256)
        return self._locks.read(sha256)

    def delete(self, sha256: str, *, at: datetime) -> bool:
        """Remove the file, then its locks, while no other process can set a lock."""
        path = self._path(sha256)
        with self._writing(), self._locks.alone():
            refuse_locked(str(path), sha256, self._locks.read(sha256), at)
            there = path.exists()
            if there:
                path.unlink()
                fsync_folder(path.parent)
            self._locks.forget(sha256)
        return there

    def _path(self, sha256: str) -> Path:
        return self._folder / blob_place(sha256)

    def _require(self, sha256: str) -> None:
        if self.size(sha256) is None:
            raise UserError(_lost(self._path(sha256), sha256, "the captured bytes are missing"))

    def _put_small(self, source: ByteSource) -> StoredBlob:
        content = read_whole(source)
        blob = StoredBlob(hashlib.sha256(content).hexdigest(), len(content))
        if self._is_there(blob):
            return StoredBlob(blob.sha256, blob.size, met=True)
        with self._names:
            self._file_system.watch()
            self._next += 1
            temporary = f"{self._prefix}-{self._next}.part"
        _write_new(temporary, content)
        self._wait(blob, temporary)
        return blob

    def _put_large(self, source: ByteSource) -> StoredBlob:
        with open_partial(self._incoming, source) as (handle, path):
            copied = copy_on(source, handle)
            blob = StoredBlob(copied.sha256, copied.size)
            if self._is_there(blob):
                path.unlink()
                return StoredBlob(copied.sha256, copied.size, met=True)
            os.fchmod(handle, _READ_ONLY)
            path.rename(self._path(blob.sha256))
        return blob

    def _is_there(self, blob: StoredBlob) -> bool:
        """Say whether a blob has its name already, and see to its folder. UserError when the one here is damaged."""
        shard = blob.sha256[:2]
        with self._names:
            if shard not in self._touched:
                (self._folder / shard).mkdir(exist_ok=True)
                self._touched.add(shard)
        present = self.size(blob.sha256)
        if present not in {None, blob.size}:
            found = f"the bytes stored earlier were changed: {present:,} bytes instead of {blob.size:,}"
            raise UserError(_lost(self._path(blob.sha256), blob.sha256, found))
        return present is not None

    def _wait(self, blob: StoredBlob, temporary: str) -> None:
        with self._names:
            if self._waiting.setdefault(blob.sha256, temporary) is not temporary:
                Path(temporary).unlink()
            if len(self._waiting) >= _WAITING_AT_MOST:
                self._name_waiting()

    def _name_waiting(self) -> None:
        """Make the content of the blobs that wait durable, then rename them. The caller holds `_names`."""
        if not self._waiting:
            return
        try:
            self._file_system.sync(list(self._waiting.values()))
        except OSError:
            self._drop_waiting()  # the system tells of a failed write once, so a second try would prove nothing
            raise
        for sha256, temporary in self._waiting.items():
            os.rename(temporary, f"{self._folder}/{blob_place(sha256)}")  # noqa: PTH104  # see `_waiting`
        self._waiting.clear()

    def _drop_waiting(self) -> None:
        for temporary in self._waiting.values():
            Path(temporary).unlink(missing_ok=True)
        self._waiting.clear()
        self._file_system.end_watch()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn a full disk or missing rights into a UserError that says what to do."""
        try:
            yield
        except OSError as error:
            found = f"the bytes could not be stored ({error.strerror or error})"
            remedy = "see that the disk has room and that you may write there; then try again"
            problem = Problem(str(self._folder), found, "nothing of this step was recorded", remedy)
            raise UserError(problem) from error


def _write_new(path: str, content: bytes) -> None:
    """Write a new read-only file, or none."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _READ_ONLY)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError:
        Path(path).unlink()
        raise
    finally:
        os.close(handle)


def _lost(path: Path, sha256: str, found: str) -> Problem:
    remedy = "restore this file from a backup; a capture of the same original gives the same bytes"
    return Problem(str(path), found, f"bytes that hash to {sha256}", remedy)
