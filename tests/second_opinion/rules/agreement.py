"""Ask the rule (SQL) and a second opinion (plain Python, written from the specification) about the same random worlds.

A module `t_xx.py` beside this file holds one opinion:

    CONTROL_TEST                                  "T-22"
    OUTCOME_ONLY: frozenset[str]                  letters of which only the outcome is compared, not the reason
    def shared(world): ...                        rows that every world of a batch sees (calendars, scope *)
    def populate(world): ...                      one random world
    def alone(world): ...                         one random world that must not share its tables with others (optional)
    def outcomes(records, clock, parameters): ... item -> letter -> reason code

`clock` is the naive UTC time of the extraction, `parameters` the rule's.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import duckdb

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.every_reading import OpenReading, keep_what_holds
from twofold.controltests.rule import ParameterValue, Rule, rule_named
from twofold.populations.define import define_population, definition_text
from twofold.populations.derive import DERIVED, derive_tables
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.tables.readings import Reading
from twofold.tables.rows import Row
from twofold.tables.schema import canonical_tables
from twofold.tables.store import Lineage, TableSet, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

from .records import SHARED, read_worlds, world_of
from .world import START, World

Codes = Mapping[str, Mapping[str, str]]
"""Item -> letter -> reason code."""
WorldCodes = dict[int, dict[str, dict[str, str]]]
"""Number of a world -> item -> letter -> reason code."""
Difference = tuple[str, str, str, str]
"""Item, letter, the rule's code, the second opinion's."""
Parameters = Mapping[str, ParameterValue]
CLOCK = START + timedelta(days=70)
"""The extraction of every batch: windows that are still open then are pending."""
_ALONE = 4
"""So many worlds of a batch are also made as worlds that have the tables for themselves."""
_SHOWN = 3
"""So many disagreements are made small; the first says enough."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One world of which the two opinions differ: its seed, the rows that are left of it, and the differences."""

    seed: int
    rows: Sequence[Row]
    differences: Sequence[Difference]

    def __str__(self) -> str:
        """Show the differences and the smallest rows that still give one."""
        shown = [f"seed {self.seed}"]
        shown += [
            f"  {item} {letter}: rule {ours}, second opinion {theirs}"
            for item, letter, ours, theirs in self.differences
        ]
        for row in self.rows:
            cells = {name: getattr(value, "text", value) for name, value in row.values.items() if value is not None}
            shown.append(f"  {row.table}: {cells}")
        return "\n".join(shown)


def disagreements(opinion: ModuleType, seeds: Sequence[int], *, batch_seed: int) -> list[Disagreement]:
    """Make a world per seed, ask both about all of them at once, and return where they differ, the first made small."""
    rule, parameters = rule_and_parameters(opinion, batch_seed)
    common = _common_rows(opinion, batch_seed)

    def ask(worlds: Sequence[Sequence[Row]]) -> list[Sequence[Difference]]:
        rows = [*common, *(row for world in worlds for row in world)]
        return _differences(opinion, rule, parameters, rows, len(worlds))

    found = ask([_rows(opinion, number, seed) for number, seed in enumerate(seeds)])
    differing = [number for number, differences in enumerate(found) if differences]
    shrunk = []
    for number in differing[:_SHOWN]:
        places = _smallest(opinion, seeds[number], ask)
        rows = _chosen(_rows(opinion, 0, seeds[number]), places)
        shrunk.append(Disagreement(seeds[number], rows, ask([rows])[0]))
    for seed in seeds[:_ALONE] if hasattr(opinion, "alone") else ():
        own = rows_alone(opinion, seed, batch_seed=batch_seed)
        (differences,) = _differences(opinion, rule, parameters, own, 0)
        if differences:
            shrunk.append(Disagreement(seed, own, differences))
    return shrunk


def rule_and_parameters(opinion: ModuleType, batch_seed: int) -> tuple[Rule, Parameters]:
    """Return the rule, and its parameters as a batch draws them."""
    draw: Callable[[World], Parameters] | None = getattr(opinion, "parameters", None)
    drawn = draw(World(SHARED, batch_seed)) if draw else {}
    rule = rule_named(opinion.CONTROL_TEST, where="second opinion")
    return rule, rule.parameter_values(drawn, where="second opinion")


def rows_together(opinion: ModuleType, seeds: Sequence[int], *, batch_seed: int) -> list[Row]:
    """Return the rows of a world per seed, after those that all of them see."""
    common, worlds = world_rows(opinion, seeds, batch_seed=batch_seed)
    return [*common, *(row for world in worlds for row in world)]


def world_rows(
    opinion: ModuleType, seeds: Sequence[int], *, batch_seed: int
) -> tuple[Sequence[Row], list[Sequence[Row]]]:
    """Return the rows that all worlds see, and those of a world per seed."""
    return _common_rows(opinion, batch_seed), [_rows(opinion, number, seed) for number, seed in enumerate(seeds)]


def rows_alone(opinion: ModuleType, seed: int, *, batch_seed: int) -> list[Row]:
    """Return the rows of a world that shares its tables with no other; its keys carry no number."""
    world = World(SHARED, seed)
    opinion.alone(world)
    return [*_common_rows(opinion, batch_seed), *world.rows]


def _common_rows(opinion: ModuleType, batch_seed: int) -> Sequence[Row]:
    common = World(SHARED, batch_seed)
    opinion.shared(common)
    return common.rows


def _rows(opinion: ModuleType, number: int, seed: int) -> Sequence[Row]:
    world = World(number, seed)
    opinion.populate(world)
    return world.rows


