"""How the sheets of a workbook look. Colour never stands alone: a mark or word goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it ships no types
from xlsxwriter.format import Format  # type: ignore[import-untyped]  # it ships no types
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # it ships no types

from twofold.reports.rows_as_text import cell_text

FONT = "Calibri"
INK = "#1F2933"
LINE = "#C8D0D9"
GREATEST_CELL = 32_767
"""Characters that a cell can hold."""
SHORT = {"PASS": "pass", "EXCEPTION": "exception", "CANNOT_TEST": "cannot_test", "NOT_APPLICABLE": "na"}
"""Outcome -> key of `Styles.outcome` and `Styles.marks`."""
_CUT = " … (cut here; whole in the package)"
_FILLS = {"pass": "#E6F4EA", "exception": "#FBE3E0", "cannot_test": "#FFF3D6", "na": "#EEF0F3"}


@dataclass(frozen=True, slots=True)
class Styles:
    """The formats of one workbook."""

    title: Format
    note: Format
    heading: Format
    label: Format
    text: Format
    fill_in: Format
    mono: Format
    number: Format
    moment: Format
    legend: Format
    rotated: Format
    outcome: dict[str, Format]
    """pass, exception, cannot_test, na; `marks` the same for a single mark."""
    marks: dict[str, Format]


def make_styles(book: Workbook) -> Styles:
    """Make the formats."""

    def style(**more: object) -> Format:
        return book.add_format({"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "top", **more})

    boxed = {"border": 1, "border_color": LINE, "text_wrap": True}
    return Styles(
        title=style(bold=True, font_size=14),
        note=style(italic=True, font_color="#52606D"),
        heading=style(bold=True, font_color="#FFFFFF", bg_color="#243B53", border=1, border_color=LINE, text_wrap=True),
        label=style(bold=True, bg_color="#F0F4F8", **boxed),
        text=style(**boxed),
        fill_in=style(italic=True, bg_color="#FFFBE6", font_color="#7A5B00", **boxed),
        mono=style(font_name="Consolas", font_size=9, border=1, border_color=LINE),
        number=style(font_name="Consolas", font_size=9, align="right", font_color="#52606D"),
        moment=style(num_format="yyyy-mm-dd hh:mm", align="left", **boxed),
        legend=style(font_size=9, bg_color="#F0F4F8", **boxed),
        rotated=style(
            **{**boxed, "font_size": 9, "rotation": 90, "bg_color": "#F0F4F8", "align": "center", "valign": "bottom"}
        ),
        outcome={name: style(bg_color=colour, **boxed) for name, colour in _FILLS.items()},
        marks={name: style(bg_color=colour, bold=True, align="center", **boxed) for name, colour in _FILLS.items()},
    )


def put(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    """Write text as text: a formula or link in it is never live. Text beyond a cell's limit is cut, and says so."""
    if len(text) > GREATEST_CELL:
        text = text[: GREATEST_CELL - len(_CUT)] + _CUT
    sheet.write_string(row, column, text, style)


def lines_high(texts: Sequence[tuple[str, float]]) -> float:
    """Return the height in points of a row, from (text, column width in characters)."""
    high = 1
    for text, width in texts:
        high = max(high, sum(-(-max(len(line), 1) // int(width)) for line in text.split("\n")))
    return min(13.5 * high + 2, 400.0)


LETTER, TABLOID = 1, 3
"""Paper sizes of the file format."""


def set_up_print(sheet: Worksheet, *, header: str, repeat: tuple[int, int] | None, paper: int) -> None:
    """Landscape, as wide as one page, header rows repeated, page numbers below."""
    sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.set_header("&L&9 " + header.replace("&", "&&")[:180])
    sheet.set_footer("&L&9Not an audit opinion&C&9&A&R&9Page &P of &N")
    if repeat is not None:
        sheet.repeat_rows(*repeat)


def put_moment(sheet: Worksheet, row: int, column: int, moment: datetime | None, styles: Styles) -> None:
    """Write a time as a date cell, without its seconds; None as words."""
    if moment is None:
        put(sheet, row, column, "time unknown", styles.text)
    else:
        sheet.write_datetime(row, column, moment.replace(tzinfo=None, second=0, microsecond=0), styles.moment)


def put_value(sheet: Worksheet, row: int, column: int, value: object, styles: Styles) -> None:
    """Write any value of a table."""
    if isinstance(value, datetime):
        put_moment(sheet, row, column, value, styles)
    elif isinstance(value, int) and not isinstance(value, bool):
        sheet.write_number(row, column, value, styles.text)
    else:
        put(sheet, row, column, value if isinstance(value, str) else cell_text(value), styles.text)
