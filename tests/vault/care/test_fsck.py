"""Each step of the check of a vault finds its own fault and says what it means; a repair puts right what can be."""

from datetime import timedelta
from pathlib import Path

import pytest

from twofold.model.evidence import Provenance
from twofold.model.problem import UserError
from twofold.vault.care.fault import Check, Standing
from twofold.vault.care.fsck import fsck
from twofold.vault.care.repair import LEFT_ALONE, repair
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.store import Vault

from ..conftest import AT, FileMaker


@pytest.fixture
def full(vault: Vault, make_file: FileMaker, provenance: Provenance) -> Vault:
    for number in range(3):
        path = make_file(f"{number}", b"content %d" % number)
        vault.capture(path, provenance=provenance, name=f"{number}.txt", captured_by="p", at=AT)
    return vault


def faults_by_step(vault: Vault, held: Checkpoint | None = None) -> dict[int, tuple[str, ...]]:
    return {check.step: check.faults for check in fsck(vault, held=held) if not check.passed}


def standings(checks: list[Check]) -> set[Standing]:
    return {fault.standing for check in checks for fault in check.findings}


def repaired(vault: Vault) -> list[str]:
    """Repair, and see that nothing is left."""
    done = repair(vault, fsck(vault), at=AT)
    assert faults_by_step(vault) == {}
    return done


def edit(vault: Vault, *statements: str) -> None:
    """Edit past the guards, and put them back."""
    database = vault.log.database
    with database.writing():
        for table in ("entry", "checkpoint"):
            database.lift_guards(table)
        for statement in statements:
            database.execute(statement)
        database.restore_guards()


def one_blob(vault: Vault) -> Path:
    path = min((vault.path / "blobs").glob("??/*"))
    path.chmod(0o644)
    return path


def test_a_whole_vault_passes_every_step(full: Vault) -> None:
    checks = fsck(full, held=full.checkpoint())
    assert [check.step for check in checks] == list(range(1, 13))
    assert all(check.passed and not check.findings for check in checks)
    compared = f"compared with a checkpoint of {full.size} entries"
    assert [check.notes for check in checks] == [(compared,) if check.step == 4 else () for check in checks]
    (unkept,) = [check for check in fsck(full) if check.step == 4]
    assert (unkept.passed, "compared nothing" in unkept.notes[0]) == (True, True)


def test_an_edited_entry_is_named_and_never_repaired(full: Vault) -> None:
    edit(full, "UPDATE entry SET bytes = CAST(replace(bytes, '1.txt', '9.txt') AS BLOB) WHERE idx = 2")
    found = faults_by_step(full)
    assert set(found) == {2, 3, 7, 11}
    assert "The entries hash to" in found[2][0]
    assert "it differs from entry 2)" in found[3][0]
    with pytest.raises(UserError, match="nothing was repaired: The entries hash to"):
        repair(full, fsck(full), at=AT)
    assert faults_by_step(full) == found


def test_a_removed_entry_breaks_the_numbering(full: Vault) -> None:
    edit(full, "DELETE FROM entry WHERE idx = 1")
    found = faults_by_step(full)
    assert found[1][0] == "Entry 1 is missing; the next one is 2."
    assert found[2][0].startswith("The log should hold 4 entries and holds 3")


