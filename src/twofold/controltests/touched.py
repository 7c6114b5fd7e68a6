# ruff: noqa: S608  the SQL is made of our own texts and names
"""Which operating days of the changes a new state of the tables touches: all others keep their outcomes.

Rows are new by their evidence: a row of evidence that the other state of its table does not hold has changed, and so
has the row with its key there, and every row in conflict. That is sound while evidence is read the same way (the same
scope and version, nothing redacted in between); the caller makes sure of it by `DayRun.reading`. From the keys of
changed rows the items are found by the joins of the steps and rules, in both states. What every item may read (people,
rosters, types of tickets, requirements) touches every day when it changes.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from twofold.controltests.reach import DEPLOYMENT_DAY, EVENT_DAY, FOLLOWED
from twofold.controltests.rule import ParameterValue, Rule
from twofold.populations.define import definition_text
from twofold.populations.steps import step_text, steps_needed
from twofold.tables.schema import LINEAGE, canonical_tables, child_table
from twofold.tables.store import quoted

EVERY_DAY = None
_BEFORE = "before"
_SIDES = (_BEFORE, "main")
_WORD = re.compile(r"[a-z_]+")
_READ_OF = {"account": "id, kind, triggered_by, email, conflicted"}
"""Columns that matter of a table whose other columns change with each extraction."""
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
"""Captured table -> its key, where the keys of its changed rows are noted, and which column is noted."""
_CLAIMED = """
    SELECT c.sha AS sha, c.pull_request AS id FROM pull_request_commit AS c
    UNION ALL SELECT p.head_sha, p.id FROM pull_request AS p
    UNION ALL SELECT p.merge_sha, p.id FROM pull_request AS p
"""
_NAMED = {
    "touched_pull": "SELECT t.id AS key FROM pull_request__tickets AS t WHERE t.value IN (FROM touched_ticket)",
    "touched_commit": "SELECT t.sha AS key FROM code_commit__tickets AS t WHERE t.value IN (FROM touched_ticket)",
}
"""What names a touched ticket."""
_CLAIM_ROUND = (
    ("touched_commit", f"SELECT c.sha AS key FROM ({_CLAIMED}) AS c WHERE c.id IN (FROM touched_pull)"),
    (
        "touched_commit",
        """
        SELECT o.sha AS key FROM code_commit AS o WHERE o.tree_sha IN (
            SELECT c.tree_sha FROM code_commit AS c WHERE c.sha IN (FROM touched_commit)
        )
        """,
    ),
    ("touched_pull", f"SELECT c.id AS key FROM ({_CLAIMED}) AS c WHERE c.sha IN (FROM touched_commit)"),
)
"""Commits that touched pull requests claim, commits of equal content, and what claims those."""
_ROUNDS = 3
"""A claim decides whose a commit is: from a pull request over its commits to those that share one, and theirs."""
_USED = {
    "touched_deployment": """
        SELECT s.deployment AS key FROM change_set AS s WHERE s.sha IN (FROM touched_commit)
        UNION SELECT d.id FROM deployment AS d WHERE d.commit_sha IN (FROM touched_commit)
        UNION SELECT d.id FROM deployment AS d WHERE d.digest IN (FROM touched_digest)
        UNION
        SELECT d.id FROM deployment AS d JOIN artefact AS a ON a.digest = d.digest
        WHERE a.commit_sha IN (FROM touched_commit)
    """,
    "touched_event": """
        SELECT e.id AS key FROM prod_event AS e WHERE e.reference IN (FROM touched_ticket)
        UNION SELECT e.id FROM prod_event AS e WHERE e.reference IN (FROM touched_pull)
    """,
}
_FOLLOWERS = """
    INSERT INTO touched_deployment
    SELECT d.id FROM deployment AS d
    JOIN (
        SELECT f.system AS system, bool_or(f.started_at IS NULL) AS open, MIN(f.started_at) AS starts_at
        FROM deployment AS f
        WHERE f.id IN (FROM changed_deployment) AND f.environment = 'production'
        GROUP BY f.system
    ) AS c ON c.system = d.system AND (c.open OR d.started_at IS NULL OR d.started_at >= c.starts_at)
    WHERE d.environment = 'production'
"""
"""What is released after a changed deployment of its system may be a rerun of it, or a rollback to it."""
_DAYS = f"""
    SELECT DISTINCT {DEPLOYMENT_DAY} AS day FROM deployment AS d
    WHERE d.environment = 'production' AND d.id IN (FROM touched_deployment)
    UNION
    SELECT DISTINCT {EVENT_DAY} AS day FROM prod_event AS e WHERE e.id IN (FROM touched_event)
