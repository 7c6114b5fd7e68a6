"""What programs do with questionnaires of customers: from the file as it came to the file as it leaves."""

import io
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ..engagement.questionnaire.sample_files import QUESTIONS, caiq_like
from .conftest import Program
from .test_questionnaires import SOC2_LABEL, sent

Make = Callable[..., Program]
ONE = "/questionnaires/globex"
FIRST = f"{ONE}/questions/q-001"
ANSWER = {"word": "yes", "text": "All staff use a second factor.", "level": "private", "source": [SOC2_LABEL]}


@pytest.fixture
def manager(own_workspace: Path, program: Make) -> Program:
    """Take a questionnaire in, and give a program of the compliance manager."""
    one = program("compliance")
    given = {"identifier": "globex", "audience": "private", "due_on": "2027-01-15", "file": sent(caiq_like())}
    taken = one.send("/questionnaires", given, **{"idempotency-key": "globex"})
    assert taken.status_code == 201, taken.content
    assert taken.json()["questionnaire"] == "globex"
    assert f"{len(QUESTIONS)} questions read from xlsx" in taken.json()["read"][0]
    assert own_workspace.is_dir()
    return one


def test_from_the_file_to_the_file(manager: Program, program: Make) -> None:
    second = program("executive")
    assert [each["id"] for each in manager.get("/questionnaires").json()] == ["globex"]
    before = manager.get(FIRST)
    assert (before.json()["state"], before.json()["proposal"]) == ("open", None)
    for source, why in (([], "no source, no answer"), (["nothing"], "is no source")):
        assert why in manager.post(f"{FIRST}/write", {**ANSWER, "source": source}).json()["detail"]
    done = manager.post(f"{FIRST}/write", ANSWER, **{"if-match": before.headers["etag"]})
    assert done.json()["questions"] == ["q-001"], done.content
    assert manager.post(f"{FIRST}/write", ANSWER, **{"if-match": before.headers["etag"]}).status_code == 412
    assert manager.post(f"{ONE}/ready", {"questions": []}).status_code == 422
    assert manager.post(f"{ONE}/ready", {"questions": ["q-001"]}).status_code == 201
    assert manager.post(f"{ONE}/approve", {"questions": ["q-001"]}).status_code == 422, "one's own"
    assert second.post(f"{ONE}/return", {"questions": ["q-001"]}).status_code == 422, "without a reason"
    assert second.post(f"{ONE}/approve", {"questions": ["q-001"], "note": "read it"}).status_code == 201
    assert manager.get(ONE).json()["counts"]["answered"] == 1
    left = second.post(f"{ONE}/file", {}).json()
    assert left["name"] == "globex-answered.xlsx"
    book = load_workbook(io.BytesIO(b64decode(left["content"])))
    assert any(str(ANSWER["text"]) in str(cell) for sheet in book for row in sheet.values for cell in row)
    assert manager.get("/questionnaires/none").status_code == 404
    assert manager.get(f"{ONE}/questions/q-999").status_code == 404


def test_the_library_drafts_and_says_what_disagrees(manager: Program, program: Make) -> None:
    kept = {**ANSWER, "identifier": "mfa", "questions": QUESTIONS[0]}
    assert manager.post("/answer-library", kept).json()["evidence"]
    assert manager.post(f"{ONE}/draft", {}).json()["drafted"] >= 1
    drafted = manager.get(f"{ONE}/questions?state=draft").json()["items"][0]
    assert drafted["library"] == "mfa"
    manager.post("/answer-library", {**kept, "identifier": "mfa-2", "word": "no", "text": "Not yet."})
    twice = manager.get("/answer-library?state=twice&limit=1").json()
    assert [each["id"] for each in twice["items"]] == ["mfa"]
    assert twice["items"][0]["doubles"][0]["kind"] == "conflict"
    assert manager.get(twice["next"].removeprefix("/api/v1")).json()["items"][0]["id"] == "mfa-2"
    assert manager.post("/answer-library/mfa/end", {"reason": "changed"}).status_code == 201
    assert manager.get("/answer-library/mfa").json()["reasons"]
    assert manager.post(f"{ONE}/assign", {"questions": ["q-002"], "to": "p-0002"}).status_code == 201
    owner = program("owner")
    assert [each["question"]["id"] for each in owner.get("/my-questions").json()] == ["q-002"]
    assert owner.post(f"{ONE}/approve", {"questions": ["q-001"]}).status_code == 403
    assert program("viewer").post(f"{ONE}/draft", {}).status_code == 403
    pages, link = [], f"{ONE}/questions?limit=2"
    while link:
        page = manager.get(link).json()
        pages += [each["id"] for each in page["items"]]
        link = (page["next"] or "").removeprefix("/api/v1")
    assert len(pages) == len(set(pages)) == len(QUESTIONS)
    assert any(each["source"].startswith("control:") for each in manager.get("/sources").json())
