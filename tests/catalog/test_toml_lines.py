import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.catalog.load import SHIPPED
from twofold.catalog.toml_lines import key_lines

AWKWARD = '''# a = 1
top = "x # no comment = [" # comment "
"quoted.key" = 1
a.b . c = 2.5
long = """
[not.a.table]
key = 1 \\""" still inside
"""""
plain = \'\'\'
one
\'\'\'
[one]
list = [ # first
  "a", ["b",
  "c"],

  "d",
]
inline = { x = 1, y = { z = "}" }, w = [
  2] }
[[many]]
id = 1
[many.sub.deep]
k = 1
[[many]]
id = 2
[many.sub]
k = 2
[[many.inner]]
v = 3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted.key",), 3),
        (("a", "b", "c"), 4),
        (("long",), 5),
        (("plain",), 9),
        (("one",), 12),
        (("one", "list"), 13),
        (("one", "list", 0), 14),
        (("one", "list", 1), 14),
        (("one", "list", 1, 1), 15),
        (("one", "list", 2), 17),
        (("one", "inline", "y", "z"), 19),
        (("one", "inline", "w", 0), 20),
        (("many", 0), 21),
        (("many", 0, "id"), 22),
        (("many", 0, "sub"), 23),
        (("many", 0, "sub", "deep", "k"), 24),
        (("many", 1, "id"), 26),
        (("many", 1, "sub", "k"), 28),
        (("many", 1, "inner", 0, "v"), 30),
    ],
)
def test_awkward_forms(path: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(AWKWARD)

    assert key_lines(AWKWARD)[path] == line


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif isinstance(value, list):
        for position, below in enumerate(value):
            yield from leaves(below, (*path, position))
    else:
        yield path, value


@pytest.mark.parametrize("file", sorted(SHIPPED.rglob("*.toml")), ids=lambda file: file.name)
def test_every_value_of_the_catalog_stands_on_its_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    rows, lines = text.split("\n"), key_lines(text)

    for path, value in leaves(tomllib.loads(text)):
        first = str(value).strip().split("\n")[0]
        shown = "true" if value is True else "false" if value is False else first
        assert shown in " ".join(rows[lines[path] - 1 : lines[path] + 1])


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z]{1,4}", fullmatch=True),
            st.integers(0, 3),
            st.sampled_from(['"x"', "[\n1,\n2]", '"""\na\n"""']),
        ),
        unique_by=lambda entry: entry[0],
        max_size=6,
    )
)
def test_keys_are_found_after_any_mix_of_values(entries: list[tuple[str, int, str]]) -> None:
    text, expected = "", {}
    for key, blank_lines, value in entries:
        text += "\n" * blank_lines
        expected[key,] = text.count("\n") + 1
        text += f"{key} = {value}\n"

    lines = key_lines(text)

    assert {path: lines[path] for path in expected} == expected
