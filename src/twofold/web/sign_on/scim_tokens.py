"""The directory's tokens: each opens the SCIM operations and nothing else. Only the hash of a secret is kept."""

import secrets
from datetime import datetime

from twofold.web.accounts.secret_hash import hash_of
from twofold.web.sign_on.models import ScimToken

PREFIX = "twofold_scim_"
"""So that a scanner of leaked secrets finds one."""


def make_scim_token(name: str, *, by: str, expires_at: datetime, at: datetime) -> tuple[ScimToken, str]:
    """Make a token and return it with its secret, which is shown this once. Times are aware UTC."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ScimToken.objects.create(
        name=name, secret_sha256=hash_of(secret), made_by=by, made_at=at, expires_at=expires_at
    )
    return token, secret


def scim_token_of(secret: str, *, at: datetime) -> ScimToken | None:
    """Return the token that a secret opens: neither revoked nor over."""
    return ScimToken.objects.filter(secret_sha256=hash_of(secret), revoked_at=None, expires_at__gt=at).first()
