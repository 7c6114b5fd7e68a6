# ruff: noqa: S608  the SQL is made of our own texts and names
"""Which operating days of the changes a new state of the tables touches: all others keep their outcomes.

Rows are new by their evidence: a row of evidence that the other state of its table does not hold has changed, and so
has the row with its key there, and every row in conflict. The kept links tell all of these. That is sound while
evidence is read the same way (the same scope and version, nothing redacted in between); the caller makes sure of it by
`DayRun.reading`. From the keys of changed rows the items are found by the joins of the steps and rules, as they hold in
either state. What every item may read (people, rosters, types of tickets, requirements) touches every day when it
changes.
"""

import filecmp
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from twofold.controltests.links import (
    DAY_OF_LINK,
    FOLLOWED_LINKS,
    Moves,
    claims,
    kept_total,
    leading,
    link_rows,
    made_links,
    made_total,
)
from twofold.controltests.reach import FOLLOWED
from twofold.controltests.rule import ParameterValue, Rule
from twofold.populations.define import definition_text
from twofold.populations.steps import step_text, steps_needed
from twofold.tables.schema import LINEAGE, canonical_tables, child_table
from twofold.tables.store import quoted

EVERY_DAY = None
_BEFORE = "before"
_WORD = re.compile(r"[a-z_]+")
_READ_OF = {"account": "id, kind, triggered_by, email, conflicted"}
"""Columns that matter of a table whose other columns change with each extraction."""
_NO_ITEM = frozenset({"source_gap", "branch_rule"})
"""Tables that reach items by time."""
_KEYED = {
    "deployment": ("id", "touched_deployment", "id"),
    "code_commit": ("sha", "touched_commit", "sha"),
    "pull_request": ("id", "touched_pull", "id"),
    "pull_request_commit": ("pull_request", "touched_pull", "pull_request"),
    "review": ("id", "touched_pull", "pull_request"),
    "check_run": ("id", "touched_commit", "sha"),
    "artefact": ("digest", "touched_digest", "digest"),
    "ticket": ("key", "touched_ticket", "key"),
    "ticket_event": ("id", "touched_ticket", "ticket"),
    "approval": ("id", "touched_ticket", "subject"),
    "prod_event": ("id", "touched_event", "id"),
}
"""Captured table -> its key, where the keys of its changed rows are noted, and which is noted; words of its links."""
_CLAIMS = claims("either_pull_request", "either_pull_request_commit")
_NAMED = {
    "touched_pull": "SELECT t.id AS key FROM either_pull_request__tickets AS t WHERE t.ticket IN (FROM touched_ticket)",
    "touched_commit": "SELECT t.sha AS key FROM either_code_commit__tickets AS t"
    " WHERE t.ticket IN (FROM touched_ticket)",
}
"""What names a touched ticket."""
_CLAIM_ROUND = (
    ("touched_commit", f"SELECT c.sha AS key FROM ({_CLAIMS}) AS c WHERE c.pull IN (FROM touched_pull)"),
    (
        "touched_commit",
        """
        SELECT o.sha AS key FROM either_code_commit AS o WHERE o.tree IN (
            SELECT c.tree FROM either_code_commit AS c WHERE c.sha IN (FROM touched_commit)
        )
        """,
    ),
    ("touched_pull", f"SELECT c.pull AS key FROM ({_CLAIMS}) AS c WHERE c.sha IN (FROM touched_commit)"),
)
"""Commits that touched pull requests claim, commits of equal content, and what claims those."""
_ROUNDS = 6
"""A claim decides whose a commit is: from a pull request over its commits to those that share one, and theirs."""
_USED = {
    "touched_deployment": """
        SELECT s.deployment AS key FROM either_change_set AS s WHERE s.sha IN (FROM touched_commit)
        UNION ALL SELECT d.id FROM either_deployment AS d WHERE d.sha IN (FROM touched_commit)
        UNION ALL SELECT d.id FROM either_deployment AS d WHERE d.digest IN (FROM touched_digest)
        UNION ALL
        SELECT d.id FROM either_deployment AS d JOIN either_artefact AS a ON a.digest = d.digest
        WHERE a.sha IN (FROM touched_commit)
    """,
    "touched_event": """
        SELECT e.id AS key FROM either_prod_event AS e WHERE e.reference IN (FROM touched_ticket)
        UNION ALL SELECT e.id FROM either_prod_event AS e WHERE e.reference IN (FROM touched_pull)
    """,
}
_FOLLOWERS = """
    SELECT d.id AS key FROM either_deployment AS d
    JOIN (
        SELECT f.system AS system, bool_or(f.started_at IS NULL) AS open, MIN(f.started_at) AS starts_at
        FROM either_deployment AS f
        WHERE f.id IN (FROM touched_deployment) OR f.digest IN (FROM touched_digest)
        GROUP BY f.system
    ) AS c ON c.system = d.system AND (c.open OR d.started_at IS NULL OR d.started_at >= c.starts_at)
"""
"""What is released after a changed deployment of its system may be a rerun of it, or a rollback to it."""
_DAYS = f"""
    SELECT {DAY_OF_LINK} FROM (
        SELECT DISTINCT d.day FROM either_deployment AS d WHERE d.id IN (FROM touched_deployment)
        UNION SELECT DISTINCT e.day FROM either_prod_event AS e WHERE e.id IN (FROM touched_event)
    )
"""
_DAYS_FROM = f"""
    SELECT {DAY_OF_LINK} FROM (
        SELECT DISTINCT d.day FROM either_deployment AS d WHERE COALESCE(d.latest_at >= $moment, true)
        UNION SELECT DISTINCT e.day FROM either_prod_event AS e WHERE COALESCE(e.latest_at >= $moment, true)
    )
"""


