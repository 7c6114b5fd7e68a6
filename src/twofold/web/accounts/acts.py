"""Writes each act on an account to the workspace's log, from the signals of the account libraries."""

from typing import Any

from allauth.account.signals import password_changed, user_logged_in, user_logged_out
from allauth.mfa.signals import authenticator_added, authenticator_removed
from axes.signals import user_locked_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from twofold.records.acts.account import AccountAct, record_account_act
from twofold.web.accounts.address import address_of
from twofold.web.accounts.member import role_of
from twofold.web.workspace_access import open_workspace


def record_act(
    act: AccountAct, *, account: str, role: str, by: str, request: HttpRequest | None, detail: str = ""
) -> None:
    """Write one act. by: e-mail address of who did it; the site's own acts are by `site`."""
    record_account_act(
        open_workspace().vault,
        act,
        account=account,
        role=role,
        detail=detail,
        address=address_of(request),
        acting_user=by,
        at=timezone.now(),
    )


def _own(act: AccountAct, user: Any, request: HttpRequest | None, detail: str = "") -> None:
    record_act(act, account=user.email, role=role_of(user) or "", by=user.email, request=request, detail=detail)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: Any, **_: object) -> None:
    methods = request.session.get("account_authentication_methods", [])
    _own(AccountAct.SIGNED_IN, user, request, ", ".join(each.get("method", "") for each in methods))


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: Any, **_: object) -> None:
    if user is not None:
        _own(AccountAct.SIGNED_OUT, user, request)


@receiver(password_changed)
def _password_changed(request: HttpRequest, user: Any, **_: object) -> None:
    _own(AccountAct.PASSWORD_CHANGED, user, request)


@receiver(authenticator_added)
def _factor_added(request: HttpRequest, user: Any, authenticator: Any, **_: object) -> None:
    _own(AccountAct.FACTOR_ADDED, user, request, str(authenticator.type))


@receiver(authenticator_removed)
def _factor_removed(request: HttpRequest, user: Any, authenticator: Any, **_: object) -> None:
    _own(AccountAct.FACTOR_REMOVED, user, request, str(authenticator.type))


@receiver(user_locked_out)
def _locked_out(request: HttpRequest, username: str, **_: object) -> None:
    record_act(AccountAct.LOCKED_OUT, account=username or "unknown", role="", by="site", request=request)
