WITH
-- What was last said of each letter before the month.
earlier AS (
    SELECT
        p.item AS item,
        l.letter AS letter,
        s.evidence AS evidence,
        s.record AS record,
        s.day AS day,
        CASE
            WHEN l.letter = 'A' THEN 'encrypted ' || CAST(s.encrypted AS STRING)
            WHEN l.letter = 'B' THEN 'protected ' || CAST(s.protected AS STRING)
            ELSE 'oldest missing patch ' || CAST(s.patch_age_days AS STRING) || ' days'
        END AS said,
        ROW_NUMBER() OVER (PARTITION BY p.item, l.letter ORDER BY s.day DESC NULLS LAST, s.evidence, s.record) AS place
    FROM population AS p
    CROSS JOIN (SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter) AS l
    JOIN device_state AS s ON s.device = p.device AND s.day < p.starts_at AND COALESCE(s.seen, TRUE)
        AND CASE
            WHEN l.letter = 'A' THEN s.encrypted IS NOT NULL
            WHEN l.letter = 'B' THEN s.protected IS NOT NULL
            ELSE s.patch_age_days IS NOT NULL
        END
)
SELECT
    p.item AS item,
    l.letter AS attribute,
    CASE WHEN p.is_held = 1 THEN 'device' ELSE 'sign_in' END AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'Device ' || p.device || CASE WHEN p.is_held = 1 THEN ' is in the list of devices' ELSE ' is in no list of devices' END
    || CASE
        WHEN p.is_used THEN ' and signed in to a system in a scope.'
        ELSE ' and was not seen in sign-ins to a system in a scope.'
    END AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter UNION ALL SELECT 'D' AS letter
) AS l
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'device' AS table_name,
    d.evidence AS evidence,
    d.record AS record,
    'A ' || COALESCE(d.ownership, 'company') || ' ' || COALESCE(d.kind, 'device') || ' of '
    || COALESCE(d.person, d.account, 'nobody named')
    || CASE WHEN d.managed THEN ', managed' WHEN d.managed IS NULL THEN ', managed' ELSE ', not managed' END
    || CASE WHEN d.mail_only THEN ', for mail only' ELSE '' END || ', from ' || CAST(d.valid_from AS STRING) || ' to '
    || COALESCE(CAST(d.valid_to AS STRING), 'now') || COALESCE(', retired ' || CAST(d.retired_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN device AS d ON d.id = p.device
UNION ALL
SELECT
    p.item AS item,
    l.letter AS attribute,
    'device_state' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'On ' || CAST(s.day AS STRING) || ': encrypted ' || COALESCE(CAST(s.encrypted AS STRING), 'not said') || ', protected '
    || COALESCE(CAST(s.protected AS STRING), 'not said') || ', oldest missing patch '
    || COALESCE(CAST(s.patch_age_days AS STRING), 'not said') || ' days, seen ' || CAST(COALESCE(s.seen, TRUE) AS STRING)
    || '.' AS fact
FROM population AS p
JOIN device_state AS s ON s.device = p.device AND s.day >= p.starts_at AND s.day < p.ends_before
CROSS JOIN (
    SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter UNION ALL SELECT 'D' AS letter
) AS l
UNION ALL
SELECT DISTINCT
    p.item AS item,
    'D' AS attribute,
    'sign_in' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    'It signed in to ' || i.system || ' at ' || CAST(i.occurred_at AS STRING) || ' as ' || i.account
    || ', when by the list of devices nobody had it.' AS fact
FROM population AS p
JOIN sign_in AS i
    ON i.device = p.device AND i.result = 'success' AND p.starts_at <= i.occurred_at AND i.occurred_at < p.ends_before
JOIN system_label AS l
    ON l.system = i.system AND l.label IN ('soc2', 'fin_relevant')
        AND (l.valid_from IS NULL OR l.valid_from <= i.occurred_at) AND (l.valid_to IS NULL OR i.occurred_at < l.valid_to)
WHERE NOT EXISTS (
    SELECT 1 FROM device AS d
    WHERE d.id = i.device AND d.valid_from <= i.occurred_at_latest AND (d.valid_to IS NULL OR i.occurred_at < d.valid_to)
        AND (d.retired_at IS NULL OR i.occurred_at <= d.retired_at_latest)
)
UNION ALL
SELECT
    e.item AS item,
    e.letter AS attribute,
    'device_state' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Before the month it was last said on ' || CAST(e.day AS STRING) || ': ' || e.said || '.' AS fact
FROM earlier AS e
WHERE e.place = 1
