"""What auditors call things, as data: phrases that mean one concept, and words that say nothing about what is asked."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from twofold.readiness.near_duplicates.wording import clauses, corrected, corrections, parts, words

VOCABULARY_FILE = Path(__file__).with_suffix(".toml")
_LONGEST_PHRASE = 5
"""Words."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Phrases by their words. `beginnings` are beginnings of single words. `near` knows typing errors."""

    as_of: date
    source: str
    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    beginnings: Mapping[str, str]
    filler: frozenset[str]
    near: Mapping[str, str]

    def spelled(self, word: str) -> str:
        """Return the word without a typing error, where it is one away from a single known word."""
        return word if any(map(word.startswith, self.beginnings)) else corrected(word, self.near)

    def concepts_at(self, tokens: Sequence[str], place: int) -> tuple[tuple[str, ...], int]:
        """Return the concepts that begin at `place` and how many words they take; ((), 1) for none."""
        for length in range(min(_LONGEST_PHRASE, len(tokens) - place), 0, -1):
            if concepts := self.phrases.get(tuple(tokens[place : place + length])):
                return concepts, length
        return tuple(name for begin, name in self.beginnings.items() if tokens[place].startswith(begin)), 1


@dataclass(frozen=True, slots=True)
class Worded:
    """A text as concepts, each with the words it stands in, and the other words that say something."""

    concepts: Mapping[str, str]
    others: tuple[str, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """All that is compared: concepts as `#name`, then the other words."""
        return tuple(f"#{name}" for name in self.concepts) + self.others


@cache
def vocabulary() -> Vocabulary:
    """Return the shipped vocabulary. A phrase under two concepts means both, as a transport is an ERP change."""
    raw = tomllib.loads(VOCABULARY_FILE.read_text(encoding="utf-8"))
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    beginnings: dict[str, str] = {}
    for concept, said in raw["concepts"].items():
        for phrase in said:
            if phrase.endswith("*"):
                beginnings[phrase[:-1]] = concept
            else:
                key = _words(phrase)
                phrases[key] = tuple(dict.fromkeys((*phrases.get(key, ()), concept)))
    filler = frozenset(words(raw["filler"]))
    known = {word for phrase in phrases for word in phrase} | filler
    return Vocabulary(raw["as_of"], raw["source"], phrases, beginnings, filler, corrections(known))


def worded(text: str, known: Vocabulary) -> Worded:
    """Read a text clause by clause: the longest phrase at each place is a concept; filler is left out."""
    concepts: dict[str, str] = {}
    others: list[str] = []
    for clause in clauses(text):
        tokens = [known.spelled(word) for word in _words(clause)]
        place = 0
        while place < len(tokens):
            named, length = known.concepts_at(tokens, place)
            for concept in named:
                concepts.setdefault(concept, " ".join(tokens[place : place + length]))
            if not named and tokens[place] not in known.filler:
                others.append(tokens[place])
            place += length
    return Worded(concepts, tuple(dict.fromkeys(others)))


def _words(text: str) -> tuple[str, ...]:
    """Return the words with compounds taken apart, so that "break-glass" and "break glass" are the same phrase."""
    return tuple(_apart(words(text)))


def _apart(found: Iterable[str]) -> Iterable[str]:
    for word in found:
        yield from parts(word)
