SELECT
    p.item AS item,
    'A' AS attribute,
    'job' AS table_name,
    j.evidence AS evidence,
    j.record AS record,
    p.human || CASE WHEN j.valid_from = p.operating_at THEN ' became ' ELSE ' was ' END || j.role || ' from '
    || CAST(j.valid_from AS STRING) || CASE WHEN j.temporary THEN ' as a temporary cover' ELSE '' END
    || '; HR entered it at ' || COALESCE(CAST(j.entered_at AS STRING), 'an unknown time') || '. The deadline runs from '
    || CAST(p.clock_at AS STRING) || '.' AS fact
FROM population AS p
JOIN job_held AS j ON j.human = p.human AND j.valid_from <= p.operating_at AND j.valid_to >= p.before_at
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'job_review' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Review ' || r.id || ' by ' || COALESCE(r.reviewer, 'nobody named') || ' at '
    || COALESCE(CAST(r.reviewed_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.human = p.human
JOIN job_review AS r ON r.person = h.person AND r.job_from = p.operating_at
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    g.table_name AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    'The log shows: ' || g.action || ' ' || g.right_id || ' for ' || g.account || ' at '
    || COALESCE(CAST(g.occurred_at AS STRING), 'an unknown time')
    || CASE WHEN g.table_name = 'right_event' THEN ', since the right was deleted' ELSE '' END || '.' AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'B' AS attribute UNION ALL SELECT 'C' AS attribute UNION ALL SELECT 'D' AS attribute UNION ALL SELECT 'E' AS attribute
) AS v
JOIN same_human AS h ON h.human = p.human
JOIN (SELECT DISTINCT i.account AS account, i.person AS person FROM identity AS i) AS i ON i.person = h.person
JOIN grant_change AS g ON g.account = i.account
LEFT JOIN access_right AS r ON r.id = g.right_id
LEFT JOIN account AS a ON a.id = g.account
WHERE COALESCE(r.system, a.system, p.system) = p.system
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'engagement' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    e.person || ' is one human with ' || p.human || ': engagement ' || e.id || ' continues ' || e.follows || '.' AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'B' AS attribute UNION ALL SELECT 'C' AS attribute UNION ALL SELECT 'D' AS attribute UNION ALL SELECT 'E' AS attribute
) AS v
JOIN same_human AS h ON h.human = p.human
JOIN engagement AS e ON e.person = h.person
WHERE EXISTS (SELECT 1 FROM engagement AS f WHERE f.id = e.follows AND f.person <> e.person)
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'retained_access' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    COALESCE(t.approved_by, 'Nobody named') || ' agreed at ' || COALESCE(CAST(t.approved_at AS STRING), 'an unknown time')
    || ' that ' || t.person || ' keeps ' || t.right_id || ' until ' || COALESCE(CAST(t.expires_at AS STRING), 'no set time')
    || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.human = p.human
JOIN retained_access AS t ON t.person = h.person
JOIN (
    SELECT r.id AS right_id, r.system AS system FROM access_right AS r
    UNION
    SELECT c.right_id AS right_id, r.system AS system
    FROM right_content AS c
    JOIN access_right AS r ON r.id = c.holds
) AS r ON r.right_id = t.right_id AND r.system = p.system
