-- privileged_access: everything through which somebody got, held or used privileged power (audit-domain T-04).
-- Six kinds of items in one list:
--   grant        a privileged right, or a group that holds one, was given in the log of the target system
--   reactivation a closed account was opened again, which gives back each such right that it held (step granted_right)
--   holder       an account held it at the end of a review cycle (due period of access reviews of the system); where the system
--                has no schedule of reviews, one item for the whole time of holding
--   elevation    a session of a right that is asked for each time
--   key          a token or key made for an account while it held a privileged right
--   break_glass  a successful sign-in with a break-glass or root account
-- Item id: <kind>:<id of the grant_event, elevation, credential or sign_in>; reactivation:<account_event>/<right>;
-- holder:<account>/<right>@<last moment of the cycle>, for example holder:aws:ana/aws:admin@2026-03-31T23:59:59.999999, with the word unscheduled where there is no schedule. A group
-- may hold power on another system than its own: there it is holder:<account>/<right>/<system>@...
-- Operating date: when it was given, given back, started, made or used; the last moment of the cycle.
-- A holder held the right since the stretch began that reaches the end of the cycle. Where an account that was opened again began
-- it, and the right was not given in the log since the account was closed, it is since the stretch before: if that one reaches into
-- the cycle, or no reactivation is an item.
-- Second source: none of its own; snapshots show rights that no grant explains, and they are holders here.
WITH held AS (
    SELECT
        v.account AS account, v.via AS right_id, v.system AS system,
        CASE WHEN v.system = COALESCE(r.system, a.system, 'unmapped:' || v.via) THEN v.via ELSE v.via || '/' || v.system END AS place,
        MIN(GREATEST(v.valid_from, h.valid_from)) AS valid_from,
        LEAST(v.valid_to, h.valid_to) AS valid_to
    FROM right_interval AS v
    JOIN privileged_hold AS h ON h.right_id = v.right_id AND h.power = v.right_id
        AND h.valid_from < v.valid_to AND v.valid_from < h.valid_to
    LEFT JOIN access_right AS r ON r.id = v.via
    LEFT JOIN account AS a ON a.id = v.account
    WHERE v.basis <> 'elevation'
    GROUP BY v.account, v.via, v.system, COALESCE(r.system, a.system, 'unmapped:' || v.via), LEAST(v.valid_to, h.valid_to)
),
cycle AS (
    SELECT d.system AS system, d.starts_at AS starts_at, d.due_at AS due_at, d.conflicted AS conflicted
    FROM due_occurrence AS d
    CROSS JOIN parameter AS q
    WHERE d.activity = 'access_review' AND d.due_at <= q.extracted_at
),
resumed AS (
    SELECT
        h.account AS account, h.right_id AS right_id, h.system AS system, c.due_at AS due_at, MIN(b.valid_from) AS valid_from
    FROM held AS h
    JOIN cycle AS c ON c.system = h.system AND h.valid_from < c.due_at AND h.valid_to >= c.due_at
    JOIN account_event AS o ON o.account = h.account AND o.kind IN ('create', 'activate', 'enable') AND o.occurred_at = h.valid_from
    JOIN held AS b ON b.account = h.account AND b.right_id = h.right_id AND b.system = h.system
    LEFT JOIN granted_right AS r ON r.origin = 'reactivation' AND r.event = o.id AND r.right_id = h.right_id
    LEFT JOIN grant_event AS g ON g.account = h.account AND g.right_id = h.right_id AND g.action = 'add'
        AND COALESCE(g.net_change, TRUE) AND g.occurred_at > b.valid_to AND g.occurred_at < c.due_at
    WHERE (b.valid_to > c.starts_at OR r.event IS NULL) AND g.id IS NULL
    GROUP BY h.account, h.right_id, h.system, c.due_at
)
SELECT
    'grant:' || g.id AS item,
    COALESCE(r.system, a.system, 'unmapped:' || g.right_id) AS system,
    g.occurred_at AS operating_at,
    g.occurred_at_latest AS operating_at_latest,
    'grant' AS kind,
    g.account AS account,
    g.right_id AS right_id,
    g.occurred_at AS starts_at,
    CAST(NULL AS TIMESTAMP) AS ends_at,
    CAST(NULL AS TIMESTAMP) AS ends_at_latest,
    g.cause AS reference,
    COALESCE(g.conflicted, FALSE) AS conflicted,
    g.evidence AS evidence,
    g.record AS record
FROM grant_event AS g
LEFT JOIN account AS a ON a.id = g.account
LEFT JOIN access_right AS r ON r.id = g.right_id
WHERE g.action = 'add' AND COALESCE(g.net_change, TRUE)
    AND EXISTS (
        SELECT 1 FROM privileged_hold AS h
        WHERE h.right_id = g.right_id
            AND (g.occurred_at IS NULL OR (h.valid_from <= g.occurred_at AND g.occurred_at < h.valid_to))
    )
UNION ALL
SELECT
    'reactivation:' || e.id || '/' || n.right_id AS item,
    COALESCE(r.system, a.system, 'unmapped:' || n.right_id) AS system,
    e.occurred_at AS operating_at,
    e.occurred_at_latest AS operating_at_latest,
    'reactivation' AS kind,
    e.account AS account,
    n.right_id AS right_id,
    e.occurred_at AS starts_at,
    CAST(NULL AS TIMESTAMP) AS ends_at,
    CAST(NULL AS TIMESTAMP) AS ends_at_latest,
    CAST(NULL AS STRING) AS reference,
    COALESCE(e.conflicted, FALSE) AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM granted_right AS n