"""


def touched_days(
    session: duckdb.DuckDBPyConnection,
    before: Path,
    rules: Sequence[Rule],
    parameters: Mapping[str, Mapping[str, ParameterValue]],
    *,
    clocks: tuple[datetime, datetime],
) -> Mapping[str, frozenset[str] | None]:
    """Return by control test the days (ISO) whose outcomes the session's tables may change, EVERY_DAY where any may.

    session: the tables as they are now, as views. before: the folder of the tables as they were. clocks: then and now.
    """
    _view_before(session, before)
    dated: dict[str, frozenset[str] | None] = {
        rule.control_test: EVERY_DAY
        if _whole_tables_changed(session, rule)
        else _days_of_dated(session, rule, parameters[rule.control_test], clocks)
        for rule in rules
    }
    if all(days is EVERY_DAY for days in dated.values()):
        return dated
    keyed = _days_of_keys(session)
    return {name: EVERY_DAY if days is EVERY_DAY else days | keyed for name, days in dated.items()}


def _days_of_keys(session: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the days of the items that changed rows lead to, in either state."""
    _note_changed_rows(session)
    found: set[str] = set()
    for side in _SIDES:
        session.execute(f"SET schema = '{side}'")
        session.execute(_FOLLOWERS)
        for noted, text in _NAMED.items():
            _note(session, noted, text)
        for _ in range(_ROUNDS):
            if not sum(_note(session, noted, text) for noted, text in _CLAIM_ROUND):
                break
        for noted, text in _USED.items():
            _note(session, noted, text)
    for side in _SIDES:
        session.execute(f"SET schema = '{side}'")
        found.update(day for (day,) in session.execute(_DAYS).fetchall())
    session.execute("SET schema = 'main'")
    return frozenset(found)


