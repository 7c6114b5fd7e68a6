"""Back a workspace up while it is in use, and restore it into a new folder. Nothing is half restored."""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.storage_settings import with_storage
from twofold.model.problem import Problem, UserError
from twofold.records.key_place import KEY_FILE, NEXT_FILE, STORE_FILE
from twofold.records.workspace import INNER, SCOPE_SOURCE, Workspace
from twofold.scope.settings import FILE as SETTINGS_FILE
from twofold.vault.act_bodies import check_body
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.blobs.durable import fsync_folder
from twofold.vault.blobs.open_blobs import create_blobs, open_blobs
from twofold.vault.blobs.written_file import replace_file
from twofold.vault.canonical import Json
from twofold.vault.care.backup import (
    BESIDE_FILE,
    FILES_FOLDER,
    Backup,
    MadeBackup,
    back_up,
    check_backup,
    locks_of,
    raws_of,
    read_backup,
    wanted_of,
)
from twofold.vault.care.transfer import add_beside, add_entries, copy_blobs, set_locks
from twofold.vault.entry import EntryKind
from twofold.vault.log import Log
from twofold.vault.opening.guards import mark_blobs
from twofold.vault.opening.marks import Newest, read_blob_mark, write_newest
from twofold.vault.retention.deletions import deletions
from twofold.vault.store import BLOB_FOLDER, CACHE_FOLDER, LOG_FILE

_KEPT_INSIDE = (KEY_FILE, NEXT_FILE, STORE_FILE, "scope.schema.json")
"""Files of the inner folder that cannot be computed; the key is encrypted, and stays so."""


@dataclass(frozen=True, slots=True)
class RestoredWorkspace:
    """A restored workspace: where it is, what it was restored from, and the entry that says so."""

    root: Path
    backup: Backup
    entry_index: int


def back_up_workspace(
    workspace: Workspace, *, into: Path, at: datetime, report: ProgressReporter = silent
) -> MadeBackup:
    """Back up log, captured bytes, settings, scope files and the encrypted key into a folder, new or of this log.

    Captures may go on meanwhile. The result is checked as a whole before it counts. Raises UserError as `back_up` does.
    """
    if workspace.root.resolve() in [into.resolve(), *into.resolve().parents]:
        found = "the backup would lie inside the workspace"
        raise UserError(Problem(str(into), found, "a folder elsewhere, best on another disk", "name another folder"))
    try:
        return _backed_up(workspace, into, at=at, report=report)
    except OSError as error:
        found = f"the backup could not be written ({error.strerror or error})"
        remedy = "see that the disk has room and that you may write there, then run it again: it goes on"
        raise UserError(Problem(str(into), found, "the earlier backup is as it was", remedy)) from error


