"""Records answers of the interview as evidence, each with who and when; an answer is never changed, only followed."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from twofold.jobs.advice.answers_file import Written, template_files
from twofold.jobs.advice.said import read_said
from twofold.jobs.capture import capture
from twofold.model.evidence import ACT_CONNECTOR, Provenance
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.advice.scope_facts import local_day
from twofold.vault.evidence import CaptureItem

_COLUMNS = ("question", "answered_at", "answer", "answered_by", "note")
LISTS = {"customer_promise": "promises to customers", "buyer_request": "requests of buyers"}
"""Kind -> what a list of it is called."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the answers: names of those recorded and of those that said nothing new, and the evidence."""

    recorded: tuple[str, ...]
    unchanged: tuple[str, ...]
    evidence: str


def record_answers(workspace: Workspace, written: Sequence[Written], *, actor: str, at: datetime) -> Recorded:
    """Capture the answers that say something new, as one piece of evidence, or none of them.

    An answer like the one in force is new where its day is later. Raises UserError for a day in the future, and for
    another answer dated before the one in force or on its day.
    """
    zone = workspace.settings.reporting_zone
    said = read_said(workspace)
    today = local_day(at, zone)
    fresh: list[Written] = []
    unchanged: list[Written] = []
    problems: list[Problem] = []
    for each in written:
        held = next((given for given in said.given if given.question == each.question), None)
        held_on = local_day(held.answered_at, zone) if held else None
        if each.answered_on is not None and each.answered_on > today:
            problems.append(Problem(each.place, f"answered on {each.answered_on}", f"a day up to {today}"))
        elif (held.answer if held else "") == each.answer:
            later = held_on is not None and each.answered_on is not None and each.answered_on > held_on
            (fresh if later else unchanged).append(each)
        elif held_on is not None and each.answered_on is not None and each.answered_on <= held_on:
            found = f"another answer to {each.question}, of {each.answered_on}; the one in force is of {held_on}"
            remedy = "leave answered_on out: it is then a new answer of today"
            problems.append(Problem(each.place, found, "a later day", remedy))
        else:
            fresh.append(each)
    if problems:
        raise UserError(problems)
    names = tuple(each.question for each in fresh), tuple(each.question for each in unchanged)
    if not fresh:
        return Recorded(*names, "")
    rows = [_row(each, actor=actor, at=at, today=today) for each in fresh]
    evidence = _capture_rows(workspace, rows, actor=actor, at=at)
    return Recorded(*names, evidence)


def lists_to_capture(
    workspace: Workspace, paths: Mapping[str, Path | None], *, actor: str, at: datetime
) -> list[CaptureItem]:
    """Return what to capture for each kind that has a file; raises UserError for each one that is missing.

    A list is captured as the company keeps it; a newer file of the same name replaces it.
    """
    given = {kind: path for kind, path in paths.items() if path is not None}
    missing = [
        Problem(str(path), "there is no such file", f"a CSV of {LISTS[kind]}", "check the path")
        for kind, path in given.items()
        if not path.is_file()
    ]
    if missing:
        raise UserError(missing)
    return [
        CaptureItem(
            path,
            path.name,
            Provenance(
                source="csvtable",
                kind=kind,
                run_by=actor,
                run_at=at,
                query=f"List of {LISTS[kind]}, as kept by the company",
                parameters={"zone": workspace.settings.reporting_zone},
            ),
        )
        for kind, path in given.items()
    ]


def write_templates(workspace: Workspace, into: Path) -> list[Path]:
    """Write the files to fill in below a folder; raises UserError where one of them lies there already."""
    texts = template_files({name: each.answer for name, each in read_said(workspace).current.items()})
    taken = [into / name for name in texts if (into / name).exists()]
    if taken:
        remedy = "name another folder, or remove it"
        raise UserError([Problem(str(each), "lies there already", "a new file", remedy) for each in taken])
    into.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (into / name).write_text(text, encoding="utf-8")
    return [into / name for name in texts]


def _row(each: Written, *, actor: str, at: datetime, today: date) -> tuple[str, ...]:
    day = each.answered_on
    moment = at.isoformat() if day is None or day == today else day.isoformat()
    return each.question, moment, each.answer, each.answered_by or actor, each.note


def _capture_rows(workspace: Workspace, rows: Sequence[tuple[str, ...]], *, actor: str, at: datetime) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(rows)
    # A name of its own for each sitting, so that none replaces another.
    name = f"interview-{workspace.vault.size}-{at:%Y%m%dT%H%M%S.%f}Z.csv"
    provenance = Provenance(
        source="csvtable",
        kind="interview_answer",
        run_by=actor,
        run_at=at,
        query="twofold interview",
        parameters={"zone": workspace.settings.reporting_zone},
        connector=ACT_CONNECTOR,
        claimed_count=len(rows),
        paging_proven=True,
    )
    with tempfile.TemporaryDirectory(prefix="twofold-interview-") as scratch:
        file = Path(scratch) / name
        file.write_text(text.getvalue(), encoding="utf-8")
        (captured,) = capture(workspace, [CaptureItem(file, name, provenance)], actor=actor, at=at)
    return captured.evidence.evidence_id
