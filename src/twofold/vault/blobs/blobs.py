"""What a store of captured bytes can do, whatever it is made of. A blob is named by its SHA-256 and never changes.

A hash is 64 lower-case hex digits; every call raises ValueError for anything else, before it looks anywhere.
What a user can put right (a full disk, missing rights, a server that is away) is a UserError.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.steady_file import ByteSource

LOG_MARK = "log.json"
"""Name of the mark that says which log the store belongs to; no blob has such a name."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """Bytes that are in the store: their SHA-256 in lower-case hex, and how many they are."""

    sha256: str
    size: int
    met: bool = field(default=False, compare=False)
    """True when they were there already, so that a deletion may have taken them since."""


@dataclass(frozen=True, slots=True)
class Locks:
    """What keeps a blob from being deleted: a time until which it is retained, and a legal hold."""

    retain_until: datetime | None = None
    held: bool = False


class BlobStore(Protocol):
    """A store of blobs. `put` and what only reads may be called from several threads at once, the rest from one."""

    copies_at_once: int
    """How many threads calling `put` serve this store best."""

    @property
    def where(self) -> str:
        """What messages call the store."""

    def mark(self) -> bytes | None:
        """Return the mark that says which log the store belongs to, None when it has none."""

    def set_mark(self, content: bytes) -> None:
        """Write the mark, durably, in place of the one before."""

    def put(self, source: ByteSource) -> StoredBlob:
        """Copy a source, given at its front, to its end. Bytes that are there already are not stored again.

        The blob can be relied on, and read, once `flush` has returned. A copy that was cut off by a kill is
        continued when the same source is put again. Memory does not grow with the source. Raises UserError when
        bytes of this hash are there and have another length.
        """

    def flush(self) -> None:
        """Return when everything that was put is named, can be read, and survives a loss of power."""

    def abandon(self) -> None:
        """Drop what was put and not flushed, where that is possible: the act that it was for has failed."""

    def size(self, sha256: str) -> int | None:
        """Return how many bytes a blob has, None when it is not there. The bytes are not read."""

    def check(self, sha256: str) -> None:
        """Read a blob where it is stored and hash it; UserError when it is missing or damaged."""

    def open_verified(self, sha256: str) -> BinaryIO:
        """Open a blob, at its front, whose bytes were hashed just now; UserError when it is missing or damaged."""

    def local_path(self, sha256: str) -> Path:
        """Return a readable file with the bytes of a blob, hashed just now; UserError as `open_verified`."""

    def all(self) -> Iterator[str]:
        """Give the hash of every blob in order."""

    def strays(self) -> Iterator[str]:
        """Give what lies in the store and is no blob, such as the rest of a copy that was cut off."""

    def sweep(self, before: datetime) -> list[str]:
        """Remove unfinished copies that nobody has worked on since `before`; return their names as in `strays`.

        Give a time at least a day ago, so that copies of other processes that are under way are left alone.
        """

    def retain(self, sha256: str, until: datetime) -> None:
        """Refuse deletion until a time, which is rounded up to a whole second. An earlier time changes nothing.

        A retention is never shortened, by this call or another. UserError when the blob is missing. A store with
        a clock of its own also raises UserError for a time that has passed.
        """

    def hold(self, sha256: str, *, on: bool) -> None:
        """Set a legal hold, or lift it; no time ends it. UserError when the blob is missing."""

    def locks(self, sha256: str) -> Locks:
        """Return what keeps a blob from being deleted; UserError when it is missing."""

    def delete(self, sha256: str, *, at: datetime) -> bool:
        """Delete a blob for good; return False when it is not there.

        Raises UserError, and deletes nothing, while the blob is held or is retained at `at` (the time of the
        act). The caller holds the log, so that nobody captures the same bytes meanwhile.
        """


def blob_place(sha256: str) -> str:
    """Return where a blob lies below its store, `ab/cdef…`; raises ValueError for what is no hash.

    >>> blob_place("0f" * 32)[:8]
    '0f/0f0f0'
    """
    if not _SHA256.fullmatch(sha256):
        msg = f"{sha256!r} is no SHA-256 in lower-case hex"
        raise ValueError(msg)
    return f"{sha256[:2]}/{sha256[2:]}"


def hash_of_place(place: str) -> str | None:
    """Return the hash of the blob that lies at a place below its store, None when no blob lies there."""
    return place.replace("/", "") if _PLACE.fullmatch(place) else None


def whole_second(until: datetime) -> datetime:
    """Return a time as UTC, rounded up to a whole second; raises ValueError when it has no zone."""
    if until.tzinfo is None:
        msg = f"the time {until} has no zone"
        raise ValueError(msg)
    full = until.astimezone(UTC)
    return full if full.microsecond == 0 else full.replace(microsecond=0) + timedelta(seconds=1)


def refuse_locked(where: str, sha256: str, locks: Locks, at: datetime) -> None:
    """Raise UserError when a blob may not be deleted at `at`."""
    if locks.held:
        found, remedy = "a legal hold is on these bytes", "lift the hold first, if you have the authority"
    elif locks.retain_until is not None and at < locks.retain_until:
        found = f"these bytes are retained until {locks.retain_until:%Y-%m-%d %H:%M:%S} UTC"
        remedy = "delete them after that time; a retention is never shortened"
    else:
        return
    raise UserError(Problem(where, f"{found}: {sha256}", "bytes that nothing retains or holds", remedy))
