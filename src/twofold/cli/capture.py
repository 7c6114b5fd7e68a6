"""twofold capture: put files and what is known about them into the vault."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from twofold.cli.output import (
    ExitCode,
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    finish,
    print_json,
    progress,
    say,
    say_wrapped,
)
from twofold.jobs.capture import CapturedFile, capture
from twofold.jobs.clock import actor, now
from twofold.jobs.exports_file import MANIFEST, Place, items_of_export, provenance_of
from twofold.model.evidence import total_pairs
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem

NAME = "capture"
SHORT_HELP = "Capture files as evidence."
HELP = (
    f"Capture files as evidence: a folder or zip with {MANIFEST}, or one file that the options describe.\n\n"
    + example(
        "twofold capture exports/2026-11 -w acme",
        "twofold capture restore_tests.csv --source csvtable --kind restore_test \\\n"
        "--query 'Backup console, report Restore tests, year 2026' --run-by p-0031 \\\n"
        "--run-at 2026-11-20T09:00:00Z --claimed-count 4 \\\n"
        "--period-from 2026-01-01 --period-to 2027-01-01 -w acme",
    )
)
_HERE = Path()
_SHOWN = 5
_NAMED = (
    "source",
    "kind",
    "query",
    "run_by",
    "run_at",
    "claimed_count",
    "page_size",
    "period_from",
    "period_to",
    "oldest_available",
)
"""Fields of exports.toml that have an option of their name."""


def command(  # noqa: PLR0913, PLR0917  one option per field of a provenance
    path: Annotated[Path, typer.Argument(help="Export folder, zip of one, or a single file.")],
    workspace: WorkspaceOption = _HERE,
    source: Annotated[str, typer.Option(help="One file: where it comes from, such as github, hr, csvtable.")] = "",
    kind: Annotated[str, typer.Option(help="One file: what it holds, such as pull_requests, roster, incident.")] = "",
    query: Annotated[str, typer.Option(help="One file: the question that was asked, verbatim.")] = "",
    run_by: Annotated[str, typer.Option(help="One file: who asked it.")] = "",
    run_at: Annotated[str, typer.Option(help="One file: when, with offset.")] = "",
    claimed_count: Annotated[int | None, typer.Option(help="One file: rows that the source said there are.")] = None,
    total: Annotated[
        list[str] | None,
        typer.Option(help="One file: FIELD=TOTAL, the sum of a field that the source showed; may be repeated."),
    ] = None,
    page_size: Annotated[int | None, typer.Option(help="One file: page size or cap of the source.")] = None,
    paging_proven: Annotated[bool | None, typer.Option(help="One file: whether the last page was reached.")] = None,
    period_from: Annotated[str, typer.Option(help="One file: first day it speaks for.")] = "",
    period_to: Annotated[str, typer.Option(help="One file: day after the last.")] = "",
    oldest_available: Annotated[str, typer.Option(help="One file: oldest day the source still held.")] = "",
    system: Annotated[list[str] | None, typer.Option(help="One file: system it speaks for; may be repeated.")] = None,
    parameter: Annotated[list[str] | None, typer.Option(help="One file: NAME=VALUE; may be repeated.")] = None,
    environment: Annotated[str, typer.Option(help="One file: environment it speaks for; else production.")] = "",
    owner: Annotated[str, typer.Option(help="One file: evidence owner.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Capture and tell what could be read."""
    options: dict[str, Any] = {
        "source": source,
        "kind": kind,
        "query": query,
        "run_by": run_by,
        "run_at": run_at,
        "claimed_count": claimed_count,
        "totals": _totals(total or []),
        "page_size": page_size,
        "paging_proven": paging_proven,
        "period_from": period_from,
        "period_to": period_to,
        "oldest_available": oldest_available,
        "systems": system,
        "parameters": _pairs(parameter or []),
        "environment": environment,
        "owner": owner,
    }
    given = {name: value for name, value in options.items() if value not in ("", None, {})}
    with Workspace.open(workspace) as opened, tempfile.TemporaryDirectory(prefix="twofold-capture-") as scratch:
        zone = opened.settings.reporting_zone
        items = [_one(path, given, zone=zone)] if given else _export(path, zone=zone, scratch=Path(scratch))
        at = now()
        _refuse_the_future(items, at)
        captured = capture(opened, items, actor=actor(), at=at, report=progress())
    if as_json:
        print_json([_as_json(each) for each in captured])
    else:
        _print(captured)
    doubtful = any(each.reading.set_aside or each.reading.conflicts for each in captured)
    finish(ExitCode.INCOMPLETE if doubtful else ExitCode.OK)


