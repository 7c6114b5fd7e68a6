"""What a page asks about who is signed in."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser, User

from twofold.web.accounts.models import Member
from twofold.web.rights import Role

_KEPT = "twofold_member"
FACTOR_NEEDED = frozenset({Role.ADMINISTRATOR})
"""Roles that must have a second factor before they see anything else."""

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


def must_add_factor(user: Account) -> bool:
    """Whether the account has to add a second factor first."""
    if role_of(user) not in FACTOR_NEEDED:
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
