"""Words that the parts of a what-if memo share: its rules, how a sentence is bound, and how many names are shown."""

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from twofold.model.statement import AdviceRule, Statement
from twofold.reports.what_if import WhatIf

SHOWN = 12
"""Names or sentences of one kind before the rest is told as a number."""
_RULES_FILE = Path(__file__).with_name("what_if_rules.toml")
_PLURALS = {"criterion": "criteria"}


@cache
def rules() -> dict[str, AdviceRule]:
    """Return the rules by name."""
    raw = tomllib.loads(_RULES_FILE.read_text(encoding="utf-8"))
    return {name: AdviceRule(f"what_if.{name}", body["source"], body["as_of"]) for name, body in raw.items()}


def say(rule: str, text: str, data: Iterable[str]) -> Statement:
    """Bind a sentence to a rule of what_if_rules.toml and to its data."""
    return Statement(text, rules()[rule], tuple(dict.fromkeys(data)))


def asked_of(found: WhatIf) -> list[str]:
    """Return what a sentence rests on that follows from the question as a whole."""
    where = [f"scope files: {found.folder}"] if found.folder else ["scope: in force"]
    return [*where, *(f"question: {number}" for number in range(1, len(found.questions) + 1))]


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: `1 criterion`, `2 criteria`."""
    return f"{number:,} {noun if number == 1 else _PLURALS.get(noun, noun + 's')}"


def named(names: Sequence[str]) -> str:
    """Return the names, each once; many are cut."""
    shown = list(dict.fromkeys(names))
    if len(shown) > SHOWN:
        return f"{', '.join(shown[:SHOWN])} and {len(shown) - SHOWN} more"
    return ", ".join(shown)
