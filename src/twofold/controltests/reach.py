# ruff: noqa: S608  the SQL is made of our own texts and names
"""Narrow a session to the rows that the changes of some operating days reach, so that a rule runs on these days alone.

For the control tests of changes (`RULES`). Their texts run as they stand: only the large tables behind them hold fewer
rows. What is left out can change no outcome of these days, because every join of the steps and rules goes by the keys
followed here, in this order (audit-domain 4.2):

    deployments of the days; of each system and repository what was released between them, and what served before
    rollbacks: what served the same content before
    their commits, commits of equal content, the pull requests that claim one of those, the commits that these claim
    (and commits of equal content), and the pull requests that claim those: their merge decides whose a commit is
    reviews of the pull requests; checks of the commits; tickets that pull requests, commits or events name, with their
    events and approvals

One commit per repository stays, since "this repository has no commits at all" is a fact that the rules ask for.
"""

import duckdb

RULES = ("T-10", "T-11", "T-13", "T-15")
NO_DAY = "no day"
"""The day of an item without an operating date."""
DAY_OF_ITEM = f"COALESCE(CAST(CAST(operating_at AS DATE) AS VARCHAR), '{NO_DAY}')"
DEPLOYMENT_DAY = f"COALESCE(CAST(CAST(COALESCE(d.completed_at, d.started_at) AS DATE) AS VARCHAR), '{NO_DAY}')"
EVENT_DAY = f"COALESCE(CAST(CAST(e.occurred_at AS DATE) AS VARCHAR), '{NO_DAY}')"

