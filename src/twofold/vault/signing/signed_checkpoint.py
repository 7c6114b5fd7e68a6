"""A checkpoint with its signatures: the body of C2SP tlog-checkpoint inside a C2SP signed note."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.note import NoteError, Signer, VerifiedNote, Verifier, sign_note, verify_note


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log's signature was checked; `note` is the file, byte for byte."""

    checkpoint: Checkpoint
    signed: VerifiedNote
    note: str


def signed_checkpoint(checkpoint: Checkpoint, key: Signer) -> str:
    """Return the note; raises NoteError when the key's name is not the log's (C2SP tlog-checkpoint)."""
    if key.name != checkpoint.origin:
        msg = f"the log {checkpoint.origin} cannot be signed for by the key of {key.name}"
        raise NoteError(msg)
    return sign_note(checkpoint.text, [key])


def verify_checkpoint(note: str, log_key: Verifier, *, others: Sequence[Verifier] = ()) -> SignedCheckpoint:
    """Check that the log's key signed the note, and every signature of `others` that is there.

    Raises NoteError for a signature that is missing or wrong, ValueError for a text that is no checkpoint.
    """
    signed = verify_note(note, [log_key, *others])
    if all(verifier != log_key for verifier, _ in signed.verified):
        msg = f"the log's own signature, by {log_key.name}, is missing"
        raise NoteError(msg)
    checkpoint = Checkpoint.parse(signed.text)
    if checkpoint.origin != log_key.name:
        msg = f"the key of {log_key.name} signed a checkpoint of another log, {checkpoint.origin}"
        raise NoteError(msg)
    return SignedCheckpoint(checkpoint, signed, note)
