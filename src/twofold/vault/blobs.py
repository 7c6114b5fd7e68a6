"""What a store of captured bytes can do, whatever it is made of. A blob is named by its SHA-256 and never changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from twofold.vault.steady_file import ByteSource


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """Bytes that are in the store: their SHA-256 in lower-case hex, and how many they are."""

    sha256: str
    size: int


class BlobStore(Protocol):
    """A store of blobs. Hashes are 64 lower-case hex digits; ValueError for anything else."""

    def put(self, source: ByteSource) -> StoredBlob:
        """Copy a source to its end. Bytes that are there already are not stored again. May be called from threads."""

    def flush(self) -> None:
        """Return when everything that was put survives a loss of power."""

    def size(self, sha256: str) -> int | None:
        """Return how many bytes a blob has, None when it is not there."""

    def open_verified(self, sha256: str) -> BinaryIO:
        """Open a blob whose bytes were hashed just now; UserError when it is missing or damaged."""

    def local_path(self, sha256: str) -> Path:
        """Return a readable file with the bytes of a blob, hashed just now; UserError as `open_verified`."""

    def all(self) -> Iterator[str]:
        """Give the hash of every blob in order."""

    def strays(self) -> Iterator[str]:
        """Give what lies in the store and is no blob, such as the rest of a copy that was cut off."""
