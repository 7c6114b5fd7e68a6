"""A backup of a vault in one folder: the log as C2SP tiles and entry bundles, what stands beside it, captured bytes.

backup.json   written last, in one move: which state of the log this is, and the hash of each file of `state/`
log/          the log in the form of `log_export.py`
state/N/      what stands beside the log, locks, and the files of the workspace, as they were at this backup
blobs/        captured bytes, in the form of a folder store

A backup into the same folder adds what is new. A kill leaves the earlier backup as it was. The form:
docs/formats/backup.md.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import orjson

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.blobs import LOG_MARK, BlobStore, Locks
from twofold.vault.blobs.durable import fsync_folder
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.blobs.folder_blobs import FolderBlobs
from twofold.vault.blobs.written_file import replace_file
from twofold.vault.canonical import Json, canonical_bytes
from twofold.vault.care.fsck_blobs import CapturedBytes
from twofold.vault.care.fsck_tree import StoredTiles
from twofold.vault.care.transfer import Wanted, captured_bytes, copy_blobs, first_capture, lines_beside
from twofold.vault.entry import Entry, EntryKind, instant_text, read_entry
from twofold.vault.evidence import evidence_id_of
from twofold.vault.log_export import export_log
from twofold.vault.opening.guards import mark_blobs
from twofold.vault.opening.marks import read_blob_mark
from twofold.vault.retention.deletions import deleted_blobs
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.store import Vault
from twofold.vault.tree.merkle import fold, grow, leaf_hash
from twofold.vault.tree.tiles import bundle_path, bundles_of, decode_bundle, tile_at, tile_path

FORM = "twofold-backup-1"
BACKUP_FILE = "backup.json"
BESIDE_FILE, LOCKS_FILE, FILES_FOLDER = "beside.jsonl", "locks.jsonl", "workspace"

Reporter = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: what `backup.json` says. `files`: path below the state's folder -> SHA-256."""

    folder: Path
    origin: str
    log_id: str
    size: int
    root: bytes
    made_at: str
    state: str
    blobs: int
    files: Mapping[str, str]
    form: str = FORM

    @property
    def state_folder(self) -> Path:
        """Folder of what stood beside the log."""
        return self.folder / self.state

    @property
    def store(self) -> FolderBlobs:
        """The captured bytes."""
        return FolderBlobs(self.folder / "blobs")


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A backup that was made and checked, and how many blobs were new in it."""

    backup: Backup
    copied: int


def back_up(vault: Vault, into: Path, *, files: Mapping[str, bytes], at: datetime, report: Reporter) -> MadeBackup:
    """Bring the folder to the present state of the vault, while others may use it, and check the result.

    files: of the workspace, path -> content. Raises UserError where the folder holds something else, or the result is
    not what the log says.
    """
    store = _target(vault, into)
    with vault.log.database.reading():
        size, root = vault.log.head()
        checkpoint = Checkpoint(vault.origin, size, root)
        export_log(vault.log, into / "log", checkpoint=checkpoint, text=checkpoint.text)
        beside = b"".join(lines_beside(vault.log.database))
    gone = deleted_blobs(vault.log)
    wanted = partial(captured_bytes, vault.log, size, gone)
    copied = copy_blobs(vault.blobs, store, wanted(), progress=lambda done: report("copying bytes", done, size))
    contents = {BESIDE_FILE: beside, LOCKS_FILE: _locks(vault.blobs, wanted())}
    contents |= {f"{FILES_FOLDER}/{name}": content for name, content in files.items()}
    state = _write_state(into, contents)
    backup = Backup(
        folder=into,
        origin=vault.origin,
        log_id=vault.log_id,
        size=size,
        root=root,
        made_at=instant_text(at),
        state=state,
        blobs=sum(1 for _ in wanted()),
        files={name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())},
    )
    check_backup(backup, report=report)
    replace_file(into / BACKUP_FILE, _text(backup))
    _tidy(backup, gone, at)
    return MadeBackup(backup, copied)


def read_backup(folder: Path) -> Backup:
    """Read `backup.json`; raises UserError where no finished backup is."""
    path = folder / BACKUP_FILE
    try:
        fields = orjson.loads(path.read_bytes())
        return Backup(
            folder=folder,
            origin=fields["origin"],
            log_id=fields["log_id"],
            size=fields["size"],
            root=bytes.fromhex(fields["root"]),
            made_at=fields["made_at"],
            state=fields["state"],
            blobs=fields["blobs"],
            files=dict(fields["files"]),
            form=fields["form"],
        )
    except FileNotFoundError as error:
        found = "there is no backup here, or one that was never finished"
        raise UserError(Problem(str(folder), found, f"a folder with {BACKUP_FILE}", "run 'twofold backup'")) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(Problem(str(path), f"cannot be read: {error}", "a backup of Twofold")) from error


def check_backup(backup: Backup, *, report: Reporter) -> None:
    """Check a backup from its files alone; raises UserError with what is missing or altered.

    (1) The files of the state have their hashes. (2) The entries are numbered and give the root. (3) The tiles are
    those that the entries give. (4) The bytes of every capture are there, or all of its records were deleted.
    """
    if backup.form != FORM:
        remedy = "use the version of Twofold that made it"
        raise UserError(Problem(str(backup.folder), f"it has the form {backup.form!r}", FORM, remedy))
    problems = [
        Problem(str(backup.state_folder / name), "this file of the backup is missing or altered", sha256)
        for name, sha256 in backup.files.items()
        if _hash(backup.state_folder / name) != sha256
    ]
    tiles, frontier, count = StoredTiles(partial(_tile, backup)), list[bytes](), 0
    for raw in raws_of(backup):
        for level, _, digest in grow(frontier, count, leaf_hash(raw)):
            tiles.add(level, digest)
        count += 1
    if count != backup.size or fold(frontier) != backup.root:
        raise _altered(backup, "its entries do not give the root that backup.json names")
    problems += [Problem(str(backup.folder / "log"), text, "the tile that the entries give") for text in tiles.finish()]
    problems += _blob_problems(backup, report)
    if problems:
        raise UserError(problems)


def raws_of(backup: Backup) -> Iterator[bytes]:
    """Give the entries of a backup, in order; raises UserError where a bundle is missing or altered."""
    for bundle in bundles_of(backup.size):
        path = backup.folder / "log" / bundle_path(bundle)
        try:
            entries = decode_bundle(path.read_bytes())
        except (OSError, ValueError) as error:
            raise _altered(backup, f"{path} cannot be read ({error})") from error
        if len(entries) != bundle.width:
            raise _altered(backup, f"{path} holds {len(entries)} entries, not {bundle.width}")
        yield from entries


def wanted_of(backup: Backup) -> Iterator[Wanted]:
    """Give hash and size of the captured bytes that the backup holds, each once."""
    store = backup.store
    for entry in _entries(backup):
        found = first_capture(entry)
        if found is not None and store.size(found[0]) is not None:
            yield found


def locks_of(backup: Backup) -> dict[str, Locks]:
    """Return the locks that stood on captured bytes when the backup was made."""
    found = {}
    for line in (backup.state_folder / LOCKS_FILE).read_bytes().splitlines():
        fields = orjson.loads(line)
        until = fields["retain_until"]
        found[fields["sha256"]] = Locks(None if until is None else datetime.fromisoformat(until), held=fields["held"])
    return found


def _target(vault: Vault, into: Path) -> FolderBlobs:
    """Return the store of bytes in the backup's folder; raises UserError where the folder holds something else."""
    blobs = into / "blobs"
    if not into.exists() or (into.is_dir() and _holds_nothing(into, blobs)):
        shutil.rmtree(blobs, ignore_errors=True)
        into.mkdir(parents=True, exist_ok=True)
        store = FolderBlobs.create(blobs)
        mark_blobs(store, vault.log_id)
        return store
    store = FolderBlobs(blobs)
    mark = read_blob_mark(store.mark()) if blobs.is_dir() else None
    if mark is None or mark.log_id != vault.log_id:
        found = "something else lies there" if mark is None else f"it holds a backup of the log {mark.log_id}"
        raise UserError(Problem(str(into), found, "a new folder, or a backup of this workspace", "name another folder"))
    return store


