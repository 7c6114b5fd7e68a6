"""The API: tokens with rights and an end, pages, ETags, idempotency keys, problems, and no fault for schemathesis."""

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.web.rights import Grant, Role, grant_of

from .conftest import ROLES, Program

As = Callable[[str], Any]
GIVEN = {
    "change_id": "99999",
    "entry": "1",
    "letter": "B",
    "person_id": "p-0001",
    "population": "incident_opened",
    "filter_id": "99999",
    "listing": "controls",
    "grant_id": "none",
    "answer_id": "none",
    "question_id": "q-001",
    "questionnaire_id": "none",
    "policy_id": "no-such-policy",
    "table": "vendor_review",
    "vendor_id": "no-such-vendor",
    "run_id": "wi-none",
    "task_id": "tk-99999",
    "word": "slow_response",
    "control_id": "OP-02",
    "engagement_id": "sox-fy2026",
    "control_test": "T-19",
    "evidence_id": "ev-2",
    "proposal_id": "99999",
    "request_id": "rq-99999",
    "review_id": "rv-none",
    "sample_id": "sm-none",
    "name": "population.txt",
    "system_id": "product",
    "token_id": "99999",
    "topic": "stage",
}
FINDING = "/follow-ups/OP-02/T-19/B/slow_response"
EXAMPLES = int(os.environ.get("TWOFOLD_API_EXAMPLES", "2"))
"""Calls of each act that schemathesis makes up; of each operation that only reads it makes up half as many."""
TOKEN = r"twofold_[\w-]{43}"  # noqa: S105  the form of one