@dataclass(slots=True)
class _States:
    """Both states in one session: the tables as they are now, and under the schema `before` as they were.

    links: the folders of their links, before and now.
    """

    session: duckdb.DuckDBPyConnection
    now: Path
    before: Path
    links: tuple[Path, Path]
    differences: dict[tuple[str, str], list[tuple[object, ...]]] = field(default_factory=dict)

    def difference(self, table: str, columns: str) -> list[tuple[object, ...]]:
        """Return the rows that one of the states has alone, found once; none where the files have the same bytes."""
        if (table, columns) not in self.differences:
            now_file, file_before = (folder / f"{table}.parquet" for folder in (self.now, self.before))
            there = {now_file.exists(), file_before.exists()}
            same = there == {False} or (there == {True} and filecmp.cmp(now_file, file_before, shallow=False))
            now, then = (f"SELECT {columns} FROM {side}.{table}" for side in ("main", _BEFORE))
            query = f"(({now}) EXCEPT ({then})) UNION ALL (({then}) EXCEPT ({now}))"
            self.differences[table, columns] = [] if same else self.session.execute(query).fetchall()
        return self.differences[table, columns]

    def count(self, query: str) -> int:
        """Return the first number that a query gives."""
        row = self.session.execute(query).fetchone()
        return 0 if row is None else row[0]


def touched_days(
    session: duckdb.DuckDBPyConnection,
    folders: tuple[Path, Path],
    links: tuple[Path, Path],
    moves: Mapping[str, Moves],
    rules: Sequence[Rule],
    parameters: Mapping[str, Mapping[str, ParameterValue]],
    *,
    clocks: tuple[datetime, datetime],
) -> Mapping[str, frozenset[str] | None]:
    """Return by control test the days (ISO) whose outcomes the session's tables may change, EVERY_DAY where any may.

    session: the tables as they are now, as views, with their links. folders, links: of the tables and of their links,
    then and now. moves: what moved in between. clocks: then and now.
    """
    before, now = folders
    states = _States(session, now, before, links)
    read = {rule.control_test: _tables_read(rule) for rule in rules}
    _view_before(states, {"source_gap", "change_set"}.union(*read.values()))
    other_repositories = _repositories_changed(states)
    kept = [
        rule for rule in rules if not other_repositories and not _whole_tables_changed(states, read[rule.control_test])
    ]
    found: dict[str, frozenset[str] | None] = {rule.control_test: EVERY_DAY for rule in rules}
    if kept:
        keyed = _days_of_keys(states, moves)
        for rule in kept:
            dated = _days_of_dated(states, rule, parameters[rule.control_test], clocks)
            found[rule.control_test] = EVERY_DAY if dated is EVERY_DAY else dated | keyed
    return found


