from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.model.problem import UserError
from twofold.tables.csv_records import FIELD_LIMIT, read_csv
from twofold.tables.rows import SetAside

REQUIRED = ["id", "name"]


def file(folder: Path, content: bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(content)
    return path


def read(folder: Path, content: bytes) -> list[tuple[str, dict[str, str]] | SetAside]:
    return list(read_csv(file(folder, content), required=REQUIRED, optional=["note"]))


def refused(folder: Path, content: bytes) -> str:
    with pytest.raises(UserError) as fault:
        read(folder, content)
    return str(fault.value)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_byte_order_mark_and_any_line_end_are_read(tmp_path: Path, mark: bytes, end: bytes) -> None:
    content = mark + end.join([b"id,name", b"1,Ana", "2,Zoë ".encode(), b""])
    assert read(tmp_path, content) == [
        ("line 2", {"id": "1", "name": "Ana"}),
        ("line 3", {"id": "2", "name": "Zoë"}),
    ]


def test_a_quoted_line_feed_belongs_to_its_cell_and_later_lines_keep_their_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, b'id,name\r\n1,"Ana\r\n""the"" admin"\r\n\r\n2,Bo\r\n')
    assert found == [
        ("line 2", {"id": "1", "name": 'Ana\r\n"the" admin'}),
        ("line 5", {"id": "2", "name": "Bo"}),
    ]


def test_a_row_with_other_cells_than_the_header_is_set_aside_with_its_line(tmp_path: Path) -> None:
    found = read(tmp_path, b"id,name\n1,Ana,x\n2\n3,Cy\n")
    assert [each.record if isinstance(each, SetAside) else each[0] for each in found] == ["line 2", "line 3", "line 4"]
    first = found[0]
    assert isinstance(first, SetAside)
    assert (first.reason, first.excerpt) == ("3 cells under 2 columns", "1,Ana,x")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ["export.csv", "the file is empty", "id,name", "export it again"]),
        (b"\xef\xbb\xbf", ["the file is empty"]),
        (b"id,name,id\n", ["export.csv:1", "'id' stands twice"]),
        (b"id\n1\n", ["export.csv:1", "'name' is missing"]),
        (b"id,name,colour\n", ["unknown column 'colour'", "id, name, note"]),
        (b"id;name\n1;Ana\n", ["'id' is missing", "unknown column 'id;name'"]),
        (b'id,name\n1,"Ana\n2,Bo\n', ["export.csv:2", "cannot be read"]),
        (b'id,name\n1,"Ana"x\n', ["export.csv:2", "cannot be read"]),
        (b"id,name\n1,A\0na\n", ["byte 11", "a zero byte"]),
        (b"\xff\xfei\0d\0", ["byte 3", "a zero byte"]),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_place(tmp_path: Path, content: bytes, told: list[str]) -> None:
    text = refused(tmp_path, content)
    assert all(each in text for each in told), text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("content", "at"), [(b"id,n\xe4me\n", 4), (b"id,name\n1,Ana\n2,Zo\xeb\n", 18), (b"id,name\n1,An\xc3", 12)]
)
def test_bytes_that_are_no_utf_8_are_refused_with_their_position(
    tmp_path: Path, mark: bytes, content: bytes, at: int
) -> None:
    text = refused(tmp_path, mark + content)
    assert f"byte {len(mark) + at}:" in text
    assert "bytes that are not UTF-8" in text


def test_a_giant_cell_is_a_broken_quote(tmp_path: Path) -> None:
    assert len(read(tmp_path, b"id,name\n1," + b"x" * FIELD_LIMIT + b"\n")) == 1
    assert "export.csv:3" in refused(tmp_path, b"id,name\n1,a\n2," + b"x" * (FIELD_LIMIT + 1) + b"\n")


def test_all_faults_of_a_header_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as fault:
        read(tmp_path, b"id,id,colour\n")
    assert len(fault.value.problems) == 3


def test_a_refused_file_is_closed_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as fault:
        read(tmp_path, b"id,id,colour\n")
    opened = [each.resolve() for each in Path("/proc/self/fd").iterdir()]
    assert (tmp_path / "export.csv").resolve() not in opened, fault.value


def test_further_columns_are_kept_where_the_reader_asks_for_any(tmp_path: Path) -> None:
    path = file(tmp_path, b"id,colour\n1,red\n")
    assert list(read_csv(path, required=["id"])) == [("line 2", {"id": "1", "colour": "red"})]


@given(content=st.binary(max_size=200))
def test_any_bytes_give_rows_or_a_plain_refusal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = file(tmp_path_factory.mktemp("csv"), content)
    found: list[tuple[str, dict[str, str]] | SetAside] = []
    told = ""
    try:
        found += read_csv(path, required=[])
    except UserError as fault:
        told = str(fault)
    assert not told or told.startswith("export.csv")
    assert all((each.record if isinstance(each, SetAside) else each[0]).startswith("line ") for each in found)
