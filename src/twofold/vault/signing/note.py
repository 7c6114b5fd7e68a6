"""Signed notes in the C2SP signed-note form: a text, a blank line, and a line per signature. Pure functions.

Rule 1: the text means nothing before a signature of a known key was checked; `verify_note` is the only way to it.
Rule 2: a signature line of an unknown key is ignored, so that other kinds of signature can be added later; a wrong
signature of a known key refuses the whole note.
Rule 3: one spelling. Base64 that does not read back to itself, a control character, a missing newline: refused.

Two kinds of key are known: Ed25519 over the text (type 0x01), and the timestamped Ed25519 cosignature of
C2SP tlog-cosignature (type 0x04), whose signature is eight bytes of time and 64 bytes over time and text.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
KEY_ID_SIZE = 4
GREATEST_TIME = 2**63 - 1
"""Seconds (C2SP tlog-cosignature)."""

_MOST_SIGNATURES = 100
_PUBLIC_SIZE = 32
_SIGNATURE_SIZE = 64
_TIME_SIZE = 8
_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class NoteError(ValueError):
    """A note or a verifier key is not what it should be; the message says in which way."""


class Signer(Protocol):
    """A key that signs notes; `SigningKey` is one."""

    @property
    def name(self) -> str:
        """Name of the key, as in the signature line."""

    @property
    def key_id(self) -> bytes:
        """Four bytes."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of an Ed25519 signature."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name. `kind` is `ED25519` or `COSIGNATURE`; `public` is 32 bytes."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read a verifier key, `name+key id+base64`; raises NoteError for any other spelling or another kind."""
        name, _, rest = vkey.partition("+")
        written_id, _, encoded = rest.partition("+")
        key = _strict_base64(encoded)
        if not is_key_name(name) or not _KEY_ID.fullmatch(written_id) or not key:
            msg = f"{vkey[:200]!a} is no verifier key of the form name+key id+base64"
            raise NoteError(msg)
        if key[0] not in {ED25519, COSIGNATURE} or len(key) != 1 + _PUBLIC_SIZE:
            msg = f"the verifier key of {name!a} is of another kind than Ed25519"
            raise NoteError(msg)
        if key_id(name, key[0], key[1:]).hex() != written_id:
            msg = f"the key id {written_id} does not belong to the rest of the verifier key of {name!a}"
            raise NoteError(msg)
        return cls(name, key[0], key[1:])

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no proof of anything."""
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        """The key as one line of text."""
        return vkey_text(self.name, self.kind, self.public)

    def check(self, text: str, signature: bytes) -> None:
        """Check a signature without its key id over the text of a note; raises NoteError."""
        message, proof = text.encode(), signature
        if self.kind == COSIGNATURE:
            message, proof = cosigned_message(cosignature_time(signature), text), signature[_TIME_SIZE:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(proof, message)
        except InvalidSignature as error:
            msg = f"the signature of {self.name} does not belong to this text"
            raise NoteError(msg) from error


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: name and id of its key, and the bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was taken apart and not checked. `text` ends with a newline."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note with at least one good signature of a known key; `others` are by keys that were not given."""

    text: str
    verified: tuple[tuple[Verifier, Signature], ...]
    others: tuple[Signature, ...]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return SHA-256(name, newline, kind, public key)[:4] (C2SP signed-note, Signatures)."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_SIZE]


def vkey_text(name: str, kind: int, public: bytes) -> str:
    """Write a verifier key: `name+key id in hex+base64 of kind and public key`."""
    encoded = base64.b64encode(bytes([kind]) + public).decode()
    return f"{name}+{key_id(name, kind, public).hex()}+{encoded}"


def is_key_name(name: str) -> bool:
    """Whether a key can have this name: not empty, no space, no plus, nothing that is not text."""
    return name.isprintable() and name != "" and not any(each.isspace() or each == "+" for each in name)


def read_note(content: bytes) -> str:
    """Return the bytes of a note as text; raises NoteError when they are not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        msg = "not a signed note: it is not UTF-8"
        raise NoteError(msg) from error


def parse_note(note: str) -> Note:
    """Take a note apart; raises NoteError when it is malformed. Nothing is checked yet: see `verify_note`."""
    head, separator, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not separator or lines.pop() != "" or not lines:
        msg = "not a signed note: a text, a blank line and signature lines are expected, each ended by a newline"
        raise NoteError(msg)
    if _CONTROL.search(note) or any("\ud800" <= each <= "\udfff" for each in note):
        msg = "not a signed note: it holds control characters, or is not Unicode"
        raise NoteError(msg)
    if len(lines) > _MOST_SIGNATURES:
        msg = f"not a signed note: it has {len(lines):,} signatures, more than {_MOST_SIGNATURES}"
        raise NoteError(msg)
    return Note(head + "\n", tuple(_signature(line) for line in lines))


def sign_note(text: str, keys: Sequence[Signer]) -> str:
    """Return the note of this text, signed by each key; raises NoteError for a text that no note can hold."""
    if not text.endswith("\n") or not keys:
        msg = "a note needs a text that ends with a newline, and a key"
        raise NoteError(msg)
    lines = [Signature(key.name, key.key_id, key.sign(text.encode())).line for key in keys]
    note = f"{text}\n{''.join(lines)}"
    if parse_note(note).text != text:
        msg = "the end of this text would be read as signatures"
        raise NoteError(msg)
    return note


def verify_note(note: str, verifiers: Sequence[Verifier]) -> VerifiedNote:
    """Check a note: every signature of a known key must be good, and there must be one; raises NoteError."""
    parsed = parse_note(note)
    known = {(each.name, each.key_id): each for each in verifiers}
    verified, others = [], []
    for signature in parsed.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            others.append(signature)
            continue
        verifier.check(parsed.text, signature.signature)
        verified.append((verifier, signature))
    if not verified:
        names = ", ".join(sorted(each.name for each in others))
        msg = f"no signature of a known key: this note is signed by {names}, under other keys than those given"
        raise NoteError(msg)
    return VerifiedNote(parsed.text, tuple(verified), tuple(others))


def cosigned_message(seconds: int, text: str) -> bytes:
    """Return what a cosignature signs (C2SP tlog-cosignature, Ed25519 signed message)."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosignature_time(signature: bytes) -> int:
    """Return the POSIX seconds of a cosignature's bytes; raises NoteError when they are none."""
    seconds = int.from_bytes(signature[:_TIME_SIZE], "big")
    if len(signature) != _TIME_SIZE + _SIGNATURE_SIZE or seconds > GREATEST_TIME:
        msg = "not a cosignature: eight bytes of time and 64 of signature are expected"
        raise NoteError(msg)
    return seconds


def timed_signature(seconds: int, signature: bytes) -> bytes:
    """Return the `timestamped_signature` structure: seconds in eight bytes, then the signature."""
    return seconds.to_bytes(_TIME_SIZE, "big") + signature


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signature = _strict_base64(encoded)
    if not line.startswith(_DASH) or not is_key_name(name) or len(signature) <= KEY_ID_SIZE:
        msg = f"not a signed note: {line[:200]!a} is no signature line"
        raise NoteError(msg)
    return Signature(name, signature[:KEY_ID_SIZE], signature[KEY_ID_SIZE:])


def _strict_base64(text: str) -> bytes:
    """Decode the one spelling of standard base64; gives no bytes for any other."""
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return decoded if base64.b64encode(decoded).decode() == text else b""
