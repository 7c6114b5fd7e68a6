"""Checks captured bytes on all cores while the entries are read: each blob once, at its first capture."""

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from twofold.model.problem import UserError
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.retention.deletions import Deletion

_HASHED_AHEAD = 64
"""Blobs that are being hashed while the next entries are read."""


class CapturedBytes:
    """Looks at size, hash and locks of blobs. `deleted`: hash -> deletions that the log records."""

    def __init__(self, blobs: BlobStore, deleted: Mapping[str, Sequence[Deletion]]) -> None:
        self.sizes: list[str] = []
        self.hashes: list[str] = []
        self.locks: list[str] = []
        self._blobs = blobs
        self._deleted = deleted
        self._pool = ThreadPoolExecutor(max(os.cpu_count() or 1, blobs.copies_at_once))
        self._running: deque[Future[tuple[str, str]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._take_results(0)
        self._pool.shutdown()

    def check(self, sha256: str, size: int, number: int) -> None:
        """Look at the size of a blob now, and have its bytes hashed meanwhile."""
        actual = self._blobs.size(sha256)
        if actual is None:
            if sha256 not in self._deleted:
                self.sizes.append(f"The bytes {sha256} of entry {number} are missing.")
            return
        if actual != size:
            self.sizes.append(f"The bytes {sha256} of entry {number} are {actual:,} long; {size:,} were captured.")
        self._running.append(self._pool.submit(self._faults, sha256, number))
        self._take_results(_HASHED_AHEAD)

    def _faults(self, sha256: str, number: int) -> tuple[str, str]:
        """Return what is wrong with the bytes, and with the locks, of a blob; "" when nothing is."""
        return (
            _fault_of(lambda: self._blobs.check(sha256), number),
            _fault_of(lambda: self._blobs.locks(sha256), number),
        )

    def _take_results(self, left: int) -> None:
        while len(self._running) > left:
            fault, lock_fault = self._running.popleft().result()
            self.hashes += [fault] if fault else []
            self.locks += [lock_fault] if lock_fault and not fault else []


def _fault_of(look: Callable[[], object], number: int) -> str:
    try:
        look()
    except UserError as error:
        return f"Entry {number}: {error.problems[0].found} ({error.problems[0].where})."
    return ""
