"""Documents: each table as a grid, the running text as one more grid, and answers put in without touching the rest.

The running text is the grid `text`: a paragraph is a row, its text stands in column 1, and column 2 is the place of an
answer: behind the label where the paragraph is only a label such as `Answer:`, else as a new paragraph after it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from twofold.engagement.questionnaire.grid import Area, Grid, Place
from twofold.engagement.questionnaire.office import Attributes, XmlWalk, open_parts, related, write_parts, xml_text
from twofold.engagement.questionnaire.splice import spliced
from twofold.model.problem import Problem, UserError

TEXT = "text"
LABEL = re.compile(r"(answer|response|reply|your answer|your response)\s*[:.]?", re.IGNORECASE)
"""A paragraph that only says where the answer goes."""
_HEADING = re.compile(r"(heading|title)", re.IGNORECASE)


@dataclass(slots=True)
class _Cell:
    """A cell of a table: its grid place, its texts, and the bytes of its content and of its first paragraph's form."""

    row: int
    left: int
    span: int = 1
    continues: bool = False
    content: int = 0
    """Byte where the content begins, behind the properties of the cell."""
    end: int = 0
    lines: list[str] = field(default_factory=list)
    form: bytes = b""
    nested: bool = False


@dataclass(slots=True)
class _Paragraph:
    start: int
    behind: int = 0
    closing: int = 0
    """Byte where its end tag begins; equal to `start` where it is one tag."""
    text: str = ""
    style: str = ""
    form_start: int = 0
    form: bytes = b""


class _BodyWalk(XmlWalk):
    """Tables and paragraphs of a document."""

    def __init__(self, content: bytes, where: str) -> None:
        super().__init__(content, where)
        self.content = content
        self.tables: list[list[_Cell]] = []
        self.paragraphs: list[_Paragraph] = []
        self._inside: list[str] = []
        self._open: list[_Paragraph] = []
        self._row = self._column = 0
        self._skip = 0

    @property
    def _nesting(self) -> int:
        return self._inside.count("tbl")

    def start(self, tag: str, attributes: Attributes) -> None:
        self._inside.append(tag)
        self._skip += tag == "Fallback"
        if self._nesting == 1:
            self._start_in_table(tag, attributes)
        elif tag == "tbl" and self.tables[-1]:
            self.tables[-1][-1].nested = True
        match tag:
            case "p":
                self._open.append(_Paragraph(self.at))
            case "pPr" if self._open:
                self._open[-1].form_start = self.at
            case "pStyle" if self._open:
                self._open[-1].style = attributes.get("val", "")
            case "tab":
                self._add("\t" if "pPr" not in self._inside else "")
            case "br" | "cr":
                self._add("\n")

    def _start_in_table(self, tag: str, attributes: Attributes) -> None:
        match tag:
            case "tbl":
                self.tables.append([])
                self._row = 0
            case "tr":
                self._row, self._column = self._row + 1, 1
            case "tc":
                self.tables[-1].append(_Cell(self._row, self._column, content=self.behind))
            case "gridSpan" if self.tables[-1]:
                value = attributes.get("val", "1")
                self.tables[-1][-1].span = min(int(value), 1000) if value.isdigit() else 1
            case "vMerge" if self.tables[-1]:
                self.tables[-1][-1].continues = attributes.get("val", "continue") != "restart"

    def end(self, tag: str) -> None:
        match tag:
            case "tcPr" if self._nesting == 1:
                self.tables[-1][-1].content = self.behind
            case "tc" if self._nesting == 1:
                cell = self.tables[-1][-1]
                cell.end = self.at
                self._column += cell.span
            case "pPr" if self._open:
                self._open[-1].form = self.content[self._open[-1].form_start : self.behind]
            case "p" if self._open:
                self._close_paragraph()
        self._skip -= tag == "Fallback"
        self._inside.pop()

    def text(self, text: str) -> None:
        if self._inside and self._inside[-1] == "t":
            self._add(text)

    def _add(self, text: str) -> None:
        if self._open and not self._skip:
            self._open[-1].text += text

    def _close_paragraph(self) -> None:
        done = self._open.pop()
        done.closing, done.behind = self.at, self.behind
        if self._open:
            # A text box inside of a paragraph.
            self._open[-1].text += f" {done.text}"
        elif not self._nesting:
            self.paragraphs.append(done)
        elif self.tables[-1]:
            cell = self.tables[-1][-1]
            cell.lines.append(done.text)
            cell.form = cell.form or done.form


