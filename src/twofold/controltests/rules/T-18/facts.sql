SELECT
    a.id AS item,
    'C' AS attribute,
    'alert' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'Alert ' || a.id || ' (' || a.severity || ') was raised at ' || CAST(a.raised_at AS STRING) || '; acknowledged '
    || COALESCE('at ' || CAST(a.acknowledged_at AS STRING), 'never') || COALESCE(' by ' || a.acknowledged_by, '') || COALESCE(' (' || n.person || ')', '')
    || '; closed ' || COALESCE('at ' || CAST(a.closed_at AS STRING), 'never') || COALESCE(' by ' || a.closed_by, '')
    || COALESCE(' (' || m.person || ')', '') || COALESCE(' as ' || a.disposition, ' without a reason')
    || CASE WHEN a.suppressed THEN '; suppressed' ELSE '' END || '; ' || CAST(q.acknowledge_minutes AS STRING) || ' minutes and '
    || CAST(q.close_hours AS STRING) || ' hours are allowed.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN alert AS a ON a.id = p.item
LEFT JOIN identity AS n ON n.account = a.acknowledged_by AND n.valid_from <= a.acknowledged_at AND a.acknowledged_at < n.valid_to
LEFT JOIN identity AS m ON m.account = a.closed_by AND m.valid_from <= a.closed_at AND a.closed_at < m.valid_to
WHERE p.kind = 'alert'
UNION ALL
SELECT
    a.id AS item,
    'C' AS attribute,
    'alert_handling' AS table_name,
    h.evidence AS evidence,
    h.record AS record,
    'Rule ' || h.id || ' was in force from ' || COALESCE(CAST(h.valid_from AS STRING), 'ever') || ' to '
    || COALESCE(CAST(h.valid_to AS STRING), 'an open end') || '; approved by ' || COALESCE(h.approved_by, 'nobody')
    || COALESCE(' at ' || CAST(h.approved_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN alert AS a ON a.id = p.item
JOIN alert_handling AS h ON h.id = a.rule
WHERE p.kind = 'alert'
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'alert_watch' AS table_name,
    w.evidence AS evidence,
    w.record AS record,
    'Rule ' || w.id || ' watched ' || w.watches || ' activity from ' || COALESCE(CAST(w.valid_from AS STRING), 'ever') || ' to '
    || COALESCE(CAST(w.valid_to AS STRING), 'an open end') || '.' AS fact
FROM population AS p
JOIN alert_watch AS w ON w.system = p.system
    AND (w.valid_from IS NULL OR w.valid_from < p.ends_before) AND (w.valid_to IS NULL OR w.valid_to > p.starts_at)
WHERE p.kind = 'watch'
