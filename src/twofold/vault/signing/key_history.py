"""Which key signs for a log at which size: entry 0 names the first key, and each rotation hands over to the next.

The entry of a rotation holds a note, signed by the old key, which so names its successor, and by the new key, which so
shows that its private half exists. The note names the log and the index of its entry, so that it fits nowhere else.
Entry i holds a rotation: a checkpoint of size i or less is signed by the old key, a bigger one by the new key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import ED25519, NoteError, Verifier, sign_note, verify_note

STATEMENT = "twofold-key-rotation@v1"


class BrokenKeyHistoryError(ValueError):
    """The entries do not lead from the first key to the next; the message says at which entry."""


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """A key and the smallest checkpoint that it signs: 1 for the first key, else the index of its rotation plus 1."""

    verifier: Verifier
    from_size: int


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """All keys of a log, first to last."""

    terms: tuple[KeyTerm, ...]

    @property
    def current(self) -> Verifier:
        """The key that signs now."""
        return self.terms[-1].verifier

    def key_for(self, size: int) -> Verifier:
        """Return the key that signs checkpoints of this size."""
        if size < 1:
            msg = "a log that names a key has at least one entry"
            raise ValueError(msg)
        return next(term.verifier for term in reversed(self.terms) if term.from_size <= size)


def key_history(entries: Iterable[Entry]) -> KeyHistory:
    """Walk entry 0 and the rotations of a log, in order; other entries are passed over.

    Raises BrokenKeyHistoryError where a key is missing, or was not named by the one before it.
    """
    terms: list[KeyTerm] = []
    origin = ""
    for entry in entries:
        if entry.index == 0 and entry.kind == EntryKind.LOG:
            origin = str(entry.body.get("origin"))
            terms.append(KeyTerm(_log_key(entry.body.get("key"), origin, 0), 1))
        elif entry.kind == EntryKind.KEY_ROTATION and terms:
            terms.append(KeyTerm(_successor(entry, terms[-1].verifier, origin), entry.index + 1))
    if not terms:
        msg = "entry 0, which names the first key, is missing"
        raise BrokenKeyHistoryError(msg)
    return KeyHistory(tuple(terms))


def rotation_body(*, index: int, old: SigningKey, new: SigningKey) -> dict[str, Json]:
    """Return the body of the entry `index` that hands over from `old` to `new`; the log's name is that of the keys."""
    text = _statement(old.name, index, old.vkey, new.vkey)
    return {"new": new.vkey, "note": sign_note(text, [old, new]), "old": old.vkey}


def _successor(entry: Entry, old: Verifier, origin: str) -> Verifier:
    body: Mapping[str, object] = entry.body
    if body.get("old") != old.vkey:
        msg = f"entry {entry.index} rotates another key than the one in force"
        raise BrokenKeyHistoryError(msg)
    new = _log_key(body.get("new"), origin, entry.index)
    try:
        signed = verify_note(str(body.get("note")), [old, new])
    except NoteError as error:
        msg = f"the rotation of entry {entry.index} is not signed as it should be: {error}"
        raise BrokenKeyHistoryError(msg) from error
    if {verifier for verifier, _ in signed.verified} != {old, new}:
        msg = f"the rotation of entry {entry.index} is not signed by both keys"
        raise BrokenKeyHistoryError(msg)
    if signed.text != _statement(origin, entry.index, old.vkey, new.vkey):
        msg = f"the rotation of entry {entry.index} was signed for another log, place or key"
        raise BrokenKeyHistoryError(msg)
    return new


def _statement(origin: str, index: int, old: str, new: str) -> str:
    return f"{STATEMENT}\n{origin}\n{index}\n{old}\n{new}\n"


def _log_key(vkey: object, origin: str, index: int) -> Verifier:
    try:
        verifier = Verifier.parse(str(vkey))
    except NoteError as error:
        msg = f"entry {index} names no key: {error}"
        raise BrokenKeyHistoryError(msg) from error
    if verifier.kind != ED25519 or verifier.name != origin:
        msg = f"entry {index} names a key that cannot sign for the log {origin}"
        raise BrokenKeyHistoryError(msg)
    return verifier
