"""Where a workspace keeps its signing key: an encrypted file, or the key store of the operating system.

There are two slots, so that a rotation can be cut off anywhere: the new key is durable in the slot `next` before the
log names it, and takes the place of the old one after. Which of the two keys is in force is told by the log alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from twofold.model.problem import Problem, UserError
from twofold.vault.signing.keys import SigningKey, public_of_pem, write_key_file
from twofold.vault.signing.keystore import forget_secret, keep_secret, kept_secret
from twofold.vault.signing.note import Verifier

KEY_FILE = "key.pem"
NEXT_FILE = "key.next.pem"
STORE_FILE = "key.keystore"
"""Says that the key is kept in the key store of the operating system."""


class KeyPlace(Protocol):
    """Two slots for a key. Every call raises UserError when the place cannot be read or written."""

    @property
    def where(self) -> str:
        """What messages call it."""

    @property
    def encrypted(self) -> bool:
        """Whether a passphrase is needed."""

    def current(self) -> bytes | None:
        """Return what the first slot holds."""

    def next(self) -> bytes | None:
        """Return what the second slot holds."""

    def write_next(self, key: SigningKey, passphrase: str) -> None:
        """Put a key into the second slot, durably, in place of what is there."""

    def promote(self) -> None:
        """Move the second slot's key into the first, in place of what is there."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Encrypted files in a folder."""

    folder: Path

    @property
    def where(self) -> str:
        """The path."""
        return str(self.folder / KEY_FILE)

    @property
    def encrypted(self) -> bool:
        """Files are."""
        return True

    def current(self) -> bytes | None:
        """Return what the file holds."""
        return self._read(KEY_FILE)

    def next(self) -> bytes | None:
        """Return what the file of the next key holds."""
        return self._read(NEXT_FILE)

    def write_next(self, key: SigningKey, passphrase: str) -> None:
        """Write the file of the next key."""
        write_key_file(self.folder / NEXT_FILE, key.to_pem(passphrase))

    def promote(self) -> None:
        """Let the file of the next key take the place of the other."""
        pem = self._read(NEXT_FILE)
        if pem is not None:
            write_key_file(self.folder / KEY_FILE, pem)
            (self.folder / NEXT_FILE).unlink()

    def _read(self, name: str) -> bytes | None:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            found = f"the key cannot be read ({error.strerror or error})"
            raise UserError(Problem(str(self.folder / name), found, "a file that you may read")) from error


@dataclass(frozen=True, slots=True)
class KeyInStore:
    """Entries in the key store of the operating system, under the id of the log."""

    log_id: str

    @property
    def where(self) -> str:
        """The store and the user."""
        return f"key store of the operating system, user {self.log_id}"

    @property
    def encrypted(self) -> bool:
        """The store encrypts by itself."""
        return False

    def current(self) -> bytes | None:
        """Return what the entry holds."""
        return _bytes(kept_secret(self.log_id))

    def next(self) -> bytes | None:
        """Return what the entry of the next key holds."""
        return _bytes(kept_secret(self._next))

    def write_next(self, key: SigningKey, passphrase: str) -> None:
        """Write the entry of the next key; the passphrase is not used."""
        del passphrase
        keep_secret(self._next, key.to_open_pem())

    def promote(self) -> None:
        """Copy the next key over the other, then remove its entry."""
        secret = kept_secret(self._next)
        if secret is not None:
            keep_secret(self.log_id, secret)
            forget_secret(self._next)

    @property
    def _next(self) -> str:
        return f"{self.log_id}/next"


def key_place(folder: Path, log_id: str) -> KeyPlace:
    """Return where the workspace whose inner folder this is keeps its key."""
    return KeyInStore(log_id) if (folder / STORE_FILE).exists() else KeyFile(folder)


def open_key(place: KeyPlace, in_force: Verifier, passphrase: Callable[[], str]) -> SigningKey:
    """Return the private key that belongs to `in_force`, from whichever slot holds it.

    passphrase: asked for only when it is needed. Raises UserError when neither slot holds the key.
    """
    for pem in (place.current(), place.next()):
        if pem is not None and public_of_pem(pem, where=place.where) == in_force:
            return SigningKey.from_pem(pem, passphrase() if place.encrypted else None, where=place.where)
    raise UserError(
        Problem(
            place.where,
            "the key that the log names is not here",
            f"the private key of {in_force.vkey}",
            "restore it from a backup of the workspace. Captures and tests go on without it",
        )
    )


def finish_rotation(place: KeyPlace, in_force: Verifier) -> None:
    """Move the next key to its place when the log has named it already: what a kill left undone."""
    pem = place.next()
    if pem is not None and public_of_pem(pem, where=place.where) == in_force:
        place.promote()


def _bytes(secret: str | None) -> bytes | None:
    return None if secret is None else secret.encode()
