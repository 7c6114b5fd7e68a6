"""Write the merged list for people: CSV or a workbook, every cell a text, nothing that a spreadsheet would evaluate."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it ships no types

from twofold.engagement.questionnaire.delimited import harmless
from twofold.jobs.new_files import require_new
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.readiness.near_duplicates.merged_list import MergedRequest

_HEADER = ("number", "serves", "request", "requests", "due", "owner", "captured")
_WIDTHS = (8, 10, 70, 30, 20, 20, 30)


def write_merged(requests: Sequence[MergedRequest], path: Path) -> None:
    """Write the list to a new file; raises UserError where one is there already, or for another ending."""
    if path.suffix not in {".csv", ".xlsx"}:
        raise UserError(Problem(str(path), f"the ending {path.suffix!r}", ".csv or .xlsx", "name the file so"))
    require_new([path])
    if path.suffix == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows([harmless(cell) for cell in row] for row in _rows(requests))
        path.write_text(text.getvalue(), encoding="utf-8")
        return
    with Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Merged requests")
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for column, (name, width) in enumerate(zip(_HEADER, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, bold)
        number = 0
        for number, row in enumerate(_rows(requests), 1):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, wrapped)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(number, 1), len(_HEADER) - 1)
        sheet.write_string(number + 2, 0, NOT_AN_OPINION)


def _rows(requests: Sequence[MergedRequest]) -> Iterator[tuple[str, ...]]:
    for each in requests:
        lists = sorted({line.list_id for line in each.lines})
        yield (
            str(each.number),
            f"{len(lists)} lists" if each.shared else lists[0],
            each.lines[0].text,
            "; ".join(line.place for line in each.lines),
            "; ".join(dict.fromkeys(line.due for line in each.lines if line.due)),
            "; ".join(dict.fromkeys(line.owner for line in each.lines if line.owner)),
            ", ".join(each.captured),
        )
