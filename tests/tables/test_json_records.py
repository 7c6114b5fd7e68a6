import gzip
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.tables.json_records import read_records
from twofold.tables.rows import SetAside


def read(tmp_path: Path, data: bytes, *keys: str, limit: int = 1 << 20) -> list[Any]:
    path = tmp_path / "export.json"
    path.write_bytes(data)
    return list(read_records(path, list_keys=keys, limit_bytes=limit))


ONE, TWO = {"id": 1}, {"id": 2}


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (b'[{"id":1},{"id":2}]', ["#/0", "#/1"]),
        (b'\xef\xbb\xbf[{"id":1},\r\n {"id":2}]\r\n', ["#/0", "#/1"]),
        (b'{"total":2,"items":[{"id":1},{"id":2}]}', ["#/items/0", "#/items/1"]),
        (b'{"data":{"repo":{"nodes":[{"id":1},{"id":2}]}}}', ["#/data/repo/nodes/0", "#/data/repo/nodes/1"]),
        (b'{"id":1}\n\n{"id":2}\n', ["line 1", "line 3"]),
        (b'[{"id":1}]\n[{"id":2}]\n', ["page 1 #/0", "page 2 #/0"]),
        (b'{"items":[{"id":1}]}\n{"items":[{"id":2}]}\n', ["page 1 #/items/0", "page 2 #/items/0"]),
        (b'[[{"id":1}],[{"id":2}]]', ["page 1 #/0", "page 2 #/0"]),
        (b'[{"items":[{"id":1}]},{"items":[{"id":2}]}]', ["page 1 #/items/0", "page 2 #/items/0"]),
        (b'[{"id":1}][{"id":2}]', ["#/0", "page 2 #/0"]),
        (b'{\n "items": [{"id":1}]\n}\n{\n "items": [{"id":2}]\n}', ["#/items/0", "page 2 #/items/0"]),
        (gzip.compress(b'{"id":1}\n{"id":2}', mtime=0), ["line 1", "line 2"]),
    ],
)
def test_each_shape_gives_the_same_records(tmp_path: Path, data: bytes, places: list[str]) -> None:
    assert read(tmp_path, data, "items", "data.repo.nodes") == list(zip(places, [ONE, TWO], strict=True))


def test_an_object_without_a_list_is_one_record(tmp_path: Path) -> None:
    assert read(tmp_path, b'{"id":1}', "items") == [("#", ONE)]


@pytest.mark.parametrize("data", [b"[]", b'{"items":[]}', b"[[]]"])
def test_an_empty_answer_gives_nothing(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data, "items") == []


def test_an_element_that_is_no_object_is_set_aside(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, b'[{"id":1},null,[7]]')
    assert first == ("#/0", ONE)
    assert second == SetAside("#/1", "the element is no JSON object", "None")
    assert third == SetAside("page 3 #/0", "the element is no JSON object", "7")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id":2', "the line is no JSON object: unexpected end of data"),
        (b'{"id":2,"id":3}', "the key 'id' more than once"),
        (b'{"id":"\xff"}', "byte 7 is not valid UTF-8"),
        (b"17", "the line is no JSON object"),
    ],
)
def test_a_bad_line_of_json_lines_is_set_aside_alone(tmp_path: Path, line: bytes, reason: str) -> None:
    good, bad, also_good = read(tmp_path, b'{"id":1}\n' + line + b'\n{"id":2}\n')
    assert (good, also_good) == (("line 1", ONE), ("line 3", TWO))
    assert bad.record == "line 2"
    assert reason in bad.reason or bad.reason.startswith("the line is no JSON object: Expecting")


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"null", "the file holds None at its top"),
        (b'"text"', "at its top"),
        (b'[{"id":1},\n{"id":2', "export.json:2: the JSON cannot be read at byte "),
        (b'[{"id":1}]\n[{"id":2}', "export.json:2: a page is broken"),
        (b'{"items":[{"id":1}]}\n{"items":[{"id":2}', "export.json:2: a page is broken"),
        (b'[{"id":1,"id":1}]', "the key 'id' more than once"),
        (b'[{"id":1}][{"id":1,"id":2}]', "the key 'id' more than once"),
        (b'[{"id":"\xff"}]', "byte 8 is not valid UTF-8"),
        (b"\xff\xfe[\x00]\x00", "UTF-16"),
        (b'[{"id":NaN}]', "NaN is no JSON value"),
        (b"[" * 400 + b"]" * 400, "nested too deep"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"items":null}', "items holds None"),
        (b'{"message":"Not Found","documentation_url":"https://example.com"}', "error answer"),
        (b'{"total_count":9,"incomplete_results":true,"items":[]}', "incomplete"),
        (gzip.compress(b'[{"id":1}]', mtime=0)[:-6], "the gzip data is broken"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused(tmp_path: Path, data: bytes, part: str) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, data, "items")
    assert part in str(caught.value)
    assert "next:" in str(caught.value)


@pytest.mark.parametrize("data", [b"[" + b" " * 5000 + b"]", gzip.compress(b"[" + b" " * 5000 + b"]", mtime=0)])
def test_a_file_over_the_limit_is_refused_plain_or_compressed(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match=r"more than 4,000 bytes[\s\S]*export in pages"):
        read(tmp_path, data, limit=4000)


def test_quotes_and_escapes_do_not_look_like_repeated_keys(tmp_path: Path) -> None:
    data = rb'[{"a\u0022b":"c\\u0022","d":"\"e\"","a":{"a":1}}]'
    assert read(tmp_path, data) == [("#/0", {'a"b': "c\\u0022", "d": '"e"', "a": {"a": 1}})]


def test_half_an_emoji_becomes_the_replacement_character(tmp_path: Path) -> None:
    assert read(tmp_path, rb'[{"title":["cut \ud83d"]}]') == [("#/0", {"title": ["cut \N{REPLACEMENT CHARACTER}"]})]
