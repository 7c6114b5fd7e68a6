"""API tokens: a secret that a program shows, for one account, some rights and a while. Only its hash is kept."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User

from twofold.web.accounts.models import ApiToken
from twofold.web.accounts.secret_hash import hash_of

PREFIX = "twofold_"
"""So that a scanner of leaked secrets finds one."""


def make_token(
    user: User, *, name: str, rights: Sequence[str], expires_at: datetime, at: datetime
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is shown this once. Times are aware UTC."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        rights=" ".join(sorted(set(rights))),
        secret_sha256=hash_of(secret),
        made_at=at,
        expires_at=expires_at,
    )
    return token, secret


def token_of(secret: str, *, at: datetime) -> ApiToken | None:
    """Return the token that a secret opens: not revoked, not over, of an account that may sign in."""
    found = ApiToken.objects.select_related("user").filter(
        secret_sha256=hash_of(secret), revoked_at=None, expires_at__gt=at, user__is_active=True
    )
    return found.first()
