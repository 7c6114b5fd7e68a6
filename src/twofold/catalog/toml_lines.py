"""Line numbers for the keys and list elements of a TOML text.

`tomllib` reads values and forgets where they stood; an error without a line sends people searching.
This file finds lines only. It refuses nothing and checks nothing: the text must have passed `tomllib`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and list positions from the root, for example ("criterion", 3, "id")."""

_TOKEN = re.compile(
    r'''(?P<skip>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[\[\]{},=.])
    |(?P<bare>[^\s\#"'\[\]{},=.]+)''',
    re.VERBOSE | re.DOTALL,
)
_ENDS_SCALAR = {"\n", ",", "]", "}", ""}


def key_lines(text: str) -> Mapping[Path, int]:
    r"""Return the line, counted from 1, of each table, key and list element.

    >>> key_lines('a = 1\n[b]\nc = [\n  "x",\n  "y",\n]\n')[("b", "c", 1)]
    5
    """
    walk = _Walk(list(_tokens(text)))
    walk.document()
    return walk.lines


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "skip":
            yield _Token(kind, match[0], line)
        line += match[0].count("\n")
    yield _Token("end", "", line)


class _Walk:
    """One pass over the tokens of a valid text, noting the line of each path."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.lines: dict[Path, int] = {(): 1}
        self._tokens = tokens
        self._next = 0
        self._newest_in_list: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self._peek().kind != "end":
            if self._peek().kind == "newline":
                self._take()
            elif self._peek().text == "[":
                table = self._header()
            else:
                self._pair(table)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _key(self, stop: str) -> tuple[str, ...]:
        parts: list[str] = []
        while self._peek().text != stop:
            token = self._take()
            if token.text != ".":
                parts.append(token.text[1:-1] if token.kind == "text" else token.text)
        self._take()
        return tuple(parts)

    def _header(self) -> Path:
        line = self._take().line
        is_list = self._peek().text == "["
        if is_list:
            self._take()
        *parents, last = self._key("]")
        path: Path = ()
        for part in parents:
            path = self._inside_newest((*path, part))
            self.lines.setdefault(path, line)
        path = (*path, last)
        if is_list:
            self._take()
            self.lines.setdefault(path, line)
            self._newest_in_list[path] = self._newest_in_list.get(path, -1) + 1
        path = self._inside_newest(path)
        self.lines[path] = line
        return path

    def _inside_newest(self, path: Path) -> Path:
        newest = self._newest_in_list.get(path)
        return path if newest is None else (*path, newest)

    def _pair(self, table: Path) -> None:
        line = self._peek().line
        path: Path = table
        for part in self._key("="):
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._peek().text == "[":
            self._members(path, "]")
        elif self._peek().text == "{":
            self._members(path, "}")
        else:
            while self._peek().text not in _ENDS_SCALAR:
                self._take()

    def _members(self, path: Path, closing: str) -> None:
        self._take()
        count = 0
        while self._peek().text != closing:
            if self._peek().text in {"\n", ","}:
                self._take()
            elif closing == "}":
                self._pair(path)
            else:
                self.lines[(*path, count)] = self._peek().line
                self._value((*path, count))
                count += 1
        self._take()
