"""A blob store that reads what another store lends, and keeps what is put into it in a folder of its own.

Nothing reaches the lender: deletions, holds and retentions that are asked for here do nothing at all.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from twofold.vault.blobs.blobs import BlobStore, Locks, StoredBlob
from twofold.vault.blobs.folder_blobs import FolderBlobs
from twofold.vault.blobs.steady_file import ByteSource


class LentBlobs:
    """The blob store of a sandbox (see `BlobStore` for what each call means)."""

    copies_at_once = 1

    def __init__(self, folder: Path, lender: BlobStore) -> None:
        self._own = FolderBlobs.create(folder)
        self._lender = lender

    @property
    def where(self) -> str:
        """The path of the own folder."""
        return self._own.where

    def mark(self) -> bytes | None:
        """Read the own mark."""
        return self._own.mark()

    def set_mark(self, content: bytes) -> None:
        """Write the own mark."""
        self._own.set_mark(content)

    def put(self, source: ByteSource) -> StoredBlob:
        """Keep the bytes in the own folder, also where the lender has them."""
        return self._own.put(source)

    def flush(self) -> None:
        """Finish what was put."""
        self._own.flush()

    def abandon(self) -> None:
        """Drop what was put."""
        self._own.abandon()

    def size(self, sha256: str) -> int | None:
        """Ask the own folder, then the lender."""
        return self._holder(sha256).size(sha256)

    def check(self, sha256: str) -> None:
        """Hash the bytes where they are."""
        self._holder(sha256).check(sha256)

    def open_verified(self, sha256: str) -> BinaryIO:
        """Open the bytes where they are."""
        return self._holder(sha256).open_verified(sha256)

    def local_path(self, sha256: str) -> Path:
        """Return a file with the bytes, to be read only."""
        return self._holder(sha256).local_path(sha256)

    def all(self) -> Iterator[str]:
        """Give the hashes of both, each once."""
        return iter(sorted({*self._own.all(), *self._lender.all()}))

    def strays(self) -> Iterator[str]:
        """Give those of the own folder."""
        return self._own.strays()

    def sweep(self, before: datetime) -> list[str]:
        """Sweep the own folder."""
        return self._own.sweep(before)

    def retain(self, sha256: str, until: datetime) -> None:
        """Do nothing: the lender's bytes are not for a sandbox to lock."""

    def hold(self, sha256: str, *, on: bool) -> None:
        """Do nothing."""

    def locks(self, sha256: str) -> Locks:  # noqa: ARG002  as the protocol names it
        """Return no locks: the bytes are not to be deleted here anyway."""
        return Locks()

    def delete(self, sha256: str, *, at: datetime) -> bool:  # noqa: ARG002  as the protocol names it
        """Do nothing: what the log says was deleted is not read, whether its bytes are gone yet or not."""
        return False

    def _holder(self, sha256: str) -> BlobStore:
        return self._lender if self._own.size(sha256) is None else self._own
