SELECT
    p.item AS item,
    l.attribute AS attribute,
    'dsr' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    CASE
        WHEN l.attribute = 'A' THEN 'By the log identity was checked at ' || COALESCE(r.identity_checked_at_text, 'no known time')
            || ' and something disclosed at ' || COALESCE(r.disclosed_at_text, r.answered_at_text, 'no known time') || '.'
        WHEN l.attribute = 'B' THEN 'By the log received at ' || r.received_at_text || ' over ' || COALESCE(r.channel, 'an unknown way in')
            || ', entered at ' || COALESCE(r.created_at_text, 'an unknown time') || ', answered at '
            || COALESCE(r.answered_at_text, 'no known time') || '; the clock starts at ' || CAST(p.operating_at AS STRING)
            || COALESCE('; it asks for: ' || r.kind, '') || COALESCE('; it repeats ' || r.duplicate_of, '')
            || COALESCE('; said to be no request about personal data: ' || r.not_personal_reason, '') || '.'
        WHEN l.attribute = 'C' THEN 'Decision: ' || COALESCE(r.decision, 'none') || '.'
        ELSE 'Decision: ' || COALESCE(r.decision, 'none') || '; reason told: ' || COALESCE(r.refusal_reason, 'none') || '.'
    END AS fact
FROM population AS p
JOIN dsr AS r ON r.id = p.item
CROSS JOIN (
    SELECT 'A' AS attribute
    UNION ALL
    SELECT 'B' AS attribute
    UNION ALL
    SELECT 'C' AS attribute
    UNION ALL
    SELECT 'D' AS attribute
) AS l
UNION ALL
SELECT
    p.item AS item,
    f.attribute AS attribute,
    'dsr_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'The history says at ' || e.occurred_at_text || ': ' || e.field || ' went from ' || COALESCE(e.old_value, 'nothing') || ' to '
    || COALESCE(e.new_value, 'nothing') || '.' AS fact
FROM population AS p
JOIN dsr_event AS e ON e.request = p.item
JOIN (
    SELECT 'identity_checked_at' AS field, 'A' AS attribute
    UNION ALL
    SELECT 'answered_at' AS field, 'A' AS attribute
    UNION ALL
    SELECT 'answered_at' AS field, 'B' AS attribute
    UNION ALL
    SELECT 'status' AS field, 'B' AS attribute
    UNION ALL
    SELECT 'extension_notice' AS field, 'B' AS attribute
) AS f ON f.field = e.field
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'dsr_intake' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    i.channel || ' ' || i.id || ' was received at ' || i.received_at_text
    || CASE WHEN i.request <> p.item THEN ' and filed as ' || i.request ELSE '' END || '.' AS fact
FROM population AS p
JOIN dsr AS r ON r.id = p.item OR r.duplicate_of = p.item
JOIN dsr_intake AS i ON i.request = r.id
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'dsr' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    s.value || ' was searched or acted on.' AS fact
FROM population AS p
JOIN dsr__systems_searched AS s ON s.id = p.item
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'personal_data_system' AS table_name,
    d.evidence AS evidence,
    d.record AS record,
    d.system || ' holds personal data from ' || COALESCE(CAST(d.valid_from AS STRING), 'always')
    || COALESCE(' and before ' || CAST(d.valid_to AS STRING), '') || '.' AS fact
FROM population AS p
JOIN personal_data_system AS d ON p.system = 'company'
