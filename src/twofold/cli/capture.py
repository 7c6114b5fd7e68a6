"""twofold capture: put files and what is known about them into the vault."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from twofold.cli.output import ExitCode, JsonOption, WorkspaceOption, example, finish, print_json, progress, say
from twofold.jobs.capture import MANIFEST, CapturedFile, capture, items_of_folder, provenance_of
from twofold.jobs.clock import actor, now
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem
from twofold.vault.intake import open_intake

NAME = "capture"
HELP = (
    f"Capture files as evidence: a folder or zip with {MANIFEST}, or one file described by the options.\n\n"
    + example(
        "twofold capture exports/2026-11 -w acme",
        "twofold capture restore_tests.csv --source csvtable --kind restore_test --query 'Backup console, report Restore tests, year 2026' "
        "--run-by p-0031 --run-at 2026-11-20T09:00:00Z --claimed-count 4 --period-from 2026-01-01 --period-to 2027-01-01 -w acme",
    )
)
_HERE = Path()
_SHOWN = 5


def command(  # noqa: PLR0913  one option per field of a provenance
    path: Annotated[Path, typer.Argument(help="Export folder, zip of one, or a single file.")],
    workspace: WorkspaceOption = _HERE,
    source: Annotated[str, typer.Option(help="Single file: where it comes from, for example github, hr, csvtable.")] = "",
    kind: Annotated[str, typer.Option(help="Single file: what it holds, for example pull_requests, roster, incident.")] = "",
    query: Annotated[str, typer.Option(help="Single file: the question that was asked, verbatim.")] = "",
    run_by: Annotated[str, typer.Option(help="Single file: who asked it.")] = "",
    run_at: Annotated[str, typer.Option(help="Single file: when, with offset.")] = "",
    claimed_count: Annotated[int | None, typer.Option(help="Single file: how many rows the source said there are.")] = None,
    page_size: Annotated[int | None, typer.Option(help="Single file: page size or cap of the source.")] = None,
    paging_proven: Annotated[bool | None, typer.Option(help="Single file: whether the last page was reached.")] = None,
    period_from: Annotated[str, typer.Option(help="Single file: first day it speaks for.")] = "",
    period_to: Annotated[str, typer.Option(help="Single file: day after the last.")] = "",
    system: Annotated[list[str] | None, typer.Option(help="Single file: system it speaks for; may be repeated.")] = None,
    parameter: Annotated[list[str] | None, typer.Option(help="Single file: NAME=VALUE; may be repeated.")] = None,
    owner: Annotated[str, typer.Option(help="Single file: evidence owner.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Capture and tell what could be read."""
    options: dict[str, Any] = {
        "source": source, "kind": kind, "query": query, "run_by": run_by, "run_at": run_at, "claimed_count": claimed_count,
        "page_size": page_size, "paging_proven": paging_proven, "period_from": period_from, "period_to": period_to,
        "systems": system, "owner": owner, "parameters": _pairs(parameter or []),
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value not in ("", None, {})}
    with Workspace.open(workspace) as opened, tempfile.TemporaryDirectory(prefix="twofold-capture-") as scratch:
        items = _items(path, given, zone=opened.settings.reporting_zone, scratch=Path(scratch))
        captured = capture(opened, items, actor=actor(), at=now(), report=progress())
    if as_json:
        print_json([_as_json(each) for each in captured])
    else:
        _print(captured)
    finish(ExitCode.INCOMPLETE if any(each.reading.set_aside for each in captured) else ExitCode.OK)


def _items(path: Path, given: dict[str, Any], *, zone: str, scratch: Path) -> list[CaptureItem]:
    if given:
        if not path.is_file():
            raise UserError(Problem(str(path), "is no file", "one file, since --source and others describe one", "check the path"))
        provenance = provenance_of({"path": path.name, **given}, place=str(path), zone=zone)
        return [CaptureItem(path, path.name, provenance)]
    if path.is_dir():
        return items_of_folder(path, zone=zone)
    if path.suffix.lower() == ".zip":
        open_intake(path, into=scratch)
        inner = sorted(scratch.rglob(MANIFEST), key=lambda found: len(found.parts))
        return items_of_folder(inner[0].parent if inner else scratch, zone=zone)
    raise UserError(
        Problem(
            str(path),
            "there is no such file or folder" if not path.exists() else "nothing says how this file came to be",
            f"a folder or zip with {MANIFEST}, or a file with --source, --kind, --query, --run-by and --run-at",
            "see twofold capture --help",
        )
    )


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise UserError([Problem("--parameter", f"{text!r}", "NAME=VALUE") for text in wrong])
    return dict(text.split("=", 1) for text in texts)


def _as_json(each: CapturedFile) -> dict[str, Any]:
    return {
        "evidence": each.evidence,
        "records": each.reading.records,
        "rows": dict(Counter(row.table.name for row in each.reading.rows)),
        "unused": each.reading.unused,
        "set_aside": each.reading.set_aside,
    }


def _print(captured: Sequence[CapturedFile]) -> None:
    for each in captured:
        rows = Counter(row.table.name for row in each.reading.rows)
        say(
            f"{each.evidence.evidence_id}  {each.evidence.name}  {each.evidence.size:,} bytes  sha256 {each.evidence.sha256[:16]}..."
            + (f"  version {each.evidence.version}, replaces {each.evidence.replaces}" if each.evidence.replaces else "")
            + (f"  same bytes as {', '.join(each.evidence.same_bytes_as)}" if each.evidence.same_bytes_as else "")
        )
        say(f"    {each.reading.records} records: " + (", ".join(f"{count} {table}" for table, count in sorted(rows.items())) or "no rows"))
        claimed = each.evidence.provenance.claimed_count
        if claimed is not None and claimed != each.reading.records:
            say(f"    the source said {claimed} records: the population will not count as complete")
        for record in each.reading.set_aside[:_SHOWN]:
            say(f"    set aside {record.record}: {record.reason}")
        if len(each.reading.set_aside) > _SHOWN:
            say(f"    ... and {len(each.reading.set_aside) - _SHOWN} more set aside; all with --json")
    aside = sum(len(each.reading.set_aside) for each in captured)
    say(f"{len(captured)} files captured, {aside} records set aside. Next: twofold test")
