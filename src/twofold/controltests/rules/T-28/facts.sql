SELECT
    p.item AS item,
    'A' AS attribute,
    'policy' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'The register asks for policy ' || p.policy || ' from ' || CAST(p.starts_at AS STRING) || ' and before '
    || CAST(p.ends_before AS STRING) || ' of this month.' AS fact
FROM population AS p
WHERE p.is_registered = 1
UNION ALL
SELECT
    p.item AS item,
    l.attribute AS attribute,
    'policy_version' AS table_name,
    v.evidence AS evidence,
    v.record AS record,
    'Version ' || v.version || ' is in force from ' || CAST(v.effective_at AS STRING) || '; approved by '
    || COALESCE(v.approved_by, 'nobody') || COALESCE(' (' || n.person || ')', '') || ' at '
    || COALESCE(v.approved_at_text, 'an unknown time')
    || COALESCE('; it promises a review before ' || CAST(v.next_review_at AS STRING), '')
    || COALESCE('; withdrawn at ' || CAST(v.withdrawn_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN policy_version AS v ON v.policy = p.policy AND v.effective_at < p.ends_before
CROSS JOIN (
    SELECT 'A' AS attribute
    UNION ALL
    SELECT 'B' AS attribute
) AS l
LEFT JOIN identity AS n ON n.account = v.approved_by AND n.valid_from <= v.approved_at AND v.approved_at < n.valid_to
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'policy_review' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    COALESCE(r.reviewed_by, 'nobody named') || COALESCE(' (' || n.person || ')', '') || ' looked the policy through at '
    || r.reviewed_at_text || COALESCE(' (version ' || r.version || ')', '') || '.' AS fact
FROM population AS p
JOIN policy_review AS r ON r.policy = p.policy AND r.reviewed_at < p.ends_before
LEFT JOIN identity AS n ON n.account = r.reviewed_by AND n.valid_from <= r.reviewed_at AND r.reviewed_at < n.valid_to
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'policy_number' AS table_name,
    o.evidence AS evidence,
    o.record AS record,
    'Policy ' || o.policy || ' version ' || o.version || COALESCE(' in ' || o.document, '') || ' promises for '
    || o.measure || ' ' || COALESCE(o.bound, 'at_most') || ' ' || CAST(o.value AS STRING) || ' ' || o.unit
    || '; the version takes effect at ' || CAST(v.effective_at AS STRING) || '.' AS fact
FROM population AS p
JOIN (
    SELECT DISTINCT m.policy AS policy, o.policy AS other, o.version AS version, o.measure AS measure
    FROM policy_number AS m
    JOIN policy_number AS o ON o.measure = m.measure
) AS s ON s.policy = p.policy
JOIN policy_number AS o ON o.policy = s.other AND o.version = s.version AND o.measure = s.measure
LEFT JOIN policy AS k ON k.id = o.policy
JOIN policy_version AS v ON v.policy = o.policy AND v.version = o.version AND v.effective_at < p.ends_before
WHERE p.system = 'company' OR COALESCE(k.system, 'company') IN ('company', p.system)
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'measured_value' AS table_name,
    m.evidence AS evidence,
    m.record AS record,
    m.measure || ' was ' || CAST(m.value AS STRING) || ' ' || m.unit || COALESCE(' in ' || m.system, '') || ' from '
    || CAST(m.holds_from AS STRING) || COALESCE(' and before ' || CAST(m.holds_to AS STRING), '') || '.' AS fact
FROM population AS p
JOIN (SELECT DISTINCT o.policy AS policy, o.measure AS measure FROM policy_number AS o) AS s ON s.policy = p.policy
JOIN measured_value AS m
    ON m.measure = s.measure AND (p.system = 'company' OR COALESCE(m.system, 'company') IN ('company', p.system))
        AND m.holds_from < p.ends_before AND (m.holds_to IS NULL OR m.holds_to > p.starts_at)
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'acknowledgement' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    a.person || ' acknowledged version ' || a.version || ' at ' || COALESCE(a.signed_at_text, 'an unknown time') || '.' AS fact
FROM population AS p
JOIN policy_version AS v
    ON v.policy = p.policy AND v.effective_at + p.acknowledge_days * INTERVAL '1' DAY >= p.starts_at
        AND v.effective_at + p.acknowledge_days * INTERVAL '1' DAY < p.ends_before
JOIN acknowledgement AS a ON a.policy = v.policy AND a.version = v.version
