"""The company's side of witnessing: take in a cosigned checkpoint, and write the proof that the witness asks for."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from twofold.jobs.checkpoint import require_new
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.cosign import read_vkey
from twofold.jobs.signing_key import keys_of
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.vault.blobs.written_file import write_new_file
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.kept_checkpoints import keep_checkpoint, keep_cosignature
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.cosignature import verify_cosignature
from twofold.vault.signing.note import NoteError, Verifier, parse_note, read_note
from twofold.vault.signing.signed_checkpoint import SignedCheckpoint, verify_checkpoint
from twofold.vault.store import Vault
from twofold.vault.tree.proof_lines import proof_text

_CLOCKS_DIFFER = timedelta(minutes=10)
"""How far a witness's clock may be ahead of ours."""


class Phase(StrEnum):
    """When in an engagement the witness saw the log."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A cosignature that was taken in: by whom, over how many entries, when it was made, and our entry about it."""

    witness: str
    size: int
    cosigned_at: datetime
    entry_index: int


def accept_cosignature(
    workspace: Workspace,
    file: Path,
    *,
    engagement: str,
    phase: Phase,
    witness_key: str | None,
    actor: str,
    at: datetime,
) -> Accepted:
    """Check a cosigned checkpoint, keep it, and record it for an engagement.

    (1) The engagement is in scope. (2) The checkpoint is of this log, signed by the key of its size, over the entries
    that the log holds. (3) The witness of this engagement cosigned it, and not in the future. Raises UserError.

    witness_key: verifier key of the auditor; None = the one recorded for this engagement before.
    """
    vault, where = workspace.vault, str(file)
    _require_engagement(workspace, engagement)
    witness = _witness_of(vault, engagement, witness_key)
    note = _read(file)
    signed = _own_checkpoint(vault, note, witness, where)
    try:
        cosigned_at = verify_cosignature(note, witness)
    except NoteError as error:
        raise UserError(Problem(where, str(error), f"a cosignature of {witness.vkey}")) from error
    if cosigned_at > at + _CLOCKS_DIFFER:
        found = f"it was cosigned at {instant_text(cosigned_at)}, which is in the future"
        raise UserError(Problem(where, found, "a time that has come", "compare the two clocks"))
    lines = [signature.line for verifier, signature in signed.signed.verified if verifier == witness]
    size, root = signed.checkpoint.size, signed.checkpoint.root
    body: dict[str, Json] = {
        "cosigned_at": instant_text(cosigned_at),
        "engagement": engagement,
        "lines": list(lines),
        "phase": phase.value,
        "root": root.hex(),
        "size": size,
        "witness": witness.vkey,
    }
    with vault.log.writing() as writer:
        if any(dict(entry.body) == body for entry in vault.entries(kind=EntryKind.WITNESS)):
            raise UserError(Problem(where, "this cosignature was accepted before", "a new one"))
        keep_checkpoint(writer.database, size=size, note=_signed_by_log(signed, witness), at=vault.entry(size - 1).at)
        for line in lines:
            keep_cosignature(writer.database, size=size, line=line, at=at)
        entry = writer.append(kind=EntryKind.WITNESS, actor=actor, at=at, body=body)
    return Accepted(witness.vkey, size, cosigned_at, entry.index)


def write_proof(workspace: Workspace, *, old_size: int, size: int, into: Path) -> int:
    """Write the proof that the log of `size` entries begins with that of `old_size`; return its number of hashes."""
    require_new(into)
    held = workspace.vault.size
    if not 1 <= old_size <= size <= held:
        found, expected = f"--from {old_size} --to {size}", f"1 to {held}, --from not above --to"
        raise UserError(Problem("sizes", found, expected, "take them from the second lines of the two checkpoints"))
    proof = workspace.vault.log.consistency_proof(old_size, size)
    write_new_file(into, proof_text(proof).encode())
    return len(proof)


def _require_engagement(workspace: Workspace, engagement: str) -> None:
    known = [each.id for each in require_applied_scope(workspace).scope.engagements]
    if engagement not in known:
        raise UserError(Problem("--engagement", f"{engagement!r} is not in scope", f"one of {', '.join(known)}"))


def _witness_of(vault: Vault, engagement: str, given: str | None) -> Verifier:
    mine = (entry for entry in vault.entries(kind=EntryKind.WITNESS) if entry.body.get("engagement") == engagement)
    newest: deque[Entry] = deque(mine, maxlen=1)
    text = given if given is not None else str(newest[0].body["witness"]) if newest else ""
    if not text:
        found, expected = f"no witness was named for {engagement} yet", "the auditor's verifier key"
        raise UserError(Problem("--witness-key", found, expected, "ask the auditor for it, apart from the file"))
    return read_vkey(text, where="--witness-key")


def _own_checkpoint(vault: Vault, note: str, witness: Verifier, where: str) -> SignedCheckpoint:
    """Return the checkpoint once it is certain that it is one of this log; raises UserError."""
    try:
        claimed = Checkpoint.parse(parse_note(note).text)
        if claimed.origin == vault.origin and 1 <= claimed.size <= vault.size:
            key = keys_of(vault).key_for(claimed.size)
            signed = verify_checkpoint(note, key, others=[witness])
            if vault.root(claimed.size) == claimed.root:
                return signed
            fault = f"its root is not that of the first {claimed.size} entries here"
        else:
            fault = f"it counts {claimed.size} entries of {claimed.origin}, and here are {vault.size} of {vault.origin}"
    except ValueError as error:
        fault = str(error)
    raise UserError(Problem(where, fault, "a checkpoint of this log, cosigned by the witness"))


def _signed_by_log(signed: SignedCheckpoint, witness: Verifier) -> str:
    """Return the note with the log's own signature alone, as it was given out."""
    own = (signature.line for verifier, signature in signed.signed.verified if verifier != witness)
    return f"{signed.signed.text}\n{''.join(own)}"


def _read(file: Path) -> str:
    try:
        return read_note(file.read_bytes())
    except OSError as error:
        found = f"cannot be read ({error.strerror or error})"
        raise UserError(Problem(str(file), found, "the file that the auditor sent back", "check the path")) from error
    except NoteError as error:
        remedy = "ask for the file of 'twofold witness cosign' again"
        raise UserError(Problem(str(file), str(error), "the file that the auditor sent back", remedy)) from error
