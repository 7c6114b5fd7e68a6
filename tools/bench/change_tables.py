# ruff: noqa: S608  the SQL is made of our own texts and names
"""Write canonical tables of any number of production deployments to Parquet, the same bytes for the same shape.

A company of 20 systems, 40 repositories and 10,000 people with 5 accounts each (50,000 aliases). Every deployment
carries one commit, squashed from one pull request with 1.5 approvals on average, a ticket with its events and two
checks; one in a hundred is followed by a change in production that came without a deployment. A hash of its number
decides what went wrong with a deployment, so that every kind of exception occurs and a row never depends on how many
there are: one more day only adds rows.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from twofold.tables.schema import Table, canonical_tables, child_table
from twofold.tables.store import LAYOUT, quoted

SYSTEMS = 20
REPOSITORIES = 40
PEOPLE = 10_000
ALIASES = ("github", "git", "jira", "okta", "aws")
STARTS_AT = "TIMESTAMP '2025-01-01 00:00:00'"


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is: days from 1 January 2025, and deployments on each day."""

    days: int
    per_day: int

    @property
    def deployments(self) -> int:
        """Production deployments in all."""
        return self.days * self.per_day


def write_tables(folder: Path, shape: Shape, *, first_day: int = 0) -> None:
    """Write every table of days [first_day, shape.days) as the store of tables does, each day exported at its end."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2, "memory_limit": "8GB"}) as session:  # not measured
        session.execute(f"SET temp_directory = '{quoted(folder / '.spill')}'")
        session.execute("SET TimeZone = 'UTC'")
        session.execute("SET enable_progress_bar = false")
        _number_deployments(session, shape, first_day)
        for name, text in {**_COMPANY, **_CHANGES}.items():
            base, _, column = name.partition("__")
            _write(session, canonical_tables()[base], column, text.format(ends=_ends(shape)), folder)


def _ends(shape: Shape) -> str:
    return f"{STARTS_AT} + INTERVAL '{shape.days}' DAY"


def _number_deployments(session: duckdb.DuckDBPyConnection, shape: Shape, first_day: int) -> None:
    """Make the macros and the view `d`: a row per deployment with its number, people, times, and what went wrong."""
    session.execute("CREATE MACRO draw(i, salt, n) AS CAST(hash(i * 64 + salt) % n AS BIGINT)")
    session.execute("CREATE MACRO hex(kind, i) AS md5(kind || i) || substr(md5(i || kind), 1, 8)")
    session.execute("CREATE MACRO person_id(p) AS 'p-' || lpad(CAST(p AS VARCHAR), 5, '0')")
    session.execute("CREATE MACRO repo(i) AS 'acme/service-' || lpad(CAST(i % 40 AS VARCHAR), 2, '0')")
    session.execute("CREATE MACRO pull(i) AS repo(i) || '#' || CAST(100000 + i // 40 AS VARCHAR)")
    session.execute("CREATE MACRO deployment_id(i) AS repo(i) || ':' || CAST(3000000000 + i AS VARCHAR)")
    session.execute("CREATE MACRO ticket_key(i) AS 'CHG-' || CAST(10000000 + i AS VARCHAR)")
    session.execute(
        f"""
        CREATE VIEW d AS
        WITH numbered AS (
            SELECT i, i // {shape.per_day} AS day, draw(i, 1, 10000) AS fate, draw(i, 2, {PEOPLE}) AS author,
                {STARTS_AT} + to_seconds(i * 86400 // {shape.per_day}) AS started_at
            FROM range({first_day * shape.per_day}, {shape.deployments}) AS r(i)
        )
        SELECT *,
            -- Approvers are the people below 3000, who are on the roster; an author is never drawn by accident.
            CASE WHEN draw(i, 3, 3000) = author THEN (author + 1) % 3000 ELSE draw(i, 3, 3000) END AS approver,
            CASE WHEN draw(i, 4, 3000) = author THEN (author + 1) % 3000 ELSE draw(i, 4, 3000) END AS second_approver,
            started_at - to_hours(30 + draw(i, 5, 200)) AS opened_at,
            started_at - to_minutes(10 + draw(i, 6, 900)) AS approved_at,
            draw(i, 7, 10) = 0 AS functional
        FROM numbered
        """
    )


def _write(session: duckdb.DuckDBPyConnection, table: Table, column: str, text: str, folder: Path) -> None:
    """Write one table from a SELECT that gives some of its columns; the others are empty, instants are exact."""
    name = child_table(table.name, column) if column else table.name
    session.execute(f"CREATE OR REPLACE TEMP VIEW made AS {text}")
    given = {row[0] for row in session.execute("DESCRIBE made").fetchall()}
    lineage = {"evidence": "sha256('evidence')", "record": "''", "row_hash": "''", "source": "'bench'"}
    lineage |= {"extracted_at": STARTS_AT, "connector": "'bench 1'", "copies": "1", "conflicted": "false"}
    chosen = []
    for each, kind in table.child_physical if column else table.physical:
        exact = each.removesuffix("_latest")
        found = each if each in given else exact if exact in given and not each.endswith("_text") else ""
        chosen.append(f"CAST({found or lineage.get(each, 'NULL')} AS {kind}) AS {each}")
    order = ", ".join([*table.key, "value"] if column else ["extracted_at", *table.key])
    select = f"SELECT {', '.join(chosen)} FROM made ORDER BY {order}"
    session.execute(f"COPY ({select}) TO '{quoted(folder / f'{name}.parquet')}' ({LAYOUT})")


_PERSON = f"range({PEOPLE}) AS r(p)"
_SYSTEM = f"range({SYSTEMS}) AS r(s)"
_SYSTEM_ID = "'system-' || lpad(CAST(s AS VARCHAR), 2, '0')"
_LINEAGE = f"""sha256('day ' || day) AS evidence, 'line ' || i AS record,
    {STARTS_AT} + to_days(CAST(day + 1 AS INTEGER)) AS extracted_at"""

_COMPANY = {
    "system": f"SELECT {_SYSTEM_ID} AS id, 'UTC' AS zone FROM {_SYSTEM}",
    "system_label": f"""
        SELECT {_SYSTEM_ID} AS system, 'soc2' AS label FROM {_SYSTEM}
        UNION ALL
        SELECT {_SYSTEM_ID} AS system, 'fin_relevant' AS label FROM {_SYSTEM} WHERE s % 4 = 0
    """,
    "person": f"SELECT person_id(p) AS id, 'mail' || p || '@acme.example' AS email FROM {_PERSON}",
    "engagement": f"""
        SELECT 'e-' || p AS id, person_id(p) AS person, 'employee' AS type, TIMESTAMP '2020-01-01' AS started_at,
            CASE WHEN p % 500 = 499 THEN TIMESTAMP '2025-06-01' END AS effective_end
        FROM {_PERSON}
    """,
    "job": f"""
        SELECT person_id(p) AS person, CASE WHEN p % 10 = 0 THEN 'Lead' ELSE 'Engineer' END AS role,
            CASE WHEN p % 7 = 0 THEN 'Finance' ELSE 'Engineering' END AS unit,
            CASE WHEN p > 0 THEN person_id(p // 8) END AS manager, TIMESTAMP '2020-01-01' AS valid_from
        FROM {_PERSON}
    """,
    "account": f"""
        SELECT a || ':user-' || p AS id, a AS system, 'human' AS kind
        FROM {_PERSON}, (SELECT unnest({list(ALIASES)}) AS a)
        UNION ALL
        SELECT 'github:deploy-bot' AS id, 'github' AS system, 'bot' AS kind
    """,
    "account_link": f"""
        SELECT a || ':user-' || p AS account, person_id(p) AS person, TIMESTAMP '2020-01-01' AS valid_from
        FROM {_PERSON}, (SELECT unnest({list(ALIASES)}) AS a)
        WHERE p % 200 <> 7
    """,
    "roster": f"""
        SELECT '*' AS scope, duty, person_id(p) AS person, TIMESTAMP '2020-01-01' AS valid_from
        FROM {_PERSON}, (SELECT unnest(['release', 'emergency', 'uat']) AS duty)
        WHERE p < 3000 AND (duty = 'release' OR p % 10 = 0)
    """,
    "change_type": """
        SELECT 'Change' AS id, true AS is_change, false AS functional
        UNION ALL SELECT 'Feature', true, true
        UNION ALL SELECT 'Question', false, false
    """,
    "change_type__material_fields": """
        SELECT 'Change' AS id, 'description' AS value UNION ALL SELECT 'Feature', 'description'
    """,
    "check_requirement": "SELECT '*' AS scope, 'build' AS name UNION ALL SELECT '*', 'test'",
    "pipeline_agreement": f"""
        SELECT {_SYSTEM_ID} AS system, 'the auditor' AS agreed_by, TIMESTAMP '2024-12-01' AS agreed_at FROM {_SYSTEM}
    """,
    "standard_change": "SELECT 'SC-1' AS id, 'p-00001' AS approved_by",
    "standard_change__kinds": "SELECT 'SC-1' AS id, NULL AS valid_from, 'autoscaling' AS value",
    "standard_change__systems": "SELECT 'SC-1' AS id, NULL AS valid_from, '*' AS value",
    "branch_rule": """
        SELECT 'acme/service-' || lpad(CAST(k AS VARCHAR), 2, '0') AS repository, 'main' AS branch, setting, value,
            TIMESTAMP '2024-12-15' + to_days(CAST(14 * n AS INTEGER)) AS observed_at
        FROM range(40) AS r(k), range(30) AS o(n),
            (VALUES ('required_reviews', '1'), ('enforce_admins', 'true')) AS v(setting, value)
    """,
    "source_gap": """
        SELECT 'deployment' AS table_name, 'system-00' AS system, {ends} AS starts_at, NULL AS ends_before,
            'not_extracted' AS reason
    """,
}

_CHANGES = {
    # fate: which of the 10,000 drawn the deployment has; most have none of the troubles below.
    "deployment": f"""
        SELECT deployment_id(i) AS id, 'system-' || lpad(CAST(i % 40 // 2 AS VARCHAR), 2, '0') AS system,
            'production' AS environment, repo(i) AS repository, hex('commit', i) AS commit_sha, started_at,
            started_at + INTERVAL '90' SECOND AS completed_at,
            CASE WHEN fate BETWEEN 10 AND 29 THEN 'failure' ELSE 'success' END AS status,
            CASE
                WHEN fate BETWEEN 100 AND 399 THEN 'aws:user-' || draw(i, 8, 10000)
                WHEN fate BETWEEN 400 AND 409 THEN 'aws:user-' || approver
                WHEN fate BETWEEN 410 AND 419 THEN 'aws:user-' || author
                ELSE 'github:deploy-bot'
            END AS actor,
            fate NOT BETWEEN 100 AND 419 AS by_pipeline, {_LINEAGE}
        FROM d
    """,
    "change_set": "SELECT deployment_id(i) AS deployment, repo(i) AS repository, hex('commit', i) AS sha FROM d",
    "code_commit": f"""
        SELECT repo(i) AS repository, hex('commit', i) AS sha, 'git:user-' || author AS author,
            'github:web-flow' AS committer, started_at - INTERVAL '9' MINUTE AS authored_at,
            started_at - INTERVAL '9' MINUTE AS committed_at, started_at - INTERVAL '9' MINUTE AS pushed_at,
            hex('tree', i) AS tree_sha, {_LINEAGE}
        FROM d
    """,
    "code_commit__parents": """
        SELECT repo(i) AS repository, hex('commit', i) AS sha, hex('commit', i - 40) AS value FROM d WHERE i >= 40
    """,
    "pull_request": f"""
        SELECT pull(i) AS id, repo(i) AS repository, 'github:user-' || author AS author, 'main' AS base_ref,
            hex('head', i) AS head_sha, hex('commit', i) AS merge_sha, opened_at AS created_at,
            started_at - INTERVAL '9' MINUTE AS merged_at, 'github:user-' || author AS merged_by, {_LINEAGE}
        FROM d
    """,
    "pull_request__tickets": """
        SELECT pull(i) AS id, CASE WHEN fate BETWEEN 520 AND 529 THEN 'UTF-8' ELSE ticket_key(i) END AS value
        FROM d WHERE fate NOT BETWEEN 500 AND 519
    """,
    "pull_request_commit": f"SELECT pull(i) AS pull_request, hex('head', i) AS sha, {_LINEAGE} FROM d",
    "review": f"""
        SELECT CAST(5000000000 + i * 2 AS VARCHAR) AS id, pull(i) AS pull_request,
            'github:user-' || CASE
                WHEN fate BETWEEN 600 AND 619 THEN author
                WHEN fate BETWEEN 620 AND 639 THEN 9000 + draw(i, 9, 999)
                ELSE approver
            END AS reviewer,
            'approved' AS state,
            CASE WHEN fate BETWEEN 640 AND 649 THEN started_at + INTERVAL '1' HOUR ELSE approved_at END AS submitted_at,
            CASE WHEN fate BETWEEN 650 AND 659 THEN hex('old', i) ELSE hex('head', i) END AS commit_sha,
            CASE WHEN fate BETWEEN 660 AND 669 THEN started_at - INTERVAL '9' MINUTE END AS dismissed_at, {_LINEAGE}
        FROM d WHERE fate NOT BETWEEN 670 AND 699
        UNION ALL
        SELECT CAST(5000000001 + i * 2 AS VARCHAR) AS id, pull(i) AS pull_request,
            'github:user-' || CASE WHEN fate BETWEEN 700 AND 709 THEN approver ELSE second_approver END AS reviewer,
            CASE WHEN fate BETWEEN 700 AND 709 THEN 'changes_requested' ELSE 'approved' END AS state,
            approved_at + INTERVAL '30' SECOND AS submitted_at, hex('head', i) AS commit_sha, NULL AS dismissed_at,
            {_LINEAGE}
        FROM d WHERE fate BETWEEN 700 AND 709 OR (fate >= 710 AND draw(i, 10, 1000) < 540)
    """,
    "check_run": f"""
        SELECT CAST(7000000000 + i * 2 + n AS VARCHAR) AS id, repo(i) AS repository, hex('commit', i) AS sha,
            CASE n WHEN 0 THEN 'build' ELSE 'test' END AS name,
            CASE
                WHEN n = 1 AND fate BETWEEN 800 AND 819 THEN 'failure'
                WHEN n = 1 AND fate BETWEEN 820 AND 829 THEN 'skipped'
                ELSE 'success'
            END AS conclusion,
            started_at - INTERVAL '8' MINUTE AS started_at,
            started_at + to_minutes(CASE WHEN n = 1 AND fate BETWEEN 830 AND 839 THEN 5 ELSE -4 END) AS completed_at,
            {_LINEAGE}
        FROM d, range(2) AS c(n)
        WHERE NOT (n = 1 AND fate BETWEEN 840 AND 849)
    """,
    "ticket": f"""
        SELECT ticket_key(i) AS key,
            CASE WHEN fate BETWEEN 900 AND 909 THEN 'Question' WHEN functional THEN 'Feature' ELSE 'Change' END AS type,
            opened_at - INTERVAL '1' HOUR AS created_at, 'jira:user-' || author AS reporter,
            'Done' AS status, {_LINEAGE}
        FROM d
    """,
    "ticket_event": f"""
        SELECT CAST(8000000000 + i * 4 AS VARCHAR) AS id, ticket_key(i) AS ticket, 'status' AS field,
            'To Do' AS old_value,
            CASE WHEN fate BETWEEN 910 AND 929 THEN 'In Progress' ELSE 'Approved' END AS new_value,
            CASE WHEN fate BETWEEN 930 AND 949 THEN started_at + INTERVAL '2' HOUR ELSE opened_at END AS occurred_at,
            'jira:user-' || approver AS actor, 'save-' || i AS txn, {_LINEAGE}
        FROM d
        UNION ALL
        SELECT CAST(8000000001 + i * 4 AS VARCHAR) AS id, ticket_key(i) AS ticket, 'description' AS field,
            'short' AS old_value, 'longer' AS new_value,
            CASE
                WHEN fate BETWEEN 950 AND 969 THEN opened_at + INTERVAL '1' HOUR
                ELSE opened_at - INTERVAL '5' MINUTE
            END AS occurred_at,
            'jira:user-' || author AS actor, 'text-' || i AS txn, {_LINEAGE}
        FROM d WHERE fate BETWEEN 950 AND 969 OR draw(i, 11, 5) = 0
        UNION ALL
        SELECT CAST(8000000002 + i * 4 AS VARCHAR) AS id, ticket_key(i) AS ticket, 'status' AS field,
            'Approved' AS old_value, 'Done' AS new_value, started_at + INTERVAL '3' HOUR AS occurred_at,
            'jira:user-' || author AS actor, 'done-' || i AS txn, {_LINEAGE}
        FROM d
        UNION ALL
        SELECT CAST(8000000003 + i * 4 AS VARCHAR) AS id, ticket_key(i) AS ticket, 'emergency' AS field,
            NULL AS old_value, 'yes' AS new_value, opened_at AS occurred_at,
            'jira:user-' || author AS actor, 'flag-' || i AS txn, {_LINEAGE}
        FROM d WHERE fate BETWEEN 970 AND 989
    """,
    "approval": f"""
        SELECT 'uat-' || i AS id, ticket_key(i) AS subject, 'jira:user-' || CASE
                WHEN fate BETWEEN 1000 AND 1019 THEN author ELSE draw(i, 12, 300) * 10
            END AS approver,
            'uat' AS duty, 'approve' AS decision, approved_at AS decided_at, 'uat-' || i AS txn, {_LINEAGE}
        FROM d WHERE functional AND fate NOT BETWEEN 1020 AND 1039
    """,
    "prod_event": f"""
        SELECT 'event-' || i AS id, 'system-' || lpad(CAST(i % 40 // 2 AS VARCHAR), 2, '0') AS system,
            CASE draw(i, 14, 3) WHEN 0 THEN 'autoscaling' ELSE 'config' END AS kind,
            started_at + INTERVAL '1' MINUTE AS occurred_at,
            CASE draw(i, 14, 3) WHEN 0 THEN 'github:deploy-bot' ELSE 'aws:user-' || draw(i, 8, 10000) END AS actor,
            CASE WHEN draw(i, 14, 3) = 1 AND fate >= 200 THEN ticket_key(i) END AS reference, {_LINEAGE}
        FROM d WHERE draw(i, 13, 100) = 0
    """,
}
