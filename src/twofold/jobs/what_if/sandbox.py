"""Temporary copies of what the line needs of a workspace: settings, log and readings. Evidence is read where it lies.

The workspace is opened, read and closed again before anything is computed, so that neither an end nor a kill leaves a
trace in it. Meanwhile its lock is shared, so that no test removes what is read here; captures may go on.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from twofold.jobs.what_if.lent_blobs import LentBlobs
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER, LOCK_FILE, Workspace
from twofold.scope.settings import Settings
from twofold.vault.blobs.open_blobs import open_blobs
from twofold.vault.care.transfer import add_entries
from twofold.vault.log import Log
from twofold.vault.store import BLOB_FOLDER, CACHE_FOLDER, LOG_FILE, Vault

_VAULT = "vault"


@contextmanager
def sandboxes_of(root: Path) -> Iterator[tuple[Workspace, Workspace]]:
    """Open two copies of the workspace in `root` as it is now, their scope folders left out; both are gone afterwards.

    Every job may be run on them as on the workspace itself. Raises UserError where there is no workspace, or while
    another command computes in it.
    """
    with _shared(root), tempfile.TemporaryDirectory(prefix="twofold-what-if-") as scratch:
        first, second = Path(scratch) / "before", Path(scratch) / "after"
        with Workspace.open(root) as live:
            settings, readings = live.settings, live.readings_folder
            (first / INNER / _VAULT).mkdir(parents=True)
            _copy_log(live.vault.log, first / INNER / _VAULT / LOG_FILE)
        _lend_readings(readings.absolute(), first / INNER / readings.name)
        shutil.copytree(first, second, symlinks=True)
        with _open(first, root, settings) as one, _open(second, root, settings) as other:
            yield one, other


def _open(copy: Path, root: Path, settings: Settings) -> Workspace:
    """Open a copy; the bytes of the evidence are read in the workspace, or where its settings say they are."""
    folder = copy / INNER / _VAULT
    lender = open_blobs(
        settings.blobs, folder=root.absolute() / INNER / _VAULT / BLOB_FOLDER, cache=folder / CACHE_FOLDER
    )
    vault = Vault(folder, Log.open(folder / LOG_FILE), LentBlobs(folder / BLOB_FOLDER, lender))
    return Workspace(copy, vault, replace(settings, database="", blobs=""))


@contextmanager
def _shared(root: Path) -> Iterator[None]:
    """Hold the lock of the workspace together with others who only read; nothing is written to it."""
    path = root / INNER / LOCK_FILE
    if not path.exists():  # nothing was ever computed here
        yield
        return
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read().decode(errors="replace").strip() or "another command"
            expected, remedy = "a workspace that nobody computes in", "wait until it is done, then run this again"
            raise UserError(Problem(str(root), f"the workspace is in use: {holder}", expected, remedy)) from error
        yield


def _copy_log(source: Log, target: Path) -> None:
    """Copy every entry byte for byte. What stands beside the log, such as keys of row commitments, stays behind."""
    log = Log.create(target)
    try:
        with log.writing() as writer:
            add_entries(writer, (bytes(raw) for _, raw in source.raws()))
    finally:
        log.close()


def _lend_readings(source: Path, target: Path) -> None:
    """Make folders whose files point to the kept readings, so that removing one here removes only the pointer."""
    for folder in sorted(source.iterdir()) if source.exists() else ():
        if folder.is_dir() and not folder.name.startswith("."):
            (target / folder.name).mkdir(parents=True)
            for file in folder.iterdir():
                (target / folder.name / file.name).symlink_to(file)
