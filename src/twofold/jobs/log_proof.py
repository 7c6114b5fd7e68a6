"""Prove one entry of the log to somebody who has nothing else of it: one file in the C2SP tlog-proof form.

The file's `extra` line holds the entry itself, so that it needs no second file; the proof is what vouches for it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.jobs.checkpoint import make_checkpoint, require_new
from twofold.jobs.cosign import read_vkey
from twofold.model.problem import Problem, UserError
from twofold.records.acts.export import Exported, record_export
from twofold.records.workspace import Workspace
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.blobs.written_file import write_new_file
from twofold.vault.entry import Entry, EntryKind, read_entry
from twofold.vault.evidence import index_of
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import NoteError, read_note
from twofold.vault.signing.tlog_proof import TlogProof
from twofold.vault.tree.merkle import ProofError


class NotProvenError(UserError):
    """A proof file, or a file that is compared with it, that could be read and does not hold."""


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry that a proof shows to be in the log, and the signed state of the log that it leads to."""

    entry: Entry
    checkpoint: Checkpoint


def prove_entry(
    workspace: Workspace, key: SigningKey, record: str, *, into: Path, actor: str, at: datetime
) -> ProvenEntry:
    """Write the proof of an entry, named by its evidence id or its index, to a new file; the log records that it left.

    Raises UserError when there is no such entry, or the file is there already.
    """
    require_new(into)
    vault = workspace.vault
    entry = vault.entry(_index(record, size=vault.size))
    if record.startswith("ev-"):
        vault.evidence(record)
    made = make_checkpoint(workspace, key, at=at)
    hashes = vault.log.inclusion_proof(entry.index, made.checkpoint.size)
    content = TlogProof(entry.index, tuple(hashes), made.note, entry.raw).text.encode()
    write_new_file(into, content)
    record_export(
        vault,
        what=Exported.PROOF,
        name=into.name,
        files={into.name: hashlib.sha256(content).digest()},
        acting_user=actor,
        at=at,
    )
    return ProvenEntry(entry, made.checkpoint)


def check_entry_proof(file: Path, *, key: str, evidence: Path | None = None) -> ProvenEntry:
    """Check a proof file without any workspace; raises NotProvenError at the first thing that does not hold.

    (1) The file is in its one spelling. (2) The log's key signed the checkpoint. (3) The entry leads to its root.
    (4) The entry says its own index. (5) The file `evidence`, if given, has the bytes that the entry speaks of.
    key: verifier key of the log, or the path of a file with one, received apart from the proof.
    Raises UserError for a key that is none, or a file that cannot be read.
    """
    verifier, where = read_vkey(key, where="--key"), str(file)
    try:
        proof = TlogProof.parse(read_note(file.read_bytes()))
        if proof.extra is None:
            remedy = "ask for the file that 'twofold log prove' writes"
            raise NotProvenError(Problem(where, "the proof does not hold its entry", "a line 'extra'", remedy))
        checkpoint = proof.verify(proof.extra, verifier)
        entry = read_entry(proof.extra)
    except OSError as error:
        found = f"cannot be read: {error.strerror}"
        raise UserError(Problem(where, found, "the file of 'twofold log prove'", "check the path")) from error
    except (NoteError, ProofError, ValueError) as error:
        expected = f"an entry that the log {verifier.name} signed for"
        remedy = "do not rely on this file; ask for it again, and for the key by another way"
        raise NotProvenError(Problem(where, f"it proves nothing: {error}", expected, remedy)) from error
    if entry.index != proof.index:
        found = f"it proves entry {proof.index}, and the entry says that it is {entry.index}"
        raise NotProvenError(Problem(where, found, "one and the same number", "do not rely on this file"))
    if evidence is not None:
        _check_evidence(entry, evidence)
    return ProvenEntry(entry, checkpoint)


def _index(record: str, *, size: int) -> int:
    index = index_of(record) if record.startswith("ev-") else int(record) if record.isdecimal() else None
    if index is None or index >= size:
        expected = f"an evidence id such as ev-12, or the index of an entry, 0 to {size - 1}"
        raise UserError(Problem("record", f"{record!r} names no entry of this log", expected, "see 'twofold log show'"))
    return index


def _check_evidence(entry: Entry, evidence: Path) -> None:
    if entry.kind != EntryKind.CAPTURE:
        raise UserError(Problem(str(evidence), f"the proven entry is a {entry.kind}, not a capture", "a capture"))
    try:
        found = file_hash(evidence)
    except OSError as error:
        raise UserError(Problem(str(evidence), f"cannot be read: {error.strerror}", "the captured file")) from error
    if found != entry.body["sha256"]:
        raise NotProvenError(
            Problem(
                str(evidence), f"its SHA-256 is {found}", f"{entry.body['sha256']}, as captured", "do not rely on it"
            )
        )
