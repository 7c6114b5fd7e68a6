"""The API: tokens with rights and an end, pages, ETags, idempotency keys, problems, and no fault for schemathesis."""

import importlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.records.workspace import Workspace
from twofold.web.rights import RIGHTS, Grant, Role, grant_of

from .conftest import ROLES

As = Callable[[str], Any]
TOKEN = r"twofold_[\w-]{43}"  # noqa: S105  the form of one


class Program:
    """A program with a token."""

    def __init__(self, secret: str) -> None:
        from django.test import Client  # noqa: PLC0415

        self.client = Client()
        self.secret = secret

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {self.secret}", **headers})

    def post(self, path: str, body: object, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {self.secret}", **headers},
        )


@pytest.fixture
def program(as_role: As) -> Callable[..., Program]:
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


def operations() -> list[tuple[str, str, str]]:
    """Return method, path with examples, and right of each operation, from the API itself."""
    from twofold.web.api.access import API_RIGHT  # noqa: PLC0415
    from twofold.web.api.api import api  # noqa: PLC0415

    found = []
    for _, router in api._routers:  # noqa: SLF001  there is no public way to walk them
        for path, view in router.path_operations.items():
            for each in view.operations:
                right = getattr(each.view_func, API_RIGHT, "")
                example = path.replace("{control_id}", "OP-02").replace("{control_test}", "T-19")
                example = example.replace("{evidence_id}", "ev-2").replace("{request_id}", "rq-99999")
                found += [(method, example, right) for method in each.methods]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_by_every_role(role: str, program: Callable[..., Program]) -> None:
    full, none = program(role), program(role, "keep_own_account")
    wrong = []
    walked = operations()
    assert len(walked) >= 11
    for method, path, right in walked:
        assert right, f"{method} {path} names no right"
        call = "get" if method == "GET" else "post"
        got = [(each.get(path) if call == "get" else each.post(path, {})).status_code for each in (full, none)]
        allowed = grant_of(right, Role(role)) is not Grant.NO
        if got[1] != 403 and not (call == "post" and got[1] == 422):
            wrong.append((method, path, "token without the right", got[1]))
        if allowed and got[0] not in {200, 403, 404, 422}:
            wrong.append((method, path, role, got[0]))
        if not allowed and got[0] not in {403, 422}:
            wrong.append((method, path, role, got[0]))
    assert wrong == []


def test_a_body_is_not_looked_at_for_who_has_no_right(program: Callable[..., Program]) -> None:
    given = {"finding": "OP-02/T-19/A/x", "cause": "a", "response": "b", "owner": "c", "due_on": "2026-09-01"}
    assert program("viewer").post("/findings/answer", given).status_code == 403
    assert program("compliance", "see_findings").post("/findings/answer", given).status_code == 403


def test_without_a_token_nothing_is_told(program: Callable[..., Program], as_role: As) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from twofold.web.accounts.models import ApiToken  # noqa: PLC0415

    for each in (Program("wrong"), Program("twofold_" + "x" * 43), program("viewer", days=-1)):
        answer = each.get("/systems")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
    good = program("viewer")
    assert good.get("/systems").status_code == 200
    ApiToken.objects.filter(user__username="viewer@example.com").update(revoked_at=timezone.now())
    assert good.get("/systems").status_code == 401
    # A session of the site is no key to the API, so no page of another site can use it.
    assert as_role("viewer").get("/api/v1/systems").status_code == 401


def test_a_token_is_made_on_its_page_shown_once_and_revoked(as_role: As, site_workspace: Path) -> None:
    import re  # noqa: PLC0415

    from twofold.web.accounts.models import ApiToken  # noqa: PLC0415

    client = as_role("executive")
    given = {"name": "a script", "days": "30", "rights": ["see_findings", "manage_accounts"]}
    found = re.search(TOKEN, client.post("/tokens/make", given).content.decode())
    assert found
    assert not re.search(TOKEN, client.get("/tokens/").content.decode())
    token = ApiToken.objects.get(name="a script")
    assert token.rights == "see_findings", "what the role does not have, the token has not either"
    assert found[0] not in json.dumps(list(ApiToken.objects.values()), default=str)
    assert Program(found[0]).get("/findings").status_code == 200
    assert Program(found[0]).get("/systems").status_code == 403
    assert as_role("viewer").post(f"/tokens/{token.pk}/revoke").status_code == 404
    client.post(f"/tokens/{token.pk}/revoke")
    assert Program(found[0]).get("/findings").status_code == 401
    assert client.post("/tokens/make", {**given, "days": "9999"}).status_code == 400
    with Workspace.open(site_workspace) as workspace:
        told = [each.body["act"] for each in workspace.vault.entries(kind="account")]
    assert {"token_made", "token_revoked"} <= set(told)


