"""Reads fields of a TOML file and collects what is wrong with them, each fault with file and line.

Nothing here stops at the first fault and nothing guesses: a field of the wrong type gives a problem and an
empty value, so that the reader goes on and the user sees every fault at once.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path

from twofold.catalog import toml_lines
from twofold.model.problem import Problem

_NEAR_ENOUGH = 0.6
"""Below this a suggestion would mislead; 2.0 is the word itself."""
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True)
class TomlTable:
    """One table of a file: its values, its path from the root, and the list that collects problems."""

    file: Path
    values: Mapping[str, object]
    path: toml_lines.Path
    lines: Mapping[toml_lines.Path, int]
    problems: list[Problem]

    def where(self, *below: str | int) -> str:
        """Return `file:line` of a field of this table, or of the nearest table around it that was written."""
        path = (*self.path, *below)
        while path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines[path]}"

    def report(self, *below: str | int, found: str, expected: str, remedy: str = "") -> None:
        """Note one fault of the field at `below`."""
        self.problems.append(Problem(self.where(*below), found, expected, remedy))

    def allow_only(self, *names: str) -> None:
        """Report each field that is not one of `names`; most are misspelt."""
        for name in self.values:
            if name not in names:
                self.report(
                    name,
                    found=f"unknown field {name!r}",
                    expected=f"one of {', '.join(names)}",
                    remedy=suggestion(name, names),
                )

    def text(self, name: str) -> str:
        """Return a text that must be there, its line breaks and runs of blanks made single blanks."""
        if name not in self.values:
            self._missing(name, "a text")
            return ""
        return self.optional_text(name)

    def optional_text(self, name: str) -> str:
        """Return a text, or "" where the field is absent; a blank text is a fault."""
        value = self.values.get(name)
        if name in self.values and not (isinstance(value, str) and value.strip()):
            self._wrong_type(name, "a text that is not empty")
        return " ".join(value.split()) if isinstance(value, str) else ""

    def whole(self, name: str) -> int:
        """Return a whole number that must be there; 0 where it is at fault."""
        if name not in self.values:
            self._missing(name, "a whole number")
        return self.optional_whole(name) or 0

    def optional_whole(self, name: str) -> int | None:
        """Return a whole number, or None where the field is absent or at fault."""
        value = self.values.get(name)
        if name in self.values and (not isinstance(value, int) or isinstance(value, bool)):
            self._wrong_type(name, "a whole number")
            return None
        return value if isinstance(value, int) else None

    def yes_or_no(self, name: str) -> bool:
        """Return a boolean that must be there."""
        value = self.values.get(name)
        if name not in self.values:
            self._missing(name, "true or false")
        elif not isinstance(value, bool):
            self._wrong_type(name, "true or false")
        return value is True

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts that must be there; it may be empty."""
        if name not in self.values:
            self._missing(name, "a list of texts")
            return ()
        value = self.values[name]
        if not isinstance(value, list):
            self._wrong_type(name, "a list of texts")
            return ()
        return tuple(self._element(name, position, element) for position, element in enumerate(value))

    def table(self, name: str) -> "TomlTable":
        """Return the table below this one; an empty one where it is absent or at fault."""
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            self._wrong_type(name, f"a table, written as [{name}]")
            value = {}
        return TomlTable(self.file, value, (*self.path, name), self.lines, self.problems)

    def required_table(self, name: str) -> "TomlTable":
        """Return the table below this one, and report it where it is absent."""
        if name not in self.values:
            self._missing(name, f"a table, written as [{name}]")
        return self.table(name)

    def tables(self, name: str) -> tuple["TomlTable", ...]:
        """Return each table of a list that must be there, written as [[name]]."""
        value = self.values.get(name)
        if not (isinstance(value, list) and value and all(isinstance(member, dict) for member in value)):
            self.report(
                name,
                found=f"no list of tables {name!r}",
                expected=f"one or more tables, each written as [[{name}]]",
                remedy=f"add a [[{name}]] table",
            )
            return ()
        return tuple(
            TomlTable(self.file, member, (*self.path, name, position), self.lines, self.problems)
            for position, member in enumerate(value)
        )

    def refer(self, *below: str | int, found: object, valid: Iterable[object], noun: str) -> bool:
        """Report `found` unless it is one of `valid`; return whether it is."""
        known = [str(one) for one in valid]
        if str(found) in known:
            return True
        self.report(
            *below,
            found=f"there is no {noun} {str(found)!r}",
            expected=f"one of {_shortened(known)}",
            remedy=suggestion(str(found), known),
        )
        return False

    def _element(self, name: str, position: int, element: object) -> str:
        if isinstance(element, str) and element.strip():
            return " ".join(element.split())
        self.report(name, position, found=f"{element!r} in {name!r}", expected="a text that is not empty")
        return ""

    def _missing(self, name: str, expected: str) -> None:
        self.report(
            found=f"the field {name!r} is missing",
            expected=expected,
            remedy=f"add {name!r}; docs/formats/catalog.md shows every field",
        )

    def _wrong_type(self, name: str, expected: str) -> None:
        self.report(name, found=f"{name!r} is {self.values[name]!r}", expected=expected)


def read_toml(file: Path, problems: list[Problem]) -> TomlTable | None:
    """Read a file as its root table; None, with a problem noted, where it cannot be read."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        problems.append(Problem(f"{file}:1", f"cannot be read ({error.strerror})", "a readable TOML file"))
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem(f"{file}:{line}", "a byte that is not UTF-8", "UTF-8 text", "save the file as UTF-8"))
        return None
    text = text.replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
        lines = toml_lines.key_lines(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(_syntax_problem(file, text, str(error)))
        return None
    except RecursionError:
        problems.append(Problem(f"{file}:1", "lists or tables are nested too deeply", "the fields of a catalog file"))
        return None
    return TomlTable(file, values, (), lines, problems)


def suggestion(found: str, valid: Iterable[str]) -> str:
    """Return the remedy that names the nearest valid word, or "" when none is near."""
    near, nearness = "", _NEAR_ENOUGH
    for word in valid:
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(found, word, strict=False)))
        # Ids are typed from the left, so of equally similar ones the one that begins alike was meant.
        likeness = SequenceMatcher(None, found, word).ratio() + shared / max(len(found), 1)
        if likeness > nearness:
            near, nearness = word, likeness
    return f"did you mean {near}?" if near else ""


def _syntax_problem(file: Path, text: str, message: str) -> Problem:
    match = _AT_LINE.search(message)
    line = int(match[1]) if match else text.count("\n") + 1
    return Problem(f"{file}:{line}", f"not valid TOML: {_AT_LINE.sub('', message)}", "TOML (see https://toml.io)")


def _shortened(words: list[str], most: int = 12) -> str:
    if len(words) <= most:
        return ", ".join(words)
    return f"the {len(words)} known ones, {words[0]} to {words[-1]}"
