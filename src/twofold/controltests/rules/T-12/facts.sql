-- What each attribute of T-12 rests on: one plain sentence per source row.
SELECT
    p.item AS item, x.attribute AS attribute, 'deployment' AS table_name, p.evidence AS evidence, p.record AS record,
    'Deployment ' || p.deployment || ' started at ' || COALESCE(CAST(p.started_at AS STRING), 'an unknown time')
    || ' and was completed at ' || COALESCE(CAST(p.completed_at AS STRING), 'an unknown time') AS fact
FROM population AS p
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'C' UNION ALL SELECT 'E') AS x
UNION ALL
SELECT
    p.item AS item, 'A' AS attribute, 'incident' AS table_name, i.evidence AS evidence, i.record AS record,
    'Incident ' || i.id || ', ' || COALESCE(i.severity, 'no severity') || ' at extraction, opened at '
    || CAST(i.opened_at AS STRING) || ', closed at ' || COALESCE(CAST(i.closed_at AS STRING), 'no time yet') AS fact
FROM population AS p
JOIN incident__systems AS s ON s.value = p.system
JOIN incident AS i ON i.id = s.id
WHERE i.opened_at <= p.completed_at_latest AND COALESCE(i.closed_at_latest, p.started_at) >= p.started_at - INTERVAL '1' DAY
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, 'oncall' AS table_name, o.evidence AS evidence, o.record AS record,
    o.person || ' was on call for ' || o.system || ' from ' || CAST(o.valid_from AS STRING) || ', written down at '
    || CAST(o.recorded_at AS STRING) AS fact
FROM population AS p
JOIN oncall AS o ON o.system = p.system OR o.system = '*'
WHERE o.valid_from <= p.started_at AND p.started_at < COALESCE(o.valid_to, TIMESTAMP '9999-12-31 00:00:00')
UNION ALL
SELECT
    a.item AS item, 'C' AS attribute, a.table_name AS table_name, a.evidence AS evidence, a.record AS record,
    'Approval (' || a.basis || ') by ' || a.account || COALESCE(', who is ' || a.known_as, ', linked to nobody') || ', at '
    || CAST(a.approved_at AS STRING) || ': content ' || a.content || ', authority ' || a.authority || ', emergency authority '
    || a.emergency_authority || ', ' || a.independence AS fact
FROM population AS p
JOIN change_approval AS a ON a.item = p.item
UNION ALL
SELECT
    t.item AS item, 'D' AS attribute, 'post_review' AS table_name, r.evidence AS evidence, r.record AS record,
    'Look back at ' || r.ticket || ' at ' || CAST(r.reviewed_at AS STRING) || ' by ' || COALESCE(r.reviewer, 'nobody named')
    || COALESCE(', who is ' || i.person || CASE WHEN h.human <> i.person THEN ' (one human with ' || h.human || ')' ELSE '' END, '')
    || ', tests: ' || COALESCE(r.test_evidence, 'none') AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN post_review AS r ON r.ticket = t.ticket
LEFT JOIN identity AS i ON i.account = r.reviewer AND i.valid_from <= r.reviewed_at AND r.reviewed_at < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
UNION ALL
SELECT
    e.item AS item, 'E' AS attribute, e.table_name AS table_name, e.evidence AS evidence, e.record AS record,
    'Ticket ' || e.ticket || ' was flagged as an emergency at ' || CAST(e.flagged_at AS STRING)
    || CASE WHEN e.cleared THEN ', and the flag was taken off before the release' ELSE '' END AS fact
FROM population AS p
JOIN change_emergency AS e ON e.item = p.item
