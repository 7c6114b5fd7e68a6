"""Each address of the site, tried by each role: the list is made from the routes, so a new page cannot be forgotten."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from twofold.web.rights import RIGHTS, TABLE, Grant, Role, grant_of

from .conftest import ROLES

GIVEN = {
    "population": "incident_opened",
    "act": "accept",
    "letter": "B",
    "word": "slow_response",
    "task_id": "tk-1",
    "change_id": "999999",
    "entry": "1",
    "run_id": "wi-none",
    "group_id": "999999",
    "kind": "oidc",
    "link_id": "999999",
    "slug": "no-such-provider",
    "proposal_id": "999999",
    "question_id": "q-001",
    "questionnaire_id": "none",
    "request_id": "rq-1",
    "review_id": "rv-none",
    "sample_id": "sm-none",
    "name": "population.txt",
    "token_id": "999999",
    "control_id": "OP-02",
    "engagement_id": "sox-fy2026",
    "control_test": "T-19",
    "evidence_id": "ev-2",
    "filter_id": "999999",
    "listing": "controls",
    "person_id": "p-0001",
    "policy_id": "no-such-policy",
    "table": "vendor_review",
    "vendor_id": "no-such-vendor",
    "secret": "no-such-secret",
    "system_id": "product",
    "user_id": "999999",
    "key": "0-0",
    "pk": "999999",
}
REFUSED = frozenset(
    {
        "account_confirm_email",
        "account_confirm_login_code",
        "account_email",
        "account_email_verification_sent",
        "account_inactive",
        "account_request_login_code",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_set_password",
        "account_signup",
        "mfa_signup_webauthn",
        "mfa_trust",
    }
)
"""Pages of the account library that we do not offer: nobody gets them, since they name no right."""


def routes() -> Iterator[tuple[str, str, Any]]:
    """Yield name, address and view of each page."""
    from django.urls import get_resolver  # noqa: PLC0415

    for prefix, pattern in walked(get_resolver().url_patterns, ""):
        text = prefix + str(pattern.pattern)
        for name, value in GIVEN.items():
            for kind in ("str", "int", "slug", "path"):
                text = text.replace(f"<{kind}:{name}>", value)
        text = text.replace("^", "").replace("$", "")
        yield pattern.name, "/" + text, pattern.callback


def walked(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for each in patterns:
        if getattr(each, "namespace", "") in {"api", "scim"}:
            continue  # their operations are walked in test_api.py and test_scim.py
        if hasattr(each, "url_patterns"):
            yield from walked(each.url_patterns, prefix + str(each.pattern))
        else:
            yield prefix, each


@pytest.mark.usefixtures("site")
def test_every_page_names_a_right_or_is_refused() -> None:
    from twofold.web.guard import PUBLIC, right_needed  # noqa: PLC0415

    found = {name: right_needed(name, view) for name, _, view in routes()}
    assert {name for name, right in found.items() if right is None} == REFUSED & set(found)
    assert {name for name, right in found.items() if right == ""} == PUBLIC & set(found)
    assert {right for right in found.values() if right} <= set(RIGHTS)
    assert len(found) > 30


@pytest.mark.parametrize("role", [*ROLES, "stranger"])
def test_what_a_role_gets(role: str, as_role: Callable[[str], Any]) -> None:
    from twofold.web.guard import right_needed  # noqa: PLC0415

    client = as_role(role)
    wrong = []
    for name, address, view in routes():
        if name == "account_logout" or "(?P" in address:
            continue
        right = right_needed(name, view)
        answer = client.get(address)
        if right == "":
            fine = answer.status_code in {200, 302, 404, 405}
        elif role == "stranger":
            fine = answer.status_code == 302 and answer.headers["location"].startswith("/account/login/?next=")
        elif right is None or grant_of(right, Role(role)) is Grant.NO:
            fine = answer.status_code == 403
        elif grant_of(right, Role(role)) is Grant.OWN:
            fine = answer.status_code in {200, 302, 403, 404, 405}
        else:
            fine = answer.status_code in {200, 302, 404, 405}
        if not fine:
            wrong.append((name, address, answer.status_code))
    assert wrong == []


def test_an_account_without_a_role_may_do_nothing(as_role: Callable[[str], Any]) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    as_role("viewer")
    user, _ = User.objects.get_or_create(username="nobody@example.com", email="nobody@example.com")
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/").status_code == 403


def test_the_table_reads_like_a_table() -> None:
    lines = TABLE.strip().splitlines()
    assert {line.index(line.split()[1]) for line in lines} == {lines[0].index("administrator")}
    assert set(RIGHTS["see_overview"]) == set(Role)
    assert all(grant_of(right, None) is Grant.NO for right in RIGHTS)
    with pytest.raises(KeyError):
        grant_of("see_everything", Role.ADMINISTRATOR)


def test_a_right_that_is_not_in_the_table_stops_the_page_from_loading(site: str) -> None:
    del site
    from twofold.web.guard import needs  # noqa: PLC0415

    with pytest.raises(KeyError):
        needs("see_everything")
