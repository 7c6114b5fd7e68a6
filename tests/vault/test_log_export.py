"""The exported files prove what they hold to a reader that knows nothing of our log, and only new files are added."""

import hashlib
from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.vault.log import Log
from twofold.vault.log_export import ExportedLog, export_log
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.tree.merkle import leaf_hash
from twofold.vault.tree.tiles import bundle_path, bundles_of, decode_bundle, leaf_in, tile_path, tiles_of, verify_tiles

from .conftest import AT


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log.create(tmp_path / "log.sqlite3")


def grown(log: Log, count: int, *, text: str = "") -> Checkpoint:
    with log.writing() as writer:
        for _ in range(count):
            writer.append(kind="run", actor="p", at=AT, body={"n": writer.size, "text": text})
    return Checkpoint("example.com/e", *log.head())


def published(log: Log, into: Path, checkpoint: Checkpoint) -> ExportedLog:
    return export_log(log, into, checkpoint=checkpoint, text=f"{checkpoint.text}\n\u2014 a signature\n")


def proven_entries(folder: Path) -> list[bytes]:
    """Read the folder as a client does: from the checkpoint down, and every hash checked."""
    body = (folder / "checkpoint").read_text(encoding="utf-8").split("\n\n")[0] + "\n"
    checkpoint = Checkpoint.parse(body)
    tiles = {tile: (folder / tile_path(tile)).read_bytes() for tile in tiles_of(checkpoint.size)}
    verify_tiles(tiles, size=checkpoint.size, root=checkpoint.root)
    entries = [
        entry
        for bundle in bundles_of(checkpoint.size)
        for entry in decode_bundle((folder / bundle_path(bundle)).read_bytes())
    ]
    assert [leaf_hash(entry) for entry in entries] == [
        leaf_in(tiles, index, checkpoint.size) for index in range(checkpoint.size)
    ]
    return entries


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_an_export_is_a_log_by_itself_and_the_next_one_adds_to_it(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "public" / "log"
    first = grown(log, 300)
    grown(log, 30)
    assert published(log, folder, first) == ExportedLog(300, 0, 3 + 2)
    assert proven_entries(folder) == [raw for _, raw in log.raws()][:300]
    before = contents(folder)

    second = grown(log, 400)
    assert published(log, folder, second) == ExportedLog(730, 300, 3 + 2)
    assert proven_entries(folder) == [raw for _, raw in log.raws()]
    after = contents(folder)
    assert {name for name in before if after[name] != before[name]} == {"checkpoint"}
    assert set(after) - set(before) == {
        *("tile/0/001", "tile/0/002.p/218", "tile/1/000.p/2"),
        *("tile/entries/001", "tile/entries/002.p/218"),
    }
    assert published(log, folder, second) == ExportedLog(730, 730, 0)


def test_a_kill_before_the_checkpoint_leaves_the_earlier_export(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "log"
    published(log, folder, grown(log, 10))
    second = grown(log, 600)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("twofold.vault.log_export.replace_file", killed)
        with pytest.raises(KeyboardInterrupt):
            published(log, folder, second)
    assert len(proven_entries(folder)) == 10
    published(log, folder, second)
    assert len(proven_entries(folder)) == 610


def test_another_history_in_the_folder_is_refused(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    ours = grown(log, 10)
    published(log, folder, ours)
    before = contents(folder)
    other = Log.create(tmp_path / "other.sqlite3")
    short = grown(other, 5)
    with pytest.raises(UserError, match="holds 10 entries, and this log only 5"):
        published(other, folder, short)
    longer = grown(other, 20, text="other")
    with pytest.raises(UserError, match="its first 10 entries are not those"):
        published(other, folder, longer)
    with pytest.raises(UserError, match=r"it holds the log 'example\.com/e'"):
        published(log, folder, Checkpoint("example.com/f", ours.size, ours.root))
    assert contents(folder) == before
    (folder / "checkpoint").write_bytes(b"\xff")
    with pytest.raises(UserError, match="its checkpoint cannot be read"):
        published(log, folder, ours)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    with pytest.raises(UserError, match="something else lies there"):
        published(log, tmp_path / "full", ours)


def test_a_log_whose_entries_were_edited_is_not_published(log: Log, tmp_path: Path) -> None:
    checkpoint = grown(log, 10)
    log.database.execute("DROP TRIGGER entry_is_unchanged")
    log.database.execute("UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE idx = 1) WHERE idx = 2")
    with pytest.raises(UserError, match="do not hash to their tile"):
        published(log, tmp_path / "log", checkpoint)
    assert not (tmp_path / "log" / "checkpoint").exists()
    log.database.execute("UPDATE tile SET hashes = ?", (bytes(320),))
    with pytest.raises(UserError, match="do not give the root"):
        published(log, tmp_path / "log", checkpoint)
