"""A customer's questionnaire from the file as it came to the file as it leaves."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from twofold.cli.main import main
from twofold.jobs.normalise import clock_of, evidence_to_read
from twofold.records.workspace import Workspace

from ..engagement.questionnaire.sample_files import QUESTIONS, as_csv, caiq_like

Call = Callable[..., Any]
SOC2_LABEL = "scope:systems/product/soc2"


@pytest.fixture(scope="session")
def asked_once(tmp_path_factory: pytest.TempPathFactory, judged_once: Path) -> Path:
    """Return a workspace with a questionnaire and a library; not to be changed."""
    folder = tmp_path_factory.mktemp("asked")
    root = Path(shutil.copytree(judged_once, folder / "acme"))
    (folder / "globex.xlsx").write_bytes(caiq_like())
    act(root, "p-0001", "import", str(folder / "globex.xlsx"), "--id", "globex", "--due", "2027-01-15")
    keep(root, "mfa", QUESTIONS[0], "All staff use a second factor.", "yes", "private")
    keep(root, "leavers", "How quickly is access removed when an employee leaves?", "Within a day.", "", "private")
    keep(root, "secret", "Are shared accounts allowed?", "INTERNAL WORDS.", "no", "internal")
    return root


@pytest.fixture(scope="session")
def approved_once(tmp_path_factory: pytest.TempPathFactory, asked_once: Path) -> Path:
    """Return one in which all that can be drafted was drafted by p-0001 and approved by p-0002."""
    root = Path(shutil.copytree(asked_once, tmp_path_factory.mktemp("approved") / "acme"))
    for actor, command in (("p-0001", "match"), ("p-0001", "ready"), ("p-0002", "approve")):
        act(root, actor, command, "globex")
    return root


@pytest.fixture
def asked(tmp_path: Path, asked_once: Path) -> Path:
    """Return a workspace of one's own with a questionnaire and a library."""
    return Path(shutil.copytree(asked_once, tmp_path / "acme"))


@pytest.fixture
def approved(tmp_path: Path, approved_once: Path) -> Path:
    """Return a workspace of one's own with approved answers."""
    return Path(shutil.copytree(approved_once, tmp_path / "acme"))


