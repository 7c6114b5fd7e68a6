-- policy_month: every policy that the company must have, month by month (audit-domain T-28, "on every day of the period").
-- An item is one policy and one calendar month of the register's "needed" stretch, cut to that stretch. The running month of
-- the clock of the data and the 35 before it are laid out; the period of a lens chooses among them.
-- A policy that has versions and stands in no register is an item too, from the month of its first version on.
-- Item id: <policy>/<month>, for example access/2026-03. A month lies between local midnights of the calendar "default",
-- without it between midnights UTC.
-- Operating date: the last microsecond of the month, or of the stretch in it.
-- System: the one that the policy rules; company where it names none.
-- Second source: the versions themselves, since a policy that only they name is an item.
WITH
digit AS (
    SELECT 0 AS n
    UNION ALL
    SELECT 1 AS n
    UNION ALL
    SELECT 2 AS n
    UNION ALL
    SELECT 3 AS n
    UNION ALL
    SELECT 4 AS n
    UNION ALL
    SELECT 5 AS n
),
month_start AS (
    SELECT CAST(DATE_TRUNC('month', q.extracted_at) - (a.n * 6 + b.n) * INTERVAL '1' MONTH AS TIMESTAMP) AS day
    FROM digit AS a
    CROSS JOIN digit AS b
    CROSS JOIN parameter AS q
),
month AS (
    SELECT
        SUBSTRING(CAST(m.day AS STRING), 1, 7) AS month,
        COALESCE(c.starts_at, m.day) AS starts_at,
        COALESCE(d.starts_at, m.day + INTERVAL '1' MONTH) AS ends_before
    FROM month_start AS m
    LEFT JOIN calendar_day AS c ON c.calendar = 'default' AND c.day = SUBSTRING(CAST(m.day AS STRING), 1, 10)
    LEFT JOIN calendar_day AS d
        ON d.calendar = 'default' AND d.day = SUBSTRING(CAST(m.day + INTERVAL '1' MONTH AS STRING), 1, 10)
),
needed AS (
    SELECT
        p.id AS policy,
        p.system AS system,
        COALESCE(p.needed_from, TIMESTAMP '0001-01-01 00:00:00') AS needed_from,
        COALESCE(p.needed_to, TIMESTAMP '9999-12-31 00:00:00') AS needed_to,
        p.review_months AS review_months,
        p.acknowledge_days AS acknowledge_days,
        1 AS is_registered,
        p.conflicted AS conflicted,
        p.evidence AS evidence,
        p.record AS record
    FROM policy AS p
    UNION ALL
    SELECT
        v.policy AS policy,
        CAST(NULL AS STRING) AS system,
        MIN(v.effective_at) AS needed_from,
        TIMESTAMP '9999-12-31 00:00:00' AS needed_to,
        CAST(NULL AS BIGINT) AS review_months,
        CAST(NULL AS BIGINT) AS acknowledge_days,
        0 AS is_registered,
        FALSE AS conflicted,
        CAST(NULL AS STRING) AS evidence,
        CAST(NULL AS STRING) AS record
    FROM policy_version AS v
    WHERE v.effective_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM policy AS p WHERE p.id = v.policy)
    GROUP BY v.policy
)
SELECT
    n.policy || '/' || m.month AS item,
    COALESCE(n.system, 'company') AS system,
    LEAST(m.ends_before, n.needed_to) - INTERVAL '1' MICROSECOND AS operating_at,
    LEAST(m.ends_before, n.needed_to) - INTERVAL '1' MICROSECOND AS operating_at_latest,
    n.policy AS policy,
    GREATEST(m.starts_at, n.needed_from) AS starts_at,
    LEAST(m.ends_before, n.needed_to) AS ends_before,
    n.review_months AS review_months,
    n.acknowledge_days AS acknowledge_days,
    n.is_registered AS is_registered,
    COALESCE(n.conflicted, FALSE) AS conflicted,
    n.evidence AS evidence,
    n.record AS record
FROM needed AS n
JOIN month AS m ON m.starts_at < n.needed_to AND n.needed_from < m.ends_before
WHERE n.needed_from < n.needed_to