_CLAIMED = """
    SELECT c.sha, c.pull_request FROM pull_request_commit AS c
    UNION ALL SELECT p.head_sha, p.id FROM pull_request AS p WHERE p.head_sha IS NOT NULL
    UNION ALL SELECT p.merge_sha, p.id FROM pull_request AS p WHERE p.merge_sha IS NOT NULL
"""
_EQUAL = """
    SELECT o.sha FROM code_commit AS o
    WHERE o.tree_sha IN (SELECT c.tree_sha FROM code_commit AS c WHERE c.sha IN (FROM {of}))
"""
_STEPS = (
    (
        "reach_deployment",
        f"""
        WITH production AS (
            SELECT
                d.*, COALESCE(d.digest, d.commit_sha) AS content,
                COALESCE(d.status, '') IN ('success', 'inactive') AS served
            FROM deployment AS d WHERE d.environment = 'production'
        ),
        own AS (SELECT d.* FROM production AS d WHERE {DEPLOYMENT_DAY} IN (FROM reach_day)),
        span AS (
            SELECT {DEPLOYMENT_DAY} AS day, MIN(d.started_at) AS starts_at, MAX(d.started_at) AS ends_at FROM own AS d
            GROUP BY 1
        ),
        served_before AS (
            SELECT arg_max(d.id, (d.started_at, d.id)) AS id
            FROM production AS d JOIN span AS s ON d.started_at < s.starts_at
            WHERE d.served GROUP BY s.day, d.system, d.repository
            UNION
            SELECT arg_max(d.id, (d.started_at, d.id)) FROM production AS d
            WHERE d.served AND d.started_at IS NOT NULL AND EXISTS (SELECT 1 FROM own AS o WHERE o.started_at IS NULL)
            GROUP BY d.system, d.repository
        )
        SELECT id, true AS own FROM own
        UNION
        SELECT p.id, p.id IN (SELECT id FROM own) FROM production AS p WHERE p.id IN (
            SELECT d.id FROM production AS d JOIN span AS s ON d.started_at BETWEEN s.starts_at AND s.ends_at
            UNION SELECT d.id FROM production AS d WHERE d.started_at IS NULL
            UNION SELECT id FROM served_before
            UNION
            SELECT o.id FROM production AS o JOIN own AS r ON r.system = o.system AND r.content = o.content
            WHERE r.kind = 'rollback' AND o.served
        )
        """,
    ),
    (
        "reach_commit_1",
        """
        WITH own AS (
            SELECT s.sha FROM change_set AS s WHERE s.deployment IN (SELECT id FROM reach_deployment WHERE own)
            UNION SELECT d.commit_sha FROM deployment AS d WHERE d.id IN (SELECT id FROM reach_deployment)
            UNION
            SELECT a.commit_sha FROM artefact AS a
            WHERE a.digest IN (SELECT d.digest FROM deployment AS d WHERE d.id IN (SELECT id FROM reach_deployment))
        )
        SELECT sha FROM own WHERE sha IS NOT NULL
        UNION"""
        + _EQUAL.format(of="own"),
    ),
    (
        "reach_pull_1",
        f"""
        SELECT c.pull_request AS id FROM ({_CLAIMED}) AS c WHERE c.sha IN (FROM reach_commit_1)
        UNION SELECT e.reference FROM prod_event AS e WHERE {EVENT_DAY} IN (FROM reach_day) AND e.reference IS NOT NULL
        """,
    ),
    (
        "reach_commit",
        f"""
        WITH own AS (
            SELECT sha FROM reach_commit_1
            UNION SELECT c.sha FROM ({_CLAIMED}) AS c WHERE c.pull_request IN (FROM reach_pull_1)
        )
        SELECT sha FROM own
        UNION"""
        + _EQUAL.format(of="own"),
    ),
    (
        "reach_pull",
        f"""
        SELECT id FROM reach_pull_1
        UNION SELECT c.pull_request FROM ({_CLAIMED}) AS c WHERE c.sha IN (FROM reach_commit)
        """,
    ),
    (
        "reach_ticket",
        f"""
        SELECT t.value AS key FROM pull_request__tickets AS t WHERE t.id IN (FROM reach_pull)
        UNION SELECT t.value FROM code_commit__tickets AS t WHERE t.sha IN (FROM reach_commit)
        UNION SELECT e.reference FROM prod_event AS e WHERE {EVENT_DAY} IN (FROM reach_day) AND e.reference IS NOT NULL
        """,
    ),
)
_KEPT = {
    "deployment": "t.id IN (SELECT id FROM reach_deployment)",
    "artefact": "t.commit_sha IN (FROM reach_commit) OR t.digest IN (SELECT d.digest FROM deployment AS d"
    " WHERE d.id IN (SELECT id FROM reach_deployment))",
    "prod_event": EVENT_DAY.replace("e.", "t.") + " IN (FROM reach_day)",
    "change_set": "t.deployment IN (SELECT id FROM reach_deployment)",
    "code_commit": "t.sha IN (FROM reach_commit) OR (t.repository, t.sha) IN"
    " (SELECT (c.repository, MIN(c.sha)) FROM code_commit AS c GROUP BY c.repository)",
    "code_commit__parents": "t.sha IN (FROM reach_commit)",
    "code_commit__coauthors": "t.sha IN (FROM reach_commit)",
    "code_commit__reviewed_by": "t.sha IN (FROM reach_commit)",
    "code_commit__tickets": "t.sha IN (FROM reach_commit)",
    "pull_request": "t.id IN (FROM reach_pull)",
    "pull_request__tickets": "t.id IN (FROM reach_pull)",
    "pull_request_commit": "t.pull_request IN (FROM reach_pull)",
    "review": "t.pull_request IN (FROM reach_pull)",
    "check_run": "t.sha IN (FROM reach_commit)",
    "ticket": "t.key IN (FROM reach_ticket)",
    "ticket_event": "t.ticket IN (FROM reach_ticket)",
    "approval": "t.subject IN (FROM reach_ticket)",
}
FOLLOWED = tuple(_KEPT)
"""The tables that are narrowed; every other one stays whole."""


def narrow_to_days(session: duckdb.DuckDBPyConnection, days: frozenset[str]) -> None:
    """Put the rows that the items of `days` (ISO, or NO_DAY) reach in the place of each followed table.

    Items of other days come out as well, and wrongly: leave them out by `DAY_OF_ITEM`.
    """
    session.execute("CREATE TEMP TABLE reach_day (day VARCHAR)")
    if days:
        session.executemany("INSERT INTO reach_day VALUES (?)", [(day,) for day in sorted(days)])
    for name, text in _STEPS:
        session.execute(f"CREATE TEMP TABLE {name} AS {text}")
    for name, kept in _KEPT.items():
        session.execute(f"CREATE TEMP TABLE kept_{name} AS SELECT t.* FROM {name} AS t WHERE {kept}")
    for name in _KEPT:
        session.execute(f"CREATE OR REPLACE VIEW {name} AS FROM kept_{name}")
