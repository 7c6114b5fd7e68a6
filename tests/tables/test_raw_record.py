import gzip
import json
from pathlib import Path

import pytest

from twofold.tables.csv_records import read_csv
from twofold.tables.raw_record import raw_record


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "blob"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_line_of_a_table_is_shown_below_its_header(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffid,name\r\n1,Ana\r\n2,Bo\r\n")
    assert raw_record(path, "line 3") == "id,name\n2,Bo"
    assert raw_record(path, "line 9") == ""


def test_the_line_shown_is_the_one_that_was_read_whatever_its_cells_hold(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,name\n1,"a\u2028b\x0bc\u0085"\n2,"two\nlines, ""quoted"""\n3,Cy\n')
    places = [found[0] for found in read_csv(path, required=["id", "name"]) if isinstance(found, tuple)]
    shown = [raw_record(path, place).removeprefix("id,name\n") for place in places]
    assert shown == ['1,"a\u2028b\x0bc\u0085"', '2,"two\nlines, ""quoted"""', "3,Cy"]


def test_an_element_of_json_is_found_also_in_gzip(tmp_path: Path) -> None:
    document = {"items": [{"id": 1}, {"id": 2, "log": [{"x": "é"}]}]}
    path = written(tmp_path, gzip.compress(json.dumps(document).encode()))
    assert json.loads(raw_record(path, "#/items/1")) == document["items"][1]
    assert json.loads(raw_record(path, "#/items/1/log/0")) == {"x": "é"}


def test_a_line_of_json_lines_stands_without_a_header(tmp_path: Path) -> None:
    path = written(tmp_path, '{"a": 1, "b": 2}\n{"a": 3, "b": "\\""}\n')
    assert raw_record(path, "line 2") == '{"a": 3, "b": "\\""}'


@pytest.mark.parametrize("record", ["", "the whole file", "#/items/7", "#/items/x", "line 0"])
def test_what_cannot_be_shown_is_empty(tmp_path: Path, record: str) -> None:
    assert raw_record(written(tmp_path, '{"items": [1]}'), record) == ""


def test_at_most_4000_characters_are_shown(tmp_path: Path) -> None:
    assert len(raw_record(written(tmp_path, json.dumps(["x" * 9000])), "#/0")) == 4000
