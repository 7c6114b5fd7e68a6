"""Customers' questionnaires on the site: from the file as it came to the file as it leaves, by two persons."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from twofold.records.workspace import Workspace

from ..engagement.questionnaire.sample_files import QUESTIONS, caiq_like

As = Callable[[str], Any]
PAGE = "/questionnaires/globex/"
SOC2_LABEL = "scope:systems/product/soc2"
ANSWER = {"word": "yes", "text": "All staff use a second factor.", "level": "private", "source": [SOC2_LABEL, ""]}


def sent(content: bytes, name: str = "globex.xlsx") -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def said(client: Any, address: str, given: dict[str, Any] | None = None) -> str:
    shown: str = client.post(address, given or {}, follow=True).content.decode()
    return shown


@pytest.fixture
def taken_in(own_workspace: Path, as_role: As) -> Any:
    """Take a questionnaire in, and give the client of the compliance manager."""
    client = as_role("compliance")
    given = {"identifier": "globex", "audience": "private", "due_on": "2027-01-15", "file": sent(caiq_like())}
    shown = said(client, "/take-in-questionnaire", given)
    assert f"{len(QUESTIONS)} questions read from xlsx" in shown
    assert own_workspace.is_dir()
    return client


def test_from_the_file_to_the_file(taken_in: Any, as_role: As) -> None:
    shown = said(taken_in, f"{PAGE}questions/q-001/write", ANSWER)
    assert "Captured as ev-" in shown
    assert 'href="/systems/product/"' in shown
    assert "Captured as" in said(taken_in, f"{PAGE}ready", {"question": ["q-001"]})
    assert "expected: an approver who is not the author" in said(taken_in, f"{PAGE}approve", {"question": ["q-001"]})
    executive = as_role("executive")
    assert "no reason is given" in said(executive, f"{PAGE}return", {"question": ["q-001"]})
    assert "Captured as" in said(executive, f"{PAGE}approve", {"question": ["q-001"], "note": "read it"})
    assert f"1</b> of {len(QUESTIONS)} answered" in executive.get(PAGE).content.decode()
    left = executive.post(f"{PAGE}file")
    assert left.headers["content-disposition"] == 'attachment; filename="globex-answered.xlsx"'
    cells = [cell for sheet in load_workbook(io.BytesIO(left.content)) for row in sheet.values for cell in row]
    assert any(str(ANSWER["text"]) in str(cell) for cell in cells)
    both = zipfile.ZipFile(io.BytesIO(executive.post(f"{PAGE}file", {"with_note": "yes"}).content))
    assert both.namelist() == ["globex-answered-cover-note.md", "globex-answered.xlsx"]


def test_no_source_no_answer_and_what_was_written_stays_in_the_form(taken_in: Any, own_workspace: Path) -> None:
    with Workspace.open(own_workspace) as workspace:
        before = workspace.vault.size
    for source, why in (
        ([""], "no source, no answer"),
        (["nothing"], "is no source"),
        (["control:CM-01"], "control:CM-01: "),
    ):
        answer = taken_in.post(f"{PAGE}questions/q-001/write", {**ANSWER, "text": "<b>My words</b>", "source": source})
        assert answer.status_code == 400
        assert why in answer.content.decode()
        assert "&lt;b&gt;My words&lt;/b&gt;" in answer.content.decode()
    with Workspace.open(own_workspace) as workspace:
        assert workspace.vault.size == before


def test_drafts_come_from_the_library_and_the_library_says_what_disagrees(taken_in: Any) -> None:
    kept = {**ANSWER, "identifier": "mfa", "questions": QUESTIONS[0]}
    assert "Captured as ev-" in said(taken_in, "/answer-library/keep", kept)
    assert "Drafts made: " in said(taken_in, f"{PAGE}draft")
    assert ">mfa</a>" in taken_in.get(f"{PAGE}?state=draft").content.decode()
    said(taken_in, "/answer-library/keep", {**kept, "identifier": "mfa-2", "word": "no", "text": "Not yet."})
    assert "one says yes, the other no" in taken_in.get(PAGE).content.decode()
    assert "one says yes, the other no" in taken_in.get("/answer-library/?state=twice").content.decode()
    said(taken_in, "/answer-library/expire", {"id": "mfa", "reason": "the provider was changed"})
    assert "of the library was ended on" in taken_in.get(f"{PAGE}?state=stale").content.decode()


def test_questions_are_given_to_people_and_who_may_do_what(taken_in: Any, as_role: As) -> None:
    assert "No question is chosen" in said(taken_in, f"{PAGE}assign", {"to": "p-0002"})
    assert "Captured as" in said(taken_in, f"{PAGE}assign", {"to": "p-0002", "question": ["q-002"]})
    mine = as_role("owner").get("/my-questions/").content.decode()
    assert f"{PAGE}questions/q-002/" in mine
    assert "2027-01-15" in mine
    assert f"{PAGE}questions/q-001/" not in mine
    assert "q-002" in taken_in.get(f"{PAGE}?person=p-0002").content.decode()
    assert as_role("viewer").get(f"{PAGE}questions/q-001/").status_code == 200
    assert as_role("viewer").post(f"{PAGE}draft").status_code == 403
    assert as_role("owner").post(f"{PAGE}approve", {"question": ["q-001"]}).status_code == 403
    assert as_role("executive").post(f"{PAGE}questions/q-001/write", ANSWER).status_code == 403
    assert as_role("executive").get("/questionnaires/none/").status_code == 404
    assert as_role("executive").get(f"{PAGE}questions/q-999/").status_code == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"<html>", "a.html"), (b"PK\x03\x04 no zip", "../../a.xlsx"), (b"", "a.csv"), (b"x" * 40, "a.docx")],
)
def test_a_file_that_is_none_is_told_and_nothing_is_kept(
    content: bytes, name: str, own_workspace: Path, as_role: As
) -> None:
    with Workspace.open(own_workspace) as workspace:
        before = workspace.vault.size
    given = {"audience": "private", "identifier": "x", "file": sent(content, name)}
    answer = as_role("compliance").post("/take-in-questionnaire", given)
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    with Workspace.open(own_workspace) as workspace:
        assert workspace.vault.size == before
