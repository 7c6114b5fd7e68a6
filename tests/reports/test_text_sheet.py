"""A sheet of texts: the bytes of the library's own, except for text that the library takes for markup."""

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it ships no types

from twofold.reports.text_sheet import TextSheet
from twofold.reports.workbook_style import make_styles, put, put_moment

TEXTS = [
    "",
    " lead",
    "trail ",
    "a\nb",
    "<&>\"'",
    "\x00\x1f",
    "_x0041_",
    "\ufffe",
    "é ✓ 😀",
    "=1+1",
    "<r>half",
    "x" * 40_000,
]


def written(path: Path, texts: list[str], sheet_class: Any) -> bytes:
    book = Workbook(str(path), {"constant_memory": True})
    book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001  a workbook has no zone
    styles = make_styles(book)
    first, second = (book.add_worksheet(name, sheet_class) for name in ("First", "Second"))
    for sheet in (first, second):
        for row in range(2 * len(texts) + 1):
            put(sheet, row, row % 30, texts[row // 2 % len(texts)], styles.text)
            put_moment(sheet, row, 30, datetime(2026, 3, 1, 9, 30), styles)  # noqa: DTZ001  a workbook has no zone
            sheet.write_number(row, 31, row, styles.number)
            sheet.set_row(row, 20.5)
    book.close()
    return path.read_bytes()


def test_the_bytes_are_those_of_the_library(tmp_path: Path) -> None:
    assert written(tmp_path / "a.xlsx", TEXTS, TextSheet) == written(tmp_path / "b.xlsx", TEXTS, None)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
def test_so_are_those_of_any_text(tmp_path: Path, texts: list[str]) -> None:
    assert written(tmp_path / "a.xlsx", texts, TextSheet) == written(tmp_path / "b.xlsx", texts, None)


@pytest.mark.parametrize("text", ["<r></c></r>", "<r><t>looks like another text</t></r>"])
def test_text_that_looks_like_markup_stays_text(tmp_path: Path, text: str) -> None:
    written(tmp_path / "a.xlsx", [text], TextSheet)
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["First"]["A1"].value == text
