"""SOX deficiencies on the site: who sees, who judges, and what a judgement changes; and the same as a program."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.jobs.scope import apply_scope
from twofold.records.workspace import Workspace

from .conftest import Program
from .test_pages import AT

As = Callable[[str], Any]
ID = "sox-fy2026/OP-02"
ONE = f"/deficiencies/{ID}/"
GIVEN = {
    "subject": ID,
    "judgement": "J_uncorrected",
    "about": "",
    "value": "yes",
    "reason": "It was in the letter of last year",
}


def judged(client: Any, **changes: str) -> str:
    answer = client.post("/deficiencies/judge", {**GIVEN, **changes}, follow=True)
    shown: str = answer.content.decode()
    return shown


@pytest.mark.usefixtures("untouched_workspace")
def test_a_judgement_counts_at_once_and_is_shown_with_its_reason(as_role: As) -> None:
    client = as_role("compliance")
    assert "Revenue report: not validated for 2026-04-02 to 2026-06-30" in client.get(ONE).content.decode()

    shown = judged(client)

    assert "Captured as ev-" in shown
    assert GIVEN["reason"] in shown
    assert "significant deficiency to material weakness" in shown
    listed = client.get("/deficiencies/").content.decode()
    assert "up to a material weakness" in listed
    assert "significant deficiency to material weakness" in listed
    finding = client.get("/findings/OP-02/T-19/B/slow_response/").content.decode()
    assert f'href="{ONE}"' in finding


@pytest.mark.usefixtures("untouched_workspace")
def test_what_is_wrong_is_said_beside_what_was_typed(as_role: As) -> None:
    client = as_role("executive")

    shown = judged(client, value="perhaps")

    assert "&#x27;perhaps&#x27; is no answer" in shown
    assert GIVEN["reason"] in shown
    assert "Captured as ev-" in judged(client, subject="sox-fy2026", judgement="J_materiality", value="1000 USD")
    assert "1000 USD" in client.get("/deficiencies/").content.decode()


@pytest.mark.usefixtures("untouched_workspace")
def test_others_see_and_do_not_judge(as_role: As) -> None:
    for role in ("viewer", "tester", "owner"):
        client = as_role(role)
        shown = client.get(ONE).content.decode()
        assert "How it came about" in shown
        assert "Capture the judgement" not in shown
        assert client.post("/deficiencies/judge", GIVEN).status_code == 403


def test_whoever_has_a_part_in_the_control_does_not_judge_it(as_role: As, untouched_workspace: Path) -> None:
    controls = untouched_workspace / "scope" / "controls.yaml"
    controls.write_text(
        "controls:\n  - {id: OP-02, owner: executive@example.com, from: 2025-01-01}\n", encoding="utf-8"
    )
    with Workspace.open(untouched_workspace) as workspace:
        apply_scope(workspace, reason="owners", actor="p-0001", at=AT)
    client = as_role("executive")

    assert "somebody else judges its severity" in client.get(ONE).content.decode()
    assert client.post("/deficiencies/judge", GIVEN).status_code == 403
    assert "Captured as ev-" in judged(as_role("compliance"))


@pytest.mark.usefixtures("untouched_workspace")
def test_the_memo_is_a_file_and_what_is_not_there_is_not_found(as_role: As) -> None:
    client = as_role("viewer")

    answer = client.get("/deficiencies/sox-fy2026/memo.pdf")

    assert answer.content.startswith(b"%PDF")
    for address in ("soc2-2026/memo.pdf", "sox-fy2026/AC-01/", "group?id=none"):
        assert client.get(f"/deficiencies/{address}").status_code == 404


@pytest.mark.usefixtures("untouched_workspace")
def test_a_program_does_the_same(program: Callable[..., Program]) -> None:
    reader = program("viewer", "see_findings")
    judge = program("compliance", "see_findings", "judge_deficiencies")

    (before,) = reader.get("/deficiencies").json()
    assert (before["id"], before["severity"], before["low"]) == (ID, "unresolved", "deficiency")
    assert reader.post("/deficiency-judgements", GIVEN).status_code == 403
    assert judge.post("/deficiency-judgements", {**GIVEN, "value": "perhaps"}).status_code == 422
    assert judge.post("/deficiency-judgements", GIVEN).status_code == 201

    after = reader.get(f"/deficiencies/{ID}").json()
    assert after["low"] == "significant deficiency"
    step = next(each for each in after["steps"] if each["input"] == "J_uncorrected")
    assert (step["step"], step["given"]["value"], step["given"]["reason"]) == ("4.3", "yes", GIVEN["reason"])
    assert reader.get("/reliance").json() == reader.get("/deficiency-groups").json() == []
    assert reader.get("/deficiency-group?id=none").status_code == 404
    (lens,) = [each for each in reader.get("/follow-ups").json()["items"][0]["lenses"] if each["lens"] == "sox"]
    assert lens["deficiency"] == ID