def test_what_it_tells_is_what_the_workspace_holds(program: Callable[..., Program]) -> None:
    one = program("viewer")
    (product,) = one.get("/systems").json()
    assert {label["lens"] for label in product["labels"]} == {"soc2", "sox"}
    control = one.get("/controls/OP-02").json()
    counts = {each["engagement"]: each["results"][0]["counts"] for each in control["judged"]}
    assert set(counts) == {"soc2-2026", "sox-fy2026"}
    for each in counts.values():
        parts = each["passed"] + each["exceptions"] + each["cannot_test"] + each["not_applicable"]
        assert parts == each["population"] == 2
    assert len(one.get("/controls").json()) > 40
    assert {each["id"] for each in one.get("/engagements").json()} == set(counts)
    items = one.get("/runs/T-19/items").json()
    assert [each["item"] for each in items["items"]] == ["INC-1", "INC-2"]
    assert set(items["items"][0]["verdicts"]) == set(counts)
    assert one.get("/runs").json()[0]["control_test"] == "T-19"
    assert one.get("/findings").json()[0]["control"] == "OP-02"


def test_pages_go_on_where_the_last_ended(program: Callable[..., Program]) -> None:
    one = program("compliance")
    first = one.get("/runs/T-19/items?limit=1").json()
    second = one.get(f"/runs/T-19/items?limit=1&after={first['next']}").json()
    assert [first["items"][0]["item"], second["items"][0]["item"], second["next"]] == ["INC-1", "INC-2", None]
    seen: list[str] = []
    before: int | str | None = ""
    while before is not None:
        page = one.get(f"/evidence?limit=3{f'&before={before}' if before else ''}").json()
        seen += [each["id"] for each in page["items"]]
        before = page["next"]
    assert len(seen) == len(set(seen)) > 3
    assert one.get("/evidence?limit=0").status_code == 422
    assert one.get("/evidence?limit=1000").status_code == 422
    assert b"".join(one.get(f"/evidence/{seen[-1]}/bytes").streaming_content)
    assert one.get("/evidence/ev-999999/bytes").status_code == 404


def test_an_etag_spares_the_answer_until_something_changes(
    program: Callable[..., Program], site_workspace: Path
) -> None:
    from .test_pages import captured  # noqa: PLC0415

    one = program("viewer")
    etag = one.get("/systems").headers["etag"]
    assert one.get("/systems", **{"if-none-match": etag}).status_code == 304
    assert one.get("/findings", **{"if-none-match": etag}).status_code == 200
    captured(site_workspace, "etag.csv", b"a\n1\n")
    assert one.get("/systems", **{"if-none-match": etag}).status_code == 200


def test_the_same_request_with_the_same_key_does_nothing_again(
    program: Callable[..., Program], site_workspace: Path
) -> None:
    one = program("compliance")
    finding = one.get("/findings").json()[0]["finding"]
    given = {"finding": finding, "cause": "a", "response": "b", "owner": "p-0001", "due_on": "2026-09-01"}
    key = {"idempotency-key": "k-1"}
    first = one.post("/findings/answer", given, **key)
    with Workspace.open(site_workspace) as workspace:
        size = workspace.vault.size
    again = one.post("/findings/answer", given, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == size
    other = one.post("/findings/answer", {**given, "cause": "c"}, **key)
    assert other.status_code == 409
    assert other.headers["content-type"] == "application/problem+json"
    assert one.post("/findings/answer", given).json() != first.json()


def test_problems_say_where_what_and_what_to_do(program: Callable[..., Program]) -> None:
    one = program("compliance")
    given = {"finding": "OP-02/T-19/A/none", "cause": "a", "response": "b", "owner": "c", "due_on": "2026-09-01"}
    answer = one.post("/findings/answer", given)
    assert answer.status_code == 422
    (told,) = answer.json()["problems"]
    assert told["where"] == "FINDING"
    assert "there is no finding" in told["found"]
    bad = one.post("/findings/answer", {**given, "due_on": "soon"})
    assert bad.json()["problems"][0]["where"].endswith("due_on")
    assert one.get("/nothing").status_code == 404


def test_schemathesis_finds_no_fault(program: Callable[..., Program]) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415

    from twofold.web.wsgi import application  # noqa: PLC0415

    checks = importlib.import_module("schemathesis.specs.openapi.checks")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    secrets = [program(role).secret for role in ("compliance", "viewer")]
    for found in schema.get_all_operations():

        @settings(
            max_examples=15,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=found.ok().as_strategy())
        def call(case: Any) -> None:
            for secret in secrets:
                answer = case.call(headers={"Authorization": f"Bearer {secret}"})
                shown = (case.method, case.path, answer.status_code)
                assert answer.status_code < 500, shown
                (content,) = answer.headers["content-type"]
                if answer.status_code < 400 and content == "application/json":
                    case.validate_response(answer, excluded_checks=[checks.ignored_auth])
                elif answer.status_code >= 400 and answer.status_code != 404:
                    assert content == "application/problem+json", shown

        call()