def restore_workspace(
    folder: Path,
    *,
    into: Path,
    database: str = "",
    blobs: str = "",
    actor: str,
    at: datetime,
    report: ProgressReporter = silent,
) -> RestoredWorkspace:
    """Restore a backup into a new folder, with log and bytes inside it or where `database` and `blobs` say.

    (1) The whole backup is checked. (2) Bytes and log are put in place; the log ends with an entry that says so, and
    must have the root of the backup before it. (3) The folder gets its name. A restore that was cut off goes on
    when it is run again. Raises UserError where something lies in one of the places.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        remedy = "name a new folder; nothing is ever restored over a workspace"
        raise UserError(Problem(str(into), "something lies there already", "a new folder", remedy))
    backup = read_backup(folder)
    check_backup(backup, report=report)
    building = into.absolute().parent / f".{into.name}.restoring"
    try:
        with _alone(building):
            index = _restore_into(building, backup, (database, blobs), actor=actor, at=at, report=report)
            if into.exists():
                into.rmdir()
            building.rename(into)
            fsync_folder(into.absolute().parent)
    except OSError as error:
        found = f"the workspace could not be written ({error.strerror or error})"
        remedy = "see that the disk has room and that you may write there, then run it again: it goes on"
        raise UserError(Problem(str(into), found, "nothing was put in place", remedy)) from error
    return RestoredWorkspace(into, backup, index)


def _backed_up(workspace: Workspace, into: Path, *, at: datetime, report: ProgressReporter) -> MadeBackup:
    """Back up; again from the start where bytes went meanwhile since the log records their deletion."""
    while True:
        known = len(deletions(workspace.vault.log))
        try:
            return back_up(workspace.vault, into, files=_files(workspace), at=at, report=report)
        except UserError:
            if len(deletions(workspace.vault.log)) == known:
                raise


def _files(workspace: Workspace) -> dict[str, bytes]:
    """Return the files of a workspace that a backup holds beside the vault."""
    root, chain = workspace.root, workspace.settings.timestamp_chain
    paths = [root / SETTINGS_FILE, *(path for path in sorted((root / SCOPE_SOURCE).rglob("*")) if path.is_file())]
    paths += [path for name in _KEPT_INSIDE if (path := root / INNER / name).is_file()]
    if chain and (root / chain).is_file() and root.resolve() in (root / chain).resolve().parents:
        paths.append(root / chain)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def _alone(building: Path) -> Iterator[None]:
    """Hold the folder that is being made against a second restore into the same place."""
    building.mkdir(parents=True, exist_ok=True)
    with (building.parent / f"{building.name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                Problem(str(building), "another restore is writing here", "", "wait until it ends")
            ) from error
        yield
        Path(lock.name).unlink()


def _restore_into(
    building: Path, backup: Backup, places: tuple[str, str], *, actor: str, at: datetime, report: ProgressReporter
) -> int:
    database, blobs = places
    vault = building / INNER / "vault"
    vault.mkdir(parents=True, exist_ok=True)
    prefix = f"{FILES_FOLDER}/"
    for name in backup.files:
        if name.startswith(prefix):
            target = building / name.removeprefix(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = (backup.state_folder / name).read_bytes()
            mode = 0o600 if target.suffix == ".pem" else 0o644
            replace_file(target, content, mode=mode)
    settings = building / SETTINGS_FILE
    replace_file(settings, with_storage(settings.read_text(encoding="utf-8"), database=database, blobs=blobs).encode())
    store = _store(vault, blobs, backup)
    copy_blobs(backup.store, store, wanted_of(backup), progress=lambda done: report("restoring", done, backup.blobs))
    for sha256, locks in locks_of(backup).items():
        set_locks(store, sha256, locks, at=at)
    return _restore_log(vault, database, backup, actor=actor, at=at)


def _store(vault: Path, location: str, backup: Backup) -> BlobStore:
    """Make the store, or open the one that a restore of this log made that was cut off."""
    places = {"folder": vault / BLOB_FOLDER, "cache": vault / CACHE_FOLDER}
    try:
        store = open_blobs(location, **places)
    except UserError:
        store = create_blobs(location, **places)
        mark_blobs(store, backup.log_id)
        return store
    mark = read_blob_mark(store.mark())
    if mark is None and not any(store.all()):
        mark_blobs(store, backup.log_id)
    elif mark is None or mark.log_id != backup.log_id:
        raise UserError(Problem(store.where, "bytes of another log lie there", "an empty place", "name another one"))
    elif mark.moved_to:
        mark_blobs(store, backup.log_id)
    return store


def _restore_log(vault: Path, database: str, backup: Backup, *, actor: str, at: datetime) -> int:
    """Write the log and the entry about the restore in one transaction; return the index of that entry."""
    if not database:
        for path in vault.glob(f"{LOG_FILE}*"):
            path.unlink()  # of a restore that was cut off: the folder has no name yet
    with closing(_new_log(vault, database, backup)) as log:
        if log.size == 0:
            with log.writing() as writer:
                add_entries(writer, raws_of(backup))
                add_beside(writer.database, (backup.state_folder / BESIDE_FILE).read_bytes().splitlines())
                body: dict[str, Json] = {
                    "blobs": backup.blobs,
                    "made_at": backup.made_at,
                    "root": backup.root.hex(),
                    "size": backup.size,
                }
                check_body(EntryKind.RESTORE, body)
                writer.append(kind=EntryKind.RESTORE, actor=actor, at=at, body=body)
        size, root = log.head()
        if size != backup.size + 1 or log.root(backup.size) != backup.root:
            found = f"the log there has {size} entries, and not those of the backup"
            raise UserError(Problem(log.where, found, "an empty place", "name another database or schema"))
        write_newest(vault, Newest(backup.log_id, size, root.hex()))
        return backup.size


def _new_log(vault: Path, database: str, backup: Backup) -> Log:
    """Make an empty log, or open the one in PostgreSQL that a restore of this backup finished before it was cut off."""
    try:
        return Log.create(database or vault / LOG_FILE)
    except UserError:
        if not database:
            raise
        log = Log.open(database)
        if log.size == backup.size + 1 and log.root(backup.size) == backup.root:
            return log
        log.close()
        raise
