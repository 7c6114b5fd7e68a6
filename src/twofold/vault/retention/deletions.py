"""What was deleted under retention: the entries that say so, and the bytes that are still to go.

The entry is durable first, then the bytes go. A kill between the two leaves a pending deletion, which
`finish_deletions` completes. Bytes that several records name go only when each of the records was deleted. The keys of
row commitments over the bytes go with them, since a short cell could be guessed from its salted hash and the key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from twofold.model.problem import Problem, UserError
from twofold.vault import evidence_index
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import evidence_id_of
from twofold.vault.evidence_index import EvidenceFilter
from twofold.vault.log import Log


@dataclass(frozen=True, slots=True)
class Deletion:
    """One piece of evidence that was deleted, as its entry says."""

    entry: int
    evidence_id: str
    sha256: str
    deleted_by: str
    deleted_at: datetime
    reason: str
    authority: str
    second_person: str

    @property
    def sentence(self) -> str:
        """What a person is told who asks for the bytes."""
        who = f"by {self.deleted_by}, on the authority of {self.authority}, agreed by {self.second_person}"
        return f"deleted on {self.deleted_at:%Y-%m-%d} {who}, because: {self.reason} (entry {self.entry} of the log)"


def deletion_of(entry: Entry) -> Deletion:
    """Read an entry of kind `deletion`."""
    body = entry.body
    return Deletion(
        entry=entry.index,
        evidence_id=body["evidence"],
        sha256=body["sha256"],
        deleted_by=entry.actor,
        deleted_at=entry.at,
        reason=body["reason"],
        authority=body["authority"],
        second_person=body["second_person"],
    )


def deletions(log: Log) -> dict[str, Deletion]:
    """Return evidence id -> its deletion."""
    found = map(deletion_of, log.entries(kind=EntryKind.DELETION))
    return {each.evidence_id: each for each in found}


def deleted_blobs(log: Log) -> dict[str, list[Deletion]]:
    """Return the bytes of which every record was deleted: SHA-256 -> the deletions."""
    by_blob: dict[str, list[Deletion]] = {}
    for each in deletions(log).values():
        by_blob.setdefault(each.sha256, []).append(each)
    return {sha256: found for sha256, found in by_blob.items() if _all_deleted(log, sha256, found)}


def deleted_fault(log: Log, sha256: str) -> UserError | None:
    """Return the error to raise for bytes that were deleted, None for others. To be asked when bytes are missing."""
    found = deleted_blobs(log).get(sha256)
    if not found:
        return None
    name = ", ".join(each.evidence_id for each in found)
    remedy = "its entry and hash stay in the log; capture the original again if it still exists"
    return UserError(Problem(name, found[-1].sentence, "evidence within its term", remedy))


def pending_deletions(log: Log, blobs: BlobStore) -> list[str]:
    """Return the hashes of bytes, or of their keys, that should be gone and are still there."""
    return [sha256 for sha256 in deleted_blobs(log) if blobs.size(sha256) is not None or _keys(log, sha256)]


def finish_deletions(log: Log, blobs: BlobStore, *, at: datetime) -> list[str]:
    """Delete what is pending; return the hashes. Raises UserError when the store still retains or holds one of them.

    It holds the log meanwhile, so that nobody captures the same bytes between the look and the deletion.
    """
    if not pending_deletions(log, blobs):
        return []
    with log.writing() as writer:
        pending = pending_deletions(log, blobs)
        for sha256 in pending:
            blobs.delete(sha256, at=at)
            for commitment in _keys(log, sha256):
                writer.database.execute("DELETE FROM table_key WHERE commitment = ?", (commitment,))
    return pending


def _all_deleted(log: Log, sha256: str, found: list[Deletion]) -> bool:
    records = evidence_index.each_matching(log, EvidenceFilter(sha256=sha256))
    return {evidence_id_of(entry.index) for entry in records} <= {each.evidence_id for each in found}


def _keys(log: Log, sha256: str) -> list[str]:
    """Return the commitments over these bytes whose key is still kept."""
    kept = {str(commitment) for (commitment,) in log.database.execute("SELECT commitment FROM table_key")}
    return [each for each in _commitments(log, sha256) if each in kept] if kept else []


def _commitments(log: Log, sha256: str) -> Iterator[str]:
    """Give the commitments (`table_keys.py`) to the rows of a file."""
    for entry in log.entries(kind=EntryKind.ROW_COMMITMENT):
        if entry.body.get("sha256") == sha256:
            yield str(entry.body["commitment"])
