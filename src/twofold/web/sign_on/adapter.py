"""What the account library asks us when somebody signs in: with what they may, and whether a factor is to come."""

from typing import Any

from allauth.account.internal.stagekit import clear_login
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.adapter import InvitedOnly
from twofold.web.accounts.member import role_of
from twofold.web.sign_on.policy import must_use_provider, providers_in_use

THROUGH = "sign_on"
"""In a sign-in's signal arguments: the provider that it came through."""
FACTOR_DONE = "sign_on_factor_done"
"""In a sign-in's state: the provider has asked for the second factor."""
_LIBRARY_STAGE = "allauth.mfa.stages.AuthenticateStage"
_OUR_STAGE = "twofold.web.sign_on.adapter.FactorUnlessDone"


class SignOnAdapter(InvitedOnly):
    """Accounts as before, and where everybody signs in through the provider, no passwords and passkeys for most."""

    def pre_login(
        self, request: HttpRequest, user: Any, *, signal_kwargs: dict[str, Any] | None, **more: Any
    ) -> HttpResponse | None:
        """Refuse a password or passkey, though right, of an account that has to use the provider."""
        refused: HttpResponse | None = super().pre_login(request, user, signal_kwargs=signal_kwargs, **more)
        if refused is None and THROUGH not in (signal_kwargs or {}) and must_use_provider(user.username):
            clear_login(request)
            detail = "everybody signs in through the provider"
            record_act(
                AccountAct.SIGN_IN_REFUSED,
                account=user.email,
                role=role_of(user) or "",
                by="site",
                request=request,
                detail=detail,
            )
            values = {"said": "Your company signs in through its identity provider.", "providers": providers_in_use()}
            refused = render(request, "sign_on/refused.html", values, status=403)
        return refused

    def get_login_stages(self) -> list[str]:
        """Return the library's stages with ours in place of the one for second factors."""
        return [_OUR_STAGE if each == _LIBRARY_STAGE else each for each in super().get_login_stages()]


class FactorUnlessDone(AuthenticateStage):  # type: ignore[misc]  # the library is untyped
    """Asks for the second factor of an account that has one, unless the provider asked for it."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return not self.login.state.get(FACTOR_DONE) and bool(super()._should_handle(request))
