"""The parts of a vault, opened without asking whether they belong together: for looking at what a vault refuses."""

from dataclasses import dataclass
from pathlib import Path

from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.blobs.open_blobs import open_blobs
from twofold.vault.database.database import open_database
from twofold.vault.log import Log
from twofold.vault.opening.guards import missing_log
from twofold.vault.store import BLOB_FOLDER, CACHE_FOLDER, LOG_FILE


@dataclass(frozen=True, slots=True)
class StoredVault:
    """Folder, log and bytes of a vault."""

    path: Path
    log: Log
    blobs: BlobStore

    @classmethod
    def open(cls, path: Path, *, database: str = "", blobs: str = "") -> "StoredVault":
        """Open the parts; raises UserError where log or store are missing altogether."""
        if not database and not (path / LOG_FILE).is_file():
            raise missing_log(path, str(path / LOG_FILE))
        store = open_blobs(blobs, folder=path / BLOB_FOLDER, cache=path / CACHE_FOLDER)
        return cls(path, Log(open_database(database or path / LOG_FILE)), store)

    def close(self) -> None:
        """Release the log."""
        self.log.close()
