SELECT
    p.item AS item,
    CASE WHEN p.is_infrastructure THEN 'E' ELSE 'B' END AS attribute,
    'setting_standard' AS table_name,
    d.evidence AS evidence,
    d.record AS record,
    'From ' || CAST(GREATEST(t.valid_from, d.valid_from, p.window_from) AS STRING) || ' to '
    || CAST(LEAST(t.valid_to, d.valid_to, p.window_to) AS STRING) || ' the setting was '
    || CASE WHEN t.state = 'known' THEN COALESCE(t.value, 'not set') ELSE 'unknown (' || t.state || ')' END
    || '; the standard asks for ' || d.comparison || ' ' || d.value || '.' AS fact
FROM population AS p
JOIN setting_stretch AS t
    ON t.system = p.system AND t.object = p.object AND t.setting = p.setting
    AND t.valid_from < p.window_to AND p.window_from < t.valid_to
JOIN setting_demand AS d
    ON d.system = p.system AND d.setting = p.setting AND d.valid_from < t.valid_to AND t.valid_from < d.valid_to
    AND d.valid_from < p.window_to AND p.window_from < d.valid_to
UNION ALL
SELECT
    p.item AS item,
    CASE WHEN p.is_infrastructure THEN 'D' ELSE 'A' END AS attribute,
    'setting_state' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Seen at ' || CAST(s.observed_at AS STRING) || ': ' || COALESCE(s.value, 'not set') || '.' AS fact
FROM population AS p
JOIN setting_state AS s
    ON s.system = p.system AND s.object = p.object AND s.setting = p.setting
    AND s.observed_at >= p.window_from AND s.observed_at < p.window_to
UNION ALL
SELECT
    p.item AS item,
    CASE WHEN p.is_infrastructure THEN 'E' ELSE 'C' END AS attribute,
    'setting_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Changed at ' || CAST(e.occurred_at AS STRING) || ' by ' || COALESCE(e.actor, 'an unknown account') || ' from '
    || COALESCE(e.old_value, 'an unrecorded value') || ' to ' || COALESCE(e.new_value, 'not set')
    || COALESCE(', naming ' || e.reference, ', naming no ticket') || '.' AS fact
FROM population AS p
JOIN setting_event AS e
    ON e.system = p.system AND e.object = p.object AND e.setting = p.setting
    AND e.occurred_at >= p.window_from AND e.occurred_at < p.window_to
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    g.table_name AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    'Ticket ' || g.ticket || ' was authorised at ' || CAST(g.authorised_at AS STRING)
    || COALESCE(', until ' || CAST(g.ended_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN setting_event AS e
    ON e.system = p.system AND e.object = p.object AND e.setting = p.setting
    AND e.occurred_at >= p.window_from AND e.occurred_at < p.window_to
JOIN ticket_authorisation AS g ON g.ticket = e.reference
WHERE NOT p.is_infrastructure
