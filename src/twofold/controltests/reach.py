# ruff: noqa: S608  the SQL is made of our own texts and names
"""Narrow a session to the rows that the changes of some operating days reach, so that a rule runs on these days alone.

For the control tests of changes (`RULES`). Their texts run as they stand: only the large tables behind them hold fewer
rows, and no column that no text names. What is left out can change no outcome of these days, because every join of the
steps and rules goes by the keys followed here, in this order (audit-domain 4.2):

    deployments of the days; in their system and repository what was released between them, and what served before
    rollbacks: what served the same content before
    the commits of those of the days, commits of equal content, the pull requests that claim one of those, the commits
    that these claim (and commits of equal content), and the pull requests that claim those: their merge decides whose a
    commit is
    reviews of the pull requests; checks of the commits; tickets that pull requests, commits or events name, with their
    events and approvals

One commit per repository stays, since "this repository has no commits at all" is a fact that the rules ask for.
"""

import re
from collections.abc import Collection, Sequence

import duckdb

from twofold.controltests.links import KEPT_LINKS, NO_DAY, claims

RULES = ("T-10", "T-11", "T-13", "T-15")
_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"--[^\n]*")
_CLAIMS = claims("link_pull_request", "link_pull_request_commit")
_EQUAL = """
    SELECT o.sha AS sha FROM link_code_commit AS o
    WHERE o.tree IN (SELECT c.tree FROM link_code_commit AS c WHERE c.sha IN (SELECT w.sha FROM own AS w))
"""
_STEPS = (
    (
        "reach_event",
        "SELECT e.id AS id FROM link_prod_event AS e WHERE e.day IN (FROM reach_day) OR e.id IN (FROM reach_item)",
    ),
    (
        "reach_deployment",
        """
        WITH own AS (
            SELECT d.* FROM link_deployment AS d WHERE d.day IN (FROM reach_day) OR d.id IN (FROM reach_item)
        ),
        span AS (
            SELECT o.system AS system, o.repository AS repository, MIN(o.started_at) AS starts_at,
                MAX(o.started_at) AS ends_at
            FROM own AS o GROUP BY o.day, o.system, o.repository
        ),
        first_span AS (
            SELECT system, repository, MIN(starts_at) AS starts_at FROM span GROUP BY system, repository
        ),
        served_before AS (
            SELECT d.system AS system, d.repository AS repository, MAX(d.started_at) AS started_at
            FROM link_deployment AS d
            JOIN first_span AS f ON f.system = d.system AND f.repository IS NOT DISTINCT FROM d.repository
                AND d.started_at < f.starts_at
            WHERE d.served GROUP BY d.system, d.repository
            UNION
            -- Before a later day: only what was released since the first one, or else a year would meet every day.
            SELECT d.system, d.repository, MAX(d.started_at)
            FROM (SELECT l.* FROM link_deployment AS l WHERE l.started_at >= (SELECT MIN(starts_at) FROM span)) AS d
            JOIN first_span AS f ON f.system = d.system AND f.repository IS NOT DISTINCT FROM d.repository
                AND d.started_at >= f.starts_at
            JOIN span AS s ON s.system = d.system AND s.repository IS NOT DISTINCT FROM d.repository
                AND d.started_at < s.starts_at
            WHERE d.served GROUP BY s.starts_at, d.system, d.repository
            UNION
            SELECT d.system, d.repository, MAX(d.started_at) FROM link_deployment AS d
            WHERE d.served AND EXISTS (SELECT 1 FROM own AS o WHERE o.started_at IS NULL)
            GROUP BY d.system, d.repository
        )
        SELECT n.id AS id, n.digest AS digest, bool_or(n.own) AS own
        FROM (
            SELECT o.id, o.digest, true AS own FROM own AS o
            UNION ALL
            SELECT b.id, b.digest, false
            FROM (
                SELECT l.* FROM link_deployment AS l
                WHERE l.started_at BETWEEN (SELECT MIN(starts_at) FROM span) AND (SELECT MAX(ends_at) FROM span)
            ) AS b
            JOIN span AS s ON s.system = b.system AND s.repository IS NOT DISTINCT FROM b.repository
                AND b.started_at BETWEEN s.starts_at AND s.ends_at
            UNION ALL SELECT b.id, b.digest, false FROM link_deployment AS b WHERE b.started_at IS NULL
            UNION ALL
            SELECT b.id, b.digest, false FROM link_deployment AS b
            JOIN served_before AS s ON s.system = b.system AND s.repository IS NOT DISTINCT FROM b.repository
                AND s.started_at = b.started_at
            WHERE b.served
            UNION ALL
            SELECT b.id, b.digest, false FROM link_deployment AS b
            JOIN own AS r ON r.system = b.system AND COALESCE(r.digest, r.sha) = COALESCE(b.digest, b.sha)
            WHERE r.is_rollback AND b.served
        ) AS n
        GROUP BY n.id, n.digest
        """,
    ),
    (
        "reach_commit_1",
        """
        WITH own AS (
            SELECT s.sha AS sha FROM link_change_set AS s
            WHERE s.deployment IN (SELECT id FROM reach_deployment WHERE own)
            UNION
            SELECT d.sha FROM link_deployment AS d WHERE d.id IN (SELECT id FROM reach_deployment WHERE own)
            UNION
            SELECT a.sha FROM link_artefact AS a WHERE a.digest IN (SELECT digest FROM reach_deployment WHERE own)
        )
        SELECT sha FROM own WHERE sha IS NOT NULL
        UNION"""
        + _EQUAL,
    ),
    (
        "reach_pull_1",
        f"""
        SELECT c.pull AS id FROM ({_CLAIMS}) AS c WHERE c.sha IN (FROM reach_commit_1)
        UNION
        SELECT e.reference FROM link_prod_event AS e WHERE e.id IN (FROM reach_event) AND e.reference IS NOT NULL
        """,
    ),
    (
        "reach_commit",
        f"""
        WITH own AS (
            SELECT sha FROM reach_commit_1
            UNION SELECT c.sha FROM ({_CLAIMS}) AS c WHERE c.pull IN (FROM reach_pull_1)
        )
        SELECT sha FROM own
        UNION"""
        + _EQUAL,
    ),
    (
        "reach_pull",
        f"""
        SELECT id FROM reach_pull_1
        UNION SELECT c.pull FROM ({_CLAIMS}) AS c WHERE c.sha IN (FROM reach_commit)
        """,
    ),
    (
        "reach_ticket",
        """
        SELECT t.ticket AS key FROM link_pull_request__tickets AS t WHERE t.id IN (FROM reach_pull)
        UNION SELECT t.ticket FROM link_code_commit__tickets AS t WHERE t.sha IN (FROM reach_commit)
        UNION
        SELECT e.reference FROM link_prod_event AS e WHERE e.id IN (FROM reach_event) AND e.reference IS NOT NULL
        """,
    ),
    (
        "kept_commit",
        """
        SELECT sha FROM reach_commit
        UNION SELECT arg_max(c.sha, c.arrived) FROM link_code_commit AS c GROUP BY c.repository
        """,
    ),
)
_KEPT = {
    "deployment": (("id", "id", "SELECT id FROM reach_deployment"),),
    "artefact": (
        ("commit_sha", "sha", "FROM reach_commit"),
        ("digest", "digest", "SELECT digest FROM reach_deployment"),
    ),
    "prod_event": (("id", "id", "FROM reach_event"),),
    "change_set": (("deployment", "", "SELECT id FROM reach_deployment WHERE own"),),
    "code_commit": (("sha", "sha", "FROM kept_commit"),),
    "code_commit__parents": (("sha", "", "FROM reach_commit"),),
    "code_commit__coauthors": (("sha", "", "FROM reach_commit"),),
    "code_commit__reviewed_by": (("sha", "", "FROM reach_commit"),),
    "code_commit__tickets": (("sha", "", "FROM reach_commit"),),
    "pull_request": (("id", "id", "FROM reach_pull"),),
    "pull_request__tickets": (("id", "", "FROM reach_pull"),),
    "pull_request_commit": (("pull_request", "pull_request", "FROM reach_pull"),),
    "review": (("pull_request", "pull_request", "FROM reach_pull"),),
    "check_run": (("sha", "sha", "FROM reach_commit"),),
    "ticket": (("key", "key", "FROM reach_ticket"),),
    "ticket_event": (("ticket", "ticket", "FROM reach_ticket"),),
    "approval": (("subject", "subject", "FROM reach_ticket"),),
}
"""Table -> what keeps a row: its column, the same column of its kept links, the numbers that it must be among."""
FOLLOWED = tuple(_KEPT)
"""The tables that are narrowed; every other one stays whole."""