def read_docx(content: bytes, *, name: str) -> list[Grid]:
    """Return the tables of a document and its running text; raises UserError for a file that is none, or is unsafe."""
    _, body = _body(open_parts(content, name=name), name)
    grids = [_table_grid(number, cells) for number, cells in enumerate(body.tables, 1)]
    texts = {Place(row, 1): each.text.strip() for row, each in enumerate(body.paragraphs, 1) if each.text.strip()}
    headings = frozenset(row for row, each in enumerate(body.paragraphs, 1) if _HEADING.match(each.style))
    return [*grids, Grid(TEXT, texts, headings=headings)]


def fill_docx(content: bytes, answers: Mapping[str, Mapping[Place, str]], *, name: str) -> bytes:
    """Return the document with the texts in their places: grid name -> place -> text."""
    part, body = _body(open_parts(content, name=name), name)
    prefix = _prefix(body.content)
    edits: list[tuple[int, int, bytes]] = []
    for number, cells in enumerate(body.tables, 1):
        wanted = answers.get(table_name(number), {})
        for cell in cells:
            text = wanted.get(Place(cell.row, cell.left))
            if text is not None:
                edits.append(_cell_edit(cell, text, prefix, name))
    for place, text in answers.get(TEXT, {}).items():
        edits.append(_paragraph_edit(body, place.row, text, prefix))
    return write_parts(content, {part: spliced(body.content, edits)})


def table_name(number: int) -> str:
    """Return how the grid of a table is called, counted from 1."""
    return f"table {number}"


def _body(parts: Mapping[str, bytes], name: str) -> tuple[str, _BodyWalk]:
    found = [part for kind, part in related(parts, "", name=name).values() if kind == "officeDocument"]
    if not found:
        raise UserError(Problem(name, "it holds no document", "a .docx file"))
    body = _BodyWalk(parts[found[0]], f"{name}: {found[0]}")
    body.run()
    return found[0], body


def _table_grid(number: int, cells: list[_Cell]) -> Grid:
    texts: dict[Place, str] = {}
    merged: list[Area] = []
    tops: dict[int, Area] = {}
    for cell in cells:
        area = Area(cell.row, cell.left, cell.row, cell.left + cell.span - 1)
        if cell.continues and cell.left in tops:
            tops[cell.left] = tops[cell.left]._replace(bottom=cell.row)
            continue
        if cell.left in tops:
            merged.append(tops[cell.left])
        tops[cell.left] = area
        if text := "\n".join(cell.lines).strip():
            texts[Place(cell.row, cell.left)] = text
    merged += tops.values()
    blocks = tuple(sorted(area for area in merged if (area.top, area.left) != (area.bottom, area.right)))
    return Grid(table_name(number), texts, blocks)


def _cell_edit(cell: _Cell, text: str, prefix: str, name: str) -> tuple[int, int, bytes]:
    if cell.nested:
        found = f"the cell for the answer (row {cell.row}) holds a table of its own"
        raise UserError(Problem(name, found, "a cell for text", "name another column with --column answer=..."))
    return cell.content, cell.end, _paragraph_xml(text, cell.form, prefix)


def _paragraph_edit(body: _BodyWalk, row: int, text: str, prefix: str) -> tuple[int, int, bytes]:
    paragraph = body.paragraphs[row - 1]
    if LABEL.fullmatch(paragraph.text.strip()):
        return paragraph.closing, paragraph.closing, _run_xml(f" {text}", prefix).encode()
    return paragraph.behind, paragraph.behind, _paragraph_xml(text, b"", prefix)


def _paragraph_xml(text: str, form: bytes, prefix: str) -> bytes:
    return f"<{prefix}p>".encode() + form + _run_xml(text, prefix).encode() + f"</{prefix}p>".encode()


def _run_xml(text: str, prefix: str) -> str:
    lines = f"<{prefix}br/>".join(
        f'<{prefix}t xml:space="preserve">{xml_text(line)}</{prefix}t>' for line in text.split("\n")
    )
    return f"<{prefix}r>{lines}</{prefix}r>"


def _prefix(content: bytes) -> str:
    """Return the prefix that the tags of the document are written with, mostly `w:`."""
    found = re.search(rb"<([\w.-]+:)?body[\s>/]", content)
    return (found[1] or b"").decode() if found else "w:"
