"""What programs do around findings: answer, repair, accept, tasks. Refused to the same people as on the pages."""

from collections.abc import Callable

import pytest

from twofold.records.workspace import Workspace

from .conftest import Program
from .test_api import FINDING

Make = Callable[..., Program]
ANSWER = {"cause": "A phone was off", "response": "Two phones", "owner": "p-0001", "due_on": "2026-12-01"}


@pytest.mark.usefixtures("untouched_workspace")
def test_a_finding_from_answer_to_retest_and_acceptance(program: Make) -> None:
    one, owner, tester = program("compliance"), program("owner"), program("tester")
    found = one.get(FINDING)
    assert (found.json()["stage"], found.json()["answers"], found.json()["retest"]) == ("answer", [], None)
    sox = next(each for each in found.json()["lenses"] if each["lens"] == "sox")
    assert sox["classification"]["word"]
    repair = {"remediated_on": "2026-05-01", "remediation": "A second phone"}
    early = one.post(f"{FINDING}/repair", repair)
    assert (early.status_code, "answer it first" in early.json()["detail"]) == (422, True)
    assert tester.post(f"{FINDING}/answer", ANSWER).status_code == 403
    done = one.post(f"{FINDING}/answer", ANSWER, **{"if-match": found.headers["etag"]})
    assert done.status_code == 201, done.content
    assert one.post(f"{FINDING}/answer", ANSWER, **{"if-match": found.headers["etag"]}).status_code == 412
    ahead = one.post(f"{FINDING}/repair", {**repair, "remediated_on": "2999-01-01"})
    assert [each["where"] for each in ahead.json()["problems"]] == ["remediated_on"]
    assert one.post(f"{FINDING}/repair", {**repair, "evidence": done.json()["evidence"]}).status_code == 201
    after = one.get(FINDING).json()
    assert (after["stage"], after["answers"][0]["evidence"]) == ("retest", [done.json()["evidence"]])
    assert after["retest"]["repaired_on"] == "2026-05-01"
    assert [each["finding"] for each in one.get("/follow-ups?stage=retest&owner=p-0001").json()["items"]] == [
        FINDING.removeprefix("/follow-ups/")
    ]
    accept = {"reason": "The tool is replaced in March", "until": "2027-03-01"}
    assert owner.post(f"{FINDING}/accept", accept).status_code == 403, "has a part in the control, or no right"
    assert one.post(f"{FINDING}/accept", accept).status_code == 201
    assert one.get(FINDING).json()["stage"] == "accepted"
    first = one.get("/follow-ups?limit=1").json()
    second = one.get(first["next"].removeprefix("/api/v1")).json()
    assert first["items"][0]["finding"] != second["items"][0]["finding"]


def test_tasks_are_opened_and_closed(program: Make, own_workspace: object) -> None:
    one, owner, tester = program("compliance"), program("owner"), program("tester")
    given = {"what": "Look at it", "assigned_to": "p-0002", "about_kind": "control", "about": "OP-02"}
    assert program("viewer").post("/tasks", given).status_code == 403
    assert one.post("/tasks", {**given, "about": "XX-01"}).status_code == 422
    assert one.post("/tasks", {**given, "about_kind": "nothing"}).status_code == 422
    task = one.post("/tasks", {**given, "task_due": "2026-12-24"}, **{"idempotency-key": "task-1"}).json()
    assert one.post("/tasks", {**given, "task_due": "2026-12-24"}, **{"idempotency-key": "task-1"}).json() == task
    assert (task["due_on"], task["state"]) == ("2026-12-24", "open")
    address = f"/tasks/{task['task_id']}"
    assert owner.get("/tasks?assigned_to=me&state=open").json()["items"] == [task]
    assert one.get("/tasks?about_kind=control&about=OP-02&limit=1").json()["items"] == [task]
    assert tester.post(f"{address}/close", {"act": "done"}).status_code == 403, "neither has it nor opened it"
    assert owner.post(f"{address}/close", {"act": "drop"}).status_code == 422, "without why"
    assert owner.post(f"{address}/close", {"act": "done", "note": "seen"}).json()["state"] == "done"
    assert owner.post(f"{address}/close", {"act": "done"}).status_code == 422
    assert one.get("/tasks/tk-none").status_code == 404
    with Workspace.open(own_workspace) as workspace:  # type: ignore[arg-type]
        assert len(list(workspace.vault.entries(kind="task"))) == 2
