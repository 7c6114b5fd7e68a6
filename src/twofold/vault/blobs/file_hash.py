"""The SHA-256 of a file, by which evidence, tables, runs, judgements and packages name it."""

import hashlib
from pathlib import Path


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file in hex, read in pieces; raises OSError where it cannot be read."""
    with path.open("rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
