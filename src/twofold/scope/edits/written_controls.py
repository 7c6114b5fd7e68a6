"""Writes who has a control from a day on: an entry that reaches past the day ends with it, another goes on from there.

So what held before the day stays written, and the question who had the control then keeps its answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from twofold.model.instant import parse_boundary
from twofold.model.problem import Problem, UserError
from twofold.scope.edits.edit import PARTS, ControlEdit, ControlHeld
from twofold.scope.edits.yaml_file import YamlFile, file_for, flow_list, insert_after, insert_key, put, put_day
from twofold.scope.export import MODELINE
from twofold.scope.stretches import Stretch, without

_SECTION, _NEW_FILE = "controls", "controls.yaml"
_PEOPLE = tuple(PARTS)
_KEYS = ("id", *_PEOPLE, "systems", "from", "to")


@dataclass(frozen=True, slots=True)
class _Held:
    """One entry of the control that reaches past the day. systems: those that it names, () = all others."""

    file: YamlFile
    entries: CommentedSeq
    entry: CommentedMap
    systems: tuple[str, ...]
    stretch: Stretch

    def meant(self, wanted: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return which of its systems an edit means, () = all that it is for; None where it means none."""
        if wanted is None or (not wanted and not self.systems):
            return ()
        named = tuple(each for each in self.systems if each in wanted)
        if not named:
            return None
        return () if len(named) == len(self.systems) else named


def write_control(files: dict[str, YamlFile], edit: ControlEdit, *, zone: str) -> None:
    """Write one edit; raises UserError where nothing that it would end holds on its day or later."""
    day = parse_boundary(edit.day.isoformat(), zone=zone)
    held = list(_reaching(files, edit.control, day, zone))
    meant = [(each, part) for each in held if (part := each.meant(edit.systems)) is not None]
    if isinstance(edit, ControlHeld):
        _fill(files, edit, held, day)
        for each, part in meant:
            if any(_text(each.entry, key) != person for key, person in edit.values.items()):
                _Change(edit, each, day).hold(part)
        return
    if not meant:
        found = f"no entry of {edit.control} that is meant holds on {edit.day} or later"
        raise UserError(Problem(edit.control, found, "a control that somebody has then"))
    for each, part in meant:
        _Change(edit, each, day).release(part)


@dataclass(frozen=True, slots=True)
class _Change:
    """What an edit does to one entry."""

    edit: ControlEdit
    held: _Held
    day: datetime

    def hold(self, part: tuple[str, ...]) -> None:
        """Give the entry, or only the part of its systems that is named, to other people."""
        entry = self._cut_off()
        if part:
            rest = entry
            entry = self._behind(rest, _copy(rest))
            self._leave(rest, part)
            entry["systems"] = flow_list(part)
        for key, person in self.edit.values.items() if isinstance(self.edit, ControlHeld) else ():
            _put_in_order(entry, key, person)

    def release(self, part: tuple[str, ...]) -> None:
        """End the entry, or take the part of its systems that is named out of it."""
        if part:
            self._leave(self._cut_off(), part)
        elif self._begins_before:
            put_day(self.held.entry, "to", self.edit.day.isoformat())
        else:
            del self.held.entries[self._place(self.held.entry)]
        self.held.file.changed = True

    @property
    def _begins_before(self) -> bool:
        return self.held.stretch.starts_at < self.day

    def _cut_off(self) -> CommentedMap:
        """Return the entry as it holds from the day on: itself, or a copy behind it where it began before."""
        self.held.file.changed = True
        before = self.held.entry
        if not self._begins_before:
            return before
        after = self._behind(before, _copy(before))
        put_day(before, "to", self.edit.day.isoformat())
        put_day(after, "from", self.edit.day.isoformat())
        return after

    def _behind(self, entry: CommentedMap, copy: CommentedMap) -> CommentedMap:
        insert_after(self.held.entries, self._place(entry), copy)
        return copy

    def _place(self, entry: CommentedMap) -> int:
        return next(number for number, each in enumerate(self.held.entries) if each is entry)

    def _leave(self, entry: CommentedMap, part: tuple[str, ...]) -> None:
        entry["systems"] = flow_list([each for each in self.held.systems if each not in part])