@pytest.fixture(autouse=True)
def _nothing_in_the_background(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to test and judge in another process, which would open the workspace that all tests share."""
    del site
    from twofold.web.api import renewal  # noqa: PLC0415

    def busy(*_: object, **__: object) -> None:
        raise UserError(Problem("test and judge", "results are being renewed already", "one renewal at a time"))

    monkeypatch.setattr(renewal, "start_renewal", busy)


def operations() -> list[tuple[str, str, str]]:
    """Return method, path with examples, and right of each operation, from the API itself."""
    from twofold.web.api.api import api  # noqa: PLC0415
    from twofold.web.api.operation import API_RIGHT  # noqa: PLC0415

    found = []
    for _, router in api._routers:  # noqa: SLF001  there is no public way to walk them
        for path, view in router.path_operations.items():
            for each in view.operations:
                right = getattr(each.view_func, API_RIGHT, "")
                found += [(method, path.replace("{path:", "{").format(**GIVEN), right) for method in each.methods]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_by_every_role(role: str, program: Callable[..., Program]) -> None:
    one = program(role)
    wrong = []
    for method, path, right in operations():
        assert right, f"{method} {path} names no right"
        got = (one.get(path) if method == "GET" else one.post(path, {})).status_code
        allowed = grant_of(right, Role(role)) is not Grant.NO
        if got not in ({200, 201, 403, 404, 415, 422} if allowed else {403}):
            wrong.append((method, path, role, got))
    assert wrong == []


def test_a_token_without_the_right_of_an_operation_is_refused(program: Callable[..., Program]) -> None:
    tokens = [program("compliance", right) for right in ("keep_own_account", "use_api")]
    walked = operations()
    assert len(walked) >= 120
    for method, path, right in walked:
        one = tokens[right == "keep_own_account"]
        got = (one.get(path) if method == "GET" else one.post(path, {})).status_code
        assert got == 403, (method, path, right)


def test_each_form_of_the_description_has_a_name_of_its_own(site: str) -> None:
    """Two forms of one name would be one in the description, and generated clients would read the wrong one."""
    del site
    from ninja import Schema  # noqa: PLC0415

    from twofold.web.api.api import api  # noqa: PLC0415

    def under(kind: type[Any]) -> set[type[Any]]:
        return {kind} | {deep for each in kind.__subclasses__() for deep in under(each)}

    assert api.title
    names = [each.__name__ for each in under(Schema) if each.__module__.startswith("twofold.web.api")]
    assert sorted(names) == sorted(set(names))


def test_a_body_is_not_looked_at_for_who_has_no_right(program: Callable[..., Program]) -> None:
    given = {"cause": 1}
    assert program("viewer").post(f"{FINDING}/answer", given).status_code == 403
    assert program("compliance", "see_findings").post(f"{FINDING}/answer", given).status_code == 403


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
    assert one.get("/findings").json()["items"][0]["control"] == "OP-02"
    assert one.get("/status").json()["company"] == "Acme Inc."
    weeks = one.get("/coverage").json()[0]["weeks"]
    assert sum(each["items"] for each in weeks) == 2
    why = one.get("/runs/T-19/item?item=INC-2").json()
    assert {each["engagement"] for each in why["verdicts"]} == set(counts)
    assert all(each["wording"] for each in why["attributes"])
    failed = next(each for each in why["attributes"] if each["code"].startswith("exception:"))
    assert failed["clause"], why
    assert one.get("/runs/T-19/item?item=INC-3").status_code == 404
    assert one.get("/systems/product").json() == product


def test_pages_go_on_where_the_last_ended(program: Callable[..., Program]) -> None:
    one = program("compliance")
    for path, name, least in (("/runs/T-19/items", "item", 2), ("/evidence", "id", 4), ("/findings", "finding", 2)):
        seen: list[str] = []
        link = f"/api/v1{path}?limit=1"
        while link:
            page = one.get(link.removeprefix("/api/v1")).json()
            seen += [each[name] + each.get("engagement", "") for each in page["items"]]
            link = page["next"]
        assert len(seen) == len(set(seen)) >= least, path
        assert seen == [each[name] + each.get("engagement", "") for each in one.get(path).json()["items"]]
    assert one.get("/evidence?limit=0").status_code == 422
    assert one.get("/evidence?limit=1000").status_code == 422
    newest = one.get("/evidence").json()["items"][0]
    proof = one.get(f"/evidence/{newest['id']}").json()["proof"]
    assert (f"ev-{proof['entry']}", len(proof["root"])) == (newest["id"], 64)
    assert b"".join(one.get(f"/evidence/{newest['id']}/bytes").streaming_content)
    assert one.get("/evidence/ev-999999/bytes").status_code == 404


def test_an_etag_spares_the_answer_until_something_changes(
    program: Callable[..., Program], site_workspace: Path
) -> None:
    from .test_pages import captured  # noqa: PLC0415

    one = program("viewer")
    etag = one.get("/evidence").headers["etag"]
    again = one.get("/evidence", **{"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert one.get("/systems", **{"if-none-match": etag}).status_code == 200
    captured(site_workspace, "etag.csv", b"a\n1\n")
    assert one.get("/evidence", **{"if-none-match": etag}).status_code == 200


def test_the_same_request_with_the_same_key_does_nothing_again(
    program: Callable[..., Program], site_workspace: Path
) -> None:
    one = program("compliance")
    given = {"cause": "a", "response": "b", "owner": "p-0001", "due_on": "2026-09-01"}
    key = {"idempotency-key": "k-1"}
    first = one.post(f"{FINDING}/answer", given, **key)
    with Workspace.open(site_workspace) as workspace:
        size = workspace.vault.size
    again = one.post(f"{FINDING}/answer", given, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == size
    other = one.post(f"{FINDING}/answer", {**given, "cause": "c"}, **key)
    assert other.status_code == 422
    assert other.headers["content-type"] == "application/problem+json"
    assert one.post(f"{FINDING}/answer", given).json() != first.json()


def test_problems_say_where_what_and_what_to_do(program: Callable[..., Program]) -> None:
    one = program("compliance")
    given = {"cause": "a", "response": "b", "owner": "nobody", "due_on": "2026-09-01"}
    answer = one.post(f"{FINDING}/answer", given)
    assert answer.status_code == 422
    (told,) = answer.json()["problems"]
    assert told["where"] == "owner"
    assert "the roster has nobody" in told["found"]
    bad = one.post(f"{FINDING}/answer", {**given, "due_on": "soon"})
    assert bad.json()["problems"][0]["where"].endswith("due_on")
    assert bad.json()["problems"][0]["found"]


def test_schemathesis_finds_no_fault(program: Callable[..., Program]) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415

    from twofold.web.wsgi import application  # noqa: PLC0415

    def served(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer as a server does: the answer is read to its end and closed, and with it the files of the call."""
        answer = application(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    checks = importlib.import_module("schemathesis.specs.openapi.checks")
    # The token is right in every call here; what an item or a text may be is known to the workspace alone.
    left_out = [checks.ignored_auth, checks.positive_data_acceptance]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served)
    secret = program("compliance").secret
    for found in schema.get_all_operations():

        @settings(
            max_examples=EXAMPLES if found.ok().method == "post" else max(1, EXAMPLES // 2),
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=found.ok().as_strategy())
        def call(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code < 500, (case.method, case.path, answer.status_code)
            case.validate_response(answer, excluded_checks=left_out)

        call()
