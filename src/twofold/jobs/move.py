"""Move the log, the captured bytes or both of a workspace to another place. Every hash, index, root and proof stays."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.storage_settings import with_storage
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER, Workspace
from twofold.scope.settings import FILE as SETTINGS_FILE
from twofold.scope.settings import Settings, load_settings
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.blobs.open_blobs import create_blobs, open_blobs
from twofold.vault.blobs.written_file import replace_file
from twofold.vault.canonical import Json
from twofold.vault.care.move import move_log
from twofold.vault.care.stored_vault import StoredVault
from twofold.vault.care.transfer import Wanted, captured_bytes, copy_blobs, copy_locks
from twofold.vault.entry import EntryKind
from twofold.vault.log import LogWriter
from twofold.vault.opening.guards import mark_blobs, moved_to
from twofold.vault.opening.marks import Newest, read_blob_mark, write_newest
from twofold.vault.retention.deletions import deleted_blobs
from twofold.vault.store import BLOB_FOLDER, CACHE_FOLDER, LOG_FILE, Vault

HERE = "here"
"""Names the workspace's own folder."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the log and the bytes lie now ("" = in the workspace's folder), and how many blobs were copied."""

    database: str
    blobs: str
    copied: int
    size: int


def move_workspace(
    root: Path, *, database: str | None, blobs: str | None, actor: str, at: datetime, report: ProgressReporter = silent
) -> Moved:
    """Move to these places; None = stays, "here" = the workspace's own folder. Captures wait meanwhile.

    (1) Bytes are copied and checked, with their locks. (2) The log is held, what came meanwhile is copied, the log is
    copied, and an entry says so. (3) The settings name the new places. The old log stays and refuses new entries.
    A move that was cut off is finished by the same call. Raises UserError where something else lies in a new place.
    """
    settings = load_settings(root)
    wanted = (_place(database, settings.database), _place(blobs, settings.blobs))
    stored = StoredVault.open(root / INNER / "vault", database=settings.database, blobs=settings.blobs)
    with closing(stored):
        location = moved_to(stored.log.database)
    if location is not None:
        if location != _shown(wanted[0]):
            found = f"this log was moved to {location} already, and the settings do not say so yet"
            raise UserError(Problem(stored.log.where, found, f"--database {location}", "finish that move first"))
        return _finish(root, settings, wanted, copied=0)
    if wanted == (settings.database, settings.blobs):
        found = "log and bytes lie there already"
        raise UserError(Problem("--database, --blobs", found, f"another place for one of them, or '{HERE}'"))
    with Workspace.open(root) as workspace, workspace.computing("twofold move"):
        copied = _move(workspace, wanted, actor=actor, at=at, report=report)
    return _finish(root, settings, wanted, copied=copied)


def _place(given: str | None, present: str) -> str:
    if given is None:
        return present
    return "" if given == HERE else given


def _shown(place: str) -> str:
    return place or HERE


def _move(workspace: Workspace, wanted: tuple[str, str], *, actor: str, at: datetime, report: ProgressReporter) -> int:
    vault, settings = workspace.vault, workspace.settings
    store = None if wanted[1] == settings.blobs else _new_store(vault, wanted[1])
    copied = 0 if store is None else _copy(vault, store, vault.size, report)
    with vault.log.writing() as writer:
        if store is not None:
            copied += _copy(vault, store, writer.size, report)
            copy_locks(vault.blobs, store, _present(vault, writer.size), at=at)
            for sha256 in deleted_blobs(vault.log):
                store.delete(sha256, at=at)
            mark_blobs(store, vault.log_id)
        _move_log(vault, settings, wanted, writer, actor=actor, at=at)
    return copied


def _move_log(
    vault: Vault, settings: Settings, wanted: tuple[str, str], writer: LogWriter, *, actor: str, at: datetime
) -> None:
    """Record the move: in the new database where the log moves, else here."""
    size, root = vault.log.head()
    body: dict[str, Json] = {
        "blobs": [settings.blobs, wanted[1]],
        "database": [settings.database, wanted[0]],
        "root": root.hex(),
        "size": size,
    }
    if wanted[0] == settings.database:
        writer.append(kind=EntryKind.MOVE, actor=actor, at=at, body=body)
        return
    target = wanted[0] or vault.path / LOG_FILE
    move_log(vault.log, target, shown=_shown(wanted[0]), body=body, actor=actor, at=at)


def _copy(vault: Vault, store: BlobStore, size: int, report: ProgressReporter) -> int:
    return copy_blobs(
        vault.blobs, store, _present(vault, size), progress=lambda done: report("copying captured bytes", done, size)
    )


def _present(vault: Vault, size: int) -> Iterator[Wanted]:
    return captured_bytes(vault.log, size, deleted_blobs(vault.log))


def _new_store(vault: Vault, location: str) -> BlobStore:
    """Make the new store, or open one that holds bytes of this log: of a move that was cut off, or from before."""
    places = {"folder": vault.path / BLOB_FOLDER, "cache": vault.path / CACHE_FOLDER}
    try:
        store = open_blobs(location, **places)
    except UserError:
        store = create_blobs(location, **places)
        mark_blobs(store, vault.log_id)
        return store
    mark = read_blob_mark(store.mark())
    if mark is None or mark.log_id != vault.log_id:
        raise UserError(Problem(store.where, "bytes of another log lie there", "an empty place", "name another one"))
    return store


def _finish(root: Path, settings: Settings, wanted: tuple[str, str], *, copied: int) -> Moved:
    """Let the settings name the new places, then mark the old ones."""
    vault = root / INNER / "vault"
    stored = StoredVault.open(vault, database=wanted[0], blobs=wanted[1])
    with closing(stored):
        size, log_root = stored.log.head()
        log_id = str(stored.log.read(stored.log.raw(0) or b"").body["log_id"])
    path = root / SETTINGS_FILE
    replace_file(path, with_storage(path.read_text(encoding="utf-8"), database=wanted[0], blobs=wanted[1]).encode())
    write_newest(vault, Newest(log_id, size, log_root.hex()))
    if wanted[1] != settings.blobs:
        old = open_blobs(settings.blobs, folder=vault / BLOB_FOLDER, cache=vault / CACHE_FOLDER)
        mark_blobs(old, log_id, moved_to=_shown(wanted[1]))
    return Moved(wanted[0], wanted[1], copied, size)
