"""When somebody leaves: the account is closed at once, with its sessions and tokens. What it did stays in the log."""

from collections.abc import Iterable

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.member import role_of
from twofold.web.accounts.models import ApiToken, Member
from twofold.web.rights import Role


def close_account(user: User, *, by: str, request: HttpRequest | None, detail: str = "") -> None:
    """Take the account from its person: no sign-in, sessions ended, tokens revoked. by: who did it, for the log."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions([user])
    role = role_of(user) or ""
    record_act(AccountAct.DEACTIVATED, account=user.email, role=role, by=by, request=request, detail=detail)
    for token in ApiToken.objects.filter(user=user, revoked_at=None):
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record_act(AccountAct.TOKEN_REVOKED, account=user.email, role=role, by=by, request=request, detail=token.name)


def end_sessions(users: Iterable[User]) -> None:
    """End every session of the accounts."""
    for session in UserSession.objects.filter(user__in=list(users)):
        session.end()


def is_last_administrator(user: User) -> bool:
    """Whether no other administrator may sign in. In a transaction, it holds the administrators until its end."""
    held = Member.objects.select_for_update().filter(role=Role.ADMINISTRATOR.value, user__is_active=True)
    active = {each.user_id for each in held}
    return active == {user.pk}
