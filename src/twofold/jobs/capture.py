"""Steps 1 and 2 from files: provenance that a person or collector gives, and the bytes, into the vault.

An export folder carries `exports.toml` with one `[[file]]` per file (docs/formats/exports.md). Everything in it is captured as
one act, or nothing. Each file is read once more afterwards, so that the person hears at once what could not be read.
"""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from twofold.jobs.normalise import FileReading, context_for, read_file
from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.source_registry import check_kind
from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import SystemId
from twofold.model.instant import parse_boundary, parse_instant
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.tables.rows import NormaliseContext, SourceFile
from twofold.vault.evidence import CaptureItem

MANIFEST = "exports.toml"
_TEXT = frozenset({"path", "source", "kind", "query", "run_by", "run_at", "environment", "connector", "owner", "classification",
                   "period_from", "period_to", "oldest_available"})
_REQUIRED = ("path", "source", "kind", "query", "run_by", "run_at")
_KNOWN = _TEXT | {"claimed_count", "page_size", "paging_proven", "systems", "parameters"}
_MANIFEST_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CapturedFile:
    """One captured file with what reading it gave."""

    evidence: EvidenceRef
    reading: FileReading


def items_of_folder(folder: Path, *, zone: str) -> list[CaptureItem]:
    """Read `exports.toml` of an export folder; raises UserError with every problem, by line of its `[[file]]`.

    `zone` is the reporting zone, in which bare days of periods are read. A file beside the manifest that it does not name is a
    problem too, so that nothing is left behind unseen.
    """
    manifest = folder / MANIFEST
    where = str(manifest)
    if not manifest.is_file():
        raise UserError(Problem(str(folder), f"no {MANIFEST} in the folder", "one [[file]] per export", "see docs/formats/exports.md"))
    if manifest.stat().st_size > _MANIFEST_LIMIT:
        raise UserError(Problem(where, f"{manifest.stat().st_size:,} bytes", f"at most {_MANIFEST_LIMIT:,}"))
    try:
        text = manifest.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(Problem(where, f"cannot be read as TOML: {error}", "docs/formats/exports.md")) from error
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[file]]"]
    entries = raw.get("file", [])
    problems: list[Problem] = []
    if set(raw) - {"file"} or not isinstance(entries, list) or not entries:
        raise UserError(Problem(where, "no list of [[file]] entries", "one [[file]] per export and nothing else"))
    items = []
    for number, entry in enumerate(entries):
        place = f"{manifest.name}:{lines[number]}" if number < len(lines) else f"{manifest.name}, file {number + 1}"
        try:
            items.append(_item(folder, entry, place=place, zone=zone))
        except UserError as error:
            problems += error.problems
    problems += _strays(folder, entries)
    if problems:
        raise UserError(problems)
    return items


def provenance_of(entry: Mapping[str, Any], *, place: str, zone: str) -> Provenance:
    """Read the provenance of one `[[file]]`; raises UserError with every problem of it."""
    problems = _shape_problems(entry, place)
    if problems:
        raise UserError(problems)
    check_kind(entry["source"], entry["kind"], where=place)

    def limit(name: str) -> datetime | None:
        return parse_boundary(entry[name], zone=zone) if entry.get(name) else None

    try:
        run_at = parse_instant(entry["run_at"])
        if not run_at.is_exact:
            raise UserError(Problem(place, f"run_at = {entry['run_at']!r}", "a time with an offset, such as 2026-07-15T06:00:00Z"))
        period_from, period_to, oldest = limit("period_from"), limit("period_to"), limit("oldest_available")
    except ValueError as error:
        raise UserError(Problem(place, str(error), "ISO 8601")) from error
    if period_from and period_to and period_from >= period_to:
        raise UserError(Problem(place, f"period_from {entry['period_from']} is not before period_to {entry['period_to']}", "a period that ends after it starts"))
    return Provenance(
        source=entry["source"],
        kind=entry["kind"],
        run_by=entry["run_by"],
        run_at=run_at.earliest,
        query=entry["query"],
        parameters=dict(entry.get("parameters", {})),
        environment=entry.get("environment", "production"),
        connector=entry.get("connector", "file"),
        claimed_count=entry.get("claimed_count"),
        page_size=entry.get("page_size"),
        paging_proven=entry.get("paging_proven"),
        period_from=period_from,
        period_to=period_to,
        oldest_available=oldest,
        systems=tuple(SystemId(system) for system in entry.get("systems", [])),
        owner=entry.get("owner", ""),
        classification=entry.get("classification", "confidential"),
    )


