"""One's own API tokens: made for some of one's rights and for a while, revoked at any time. Both are in the log."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.member import role_of
from twofold.web.accounts.models import ApiToken
from twofold.web.accounts.tokens import make_token
from twofold.web.rights import RIGHTS, Grant, grant_of

MOST_DAYS = 366


def make_own_token(
    request: HttpRequest, user: User, *, name: str, rights: Sequence[str], expires_at: datetime
) -> tuple[ApiToken, str]:
    """Make a token with those of the rights that the account's role has; return it with its secret."""
    role = role_of(user)
    held = [each for each in rights if each in RIGHTS and grant_of(each, role) is not Grant.NO]
    token, secret = make_token(user, name=name, rights=held, expires_at=expires_at, at=timezone.now())
    _record(request, AccountAct.TOKEN_MADE, user, f"{token.name}: {token.rights}")
    return token, secret


def revoke_own_token(request: HttpRequest, user: User, token: ApiToken) -> None:
    """Revoke a token of the account; one that is revoked stays so."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save()
        _record(request, AccountAct.TOKEN_REVOKED, user, token.name)


def _record(request: HttpRequest, act: AccountAct, user: User, detail: str) -> None:
    record_act(act, account=user.email, role=role_of(user) or "", by=user.email, request=request, detail=detail)