def test_an_entry_before_the_first_is_found(full: Vault) -> None:
    edit(full, "INSERT INTO entry SELECT -1, bytes FROM entry WHERE idx = 1")
    assert "5 rows, and 4 of them" in faults_by_step(full)[1][0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tile SET hashes = zeroblob(32)",
        "DELETE FROM tile",
        "INSERT INTO tile VALUES (3, 3, zeroblob(32))",
        "UPDATE head SET size = 3",
        "UPDATE head SET root = 'text'",
        "DELETE FROM head",
        "UPDATE evidence SET version = 7 WHERE idx = 1",
        "INSERT INTO evidence SELECT -5, sha256, source, kind, name, version FROM evidence WHERE idx = 1",
        "DELETE FROM entry_kind WHERE idx = 1",
        "INSERT INTO entry_kind VALUES ('nothing', 1)",
        "INSERT INTO checkpoint VALUES (2, 'forged', '2026-07-15T06:00:00.000000Z')",
        "INSERT INTO table_key VALUES ('ab', x'00')",
        "INSERT INTO cosignature VALUES (2, 'forged', '2026-07-15T06:00:00.000000Z')",
    ],
)
def test_what_the_entries_give_is_made_again(full: Vault, statement: str) -> None:
    edit(full, statement)
    found = fsck(full)
    assert standings(found) <= {Standing.REPAIRABLE, Standing.EXTRA}
    assert standings(found)
    assert repaired(full)
    assert not standings(fsck(full))
    full.append("login", body={"engagements": [], "method": "", "organisation": ""}, actor="p", at=AT)
    assert faults_by_step(full) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER entry_is_kept",
        "DROP INDEX evidence_by_blob",
        "CREATE TRIGGER quiet BEFORE DELETE ON entry BEGIN SELECT RAISE(IGNORE); END",
    ],
)
def test_guards_come_back(full: Vault, statement: str) -> None:
    full.log.database.execute(statement)
    assert set(faults_by_step(full)) == {10}
    assert repaired(full) == ["Tables, indexes and triggers of the database were made again."]


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


def test_a_lock_that_cannot_be_read_is_found(full: Vault) -> None:
    sha256 = full.list_evidence()[0].sha256
    full.blobs.hold(sha256, on=True)
    path = full.path / "blobs" / "locks" / sha256[:2] / sha256[2:]
    path.chmod(0o644)
    path.write_bytes(b"{}")
    assert "lock of a blob cannot be read" in faults_by_step(full)[6][0]


def test_extra_files_are_listed_and_harmless(full: Vault) -> None:
    blobs = full.path / "blobs"
    (blobs / "incoming" / "x.part").write_bytes(b"cut off")
    (blobs / "aa").mkdir(exist_ok=True)
    (blobs / "aa" / ("b" * 62)).write_bytes(b"")
    (blobs / "aa" / "notes.txt").write_bytes(b"")
    last = fsck(full)[-1]
    assert last.passed
    assert {each.standing for each in last.findings} == {Standing.EXTRA}
    assert [each.text.split(" ")[0] for each in last.findings] == ["Bytes", "aa/notes.txt", "incoming/x.part"]
    now = AT.now(AT.tzinfo)  # files of the system carry its time
    assert repair(full, fsck(full), at=now) == []
    assert repair(full, fsck(full), at=now + LEFT_ALONE + timedelta(hours=1)) == [
        "The rests of copies that were cut off were removed: incoming/x.part."
    ]


@pytest.mark.parametrize(
    ("statement", "steps"),
    [
        ("DROP TRIGGER entry_is_kept ON entry", {10}),
        ("ALTER TABLE entry DISABLE TRIGGER entry_is_unchanged", {10}),
        ("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", {10}),
        ("DELETE FROM evidence", {7}),
        ("DELETE FROM tile", {3}),
        ("UPDATE head SET size = 1", {2}),
    ],
)
def test_postgres_is_looked_at_and_repaired_as_well(
    tmp_path: Path, postgres_location: str, provenance: Provenance, statement: str, steps: set[int]
) -> None:
    (tmp_path / "a").write_bytes(b"content")
    with Vault.create(tmp_path / "v", origin="a", log_id="b", actor="p", at=AT, database=postgres_location) as vault:
        vault.capture(tmp_path / "a", provenance=provenance, name="a", captured_by="p", at=AT)
        assert faults_by_step(vault) == {}
        vault.log.database.execute(statement)
        assert set(faults_by_step(vault)) == steps
        assert repaired(vault)
        vault.capture(tmp_path / "a", provenance=provenance, name="a", captured_by="p", at=AT)
        assert faults_by_step(vault) == {}


def test_marks_that_are_missing_are_written_again(full: Vault) -> None:
    (full.path / "newest").unlink()
    (full.path / "blobs" / "log.json").unlink()
    assert len(faults_by_step(full)[11]) == 2
    assert repaired(full) == ["The marks of workspace and blob store were written again."]
    full.close()
    Vault.open(full.path).close()
