"""Files that this process wrote, by the rows that they were written of.

Where tables are made again after an act, most have the rows that they had. To write a table of few rows takes some 20
milliseconds, nearly all of it to set a query up.
"""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Generic, TypeVar

Told = TypeVar("Told")


class FilesBefore(Generic[Told]):
    """Small files in memory, those that were asked for last, each set with what is told of it."""

    def __init__(self, most: int) -> None:
        """`most`: sets of files that are kept."""
        self._most = most
        self._kept: OrderedDict[bytes, tuple[Told, dict[str, bytes]]] = OrderedDict()
        self._lock = threading.Lock()

    def put_back(self, digest: bytes, folder: Path) -> Told | None:
        """Write the files of the rows with this digest into the folder; None where there are none."""
        with self._lock:
            found = self._kept.get(digest)
            if found is None:
                return None
            self._kept.move_to_end(digest)
        told, files = found
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return told

    def keep(self, digest: bytes, files: list[Path], told: Told) -> None:
        """Keep the files that were written of the rows with this digest."""
        contents = {file.name: file.read_bytes() for file in files}
        with self._lock:
            self._kept[digest] = (told, contents)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        """Keep nothing of what was kept so far."""
        with self._lock:
            self._kept.clear()
