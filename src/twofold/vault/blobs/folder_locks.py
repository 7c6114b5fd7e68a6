"""Locks of blobs in a folder: `locks/ab/cdef…` is a small JSON file with a retention date and a legal hold.

    {"held":false,"retain_until":"2033-07-15T06:00:00.000000Z"}

A lock binds Twofold, and every process that uses this module; it cannot bind someone who may write to the
folder. Object Lock of an S3 store can.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.blobs import Locks, blob_place, whole_second
from twofold.vault.blobs.durable import fsync_folder
from twofold.vault.blobs.written_file import replace_file
from twofold.vault.canonical import canonical_bytes
from twofold.vault.entry import instant_text

_READ_ONLY = 0o444


class FolderLocks:
    """The locks below one folder, changed by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, sha256: str) -> Locks:
        """Return the locks of a blob, no locks when there is no file; UserError for a file that says something else."""
        path = self._folder / blob_place(sha256)
        try:
            fields = orjson.loads(path.read_bytes())
            until = fields["retain_until"]
            return Locks(None if until is None else datetime.fromisoformat(until), held=_truth(fields["held"]))
        except FileNotFoundError:
            return Locks()
        except (OSError, ValueError, KeyError, TypeError) as error:
            found = f"the lock of a blob cannot be read ({error})"
            remedy = "restore this file from a backup; until then the blob cannot be deleted"
            raise UserError(Problem(str(path), found, "a retention date and a legal hold", remedy)) from error

    def retain(self, sha256: str, until: datetime) -> None:
        """Move the end of retention to `until`, never to an earlier time."""
        end = whole_second(until)

        def later(locks: Locks) -> Locks:
            return locks if locks.retain_until and locks.retain_until >= end else replace(locks, retain_until=end)

        self._change(sha256, later)

    def hold(self, sha256: str, *, on: bool) -> None:
        """Set or lift the legal hold."""
        self._change(sha256, lambda locks: replace(locks, held=on))

    def forget(self, sha256: str) -> None:
        """Remove the locks of a blob that was deleted. The caller is inside `alone`."""
        path = self._folder / blob_place(sha256)
        if path.exists():
            path.unlink()
            fsync_folder(path.parent)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from changing locks and from deleting under them."""
        self._folder.mkdir(exist_ok=True)
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _change(self, sha256: str, change: Callable[[Locks], Locks]) -> None:
        path = self._folder / blob_place(sha256)
        with self.alone():
            before = self.read(sha256)
            after = change(before)
            if after == before:
                return
            path.parent.mkdir(exist_ok=True)
            fsync_folder(self._folder)
            until = None if after.retain_until is None else instant_text(after.retain_until)
            replace_file(path, canonical_bytes({"held": after.held, "retain_until": until}), mode=_READ_ONLY)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        msg = f"{value!r} is not true or false"
        raise TypeError(msg)
    return value
