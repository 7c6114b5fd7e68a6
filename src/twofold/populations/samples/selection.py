"""Which items: random, systematic, stratified, from a seed that nobody could choose (audit-domain 5.3).

The population is frozen first, and the plan is said. Then the auditor gives a nonce. The seed is a hash of root and
nonce, so the company cannot know the draw when it freezes, nor think of another plan once it knows the nonce, and
neither side can roll again: another draw needs another freeze and another nonce, which the log shows. Units are put
into an order by the hash of seed and line; a random sample takes the first n. Whatever is drawn later, as a replacement
or an extension, comes next in the same order. Every step is in docs/formats/sample.md, with a program in another
language that draws the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from heapq import nsmallest

from twofold.model.problem import Problem, UserError
from twofold.populations.samples.attribute_sizes import Strata
from twofold.populations.samples.frozen import FrozenPopulation, Unit

SEED_FORM = "twofold-sample-1"


class Method(StrEnum):
    """How units are chosen. Targeted choices are named by a person and never projected."""

    RANDOM = "random"
    SYSTEMATIC = "systematic"
    STRATIFIED = "stratified"


class Stratum(StrEnum):
    """By what a stratified sample is divided."""

    SYSTEM = "system"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn: method, number of units, and the strata of a stratified sample."""

    method: Method
    size: int
    by: Stratum | None = None

    @property
    def how(self) -> str:
        """The method in words, with its strata."""
        return f"{self.method}{f' by {self.by}' if self.by else ''}"


def seed_of(*, engagement: str, control: str, control_test: str, root: bytes, nonce: str) -> bytes:
    """Return the seed: SHA-256 over the form, engagement, control, control test, root in hex and nonce, a line each."""
    lines = (SEED_FORM, engagement, control, control_test, root.hex(), nonce)
    return sha256("".join(f"{line}\n" for line in lines).encode()).digest()


def draw(population: FrozenPopulation, seed: bytes, plan: Plan) -> list[int]:
    """Return the positions of the chosen units, in the order of the draw.

    Raises UserError when more units are asked for than there are, or the plan does not fit its method.
    """
    check_plan(population, plan)
    if plan.by is not None:
        return _stratified(population, seed, plan.size, plan.by)
    if plan.method is Method.SYSTEMATIC:
        return systematic(len(population.lines), plan.size, start=int.from_bytes(seed) % len(population.lines))
    return in_order(population, seed, plan.size)


def in_order(population: FrozenPopulation, seed: bytes, count: int, *, among: Sequence[int] | None = None) -> list[int]:
    """Return the first `count` positions by SHA-256(seed, line), then line; among all units or the given ones."""
    lines = population.lines
    positions = range(len(lines)) if among is None else among
    return nsmallest(count, positions, key=lambda position: (sha256(seed + lines[position]).digest(), lines[position]))