def _holds_nothing(into: Path, blobs: Path) -> bool:
    """Whether a folder is empty, or holds what a kill left before the mark: empty folders and a mark half written."""
    if any(path != blobs for path in into.iterdir()) or blobs.is_symlink():
        return False
    half = f".{LOG_MARK}."
    return all(
        (path.is_dir() and not path.is_symlink()) or (path.parent == blobs and path.name.startswith(half))
        for path in blobs.rglob("*")
    )


def _locks(store: BlobStore, wanted: Iterable[Wanted]) -> bytes:
    lines = []
    for sha256, _ in wanted:
        locks = store.locks(sha256)
        if locks != Locks():
            until = None if locks.retain_until is None else instant_text(locks.retain_until)
            lines.append(canonical_bytes({"held": locks.held, "retain_until": until, "sha256": sha256}) + b"\n")
    return b"".join(lines)


def _write_state(into: Path, contents: Mapping[str, bytes]) -> str:
    """Write the files of a state into a new folder, durably; return its path below the backup."""
    taken = [int(path.name) for path in (into / "state").glob("*") if path.name.isdigit()]
    state = f"state/{max(taken, default=0) + 1}"
    for name, content in contents.items():
        path = into / state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content, mode=0o600)
    for folder in {path.parent for path in (into / state).rglob("*")} | {into / "state", into}:
        fsync_folder(folder)
    return state