def _fill(files: dict[str, YamlFile], edit: ControlHeld, held: list[_Held], day: datetime) -> None:
    """Add entries for what the edit means and no entry names.

    A system gets what the entries for all others say in their time, and on top of it what changes. Where nobody has it
    on the day, an entry is added until the next one begins.
    """
    texts = {day: edit.day.isoformat()}
    for each in held:
        texts |= {each.stretch.starts_at: _text(each.entry, "from"), each.stretch.ends_before: _text(each.entry, "to")}
    found: dict[tuple[Stretch, tuple[str, ...]], list[str]] = {}
    if edit.systems:
        for system in edit.systems:
            for piece in _pieces(held, system, day):
                found.setdefault(piece, []).append(system)
    elif edit.systems is not None or not any(day in each.stretch for each in held):
        found = {piece: [] for piece in _pieces(held, "", day)}
    for (stretch, people), systems in found.items():
        said = dict(zip(_PEOPLE, people, strict=True))
        fresh = {**said, **edit.values}
        if fresh != said:
            begins, ends = texts[stretch.starts_at], texts.get(stretch.ends_before, "")
            _append(files, {"id": edit.control, **fresh}, tuple(systems), begins, ends)


def _pieces(held: list[_Held], system: str, day: datetime) -> Iterator[tuple[Stretch, tuple[str, ...]]]:
    """Yield when no entry names a system from a day on, and who has it then by the entries for all others.

    system: "" for those that no entry names. Of the time in which nobody has it only what begins with the day.
    """
    general = [each for each in held if not each.systems]
    named = [each for each in held if system in each.systems] if system else general
    for gap in without(Stretch(starts_at=day), [each.stretch for each in named]):
        shared = [(part, each) for each in general if (part := gap.common(each.stretch))]
        for part, each in shared:
            yield part, tuple(_text(each.entry, key) for key in _PEOPLE)
        for part in without(gap, [part for part, _ in shared]):
            if part.starts_at == day:
                yield part, ("",) * len(_PEOPLE)


def _append(
    files: dict[str, YamlFile], said: Mapping[str, str], systems: tuple[str, ...], begins: str, ends: str
) -> None:
    entry = CommentedMap()
    entry.fa.set_flow_style()
    for key, value in said.items():
        put(entry, key, value)
    put(entry, "systems", systems)
    put_day(entry, "from", begins)
    if ends:
        put_day(entry, "to", ends)
    entries = file_for(files, _SECTION, _NEW_FILE, MODELINE).section(_SECTION)
    last = max((n for n, each in enumerate(entries) if _text(each, "id") == said["id"]), default=len(entries) - 1)
    insert_after(entries, last, entry)


def _reaching(files: Mapping[str, YamlFile], control: str, day: datetime, zone: str) -> Iterator[_Held]:
    """Yield the entries of a control that hold on the day or later."""
    for file in files.values():
        entries = file.section(_SECTION)
        for entry in entries:
            if _text(entry, "id") != control:
                continue
            stretch = Stretch.of(*(_boundary(entry.get(key), zone) for key in ("from", "to")))
            if stretch.ends_before > day:
                systems = tuple(str(each).strip() for each in entry.get("systems") or ())
                yield _Held(file, entries, entry, systems, stretch)


def _boundary(value: object, zone: str) -> datetime | None:
    return None if value is None else parse_boundary(str(value), zone=zone)


def _copy(entry: CommentedMap) -> CommentedMap:
    """Return an entry that says the same, without its comments and in the same form."""
    copy = CommentedMap()
    for key, value in entry.items():
        copy[key] = flow_list(str(each) for each in value) if isinstance(value, list) else value
    if entry.fa.flow_style():
        copy.fa.set_flow_style()
    return copy


def _put_in_order(entry: CommentedMap, key: str, person: str) -> None:
    """Set a person; a key that is new stands where people write it."""
    if person and key not in entry:
        later = [place for place, each in enumerate(entry) if each in _KEYS and _KEYS.index(each) > _KEYS.index(key)]
        insert_key(entry, min(later, default=len(entry)), key, "")
    put(entry, key, person)


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    return "" if value is None else str(value).strip()
