"""A file read as a questionnaire: its sheets, how each was read, and the questions found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twofold.engagement.questionnaire.columns import Layout, Role, detect_layout, with_overrides
from twofold.engagement.questionnaire.grid import Grid
from twofold.engagement.questionnaire.questions import Question, questions_of
from twofold.engagement.questionnaire.sheets import FileForm, form_of, read_sheets
from twofold.model.problem import Problem, UserError

MOST_QUESTIONS = 5_000
LONGEST_QUESTION = 10_000


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the person who imports says instead of what would be found. sheets: only these, hidden ones too."""

    sheets: tuple[str, ...] = ()
    columns: Mapping[Role, int] = field(default_factory=dict)
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file gave. skipped: each part without questions, with the reason."""

    form: FileForm
    grids: tuple[Grid, ...]
    layouts: Mapping[str, Layout]
    questions: tuple[Question, ...]
    skipped: tuple[tuple[str, str], ...]


def read_questionnaire(content: bytes, *, name: str, options: ReadOptions) -> ReadFile:
    """Read a file; raises UserError for one that is unsafe, or in which no question is found."""
    grids = read_sheets(content, name=name)
    _check_sheets(grids, options.sheets, name)
    layouts: dict[str, Layout] = {}
    skipped: list[tuple[str, str]] = []
    for grid in grids:
        if options.sheets and grid.name not in options.sheets:
            skipped.append((grid.name, "not asked for"))
        elif grid.hidden and not options.sheets:
            skipped.append((grid.name, "hidden by the sender; read it with --sheet"))
        elif layout := _layout(grid, options):
            layouts[grid.name] = layout
        else:
            skipped.append((grid.name, "no questions found"))
    questions = questions_of(grids, layouts)
    _check_questions(questions, name)
    asked = {question.part for question in questions}
    skipped += [(part, "a header, and no questions below it") for part in layouts if part not in asked]
    kept = {part: layout for part, layout in layouts.items() if part in asked}
    return ReadFile(form_of(content, name=name), tuple(grids), kept, tuple(questions), tuple(skipped))


def _layout(grid: Grid, options: ReadOptions) -> Layout | None:
    found = detect_layout(grid)
    if not options.columns and options.header_row is None:
        return found
    merged = with_overrides(grid, found, options.columns, options.header_row)
    takes = merged.columns.keys() & {Role.ANSWER, Role.YES, Role.COMMENT}
    return merged if Role.QUESTION in merged.columns and takes and grid.cells else None


def _check_sheets(grids: Sequence[Grid], wanted: Sequence[str], name: str) -> None:
    known = [grid.name for grid in grids]
    if unknown := [each for each in wanted if each not in known]:
        expected = "one of " + ", ".join(known)
        raise UserError([Problem("--sheet", f"{name} has no sheet {each!r}", expected) for each in unknown])


def _check_questions(questions: Sequence[Question], name: str) -> None:
    if not questions:
        remedy = "say where they stand with --column question=C --column answer=D, and --header-row"
        raise UserError(Problem(name, "no question was found in it", "a column of questions", remedy))
    problems = []
    if len(questions) > MOST_QUESTIONS:
        problems.append(Problem(name, f"it has {len(questions):,} questions", f"at most {MOST_QUESTIONS:,}"))
    problems += [
        Problem(f"{name}, {each.part} row {each.row}", f"{len(each.text):,} characters", "the text of a question")
        for each in questions
        if len(each.text) > LONGEST_QUESTION
    ]
    if problems:
        raise UserError(problems)
