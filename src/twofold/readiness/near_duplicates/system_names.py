"""Which systems a request names. Products are data; the systems of the applied scope come from the caller."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from twofold.readiness.near_duplicates.wording import parts, words

SYSTEMS_FILE = Path(__file__).with_suffix(".toml")
_LONGEST_NAME = 4
"""Words."""


class SystemRelation(StrEnum):
    """How the systems that two requests name lie to each other."""

    UNKNOWN = "unknown"
    SHARED = "shared"
    OF_ONE = "of_one"
    """One of them names none, or one that the other's may carry."""
    APART = "apart"


@dataclass(frozen=True, slots=True)
class SystemNames:
    """Names by their words.

    within: system -> the one it is a part of. carries: what own systems may run on. workflow: tools that only carry
    tickets. people: those that lists of people come out of. products: every system that is none of the company's own.
    """

    names: Mapping[tuple[str, ...], str]
    within: Mapping[str, str]
    carries: frozenset[str]
    workflow: frozenset[str]
    people: frozenset[str]
    products: frozenset[str]

    def relation(self, one: frozenset[str], other: frozenset[str], *, exact: bool) -> SystemRelation:
        """Compare what two requests name. An own system and what it may run on exclude each other only if `exact`."""
        if not one or not other:
            return SystemRelation.OF_ONE if one or other else SystemRelation.UNKNOWN
        if one & other:
            return SystemRelation.SHARED
        for own, product in ((one, other), (other, one)):
            if not exact and not own <= self.products and product & self.carries:
                return SystemRelation.OF_ONE
        return SystemRelation.APART

    def find(self, text: str) -> tuple[frozenset[str], str]:
        """Return the systems that a text names, and the text without their names."""
        tokens = [part for word in words(text) for part in parts(word)]
        found: set[str] = set()
        left: list[str] = []
        place = 0
        while place < len(tokens):
            for length in range(min(_LONGEST_NAME, len(tokens) - place), 0, -1):
                if system := self.names.get(tuple(tokens[place : place + length])):
                    found.add(system)
                    break
            else:
                length = 1
                left.append(tokens[place])
            place += length
        return frozenset(found), " ".join(left)

    def widened(self, systems: frozenset[str]) -> frozenset[str]:
        """Return the systems with those that they are a part of."""
        return systems | {self.within[each] for each in systems if each in self.within}

    def with_scope(self, systems: Mapping[str, str]) -> "SystemNames":
        """Add the systems of a scope, id -> name. A name that a product already has stands for that product."""
        names = dict(self.names)
        for system, name in systems.items():
            for said in (system, name):
                if key := _key(said):
                    names.setdefault(key, system)
        return replace(self, names=names)


@cache
def known_systems() -> SystemNames:
    """Return the shipped products."""
    raw = tomllib.loads(SYSTEMS_FILE.read_text(encoding="utf-8"))["systems"]
    return SystemNames(
        names={_key(name): system for system, body in raw.items() for name in body["names"]},
        within={system: body["within"] for system, body in raw.items() if "within" in body},
        carries=frozenset(system for system, body in raw.items() if body.get("carries", False)),
        workflow=frozenset(system for system, body in raw.items() if body.get("workflow", False)),
        people=frozenset(system for system, body in raw.items() if body.get("people", False)),
        products=frozenset(raw),
    )


def _key(name: str) -> tuple[str, ...]:
    return tuple(part for word in words(name) for part in parts(word))
