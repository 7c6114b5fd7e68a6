"""Invitations: a link with a secret that works once, for three days. Nobody ever gets a password from us."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.models import Invitation, Member
from twofold.web.accounts.secret_hash import hash_of
from twofold.web.rights import Role

VALID_FOR = timedelta(days=3)


def invite(email: str, role: Role, *, person: str, by: str, at: datetime, request: HttpRequest | None) -> str:
    """Make an invitation and return the secret of its link; only the secret's hash is kept. at: aware UTC."""
    secret = secrets.token_urlsafe(32)
    Invitation.objects.create(
        email=email.lower(),
        role=role.value,
        person=person,
        secret_sha256=hash_of(secret),
        made_by=by,
        made_at=at,
        expires_at=at + VALID_FOR,
    )
    record_act(AccountAct.INVITED, account=email.lower(), role=role.value, by=by, request=request)
    return secret


def standing(secret: str, *, at: datetime) -> Invitation | None:
    """Return the invitation that a link's secret opens; None where it is unknown, used or over."""
    return Invitation.objects.filter(secret_sha256=hash_of(secret), used_at=None, expires_at__gt=at).first()


def accept(
    invitation: Invitation, *, email: str, password: str, at: datetime, request: HttpRequest | None
) -> User | None:
    """Make the account, or give an existing one its new password; None where another request was faster."""
    with transaction.atomic():
        taken = Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=at)
        if not taken:
            return None
        user, _ = User.objects.get_or_create(username=email, defaults={"email": email})
        user.set_password(password)
        user.is_active = True
        user.save()
        Member.objects.update_or_create(user=user, defaults={"role": invitation.role, "person": invitation.person})
    record_act(AccountAct.ACTIVATED, account=user.email, role=invitation.role, by=user.email, request=request)
    return user
