"""Lets a request through to a page only where the table of rights says so. A page that names no right is refused.

So a new page cannot be forgotten: without `@needs(...)` nobody can open it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from twofold.web.accounts.member import must_add_factor, role_of
from twofold.web.rights import RIGHTS, Grant, grant_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

PUBLIC = frozenset(
    {
        "account_login",
        "account_logout",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "sign_on_start",
        "sign_on_callback",
        "sign_on_acs",
        "sign_on_finish",
        "sign_on_metadata",
        "welcome",
        "alive",
        "calendar_feed",
    }
)
"""Names of the pages that need no account. `welcome` needs a one-time link; `calendar_feed` a secret address, since
calendar programs cannot sign in; those of `sign_on` lead to an identity
provider and back."""
OWN_ACCOUNT = frozenset(
    {
        "account_change_password",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "usersessions_list",
    }
)
"""Pages of the account library about one's own account; they need the right `keep_own_account`."""
_RIGHT = "twofold_right"


def needs(right: str) -> Callable[[View], View]:
    """Name the right that a page needs; raises KeyError while the page is loaded for one that is not in the table."""
    RIGHTS[right]

    def mark(view: View) -> View:
        setattr(view, _RIGHT, right)
        return view

    return mark


def right_needed(name: str, view: Any) -> str | None:
    """Return the right that a page needs: "" for a public one, None for one that names none and is refused."""
    if name in PUBLIC:
        return ""
    if name in OWN_ACCOUNT:
        return "keep_own_account"
    found: str | None = getattr(view, _RIGHT, None)
    return found


class Guard:
    """Middleware that asks the table before each page. Operations of the APIs ask it themselves, of their token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; `process_view` has the say."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> HttpResponse | None:
        """Refuse with 403, lead to the sign-in page or to adding a second factor, or let through (None)."""
        del arguments, named
        match = request.resolver_match
        name = (match.url_name or "") if match else ""
        right = right_needed(name, view)
        if match and match.namespace in {"api", "scim"}:
            return None
        if right == "":
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if right is None:
            raise PermissionDenied
        if must_add_factor(request.user, request.session) and name not in OWN_ACCOUNT:
            return redirect("mfa_index")
        if grant_of(right, role_of(request.user)) is Grant.NO:
            raise PermissionDenied
        return None
