"""One's own account and its tokens. A token makes no token with more rights or a later end than it has itself."""

from datetime import datetime, timedelta
from typing import Annotated

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.web.accounts.member import person_of, role_of
from twofold.web.accounts.models import ApiToken
from twofold.web.acts.tokens import MOST_DAYS, make_own_token, revoke_own_token
from twofold.web.api.access import token_that_calls
from twofold.web.api.operation import acts, reads

router = Router(tags=["own account"])


class TokenOut(Schema):
    """A token of one's own. `secret` stands only in the answer that made it."""

    id: int
    name: str
    rights: list[str]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    secret: str | None = None


class AccountOut(Schema):
    """The account that calls. `rights`: those of the token that its role has, too."""

    email: str
    role: str
    person: str
    rights: list[str]


class TokenIn(Schema):
    """What a token is for."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    rights: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=100)]


@reads(router, "/account", "use_api", AccountOut, "The account that calls")
def account(request: HttpRequest) -> AccountOut:
    """Return the account of the token."""
    user = _user(request)
    return AccountOut(
        email=user.email,
        role=role_of(user) or "",
        person=person_of(user),
        rights=token_that_calls(request).rights.split(),
    )


@reads(router, "/tokens", "use_api", list[TokenOut], "One's own tokens")
def list_tokens(request: HttpRequest) -> list[TokenOut]:
    """Return the tokens of the account, the newest first."""
    return [_told(each) for each in ApiToken.objects.filter(user=_user(request)).order_by("-made_at", "-pk")]


@reads(router, "/tokens/{token_id}", "use_api", TokenOut, "One token of one's own")
def token_one(request: HttpRequest, token_id: int) -> TokenOut:
    """Return one token; 404 for one of somebody else."""
    return _told(_owned(request, token_id))


@acts(router, "/tokens", "use_api", TokenOut, "Make a token")
def make_token_one(request: HttpRequest, given: TokenIn) -> TokenOut:
    """Make a token, and tell its secret this once."""
    own = token_that_calls(request)
    ends = min(timezone.now() + timedelta(days=given.days), own.expires_at)
    rights = [each for each in given.rights if each in own.rights.split()]
    token, secret = make_own_token(request, _user(request), name=given.name, rights=rights, expires_at=ends)
    return _told(token, secret)


@acts(router, "/tokens/{token_id}/revoke", "use_api", TokenOut, "Revoke a token", on=token_one, content="", status=200)
def revoke_token_one(request: HttpRequest, token_id: int) -> TokenOut:
    """Revoke a token of one's own; it may be the one that calls."""
    token = _owned(request, token_id)
    revoke_own_token(request, _user(request), token)
    return _told(token)


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _owned(request: HttpRequest, token_id: int) -> ApiToken:
    if not 0 < token_id < 2**63:
        raise Http404
    found = ApiToken.objects.filter(pk=token_id, user=_user(request)).first()
    if found is None:
        raise Http404
    return found


def _told(token: ApiToken, secret: str | None = None) -> TokenOut:
    return TokenOut(
        id=token.pk,
        name=token.name,
        rights=token.rights.split(),
        made_at=token.made_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
        revoked_at=token.revoked_at,
        secret=secret,
    )
