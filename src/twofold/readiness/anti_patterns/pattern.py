"""A pattern, what was found of it, and its rule as dated data (`rules.toml`).

A pattern is a pure function from `Facts` to a `Found`. It says found, not found or cannot tell, and never more: each
hit is a question to a reader with the place to look at.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from twofold.model.statement import AdviceRule, Statement

RULES_FILE = Path(__file__).with_name("rules.toml")


class Presence(StrEnum):
    """Whether a pattern is there."""

    FOUND = "found"
    NOT_FOUND = "not found"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class PatternRule:
    """What is said of a pattern whatever the company: its title, why it matters under each lens, and what to do."""

    pattern: str
    title: str
    soc2: str
    sox: str
    remedy: str
    source: str
    as_of: date
    limits: Mapping[str, Any]
    """Thresholds and words; each is told with a hit that it decides."""

    def statement(self, text: str, *data: str) -> Statement:
        """Bind a sentence to this rule and to what it was computed from."""
        return Statement(text, AdviceRule(f"anti_pattern.{self.pattern}", self.source, self.as_of), tuple(data))


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where the pattern shows: the statement names it, `where` says it for machines (`control: AC-03`)."""

    where: tuple[str, ...]
    statement: Statement


@dataclass(frozen=True, slots=True)
class Found:
    """What a pattern found. looked_at: in words, what was compared; it is the reason where nothing was found."""

    presence: Presence
    hits: tuple[Hit, ...]
    looked_at: Statement


@cache
def pattern_rules() -> Mapping[str, PatternRule]:
    """Return the rule of every pattern, by its id, in the order of the file."""
    raw: Mapping[str, dict[str, Any]] = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    return {name: PatternRule(pattern=name, **{"limits": {}, **body}) for name, body in raw.items()}


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return the number with its noun.

    >>> counted(1, "apply", "applies"), counted(2000, "run")
    ('1 apply', '2,000 runs')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def found(rule: PatternRule, hits: Sequence[Hit], *, looked_at: str, data: Sequence[str]) -> Found:
    """Return found where there are hits, else not found."""
    presence = Presence.FOUND if hits else Presence.NOT_FOUND
    return Found(presence, tuple(hits), rule.statement(looked_at, *data))


def cannot_tell(rule: PatternRule, why: str, *data: str) -> Found:
    """Return cannot tell, with what is missing."""
    return Found(Presence.CANNOT_TELL, (), rule.statement(why, *data))


def hit(rule: PatternRule, text: str, *where: str) -> Hit:
    """Return a hit whose data are its places."""
    return Hit(tuple(where), rule.statement(text, *where))
