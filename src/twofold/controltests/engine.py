"""Run a rule once over a population and write its outcomes: one row per item, one reason code per attribute.

The engine judges nothing and names no framework. It refuses outcomes that do not close: every item of the
population comes out once, every code is one that the rule declares.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from twofold.controltests.rule import ParameterValue, Rule
from twofold.model.outcome import ReasonCode
from twofold.populations.define import ITEM_COLUMNS
from twofold.populations.sql_engine import DUCKDB, Engine
from twofold.tables.store import quoted


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcome file of a run and its counts: attribute letter -> reason code -> items."""

    file: Path
    sha256: str
    counts: Mapping[str, Mapping[str, int]]


class RuleFault(RuntimeError):  # noqa: N818  a fault of the rule, not of the run
    """A rule broke its own contract (lost or repeated an item, gave an undeclared code): a fault of the rule."""


def set_parameters(
    session: duckdb.DuckDBPyConnection, values: Mapping[str, ParameterValue], *, extracted_at: datetime
) -> None:
    """Make the one-row relation `parameter`: a column per parameter, and `extracted_at`, the UTC clock of the data."""
    columns = [f"TIMESTAMP '{extracted_at.replace(tzinfo=None).isoformat(sep=' ')}' AS extracted_at"]
    columns += [f"CAST({_literal(value)} AS {_sql_type(value)}) AS {name}" for name, value in sorted(values.items())]
    session.execute(f"CREATE OR REPLACE TEMP VIEW parameter AS SELECT {', '.join(columns)}")


def run_rule(session: duckdb.DuckDBPyConnection, rule: Rule, *, into: Path, engine: Engine = DUCKDB) -> Outcomes:
    """Run `rule` over the session's `population` and write `<into>/outcomes.parquet`, sorted by item.

    The engine holds tables, steps, `population` and `parameter`. Raises RuleFault when the outcomes do not close.
    """
    letters = [attribute.letter for attribute in rule.attributes]
    chosen = ", ".join([*ITEM_COLUMNS, *(f"{letter.lower()} AS {letter}" for letter in letters)])
    engine.bring(session, "outcome", rule.sql, columns=chosen)
    return write_outcomes(session, rule, into=into)


def write_outcomes(session: duckdb.DuckDBPyConnection, rule: Rule, *, into: Path) -> Outcomes:
    """Check, count and write the session's relation `outcome` as `run_rule` does; raises RuleFault as it does."""
    letters = [attribute.letter for attribute in rule.attributes]
    if _checksum(session, "outcome") != _checksum(session, "population"):
        _check_closed(session, rule)
    counts = _code_counts(session, letters)
    for attribute in rule.attributes:
        for code in counts[attribute.letter]:
            _check_code(rule, attribute.letter, code, attribute.reasons)
    file = into / "outcomes.parquet"
    session.execute(f"COPY (SELECT * FROM outcome ORDER BY item) TO '{quoted(file)}' (FORMAT parquet)")  # noqa: S608  our own path
    return Outcomes(file, hashlib.sha256(file.read_bytes()).hexdigest(), counts)


def _checksum(session: duckdb.DuckDBPyConnection, relation: str) -> object:
    """Return the number of rows and the sum of their hashes: equal for equal items, in any order, and cheap to take."""
    hashed = f"hash({', '.join(ITEM_COLUMNS)})"
    return session.execute(f"SELECT count(*), sum({hashed}::HUGEINT) FROM {relation}").fetchone()  # noqa: S608  our own names


def _check_closed(session: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    lost = session.execute(
        """
        SELECT COALESCE(p.item, o.item), COALESCE(p.times, 0), COALESCE(o.times, 0)
        FROM (SELECT item, count(*) AS times FROM population GROUP BY item) AS p
        FULL JOIN (SELECT item, count(*) AS times FROM outcome GROUP BY item) AS o ON o.item = p.item
        WHERE p.times IS DISTINCT FROM o.times ORDER BY 1 NULLS LAST LIMIT 5
        """
    ).fetchall()
    if lost:
        shown = "; ".join(
            f"{item} stands {once} times in the population and {now} in the outcomes" for item, once, now in lost
        )
        msg = f"{rule.control_test}: {shown}"
        raise RuleFault(msg)
    moved = session.execute(
        """
        SELECT item FROM (
            SELECT item, system, operating_at, operating_at_latest FROM outcome
            EXCEPT SELECT item, system, operating_at, operating_at_latest FROM population
        ) ORDER BY item LIMIT 5
        """
    ).fetchall()
    if moved:
        shown = ", ".join(item for (item,) in moved)
        msg = f"{rule.control_test}: another system or operating date than in the population: {shown}"
        raise RuleFault(msg)


def _code_counts(session: duckdb.DuckDBPyConnection, letters: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count the codes of each letter in one pass over the outcomes."""
    codes = ", ".join(f"COALESCE({letter}, '') AS {letter}" for letter in letters)
    counts: dict[str, dict[str, int]] = {letter: {} for letter in letters}
    for *row, items in session.execute(f"SELECT {codes}, count(*) FROM outcome GROUP BY ALL ORDER BY ALL").fetchall():  # noqa: S608  letters of the rule
        for letter, code in zip(letters, row, strict=True):
            counts[letter][code] = counts[letter].get(code, 0) + items
    return {letter: dict(sorted(counts[letter].items())) for letter in letters}


def _check_code(rule: Rule, letter: str, code: str, declared: Mapping[str, str]) -> None:
    try:
        ReasonCode.parse(code)
    except ValueError as error:
        msg = f"{rule.control_test} {letter}: {error}"
        raise RuleFault(msg) from error
    if code != "pass" and code not in declared:
        msg = f"{rule.control_test} {letter}: {code} is not declared in rule.toml"
        raise RuleFault(msg)


def _literal(value: ParameterValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return "'" + value.replace("'", "''") + "'"


def _sql_type(value: ParameterValue) -> str:
    match value:
        case bool():
            return "BOOLEAN"
        case int():
            return "BIGINT"
        case str():
            return "STRING"
