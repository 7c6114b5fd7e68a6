"""Sign-in through an OpenID provider on this machine: who gets in, and each way in which an answer can be wrong."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from .conftest import PASSWORD
from .identity_providers import CLIENT, SECRET, Claims, OpenIdProvider, open_id_provider
from .test_accounts import acts, invited

As = Callable[[str], Any]
FORM = {
    "name": "Example ID",
    "client_id": CLIENT,
    "client_secret": SECRET,
    "email_domains": "example.com, example.org",
    "groups_claim": "groups",
    "enabled": "on",
}


@pytest.fixture(scope="module")
def served() -> Iterator[OpenIdProvider]:
    with open_id_provider() as provider:
        yield provider


@pytest.fixture
def provider(served: OpenIdProvider, as_role: As) -> Iterator[OpenIdProvider]:
    """Give the provider as an administrator added it, with an account of Ada."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.core.cache import cache  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415
    from twofold.web.sign_on import models  # noqa: PLC0415

    served.change, served.sign, served.told, served.userinfo = lambda claims: claims, served.signed, {}, {}
    served.person = {"sub": "ada", "email": "Ada@example.com", "email_verified": True}
    cache.clear()
    added = as_role("administrator").post("/administration/sign-on/add/oidc", {**FORM, "issuer": served.address})
    assert added.headers["location"] == "/administration/sign-on/provider/example-id/"
    ada = User.objects.create_user("ada@example.com", "ada@example.com")
    Member.objects.create(user=ada, role="tester")
    yield served
    User.objects.filter(username__in=["ada@example.com", "new@example.com"]).delete()
    for each in (models.IdentityProvider, models.SignOnSettings, models.GroupRole, models.BreakGlass):
        each.objects.all().delete()


def begun(client: Any, provider: OpenIdProvider, **more: str) -> dict[str, str]:
    """Begin a sign-in, and return the parameters that the provider sends the person back with."""
    answer = client.get("/sign-on/example-id/start", more)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{provider.address}/authorize?")
    return provider.agreed(answer.headers["location"])


def came_back(client: Any, given: dict[str, str]) -> Any:
    return client.get("/sign-on/example-id/callback", given)


def tried(client: Any, provider: OpenIdProvider) -> Any:
    return came_back(client, begun(client, provider))


def changed(**claims: Any) -> Callable[[Claims], Claims]:
    return lambda before: {name: value for name, value in {**before, **claims}.items() if value is not None}


def test_the_way_in(provider: OpenIdProvider, as_role: As, site_workspace: Path) -> None:
    client = as_role("stranger")
    assert "Sign in with Example ID" in client.get("/account/login/?next=/controls/").content.decode()
    given = begun(client, provider, next="/controls/")
    assert provider.asked["code_challenge_method"] == ["S256"]
    assert provider.asked["redirect_uri"] == ["http://testserver/sign-on/example-id/callback"]
    assert provider.asked["scope"] == ["openid email profile"]
    assert came_back(client, given).headers["location"] == "/controls/"
    assert "ada@example.com" in client.get("/").content.decode()
    told = [each[0] for each in acts(site_workspace) if each[1] == "ada@example.com"]
    assert told[-2:] == ["linked", "signed_in"]
    # The address may change hands later; the provider's name of the person stays whose account it is.
    provider.person = {"sub": "ada", "email": "other@elsewhere.example", "email_verified": False}
    assert tried(as_role("stranger"), provider).headers["location"] == "/"
    provider.person = {"sub": "another", "email": "ada@example.com", "email_verified": True}
    assert "another person" in tried(as_role("stranger"), provider).content.decode()


def test_nothing_of_the_secret_is_kept_or_shown(provider: OpenIdProvider, as_role: As, site_workspace: Path) -> None:
    del provider
    shown = as_role("administrator").get("/administration/sign-on/provider/example-id/").content.decode()
    assert "http://testserver/sign-on/example-id/callback" in shown
    folder = site_workspace / ".twofold"
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for each in (SECRET, "a secret: of", "more%26"):
        assert each not in shown
        assert each.encode() not in stored
    assert b"provider_added" in stored


