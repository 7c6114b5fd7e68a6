"""Which column of an auditor's list is the number, the request, its due day, its owner: found, shown, and overridden.

Pure over rows of texts. The header is the row in which most cells are known headers; without one, the request is the
column with the longest texts, and lines are numbered by their rows.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.readiness.near_duplicates.request import RequestLine

COLUMNS_FILE = Path(__file__).with_suffix(".toml")
MOST_LINES = 5_000
LONGEST_REQUEST = 10_000
_HEADER_WITHIN = 30
"""Rows from the top in which a header is looked for."""
_FEWEST_KNOWN = 2
"""Known headers that make a row a header where none of them is that of the requests."""
_NONE = "none"
Row = Sequence[str]


class ListRole(StrEnum):
    """What a column says."""

    TEXT = "text"
    ID = "id"
    DUE = "due"
    OWNER = "owner"
    SYSTEM = "system"
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class ListLayout:
    """How a sheet is read. header: number of its row from 1, 0 = none. columns: role -> column from 1.

    why: for each role, what told it: the header's words, the shape of the column, or the person.
    """

    sheet: str
    header: int
    columns: Mapping[ListRole, int]
    why: Mapping[ListRole, str]


@dataclass(frozen=True, slots=True)
class ReadList:
    """The lines of a list with how it was read. skipped: row and reason of rows that hold no request."""

    layout: ListLayout
    lines: Sequence[RequestLine]
    positions: Sequence[int]
    skipped: Sequence[tuple[int, str]]


@cache
def _headers() -> Mapping[ListRole, Mapping[str, int]]:
    """Return the known headers of each role with their rank; an earlier one names the role more surely."""
    raw = tomllib.loads(COLUMNS_FILE.read_text(encoding="utf-8"))["roles"]
    return {ListRole(role): {_head(word): rank for rank, word in enumerate(words)} for role, words in raw.items()}


def detect(rows: Sequence[Row], *, sheet: str) -> ListLayout | None:
    """Return how a sheet seems to be built; None where no column of requests is found."""
    named = [
        (len(found), -number, found) for number, row in enumerate(rows[:_HEADER_WITHIN], 1) if (found := _named(row))
    ]
    fewest = 1 if any(ListRole.TEXT in found for _, _, found in named) else _FEWEST_KNOWN
    best = max((each for each in named if each[0] >= fewest), key=lambda each: each[:2], default=None)
    header = -best[1] if best else 0
    columns = dict(best[2]) if best else {}
    why = {role: f"the header says {rows[header - 1][column - 1]!r}" for role, column in columns.items()}
    if ListRole.TEXT not in columns:
        text = _longest_column(rows[header:], besides=columns.values())
        if text is None:
            return None
        columns[ListRole.TEXT] = text
        why[ListRole.TEXT] = "no header says so; its texts are the longest"
    return ListLayout(sheet, header, columns, why)


def with_overrides(
    layout: ListLayout | None, rows: Sequence[Row], wanted: Mapping[ListRole, str], *, header: int | None, sheet: str
) -> ListLayout:
    """Return the layout with what the person says of it: a column by its letters, number or header, `none` for none.

    Raises UserError with every column that there is none of, and where no column holds the requests.
    """
    number = header if header is not None else (layout.header if layout else 0)
    heads = [cell.strip() for cell in rows[number - 1]] if 0 < number <= len(rows) else []
    columns = dict(layout.columns) if layout else {}
    why = dict(layout.why) if layout else {}
    problems = []
    for role, said in wanted.items():
        columns.pop(role, None)
        why.pop(role, None)
        if said.casefold() == _NONE:
            continue
        column = _column(said, heads, width=max(map(len, rows), default=0))
        if column is None:
            expected = "letters or number of a column, or one of its headers: " + ", ".join(filter(None, heads))
            problems.append(Problem("--column", f"{sheet} has no column {said!r}", expected))
        else:
            columns[role], why[role] = column, "as you said"
    if ListRole.TEXT not in columns and not problems:
        found = f"no column of {sheet} seems to hold requests"
        problems.append(Problem("--column", found, "a column of requests", "name it, for example --column text=C"))
    if problems:
        raise UserError(problems)
    return ListLayout(sheet, number, columns, why)


def read_list(rows: Sequence[Row], layout: ListLayout, *, list_id: str, name: str) -> ReadList:
    """Read the lines below the header; raises UserError for two lines of one number, too many, and none."""
    lines: list[RequestLine] = []
    positions: list[int] = []
    skipped: list[tuple[int, str]] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows[layout.header :], layout.header + 1):
        cell = {role: _cell(row, column) for role, column in layout.columns.items()}
        text = cell.get(ListRole.TEXT, "")
        if not text:
            if any(each.strip() for each in row):
                skipped.append((number, "no request in it, such as a heading"))
            continue
        if len(text) > LONGEST_REQUEST:
            problems.append(Problem(f"{name}, row {number}", f"{len(text):,} characters", "the text of a request"))
        more = {role.value: cell.get(role, "") for role in ListRole if role not in {ListRole.TEXT, ListRole.ID}}
        lines.append(RequestLine(list_id, cell.get(ListRole.ID) or f"row-{number}", text, **more))
        positions.append(number)
    twice = [each for each, count in Counter(line.line_id for line in lines).items() if count > 1]
    remedy = "correct the list, or number by rows with --column id=none"
    problems += [Problem(name, f"the number {each!r} stands twice", "each number once", remedy) for each in twice]
    if not lines:
        problems.append(Problem(name, "it holds no request", "a line below the header", "name the column or the sheet"))
    if len(lines) > MOST_LINES:
        problems.append(Problem(name, f"{len(lines):,} requests", f"at most {MOST_LINES:,}"))
    if problems:
        raise UserError(problems)
    return ReadList(layout, lines, positions, skipped)


def _named(row: Row) -> dict[ListRole, int]:
    """Return the roles that the cells of a row name, each with the column that names it most surely."""
    found: dict[ListRole, int] = {}
    for role, known in _headers().items():
        taken = set(found.values())
        ranked = [
            (known[head], column)
            for column, cell in enumerate(row, 1)
            if (head := _head(cell)) in known and column not in taken
        ]
        if ranked:
            found[role] = min(ranked)[1]
    return found


def _head(cell: str) -> str:
    """Return a header as it is compared: without case, full stops, colons and stars."""
    return " ".join(re.sub(r"[.:*]", " ", cell.casefold()).split())


def _longest_column(rows: Sequence[Row], *, besides: Iterable[int]) -> int | None:
    width = max(map(len, rows), default=0)
    free = set(range(1, width + 1)).difference(besides)
    lengths = {column: sum(len(_cell(row, column)) for row in rows) for column in sorted(free)}
    best = max(lengths, key=lambda column: lengths[column], default=None)
    return best if best and lengths[best] else None


def _column(said: str, heads: Sequence[str], *, width: int) -> int | None:
    for number, head in enumerate(heads, 1):
        if head and head.casefold() == said.strip().casefold():
            return number
    letters = said.strip().upper()
    if letters.isascii() and letters.isdigit():
        number = int(letters)
    elif letters.isascii() and letters.isalpha() and len(letters) <= len("XFD"):
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - ord("A") + 1
    else:
        return None
    return number if 1 <= number <= width else None


def _cell(row: Row, column: int) -> str:
    return " ".join(row[column - 1].split()) if column <= len(row) else ""
