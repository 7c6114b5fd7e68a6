WITH
spoken AS (
    SELECT r.id AS id, r.system AS system FROM activity_record AS r WHERE r.activity = 'recovery_exercise'
    UNION
    SELECT s.id AS id, s.value AS system
    FROM activity_record__systems AS s
    JOIN activity_record AS r ON r.id = s.id
    WHERE r.activity = 'recovery_exercise'
),
answer AS (
    SELECT p.item AS item, r.id AS id
    FROM population AS p
    JOIN spoken AS s ON s.system = p.system
    JOIN activity_record AS r ON r.id = s.id AND r.held_for = p.day
    UNION
    SELECT p.item AS item, r.id AS id
    FROM population AS p
    JOIN spoken AS s ON s.system = p.system
    JOIN activity_record AS r ON r.id = s.id
    LEFT JOIN population AS o ON o.system = p.system AND o.day = r.held_for
    WHERE (r.held_for IS NULL OR (r.system <> p.system AND o.item IS NULL))
        AND r.completed_at < p.due_at AND r.completed_at_latest >= p.starts_at
),
-- The last day before the first due period of a schedule.
scheduled AS (
    SELECT p.system AS system, CAST(CAST(MIN(p.starts_at) - INTERVAL '630' MINUTE AS DATE) AS STRING) AS day_before
    FROM population AS p
    GROUP BY p.system
),
own_action AS (
    SELECT a.item AS item, t.id AS id
    FROM answer AS a
    JOIN programme_action AS t ON t.activity_record = a.id
    UNION
    SELECT p.item AS item, t.id AS id
    FROM population AS p
    JOIN programme_action AS t ON t.activity = 'recovery_exercise' AND t.system = p.system
        AND t.opened_at >= p.starts_at AND t.opened_at < p.due_at
    JOIN scheduled AS s ON s.system = p.system
    LEFT JOIN activity_record AS r ON r.id = t.activity_record
    LEFT JOIN answer AS a ON a.id = r.id
    WHERE r.id IS NULL
        OR (a.id IS NULL AND r.held_for > s.day_before AND r.activity = 'recovery_exercise' AND r.system = p.system)
)
SELECT
    p.item AS item,
    'A' AS attribute,
    'due_occurrence' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'An exercise of ' || p.system || ' was due from ' || CAST(p.starts_at AS STRING) || ' and before '
    || CAST(p.due_at AS STRING) || '.' AS fact
FROM population AS p
UNION ALL
SELECT
    a.item AS item,
    'A' AS attribute,
    'activity_record' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Exercise ' || r.id || COALESCE(' (' || r.form || ')', '') || ' was completed at ' || r.completed_at_text
    || COALESCE(', held for ' || r.held_for, '') || '; scenario: ' || COALESCE(r.scenario, 'none') || '; '
    || CAST((SELECT COUNT(k.value) FROM activity_record__participants AS k WHERE k.id = r.id) AS STRING)
    || ' took part; results: ' || COALESCE(r.results, 'none') || COALESCE(', hash ' || r.results_hash, '') || '.' AS fact
FROM answer AS a
JOIN activity_record AS r ON r.id = a.id
UNION ALL
SELECT
    a.item AS item,
    'B' AS attribute,
    'activity_record' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Exercise ' || r.id || ' speaks for ' || s.system || '.' AS fact
FROM answer AS a
JOIN activity_record AS r ON r.id = a.id
JOIN spoken AS s ON s.id = r.id
UNION ALL
SELECT
    p.item AS item,
    l.attribute AS attribute,
    'recovery_target' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'The plan must bring back ' || t.system || ' in ' || COALESCE(CAST(t.rto_minutes AS STRING), 'no stated')
    || ' minutes with at most ' || COALESCE(CAST(t.rpo_minutes AS STRING), 'no stated') || ' minutes of data lost.' AS fact
FROM population AS p
JOIN recovery_target AS t ON t.system = p.system OR p.system = 'company'
CROSS JOIN (
    SELECT 'B' AS attribute
    UNION ALL
    SELECT 'C' AS attribute
) AS l
WHERE (t.valid_from IS NULL OR t.valid_from <= p.operating_at) AND (t.valid_to IS NULL OR p.operating_at < t.valid_to)
UNION ALL
SELECT
    a.item AS item,
    'C' AS attribute,
    'exercise_result' AS table_name,
    x.evidence AS evidence,
    x.record AS record,
    'Exercise ' || x.activity_record || ' measured for ' || x.system || ' '
    || COALESCE(CAST(x.recovery_minutes AS STRING), 'no') || ' minutes to recover and '
    || COALESCE(CAST(x.loss_minutes AS STRING), 'no') || ' minutes of data lost.' AS fact
FROM answer AS a
JOIN exercise_result AS x ON x.activity_record = a.id
UNION ALL
SELECT
    a.item AS item,
    'D' AS attribute,
    'programme_action' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Action ' || t.id || ' was opened at ' || t.opened_at_text || ', due ' || COALESCE(t.due_at_text, 'at no date') || ', '
    || COALESCE('closed at ' || t.closed_at_text, 'open') || '.' AS fact
FROM own_action AS a
JOIN programme_action AS t ON t.id = a.id
UNION ALL
SELECT
    a.item AS item,
    'D' AS attribute,
    'action_due_change' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'The due date of action ' || c.action || ' was changed at ' || c.changed_at_text || ' from '
    || COALESCE(c.old_due_at_text, 'none') || ' to ' || COALESCE(c.new_due_at_text, 'none') || COALESCE(' by ' || c.actor, '')
    || '.' AS fact
FROM own_action AS a
JOIN action_due_change AS c ON c.action = a.id
