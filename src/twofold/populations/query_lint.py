"""Read a recorded query for filters that can hide rows, such as `status != ...` or a date that people can edit.

What is looked for stands in query_lint.toml, each with its sentence and its examples. Nothing here knows a query
language: it reads the text that a person or a collector recorded, so it names suspicions for a reader and never stops.
Page sizes are read apart from that: whether an answer ends exactly at one is for the check of page caps.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote_plus

LINT_FILE = Path(__file__).with_name("query_lint.toml")
_SHOWN = 60
_IN_ADDRESS = re.compile(r"%[0-9a-f]{2}|\w\+(?:not|in|eq|ne|and|or|like|is)\+", re.IGNORECASE)
_PAGE_SIZE = re.compile(
    r"""
    (?: \b(?:per_?page|page_?size|(?:sysparm_)?limit|max_?-?(?:results|items|records|rows|keys))["']?\s*[=:(\s]\s*
      | \btop["']?\s*[=:(]\s* | \bselect\s+(?:distinct\s+)?top\s*\(?\s* | \bfetch\s+(?:first|next)\s+
      | \b(?:first|last)["']?\s*[:=]\s* | [?&"'](?:count|rows|size)["']?\s*[=:]\s*
    )["']?(\d{1,9})\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMMENT = re.compile(r"/\*[^*]*\*/|--[ \t][^\n]*")


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
    """Yield what each rule finds in the query and its parameters, each place that reads alike once."""
    texts = [reading for text in (query, parameters) for reading in _readings(text)]
    for rule in lint_rules():
        found = (match[0].strip()[:_SHOWN] for text in texts for match in rule.pattern.finditer(text))
        for excerpt in dict.fromkeys(found):
            yield Suspicion(rule.name, excerpt, rule.sentence)


def page_sizes(query: str, parameters: str = "") -> frozenset[int]:
    """Return the page sizes and limits that the query and its parameters name in figures."""
    texts = [reading for text in (query, parameters) for reading in _readings(text)]
    return frozenset(int(found[1]) for text in texts for found in _PAGE_SIZE.finditer(text)) - {0}


def _readings(text: str) -> Iterator[str]:
    """Yield the text in one line, as it stands or as an address or JSON carries it, and without comments inside it."""
    meant = unquote_plus(text) if _IN_ADDRESS.search(text) else text
    lines = meant.replace("\\n", "\n").replace('\\"', '"')
    yield " ".join(lines.split())
    bare = _COMMENT.sub(" ", lines)
    if bare != lines:
        yield " ".join(bare.split())
