"""What programs do with access reviews: opened, decided by whom each pair waits for, followed up, and recorded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..cli.test_review import ALL, ANA, APRIL, CY, CY_VIEW, MARCH, REVIEW, ROBOT, Desk, in_process
from .conftest import Program
from .test_access_reviews import Clock, reviewers, with_a_snapshot  # noqa: F401  fixtures: one workspace for both

Make = Callable[..., Program]
ONE = f"/reviews/{REVIEW}"


@pytest.fixture
def opened(reviewers: Any, program: Make, monkeypatch: pytest.MonkeyPatch) -> tuple[Program, Program]:  # noqa: F811
    """Open a review; give a program of Ana, who manages it, and one of Bo, who owns the system."""
    assert reviewers
    clock = Clock()
    for module in ("reviews", "review_records"):
        monkeypatch.setattr(f"twofold.web.api.{module}.timezone", clock)
    ana, bo = program("compliance"), program("owner")
    assert ana.get("/reviews").json()["snapshots"] == [{"system": "product", "snapshot": "march"}]
    given = {"system": "product", "snapshot": "march", "reviewers": ["okta:ana", "p-0002"]}
    done = ana.post("/reviews", given, **{"idempotency-key": "open-1"})
    assert done.json()["review"]["id"] == REVIEW, done.content
    return ana, bo


def decision(pair: tuple[str, str], word: str, reason: str) -> dict[str, str]:
    return {"account": pair[0], "right": pair[1], "decision": word, "reason": reason}


def test_a_review_from_the_snapshot_to_its_record(opened: tuple[Program, Program], program: Make) -> None:
    ana, bo = opened
    etag = ana.get(ONE).headers["etag"]
    own = ana.post(f"{ONE}/decisions", {"decisions": [decision(ANA, "approve", "mine")]})
    assert "nobody decides on their own access" in own.json()["detail"]
    assert program("viewer").post(f"{ONE}/decisions", {"decisions": []}).status_code == 403
    assert ana.post(f"{ONE}/complete").status_code == 422, "silence is no approval"
    done = [decision(CY, "revoke", "moved")]
    assert ana.post(f"{ONE}/decisions", {"decisions": done}, **{"if-match": etag}).status_code == 201
    assert ana.post(f"{ONE}/decisions", {"decisions": done}, **{"if-match": etag}).status_code == 412
    bulk = {"decisions": [decision(each, "approve", "seen") for each in (CY_VIEW, ROBOT)], "in_bulk": True}
    assert ana.post(f"{ONE}/decisions", bulk).status_code == 201
    assert ana.get(f"{ONE}/sums").json()["bulk"] == 2
    assert bo.post(f"{ONE}/decisions", {"decisions": [decision(ANA, "approve", "leads")]}).status_code == 201
    look = {"account": CY[0], "right": CY[1], "looked_from": "2026-01-01", "result": "no invoice changed"}
    assert ana.post(f"{ONE}/complete").status_code == 201
    assert bo.post(f"{ONE}/looks", look).status_code == 201
    removal = {"account": CY[0], "right": CY[1], "ticket": "ACC-12"}
    assert bo.post(f"{ONE}/removals", removal).status_code == 201
    assert [each["ticket"] for each in bo.get(f"{ONE}/removals").json()] == ["ACC-12"]
    record = ana.get(f"{ONE}/record").json()
    assert (record["review"]["approved"], record["review"]["revoked"], record["missing"]) == (3, 1, 0)
    assert len(record["acts"]) >= 4
    assert record["removals"]["looked_at"] == 1
    assert ana.get(f"{ONE}/difference").status_code == 422, "it is the first review"
    assert ana.get("/reviews/rv-none/record").status_code == 404


def test_the_record_holds_every_act_also_what_a_later_one_took_back(opened: tuple[Program, Program]) -> None:
    ana, bo = opened
    for word, reason in (("revoke", "moved"), ("approve", "a mistake")):
        assert ana.post(f"{ONE}/decisions", {"decisions": [decision(CY, word, reason)]}).status_code == 201
    route = {"to": "okta:bo", "from_reviewer": "okta:ana", "reason": "on leave"}
    assert ana.post(f"{ONE}/route", route).status_code == 201
    rest = [decision(each, "approve", "seen") for each in (ANA, CY_VIEW, ROBOT)]
    assert bo.post(f"{ONE}/decisions", {"decisions": rest}).status_code == 201
    assert ana.post(f"{ONE}/complete").status_code == 201

    (pair,) = [each for each in ana.get(f"{ONE}/pairs").json()["items"] if (each["account"], each["right"]) == CY]
    told = [(each["act"], each["decision"], each["reason"]) for each in pair["history"]]
    assert told == [("route", None, ""), ("decide", "revoke", "moved"), ("decide", "approve", "a mistake")]
    acts = [each["said"] for each in ana.get(f"{ONE}/record").json()["acts"]]
    assert [said.split(" in access review")[0].split(",")[0] for said in acts] == [
        f"Access review {REVIEW} of product",
        f"Access review {REVIEW} of product",
        "1 decisions of p-0001",
        "1 decisions of p-0001",
        f"2 pairs of access review {REVIEW} routed to okta:bo: on leave",
        "3 decisions of p-0002",
        f"Access review {REVIEW} of product",
    ], "opened (the review and its pairs), decided, decided otherwise, routed, decided, completed"


def test_one_act_says_one_thing_of_a_pair(opened: tuple[Program, Program]) -> None:
    ana, _ = opened
    for second in (decision(CY, "approve", "needs it"), decision(CY, "revoke", "moved")):
        refused = ana.post(f"{ONE}/decisions", {"decisions": [decision(CY, "revoke", "moved"), second]})
        assert refused.status_code == 422
        assert "product:cy product:admin stands in decision 1 already" in refused.json()["detail"]
    assert ana.get(ONE).json()["undecided"] == 4, "nothing of the act is recorded"


def test_pairs_are_delegated_and_reviewers_reminded(opened: tuple[Program, Program]) -> None:
    ana, bo = opened
    assert bo.post(f"{ONE}/remind", {"reviewer": "okta:ana"}).status_code == 403
    assert ana.post(f"{ONE}/remind", {"reviewer": "okta:ana"}).json()["assigned_to"] == "p-0001"
    assert ana.post(f"{ONE}/remind", {"reviewer": "okta:cy"}).status_code == 422
    given = {"account": "product:cy", "to": "okta:bo", "reason": "Bo leads the team"}
    assert ana.post(f"{ONE}/delegate", {**given, "reason": ""}).status_code == 422
    assert ana.post(f"{ONE}/delegate", given).status_code == 201
    assert ana.post(f"{ONE}/delegate", given).status_code == 422, "no longer one's own"
    waiting = bo.get(f"{ONE}/pairs?reviewer=okta:bo&undecided=true").json()["items"]
    assert CY[0] in {each["account"] for each in waiting}
    first = bo.get(f"{ONE}/pairs?limit=1").json()
    assert bo.get(first["next"].removeprefix("/api/v1")).json()["items"][0] != first["items"][0]


def test_a_decision_that_is_told_in_two_ways_says_so(
    opened: tuple[Program, Program], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, _ = opened
    desk = Desk(in_process, tmp_path / "acme", tmp_path, monkeypatch)
    campaign = f"campaign_id,system,started_at,completed_at,snapshot_id\nokta-1,product,{MARCH},,march\n"
    desk.capture("access_review", "campaigns", campaign, "2026-03-25T10:00:00Z")
    header = "campaign_id,account,right_id,reviewer,decision,decided_at\n"
    lines = "".join(f"okta-1,{CY[0]},{CY[1]},okta:ana,{word},{MARCH}\n" for word in ("approve", "revoke"))
    desk.capture("access_review", "decisions", header + lines, "2026-03-25T10:00:00Z")
    desk.snapshot("april", APRIL, ALL)

    (pair,) = ana.get("/reviews/okta-1/pairs").json()["items"]
    assert pair["conflicted"] is True
    differing = ana.get("/reviews/okta-1/difference?against=today").json()["items"]
    assert [(each["account"], each["right"]) for each in differing if each["conflicted"]] == [CY]
    assert {each["conflicted"] for each in ana.get(f"{ONE}/pairs").json()["items"]} == {False}
