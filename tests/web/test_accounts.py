"""Accounts: by invitation only, strong passwords, a second factor for administrators, a lock, and a log of it all."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind

from .conftest import PASSWORD

As = Callable[[str], Any]


def acts(root: Path) -> list[tuple[str, str, str]]:
    """Return (act, account, actor) of each account entry of the log."""
    with Workspace.open(root) as workspace:
        entries = workspace.vault.entries(kind=EntryKind.ACCOUNT)
        return [(each.body["act"], each.body["account"], each.actor) for each in entries]


def invited(client: Any, email: str, role: str = "viewer") -> str:
    """Invite as an administrator, and return the path of the one-time link."""
    answer = client.post("/administration/accounts/invite", {"email": email, "role": role, "person": "p-0001"})
    assert answer.status_code == 200
    found = re.search(r"http://testserver(/welcome/[^/]+/)", answer.content.decode())
    assert found
    return found[1]


def test_the_first_start_gives_one_link_and_no_password(site: str, site_workspace: Path) -> None:
    assert re.fullmatch(r"http://testserver/welcome/[\w-]{43}/", site)
    assert ("invited", "", "site") in acts(site_workspace)
    place = site_workspace / ".twofold" / "site"
    assert (place / "secret").stat().st_mode & 0o077 == 0
    assert place.stat().st_mode & 0o077 == 0
    stored = b"".join(path.read_bytes() for path in place.glob("site.sqlite3*"))
    assert site.split("/")[-2].encode() not in stored


def test_an_invitation_works_once(as_role: As, site_workspace: Path) -> None:
    admin, guest = as_role("administrator"), as_role("stranger")
    link = invited(admin, "Guest@Example.com", "tester")
    form = {"password": PASSWORD, "again": PASSWORD}
    assert "Welcome" in guest.get(link).content.decode()
    assert "differ" in guest.post(link, {**form, "again": "another long one"}).content.decode()
    assert "too short" in guest.post(link, {"password": "short", "again": "short"}).content.decode()
    assert "too common" in guest.post(link, {"password": "password1234", "again": "password1234"}).content.decode()
    assert "too similar" in guest.post(link, dict.fromkeys(form, "guest@example.com")).content.decode()
    # The address is that of the invitation, whatever the form says.
    assert guest.post(link, {**form, "email": "other@example.com"}).headers["location"] == "/"
    assert guest.get("/").status_code == 200
    assert as_role("stranger").get(link).status_code == 404
    assert as_role("stranger").post(link, form).status_code == 404
    told = acts(site_workspace)
    assert ("invited", "guest@example.com", "administrator@example.com") in told
    assert ("activated", "guest@example.com", "guest@example.com") in told


def test_an_invitation_ends(as_role: As) -> None:
    from twofold.web.accounts.models import Invitation  # noqa: PLC0415

    link = invited(as_role("administrator"), "late@example.com")
    one = Invitation.objects.get(email="late@example.com")
    one.expires_at -= timedelta(days=4)
    one.save()
    assert as_role("stranger").get(link).status_code == 404


def test_signing_in_with_the_password_is_logged(as_role: As, site_workspace: Path) -> None:
    client = as_role("stranger")
    answer = client.post("/account/login/", {"login": "viewer@example.com", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    assert ("signed_in", "viewer@example.com", "viewer@example.com") in acts(site_workspace)
    client.post("/account/logout/")
    assert client.get("/").status_code == 302
    assert ("signed_out", "viewer@example.com", "viewer@example.com") in acts(site_workspace)


def test_five_failures_lock_the_account_for_the_address(as_role: As, site_workspace: Path) -> None:
    client = as_role("stranger")
    for _ in range(5):
        client.post("/account/login/", {"login": "executive@example.com", "password": "wrong"})
    answer = client.post("/account/login/", {"login": "executive@example.com", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Locked" in answer.content.decode()
    assert ("locked_out", "executive@example.com", "site") in acts(site_workspace)
    answer = client.post("/account/login/", {"login": "tester@example.com", "password": PASSWORD})
    assert answer.headers["location"] == "/"


def test_an_unknown_account_is_told_the_same_as_a_wrong_password(as_role: As) -> None:
    client = as_role("stranger")
    said = [
        re.findall(
            r"errorlist[^>]*>.*?</ul>",
            client.post("/account/login/", {"login": login, "password": "wrong but long"}).content.decode(),
            re.DOTALL,
        )
        for login in ("tester@example.com", "who@example.com")
    ]
    assert said[0] == said[1] != []


def test_an_administrator_must_have_a_second_factor(as_role: As) -> None:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415

    client = as_role("administrator")
    assert client.get("/").status_code == 200
    Authenticator.objects.filter(user__username="administrator@example.com").delete()
    assert client.get("/").headers["location"] == "/account/2fa/"
    assert client.get("/administration/accounts/").headers["location"] == "/account/2fa/"
    assert client.get("/account/2fa/").status_code == 200


def test_secrets_of_second_factors_are_sealed(as_role: As) -> None:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415

    from twofold.web.accounts.adapter import SealedFactors  # noqa: PLC0415

    as_role("administrator")
    kept = Authenticator.objects.get(user__username="administrator@example.com").data["secret"]
    assert "JBSWY3DPEHPK3PXP" not in kept
    assert SealedFactors().decrypt(kept) == "JBSWY3DPEHPK3PXP"
    assert SealedFactors().encrypt("x") != SealedFactors().encrypt("x")


def test_a_changed_role_and_a_deactivation_end_the_sessions(as_role: As, site_workspace: Path) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415

    admin, guest = as_role("administrator"), as_role("stranger")
    link = invited(admin, "moving@example.com", "tester")
    guest.post(link, {"password": PASSWORD, "again": PASSWORD})
    guest.get("/")
    user = User.objects.get(username="moving@example.com")
    address = f"/administration/accounts/{user.pk}/change"
    admin.post(address, {"role": "viewer", "person": "", "active": "on"})
    assert guest.get("/").status_code == 302
    guest.post("/account/login/", {"login": "moving@example.com", "password": PASSWORD})
    assert guest.get("/").status_code == 200
    admin.post(address, {"role": "viewer", "person": ""})
    assert guest.get("/").status_code == 302
    assert guest.post("/account/login/", {"login": "moving@example.com", "password": PASSWORD}).status_code == 302
    assert guest.get("/").status_code == 302
    told = [each[0] for each in acts(site_workspace) if each[1] == "moving@example.com"]
    assert "role_changed" in told
    assert "deactivated" in told


def test_nobody_changes_their_own_role(as_role: As) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415

    admin = as_role("administrator")
    user = User.objects.get(username="administrator@example.com")
    answer = admin.post(f"/administration/accounts/{user.pk}/change", {"role": "viewer", "active": "on"})
    assert answer.status_code == 400
    assert Member.objects.get(user=user).role == "administrator"


@pytest.mark.parametrize("role", ["compliance", "owner", "tester", "executive", "viewer"])
def test_only_administrators_invite(role: str, as_role: As) -> None:
    answer = as_role(role).post("/administration/accounts/invite", {"email": "x@example.com", "role": "administrator"})
    assert answer.status_code == 403


def test_a_form_from_elsewhere_is_refused(as_role: As) -> None:
    from django.test import Client  # noqa: PLC0415

    as_role("viewer")
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/login/", {"login": "viewer@example.com", "password": PASSWORD})
    assert answer.status_code == 403


def test_the_account_log_is_for_those_who_may(as_role: As) -> None:
    shown = as_role("compliance").get("/administration/log/").content.decode()
    assert "activated" in shown or "invited" in shown
    assert as_role("tester").get("/administration/log/").status_code == 403
    assert as_role("compliance").get(f"/administration/log/?before={'9' * 5000}").status_code == 200
