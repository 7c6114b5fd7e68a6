"""Who gets in of those whom a provider names: an account that is linked, invited or provisioned. Nobody else.

The first time, the account is found by the verified e-mail address, if its domain is one of the provider's; from then
on by the provider's lasting name of the person, so that an address that changes hands does not hand over an account.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.member import role_of
from twofold.web.accounts.models import Invitation, Member
from twofold.web.sign_on.asserted import Asserted
from twofold.web.sign_on.group_roles import follow_groups
from twofold.web.sign_on.models import IdentityProvider, ProviderLink
from twofold.web.sign_on.refused import RefusedError

_LONGEST_SUBJECT = 255


def admit(provider: IdentityProvider, asserted: Asserted, *, at: datetime, request: HttpRequest) -> User:
    """Return the account of whom the provider names, with the role of their groups. at: aware UTC.

    Raises RefusedError where no account is theirs.
    """
    if not 0 < len(asserted.subject) <= _LONGEST_SUBJECT or not asserted.subject.isprintable():
        message = "the provider gives no name that lasts"
        raise RefusedError(message)
    with transaction.atomic():
        link = ProviderLink.objects.filter(provider=provider, subject=asserted.subject).select_related("user").first()
        user = link.user if link else _by_address(provider, asserted, at=at, request=request)
        if not user.is_active:
            message = "the account is deactivated"
            raise RefusedError(message, account=user.email)
        if link is None:
            _link(provider, asserted, user, at=at, request=request)
        if asserted.groups is not None:
            follow_groups(user, asserted.groups, by=user.email, request=request)
    return user


def _by_address(provider: IdentityProvider, asserted: Asserted, *, at: datetime, request: HttpRequest) -> User:
    email = asserted.email.strip().lower()
    name, _, domain = email.rpartition("@")
    if not name or not domain or not email.isprintable():
        message = "the provider says no e-mail address, and nobody is linked to the person yet"
        raise RefusedError(message)
    if not asserted.email_verified:
        message = "the provider does not say that the e-mail address is verified"
        raise RefusedError(message, account=email)
    if domain not in provider.domains:
        message = "the provider may not speak for this e-mail domain"
        raise RefusedError(message, account=email)
    found = User.objects.filter(username=email).first() or User.objects.filter(email=email).first()
    user = found or _invited(email, at=at, request=request)
    if user is None:
        message = "nobody invited or provisioned this e-mail address"
        raise RefusedError(message, account=email)
    return user


def _invited(email: str, *, at: datetime, request: HttpRequest) -> User | None:
    """Make the account of an open invitation, which is then used; None without one."""
    invitation = Invitation.objects.filter(email=email, used_at=None, expires_at__gt=at).order_by("-made_at").first()
    if invitation is None or not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=at):
        return None
    user = User.objects.create_user(email, email)
    Member.objects.create(user=user, role=invitation.role, person=invitation.person)
    record_act(
        AccountAct.ACTIVATED, account=email, role=invitation.role, by=email, request=request, detail="no password"
    )
    return user


def _link(provider: IdentityProvider, asserted: Asserted, user: User, *, at: datetime, request: HttpRequest) -> None:
    if ProviderLink.objects.filter(provider=provider, user=user).exists():
        message = "the account is linked to another person of the provider; an administrator can take the link away"
        raise RefusedError(message, account=user.email)
    ProviderLink.objects.create(provider=provider, subject=asserted.subject, user=user, linked_at=at)
    detail = f"{provider.name}: {asserted.subject[:100]}"
    record_act(
        AccountAct.LINKED, account=user.email, role=role_of(user) or "", by=user.email, request=request, detail=detail
    )