JOIN account_event AS e ON e.id = n.event
LEFT JOIN account AS a ON a.id = e.account
LEFT JOIN access_right AS r ON r.id = n.right_id
WHERE n.origin = 'reactivation'
    AND EXISTS (
        SELECT 1 FROM privileged_hold AS h
        WHERE h.right_id = n.right_id AND h.valid_from <= e.occurred_at AND e.occurred_at < h.valid_to
    )
UNION ALL
SELECT
    'holder:' || h.account || '/' || h.place || '@' || REPLACE(CAST(c.due_at - INTERVAL '1' MICROSECOND AS STRING), ' ', 'T')
        AS item,
    h.system AS system,
    c.due_at - INTERVAL '1' MICROSECOND AS operating_at,
    c.due_at - INTERVAL '1' MICROSECOND AS operating_at_latest,
    'holder' AS kind,
    h.account AS account,
    h.right_id AS right_id,
    c.starts_at AS starts_at,
    LEAST(MIN(h.valid_from), COALESCE(MIN(s.valid_from), MIN(h.valid_from))) AS ends_at,
    c.due_at AS ends_at_latest,
    CAST(NULL AS STRING) AS reference,
    COALESCE(c.conflicted, FALSE) AS conflicted,
    CAST(NULL AS STRING) AS evidence,
    CAST(NULL AS STRING) AS record
FROM held AS h
JOIN cycle AS c ON c.system = h.system AND h.valid_from < c.due_at AND h.valid_to >= c.due_at
LEFT JOIN resumed AS s ON s.account = h.account AND s.right_id = h.right_id AND s.system = h.system
    AND s.due_at = c.due_at
GROUP BY h.account, h.right_id, h.place, h.system, c.starts_at, c.due_at, COALESCE(c.conflicted, FALSE)
UNION ALL
SELECT
    'holder:' || h.account || '/' || h.place || '@unscheduled' AS item,
    h.system AS system,
    GREATEST(MIN(h.valid_from), TIMESTAMP '1970-01-01 00:00:00') AS operating_at,
    LEAST(MAX(h.valid_to), MAX(q.extracted_at)) - INTERVAL '1' MICROSECOND AS operating_at_latest,
    'holder' AS kind,
    h.account AS account,
    h.right_id AS right_id,
    CAST(NULL AS TIMESTAMP) AS starts_at,
    MIN(h.valid_from) AS ends_at,
    CAST(NULL AS TIMESTAMP) AS ends_at_latest,
    CAST(NULL AS STRING) AS reference,
    FALSE AS conflicted,
    CAST(NULL AS STRING) AS evidence,
    CAST(NULL AS STRING) AS record
FROM held AS h
CROSS JOIN parameter AS q
WHERE NOT EXISTS (SELECT 1 FROM due_occurrence AS d WHERE d.system = h.system AND d.activity = 'access_review')
    AND h.valid_from < q.extracted_at
GROUP BY h.account, h.right_id, h.place, h.system
UNION ALL
SELECT
    'elevation:' || e.id AS item,
    COALESCE(r.system, a.system, 'unmapped:' || e.right_id) AS system,
    e.started_at AS operating_at,
    e.started_at_latest AS operating_at_latest,
    'elevation' AS kind,
    e.account AS account,
    e.right_id AS right_id,
    e.started_at AS starts_at,
    e.ended_at AS ends_at,
    e.ended_at_latest AS ends_at_latest,
    e.request AS reference,
    COALESCE(e.conflicted, FALSE) AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM elevation AS e
LEFT JOIN account AS a ON a.id = e.account
LEFT JOIN access_right AS r ON r.id = e.right_id
WHERE EXISTS (
    SELECT 1 FROM privileged_hold AS h
    WHERE h.right_id = e.right_id
        AND (e.started_at IS NULL OR (h.valid_from <= e.started_at AND e.started_at < h.valid_to))
)
UNION ALL
SELECT
    'key:' || c.id AS item,
    c.system AS system,
    c.created_at AS operating_at,
    c.created_at_latest AS operating_at_latest,
    'key' AS kind,
    c.account AS account,
    h.right_id AS right_id,
    c.created_at AS starts_at,
    c.revoked_at AS ends_at,
    c.revoked_at_latest AS ends_at_latest,
    CAST(NULL AS STRING) AS reference,
    COALESCE(c.conflicted, FALSE) AS conflicted,
    c.evidence AS evidence,
    c.record AS record
FROM credential AS c
JOIN (
    SELECT k.id AS id, MIN(h.right_id) AS right_id
    FROM credential AS k
    JOIN held AS h ON h.account = k.account
        AND (k.created_at IS NULL OR (h.valid_from <= k.created_at AND k.created_at < h.valid_to))
    GROUP BY k.id
) AS h ON h.id = c.id
WHERE c.kind IN ('token', 'key')
UNION ALL
SELECT
    'break_glass:' || s.id AS item,
    s.system AS system,
    s.occurred_at AS operating_at,
    s.occurred_at_latest AS operating_at_latest,
    'break_glass' AS kind,
    s.account AS account,
    CAST(NULL AS STRING) AS right_id,
    s.occurred_at AS starts_at,
    s.occurred_at AS ends_at,
    s.occurred_at_latest AS ends_at_latest,
    CAST(NULL AS STRING) AS reference,
    COALESCE(s.conflicted, FALSE) AS conflicted,
    s.evidence AS evidence,
    s.record AS record
FROM sign_in AS s
JOIN account AS a ON a.id = s.account AND a.break_glass
WHERE s.result = 'success'
