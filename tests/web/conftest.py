"""The site in this process over a small judged workspace, and a client signed in as each role."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.web.rights import RIGHTS

from ..cli.conftest import _must, make_applied, write_export

PASSWORD = "a long password of tests"  # noqa: S105  of accounts made here
SITE_PLACE = "TWOFOLD_TEST_SITE"
"""Names a place in PostgreSQL for the site's database; see test_on_postgres.py."""
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
        if place := os.environ.get(SITE_PLACE, ""):
            with (root / "twofold.toml").open("a") as settings:
                settings.write(f'\n[storage]\nsite = "{place}"\n')
        _must("capture", write_export(folder / "exports"), "-w", root)
        _must("test", "T-19", "-w", root)
        _must("judge", "-w", root)
    shutil.copytree(root, folder / "untouched")
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
    from django.test.utils import override_settings, setup_test_environment  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415
    from twofold.web.first_start import first_start  # noqa: PLC0415

    setup_test_environment()
    # A real hash takes a third of a second for each account and each sign-in, and guards nothing here.
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
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


class Program:
    """A program with a token."""

    def __init__(self, secret: str) -> None:
        from django.test import Client  # noqa: PLC0415

        self.client = Client()
        self.secret = secret

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {self.secret}", **headers})

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        """Send JSON, or nothing at all."""
        given: dict[str, Any] = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.post(
            f"/api/v1{path}", headers={"authorization": f"Bearer {self.secret}", **headers}, **given
        )

    def send(self, path: str, form: Mapping[str, object], **headers: str) -> Any:
        """Send a form with files."""
        return self.client.post(f"/api/v1{path}", form, headers={"authorization": f"Bearer {self.secret}", **headers})


@pytest.fixture
def program(as_role: Callable[[str], object]) -> Callable[..., Program]:
    """Return a function that gives a program with a token of a role, with all rights or those named."""

    def make(role: str, *rights: str, days: int = 1) -> Program:
        from django.contrib.auth.models import User  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from twofold.web.accounts.tokens import make_token  # noqa: PLC0415

        as_role(role)
        user = User.objects.get(username=f"{role}@example.com")
        now = timezone.now()
        ends = now + timedelta(days=days)
        _, secret = make_token(user, name="test", rights=rights or tuple(RIGHTS), expires_at=ends, at=now)
        return Program(secret)

    return make


@pytest.fixture
def own_workspace(site: str, site_workspace: Path, tmp_path: Path) -> Iterator[Path]:
    """Serve a copy of the workspace that a test may change, and that other processes may open.

    No other process opens `site_workspace`: copying its log here gives up the locks on it (sqlite.org, howtocorrupt).
    """
    del site
    with served(Path(shutil.copytree(site_workspace, tmp_path / "acme"))) as root:
        yield root


@pytest.fixture
def untouched_workspace(site: str, site_workspace: Path, tmp_path: Path) -> Iterator[Path]:
    """Serve the workspace as it was before any test worked in it."""
    from twofold.web.company.models import IndexState  # noqa: PLC0415

    del site
    with served(Path(shutil.copytree(site_workspace.with_name("untouched"), tmp_path / "acme"))) as root:
        yield root
    IndexState.objects.all().delete()  # the index has read a log that goes another way from here


@contextmanager
def served(root: Path) -> Iterator[Path]:
    """Serve a workspace for one test. Changes of the scope that it applies name entries of a log that goes with it."""
    from django.test import override_settings  # noqa: PLC0415

    from twofold.web.company.scope_change.models import ScopeProposal  # noqa: PLC0415

    before = list(ScopeProposal.objects.values_list("pk", flat=True))
    with override_settings(WORKSPACE=root):
        yield root
    ScopeProposal.objects.exclude(pk__in=before).delete()
