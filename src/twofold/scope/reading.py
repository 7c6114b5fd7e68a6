"""Reads the bytes of one YAML file into plain values that remember line and column.

It refuses what makes a file ambiguous or dangerous: tabs in indentation, duplicate keys, anchors and aliases
(an alias bomb is refused before it can grow), explicit tags, more than one document, deep nesting and large files.
A scalar keeps the text that was written, so `00123` stays a person's id and `no` is never turned into false.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from twofold.model.problem import Problem

MOST_BYTES = 4_000_000
MOST_LEVELS = 12
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TAB = re.compile(r"^ *\t")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: `folder` and `file` (relative to it), line and column from 1."""

    folder: str
    file: str
    line: int
    column: int = 1

    @property
    def record(self) -> str:
        """The locator that lineage carries, for example `systems.yaml:12`."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.folder}/{self.file}:{self.line}:{self.column}"


class Plain(str):
    """A scalar written without quotes: its field decides whether it is a text, a number or a day."""

    __slots__ = ()


class PlacedMap(dict[str, Any]):
    """A mapping with its own place, and the place of each key and value."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, Place] = {}
        self.value_places: dict[str, Place] = {}


class PlacedList(list[Any]):
    """A list with its own place, and the place of each element."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.item_places: list[Place] = []


@dataclass(slots=True)
class ReadFile:
    """What a file held: its top mapping (None if it could not be read) and the problems met."""

    top: PlacedMap | None
    problems: list[Problem] = field(default_factory=list)


def read_yaml(content: bytes, *, folder: str, file: str) -> ReadFile:
    """Read one YAML file; every problem found is in the result, nothing is raised for bad input."""
    start = Place(folder, file, 1)
    if len(content) > MOST_BYTES:
        return _refused(start, f"the file has {len(content):,} bytes", f"at most {MOST_BYTES:,}", "split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        place = Place(folder, file, line, column)
        return _refused(place, f"byte 0x{content[error.start]:02x} is not UTF-8", "UTF-8 text", "save it as UTF-8")
    tabs = [number for number, line in enumerate(text.splitlines(), 1) if _TAB.match(line)]
    if tabs:
        remedy = "replace the tab with spaces"
        return ReadFile(
            None, [Problem(str(Place(folder, file, n)), "a tab indents this line", "spaces", remedy) for n in tabs]
        )
    return _Reader(folder, file, text).read()


def place_at(top: object, path: tuple[object, ...], *, of_key: bool = False) -> Place:
    """Return the place of the value (or its key) at `path`, or of the nearest thing above it that exists.

    `top` is a PlacedMap or PlacedList.
    """
    if not isinstance(top, PlacedMap | PlacedList):
        msg = "only a value that was read from a file has a place"
        raise TypeError(msg)
    node: object = top
    place = top.place
    for number, step in enumerate(path, 1):
        if isinstance(node, PlacedMap) and isinstance(step, str) and step in node.value_places:
            last = number == len(path)
            place = node.key_places[step] if of_key and last else node.value_places[step]
            node = node.get(step)
        elif isinstance(node, PlacedList) and isinstance(step, int) and step < len(node):
            place, node = node.item_places[step], node[step]
        else:
            break
    return place


def _refused(place: Place, found: str, expected: str, remedy: str) -> ReadFile:
    return ReadFile(None, [Problem(str(place), found, expected, remedy)])


class _StopError(Exception):
    """Reading cannot go on; the problem is already recorded."""


class _Reader:
    """Turns the parser's events into placed values; one instance per file."""

    def __init__(self, folder: str, file: str, text: str) -> None:
        self.folder = folder
        self.file = file
        self.text = text
        self.problems: list[Problem] = []

    def read(self) -> ReadFile:
        """Return the top mapping and all problems."""
        try:
            value = self._document()
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self.folder, self.file, mark.line + 1, mark.column + 1) if mark else self._place()
            what = " ".join(str(error.problem or error.context or "it cannot be read").split())
            self._problem(place, f"this is not YAML: {what}", "YAML", "look at the indentation, colons and quotes here")
        except ReaderError as error:
            before = self.text[: error.position]
            place = Place(self.folder, self.file, before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
            self._problem(place, f"control character U+{error.character:04X}", "printable text", "delete the character")
        except _StopError:
            pass
        else:
            if isinstance(value, PlacedMap):
                return ReadFile(value, self.problems)
            if not self.problems:
                self._no_mapping(value)
        return ReadFile(None, self.problems)

    def _no_mapping(self, value: object) -> None:
        if value is None:
            remedy = "write the entries, for example 'systems: []', or delete the file"
            self._problem(self._place(), "the file is empty", "a mapping such as 'systems:'", remedy)
        else:
            remedy = "begin with a key such as 'systems:' and indent the entries below it"
            self._problem(self._place(), "the file holds no mapping", "a mapping such as 'systems:'", remedy)

    def _document(self) -> object:
        events: Iterator[Event] = YAML(typ="safe", pure=True).parse(self.text)
        value: object = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._problem(
                        self._at(event), "a second document starts", "one document a file", "delete the '---'"
                    )
                    raise _StopError
                value = self._value(next(events), events, 0)
        return value

    def _value(self, event: Event, events: Iterator[Event], level: int) -> object:
        place = self._at(event)
        if level > MOST_LEVELS:
            self._problem(place, "nested too deeply", f"at most {MOST_LEVELS} levels", "look at docs/formats/scope.md")
            raise _StopError
        if isinstance(event, NodeEvent) and event.anchor:
            remedy = "write the value out: a reviewer must see what each entry says"
            self._problem(place, "an anchor or alias (& or *)", "plain values", remedy)
        if isinstance(event, AliasEvent):
            return None
        if isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent) and event.tag:
            self._problem(place, f"an explicit tag {event.tag}", "plain values", "delete the tag")
        if isinstance(event, MappingStartEvent):
            return self._mapping(place, events, level)
        if isinstance(event, SequenceStartEvent):
            items = PlacedList(place)
            for inner in events:
                if isinstance(inner, SequenceEndEvent):
                    break
                items.item_places.append(self._at(inner))
                items.append(self._value(inner, events, level + 1))
            return items
        return self._scalar(event)

    def _mapping(self, place: Place, events: Iterator[Event], level: int) -> PlacedMap:
        mapping = PlacedMap(place)
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key_place = self._at(event)
            key = self._value(event, events, level + 1)
            following = next(events)
            value_place = self._at(following)
            value = self._value(following, events, level + 1)
            if not isinstance(key, str):
                self._problem(key_place, "a key that is no text", "a name", "quote the key or correct it")
            elif key in mapping:
                first = mapping.key_places[key].line
                self._problem(
                    key_place, f"key '{key}' stands twice (first on line {first})", "once", "keep one of them"
                )
            else:
                name = str(key)
                mapping[name] = value
                mapping.key_places[name] = key_place
                mapping.value_places[name] = value_place
        return mapping

    def _scalar(self, event: Event) -> object:
        if not isinstance(event, ScalarEvent):
            msg = f"the YAML parser gave {event!r} where a value starts"
            raise TypeError(msg)
        if event.style:
            return str(event.value)
        return None if event.value in _NULLS else Plain(event.value)

    def _at(self, event: Event) -> Place:
        return Place(self.folder, self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _place(self) -> Place:
        return Place(self.folder, self.file, 1)

    def _problem(self, place: Place, found: str, expected: str, remedy: str) -> None:
        self.problems.append(Problem(str(place), found, expected, remedy))
