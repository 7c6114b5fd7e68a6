"""Reads `exports.toml`, which tells how each file of an export folder came to be (docs/formats/exports.md).

It collects every problem with its line. It reads no export and captures nothing.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from twofold.jobs.source_registry import check_kind
from twofold.model.evidence import ACT_CONNECTOR, TOTAL_EXAMPLE, Provenance, is_total
from twofold.model.ids import SystemId
from twofold.model.instant import parse_boundary, parse_instant, zone_named
from twofold.model.problem import Problem, UserError
from twofold.vault.evidence import CaptureItem
from twofold.vault.intake import open_intake

MANIFEST = "exports.toml"
_REQUIRED = ("path", "source", "kind", "query", "run_by", "run_at")
_OPTIONAL_TEXT = ("environment", "connector", "owner", "classification", "period_from", "period_to", "oldest_available")
_TYPES: Mapping[str, type] = {
    **dict.fromkeys((*_REQUIRED, *_OPTIONAL_TEXT), str),
    "claimed_count": int,
    "page_size": int,
    "paging_proven": bool,
    "systems": list,
    "parameters": dict,
    "totals": dict,
}
_TYPE_WORDS = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    list: 'a list such as ["billing"]',
    dict: 'a table such as { repository = "acme/billing" } or { amount = "1234567.89" }',
}
_MANIFEST_LIMIT = 16 * 1024 * 1024
_HEAD = re.compile(r"\s*\[\[\s*file\s*\]\]")
_KEY = re.compile(r"\s*\"?([A-Za-z_]+)\"?\s*=")
_TOML_LINE = re.compile(r"^(.*) \(at line (\d+), column (\d+)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a description of a file stands: one name for all of it, and one for a field where that is known."""

    whole: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """Return the place of a field, else of the whole."""
        return self.fields.get(name, self.whole)


def items_of_folder(folder: Path, *, zone: str) -> list[CaptureItem]:
    """Read an export folder; see `items_of_export`."""
    return items_of_export(folder, zone=zone, scratch=folder)


def items_of_export(path: Path, *, zone: str, scratch: Path) -> list[CaptureItem]:
    """Read an export folder, or a zip of one, which is unpacked to files below `scratch` (an empty folder).

    `zone` is the reporting zone, in which bare days of periods are read. A file that `exports.toml` does not name is a
    problem too, so that nothing is left behind unseen. Raises UserError with every problem, by line.
    """
    files = {file.name: file.path for file in open_intake(path, into=scratch)}
    manifests = sorted(
        (name for name in files if PurePosixPath(name).name == MANIFEST), key=lambda name: name.count("/")
    )
    if not manifests or (path.is_dir() and manifests[0] != MANIFEST):
        expected = f"{MANIFEST} with one [[file]] per export"
        raise UserError(Problem(str(path), f"there is no {MANIFEST} in it", expected, "see docs/formats/exports.md"))
    base = manifests[0].removesuffix(MANIFEST)
    inside = {name.removeprefix(base): file for name, file in files.items() if name.startswith(base)}
    outside = [name for name in files if not name.startswith(base)]
    return _items(_manifest_text(files[manifests[0]]), inside, outside=outside, zone=zone)


def provenance_of(entry: Mapping[str, Any], *, place: Place, zone: str) -> Provenance:
    """Read the provenance of one file; raises UserError with every problem of it."""
    problems = [*_shape_problems(entry, place)]
    moments: dict[str, datetime | None] = {}
    if not problems:
        problems += _kind_problems(entry, place)
        problems += _total_problems(entry, place)
        problems += _time_problems(entry, place, zone, moments)
    if problems:
        raise UserError(problems)
    return Provenance(
        source=entry["source"],
        kind=entry["kind"],
        run_by=entry["run_by"],
        run_at=parse_instant(entry["run_at"]).earliest,
        query=entry["query"],
        parameters=dict(entry.get("parameters", {})),
        environment=entry.get("environment", "production"),
        connector=entry.get("connector", "file"),
        claimed_count=entry.get("claimed_count"),
        totals=dict(entry.get("totals", {})),
        page_size=entry.get("page_size"),
        paging_proven=entry.get("paging_proven"),
        period_from=moments["period_from"],
        period_to=moments["period_to"],
        oldest_available=moments["oldest_available"],
        systems=tuple(SystemId(system) for system in entry.get("systems", [])),
        owner=entry.get("owner", ""),
        classification=entry.get("classification", "confidential"),
    )