def _tables_read(rule: Rule) -> frozenset[str]:
    texts = [definition_text(rule.population), rule.sql]
    texts += [step_text(name) for name in steps_needed(*texts)]
    return frozenset(_WORD.findall(" ".join(texts))) & frozenset(_table_names())


def _table_names() -> list[str]:
    return [
        each
        for name, table in canonical_tables().items()
        for each in [name, *(child_table(name, column.name) for column in table.list_columns)]
    ]


def _view_before(states: _States, tables: Collection[str]) -> None:
    states.session.execute(f"CREATE SCHEMA {_BEFORE}")
    for name in tables:
        file = states.before / f"{name}.parquet"
        source = f"read_parquet('{quoted(file)}')" if file.exists() else f"main.{name} LIMIT 0"
        states.session.execute(f"CREATE VIEW {_BEFORE}.{name} AS SELECT * FROM {source}")


def _whole_tables_changed(states: _States, read: Collection[str]) -> bool:
    """Tell whether one of these tables, if not followed by key, says something else than before."""
    lineage = {name for name, _ in LINEAGE} - {"conflicted"}
    for name in sorted(set(read) - set(FOLLOWED) - _NO_ITEM):
        columns = _READ_OF.get(name)
        if columns is None:
            every = states.session.execute(f"DESCRIBE {name}").fetchall()
            columns = ", ".join(column for column, *_ in every if column not in lineage)
        if states.difference(name, columns):
            return True
    return False


def _repositories_changed(states: _States) -> bool:
    """Tell whether other repositories have commits than before: rules ask whether one has any at all."""
    now, before = "link_code_commit", link_rows("code_commit", states.links[0])
    now, before = (f"SELECT DISTINCT repository FROM {each}" for each in (now, before))
    return states.count(f"SELECT COUNT(*) FROM (({now}) EXCEPT ({before}) UNION ALL (({before}) EXCEPT ({now})))") > 0


def _days_of_keys(states: _States, moves: Mapping[str, Moves]) -> frozenset[str]:
    """Return the days of the items that changed rows lead to, in either state."""
    session = states.session
    for table in FOLLOWED_LINKS:
        session.execute(f"CREATE TEMP TABLE old_{table} AS FROM link_{table} LIMIT 0")
        session.execute(f"CREATE TEMP VIEW either_{table} AS FROM link_{table} UNION ALL FROM old_{table}")
    for noted in {noted for _, noted, _ in _KEYED.values()}:
        session.execute(f"CREATE TEMP TABLE {noted} (key UBIGINT)")
    for table in _KEYED:
        _note_changed_rows(states, table, moves[table])
    others = "link_change_set AS c WHERE c.deployment NOT IN (FROM touched_deployment)"
    same_sets = made_total(session, others) == kept_total(states.links[0])
    _note(states, "touched_deployment", _FOLLOWERS)
    if not same_sets:
        _note_changed_sets(states)
    for noted, text in _NAMED.items():
        _note(states, noted, text)
    for _ in range(_ROUNDS):
        if not sum(_note(states, noted, text) for noted, text in _CLAIM_ROUND):
            break
    for noted, text in _USED.items():
        _note(states, noted, text)
    return frozenset(day for (day,) in session.execute(_DAYS).fetchall())


def _note(states: _States, noted: str, text: str) -> int:
    """Add the keys that are not noted yet and return how many they were."""
    fresh = f"SELECT DISTINCT n.key FROM ({text}) AS n WHERE n.key IS NOT NULL AND n.key NOT IN (FROM {noted})"
    return states.count(f"INSERT INTO {noted} {fresh}")


