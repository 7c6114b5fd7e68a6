"""Answers of the interview as a file: a CSV or TOML that a person fills in, and the templates for it.

The file is hostile until it is read: its size is limited, and every fault is told at once. docs/formats/interview.md.
"""

import csv
import io
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from twofold.model.problem import Problem, UserError
from twofold.scope.advice.questions import questions
from twofold.scope.nearest import nearest

TAKE_BACK = "-"
"""Stands for an answer where the one before is to count no longer."""
_MOST_BYTES = 1024 * 1024
_MOST_TEXT = 1000
_COLUMNS = ("question", "answer", "answered_on", "answered_by", "note")
_SHOWN = ("asks", "allowed", "help")
"""Columns of the template that only help the person who fills it in."""
PROMISES_HEAD = "id,customer,category,promise,document,valid_from,valid_to\n"
REQUESTS_HEAD = "id,customer,asks,words,asked_on,needed_by,fiscal_year_end,public_company,system\n"


@dataclass(frozen=True, slots=True)
class Written:
    """One answer as the file has it, in its one spelling; answer "" takes the one before back. place: for messages."""

    place: str
    question: str
    answer: str
    answered_on: date | None = None
    answered_by: str = ""
    note: str = ""


def read_answers(path: Path) -> list[Written]:
    """Read a file of answers, those left blank skipped; raises UserError with every fault."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UserError(Problem(str(path), f"cannot be read ({error.strerror})", "a file of answers")) from error
    if len(content) > _MOST_BYTES:
        raise UserError(Problem(str(path), "is larger than a megabyte", "a file of answers"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(Problem(str(path), "is no UTF-8 text", "UTF-8", "save the file as UTF-8")) from error
    if path.suffix.lower() == ".toml":
        raw = _toml(text, path)
    elif path.suffix.lower() == ".csv":
        raw = _csv(text, path)
    else:
        raise UserError(Problem(str(path), f"ends in {path.suffix!r}", "a file .csv or .toml"))
    return _checked(raw)


def template_files(current: Mapping[str, str]) -> dict[str, str]:
    """Return name -> text of the files to fill in: answers with what was answered before, promises, requests."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow([*_COLUMNS, *_SHOWN])
    for name, each in questions().items():
        condition = " and ".join(f"{key} = {' or '.join(value)}" for key, value in each.only_if.items())
        asks = f"{each.asks} (only if {condition})" if condition else each.asks
        writer.writerow([name, current.get(name, ""), "", "", "", asks, each.allowed, each.help])
    return {"answers.csv": sheet.getvalue(), "promises.csv": PROMISES_HEAD, "requests.csv": REQUESTS_HEAD}


def _csv(text: str, path: Path) -> list[tuple[str, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        head = reader.fieldnames or []
        problems = [
            Problem(f"{path}:1", f"unknown column {name!r}", "of " + ", ".join((*_COLUMNS, *_SHOWN)))
            for name in head
            if name not in (*_COLUMNS, *_SHOWN)
        ]
        problems += [Problem(f"{path}:1", f"no column {name!r}", name) for name in _COLUMNS[:2] if name not in head]
        if problems:
            raise UserError(problems)
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise UserError(
                    Problem(f"{path}:{reader.line_num}", "more or fewer cells than the header", str(len(head)))
                )
            rows.append((f"{path}:{reader.line_num}", {name: row.get(name, "") for name in _COLUMNS}))
    except csv.Error as error:
        raise UserError(Problem(f"{path}:{reader.line_num}", f"no CSV: {error}", "comma separated values")) from error
    return rows


def _toml(text: str, path: Path) -> list[tuple[str, dict[str, str]]]:
    try:
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(Problem(str(path), f"no TOML: {error}", "TOML (see https://toml.io)")) from error
    known = ("answers", "answered_on", "answered_by", "note")
    problems = [
        Problem(str(path), f"unknown key {name!r}", "of " + ", ".join(known)) for name in whole if name not in known
    ]
    answers = whole.get("answers", {})
    if not isinstance(answers, dict):
        problems.append(Problem(str(path), "'answers' is no table", "[answers], with a line per question"))
    if problems:
        raise UserError(problems)
    shared = {name: _plain(whole.get(name, "")) for name in known[1:]}
    return [
        (f"{path} [answers] {name}", {"question": name, "answer": _plain(value), **shared})
        for name, value in answers.items()
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(_plain(each) for each in value)
    return str(value)


def _checked(raw: list[tuple[str, dict[str, str]]]) -> list[Written]:
    problems: list[Problem] = []
    found: dict[str, Written] = {}
    for place, cells in raw:
        name, text = cells["question"].strip(), cells["answer"].strip()
        problems += _odd(place, cells)
        if name not in questions():
            remedy = nearest(name, list(questions()))
            problems.append(Problem(place, f"no question {name[:40]!r}", "a question of the template", remedy))
            continue
        if name in found:
            problems.append(Problem(place, f"{name} stands twice", "once", f"it stands at {found[name].place} too"))
        if not text:
            continue
        answer, day = "", None
        try:
            answer = "" if text == TAKE_BACK else questions()[name].read(text)
            day = date.fromisoformat(cells["answered_on"].strip()) if cells["answered_on"].strip() else None
        except ValueError as error:
            problems.append(Problem(place, str(error), questions()[name].allowed))
        found[name] = Written(place, name, answer, day, cells["answered_by"].strip(), cells["note"].strip())
    if problems:
        raise UserError(problems)
    return list(found.values())


def _odd(place: str, cells: Mapping[str, str]) -> Iterator[Problem]:
    for name, text in cells.items():
        if len(text) > _MOST_TEXT:
            yield Problem(place, f"{name} has {len(text):,} characters", f"at most {_MOST_TEXT:,}")
        elif any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
            yield Problem(place, f"a control character in {name}", "printable text on one line")