def test_an_answer_that_this_browser_did_not_ask_for(provider: OpenIdProvider, as_role: As) -> None:
    client, other = as_role("stranger"), as_role("stranger")
    given = begun(client, provider)
    assert came_back(other, given).status_code == 403
    assert came_back(client, {**given, "state": "guessed"}).status_code == 403
    assert came_back(client, {"code": "code-1"}).status_code == 403
    assert came_back(client, {**given, "iss": "https://another.example"}).status_code == 403
    # It was used up by the try before.
    assert "not begun" in came_back(client, given).content.decode()


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another-program"}, "Audience"),
        ({"aud": [CLIENT, "another-program"]}, "another program"),
        ({"azp": "another-program"}, "another program"),
        ({"iss": "https://another.example"}, "issuer"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": 1_700_000_000}, "old"),
        ({"sub": None}, "sub"),
        ({"email": "stranger@example.com"}, "nobody invited"),
        ({"email": "ada@elsewhere.example"}, "domain"),
        ({"email": "ada@example.com.elsewhere.example"}, "domain"),
        ({"email_verified": False}, "verified"),
        ({"email_verified": None}, "verified"),
        ({"email": "@example.com"}, "no e-mail"),
    ],
)
def test_what_is_refused(
    claims: Claims, said: str, provider: OpenIdProvider, as_role: As, site_workspace: Path
) -> None:
    provider.change = changed(**claims)
    client = as_role("stranger")
    answer = tried(client, provider)
    assert answer.status_code == 403
    assert said in answer.content.decode()
    assert client.get("/").status_code == 302
    assert acts(site_workspace)[-1][0] == "sign_in_refused"


def test_a_token_needs_a_good_signature(provider: OpenIdProvider, as_role: As) -> None:
    another = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    published = provider.keys()["keys"][0]["n"]
    ways: list[Callable[[Claims], str]] = [
        lambda claims: jwt.encode(claims, "", "none"),
        lambda claims: jwt.encode(claims, another, "RS256", headers={"kid": "one"}),
        lambda claims: jwt.encode(claims, provider.key, "RS256", headers={"kid": "two"}),
        lambda claims: jwt.encode(claims, SECRET.encode() * 2, "HS256", headers={"kid": "one"}),
        lambda claims: jwt.encode(claims, published, "HS256", headers={"kid": "one"}),
        lambda claims: provider.signed(claims)[:-4] + "AAAA",
        lambda _: "no token",
    ]
    for way in ways:
        provider.sign = way
        client = as_role("stranger")
        assert tried(client, provider).status_code == 403
        assert client.get("/").status_code == 302


def test_a_deactivated_account(provider: OpenIdProvider, as_role: As, site_workspace: Path) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415

    assert tried(as_role("stranger"), provider).status_code == 302
    User.objects.filter(username="ada@example.com").update(is_active=False)
    answer = tried(as_role("stranger"), provider)
    assert answer.status_code == 403
    assert "deactivated" in answer.content.decode()
    assert acts(site_workspace)[-1][:2] == ("sign_in_refused", "ada@example.com")


def test_an_address_that_only_the_user_information_has(provider: OpenIdProvider, as_role: As) -> None:
    said = provider.person
    provider.person = {"sub": "ada"}
    provider.userinfo = {**said, "sub": "somebody else"}
    assert tried(as_role("stranger"), provider).status_code == 403
    provider.userinfo = said
    assert tried(as_role("stranger"), provider).status_code == 302


def test_a_provider_that_is_trusted_to_verify_addresses(provider: OpenIdProvider, as_role: As) -> None:
    form = {**FORM, "issuer": provider.address, "client_secret": "", "vouches_for_email": "on"}
    as_role("administrator").post("/administration/sign-on/provider/example-id/", form)
    provider.change = changed(email_verified=False)
    assert tried(as_role("stranger"), provider).status_code == 403
    provider.change = changed(email_verified="false")
    assert tried(as_role("stranger"), provider).status_code == 403
    provider.change = changed(email_verified=None)
    provider.userinfo = {"sub": "ada"}
    assert tried(as_role("stranger"), provider).status_code == 302


def test_an_invitation_needs_no_password(provider: OpenIdProvider, as_role: As) -> None:
    from twofold.web.accounts.models import Invitation, Member  # noqa: PLC0415

    link = invited(as_role("administrator"), "new@example.com", "executive")
    provider.person = {"sub": "new", "email": "new@example.com", "email_verified": True}
    client = as_role("stranger")
    assert tried(client, provider).headers["location"] == "/"
    assert client.get("/").status_code == 200
    assert Member.objects.get(user__username="new@example.com").role == "executive"
    assert Invitation.objects.get(email="new@example.com").used_at is not None
    assert as_role("stranger").get(link).status_code == 404


