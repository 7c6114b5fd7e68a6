"""Answers put into the sender's own file, and nothing else touched."""

import csv
import io
import zipfile
from collections.abc import Mapping

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from twofold.engagement.questionnaire.delimited import SHEET
from twofold.engagement.questionnaire.filling import sender_word
from twofold.engagement.questionnaire.grid import Place
from twofold.engagement.questionnaire.questions import Question
from twofold.engagement.questionnaire.reading import ReadOptions, read_questionnaire
from twofold.engagement.questionnaire.sheets import fill_sheets
from twofold.model.problem import UserError

from .sample_files import as_csv, as_document, caiq_like

FILES = {"a.xlsx": caiq_like(), "a.docx": as_document(), "a.csv": as_csv()}
AS_FOUND = ReadOptions()
HOSTILE = '=cmd|"/c calc"!A1 & <b> \u2713\nsecond line'


def answers_for(questions: tuple[Question, ...], text: str) -> Mapping[str, Mapping[Place, str]]:
    cells: dict[str, dict[Place, str]] = {}
    for each in questions:
        place = each.ticks_at["yes"] if each.ticks_at else each.answer_at
        assert place is not None
        cells.setdefault(each.part, {})[place] = text
        if each.comment_at:
            cells[each.part][each.comment_at] = f"why: {text}"
    return cells


@pytest.mark.parametrize("name", FILES)
def test_importing_the_filled_file_gives_the_same_questions(name: str) -> None:
    before = read_questionnaire(FILES[name], name=name, options=AS_FOUND)
    filled = fill_sheets(FILES[name], answers_for(before.questions, HOSTILE), name=name)
    after = read_questionnaire(filled, name=name, options=AS_FOUND)

    def told(each: Question) -> tuple[object, ...]:
        return each.question_id, each.text, each.section, each.sender_id, each.choices, each.parent

    assert [told(each) for each in after.questions] == [told(each) for each in before.questions]


def test_a_workbook_keeps_every_other_part_byte_for_byte() -> None:
    content = FILES["a.xlsx"]
    filled = fill_sheets(content, {"Controls": {Place(6, 4): "Yes"}}, name="a.xlsx")

    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(io.BytesIO(filled)) as new:
        assert old.namelist() == new.namelist()
        changed = [name for name in old.namelist() if old.read(name) != new.read(name)]
        assert changed == ["xl/worksheets/sheet2.xml"]
        before, after = old.read(changed[0]), new.read(changed[0])
    cell = b'<c r="D6" s="5" t="inlineStr"><is><t xml:space="preserve">Yes</t></is></c>'
    assert after.replace(cell, b'<c r="D6" s="5" t="n"></c>') == before


def test_styles_formulas_and_lists_of_a_workbook_stay() -> None:
    read = read_questionnaire(FILES["a.xlsx"], name="a.xlsx", options=AS_FOUND)
    book = load_workbook(io.BytesIO(fill_sheets(FILES["a.xlsx"], answers_for(read.questions, HOSTILE), name="a.xlsx")))

    sheet = book["Controls"]
    assert sheet["C2"].value == "=COUNTA(D5:D99)"
    assert sheet["D6"].value == HOSTILE
    assert sheet["D6"].data_type == "s"  # a text, so no program takes it for a formula
    assert sheet["D6"].fill.fgColor.rgb == "00FFF2CC"
    assert sheet.data_validations.dataValidation[0].formula1 == "Lists!$A$1:$A$4"
    assert book["Reports"]["C3"].value == HOSTILE


def test_a_row_and_a_cell_that_are_not_there_yet_are_made() -> None:
    filled = fill_sheets(FILES["a.xlsx"], {"Read me": {Place(2, 3): "new", Place(9, 1): "last"}}, name="a.xlsx")
    sheet = load_workbook(io.BytesIO(filled))["Read me"]

    assert [sheet[place].value for place in ("A1", "C2", "A3", "A9")] == [
        "Vendor security review",
        "new",
        "Please answer every line of the next sheets.",
        "last",
    ]


def test_a_document_takes_answers_in_cells_behind_labels_and_below_paragraphs() -> None:
    read = read_questionnaire(FILES["a.docx"], name="a.docx", options=AS_FOUND)
    document = docx.Document(
        io.BytesIO(fill_sheets(FILES["a.docx"], answers_for(read.questions, "Fine & well"), name="a.docx"))
    )

    texts = [each.text for each in document.paragraphs]
    assert texts[-4:] == [
        "Do you carry cyber insurance?",
        "Answer: Fine & well",
        "Do you have a SOC 2 Type 2 report?",
        "Fine & well",
    ]
    assert [cell.text for cell in document.tables[0].rows[2].cells][1:] == ["Fine & well", "why: Fine & well"]


def test_a_csv_keeps_its_bytes_and_begins_no_formula() -> None:
    content = FILES["a.csv"]
    filled = fill_sheets(content, {SHEET: {Place(2, 4): HOSTILE}}, name="a.csv")

    rows = list(csv.reader(io.StringIO(filled.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[1][3] == f"'{HOSTILE}"
    head, tail = content.split(b"\r\n", 2)[0], content.split(b"\r\n", 2)[2]
    assert filled.startswith(head)
    assert filled.endswith(tail)


def test_a_short_record_of_a_csv_is_made_longer() -> None:
    content = b"Question,Answer,Comment\nDo you test restores?\nDo you?,,\n"
    filled = fill_sheets(content, {SHEET: {Place(2, 3): "because"}}, name="a.csv")

    assert filled == b"Question,Answer,Comment\nDo you test restores?,,because\nDo you?,,\n"


@settings(max_examples=60)
@given(st.lists(st.lists(st.text(alphabet='ab",\n\r;=x', max_size=6), min_size=2, max_size=4), min_size=1, max_size=5))
def test_any_csv_comes_back_with_the_answer_and_nothing_else_changed(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["q", "a"], *rows])
    filled = fill_sheets(text.getvalue().encode(), {SHEET: {Place(1, 2): "yes"}}, name="a.csv")

    after = list(csv.reader(io.StringIO(filled.decode(), newline="")))
    assert after == [["q", "yes"], *rows]


def test_a_word_is_written_as_the_sender_spells_it() -> None:
    assert sender_word("partial", ("Yes", "No", "Partially")) == "Partially"
    assert sender_word("yes", ("FULLY IMPLEMENTED", "Not implemented")) == "FULLY IMPLEMENTED"
    assert sender_word("partial", ("Yes", "No")) == ""
    assert sender_word("no", ()) == "No"


def test_an_answer_cell_with_a_table_of_its_own_is_refused() -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table.rows[0].cells, ("Question", "Answer"), strict=True):
        cell.text = text
    table.rows[1].cells[0].text = "Do you test restores?"
    table.rows[1].cells[1].add_table(rows=1, cols=1)
    target = io.BytesIO()
    document.save(target)

    with pytest.raises(UserError, match="holds a table of its own"):
        fill_sheets(target.getvalue(), {"table 1": {Place(2, 2): "Yes"}}, name="n.docx")