def act(root: Path, actor: str, *words: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TWOFOLD_ACTOR", actor)
        assert main(["questionnaire", *words, "-w", str(root)]) == 0


def keep(root: Path, name: str, question: str, text: str, word: str, level: str) -> None:
    given = ["--question", question, "--text", text, "--word", word, "--level", level, "--source", SOC2_LABEL]
    act(root, "p-0001", "library", "add", name, *given)


def as_json(call: Call, *arguments: object) -> Any:
    said = call(*arguments, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_nobody_approves_what_they_wrote_or_had_drafted(
    asked: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(asked, "p-0001", "match", "globex")
    act(asked, "p-0001", "ready", "globex")
    own = call("questionnaire", "approve", "globex", "-w", asked)

    assert own.code == 2
    assert "5 problems" in own.err
    assert "an approver who is not the author" in own.err
    monkeypatch.setenv("TWOFOLD_ACTOR", "okta:ana")
    own = call("questionnaire", "approve", "globex", "-w", asked)
    assert own.code == 2
    assert "'okta:ana' and 'p-0001' are names of one human" in own.err


def test_from_import_to_export(approved: Path, tmp_path: Path, call: Call) -> None:
    into = tmp_path / "answered.xlsx"
    done = as_json(call, "questionnaire", "export", "globex", "--into", into, "-w", approved)

    book = load_workbook(into)
    sheet = book["Controls"]
    assert sheet["D6"].value == "Yes"
    assert sheet["E6"].value.startswith("All staff use a second factor. (As of ")
    assert sheet["E6"].value.endswith("Not an audit opinion.)")
    assert sheet["D11"].value is None  # a text where the sender asks for a word
    assert sheet["E11"].value.startswith("Within a day. (As of ")
    ticks = book["Reports"]
    assert [ticks.cell(5, column).value for column in (3, 4, 5)] == [None, None, None]
    assert ticks["F5"].value.startswith("In scope of our own SOX programme as of")
    assert len(done["answered"]) == 5
    assert done["left"]["q-008"] == "open"
    for statement in done["answered"].values():
        assert statement["data"]
        assert statement["rule"]["source"]
    note = (tmp_path / "answered-cover-note.md").read_text()
    assert "Not an audit opinion" in note
    assert "5 of 65 questions are answered" in note
    again = call("questionnaire", "import", into, "--id", "again", "--json", "-w", approved)
    assert [each["text"] for each in json.loads(again.out)["questions"]] == QUESTIONS


def test_nothing_internal_leaves(approved: Path, tmp_path: Path, call: Call) -> None:
    by_hand = call("questionnaire", "answer", "globex", "q-008", "--text", "INTERNAL WORDS", "--level", "internal",
                   "--source", SOC2_LABEL, "-w", approved)  # fmt: skip
    assert by_hand.code == 2
    assert "a level that this audience may read" in by_hand.err
    into = tmp_path / "answered.xlsx"
    assert call("questionnaire", "export", "globex", "--into", into, "-w", approved).code == 0

    with zipfile.ZipFile(into) as archive:
        assert not any(b"INTERNAL WORDS" in archive.read(name) for name in archive.namelist())
    assert "INTERNAL WORDS" not in (tmp_path / "answered-cover-note.md").read_text()


def test_no_source_no_answer(asked: Path, call: Call) -> None:
    def answer(*sources: str) -> Any:
        given = [word for each in sources for word in ("--source", each)]
        return call(
            "questionnaire", "answer", "globex", "q-004", "--word", "yes", "--text", "We do.", *given, "-w", asked
        )

    assert answer().code == 2
    assert "'q-003' is no source" in answer("q-003").err
    assert "there is no such evidence" in answer("evidence:ev-99999").err
    assert "the control is proposed as" in answer("control:OP-02").err
    line = as_json(call, "questionnaire", "library", "show", "mfa", "-w", asked)
    assert line["holds"]
    captured = json.loads(call("questionnaire", "match", "globex", "--json", "-w", asked).out)["evidence"]
    said = answer(f"evidence:{captured[0]}").err
    assert "an answer is no source of another" in said


def test_an_answer_goes_stale_with_what_it_rests_on(approved: Path, tmp_path: Path, call: Call) -> None:
    scope = approved / "scope" / "all.yaml"
    scope.write_text(
        scope.read_text().replace("soc2: [{from: 2026-01-01,", "soc2: [{from: 2026-01-01, to: 2026-02-01,")
    )
    assert call("scope", "apply", "--reason", "sold", "-w", approved).code == 0

    counts = as_json(call, "questionnaire", "list", "-w", approved)[0]["counts"]
    assert counts["stale"] == 2
    assert counts["answered"] == 3  # those about SOX rest on another label
    shown = as_json(call, "questionnaire", "show", "globex", "--state", "stale", "-w", approved)
    assert shown["questions"][0]["stale_because"] == [f"{SOC2_LABEL}: product is not labelled soc2"]
    refused = call("questionnaire", "approve", "globex", "q-001", "-w", approved)
    assert "q-001 is stale, so it cannot be approved" in refused.err
    into = tmp_path / "answered.xlsx"
    left = as_json(call, "questionnaire", "export", "globex", "--into", into, "-w", approved)["left"]
    assert left["q-001"].startswith("stale: ")
    assert "not labelled" not in (tmp_path / "answered-cover-note.md").read_text()


def test_ending_an_answer_makes_what_was_taken_from_it_stale(approved: Path, call: Call) -> None:
    assert call("questionnaire", "library", "expire", "mfa", "--reason", "new provider", "-w", approved).code == 0

    shown = as_json(call, "questionnaire", "show", "globex", "--state", "stale", "-w", approved)
    assert [each["question"]["question_id"] for each in shown["questions"]] == ["q-001"]
    proposals = as_json(call, "questionnaire", "match", "globex", "-w", approved)["proposals"]
    assert proposals["q-001"]["draft"] is None
    assert "is stale" in proposals["q-001"]["why_none"]


def test_questions_are_given_to_people_and_come_back(asked: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("questionnaire", "assign", "globex", "q-004", "--to", "p-0002", "-w", asked).code == 0
    monkeypatch.setenv("TWOFOLD_ACTOR", "p-0002")
    assert [each["question"]["question_id"] for each in as_json(call, "questionnaire", "mine", "-w", asked)] == [
        "q-004"
    ]
    call(
        "questionnaire",
        "answer",
        "globex",
        "q-004",
        "--word",
        "yes",
        "--text",
        "We do.",
        "--source",
        SOC2_LABEL,
        "-w",
        asked,
    )
    call("questionnaire", "ready", "globex", "q-004", "-w", asked)
    assert as_json(call, "questionnaire", "mine", "-w", asked) == []
    monkeypatch.setenv("TWOFOLD_ACTOR", "p-0001")
    assert call("questionnaire", "return", "globex", "q-004", "--note", " ", "-w", asked).code == 2
    assert call("questionnaire", "return", "globex", "q-004", "--note", "for which systems?", "-w", asked).code == 0

    found = as_json(call, "questionnaire", "mine", "--person", "p-0002", "-w", asked)
    assert found[0]["answer"]["note"] == "for which systems?"
    assert found[0]["state"] == "returned"


def test_only_an_approved_answer_is_kept_in_the_library(approved: Path, call: Call) -> None:
    draft = call("questionnaire", "library", "add", "mfa2", "--from", "globex/q-002", "-w", approved)
    assert "q-002 of globex is open" in draft.err
    assert call("questionnaire", "library", "add", "mfa2", "--from", "globex/q-001", "-w", approved).code == 0

    doubles = as_json(call, "questionnaire", "library", "list", "-w", approved)["doubles"]
    assert {(each["kind"], each["one"], each["other"]) for each in doubles} == {("duplicate", "mfa", "mfa2")}


def test_a_hostile_file_leaves_no_trace(judged: Path, tmp_path: Path, call: Call) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 9_000_000)
    (tmp_path / "bomb.xlsx").write_bytes(target.getvalue())
    before = as_json(call, "status", "-w", judged)["log"]
    said = call("questionnaire", "import", tmp_path / "bomb.xlsx", "-w", judged)

    assert said.code == 2
    assert "unpacks to far more" in said.err
    assert as_json(call, "status", "-w", judged)["log"] == before


def test_a_csv_comes_back_as_it_went_but_for_the_answers(judged: Path, tmp_path: Path, call: Call) -> None:
    (tmp_path / "q.csv").write_bytes(as_csv())
    assert call("questionnaire", "import", tmp_path / "q.csv", "--id", "q", "-w", judged).code == 0
    taken = call("questionnaire", "import", tmp_path / "q.csv", "--id", "q", "-w", judged)
    assert "there is a questionnaire 'q' already" in taken.err
    wrong = call("questionnaire", "export", "q", "--into", tmp_path / "q-out.xlsx", "-w", judged)
    assert "does not end like q.csv" in wrong.err
    into = tmp_path / "q-out.csv"
    assert call("questionnaire", "export", "q", "--into", into, "-w", judged).code == 0
    assert call("questionnaire", "export", "q", "--into", into, "-w", judged).code == 2

    assert into.read_bytes() == as_csv()


def test_wrong_columns_are_said_all_at_once(judged: Path, tmp_path: Path, call: Call) -> None:
    (tmp_path / "q.csv").write_bytes(as_csv())
    said = call(
        "questionnaire", "import", tmp_path / "q.csv", "--column", "ask=C", "--column", "answer=!", "-w", judged
    )

    assert said.code == 2
    assert "2 problems" in said.err


def test_a_questionnaire_makes_no_data_newer(asked: Path, judged_once: Path) -> None:
    def clock(root: Path) -> datetime:
        with Workspace.open(root) as workspace:
            return clock_of(evidence_to_read(workspace), workspace.applied_scope())

    assert clock(asked) == clock(judged_once)
