"""A sheet for many short texts: the bytes are those of the library's sheet, made in half the time.

Marks, verdicts, systems and sentences stand on thousands of rows, so what a text becomes in the file is remembered, and
a row is written as one piece. One case is not the library's: it puts a text that begins with `<r>` and ends with `</r>`
into the file as it is, which would let captured text write markup. Here a text is a text.
"""

import io
from functools import cache, lru_cache
from typing import Any

from xlsxwriter.format import Format  # type: ignore[import-untyped]  # it ships no types
from xlsxwriter.utility import (  # type: ignore[import-untyped]  # it ships no types
    _preserve_whitespace,
    xl_col_to_name,
)
from xlsxwriter.worksheet import CellStringTuple, Worksheet  # type: ignore[import-untyped]  # it ships no types
from xlsxwriter.xmlwriter import XMLwriter  # type: ignore[import-untyped]  # it ships no types

_MOST_REMEMBERED = 10_000


class TextSheet(Worksheet):  # type: ignore[misc]  # it ships no types
    """A worksheet of a workbook with `constant_memory`, for its `add_worksheet`; every text cell has a format."""

    fh: Any

    def write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> int:
        """Write a text; the place is always given by numbers here."""
        return int(self._write_string(row, col, string, cell_format))

    def _write_single_row(self, current_row_num: int = 0) -> None:
        file, self.fh = self.fh, io.StringIO()
        super()._write_single_row(current_row_num)
        file.write(self.fh.getvalue())
        self.fh = file

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        if isinstance(cell, CellStringTuple):
            place = f"{_column(col)}{row + 1}"
            self.fh.write(f'<c r="{place}" s="{cell.format._get_xf_index()}" t="inlineStr">{_inline(cell.string)}</c>')  # noqa: SLF001
        else:
            super()._write_cell(row, col, cell)


@cache
def _column(number: int) -> str:
    return str(xl_col_to_name(number))


@lru_cache(maxsize=_MOST_REMEMBERED)
def _inline(text: str) -> str:
    """Return the element that holds a text, escaped as the library does it."""
    writer = XMLwriter()
    shown = writer._escape_control_characters(text)  # noqa: SLF001
    space = ' xml:space="preserve"' if _preserve_whitespace(shown) else ""
    return f"<is><t{space}>{writer._escape_data(shown)}</t></is>"  # noqa: SLF001
