"""A small world for one check: only the tables that it names, filled by hand, and the relations of the review."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

import duckdb

from twofold.model.instant import parse_instant
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.readiness.check import CheckResult, State
from twofold.readiness.check_files import known_checks
from twofold.readiness.dated_words import word_relations
from twofold.readiness.proven import Proof
from twofold.readiness.relations import make_outcomes, make_relations
from twofold.readiness.run_checks import Reviewed, run_check
from twofold.tables.schema import canonical_tables, child_table

_UTC = parse_instant("2026-11-20T06:00:00Z").earliest
END = _UTC.replace(tzinfo=None)
START = END - timedelta(days=90)


def day(text: str) -> datetime:
    """Return the naive UTC midnight with which a day begins."""
    return datetime.fromisoformat(text)


@cache
def _shared() -> duckdb.DuckDBPyConnection:
    """Return the one session of all worlds, with the relations that are the same in each of them."""
    session = duckdb.connect(config={"threads": 1})
    session.execute("SET TimeZone = 'UTC'")
    make_relations(session, word_relations())
    make_outcomes(session, [], [], window_from=_UTC - timedelta(days=90), window_to=_UTC)
    return session


class World:
    """The session of one check, one at a time. `add` fills tables and relations; `result` runs the check."""

    def __init__(self, check_id: str) -> None:
        with suppress(duckdb.TransactionException):
            _shared().execute("ROLLBACK")
        self.check = known_checks()[check_id]
        self.session = _shared()
        self.session.execute("BEGIN")
        steps = steps_needed(self.check.sql)
        text = self.check.sql + "".join(step_text(each) for each in steps)
        words = {word.partition("__")[0] for word in re.findall(r"[a-z_]+", text)}
        self.steps = steps
        for name, table in canonical_tables().items():
            if name in words or name in self.check.needs:
                self._make(name, table.physical)
                for column in table.list_columns:
                    self._make(child_table(name, column.name), table.child_physical)
        self.unproven: set[str] = set()
        self.tests = dict.fromkeys(self.check.outcomes, "run-1")
        self.stops: dict[str, str] = {}
        self.late: dict[str, str] = {}

    def _make(self, name: str, physical: Iterable[tuple[str, str]]) -> None:
        self.session.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in physical)})")

    def add(self, name: str, *rows: Mapping[str, object]) -> "World":
        """Add rows; an instant stands for both its limits, and evidence is ev-1 where none is given."""
        described = self.session.execute(f"DESCRIBE {'seen_outcome' if name == 'outcome' else name}").fetchall()
        columns = [row[0] for row in described]
        name = "seen_outcome" if name == "outcome" else name
        for row in rows:
            full = {"evidence": "ev-1", **row} if "evidence" in columns else dict(row)
            full |= {f"{key}_latest": value for key, value in row.items() if f"{key}_latest" in columns}
            known = {key: value for key, value in full.items() if key in columns}
            assert set(row) <= set(columns), set(row) - set(columns)
            marks = ", ".join("?" for _ in known)
            self.session.execute(
                f"INSERT INTO {name} ({', '.join(known)}) VALUES ({marks})",  # noqa: S608  names of ours
                list(known.values()),
            )
        return self

    def without(self, *tables: str) -> "World":
        """Leave tables unproven."""
        self.unproven |= set(tables)
        return self

    def result(self) -> CheckResult:
        """Run the check."""
        register_steps(self.session, self.steps)
        proofs = {name: Proof(name, proven=True) for name in self.check.needs if name not in self.unproven}
        reviewed = Reviewed(
            window_from=_UTC - timedelta(days=90),
            window_to=_UTC,
            zone="UTC",
            proofs=proofs,
            tests=self.tests,
            stops=self.stops,
            late=self.late,
            rests_on=("scope: entry 1",),
        )
        return run_check(self.session, self.check, reviewed)

    def state(self) -> State:
        """Return the answer."""
        return self.result().state
