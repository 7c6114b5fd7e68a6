SELECT
    p.item AS item,
    CASE WHEN p.kind = 'no_plan' THEN 'B' ELSE 'A' END AS attribute,
    CASE WHEN p.kind = 'no_plan' THEN 'store' ELSE 'backup_plan' END AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    CASE
        WHEN p.kind = 'no_plan'
            THEN 'No schedule covered data store ' || p.store || ' from ' || CAST(p.starts_at AS STRING) || ' to '
                || CAST(p.ends_before AS STRING) || ' UTC.'
        ELSE 'Plan ' || p.plan || ' of data store ' || COALESCE(p.store, 'unknown') || ' was due at ' || CAST(p.starts_at AS STRING)
            || ' and had to end by ' || CAST(p.due_at AS STRING) || ' UTC.'
    END AS fact
FROM population AS p
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'backup_run' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Run ' || r.id || ' began at ' || CAST(r.started_at AS STRING) || ' and ended at '
    || COALESCE(CAST(r.ended_at AS STRING), 'an unknown time') || ': ' || r.status || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN backup_run AS r
    ON r.plan = p.plan AND COALESCE(r.slot_at, r.started_at) < p.due_at + q.solve_hours * INTERVAL '1' HOUR
        AND GREATEST(COALESCE(r.slot_at_latest, r.started_at_latest), r.started_at_latest) >= p.starts_at
WHERE p.kind = 'run'
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'run_followup' AS table_name,
    f.evidence AS evidence,
    f.record AS record,
    'The failure is followed up in ' || COALESCE('ticket ' || f.ticket, 'no ticket') || '.' AS fact
FROM population AS p
JOIN run_followup AS f
    ON f.activity = 'backup' AND f.plan = p.plan AND f.slot_at <= p.starts_at AND p.starts_at <= f.slot_at_latest
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'run_pause' AS table_name,
    u.evidence AS evidence,
    u.record AS record,
    'The schedule was switched off from ' || CAST(u.starts_at AS STRING) || ' to '
    || COALESCE(CAST(u.ends_before AS STRING), 'an open end') || '; allowed by ' || COALESCE(u.approved_by, 'nobody')
    || COALESCE(' at ' || CAST(u.approved_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN run_pause AS u ON u.activity = 'backup' AND u.plan = p.plan
    AND u.starts_at <= p.starts_at AND (u.ends_before IS NULL OR p.starts_at < u.ends_before)
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'backup_lag' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'At ' || CAST(l.observed_at AS STRING) || ' the backup was ' || CAST(l.lag_minutes AS STRING) || ' minutes behind; '
    || COALESCE(CAST(p.max_lag_minutes AS STRING) || ' are allowed.', 'no limit is set.') AS fact
FROM population AS p
JOIN backup_lag AS l ON l.plan = p.plan AND p.starts_at <= l.observed_at AND l.observed_at < p.ends_before
WHERE p.kind = 'continuous'
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'backup_report' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'The provider reports for ' || CAST(r.period_from AS STRING) || ' to ' || CAST(r.period_to AS STRING) || ': ' || r.result
    || '.' AS fact
FROM population AS p
JOIN backup_report AS r ON r.plan = p.plan AND r.period_from <= p.starts_at AND p.due_at <= r.period_to
WHERE p.kind = 'provider'
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'backup_config' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'From ' || CAST(c.set_at AS STRING) || ': kept ' || COALESCE(CAST(c.keep_days AS STRING), 'an unknown number of') || ' days, '
    || CASE WHEN c.encrypted THEN 'encrypted' WHEN NOT c.encrypted THEN 'not encrypted' ELSE 'encryption unknown' END || ', '
    || CASE WHEN c.locked THEN 'locked' WHEN NOT c.locked THEN 'not locked' ELSE 'locking unknown' END || ', '
    || CASE WHEN c.enabled THEN 'on' WHEN NOT c.enabled THEN 'off' ELSE 'on or off unknown' END || '.' AS fact
FROM population AS p
JOIN backup_config AS c ON c.plan = p.plan AND c.set_at <= p.starts_at
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'backup' AS table_name,
    k.evidence AS evidence,
    k.record AS record,
    'Backup ' || k.id || ' of run ' || r.id || ', taken at ' || CAST(k.taken_at AS STRING) || ', was '
    || COALESCE('deleted at ' || CAST(k.deleted_at AS STRING), 'not deleted') || '.' AS fact
FROM population AS p
JOIN backup_run AS r
    ON r.plan = p.plan AND COALESCE(r.slot_at, r.started_at) < p.ends_before
        AND COALESCE(r.slot_at_latest, r.started_at_latest) >= p.starts_at
JOIN backup AS k ON k.run = r.id
WHERE p.kind = 'run'
