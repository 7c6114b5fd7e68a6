"""What holds whichever of two contradicting records is right (audit-domain 4.0, *Duplicates*).

A rule sees one of two records in conflict, marked, and answers CANNOT_TEST where such a mark is on what decides. A
conflict may also be about what leads there: whose account it is, whether a deployment served, since when a link holds.
So the rule is run twice more, over the first records alone and over the second ones alone. An attribute that does not
come out as pass, exception or not applicable in all three cannot be tested.

Each of the two takes all of its records from one side. Two conflicts of one item that hide each other only across the
sides, and a third content of one key, are not seen.
"""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from twofold.controltests.engine import Outcomes, run_rule, write_outcomes
from twofold.controltests.rule import CONFLICT, Rule
from twofold.model.sql_path import one_file
from twofold.populations.define import FROZEN_COLUMNS, ITEM_COLUMNS, Population, define_population, write_population
from twofold.populations.sql_engine import DUCKDB, Engine
from twofold.tables.readings import UNMARKED, is_second_version
from twofold.tables.store import quoted

_FILES = {"population": "population.parquet", "outcome": "outcomes.parquet"}


@dataclass(frozen=True, slots=True)
class OpenReading:
    """A session over one reading of the tables, with steps and parameters, and the engine that computes over it."""

    session: duckdb.DuckDBPyConnection
    engine: Engine = DUCKDB


def rests_on_conflicts(tables: Collection[str]) -> bool:
    """Whether some of the tables that a run reads have rows in conflict; `tables` names their files."""
    return any(is_second_version(name) for name in tables)


def files_on_the_way(into: Path) -> list[Path]:
    """Return the files that `keep_what_holds` writes and reads again before it ends."""
    return [into / reading / file for reading in UNMARKED for file in _FILES.values()]


def keep_what_holds(
    session: duckdb.DuckDBPyConnection,
    unmarked: Sequence[OpenReading],
    rule: Rule,
    population: Population,
    *,
    into: Path,
    text: str = "",
) -> tuple[Population, Outcomes]:
    """Run the rule over the unmarked readings too; write what holds in all in place of the first results in `into`.

    session: holds `population` and `outcome` of the marked reading, and those of all afterwards. unmarked: in the order
    of `UNMARKED`. text: as in `define_population`. Raises RuleFault or UserError as the marked reading does.
    """
    for name, each in zip(UNMARKED, unmarked, strict=True):
        beside = into / name
        beside.mkdir()
        define_population(each.session, rule.population, into=beside, text=text, engine=each.engine)
        run_rule(each.session, rule, into=beside, engine=each.engine)
        for relation, file in _FILES.items():
            made = quoted(Path(one_file(beside / file)))
            session.execute(f"CREATE TEMP TABLE {relation}_so_far AS FROM {relation}")
            session.execute(f"CREATE TEMP TABLE {relation}_here AS FROM read_parquet('{made}')")
        DUCKDB.bring(session, "population", POPULATION_OF_BOTH)
        DUCKDB.bring(session, "outcome", outcomes_of_both([each.letter for each in rule.attributes]))
        for relation in _FILES:
            session.execute(f"DROP TABLE {relation}_so_far; DROP TABLE {relation}_here")
        shutil.rmtree(beside)
    for file in _FILES.values():
        # The engine writes over a file by way of another one beside it, which a sealed session may not make.
        (into / file).unlink()
    found = write_population(session, rule.population, population.definition_sha256, into=into)
    return found, write_outcomes(session, rule, into=into)


POPULATION_OF_BOTH = f"""
SELECT s.* REPLACE (
    CASE
        WHEN h.item IS NULL OR s.operating_at IS NULL THEN s.operating_at
        WHEN h.operating_at IS NOT NULL THEN LEAST(s.operating_at, h.operating_at)
    END AS operating_at,
    CASE
        WHEN h.item IS NULL OR s.operating_at IS NULL THEN s.operating_at_latest
        WHEN h.operating_at IS NOT NULL THEN GREATEST(s.operating_at_latest, h.operating_at_latest)
    END AS operating_at_latest
)
FROM (SELECT {FROZEN_COLUMNS} FROM population_so_far) AS s
LEFT JOIN population_here AS h ON h.item = s.item
UNION ALL
SELECT {FROZEN_COLUMNS}
FROM population_here AS h
WHERE NOT EXISTS (SELECT 1 FROM population_so_far AS s WHERE s.item = h.item)
"""  # noqa: S608  our own names
"""Every item of the readings so far and of this one, and when it may have happened; the rest is what was read first."""


def outcomes_of_both(letters: Sequence[str]) -> str:
    """Return the SELECT of what the readings so far and this one say alike, for the items of `population`."""
    moved = " OR ".join(
        ["s.item IS NULL", "h.item IS NULL", *(f"s.{name} IS DISTINCT FROM h.{name}" for name in ITEM_COLUMNS[1:])]
    )
    chosen = ",\n    ".join([*(f"p.{name}" for name in ITEM_COLUMNS), *(_held(each, moved) for each in letters)])
    return f"""
SELECT
    {chosen}
FROM population AS p
LEFT JOIN outcome_so_far AS s ON s.item = p.item
LEFT JOIN outcome_here AS h ON h.item = p.item
"""  # noqa: S608  letters of a rule


def _held(letter: str, moved: str) -> str:
    return f"""CASE
        WHEN s.{letter} LIKE 'cannot_test:%' THEN s.{letter}
        WHEN {moved} THEN '{CONFLICT}'
        WHEN split_part(s.{letter}, ':', 1) = split_part(h.{letter}, ':', 1) THEN s.{letter}
        ELSE '{CONFLICT}'
    END AS {letter}"""
