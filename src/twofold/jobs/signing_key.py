"""The signing key of a workspace: made, opened, shown, exported, rotated."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path

from twofold.jobs.passphrase import Ask, nobody, read_passphrase
from twofold.model.problem import Problem, UserError
from twofold.records.key_place import STORE_FILE, finish_rotation, key_place, open_key
from twofold.records.workspace import INNER, Workspace
from twofold.reports.log_files import PRINCIPAL
from twofold.vault.blobs.written_file import write_new_file
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.signing.key_history import BrokenKeyHistoryError, KeyHistory, key_history, rotation_body
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.sshsig import CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE, allowed_signers_line
from twofold.vault.store import Vault

SIGNERS_SUFFIX = ".allowed_signers"


@dataclass(frozen=True, slots=True)
class NewKey:
    """How a new workspace keeps its key: in a file under a passphrase, or in the operating system's key store."""

    passphrase: str = field(default="", repr=False)
    in_keystore: bool = False


@dataclass(frozen=True, slots=True)
class ShownKey:
    """The keys of a workspace as anyone may see them: verifier keys, and the smallest checkpoint that each signs."""

    current: str
    kept_in: str
    terms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RotatedKey:
    """A rotation: both verifier keys, and the entry that records it."""

    old: str
    new: str
    entry_index: int


def keep_new_key(inner: Path, key: SigningKey, kept: NewKey, *, log_id: str) -> None:
    """Keep the first key of a new workspace, whose inner folder is `inner`; raises UserError for a weak passphrase."""
    if kept.in_keystore:
        about = f"The signing key is kept in the key store of the operating system: service twofold, user {log_id}.\n"
        write_new_file(inner / STORE_FILE, about.encode())
    place = key_place(inner, log_id)
    place.write_next(key, kept.passphrase)
    place.promote()


def keys_of(vault: Vault) -> KeyHistory:
    """Return the keys of a log; raises UserError when the log names none, or the chain of rotations is broken."""
    try:
        return key_history(_key_entries(vault))
    except BrokenKeyHistoryError as error:
        expected = "a key in entry 0, and rotations that are signed by the key before"
        raise UserError(Problem(vault.log.where, str(error), expected, "run 'twofold verify' on it")) from error


def signing_key(workspace: Workspace, *, ask: Ask = nobody, passphrase: str = "") -> SigningKey:
    """Open the key that signs for this workspace now; raises UserError without the key or its passphrase.

    passphrase: where the caller knows it, so that neither the environment nor a person is asked.
    """
    place = key_place(workspace.root / INNER, workspace.vault.log_id)
    return open_key(place, keys_of(workspace.vault).current, lambda: passphrase or read_passphrase(ask))


def show_key(workspace: Workspace) -> ShownKey:
    """Return the public keys; no passphrase is needed."""
    history = keys_of(workspace.vault)
    return ShownKey(
        current=history.current.vkey,
        kept_in=key_place(workspace.root / INNER, workspace.vault.log_id).where,
        terms=tuple((term.verifier.vkey, term.from_size) for term in history.terms),
    )


def export_key(workspace: Workspace, into: Path) -> tuple[Path, Path]:
    """Write the public key as a verifier key into the new file `into`, and beside it as a line of allowed signers."""
    vkey = keys_of(workspace.vault).current.vkey
    signers = into.with_suffix(SIGNERS_SUFFIX)
    if into == signers or signers.exists():
        found = "a file of this name is there already" if signers.exists() else "this name is taken by the second file"
        raise UserError(Problem(str(signers), found, "a new file", "name another file, such as acme.vkey"))
    write_new_file(into, f"{vkey}\n".encode())
    namespaces = (CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE)
    write_new_file(signers, allowed_signers_line(PRINCIPAL, vkey, namespaces).encode())
    return into, signers


def rotate_key(
    workspace: Workspace, *, actor: str, at: datetime, ask: Ask = nobody, new_passphrase: str | None = None
) -> RotatedKey:
    """Replace the signing key by a new one, signed for by the old one in the log.

    new_passphrase: of the new key, None = that of the old one. The old private key is gone afterwards. A kill leaves
    the old key in force, or the new one, as the log says. Raises UserError without the old key.
    """
    inner, vault = workspace.root / INNER, workspace.vault
    with workspace.computing("twofold key rotate"):
        place = key_place(inner, vault.log_id)
        in_force = keys_of(vault).current
        finish_rotation(place, in_force)
        given = read_passphrase(ask) if place.encrypted else ""
        old = open_key(place, in_force, lambda: given)
        new = SigningKey.generate(vault.origin)
        place.write_next(new, given if new_passphrase is None else new_passphrase)
        with vault.log.writing() as writer:
            body = rotation_body(index=writer.size, old=old, new=new)
            entry = writer.append(kind=EntryKind.KEY_ROTATION, actor=actor, at=at, body=body)
        place.promote()
    return RotatedKey(old.vkey, new.vkey, entry.index)


def _key_entries(vault: Vault) -> "chain[Entry]":
    return chain([vault.entry(0)], vault.entries(kind=EntryKind.KEY_ROTATION))
