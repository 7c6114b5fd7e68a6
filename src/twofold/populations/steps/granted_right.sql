-- granted_right: which rights each grant gave (audit-domain T-01, population).
-- A grant of a right gives that right. An account that is opened again (step reactivation) gives back every right that it held at that moment,
-- so it counts as a grant of all of them; default rights that everybody has are left out there.
--   item     id of the grant_event, or of the account_event of the reactivation (prefixed with "account_event:" where a grant
--            has the same id)
--   origin   grant or reactivation
WITH stretch AS (
    SELECT
        g.account AS account,
        g.right_id AS right_id,
        g.action AS action,
        g.occurred_at AS valid_from,
        LEAD(g.occurred_at) OVER (
            PARTITION BY g.account, g.right_id ORDER BY g.occurred_at NULLS LAST, g.id
        ) AS valid_to
    FROM grant_change AS g
    WHERE g.occurred_at IS NOT NULL
)
SELECT
    g.id AS item,
    'grant' AS origin,
    g.id AS event,
    g.right_id AS right_id
FROM grant_event AS g
WHERE g.action = 'add'
UNION ALL
SELECT DISTINCT
    CASE WHEN g.id IS NULL THEN e.id ELSE 'account_event:' || e.id END AS item,
    'reactivation' AS origin,
    e.id AS event,
    s.right_id AS right_id
FROM reactivation AS a
JOIN account_event AS e ON e.id = a.event
LEFT JOIN grant_event AS g ON g.id = e.id
JOIN stretch AS s ON s.account = e.account AND s.action = 'add'
    AND s.valid_from < e.occurred_at AND (s.valid_to IS NULL OR s.valid_to > e.occurred_at)
LEFT JOIN access_right AS r ON r.id = s.right_id
WHERE NOT COALESCE(r.is_default, FALSE)
