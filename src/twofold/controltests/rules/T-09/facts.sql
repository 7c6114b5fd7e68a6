SELECT
    p.item AS item,
    'A' AS attribute,
    'sod_rule' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Rule ' || r.id || ' (risk ' || COALESCE(r.level, 'not rated') || ') keeps ' || r.function_a || ' and ' || r.function_b
    || ' apart; the owner of the risk is '
    || COALESCE(
        r.risk_owner || CASE WHEN h.human <> r.risk_owner THEN ' (one human with ' || h.human || ')' ELSE '' END, 'not named'
    ) || '.' AS fact
FROM population AS p
JOIN sod_rule AS r ON r.id = p.rule
    AND (r.valid_from IS NULL OR r.valid_from < p.ends_before) AND (r.valid_to IS NULL OR r.valid_to > p.starts_at)
LEFT JOIN same_human AS h ON h.person = r.risk_owner
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'engagement' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    e.person || ' is one human with ' || p.holder || ': engagement ' || e.id || ' continues ' || e.follows || '.' AS fact
FROM population AS p
JOIN same_human AS h ON h.human = p.holder
JOIN engagement AS e ON e.person = h.person
WHERE EXISTS (SELECT 1 FROM engagement AS f WHERE f.id = e.follows AND f.person <> e.person)
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    g.table_name AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    'The log shows: ' || g.action || ' ' || g.right_id || ' for ' || g.account || ' at '
    || COALESCE(CAST(g.occurred_at AS STRING), 'an unknown time')
    || CASE WHEN g.table_name = 'right_event' THEN ', since the right was deleted' ELSE '' END
    || '; it carries ' || h.function || ' for ' || p.holder || '.'
        AS fact
FROM population AS p
JOIN sod_rule AS r ON r.id = p.rule
JOIN (
    SELECT DISTINCT f.holder AS holder, f.account AS account, f.via AS via, f.function AS function
    FROM function_held AS f
) AS h ON h.holder = p.holder AND h.function IN (r.function_a, r.function_b)
JOIN grant_change AS g ON g.account = h.account AND g.right_id = h.via
    AND (g.occurred_at IS NULL OR g.occurred_at < p.ends_before)
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'mitigation' AS table_name,
    m.evidence AS evidence,
    m.record AS record,
    'Mitigation ' || m.id || CASE WHEN m.person <> p.holder THEN ' for ' || m.person ELSE '' END
    || ' by ' || COALESCE('control ' || m.control, 'no control') || ', in force from '
    || COALESCE(CAST(m.valid_from AS STRING), 'ever') || ' to ' || COALESCE(CAST(m.valid_to AS STRING), 'now')
    || ', approved by ' || COALESCE(m.approved_by, 'nobody') || ' ('
    || COALESCE(i.person || CASE WHEN s.human <> i.person THEN ', one human with ' || s.human ELSE '' END, i.state, 'unlinked')
    || ') at ' || COALESCE(CAST(m.approved_at AS STRING), 'an unknown time') || '; the conflict began at '
    || CASE
        WHEN p.conflict_starts_at = TIMESTAMP '0001-01-01 00:00:00' THEN 'an unknown time'
        ELSE CAST(p.conflict_starts_at AS STRING)
    END || '.' AS fact
FROM mitigation AS m
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'B' AS attribute UNION ALL SELECT 'E' AS attribute) AS v
LEFT JOIN same_human AS h ON h.person = m.person
JOIN population AS p ON p.holder = COALESCE(h.human, m.person) AND p.rule = m.rule
LEFT JOIN identity AS i ON i.account = m.approved_by AND i.valid_from <= m.approved_at AND m.approved_at < i.valid_to
LEFT JOIN same_human AS s ON s.person = i.person
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'control_result' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'The test of ' || t.control || ' from ' || COALESCE(CAST(t.valid_from AS STRING), 'ever') || ' to '
    || COALESCE(CAST(t.valid_to AS STRING), 'now') || ' concluded: ' || t.result || '.' AS fact
FROM mitigation AS m
LEFT JOIN same_human AS h ON h.person = m.person
JOIN population AS p ON p.holder = COALESCE(h.human, m.person) AND p.rule = m.rule
JOIN control_result AS t ON t.control = m.control
    AND (t.valid_from IS NULL OR t.valid_from < p.ends_before) AND (t.valid_to IS NULL OR t.valid_to > p.starts_at)
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'function_use' AS table_name,
    u.evidence AS evidence,
    u.record AS record,
    u.account || ' carried out ' || u.function || ' at ' || CAST(u.occurred_at AS STRING) || '.' AS fact
FROM population AS p
JOIN sod_rule AS r ON r.id = p.rule
JOIN (SELECT DISTINCT h.holder AS holder, h.account AS account FROM function_held AS h) AS h ON h.holder = p.holder
JOIN function_use AS u ON u.account = h.account AND u.function IN (r.function_a, r.function_b)
    AND u.occurred_at < p.ends_before AND u.occurred_at_latest >= p.starts_at
