WITH
letter AS (
    SELECT 'risk_assessment' AS activity, 'A' AS done, 'D' AS closed
    UNION ALL
    SELECT 'control_monitoring' AS activity, 'E' AS done, 'H' AS closed
    UNION ALL
    SELECT 'board_meeting' AS activity, 'I' AS done, CAST(NULL AS STRING) AS closed
    UNION ALL
    SELECT 'capacity_review' AS activity, 'K' AS done, 'L' AS closed
),
answer AS (
    SELECT p.item AS item, r.id AS id
    FROM population AS p
    JOIN activity_record AS r ON r.activity = p.activity AND r.system = p.system
    WHERE r.held_for = p.day
        OR (r.held_for IS NULL AND r.completed_at < p.due_at AND r.completed_at_latest >= p.starts_at)
),
-- The last day before the first due period of a schedule.
scheduled AS (
    SELECT p.activity AS activity, p.system AS system, CAST(CAST(MIN(p.starts_at) - INTERVAL '630' MINUTE AS DATE) AS STRING) AS day_before
    FROM population AS p
    GROUP BY p.activity, p.system
),
own_action AS (
    SELECT a.item AS item, t.id AS id
    FROM answer AS a
    JOIN programme_action AS t ON t.activity_record = a.id
    UNION
    SELECT p.item AS item, t.id AS id
    FROM population AS p
    JOIN programme_action AS t
        ON t.activity = p.activity AND t.system = p.system AND t.opened_at >= p.starts_at AND t.opened_at < p.due_at
    JOIN scheduled AS s ON s.activity = p.activity AND s.system = p.system
    LEFT JOIN activity_record AS r ON r.id = t.activity_record
    LEFT JOIN answer AS a ON a.id = r.id
    WHERE r.id IS NULL
        OR (a.id IS NULL AND r.held_for > s.day_before AND r.activity = p.activity AND r.system = p.system)
)
SELECT
    p.item AS item,
    l.done AS attribute,
    'due_occurrence' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'Due from ' || CAST(p.starts_at AS STRING) || ' and before ' || CAST(p.due_at AS STRING) || '.' AS fact
FROM population AS p
JOIN letter AS l ON l.activity = p.activity
UNION ALL
SELECT
    p.item AS item,
    l.done AS attribute,
    'activity_record' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Record ' || r.id || COALESCE(' (' || r.form || ')', '') || ' was completed at ' || r.completed_at_text
    || COALESCE(', held for ' || r.held_for, '') || '; '
    || CAST((SELECT COUNT(k.value) FROM activity_record__participants AS k WHERE k.id = r.id) AS STRING)
    || ' took part; results: ' || COALESCE(r.results, 'none') || COALESCE(', hash ' || r.results_hash, '')
    || CASE WHEN r.needs_action THEN '; something had to be done' WHEN NOT r.needs_action THEN '; nothing had to be done' ELSE '' END
    || '.' AS fact
FROM answer AS a
JOIN population AS p ON p.item = a.item
JOIN letter AS l ON l.activity = p.activity
JOIN activity_record AS r ON r.id = a.id
UNION ALL
SELECT
    p.item AS item,
    CASE WHEN p.activity = 'risk_assessment' THEN 'B' ELSE 'J' END AS attribute,
    'activity_record' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Record ' || r.id || ' covers ' || t.value || '.' AS fact
FROM answer AS a
JOIN population AS p ON p.item = a.item
JOIN activity_record AS r ON r.id = a.id
JOIN activity_record__topics AS t ON t.id = r.id
WHERE p.activity IN ('risk_assessment', 'board_meeting')
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'assessed_risk' AS table_name,
    k.evidence AS evidence,
    k.record AS record,
    'Risk ' || k.id || COALESCE(' (' || k.title || ')', '') || ' is owned by ' || COALESCE(k.owner, 'nobody') || '.' AS fact
FROM answer AS a
JOIN population AS p ON p.item = a.item
JOIN assessed_risk AS k ON k.activity_record = a.id
WHERE p.activity = 'risk_assessment'
UNION ALL
SELECT
    p.item AS item,
    l.closed AS attribute,
    'programme_action' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Action ' || t.id || ' was opened at ' || t.opened_at_text || ', reported at ' || COALESCE(t.reported_at_text, 'no known time')
    || ', owned by ' || COALESCE(t.owner, 'nobody') || ', due ' || COALESCE(t.due_at_text, 'at no date') || ', '
    || COALESCE('closed at ' || t.closed_at_text, 'open') || '.' AS fact
FROM own_action AS a
JOIN population AS p ON p.item = a.item
JOIN letter AS l ON l.activity = p.activity AND l.closed IS NOT NULL
JOIN programme_action AS t ON t.id = a.id
UNION ALL
SELECT
    p.item AS item,
    l.closed AS attribute,
    'action_due_change' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'The due date of action ' || c.action || ' was changed at ' || c.changed_at_text || ' from '
    || COALESCE(c.old_due_at_text, 'none') || ' to ' || COALESCE(c.new_due_at_text, 'none') || COALESCE(' by ' || c.actor, '')
    || '.' AS fact
FROM own_action AS a
JOIN population AS p ON p.item = a.item
JOIN letter AS l ON l.activity = p.activity AND l.closed IS NOT NULL
JOIN action_due_change AS c ON c.action = a.id
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'programme_action' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Weakness ' || t.id || CASE
        WHEN v.attribute = 'F' THEN ' was opened at ' || t.opened_at_text || ' and reported at ' || COALESCE(t.reported_at_text, 'no known time')
        ELSE ' is owned by ' || COALESCE(t.owner, 'nobody')
    END || '.' AS fact
FROM own_action AS a
JOIN population AS p ON p.item = a.item
JOIN programme_action AS t ON t.id = a.id
CROSS JOIN (
    SELECT 'F' AS attribute
    UNION ALL
    SELECT 'G' AS attribute
) AS v
WHERE p.activity = 'control_monitoring'
