-- Pager, status page and mailbox against the incident tracker: something was raised there and no incident answers it
-- (audit-domain T-19, population).
SELECT
    p.id AS difference_key,
    COALESCE(p.origin, 'pager') || ' ' || p.id || ' of ' || CAST(p.opened_at AS STRING) AS found,
    'no incident in the tracker' || COALESCE(' (it names ' || p.incident || ')', '') AS missing
FROM pager_incident AS p
WHERE NOT EXISTS (SELECT 1 FROM incident AS i WHERE i.id = p.incident)
