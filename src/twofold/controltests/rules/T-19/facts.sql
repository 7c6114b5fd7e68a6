WITH member AS (
    SELECT p.item AS item, p.incident AS incident, m.incident AS member
    FROM population AS p
    JOIN (SELECT DISTINCT o.incident AS incident, o.original AS original FROM population AS o) AS m
        ON m.original = p.incident OR m.incident = p.incident
)
SELECT
    p.item AS item,
    'A' AS attribute,
    'incident' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    'Incident ' || i.id || ' has severity ' || COALESCE(i.severity, 'none') || ', was opened at ' || CAST(i.opened_at AS STRING)
    || COALESCE(', opened again at ' || CAST(i.reopened_at AS STRING), '')
    || COALESCE(', closed at ' || CAST(i.closed_at AS STRING), ', not closed')
    || COALESCE('; it repeats ' || i.duplicate_of, '')
    || COALESCE('; false alarm: ' || i.false_alarm_reason || ', confirmed by ' || COALESCE(i.false_alarm_by, 'nobody'), '')
    || '.' AS fact
FROM population AS p
JOIN incident AS i ON i.id = p.incident
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'incident_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Severity' || CASE WHEN e.incident <> p.incident THEN ' of ' || e.incident ELSE '' END || ' changed from ' || COALESCE(e.old_value, 'none') || ' to ' || COALESCE(e.new_value, 'none') || ' at '
    || CAST(e.occurred_at AS STRING) || COALESCE(' by ' || e.actor, '')
    || CASE
        WHEN a.responded_at <= e.occurred_at THEN ', after the first response.'
        ELSE ', with no response until then.'
    END AS fact
FROM population AS p
JOIN (
    SELECT m.item AS item, MIN(i.responded_at) AS responded_at
    FROM member AS m
    JOIN incident AS i ON i.id = m.member
    GROUP BY m.item
) AS a ON a.item = p.item
JOIN member AS m ON m.item = p.item
JOIN incident_event AS e ON e.incident = m.member AND e.field = 'severity'
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'incident_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Status changed from ' || COALESCE(e.old_value, 'none') || ' to ' || COALESCE(e.new_value, 'none') || ' at '
    || CAST(e.occurred_at AS STRING) || '; between a closing and the reopening the clock stands still.' AS fact
FROM population AS p
JOIN incident AS i ON i.id = p.incident
JOIN incident_event AS e ON e.incident = p.incident AND e.field = 'status'
WHERE i.reopened_at IS NOT NULL
UNION ALL
SELECT
    m.item AS item,
    'B' AS attribute,
    'incident' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    'Record ' || i.id || ': alert at ' || COALESCE(CAST(i.detected_at AS STRING), 'an unknown time') || ', report at '
    || COALESCE(CAST(i.reported_at AS STRING), 'an unknown time') || ', opened at ' || CAST(i.opened_at AS STRING)
    || ', first response at ' || COALESCE(CAST(i.responded_at AS STRING), 'no time')
    || CASE WHEN i.id <> m.incident THEN ' (a duplicate of severity ' || COALESCE(i.severity, 'none') || ': its alert, report, response and severities count).' ELSE '.' END AS fact
FROM member AS m
JOIN incident AS i ON i.id = m.member
UNION ALL
SELECT
    m.item AS item,
    'B' AS attribute,
    'pager_incident' AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    'The ' || COALESCE(g.origin, 'pager') || ' raised ' || g.id || ' at ' || CAST(g.opened_at AS STRING)
    || CASE WHEN g.origin = 'status_page' THEN '; a status page is written afterwards and starts no clock.' ELSE '.' END AS fact
FROM member AS m
JOIN pager_incident AS g ON g.incident = m.member
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'incident' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    'Contained at ' || COALESCE(CAST(i.contained_at AS STRING), 'no time') || ', recovered at '
    || COALESCE(CAST(i.recovered_at AS STRING), 'no time') || '.' AS fact
FROM population AS p
JOIN incident AS i ON i.id = p.incident
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'incident' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    COALESCE('Cause: ' || i.cause || ', by its own field written down at ' || COALESCE(CAST(i.cause_at AS STRING), 'no time'),
        'No cause is recorded') || '.' AS fact
FROM population AS p
JOIN incident AS i ON i.id = p.incident
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'incident_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'The history shows the cause written down at ' || CAST(e.occurred_at AS STRING) || COALESCE(' by ' || e.actor, '')
    || '; the first such event counts.' AS fact
FROM population AS p
JOIN incident_event AS e ON e.incident = p.incident AND e.field = 'cause' AND e.new_value IS NOT NULL
UNION ALL
SELECT
    m.item AS item,
    'E' AS attribute,
    'incident_action' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'Follow-up ' || a.id || COALESCE(' of ' || a.owner, '') || ', due ' || COALESCE(CAST(a.due_at_latest AS STRING), 'at no date')
    || ', was ' || COALESCE('closed at ' || CAST(a.closed_at AS STRING), 'open at extraction') || '.' AS fact
FROM member AS m
JOIN incident_action AS a ON a.incident = m.member
UNION ALL
SELECT
    p.item AS item,
    'F' AS attribute,
    'incident' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    'Notification of others: ' || COALESCE(i.notice_decision, 'not decided')
    || COALESCE(', decided at ' || CAST(i.notice_decided_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN incident AS i ON i.id = p.incident
UNION ALL
SELECT
    p.item AS item,
    'G' AS attribute,
    'incident' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    'Effect on financial data: ' || COALESCE(i.finance_effect, 'not answered') || COALESCE(', by ' || i.finance_by, '')
    || COALESCE(' (' || n.person || ')', '') || COALESCE(' at ' || CAST(i.finance_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN incident AS i ON i.id = p.incident
LEFT JOIN identity AS n ON n.account = i.finance_by AND n.valid_from <= i.finance_at AND i.finance_at < n.valid_to
UNION ALL
SELECT
    p.item AS item,
    'G' AS attribute,
    'system_label' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'System ' || l.system || ', which the incident touched, is financially relevant from '
    || COALESCE(CAST(l.valid_from AS STRING), 'always') || ' to ' || COALESCE(CAST(l.valid_to AS STRING), 'now')
    || CASE WHEN l.dependents = 0 THEN ', with nothing that relies on it.' ELSE '.' END AS fact
FROM population AS p
JOIN population AS o ON o.incident = p.incident
JOIN system_label AS l ON l.system = o.system AND l.label = 'fin_relevant'
UNION ALL
SELECT
    p.item AS item,
    'G' AS attribute,
    'roster' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    r.person || ' is on the finance roster of ' || r.scope || ' from ' || COALESCE(CAST(r.valid_from AS STRING), 'always')
    || ' to ' || COALESCE(CAST(r.valid_to AS STRING), 'now') || '.' AS fact
FROM population AS p
JOIN incident AS i ON i.id = p.incident
JOIN identity AS n ON n.account = i.finance_by AND n.valid_from <= i.finance_at AND i.finance_at < n.valid_to
JOIN roster AS r ON r.person = n.person AND r.duty = 'finance'
