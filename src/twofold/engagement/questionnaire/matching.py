"""Which answers of the library fit a question, and how surely.

Source: audit-domain has no rule for it; ux 1, *Questionnaire workflow*, asks for a match with source and confidence.
Two questions are compared by the subjects they share, the rare ones counting more (TF-IDF, as in a library catalogue).
A question is never compared with another question of a customer: an answer is only as good as its own source, so one
wrong answer cannot spread to others (ux 2, complaint 34).
"""

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from twofold.engagement.questionnaire.words import Wording, weight_of, wording


class MatchKind(StrEnum):
    """How a question relates to one that the library answers."""

    SAME = "same"
    CLOSE = "close"
    POSSIBLE = "possible"
    OPPOSITE = "opposite"
    """The same subject asked the other way round: the answer does not fit."""
    APART = "apart"
    """Near in words, and about something else."""


USABLE = frozenset({MatchKind.SAME, MatchKind.CLOSE})
"""Kinds from which a draft may be made."""


@dataclass(frozen=True, slots=True)
class Match:
    """One answer that may fit. confidence: 0 to 1, how much of the two questions is the same. shared: the subjects."""

    answer_id: str
    kind: MatchKind
    confidence: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The questions of a library, ready to be compared with."""

    wordings: Sequence[tuple[str, Wording]]
    weights: Mapping[str, float]
    unseen: float
    """Weight of a word that no question of the library has."""


@cache
def match_settings() -> Mapping[str, Any]:
    """Return what matching.toml says."""
    return tomllib.loads(Path(__file__).with_name("matching.toml").read_text("utf-8"))


def index_of(questions: Iterable[tuple[str, str]]) -> Index:
    """Make an index of (answer id, question); one answer may have several questions."""
    wordings = [(answer, wording(text)) for answer, text in questions]
    counted = Counter(word for _, each in wordings for word in each.words)
    total = len(wordings)
    weights = {word: weight_of(word) * _rarity(count, total) for word, count in counted.items()}
    return Index(wordings, weights, _rarity(0, total))


def find_matches(text: str, index: Index) -> list[Match]:
    """Return the answers that may fit, the surest first; of one answer its best wording."""
    asked = wording(text)
    best: dict[str, Match] = {}
    for answer, known in index.wordings:
        found = compare(answer, asked, known, index)
        if found is not None and (answer not in best or _order(found) < _order(best[answer])):
            best[answer] = found
    return sorted(best.values(), key=_order)[: match_settings()["shown"]]


def compare(answer: str, asked: Wording, known: Wording, index: Index) -> Match | None:
    """Compare two questions; None where they share too little."""
    settings = match_settings()
    shared = asked.words & known.words
    if not shared:
        return None
    both = 2 * _sum(shared, index) / (_sum(asked.words, index) + _sum(known.words, index))
    confidence = both if asked.kind == known.kind else both * settings["other_kind_factor"]
    if confidence < settings["possible"]:
        return None
    names = tuple(sorted(shared))
    if asked.negative != known.negative:
        return Match(answer, MatchKind.OPPOSITE, round(confidence, 2), names)
    if _apart(asked, known):
        return Match(answer, MatchKind.APART, round(confidence, 2), names)
    if asked.plain == known.plain:
        return Match(answer, MatchKind.SAME, 1.0, names)
    kind = MatchKind.CLOSE if confidence >= settings["close"] else MatchKind.POSSIBLE
    return Match(answer, kind, min(round(confidence, 2), 0.99), names)


def _apart(asked: Wording, known: Wording) -> bool:
    """Whether the two name different ones of things that exclude each other."""
    groups = asked.apart.keys() & known.apart.keys()
    return any(asked.apart[group].isdisjoint(known.apart[group]) for group in groups)


def _rarity(count: int, total: int) -> float:
    return 1.0 + math.log((1 + total) / (1 + count))


def _sum(words: frozenset[str], index: Index) -> float:
    # Rounded, so that the order in which a set gives its words never shows in the last digit.
    return round(sum(index.weights.get(word, index.unseen * weight_of(word)) for word in words), 9)


def _order(match: Match) -> tuple[bool, float, str]:
    return match.kind not in {*USABLE, MatchKind.POSSIBLE}, -match.confidence, match.answer_id
