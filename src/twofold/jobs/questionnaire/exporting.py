"""Give a questionnaire back in the sender's own file: approved answers in their cells, everything else as it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.engagement.questionnaire.answers import Shown
from twofold.engagement.questionnaire.filling import Written, written
from twofold.engagement.questionnaire.grid import Grid, Place
from twofold.engagement.questionnaire.sheets import fill_sheets, read_sheets
from twofold.jobs.questionnaire.capturing import capture_lines
from twofold.jobs.questionnaire.standing import Standing, standing
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.model.statement import Statement
from twofold.records.workspace import Workspace
from twofold.reports.questionnaire_files import CoverNote, answer_statement, cover_note
from twofold.vault.blobs.written_file import write_new_file


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """What was written: the file and the note beside it, the statements in it, and what was left with the reason."""

    file: Path
    note: Path
    evidence: EvidenceId
    answered: Sequence[tuple[Shown, Statement]]
    left: Sequence[tuple[Shown, str]]
    not_asked: Sequence[Shown]


def export_questionnaire(workspace: Workspace, name: str, *, into: Path, actor: str, at: datetime) -> ExportedFile:
    """Write the filled file and a note beside it; both are captured, so that it is known what left.

    Only approved answers that hold today and that the audience may read are written. Raises UserError where a file is
    already, and for an ending that is not the sender's.
    """
    stands = standing(workspace, name, at=at)
    note_path = into.with_name(f"{into.stem}-cover-note.md")
    _check_target(into, note_path, stands.questionnaire.name)
    with workspace.vault.open_verified(stands.questionnaire.original) as stream:
        original = stream.read()
    grids = {grid.name: grid for grid in read_sheets(original, name=stands.questionnaire.name)}
    cells: dict[str, dict[Place, str]] = {}
    answered: list[tuple[Shown, Statement]] = []
    left: list[tuple[Shown, str]] = []
    for shown in stands.shown:
        if shown.not_asked:
            continue
        found = _written(shown, grids, stands)
        if found.why_not:
            left.append((shown, found.why_not))
            continue
        held = cells.setdefault(shown.question.part, {})
        if not held.keys().isdisjoint(found.cells):
            left.append((shown, "its cell is that of another question too"))
            continue
        held.update(found.cells)
        answered.append((shown, answer_statement(shown, stands.facts)))
    filled = fill_sheets(original, cells, name=stands.questionnaire.name)
    not_asked = [each for each in stands.shown if each.not_asked]
    note = cover_note(
        CoverNote(
            company=workspace.settings.company,
            title=stands.questionnaire.title,
            file=into.name,
            exported_on=stands.today,
            answers=answered,
            left=[shown for shown, _ in left],
            not_asked=not_asked,
        )
    )
    evidence = _keep(workspace, stands, into, note_path, filled=filled, note=note.encode(), actor=actor, at=at)
    return ExportedFile(into, note_path, evidence, answered, left, not_asked)


def _written(shown: Shown, grids: dict[str, Grid], stands: Standing) -> Written:
    if not shown.leaves:
        why = f"{shown.state}: {'; '.join(shown.reasons)}" if shown.reasons else str(shown.state)
        audience = stands.questionnaire.audience
        return Written({}, f"its level is {shown.answer.level}, the audience {audience}" if _is_held(shown) else why)
    found = written(shown, stands.facts)
    grid = grids[shown.question.part]
    if formulas := sorted(place for place in found.cells if place in grid.formulas):
        return Written({}, f"the cell {formulas[0]} holds a formula of the sender, which is left as it is")
    return found


def _is_held(shown: Shown) -> bool:
    """Whether an answer is approved and good, and stays because of its level."""
    return str(shown.state) == "approved"


def _check_target(into: Path, note: Path, original: str) -> None:
    problems = []
    if into.suffix.lower() != Path(original).suffix.lower():
        found = f"{into.name} does not end like {original}"
        problems.append(Problem("--into", found, f"a name that ends in {Path(original).suffix}"))
    problems += [
        Problem("--into", f"{path} is there already", "a name that is free", "choose another")
        for path in (into, note)
        if path.exists()
    ]
    if not into.absolute().parent.is_dir():
        problems.append(Problem("--into", f"there is no folder {into.parent}", "a folder that is there"))
    if problems:
        raise UserError(problems)


def _keep(  # noqa: PLR0913  what left, and where to
    workspace: Workspace,
    stands: Standing,
    into: Path,
    note_path: Path,
    *,
    filled: bytes,
    note: bytes,
    actor: str,
    at: datetime,
) -> EvidenceId:
    """Write both files, then capture what left; a file that cannot be written leaves nothing behind."""
    write_new_file(into, filled)
    try:
        write_new_file(note_path, note)
        evidence = capture_lines(
            workspace,
            {},
            name=stands.questionnaire.questionnaire_id,
            said=f"Questionnaire {stands.questionnaire.questionnaire_id} as it left, answers and note",
            actor=actor,
            at=at,
            documents={"filled_questionnaire": (into.name, filled)},
        )
    except BaseException:
        into.unlink(missing_ok=True)
        note_path.unlink(missing_ok=True)
        raise
    return evidence[0]
