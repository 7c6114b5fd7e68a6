SELECT
    p.item AS item,
    'A' AS attribute,
    'weakness' AS table_name,
    w.evidence AS evidence,
    w.record AS record,
    w.tool || ' record ' || w.id || ': ' || w.vulnerability || ' on ' || w.target || ', severity ' || w.severity || ' at extraction, seen from '
    || CAST(w.first_seen AS STRING) || ' to ' || CAST(w.last_seen AS STRING)
    || COALESCE('; said to be gone at ' || CAST(w.fixed_at AS STRING), '; not said to be gone') || '.' AS fact
FROM population AS p
JOIN weakness AS w ON w.target = p.target AND UPPER(TRIM(w.vulnerability)) = p.vulnerability
    AND p.starts_at <= w.first_seen AND w.first_seen <= p.ends_before
WHERE p.kind = 'finding'
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'weakness_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'The severity went from ' || e.old_severity || ' to ' || e.new_severity || ' at ' || CAST(e.occurred_at AS STRING)
    || COALESCE(' because: ' || e.reason, ' without a reason') || '.' AS fact
FROM population AS p
JOIN weakness AS w ON w.target = p.target AND UPPER(TRIM(w.vulnerability)) = p.vulnerability
    AND p.starts_at <= w.first_seen AND w.first_seen <= p.ends_before
JOIN weakness_event AS e ON e.weakness = w.id
WHERE p.kind = 'finding'
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'risk_acceptance' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Acceptance ' || r.id || ' by ' || r.approver || COALESCE(' (' || n.person || ')', '') || ' at ' || CAST(r.approved_at AS STRING)
    || COALESCE(', until ' || CAST(r.expires_at AS STRING), ', without an end') || '.' AS fact
FROM population AS p
JOIN risk_acceptance AS r ON r.target = p.target AND UPPER(TRIM(r.vulnerability)) = p.vulnerability
LEFT JOIN identity AS n ON n.account = r.approver AND n.valid_from <= r.approved_at AND r.approved_at < n.valid_to
WHERE p.kind = 'finding'
UNION ALL
SELECT
    p.item AS item,
    CASE WHEN p.kind = 'scan' THEN 'C' ELSE 'A' END AS attribute,
    'scan' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    s.tool || ' scanned ' || s.target || ' at ' || CAST(s.scanned_at AS STRING)
    || CASE WHEN s.authenticated THEN ', logged in' ELSE '' END || CASE WHEN s.ok THEN ': good' ELSE ': failed' END || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN scan AS s
    ON s.target = p.target AND s.scanned_at_latest >= p.starts_at
        AND s.scanned_at < CASE WHEN p.kind = 'scan' THEN p.ends_before ELSE q.extracted_at END
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'scan_target' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Target ' || t.id || ' of ' || t.system || ' is scanned ' || COALESCE(t.schedule, 'on no schedule') || '.' AS fact
FROM population AS p
JOIN scan_target AS t ON t.id = p.target
