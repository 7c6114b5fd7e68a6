"""Copies a large source into a folder so that a killed copy is continued instead of written again.

The copy of a source is named by the source's identity (path, size, time of change, inode). What an earlier
attempt left is compared with the source while it is hashed: as far as it is equal it stays, from the first
difference on it is written. So a leftover is never believed, only saved the writing.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twofold.model.problem import UserError
from twofold.vault.blobs.steady_file import ByteSource

CHUNK = 8 * 1024 * 1024
"""Bytes held in memory at once."""
SUFFIX = ".partial"


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is whole and durable: its hash, its length, and how many bytes of it had to be written."""

    sha256: str
    size: int
    written: int


@contextmanager
def open_partial(folder: Path, source: ByteSource) -> Iterator[tuple[int, Path]]:
    """Open the copy of a source for one writer: the leftover of an earlier attempt, or an empty file.

    A copy that another process is writing is left to it; this one then writes its own. When the block fails
    for a reason that will not pass (a full disk, a source that changed) the copy is removed. After a kill or an
    interruption it stays.
    """
    name = hashlib.sha256(source.identity.encode("utf-8", "surrogateescape")).hexdigest()
    path = folder / f"{name}{SUFFIX}"
    handle = _own(path)
    if handle is None:
        path = folder / f"{name}.{os.getpid()}-{os.urandom(8).hex()}{SUFFIX}"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        yield handle, path
    except (OSError, UserError):
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def copy_on(source: ByteSource, handle: int) -> Copied:
    """Copy a source to its end over what an open file holds of it, and make the content durable."""
    digest, at, written = hashlib.sha256(), 0, 0
    old = os.fstat(handle).st_size
    buffer = memoryview(bytearray(min(CHUNK, source.size + 1)))
    with ThreadPoolExecutor(1) as hashing:
        while count := source.readinto(buffer):
            chunk = buffer[:count]
            hashed = hashing.submit(digest.update, chunk)
            if at + count > old or os.pread(handle, count, at) != bytes(chunk):
                _write(handle, chunk, at)
                written += count
            at += count
            hashed.result()
    os.ftruncate(handle, at)
    os.fsync(handle)
    return Copied(digest.hexdigest(), at, written)


def in_use(path: Path) -> bool:
    """Say whether a process is writing this copy now."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _own(path: Path) -> int | None:
    """Open a copy and lock it; None when another process has it, or moved it to its place meanwhile."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_ino == path.stat().st_ino:
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _write(handle: int, chunk: memoryview, at: int) -> None:
    done = 0
    while done < len(chunk):
        done += os.pwrite(handle, chunk[done:], at + done)
