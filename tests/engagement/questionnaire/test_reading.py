"""Files of customers, read as sheets, columns and questions."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from openpyxl import Workbook

from twofold.engagement.questionnaire.columns import Role
from twofold.engagement.questionnaire.grid import Place
from twofold.engagement.questionnaire.reading import ReadOptions, read_questionnaire
from twofold.model.problem import UserError

from .sample_files import QUESTIONS, SECTIONS, as_csv, as_document, caiq_like

VSAQ = Path("/work/shared/data/vsaq")
AS_FOUND = ReadOptions()


def test_a_workbook_is_read_by_its_headers() -> None:
    read = read_questionnaire(caiq_like(), name="globex.xlsx", options=AS_FOUND)

    assert len(QUESTIONS) > 60
    assert [each.text for each in read.questions] == QUESTIONS
    controls = read.layouts["Controls"]
    assert controls.header_row == 4
    assert controls.columns == {Role.ID: 1, Role.SECTION: 2, Role.QUESTION: 3, Role.ANSWER: 4, Role.COMMENT: 5}
    assert dict(read.skipped) == {
        "Read me": "no questions found",
        "Lists": "hidden by the sender; read it with --sheet",
    }


def test_ids_sections_and_allowed_words_are_those_of_the_sender() -> None:
    by_text = {
        each.text: each for each in read_questionnaire(caiq_like(), name="globex.xlsx", options=AS_FOUND).questions
    }

    shared = by_text["Are shared accounts allowed?"]
    assert (shared.sender_id, shared.section) == ("GX-1.8", "Identity and access")
    assert shared.choices == ("Yes", "No", "Partially", "Not applicable")
    assert (shared.answer_at, shared.comment_at) == (Place(13, 4), Place(13, 5))
    ticked = by_text["Are you SOX compliant?"]
    assert ticked.answer_at is None
    assert ticked.ticks_at == {"yes": Place(4, 3), "no": Place(4, 4), "na": Place(4, 5)}


def test_a_conditional_question_names_its_parent() -> None:
    read = read_questionnaire(caiq_like(), name="globex.xlsx", options=AS_FOUND)

    conditional = [each for each in read.questions if each.parent]
    assert [(each.question_id, each.parent, each.parent_word) for each in conditional] == [("q-003", "q-002", "yes")]


def test_a_document_gives_its_tables_and_its_paragraphs() -> None:
    read = read_questionnaire(as_document(), name="globex.docx", options=AS_FOUND)

    asked = [text for questions in list(SECTIONS.values())[:3] for text in questions]
    further = ["Do you carry cyber insurance?", "Do you have a SOC 2 Type 2 report?"]
    assert [each.text for each in read.questions] == asked + further
    assert {each.section for each in read.questions} == {*list(SECTIONS)[:3], "Further questions"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_with_its_separator(separator: str) -> None:
    read = read_questionnaire(as_csv(separator), name="globex.csv", options=AS_FOUND)

    assert [each.text for each in read.questions] == [f'{text} ("in full")' for text in QUESTIONS]
    assert read.questions[9].sender_id == "1.10"


def test_without_headers_the_contents_tell() -> None:
    rows = [["Hello"], *(["", question] for question in QUESTIONS[:5])]
    read = read_questionnaire(_csv(rows), name="bare.csv", options=AS_FOUND)

    assert [each.text for each in read.questions] == QUESTIONS[:5]
    assert read.layouts["csv"].how.startswith("by the contents: column B")
    assert read.questions[0].answer_at == Place(2, 3)


def test_headers_of_other_habits_are_known() -> None:
    ticks = [
        ["Group", "CID", "Specification", "Assessment Questions", "Assessment Answers", "", "", "Notes"],
        ["", "", "", "", "Yes", "No", "Not Applicable", ""],
        ["Application security", "AS-1.1", "", "Do you code securely?", "", "", "", ""],
        ["", "AS-1.2", "", "Do you scan code?", "", "", "", ""],
    ]
    read = read_questionnaire(_csv(ticks), name="t.csv", options=AS_FOUND)
    assert [(each.sender_id, each.text) for each in read.questions] == [
        ("AS-1.1", "Do you code securely?"),
        ("AS-1.2", "Do you scan code?"),
    ]
    assert read.questions[1].ticks_at == {"yes": Place(4, 5), "no": Place(4, 6), "na": Place(4, 7)}

    levels = [
        ["Ques Num", "Domain", "Question/Request", "Response", "Additional Information"],
        ["A", "Risk", "Is there a programme for risks?", "", ""],
        ["A.1", "", "If no to A, explain why.", "", ""],
    ]
    read = read_questionnaire(_csv(levels), name="l.csv", options=AS_FOUND)
    assert [each.section for each in read.questions] == ["Risk", "Risk"]
    assert (read.questions[1].parent, read.questions[1].parent_word) == ("q-001", "no")


def test_the_person_may_say_otherwise() -> None:
    rows = [["Thing", "Wish", "Ours"], *([str(number), text, ""] for number, text in enumerate(QUESTIONS[:3]))]
    options = ReadOptions(columns={Role.QUESTION: 2, Role.ANSWER: 3, Role.ID: 1}, header_row=1)
    read = read_questionnaire(_csv(rows), name="odd.csv", options=options)

    assert [each.sender_id for each in read.questions] == ["0", "1", "2"]
    assert read.questions[0].answer_at == Place(2, 3)


def test_a_sheet_that_is_not_there_and_a_file_without_questions_are_refused() -> None:
    with pytest.raises(UserError, match="has no sheet 'Sheet9'"):
        read_questionnaire(caiq_like(), name="globex.xlsx", options=ReadOptions(sheets=("Sheet9",)))
    with pytest.raises(UserError, match="no question was found"):
        read_questionnaire(b"name,town\nAna,Rome\n", name="people.csv", options=AS_FOUND)


def test_shared_and_rich_strings_and_numbers_are_read() -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("Q")
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, ["#", "Question", "Response"])
    sheet.write(1, 0, 1.5)
    sheet.write_rich_string(1, 1, "Do you ", bold, "really", " test restores?")
    sheet.write_row(2, 0, [True, "Do you keep logs?", ""])
    book.close()
    read = read_questionnaire(target.getvalue(), name="x.xlsx", options=AS_FOUND)

    assert [(each.sender_id, each.text) for each in read.questions] == [
        ("1.5", "Do you really test restores?"),
        ("TRUE", "Do you keep logs?"),
    ]


def test_a_formula_is_never_evaluated() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Question", "Answer"])
    sheet.append(['=HYPERLINK("http://example.com","Do you?")', None])
    sheet.append(["Do you test restores?", None])
    target = io.BytesIO()
    book.save(target)
    read = read_questionnaire(target.getvalue(), name="f.xlsx", options=AS_FOUND)

    # No program stored a value for the formula, so the cell holds none.
    assert [each.text for each in read.questions] == ["Do you test restores?"]


@pytest.mark.parametrize(("name", "fewest"), [("webapp.json", 50), ("physical_and_datacenter.json", 20)])
def test_a_recorded_questionnaire_is_read_whole(name: str, fewest: int) -> None:
    file = VSAQ / name
    if not file.exists():
        pytest.skip(f"the recorded questionnaire is not there: {file}")
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.lstrip().startswith("//")]
    # The file joins long texts with a plus sign, which is no JSON.
    body = json.loads(re.sub(r'"\s*\+\s*"', "", "\n".join(lines)))
    asked = list(dict.fromkeys(_vsaq_texts(body)))
    rows = [["Question", "Response", "Comment"], *([each, "", ""] for each in asked)]
    read = read_questionnaire(_csv(rows), name="vsaq.csv", options=AS_FOUND)

    assert len(asked) >= fewest
    found = [each.text for each in read.questions]
    assert set(found) <= set(asked)
    # What is left out has neither a question mark nor four words: it reads like a heading.
    assert all(len(each.split()) < 4 for each in set(asked) - set(found))


def _vsaq_texts(node: object) -> list[str]:
    """Return the texts of a recorded questionnaire that want an answer, in its order."""
    found: list[str] = []
    if isinstance(node, list):
        for each in node:
            found += _vsaq_texts(each)
    elif isinstance(node, dict):
        if node.get("type") in {"line", "box", "yesno", "radiogroup", "checkgroup"}:
            found.append(" ".join(str(node.get("text", "")).split()))
        for each in node.values():
            found += _vsaq_texts(each)
    return [each for each in found if each]


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
