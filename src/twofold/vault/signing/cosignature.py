"""The auditor as witness: a timestamped cosignature of a checkpoint (C2SP tlog-cosignature, Ed25519, type 0x04).

It says: at this time, this was the largest state of this log that I had seen, and it holds unchanged all that I saw
before. A witness therefore never cosigns without checking the proof from its own last checkpoint: `follows`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import (
    COSIGNATURE,
    NoteError,
    Signature,
    Verifier,
    cosignature_time,
    cosigned_message,
    parse_note,
    timed_signature,
    verify_note,
)
from twofold.vault.tree.merkle import ProofError, verify_consistency


def cosign(note_text: str, witness_key: SigningKey, at: datetime) -> str:
    """Return the cosignature line of a checkpoint's note; `at` is cut to whole seconds.

    Raises NoteError when the note is malformed or the key is not a witness's.
    """
    if witness_key.kind != COSIGNATURE:
        msg = f"the key of {witness_key.name} is no witness key"
        raise NoteError(msg)
    text = parse_note(note_text).text
    Checkpoint.parse(text)
    seconds = int(at.timestamp())
    signature = timed_signature(seconds, witness_key.sign(cosigned_message(seconds, text)))
    return Signature(witness_key.name, witness_key.key_id, signature).line


def verify_cosignature(note_text: str, witness: Verifier) -> datetime:
    """Check the witness's cosignature in a note; return its time (UTC), the latest if there are several.

    Raises NoteError when it is missing or wrong.
    """
    if witness.kind != COSIGNATURE:
        msg = f"the key of {witness.name} is no witness key"
        raise NoteError(msg)
    verified = verify_note(note_text, [witness]).verified
    return datetime.fromtimestamp(max(cosignature_time(each.signature) for _, each in verified), UTC)


def follows(earlier: Checkpoint, later: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that the log of `later` is that of `earlier`, grown and nothing else; raises ProofError."""
    if earlier.origin != later.origin:
        msg = f"the earlier checkpoint is of another log, {earlier.origin}"
        raise ProofError(msg)
    if later.size < earlier.size:
        msg = f"the log has shrunk: it had {earlier.size} entries, and this checkpoint counts {later.size}"
        raise ProofError(msg)
    verify_consistency(old_size=earlier.size, size=later.size, old_root=earlier.root, root=later.root, proof=proof)
