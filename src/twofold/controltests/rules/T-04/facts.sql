SELECT
    p.item AS item,
    v.attribute AS attribute,
    CASE p.kind
        WHEN 'grant' THEN 'grant_event'
        WHEN 'reactivation' THEN 'account_event'
        WHEN 'elevation' THEN 'elevation'
        WHEN 'key' THEN 'credential'
        ELSE 'sign_in'
    END AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    p.kind || ' of ' || COALESCE(p.right_id, 'an emergency account') || ' by ' || p.account || ' ('
    || COALESCE(i.person, i.state, 'unlinked') || CASE WHEN h.human <> i.person THEN ', one human with ' || h.human ELSE '' END
    || ') at ' || COALESCE(CAST(p.operating_at AS STRING), 'an unknown time')
    || COALESCE(', ended at ' || CAST(p.ends_at AS STRING), '') || COALESCE(', for ' || p.reference, '') || '.' AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'A' AS attribute UNION ALL SELECT 'B' AS attribute UNION ALL SELECT 'C' AS attribute
    UNION ALL SELECT 'D' AS attribute UNION ALL SELECT 'F' AS attribute
) AS v
LEFT JOIN identity AS i
    ON i.account = p.account AND i.valid_from <= p.operating_at_latest AND p.operating_at_latest < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
WHERE p.kind <> 'holder'
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'review_item' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Campaign ' || c.id || ', begun at ' || CAST(c.started_at AS STRING) || ': ' || COALESCE(r.decision, 'no decision') || ' for '
    || r.account || ' and ' || r.right_id || '.' AS fact
FROM population AS p
JOIN campaign AS c ON c.system = p.system AND c.started_at >= p.starts_at
JOIN review_item AS r ON r.campaign = c.id AND r.account = p.account
WHERE p.kind = 'holder'
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'approval' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    a.approver || ' (' || COALESCE(n.person, n.state, 'unlinked')
    || CASE WHEN v.human <> n.person THEN ', one human with ' || v.human ELSE '' END || ') said ' || a.decision || ' to ' || a.subject || ' at '
    || CAST(a.decided_at AS STRING) || COALESCE('; withdrawn at ' || CAST(a.withdrawn_at AS STRING), '') || '.' AS fact
FROM population AS p
LEFT JOIN identity AS i
    ON i.account = p.account AND i.valid_from <= p.operating_at_latest AND p.operating_at_latest < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
JOIN (
    SELECT r.id AS subject, r.beneficiary AS beneficiary, COALESCE(b.human, r.beneficiary) AS human, l.value AS right_id
    FROM access_request AS r
    JOIN access_request__rights AS l ON l.id = r.id
    LEFT JOIN same_human AS b ON b.person = r.beneficiary
) AS r ON r.right_id = p.right_id AND (r.beneficiary = p.account OR r.human = COALESCE(h.human, i.person))
JOIN approval AS a ON a.subject = r.subject
LEFT JOIN identity AS n ON n.account = a.approver AND n.valid_from <= a.decided_at AND a.decided_at < n.valid_to
LEFT JOIN same_human AS v ON v.person = n.person
WHERE p.kind IN ('grant', 'reactivation', 'elevation')
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'break_glass_review' AS table_name,
    u.evidence AS evidence,
    u.record AS record,
    'Used by ' || COALESCE(u.used_by, 'nobody named')
    || CASE WHEN h.human <> u.used_by THEN ' (one human with ' || h.human || ')' ELSE '' END
    || ' for ' || COALESCE(u.reference, 'nothing named') || '; looked at by ' || COALESCE(u.reviewer, 'nobody named')
    || COALESCE(' (' || n.person || CASE WHEN v.human <> n.person THEN ', one human with ' || v.human ELSE '' END || ')', '')
    || ' at ' || COALESCE(CAST(u.reviewed_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'C' AS attribute UNION ALL SELECT 'D' AS attribute) AS v
JOIN break_glass_review AS u ON 'break_glass:' || u.sign_in = p.item
LEFT JOIN same_human AS h ON h.person = u.used_by
LEFT JOIN identity AS n ON n.account = u.reviewer AND n.valid_from <= u.reviewed_at AND u.reviewed_at < n.valid_to
LEFT JOIN same_human AS v ON v.person = n.person
WHERE p.kind = 'break_glass'
UNION ALL
SELECT
    p.item AS item,
    'E' AS attribute,
    'log_source' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'Log source ' || l.id || ' of ' || l.system || ' from ' || COALESCE(CAST(l.valid_from AS STRING), 'ever') || ' to '
    || COALESCE(CAST(l.valid_to AS STRING), 'now') || '.' AS fact
FROM population AS p
JOIN log_source AS l ON l.system = p.system
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
    SELECT 'B' AS attribute UNION ALL SELECT 'C' AS attribute UNION ALL SELECT 'D' AS attribute UNION ALL SELECT 'F' AS attribute
) AS v
JOIN grant_change AS g ON g.account = p.account AND g.right_id = p.right_id
WHERE p.kind = 'holder'
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'review' AS table_name,
    w.evidence AS evidence,
    w.record AS record,
    w.reviewer || ' gave ' || w.state || ' to ' || w.pull_request || ' at ' || CAST(w.submitted_at AS STRING) || '.' AS fact
FROM population AS p
JOIN review AS w ON w.pull_request = p.reference
WHERE p.kind IN ('grant', 'reactivation', 'elevation')
UNION ALL
SELECT
    p.item AS item,
    'F' AS attribute,
    'mitigation' AS table_name,
    m.evidence AS evidence,
    m.record AS record,
    'Mitigation ' || m.id || ' for ' || m.person || ' by ' || COALESCE('control ' || m.control, 'no control') || ', agreed to by '
    || COALESCE(m.approved_by, 'nobody named')
    || COALESCE(' (' || n.person || CASE WHEN v.human <> n.person THEN ', one human with ' || v.human ELSE '' END || ')', '') || ', from '
    || COALESCE(CAST(m.valid_from AS STRING), 'ever') || ' to ' || COALESCE(CAST(m.valid_to AS STRING), 'now') || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN identity AS i
    ON i.account = p.account AND i.valid_from <= p.operating_at_latest AND p.operating_at_latest < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
LEFT JOIN same_human AS w ON w.human = h.human
JOIN mitigation AS m ON m.person = COALESCE(w.person, i.person) AND m.rule = q.developer_rule
LEFT JOIN identity AS n
    ON n.account = m.approved_by AND n.valid_from <= COALESCE(m.approved_at, p.operating_at)
    AND COALESCE(m.approved_at, p.operating_at) < n.valid_to
LEFT JOIN same_human AS v ON v.person = n.person
WHERE p.kind IN ('grant', 'reactivation', 'holder')
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'account_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'The log shows: ' || e.kind || ' of ' || e.account || ' at ' || COALESCE(CAST(e.occurred_at AS STRING), 'an unknown time') || '.'
        AS fact
FROM population AS p
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'D' AS attribute) AS v
JOIN account_event AS e ON e.account = p.account AND e.kind IN ('create', 'activate', 'enable', 'disable', 'delete')
WHERE (p.kind = 'reactivation' AND v.attribute = 'A') OR (p.kind = 'holder' AND v.attribute = 'D')
