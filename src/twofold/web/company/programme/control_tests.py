"""Which control tests read the facts of a page, with their state, and what they say of one subject."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import duckdb

from twofold.controltests.rule import known_rules, rule_named
from twofold.controltests.run_record import OUTCOMES_FILE
from twofold.jobs.control_tests import latest_runs, parameters_in_force
from twofold.model.session import new_database
from twofold.model.sql_path import one_file
from twofold.populations.define import definition_text
from twofold.populations.steps import step_text, steps_needed
from twofold.web.company.result_grid import cell_of
from twofold.web.workspace_access import Current

_READS = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)")
_COMMENT = re.compile(r"--[^\n]*")
_SHOWN = 12
"""Items of one control test that a detail page shows."""


@dataclass(frozen=True, slots=True)
class ControlTestState:
    """One control test that reads a table. states: lens title, control, conclusion, exceptions, cannot test."""

    control_test: str
    title: str
    was_run: bool
    states: tuple[tuple[str, str, str, int, int], ...]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item: `cells` is (outcome, reason, code) per attribute."""

    item: str
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ItemsOfControlTest:
    """What the newest run of a control test says of a subject: its items, attribute by attribute."""

    control_test: str
    title: str
    letters: tuple[tuple[str, str], ...]
    rows: tuple[ItemRow, ...]


def control_tests_reading(
    now: Current, tables: Iterable[str], *, through_steps: bool = False
) -> list[ControlTestState]:
    """Return the control tests whose population or rule reads one of the tables, by id.

    through_steps: also those that read one through a shared step, as nearly all read the roster.
    """
    wanted, run = set(tables), latest_runs(now.workspace)
    return [
        ControlTestState(str(test), rule.title, test in run, tuple(_states(now, str(test))))
        for test, rule in known_rules().items()
        if wanted & _tables_of(str(test), through_steps=through_steps)
    ]


def _states(now: Current, control_test: str) -> Iterable[tuple[str, str, str, int, int]]:
    for each in now.judged:
        for control in each.judgement.controls:
            for result in control.results:
                if result.control_test == control_test and result.counts is not None:
                    counts = result.counts
                    conclusion = control.conclusion.value
                    yield (
                        each.judgement.lens_title,
                        control.control_id,
                        conclusion,
                        counts.exceptions,
                        counts.cannot_test,
                    )


@cache
def _tables_of(control_test: str, *, through_steps: bool) -> frozenset[str]:
    """Return the relations that the SQL of a control test reads."""
    rule = next(each for name, each in known_rules().items() if name == control_test)
    texts = [definition_text(rule.population) + rule.sql]
    if through_steps:
        texts += [step_text(name) for name in steps_needed(*texts)]
    read = (name for each in texts for name in _READS.findall(_COMMENT.sub("", each)))
    return frozenset(name.partition("__")[0] for name in read)


def items_about(now: Current, control_test: str, words: Iterable[str]) -> ItemsOfControlTest | None:
    """Return the items whose id begins with one of the words; None where the test was not run or has none."""
    folder = latest_runs(now.workspace).get(control_test)
    starts = [word for word in words if word]
    if folder is None or not starts:
        return None
    attributes = rule_named(control_test, where="control test").attributes
    columns = ", ".join(each.letter for each in attributes)
    query = f"""
        SELECT item, {columns} FROM read_parquet(?)
        WHERE {" OR ".join("item >= ? AND item < ?" for _ in starts)} ORDER BY item LIMIT {_SHOWN}
    """  # noqa: S608  letters of a rule; what people typed is given apart
    given = [limit for word in starts for limit in (word, word[:-1] + chr(ord(word[-1]) + 1))]
    session = _outcomes().cursor()
    try:
        found = session.execute(query, [one_file(folder / OUTCOMES_FILE), *given]).fetchall()
    except duckdb.BinderException:  # a run of another version of the rule has other letters
        return None
    finally:
        session.close()
    rows = tuple(ItemRow(item, tuple(cell_of(code) for code in codes)) for item, *codes in found)
    title = rule_named(control_test, where="control test").title
    letters = tuple((each.letter, each.wording) for each in attributes)
    return ItemsOfControlTest(control_test, title, letters, rows) if rows else None


@cache
def _outcomes() -> duckdb.DuckDBPyConnection:
    """Return a database to read outcomes with; opening one takes longer than the reading."""
    return new_database(threads=1, memory="512MB")


def parameter(now: Current, control_test: str, name: str) -> int:
    """Return a number that a control test asks for, as the scope sets it."""
    rule = rule_named(control_test, where="control test")
    scope = now.scope.scope if now.scope else None
    values = parameters_in_force(rule, scope) if scope else {each.name: each.default for each in rule.parameters}
    return int(values[name])
