"""Take in a questionnaire: the file byte for byte as evidence, its questions as rows beside it."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from twofold.engagement.questionnaire.library import Level
from twofold.engagement.questionnaire.office import DEFAULT_LIMITS
from twofold.engagement.questionnaire.reading import ReadFile, ReadOptions, read_questionnaire
from twofold.jobs.questionnaire.capturing import capture_lines
from twofold.jobs.questionnaire.tables import answer_tables, as_json, question_line
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.vault.entry import instant_text

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_NOT_OF_AN_ID = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Imported:
    """A questionnaire that was taken in: its id, how it was read, and the evidence (the file first)."""

    questionnaire_id: str
    read: ReadFile
    evidence: tuple[EvidenceId, ...]


def read_file(path: Path, options: ReadOptions) -> tuple[bytes, ReadFile]:
    """Read a file as a questionnaire; raises UserError for one that cannot be read as such."""
    if not path.is_file():
        raise UserError(Problem(str(path), "there is no such file", "an .xlsx, .docx or .csv file"))
    if path.stat().st_size > DEFAULT_LIMITS.file_bytes:
        expected = f"at most {DEFAULT_LIMITS.file_bytes:,} bytes"
        raise UserError(Problem(str(path), f"it has {path.stat().st_size:,} bytes", expected))
    content = path.read_bytes()
    return content, read_questionnaire(content, name=path.name, options=options)


def import_questionnaire(  # noqa: PLR0913  what is known about it
    workspace: Workspace,
    path: Path,
    *,
    questionnaire_id: str | None,
    options: ReadOptions,
    title: str,
    sender: str,
    audience: Level,
    due_on: date | None,
    actor: str,
    at: datetime,
) -> Imported:
    """Take in a file; raises UserError for an unsafe or unreadable one, a taken id, or an internal audience."""
    content, read = read_file(path, options)
    name = questionnaire_id or _NOT_OF_AN_ID.sub("-", path.stem.casefold()).strip("-")[:60]
    with answer_tables(workspace) as tables:
        _check(name, audience, taken=name in tables.questionnaires())
    line = {
        "id": name,
        "title": title or path.stem,
        "sender": sender,
        "original": sha256(content).hexdigest(),
        "name": path.name,
        "audience": str(audience),
        "layout": as_json([layout.as_json() for layout in read.layouts.values()]),
        "received_at": instant_text(at),
        "due_on": due_on.isoformat() if due_on else "",
    }
    evidence = capture_lines(
        workspace,
        {
            "questionnaire": [line],
            "questionnaire_question": [question_line(name, question) for question in read.questions],
        },
        name=name,
        said=f"Questionnaire {path.name}" + (f" of {sender}" if sender else "") + f", taken in as {name}",
        actor=actor,
        at=at,
        documents={"questionnaire": (path.name, content)},
    )
    return Imported(name, read, evidence)


def _check(name: str, audience: Level, *, taken: bool) -> None:
    problems = []
    if not _ID.fullmatch(name):
        problems.append(Problem("--id", f"{name!r} is no id", "small letters, digits, dots and dashes", "give --id"))
    if taken:
        problems.append(Problem("--id", f"there is a questionnaire {name!r} already", "a new id", "give another --id"))
    if audience is Level.INTERNAL:
        problems.append(Problem("--audience", "a questionnaire goes to a customer", "private or public"))
    if problems:
        raise UserError(problems)
