"""Columns of request lists: found, overridden, read."""

import pytest

from twofold.model.problem import UserError
from twofold.readiness.near_duplicates.list_columns import ListRole, detect, read_list, with_overrides

ROWS = [
    ["Harrow LLP", "", "", ""],
    ["", "", "", ""],
    ["Ref. #", "Request:", "Due Date", "POC"],
    ["Access", "", "", ""],
    ["1", "List of users", "2026-01-05", "Ana"],
    ["2", "List of  leavers\nwith dates", "", ""],
]


def test_the_header_is_found_below_a_title_and_headings_are_passed_over() -> None:
    layout = detect(ROWS, sheet="s")
    assert layout is not None
    assert layout.header == 3
    assert layout.columns == {ListRole.ID: 1, ListRole.TEXT: 2, ListRole.DUE: 3, ListRole.OWNER: 4}
    read = read_list(ROWS, layout, list_id="a", name="a.csv")
    assert [(line.line_id, line.text, line.due) for line in read.lines] == [
        ("1", "List of users", "2026-01-05"),
        ("2", "List of leavers with dates", ""),
    ]
    assert read.positions == [5, 6]
    assert [row for row, _ in read.skipped] == [4]


def test_without_a_known_header_the_longest_texts_are_the_requests() -> None:
    layout = detect([["a", "List of all the users"], ["b", "List of all the leavers"]], sheet="s")
    assert layout is not None
    assert (layout.header, dict(layout.columns)) == (0, {ListRole.TEXT: 2})
    read = read_list([["a", "One"], ["b", "Two"]], layout, list_id="a", name="a.csv")
    assert [line.line_id for line in read.lines] == ["row-1", "row-2"]


def test_a_header_counts_though_it_names_the_requests_in_unknown_words() -> None:
    layout = detect([["Ref", "Wanted from you", "Due"], ["1", "List of users", "x"]], sheet="s")
    assert layout is not None
    assert (layout.header, layout.columns[ListRole.TEXT]) == (1, 2)


def test_a_sheet_without_texts_is_no_list() -> None:
    assert detect([], sheet="s") is None
    assert detect([["", ""]], sheet="s") is None


def test_a_person_names_columns_by_letters_number_or_header() -> None:
    found = detect(ROWS, sheet="s")
    wanted = {ListRole.TEXT: "B", ListRole.OWNER: "3", ListRole.DUE: "poc", ListRole.ID: "none"}
    layout = with_overrides(found, ROWS, wanted, header=None, sheet="s")
    assert layout.columns == {ListRole.TEXT: 2, ListRole.OWNER: 3, ListRole.DUE: 4}
    assert layout.why[ListRole.TEXT] == "as you said"


def test_unknown_columns_are_all_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        with_overrides(
            detect(ROWS, sheet="s"), ROWS, {ListRole.TEXT: "ZZ", ListRole.DUE: "when"}, header=None, sheet="s"
        )
    assert len(caught.value.problems) == 2


def test_two_lines_of_one_number_are_refused() -> None:
    rows = [["id", "request"], ["1", "One"], ["1", "Two"]]
    layout = detect(rows, sheet="s")
    assert layout is not None
    with pytest.raises(UserError, match="stands twice"):
        read_list(rows, layout, list_id="a", name="a.csv")


def test_a_list_without_requests_is_refused() -> None:
    rows = [["id", "request"]]
    layout = detect([*rows, ["1", "One"]], sheet="s")
    assert layout is not None
    with pytest.raises(UserError, match="no request"):
        read_list(rows, layout, list_id="a", name="a.csv")
