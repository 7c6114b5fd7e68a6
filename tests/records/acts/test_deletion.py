"""Deletion under retention: two persons, the entry before the bytes, and a kill between the two."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.records.acts.deletion import RetentionNow, Standing, delete_evidence, deletions_of
from twofold.vault.care.fsck import fsck
from twofold.vault.entry import EntryKind
from twofold.vault.retention.deletions import Deletion, finish_deletions, pending_deletions
from twofold.vault.retention.retention import EvidenceUse, shipped_policy, term_of
from twofold.vault.row_commitment import KEY_SIZE, commit_rows
from twofold.vault.store import Vault
from twofold.vault.table_keys import FreshCommitment, committed_tables, record_commitments, table_key

from .conftest import AT, captured

KEY = b"k" * KEY_SIZE
LATER = AT.replace(year=2030)


def looking(vault: Vault, kept: str = "") -> Callable[[], RetentionNow]:
    def look() -> RetentionNow:
        policy = shipped_policy()
        standing = {
            str(each.evidence_id): Standing(
                term_of(EvidenceUse(each.evidence_id, each.captured_at), policy), each.sha256, each.name, kept
            )
            for each in vault.list_evidence()
        }
        return RetentionNow(policy, None, standing)

    return look


def delete(vault: Vault, *evidence: str, **changed: Any) -> list[Deletion]:
    asked: dict[str, Any] = {
        "evidence": evidence,
        "look": looking(vault),
        "reason": "the term is over",
        "authority": "p-0002",
        "second_person": "p-0003",
        "acting_user": "p-0001",
        "at": LATER,
        **changed,
    }
    return delete_evidence(vault, **asked)


def problems(vault: Vault) -> list[str]:
    return [str(fault) for check in fsck(vault) for fault in check.faults]


def test_the_bytes_go_and_entry_and_hash_stay(vault: Vault, evidence: list[EvidenceRef]) -> None:
    gone = evidence[0]
    (done,) = delete(vault, gone.evidence_id)

    assert vault.blobs.size(gone.sha256) is None
    assert vault.evidence(gone.evidence_id) == gone
    body = vault.entry(done.entry).body
    assert (body["authority"], body["second_person"], body["class"]) == ("p-0002", "p-0003", "other")
    assert (body["due_at"], body["retained_from"]) == ("2027-07-15T06:00:00.000000Z", "2026-07-15T06:00:00.000000Z")
    assert body["holds_checked"] == done.entry
    sentence = (
        "deleted on 2030-07-15 by p-0001, on the authority of p-0002, agreed by p-0003, because: the term is over"
        rf" \(entry {done.entry} of the log\)"
    )
    for read in (vault.blob_path, vault.open_verified):
        with pytest.raises(UserError, match=sentence):
            read(gone.sha256)
    assert problems(vault) == []
    assert any(gone.sha256 in note for note in fsck(vault)[4].notes)


def test_bytes_that_are_missing_without_a_deletion_are_lost(vault: Vault, evidence: list[EvidenceRef]) -> None:
    delete(vault, evidence[0].evidence_id)
    path = vault.blob_path(evidence[1].sha256)
    path.parent.chmod(0o755)
    path.unlink()
    assert problems(vault) == [f"The bytes {evidence[1].sha256} of entry 2 are missing."]
    with pytest.raises(UserError, match="missing"):
        vault.blob_path(evidence[1].sha256)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"reason": " "}, "no reason"),
        ({"authority": ""}, "nobody is named"),
        ({"second_person": None}, "no second person"),
        ({"second_person": "P-0002"}, "first person again"),
        ({"evidence": []}, "nothing is named"),
        ({"evidence": ["ev-1", "ev-99"]}, "ev-99: there is no such evidence"),
    ],
    ids=range(6),
)
@pytest.mark.usefixtures("evidence")
def test_deletions_that_are_refused(vault: Vault, changed: dict[str, Any], found: str) -> None:
    with pytest.raises(UserError, match=found):
        delete(vault, "ev-1", **changed)
    assert deletions_of(vault) == {}
    assert len(list(vault.blobs.all())) == 3


@pytest.mark.usefixtures("evidence")
def test_what_is_kept_is_not_deleted_and_nor_is_the_rest(vault: Vault) -> None:
    with pytest.raises(UserError, match="ev-1: a hold"):
        delete(vault, "ev-1", "ev-2", look=looking(vault, kept="a hold"))
    assert len(list(vault.blobs.all())) == 3


@pytest.mark.usefixtures("evidence")
def test_what_was_deleted_is_not_deleted_again(vault: Vault) -> None:
    delete(vault, "ev-1")
    with pytest.raises(UserError, match="deleted on 2030-07-15"):
        delete(vault, "ev-1", "ev-2")


def test_shared_bytes_go_with_the_last_record(vault: Vault, evidence: list[EvidenceRef]) -> None:
    first = evidence[0]
    again = captured(vault, vault.path.parent, "again.csv", b"content 0")
    assert again.sha256 == first.sha256

    delete(vault, first.evidence_id)
    assert vault.blob_path(first.sha256).read_bytes() == b"content 0"
    assert pending_deletions(vault.log, vault.blobs) == []
    assert problems(vault) == []

    delete(vault, again.evidence_id)
    assert vault.blobs.size(first.sha256) is None
    assert problems(vault) == []


class Killed(BaseException):
    """Stands for a kill of the process."""


def test_a_kill_between_entry_and_bytes_is_completed(
    vault: Vault, evidence: list[EvidenceRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = evidence[0].sha256

    def die(*_: object, **__: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(vault.blobs), "delete", die)
        with pytest.raises(Killed):
            delete(vault, evidence[0].evidence_id)

    with Vault.open(vault.path) as again:
        assert list(deletions_of(again)) == [evidence[0].evidence_id]
        assert pending_deletions(again.log, again.blobs) == [sha256]
        (cut_off,) = problems(again)
        assert f"The deletion of {sha256} (entry 4) was cut off" in cut_off
        assert finish_deletions(again.log, again.blobs, at=LATER) == [sha256]
        assert again.blobs.size(sha256) is None
        assert finish_deletions(again.log, again.blobs, at=LATER) == []


def test_a_kill_before_the_entry_changes_nothing(
    vault: Vault, evidence: list[EvidenceRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr("twofold.records.acts.deletion.deletion_of", die)
    with pytest.raises(Killed):
        delete(vault, evidence[0].evidence_id)
    assert list(vault.entries(kind=EntryKind.DELETION)) == []
    assert vault.blobs.size(evidence[0].sha256) is not None


def test_bytes_captured_again_before_the_end_of_a_deletion_stay(
    vault: Vault, evidence: list[EvidenceRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(vault.blobs), "delete", die)
        with pytest.raises(Killed):
            delete(vault, evidence[0].evidence_id)
    captured(vault, vault.path.parent, "again.csv", b"content 0", at=LATER)

    assert finish_deletions(vault.log, vault.blobs, at=LATER) == []
    assert vault.blob_path(evidence[0].sha256).read_bytes() == b"content 0"
    assert problems(vault) == []


def test_bytes_captured_again_after_a_deletion_are_there(vault: Vault, evidence: list[EvidenceRef]) -> None:
    delete(vault, evidence[0].evidence_id)
    captured(vault, vault.path.parent, "again.csv", b"content 0", at=LATER)
    assert vault.blob_path(evidence[0].sha256).read_bytes() == b"content 0"
    assert problems(vault) == []


def test_keys_of_row_commitments_go_with_the_bytes(vault: Vault, evidence: list[EvidenceRef]) -> None:
    made = [
        FreshCommitment("evidence", each.sha256, ("VARCHAR",), commit_rows(["c"], [[each.name]], KEY), KEY)
        for each in evidence[:2]
    ]
    record_commitments(vault.log, made, actor="p", at=AT)
    assert len(committed_tables(vault.log)) == 2

    delete(vault, evidence[0].evidence_id)

    assert list(committed_tables(vault.log)) == [evidence[1].sha256]
    assert table_key(vault.log, made[0].commitment.root.hex()) is None
    assert table_key(vault.log, made[1].commitment.root.hex()) == KEY


def test_the_store_s_own_lock_stops_a_deletion(vault: Vault, evidence: list[EvidenceRef]) -> None:
    vault.blobs.hold(evidence[0].sha256, on=True)
    with pytest.raises(UserError, match="legal hold"):
        delete(vault, evidence[0].evidence_id)
    assert pending_deletions(vault.log, vault.blobs) == [evidence[0].sha256]
    vault.blobs.hold(evidence[0].sha256, on=False)
    assert finish_deletions(vault.log, vault.blobs, at=datetime.fromisoformat("2030-08-01T00:00:00Z"))
