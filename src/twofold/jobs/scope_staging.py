"""How scope files are changed by a screen: the log decides, and the files in `scope/` follow it, also after a crash.

The new files are made complete in `.twofold/scope-change/` first. Then their apply is recorded, which is the moment at
which the change is in force. Then they take the place of the old ones. A kill before that moment leaves the old scope
and the old files; one after it leaves the new scope, and whoever plans or applies next puts the files in place.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER, Workspace
from twofold.vault.blobs.written_file import replace_file
from twofold.vault.entry import EntryKind

_FOLDER = "scope-change"
_FILES = "scope"
"""Named as the folder that people edit, so that a fault in a staged file is told at the place that they know."""
_NOTE = "change.json"
_LOCK = "scope.lock"


def scope_files(folder: Path) -> list[Path]:
    """Return the files of a folder that an apply captures, in order of path."""
    return sorted(
        path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml"} and not path.name.startswith(".")
    )


def contents_of(folder: Path) -> dict[str, bytes]:
    """Return name -> bytes of the scope files of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in scope_files(folder)}


@contextmanager
def changing(workspace: Workspace) -> Iterator[None]:
    """Hold the scope while a change of it is planned and recorded; waits for whoever holds it. Not to be nested."""
    with (workspace.root / INNER / _LOCK).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def staged(workspace: Workspace, contents: Mapping[str, bytes], *, sha256: str) -> Path:
    """Write a whole set of scope files aside and return their folder; the caller holds `changing`.

    sha256: hash of the scope that they say, by which `settle` knows whether it was recorded.
    """
    place = workspace.root / INNER / _FOLDER
    shutil.rmtree(place, ignore_errors=True)
    folder = place / _FILES
    for name, content in contents.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, content)
    last = workspace.vault.log.latest(EntryKind.SCOPE_APPLY)
    before = {name: _hash(content) for name, content in contents_of(workspace.scope_folder).items()}
    note = {"after_entry": last.index if last else -1, "before": before, "scope_sha256": sha256}
    replace_file(place / _NOTE, orjson.dumps(note))
    return folder


def settle(workspace: Workspace) -> None:
    """Finish what a crash left: put recorded files in place, throw unrecorded ones away. Does nothing otherwise.

    Raises UserError where a file to be put in place was edited since; nothing is overwritten then.
    """
    if not (workspace.root / INNER / _FOLDER).exists():
        return
    with changing(workspace):
        put_in_place(workspace)


def put_in_place(workspace: Workspace) -> None:
    """Let staged files take the place of the old ones if their apply is recorded; the caller holds `changing`."""
    place = workspace.root / INNER / _FOLDER
    note = place / _NOTE
    if note.exists() and _recorded(workspace, noted := orjson.loads(note.read_bytes())):
        _move(workspace, contents_of(place / _FILES), noted["before"])
    shutil.rmtree(place, ignore_errors=True)


def _recorded(workspace: Workspace, noted: Mapping[str, object]) -> bool:
    last = workspace.vault.log.latest(EntryKind.SCOPE_APPLY)
    after = noted["after_entry"]
    new = last is not None and isinstance(after, int) and last.index > after
    return new and last is not None and last.body["scope_sha256"] == noted["scope_sha256"]


def _move(workspace: Workspace, fresh: Mapping[str, bytes], before: Mapping[str, str]) -> None:
    present = contents_of(workspace.scope_folder)
    moving = {name: content for name, content in fresh.items() if present.get(name) != content}
    edited = [name for name in moving if name in present and _hash(present[name]) != before.get(name)]
    if edited:
        found = "it was edited while a change made on screen was being put in place"
        remedy = f"the change is in force: bring it over from {INNER}/{_FOLDER}/{_FILES}/, then delete that folder"
        raise UserError([Problem(f"scope/{name}", found, "the file as it was", remedy) for name in edited])
    for name, content in moving.items():
        target = workspace.scope_folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, content)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
