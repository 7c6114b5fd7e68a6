"""The words of docs/glossary.md: one source for the help beside a word on a page, the glossary page and the search."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PACKAGED = Path(__file__).with_name("glossary.md")
"""Where an installed site has the file; the wheel is built so."""
_IN_THE_SOURCES = Path(__file__).parents[3] / "docs" / "glossary.md"
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the glossary. `words`: all words that it explains; `slug` names it in an address."""

    title: str
    words: tuple[str, ...]
    meaning: str
    slug: str


@cache
def terms() -> tuple[Term, ...]:
    """Return the terms in the order of their titles."""
    file = _PACKAGED if _PACKAGED.exists() else _IN_THE_SOURCES
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 2 and cells[0] not in {"word", "---"}:  # noqa: PLR2004  word and meaning
            found.append(_term(*cells))
    return tuple(sorted(found, key=lambda each: each.title.casefold()))


@cache
def terms_by_word() -> Mapping[str, Term]:
    """Return each word, and its plural, in lower case -> its term."""
    found: dict[str, Term] = {}
    for each in terms():
        for word in each.words:
            for shown in (word, f"{word}s", f"{word[:-1]}ies" if word.endswith("y") else word):
                found.setdefault(shown, each)
    return found


def term_of(word: str) -> Term:
    """Return the term that explains a word; raises KeyError where the glossary lacks it, so that a page cannot."""
    return terms_by_word()[word.lower()]


def _term(title: str, meaning: str) -> Term:
    """Read `commitment, row commitment` as two words, `verifier key (vkey)` too.

    >>> _term("completeness record (IPE)", "...").words
    ('completeness record', 'ipe')
    """
    parts = re.split(r"[,()]", title.lower())
    words = tuple(part.strip() for part in parts if part.strip())
    meaning = meaning.replace("`", "")
    return Term(title, words, meaning[:1].upper() + meaning[1:], _NOT_PLAIN.sub("-", title.lower()).strip("-"))
