"""The key store: one in memory stands for the operating system's; the stand-ins that keep nothing safe are refused."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked

from twofold.model.problem import UserError
from twofold.vault.signing.keystore import forget_secret, keep_secret, kept_secret


class InMemory(KeyringBackend):
    kept: dict[tuple[str, str], str]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Forgetful(InMemory):
    def get_password(self, service: str, username: str) -> str | None:
        return None if self.kept else f"{service} {username}"


class Locked(InMemory):
    def get_password(self, service: str, username: str) -> str | None:
        message = f"cannot read {service} {username} secret-words"
        raise KeyringLocked(message)


class PlaintextKeyring(InMemory):
    pass


class Chain(InMemory):
    @property
    def backends(self) -> list[KeyringBackend]:
        return [InMemory(), PlaintextKeyring()]


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_a_secret_is_kept_read_and_forgotten() -> None:
    store = InMemory()
    keyring.set_keyring(store)
    keep_secret("5d1c", "secret")
    assert store.kept == {("twofold", "5d1c"): "secret"}
    assert (kept_secret("5d1c"), kept_secret("other")) == ("secret", None)
    forget_secret("5d1c")
    assert kept_secret("5d1c") is None


@pytest.mark.parametrize("store", [fail.Keyring, null.Keyring, PlaintextKeyring, Chain])
def test_a_store_that_keeps_nothing_safe_is_refused(store: Any) -> None:
    keyring.set_keyring(store())
    acts: list[Callable[[], object]] = [
        lambda: keep_secret("5d1c", "secret"),
        lambda: kept_secret("5d1c"),
        lambda: forget_secret("5d1c"),
    ]
    for act in acts:
        with pytest.raises(UserError, match="there is none that encrypts"):
            act()


def test_a_store_that_forgets_is_noticed() -> None:
    keyring.set_keyring(Forgetful())
    with pytest.raises(UserError, match="did not keep the key"):
        keep_secret("5d1c", "secret")


def test_a_locked_store_is_told_without_its_words() -> None:
    keyring.set_keyring(Locked())
    with pytest.raises(UserError, match=r"refused \(KeyringLocked\)") as caught:
        kept_secret("5d1c")
    assert "secret-words" not in str(caught.value)


def test_the_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UserError, match=r"pip install 'twofold\[keystore\]'"):
        kept_secret("5d1c")
