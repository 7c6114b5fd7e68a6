"""Questionnaires, their questions and answers, and the library, as the evidence gives them this moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import orjson

from twofold.engagement.questionnaire.answers import AnswerState, QuestionAnswer
from twofold.engagement.questionnaire.grid import read_place
from twofold.engagement.questionnaire.library import WORDS, Level, LibraryAnswer, level_of
from twofold.engagement.questionnaire.questions import Question
from twofold.jobs.tables_read import tables_read
from twofold.model.evidence import ACT_CONNECTOR
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest

_TABLES = frozenset({"questionnaire", "questionnaire_question", "questionnaire_answer", "library_answer"})


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire that a customer sent. `original`: SHA-256 of its bytes; `due_on`: local day, inclusive."""

    questionnaire_id: str
    title: str
    sender: str
    original: str
    name: str
    audience: Level
    layout: Any
    received_at: datetime
    due_on: date | None


@dataclass(slots=True)
class AnswerTables:
    """What can be looked up."""

    session: duckdb.DuckDBPyConnection
    zone: str

    def questionnaires(self) -> dict[str, Questionnaire]:
        """Return all questionnaires by id, in order of arrival."""
        query = """
            SELECT id, COALESCE(title, ''), COALESCE(sender, ''), original, name, audience, layout, received_at, due_on
            FROM questionnaire ORDER BY received_at, id
        """
        return {
            row[0]: Questionnaire(
                questionnaire_id=row[0],
                title=row[1],
                sender=row[2],
                original=row[3],
                name=row[4],
                audience=Level.PUBLIC if row[5] == Level.PUBLIC else Level.PRIVATE,
                layout=_json(row[6]),
                received_at=_aware(row[7]),
                due_on=local_day_of(row[8], self.zone),
            )
            for row in self.session.execute(query).fetchall()
        }

    def questionnaire(self, name: str) -> Questionnaire:
        """Return one questionnaire; raises UserError for an id that there is none of."""
        known = self.questionnaires()
        if name not in known:
            expected = "one of " + ", ".join(known) if known else "a questionnaire that was imported"
            remedy = nearest(name, list(known)) or "run 'twofold questionnaire list'"
            raise UserError(Problem("QUESTIONNAIRE", f"there is no questionnaire {name!r}", expected, remedy))
        return known[name]

    def questions(self, name: str) -> list[Question]:
        """Return the questions of a questionnaire in order of the file."""
        query = """
            SELECT id, position, part, row, text, COALESCE(section, ''), COALESCE(sender_id, ''), answer_at, comment_at,
                ticks_at, COALESCE(choices, '[]'), COALESCE(parent, ''), COALESCE(parent_word, '')
            FROM questionnaire_question WHERE questionnaire = ? ORDER BY position
        """
        rows = self.session.execute(query, [name]).fetchall()
        try:
            return [_question(row) for row in rows]
        except (ValueError, AttributeError) as error:
            found = f"the questions of {name} cannot be read ({error})"
            raise UserError(
                Problem("questionnaire_question", found, "rows that an import made", "import it")
            ) from error

    def answers(self, name: str) -> dict[str, QuestionAnswer]:
        """Return what was last done with each question, by its id; a question that nobody touched has none."""
        sources = self._lists("questionnaire_answer__sources", "questionnaire", "question")
        query = """
            SELECT questionnaire, question, state, word, text, basis, library, confidence, level, rule, author,
                approver, note, assigned_to, parent_word, acted_at
            FROM questionnaire_answer WHERE questionnaire = ? AND connector = ?
        """
        # Only what our own commands recorded: an approval cannot be brought in as a file.
        return {
            row[1]: _answer(row, tuple(sources.get((name, row[1]), ())))
            for row in self.session.execute(query, [name, ACT_CONNECTOR]).fetchall()
        }

    def library(self) -> list[LibraryAnswer]:
        """Return the answers of the library, by id."""
        sources = self._lists("library_answer__sources", "id")
        query = """
            SELECT id, question, COALESCE(also_asked, ''), COALESCE(word, ''), text, level, COALESCE(basis, '{}'),
                written_by, written_at, holds_to, COALESCE(reason, '') FROM library_answer ORDER BY id
        """
        return [
            LibraryAnswer(
                answer_id=row[0],
                questions=(row[1], *(line for line in row[2].splitlines() if line.strip())),
                word=row[3] if row[3] in WORDS else "",
                text=row[4],
                level=level_of(row[5]),
                sources=tuple(sources.get((row[0],), ())),
                basis=_json(row[6]),
                written_by=row[7],
                written_at=_aware(row[8]),
                ends_before=local_day_of(row[9], self.zone),
                reason=row[10],
            )
            for row in self.session.execute(query).fetchall()
        ]

    def _lists(self, table: str, *key: str) -> dict[tuple[str, ...], list[str]]:
        found: dict[tuple[str, ...], list[str]] = {}
        names = ", ".join(key)
        query = f"SELECT {names}, value FROM {table} ORDER BY ALL"  # noqa: S608  names of our own
        for *held, value in self.session.execute(query).fetchall():
            found.setdefault(tuple(held), []).append(value)
        return found


