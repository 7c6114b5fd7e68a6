"""Pages of the account library in the frame of the site: second factors, recovery codes, keys, password, sessions."""

import re
import time
from collections.abc import Callable
from typing import Any

As = Callable[[str], Any]


def confirmed(client: Any) -> Any:
    """Let the session count as one that was confirmed a moment ago."""
    session = client.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    return client


def text(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    shown: str = answer.content.decode()
    return shown


def test_each_page_stands_in_the_frame_with_its_title(as_role: As) -> None:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415

    user = User.objects.get(username="viewer@example.com")
    client = confirmed(as_role("viewer"))
    assert "<h1>Add a passkey or security key</h1>" in text(client, "/account/2fa/webauthn/add/")
    key = Authenticator.objects.create(user=user, type="webauthn", data={"name": "<b>A laptop</b>", "credential": {}})
    pages = {
        "": "Sign-in security",
        "totp/activate/": "Set up the authenticator app",
        "recovery-codes/generate/": "Make recovery codes",
        "webauthn/": "Passkeys and security keys",
        f"webauthn/keys/{key.pk}/edit/": "Rename a key",
        f"webauthn/keys/{key.pk}/remove/": "Remove a key",
    }
    try:
        for path, title in pages.items():
            shown = text(client, f"/account/2fa/{path}")
            assert f"<h1>{title}</h1>" in shown
            assert 'href="/findings/"' in shown, "the navigation"
            assert "<b>A laptop" not in shown
        RecoveryCodes.activate(user)
        assert re.search(r'id="recovery_codes"[^>]*>\w{8}', text(client, "/account/2fa/recovery-codes/"))
    finally:
        Authenticator.objects.filter(user=user).delete()
    for address, title in {"/account/password/change/": "Password", "/account/sessions/": "Sessions"}.items():
        assert f"<h1>{title}</h1>" in text(client, address)
    assert "Forgot" not in text(client, "/account/password/change/"), "we offer no such page"


def test_who_must_add_a_factor_first_is_told_and_led_nowhere_else(as_role: As) -> None:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415

    client = as_role("administrator")
    Authenticator.objects.filter(user__username="administrator@example.com").delete()
    shown = text(client, "/account/2fa/")
    assert "Add a second factor first" in shown
    assert 'href="/findings/"' not in shown


def test_pages_that_ask_again_who_it_is(as_role: As) -> None:
    client = as_role("viewer")
    asked = client.get("/account/2fa/totp/activate/", follow=True)
    assert "Confirm that it is you" in asked.content.decode()
    wrong = client.post("/account/reauthenticate/", {"password": "not it"})
    assert "errorlist" in wrong.content.decode()
