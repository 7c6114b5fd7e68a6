-- employed_stretch: from when to when each human worked for the company, however many engagements, under whichever HR ids, that took
-- (audit-domain T-02, "contractor turned employee: new HR id, same person").
-- One row per human (same_human) and stretch without a break. Stretches of a human do not overlap, as far as they are sure.
--   valid_to          surely until then, half open: valid_from <= t < valid_to. Not after valid_from where nothing is sure
--   valid_to_latest   perhaps until then, as in engagement_time: later than valid_to where the end is a bare day
-- An engagement in conflict counts for the time that all its records agree on.
WITH work AS (
    SELECT
        e.engagement AS id,
        h.human AS human,
        MAX(e.valid_from) AS valid_from,
        MIN(e.valid_to) AS valid_to,
        MIN(e.valid_to_latest) AS valid_to_latest
    FROM engagement_time AS e
    JOIN same_human AS h ON h.person = e.person
    GROUP BY e.engagement, h.human
),
reached AS (
    SELECT
        w.human AS human, w.valid_from AS valid_from, w.valid_to AS valid_to, w.valid_to_latest AS valid_to_latest,
        MAX(w.valid_to) OVER (
            PARTITION BY w.human ORDER BY w.valid_from NULLS LAST, w.valid_to NULLS LAST, w.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before,
        w.id AS id
    FROM work AS w
),
numbered AS (
    SELECT
        r.human AS human, r.valid_from AS valid_from, r.valid_to AS valid_to, r.valid_to_latest AS valid_to_latest,
        SUM(CASE WHEN r.before >= r.valid_from THEN 0 ELSE 1 END) OVER (
            PARTITION BY r.human ORDER BY r.valid_from NULLS LAST, r.valid_to NULLS LAST, r.id ROWS UNBOUNDED PRECEDING
        ) AS island
    FROM reached AS r
)
SELECT
    n.human AS human,
    MIN(n.valid_from) AS valid_from,
    MAX(n.valid_to) AS valid_to,
    MAX(n.valid_to_latest) AS valid_to_latest
FROM numbered AS n
GROUP BY n.human, n.island
HAVING MIN(n.valid_from) < MAX(n.valid_to_latest)
