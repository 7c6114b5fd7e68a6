"""Test and judge again, on screen: who may, what is said while it runs, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from twofold.jobs.in_background import Standing, WorkState
from twofold.jobs.renewal import Renewal
from twofold.model.problem import Problem, UserError

As = Callable[[str], Any]
ADDRESS = "/results/renewal"


def test_a_tester_begins_follows_and_stops_it(as_role: As, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.utils import timezone  # noqa: PLC0415  once the web framework is set up

    from twofold.web.company import renewal  # noqa: PLC0415

    told: list[str] = []
    monkeypatch.setattr(renewal, "start_renewal", lambda root, *, actor, at: told.append(f"{actor} {root.name} {at}"))
    monkeypatch.setattr(renewal, "stop_renewal", lambda root: told.append(f"stop {root.name}"))
    tester = as_role("tester")
    assert "Test and judge again" in tester.get("/results/").content.decode()
    assert "captured since the last run" in tester.get(ADDRESS).content.decode()

    assert tester.post(ADDRESS).headers["Location"] == ADDRESS
    running = Standing(WorkState.RUNNING, "T-10", 3, 12, None, ())
    monkeypatch.setattr(renewal, "newest_renewal", lambda _: Renewal("re-1", "p-0001", timezone.now(), running))
    shown = tester.get(ADDRESS)
    assert shown.headers["Refresh"] == "3"
    assert "T-10: 3 of 12" in shown.content.decode()
    assert tester.post(f"{ADDRESS}/stop").headers["Location"] == ADDRESS
    assert told[0].startswith("tester@example.com acme ")
    assert told[1:] == ["stop acme"]


def test_others_do_not_and_a_second_one_is_refused(as_role: As, monkeypatch: pytest.MonkeyPatch) -> None:
    from twofold.web.company import renewal  # noqa: PLC0415

    def busy(*_: object, **__: object) -> None:
        raise UserError(Problem("test and judge", "results are being renewed already", "one renewal at a time"))

    monkeypatch.setattr(renewal, "start_renewal", busy)
    for role in ("administrator", "owner", "executive", "viewer"):
        assert as_role(role).post(ADDRESS).status_code == 403, role
        assert "Test and judge again" not in as_role(role).get("/results/").content.decode()
    said = as_role("compliance").post(ADDRESS, follow=True).content.decode()
    assert "results are being renewed already" in said.lower()
