"""Questions that are asked in the background, one at a time, with their answers kept until there are many.

Each has a folder in `.twofold/site/what-if/`. Nothing else of the workspace is written.
"""

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from twofold.jobs import in_background
from twofold.model.problem import Problem, UserError
from twofold.records.site_place import SitePlace
from twofold.scope.what_if.questions import read_questions
from twofold.vault.blobs.written_file import replace_file

ASKED_FILE, ANSWER_FILE = "asked.json", "answer.json"
MARKDOWN_FILE, PAGE_FILE, SCOPE_FOLDER = "memo.md", "memo.html", "scope"
_KEPT = 20
_MODULE = "twofold.jobs.what_if.answer_kept"
_BUSY = Problem(
    "what if", "another question is being answered", "one question at a time", "wait until it is done, or stop it"
)


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """What is asked. questions: option of the command -> texts. title: the question as sentences.

    control_tests: those to run; all when empty. about: what the question belongs to, for example a proposed change.
    """

    questions: Mapping[str, Sequence[str]]
    title: Sequence[str]
    control_tests: Sequence[str]
    asked_by: str
    asked_at: datetime
    about: str = ""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A question with how its answer stands."""

    run_id: str
    folder: Path
    question: KeptQuestion
    standing: in_background.Standing

    def answer(self) -> Mapping[str, Any]:
        """Return the sections of the memo as plain values; only of a run that is done."""
        found: Mapping[str, Any] = orjson.loads((self.folder / ANSWER_FILE).read_bytes())
        return found


def start(root: Path, question: KeptQuestion, *, scope_files: Mapping[str, bytes] | None = None) -> str:
    """Begin to answer a question in a process of its own; returns the id of the run.

    scope_files: the scope that is asked about, as files; None = the scope in force. Raises UserError for a faulty
    question, when nothing is asked, and while another question is being answered.
    """
    if not read_questions({option: tuple(texts) for option, texts in question.questions.items()}) and not scope_files:
        raise UserError(Problem("what if", "nothing is asked", "at least one question", "fill in one of the questions"))
    place = _place(root)
    with in_background.turn(place, _BUSY) as turn:
        _forget_old(place)
        run_id = f"wi-{question.asked_at:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        folder = place / run_id
        folder.mkdir()
        for name, content in (scope_files or {}).items():
            target = folder / SCOPE_FOLDER / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        replace_file(folder / ASKED_FILE, _question_bytes(question))
        turn.begin(folder, _MODULE, folder, root.resolve())
    return run_id


def stop(root: Path, run_id: str) -> None:
    """Interrupt a question that is being answered; does nothing for one that is over."""
    in_background.stop(_place(root), run_id)


def kept_runs(root: Path) -> Sequence[KeptRun]:
    """Return the questions that are kept, newest first."""
    return [_run(each) for each in sorted(_folders(root), reverse=True)]


def kept_run(root: Path, run_id: str) -> KeptRun | None:
    """Return one question, None where none has this id."""
    return next((_run(each) for each in _folders(root) if each.name == run_id), None)


def read_question(folder: Path) -> KeptQuestion:
    """Return what is asked in a run's folder."""
    plain = orjson.loads((folder / ASKED_FILE).read_bytes())
    return KeptQuestion(**{**plain, "asked_at": datetime.fromisoformat(plain["asked_at"])})


def _question_bytes(question: KeptQuestion) -> bytes:
    return orjson.dumps({name: getattr(question, name) for name in question.__dataclass_fields__})


def _place(root: Path) -> Path:
    return SitePlace(root).folder / "what-if"


def _folders(root: Path) -> list[Path]:
    return [each for each in _place(root).glob("wi-*") if (each / ASKED_FILE).exists()]


def _run(folder: Path) -> KeptRun:
    return KeptRun(folder.name, folder, read_question(folder), in_background.standing(folder))


def _forget_old(place: Path) -> None:
    for old in sorted(place.glob("wi-*"))[: -(_KEPT - 1)]:
        shutil.rmtree(old, ignore_errors=True)
