"""What the account library asks us: who may sign up (nobody), and how secrets of second factors are kept (sealed)."""

import base64
import os
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest

from twofold.web.accounts.address import address_of

_NONCE = 12


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # the library is untyped
    """Accounts come from an invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse."""
        del request
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address as we take it everywhere."""
        return address_of(request)


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]  # the library is untyped
    """Keeps secrets of second factors encrypted (AES-256-GCM) under a key that is derived from the site's secret."""

    def encrypt(self, text: str) -> str:
        """Return nonce and ciphertext as base64."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + _sealer().encrypt(nonce, text.encode(), None)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was encrypted; raises InvalidTag where the site's secret is another one."""
        sealed = base64.b64decode(encrypted_text)
        return _sealer().decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """Name us to the person's device when a passkey is made."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Twofold"}


def _sealer() -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"twofold-site-factors").derive(
        settings.SECRET_KEY.encode()
    )
    return AESGCM(key)
