-- Releases against tickets: a change ticket says that it was released, and no production deployment carries it.
-- The deployment log may then have a hole, so the population is not proven (audit-domain T-13, reverse check). A ticket counts by
-- the type that it had, or perhaps had, when it said so.
WITH carried AS (
    SELECT DISTINCT t.value AS ticket
    FROM deployment AS d
    JOIN change_set AS s ON s.deployment = d.id
    JOIN code_commit__tickets AS t ON t.repository = s.repository AND t.sha = s.sha
    WHERE d.environment = 'production'
    UNION
    SELECT DISTINCT t.value AS ticket
    FROM deployment AS d
    JOIN change_set AS s ON s.deployment = d.id
    JOIN pull_request AS p ON p.repository = s.repository AND p.merge_sha = s.sha
    JOIN pull_request__tickets AS t ON t.id = p.id
    WHERE d.environment = 'production'
    UNION
    SELECT DISTINCT t.value AS ticket
    FROM deployment AS d
    JOIN change_set AS s ON s.deployment = d.id
    JOIN pull_request_commit AS c ON c.sha = s.sha
    JOIN pull_request__tickets AS t ON t.id = c.pull_request
    WHERE d.environment = 'production'
    UNION
    SELECT e.reference AS ticket FROM prod_event AS e WHERE e.reference IS NOT NULL
)
SELECT
    e.ticket AS difference_key,
    'ticket ' || e.ticket || ' says ' || MIN(e.new_value) || ' on ' || CAST(MIN(e.occurred_at) AS STRING) AS found,
    'no production deployment carries it' AS missing
FROM ticket_event AS e
JOIN ticket AS t ON t.key = e.ticket
LEFT JOIN ticket_type AS y ON y.ticket = e.ticket AND y.from_at <= e.occurred_at_latest AND y.until_at >= e.occurred_at
JOIN change_type AS c ON c.id = CASE WHEN y.ticket IS NULL THEN t.type ELSE y.type END AND c.is_change
WHERE e.field = 'status' AND LOWER(e.new_value) IN ('released', 'deployed', 'live')
    AND NOT EXISTS (SELECT 1 FROM carried AS x WHERE x.ticket = e.ticket)
GROUP BY e.ticket
