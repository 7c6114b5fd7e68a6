"""Makes files and names durable: that they are there after a loss of power is asked of the system, never assumed.

Many small files cost one `syncfs` of the file system instead of an fsync each (a few times faster on ext4 on a
virtual disk). `syncfs` says that a write failed since Linux 5.8, and is trusted only on the file systems named
below. Everywhere else each file is synced by itself, several at a time.
"""

import ctypes
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FEW = 32
"""Up to so many files an fsync each is cheaper than flushing all that other programs wrote to the file system."""

_SYNCED_AT_ONCE = 16
_ERRORS_ARE_TOLD = (5, 8)
"""The first Linux release whose syncfs returns errors of writing (syncfs(2), VERSIONS)."""
_TRUSTED = frozenset({"ext4", "xfs"})
_DEVICE, _SEPARATOR = 2, "-"
"""Field of /proc/self/mountinfo with major:minor, and the field before the type (proc_pid_mountinfo(5))."""


class FileSystem:
    """The file system that a folder lies on, watched for failed writes from `watch` to the end of `sync`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._syncfs = _syncfs_of(folder)
        self._handle: int | None = None

    def watch(self) -> None:
        """Begin a batch: a write that fails from here on makes the next `sync` fail."""
        if self._handle is None and self._syncfs is not None:
            self._handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def sync(self, paths: Sequence[str | Path]) -> None:
        """Make these files and folders durable, and what is written to them before this call; OSError on failure."""
        if self._syncfs is not None and self._handle is not None and len(paths) > FEW:
            self._syncfs(self._handle)
            return
        with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
            for _ in pool.map(_fsync, paths):
                pass

    def end_watch(self) -> None:
        """End the batch."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    _fsync(folder)


def _fsync(path: str | Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _syncfs_of(folder: Path) -> Callable[[int], None] | None:
    """Return a syncfs that raises OSError, None where it is missing or not to be trusted."""
    release = tuple(int("".join(filter(str.isdigit, part)) or 0) for part in os.uname().release.split(".")[:2])
    if os.uname().sysname != "Linux" or release < _ERRORS_ARE_TOLD or _type_of(folder) not in _TRUSTED:
        return None
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        return None

    def syncfs(handle: int) -> None:
        if library.syncfs(ctypes.c_int(handle)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return syncfs


def _type_of(folder: Path) -> str:
    """Return the type of a folder's file system, "" when it cannot be told."""
    try:
        device = folder.stat().st_dev
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    return _type_in(lines, f"{os.major(device)}:{os.minor(device)}")


def _type_in(lines: Iterable[str], device: str) -> str:
    for fields in map(str.split, lines):
        if fields[_DEVICE] == device and _SEPARATOR in fields:
            return fields[fields.index(_SEPARATOR) + 1]
    return ""
