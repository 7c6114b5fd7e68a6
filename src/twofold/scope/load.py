"""Loads the scope files of a workspace: all of them, or none with every problem in one error."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.scope.checks import Known, check_scope
from twofold.scope.entry import Entry
from twofold.scope.faults import entry_type, problems_in, unknown_key
from twofold.scope.fields import shown
from twofold.scope.reading import PlacedList, PlacedMap, place_at, read_yaml
from twofold.scope.register import Scope, ScopeFile

ENDINGS = frozenset({".yaml", ".yml"})
_MOST_REMEMBERED = 8
"""Scopes that are kept parsed: those in force and those that are compared with them."""
_PLACE = re.compile(r"(.*):([0-9]+):([0-9]+)", re.DOTALL)


def load_scope(
    folder: Path, *, reporting_zone: str, known_controls: Collection[str] = (), known_persons: Collection[str] = ()
) -> Scope:
    """Read every YAML file below `folder` (in order of path) and join them.

    known_controls, known_persons: ids that references may name; empty = not checked.
    Raises UserError with every problem of every file, as `scope/FILE:LINE:COLUMN`.
    """
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if _is_scope_file(path)}
    if not files:
        there = "no file ending in .yaml" if folder.is_dir() else "no such folder"
        remedy = "run 'twofold init', or write the first file as docs/formats/scope.md shows"
        raise UserError(Problem(str(folder), there, "a folder with scope files", remedy))
    problems: list[Problem] = []
    contents: dict[str, bytes] = {}
    for file in sorted(files):
        try:
            contents[file] = files[file].read_bytes()
        except OSError as error:
            problems.append(Problem(f"{folder.name}/{file}", f"cannot be read: {error.strerror}", "a readable file"))
    return _load(
        contents, problems, folder.name, reporting_zone, known_controls=known_controls, known_persons=known_persons
    )


def read_scope(contents: dict[str, bytes], *, reporting_zone: str, folder: str = "scope") -> Scope:
    """Read scope files that are already in memory, by name; raises UserError as `load_scope` does."""
    return _load(contents, [], folder, reporting_zone)


def _is_scope_file(path: Path) -> bool:
    # A name with a leading dot is an editor's lock or a system's shadow of a file.
    return path.suffix in ENDINGS and not path.name.startswith(".") and not path.is_dir()


def _load(
    contents: dict[str, bytes],
    problems: list[Problem],
    folder: str,
    reporting_zone: str,
    *,
    known_controls: Collection[str] = (),
    known_persons: Collection[str] = (),
) -> Scope:
    try:
        zone_named(reporting_zone)
    except ValueError as error:
        raise UserError(Problem("reporting_zone", str(error), "an IANA zone", "correct twofold.toml")) from error
    parsed = _parsed(tuple(sorted(contents.items())), folder, reporting_zone)
    problems.extend(parsed.problems)
    known = Known(zone=reporting_zone, systems=parsed.system_ids, controls=known_controls, persons=known_persons)
    problems.extend(check_scope(parsed.scope, known=known))
    if problems:
        raise UserError(sorted(problems, key=_by_place))
    return parsed.scope


@dataclass(frozen=True, slots=True)
class _Parsed:
    """Scope files as they say it, each entry right in itself. system_ids: as written, also of faulty systems."""

    scope: Scope
    system_ids: frozenset[str]
    problems: tuple[Problem, ...]


@lru_cache(maxsize=_MOST_REMEMBERED)
def _parsed(contents: tuple[tuple[str, bytes], ...], folder: str, zone: str) -> _Parsed:
    """Parse files in order of their names. Reading YAML is slow, and a process reads the same scope again and again."""
    entries: dict[str, list[Entry]] = {name: [] for name in ScopeFile.model_fields}
    system_ids: set[str] = set()
    problems: list[Problem] = []
    for file, content in contents:
        read = read_yaml(content, folder=folder, file=file)
        problems.extend(read.problems)
        if read.top is not None:
            system_ids.update(_written_ids(read.top))
            for name, entry in _entries(read.top, zone, problems):
                entries[name].append(entry)
    joined = {name: tuple(found) for name, found in entries.items()}
    scope = Scope.model_validate({"reporting_zone": zone, **joined}, context={"zone": zone})
    return _Parsed(scope, frozenset(system_ids), tuple(problems))


def _entries(top: PlacedMap, zone: str, problems: list[Problem]) -> Iterator[tuple[str, Entry]]:
    for section, items in top.items():
        if section not in ScopeFile.model_fields:
            problems.append(unknown_key(section, ScopeFile, str(top.key_places[section])))
        elif isinstance(items, PlacedList):
            model = entry_type(ScopeFile.model_fields[section])
            for number, item in enumerate(items):
                try:
                    yield section, model.model_validate(item, context={"zone": zone})
                except ValidationError as error:
                    problems.extend(problems_in(error, model=model, value=top, path=(section, number)))
        elif items is not None:
            found = f"{shown(items)} where the list of '{section}' belongs"
            problems.append(Problem(str(place_at(top, (section,))), found, "a list", "begin each entry with '- '"))


def _written_ids(top: PlacedMap) -> Iterator[str]:
    """Yield the system ids as written, so that a fault inside a system does not make its id unknown."""
    systems = top.get("systems")
    for system in systems if isinstance(systems, PlacedList) else ():
        if isinstance(system, PlacedMap) and isinstance(system.get("id"), str):
            yield system["id"].strip()


def _by_place(problem: Problem) -> tuple[str, int, int, str]:
    match = _PLACE.fullmatch(problem.where)
    if match is None:
        return (problem.where, 0, 0, problem.found)
    return (match[1], int(match[2]), int(match[3]), problem.found)
