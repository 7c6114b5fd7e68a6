"""Seals what the site must be able to read again: AES-256-GCM under a key that is derived from the site's secret."""

import base64
import os
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12


class Purpose(StrEnum):
    """What is sealed; each purpose has a key of its own."""

    ANSWERS = "twofold-site-api-answers"
    FACTORS = "twofold-site-factors"
    PROVIDERS = "twofold-site-identity-providers"


def seal(text: str, purpose: Purpose) -> str:
    """Return nonce and ciphertext as base64."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _sealer(purpose).encrypt(nonce, text.encode(), None)).decode()


def unseal(sealed: str, purpose: Purpose) -> str:
    """Return what was sealed; raises InvalidTag where the site's secret or the purpose is another one."""
    octets = base64.b64decode(sealed)
    return _sealer(purpose).decrypt(octets[:_NONCE], octets[_NONCE:], None).decode()


def _sealer(purpose: Purpose) -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.value.encode()).derive(
        settings.SECRET_KEY.encode()
    )
    return AESGCM(key)
