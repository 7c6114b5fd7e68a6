"""Draws of the demonstration company: one named stream per part, so that a change in one part leaves the others alone.

The seed is an argument, so the same seed gives the same company. Nothing but this generator may use it.
"""

import hashlib
import random  # noqa: TID251 - the generator draws from a named seed; no result of the line depends on it
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of draws named by seed and part."""

    def __init__(self, seed: int, part: str) -> None:
        self._random = random.Random(f"{seed}/{part}")  # noqa: S311 - reproducible invention, not a secret
        self._name = f"{seed}/{part}"
        self._hashes = 0

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def minutes(self, low: int, high: int) -> timedelta:
        """Return a stretch between low and high minutes, to the second."""
        return timedelta(seconds=self.whole(low * 60, high * 60))

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self._random.random() < probability

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.whole(0, len(choices) - 1)]

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        """Return `count` different choices in their original order."""
        left = list(range(len(choices)))
        taken = [left.pop(self.whole(0, len(left) - 1)) for _ in range(count)]
        return [choices[index] for index in sorted(taken)]

    def sha1(self) -> str:
        """Return a fresh identifier in the form of a git object id."""
        self._hashes += 1
        return hashlib.sha1(f"{self._name}/{self._hashes}".encode(), usedforsecurity=False).hexdigest()

    def token(self, prefix: str, length: int) -> str:
        """Return a fresh identifier such as 00u4f1c…: prefix and hexadecimal digits, `length` characters in all."""
        return prefix + self.sha1()[: length - len(prefix)]
