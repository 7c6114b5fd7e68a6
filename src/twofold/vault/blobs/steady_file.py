"""Reads a file once from front to end and notices when it changed meanwhile. Opens nothing but plain files."""

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from twofold.model.problem import Problem, UserError
from twofold.vault.names import shown


class ByteSource(Protocol):
    """What a blob store copies from. It gives exactly `size` bytes, or raises UserError."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    @property
    def identity(self) -> str:
        """A text that is the same when the same unchanged source is opened again, so that a copy can be continued."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the start of `buffer` and return how many bytes that was, 0 at the end."""

    def rewind(self) -> None:
        """Start again at the front."""


def read_whole(source: ByteSource) -> bytes:
    """Read a small source into memory."""
    content, length = bytearray(source.size + 1), 0
    with memoryview(content) as view:
        while count := source.readinto(view[length:]):
            length += count
        return bytes(view[:length])


class SteadyFile:
    """A file that is being captured; raises UserError when it is not a plain file or changes under the reading."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # Without O_NONBLOCK a named pipe would hang here, before it can be refused.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            found = f"the file could not be opened ({getattr(error, 'strerror', None) or error})"
            raise UserError(Problem(self._where(), found, "a file that you may read")) from error
        self._handle = handle
        self._before = os.fstat(handle)
        self._count = 0
        if not stat.S_ISREG(self._before.st_mode):
            os.close(handle)
            found = "this is a folder, a device or a pipe"
            raise UserError(Problem(self._where(), found, "a plain file", "name the files one by one, or the folder"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._handle)

    @property
    def size(self) -> int:
        """Bytes in the file when it was opened."""
        return self._before.st_size

    @property
    def identity(self) -> str:
        """Path, device, inode, size and time of change (in nanoseconds)."""
        stat_then = self._before
        place = os.path.abspath(self._path)  # noqa: PTH100  # Path.absolute keeps "..", and nothing is to be resolved
        return f"{place}\n{stat_then.st_dev} {stat_then.st_ino} {stat_then.st_size} {stat_then.st_mtime_ns}"

    def rewind(self) -> None:
        """Start again at the front; what is read is checked as before."""
        os.lseek(self._handle, 0, os.SEEK_SET)
        self._count = 0

    def head(self, size: int) -> bytes:
        """Return the first bytes; reading starts at the front all the same."""
        return os.pread(self._handle, size, 0)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; at the end of the file, or past the end it had, check that it is the file that was opened."""
        try:
            count = os.readv(self._handle, [buffer])
        except OSError as error:
            found = f"the file could not be read to its end ({error.strerror or error})"
            raise UserError(Problem(self._where(), found, "a file that you may read")) from error
        self._count += count
        if count == 0 or self._count > self._before.st_size:
            self._check_steady()
        return count

    def _where(self) -> str:
        return shown(str(self._path))

    def _check_steady(self) -> None:
        before, after = self._before, os.fstat(self._handle)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or self._count != after.st_size:
            raise UserError(
                Problem(
                    self._where(),
                    f"the file changed while it was copied ({before.st_size:,} bytes at first, {after.st_size:,} now)",
                    "a file that nobody writes to",
                    "wait until the export has finished, then capture it again",
                )
            )
