SELECT
    p.item AS item,
    a.letter AS attribute,
    'engagement' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    p.person || ' works from ' || COALESCE(CAST(p.started_at AS STRING), 'an unknown day') || ' to '
    || COALESCE(CAST(p.ended_at AS STRING), 'now') || COALESCE(', going on from ' || p.follows, '')
    || COALESCE('; year of training from ' || CAST(p.starts_at AS STRING) || ' to ' || CAST(p.due_at AS STRING), '')
    || '.' AS fact
FROM population AS p
CROSS JOIN (SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter) AS a
UNION ALL
SELECT
    p.item AS item,
    a.letter AS attribute,
    'training' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Course ' || t.course || COALESCE(' ' || t.version, '') || ' completed at '
    || COALESCE(CAST(t.completed_at AS STRING), 'an unknown time')
    || COALESCE(' under ' || t.account, '') || COALESCE(', for ' || t.employer, '') || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.person = p.person
JOIN same_human AS w ON w.human = h.human
JOIN (
    SELECT t.id AS id, t.person AS person FROM training AS t WHERE t.person IS NOT NULL
    UNION
    SELECT t.id AS id, n.person AS person
    FROM training AS t
    JOIN identity AS n ON n.account = t.account AND n.person IS NOT NULL
    WHERE t.person IS NULL
) AS x ON x.person = w.person
JOIN training AS t ON t.id = x.id
CROSS JOIN (SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter) AS a
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'leave' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'On leave (' || COALESCE(l.kind, 'kind not named') || ') from ' || CAST(l.valid_from AS STRING) || ' to '
    || COALESCE(CAST(l.valid_to AS STRING), 'now') || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.person = p.person
JOIN same_human AS w ON w.human = h.human
JOIN leave AS l ON l.person = w.person
