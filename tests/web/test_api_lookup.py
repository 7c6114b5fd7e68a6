"""What programs look up and keep: search, filters, the calendar, own work, notices, history of evidence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Program

Make = Callable[..., Program]


def test_search_finds_what_the_role_may_see(program: Make) -> None:
    one = program("viewer")
    found = {each["kind"]: each["hits"] for each in one.get("/search?q=OP-02").json()}
    assert found["control"][0]["title"].startswith("OP-02")
    assert one.get("/search?q=incident&most=1").json()[0]["hits"]
    assert "person" not in {each["kind"] for each in one.get("/search?q=ana").json()}
    assert "person" in {each["kind"] for each in program("compliance").get("/search?q=ana").json()}
    assert any("exception" in each["words"] for each in one.get("/glossary").json())


def test_filters_are_ones_own_or_shared(program: Make) -> None:
    one, other = program("tester"), program("viewer")
    given = {"name": "late", "query": "due=late&after=x"}
    assert one.post("/filters/findings", {**given, "query": "after=x"}).status_code == 422, "nothing is filtered"
    assert one.post("/filters/systems", given).status_code == 422, "a list without filters"
    kept = one.post("/filters/findings", given).json()
    assert (kept["query"], kept["own"]) == ("due=late", True)
    assert kept["id"] not in {each["id"] for each in other.get("/filters/findings").json()}
    assert one.post("/filters/findings", {**given, "shared": True}).json()["id"] == kept["id"]
    assert kept["id"] in {each["id"] for each in other.get("/filters/findings").json()}
    assert other.post(f"/filters/{kept['id']}/delete").status_code == 404
    assert one.post(f"/filters/{kept['id']}/delete").json()["name"] == "late"


@pytest.mark.usefixtures("own_workspace")
def test_what_is_due_and_how_one_is_told(program: Make, as_role: Callable[[str], Any]) -> None:
    one, owner = program("compliance"), program("owner")
    task = {"what": "Look", "assigned_to": "p-0002", "about_kind": "control", "about": "OP-02"}
    made = one.post("/tasks", {**task, "task_due": "2026-12-24"}).json()["task_id"]
    without = one.post("/tasks", task).json()["task_id"]
    due = one.get("/calendar?first=2026-12-01&last=2026-12-31&kind=task").json()["items"]
    assert [(each["thing_id"], each["on"]) for each in due] == [(made, "2026-12-24")]
    mine = owner.get("/calendar?first=2026-12-01&last=2026-12-31&person=me&limit=1").json()["items"]
    assert "p-0002" in mine[0]["people"] or mine[0]["people"] == []
    assert one.get("/calendar?first=never&last=2026-12-31").status_code == 422
    work = owner.get("/my-work").json()
    assert made in {each["thing_id"] for group in work["groups"] for each in group["things"]}
    assert without in work["tasks"]
    assert owner.get("/notices").json()["address_ends_at"] is None
    assert owner.post("/notices", {"rhythm": "daily", "channels": ["email"]}).json()["rhythm"] == "daily"
    assert owner.post("/notices", {"rhythm": "hourly"}).status_code == 422
    as_role("owner").post("/inbox/calendar-address")
    assert owner.get("/notices").json()["address_ends_at"]
    assert owner.post("/calendar-address/end").json()["ended"]
    assert owner.get("/notices").json()["address_ends_at"] is None
    every, link = [], "/calendar?first=2026-01-01&last=2026-12-31&limit=2"
    while link:
        page = one.get(link).json()
        every += [(each["on"], each["kind"], each["thing_id"]) for each in page["items"]]
        link = (page["next"] or "").removeprefix("/api/v1")
    assert len(every) == len(set(every)) >= 4
    assert every == sorted(every)


def test_evidence_of_controls_and_the_log_of_accounts(program: Make, site_workspace: Path) -> None:
    one = program("compliance")
    assert site_workspace.is_dir()
    history = one.get("/controls/OP-02/history").json()
    assert history["runs"][0]["control_test"] == "T-19"
    assert {each["engagement"] for each in history["judgements"]} >= {"soc2-2026"}
    assert any(each["defines"] and each["number"] for each in history["expected"])
    assert history["wordings"] == []
    then = one.get("/controls/OP-02/history?on=2100-01-01").json()["wordings"]
    assert (then[0]["control_test"], bool(then[0]["attributes"]["A"])) == ("T-19", True)
    assert one.get("/controls/XX-99/history").status_code == 404
    read = next(each for each in one.get("/evidence?kind=incident").json()["items"][::-1])
    whole = one.get(f"/evidence/{read['id']}").json()
    assert {each["control_id"] for each in whole["served"]} == {"OP-02"}
    assert one.get("/evidence-health").json()["pieces"] > 0
    newest = one.get("/evidence").json()["items"][0]["id"]
    assert b'"capture"' in one.get(f"/evidence/{newest}/entry").content
    assert program("viewer").get("/account-log").status_code == 403
    first = one.get("/account-log?limit=1").json()
    assert first["items"][0]["act"]
    if first["next"]:
        assert one.get(first["next"].removeprefix("/api/v1")).json()["items"][0]["entry"] < first["items"][0]["entry"]
