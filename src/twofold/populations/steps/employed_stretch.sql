-- employed_stretch: from when to when each person worked for the company, however many engagements that took.
-- One row per person and stretch without a break; half open: valid_from <= t < valid_to. Stretches of a person do not overlap.
-- An engagement in conflict counts for the time that all its records agree on.
WITH work AS (
    SELECT
        e.id AS id,
        e.person AS person,
        MAX(COALESCE(e.started_at, TIMESTAMP '0001-01-01 00:00:00')) AS valid_from,
        MIN(COALESCE(e.effective_end, e.last_day_latest, TIMESTAMP '9999-12-31 00:00:00')) AS valid_to
    FROM engagement AS e
    GROUP BY e.id, e.person
),
reached AS (
    SELECT
        w.person AS person, w.valid_from AS valid_from, w.valid_to AS valid_to,
        MAX(w.valid_to) OVER (
            PARTITION BY w.person ORDER BY w.valid_from NULLS LAST, w.valid_to NULLS LAST, w.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before,
        w.id AS id
    FROM work AS w
),
numbered AS (
    SELECT
        r.person AS person, r.valid_from AS valid_from, r.valid_to AS valid_to,
        SUM(CASE WHEN r.before >= r.valid_from THEN 0 ELSE 1 END) OVER (
            PARTITION BY r.person ORDER BY r.valid_from NULLS LAST, r.valid_to NULLS LAST, r.id ROWS UNBOUNDED PRECEDING
        ) AS island
    FROM reached AS r
)
SELECT
    n.person AS person,
    MIN(n.valid_from) AS valid_from,
    MAX(n.valid_to) AS valid_to
FROM numbered AS n
GROUP BY n.person, n.island
HAVING MIN(n.valid_from) < MAX(n.valid_to)
