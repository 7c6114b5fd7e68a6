"""Workbooks: sheets as grids, and answers put into their cells by changing the bytes of those cells and no others.

Formulas are never evaluated: a cell shows the value that the sender's program stored. Styles, other cells, other
sheets, pictures and macros stay byte for byte, since only the part of the sheet is cut open where an answer goes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from twofold.engagement.questionnaire.grid import Area, Choices, Grid, Place, column_letters, column_number
from twofold.engagement.questionnaire.office import (
    Attributes,
    XmlWalk,
    open_parts,
    related,
    tag_end,
    write_parts,
    xml_text,
)
from twofold.engagement.questionnaire.splice import spliced
from twofold.model.problem import Problem, UserError

MOST_CELLS = 500_000
MOST_CHARACTERS = 32_767
"""Characters that a cell can hold."""
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_SHEET_REFERENCE = re.compile(r"(?:(?:'((?:[^']|'')+)'|([^'!]+))!)?(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)")
_ROW = re.compile(r"[1-9][0-9]{0,6}")
_MOST_CHOICES = 50
MOST_BLOCKS = 20_000
"""Merged blocks and lists of answers in a sheet; each question is compared with them."""


@dataclass(slots=True)
class _Cell:
    """A cell with the bytes that it takes in the part: [start, end)."""

    place: Place
    start: int
    kind: str
    style: str
    end: int = 0
    value: str = ""
    formula: bool = False


@dataclass(slots=True)
class _Row:
    """A row: where its start tag begins and ends, and where its content ends."""

    number: int
    start: int
    opened: int
    closed: int = 0
    end: int = 0
    cells: list[_Cell] = field(default_factory=list)


@dataclass(slots=True)
class _Validation:
    """A data validation: where it holds, and its list as the file gives it."""

    areas: str
    formula: str = ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str
    hidden: bool
    walked: "_SheetWalk"


class _SheetWalk(XmlWalk):
    """Rows, cells, merged blocks and validations of one sheet."""

    def __init__(self, content: bytes, where: str, strings: list[str]) -> None:
        super().__init__(content, where)
        self._strings = strings
        self._inside: list[str] = []
        self._text: list[str] = []
        self._count = 0
        self.content = content
        self.where = where
        self.rows: list[_Row] = []
        self.data: tuple[int, int, int] | None = None
        """Start, end of the start tag, and start of the end tag of the cells of the sheet."""
        self.merged: list[Area] = []
        self.validations: list[_Validation] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        self._inside.append(tag)
        match tag:
            case "sheetData":
                self.data = (self.at, self.behind, self.behind)
            case "row":
                given = attributes.get("r", "")
                number = int(given) if _ROW.fullmatch(given) else (self.rows[-1].number + 1 if self.rows else 1)
                self.rows.append(_Row(number, self.at, self.behind))
            case "c" if self.rows:
                self._begin_cell(attributes)
            case "f" if self._in_cell:
                self.rows[-1].cells[-1].formula = True
            case "mergeCell":
                self.merged += areas_of(attributes.get("ref", ""))
            case "dataValidation" if attributes.get("type") == "list":
                self.validations.append(_Validation(attributes.get("sqref", "")))
        self._text = []

    def end(self, tag: str) -> None:
        text = "".join(self._text)
        match tag:
            case "v" if self._in_cell:
                self.rows[-1].cells[-1].value = self._shown(self.rows[-1].cells[-1].kind, text)
            case "t" if self._in_cell and "rPh" not in self._inside:
                self.rows[-1].cells[-1].value += text
            case "c" if self.rows and self.rows[-1].cells:
                self.rows[-1].cells[-1].end = self.behind
            case "row":
                self.rows[-1].closed, self.rows[-1].end = self.at, self.behind
            case "sheetData" if self.data:
                self.data = (self.data[0], self.data[1], self.at)
            case "formula1" | "f" if self.validations and "dataValidation" in self._inside and text.strip():
                self.validations[-1].formula = text.strip()
            case "sqref" if self.validations:
                self.validations[-1].areas = text.strip()
        self._text = []
        self._inside.pop()

    def text(self, text: str) -> None:
        self._text.append(text)

    @property
    def _in_cell(self) -> bool:
        return "c" in self._inside and bool(self.rows and self.rows[-1].cells)

    def _begin_cell(self, attributes: Attributes) -> None:
        self._count += 1
        if self._count > MOST_CELLS:
            found, expected = f"a sheet has more than {MOST_CELLS:,} cells", "a questionnaire"
            raise UserError(Problem(self.where, found, expected, "delete the sheets that ask nothing"))
        row = self.rows[-1]
        found_areas = areas_of(attributes.get("r", ""))
        column = found_areas[0].left if found_areas else (row.cells[-1].place.column + 1 if row.cells else 1)
        place = Place(row.number, column)
        row.cells.append(_Cell(place, self.at, attributes.get("t", "n"), attributes.get("s", "")))

    def _shown(self, kind: str, text: str) -> str:
        if kind == "s":
            return self._strings[int(text)] if text.isdigit() and int(text) < len(self._strings) else ""
        return {"1": "TRUE", "0": "FALSE"}.get(text, text) if kind == "b" else text


class _StringsWalk(XmlWalk):
    """The strings that cells of a workbook share; reading aids for pronunciation are left out."""

    def __init__(self, content: bytes, where: str) -> None:
        super().__init__(content, where)
        self.strings: list[str] = []
        self._inside: list[str] = []

    def start(self, tag: str, attributes: Attributes) -> None:  # noqa: ARG002  the seam of the walk
        self._inside.append(tag)
        if tag == "si":
            self.strings.append("")

    def end(self, tag: str) -> None:  # noqa: ARG002  the seam of the walk
        self._inside.pop()

    def text(self, text: str) -> None:
        if self._inside[-1] == "t" and "rPh" not in self._inside and self.strings:
            self.strings[-1] += text


def read_xlsx(content: bytes, *, name: str) -> list[Grid]:
    """Return the sheets of a workbook in its order; raises UserError for a file that is none, or is unsafe."""
    parts = open_parts(content, name=name)
    sheets, names = _sheets(parts, name)
    grids = [_grid(sheet) for sheet in sheets]
    by_name = {grid.name: grid for grid in grids}
    return [
        Grid(grid.name, grid.cells, grid.merged, _choices(sheet, by_name, names), grid.formulas, hidden=sheet.hidden)
        for grid, sheet in zip(grids, sheets, strict=True)
    ]


def fill_xlsx(content: bytes, answers: Mapping[str, Mapping[Place, str]], *, name: str) -> bytes:
    """Return the workbook with the texts in their cells: sheet name -> place -> text.

    Texts are written as strings, so that a spreadsheet takes none of them for a formula.
    """
    parts = open_parts(content, name=name)
    sheets, _ = _sheets(parts, name)
    changed = {sheet.part: _filled(sheet.walked, answers[sheet.name]) for sheet in sheets if answers.get(sheet.name)}
    return write_parts(content, changed)


def areas_of(text: str) -> list[Area]:
    """Return the blocks of a reference such as `D5:D70 F3`; what is no reference is left out.

    >>> areas_of("D5:D70 F3")
    [Area(top=5, left=4, bottom=70, right=4), Area(top=3, left=6, bottom=3, right=6)]
    """
    found = []
    for word in text.split():
        ends = [_REFERENCE.fullmatch(each) for each in word.split(":")]
        if ends and ends[0] and ends[-1]:
            first, last = ends[0], ends[-1]
            found.append(Area(int(first[2]), column_number(first[1]), int(last[2]), column_number(last[1])))
    return found


def _sheets(parts: Mapping[str, bytes], name: str) -> tuple[list[_Sheet], dict[str, str]]:
    """Return the sheets, and the defined names of the workbook."""
    books = [part for kind, part in related(parts, "", name=name).values() if kind == "officeDocument"]
    if not books:
        raise UserError(Problem(name, "it holds no workbook", "an .xlsx file"))
    others = related(parts, books[0], name=name)
    strings: list[str] = []
    for kind, part in others.values():
        if kind == "sharedStrings":
            shared = _StringsWalk(parts[part], f"{name}: {part}")
            shared.run()
            strings = shared.strings
    book = _BookWalk(parts[books[0]], f"{name}: {books[0]}")
    book.run()
    sheets = []
    for title, state, reference in book.sheets:
        kind, part = others.get(reference, ("", ""))
        if kind == "worksheet":
            walked = _SheetWalk(parts[part], f"{name}: {title}", strings)
            walked.run()
            sheets.append(_Sheet(title, part, state in {"hidden", "veryHidden"}, walked))
    return sheets, book.names


class _BookWalk(XmlWalk):
    """Sheets and defined names of a workbook."""

    def __init__(self, content: bytes, where: str) -> None:
        super().__init__(content, where)
        self.sheets: list[tuple[str, str, str]] = []
        self.names: dict[str, str] = {}
        self._naming = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            self.sheets.append((attributes.get("name", ""), attributes.get("state", ""), attributes.get("id", "")))
        self._naming = attributes.get("name", "") if tag == "definedName" else ""

    def text(self, text: str) -> None:
        if self._naming:
            self.names[self._naming] = self.names.get(self._naming, "") + text


def _grid(sheet: _Sheet) -> Grid:
    walked = sheet.walked
    if len(walked.merged) + len(walked.validations) > MOST_BLOCKS:
        found, expected = f"more than {MOST_BLOCKS:,} merged blocks and lists of answers", "a questionnaire"
        raise UserError(Problem(walked.where, found, expected, "ask the sender for a plain sheet"))
    cells = {cell.place: cell.value.strip() for row in walked.rows for cell in row.cells if cell.value.strip()}
    formulas = frozenset(cell.place for row in walked.rows for cell in row.cells if cell.formula)
    return Grid(sheet.name, cells, tuple(walked.merged), formulas=formulas)


def _choices(sheet: _Sheet, grids: Mapping[str, Grid], names: Mapping[str, str]) -> tuple[Choices, ...]:
    found = []
    for each in sheet.walked.validations:
        words = _listed(names.get(each.formula, each.formula), sheet.name, grids)
        if words and (areas := areas_of(each.areas)):
            found.append(Choices(tuple(areas), words))
    return tuple(found)


def _listed(formula: str, sheet: str, grids: Mapping[str, Grid]) -> tuple[str, ...]:
    """Return the words of a list that is written out, or that stands in cells; nothing is computed."""
    if formula.startswith('"') and formula.endswith('"'):
        return tuple(word.strip() for word in formula[1:-1].split(",") if word.strip())[:_MOST_CHOICES]
    match = _SHEET_REFERENCE.fullmatch(formula)
    if match is None:
        return ()
    grid = grids.get((match[1] or match[2] or sheet).replace("''", "'"))
    if grid is None:
        return ()
    areas = areas_of(match[3])
    held = sorted(place for place in grid.cells if any(area.holds(place) for area in areas))
    return tuple(grid.cells[place] for place in held)[:_MOST_CHOICES]


def _filled(sheet: _SheetWalk, answers: Mapping[Place, str]) -> bytes:
    """Return the part of a sheet with the texts spliced in."""
    if sheet.data is None:
        raise UserError(Problem(sheet.where, "it has no cells", "a sheet with questions"))
    edits: list[tuple[int, int, bytes]] = []
    rows = {row.number: row for row in sheet.rows}
    prefix = _prefix(sheet.content, sheet.data[0])
    by_row: dict[int, dict[Place, str]] = {}
    for place, text in answers.items():
        by_row.setdefault(place.row, {})[place] = text
    for number, mine in sorted(by_row.items()):
        edits += _row_edits(sheet, rows.get(number), number, mine, prefix)
    return spliced(sheet.content, edits)


def _row_edits(
    sheet: _SheetWalk, row: _Row | None, number: int, answers: Mapping[Place, str], prefix: str
) -> Iterable[tuple[int, int, bytes]]:
    if row is None:
        yield _new_row(sheet, number, answers, prefix)
        return
    held = {cell.place: cell for cell in row.cells}
    fresh: dict[int, list[str]] = {}
    for place in sorted(answers):
        cell = held.get(place)
        text = _cell_xml(place, answers[place], cell.style if cell else "", prefix)
        if cell:
            yield cell.start, cell.end, text.encode()
        else:
            before = [each.end for each in row.cells if each.place.column < place.column]
            fresh.setdefault(max(before, default=row.opened), []).append(text)
    if row.closed == row.start:
        # A row without cells is one tag; it gets a content.
        head = sheet.content[row.start : row.opened].rstrip(b"/> \t\r\n")
        yield (
            row.start,
            row.end,
            head
            + b">"
            + "".join(text for texts in fresh.values() for text in texts).encode()
            + f"</{prefix}row>".encode(),
        )
        return
    for at, texts in fresh.items():
        yield at, at, "".join(texts).encode()


def _new_row(sheet: _SheetWalk, number: int, answers: Mapping[Place, str], prefix: str) -> tuple[int, int, bytes]:
    cells = "".join(_cell_xml(place, answers[place], "", prefix) for place in sorted(answers))
    text = f'<{prefix}row r="{number}">{cells}</{prefix}row>'
    start, opened, closed = sheet.data or (0, 0, 0)
    if closed == start:
        head = sheet.content[start:opened].rstrip(b"/> \t\r\n").decode()
        return start, opened, f"{head}>{text}</{prefix}sheetData>".encode()
    before = [row.end for row in sheet.rows if row.number < number]
    at = max(before, default=opened)
    return at, at, text.encode()


def _cell_xml(place: Place, text: str, style: str, prefix: str) -> str:
    reference = f"{column_letters(place.column)}{place.row}"
    styled = f' s="{style}"' if style else ""
    shown = xml_text(text[:MOST_CHARACTERS])
    inner = f'<{prefix}is><{prefix}t xml:space="preserve">{shown}</{prefix}t></{prefix}is>'
    return f'<{prefix}c r="{reference}"{styled} t="inlineStr">{inner}</{prefix}c>'


def _prefix(content: bytes, start: int) -> str:
    """Return the prefix that the tags of a sheet are written with, `x:` for example, mostly ""."""
    name = content[start + 1 : tag_end(content, start)].split(b" ", 1)[0].strip(b"/>").decode()
    return name.removesuffix("sheetData")