def test_groups_give_roles_but_not_that_of_an_administrator(
    provider: OpenIdProvider, as_role: As, site_workspace: Path
) -> None:
    from twofold.web.accounts.models import Member  # noqa: PLC0415

    admin = as_role("administrator")
    for group, role in (("admins", "administrator"), ("grc", "compliance"), ("all", "viewer")):
        admin.post("/administration/sign-on/groups/add", {"group": group, "role": role})

    def role_with(groups: object) -> str:
        provider.change = changed(groups=groups)
        assert tried(as_role("stranger"), provider).status_code == 302
        return Member.objects.get(user__username="ada@example.com").role

    assert role_with(None) == "tester"
    assert role_with(["unknown"]) == "tester"
    assert role_with(["all", "admins", "grc"]) == "compliance"
    assert role_with({"groups": "are no list"}) == "compliance"
    assert role_with([]) == "viewer"
    assert role_with("grc") == "compliance"
    assert role_with(None) == "viewer"
    assert ("role_changed", "ada@example.com", "ada@example.com") in acts(site_workspace)
    admin.post("/administration/sign-on/settings", {"groups_make_administrators": "on"})
    assert role_with(["all", "admins"]) == "administrator"
    admin.post("/administration/sign-on/settings", {})
    assert role_with(["all"]) == "administrator"


def test_the_second_factor_is_the_providers_where_it_is_said(provider: OpenIdProvider, as_role: As) -> None:
    from allauth.mfa.totp.internal.auth import TOTP  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415

    admin, client = as_role("administrator"), as_role("stranger")
    Member.objects.filter(user__username="ada@example.com").update(role="administrator")
    tried(client, provider)
    assert client.get("/").headers["location"] == "/account/2fa/"
    assert client.get("/account/2fa/totp/activate/").status_code == 200
    address = "/administration/sign-on/provider/example-id/"
    form = {**FORM, "client_secret": "", "issuer": provider.address}
    admin.post(address, {**form, "factor_by_provider": "on"})
    client = as_role("stranger")
    tried(client, provider)
    assert client.get("/").status_code == 200
    # The setting is taken back: so are the sessions that came by it.
    admin.post(address, form)
    assert client.get("/").status_code == 302
    TOTP.activate(User.objects.get(username="ada@example.com"), "JBSWY3DPEHPK3PXP")
    assert tried(as_role("stranger"), provider).headers["location"] == "/account/2fa/authenticate/"
    admin.post(address, {**form, "factor_by_provider": "on"})
    assert tried(as_role("stranger"), provider).headers["location"] == "/"


def test_everybody_through_the_provider(provider: OpenIdProvider, as_role: As, site_workspace: Path) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415

    admin = as_role("administrator")
    marked = User.objects.get(username="administrator@example.com").pk
    refused = admin.post("/administration/sign-on/settings", {"everybody": "on"})
    assert refused.status_code == 400
    assert "Mark an administrator" in refused.content.decode()
    link = invited(admin, "new@example.com")
    assert admin.post("/administration/sign-on/settings", {"everybody": "on", "break_glass": marked}).status_code == 302

    def password(role: str) -> Any:
        return as_role("stranger").post("/account/login/", {"login": f"{role}@example.com", "password": PASSWORD})

    answer = password("viewer")
    assert answer.status_code == 403
    assert "identity provider" in answer.content.decode()
    assert acts(site_workspace)[-1][:2] == ("sign_in_refused", "viewer@example.com")
    assert password("administrator").headers["location"] == "/account/2fa/authenticate/"
    shown = as_role("stranger").get(link).content.decode()
    assert "no password" in shown
    assert as_role("stranger").post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 200
    assert not User.objects.filter(username="new@example.com").exists()
    assert tried(as_role("stranger"), provider).status_code == 302
    # Without a provider in use, nobody could sign in, so passwords count again.
    admin.post("/administration/sign-on/provider/example-id/remove")
    assert password("viewer").headers["location"] == "/"


def test_a_removed_provider_takes_its_sessions_along(
    provider: OpenIdProvider, as_role: As, site_workspace: Path
) -> None:
    client, admin = as_role("stranger"), as_role("administrator")
    tried(client, provider)
    given = begun(as_role("stranger"), provider)
    assert client.get("/").status_code == 200
    admin.post("/administration/sign-on/provider/example-id/remove")
    assert client.get("/").status_code == 302
    assert came_back(as_role("stranger"), given).status_code == 404
    assert acts(site_workspace)[-1][0] == "provider_removed"


