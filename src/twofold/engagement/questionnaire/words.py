"""What a question is about: its words brought to one form, the sense it is asked in, and what it is not about.

A lexical reading only, from a table of words (words.toml): no network, no model. The sense counts: "Do you not store
card numbers?" is the opposite of "Do you store card numbers?", and no answer of the one answers the other.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[a-z0-9][a-z0-9_]*")
_NOT = re.compile(r"(\w+)n['\u2019]t\b")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "edly", "ed", "ly", "es", "s")
_SHORTEST_STEM = 4
_MOST_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Wording:
    """One question as the matcher sees it.

    words: subjects in one form. negative: it is asked the other way round. kind: how it is asked, "" = yes or no.
    apart: group of words that exclude each other -> those it has.
    """

    words: frozenset[str]
    negative: bool
    kind: str
    apart: Mapping[str, frozenset[str]]
    plain: str
    """All its words in order, to tell the same question asked again."""


@dataclass(frozen=True, slots=True)
class _Table:
    phrases: re.Pattern[str]
    named: Mapping[str, str]
    """Phrase -> name of what it means."""
    idle: frozenset[str]
    negative: frozenset[str]
    harmless: re.Pattern[str]
    turned: Mapping[str, str]
    apart: Mapping[str, frozenset[str]]
    kinds: Mapping[str, tuple[str, ...]]
    common: frozenset[str]
    common_weight: float
    names: Mapping[str, str]


def plain_words(text: str) -> str:
    """Return the words of a text in order: two questions with the same ones are one question asked twice."""
    told = _NOT.sub(lambda found: f"{found[1]} not", text[:_MOST_CHARACTERS].casefold().replace("can't", "cannot"))
    return " ".join(_WORD.findall(told))


@lru_cache(maxsize=10_000)
def wording(text: str) -> Wording:
    """Read a question."""
    table = word_table()
    plain = plain_words(text)
    shown = table.harmless.sub(" ", f" {plain} ")
    shown = table.phrases.sub(lambda found: table.named[found[0]], shown)
    turns = 0
    words = set()
    for word in shown.split():
        if word in table.negative:
            turns += 1
        elif word in table.turned:
            turns += 1
            words.add(table.turned[word])
        elif word not in table.idle:
            words.add(table.names.get(word) or stem(word))
    apart = {group: found for group, names in table.apart.items() if (found := names & words)}
    return Wording(frozenset(words), turns % 2 == 1, _kind(plain, table), apart, plain)


def weight_of(word: str) -> float:
    """Return how much a word says by itself: less for the words that stand in every other question."""
    table = word_table()
    return table.common_weight if word in table.common else 1.0


def stem(word: str) -> str:
    """Take the ending off a word.

    >>> stem("reviewing"), stem("reviews"), stem("policies")
    ('review', 'review', 'polic')
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


@cache
def word_table() -> _Table:
    """Return words.toml in the form that it is used in."""
    body: dict[str, Any] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
    phrases, names = {}, {}
    for first, *others in body["one"]:
        for each in (first, *others):
            plain = plain_words(each)
            if " " in plain:
                phrases[plain] = first
            else:
                names[plain] = first
        names[first] = first
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    common = frozenset(names.get(word) or stem(word) for word in body["common"])
    return _Table(
        phrases=re.compile(rf"(?<= )(?:{'|'.join(map(re.escape, longest_first))})(?= )"),
        named=phrases,
        idle=frozenset(body["idle"]),
        negative=frozenset(body["negative"]),
        harmless=re.compile("|".join(rf"(?<= ){re.escape(each)}(?= )" for each in body["harmless"])),
        turned=body["turned"],
        apart={group: frozenset(words) for group, words in body["apart"].items()},
        kinds={kind: tuple(phrases) for kind, phrases in body["kinds"].items()},
        common=common,
        common_weight=body["common_weight"],
        names=names,
    )


def _kind(plain: str, table: _Table) -> str:
    padded = f"{plain} "
    return next((kind for kind, phrases in table.kinds.items() if any(each in padded for each in phrases)), "")
