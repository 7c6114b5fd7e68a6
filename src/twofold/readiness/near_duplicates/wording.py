"""The words of a request as they are compared: lower case, no accents, no plural; small typing errors forgiven."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

LONGEST = 2_000
"""Characters of a text that are compared; what auditors ask for is shorter."""
_WORD = re.compile(r"[a-z0-9]+(?:[-/][a-z0-9]+)*")
_APOSTROPHE = re.compile(r"['\u2019]s?\b")
_CLAUSE_END = re.compile(r"[.:;,()\[\]]|\s[-\u2013]\s")
_SHORT = 4
"""A word of so many letters or fewer keeps its end: it is an abbreviation as often as a plural."""
_FORGIVING = 6
"""From so many letters on a typing error is forgiven; shorter words are too close to each other."""


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in order.

    >>> words("User-Access Reviews (Q1): the manager's approvals, w/ résumé")
    ('user-access', 'review', 'q1', 'the', 'manager', 'approval', 'w', 'resume')
    """
    plain = unicodedata.normalize("NFKD", text[:LONGEST]).encode("ascii", "ignore").decode().lower()
    return tuple(_singular(word) for word in _WORD.findall(_APOSTROPHE.sub("", plain)))


def _singular(word: str) -> str:
    """Take the plural off a word.

    >>> [_singular(word) for word in ("policies", "batches", "hotfixes", "access", "logs", "jobs", "aws", "analysis")]
    ['policy', 'batch', 'hotfix', 'access', 'logs', 'jobs', 'aws', 'analysis']
    """
    if len(word) <= _SHORT or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s")


def clauses(text: str) -> list[str]:
    """Return the clauses of a text; no phrase goes on over their ends: "incidents: ticket" names no incident ticket."""
    return [clause for clause in _CLAUSE_END.split(text) if clause.strip()]


def parts(word: str) -> tuple[str, ...]:
    """Return a word joined by - or / with its parts, as it may stand as one or as several."""
    return tuple(part for part in re.split(r"[-/]", word) if part)


def edits(word: str) -> frozenset[str]:
    """Return the word, and the word with each letter but the first left out once: what a typing error keeps.

    Two words that share one of these differ by one letter more, less or other, or by two that are swapped. The first
    letter counts, since "designation" is no misspelt "resignation".
    """
    if len(word) < _FORGIVING or not word.isalpha():
        return frozenset({word})
    left_out = {word[:place] + word[place + 1 :] for place in range(1, len(word))}
    return frozenset({word, *left_out})


def corrections(known: Iterable[str]) -> Mapping[str, str]:
    """Return what each near spelling of the known words stands for; a spelling near two of them stands for none."""
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for word in sorted(known):
        for edit in edits(word):
            if found.setdefault(edit, word) != word:
                ambiguous.add(edit)
    return {edit: word for edit, word in found.items() if edit == word or edit not in ambiguous}


def corrected(word: str, near: Mapping[str, str]) -> str:
    """Return the known word that is one typing error away, the word itself where there is none or more than one."""
    if word in near and near[word] == word:
        return word
    meant = {near[edit] for edit in edits(word) if edit in near}
    return meant.pop() if len(meant) == 1 else word


def grams(text: str, size: int = 4) -> tuple[str, ...]:
    """Return the runs of `size` characters of a text's words, with a space at each end of a word."""
    padded = " " + " ".join(words(text)) + " "
    return tuple(padded[place : place + size] for place in range(max(1, len(padded) - size + 1)))
