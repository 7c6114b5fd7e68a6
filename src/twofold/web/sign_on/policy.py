"""What holds for all providers: whether passwords are still for everybody, and for whom they are when not."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from twofold.web.accounts.models import Member
from twofold.web.rights import Role
from twofold.web.sign_on.models import BreakGlass, IdentityProvider, SignOnSettings


def sign_on_settings() -> SignOnSettings:
    """Return the one row; what is not saved yet has its defaults."""
    return SignOnSettings.objects.filter(pk=1).first() or SignOnSettings(pk=1)


def providers_in_use() -> list[IdentityProvider]:
    """Return the providers that people can sign in through, by name."""
    return list(IdentityProvider.objects.filter(enabled=True).order_by("name"))


def must_use_provider(email: str) -> bool:
    """Whether the account of this address may not sign in with a password or passkey.

    Nobody must where no provider is in use, or nobody could sign in.
    """
    if not sign_on_settings().everybody or not IdentityProvider.objects.filter(enabled=True).exists():
        return False
    return not active_break_glass().filter(user__username=email.lower()).exists()


def active_break_glass() -> QuerySet[BreakGlass]:
    """Return the marks that count: of administrators who may sign in."""
    administrators = Member.objects.filter(role=Role.ADMINISTRATOR.value, user__is_active=True)
    return BreakGlass.objects.filter(user__in=User.objects.filter(member__in=administrators))
