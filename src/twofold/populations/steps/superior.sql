-- superior: who stood above whom in the reporting line, three levels up, over time (audit-domain 4.0, Independence).
-- One row per person, superior and stretch; half open: valid_from <= t < valid_to.
WITH line AS (
    SELECT
        j.person AS person,
        j.manager AS manager,
        COALESCE(j.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(j.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM job AS j
    WHERE j.manager IS NOT NULL AND j.manager <> j.person
),
second AS (
    SELECT
        a.person AS person,
        b.manager AS manager,
        GREATEST(a.valid_from, b.valid_from) AS valid_from,
        LEAST(a.valid_to, b.valid_to) AS valid_to
    FROM line AS a
    JOIN line AS b ON b.person = a.manager
),
third AS (
    SELECT
        a.person AS person,
        b.manager AS manager,
        GREATEST(a.valid_from, b.valid_from) AS valid_from,
        LEAST(a.valid_to, b.valid_to) AS valid_to
    FROM second AS a
    JOIN line AS b ON b.person = a.manager
)
SELECT l.person AS person, l.manager AS superior, l.valid_from AS valid_from, l.valid_to AS valid_to FROM line AS l
UNION
SELECT s.person AS person, s.manager AS superior, s.valid_from AS valid_from, s.valid_to AS valid_to
FROM second AS s
WHERE s.valid_from < s.valid_to
UNION
SELECT t.person AS person, t.manager AS superior, t.valid_from AS valid_from, t.valid_to AS valid_to
FROM third AS t
WHERE t.valid_from < t.valid_to
