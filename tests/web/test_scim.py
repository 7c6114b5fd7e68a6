"""SCIM as Okta and Entra ID speak it: joiners, changes, groups and leavers; and who may not."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from .conftest import PASSWORD, ROLES
from .test_accounts import acts

As = Callable[[str], Any]
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TOKENS = "/administration/sign-on/tokens/make"


class Directory:
    """A directory with a token."""

    def __init__(self, secret: str) -> None:
        from django.test import Client  # noqa: PLC0415

        self.client = Client()
        self.secret = secret

    def call(self, method: str, path: str, body: object = None) -> Any:
        data = json.dumps(body) if body is not None else ""
        answer = self.client.generic(
            method,
            f"/scim/v2{path}",
            data,
            content_type="application/scim+json",
            headers={"authorization": f"Bearer {self.secret}"},
        )
        if answer.content:
            assert answer.headers["content-type"] == "application/scim+json"
        return answer

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        return self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def found(self, path: str, condition: str) -> list[dict[str, Any]]:
        from urllib.parse import quote  # noqa: PLC0415

        answer = self.call("GET", f"{path}?filter={quote(condition)}&startIndex=1&count=100")
        assert answer.status_code == 200, answer.content
        resources: list[dict[str, Any]] = answer.json()["Resources"]
        return resources


@pytest.fixture
def directory(as_role: As) -> Iterator[Directory]:
    """Give a directory with a token that an administrator made; what it made is taken away."""
    from django.contrib.auth.models import User  # noqa: PLC0415

    from twofold.web.sign_on import models  # noqa: PLC0415

    before = set(User.objects.values_list("pk", flat=True))
    shown = as_role("administrator").post(TOKENS, {"name": "Okta", "days": "30"}).content.decode()
    secret = shown.split('<pre class="secret">')[1].split("<")[0]
    assert secret.startswith("twofold_scim_")
    yield Directory(secret)
    User.objects.exclude(pk__in=before).delete()
    for each in (models.GroupRole, models.DirectoryGroup, models.DirectoryEntry, models.ScimToken):
        each.objects.all().delete()


def okta_user(name: str = "joiner@example.com", **more: Any) -> dict[str, Any]:
    """Return what Okta sends to make a user."""
    return {
        "schemas": [CORE],
        "userName": name,
        "name": {"givenName": "Jo", "familyName": "Iner"},
        "emails": [{"primary": True, "value": name, "type": "work"}],
        "displayName": "Jo Iner",
        "locale": "en-US",
        "externalId": "00u1",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
        **more,
    }


def made(directory: Directory, name: str = "joiner@example.com", **more: Any) -> str:
    answer = directory.call("POST", "/Users", okta_user(name, **more))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def role_of(key: str) -> str:
    from twofold.web.accounts.models import Member  # noqa: PLC0415

    return Member.objects.get(user_id=key).role


def about(site_workspace: Path, email: str) -> list[tuple[str, str]]:
    return [(act, by) for act, account, by in acts(site_workspace) if account == email]


def test_what_there_is(directory: Directory) -> None:
    service = directory.call("GET", "/ServiceProviderConfig").json()
    assert service["patch"]["supported"] is True
    assert service["filter"]["maxResults"] == 200
    assert {each["id"] for each in directory.call("GET", "/ResourceTypes").json()["Resources"]} == {"User", "Group"}
    assert directory.call("GET", f"/Schemas/{ENTERPRISE}").json()["attributes"][0]["name"] == "employeeNumber"
    assert directory.call("GET", "/Schemas").json()["totalResults"] == 3
    assert directory.call("GET", "/Schemas/none").status_code == 404
    assert directory.call("GET", "/ResourceTypes/User").json()["endpoint"] == "/Users"


def test_a_joiner_as_okta_sends_one(directory: Directory, site_workspace: Path) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415

    assert directory.found("/Users", 'userName eq "joiner@example.com"') == []
    answer = directory.call("POST", "/Users", okta_user("Joiner@Example.com"))
    told = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == told["meta"]["location"] == f"http://testserver/scim/v2/Users/{told['id']}"
    assert told["userName"] == "Joiner@Example.com"
    assert told["name"] == {"givenName": "Jo", "familyName": "Iner", "formatted": "Jo Iner"}
    assert (told["externalId"], told["active"], told["groups"]) == ("00u1", True, [])
    assert "password" not in told
    user = User.objects.get(pk=told["id"])
    assert not user.has_usable_password()
    assert (user.username, role_of(told["id"])) == ("joiner@example.com", "viewer")
    assert about(site_workspace, "joiner@example.com")[-1] == ("provisioned", "scim: Okta")
    assert directory.call("POST", "/Users", okta_user()).json()["scimType"] == "uniqueness"
    assert directory.call("POST", "/Users", okta_user("viewer@example.com")).status_code == 409
    for condition in (
        'userName eq "JOINER@example.com"',
        f'id eq "{told["id"]}"',
        'externalId eq "00u1"',
        'emails[type eq "work"].value eq "joiner@example.com"',
        f'{CORE}:userName eq "joiner@example.com"',
    ):
        assert [each["id"] for each in directory.found("/Users", condition)] == [told["id"]], condition


def test_what_entra_sends(directory: Directory, site_workspace: Path) -> None:
    key = made(directory, active=True)
    path = f"/Users/{key}"
    answer = directory.patch(
        path,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new.name@example.com"},
        {"op": "Replace", "path": "name.familyName", "value": "New"},
        {"op": "Add", "path": f"{ENTERPRISE}:employeeNumber", "value": "p-0001"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Finance"},
        {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "555"},
        {"op": "Add", "path": 'addresses[type eq "work"].country', "value": "AT"},
    )
    told = answer.json()
    assert answer.status_code == 200
    assert (told["emails"][0]["value"], told["name"]["familyName"]) == ("new.name@example.com", "New")
    assert told[ENTERPRISE]["employeeNumber"] == "p-0001"
    entries = about(site_workspace, "new.name@example.com")
    assert [act for act, _ in entries] == ["profile_changed", "person_linked"]
    assert directory.patch(path, {"op": "Replace", "path": "active", "value": "False"}).json()["active"] is False
    assert directory.patch(path, {"op": "replace", "value": {"active": True}}).json()["active"] is True
    flat = {"name.givenName": "Joe", f"{ENTERPRISE}:employeeNumber": "9", "title": "CFO"}
    assert directory.patch(path, {"op": "replace", "value": flat}).json()["name"]["givenName"] == "Joe"
    assert directory.patch(path, {"op": "remove", "path": "displayName"}).status_code == 200
    acted = [act for act, _ in about(site_workspace, "new.name@example.com")]
    assert acted[2:] == ["deactivated", "reactivated", "profile_changed"]


def test_a_leaver_is_out_at_once(directory: Directory, as_role: As, site_workspace: Path) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from twofold.web.accounts.models import ApiToken, Member  # noqa: PLC0415
    from twofold.web.accounts.tokens import make_token  # noqa: PLC0415

    key = made(directory, "leaver@example.com")
    user = User.objects.get(pk=key)
    Member.objects.filter(user=user).update(role="compliance", person="p-0002")
    user.set_password(PASSWORD)
    user.save()
    client, now = Client(), timezone.now()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    ends = now + timedelta(days=1)
    _, secret = make_token(user, name="program", rights=["see_systems", "see_scope"], expires_at=ends, at=now)
    program = {"authorization": f"Bearer {secret}"}
    assert client.get("/").status_code == 200
    assert Client().get("/api/v1/systems", headers=program).status_code == 200
    directory.patch(f"/Users/{key}", {"op": "replace", "value": {"active": False}})
    assert client.get("/").status_code == 302
    assert Client().get("/api/v1/systems", headers=program).status_code == 401
    assert ApiToken.objects.get(user=user).revoked_at is not None
    assert about(site_workspace, "leaver@example.com")[-2:] == [
        ("deactivated", "scim: Okta"),
        ("token_revoked", "scim: Okta"),
    ]
    assert directory.call("DELETE", f"/Users/{key}").status_code == 204
    assert directory.call("GET", f"/Users/{key}").status_code == 404
    assert directory.call("DELETE", f"/Users/{key}").status_code == 404
    assert directory.found("/Users", 'userName eq "leaver@example.com"') == []
    assert User.objects.filter(pk=key, is_active=False).exists()
    # Who comes back has the account again as a joiner has one: the address may be another person's by now.
    assert made(directory, "leaver@example.com") == key
    back = User.objects.get(pk=key)
    assert (role_of(key), back.is_active, back.has_usable_password()) == ("viewer", True, False)
    assert Member.objects.get(user=back).person == ""
    assert as_role("stranger").get("/").status_code == 302


def test_the_last_administrator_stays(directory: Directory, as_role: As) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415

    as_role("administrator")
    key = str(User.objects.get(username="administrator@example.com").pk)
    others = Member.objects.filter(role="administrator").exclude(user_id=key)
    held = list(others.values_list("pk", flat=True))
    others.update(role="viewer")
    for answer in (
        directory.call("DELETE", f"/Users/{key}"),
        directory.patch(f"/Users/{key}", {"op": "replace", "path": "active", "value": False}),
        directory.call("PUT", f"/Users/{key}", okta_user("administrator@example.com", active=False)),
    ):
        assert answer.status_code == 409
        assert "last administrator" in answer.json()["detail"]
    assert User.objects.get(pk=key).is_active
    # A group does not take the role either.
    admin = as_role("administrator")
    admin.post("/administration/sign-on/groups/add", {"group": "Staff", "role": "viewer"})
    admin.post("/administration/sign-on/settings", {"groups_make_administrators": "on"})
    group = directory.call("POST", "/Groups", {"displayName": "Staff", "members": [{"value": key}]})
    assert (group.status_code, role_of(key)) == (201, "administrator")
    admin.post("/administration/sign-on/settings", {})
    Member.objects.filter(pk__in=held).update(role="administrator")


def test_an_administrator_has_the_last_word(directory: Directory, as_role: As) -> None:
    key = made(directory)
    admin = as_role("administrator")
    admin.post(f"/administration/accounts/{key}/change", {"role": "viewer", "person": ""})
    again = directory.call("PUT", f"/Users/{key}", okta_user(displayName="Changed"))
    assert again.status_code == 409
    assert "administrator deactivated" in again.json()["detail"]
    assert directory.call("PUT", f"/Users/{key}", okta_user(active=False)).status_code == 200
    assert directory.call("DELETE", f"/Users/{key}").status_code == 204
    assert directory.call("POST", "/Users", okta_user()).status_code == 409


def test_a_role_given_by_hand_stays(directory: Directory, as_role: As) -> None:
    admin = as_role("administrator")
    admin.post("/administration/sign-on/groups/add", {"group": "GRC", "role": "compliance"})
    key = made(directory)
    group = directory.call("POST", "/Groups", {"displayName": "GRC", "members": [{"value": key}]}).json()["id"]
    admin.post(f"/administration/accounts/{key}/change", {"role": "tester", "person": "", "active": "on"})
    directory.call("DELETE", f"/Groups/{group}")
    assert role_of(key) == "tester"
    directory.call("PUT", f"/Users/{key}", okta_user(active=False))
    admin.post(f"/administration/accounts/{key}/change", {"role": "tester", "person": "", "active": "on"})
    admin.post(f"/administration/accounts/{key}/change", {"role": "tester", "person": ""})
    assert directory.call("PUT", f"/Users/{key}", okta_user()).status_code == 409


def test_groups_give_roles(directory: Directory, as_role: As, site_workspace: Path) -> None:
    admin = as_role("administrator")
    admin.post("/administration/sign-on/groups/add", {"group": "GRC", "role": "compliance"})
    admin.post("/administration/sign-on/groups/add", {"group": "Admins", "role": "administrator"})
    one, two = made(directory, "one@example.com"), made(directory, "two@example.com", externalId="00u2")
    body = {"displayName": "GRC", "members": [{"value": one, "display": "one@example.com"}]}
    group = directory.call("POST", "/Groups", body).json()
    path = f"/Groups/{group['id']}"
    assert (role_of(one), role_of(two)) == ("compliance", "viewer")
    assert ("role_changed", "scim: Okta") in about(site_workspace, "one@example.com")
    # As Entra adds and removes, and as Okta does.
    assert (
        directory.patch(path, {"op": "Add", "path": "members", "value": [{"$ref": None, "value": two}]}).status_code
        == 204
    )
    assert role_of(two) == "compliance"
    directory.patch(path, {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": two}]})
    assert role_of(two) == "viewer"
    directory.patch(path, {"op": "remove", "path": f'members[value eq "{one}"]'})
    assert role_of(one) == "viewer"
    directory.patch(path, {"op": "replace", "path": "members", "value": [{"value": one}, {"value": two}]})
    assert (role_of(one), role_of(two)) == ("compliance", "compliance")
    assert directory.call("GET", f"/Users/{one}").json()["groups"][0]["display"] == "GRC"
    directory.patch(path, {"op": "replace", "value": {"id": group["id"], "displayName": "Admins"}})
    assert (role_of(one), role_of(two)) == ("viewer", "viewer")
    assert "members" not in directory.call("GET", f"{path}?excludedAttributes=members").json()
    assert [each["id"] for each in directory.found("/Groups", 'displayName eq "admins"')] == [group["id"]]
    assert directory.call("PUT", path, {"displayName": "GRC", "members": [{"value": one}]}).json()["members"]
    assert (role_of(one), role_of(two)) == ("compliance", "viewer")
    assert directory.call("POST", "/Groups", {"displayName": "GRC"}).status_code == 409
    assert directory.call("DELETE", path).status_code == 204
    assert role_of(one) == "viewer"
    assert directory.call("GET", path).status_code == 404


def test_pages(directory: Directory) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415

    first = directory.call("GET", "/Users?startIndex=1&count=2").json()
    second = directory.call("GET", "/Users?startIndex=3&count=2").json()
    assert first["totalResults"] == User.objects.count()
    assert (first["itemsPerPage"], second["startIndex"]) == (2, 3)
    assert not {each["id"] for each in first["Resources"]} & {each["id"] for each in second["Resources"]}
    assert directory.call("GET", "/Users?count=0").json()["Resources"] == []
    assert directory.call("GET", "/Users?startIndex=-5&count=99999").json()["itemsPerPage"] <= 200
    assert directory.call("GET", "/Users?count=many").status_code == 400


@pytest.mark.parametrize(
    "condition",
    [
        'userName eq "x" or 1=1 --',
        'userName eq "x" or userName pr',
        "userName eq 'x'",
        'password eq "x"',
        'user__is_superuser eq "x"',
        "directory_entry__removed eq true",
        'userName co "a"',
        "userName eq",
        'userName eq {"a": 1}',
        'userName eq "a\\u0000b"',
        "(" * 5000,
        'userName eq "' + "x" * 5000 + '"',
        "userName eq " + "[" * 500,
    ],
)
def test_filters_are_no_way_in(condition: str, directory: Directory) -> None:
    from urllib.parse import quote  # noqa: PLC0415

    for path in ("/Users", "/Groups"):
        answer = directory.call("GET", f"{path}?filter={quote(condition)}")
        assert answer.status_code == 400
        assert answer.json()["scimType"] == "invalidFilter"


def test_a_filter_with_quotes_finds_nothing(directory: Directory) -> None:
    assert directory.found("/Users", json.dumps("x' OR '1'='1").join(("userName eq ", ""))) == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"userName": ""},
        {"userName": "no address"},
        {"userName": "a@example.com", "active": "perhaps"},
        {"userName": {"a": 1}},
        {"userName": "a\u0000@example.com"},
        {"userName": "x" * 300 + "@example.com"},
        {"userName": "a@example.com", "emails": [{"value": "no address"}]},
    ],
)
def test_a_body_that_cannot_be(body: object, directory: Directory) -> None:
    answer = directory.call("POST", "/Users", body)
    assert answer.status_code == 400
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.parametrize(
    "operation",
    [
        {},
        {"op": "erase", "path": "active"},
        {"op": "remove"},
        {"op": "remove", "path": "userName"},
        {"op": "remove", "path": "active"},
        {"op": "replace", "value": "x"},
        {"op": "replace", "path": 3, "value": "x"},
        {"op": "replace", "path": "active", "value": 7},
        {"op": "replace", "path": "userName", "value": ""},
    ],
)
def test_an_operation_that_cannot_be(operation: dict[str, Any], directory: Directory) -> None:
    key = made(directory)
    assert directory.patch(f"/Users/{key}", operation).status_code == 400
    assert directory.call("GET", f"/Users/{key}").json()["active"] is True


def test_a_group_that_cannot_be(directory: Directory) -> None:
    group = directory.call("POST", "/Groups", {"displayName": "Staff"}).json()["id"]
    for operation in (
        {"op": "add", "path": "members", "value": [{"value": "999999"}]},
        {"op": "add", "path": "members", "value": [7]},
        {"op": "remove", "path": 'members[display eq "x"]'},
        {"op": "replace", "path": "displayName", "value": ""},
        {"op": "replace", "path": "owner", "value": "x"},
    ):
        assert directory.patch(f"/Groups/{group}", operation).status_code == 400, operation
    for key in ("x", "-1", "9" * 40, "%00"):
        assert directory.call("GET", f"/Groups/{key}").status_code == 404
        assert directory.call("GET", f"/Users/{key}").status_code == 404


def test_only_the_directorys_token_opens_it(directory: Directory, as_role: As) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from twofold.web.accounts.tokens import make_token  # noqa: PLC0415
    from twofold.web.rights import RIGHTS  # noqa: PLC0415
    from twofold.web.sign_on.models import ScimToken  # noqa: PLC0415

    now = timezone.now()
    wrong = ["", "twofold_scim_wrong"]
    for role in ROLES:
        as_role(role)
        user = User.objects.get(username=f"{role}@example.com")
        ends = now + timedelta(days=1)
        wrong.append(make_token(user, name="t", rights=list(RIGHTS), expires_at=ends, at=now)[1])
    for secret in wrong:
        for method, path in (("GET", "/Users"), ("POST", "/Users"), ("PATCH", "/Groups/1"), ("DELETE", "/Users/1")):
            answer = Directory(secret).call(method, path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
    assert as_role("administrator").get("/scim/v2/Users").status_code == 401
    # Nor does it open anything else.
    assert (
        directory.client.get("/api/v1/systems", headers={"authorization": f"Bearer {directory.secret}"}).status_code
        == 401
    )
    token = ScimToken.objects.get()
    assert directory.secret not in token.secret_sha256
    as_role("administrator").post(f"/administration/sign-on/tokens/{token.pk}/revoke")
    assert directory.call("GET", "/Users").status_code == 401
    ScimToken.objects.update(revoked_at=None, expires_at=now - timedelta(minutes=1))
    assert directory.call("GET", "/Users").status_code == 401


def test_every_operation_needs_the_token() -> None:
    from twofold.web.sign_on.scim.api import ScimBearer, scim  # noqa: PLC0415

    operations = [
        each
        for _, router in scim._routers  # noqa: SLF001  there is no public way to walk them
        for view in router.path_operations.values()
        for each in view.operations
    ]
    assert len(operations) >= 17
    assert all([type(one) for one in each.auth_callbacks] == [ScimBearer] for each in operations)
