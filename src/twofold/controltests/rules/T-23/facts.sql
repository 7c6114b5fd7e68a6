SELECT
    p.item AS item,
    CASE WHEN p.kind = 'job' THEN 'A' ELSE 'E' END AS attribute,
    CASE WHEN p.kind = 'job' THEN 'batch_job' ELSE 'interface' END AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    CASE WHEN p.kind = 'job' THEN 'Job ' ELSE 'Interface ' END || p.plan || ' was due at ' || CAST(p.starts_at AS STRING)
    || ' and had to end by ' || CAST(p.due_at AS STRING) || ' UTC.' AS fact
FROM population AS p
WHERE p.kind IN ('job', 'slot')
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'job_run' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Run ' || r.id || ' began at ' || COALESCE(CAST(r.started_at AS STRING), 'no time') || ' and ended at '
    || COALESCE(CAST(r.ended_at AS STRING), 'an unknown time') || ': ' || r.status || ', '
    || COALESCE(CAST(r.rows AS STRING), 'an unknown number of') || ' rows.' AS fact
FROM population AS p
JOIN job_run AS r
    ON r.job = p.plan AND COALESCE(r.slot_at, r.started_at) < p.ends_before
        AND COALESCE(r.slot_at_latest, r.started_at_latest) >= p.starts_at
CROSS JOIN (
    SELECT 'A' AS attribute
    UNION ALL
    SELECT 'B' AS attribute
    UNION ALL
    SELECT 'C' AS attribute
) AS v
WHERE p.kind = 'job'
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'run_followup' AS table_name,
    f.evidence AS evidence,
    f.record AS record,
    'Finance was told ' || COALESCE('at ' || CAST(f.finance_told_at AS STRING), 'never') || COALESCE(' by ' || f.finance_told_by, '')
    || COALESCE('; ticket ' || f.ticket, '') || '.' AS fact
FROM population AS p
JOIN run_followup AS f
    ON f.activity = 'job' AND f.plan = p.plan AND f.slot_at <= p.starts_at AND p.starts_at <= f.slot_at_latest
WHERE p.kind = 'job'
UNION ALL
SELECT
    p.item AS item,
    CASE WHEN p.kind = 'job' THEN 'A' ELSE 'E' END AS attribute,
    'run_pause' AS table_name,
    u.evidence AS evidence,
    u.record AS record,
    'The schedule was switched off from ' || CAST(u.starts_at AS STRING) || ' to '
    || COALESCE(CAST(u.ends_before AS STRING), 'an open end') || '; allowed by ' || COALESCE(u.approved_by, 'nobody')
    || COALESCE(' at ' || CAST(u.approved_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN run_pause AS u ON u.plan = p.plan AND u.activity = CASE WHEN p.kind = 'job' THEN 'job' ELSE 'transfer' END
    AND u.starts_at <= p.starts_at AND (u.ends_before IS NULL OR p.starts_at < u.ends_before)
WHERE p.kind IN ('job', 'slot')
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'schedule_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'The schedule of ' || e.job || ' went from ' || COALESCE(e.old_value, 'nothing') || ' to ' || COALESCE(e.new_value, 'nothing')
    || ' at ' || CAST(e.occurred_at AS STRING) || ' by ' || COALESCE(e.actor, 'nobody named')
    || COALESCE(' (' || m.person || CASE WHEN g.human <> m.person THEN ', one human with ' || g.human ELSE '' END || ')', '') || ', under '
    || COALESCE('ticket ' || e.ticket, 'no ticket') || '.' AS fact
FROM population AS p
JOIN schedule_event AS e ON e.id = p.event
LEFT JOIN identity AS m ON m.account = e.actor AND m.valid_from <= e.occurred_at AND e.occurred_at < m.valid_to
LEFT JOIN same_human AS g ON g.person = m.person
WHERE p.kind = 'schedule'
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    a.table_name AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'Ticket ' || a.ticket || ' was authorised at ' || CAST(a.authorised_at AS STRING) || ' by ' || COALESCE(a.account, 'nobody named')
    || COALESCE(' (' || n.person || CASE WHEN h.human <> n.person THEN ', one human with ' || h.human ELSE '' END || ')', '')
    || COALESCE(', until ' || CAST(a.ended_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN schedule_event AS e ON e.id = p.event
JOIN ticket_authorisation AS a ON a.ticket = e.ticket
LEFT JOIN identity AS n ON n.account = a.account AND n.valid_from <= a.authorised_at AND a.authorised_at < n.valid_to
LEFT JOIN same_human AS h ON h.person = n.person
WHERE p.kind = 'schedule'
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'ticket' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Ticket ' || t.key || ' is now of type ' || t.type
    || CASE
        WHEN c.is_change IS NULL THEN ' (the scope files say nothing of this type).'
        WHEN c.is_change THEN ' (may authorise a change).'
        ELSE ' (may not authorise a change).'
    END AS fact
FROM population AS p
JOIN schedule_event AS e ON e.id = p.event
JOIN ticket AS t ON t.key = e.ticket
LEFT JOIN change_type AS c ON c.id = t.type
WHERE p.kind = 'schedule'
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'ticket_event' AS table_name,
    h.evidence AS evidence,
    h.record AS record,
    'Type of ticket ' || h.ticket || ' changed at ' || CAST(h.occurred_at AS STRING) || ' from '
    || COALESCE(h.old_value, 'an unknown one') || ' to ' || COALESCE(h.new_value, 'an unknown one') || '.' AS fact
FROM population AS p
JOIN schedule_event AS e ON e.id = p.event
JOIN ticket_event AS h ON h.ticket = e.ticket AND h.field IN ('type', 'issuetype')
WHERE p.kind = 'schedule'
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'transfer' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Transfer ' || t.id || ' at ' || CAST(t.transferred_at AS STRING) || ': ' || t.status
    || CASE
        WHEN v.attribute = 'E'
            THEN ', ' || COALESCE(CAST(t.source_count AS STRING), 'no count') || ' rows sent, '
                || COALESCE(CAST(t.target_count AS STRING), 'no count') || ' taken over, '
                || COALESCE(CAST(t.rejects AS STRING), 'no count') || ' refused'
        WHEN v.attribute = 'F'
            THEN ', ' || COALESCE(CAST(t.source_sum AS STRING), 'no sum') || ' sent, '
                || COALESCE(CAST(t.target_sum AS STRING), 'no sum') || ' taken over, '
                || COALESCE(CAST(t.reject_sum AS STRING), 'no sum') || ' refused'
        WHEN v.attribute = 'G'
            THEN ', ' || COALESCE(CAST(t.rejects AS STRING), 'no count') || ' rows refused, cleared '
                || COALESCE('at ' || CAST(t.cleared_at AS STRING), 'never')
        ELSE ', reviewed ' || COALESCE('at ' || CAST(t.reviewed_at AS STRING), 'never') || COALESCE(' by ' || t.reviewed_by, '')
    END || '.' AS fact
FROM population AS p
JOIN transfer AS t ON t.id = p.event
CROSS JOIN (
    SELECT 'E' AS attribute
    UNION ALL
    SELECT 'F' AS attribute
    UNION ALL
    SELECT 'G' AS attribute
    UNION ALL
    SELECT 'H' AS attribute
) AS v
WHERE p.kind = 'transfer'
