"""The site in this process over a small judged workspace, and a client signed in as each role."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..cli.conftest import _must, make_applied, write_export

PASSWORD = "a long password of tests"  # noqa: S105  of accounts made here
ROLES = ("administrator", "compliance", "owner", "tester", "executive", "viewer")


@pytest.fixture(scope="session")
def site_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a judged workspace whose site was started once."""
    from twofold.vault.signing import keys  # noqa: PLC0415  beside the setting that it is given

    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TWOFOLD_KEY_PASSPHRASE", "a passphrase of tests")
        patched.setattr(keys, "ROUNDS", 1_000)
        root = make_applied(folder / "acme")
        _must("capture", write_export(folder / "exports"), "-w", root)
        _must("test", "T-19", "-w", root)
        _must("judge", "-w", root)
    return root


@pytest.fixture(scope="session")
def site(site_workspace: Path) -> Iterator[str]:
    """Set the web framework up over the workspace; give the one-time link of the first start."""
    os.environ["TWOFOLD_WORKSPACE"] = str(site_workspace)
    os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.web.settings"
    # The browser of other tests in this process keeps an event loop, which Django takes for code that must not wait.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    import django  # noqa: PLC0415  only now may settings be read

    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test.utils import setup_test_environment  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415
    from twofold.web.first_start import first_start  # noqa: PLC0415

    setup_test_environment()
    link = list(first_start("http://testserver"))[-1].strip()
    for role in ROLES:
        user = User.objects.create_user(f"{role}@example.com", f"{role}@example.com", PASSWORD)
        Member.objects.create(user=user, role=role, person="p-0002" if role == "owner" else "")
    yield link
    for name in ("TWOFOLD_WORKSPACE", "DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE"):
        del os.environ[name]


@pytest.fixture
def as_role(site: str) -> Callable[[str], object]:
    """Return a function that gives a client signed in as a role; `stranger` is not signed in.

    An administrator has a second factor, as the site asks.
    """
    from allauth.mfa.models import Authenticator  # noqa: PLC0415
    from allauth.mfa.totp.internal.auth import TOTP  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    del site

    def sign_in(role: str) -> object:
        client = Client()
        if role != "stranger":
            user = User.objects.get(username=f"{role}@example.com")
            if role == "administrator" and not Authenticator.objects.filter(user=user).exists():
                TOTP.activate(user, "JBSWY3DPEHPK3PXP")
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