def _text(backup: Backup) -> bytes:
    fields: dict[str, Json] = {
        "blobs": backup.blobs,
        "files": dict(backup.files),
        "form": FORM,
        "log_id": backup.log_id,
        "made_at": backup.made_at,
        "origin": backup.origin,
        "root": backup.root.hex(),
        "size": backup.size,
        "state": backup.state,
    }
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def _tidy(backup: Backup, gone: Iterable[str], at: datetime) -> None:
    """Remove earlier states, and the bytes whose deletion the log records: they go from the backup, too."""
    for path in (backup.folder / "state").iterdir():
        if path != backup.state_folder:
            shutil.rmtree(path)
    for sha256 in gone:
        backup.store.delete(sha256, at=at)
    backup.store.sweep(at)


def _tile(backup: Backup, level: int, position: int) -> bytes:
    try:
        return (backup.folder / "log" / tile_path(tile_at(level, position, backup.size))).read_bytes()
    except (OSError, ValueError):
        return b""


def _entries(backup: Backup) -> Iterator[Entry]:
    """Give the entries; raises UserError for bytes that are none, or out of order."""
    for number, raw in enumerate(raws_of(backup)):
        try:
            entry = read_entry(raw)
        except ValueError as error:
            raise _altered(backup, str(error)) from error
        if entry.index != number:
            raise _altered(backup, f"entry {number} says that it is entry {entry.index}")
        yield entry


def _blob_problems(backup: Backup, report: Reporter) -> list[Problem]:
    """Hash the bytes of every capture, on all cores."""
    deleted: dict[str, set[str]] = {}
    for entry in _entries(backup):
        if entry.kind == EntryKind.DELETION:
            deleted.setdefault(entry.body["sha256"], set()).add(entry.body["evidence"])
    captures: dict[str, set[str]] = {sha256: set() for sha256 in deleted}
    with CapturedBytes(backup.store, {}) as captured:
        for entry in _entries(backup):
            report("checking the backup", entry.index, backup.size)
            if entry.kind != EntryKind.CAPTURE:
                continue
            if entry.body["sha256"] in captures:
                captures[entry.body["sha256"]].add(evidence_id_of(entry.index))
            elif (found := first_capture(entry)) is not None:
                captured.check(*found, entry.index)
        for sha256, names in captures.items():
            if names - deleted[sha256]:
                captured.check(sha256, backup.store.size(sha256) or 0, int(min(names).removeprefix("ev-")))
    remedy = "make the backup again; if the workspace itself is damaged, run 'twofold fsck' on it"
    texts = [*captured.sizes, *captured.hashes]
    return [Problem(str(backup.folder), text, "the captured bytes", remedy) for text in texts]


def _hash(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError:
        return ""


def _altered(backup: Backup, found: str) -> UserError:
    remedy = "use another backup; while the workspace is whole, make this one anew"
    return UserError(Problem(str(backup.folder), f"the backup was altered: {found}", "a whole backup", remedy))
