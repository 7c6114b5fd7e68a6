-- superior: who stood above whom in the reporting line, three levels up, over time (audit-domain 4.0, Independence).
-- One row per human, superior and stretch; half open: valid_from <= t < valid_to. Both are humans, by the first HR id
-- (same_human), so that the line goes on where somebody in it went on under another HR id. A job without an end ends where the
-- next one begins (job_held).
WITH line AS (
    SELECT
        j.human AS human,
        COALESCE(m.human, j.manager) AS manager,
        j.valid_from AS valid_from,
        j.valid_to AS valid_to
    FROM job_held AS j
    LEFT JOIN same_human AS m ON m.person = j.manager
    WHERE COALESCE(m.human, j.manager) <> j.human
),
second AS (
    SELECT
        a.human AS human,
        b.manager AS manager,
        GREATEST(a.valid_from, b.valid_from) AS valid_from,
        LEAST(a.valid_to, b.valid_to) AS valid_to
    FROM line AS a
    JOIN line AS b ON b.human = a.manager
),
third AS (
    SELECT
        a.human AS human,
        b.manager AS manager,
        GREATEST(a.valid_from, b.valid_from) AS valid_from,
        LEAST(a.valid_to, b.valid_to) AS valid_to
    FROM second AS a
    JOIN line AS b ON b.human = a.manager
)
SELECT l.human AS human, l.manager AS superior, l.valid_from AS valid_from, l.valid_to AS valid_to FROM line AS l
UNION
SELECT s.human AS human, s.manager AS superior, s.valid_from AS valid_from, s.valid_to AS valid_to
FROM second AS s
WHERE s.valid_from < s.valid_to
UNION
SELECT t.human AS human, t.manager AS superior, t.valid_from AS valid_from, t.valid_to AS valid_to
FROM third AS t
WHERE t.valid_from < t.valid_to
