"""Each step of the check of a vault finds its own fault, and says so in its own sentence."""

from pathlib import Path

import pytest

from twofold.model.evidence import Provenance
from twofold.vault.checkpoint import Checkpoint
from twofold.vault.store import Vault
from twofold.vault.verify import verify_vault

from .conftest import AT, FileMaker


@pytest.fixture
def full(vault: Vault, make_file: FileMaker, provenance: Provenance) -> Vault:
    for number in range(3):
        path = make_file(f"{number}", b"content %d" % number)
        vault.capture(path, provenance=provenance, name=f"{number}.txt", captured_by="p", at=AT)
    return vault


def faults_by_step(vault: Vault, held: Checkpoint | None = None) -> dict[int, tuple[str, ...]]:
    return {check.step: check.faults for check in verify_vault(vault, held=held) if not check.passed}


def one_blob(vault: Vault) -> Path:
    path = min((vault.path / "blobs").glob("??/*"))
    path.chmod(0o644)
    return path


def test_a_whole_vault_passes_every_step(full: Vault) -> None:
    checks = verify_vault(full, held=full.checkpoint())
    assert [check.step for check in checks] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(check.passed and not check.notes for check in checks)


def test_an_edited_entry_breaks_root_and_tree(full: Vault) -> None:
    full.log.connection.executescript(
        "DROP TRIGGER entry_is_unchanged; UPDATE entry SET bytes = CAST(replace(bytes, '1.txt', '9.txt') AS BLOB)"
        " WHERE idx = 2"
    )
    found = faults_by_step(full)
    assert set(found) == {2, 3, 7}
    assert "The entries hash to" in found[2][0]


def test_a_removed_entry_breaks_the_numbering(full: Vault) -> None:
    full.log.connection.executescript("DROP TRIGGER entry_is_kept; DELETE FROM entry WHERE idx = 1")
    found = faults_by_step(full)
    assert found[1][0] == "Entry 1 is missing; the next one is 2."
    assert found[2][0] == "The log should hold 4 entries and holds 3."


def test_an_edited_tree_node_is_named(full: Vault) -> None:
    full.log.connection.execute("UPDATE node SET hash = zeroblob(32) WHERE level = 1 AND position = 0")
    assert faults_by_step(full) == {3: ("Node (1, 0) of the tree is missing or wrong.",)}


def test_a_history_rewritten_throughout_is_found_by_a_kept_checkpoint(
    full: Vault, tmp_path: Path, make_file: FileMaker, provenance: Provenance
) -> None:
    held = full.checkpoint()
    with Vault.create(tmp_path / "w", origin=full.origin, log_id=full.log_id, actor="p-0001", at=AT) as forged:
        for number in range(5):
            path = make_file("f", b"forged %d" % number)
            forged.capture(path, provenance=provenance, name=f"{number}.txt", captured_by="p", at=AT)
        assert faults_by_step(forged) == {}
        assert "not those that the checkpoint" in faults_by_step(forged, held)[4][0]
        assert faults_by_step(forged, Checkpoint(held.origin, 1, full.root(1))) == {}
        assert "only 6" in faults_by_step(forged, Checkpoint(held.origin, 9, held.root))[4][0]
        assert "is of the log" in faults_by_step(forged, Checkpoint("elsewhere", 1, held.root))[4][0]


def test_missing_short_and_changed_bytes_are_three_sentences(full: Vault) -> None:
    path = one_blob(full)
    content = path.read_bytes()
    path.write_bytes(content[::-1])
    assert set(faults_by_step(full)) == {6}
    path.write_bytes(content[:-1])
    assert "8 long; 9 were captured" in faults_by_step(full)[5][0]
    path.unlink()
    found = faults_by_step(full)
    assert set(found) == {5}
    assert found[5][0].endswith("are missing.")


def test_an_index_that_differs_is_found(full: Vault) -> None:
    full.log.connection.execute("UPDATE evidence SET version = 7 WHERE idx = 1")
    full.log.connection.execute("DELETE FROM entry_kind WHERE idx = 1")
    assert [fault.split(".")[0] for fault in faults_by_step(full)[7]] == [
        "The index of evidence differs from the capture entries",
        "The index of kinds differs from the entries",
    ]


def test_extra_files_are_listed_and_harmless(full: Vault) -> None:
    blobs = full.path / "blobs"
    (blobs / "incoming" / "x.part").write_bytes(b"cut off")
    (blobs / "aa").mkdir(exist_ok=True)
    (blobs / "aa" / ("b" * 62)).write_bytes(b"")
    (blobs / "aa" / "notes.txt").write_bytes(b"")
    last = verify_vault(full)[-1]
    assert last.passed
    assert [note.split(" ")[0] for note in last.notes] == ["Bytes", "aa/notes.txt", "incoming/x.part"]