def capture(
    workspace: Workspace, items: Sequence[CaptureItem], *, actor: str, at: datetime, report: ProgressReporter = silent
) -> list[CapturedFile]:
    """Capture the files as one act, then read each as the line will, so that the caller can tell what was set aside."""
    captured = workspace.vault.capture_batch(items, captured_by=actor, at=at)
    applied = workspace.applied_scope()
    found = []
    for number, evidence in enumerate(captured):
        report("reading what was captured", number, len(captured))
        context = context_for(evidence, applied) if applied else NormaliseContext(zone=evidence.provenance.parameters.get("zone", ""))
        found.append(CapturedFile(evidence, read_file(SourceFile(evidence, workspace.vault.blob_path(evidence.sha256)), context)))
    report("reading what was captured", len(captured), len(captured))
    return found


def _item(folder: Path, entry: object, *, place: str, zone: str) -> CaptureItem:
    if not isinstance(entry, dict):
        raise UserError(Problem(place, "is no table", "[[file]] with path, source, kind, query, run_by, run_at"))
    provenance = provenance_of(entry, place=place, zone=zone)
    name = PurePosixPath(entry["path"])
    path = folder / name
    if name.is_absolute() or ".." in name.parts or not path.resolve().is_relative_to(folder.resolve()):
        raise UserError(Problem(place, f"path {entry['path']!r} leads out of the folder", "a path below the folder", "move the file there"))
    if not path.is_file():
        raise UserError(Problem(place, f"there is no file {entry['path']!r}", "a file below the folder", "correct the path"))
    return CaptureItem(path, str(name), provenance)


def _shape_problems(entry: Mapping[str, Any], place: str) -> list[Problem]:
    problems = [Problem(place, f"{name} is missing", f"{name} = ...") for name in _REQUIRED if not entry.get(name)]
    for name in sorted(set(entry) - _KNOWN):
        near = difflib.get_close_matches(name, _KNOWN, 1)
        problems.append(Problem(place, f"unknown field {name!r}", "one of " + ", ".join(sorted(_KNOWN)), f"did you mean {near[0]!r}?" if near else ""))
    wanted: dict[str, type] = {**dict.fromkeys(_TEXT, str), "claimed_count": int, "page_size": int, "paging_proven": bool, "systems": list, "parameters": dict}
    for name, value in entry.items():
        kind = wanted.get(name)
        if kind and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            problems.append(Problem(place, f"{name} = {value!r}", f"{name} as {_KIND_WORDS[kind]}"))
        elif kind is int and value < 0:
            problems.append(Problem(place, f"{name} = {value}", "0 or more"))
    return problems + [
        Problem(place, f"{name} holds {value!r}", f"{name} of texts only")
        for name, values in (("systems", entry.get("systems")), ("parameters", entry.get("parameters")))
        if isinstance(values, list | dict)
        for value in (values.values() if isinstance(values, dict) else values)
        if not isinstance(value, str)
    ]


_KIND_WORDS = {str: "text in quotes", int: "a whole number", bool: "true or false", list: "a list of texts", dict: "a table of texts"}


def _strays(folder: Path, entries: Sequence[object]) -> list[Problem]:
    named = {str(PurePosixPath(entry["path"])) for entry in entries if isinstance(entry, dict) and isinstance(entry.get("path"), str)}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")}
    return [
        Problem(f"{folder.name}/{name}", f"the file is not named in {MANIFEST}", "a [[file]] for each file", "add an entry or move the file away")
        for name in sorted(present - named - {MANIFEST})
    ]
