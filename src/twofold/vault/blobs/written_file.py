"""Writes small files whole or not at all: complete and durable under another name first, then moved to their place."""

import os
import tempfile
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.durable import fsync_folder


def replace_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file in place of what may stand there; a kill leaves the one or the other."""
    fresh = _written_beside(path, content, mode)
    try:
        fresh.replace(path)
        fsync_folder(path.absolute().parent)
    finally:
        fresh.unlink(missing_ok=True)


def write_new_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file that is not there yet; raises UserError where there is one, and changes nothing."""
    fresh = _written_beside(path, content, mode)
    try:
        os.link(fresh, path)  # unlike a rename, a link never takes the place of a file
        fsync_folder(path.absolute().parent)
    except FileExistsError as error:
        raise UserError(
            Problem(str(path), "a file of this name is there already", "a new file", "name another file")
        ) from error
    finally:
        fresh.unlink(missing_ok=True)


def _written_beside(path: Path, content: bytes, mode: int) -> Path:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    except OSError as error:
        found = f"no file can be written here ({error.strerror or error})"
        expected = "a folder that is there and that you may write to"
        raise UserError(Problem(str(path), found, expected, "name another place")) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
