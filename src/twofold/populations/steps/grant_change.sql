-- grant_change: every change of what an account was given, as right_interval puts it together (audit-domain 4.0 and T-05).
-- What the log of grants tells, one row per grant_event; and where a right was deleted, such as a group, one removal per account that
-- held it then. A source may log the deletion alone, and not what each member lost by it.
-- An account held it by the log, where the last that the log tells of the two before the deletion is an "add"; or by a list of the
-- system, taken after that and before the deletion. What was told before an earlier deletion of a right of that id counts no more.
--   id           of the grant_event, or right_event:<id>/<account>
--   table_name   grant_event or right_event: what evidence and record are of
WITH deletion AS (
    SELECT
        e.id AS id,
        e.right_id AS right_id,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest,
        COALESCE(e.occurred_at, TIMESTAMP '9999-12-31 00:00:00') AS placed_at,
        COALESCE(
            LAG(COALESCE(e.occurred_at, TIMESTAMP '9999-12-31 00:00:00')) OVER (
                PARTITION BY e.right_id ORDER BY e.occurred_at NULLS LAST, e.id
            ),
            TIMESTAMP '0001-01-01 00:00:00'
        ) AS since_at,
        e.conflicted AS conflicted,
        e.evidence AS evidence,
        e.record AS record
    FROM right_event AS e
    WHERE e.kind = 'delete'
),
logged AS (
    SELECT
        d.id AS deletion,
        g.account AS account,
        g.action AS action,
        g.placed_at AS placed_at,
        ROW_NUMBER() OVER (PARTITION BY d.id, g.account ORDER BY g.placed_at DESC NULLS LAST, g.id DESC) AS newest
    FROM deletion AS d
    JOIN (
        SELECT
            v.id AS id, v.account AS account, v.right_id AS right_id, v.action AS action,
            CASE
                WHEN v.occurred_at IS NOT NULL THEN v.occurred_at
                WHEN v.action = 'add' THEN TIMESTAMP '0001-01-01 00:00:00'
                ELSE TIMESTAMP '9999-12-31 00:00:00'
            END AS placed_at
        FROM grant_event AS v
    ) AS g ON g.right_id = d.right_id AND g.placed_at < d.placed_at AND g.placed_at >= d.since_at
),
listed AS (
    SELECT d.id AS deletion, r.account AS account, MAX(s.taken_at) AS seen_at
    FROM deletion AS d
    JOIN snapshot_row AS r ON r.right_id = d.right_id
    JOIN snapshot AS s ON s.id = r.snapshot AND s.origin = 'system' AND s.taken_at < d.placed_at AND s.taken_at >= d.since_at
    GROUP BY d.id, r.account
),
holder AS (
    SELECT l.deletion AS deletion, l.account AS account
    FROM logged AS l
    WHERE l.newest = 1 AND l.action = 'add'
    UNION
    SELECT s.deletion AS deletion, s.account AS account
    FROM listed AS s
    LEFT JOIN logged AS l ON l.deletion = s.deletion AND l.account = s.account AND l.newest = 1
    WHERE l.account IS NULL OR s.seen_at > l.placed_at
)
SELECT
    g.id AS id,
    'grant_event' AS table_name,
    g.account AS account,
    g.right_id AS right_id,
    g.action AS action,
    g.occurred_at AS occurred_at,
    g.occurred_at_latest AS occurred_at_latest,
    g.net_change AS net_change,
    g.conflicted AS conflicted,
    g.evidence AS evidence,
    g.record AS record
FROM grant_event AS g
UNION ALL
SELECT
    'right_event:' || d.id || '/' || h.account AS id,
    'right_event' AS table_name,
    h.account AS account,
    d.right_id AS right_id,
    'remove' AS action,
    d.occurred_at AS occurred_at,
    d.occurred_at_latest AS occurred_at_latest,
    CAST(NULL AS BOOLEAN) AS net_change,
    d.conflicted AS conflicted,
    d.evidence AS evidence,
    d.record AS record
FROM deletion AS d
JOIN holder AS h ON h.deletion = d.id