def _note_changed_rows(states: _States, table: str, moves: Moves) -> None:
    """Note the keys of the rows of a table that changed, and keep the links of those that one finds no more."""
    if moves.adds_up and not moves.fresh:
        return
    key, noted, column = _KEYED[table]
    keys = f"t.{key} AS key, t.{column} AS noted"
    fresh = f"SELECT {keys} FROM {link_rows(table, states.links[1], moves.months)} AS t"
    _make_changed(states, "fresh", fresh, moves.fresh)
    changed = "SELECT noted AS key FROM fresh"
    if not moves.adds_up:
        # Not every row stands where it stood: look at the rows with these keys on the other side, too.
        before, now = (link_rows(table, folder) for folder in states.links)
        states.session.execute(f"INSERT INTO fresh SELECT {keys} FROM {now} AS t WHERE t.conflicted")
        _make_changed(states, "gone", f"SELECT {keys} FROM {before} AS t", moves.gone)
        states.session.execute(f"INSERT INTO gone SELECT {keys} FROM {before} AS t WHERE t.conflicted")
        for here, there, relation in (("fresh", "gone", before), ("gone", "fresh", now)):
            same_key = f"SELECT {keys} FROM {relation} AS t WHERE t.{key} IN (SELECT h.key FROM {here} AS h)"
            states.session.execute(f"INSERT INTO {there} {same_key}")
        if table in FOLLOWED_LINKS:
            old = f"{leading(table, before)} AND {key} IN (SELECT g.key FROM gone AS g)"
            states.session.execute(f"INSERT INTO old_{table} {old}")
        changed += " UNION ALL SELECT noted FROM gone"
    _note(states, noted, changed)


def _make_changed(states: _States, made: str, rows: str, evidence: Collection[str]) -> None:
    """Make the rows of this evidence the table `made`."""
    given = "t.evidence IN (SELECT unnest(?::VARCHAR[]))"
    states.session.execute(f"CREATE OR REPLACE TEMP TABLE {made} AS {rows} WHERE {given}", [sorted(evidence)])


def _note_changed_sets(states: _States) -> None:
    """Note the deployments whose change sets, which are computed and carry no evidence, are others than before."""
    states.session.execute(f"CREATE TEMP TABLE past_change_set AS {made_links('change_set', f'{_BEFORE}.change_set')}")
    past = "SELECT p.deployment AS key FROM past_change_set AS p WHERE p.content NOT IN"
    now = "SELECT c.deployment AS key FROM link_change_set AS c WHERE c.content NOT IN"
    states.session.execute(
        """
        INSERT INTO old_change_set
        SELECT p.* FROM past_change_set AS p WHERE p.content NOT IN (SELECT c.content FROM link_change_set AS c)
        """
    )
    _note(
        states,
        "touched_deployment",
        f"{past} (SELECT c.content FROM link_change_set AS c)"
        f" UNION ALL {now} (SELECT p.content FROM past_change_set AS p)",
    )
    states.session.execute("DROP TABLE past_change_set")


def _days_of_dated(
    states: _States,
    rule: Rule,
    parameters: Mapping[str, ParameterValue],
    clocks: tuple[datetime, datetime],
) -> frozenset[str] | None:
    """Return the days that changed gaps and looks at branches reach: they have times, not keys.

    A clock that went back reaches every day. One that went on reaches what waited for it, which the outcomes tell.
    """
    waits = max(
        [int(value) for name, value in parameters.items() if name in {"explain_days", "correct_days"}], default=0
    )
    froms: list[datetime] = []
    for starts_at, _, table, _ in states.difference("source_gap", "starts_at, ends_before, table_name, system"):
        if not isinstance(starts_at, datetime):
            return EVERY_DAY
        # An answer may come long after the item, what it answers is there with it.
        froms.append(starts_at if table in FOLLOWED else starts_at - timedelta(days=waits))
    if clocks[1] < clocks[0] and "extracted_at" in rule.sql:
        return EVERY_DAY
    looks = "observed_at, observed_at_latest, repository, branch, setting, value, conflicted"
    if "branch_rule" in rule.sql and states.difference("branch_rule", looks):
        return EVERY_DAY
    if not froms:
        return frozenset()
    return frozenset(day for (day,) in states.session.execute(_DAYS_FROM, {"moment": min(froms)}).fetchall())
