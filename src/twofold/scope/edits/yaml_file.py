"""One scope file under change: what is written into it leaves comments, order and spelling of everything else.

A scalar keeps its text, as `scope/reading.py` reads it.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.tokens import CommentToken

from twofold.model.problem import Problem, UserError
from twofold.scope.export import stands_plain

_OFFSET = re.compile(r"^[A-Za-z_]+:[^\n]*\n(?:[ ]*#[^\n]*\n|\n)*([ ]*)- ", re.MULTILINE)
_QUOTED = re.compile(r"""(?<=[\s,:{\[])("(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')""")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_AFTER_ITEM, _AFTER_VALUE = 0, 2
"""Where ruamel keeps the comment behind an item of a list, and behind the value of a key."""


class _AsWritten(VersionedResolver):
    """Every plain scalar is a text, save an empty one, so that `00123`, `no` and days keep their spelling."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node."""
        return self.DEFAULT_SCALAR_TAG if kind is ScalarNode and value else super().resolve(kind, value, implicit)


class YamlFile:
    """One file, read when it is first looked into. The caller says when it `changed`."""

    def __init__(self, content: bytes) -> None:
        self.changed = False
        self._text = content.decode("utf-8-sig")
        self._yaml = YAML(typ="rt")
        self._yaml.Resolver = _AsWritten
        self._yaml.preserve_quotes = True
        self._yaml.width = 100_000
        indent = _OFFSET.search(self._text)
        offset = len(indent[1]) if indent else 2
        self._yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
        self._top: CommentedMap | None = None

    @property
    def top(self) -> CommentedMap:
        """The mapping of sections."""
        if self._top is None:
            self._top = self._yaml.load(self._text) or CommentedMap()
        return self._top

    def section(self, name: str) -> CommentedSeq:
        """Return the entries of a section as they stand; an empty list, not of the file, where it has none."""
        there = f"{name}:" in self._text or self._top is not None
        found = self.top.get(name) if there else None
        return found if isinstance(found, CommentedSeq) else CommentedSeq()

    def text(self) -> bytes:
        """Return the bytes as they are now, with the line ends that the file had."""
        stream = io.StringIO()
        self._yaml.dump(self.top, stream)
        ends = "\r\n" if "\r\n" in self._text else "\n"
        return stream.getvalue().replace("\r\n", "\n").replace("\n", ends).encode()


def file_for(files: dict[str, YamlFile], section: str, new_file: str, head: str) -> YamlFile:
    """Return the file to which an entry of a section is added: the one that holds most of them, else a new one.

    head: first line of the new file. The file has the section then, and counts as changed.
    """
    counts = {name: len(file.section(section)) for name, file in sorted(files.items())}
    name = max(counts, key=lambda each: counts[each], default="")
    if not name or not counts[name]:
        name = next((each for each in sorted(files) if section in files[each].top), new_file)
    file = files.setdefault(name, YamlFile(f"{head}\n{section}: []\n".encode()))
    if not isinstance(file.top.get(section), CommentedSeq):
        file.top[section] = CommentedSeq()
    file.changed = True
    return file


def insert_after(entries: CommentedSeq, place: int, entry: CommentedMap) -> None:
    """Insert an entry behind the one at `place`; what stands in the lines below that one stays below both.

    place: -1 for a list without entries.
    """
    if place < 0:
        entries.fa.set_block_style()
        entries.append(entry)
        return
    below = _lines_below(entries, place)
    entries.insert(place + 1, entry)
    _put_below(entries, place + 1, below)


def insert_key(mapping: CommentedMap, place: int, key: str, value: object) -> None:
    """Insert a key at a place from 0; what stands in the lines below the mapping stays there."""
    last = list(mapping)[-1] if mapping and place >= len(mapping) and not mapping.fa.flow_style() else None
    below = "" if last is None else _lines_below(mapping, last)
    mapping.insert(place, key, value)
    _put_below(mapping, key, below)


def _put_below(holder: Any, key: Any, below: str) -> None:
    if below:
        holder, key, slot = _last_leaf(holder, key)
        comment: list[CommentToken | None] = [None] * 4
        comment[slot] = CommentToken(below, start_mark=CommentMark(0), end_mark=None)
        holder.ca.items[key] = comment


def _last_leaf(holder: CommentedSeq | CommentedMap, key: Any) -> tuple[Any, Any, int]:
    """Return where the comment behind an entry is kept: holder, key in it, and slot."""
    value = holder[key]
    while isinstance(value, CommentedMap | CommentedSeq) and value and not value.fa.flow_style():
        holder, key = value, list(value)[-1] if isinstance(value, CommentedMap) else len(value) - 1
        value = holder[key]
    return holder, key, _AFTER_ITEM if isinstance(holder, CommentedSeq) else _AFTER_VALUE


def _lines_below(holder: Any, key: Any) -> str:
    """Take the lines below an entry off the comment behind it, and return them with a line end before; "" for none."""
    holder, key, slot = _last_leaf(holder, key)
    tokens = holder.ca.items.get(key)
    token = tokens[slot] if tokens and len(tokens) > slot else None
    if token is None:
        return ""
    beside, end, below = token.value.partition("\n")
    if not below:
        return ""
    if beside:
        tokens[slot] = CommentToken(beside + end, start_mark=token.start_mark, end_mark=None)
    else:
        tokens[slot] = None
    return f"\n{below}"


def put(mapping: CommentedMap, key: str, value: str | tuple[str, ...]) -> None:
    """Set a key to a text or a list of texts; an empty one is taken out."""
    if not value:
        mapping.pop(key, None)
        return
    written = _scalar(value) if isinstance(value, str) else flow_list(value)
    if key in mapping:
        mapping[key] = written
    else:
        insert_key(mapping, len(mapping), key, written)


def put_day(entry: CommentedMap, key: str, day: str) -> None:
    """Set `from` or `to` of a dated entry; a new `to` stands behind its `from`, a new `from` before its `to`."""
    if key in entry:
        entry[key] = day
        return
    keys = list(entry)
    if key == "to":
        place = keys.index("from") + 1 if "from" in keys else len(keys)
    else:
        place = keys.index("to") if "to" in keys else len(keys)
    insert_key(entry, place, key, day)


def flow_list(values: Iterable[str]) -> CommentedSeq:
    """Return texts as a list on one line."""
    found = CommentedSeq([_scalar(each) for each in values])
    found.fa.set_flow_style()
    return found


def entries_of(files: Mapping[str, YamlFile], section: str) -> Iterator[tuple[YamlFile, CommentedMap]]:
    """Yield the entries of a section in all files, each with its file."""
    for file in files.values():
        for entry in file.section(section):
            yield file, entry


def keep_comments(name: str, before: bytes, after: bytes) -> None:
    """Raise UserError where a comment of a file is not in what it becomes."""
    kept = set(_comments(after))
    lost = [each for each in _comments(before) if each not in kept]
    if lost:
        found = f"writing the change would lose the comment {lost[0]!r}"
        raise UserError(Problem(f"scope/{name}", found, "a file whose comments stay", "make this change in the file"))


def _scalar(text: str) -> str:
    return text if stands_plain(text) else DoubleQuotedScalarString(text)


def _comments(content: bytes) -> list[str]:
    """Return the comments of a file; a # in quotes begins none."""
    return [each.rstrip() for each in _COMMENT.findall(_QUOTED.sub("", content.decode("utf-8-sig")))]