def _note(session: duckdb.DuckDBPyConnection, noted: str, text: str) -> int:
    """Add the keys that are not noted yet and return how many they were."""
    session.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE newly AS
        SELECT DISTINCT key FROM ({text}) WHERE key IS NOT NULL EXCEPT FROM {noted}
        """
    )
    session.execute(f"INSERT INTO {noted} FROM newly")
    return _count(session, "SELECT COUNT(*) FROM newly")


def _view_before(session: duckdb.DuckDBPyConnection, before: Path) -> None:
    session.execute(f"CREATE SCHEMA IF NOT EXISTS {_BEFORE}")
    for name in _table_names():
        file = before / f"{name}.parquet"
        source = f"read_parquet('{quoted(file)}')" if file.exists() else f"main.{name} LIMIT 0"
        session.execute(f"CREATE OR REPLACE VIEW {_BEFORE}.{name} AS SELECT * FROM {source}")


def _table_names() -> list[str]:
    return [
        each
        for name, table in canonical_tables().items()
        for each in [name, *(child_table(name, column.name) for column in table.list_columns)]
    ]


def _whole_tables_changed(session: duckdb.DuckDBPyConnection, rule: Rule) -> bool:
    """Tell whether a table that is not followed by key says something else than before, wherever it came from."""
    texts = [definition_text(rule.population), rule.sql]
    read = set(_WORD.findall(" ".join([*texts, *(step_text(name) for name in steps_needed(*texts))])))
    apart = set(FOLLOWED) | {"source_gap", "branch_rule"}
    lineage = {name for name, _ in LINEAGE} - {"conflicted"}
    for name in _table_names():
        if name in apart or name not in read:
            continue
        columns = _READ_OF.get(name)
        if columns is None:
            every = session.execute(f"SELECT column_name FROM (DESCRIBE {name})").fetchall()
            columns = ", ".join(column for (column,) in every if column not in lineage)
        if _difference(session, name, columns):
            return True
    return bool(_difference(session, "code_commit", "DISTINCT repository"))


def _difference(session: duckdb.DuckDBPyConnection, name: str, columns: str) -> list[tuple[object, ...]]:
    now, then = (f"SELECT {columns} FROM {side}.{name}" for side in ("main", _BEFORE))
    return session.execute(f"(({now}) EXCEPT ({then})) UNION ALL (({then}) EXCEPT ({now}))").fetchall()


def _count(session: duckdb.DuckDBPyConnection, query: str) -> int:
    row = session.execute(query).fetchone()
    return 0 if row is None else row[0]


def _days_of_dated(
    session: duckdb.DuckDBPyConnection,
    rule: Rule,
    parameters: Mapping[str, ParameterValue],
    clocks: tuple[datetime, datetime],
) -> frozenset[str] | None:
    """Return the days that changed gaps, looks at branches and the clock reach: they have times, not keys."""
    waits = max(
        [int(value) for name, value in parameters.items() if name in {"explain_days", "correct_days"}], default=0
    )
    froms: list[datetime] = []
    for starts_at, *_ in _difference(session, "source_gap", "starts_at, ends_before, table_name, system"):
        if not isinstance(starts_at, datetime):
            return EVERY_DAY
        froms.append(starts_at - timedelta(days=waits))
    if clocks[0] != clocks[1] and "extracted_at" in rule.sql:
        if not waits:
            return EVERY_DAY
        froms.append(min(clocks).replace(tzinfo=None) - timedelta(days=waits))
    looked = _difference(
        session, "branch_rule", "observed_at, observed_at_latest, repository, branch, setting, value, conflicted"
    )
    if looked and "branch_rule" in rule.sql:
        return EVERY_DAY
    if not froms:
        return frozenset()
    session.execute("CREATE OR REPLACE TEMP TABLE reached_from AS SELECT ?::TIMESTAMP AS moment", [min(froms)])
    found: set[str] = set()
    for side in _SIDES:
        session.execute(f"SET schema = '{side}'")
        rows = session.execute(
            f"""
            SELECT DISTINCT {DEPLOYMENT_DAY} FROM deployment AS d, reached_from AS r WHERE d.environment = 'production'
                AND COALESCE(GREATEST(d.started_at_latest, d.completed_at_latest) >= r.moment, true)
            UNION
            SELECT DISTINCT {EVENT_DAY} FROM prod_event AS e, reached_from AS r
            WHERE COALESCE(e.occurred_at_latest >= r.moment, true)
            """
        ).fetchall()
        found.update(day for (day,) in rows)
    session.execute("SET schema = 'main'")
    return frozenset(found)


def _note_changed_rows(session: duckdb.DuckDBPyConnection) -> None:
    """Fill touched_* with the keys of rows that changed, and changed_deployment, at which later ones look back."""
    for _, noted, _ in _KEYED.values():
        session.execute(f"CREATE OR REPLACE TEMP TABLE {noted} (key VARCHAR)")
    session.execute("CREATE OR REPLACE TEMP TABLE changed_deployment (key VARCHAR)")
    for table, (key, noted, column) in _KEYED.items():
        for here, there in (("main", _BEFORE), (_BEFORE, "main")):
            session.execute(
                f"""
                CREATE OR REPLACE TEMP TABLE fresh AS
                SELECT t.{key} AS key, t.{column} AS noted FROM {here}.{table} AS t
                WHERE t.conflicted OR t.evidence NOT IN (SELECT DISTINCT o.evidence FROM {there}.{table} AS o)
                """
            )
            if _count(session, "SELECT COUNT(*) FROM fresh"):
                session.execute(
                    f"""
                    INSERT INTO {noted}
                    SELECT noted FROM fresh
                    UNION SELECT o.{column} FROM {there}.{table} AS o WHERE o.{key} IN (SELECT key FROM fresh)
                    """
                )
    session.execute(
        """
        INSERT INTO changed_deployment
        SELECT key FROM touched_deployment
        UNION SELECT d.id FROM main.deployment AS d WHERE d.digest IN (FROM touched_digest)
        UNION SELECT d.id FROM before.deployment AS d WHERE d.digest IN (FROM touched_digest)
        """
    )
    session.execute(
        """
        INSERT INTO touched_deployment
        WITH now AS (
            SELECT SUBSTRING(s.deployment, 1, LENGTH(s.deployment) - 4) AS part, COUNT(*) AS sets,
                SUM(hash(s.deployment, s.repository, s.sha)::HUGEINT) AS content
            FROM main.change_set AS s GROUP BY part
        ),
        past AS (
            SELECT SUBSTRING(s.deployment, 1, LENGTH(s.deployment) - 4) AS part, COUNT(*) AS sets,
                SUM(hash(s.deployment, s.repository, s.sha)::HUGEINT) AS content
            FROM before.change_set AS s GROUP BY part
        ),
        other AS (
            SELECT COALESCE(n.part, t.part) AS part FROM now AS n FULL JOIN past AS t ON t.part = n.part
            WHERE n.sets IS DISTINCT FROM t.sets OR n.content IS DISTINCT FROM t.content
        ),
        now_there AS (
            SELECT s.* EXCLUDE (evidence, record, row_hash, source, connector, extracted_at, copies, conflicted)
            FROM main.change_set AS s WHERE SUBSTRING(s.deployment, 1, LENGTH(s.deployment) - 4) IN (FROM other)
        ),
        past_there AS (
            SELECT s.* EXCLUDE (evidence, record, row_hash, source, connector, extracted_at, copies, conflicted)
            FROM before.change_set AS s WHERE SUBSTRING(s.deployment, 1, LENGTH(s.deployment) - 4) IN (FROM other)
        )
        SELECT deployment
        FROM ((FROM now_there EXCEPT FROM past_there) UNION ALL (FROM past_there EXCEPT FROM now_there))
        """
    )
