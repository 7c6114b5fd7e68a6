-- job_held: which jobs a human being held, from when to when (audit-domain T-01 and T-02).
-- One row per row of job, under the human's first HR id; half open. A job without an end ends where the next job begins that is
-- no cover. While a temporary cover lasts, the job before it goes on, though HR may have closed it for that time. Rows of covers in one
-- role that adjoin or overlap are one cover; one that ends before it begins is none.
--   temporary   the job is a cover
WITH dated AS (
    SELECT
        h.human AS human,
        j.person AS person,
        j.role AS role,
        j.manager AS manager,
        COALESCE(j.temporary, FALSE) AS temporary,
        COALESCE(j.conflicted, FALSE) AS conflicted,
        COALESCE(j.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        j.valid_to AS valid_to,
        j.entered_at AS entered_at,
        j.entered_at_latest AS entered_at_latest,
        j.evidence AS evidence,
        j.record AS record
    FROM job AS j
    JOIN same_human AS h ON h.person = j.person
),
ended AS (
    SELECT
        d.human AS human, d.person AS person, d.role AS role, d.manager AS manager, d.temporary AS temporary,
        d.conflicted AS conflicted, d.valid_from AS valid_from,
        COALESCE(d.valid_to, MIN(n.valid_from), TIMESTAMP '9999-12-31 00:00:00') AS valid_to,
        d.entered_at AS entered_at, d.entered_at_latest AS entered_at_latest, d.evidence AS evidence, d.record AS record
    FROM dated AS d
    LEFT JOIN dated AS n ON n.human = d.human AND NOT n.temporary AND n.valid_from > d.valid_from
    GROUP BY d.human, d.person, d.role, d.manager, d.temporary, d.conflicted, d.valid_from, d.valid_to, d.entered_at,
        d.entered_at_latest, d.evidence, d.record
),
reached AS (
    SELECT
        e.human AS human, e.role AS role, e.valid_from AS valid_from, e.valid_to AS valid_to,
        MAX(e.valid_to) OVER (
            PARTITION BY e.human, e.role ORDER BY e.valid_from NULLS LAST, e.valid_to NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before
    FROM (
        SELECT DISTINCT t.human AS human, t.role AS role, t.valid_from AS valid_from, t.valid_to AS valid_to
        FROM ended AS t
        WHERE t.temporary AND t.valid_from < t.valid_to
    ) AS e
),
numbered AS (
    SELECT
        r.human AS human, r.role AS role, r.valid_from AS valid_from, r.valid_to AS valid_to,
        SUM(CASE WHEN r.before >= r.valid_from THEN 0 ELSE 1 END) OVER (
            PARTITION BY r.human, r.role ORDER BY r.valid_from NULLS LAST, r.valid_to NULLS LAST ROWS UNBOUNDED PRECEDING
        ) AS island
    FROM reached AS r
),
cover AS (
    SELECT
        n.human AS human, n.valid_from AS valid_from, MAX(n.valid_to) OVER (PARTITION BY n.human, n.role, n.island) AS valid_to
    FROM numbered AS n
)
SELECT
    e.human AS human, e.person AS person, e.role AS role, e.manager AS manager, e.temporary AS temporary,
    e.conflicted AS conflicted, e.valid_from AS valid_from,
    COALESCE(MAX(c.valid_to), e.valid_to) AS valid_to,
    e.entered_at AS entered_at, e.entered_at_latest AS entered_at_latest, e.evidence AS evidence, e.record AS record
FROM ended AS e
LEFT JOIN cover AS c ON c.human = e.human AND NOT e.temporary AND c.valid_from = e.valid_to
GROUP BY e.human, e.person, e.role, e.manager, e.temporary, e.conflicted, e.valid_from, e.valid_to, e.entered_at,
    e.entered_at_latest, e.evidence, e.record