def _manifest_text(path: Path) -> str:
    size = path.stat().st_size
    if size > _MANIFEST_LIMIT:
        raise UserError(Problem(MANIFEST, f"it holds {size:,} bytes", f"at most {_MANIFEST_LIMIT:,}"))
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(Problem(f"{MANIFEST}:{line}", "this is not UTF-8", "UTF-8 text", "save it as UTF-8")) from error


def _items(text: str, files: Mapping[str, Path], *, outside: Sequence[str], zone: str) -> list[CaptureItem]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_LINE.match(str(error))
        where, what = (f"{MANIFEST}:{match[2]}:{match[3]}", match[1]) if match else (MANIFEST, str(error))
        raise UserError(Problem(where, f"this is not TOML: {what}", "TOML", "correct this line")) from error
    entries = raw.get("file", [])
    if set(raw) - {"file"} or not isinstance(entries, list) or not entries:
        found = (
            "keys beside [[file]]: " + ", ".join(sorted(set(raw) - {"file"})) if set(raw) - {"file"} else "no [[file]]"
        )
        raise UserError(
            Problem(MANIFEST, found, "one [[file]] per export and nothing else", "see docs/formats/exports.md")
        )
    items: list[CaptureItem] = []
    problems: list[Problem] = []
    named: dict[tuple[str, ...], str] = {}
    for entry, place in zip(entries, _places(text, len(entries)), strict=True):
        try:
            items.append(_item(entry, files, place=place, zone=zone))
        except UserError as error:
            problems += error.problems
        else:
            key = (entry["path"], entry["source"], entry["kind"])
            if key in named:
                found = f"the same file, source and kind as in {named[key]}"
                problems.append(Problem(place.whole, found, "each once", "remove one of them"))
            named[key] = place.whole
    problems += _strays(files, entries, outside)
    if problems:
        raise UserError(problems)
    return items


def _places(text: str, count: int) -> list[Place]:
    """Find the line of each `[[file]]` and of its fields; another layout gives the number of the file."""
    found: list[Place] = []
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if _HEAD.match(line):
            fields = {}
            found.append(Place(f"{MANIFEST}:{number}", fields))
        elif (key := _KEY.match(line)) and found:
            fields.setdefault(key[1], f"{MANIFEST}:{number}")
    return found if len(found) == count else [Place(f"{MANIFEST}, file {number}") for number in range(1, count + 1)]


def _item(entry: object, files: Mapping[str, Path], *, place: Place, zone: str) -> CaptureItem:
    if not isinstance(entry, dict):
        raise UserError(Problem(place.whole, "this is no table", "[[file]] with " + ", ".join(_REQUIRED)))
    problems: list[Problem] = []
    path = entry.get("path")
    if isinstance(path, str) and path:
        problems += _path_problems(path, files, place.of("path"))
    try:
        provenance = provenance_of(entry, place=place, zone=zone)
    except UserError as error:
        raise UserError([*error.problems, *problems]) from error
    if problems:
        raise UserError(problems)
    name = str(PurePosixPath(entry["path"]))
    return CaptureItem(files[name], name, provenance)


def _path_problems(path: str, files: Mapping[str, Path], where: str) -> Iterator[Problem]:
    name = PurePosixPath(path)
    if name.is_absolute() or ".." in name.parts:
        yield Problem(where, f"path {path!r} leads out of the folder", "a path below the folder", "move the file there")
    elif str(name) not in files:
        near = difflib.get_close_matches(str(name), files, 1)
        remedy = f"did you mean {near[0]!r}?" if near else "correct the path, or export the file again"
        yield Problem(where, f"there is no file {path!r}", "a file below the folder", remedy)


