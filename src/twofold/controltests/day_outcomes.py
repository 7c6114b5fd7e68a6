"""Outcomes kept in one file per operating day, of which a new state of the tables makes only the touched ones again.

    <store>/<control test>/<day>.parquet   outcomes of the items of the day, sorted by item
    <store>/state.json                     what made them: texts, parameters, engine, reading, clock

A store is a function of tables, parameters and texts alone: made at once or day by day, its files have the same bytes.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import orjson

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.reach import DAY_OF_ITEM, RULES, narrow_to_days
from twofold.controltests.rule import ParameterValue, Rule
from twofold.controltests.touched import EVERY_DAY, touched_days
from twofold.populations.define import define_population, definition_text
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.tables.store import SessionLimits, TableSet, open_session, quoted

STATE_FILE = "state.json"


@dataclass(frozen=True, slots=True)
class DayRun:
    """What the outcomes of a store rest on. clock: the newest extraction, aware UTC.

    reading: anything that changes when evidence is read another way (scope, version, redactions), as one text.
    """

    rules: Sequence[Rule]
    parameters: Mapping[str, Mapping[str, ParameterValue]]
    clock: datetime
    reading: str
    limits: SessionLimits = field(default_factory=SessionLimits)

    def texts_of(self, rule: Rule) -> str:
        """Return the hash of everything but the tables and the clock that the outcomes of a rule rest on."""
        texts = [definition_text(rule.population), rule.sql]
        steps = [step_text(name) for name in steps_needed(*texts)]
        values = orjson.dumps(dict(self.parameters[rule.control_test]), option=orjson.OPT_SORT_KEYS).decode()
        parts = [*texts, *steps, values, duckdb.__version__, self.reading]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def write_all_days(tables: TableSet, run: DayRun, *, into: Path) -> None:
    """Make the store from nothing."""
    for rule in run.rules:
        (into / rule.control_test).mkdir(parents=True)
    with open_session(tables, run.limits) as session:
        _write_days(session, run, run.rules, {}, into=into)
    _write_state(run, into)


def write_touched_days(
    tables: TableSet, run: DayRun, *, before: TableSet, store: Path, into: Path
) -> Mapping[str, int]:
    """Make the store of `tables` from the one of `before`; return how many days of each rule were made again (-1: all).

    Days that nothing touched are linked, not copied. A rule that is not followed by key (reach.RULES), or whose texts,
    parameters, engine or reading changed, is made again as a whole.
    """
    state = orjson.loads((store / STATE_FILE).read_bytes())
    clocks = (datetime.fromisoformat(state["clock"]), run.clock)
    followed = [
        rule
        for rule in run.rules
        if rule.control_test in RULES and state["texts"].get(rule.control_test) == run.texts_of(rule)
    ]
    with open_session(tables, run.limits) as session:
        touched = touched_days(session, before.folder, followed, run.parameters, clocks=clocks)
    days: dict[str, frozenset[str] | None] = {
        rule.control_test: touched.get(rule.control_test, EVERY_DAY) for rule in run.rules
    }
    for rule in run.rules:
        _keep(store / rule.control_test, into / rule.control_test, days[rule.control_test])
    whole = [rule for rule in run.rules if days[rule.control_test] is EVERY_DAY]
    if whole:
        with open_session(tables, run.limits) as session:
            _write_days(session, run, whole, days, into=into)
    partly = [rule for rule in run.rules if days[rule.control_test]]
    if partly:
        with open_session(tables, run.limits) as session:
            narrow_to_days(session, frozenset().union(*(days[rule.control_test] or () for rule in partly)))
            _write_days(session, run, partly, days, into=into)
    _write_state(run, into)
    return {name: -1 if found is EVERY_DAY else len(found) for name, found in days.items()}


def _keep(old: Path, new: Path, days: frozenset[str] | None) -> None:
    new.mkdir(parents=True)
    if days is not EVERY_DAY:
        for file in old.glob("*.parquet"):
            if file.stem not in days:
                os.link(file, new / file.name)


def _write_days(
    session: duckdb.DuckDBPyConnection,
    run: DayRun,
    rules: Sequence[Rule],
    days: Mapping[str, frozenset[str] | None],
    *,
    into: Path,
) -> None:
    """Write the files of the days that `days` names for each rule, of every day where it names none."""
    texts = [text for rule in rules for text in (definition_text(rule.population), rule.sql)]
    register_steps(session, steps_needed(*texts))
    for rule in sorted(rules, key=lambda each: each.population):
        folder = into / rule.control_test
        scratch = folder / ".making"
        scratch.mkdir()
        set_parameters(session, run.parameters[rule.control_test], extracted_at=run.clock)
        text = definition_text(rule.population)
        chosen = days.get(rule.control_test, EVERY_DAY)
        if chosen is not EVERY_DAY:
            listed = ", ".join(f"'{day}'" for day in sorted(chosen))
            text = f"SELECT * FROM (\n{text}\n) AS every WHERE {DAY_OF_ITEM} IN ({listed})"  # noqa: S608  our own text
        define_population(session, rule.population, into=scratch, text=text)
        run_rule(session, rule, into=scratch)
        by_day = f"SELECT *, {DAY_OF_ITEM} AS day FROM outcome ORDER BY day, item"  # noqa: S608  our own text
        session.execute(f"CREATE OR REPLACE TEMP TABLE outcome_of_day AS {by_day}")
        for (day,) in session.execute("SELECT DISTINCT day FROM outcome_of_day ORDER BY day").fetchall():
            rows = f"SELECT * EXCLUDE (day) FROM outcome_of_day WHERE day = '{day}' ORDER BY item"  # noqa: S608  an ISO day
            session.execute(f"COPY ({rows}) TO '{quoted(folder / f'{day}.parquet')}' (FORMAT parquet)")
        for file in scratch.iterdir():
            file.unlink()
        scratch.rmdir()


def _write_state(run: DayRun, into: Path) -> None:
    texts = {rule.control_test: run.texts_of(rule) for rule in run.rules}
    state = {"clock": run.clock.isoformat(), "texts": texts}
    (into / STATE_FILE).write_bytes(orjson.dumps(state, option=orjson.OPT_SORT_KEYS))
