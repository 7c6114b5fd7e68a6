"""A workspace with captures, a deletion, a hold, a kept checkpoint and a committed table, to back up and to move."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from twofold.jobs.checkpoint import write_checkpoint
from twofold.jobs.fsck import fsck_workspace
from twofold.jobs.init import make_workspace
from twofold.jobs.signing_key import NewKey, signing_key
from twofold.model.evidence import Provenance
from twofold.records.workspace import Workspace
from twofold.vault.blobs.blobs import Locks
from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import CaptureItem
from twofold.vault.row_commitment import KEY_SIZE, commit_rows
from twofold.vault.table_keys import FreshCommitment, record_commitments

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
UNTIL = datetime(2040, 1, 1, tzinfo=UTC)
SETTINGS = b"""# Settings of Acme.
[company]
name = "Acme Inc."  # as on the letterhead
reporting_zone = "UTC"
"""
PASSPHRASE = "a passphrase of tests"  # noqa: S105  of keys made here
PROVENANCE = Provenance(source="hr", kind="roster", run_by="p", run_at=AT, query="all")
SIZES = (0, 20, 300, 2_000_000)


@dataclass(frozen=True, slots=True)
class Facts:
    """What must stay the same wherever the workspace lies."""

    raws: tuple[bytes, ...]
    root: bytes
    checkpoints: tuple[tuple[object, ...], ...]
    keys: tuple[tuple[object, ...], ...]
    proof: tuple[bytes, ...]
    locks: tuple[Locks, ...]
    contents: tuple[bytes, ...]


def make_stored(root: Path) -> Path:
    """Make the workspace, and beside it the checkpoint that left it."""
    make_workspace(root, {"twofold.toml": SETTINGS, "scope/a.yaml": b"{}"}, key=NewKey(PASSPHRASE), actor="p", at=AT)
    with Workspace.open(root) as workspace:
        vault = workspace.vault
        items = []
        for number, size in enumerate(SIZES):
            path = root.parent / f"given-{number}"
            path.write_bytes(bytes([number]) * size)
            items.append(CaptureItem(path, f"{number}.csv", PROVENANCE))
        first, *_, last = vault.capture_batch(items, captured_by="p", at=AT)
        vault.blobs.retain(last.sha256, UNTIL)
        vault.blobs.hold(first.sha256, on=True)
        key = b"k" * KEY_SIZE
        commitment = commit_rows(["a"], [["1"]], key)
        fresh = FreshCommitment("evidence", first.sha256, ("VARCHAR",), commitment, key)
        record_commitments(vault.log, [fresh], actor="p", at=AT)
        write_checkpoint(workspace, signing_key(workspace), into=root.parent / "kept", at=AT)
    return root


def act(root: Path, content: bytes, *, at: datetime = AT) -> None:
    """Capture one more file."""
    path = root.parent / "more"
    path.write_bytes(content)
    with Workspace.open(root) as workspace:
        workspace.vault.capture_batch([CaptureItem(path, "more.csv", PROVENANCE)], captured_by="p", at=at)


def delete(root: Path, evidence_id: str) -> str:
    """Delete evidence as an entry says; return the hash of its bytes."""
    with Workspace.open(root) as workspace:
        vault = workspace.vault
        sha256 = vault.evidence(evidence_id).sha256
        body: dict[str, Json] = {
            "authority": "a", "class": "other", "due_at": "d", "evidence": evidence_id, "holds_checked": 1,
            "policy": None, "policy_sha256": "", "reason": "r", "retained_from": "f", "second_person": "q",
            "sha256": sha256,
        }  # fmt: skip
        vault.append(EntryKind.DELETION, body=body, actor="p", at=AT)
        vault.blobs.delete(sha256, at=AT + timedelta(days=9_000))
    return sha256


def facts_of(root: Path, size: int) -> Facts:
    """Return the facts of the first `size` entries."""
    with Workspace.open(root) as workspace:
        vault = workspace.vault
        database = vault.log.database
        hashes = [each.sha256 for each in vault.list_evidence() if vault.blobs.size(each.sha256) is not None]
        contents = []
        for sha256 in hashes:
            with vault.open_verified(sha256) as stream:
                contents.append(stream.read())
        return Facts(
            raws=tuple(bytes(raw) for index, raw in vault.log.raws() if index < size),
            root=vault.root(size),
            checkpoints=tuple(map(tuple, database.execute("SELECT size, note, made_at FROM checkpoint ORDER BY size"))),
            keys=tuple((name, bytes(key)) for name, key in database.execute("SELECT commitment, key FROM table_key")),
            proof=tuple(vault.log.inclusion_proof(2, size)),
            locks=tuple(vault.blobs.locks(sha256) for sha256 in hashes),
            contents=tuple(contents),
        )


def is_whole(root: Path) -> bool:
    """Whether `fsck` finds nothing, with the checkpoint that left."""
    checked = fsck_workspace(root, checkpoint=root.parent / "kept", at=AT)
    assert [fault.text for check in checked.checks for fault in check.findings] == []
    return checked.whole
