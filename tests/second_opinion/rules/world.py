"""A small random company for one control test: rows of canonical tables whose keys all carry the number of their world.

Many worlds are put into one set of tables and tested by one run of the rule; the number in the keys keeps them apart.
"""

import random  # noqa: TID251  every world is made from the seed that Hypothesis drew
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from twofold.model.instant import Instant
from twofold.tables.rows import Row, Value

Chosen = TypeVar("Chosen")
START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday. Worlds lie in the ten weeks after it."""
A_DAY = timedelta(days=1)


class World:
    """Draws choices and collects rows; `number` is -1 for the rows that all worlds of a batch share."""

    def __init__(self, number: int, seed: int) -> None:
        self.number = number
        self._random = random.Random(seed)  # noqa: S311  a repeatable draw, no secret
        self._made: dict[str, int] = {}
        self.rows: list[Row] = []

    def id(self, word: str) -> str:
        """Return a fresh key with the number of this world in it, for example 12~dep3."""
        self._made[word] = self._made.get(word, 0) + 1
        return self.key(f"{word}{self._made[word]}")

    def key(self, word: str) -> str:
        """Return the key of this world for a word, the same each time."""
        return f"{self.number}~{word}" if self.number >= 0 else word

    def add(self, table: str, **values: Value) -> None:
        """Add a row; a value of None is an empty cell."""
        self.rows.append(Row(table, str(self.number), values))

    def chance(self, percent: int) -> bool:
        """Return True in so many of a hundred draws."""
        return self._random.randrange(100) < percent

    def pick(self, choices: Sequence[Chosen]) -> Chosen:
        """Return one of the choices."""
        return choices[self._random.randrange(len(choices))]

    def maybe(self, percent: int, value: Chosen) -> Chosen | None:
        """Return the value in so many of a hundred draws, else None."""
        return value if self.chance(percent) else None

    def some(self, choices: Sequence[Chosen], *, percent: int) -> list[Chosen]:
        """Return each of the choices in so many of a hundred draws."""
        return [each for each in choices if self.chance(percent)]

    def number_in(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return self._random.randint(low, high)

    def moment(self, *, first_day: int = 0, last_day: int = 69) -> datetime:
        """Return an aware UTC moment from START + first_day to START + last_day.

        Hours are few, so that moments coincide and lie on limits often.
        """
        hour = self.pick((0, 0, 9, 12, 17, 23))
        return START + self.number_in(first_day, last_day) * A_DAY + timedelta(hours=hour)

    def near(self, moment: datetime, *, days: int = 3) -> datetime:
        """Return a moment close to another one: the same, a second or some days off."""
        off = self.pick(
            (timedelta(0), timedelta(seconds=1), timedelta(hours=1), A_DAY, self.number_in(0, days) * A_DAY)
        )
        return moment + off * self.pick((1, -1))

    def instant(self, moment: datetime, *, coarse: int = 15) -> Instant:
        """Return the moment as a source shows it: in `coarse` of a hundred draws only as its day in UTC."""
        if not self.chance(coarse):
            return Instant(moment, moment, moment.isoformat())
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return Instant(day, day + A_DAY - timedelta(microseconds=1), day.date().isoformat())
