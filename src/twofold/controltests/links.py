# ruff: noqa: S608  the SQL is made of our own texts and names
"""The keys of the tables of changes as numbers, kept from state to state: what leads from a row to the days it reaches.

    <links>/<table>/<month>.parquet   a row per row of the table that was extracted in the month, sorted
    <links>/evidence.parquet          table, evidence, when it was extracted, rows it gave, those of them in conflict
    <links>/change_sets.txt           rows of the table of change sets, and the sum of their numbers

A number is the hash of a key, so that following a key does not read texts again and again. Two keys with one number
only make more days or rows be looked at, never fewer. The rows of evidence that gave as many rows as in the state
before are taken over, the others are read from the table: months without any keep their file. `arrived` is when a row
was extracted (UTC); tables lie in this order, so that rows with known numbers are read from few places.

Links are a function of the tables alone: made at once or from state to state, their files have the same bytes.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from twofold.tables.store import quoted

NO_DAY = "no day"
"""The day of an item without an operating date."""
DAY_OF_ITEM = f"COALESCE(CAST(CAST(operating_at AS DATE) AS VARCHAR), '{NO_DAY}')"
_UNDATED = "CAST('infinity' AS DATE)"
DAY_OF_LINK = f"CASE WHEN day = {_UNDATED} THEN '{NO_DAY}' ELSE CAST(day AS VARCHAR) END"
"""The same of links, which hold a date."""
_DAY_OF = "COALESCE(CAST({moment} AS DATE), " + _UNDATED + ")"

KEPT_LINKS = {
    "deployment": f"""
        number(t.id) AS id, number(t.system) AS system, number(t.repository) AS repository, t.started_at AS started_at,
        GREATEST(t.started_at_latest, t.completed_at_latest) AS latest_at,
        {_DAY_OF.format(moment="COALESCE(t.completed_at, t.started_at)")} AS day,
        number(t.commit_sha) AS sha, number(t.digest) AS digest,
        COALESCE(t.status, '') IN ('success', 'inactive') AS served, COALESCE(t.kind, '') = 'rollback' AS is_rollback,
        t.environment = 'production' AS is_production
    """,
    "artefact": "number(t.digest) AS digest, number(t.commit_sha) AS sha",
    "prod_event": f"""
        number(t.id) AS id, number(t.reference) AS reference, t.occurred_at_latest AS latest_at,
        {_DAY_OF.format(moment="t.occurred_at")} AS day
    """,
    "code_commit": "number(t.sha) AS sha, number(t.tree_sha) AS tree, number(t.repository) AS repository",
    "pull_request": "number(t.id) AS id, number(t.head_sha) AS head, number(t.merge_sha) AS merge",
    "pull_request_commit": "number(t.pull_request) AS pull_request, number(t.sha) AS sha",
    "review": "number(t.id) AS id, number(t.pull_request) AS pull_request",
    "check_run": "number(t.id) AS id, number(t.sha) AS sha",
    "ticket": "number(t.key) AS key",
    "ticket_event": "number(t.id) AS id, number(t.ticket) AS ticket",
    "approval": "number(t.id) AS id, number(t.subject) AS subject",
}
"""Captured table -> what is noted of each of its rows `t`."""
MADE_LINKS = {
    "change_set": """
        number(t.deployment) AS deployment, number(t.sha) AS sha,
        hash(number(t.deployment), number(t.repository), number(t.sha)) AS content
    """,
    "pull_request__tickets": "number(t.id) AS id, number(t.value) AS ticket",
    "code_commit__tickets": "number(t.sha) AS sha, number(t.value) AS ticket",
}
"""Table whose rows carry no evidence -> what is noted of them, every time anew."""
FOLLOWED_LINKS = (
    *MADE_LINKS,
    "deployment",
    "artefact",
    "prod_event",
    "code_commit",
    "pull_request",
    "pull_request_commit",
)
"""Those that are followed to and fro; from the others one finds rows only."""
_FROM = {"deployment": "is_production"}
"""Only these links lead anywhere."""
_EVIDENCE_FILE = "evidence.parquet"
_TOTAL_FILE = "change_sets.txt"


@dataclass(frozen=True, slots=True)
class Moves:
    """How the rows of a table differ from those of the state before.

    fresh: evidence that it had no row of, whose rows were extracted in these `months`. adds_up: its rows are those
    before and the ones of fresh evidence.
    """

    fresh: frozenset[str]
    gone: frozenset[str]
    months: frozenset[str]
    adds_up: bool


@dataclass(frozen=True, slots=True)
class _Given:
    """What evidence gave to a table: rows, and those of them in conflict."""

    rows: int
    conflicted: int


_Arrivals = Mapping[tuple[str, datetime], _Given]
"""What each evidence gave to one table, by its id and when it was extracted (UTC)."""


def keep_links(session: duckdb.DuckDBPyConnection, *, old: Path | None, new: Path) -> Mapping[str, Moves]:
    """Write the links of the session's tables to `new`, taking over those of `old`, and tell what moved in each table.

    Makes the temporary tables link_<table>, and the macro `number`.
    """
    session.execute("CREATE TEMP MACRO number(text) AS CASE WHEN text IS NOT NULL THEN hash(text) END")
    now = _count_given(session, new)
    before = _read_given(session, old)
    moves = {}
    for table in KEPT_LINKS:
        moves[table] = _keep(session, table, (before.get(table, {}), now.get(table, {})), old, new)
        made = "TABLE" if table in FOLLOWED_LINKS else "VIEW"
        session.execute(f"CREATE TEMP {made} link_{table} AS {leading(table, link_rows(table, new))}")
    for table in MADE_LINKS:
        session.execute(f"CREATE TEMP TABLE link_{table} AS {made_links(table, table)}")
    (new / _TOTAL_FILE).write_text(made_total(session, "link_change_set AS c"), encoding="utf-8")
    return moves


def forget_links(session: duckdb.DuckDBPyConnection) -> None:
    """Give their memory back."""
    for table in FOLLOWED_LINKS:
        session.execute(f"DROP TABLE link_{table}")


def made_links(table: str, relation: str) -> str:
    """Return the SELECT of the links of a relation with the columns of `table`, whose rows carry no evidence."""
    return f"SELECT {MADE_LINKS[table]} FROM {relation} AS t"


def link_rows(table: str, folder: Path, months: Collection[str] | None = None) -> str:
    """Return the relation of the kept links of a table (of these months), with `arrived`, `evidence`, `conflicted`."""
    every = sorted((folder / table).glob("*.parquet"))
    files = [file for file in every if months is None or file.stem in months]
    if files:
        listed = ", ".join(f"'{quoted(file)}'" for file in files)
        return f"read_parquet([{listed}])"
    return f"(SELECT {_columns(table)} FROM main.{table} AS t WHERE false)"


def leading(table: str, relation: str) -> str:
    """Return the SELECT of those of the kept links in a relation that are followed; more conditions may be added."""
    return f"SELECT * EXCLUDE (evidence, conflicted) FROM {relation} WHERE {_FROM.get(table, 'true')}"


def made_total(session: duckdb.DuckDBPyConnection, change_sets: str) -> str:
    """Return rows and sum of contents of links `c` of change sets: equal for equal sets, in any order."""
    total = session.execute(f"SELECT COUNT(*) || ' ' || COALESCE(SUM(c.content), 0) FROM {change_sets}").fetchone()
    return str(total)


def kept_total(folder: Path) -> str:
    """Return `made_total` of all change sets of the state whose links these are."""
    return (folder / _TOTAL_FILE).read_text(encoding="utf-8")


def claims(pull_requests: str, commits: str) -> str:
    """Return the SELECT of (pull, sha): which pull request claims which commit, from these two relations of links."""
    return f"""
        SELECT c.pull_request AS pull, c.sha AS sha FROM {commits} AS c
        UNION ALL SELECT p.id, p.head FROM {pull_requests} AS p WHERE p.head IS NOT NULL
        UNION ALL SELECT p.id, p.merge FROM {pull_requests} AS p WHERE p.merge IS NOT NULL
    """


def _columns(table: str) -> str:
    return f"t.extracted_at AS arrived, t.evidence AS evidence, t.conflicted AS conflicted, {KEPT_LINKS[table]}"


def _count_given(session: duckdb.DuckDBPyConnection, new: Path) -> Mapping[str, _Arrivals]:
    """Count the rows of each evidence in each table, and write the counts. What evidence gave was extracted at once."""
    counts = " UNION ALL ".join(
        f"""
        SELECT '{table}' AS table_name, g.evidence AS evidence, g.arrived AS arrived, g.rows AS rows,
            COALESCE(c.rows, 0) AS conflicted
        FROM (
            SELECT evidence, ANY_VALUE(extracted_at) AS arrived, COUNT(*) AS rows FROM {table} GROUP BY evidence
        ) AS g
        LEFT JOIN (SELECT evidence, COUNT(*) AS rows FROM {table} WHERE conflicted GROUP BY evidence) AS c
            ON c.evidence = g.evidence
        """
        for table in KEPT_LINKS
    )
    new.mkdir(parents=True)
    file = new / _EVIDENCE_FILE
    session.execute(f"COPY ({counts} ORDER BY ALL) TO '{quoted(file)}' (FORMAT parquet)")
    return _read_given(session, new)


def _read_given(session: duckdb.DuckDBPyConnection, folder: Path | None) -> Mapping[str, _Arrivals]:
    found: dict[str, dict[tuple[str, datetime], _Given]] = {}
    if folder is not None:
        rows = session.execute(f"FROM read_parquet('{quoted(folder / _EVIDENCE_FILE)}')").fetchall()
        for table, evidence, arrived, *counts in rows:
            found.setdefault(table, {})[evidence, arrived] = _Given(*counts)
    return found


def _keep(
    session: duckdb.DuckDBPyConnection, table: str, states: tuple[_Arrivals, _Arrivals], old: Path | None, new: Path
) -> Moves:
    """Write the links of one table; `states`: what evidence gave to it before and now.

    More evidence can only take rows away from other evidence. So where none went, evidence with as many rows as before
    has the same ones; where some went, every link is made anew.
    """
    before, now = states
    fresh, gone = now.keys() - before.keys(), before.keys() - now.keys()
    moved = now.keys() if gone else {place for place, given in now.items() if before.get(place) != given}
    changed = _names_by_month(moved)
    (new / table).mkdir()
    for month in _names_by_month(now):
        file = new / table / f"{month}.parquet"
        kept = old / table / file.name if old is not None and not gone else None
        if kept is not None and month not in changed:
            os.link(kept, file)
        else:
            _write_month(session, table, file, kept, changed.get(month, set()))
    rows, once = (sum(given.rows for given in state.values()) for state in (now, before))
    added = sum(now[place].rows for place in fresh)
    conflicts = any(given.conflicted for state in states for given in state.values())
    return Moves(
        frozenset(evidence for evidence, _ in fresh),
        frozenset(evidence for evidence, _ in gone),
        frozenset(_names_by_month(fresh)),
        adds_up=rows - added == once and not gone and not conflicts,
    )


def _names_by_month(places: Collection[tuple[str, datetime]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for evidence, arrived in sorted(places):
        found.setdefault(f"{arrived:%Y-%m}", set()).add(evidence)
    return found


def _write_month(
    session: duckdb.DuckDBPyConnection, table: str, file: Path, kept: Path | None, moved: Collection[str]
) -> None:
    """Write the links of a month: the kept ones of evidence that did not move, and those of moved evidence anew."""
    session.execute("CREATE OR REPLACE TEMP TABLE moved AS SELECT unnest(?::VARCHAR[]) AS evidence", [sorted(moved)])
    start = f"TIMESTAMP '{file.stem}-01'"
    links = f"""
        SELECT {_columns(table)} FROM {table} AS t
        WHERE t.extracted_at >= {start} AND t.extracted_at < {start} + INTERVAL '1' MONTH
            AND t.evidence IN (SELECT m.evidence FROM moved AS m)
    """
    if kept is not None and kept.exists():
        links += f"""
            UNION ALL
            SELECT k.* FROM read_parquet('{quoted(kept)}') AS k WHERE k.evidence NOT IN (FROM moved)
        """
    session.execute(f"COPY (FROM ({links}) ORDER BY ALL) TO '{quoted(file)}' (FORMAT parquet)")
