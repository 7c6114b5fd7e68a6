"""Writes a log as the static files of C2SP tlog-tiles: tiles, entry bundles, and last the checkpoint over them.

Any tlog-tiles client can read the folder, from a web server or a disk. Files are immutable but for the checkpoint, so
exporting again adds only what is new. A folder of another log, or of a longer or different history, is refused.
"""

from dataclasses import dataclass
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.durable import FileSystem
from twofold.vault.blobs.written_file import replace_file
from twofold.vault.database.database_faults import damaged
from twofold.vault.log import Log
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.tree.merkle import HASH_SIZE, leaf_hash
from twofold.vault.tree.tiles import (
    WIDTH,
    Bundle,
    Tile,
    bundle_path,
    bundles_of,
    encode_bundle,
    tile_path,
    tiles_of,
)

CHECKPOINT_FILE = "checkpoint"
_DURABLE_TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class ExportedLog:
    """What an export wrote: how many entries the folder holds now, how many it held, and the number of new files."""

    size: int
    earlier_size: int
    files: int


def export_log(log: Log, into: Path, *, checkpoint: Checkpoint, text: str) -> ExportedLog:
    """Bring the folder to the size of a checkpoint of this log.

    text: the checkpoint as it is to be published, a signed note. A kill leaves the earlier checkpoint, and all files
    that it needs. Raises UserError where the folder holds something else, or where the log's entries do not give
    the hashes that are stored.
    """
    if log.root(checkpoint.size) != checkpoint.root:
        raise damaged(log.where, "its tiles do not give the root of the checkpoint")
    since = _size_there(log, into, checkpoint)
    try:
        into.mkdir(parents=True, exist_ok=True)
        written = _Files(into)
        for tile in tiles_of(checkpoint.size, since=since):
            written.add(tile_path(tile), _hashes(log, tile))
        for bundle in bundles_of(checkpoint.size, since=since):
            written.add(bundle_path(bundle), _entries(log, bundle))
        written.make_durable()
        replace_file(into / CHECKPOINT_FILE, text.encode())
    except OSError as error:
        found = f"the log could not be written here ({error.strerror or error})"
        remedy = "see that the disk has room and that you may write there; then export again"
        raise UserError(Problem(str(into), found, "the checkpoint is as it was", remedy)) from error
    return ExportedLog(checkpoint.size, since, written.count)


class _Files:
    """Writes files below a folder: each under another name first, all durable before the checkpoint names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._system = FileSystem(folder)
        self._waiting: list[Path] = []
        self.count = 0

    def add(self, path: str, content: bytes) -> None:
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        fresh.write_bytes(content)
        if not self._waiting:
            self._system.watch()
        self._waiting.append(target)
        self.count += 1
        if len(self._waiting) == _DURABLE_TOGETHER:
            self.make_durable()

    def make_durable(self) -> None:
        """Give the files their names once their content is on the disk, and then make the names durable."""
        fresh = [path.with_name(f".{path.name}.new") for path in self._waiting]
        self._system.sync(fresh)
        for new, target in zip(fresh, self._waiting, strict=True):
            new.replace(target)
        folders = {above for path in self._waiting for above in path.relative_to(self._folder).parents}
        self._system.sync([self._folder / folder for folder in sorted(folders)])
        self._system.end_watch()
        self._waiting = []


def _hashes(log: Log, tile: Tile) -> bytes:
    """Return the hashes of a tile as it was at the checkpoint; the stored one may have grown since."""
    hashes = log.tile(tile.level, tile.position)[: tile.width * HASH_SIZE]
    if len(hashes) != tile.width * HASH_SIZE:
        raise damaged(log.where, f"hashes are missing in {tile_path(tile)}")
    return hashes


def _entries(log: Log, bundle: Bundle) -> bytes:
    start = bundle.position * WIDTH
    rows = log.database.execute(
        "SELECT bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", (start, start + bundle.width)
    )
    entries = [bytes(raw) for (raw,) in rows]
    leaves = b"".join(map(leaf_hash, entries))
    if leaves != _hashes(log, Tile(0, bundle.position, bundle.width)):
        raise damaged(log.where, f"entries from {start} on do not hash to their tile")
    return encode_bundle(entries)


def _size_there(log: Log, into: Path, checkpoint: Checkpoint) -> int:
    """Return the size of the log that the folder holds already, 0 for an empty or new folder."""
    try:
        text = (into / CHECKPOINT_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        if into.exists() and any(path.name != "tile" for path in into.iterdir()):
            remedy = "name another folder"
            raise UserError(Problem(str(into), "something else lies there", "a folder of this log", remedy)) from None
        return 0
    except (OSError, UnicodeDecodeError) as error:
        raise _other_log(into, "its checkpoint cannot be read") from error
    try:
        there = Checkpoint.parse(text.partition("\n\n")[0].rstrip("\n") + "\n")
    except ValueError as error:
        raise _other_log(into, "its checkpoint cannot be read") from error
    if there.origin != checkpoint.origin:
        raise _other_log(into, f"it holds the log {there.origin!r}")
    if there.size > checkpoint.size:
        raise _other_log(into, f"it holds {there.size} entries, and this log only {checkpoint.size}")
    if log.root(there.size) != there.root:
        raise _other_log(into, f"its first {there.size} entries are not those of this log")
    return there.size


def _other_log(into: Path, found: str) -> UserError:
    return UserError(
        Problem(
            str(into),
            f"the folder holds another history: {found}",
            "an earlier export of this log, or a new folder",
            "keep that folder as it is, and find out why the two differ",
        )
    )
