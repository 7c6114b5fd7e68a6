"""A frozen population: one line per item, and the Merkle root over the lines (docs/formats/sample.md).

A line is the canonical JSON of [item, system, operating_at], where operating_at is UTC with six decimals or null.
Lines are sorted by their bytes and each stands once. The tree is that of RFC 6962 over the lines without their newline.
Later additions make a new version with a new root, never a change of this one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice, pairwise

import orjson

from twofold.model.problem import Problem, UserError
from twofold.vault.canonical import canonical_bytes
from twofold.vault.entry import instant_text
from twofold.vault.tree.merkle import grow, inclusion_proof, leaf_hash, tree_root


@dataclass(frozen=True, slots=True)
class Unit:
    """One sampling unit: an item of the population. `operating_at` is UTC text, "" where the source gives no time."""

    item: str
    system: str
    operating_at: str

    @property
    def month(self) -> str:
        """The month of the operating date in UTC, for example 2026-03, or "no date"."""
        return self.operating_at[:7] or "no date"


def unit_line(item: str, system: str, operating_at: datetime | None) -> bytes:
    """Return the line of an item. `operating_at` is naive UTC, as outcome files hold it, or aware."""
    moment = None if operating_at is None else instant_text(_aware(operating_at))
    return canonical_bytes([item, system, moment])


def read_unit(line: bytes) -> Unit:
    """Return what a line says."""
    item, system, operating_at = orjson.loads(line)
    return Unit(item, system, operating_at or "")


@dataclass(frozen=True)
class FrozenPopulation:
    """The lines of a population, sorted, and its tree. A unit is named by its position, from 0."""

    lines: Sequence[bytes]
    _nodes: dict[tuple[int, int], bytes] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def root(self) -> bytes:
        """The Merkle tree hash of the lines (RFC 6962, 2.1)."""
        self._grow()
        return tree_root(len(self.lines), self._node)

    def proof(self, position: int) -> list[bytes]:
        """Return the inclusion proof of the line at a position (RFC 6962, 2.1.1), lowest sibling first."""
        self._grow()
        return inclusion_proof(position, len(self.lines), self._node)

    def unit(self, position: int) -> Unit:
        """Return the unit at a position."""
        return read_unit(self.lines[position])

    def as_text(self) -> bytes:
        """Return the lines as a file: each ends with a newline."""
        return b"".join(line + b"\n" for line in self.lines)

    def _node(self, level: int, position: int) -> bytes:
        return self._nodes[level, position]

    def _grow(self) -> None:
        if not self._nodes:
            frontier: list[bytes] = []
            for index, line in enumerate(self.lines):
                self._nodes.update(
                    ((level, at), digest) for level, at, digest in grow(frontier, index, leaf_hash(line))
                )


def freeze(lines: Iterable[bytes]) -> FrozenPopulation:
    """Sort the lines and return the population; raises UserError when an item stands twice."""
    ordered = sorted(lines)
    for one, other in pairwise(ordered):
        if one == other:
            found = f"{read_unit(one).item} stands twice"
            raise UserError(Problem("population", found, "every item once", "run 'twofold test' and judge again"))
    return FrozenPopulation(tuple(ordered))


def read_frozen(text: bytes, *, where: str) -> FrozenPopulation:
    """Read a file that `as_text` gave; raises UserError where it is none, or is not sorted."""
    lines = text.split(b"\n")
    if lines.pop() or lines != sorted(set(lines)):
        raise UserError(
            Problem(where, "is no frozen population", "sorted lines, each once, as docs/formats/sample.md says")
        )
    return FrozenPopulation(tuple(lines))


def units_at(lines: Iterable[bytes], positions: Iterable[int], *, where: str) -> dict[int, Unit]:
    """Return the units at positions of a file that `as_text` gave: what lies between them is passed over, not kept.

    So a few units of millions cost little; that the lines have the frozen root, only `read_frozen` can show. Raises
    UserError for a position that the file does not have.
    """
    rest, at, found = iter(lines), 0, {}
    for position in sorted(set(positions)):
        line = next(islice(rest, position - at, None), b"")
        if not line.endswith(b"\n"):
            raise UserError(Problem(where, f"it has no unit {position:,}", "the lines that were frozen", "restore it"))
        found[position], at = read_unit(line), position + 1
    return found


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
