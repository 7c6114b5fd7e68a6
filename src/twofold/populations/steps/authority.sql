-- authority: who could use which duty, when (audit-domain 4.0, Authority at the time).
-- A dated roster entry, cut to the stretches in which the person's employment was active (until its end, else the end of
-- the last day worked), plus delegations of it,
-- which count from the moment they were recorded. Half open. Stretches may overlap;
-- ask with EXISTS. A person without any row in engagement is judged by the roster alone.
--   scope, duty, right_class   as in roster (right_class empty = any)
--   valid_to                   surely until then: valid_from <= t < valid_to. Not after valid_from where nothing is sure
--   valid_to_latest            perhaps until then, as in engagement_time: later than valid_to where an employment ended on a
--                              bare day
--   basis                      roster or delegation
WITH employed AS (
    SELECT t.person AS person, t.valid_from AS valid_from, t.valid_to AS valid_to, t.valid_to_latest AS valid_to_latest
    FROM engagement_time AS t
    UNION
    SELECT DISTINCT
        r.person AS person,
        TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
        TIMESTAMP '9999-12-31 00:00:00' AS valid_to,
        TIMESTAMP '9999-12-31 00:00:00' AS valid_to_latest
    FROM (SELECT x.person AS person FROM roster AS x UNION SELECT d.to_person AS person FROM delegation AS d) AS r
    WHERE NOT EXISTS (SELECT 1 FROM engagement AS e WHERE e.person = r.person)
),
listed AS (
    SELECT
        r.scope AS scope,
        r.duty AS duty,
        r.right_class AS right_class,
        r.person AS person,
        GREATEST(COALESCE(r.valid_from, TIMESTAMP '0001-01-01 00:00:00'), e.valid_from) AS valid_from,
        LEAST(COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00'), e.valid_to) AS valid_to,
        LEAST(COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00'), e.valid_to_latest) AS valid_to_latest
    FROM roster AS r
    JOIN employed AS e ON e.person = r.person
),
lent AS (
    SELECT
        l.scope AS scope,
        l.duty AS duty,
        l.right_class AS right_class,
        d.to_person AS person,
        GREATEST(
            l.valid_from,
            COALESCE(d.valid_from, TIMESTAMP '0001-01-01 00:00:00'),
            d.recorded_at_latest,
            e.valid_from
        ) AS valid_from,
        LEAST(l.valid_to, COALESCE(d.valid_to, TIMESTAMP '9999-12-31 00:00:00'), e.valid_to) AS valid_to,
        LEAST(l.valid_to_latest, COALESCE(d.valid_to, TIMESTAMP '9999-12-31 00:00:00'), e.valid_to_latest) AS valid_to_latest
    FROM delegation AS d
    JOIN listed AS l ON l.person = d.from_person AND (d.duty IS NULL OR d.duty = l.duty)
    JOIN employed AS e ON e.person = d.to_person
)
SELECT
    l.scope AS scope,
    l.duty AS duty,
    l.right_class AS right_class,
    l.person AS person,
    l.valid_from AS valid_from,
    l.valid_to AS valid_to,
    l.valid_to_latest AS valid_to_latest,
    'roster' AS basis
FROM listed AS l
WHERE l.valid_from < l.valid_to_latest
UNION ALL
SELECT
    d.scope AS scope,
    d.duty AS duty,
    d.right_class AS right_class,
    d.person AS person,
    d.valid_from AS valid_from,
    d.valid_to AS valid_to,
    d.valid_to_latest AS valid_to_latest,
    'delegation' AS basis
FROM lent AS d
WHERE d.valid_from < d.valid_to_latest
