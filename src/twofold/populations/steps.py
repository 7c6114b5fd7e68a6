"""The shared steps: SELECTs with a name that populations and rules build on.

Each is one SELECT in `steps/<name>.sql`, explained at its head, tested on its own in tests/populations/steps.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from twofold.populations.sql_engine import DUCKDB, Engine

STEPS_FOLDER = Path(__file__).with_name("steps")
_WORD = re.compile(r"[a-z_]+")
_COMMENT = re.compile(r"--[^\n]*")
_ALIASED = re.compile(r"\b(\w+) AS (\w+)")
_OF_ALIAS = re.compile(r"\b(\w+)\.(\w+)")


@cache
def step_text(name: str) -> str:
    """Return the SQL text of a step."""
    return (STEPS_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _in_order_of_building() -> tuple[str, ...]:
    """Return every step behind those that it reads, by name where the order is free; raises CycleError."""
    texts = {file.stem: _COMMENT.sub("", file.read_text(encoding="utf-8")) for file in STEPS_FOLDER.glob("*.sql")}
    reads = {
        name: {word for word in _WORD.findall(text) if word in texts and word != name} for name, text in texts.items()
    }
    sorter = TopologicalSorter(reads)
    sorter.prepare()
    ordered: list[str] = []
    while ready := sorted(sorter.get_ready()):
        ordered += ready
        sorter.done(*ready)
    return tuple(ordered)


STEPS = _in_order_of_building()
"""In the order of their building: a step may read the ones before it."""


def steps_needed(*texts: str) -> tuple[str, ...]:
    """Return the steps that these SQL texts build on, directly or through other steps, in the order of building."""
    wanted: set[str] = set()
    pending = list(texts)
    while pending:
        words = _words(pending.pop())
        fresh = [name for name in STEPS if name in words and name not in wanted]
        wanted.update(fresh)
        pending += [step_text(name) for name in fresh]
    return tuple(name for name in STEPS if name in wanted)


@lru_cache(maxsize=1_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_COMMENT.sub("", text)))


def register_steps(
    session: duckdb.DuckDBPyConnection,
    names: Sequence[str] = STEPS,
    *,
    engine: Engine = DUCKDB,
    read_by: Sequence[str] = (),
) -> None:
    """Make each step a relation of the engine, computed once: a step reads tables and earlier steps only.

    read_by: every text that will read the steps in this session, where that is known. What neither these texts nor
    other steps name, such as the lineage that facts alone show, is then not carried through the joins.
    """
    texts = [*read_by, *map(step_text, names)]
    for name in names:
        engine.relate(session, name, step_text(name), read=_columns_read(name, texts) if read_by else None)


def _columns_read(step: str, texts: Sequence[str]) -> frozenset[str]:
    """Return the columns that the texts name of a step: each text gives it an alias, which stands before every column.

    An alias that a text gives to something else as well may add columns that the step does not have.
    """
    return frozenset[str]().union(*(_columns_named(text).get(step, ()) for text in texts))


@lru_cache(maxsize=1_000)
def _columns_named(text: str) -> Mapping[str, frozenset[str]]:
    """Return the columns that a text names of each relation, by the aliases that it gives them."""
    text = _COMMENT.sub("", text)
    by_alias: dict[str, set[str]] = defaultdict(set)
    for alias, column in _OF_ALIAS.findall(text):
        by_alias[alias].add(column)
    found: dict[str, frozenset[str]] = {}
    for relation, alias in _ALIASED.findall(text):
        found[relation] = found.get(relation, frozenset()).union(by_alias[alias])
    return found