def narrow_to_days(
    session: duckdb.DuckDBPyConnection, days: Collection[str], items: Collection[str], texts: Sequence[str]
) -> None:
    """Put the rows that the items of `days` (ISO, or NO_DAY) reach in the place of each followed table.

    session: with its links noted. items: deployments and events of other days that are asked for as well. texts: every
    SQL text that will read the tables; only columns that these name stay.
    Items of other days come out, too, and wrongly: leave them out by `DAY_OF_ITEM`.
    """
    dated = ["infinity" if day == NO_DAY else day for day in sorted(days)]
    session.execute("CREATE TEMP TABLE reach_day AS SELECT unnest(?::DATE[]) AS day", [dated])
    session.execute("CREATE TEMP TABLE reach_item AS SELECT number(unnest(?::VARCHAR[])) AS id", [sorted(items)])
    for name, text in _STEPS:
        session.execute(f"CREATE TEMP TABLE {name} AS {text}")
    words = {word for text in texts for word in _WORD.findall(_COMMENT.sub("", text))}
    for name, kept in _KEPT.items():
        every = [str(column) for column, *_ in session.execute(f"DESCRIBE {name}").fetchall()]
        columns = ", ".join(f"t.{column}" for column in every if column in words)
        chosen = " OR ".join(f"number(t.{column}) IN ({numbers})" for column, _, numbers in kept)
        if name in KEPT_LINKS:
            linked = " OR ".join(f"l.{column} IN ({numbers})" for _, column, numbers in kept)
            chosen = f"({chosen}) AND {_arrived(session, f'link_{name} AS l WHERE {linked}')}"
        session.execute(f"CREATE TEMP TABLE kept_{name} AS SELECT {columns} FROM {name} AS t WHERE {chosen}")
    for name in _KEPT:
        session.execute(f"CREATE OR REPLACE VIEW {name} AS FROM kept_{name}")


def _arrived(session: duckdb.DuckDBPyConnection, links: str) -> str:
    """Return the condition that a row `t` was extracted when one of these links was: few row groups hold such rows."""
    moments = session.execute(f"SELECT DISTINCT arrived FROM {links} ORDER BY arrived").fetchall()
    listed = ", ".join(f"TIMESTAMP '{moment}'" for (moment,) in moments)
    return f"t.extracted_at IN ({listed})" if listed else "false"
