-- ticket_type: which type a ticket had, and when, by its history (audit-domain T-10: a ticket of the right type at the release).
-- Only tickets whose type was ever changed; any other had today's type all along. One row per statement: what an event set holds
-- until the next event, what it replaced held since the one before it, and what the ticket shows today holds since the last one.
-- At a moment the ticket had the type of the rows in whose time that moment may lie; where they name two, nobody can tell which. An
-- event that carries the time of an import may have happened at any time before. What an event replaced and does not tell surely
-- is not asked where an event before it tells.
--   type         empty where the record does not say
--   from_at, until_at   the first and the last moment at which it may have had this type (the years 1 and 9999 where open)
--   at_creation  the ticket may have been raised with it: what an event replaced before which surely no other event came
--   set_latest   last moment at which an event may have set it, the first being from_at; empty where no event did
WITH event AS (
    SELECT
        e.ticket AS ticket,
        e.id AS id,
        e.old_value AS old_value,
        e.new_value AS new_value,
        CASE
            WHEN t.migrated_at <= e.occurred_at_latest AND e.occurred_at <= t.migrated_at_latest THEN TIMESTAMP '0001-01-01 00:00:00'
            ELSE e.occurred_at
        END AS earliest,
        e.occurred_at_latest AS latest,
        e.conflicted AS conflicted
    FROM ticket_event AS e
    JOIN ticket AS t ON t.key = e.ticket
    WHERE e.field IN ('type', 'issuetype')
),
between_events AS (
    SELECT
        e.ticket AS ticket,
        e.id AS id,
        MAX(CASE WHEN o.latest < e.earliest THEN o.earliest END) AS since,
        MIN(CASE WHEN o.earliest > e.latest THEN o.latest END) AS until
    FROM event AS e
    JOIN event AS o ON o.ticket = e.ticket
    GROUP BY e.ticket, e.id
)
SELECT
    e.ticket AS ticket,
    e.new_value AS type,
    e.earliest AS from_at,
    COALESCE(b.until, TIMESTAMP '9999-12-31 00:00:00') AS until_at,
    FALSE AS at_creation,
    e.latest AS set_latest,
    e.conflicted AS conflicted
FROM event AS e
JOIN between_events AS b ON b.ticket = e.ticket AND b.id = e.id
UNION ALL
SELECT
    e.ticket AS ticket,
    e.old_value AS type,
    COALESCE(b.since, TIMESTAMP '0001-01-01 00:00:00') AS from_at,
    e.latest AS until_at,
    b.since IS NULL AS at_creation,
    CAST(NULL AS TIMESTAMP) AS set_latest,
    e.conflicted AS conflicted
FROM event AS e
JOIN between_events AS b ON b.ticket = e.ticket AND b.id = e.id
WHERE b.since IS NULL OR (e.old_value IS NOT NULL AND NOT e.conflicted)
UNION ALL
SELECT
    t.key AS ticket,
    t.type AS type,
    l.last_at AS from_at,
    TIMESTAMP '9999-12-31 00:00:00' AS until_at,
    FALSE AS at_creation,
    CAST(NULL AS TIMESTAMP) AS set_latest,
    t.conflicted AS conflicted
FROM (SELECT e.ticket AS ticket, MAX(e.earliest) AS last_at FROM event AS e GROUP BY e.ticket) AS l
JOIN ticket AS t ON t.key = l.ticket
