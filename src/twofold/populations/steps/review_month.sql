-- review_month: calendar months, into which what holds over time is cut so that each lens can take its own (audit-domain 4.0,
-- Period membership). Every state that must hold all the time is judged month by month.
-- One row per month of the years 2000 to 2099. A month begins at local midnight of the calendar "default" where its days are
-- laid out, else at midnight UTC. Half open: starts_at <= t < ends_before.
--   month   for example 2026-03
WITH digit AS (
    SELECT 0 AS n
    UNION ALL SELECT 1 AS n
    UNION ALL SELECT 2 AS n
    UNION ALL SELECT 3 AS n
    UNION ALL SELECT 4 AS n
    UNION ALL SELECT 5 AS n
    UNION ALL SELECT 6 AS n
    UNION ALL SELECT 7 AS n
    UNION ALL SELECT 8 AS n
    UNION ALL SELECT 9 AS n
    UNION ALL SELECT 10 AS n
    UNION ALL SELECT 11 AS n
),
first_day AS (
    SELECT TIMESTAMP '2000-01-01 00:00:00' + (y.n * 120 + d.n * 12 + m.n) * INTERVAL '1' MONTH AS at_midnight
    FROM digit AS y
    CROSS JOIN digit AS d
    CROSS JOIN digit AS m
    WHERE y.n < 10 AND d.n < 10
),
edge AS (
    SELECT
        SUBSTRING(CAST(f.at_midnight AS STRING), 1, 7) AS month,
        COALESCE(c.starts_at, f.at_midnight) AS starts_at
    FROM first_day AS f
    LEFT JOIN calendar_day AS c
        ON c.calendar = 'default' AND c.day = SUBSTRING(CAST(f.at_midnight AS STRING), 1, 10)
)
SELECT
    e.month AS month,
    e.starts_at AS starts_at,
    COALESCE(LEAD(e.starts_at) OVER (ORDER BY e.month NULLS LAST), TIMESTAMP '2100-01-01 00:00:00') AS ends_before
FROM edge AS e
