SELECT
    p.item AS item,
    CASE WHEN t.setting = 'local_login' THEN 'E' ELSE 'A' END AS attribute,
    'setting_state' AS table_name,
    CAST(NULL AS STRING) AS evidence,
    CAST(NULL AS STRING) AS record,
    'From ' || CAST(GREATEST(t.valid_from, p.window_from) AS STRING) || ' to ' || CAST(LEAST(t.valid_to, p.window_to) AS STRING)
    || ' ' || t.setting || ' of ' || t.object || ' was '
    || CASE WHEN t.state = 'known' THEN COALESCE(t.value, 'not set') ELSE 'unknown (' || t.state || ')' END || '.' AS fact
FROM population AS p
JOIN setting_stretch AS t ON t.system = p.system AND t.valid_from < p.window_to AND p.window_from < t.valid_to
WHERE p.kind = 'policy'
    AND ((t.setting IN ('mfa_required', 'legacy_protocols') AND t.object = p.object) OR t.setting = 'local_login')
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'mfa_scope' AS table_name,
    f.evidence AS evidence,
    f.record AS record,
    'Policy ' || f.policy || ' ' || f.effect || ' '
    || CASE
        WHEN f.right_id = '*' THEN 'everybody'
        ELSE 'members of ' || f.right_id || '; from ' || CAST(GREATEST(t.valid_from, p.window_from) AS STRING) || ' to '
            || CAST(LEAST(t.valid_to, p.window_to) AS STRING) || ' the account was '
            || CASE
                WHEN t.state <> 'known' THEN 'perhaps one (' || t.state || ')'
                WHEN t.value = 'true' THEN 'one'
                ELSE 'none'
            END
    END || '.' AS fact
FROM population AS p
JOIN mfa_scope AS f ON f.system = p.system
LEFT JOIN setting_stretch AS t
    ON t.system = p.system AND t.object = p.object AND t.setting = 'member:' || f.right_id
    AND t.valid_from < p.window_to AND p.window_from < t.valid_to
WHERE p.kind IN ('human', 'shared') AND (f.right_id = '*' OR t.object IS NOT NULL)
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'factor' AS table_name,
    f.evidence AS evidence,
    f.record AS record,
    'Factor ' || f.type || ' (' || COALESCE(f.status, 'no status') || ') was enrolled at '
    || COALESCE(CAST(f.enrolled_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
JOIN factor AS f ON f.account = p.object
WHERE p.kind IN ('human', 'shared')
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'mfa_exemption' AS table_name,
    x.evidence AS evidence,
    x.record AS record,
    'Exempt from ' || CAST(x.valid_from AS STRING) || ' to ' || COALESCE(CAST(x.valid_to AS STRING), 'no end')
    || CASE WHEN x.break_glass THEN ' for emergencies' ELSE '' END || ', approved by ' || COALESCE(x.approved_by, 'nobody')
    || ' at ' || COALESCE(CAST(x.approved_at AS STRING), 'an unknown time') || ', owner ' || COALESCE(x.owner, 'nobody')
    || COALESCE(': ' || x.reason, '') || '.' AS fact
FROM population AS p
JOIN mfa_exemption AS x
    ON x.account = p.object AND x.valid_from < p.window_to AND (x.valid_to IS NULL OR x.valid_to > p.window_from)
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'sign_in' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Signed in to ' || s.system || ' at ' || CAST(s.occurred_at AS STRING) || ' (' || COALESCE(s.method, 'interactive')
    || ') with ' || COALESCE(s.factors, 'unknown factors') || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN sign_in AS s ON s.account = p.object AND s.occurred_at >= p.window_from AND s.occurred_at < p.window_to
LEFT JOIN mfa_exemption AS x
    ON x.account = s.account AND x.valid_from <= s.occurred_at AND (x.valid_to IS NULL OR s.occurred_at < x.valid_to)
WHERE s.result = 'success' AND COALESCE(s.method, 'interactive') <> 'token'
    AND (
        s.factors IS NULL OR x.account IS NOT NULL OR s.method = 'local_password' OR LOWER(s.factors) = 'federated'
        OR POSITION(';' || LOWER(s.factors) || ';' IN ';' || q.single_factors || ';') > 0
        OR POSITION('remembered' IN LOWER(s.factors)) > 0
    )
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'sign_in_review' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Sign-in ' || r.sign_in || ' was reviewed at ' || CAST(r.reviewed_at AS STRING) || ' by '
    || COALESCE(r.reviewer, 'nobody named') || '.' AS fact
FROM population AS p
JOIN sign_in AS s ON s.account = p.object AND s.occurred_at >= p.window_from AND s.occurred_at < p.window_to
JOIN sign_in_review AS r ON r.sign_in = s.id