@contextmanager
def answer_tables(workspace: Workspace) -> Iterator[AnswerTables]:
    """Read questionnaires and library."""
    with tables_read(workspace, _TABLES) as session:
        yield AnswerTables(session, workspace.settings.reporting_zone)


def question_line(questionnaire: str, question: Question) -> dict[str, object]:
    """Write a question as a row of its table."""
    ticks = {word: str(place) for word, place in (question.ticks_at or {}).items()}
    return {
        "questionnaire": questionnaire,
        "id": question.question_id,
        "position": question.number,
        "part": question.part,
        "row": question.row,
        "section": question.section,
        "sender_id": question.sender_id,
        "text": question.text,
        "answer_at": str(question.answer_at or ""),
        "comment_at": str(question.comment_at or ""),
        "ticks_at": as_json(ticks) if ticks else "",
        "choices": as_json(list(question.choices)),
        "parent": question.parent,
        "parent_word": question.parent_word,
    }


def answer_line(answer: QuestionAnswer) -> dict[str, object]:
    """Write what was done with a question as a row of its table."""
    return {
        "questionnaire": answer.questionnaire,
        "question": answer.question_id,
        "state": str(answer.state),
        "word": answer.word,
        "text": answer.text,
        "sources": list(answer.sources),
        "basis": as_json(answer.basis),
        "library": answer.library,
        "confidence": answer.confidence,
        "level": str(answer.level),
        "rule": answer.rule,
        "author": answer.author,
        "approver": answer.approver,
        "note": answer.note,
        "assigned_to": answer.assigned_to,
        "parent_word": answer.parent_word,
        "acted_at": answer.acted_at.isoformat() if answer.acted_at else "",
    }


def as_json(value: object) -> str:
    """Write a small value as JSON with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def local_day_of(boundary: datetime | None, zone: str) -> date | None:
    """Return the local day that begins at a boundary, None where there is none."""
    return _aware(boundary).astimezone(zone_named(zone)).date() if boundary else None


def _question(row: tuple[Any, ...]) -> Question:
    answer, comment, ticks = row[7], row[8], row[9]
    return Question(
        question_id=row[0],
        number=row[1],
        part=row[2],
        row=row[3],
        text=row[4],
        section=row[5],
        sender_id=row[6],
        answer_at=read_place(answer) if answer else None,
        comment_at=read_place(comment) if comment else None,
        ticks_at={word: read_place(place) for word, place in orjson.loads(ticks).items()} if ticks else None,
        choices=tuple(orjson.loads(row[10])),
        parent=row[11],
        parent_word=row[12],
    )


def _answer(row: tuple[Any, ...], sources: tuple[str, ...]) -> QuestionAnswer:
    text = [value or "" for value in row[:15]]
    return QuestionAnswer(
        questionnaire=text[0],
        question_id=text[1],
        state=AnswerState(text[2]),
        word=text[3],
        text=text[4],
        sources=sources,
        basis=_json(text[5]),
        library=text[6],
        confidence=text[7],
        level=level_of(text[8]),
        rule=text[9],
        author=text[10],
        approver=text[11],
        note=text[12],
        assigned_to=text[13],
        parent_word=text[14],
        acted_at=_aware(row[15]),
    )


def _json(text: str | None) -> Any:
    """Read a small JSON value; {} where there is none, or where a file that was captured holds something else."""
    try:
        return orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
