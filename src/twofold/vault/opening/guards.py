"""Refusals at the opening of a vault: a log that is not the one of this workspace, is older than it was, or was moved.

(1) The log was not moved to another place. (2) It is the log that this workspace wrote last. (3) It is not shorter than
that, and begins with the same entries. (4) The store of captured bytes belongs to it.
A refusal changes nothing. `twofold fsck` looks at a vault that is refused here.
"""

from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.database.database import Database
from twofold.vault.log import Log
from twofold.vault.opening.marks import BlobMark, Newest, read_blob_mark, read_newest

_FSCK = "run 'twofold fsck' to see what is here, then 'twofold restore' from a backup into a new folder"
_SETTINGS = "correct [storage] in twofold.toml, or open the workspace that this belongs to"


def moved_to(database: Database) -> str | None:
    """Return where a log was moved to, None when it was not."""
    rows = database.execute("SELECT location FROM moved")
    return str(rows[0][0]) if rows else None


def require_same_history(path: Path, log: Log, log_id: str) -> None:
    """Raise UserError unless the log is the one of this workspace, and not older than what was seen of it."""
    if (location := moved_to(log.database)) is not None:
        found = f"this log was moved to {location}; entries that were added here would be a second history"
        remedy = "correct [storage] in twofold.toml; after a move that was cut off, run the same 'twofold move' again"
        raise UserError(Problem(log.where, found, "the log in its new place", remedy))
    newest = read_newest(path)
    if newest is None:
        return
    if newest.log_id != log_id:
        found = f"this is the log {log_id}, and this workspace wrote the log {newest.log_id}"
        raise UserError(Problem(log.where, found, "the log of this workspace", _SETTINGS))
    if fault := _shorter_or_other(log, newest):
        raise UserError(Problem(log.where, fault, "the log as this workspace saw it last, or a longer one", _FSCK))


def require_own_blobs(store: BlobStore, log_id: str) -> None:
    """Raise UserError unless the store of captured bytes belongs to the log."""
    mark = read_blob_mark(store.mark())
    if mark is None:
        found = "the store of captured bytes does not say which log it belongs to"
        remedy = "see that [storage] in twofold.toml is right; if it is, 'twofold fsck --repair' writes the mark again"
    elif mark.log_id != log_id:
        found = f"the captured bytes here belong to the log {mark.log_id}, and this log is {log_id}"
        remedy = _SETTINGS
    elif mark.moved_to:
        found, remedy = f"the captured bytes were moved to {mark.moved_to}", _SETTINGS
    else:
        return
    raise UserError(Problem(store.where, found, "the store of this log", remedy))


def mark_blobs(store: BlobStore, log_id: str, *, moved_to: str = "") -> None:
    """Say in the store which log it belongs to."""
    store.set_mark(BlobMark(log_id, moved_to).content)


def missing_log(path: Path, where: str) -> UserError:
    """Say that the log is missing where this workspace, or captured bytes beside it, say that there was one."""
    newest = read_newest(path)
    seen = f"; it held {newest.size} entries when this workspace wrote it last" if newest else ""
    found = f"captured bytes are here and the log that names them is missing{seen}"
    remedy = "correct [storage] in twofold.toml, or run 'twofold restore' from a backup; do not start a new log here"
    return UserError(Problem(where, found, "the log of this workspace", remedy))


def _shorter_or_other(log: Log, newest: Newest) -> str:
    size = log.size
    if size < newest.size:
        return f"the log holds {size} entries, and held {newest.size} before: an old copy was put in its place"
    if log.root(newest.size).hex() != newest.root:
        return f"the first {newest.size} entries are not those that were here before: this is another history"
    return ""