def test_a_link_is_taken_away(provider: OpenIdProvider, as_role: As) -> None:
    client, admin = as_role("stranger"), as_role("administrator")
    tried(client, provider)
    shown = admin.get("/administration/sign-on/provider/example-id/").content.decode()
    found = re.search(r"/administration/sign-on/links/\d+/remove", shown)
    assert found
    admin.post(found[0])
    assert client.get("/").status_code == 302
    provider.person = {"sub": "ada-new", "email": "ada@example.com", "email_verified": True}
    assert tried(as_role("stranger"), provider).status_code == 302


def test_what_the_provider_says_of_itself_is_checked(provider: OpenIdProvider, as_role: As) -> None:
    admin = as_role("administrator")

    def said(address: str, /, **told: Any) -> str:
        provider.told = told
        answer = admin.post("/administration/sign-on/add/oidc", {**FORM, "issuer": address})
        assert answer.status_code == 400
        found = re.search(r'id="i-issuer".*?errorlist[^>]*>(.*?)</ul>', answer.content.decode(), re.DOTALL)
        return found[1] if found else ""

    assert "expected https" in said("http://idp.example.com")
    assert "no address" in said("javascript:alert(1)")
    assert "calls itself" in said(provider.address, issuer="https://another.example")
    assert "status 302" in said(provider.address + "/elsewhere")
    assert "PKCE" in said(provider.address, code_challenge_methods_supported=["plain"])
    assert "expected https" in said(provider.address, token_endpoint="http://elsewhere.example/token")  # noqa: S106  an address
    assert "cannot be reached" in said("http://127.0.0.1:1")
    assert "no address" in said(provider.address, jwks_uri=None)


def test_a_provider_that_does_not_answer_can_be_taken_out(provider: OpenIdProvider, as_role: As) -> None:
    from django.core.cache import cache  # noqa: PLC0415

    from twofold.web.sign_on.models import IdentityProvider  # noqa: PLC0415

    gone = "http://127.0.0.1:1"
    IdentityProvider.objects.update(issuer=gone)
    cache.clear()
    answer = as_role("stranger").get("/sign-on/example-id/start")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.content.decode()
    form = {**FORM, "issuer": gone, "client_secret": "", "enabled": ""}
    address = "/administration/sign-on/provider/example-id/"
    assert as_role("administrator").post(address, form).status_code == 302
    assert as_role("stranger").get("/sign-on/example-id/start").status_code == 404
    assert "Example ID" not in as_role("stranger").get("/account/login/").content.decode()
    IdentityProvider.objects.update(issuer=provider.address, client_secret_sealed="A" * 80, enabled=True)
    assert "sets it again" in tried(as_role("stranger"), provider).content.decode()


def test_what_a_provider_elsewhere_may_not_name() -> None:
    from twofold.web.sign_on.outside import ProviderError, checked_address  # noqa: PLC0415

    for address in ("https://127.0.0.1/keys", "https://localhost/keys", "https://[::1]/keys", "https://u@x.example/"):
        with pytest.raises(ProviderError):
            checked_address(address, "jwks_uri", loopback=False)
    assert checked_address("https://idp.example.com/keys", "jwks_uri", loopback=False)


def test_refusals_do_not_fill_the_log(provider: OpenIdProvider, as_role: As, site_workspace: Path) -> None:
    from twofold.web.sign_on import refused  # noqa: PLC0415

    del provider
    client = as_role("stranger")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(refused, "MOST_AN_HOUR", 3)
        before = len(acts(site_workspace))
        for _ in range(5):
            client.get("/sign-on/example-id/callback?state=x")
        assert len(acts(site_workspace)) - before == 3


def test_a_next_page_is_one_of_ours(provider: OpenIdProvider, as_role: As) -> None:
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"):
        client = as_role("stranger")
        assert came_back(client, begun(client, provider, next=elsewhere)).headers["location"] == "/"


def test_a_sign_in_that_took_too_long(provider: OpenIdProvider, as_role: As, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role("stranger")
    given = begun(client, provider)
    now = time.time()
    monkeypatch.setattr("twofold.web.sign_on.entrance.time.time", lambda: now + 700)
    assert came_back(client, given).status_code == 403
