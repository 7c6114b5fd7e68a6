"""A sheet or a table as cells by place: what every reader gives, and what columns and questions are found in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Row and column, counted from 1."""

    row: int
    column: int

    def __str__(self) -> str:
        return f"{self.row}/{self.column}"


class Area(NamedTuple):
    """A block of cells, both ends inclusive."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, place: Place) -> bool:
        """Whether the place lies in it."""
        return self.top <= place.row <= self.bottom and self.left <= place.column <= self.right


@dataclass(frozen=True, slots=True)
class Choices:
    """Cells that take one of some words only."""

    areas: tuple[Area, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet, table, or run of paragraphs.

    cells: texts without outer spaces, empty ones left out. formulas: cells whose text a formula gave; it is never
    evaluated. headings: rows that the document itself marks as a heading.
    """

    name: str
    cells: Mapping[Place, str]
    merged: tuple[Area, ...] = ()
    choices: tuple[Choices, ...] = ()
    formulas: frozenset[Place] = frozenset()
    headings: frozenset[int] = frozenset()
    hidden: bool = False

    @property
    def rows(self) -> list[int]:
        """Rows that hold something, in order: a sheet may have one cell, in its last row of a million."""
        return sorted({place.row for place in self.cells})

    @property
    def columns(self) -> list[int]:
        """Columns that hold something, in order."""
        return sorted({place.column for place in self.cells})

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell, of the first cell of its block where cells are merged; "" where there is none."""
        place = Place(row, column)
        return self.cells.get(place) or self.cells.get(self.first_of(place), "")

    def block(self, place: Place) -> Area:
        """Return the merged block that a cell lies in, else the cell itself."""
        return next((area for area in self.merged if area.holds(place)), Area(*place, *place))

    def first_of(self, place: Place) -> Place:
        """Return the cell that holds the text of the block that a cell lies in."""
        return Place(*self.block(place)[:2])

    def words_for(self, place: Place) -> tuple[str, ...]:
        """Return the words that a cell allows, () where it allows any text."""
        return next((each.words for each in self.choices if any(area.holds(place) for area in each.areas)), ())


def column_letters(column: int) -> str:
    """Return a column as spreadsheets name it.

    >>> column_letters(1), column_letters(28)
    ('A', 'AB')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the number of a column that is named by letters or by its number; raises ValueError for another text.

    >>> column_number("AB"), column_number("3")
    (28, 3)
    """
    if letters.isascii() and letters.isdigit() and int(letters) > 0:
        return int(letters)
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):  # noqa: PLR2004  XFD is the last column
        msg = f"{letters!r} is no column"
        raise ValueError(msg)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def read_place(text: str) -> Place:
    """Read what `str` of a place gives; raises ValueError for another text."""
    row, _, column = text.partition("/")
    return Place(int(row), int(column))
