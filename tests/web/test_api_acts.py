"""What programs do: each act as on the pages, refused to the same people, told when it came too late, never doubled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from twofold.records.acts.disposition import dispositions
from twofold.records.workspace import Workspace

from .conftest import Program
from .test_acts import LINE, UPLOAD

Make = Callable[..., Program]
SAYS = {"item": "INC-2", "kind": "data_error", "reason": "the tracker was wrong"}


def size_of(root: Path) -> int:
    with Workspace.open(root) as workspace:
        return workspace.vault.size


def test_softer_than_the_rule_waits_for_another_person(program: Make, site_workspace: Path) -> None:
    tester, second = program("tester"), program("executive")
    before = size_of(site_workspace)
    assert tester.post("/runs/T-19/dispositions", {**SAYS, "reason": " "}).status_code == 422
    assert tester.post("/runs/T-19/dispositions", {**SAYS, "item": "INC-none"}).status_code == 422
    proposal = tester.post("/runs/T-19/dispositions", SAYS).json()["proposal"]
    assert size_of(site_workspace) == before
    agree = f"/proposals/{proposal['id']}/agree"
    assert tester.post(agree).status_code == 403, "the one who proposed it"
    assert program("owner").get("/proposals").status_code == 403
    etag = second.get(f"/proposals/{proposal['id']}").headers["etag"]
    assert second.post(agree, **{"if-match": '"other"'}).status_code == 412
    done = second.post(agree, **{"if-match": etag})
    assert (done.status_code, done.json()["second_person"]) == (201, "executive@example.com")
    assert second.post(agree).status_code == 404
    with Workspace.open(site_workspace) as workspace:
        assert dispositions(workspace.vault)[-1].reason == SAYS["reason"]
    kept = tester.post("/runs/T-19/dispositions", SAYS).json()["proposal"]
    assert second.post(f"/proposals/{kept['id']}/decline").json()["item"] == "INC-2"
    assert tester.post("/runs/T-19/dispositions", {"item": "INC-2", "kind": "confirmed"}).json()["recorded"]["entry"]


def test_files_are_captured_by_the_intake_of_the_page(program: Make, site_workspace: Path) -> None:
    one = program("tester")
    files = [SimpleUploadedFile(f"../api-{number}.csv", LINE + b"\n" * (40 + number)) for number in range(2)]
    given: dict[str, object] = {**UPLOAD, "totals": "minutes=5", "although_alike": "true", "files": files}
    key = {"idempotency-key": "capture-1"}
    before = size_of(site_workspace)
    first = one.send("/evidence", given, **key)
    assert first.status_code == 201, first.content
    assert [each["name"] for each in first.json()] == ["api-0.csv", "api-1.csv"]
    assert one.get(f"/evidence/{first.json()[0]['id']}").json()["totals"] == {"minutes": "5"}
    after = size_of(site_workspace)
    assert after > before
    for each in files:
        each.seek(0)
    assert one.send("/evidence", given, **key).json() == first.json()
    assert size_of(site_workspace) == after
    files[0] = SimpleUploadedFile("other.csv", b"id\n1\n")
    assert one.send("/evidence", {**given, "files": files}, **key).status_code == 422
    wrong = one.send("/evidence", {**given, "kind": "nothing", "files": SimpleUploadedFile("a.csv", b"id\n")})
    assert [each["where"] for each in wrong.json()["problems"]] == ["kind"]
    assert one.send("/evidence", UPLOAD).status_code == 422
    assert one.post("/evidence", {"source": "csvtable"}).status_code == 415
    assert program("viewer").send("/evidence", given).status_code == 403
    assert size_of(site_workspace) == after


def test_a_request_from_asked_to_accepted(program: Make, site_workspace: Path) -> None:
    manager, owner = program("compliance"), program("owner")
    given = {"engagement": "soc2-2026", "text": "The list", "assigned_to": "p-0002", "due_on": "2026-08-01"}
    asked = manager.post("/requests", given).json()
    address = f"/requests/{asked['id']}"
    with Workspace.open(site_workspace) as workspace:
        evidence = [next(workspace.vault.each_evidence()).evidence_id]
    etag = owner.get(address).headers["etag"]
    assert program("tester").post(f"{address}/answer", {"evidence": evidence}).status_code == 403
    answered = owner.post(f"{address}/answer", {"evidence": evidence}, **{"if-match": etag})
    assert (answered.status_code, answered.json()["state"]) == (201, "submitted")
    late = manager.post(f"{address}/accept", {}, **{"if-match": etag})
    assert late.status_code == 412, "it was answered since"
    assert manager.post(f"{address}/return", {"note": "more"}).json()["note"] == "more"
    assert owner.post(f"{address}/answer", {"evidence": evidence}).status_code == 201
    assert manager.post(f"{address}/accept", {}).json()["state"] == "accepted"
    assert manager.post(f"{address}/withdraw", {}).status_code == 422
    assert asked["id"] in {each["id"] for each in manager.get("/requests?state=accepted").json()["items"]}
    assert manager.post("/requests", {**given, "assigned_to": "p-0001"}).status_code == 201
    other = manager.get("/requests?state=open").json()["items"][-1]["id"]
    assert owner.post(f"/requests/{other}/answer", {"evidence": evidence}).status_code == 403, "somebody else's"


@pytest.mark.usefixtures("own_workspace")
def test_sign_offs_and_the_interview(program: Make) -> None:
    one = program("executive")
    given = {"engagement": "sox-fy2026", "conclusion": "not_effective", "role": "preparer", "reason": "seen"}
    done = one.post("/controls/OP-02/sign-offs", given)
    assert done.status_code == 201, done.content
    assert one.get("/controls/OP-02/sign-offs").json()[-1]["signed_by"] == "executive@example.com"
    assert one.post("/controls/OP-02/sign-offs", {**given, "role": "reviewer"}).status_code == 422, "the preparer"
    assert one.post("/controls/XX-99/sign-offs", given).status_code == 404
    asked = {each["name"]: each for each in one.get("/interview").json()}
    question = next(name for name, each in asked.items() if each["allowed"] == "yes or no")
    assert one.post("/interview", {"answers": {question: "perhaps", "none": "1"}}).status_code == 422
    assert one.post("/interview", {"answers": {question: "yes"}}).json()["recorded"] == [question]
    assert {each["name"]: each["answer"] for each in one.get("/interview").json()}[question] == "yes"
    assert one.get("/preparation/window").json()[0]["statements"]
    assert one.get("/readiness").json()["checks"]


def test_a_token_makes_none_that_can_more_than_itself(program: Make) -> None:
    one = program("compliance", "use_api", "see_results")
    given = {"name": "child", "days": 300, "rights": ["see_results", "sign_off"]}
    made = one.post("/tokens", given, **{"idempotency-key": "token-1"}).json()
    assert made["rights"] == ["see_results"]
    own = next(each for each in one.get("/tokens").json() if each["id"] == made["id"])
    assert own["secret"] is None
    assert own["expires_at"] <= max(
        each["expires_at"] for each in one.get("/tokens").json() if each["id"] != made["id"]
    )
    child = Program(made["secret"])
    assert child.get("/runs").status_code == 200
    assert child.get("/account").status_code == 403
    assert one.post("/tokens", given, **{"idempotency-key": "token-1"}).json() == made
    from twofold.web.accounts.models import IdempotentAnswer  # noqa: PLC0415

    assert not IdempotentAnswer.objects.filter(body__contains=made["secret"][10:20]).exists(), "it is kept sealed"
    assert program("viewer").post(f"/tokens/{made['id']}/revoke").status_code == 404, "somebody else's"
    assert one.post(f"/tokens/{made['id']}/revoke").json()["revoked_at"]
    assert child.get("/runs").status_code == 401
    assert one.get("/account").json()["email"] == "compliance@example.com"


def test_a_key_whose_request_is_not_answered_yet_is_not_done_twice(program: Make, own_workspace: Path) -> None:
    from twofold.web.accounts.models import IdempotentAnswer  # noqa: PLC0415

    one = program("executive")
    given = {"engagement": "sox-fy2026", "conclusion": "not_effective", "role": "preparer", "reason": "again"}
    key = {"idempotency-key": "running"}
    assert one.post("/controls/OP-02/sign-offs", {**given, "engagement": "none"}, **key).status_code == 422
    assert one.post("/controls/OP-02/sign-offs", given, **key).status_code == 201, "a refusal gives the key back"
    IdempotentAnswer.objects.filter(key="running").update(status=0)
    before = size_of(own_workspace)
    assert one.post("/controls/OP-02/sign-offs", given, **key).status_code == 409
    assert size_of(own_workspace) == before
    assert one.post("/controls/OP-02/sign-offs", given, **{"idempotency-key": "k" * 201}).status_code == 422


def test_each_refusal_is_a_problem(program: Make, settings: Any) -> None:
    one = program("compliance")
    wrong = Program("wrong")
    headers = {"authorization": f"Bearer {one.secret}"}
    found = {
        401: wrong.get("/systems"),
        403: program("viewer").post("/requests", {}),
        404: one.get("/no/such/address"),
        405: one.client.delete("/api/v1/systems", headers=headers),
        415: one.client.post("/api/v1/requests", "a=1", content_type="text/plain", headers=headers),
        422: one.post("/requests", {}),
    }
    settings(TWOFOLD_API_CALLS_A_MINUTE=0)
    found[429] = one.get("/systems")
    for status, answer in found.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert (told["status"], bool(told["title"]), told["type"]) == (status, True, "about:blank")
    assert 0 < int(found[429].headers["retry-after"]) <= 60
    assert "GET" in found[405].headers["allow"]
    assert one.client.post("/api/v1/requests", b"{", content_type="application/json", headers=headers).status_code in {
        400,
        429,
    }


@pytest.fixture
def settings() -> Any:
    """Give a function that changes settings of the site until the test is over."""
    from django.test import override_settings  # noqa: PLC0415

    changed = []

    def change(**named: object) -> None:
        changed.append(override_settings(**named))
        changed[-1].enable()

    yield change
    for each in changed:
        each.disable()
