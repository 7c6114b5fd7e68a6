SELECT
    p.item AS item,
    'A' AS attribute,
    CASE WHEN p.kind = 'source' THEN 'log_source' ELSE 'system_label' END AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    CASE
        WHEN p.kind = 'source' THEN 'Log source ' || p.source_id || ' of ' || p.system || ' was expected'
        ELSE 'No log source was expected of ' || p.system
    END || ' from ' || CAST(p.starts_at AS STRING) || ' to ' || CAST(p.ends_before AS STRING) || ' UTC.' AS fact
FROM population AS p
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'heartbeat' AS table_name,
    h.evidence AS evidence,
    h.record AS record,
    'Nothing more from ' || CAST(h.seen_at AS STRING) || ' to ' || COALESCE(CAST(h.next_at AS STRING), 'the extraction') || ' (with '
    || COALESCE(CAST(h.records AS STRING), 'an unknown number of') || ' records at its start).' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN (
    SELECT
        b.source_id AS source_id,
        b.seen_at AS seen_at,
        b.records AS records,
        b.evidence AS evidence,
        b.record AS record,
        LEAD(b.seen_at) OVER (PARTITION BY b.source_id ORDER BY b.seen_at) AS next_at
    FROM heartbeat AS b
) AS h ON h.source_id = p.source_id AND h.seen_at < p.ends_before AND COALESCE(h.next_at, q.extracted_at) > p.starts_at
WHERE COALESCE(h.next_at, q.extracted_at) > h.seen_at + COALESCE(p.silence_minutes, q.silence_minutes) * INTERVAL '1' MINUTE
    OR h.records = 0
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'log_keeping' AS table_name,
    k.evidence AS evidence,
    k.record AS record,
    'At ' || CAST(k.observed_at AS STRING) || ' the oldest record was of ' || COALESCE(CAST(k.oldest_record_at AS STRING), 'an unknown time')
    || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN log_keeping AS k
    ON k.source_id = p.source_id AND k.observed_at >= p.ends_before
        AND k.observed_at < p.ends_before + q.look_days * INTERVAL '1' DAY
UNION ALL
SELECT
    p.item AS item,
    'E' AS attribute,
    'log_keeping' AS table_name,
    k.evidence AS evidence,
    k.record AS record,
    'At ' || CAST(k.observed_at AS STRING) || ' its records could be deleted by ' || h.value || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN log_keeping AS k
    ON k.source_id = p.source_id AND k.observed_at >= p.ends_before
        AND k.observed_at < p.ends_before + q.look_days * INTERVAL '1' DAY
JOIN log_keeping__may_delete AS h ON h.source_id = k.source_id AND h.observed_at = k.observed_at
