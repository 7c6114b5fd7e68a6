"""Read a recorded query for filters that can hide rows, such as `status != ...` or a date that people can edit.

What is looked for stands in query_lint.toml, each with its sentence and its examples. Nothing here knows a query
language: it reads the text that a person or a collector recorded, so it names suspicions for a reader and never stops.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LINT_FILE = Path(__file__).with_name("query_lint.toml")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class LintRule:
    """One thing that can hide rows: its name, what finds it, the sentence, and examples for the tests."""

    name: str
    pattern: re.Pattern[str]
    sentence: str
    finds: tuple[str, ...]
    passes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A place in a query that can hide rows."""

    rule: str
    excerpt: str
    sentence: str


@cache
def lint_rules() -> tuple[LintRule, ...]:
    """Return what is looked for, in the order of query_lint.toml."""
    raw = tomllib.loads(LINT_FILE.read_text(encoding="utf-8"))
    return tuple(
        LintRule(
            name=name,
            pattern=re.compile(body["pattern"], re.IGNORECASE | re.MULTILINE),
            sentence=body["sentence"],
            finds=tuple(body["finds"]),
            passes=tuple(body["passes"]),
        )
        for name, body in raw.items()
    )


def lint_query(query: str, parameters: str = "") -> Iterator[Suspicion]:
    """Yield each rule that finds something in the query or its parameters, once, with what it found."""
    for rule in lint_rules():
        found = rule.pattern.search(query) or rule.pattern.search(parameters)
        if found is not None:
            yield Suspicion(rule.name, " ".join(found[0].split())[:_SHOWN], rule.sentence)
