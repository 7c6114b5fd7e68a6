SELECT
    p.item AS item,
    v.attribute AS attribute,
    'service_account' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'The inventory lists the account from ' || COALESCE(CAST(s.valid_from AS STRING), 'always') || ' to '
    || COALESCE(CAST(s.valid_to AS STRING), 'now') || ', owner ' || COALESCE(s.owner, 'nobody') || ', purpose '
    || COALESCE(s.purpose, 'none') || '.' AS fact
FROM population AS p
JOIN service_account AS s
    ON s.account = p.account AND (s.valid_from IS NULL OR s.valid_from < p.window_to)
    AND (s.valid_to IS NULL OR s.valid_to > p.window_from)
CROSS JOIN (
    SELECT 'A' AS attribute
    UNION ALL
    SELECT 'B' AS attribute
    UNION ALL
    SELECT 'F' AS attribute
) AS v
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'engagement' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Owner ' || e.person || ' works for the company from ' || COALESCE(CAST(e.started_at AS STRING), 'an unknown day') || ' to '
    || COALESCE(CAST(e.effective_end AS STRING), 'now') || '.' AS fact
FROM population AS p
JOIN service_account AS s
    ON s.account = p.account AND (s.valid_from IS NULL OR s.valid_from < p.window_to)
    AND (s.valid_to IS NULL OR s.valid_to > p.window_from)
LEFT JOIN same_human AS h ON h.person = s.owner
LEFT JOIN same_human AS w ON w.human = h.human
JOIN engagement AS e ON e.person = COALESCE(w.person, s.owner)
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'grant_event' AS table_name,
    CAST(NULL AS STRING) AS evidence,
    CAST(NULL AS STRING) AS record,
    'Held ' || r.right_id || ' from ' || CAST(r.valid_from AS STRING) || ' to ' || CAST(r.valid_to AS STRING) || '.' AS fact
FROM population AS p
JOIN right_interval AS r ON r.account = p.account AND r.valid_from < p.window_to AND p.window_from < r.valid_to
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'sign_in' AS table_name,
    u.evidence AS evidence,
    u.record AS record,
    'Used at ' || CAST(u.occurred_at AS STRING) || ' on ' || u.system || ' (' || COALESCE(u.method, 'method unknown') || ')'
    || COALESCE(' from ' || u.client, '') || COALESCE(' with ' || u.credential, '') || '.' AS fact
FROM population AS p
JOIN sign_in AS u ON u.account = p.account AND u.occurred_at >= p.window_from AND u.occurred_at < p.window_to
WHERE u.result = 'success' AND (u.method IS NULL OR u.method <> 'token' OR u.client IS NOT NULL)
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'credential' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    s.kind || ' ' || s.id || ' was made at ' || COALESCE(CAST(s.created_at AS STRING), 'an unknown time')
    || COALESCE(' and revoked at ' || CAST(s.revoked_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN credential AS s
    ON s.account = p.account AND (s.created_at IS NULL OR s.created_at < p.window_to)
    AND (s.revoked_at IS NULL OR s.revoked_at_latest > p.window_from)
UNION ALL
SELECT
    p.item AS item,
    'E' AS attribute,
    'review_item' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Reviewed at ' || CAST(r.decided_at AS STRING) || ' in campaign ' || r.campaign || ' by '
    || COALESCE(r.reviewer, 'nobody named') || ': ' || COALESCE(r.decision, 'no decision') || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN review_item AS r
    ON r.account = p.account AND r.decided_at < p.window_to
    AND r.decided_at >= p.window_from - q.review_days * INTERVAL '1' DAY
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'account' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'The account is ' || COALESCE(a.kind, 'human') || ', ' || COALESCE(a.status, 'of unknown status') || ', made at '
    || COALESCE(CAST(a.created_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
JOIN account AS a ON a.id = p.account
CROSS JOIN (
    SELECT 'F' AS attribute
    UNION ALL
    SELECT 'G' AS attribute
) AS v