def _shape_problems(entry: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    for name in _REQUIRED:
        if name not in entry or entry[name] == "":
            yield Problem(place.of(name), f"{name} is missing", f"{name} = ...", "add it")
    for name, value in entry.items():
        wanted = _TYPES.get(name)
        if wanted is None:
            near = difflib.get_close_matches(name, _TYPES, 1)
            remedy = f"did you mean {near[0]!r}?" if near else "remove it, or see docs/formats/exports.md"
            yield Problem(place.of(name), f"unknown field {name!r}", "one of " + ", ".join(sorted(_TYPES)), remedy)
        elif not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            yield Problem(place.of(name), f"{name} is {_shown(value)}", _TYPE_WORDS[wanted])
        elif isinstance(value, int) and value < 0:
            yield Problem(place.of(name), f"{name} = {value}", "0 or more")
        elif isinstance(value, list | dict):
            held = value.values() if isinstance(value, dict) else value
            wrong = [each for each in held if not isinstance(each, str)]
            if wrong:
                yield Problem(place.of(name), f"{name} holds {_shown(wrong[0])}", f"{_TYPE_WORDS[wanted]}, texts only")


def _shown(value: object) -> str:
    return f"{value.isoformat()} without quotes" if isinstance(value, datetime) else repr(value)


def _kind_problems(entry: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    try:
        check_kind(entry["source"], entry["kind"], where=place.of("kind"))
    except UserError as error:
        yield from error.problems
    if entry.get("connector") == ACT_CONNECTOR:
        found = f"connector = {ACT_CONNECTOR!r}, which marks what a command of Twofold captured for a person"
        yield Problem(place.of("connector"), found, "the connector that made the file, or none")
    if zone := entry.get("parameters", {}).get("zone"):
        yield from _refused(place.of("parameters"), "an IANA zone such as America/New_York", zone_named, zone)


def _total_problems(entry: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    for name, total in entry.get("totals", {}).items():
        if not name.strip() or not is_total(total):
            yield Problem(place.of("totals"), f"totals holds {name!r} = {total!r}", f"a field with {TOTAL_EXAMPLE}")


def _time_problems(
    entry: Mapping[str, Any], place: Place, zone: str, moments: dict[str, datetime | None]
) -> Iterator[Problem]:
    """Yield what is wrong with the times, and read the bare limits into `moments`."""
    example = "a time with an offset, such as 2026-07-15T06:00:00Z"
    unreadable = [*_refused(place.of("run_at"), example, parse_instant, entry["run_at"])]
    yield from unreadable
    if not unreadable:
        run_at = parse_instant(entry["run_at"])
        if not run_at.is_exact:
            yield Problem(place.of("run_at"), f"run_at = {entry['run_at']!r} leaves the moment open", example)
    for name in ("period_from", "period_to", "oldest_available"):
        moments[name] = None
        if text := entry.get(name):
            wrong = [*_refused(place.of(name), "a day such as 2026-07-15, or a time", parse_boundary, text, zone=zone)]
            yield from wrong
            moments[name] = None if wrong else parse_boundary(text, zone=zone)
    starts, ends = moments["period_from"], moments["period_to"]
    if starts and ends and starts >= ends:
        found = f"period_from {entry['period_from']} is not before period_to {entry['period_to']}"
        yield Problem(place.of("period_to"), found, "the day after the last", "correct one of them")


def _refused(where: str, expected: str, read: Callable[..., object], text: str, **options: str) -> Iterator[Problem]:
    try:
        read(text, **options)
    except ValueError as error:
        yield Problem(where, str(error), expected, "correct it")


def _strays(files: Mapping[str, Path], entries: Sequence[object], outside: Sequence[str]) -> list[Problem]:
    """Find files that nothing describes. Names with a leading dot are a system's own."""
    named = {
        str(PurePosixPath(entry["path"]))
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("path"), str)
    }
    left = sorted({*files, *outside} - named - {MANIFEST})
    return [
        Problem(name, f"{MANIFEST} does not name this file", "a [[file]] for each file", "add one, or move it away")
        for name in left
        if not PurePosixPath(name).name.startswith(".")
    ]
