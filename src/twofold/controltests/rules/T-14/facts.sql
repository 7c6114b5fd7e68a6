SELECT
    p.item AS item,
    v.attribute AS attribute,
    'branch_rule' AS table_name,
    CAST(NULL AS STRING) AS evidence,
    CAST(NULL AS STRING) AS record,
    CASE
        WHEN v.attribute = 'A' AND b.guarded = 0 THEN 'Not protected as required'
        WHEN v.attribute = 'B' AND b.fresh = 0 THEN 'Approvals stayed valid after a push'
        WHEN v.attribute = 'C' AND b.closed = 0 THEN 'The review could be passed by without a justification'
        ELSE 'Nobody can tell how the branch was protected'
    END || ' from ' || CAST(GREATEST(b.valid_from, p.window_from) AS STRING) || ' to '
    || CAST(LEAST(b.valid_to, p.window_to) AS STRING) || '.' AS fact
FROM population AS p
JOIN branch_protection AS b
    ON b.system = p.system AND b.repository = p.repository AND b.branch = p.branch
    AND b.valid_from < p.window_to AND p.window_from < b.valid_to
CROSS JOIN (
    SELECT 'A' AS attribute
    UNION ALL
    SELECT 'B' AS attribute
    UNION ALL
    SELECT 'C' AS attribute
) AS v
WHERE CASE v.attribute WHEN 'A' THEN b.guarded WHEN 'B' THEN b.fresh ELSE b.closed END < 19
UNION ALL
-- The merges that used a stretch without protection.
SELECT
    p.item AS item,
    CASE WHEN b.guarded = 0 THEN 'A' WHEN b.fresh = 0 THEN 'B' ELSE 'C' END AS attribute,
    'pull_request' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Pull request ' || r.id || ' was merged meanwhile, at ' || CAST(r.merged_at AS STRING) || ', by '
    || COALESCE(r.merged_by, 'an unknown account') || '.' AS fact
FROM population AS p
JOIN branch_protection AS b
    ON b.system = p.system AND b.repository = p.repository AND b.branch = p.branch
    AND b.valid_from < p.window_to AND p.window_from < b.valid_to
JOIN pull_request AS r
    ON r.base_ref = p.branch AND r.merged_at < LEAST(b.valid_to, p.window_to)
    AND r.merged_at_latest >= GREATEST(b.valid_from, p.window_from)
LEFT JOIN repository_now AS m ON m.name = r.repository
WHERE COALESCE(m.current_name, r.repository) = p.repository AND (b.guarded = 0 OR b.fresh = 0 OR b.closed = 0)
UNION ALL
-- Pushes without a pull request that used it.
SELECT
    p.item AS item,
    'A' AS attribute,
    'prod_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Pushed meanwhile, at ' || CAST(e.occurred_at AS STRING) || ', by ' || COALESCE(e.actor, 'an unknown account') || ': '
    || e.object || '.' AS fact
FROM population AS p
JOIN branch_protection AS b
    ON b.system = p.system AND b.repository = p.repository AND b.branch = p.branch
    AND b.valid_from < p.window_to AND p.window_from < b.valid_to
JOIN prod_event AS e
    ON e.system = p.system AND e.kind = 'push' AND POSITION(p.repository || ' ' || p.branch || ' ' IN e.object) = 1
    AND e.occurred_at < LEAST(b.valid_to, p.window_to) AND e.occurred_at_latest >= GREATEST(b.valid_from, p.window_from)
WHERE b.guarded = 0
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'branch_rule' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Seen at ' || CAST(r.observed_at AS STRING) || ': ' || r.setting || ' = ' || COALESCE(r.value, 'empty') || '.' AS fact
FROM population AS p
JOIN branch_rule AS r
    ON r.branch = p.branch AND r.observed_at < p.window_to AND r.observed_at_latest >= p.window_from
LEFT JOIN repository_now AS m ON m.name = r.repository
WHERE COALESCE(m.current_name, r.repository) = p.repository
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'branch_rule_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Changed at ' || CAST(e.occurred_at AS STRING) || ' by ' || COALESCE(e.actor, 'an unknown account') || ': ' || e.setting
    || ' from ' || COALESCE(e.old_value, 'an unrecorded value') || ' to ' || COALESCE(e.new_value, 'nothing') || '.' AS fact
FROM population AS p
JOIN branch_rule_event AS e
    ON e.branch = p.branch AND e.occurred_at < p.window_to AND e.occurred_at_latest >= p.window_from
LEFT JOIN repository_now AS m ON m.name = e.repository
WHERE COALESCE(m.current_name, e.repository) = p.repository
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'repository_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Repository ' || e.repository || ' was ' || e.kind || COALESCE(' to ' || e.new_name, '') || ' at '
    || CAST(e.occurred_at AS STRING) || '.' AS fact
FROM population AS p
LEFT JOIN repository_now AS m ON m.current_name = p.repository
JOIN repository_event AS e ON e.repository = p.repository OR e.repository = m.name
WHERE e.occurred_at < p.window_to
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'deployment' AS table_name,
    d.evidence AS evidence,
    d.record AS record,
    'Deployment ' || d.id || ' came from branch ' || d.branch || ' at ' || CAST(d.started_at AS STRING) || '.' AS fact
FROM population AS p
JOIN deployment AS d
    ON d.system = p.system AND d.branch = p.branch AND d.started_at < p.window_to AND d.started_at_latest >= p.window_from
LEFT JOIN repository_now AS m ON m.name = d.repository
WHERE COALESCE(m.current_name, d.repository) = p.repository
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'bypass_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    COALESCE(e.actor, 'An unknown account')
    || COALESCE(', who is ' || i.person || CASE WHEN h.human <> i.person THEN ' (one human with ' || h.human || ')' ELSE '' END, '')
    || ' passed by the protection at ' || CAST(e.occurred_at AS STRING)
    || COALESCE(', because: ' || e.reason, ', without a reason') || '.' AS fact
FROM population AS p
JOIN bypass_event AS e ON e.branch = p.branch AND e.occurred_at >= p.window_from AND e.occurred_at < p.window_to
LEFT JOIN repository_now AS m ON m.name = e.repository
LEFT JOIN identity AS i ON i.account = e.actor AND i.valid_from <= e.occurred_at AND e.occurred_at < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
WHERE COALESCE(m.current_name, e.repository) = p.repository
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'bypass_justification' AS table_name,
    j.evidence AS evidence,
    j.record AS record,
    j.actor
    || COALESCE(', who is ' || i.person || CASE WHEN h.human <> i.person THEN ' (one human with ' || h.human || ')' ELSE '' END, '')
    || ' may pass by from ' || COALESCE(CAST(j.valid_from AS STRING), 'always') || ' to '
    || COALESCE(CAST(j.valid_to AS STRING), 'now') || ', as ' || j.approved_by
    || CASE WHEN a.human <> j.approved_by THEN ' (one human with ' || a.human || ')' ELSE '' END || ' agreed: ' || j.reason || '.' AS fact
FROM population AS p
JOIN bypass_justification AS j
    ON j.branch = p.branch AND (j.valid_from IS NULL OR j.valid_from < p.window_to)
    AND (j.valid_to IS NULL OR j.valid_to > p.window_from)
LEFT JOIN repository_now AS m ON m.name = j.repository
LEFT JOIN identity AS i ON LOWER(i.account) = REPLACE(LOWER(j.actor), 'user:', 'github:')
LEFT JOIN same_human AS h ON h.person = i.person
LEFT JOIN same_human AS a ON a.person = j.approved_by
WHERE COALESCE(m.current_name, j.repository) = p.repository
