"""Writes edits into the YAML that people keep: comments, order and spelling of everything else stay as they are.

A scalar keeps its text, as `scope/reading.py` reads it. The caller loads the result and compares: nothing here checks
what a scope may say.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from twofold.model.instant import parse_boundary
from twofold.model.problem import Problem, UserError
from twofold.scope.edits.edit import LABEL_TITLES, Edit, LabelBegun, LabelEnded, SystemAdded, SystemChanged
from twofold.scope.export import MODELINE, stands_plain

_NEW_FILE = "systems.yaml"
_ENDING_WITH_SYSTEM = ("soc2", "financially_relevant", "sso_only", "serves", "stores", "required_checks", "schedules")
_OFFSET = re.compile(r"^[A-Za-z_]+:[^\n]*\n(?:[ ]*#[^\n]*\n|\n)*([ ]*)- ", re.MULTILINE)
_QUOTED = re.compile(r"""(?<=[\s,:{\[])("(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')""")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)


class _AsWritten(VersionedResolver):
    """Every plain scalar is a text, save an empty one, so that `00123`, `no` and days keep their spelling."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node."""
        return self.DEFAULT_SCALAR_TAG if kind is ScalarNode and value else super().resolve(kind, value, implicit)


def edited_files(
    contents: Mapping[str, bytes], edits: Iterable[Edit], *, reason: str, approver: str, zone: str
) -> dict[str, bytes]:
    """Return the scope files that the edits change, by name, whole; those that stay are left out.

    contents: all scope files as they stand, which can be read without a fault. reason, approver: of labels that begin.
    Raises UserError for a system that is not there (or is already), for a label that does not hold, and where a
    comment would be lost.
    """
    files = {name: _File(content) for name, content in contents.items()}
    for edit in edits:
        _write(files, edit, reason=reason, approver=approver, zone=zone)
    written = {name: file.text() for name, file in files.items() if file.changed}
    for name, content in written.items():
        _keep_comments(name, contents.get(name, b""), content)
    return written


class _File:
    """One file, read when it is first looked into."""

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

    def systems(self) -> Iterator[CommentedMap]:
        """Give the systems that stand in the file."""
        if "systems:" in self._text or self._top is not None:
            yield from self.top.get("systems") or ()

    def text(self) -> bytes:
        """Return the bytes as they are now, with the line ends that the file had."""
        stream = io.StringIO()
        self._yaml.dump(self.top, stream)
        ends = "\r\n" if "\r\n" in self._text else "\n"
        return stream.getvalue().replace("\r\n", "\n").replace("\n", ends).encode()


def _write(files: dict[str, _File], edit: Edit, *, reason: str, approver: str, zone: str) -> None:
    if isinstance(edit, SystemAdded):
        _add(files, edit)
        return
    file, system = _found(files, edit.system)
    file.changed = True
    if isinstance(edit, SystemChanged):
        for key, value in edit.values.items():
            _put(system, key, value)
    elif isinstance(edit, LabelBegun):
        _begin(system, edit, reason=reason, approver=approver)
    elif isinstance(edit, LabelEnded):
        if not _end(system, edit.label, edit.day, zone):
            title = LABEL_TITLES[edit.label]
            found = f"{edit.system} has no label {title} of its own that holds on {edit.day} or later"
            remedy = "where it is inherited, end it on the system that is served"
            raise UserError(Problem(edit.system, found, "a label that holds", remedy))
    else:
        ended = [_end(system, section, edit.day, zone) for section in _ENDING_WITH_SYSTEM]
        if not any(ended):
            raise UserError(Problem(edit.system, "nothing of it holds on that day or later", "a day while it is used"))


def _found(files: Mapping[str, _File], system_id: str) -> tuple[_File, CommentedMap]:
    for file in files.values():
        for system in file.systems():
            if str(system.get("id")).strip() == system_id:
                return file, system
    raise UserError(Problem(system_id, "no scope file names the system", "a system of the files", "look at the list"))


def _add(files: dict[str, _File], edit: SystemAdded) -> None:
    """Write the system after the others, in the file that holds most of them."""
    counts = {name: sum(1 for _ in file.systems()) for name, file in sorted(files.items())}
    name = max(counts, key=lambda each: counts[each], default="")
    if not name or not counts[name]:
        name = next((each for each in sorted(files) if "systems" in files[each].top), _NEW_FILE)
    file = files.setdefault(name, _File(f"{MODELINE}\nsystems: []\n".encode()))
    if not isinstance(file.top.get("systems"), CommentedSeq):
        file.top["systems"] = CommentedSeq()
    system = CommentedMap()
    values = edit.model_dump(exclude={"kind", "system"})
    for key, value in {"id": edit.system, **values}.items():
        if value:
            _put(system, key, value)
    if not file.top["systems"]:
        file.top["systems"].fa.set_block_style()
    file.top["systems"].append(system)
    file.changed = True


def _begin(system: CommentedMap, edit: LabelBegun, *, reason: str, approver: str) -> None:
    if not isinstance(system.get(edit.label), CommentedSeq):
        fresh = CommentedSeq()
        fresh.fa.set_flow_style()
        system[edit.label] = fresh
    label = CommentedMap()
    label.fa.set_flow_style()
    label["from"] = edit.day.isoformat()
    _put(label, "reason", reason)
    _put(label, "approver", approver)
    if edit.dependents is not None and edit.label == "financially_relevant":
        label["dependents"] = _list(edit.dependents)
    system[edit.label].append(label)


def _end(system: CommentedMap, section: str, day: date, zone: str) -> bool:
    """Let nothing of a section reach past a day; returns whether anything did."""
    entries = system.get(section)
    if not isinstance(entries, CommentedSeq):
        return False
    end = parse_boundary(day.isoformat(), zone=zone)
    later = [
        number
        for number, entry in enumerate(entries)
        if entry.get("from") is not None and parse_boundary(str(entry["from"]), zone=zone) >= end
    ]
    for number in reversed(later):
        del entries[number]
    cut = False
    for entry in entries:
        if entry.get("to") is None or parse_boundary(str(entry["to"]), zone=zone) > end:
            _put_after_from(entry, day.isoformat())
            cut = True
    if not entries:
        del system[section]
    return cut or bool(later)


def _put_after_from(entry: CommentedMap, day: str) -> None:
    if "to" in entry:
        entry["to"] = day
    else:
        keys = list(entry)
        entry.insert(keys.index("from") + 1 if "from" in keys else len(keys), "to", day)


def _put(mapping: CommentedMap, key: str, value: str | tuple[str, ...]) -> None:
    if not value:
        mapping.pop(key, None)
    elif isinstance(value, str):
        mapping[key] = _scalar(value)
    else:
        mapping[key] = _list(value)


def _list(values: Iterable[str]) -> CommentedSeq:
    found = CommentedSeq([_scalar(each) for each in values])
    found.fa.set_flow_style()
    return found


def _scalar(text: str) -> str:
    return text if stands_plain(text) else DoubleQuotedScalarString(text)


def _keep_comments(name: str, before: bytes, after: bytes) -> None:
    kept = set(_comments(after))
    lost = [each for each in _comments(before) if each not in kept]
    if lost:
        found = f"writing the change would lose the comment {lost[0]!r}"
        raise UserError(Problem(f"scope/{name}", found, "a file whose comments stay", "make this change in the file"))


def _comments(content: bytes) -> list[str]:
    """Return the comments of a file; a # in quotes begins none."""
    return [each.rstrip() for each in _COMMENT.findall(_QUOTED.sub("", content.decode("utf-8-sig")))]
