"""The questions of a file, in its order, with the places that take their answers."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from twofold.engagement.questionnaire.columns import TICKS, Layout, Role, asks
from twofold.engagement.questionnaire.docx import LABEL, TEXT
from twofold.engagement.questionnaire.grid import Grid, Place

_FEWEST_WORDS = 4
"""A shorter text without a question mark, an id or an answer cell of its own is a heading."""
_CONDITION = re.compile(
    r"^\W*(?:if\s+(?P<word>yes|so|no|not|none|applicable)\b|if\s+(?:the\s+)?answer\s+(?:to\s+(?P<ref>\S+)\s+)?(?:is|was)"
    r"\s+[\"'“]?(?P<said>yes|no)\b|where\s+(?:so|applicable)\b)",
    re.IGNORECASE,
)
_REFERS = re.compile(r"\b(?:yes|no)\s+(?:to|in|for|at)\s+(?:question\s+|item\s+|no\.?\s+)?(?P<ref>[A-Za-z0-9][\w.\-]*)")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `number` counts from 1 through the whole file; places lie in the grid `part`.

    parent: id of the question whose answer decides whether this one is asked, with the word that asks it.
    """

    question_id: str
    number: int
    part: str
    row: int
    text: str
    section: str = ""
    sender_id: str = ""
    answer_at: Place | None = None
    comment_at: Place | None = None
    ticks_at: Mapping[str, Place] | None = None
    choices: tuple[str, ...] = ()
    parent: str = ""
    parent_word: str = ""


def question_id_of(number: int) -> str:
    """Return the id of a question.

    >>> question_id_of(7)
    'q-007'
    """
    return f"q-{number:03}"


def questions_of(grids: Sequence[Grid], layouts: Mapping[str, Layout]) -> list[Question]:
    """Return the questions of all grids that have a layout, in order of the file."""
    found: list[Question] = []
    for grid in grids:
        layout = layouts.get(grid.name)
        if layout is None:
            continue
        before: list[Question] = []
        for row, section in _rows(grid, layout):
            question = _question(grid, layout, row, section, len(found) + 1)
            parent, word = _parent(question, before)
            asked = replace(question, parent=parent, parent_word=word)
            before.append(asked)
            found.append(asked)
    return found


def _rows(grid: Grid, layout: Layout) -> Iterator[tuple[int, str]]:
    """Yield each row that asks, with the section it stands in."""
    section = ""
    column = layout.columns[Role.QUESTION]
    alone = _alone(grid)
    for row in grid.rows:
        if row <= layout.header_row:
            continue
        text = grid.cells.get(Place(row, column), "")
        if row in grid.headings or _is_heading(grid, layout, row, text, alone=row in alone):
            section = text or alone.get(row, section)
            continue
        if grid.name == TEXT and not text.endswith("?"):
            continue
        if text:
            if Role.SECTION in layout.columns:
                # Many senders name a section in its first row only.
                section = grid.text(row, layout.columns[Role.SECTION]) or section
            yield row, section


def _is_heading(grid: Grid, layout: Layout, row: int, text: str, *, alone: bool) -> bool:
    """Whether a row only names a section: merged across the answer, or nothing in it that is answered."""
    if grid.name == TEXT:
        return False
    column = layout.columns[Role.QUESTION]
    takes = [layout.columns[role] for role in (Role.ANSWER, Role.YES) if role in layout.columns]
    if not text:
        return alone
    block = grid.block(Place(row, column))
    if any(block.left <= other <= block.right for other in takes):
        return True
    if asks(text):
        return False
    if Role.ID in layout.columns and layout.header_row:
        return not grid.text(row, layout.columns[Role.ID])
    return len(text.split()) < _FEWEST_WORDS


def _alone(grid: Grid) -> dict[int, str]:
    """Return row -> text for the rows in which one cell alone is filled."""
    counted = Counter(place.row for place in grid.cells)
    return {place.row: text for place, text in grid.cells.items() if counted[place.row] == 1}


def _question(grid: Grid, layout: Layout, row: int, section: str, number: int) -> Question:
    columns = layout.columns

    def at(role: Role, row: int = row) -> Place | None:
        return grid.first_of(Place(row, columns[role])) if role in columns else None

    answer_row = row + 1 if grid.name == TEXT and LABEL.fullmatch(grid.text(row + 1, 1)) else row
    ticks = {str(role): place for role in TICKS if (place := at(role))}
    answer = None if ticks else at(Role.ANSWER, answer_row)
    return Question(
        question_id=question_id_of(number),
        number=number,
        part=grid.name,
        row=row,
        text=grid.cells[Place(row, columns[Role.QUESTION])],
        section=section,
        sender_id=grid.text(row, columns[Role.ID]) if Role.ID in columns else "",
        answer_at=answer,
        comment_at=at(Role.COMMENT),
        ticks_at=ticks or None,
        choices=grid.words_for(answer) if answer else (),
    )


def _parent(question: Question, before: Sequence[Question]) -> tuple[str, str]:
    """Return the question that decides whether this one is asked, and by which answer; ("", "") for most."""
    said = _CONDITION.match(question.text)
    if said is None:
        return "", ""
    word = "no" if (said["word"] or said["said"] or "").lower() in {"no", "not", "none"} else "yes"
    refers = _REFERS.search(question.text[: said.end() + 40])
    named = (said["ref"] or (refers["ref"] if refers else "")).strip(".,:;\"'")
    by_sender = next((each.question_id for each in before if named and each.sender_id == named), "")
    near = [each for each in before if not each.parent and each.section == question.section]
    return (by_sender or (near[-1].question_id if near else ""), word) if by_sender or near else ("", "")
