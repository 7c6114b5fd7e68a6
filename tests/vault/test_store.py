"""Captures, versions, guards: what a caller of the vault relies on."""

import hashlib
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twofold.model.evidence import Provenance
from twofold.model.ids import SystemId
from twofold.model.problem import UserError
from twofold.vault.blobs.blobs import StoredBlob
from twofold.vault.blobs.steady_file import SteadyFile
from twofold.vault.care.fsck import fsck
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import CaptureItem
from twofold.vault.evidence_index import EvidenceFilter
from twofold.vault.store import Vault
from twofold.vault.tree.merkle import leaf_hash, verify_consistency, verify_inclusion

from .conftest import AT, FileMaker

LATER = AT + timedelta(days=1)


def blob_files(vault: Vault) -> list[Path]:
    return sorted(path for path in (vault.path / "blobs").glob("??/*"))


def test_a_capture_keeps_bytes_and_provenance(vault: Vault, make_file: FileMaker) -> None:
    provenance = Provenance(
        source="github",
        kind="pull_requests",
        run_by="svc-collector",
        run_at=AT,
        query="GET /pulls?state=all",
        parameters={"repo": "acme/billing", "größe": "100"},
        claimed_count=2,
        page_size=100,
        paging_proven=True,
        period_from=datetime(2025, 7, 1, tzinfo=UTC),
        period_to=datetime(2026, 7, 1, tzinfo=UTC),
        oldest_available=datetime(2025, 1, 1, tzinfo=UTC),
        systems=(SystemId("billing"),),
        owner="p-0007",
    )
    content = b'[{"number": 1}, {"number": 2}]\xff'
    path = make_file("pulls.json", content)
    made = vault.capture(path, provenance=provenance, name="github/pulls.json", captured_by="p-0007", at=AT)
    assert made.evidence_id == "ev-1"
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert (made.size, made.media_type, made.version) == (len(content), "application/json", 1)
    assert made.provenance == provenance
    assert vault.evidence("ev-1") == made
    assert vault.blob_path(made.sha256).read_bytes() == content
    with vault.open_verified(made.sha256) as handle:
        assert handle.read() == content
    assert path.read_bytes() == content


def test_a_blob_is_read_only_and_its_name_is_its_hash(
    vault: Vault, make_file: FileMaker, provenance: Provenance
) -> None:
    vault.capture(make_file("a", b"abc"), provenance=provenance, name="../../etc/passwd", captured_by="p", at=AT)
    digest = hashlib.sha256(b"abc").hexdigest()
    assert blob_files(vault) == [vault.path / "blobs" / digest[:2] / digest[2:]]
    assert stat.S_IMODE(blob_files(vault)[0].stat().st_mode) == 0o444
    assert list((vault.path / "blobs" / "incoming").iterdir()) == []


def test_same_bytes_are_one_blob_and_records_that_name_each_other(
    vault: Vault, make_file: FileMaker, provenance: Provenance
) -> None:
    for number in range(4):
        path = make_file("a", b"same")
        vault.capture(path, provenance=provenance, name=f"file {number}", captured_by="p", at=AT)
    assert len(blob_files(vault)) == 1
    found = vault.records_of_blob(hashlib.sha256(b"same").hexdigest())
    assert [each.evidence_id for each in found] == ["ev-1", "ev-2", "ev-3", "ev-4"]
    assert [each.same_bytes_as for each in found] == [(), ("ev-1",), ("ev-1", "ev-2"), ("ev-1", "ev-3")]


