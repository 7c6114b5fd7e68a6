"""What checks read beside the canonical tables: small relations made from scope, catalog, log and runs.

`RELATIONS` is their list. All times are naive UTC, as in the canonical tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from twofold.controltests.rule import Rule
from twofold.lenses.verdict import held_in_time
from twofold.model.sql_path import one_file
from twofold.scope.labels import FIN_RELEVANT, SOC2, EffectiveLabel

RELATIONS: Mapping[str, str] = {
    "control": "control VARCHAR, title VARCHAR, frequency VARCHAR, family VARCHAR, tests VARCHAR",
    "assignment": "control VARCHAR, role VARCHAR, person VARCHAR, system VARCHAR",
    "needed_table": "control VARCHAR, control_test VARCHAR, table_name VARCHAR, is_primary BOOLEAN, was_run BOOLEAN",
    "capture": "evidence VARCHAR, table_name VARCHAR, source VARCHAR, kind VARCHAR, name VARCHAR, media VARCHAR, "
    "query VARCHAR, run_by VARCHAR, run_at TIMESTAMP, period_to TIMESTAMP, "
    "oldest_available TIMESTAMP, captured_at TIMESTAMP, repeats BOOLEAN, "
    "is_act BOOLEAN",
    "audit_period": "engagement VARCHAR, lens VARCHAR, starts_at TIMESTAMP, ends_before TIMESTAMP, service VARCHAR",
    "signed": "control VARCHAR, role VARCHAR, person VARCHAR",
    "request_answer": "request VARCHAR, control VARCHAR, opened_at TIMESTAMP, answered_at TIMESTAMP, evidence VARCHAR",
    "promise": "measure VARCHAR, control VARCHAR, control_test VARCHAR, parameter VARCHAR, setting VARCHAR",
    "parameter_in_force": "control_test VARCHAR, name VARCHAR, value BIGINT",
    "policy_topic": "word VARCHAR, family VARCHAR",
    "source_limit": "source VARCHAR, what VARCHAR, days BIGINT, told_by VARCHAR",
    "picture_word": "word VARCHAR, place VARCHAR",
    "team_word": "word VARCHAR",
}
"""Relation -> its columns."""
_AT_ONCE = 200
_OUTCOME = """
CREATE TEMP TABLE seen_outcome (
    control_test VARCHAR, run VARCHAR, item VARCHAR, system VARCHAR, moment TIMESTAMP, attribute VARCHAR, code VARCHAR,
    outcome VARCHAR, controls VARCHAR
);
CREATE TEMP TABLE reason (control_test VARCHAR, attribute VARCHAR, code VARCHAR, sentence VARCHAR);
CREATE TEMP VIEW outcome AS
SELECT o.*, COALESCE(r.sentence, '') AS sentence
FROM seen_outcome AS o
LEFT JOIN reason AS r ON r.control_test = o.control_test AND r.attribute = o.attribute AND r.code = o.code
"""


@dataclass(frozen=True, slots=True)
class TestedRun:
    """One run whose outcomes checks read: its rule as the run kept it, its file, and the controls that it serves."""

    run_id: str
    rule: Rule
    outcomes: Path
    controls: tuple[str, ...]


def make_relations(session: duckdb.DuckDBPyConnection, rows: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """Make every relation of `RELATIONS`; one that has no rows in `rows` is empty."""
    for name, columns in RELATIONS.items():
        session.execute(f"CREATE TEMP TABLE {name} ({columns})")
        _insert(session, name, rows.get(name, ()))


def _insert(session: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows, many in one statement: one statement a row is slow."""
    for first in range(0, len(rows), _AT_ONCE):
        given = rows[first : first + _AT_ONCE]
        places = ", ".join(f"({', '.join('?' for _ in row)})" for row in given)
        session.execute(f"INSERT INTO {name} VALUES {places}", [_plain(cell) for row in given for cell in row])  # noqa: S608  names of ours


def make_outcomes(
    session: duckdb.DuckDBPyConnection,
    runs: Sequence[TestedRun],
    labels: Sequence[EffectiveLabel],
    *,
    window_from: datetime,
    window_to: datetime,
) -> None:
    """Make `outcome`: a row per item and attribute of the window, of systems in a scope at that time.

    What does not apply, and what was still running when the data was extracted, is left out: neither says anything of
    the control. An item whose time is unknown is kept.
    """
    session.execute(_OUTCOME)
    session.execute("CREATE TEMP TABLE in_scope (system VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP)")
    stretches = [
        [each.system, _plain(each.stretch.first), _plain(each.stretch.last)]
        for each in labels
        if each.counts and each.label in {SOC2, FIN_RELEVANT}
    ]
    _insert(session, "in_scope", stretches)
    for run in runs:
        for attribute in run.rule.attributes:
            session.execute(
                f"""
                INSERT INTO seen_outcome
                SELECT $control_test, $run_id, o.item, o.system, o.operating_at, $letter, o.{attribute.letter},
                    split_part(o.{attribute.letter}, ':', 1), $controls
                FROM read_parquet($outcomes) AS o
                WHERE NOT starts_with(o.{attribute.letter}, 'na:') AND o.{attribute.letter} <> 'cannot_test:pending'
                    AND {held_in_time("in_scope", "$window_from", "$window_to")}
                """,  # noqa: S608  a letter of a rule
                {
                    "control_test": run.rule.control_test,
                    "run_id": run.run_id,
                    "letter": attribute.letter,
                    "controls": ";".join(run.controls),
                    "outcomes": one_file(run.outcomes),
                    "window_from": _plain(window_from),
                    "window_to": _plain(window_to),
                },
            )
    sentences = [
        [run.rule.control_test, attribute.letter, code, f"{run.rule.control_test} {attribute.letter}: {sentence}"]
        for run in runs
        for attribute in run.rule.attributes
        for code, sentence in attribute.reasons.items()
    ]
    _insert(session, "reason", sentences)


def _plain(cell: object) -> object:
    return cell.astimezone(UTC).replace(tzinfo=None) if isinstance(cell, datetime) else cell
