"""Signatures that `ssh-keygen -Y verify` checks, on every system an auditor has: PROTOCOL.sshsig of OpenSSH.

Ed25519 with SHA-512 only. A namespace keeps a signature made for one purpose from serving another.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from hashlib import sha512

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import Verifier

CHECKPOINT_NAMESPACE = "twofold-checkpoint@v1"
PACKAGE_NAMESPACE = "twofold-package@v1"

_MAGIC = b"SSHSIG"
_VERSION = (1).to_bytes(4, "big")
_KEY_TYPE = b"ssh-ed25519"
_HASH = b"sha512"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_WIDTH = 70
_NAMESPACE = re.compile(r"[a-z0-9@._-]+")
_PRINCIPAL = re.compile(r"[A-Za-z0-9@._/+:-]+")


class SshSignatureError(ValueError):
    """A signature does not belong to the message, the key or the namespace, or is none; the message says which."""


def sshsig_sign(key: SigningKey, message: bytes, namespace: str) -> str:
    """Return the armored signature of a message."""
    proof = key.sign(_signed_data(message, namespace))
    blob = b"".join(
        (
            _MAGIC,
            _VERSION,
            _string(_public_blob(key.public)),
            _string(namespace.encode()),
            _string(b""),
            _string(_HASH),
            _string(_string(_KEY_TYPE) + _string(proof)),
        )
    )
    text = base64.b64encode(blob).decode()
    lines = (text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH))
    return "\n".join((_BEGIN, *lines, _END, ""))


def sshsig_verify(armored: str, message: bytes, verifier: Verifier, namespace: str) -> None:
    """Check an armored signature; raises SshSignatureError."""
    public, found_namespace, hash_name, proof = _parts(_unarmored(armored))
    if public != _public_blob(verifier.public):
        msg = "the signature is by another key"
        raise SshSignatureError(msg)
    if found_namespace != namespace.encode():
        msg = f"the signature was made for {found_namespace.decode(errors='replace')!a}, not for {namespace}"
        raise SshSignatureError(msg)
    if hash_name != _HASH or not proof.startswith(_string(_KEY_TYPE)):
        msg = "the signature is of another kind than Ed25519 with SHA-512"
        raise SshSignatureError(msg)
    signature, rest = _take(proof.removeprefix(_string(_KEY_TYPE)))
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, _signed_data(message, namespace))
    except InvalidSignature as error:
        msg = "the signature does not belong to this file"
        raise SshSignatureError(msg) from error
    if rest:
        msg = "not an SSH signature: bytes follow its end"
        raise SshSignatureError(msg)


def allowed_signers_line(principal: str, vkey: str, namespaces: Sequence[str]) -> str:
    """Return the line of an `allowed_signers` file (ssh-keygen(1), ALLOWED SIGNERS), with its newline.

    Raises ValueError for a principal or a namespace that would mean something else there.
    """
    if not _PRINCIPAL.fullmatch(principal) or not all(_NAMESPACE.fullmatch(each) for each in namespaces):
        msg = f"{principal!r} or one of {namespaces!r} cannot stand in a file of allowed signers"
        raise ValueError(msg)
    public = base64.b64encode(_public_blob(Verifier.parse(vkey).public)).decode()
    return f'{principal} namespaces="{",".join(namespaces)}" {_KEY_TYPE.decode()} {public}\n'


def _signed_data(message: bytes, namespace: str) -> bytes:
    if not _NAMESPACE.fullmatch(namespace):
        msg = f"{namespace!r} is no namespace"
        raise ValueError(msg)
    parts = (namespace.encode(), b"", _HASH, sha512(message).digest())
    return _MAGIC + b"".join(_string(part) for part in parts)


def _public_blob(public: bytes) -> bytes:
    return _string(_KEY_TYPE) + _string(public)


def _unarmored(armored: str) -> bytes:
    lines = armored.replace("\r\n", "\n").split("\n")
    if lines[:1] != [_BEGIN] or lines[-2:] != [_END, ""]:
        msg = "not an SSH signature: its first or last line is missing"
        raise SshSignatureError(msg)
    try:
        return base64.b64decode("".join(lines[1:-2]).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        msg = "not an SSH signature: it is not base64"
        raise SshSignatureError(msg) from error


def _parts(blob: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Return public key, namespace, hash name and signature; raises SshSignatureError."""
    if not blob.startswith(_MAGIC + _VERSION):
        msg = "not an SSH signature of version 1"
        raise SshSignatureError(msg)
    public, rest = _take(blob.removeprefix(_MAGIC + _VERSION))
    namespace, rest = _take(rest)
    reserved, rest = _take(rest)
    hash_name, rest = _take(rest)
    proof, rest = _take(rest)
    if reserved or rest:
        msg = "not an SSH signature: there is more in it than there should be"
        raise SshSignatureError(msg)
    return public, namespace, hash_name, proof


def _string(content: bytes) -> bytes:
    """Write a string of RFC 4251 section 5: length in four bytes, then the bytes."""
    return len(content).to_bytes(4, "big") + content


def _take(data: bytes) -> tuple[bytes, bytes]:
    """Read a string of RFC 4251 section 5; return it and what follows."""
    end = 4 + int.from_bytes(data[:4], "big")
    if len(data) < max(4, end):
        msg = "not an SSH signature: it is cut off"
        raise SshSignatureError(msg)
    return data[4:end], data[end:]
