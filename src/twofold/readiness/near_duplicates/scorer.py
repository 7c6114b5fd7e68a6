"""How alike two requests are: a few features, each a number from 0 to 1, weighed and added. Weights are dated data.

The sum goes through the logistic function, so that a score lies between 0 and 1. It is no probability: it orders
proposals, and the limit from which on a pair is proposed was chosen on the development lists.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from twofold.readiness.near_duplicates.evidence_kinds import evidence_kinds
from twofold.readiness.near_duplicates.named_period import PeriodRelation, relation
from twofold.readiness.near_duplicates.request import LineReading
from twofold.readiness.near_duplicates.system_names import SystemNames, SystemRelation

SCORER_FILE = Path(__file__).with_suffix(".toml")
Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scorer:
    """The weights. `propose_from` is a score; `rival_within` how near the best score another proposal may be."""

    as_of: date
    source: str
    base: float
    propose_from: float
    rival_within: float
    weights: Mapping[str, float]

    def score(self, features: Mapping[str, float]) -> float:
        """Return the score of a pair with these features, from 0 to 1."""
        added = self.base + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-added))


@cache
def shipped_scorer() -> Scorer:
    """Return the scorer as it is shipped."""
    return Scorer(**tomllib.loads(SCORER_FILE.read_text(encoding="utf-8")))


class Rarity:
    """How much each term says: one that stands in few lines says more (inverse document frequency over all lines)."""

    def __init__(self, documents: Iterable[Sequence[str]]) -> None:
        self._count = 0
        self._in: Counter[str] = Counter()
        for document in documents:
            self._count += 1
            self._in.update(set(document))

    def vector(self, terms: Sequence[str]) -> Vector:
        """Return the terms weighed and scaled to length 1; {} for no term."""
        weights = {
            term: (1 + math.log(times)) * math.log((1 + self._count) / (1 + self._in[term]) + 1)
            for term, times in Counter(terms).items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {term: weight / length for term, weight in weights.items()} if length else {}


def likeness(first: Vector, second: Vector) -> float:
    """Return the cosine of two vectors of length 1, from 0 to 1."""
    return min(1.0, sum(weight * second[term] for term, weight in first.items() if term in second))


@dataclass(frozen=True, slots=True)
class Comparable:
    """A line with its vectors, made once. around: the systems that any line of its list names."""

    reading: LineReading
    terms: Vector
    grams: Vector
    around: frozenset[str]


def comparables(*lists: Sequence[LineReading]) -> list[list[Comparable]]:
    """Return the lines of each list with vectors; how rare a term is, is counted over all of them."""
    every = [reading for lines in lists for reading in lines]
    of_terms = Rarity(reading.worded.terms for reading in every)
    of_grams = Rarity(reading.grams for reading in every)
    around = [frozenset[str]().union(*(each.systems for each in lines)) for lines in lists]
    return [
        [Comparable(each, of_terms.vector(each.worded.terms), of_grams.vector(each.grams), here) for each in lines]
        for lines, here in zip(lists, around, strict=True)
    ]


def features(first: Comparable, second: Comparable, systems: SystemNames) -> dict[str, float]:
    """Return every feature of a pair, by the names of the weights."""
    one, other = first.reading, second.reading
    period = relation(one.periods, other.periods)
    exact = any(evidence_kinds()[kind].exact_system for kind in one.kinds & other.kinds)
    system = systems.relation(one.systems, other.systems, exact=exact)
    found = {
        "terms": likeness(first.terms, second.terms),
        "letters": likeness(first.grams, second.grams),
        "same_kind": _same_kind(one.kinds, other.kinds),
        "other_kind": bool(one.kinds) and bool(other.kinds) and not one.kinds & other.kinds,
        "same_system": system is SystemRelation.SHARED,
        "other_system": system is SystemRelation.APART,
        "system_of_one": system is SystemRelation.OF_ONE,
        "foreign_system": system is SystemRelation.OF_ONE and _foreign(first, second, systems),
        "same_period": period is PeriodRelation.SAME,
        "other_period": period is PeriodRelation.DIFFERENT,
        "sample_of_one": _of_one("sample", one, other),
        "policy_of_one": _of_one("policy", one, other),
    }
    return {name: float(value) for name, value in found.items()}


def _same_kind(one: frozenset[str], other: frozenset[str]) -> float:
    """Return 1 for the same kinds, 0 for none in common, and more than a half where each has others beside them."""
    shared = len(one & other)
    return (1 + shared / len(one | other)) / 2 if shared else 0.0


def _of_one(concept: str, one: LineReading, other: LineReading) -> bool:
    return (concept in one.worded.concepts) != (concept in other.worded.concepts)


def _foreign(first: Comparable, second: Comparable, systems: SystemNames) -> bool:
    """Whether one line is about a product that no line of the other list names: the other audit does not look at it."""
    named = first.reading.systems | second.reading.systems
    return (
        bool(named)
        and named <= systems.products
        and (named.isdisjoint(first.around) or named.isdisjoint(second.around))
    )
