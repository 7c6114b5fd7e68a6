"""Marks that tie the parts of a workspace together, so that a wrong setting cannot start a second history.

`newest`, beside the log in the workspace: log, size and root after the last append that was made from here. It is
written after the append is durable and may lag behind it, by a kill or another process; it never leads. One line of
512 bytes, written in place in one call:

    {"check":"…","log_id":"…","root":"…","size":12}

`log.json`, in the blob store: the log that the captured bytes belong to, and where they were moved to, "" = nowhere.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from twofold.vault.canonical import canonical_bytes

NEWEST_FILE = "newest"
_LINE = 512
"""Bytes: one sector, which a disk writes whole."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest state of a log that was seen from a workspace."""

    log_id: str
    size: int
    root: str

    @property
    def check(self) -> str:
        """A checksum, by which a line that was read while it was written is told."""
        return sha256(f"{self.log_id} {self.size} {self.root}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class BlobMark:
    """Which log a store of captured bytes belongs to."""

    log_id: str
    moved_to: str = ""

    @property
    def content(self) -> bytes:
        """The mark as it is stored."""
        return canonical_bytes({"form": "twofold-blobs-1", **asdict(self)}) + b"\n"


def read_newest(folder: Path) -> Newest | None:
    """Return the mark in the folder of a vault; None when it is missing or cannot be read."""
    try:
        fields = json.loads((folder / NEWEST_FILE).read_bytes())
        found = Newest(str(fields["log_id"]), int(fields["size"]), str(fields["root"]))
        return found if found.check == fields["check"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_newest(folder: Path, newest: Newest) -> None:
    """Write the mark. Where that fails it lags behind, which is allowed: the append itself is durable."""
    line = canonical_bytes({"check": newest.check, **asdict(newest)}).ljust(_LINE - 1) + b"\n"
    with suppress(OSError):
        handle = os.open(folder / NEWEST_FILE, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.pwrite(handle, line, 0)
        finally:
            os.close(handle)


def read_blob_mark(content: bytes | None) -> BlobMark | None:
    """Read the mark of a blob store; None when it is missing or cannot be read."""
    try:
        fields = json.loads(content or b"")
        return BlobMark(str(fields["log_id"]), str(fields["moved_to"]))
    except (ValueError, KeyError, TypeError):
        return None
