"""Which column of a sheet asks, which takes the answer, and how that was found out.

A header row tells; where there is none, the contents do. Everything found can be overridden by the person who imports.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from twofold.engagement.questionnaire.docx import TEXT
from twofold.engagement.questionnaire.grid import Grid, Place, column_letters

HEADER_WITHIN = 40
"""Rows with something in them in which a header is looked for: before it come titles and instructions."""
_LONGEST_HEADER = 80
_SIGNS = re.compile(r"[^a-z0-9]+")
_FEWEST_BY_CONTENTS = 2


class Role(StrEnum):
    """What a column is for. Yes, no and na are columns to tick."""

    ID = "id"
    SECTION = "section"
    QUESTION = "question"
    ANSWER = "answer"
    COMMENT = "comment"
    YES = "yes"
    NO = "no"
    NA = "na"


TICKS = (Role.YES, Role.NO, Role.NA)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a grid is read. `header_row` is 0 where there is none; `how` says in a sentence why."""

    grid: str
    header_row: int
    columns: Mapping[Role, int]
    how: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, columns by letter."""
        columns = {str(role): column_letters(column) for role, column in sorted(self.columns.items())}
        return {"sheet": self.grid, "header_row": self.header_row, "columns": columns, "how": self.how}


@cache
def column_words() -> Mapping[str, Any]:
    """Return what columns.toml says."""
    return tomllib.loads(Path(__file__).with_name("columns.toml").read_text("utf-8"))


def detect_layout(grid: Grid) -> Layout | None:
    """Find out how a grid is read; None where nothing in it looks like questions."""
    if grid.name == TEXT:
        return _of_text(grid)
    found = _by_header(grid)
    return found or _by_contents(grid)


def asks(text: str) -> bool:
    """Whether a text reads like a question: it ends with a question mark or begins like one."""
    first = _SIGNS.sub(" ", text.casefold()).split()
    return text.rstrip(" )\"'").endswith("?") or bool(first and first[0] in column_words()["asks"])


def with_overrides(grid: Grid, found: Layout | None, columns: Mapping[Role, int], header_row: int | None) -> Layout:
    """Return the layout with what the person said instead of what was found."""
    merged = {**(found.columns if found else {}), **columns}
    if Role.ANSWER in columns:
        merged = {role: column for role, column in merged.items() if role not in TICKS or role in columns}
    row = header_row if header_row is not None else (found.header_row if found else 0)
    return Layout(grid.name, row, merged, "as the person who imported it said")


def _by_header(grid: Grid) -> Layout | None:
    best: tuple[int, int, dict[Role, int]] | None = None
    for row in grid.rows[:HEADER_WITHIN]:
        roles = _roles_of(grid, row)
        header = row
        ticks = _ticks_of(grid, row) or _ticks_of(grid, row + 1)
        if ticks:
            header = row if _ticks_of(grid, row) else row + 1
            roles = {role: column for role, column in roles.items() if column not in ticks.values()} | ticks
            roles.pop(Role.ANSWER, None)
        takes = Role.ANSWER in roles or Role.YES in roles or Role.COMMENT in roles
        if Role.QUESTION in roles and takes and (best is None or len(roles) > best[0]):
            best = len(roles), header, roles
    if best is None:
        return None
    _, header, roles = best
    if Role.ANSWER not in roles and Role.YES not in roles:
        roles[Role.ANSWER] = roles.pop(Role.COMMENT)
    return Layout(grid.name, header, roles, f"by the headers in row {header}")


def _roles_of(grid: Grid, row: int) -> dict[Role, int]:
    """Give each role the column whose header fits best, the leftmost of equals; no column has two roles."""
    claims = sorted(
        (-score, column, role)
        for column in grid.columns
        for role, score in _scores(grid.cells.get(Place(row, column), ""))
    )
    roles: dict[Role, int] = {}
    for _, column, role in claims:
        if role not in roles and column not in roles.values():
            roles[role] = column
    return roles


def _scores(header: str) -> Iterator[tuple[Role, int]]:
    plain = _plain(header)
    if header in column_words()["roles"]["id"]["signs"]:
        yield Role.ID, 3
    if not plain or len(header) > _LONGEST_HEADER or header.rstrip().endswith("?"):
        return
    for role, words in column_words()["roles"].items():
        if Role(role) in TICKS:
            continue
        if plain in words["exact"]:
            yield Role(role), 3
        elif role == "id" and plain.split()[-1] in words["holds"]:
            yield Role(role), 2
        elif any(f" {part} " in f" {plain} " for part in words["holds"]):
            yield Role(role), 1


def _ticks_of(grid: Grid, row: int) -> dict[Role, int]:
    """Return the columns to tick where a row says yes and no in two cells side by side."""
    words = column_words()["roles"]
    found: dict[Role, int] = {}
    for column in grid.columns:
        plain = _plain(grid.cells.get(Place(row, column), ""))
        for role in TICKS:
            if plain in words[role]["exact"]:
                found.setdefault(role, column)
    beside = Role.YES in found and Role.NO in found and abs(found[Role.YES] - found[Role.NO]) == 1
    return found if beside else {}


def _by_contents(grid: Grid) -> Layout | None:
    asked = Counter(place.column for place, text in grid.cells.items() if asks(text))
    best = max(asked, key=lambda column: (asked[column], -column), default=0)
    if not best or asked[best] < _FEWEST_BY_CONTENTS:
        return None
    roles = {Role.QUESTION: best, Role.ANSWER: best + 1}
    if best > 1 and _are_ids(grid, best - 1):
        roles[Role.ID] = best - 1
    if best + 2 in grid.columns:
        roles[Role.COMMENT] = best + 2
    how = f"by the contents: column {column_letters(best)} holds most questions, the answer goes to the right of it"
    return Layout(grid.name, 0, roles, how)


def _are_ids(grid: Grid, column: int) -> bool:
    texts = [text for place, text in grid.cells.items() if place.column == column]
    return len(set(texts)) == len(texts) and all(len(text.split()) == 1 for text in texts)


def _of_text(grid: Grid) -> Layout | None:
    if not any(text.endswith("?") for text in grid.cells.values()):
        return None
    roles = {Role.QUESTION: 1, Role.ANSWER: 2}
    return Layout(grid.name, 0, roles, "paragraphs that end with a question mark; the answer goes below each")


def _plain(text: str) -> str:
    return " ".join(_SIGNS.sub(" ", text.casefold()).split())