def systematic(units: int, size: int, *, start: int) -> list[int]:
    """Return the positions floor((start + i * units) / size): each unit has the same chance.

    The step is units / size, which need not be whole. start: 0 to units - 1.
    """
    return [(start + place * units) // size for place in range(size)]


def next_units(
    population: FrozenPopulation, seed: bytes, plan: Plan, *, taken: Sequence[int], count: int, like: int | None = None
) -> list[int]:
    """Return the next units in the order of the draw that are not taken yet.

    like: the unit to be replaced; in a stratified sample the new one comes from its stratum, and where none is left the
    unit leaves without another in its place. After a systematic sample the order is that of a random one. Raises
    UserError where there are not so many units to add.
    """
    used = set(taken)
    free = [position for position in range(len(population.lines)) if position not in used]
    if plan.by is not None and like is not None:
        stratum = _stratum(plan.by)
        wanted = stratum(population.unit(like))
        free = [position for position in free if stratum(population.unit(position)) == wanted]
    if like is None and len(free) < count:
        raise UserError(Problem("sample", f"{len(free)} units are left", f"at least {count}", "the rest is the census"))
    return in_order(population, seed, count, among=free)


def share_out(size: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Divide a sample over strata or slices in proportion to their units (Sainte-Lague), names in order.

    Each stratum gets one unit first where the size reaches so far, and never more than it has.
    """
    given = dict.fromkeys(sorted(counts), 0)
    wanted = min(size, sum(counts.values()))
    if wanted >= sum(1 for units in counts.values() if units):
        given = {name: min(1, counts[name]) for name in given}
    while sum(given.values()) < wanted:
        given[_next_stratum(given, counts)] += 1
    return given


def short_stratum(counts: Mapping[str, int], given: Mapping[str, int]) -> str | None:
    """Return the first stratum that got less than half of its share of the units, None where none did.

    With the share w of the items and n of the units, a stratum that got g counts w * n / g times too little. The rate
    of the population may be as many times that of the sample, so a limit says little where this is much.
    """
    items, units = sum(counts.values()), sum(given.values())
    return next((name for name in sorted(counts) if counts[name] * units > 2 * given[name] * items), None)


def least_even_size(counts: Mapping[str, int]) -> int:
    """Return the least size from which on each stratum gets at least half of its share. Each has an item."""
    given = dict.fromkeys(sorted(counts), 1)
    least = first = len(given)
    # Beyond six units for each stratum none falls short: what one lacks, others have too much, and that is less than
    # one unit for each that has one and nothing for each that has more.
    for size in range(first, min(6 * first, sum(counts.values())) + 1):
        if short_stratum(counts, given) is not None:
            least = size + 1
        if size < sum(counts.values()):
            given[_next_stratum(given, counts)] += 1
    return least


def _next_stratum(given: Mapping[str, int], counts: Mapping[str, int]) -> str:
    """Return the open stratum with the highest counts / (2 * given + 1); on a tie the first name.

    In whole numbers, so that no rounding decides.
    """
    open_strata = [name for name in given if given[name] < counts[name]]
    best = open_strata[0]
    for name in open_strata[1:]:
        if counts[name] * (2 * given[best] + 1) > counts[best] * (2 * given[name] + 1):
            best = name
    return best


def strata(population: FrozenPopulation, by: Stratum) -> dict[str, list[int]]:
    """Return the positions of the units by stratum, strata in order of name."""
    stratum = _stratum(by)
    found: dict[str, list[int]] = {}
    for position in range(len(population.lines)):
        found.setdefault(stratum(population.unit(position)), []).append(position)
    return dict(sorted(found.items()))


def units_by_stratum(population: FrozenPopulation, plan: Plan, positions: Iterable[int]) -> Strata:
    """Return of each stratum its items and how many of the positions are in it; nothing where there are no strata."""
    if plan.by is None:
        return ()
    counted = set(positions)
    return [(len(units), len(counted.intersection(units))) for units in strata(population, plan.by).values()]


def planned_strata(population: FrozenPopulation, plan: Plan) -> Strata:
    """Return of each stratum its items and the units that the plan gives it; nothing where there are no strata."""
    if plan.by is None:
        return ()
    counts = {name: len(units) for name, units in strata(population, plan.by).items()}
    shares = share_out(plan.size, counts)
    return [(counts[name], shares[name]) for name in counts]


def _stratified(population: FrozenPopulation, seed: bytes, size: int, by: Stratum) -> list[int]:
    divided = strata(population, by)
    shares = share_out(size, {name: len(units) for name, units in divided.items()})
    return [
        position
        for name, units in divided.items()
        for position in in_order(population, seed, shares[name], among=units)
    ]


def _stratum(by: Stratum) -> Callable[[Unit], str]:
    return (lambda unit: unit.system) if by is Stratum.SYSTEM else (lambda unit: unit.month)


def check_plan(population: FrozenPopulation, plan: Plan) -> None:
    """Raise UserError where a plan asks for more units than there are, or its strata do not fit its method."""
    if not 1 <= plan.size <= len(population.lines):
        found, expected = (
            f"{plan.size} units are asked for",
            f"1 to {len(population.lines)}, the units of the population",
        )
        raise UserError(Problem("--size", found, expected, "a census needs no sample"))
    if (plan.method is Method.STRATIFIED) != (plan.by is not None):
        found = f"--by {plan.by}" if plan.by else "no --by"
        raise UserError(
            Problem("--by", f"{found} with {plan.method}", "--by with the method stratified, and only there")
        )
