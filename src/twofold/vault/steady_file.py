"""Reads a file once from front to end and notices when it changed meanwhile. Opens nothing but plain files."""

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from twofold.model.problem import Problem, UserError
from twofold.vault.names import shown


class ByteSource(Protocol):
    """What a blob store copies from: fills a buffer, and gives 0 at the end."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the start of `buffer` and return how many bytes that was."""


class SteadyFile:
    """A file that is being captured; raises UserError when it is not a plain file or changes under the reading."""

    def __init__(self, path: Path) -> None:
        self._where = shown(str(path))
        try:
            # Without O_NONBLOCK a named pipe would hang here, before it can be refused.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            found = f"the file could not be opened ({getattr(error, 'strerror', None) or error})"
            raise UserError(Problem(self._where, found, "a file that you may read")) from error
        self._before = os.fstat(handle)
        self._count = 0
        if not stat.S_ISREG(self._before.st_mode):
            os.close(handle)
            found = "this is a folder, a device or a pipe"
            raise UserError(Problem(self._where, found, "a plain file", "name the files one by one, or the folder"))
        self._handle = os.fdopen(handle, "rb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._handle.close()

    def head(self, size: int) -> bytes:
        """Return the first bytes; reading starts at the front all the same."""
        return os.pread(self._handle.fileno(), size, 0)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; at the end of the file check that it is the file that was opened."""
        try:
            count = self._handle.readinto(buffer) or 0
        except OSError as error:
            found = f"the file could not be read to its end ({error.strerror or error})"
            raise UserError(Problem(self._where, found, "a file that you may read")) from error
        self._count += count
        if count == 0:
            self._check_steady()
        return count

    def _check_steady(self) -> None:
        before, after = self._before, os.fstat(self._handle.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or self._count != after.st_size:
            raise UserError(
                Problem(
                    self._where,
                    f"the file changed while it was copied ({before.st_size:,} bytes at first, {after.st_size:,} now)",
                    "a file that nobody writes to",
                    "wait until the export has finished, then capture it again",
                )
            )
