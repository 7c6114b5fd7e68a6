"""The hash that is kept of a secret we made: secrets of 32 random bytes need neither salt nor slowness."""

import hashlib


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a secret, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
