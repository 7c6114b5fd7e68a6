"""Take in a request list, CSV or workbook: its file and its lines become evidence, nothing in it is evaluated."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from twofold.engagement.questionnaire.grid import Grid
from twofold.engagement.questionnaire.office import DEFAULT_LIMITS
from twofold.engagement.questionnaire.sheets import read_sheets
from twofold.jobs.questionnaire.capturing import capture_lines
from twofold.jobs.request_lists.standing import standing_lists
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.readiness.near_duplicates.list_columns import (
    ListLayout,
    ListRole,
    ReadList,
    detect,
    read_list,
    with_overrides,
)
from twofold.records.workspace import Workspace
from twofold.vault.entry import instant_text

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What the person who imports says instead of what would be found."""

    sheet: str | None = None
    header: int | None = None
    columns: Mapping[ListRole, str] | None = None


@dataclass(frozen=True, slots=True)
class ImportedList:
    """A list that was taken in. formulas: cells whose stored value was read. withdrawn: lines of the older file."""

    list_id: str
    read: ReadList
    formulas: int
    withdrawn: tuple[str, ...]
    evidence: tuple[EvidenceId, ...]


def read_file(path: Path, *, list_id: str, options: ListOptions) -> tuple[bytes, ReadList, int]:
    """Read a file as a request list; raises UserError for one that is unsafe, too large, or holds no requests."""
    if not path.is_file():
        raise UserError(Problem(str(path), "there is no such file", "an .xlsx or .csv file"))
    if path.stat().st_size > DEFAULT_LIMITS.file_bytes:
        expected = f"at most {DEFAULT_LIMITS.file_bytes:,} bytes"
        raise UserError(Problem(str(path), f"it has {path.stat().st_size:,} bytes", expected))
    content = path.read_bytes()
    grid, layout = _sheet(read_sheets(content, name=path.name), options, path.name)
    read = read_list(_rows(grid), layout, list_id=list_id, name=path.name)
    used = set(layout.columns.values())
    taken = sum(1 for place in grid.formulas if place.column in used and place.row > layout.header)
    return content, read, taken


def import_list(  # noqa: PLR0913  what is known about it
    workspace: Workspace,
    path: Path,
    *,
    list_id: str,
    options: ListOptions,
    title: str,
    engagement: str,
    actor: str,
    at: datetime,
) -> ImportedList:
    """Take in a list, or a newer file of one; lines that the newer file lacks are kept as withdrawn.

    Raises UserError for an id that is none, an unknown engagement, and whatever `read_file` refuses.
    """
    _check(workspace, list_id, engagement)
    content, read, formulas = read_file(path, list_id=list_id, options=options)
    now = {line.line_id for line in read.lines}
    held = [line for line in standing_lists(workspace).lines if line.list_id == list_id]
    gone = [line for line in held if line.line_id not in now]
    layout = {
        "sheet": read.layout.sheet,
        "header": read.layout.header,
        "columns": {str(role): column for role, column in read.layout.columns.items()},
    }
    lines = [
        {
            "request_list": list_id,
            "line": line.line_id,
            "position": str(position),
            "text": line.text,
            "due": line.due,
            "owner": line.owner,
            "system": line.system,
            "period": line.period,
            "withdrawn": withdrawn,
        }
        for line, position, withdrawn in [
            *((line, number, "false") for line, number in zip(read.lines, read.positions, strict=True)),
            *((line, 0, "true") for line in gone),
        ]
    ]
    head = {
        "id": list_id,
        "title": title or path.stem,
        "engagement": engagement,
        "name": path.name,
        "file_hash": sha256(content).hexdigest(),
        "layout": orjson.dumps(layout, option=orjson.OPT_SORT_KEYS).decode(),
        "received_at": instant_text(at),
    }
    evidence = capture_lines(
        workspace,
        {"request_list": [head], "request_list_line": lines},
        name=list_id,
        said=f"Request list {path.name}, taken in as {list_id}",
        actor=actor,
        at=at,
        documents={"request_list": (path.name, content)},
    )
    return ImportedList(list_id, read, formulas, tuple(line.line_id for line in gone), evidence)


def _check(workspace: Workspace, list_id: str, engagement: str) -> None:
    problems = []
    if not _ID.fullmatch(list_id):
        expected = "small letters, digits, dots, dashes and underscores, at most 60"
        problems.append(Problem("LIST", f"{list_id!r} is no id of a list", expected, "such as soc2-2026"))
    applied = workspace.applied_scope()
    known = [each.id for each in applied.scope.engagements] if applied else []
    if engagement and engagement not in known:
        expected = "one of " + (", ".join(known) or "(no engagement is in the applied scope)")
        problems.append(Problem("--engagement", f"there is no engagement {engagement!r}", expected))
    if problems:
        raise UserError(problems)


def _sheet(grids: list[Grid], options: ListOptions, name: str) -> tuple[Grid, ListLayout]:
    """Return the sheet with the list: the one that is named, else the visible one with the most requests."""
    shown = [grid for grid in grids if not grid.hidden or grid.name == options.sheet]
    if options.sheet is not None:
        shown = [grid for grid in shown if grid.name == options.sheet]
        if not shown:
            expected = "one of " + ", ".join(grid.name for grid in grids)
            raise UserError(Problem("--sheet", f"{name} has no sheet {options.sheet!r}", expected))
    found = [(grid, layout) for grid in shown if (layout := detect(_rows(grid), sheet=grid.name))]
    best = max(found, key=lambda each: (each[1].header > 0, len(each[0].rows)), default=None)
    grid = best[0] if best else (shown[0] if shown else None)
    if grid is None:
        raise UserError(Problem(name, "it has no visible sheet", "a sheet with requests", "name one with --sheet"))
    return grid, with_overrides(
        best[1] if best else None, _rows(grid), options.columns or {}, header=options.header, sheet=grid.name
    )


def _rows(grid: Grid) -> list[list[str]]:
    return [[grid.text(row, column) for column in grid.columns] for row in grid.rows]
