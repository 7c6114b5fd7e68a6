-- What each attribute of T-16 rests on: one plain sentence per source row.
SELECT
    p.item AS item, x.attribute AS attribute, 'deployment' AS table_name, p.evidence AS evidence, p.record AS record,
    'Deployment ' || p.deployment || ' started at ' || COALESCE(CAST(p.started_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'B') AS x
UNION ALL
SELECT
    p.item AS item, 'A' AS attribute, 'ticket' AS table_name, k.evidence AS evidence, k.record AS record,
    'Ticket ' || k.key || CASE WHEN t.type_unclear THEN ' of a type that its history does not tell' ELSE ' of type ' || t.type END || ', which '
    || CASE WHEN c.needs_rollback THEN 'needs' WHEN NOT c.needs_rollback THEN 'does not need' ELSE 'is not known to need' END
    || ' a way back, holds now: ' || COALESCE(k.rollback_plan, 'nothing') AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket AS k ON k.key = t.ticket
LEFT JOIN change_type AS c ON c.id = t.type
UNION ALL
SELECT
    p.item AS item, 'A' AS attribute, 'ticket_event' AS table_name, e.evidence AS evidence, e.record AS record,
    CASE WHEN e.field = 'key' THEN 'Key' ELSE 'Type' END || ' of ticket ' || e.ticket || ' changed at '
    || CAST(e.occurred_at AS STRING) || ' from '
    || COALESCE(e.old_value, 'an unknown one') || ' to ' || COALESCE(e.new_value, 'an unknown one') || '.' AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket_event AS e ON e.ticket = t.ticket AND e.field IN ('type', 'issuetype', 'key')
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'ticket_event' AS table_name, e.evidence AS evidence, e.record AS record,
    'At ' || CAST(e.occurred_at AS STRING) || ' ' || COALESCE(e.actor, 'somebody') || ' changed ' || e.field || ' of '
    || e.ticket || ' to: ' || COALESCE(e.new_value, 'nothing') AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket_event AS e ON e.ticket = t.ticket AND e.field = LOWER(q.rollback_field)
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'B' UNION ALL SELECT 'C') AS x
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, a.table_name AS table_name, a.evidence AS evidence, a.record AS record,
    'Approval for release (' || a.basis || ') by ' || a.account || ' at ' || CAST(a.approved_at AS STRING)
    || COALESCE(', which held until ' || CAST(a.ended_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN change_approval AS a ON a.item = p.item AND a.duty = 'release'
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, a.table_name AS table_name, a.evidence AS evidence, a.record AS record,
    'Ticket ' || a.ticket || ' was authorised at ' || CAST(a.authorised_at AS STRING)
    || COALESCE(', which held until ' || CAST(a.ended_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket_authorisation AS a ON a.ticket = t.ticket
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'pipeline_rollback' AS table_name, r.evidence AS evidence, r.record AS record,
    'Automatic rollback of ' || r.system || ' was proven at ' || CAST(r.proven_at AS STRING) || ' by ' || r.proof || '.' AS fact
FROM population AS p
JOIN pipeline_rollback AS r ON r.system = p.system OR r.system = '*'
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'B' UNION ALL SELECT 'C') AS x
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'field_template' AS table_name, f.evidence AS evidence, f.record AS record,
    'Text of the template: ' || f.text AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN field_template AS f ON LOWER(f.field) = LOWER(q.rollback_field)
