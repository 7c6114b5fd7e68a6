-- single_sign_on: from when to when a system was reached by single sign-on only (audit-domain T-03, SSO; label sso_only).
-- One row per system and stretch; half open: valid_from <= t < valid_to. Lines of the register that follow on each other or
-- overlap are one stretch, so that a line written anew is no break.
WITH line AS (
    SELECT
        l.system AS system,
        COALESCE(l.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(l.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM system_label AS l
    WHERE l.label = 'sso_only'
),
begun AS (
    SELECT
        n.system AS system,
        n.valid_from AS valid_from,
        n.valid_to AS valid_to,
        CASE
            WHEN n.valid_from <= MAX(n.valid_to) OVER (
                PARTITION BY n.system ORDER BY n.valid_from NULLS LAST, n.valid_to NULLS LAST
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0
            ELSE 1
        END AS begins
    FROM line AS n
),
numbered AS (
    SELECT
        b.system AS system,
        b.valid_from AS valid_from,
        b.valid_to AS valid_to,
        SUM(b.begins) OVER (
            PARTITION BY b.system ORDER BY b.valid_from NULLS LAST, b.valid_to NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch
    FROM begun AS b
)
SELECT
    n.system AS system,
    MIN(n.valid_from) AS valid_from,
    MAX(n.valid_to) AS valid_to
FROM numbered AS n
GROUP BY n.system, n.stretch
