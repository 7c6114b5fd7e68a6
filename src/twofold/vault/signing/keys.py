"""The signing key: Ed25519, kept as PKCS #8 in PEM, encrypted under a passphrase.

`cryptography` derives the encryption key with 2,048 rounds of PBKDF2, which a graphics card guesses through, so the
structure is written here with more rounds (RFC 5958, RFC 8018); OpenSSL and `cryptography` read it. One line before the
PEM block names the public key, as RFC 7468 section 5.2 allows: who a key belongs to can be seen without its passphrase.
No secret is ever part of an error.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.written_file import replace_file
from twofold.vault.signing.note import ED25519, NoteError, Verifier, key_id, vkey_text

LEAST_PASSPHRASE = 12
"""Characters."""
ROUNDS = 600_000
"""Of PBKDF2 with HMAC-SHA-256: the figure of the OWASP Password Storage Cheat Sheet (2023)."""

_LABEL = "Twofold key "
_HEADER = re.compile(rb"\A" + _LABEL.encode() + rb"(\S{1,500})\n")
_SALT_SIZE = 16
_BLOCK_SIZE = 16
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("300c06082a864886f70d02090500")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under a name; `kind` is `ED25519` for the key of a log, `COSIGNATURE` for that of a witness."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)
    kind: int = ED25519

    @classmethod
    def generate(cls, name: str, *, kind: int = ED25519) -> "SigningKey":
        """Make a new key."""
        return cls(name, Ed25519PrivateKey.generate(), kind)

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """Four bytes, as in the key's signature lines."""
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        """The public key as a C2SP verifier key."""
        return vkey_text(self.name, self.kind, self.public)

    @property
    def verifier(self) -> Verifier:
        """What checks this key's signatures."""
        return Verifier(self.name, self.kind, self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of RFC 8032, 64 bytes."""
        return self.private.sign(message)

    def to_pem(self, passphrase: str) -> bytes:
        """Return the key, encrypted; raises UserError for a passphrase that is too short."""
        if len(passphrase) < LEAST_PASSPHRASE:
            found, expected = "the passphrase is too short", f"at least {LEAST_PASSPHRASE} characters"
            raise UserError(Problem("passphrase", found, expected, "choose a longer one, such as five random words"))
        secret = self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return self._labelled(_pem("ENCRYPTED PRIVATE KEY", _encrypted(secret, passphrase.encode())))

    def to_open_pem(self) -> str:
        """Return the key without encryption, for a key store of the operating system that encrypts by itself."""
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._labelled(pem).decode()

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: str | None, *, where: str = "signing key") -> "SigningKey":
        """Read a key; `passphrase` is None for an open one. Raises UserError, which names `where`."""
        verifier = public_of_pem(pem, where=where)
        try:
            private = load_pem_private_key(pem, None if passphrase is None else passphrase.encode())
        except (ValueError, TypeError) as error:
            found = "the key cannot be decrypted: the passphrase is wrong, or the file is damaged"
            remedy = "give the passphrase that was chosen for this key, or restore the file from a backup"
            raise UserError(Problem(where, found, "", remedy)) from error
        if not isinstance(private, Ed25519PrivateKey) or private.public_key().public_bytes_raw() != verifier.public:
            found = "the private key does not belong to the public key that the first line names"
            raise UserError(Problem(where, found, "the file as Twofold wrote it", "restore it from a backup"))
        return cls(verifier.name, private, verifier.kind)

    def _labelled(self, pem: bytes) -> bytes:
        return f"{_LABEL}{self.vkey}\n".encode() + pem


def public_of_pem(pem: bytes, *, where: str = "signing key") -> Verifier:
    """Return the public key that the first line of a key file names; it needs no passphrase. Raises UserError."""
    try:
        match = _HEADER.match(pem)
        if match is not None:
            return Verifier.parse(match[1].decode())
    except (NoteError, UnicodeDecodeError):
        pass
    raise UserError(
        Problem(
            where, "this is no key file of Twofold", f"a first line '{_LABEL}…', then a PEM block", "check the path"
        )
    )


def write_key_file(path: Path, pem: bytes) -> None:
    """Write a key file that only its owner may read (mode 0600), whole or not at all; replaces an earlier one."""
    replace_file(path, pem, mode=0o600)


def _encrypted(secret: bytes, passphrase: bytes) -> bytes:
    """Return EncryptedPrivateKeyInfo of RFC 5958 with PBES2 of RFC 8018, AES-256-CBC."""
    salt, iv = secrets.token_bytes(_SALT_SIZE), secrets.token_bytes(_BLOCK_SIZE)
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt, ROUNDS)
    padder = PKCS7(8 * _BLOCK_SIZE).padder()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    data = encryptor.update(padder.update(secret) + padder.finalize()) + encryptor.finalize()
    derivation = _sequence(_PBKDF2, _sequence(_octets(salt), _integer(ROUNDS), _HMAC_SHA256))
    scheme = _sequence(_PBES2, _sequence(derivation, _sequence(_AES_256_CBC, _octets(iv))))
    return _sequence(scheme, _octets(data))


def _pem(label: str, der: bytes) -> bytes:
    """Write the textual encoding of RFC 7468: 64 characters a line."""
    text = base64.b64encode(der).decode()
    lines = (text[at : at + 64] for at in range(0, len(text), 64))
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _octets(content: bytes) -> bytes:
    return _tagged(0x04, content)


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _tagged(tag: int, content: bytes) -> bytes:
    """Write a value in DER (X.690, 8.1): tag, length, content."""
    length = len(content)
    short = 0x80
    size = bytes([length]) if length < short else bytes([short | 1, length])
    return bytes([tag]) + size + content
