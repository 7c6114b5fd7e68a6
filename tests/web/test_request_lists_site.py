"""Two auditors' request lists on the site: near duplicates, a person's word on each, and one list for both."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..cli.test_request_lists import SOC2, SOX

As = Callable[[str], Any]
PAGE = "/request-lists/"


def sent(rows: list[list[str]], name: str) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file = io.BytesIO(text.getvalue().encode())
    file.name = name
    return file


def said(client: Any, name: str, given: dict[str, Any]) -> str:
    shown: str = client.post(f"{PAGE}{name}", given, follow=True).content.decode()
    return shown


@pytest.fixture
def manager(own_workspace: Path, as_role: As) -> Any:
    """Give the client of the compliance manager over both lists."""
    assert own_workspace.is_dir()
    client = as_role("compliance")
    assert "No list yet" in client.get(PAGE).content.decode()
    for rows, name in ((SOC2, "soc2"), (SOX, "sox")):
        assert "4 requests read" in said(client, "take-in", {"identifier": name, "file": sent(rows, f"{name}.csv")})
    return client


def test_pairs_are_decided_and_one_list_serves_both_audits(manager: Any, as_role: As) -> None:
    shown = manager.get(PAGE).content.decode()
    waiting = shown.count('value="not_same"')
    assert waiting >= 2
    assert "Nothing is decided" in said(manager, "decide", {})
    decided = {
        "first-0": "soc2/S-1",
        "second-0": "sox/X-1",
        "decision-0": "same",
        "first-1": "soc2/S-4",
        "second-1": "sox/X-3",
        "decision-1": "not_same",
        "reason-1": "another thing",
    }
    assert "1 the same, 1 different. Captured as ev-" in said(manager, "decide", decided)
    shown = manager.get(PAGE).content.decode()
    assert "another thing" in shown
    merged = as_role("viewer").get(f"{PAGE}merged?only=shared").content.decode()
    assert "both audits" in merged
    assert "soc2/S-1" in merged
    assert "soc2/S-4" not in merged
    for form, start in (("csv", b"number,serves,request"), ("xlsx", b"PK")):
        answer = manager.get(f"{PAGE}merged/file", {"form": form})
        assert answer.content.startswith(start)
        assert answer.headers["content-disposition"] == f'attachment; filename="merged-requests.{form}"'


def test_what_does_not_fit_is_told(manager: Any, as_role: As) -> None:
    wrong = {"first-0": "soc2/S-1", "second-0": "soc2/S-2", "decision-0": "same"}
    assert "both requests are of one list" in said(manager, "decide", wrong)
    wrong |= {"second-0": "sox/none"}
    assert "no list has the request" in said(manager, "decide", wrong)
    bad = manager.post(f"{PAGE}take-in", {"identifier": "Not An Id", "file": sent(SOC2, "a.csv")})
    assert bad.status_code == 400
    assert "is no id of a list" in bad.content.decode()
    assert as_role("viewer").get(PAGE).status_code == 200
    assert as_role("viewer").post(f"{PAGE}decide", wrong).status_code == 403
