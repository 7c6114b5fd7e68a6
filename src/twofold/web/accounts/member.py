"""What a page asks about who is signed in."""

from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser, User

from twofold.web.accounts.models import Member
from twofold.web.rights import Role

_KEPT = "twofold_member"
FACTOR_NEEDED = frozenset({Role.ADMINISTRATOR})
"""Roles that must have a second factor before they see anything else."""
FACTOR_ELSEWHERE = "twofold_factor_elsewhere"
"""In a session: the identity provider that it came from asks for the second factor, so the site does not."""

Account = User | AnonymousUser


def member_of(user: Account) -> Member | None:
    """Return the member of an account that is signed in; None without one."""
    return Member.objects.filter(user=user).first() if isinstance(user, User) else None


def role_of(user: Account) -> Role | None:
    """Return the role of an account, None where it has none: it may then do nothing."""
    member = _cached(user)
    return Role(member.role) if member else None


def person_of(user: Account) -> str:
    """Return the HR id of the person that the account belongs to, "" where nobody said."""
    member = _cached(user)
    return member.person if member else ""


def must_add_factor(user: Account, session: Mapping[str, Any]) -> bool:
    """Whether the account has to add a second factor first."""
    if role_of(user) not in FACTOR_NEEDED or session.get(FACTOR_ELSEWHERE):
        return False
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return not Authenticator.objects.filter(user_id=user.pk, type__in=kinds).exists()


def _cached(user: Account) -> Member | None:
    """Read the member once a request: the request's user object carries it."""
    kept = user.__dict__
    if _KEPT not in kept:
        kept[_KEPT] = member_of(user)
    found: Member | None = kept[_KEPT]
    return found
