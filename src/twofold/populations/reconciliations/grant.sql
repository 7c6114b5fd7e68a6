-- Snapshots against the grant log: an account holds a right that an earlier snapshot of the system did not show, and no
-- grant was logged in between. The grant log may then have a hole.
WITH ordered AS (
    SELECT
        s.id AS snapshot,
        s.system AS system,
        s.taken_at AS taken_at,
        LAG(s.id) OVER (PARTITION BY s.system ORDER BY s.taken_at NULLS LAST, s.id) AS earlier,
        LAG(s.taken_at) OVER (PARTITION BY s.system ORDER BY s.taken_at NULLS LAST, s.id) AS earlier_at
    FROM snapshot AS s
    WHERE s.origin = 'system'
)
SELECT
    r.account || ' ' || r.right_id AS difference_key,
    r.account || ' held ' || r.right_id || ' on ' || CAST(MIN(o.taken_at) AS STRING) || ' but not on ' || CAST(MIN(o.earlier_at) AS STRING)
        AS found,
    'no grant in the log between the two' AS missing
FROM ordered AS o
JOIN snapshot_row AS r ON r.snapshot = o.snapshot
WHERE o.earlier IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM snapshot_row AS b
        WHERE b.snapshot = o.earlier AND b.account = r.account AND b.right_id = r.right_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM grant_event AS g
        WHERE g.account = r.account AND g.right_id = r.right_id AND g.action = 'add'
            AND g.occurred_at >= o.earlier_at AND g.occurred_at <= o.taken_at
    )
GROUP BY r.account, r.right_id