def _one(path: Path, given: dict[str, Any], *, zone: str) -> CaptureItem:
    if not path.is_file():
        found = "there is no such file" if not path.exists() else "this is a folder or a device"
        raise UserError(Problem(str(path), found, "one file, since the options describe one", "check the path"))
    place = Place(
        str(path),
        {name: f"--{name.replace('_', '-')}" for name in _NAMED} | {"parameters": "--parameter", "totals": "--total"},
    )
    return CaptureItem(path, path.name, provenance_of({"path": path.name, **given}, place=place, zone=zone))


def _export(path: Path, *, zone: str, scratch: Path) -> list[CaptureItem]:
    if path.is_file() and path.suffix.lower() != ".zip":
        expected = f"a folder or zip with {MANIFEST}, or --source, --kind, --query, --run-by and --run-at with a file"
        found = "nothing says how this file came to be"
        raise UserError(Problem(str(path), found, expected, "twofold capture --help"))
    return items_of_export(path, zone=zone, scratch=scratch)


def _refuse_the_future(items: Sequence[CaptureItem], at: datetime) -> None:
    """Raise UserError where a source is said to be asked later than now: it would speak for days to come."""
    problems = [
        Problem(
            item.name,
            f"run_at {item.provenance.run_at:%Y-%m-%d %H:%M} UTC lies in the future: it is {at:%Y-%m-%d %H:%M} UTC",
            "when the source was asked",
            "correct it, or the clock of this machine",
        )
        for item in items
        if item.provenance.run_at > at
    ]
    if problems:
        raise UserError(problems)


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise UserError([Problem("--parameter", f"{text!r}", "NAME=VALUE") for text in wrong])
    return dict(text.split("=", 1) for text in texts)


def _totals(texts: Sequence[str]) -> dict[str, str]:
    try:
        return total_pairs(texts)
    except ValueError as error:
        raise UserError(Problem("--total", str(error), "", "copy the total from the source")) from error


def _as_json(each: CapturedFile) -> dict[str, Any]:
    reading = each.reading
    return {
        "evidence": each.evidence,
        "records": reading.records,
        "totals": reading.totals,
        "rows": dict(reading.row_counts),
        "unused": reading.unused,
        "conflicts": reading.conflicts,
        "set_aside": reading.set_aside,
    }


def _print(captured: Sequence[CapturedFile]) -> None:
    for each in captured:
        _print_file(each)
    aside = sum(len(each.reading.set_aside) for each in captured)
    say(f"{counted(len(captured), 'file')} captured, {counted(aside, 'record')} set aside. Next: twofold test")


def _print_file(each: CapturedFile) -> None:
    evidence, reading = each.evidence, each.reading
    say(f"{evidence.evidence_id}  {evidence.name}  {evidence.size:,} bytes  sha256 {evidence.sha256[:16]}...")
    if evidence.replaces:
        say(f"    version {evidence.version}, replaces {evidence.replaces}")
    if evidence.same_bytes_as:
        say(f"    the same bytes as {', '.join(evidence.same_bytes_as)}")
    rows = ", ".join(f"{count:,} {table}" for table, count in sorted(reading.row_counts.items())) or "no rows"
    unused = f" ({counted(reading.unused, 'record')} not needed)" if reading.unused else ""
    say(f"    {counted(reading.records, 'record')}: {rows}{unused}")
    claimed = evidence.provenance.claimed_count
    if claimed is not None and claimed != reading.records:
        say(f"    the source said {counted(claimed, 'record')}: the population will not count as complete")
    for total in reading.totals:
        if not total.agrees:
            say_wrapped(f"{total.field}: {total.words}: the population will not count as complete", indent=4, hanging=2)
    _print_some([f"set aside {one.record}: {one.reason}" for one in reading.set_aside], "set aside")
    _print_some([f"two rows say different things: {key}" for key in reading.conflicts], "in conflict")


def _print_some(lines: Sequence[str], what: str) -> None:
    for line in lines[:_SHOWN]:
        say_wrapped(line, indent=4, hanging=2)
    if len(lines) > _SHOWN:
        say(f"    ... and {len(lines) - _SHOWN:,} more {what}; all with --json")