def _chosen(rows: Sequence[Row], places: Sequence[int]) -> list[Row]:
    return [rows[place] for place in places]


def _smallest(
    opinion: ModuleType, seed: int, ask: Callable[[Sequence[Sequence[Row]]], Sequence[Sequence[Difference]]]
) -> Sequence[int]:
    """Return the places of rows of a world that still make the two differ; none of them can be left out.

    Each round leaves out every half, quarter ... and single row, all at once as worlds of one batch, and goes on with
    the smallest that still differs.
    """
    kept: Sequence[int] = range(len(_rows(opinion, 0, seed)))
    while len(kept) > 1:
        sizes = [len(kept) >> shift for shift in range(1, len(kept).bit_length())]
        fewer = [[*kept[:start], *kept[start + size :]] for size in sizes for start in range(0, len(kept), size)]
        worlds = [_chosen(_rows(opinion, number, seed), places) for number, places in enumerate(fewer)]
        differing = [places for places, differences in zip(fewer, ask(worlds), strict=True) if differences]
        if not differing:
            break
        kept = min(differing, key=len)
    return kept


def _differences(
    opinion: ModuleType, rule: Rule, parameters: Parameters, rows: Sequence[Row], count: int
) -> list[Sequence[Difference]]:
    """Compare `count` worlds; 0 stands for one world that has the tables for itself."""
    outcome_only: frozenset[str] = getattr(opinion, "OUTCOME_ONLY", frozenset())
    with tested(rule, parameters, rows) as (session, tables):
        ours = _codes(session, rule)
        names = [name for name in canonical_tables() if name in tables.stats]
        worlds = read_worlds(session, names, count or 1)
    clock = CLOCK.replace(tzinfo=None)
    return [
        list(_compared(ours.get(number, {}), opinion.outcomes(records, clock, parameters), outcome_only))
        for number, records in zip(range(count) or [SHARED], worlds, strict=True)
    ]


@contextmanager
def tested(
    rule: Rule, parameters: Parameters, rows: Sequence[Row]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, TableSet]]:
    """Run the rule over the rows and yield the session, in which `outcome` holds the result, and the tables."""
    with (
        _written(rule, rows) as tables,
        _opened(rule, parameters, tables, Reading.MARKED) as session,
        tempfile.TemporaryDirectory(prefix="twofold-opinion-") as scratch,
    ):
        define_population(session, rule.population, into=Path(scratch))
        run_rule(session, rule, into=Path(scratch))
        yield session, tables


def codes_of(rule: Rule, parameters: Parameters, rows: Sequence[Row]) -> WorldCodes:
    """Return what the rule says of each world, whatever marks the rows bear."""
    with tested(rule, parameters, rows) as (session, _):
        return _codes(session, rule)


def codes_in_every_reading(rule: Rule, parameters: Parameters, rows: Sequence[Row]) -> WorldCodes:
    """Return what holds of each world in every reading of rows in conflict."""
    with (
        _written(rule, rows) as tables,
        _opened(rule, parameters, tables, Reading.MARKED) as session,
        _opened(rule, parameters, tables, Reading.FIRST) as first,
        _opened(rule, parameters, tables, Reading.SECOND) as second,
        tempfile.TemporaryDirectory(prefix="twofold-opinion-") as scratch,
    ):
        population = define_population(session, rule.population, into=Path(scratch))
        run_rule(session, rule, into=Path(scratch))
        unmarked = [OpenReading(first), OpenReading(second)]
        keep_what_holds(session, unmarked, rule, population, into=Path(scratch))
        return _codes(session, rule)


@contextmanager
def _written(rule: Rule, rows: Sequence[Row]) -> Iterator[TableSet]:
    lineage = Lineage("second-opinion", "test", "test", CLOCK)
    texts = (definition_text(rule.population), rule.sql)
    read = " ".join([*texts, *(step_text(name) for name in steps_needed(*texts))])
    with tempfile.TemporaryDirectory(prefix="twofold-opinion-") as scratch:
        with TableWriter(Path(scratch)) as writer:
            for row in rows:
                writer.add(typed_row(row, zone="UTC"), lineage=lineage)
            written = writer.finish()
        yield derive_tables(written, clock=CLOCK, wanted=[name for name in DERIVED if name in read])


@contextmanager
def _opened(
    rule: Rule, parameters: Parameters, tables: TableSet, reading: Reading
) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_session(tables, reading=reading) as session:
        register_steps(session, steps_needed(definition_text(rule.population), rule.sql))
        set_parameters(session, parameters, extracted_at=CLOCK)
        yield session


def _codes(session: duckdb.DuckDBPyConnection, rule: Rule) -> WorldCodes:
    letters = [attribute.letter for attribute in rule.attributes]
    found: WorldCodes = {}
    for item, *codes in session.execute(f"SELECT item, {', '.join(letters)} FROM outcome").fetchall():  # noqa: S608  letters of the rule
        found.setdefault(world_of(item), {})[item] = dict(zip(letters, codes, strict=True))
    return found


def _compared(ours: Codes, theirs: Codes, outcome_only: frozenset[str]) -> Iterator[Difference]:
    for item in sorted({*ours, *theirs}):
        mine, second = ours.get(item, {}), theirs.get(item, {})
        for letter in sorted({*mine, *second}):
            left, right = mine.get(letter, "no such item"), second.get(letter, "no such item")
            same = left.partition(":")[0] == right.partition(":")[0] if letter in outcome_only else left == right
            if not same:
                yield item, letter, left, right
