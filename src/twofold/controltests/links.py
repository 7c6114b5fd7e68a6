# ruff: noqa: S608  the SQL is made of our own texts and names
"""The keys of the tables of changes as numbers, read once a session: what to follow from a row to the days it reaches.

A number is the hash of a key, so that following a key does not read texts again and again. Two keys with one number
only make more days or rows be looked at, never fewer.
"""

import duckdb

NO_DAY = "no day"
"""The day of an item without an operating date."""
DAY_OF_ITEM = f"COALESCE(CAST(CAST(operating_at AS DATE) AS VARCHAR), '{NO_DAY}')"
_DAY_OF = "COALESCE(CAST(CAST({moment} AS DATE) AS VARCHAR), '" + NO_DAY + "')"

LINKS = {
    "deployment": f"""
        number(t.id) AS id, t.system AS system, t.repository AS repository, t.started_at AS started_at,
        GREATEST(t.started_at_latest, t.completed_at_latest) AS latest_at,
        {_DAY_OF.format(moment="COALESCE(t.completed_at, t.started_at)")} AS day,
        number(t.commit_sha) AS sha, number(t.digest) AS digest, number(COALESCE(t.digest, t.commit_sha)) AS content,
        COALESCE(t.status, '') IN ('success', 'inactive') AS served, COALESCE(t.kind, '') = 'rollback' AS is_rollback
    """,
    "artefact": "number(t.digest) AS digest, number(t.commit_sha) AS sha",
    "prod_event": f"""
        number(t.id) AS id, number(t.reference) AS reference, t.occurred_at_latest AS latest_at,
        {_DAY_OF.format(moment="t.occurred_at")} AS day
    """,
    "change_set": """
        number(t.deployment) AS deployment, number(t.sha) AS sha, hash(t.deployment, t.repository, t.sha) AS content
    """,
    "code_commit": "number(t.sha) AS sha, number(t.tree_sha) AS tree, t.repository AS repository",
    "pull_request": "number(t.id) AS id, number(t.head_sha) AS head, number(t.merge_sha) AS merge",
    "pull_request_commit": "number(t.pull_request) AS pull_request, number(t.sha) AS sha",
    "pull_request__tickets": "number(t.id) AS id, number(t.value) AS ticket",
    "code_commit__tickets": "number(t.sha) AS sha, number(t.value) AS ticket",
}
"""Table -> what is noted of each of its rows `t` in the relation link_<table>; of deployments, those to production."""
_ONLY = {"deployment": "t.environment = 'production'"}


def link_text(table: str, relation: str, where: str = "true") -> str:
    """Return the SELECT of the links of those rows `t` of a relation with the columns of `table`."""
    return f"SELECT {LINKS[table]} FROM {relation} AS t WHERE {_ONLY.get(table, 'true')} AND {where}"


def claims(pull_requests: str, commits: str) -> str:
    """Return the SELECT of (pull, sha): which pull request claims which commit, from these two relations of links."""
    return f"""
        SELECT c.pull_request AS pull, c.sha AS sha FROM {commits} AS c
        UNION ALL SELECT p.id, p.head FROM {pull_requests} AS p WHERE p.head IS NOT NULL
        UNION ALL SELECT p.id, p.merge FROM {pull_requests} AS p WHERE p.merge IS NOT NULL
    """


def note_links(session: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary tables link_<table> from the session's tables as they are now."""
    session.execute("CREATE TEMP MACRO number(text) AS CASE WHEN text IS NOT NULL THEN hash(text) END")
    for table in LINKS:
        session.execute(f"CREATE TEMP TABLE link_{table} AS {link_text(table, table)}")


def forget_links(session: duckdb.DuckDBPyConnection) -> None:
    """Give their memory back."""
    for table in LINKS:
        session.execute(f"DROP TABLE link_{table}")
