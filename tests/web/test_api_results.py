"""What programs do with results: conclude on completeness, test again, and read what changed and by which rule."""

from collections.abc import Callable
from typing import Any

import pytest

from twofold.jobs.in_background import Standing, WorkState
from twofold.jobs.renewal import Renewal

from .conftest import Program

Make = Callable[..., Program]
RECORD = "/completeness/incident_opened"
SIGNED = {"conclusion": "complete", "reason": "Filters read with the head of operations."}


def test_a_record_is_read_and_concluded_on(program: Make, monkeypatch: Any) -> None:
    tester = program("tester")
    assert "incident_opened" in {each["population"] for each in tester.get("/completeness").json()}
    found = tester.get(RECORD)
    assert found.json()["body"]["checks"]
    assert found.json()["differing"] == []
    assert tester.post(f"{RECORD}/sign", {**SIGNED, "reason": ""}).status_code == 422
    assert tester.post(f"{RECORD}/sign", {**SIGNED, "conclusion": "perhaps"}).status_code == 422
    done = tester.post(f"{RECORD}/sign", SIGNED, **{"if-match": found.headers["etag"]})
    assert done.json()["evidence"].startswith("ev-"), done.content
    assert program("owner").post(f"{RECORD}/sign", SIGNED).status_code == 403
    assert tester.get("/completeness/none").status_code == 404

    from twofold.web.company import completeness  # noqa: PLC0415  once the web framework is set up

    monkeypatch.setattr(completeness, "controls_with_a_part", lambda *_, **__: frozenset({"OP-02"}))
    assert tester.get(RECORD).json()["own"] == ["OP-02"]
    assert tester.post(f"{RECORD}/sign", SIGNED).status_code == 403


def test_results_are_renewed_in_the_background(program: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.utils import timezone  # noqa: PLC0415  once the web framework is set up

    from twofold.web.api import renewal  # noqa: PLC0415

    told: list[str] = []
    monkeypatch.setattr(renewal, "start_renewal", lambda root, *, actor, at: told.append(f"{actor} {root.name} {at}"))
    monkeypatch.setattr(renewal, "stop_renewal", lambda root: told.append(f"stop {root.name}"))
    tester = program("tester")
    assert tester.get("/renewal").json()["name"] is None
    running = Standing(WorkState.RUNNING, "T-10", 3, 12, None, ())
    monkeypatch.setattr(renewal, "newest_renewal", lambda _: Renewal("re-1", "p-0001", timezone.now(), running))
    assert tester.post("/renewal").json()["standing"]["done"] == 3
    assert tester.post("/renewal/stop").json()["name"] == "re-1"
    assert told[0].startswith("tester@example.com acme ")
    assert told[1:] == ["stop acme"]
    assert program("owner").post("/renewal").status_code == 403


def test_a_rule_is_read_and_one_run_has_nothing_to_differ_from(program: Make) -> None:
    one = program("viewer")
    rule = one.get("/runs/T-19/rule").json()
    assert "SELECT" in rule["sql"]
    assert {each["letter"] for each in rule["attributes"]} >= {"A", "B"}
    answer = one.get("/runs/T-19/difference")
    assert answer.status_code == 422
    assert one.get("/runs/T-99/difference").status_code == 404
