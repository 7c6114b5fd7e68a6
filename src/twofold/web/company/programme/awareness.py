"""Training and acknowledgements of people as SQL over the kept tables: who must, who did, and what is overdue.

Source: audit-domain T-25, T-26 and T-28, with the numbers that these control tests take from the scope. They look at
today; what a control test concluded of a stretch stands beside it on each page.
"""

from datetime import UTC, datetime

import duckdb

from twofold.web.company.programme.control_tests import parameter
from twofold.web.workspace_access import Current

_WORKING = """
SELECT
    person,
    min(started_at) AS works_from,
    arg_max(id, started_at) AS engagement,
    max(started_at) AS started_at,
    arg_max(type, started_at) AS type,
    count(*) AS engagements,
    CASE WHEN bool_and(COALESCE(effective_end, last_day_latest) IS NOT NULL)
        THEN max(COALESCE(effective_end, last_day_latest)) END AS works_to
FROM engagement GROUP BY person
"""
"""One row for each person who ever worked here; `works_to` is empty where an engagement has no end."""
_JOB_NOW = """
SELECT person, held.role AS role, held.unit AS unit, held.manager AS manager
FROM (
    SELECT person, arg_max(struct_pack(role := role, unit := unit, manager := manager), valid_from) AS held
    FROM job WHERE COALESCE(valid_from, TIMESTAMP '0001-01-01') <= ? GROUP BY person
)
"""
"""The newest job of each person that had begun at a moment."""
_COMPLETED = """
SELECT
    COALESCE(t.person, a.person) AS person, t.id AS id, t.course AS course, t.version AS version,
    t.completed_at AS completed_at, t.employer AS employer, t.evidence AS evidence, r.course IS NOT NULL AS counts
FROM training AS t
LEFT JOIN person_account AS a ON t.person IS NULL AND a.account = t.account AND a.state = 'linked'
LEFT JOIN (
    SELECT DISTINCT course, version FROM required_course
    WHERE COALESCE(valid_from, TIMESTAMP '0001-01-01') <= ? AND (valid_to IS NULL OR valid_to > ?)
    UNION ALL SELECT DISTINCT course, NULL FROM training WHERE NOT EXISTS (SELECT 1 FROM required_course)
) AS r ON r.course = t.course AND (r.version IS NULL OR r.version = t.version)
"""
_TRAINED = """
SELECT
    w.person AS person, w.works_from AS works_from, w.started_at AS started_at, w.works_to AS works_to,
    l.person IS NOT NULL AS away, t.last_at AS last_at,
    CASE WHEN t.last_at IS NULL OR t.last_at < w.started_at - to_days({pre}) THEN w.started_at + to_days({joiner})
        ELSE t.last_at + to_months({months}) END AS due_at,
    t.last_at IS NULL OR t.last_at < w.started_at - to_days({pre}) AS is_first
FROM working AS w
LEFT JOIN (
    SELECT person, max(completed_at) AS last_at FROM completed WHERE counts AND employer IS NULL GROUP BY person
) AS t ON t.person = w.person
LEFT JOIN (
    SELECT DISTINCT person FROM leave WHERE valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)
) AS l ON l.person = w.person
WHERE w.started_at <= ? AND (w.works_to IS NULL OR w.works_to > ?)
"""
_IN_FORCE = """
SELECT policy, version, effective_at FROM (
    SELECT v.*, row_number() OVER (PARTITION BY policy ORDER BY effective_at DESC) AS place
    FROM policy_version AS v
    WHERE v.effective_at <= ? AND (v.withdrawn_at IS NULL OR v.withdrawn_at > ?)
) WHERE place = 1
"""
_MUST_SIGN = """
WITH asked AS (
    SELECT f.policy AS policy, f.version AS version, w.person AS person,
        f.effective_at + to_days(p.acknowledge_days) AS due_at, 'everyone' AS why, TRUE AS this_version
    FROM in_force AS f
    JOIN policy AS p ON p.id = f.policy AND p.acknowledge_days IS NOT NULL
    JOIN working AS w ON w.started_at <= f.effective_at
    UNION ALL
    SELECT f.policy, f.version, w.person, w.started_at + to_days({sign}), 'whoever joins', FALSE
    FROM in_force AS f
    JOIN signing_duty AS d ON d.policy = f.policy
    JOIN working AS w
        ON w.started_at >= COALESCE(d.valid_from, TIMESTAMP '0001-01-01')
            AND (d.valid_to IS NULL OR w.started_at < d.valid_to)
)
SELECT m.policy AS policy, m.version AS version, m.person AS person, min(m.due_at) AS due_at, min(m.why) AS why,
    max(a.signed_at) AS signed_at
FROM asked AS m
JOIN working AS w ON w.person = m.person AND w.started_at <= ? AND (w.works_to IS NULL OR w.works_to > ?)
LEFT JOIN acknowledgement AS a
    ON a.policy = m.policy AND a.person = m.person
        AND (a.version = m.version OR (NOT m.this_version AND a.signed_at >= w.started_at - to_days({pre})))
GROUP BY m.policy, m.version, m.person
"""


def prepare(database: duckdb.DuckDBPyConnection, now: Current, at: datetime) -> None:
    """Make the tables of today beside the kept ones, once for all pages of a day. at: aware UTC.

    working    one row for each person who ever worked here: `works_from`, `works_to`
    job_now    the newest job of each person that has begun
    completed  each training with its person; `counts` where the course is asked for today
    trained    one row for each person who works here; `due_at` is the end of what the last training covers, or the
               first training's limit where `is_first`
    in_force   the version of each policy that rules
    must_sign  one row for each person and policy; `signed_at` is empty where the person has not signed
    """
    moment = at.astimezone(UTC).replace(tzinfo=None)
    numbers = {
        "joiner": parameter(now, "T-25", "joiner_days"),
        "months": parameter(now, "T-25", "valid_months"),
        "pre": parameter(now, "T-25", "pre_start_days"),
    }
    signing = {"sign": parameter(now, "T-26", "sign_days"), "pre": parameter(now, "T-26", "pre_start_days")}
    made = {
        "working": _WORKING,
        "job_now": _JOB_NOW,
        "completed": _COMPLETED,
        "trained": _TRAINED.format(**numbers),
        "in_force": _IN_FORCE,
        "must_sign": _MUST_SIGN.format(**signing),
    }
    for name, query in made.items():
        database.execute(f"CREATE TABLE {name} AS {query}", [moment] * query.count("?"))
