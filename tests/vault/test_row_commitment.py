"""Row commitments: what is shown is checked to the last cell, and what is withheld stays hidden."""

import doctest
import hmac
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.vault import row_commitment
from twofold.vault.row_commitment import (
    Cell,
    Part,
    RowProofError,
    ShownCell,
    ShownRow,
    WithheldRows,
    cell_commitment,
    cell_salt,
    commit_rows,
    disclose,
    verify_disclosure,
)

KEY = bytes(range(32))
COLUMNS = ("item", "person", "system")
CELLS = st.one_of(st.none(), st.sampled_from(["", "yes", "no", "p-0001"]), st.text(max_size=5))


@st.composite
def tables(draw: st.DrawFn) -> list[list[Cell]]:
    return draw(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=20))


@st.composite
def partly_shown(draw: st.DrawFn) -> tuple[list[list[Cell]], list[Part]]:
    rows = draw(tables())
    columns = draw(st.sets(st.integers(0, 2), max_size=2))
    withheld = draw(st.sets(st.integers(0, len(rows) - 1)))
    return rows, list(disclose(COLUMNS, rows, KEY, withheld_columns=columns, withheld_rows=withheld))


def test_the_definition_holds_in_plain_python() -> None:
    """The formulas of the page, written out once more without our code."""
    rows: list[list[Cell]] = [["a", None], ["", "é"], ["x", "y"]]

    def commitment(row: int, column: int) -> bytes:
        salt = hmac.new(KEY, row.to_bytes(8, "big") + column.to_bytes(4, "big"), "sha256").digest()
        value = rows[row][column]
        return sha256(b"\0" + salt + (b"\0" if value is None else b"\1" + value.encode())).digest()

    leaves = [sha256(b"\0" + commitment(row, 0) + commitment(row, 1)).digest() for row in range(3)]
    left = sha256(b"\1" + leaves[0] + leaves[1]).digest()
    found = commit_rows(["one", "two"], rows, KEY)
    assert found.root == sha256(b"\1" + left + leaves[2]).digest()
    assert (found.count, found.columns) == (3, ("one", "two"))
    assert commit_rows(["one"], [], KEY).root == sha256(b"").digest()
    assert doctest.testmod(row_commitment).failed == 0


@given(partly_shown())
def test_every_part_of_a_table_leads_to_its_root(shown: tuple[list[list[Cell]], list[Part]]) -> None:
    rows, parts = shown
    root = commit_rows(COLUMNS, rows, KEY).root
    count = sum(isinstance(part, ShownRow) for part in parts)
    assert verify_disclosure(COLUMNS, len(rows), root, parts) == count
    for part in parts:
        if isinstance(part, ShownRow):
            for value, cell in zip(rows[part.number], part.cells, strict=True):
                assert isinstance(cell, bytes) or cell.value == value


@settings(max_examples=300)
@given(partly_shown(), st.data())
def test_any_other_cell_is_found(shown: tuple[list[list[Cell]], list[Part]], data: st.DataObject) -> None:
    rows, parts = shown
    places = [
        (number, column)
        for number, part in enumerate(parts)
        if isinstance(part, ShownRow)
        for column, cell in enumerate(part.cells)
        if isinstance(cell, ShownCell)
    ]
    if not places:
        return
    number, column = data.draw(st.sampled_from(places))
    row = parts[number]
    assert isinstance(row, ShownRow)
    cell = row.cells[column]
    assert isinstance(cell, ShownCell)
    other = data.draw(CELLS.filter(lambda value: value != cell.value))
    cells = (*row.cells[:column], replace(cell, value=other), *row.cells[column + 1 :])
    refuse(rows, [*parts[:number], replace(row, cells=cells), *parts[number + 1 :]])


@settings(max_examples=300)
@given(partly_shown(), st.data())
def test_swapped_dropped_and_added_parts_are_found(
    shown: tuple[list[list[Cell]], list[Part]], data: st.DataObject
) -> None:
    rows, parts = shown
    number = data.draw(st.integers(0, len(parts) - 1))
    part = parts[number]
    refuse(rows, [*parts[:number], *parts[number + 1 :]])
    refuse(rows, [*parts[:number], part, *parts[number:]])
    end = parts[-1].number + 1 if isinstance(parts[-1], ShownRow) else parts[-1].first + parts[-1].count
    refuse(rows, [*parts, ShownRow(end, (ShownCell("", KEY),) * 3)])
    if isinstance(part, ShownRow):
        if part.cells[0] != part.cells[1]:
            refuse(rows, changed(parts, number, (part.cells[1], part.cells[0], part.cells[2])))
        refuse(rows, changed(parts, number, part.cells[:2]))
        others = [place for place, other in enumerate(parts) if isinstance(other, ShownRow) and place != number]
        if others:
            place = data.draw(st.sampled_from(others))
            other = parts[place]
            assert isinstance(other, ShownRow)
            swapped = changed(parts, number, other.cells)
            refuse(rows, changed(swapped, place, part.cells))


