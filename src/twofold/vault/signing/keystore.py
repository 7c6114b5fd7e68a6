"""A secret in the key store of the operating system, through `keyring`, the optional extra `keystore`.

Only a store that encrypts is taken: the stand-ins that fail, forget, or write plain text are refused.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from twofold.model.problem import Problem, UserError

SERVICE = "twofold"

_WHERE = "key store of the operating system"
_FILE_INSTEAD = "keep the key in an encrypted file, which is the default"
_REFUSED = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


def keep_secret(user: str, secret: str) -> None:
    """Store a secret; raises UserError when there is no store to trust, or it refuses."""
    store = _keyring()
    with _refusals():
        store.set_password(SERVICE, user, secret)
        kept = store.get_password(SERVICE, user) == secret
    if not kept:
        raise UserError(Problem(_WHERE, "it did not keep the key", "the key, read back", _FILE_INSTEAD))


def kept_secret(user: str) -> str | None:
    """Return a secret, None when there is none of this user; raises UserError as `keep_secret` does."""
    store = _keyring()
    with _refusals():
        found = store.get_password(SERVICE, user)
    return None if found is None else str(found)


def forget_secret(user: str) -> None:
    """Remove a secret that is there; raises UserError as `keep_secret` does."""
    store = _keyring()
    with _refusals():
        store.delete_password(SERVICE, user)


def _keyring() -> Any:
    try:
        module = importlib.import_module("keyring")
    except ImportError as error:
        found, remedy = "the package keyring is not installed", f"pip install 'twofold[keystore]', or {_FILE_INSTEAD}"
        raise UserError(Problem(_WHERE, found, "keyring 25 or later", remedy)) from error
    backend = module.get_keyring()
    for name in _names(backend):
        if name.startswith(_REFUSED) or "plaintext" in name.lower():
            raise UserError(Problem(_WHERE, f"there is none that encrypts ({name})", "", _FILE_INSTEAD))
    return backend


def _names(backend: Any) -> Iterator[str]:
    """Give the full class name of a store, and of those that it is a chain of."""
    for each in (backend, *getattr(backend, "backends", ())):
        yield f"{type(each).__module__}.{type(each).__qualname__}"


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn whatever a store raises into a UserError: each store has its own errors, from libraries we do not know."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  each store raises errors of libraries of its own
        # The message of a store may quote what it was given; its class says enough.
        found = f"it refused ({type(error).__name__})"
        raise UserError(Problem(_WHERE, found, "", f"unlock it and try again, or {_FILE_INSTEAD}")) from None
