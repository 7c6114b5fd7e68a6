SELECT
    p.item AS item,
    a.letter AS attribute,
    CASE WHEN p.person IS NULL THEN 'checklist' ELSE 'engagement' END AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    CASE
        WHEN p.person IS NULL THEN 'A leaving list names engagement ' || p.engagement || ', which has no end in HR.'
        WHEN p.kind = 'joining' THEN p.person || ' joined at ' || COALESCE(CAST(p.started_at AS STRING), 'an unknown time')
            || COALESCE(', going on from ' || p.follows, '') || '.'
        WHEN p.goes_on THEN 'Engagement ' || p.engagement || ' of ' || p.person || ' ended at ' || CAST(p.operating_at AS STRING)
            || '; another engagement of the same person, begun no later, went on.'
        ELSE p.person || ' left at ' || CAST(p.operating_at AS STRING) || '.'
    END AS fact
FROM population AS p
JOIN (
    SELECT 'A' AS letter, 'joining' AS kind UNION ALL SELECT 'B' AS letter, 'joining' AS kind
    UNION ALL SELECT 'C' AS letter, 'joining' AS kind UNION ALL SELECT 'D' AS letter, 'leaving' AS kind
    UNION ALL SELECT 'E' AS letter, 'leaving' AS kind UNION ALL SELECT 'F' AS letter, 'leaving' AS kind
) AS a ON a.kind = p.kind
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'screening' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Screening ' || s.id || ': ' || COALESCE(s.result, 'no result') || ' at '
    || COALESCE(CAST(s.result_at AS STRING), 'an unknown time')
    || COALESCE(', accepted by ' || s.accepted_by, '') || COALESCE(', barred by ' || s.barred_by_law, '') || '.' AS fact
FROM population AS p
JOIN screening AS s ON s.engagement IN (p.engagement, p.follows)
WHERE p.kind = 'joining'
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'grant_event' AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    'Right ' || g.right_id || ' was given to ' || g.account || ' at ' || CAST(g.occurred_at AS STRING) || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.person = p.person
JOIN same_human AS w ON w.human = h.human
JOIN identity AS n ON n.person = w.person
JOIN grant_event AS g
    ON g.account = n.account AND g.action = 'add' AND n.valid_from <= g.occurred_at AND g.occurred_at < n.valid_to
WHERE p.kind = 'joining' AND (p.ended_at_latest IS NULL OR g.occurred_at <= p.ended_at_latest)
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'acknowledgement' AS table_name,
    k.evidence AS evidence,
    k.record AS record,
    'Policy ' || k.policy || ' was signed in version ' || k.version || ' at '
    || COALESCE(CAST(k.signed_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.person = p.person
JOIN same_human AS w ON w.human = h.human
JOIN acknowledgement AS k ON k.person = w.person
WHERE p.kind = 'joining'
UNION ALL
SELECT DISTINCT
    p.item AS item,
    'B' AS attribute,
    'policy_version' AS table_name,
    v.evidence AS evidence,
    v.record AS record,
    'Policy ' || v.policy || ' in version ' || v.version || ' rules from '
    || COALESCE(CAST(v.effective_at AS STRING), 'never')
    || COALESCE(', withdrawn at ' || CAST(v.withdrawn_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.person = p.person
JOIN same_human AS w ON w.human = h.human
JOIN acknowledgement AS k ON k.person = w.person
JOIN policy_version AS v ON v.policy = k.policy
WHERE p.kind = 'joining'
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'checklist' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'List ' || c.id || ': ' || COALESCE(CAST(c.steps_done AS STRING), 'no') || ' of '
    || COALESCE(CAST(c.steps AS STRING), 'uncounted')
    || ' steps done, completed at ' || COALESCE(CAST(c.completed_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
JOIN checklist AS c ON c.engagement IN (p.engagement, p.follows) AND c.kind = 'joining'
WHERE p.kind = 'joining'
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'checklist' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'List ' || c.id || ': ' || COALESCE(CAST(c.steps_done AS STRING), 'no') || ' of '
    || COALESCE(CAST(c.steps AS STRING), 'uncounted')
    || ' steps done, completed at ' || COALESCE(CAST(c.completed_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
JOIN checklist AS c ON c.engagement = p.engagement AND c.kind = 'leaving'
WHERE p.kind = 'leaving'
UNION ALL
SELECT
    p.item AS item,
    'E' AS attribute,
    'asset' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    COALESCE(a.kind, 'Thing') || ' ' || a.id || ' came back at ' || COALESCE(CAST(a.returned_at AS STRING), 'no known time')
    || COALESCE(', excused by ' || a.excused_by || ': ' || a.excused_reason, '') || '.' AS fact
FROM population AS p
JOIN asset AS a ON a.engagement = p.engagement
WHERE p.kind = 'leaving'
UNION ALL
SELECT
    p.item AS item,
    'E' AS attribute,
    'asset' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    COALESCE(a.kind, 'Thing') || ' ' || a.id || ', handed out for ' || a.engagement || ', whose end asks for nothing, came back at '
    || COALESCE(CAST(a.returned_at AS STRING), 'no known time')
    || COALESCE(', excused by ' || a.excused_by || ': ' || a.excused_reason, '') || '.' AS fact
FROM population AS p
JOIN asked_at_end AS h ON h.ending = p.engagement
JOIN asset AS a ON a.engagement = h.engagement AND a.engagement <> p.engagement AND COALESCE(a.kind, '') <> 'none'
WHERE p.kind = 'leaving' AND NOT EXISTS (SELECT 1 FROM asset AS b WHERE b.id = a.id AND b.engagement = p.engagement)
