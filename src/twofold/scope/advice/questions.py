"""The questions of the interview, how an answer is written, and which questions an answer makes pointless."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from twofold.scope.advice.calendar import year_end_in

FILE = Path(__file__).with_name("interview.toml")
NOTHING = "none"
"""The choice of a question with several choices that says: none of them."""
_YES_NO = ("yes", "no")
_SPELLED = {"y": "yes", "n": "no", "true": "yes", "false": "no"}
_WHOLE = re.compile(r"[0-9]{1,15}|[0-9]{1,3}([,_][0-9]{3}){1,4}")
_YEAR_END = re.compile(r"(0[1-9]|1[0-2])-([0-2][0-9]|3[01])")
_LEAP_YEAR = 2028
_CREDIBLE = (date(1990, 1, 1), date(2100, 1, 1))


class Form(StrEnum):
    """How an answer is written; `interview.toml` says what each means."""

    YES_NO = "yes_no"
    DAY = "day"
    YEAR_END = "year_end"
    WHOLE = "whole"
    ONE_OF = "one_of"
    SOME_OF = "some_of"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `only_if`: question -> the answers with which this one is asked."""

    name: str
    short: str
    asks: str
    help: str
    form: Form
    choices: tuple[str, ...]
    only_if: Mapping[str, tuple[str, ...]]

    @property
    def allowed(self) -> str:
        """How an answer is written, for people."""
        return {
            Form.YES_NO: "yes or no",
            Form.DAY: "a day, YYYY-MM-DD",
            Form.YEAR_END: "month and day, MM-DD",
            Form.WHOLE: "a whole number",
            Form.ONE_OF: "one of " + ", ".join(self.choices),
            Form.SOME_OF: "one or more of " + ", ".join(self.choices) + ", joined by ;",
        }[self.form]

    def read(self, text: str) -> str:
        """Return the answer in its one spelling; raises ValueError that says what is allowed."""
        plain = text.strip().lower()
        match self.form:
            case Form.DAY:
                found = _day(plain)
            case Form.YEAR_END:
                found = _year_end(plain)
            case Form.WHOLE:
                found = _whole(plain)
            case Form.SOME_OF:
                found = _some_of(plain, self.choices)
            case Form.YES_NO | Form.ONE_OF:
                spelled = _SPELLED.get(plain, plain) if self.form is Form.YES_NO else plain
                found = spelled if spelled in self.choices else None
        if found is None:
            shown = text.strip()[:40]
            msg = f"{shown!r} is no answer to {self.name}: {self.allowed}"
            raise ValueError(msg)
        return found


@cache
def questions() -> Mapping[str, Question]:
    """Return every question by its name, in the order in which they are asked."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Question(
                name=name,
                short=body["short"],
                asks=body["asks"],
                help=body["help"],
                form=Form(body["form"]),
                choices=_YES_NO if body["form"] == Form.YES_NO else tuple(body.get("choices", ())),
                only_if=MappingProxyType({key: tuple(value) for key, value in body.get("only_if", {}).items()}),
            )
            for name, body in raw.items()
        }
    )


def in_words(names: Iterable[str]) -> str:
    """Return questions for a sentence, by what they are about; other words stay as they are."""
    return "; ".join(questions()[name].short if name in questions() else name for name in names)


def is_asked(question: Question, answers: Mapping[str, str]) -> bool:
    """Whether the question makes sense with what was answered before: each of its conditions is met."""
    return all(answers.get(name) in allowed for name, allowed in question.only_if.items())


def _day(text: str) -> str | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day.isoformat() if _CREDIBLE[0] <= day < _CREDIBLE[1] else None


def _year_end(text: str) -> str | None:
    if not _YEAR_END.fullmatch(text):
        return None
    # A day that no year has, such as 02-30, would be moved to another one.
    return text if f"{year_end_in(text, _LEAP_YEAR):%m-%d}" == text else None


def _whole(text: str) -> str | None:
    return str(int(text.replace(",", "").replace("_", ""))) if _WHOLE.fullmatch(text) else None


def _some_of(text: str, choices: tuple[str, ...]) -> str | None:
    words = {word.strip() for word in text.split(";") if word.strip()}
    if not words or not words <= set(choices) or (NOTHING in words and len(words) > 1):
        return None
    return ";".join(choice for choice in choices if choice in words)
