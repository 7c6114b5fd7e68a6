"""Record that something left the workspace other than an audit package: an entry of kind `export`."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from twofold.records.acts.recording import record
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault


class Exported(StrEnum):
    """What can leave."""

    SCOPE = "scope"
    LOG = "log"
    PROOF = "proof"
    CHECKPOINT = "checkpoint"
    BACKUP = "backup"


def record_export(
    vault: Vault, *, what: Exported, name: str, files: Mapping[str, bytes], acting_user: str, at: datetime
) -> Entry:
    """Record what left. `files`: name -> SHA-256 (32 bytes) of each file; `name`: how people call it.

    The entry holds their number and one hash: SHA-256 over lines `HEX  NAME`, as sha256sum prints them, by name.
    """
    lines = "".join(f"{digest.hex()}  {file}\n" for file, digest in sorted(files.items()))
    body: dict[str, Json] = {
        "files": len(files),
        "log_size": vault.size,
        "name": name,
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "what": str(what),
    }
    return record(vault, EntryKind.EXPORT, body=body, acting_user=acting_user, at=at)