def changed(parts: Sequence[Part], number: int, cells: tuple[ShownCell | bytes, ...]) -> list[Part]:
    row = parts[number]
    assert isinstance(row, ShownRow)
    return [*parts[:number], replace(row, cells=cells), *parts[number + 1 :]]


def refuse(rows: list[list[Cell]], parts: Sequence[Part]) -> None:
    root = commit_rows(COLUMNS, rows, KEY).root
    with pytest.raises(RowProofError):
        verify_disclosure(COLUMNS, len(rows), root, parts)


@given(partly_shown())
def test_salts_of_withheld_cells_never_appear(shown: tuple[list[list[Cell]], list[Part]]) -> None:
    """Without its salt a withheld cell cannot be tried out, however short it is."""
    rows, parts = shown
    told = {
        cell.salt for part in parts if isinstance(part, ShownRow) for cell in part.cells if isinstance(cell, ShownCell)
    }
    hashes = {cell for part in parts if isinstance(part, ShownRow) for cell in part.cells if isinstance(cell, bytes)}
    hashes |= {part.hash for part in parts if isinstance(part, WithheldRows)}
    shown_rows = {part.number: part for part in parts if isinstance(part, ShownRow)}
    for number in range(len(rows)):
        for column in range(3):
            row = shown_rows.get(number)
            if row is None or isinstance(row.cells[column], bytes):
                salt = cell_salt(KEY, number, column)
                assert salt not in told | hashes
    tried = [cell_commitment(salt, value) for salt in told | {bytes(32)} for value in ("yes", "no", "p-0001", "", None)]
    assert not hashes & set(tried)


def test_equal_cells_have_unequal_commitments() -> None:
    rows = [["yes", "yes"], ["yes", "yes"]]
    parts = list(disclose(("a", "b"), rows, KEY, withheld_columns={0, 1}))
    cells = [cell for part in parts if isinstance(part, ShownRow) for cell in part.cells]
    assert len(set(cells)) == 4


def test_many_withheld_rows_are_a_few_hashes() -> None:
    rows: list[list[Cell]] = [[str(number)] for number in range(1000)]
    parts = list(disclose(("n",), rows, KEY, withheld_rows=set(range(1000)) - {500}))
    assert len(parts) < 20
    assert verify_disclosure(("n",), 1000, commit_rows(("n",), rows, KEY).root, parts) == 1


def test_a_subtree_of_another_shape_is_refused() -> None:
    rows: list[list[Cell]] = [[str(number)] for number in range(6)]
    root = commit_rows(("n",), rows, KEY).root
    whole = list(disclose(("n",), rows, KEY, withheld_rows={2, 3}))
    assert [part.count for part in whole if isinstance(part, WithheldRows)] == [2]
    for first, count in ((2, 3), (2, 0), (2, -1), (1, 2)):
        parts = [replace(part, first=first, count=count) if isinstance(part, WithheldRows) else part for part in whole]
        with pytest.raises(RowProofError):
            verify_disclosure(("n",), 6, root, parts)
    short = [replace(part, hash=b"x") if isinstance(part, WithheldRows) else part for part in whole]
    with pytest.raises(RowProofError, match="complete subtree"):
        verify_disclosure(("n",), 6, root, short)


def test_rows_of_other_width_and_short_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells under 2 columns"):
        commit_rows(("a", "b"), [["x", "y"], ["x"]], KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        commit_rows(("a",), [["x"]], b"short")


def test_a_demonstration_table_takes_well_under_a_second() -> None:
    rows: list[list[Cell]] = [[f"value {row} {column}" for column in range(15)] for row in range(5000)]
    started = time.process_time()
    commit_rows([str(column) for column in range(15)], rows, KEY)
    assert time.process_time() - started < 1
