"""What programs do with the scope: propose, read the plan, approve as another person, ask what it would bring."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Program

Make = Callable[..., Program]


@pytest.mark.usefixtures("own_workspace")
def test_a_change_of_scope_from_proposed_to_in_force(program: Make) -> None:
    one, second, owner = program("compliance"), program("executive"), program("owner")
    edits = [
        {"kind": "change", "system": "product", "name": "The product"},
        {"kind": "add", "system": "billing", "layer": "application", "name": "Billing"},
    ]
    assert one.post("/scope/changes", {"edits": edits, "reason": " "}).status_code == 422
    assert one.post("/scope/changes", {"edits": [{"kind": "none"}], "reason": "x"}).status_code == 422
    assert one.post("/scope/changes", {"edits": [], "reason": "x"}).status_code == 422, "nothing was edited by hand"
    assert owner.post("/scope/changes", {"edits": edits, "reason": "x"}).status_code == 403, "not the owner's alone"
    made = one.post("/scope/changes", {"edits": edits, "reason": "a new product"})
    assert made.status_code == 201, made.content
    change = made.json()
    address = f"/scope/changes/{change['id']}"
    assert len(change["sentences"]) == 2
    assert change["plan"]["lines"]
    assert one.get("/scope/changes?state=waiting&limit=1").json()["items"][0]["id"] == change["id"]
    assert one.get(f"{address}/memo.pdf").content.startswith(b"%PDF")
    seen = second.get(address)
    assert one.post(f"{address}/approve", {"seen": change["seen"]}).status_code == 403, "who proposed it"
    assert second.post(f"{address}/approve", {"seen": "other"}).status_code == 422
    late = second.post(f"{address}/approve", {"seen": change["seen"]}, **{"if-match": '"other"'})
    assert late.status_code == 412
    done = second.post(f"{address}/approve", {"seen": seen.json()["seen"]}, **{"if-match": seen.headers["etag"]})
    assert (done.status_code, done.json()["state"]) == (201, "applied"), done.content
    assert {each["id"] for each in one.get("/systems").json()} == {"product", "billing"}
    newest = one.get("/scope/history?limit=1").json()
    assert newest["items"][0]["entry"] == done.json()["entry"]
    assert newest["items"][0]["change"] == change["id"]
    assert one.get(newest["next"].removeprefix("/api/v1")).json()["items"]
    assert one.get(f"/scope/history/{done.json()['entry']}").json()["second_person"] == "executive@example.com"
    assert one.get("/scope/history/1").status_code in {200, 404}
    assert one.get("/scope/memo.pdf?engagement=soc2-2026").content.startswith(b"%PDF")


@pytest.mark.usefixtures("own_workspace")
def test_a_change_is_amended_declined_and_withdrawn(program: Make) -> None:
    one, second = program("compliance"), program("executive")
    first = {"kind": "change", "system": "product", "name": "Another name"}
    change = one.post("/scope/changes", {"edits": [first], "reason": "a name"}).json()
    address = f"/scope/changes/{change['id']}"
    further = {"kind": "add", "system": "billing", "layer": "application"}
    more = one.post(f"{address}/edits", {"edits": [further], "reason": "a name and a system"}).json()
    assert (len(more["edits"]), more["seen"] != change["seen"]) == (2, True)
    assert second.post(f"{address}/approve", {"seen": change["seen"]}).status_code == 422, "it was amended since"
    assert len(one.post(f"{address}/edits/take-out", {"places": [1]}).json()["edits"]) == 1
    assert second.post(f"{address}/decline", {}).status_code == 422, "without a reason"
    assert second.post(f"{address}/decline", {"reason": "not now"}).json()["state"] == "declined"
    other = one.post("/scope/changes", {"edits": [first], "reason": "a name"}).json()["id"]
    assert second.post(f"/scope/changes/{other}/withdraw", {}).status_code == 403
    assert one.post(f"/scope/changes/{other}/withdraw", {}).json()["state"] == "withdrawn"


def test_what_if_is_asked_followed_and_stopped(program: Make, own_workspace: Path) -> None:
    del own_workspace
    one = program("compliance")
    assert one.post("/what-if", {"questions": {"--drop-system": ["none=2026-10-01"]}}).status_code == 422
    assert one.post("/what-if", {"questions": {"--nothing": ["x"]}}).status_code == 422
    asked = one.post("/what-if", {"questions": {"--drop-system": ["product=2026-10-01"]}, "control_tests": ["T-19"]})
    assert asked.status_code == 201, asked.content
    run = asked.json()["id"]
    found = one.get(f"/what-if/{run}").json()
    assert found["standing"]["state"] in {"running", "done"}
    assert found["questions"] == {"--drop-system": ["product=2026-10-01"]}
    assert [each["id"] for each in one.get("/what-if").json()] == [run]
    assert one.post(f"/what-if/{run}/stop").status_code == 200
    ends = time.monotonic() + 30
    while (state := one.get(f"/what-if/{run}").json()["standing"]["state"]) == "running":
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert state in {"stopped", "died", "done"}, "died: before it could listen; done: before it was asked to stop"
    assert program("owner").get("/what-if").status_code == 403
    assert one.get("/what-if/wi-none").status_code == 404