def test_other_bytes_under_a_name_are_a_new_version(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    contents = [b"one", b"two", b"two", b"one"]
    for content in contents:
        vault.capture(make_file("a", content), provenance=provenance, name="users.csv", captured_by="p", at=AT)
    records = vault.list_evidence()
    assert [each.version for each in records] == [1, 2, 2, 3]
    assert [each.replaces for each in records] == [None, "ev-1", None, "ev-3"]
    assert [vault.blob_path(each.sha256).read_bytes() for each in records] == contents
    assert [each.evidence_id for each in vault.current_evidence()] == ["ev-4"]


def test_a_name_belongs_to_its_source_and_kind(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    reviews = replace(provenance, kind="reviews")
    first = make_file("a", b"one")
    vault.capture(first, provenance=provenance, name="a.json", captured_by="p", at=AT)
    other = vault.capture(make_file("b", b"two"), provenance=reviews, name="a.json", captured_by="p", at=AT)
    assert (other.version, other.replaces) == (1, None)
    assert [each.evidence_id for each in vault.current_evidence()] == ["ev-1", "ev-2"]
    assert [each.evidence_id for each in vault.list_evidence(EvidenceFilter(kind="reviews"))] == ["ev-2"]


def test_the_same_capture_again_is_recorded_again(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    path = make_file("a", b"one")
    vault.capture(path, provenance=provenance, name="a", captured_by="p-0001", at=AT)
    again = vault.capture(path, provenance=provenance, name="a", captured_by="p-0002", at=LATER)
    assert (again.captured_by, again.captured_at, again.version) == ("p-0002", LATER, 1)
    assert vault.size == 3


def test_a_batch_with_one_bad_file_records_nothing_and_names_every_fault(
    vault: Vault, make_file: FileMaker, provenance: Provenance, tmp_path: Path
) -> None:
    good = CaptureItem(make_file("good", b"good"), "good", provenance)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    bad = [CaptureItem(path, "bad", provenance) for path in (tmp_path / "absent", tmp_path, pipe)]
    with pytest.raises(UserError) as caught:
        vault.capture_batch([good, *bad], captured_by="p", at=AT)
    assert [problem.where for problem in caught.value.problems] == [str(each.path) for each in bad]
    assert vault.size == 1
    assert verify_faults(vault) == []


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x1b[2J", "a\u202eb", "\udcff", "x" * 1025])
def test_a_name_that_could_deceive_is_refused(
    vault: Vault, make_file: FileMaker, provenance: Provenance, name: str
) -> None:
    with pytest.raises(UserError, match="name") as caught:
        vault.capture(make_file("a", b"x"), provenance=provenance, name=name, captured_by="p", at=AT)
    assert "\x1b" not in str(caught.value)
    assert blob_files(vault) == []


def test_a_query_that_no_entry_can_hold_is_refused_before_anything_is_copied(
    vault: Vault, make_file: FileMaker, provenance: Provenance
) -> None:
    for query in ("x" * 65_000, "\ud800"):
        item = replace(provenance, query=query)
        with pytest.raises(UserError, match=r"provenance|query"):
            vault.capture(make_file("a", b"x"), provenance=item, name="a", captured_by="p", at=AT)
    assert blob_files(vault) == []


def test_a_file_that_changes_while_it_is_copied_is_refused(vault: Vault, make_file: FileMaker) -> None:
    path = make_file("growing.json", b"[1, 2")
    with SteadyFile(path) as source:
        buffer = memoryview(bytearray(3))
        source.readinto(buffer)
        with path.open("ab") as writer:
            writer.write(b", 3]")
        with pytest.raises(UserError, match="changed while it was copied"):
            vault.blobs.put(source)
    assert blob_files(vault) == []
    assert list(vault.blobs.strays()) == []


def test_damaged_bytes_are_never_given_out(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    made = vault.capture(make_file("a", b"honest"), provenance=provenance, name="a", captured_by="p", at=AT)
    blob_files(vault)[0].chmod(0o644)
    blob_files(vault)[0].write_bytes(b"forged")
    with pytest.raises(UserError, match="the captured bytes were changed"):
        vault.blob_path(made.sha256)
    blob_files(vault)[0].write_bytes(b"shorter than that")
    with pytest.raises(UserError, match="the bytes stored earlier were changed"):
        vault.capture(make_file("a", b"honest"), provenance=provenance, name="a", captured_by="p", at=AT)
    blob_files(vault)[0].unlink()
    with pytest.raises(UserError, match="missing"):
        vault.open_verified(made.sha256)


def test_a_large_file_is_copied_in_chunks(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    content = bytes(range(256)) * (65 * 1024)
    made = vault.capture(make_file("big", content), provenance=provenance, name="big", captured_by="p", at=AT)
    assert len(content) > 2 * 8 * 1024 * 1024 - 1
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert made.media_type == "application/octet-stream"


def test_acts_are_entries_with_proofs(vault: Vault) -> None:
    before = vault.checkpoint()
    entries = [vault.append(EntryKind.RUN, body={"test": f"T-{number}"}, actor="p-0001", at=AT) for number in range(9)]
    after = vault.checkpoint()
    assert (before.size, after.size, after.origin) == (1, 10, "example.com/evidence")
    assert after.text.startswith("example.com/evidence\n10\n")
    assert vault.root(1) == before.root
    assert list(vault.entries(kind="run")) == entries
    assert vault.entry(3) == entries[2]
    for entry in entries:
        proof = vault.log.inclusion_proof(entry.index)
        verify_inclusion(leaf=leaf_hash(entry.raw), index=entry.index, end=10, proof=proof, root=after.root)
    path = vault.log.consistency_proof(1)
    verify_consistency(old_size=1, size=10, old_root=before.root, root=after.root, proof=path)


def test_the_vault_alone_writes_captures(vault: Vault) -> None:
    with pytest.raises(ValueError, match="written by the vault itself"):
        vault.append("capture", body={}, actor="p", at=AT)


def test_an_act_that_fails_leaves_no_entry(vault: Vault) -> None:
    with pytest.raises(ValueError, match="float"):
        vault.append("run", body={"rate": 0.1}, actor="p", at=AT)  # type: ignore[dict-item]  # the refusal is tested
    assert vault.size == 1
    vault.append("run", body={}, actor="p", at=AT)
    assert verify_faults(vault) == []


def test_listing_pages(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    items = [CaptureItem(make_file(str(number), b"x%d" % number), str(number), provenance) for number in range(5)]
    made = vault.capture_batch(items, captured_by="p", at=AT)
    first = vault.list_evidence(limit=2)
    assert first == made[:2]
    assert vault.list_evidence(after=first[-1].evidence_id, limit=9) == made[2:]


def test_an_unknown_evidence_id_is_the_users_fault(vault: Vault) -> None:
    for wrong in ("ev-0", "ev-1", "ev-01", "1", "ev-", "ev-x"):
        with pytest.raises(UserError, match="there is no evidence"):
            vault.evidence(wrong)


def test_open_says_what_is_not_a_vault(
    tmp_path: Path, vault: Vault, make_file: FileMaker, provenance: Provenance
) -> None:
    with pytest.raises(UserError, match="there is no vault here"):
        Vault.open(tmp_path / "nowhere")
    vault.capture(make_file("a", b"x"), provenance=provenance, name="a", captured_by="p", at=AT)
    vault.close()
    log = vault.path / "log.sqlite3"
    kept = log.read_bytes()
    log.unlink()
    with pytest.raises(UserError, match="the log that names them is missing"):
        Vault.open(vault.path)
    with pytest.raises(UserError, match="not empty"):
        Vault.create(vault.path, origin="a", log_id="b", actor="p", at=AT)
    log.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(UserError, match="no log that can be read"):
        Vault.open(vault.path)
    log.write_bytes(b"")
    with pytest.raises(UserError, match="no log that can be read"):
        Vault.open(vault.path)
    log.write_bytes(kept)
    Vault.open(vault.path).close()


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb", "é"])
def test_a_log_has_a_plain_name(tmp_path: Path, origin: str) -> None:
    with pytest.raises(UserError, match="cannot name a log"):
        Vault.create(tmp_path / "v", origin=origin, log_id="x", actor="p", at=AT)


def test_put_is_the_same_blob_twice(vault: Vault, make_file: FileMaker) -> None:
    path = make_file("a", b"abc")
    found = set()
    for _ in range(2):
        with SteadyFile(path) as source:
            found.add(vault.blobs.put(source))
    assert found == {StoredBlob(hashlib.sha256(b"abc").hexdigest(), 3)}


def verify_faults(vault: Vault) -> list[str]:
    return [fault for check in fsck(vault) for fault in check.faults]
