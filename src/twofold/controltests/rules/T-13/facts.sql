WITH named_key AS (
    SELECT p.item AS item, p.reference AS named FROM population AS p WHERE p.reference IS NOT NULL
    UNION
    SELECT p.item AS item, t.value AS named
    FROM population AS p
    JOIN pull_request__tickets AS t ON t.id = p.reference
    UNION
    SELECT p.item AS item, t.ticket AS named
    FROM population AS p
    JOIN change_unit AS u ON u.deployment = p.item
    JOIN change_ticket AS t ON t.item = u.item
)
SELECT
    p.item AS item,
    'A' AS attribute,
    p.origin AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'Production was changed at ' || COALESCE(CAST(p.operating_at AS STRING), 'an unknown time') || ' by '
    || COALESCE(p.actor, 'an unknown account') || ': ' || p.kind || COALESCE(' of ' || p.object, '')
    || CASE
        WHEN p.origin = 'deployment' THEN '.'
        ELSE COALESCE(', naming ' || p.reference || '.', ', naming no key.')
    END AS fact
FROM population AS p
UNION ALL
-- Every change of the deployment by name, so that the unmatched one of many is seen at once.
SELECT
    p.item AS item,
    'A' AS attribute,
    CASE WHEN u.pull_request IS NOT NULL THEN 'pull_request' WHEN u.sha IS NOT NULL THEN 'code_commit' ELSE 'deployment' END
    AS table_name,
    COALESCE(r.evidence, k.evidence, u.evidence) AS evidence,
    COALESCE(r.record, k.record, u.record) AS record,
    CASE
        WHEN u.excuse IS NOT NULL AND u.excuse <> 'content_free'
            THEN 'No change is asked of the deployment (' || u.excuse || ').'
        WHEN u.unknown = 'conflict' THEN 'Two records of the deployment or of its change contradict each other.'
        WHEN u.unknown IS NOT NULL
            THEN 'No change is known in the deployment of ' || COALESCE(u.deployed_sha, 'an unknown commit') || ' (' || u.unknown || ').'
        ELSE 'The deployment carries ' || COALESCE('pull request ' || u.pull_request, 'commit ' || u.sha)
            || CASE
                WHEN u.excuse = 'content_free' THEN ', a clean merge of the base branch.'
                WHEN t.ticket IS NULL THEN ', which names no ticket.'
                WHEN t.known THEN ', which names ticket ' || t.ticket || '.'
                WHEN s.id IS NOT NULL THEN ', which names standard change ' || t.ticket || '.'
                ELSE ', which names ' || t.ticket || '; no such ticket is in the data.'
            END
    END AS fact
FROM population AS p
JOIN change_unit AS u ON u.deployment = p.item
LEFT JOIN change_ticket AS t ON t.item = u.item
LEFT JOIN (SELECT DISTINCT x.id AS id FROM standard_change AS x) AS s ON s.id = t.ticket
LEFT JOIN pull_request AS r ON r.id = u.pull_request
LEFT JOIN code_commit AS k ON k.repository = u.repository AND k.sha = u.sha
WHERE p.origin = 'deployment'
UNION ALL
SELECT
    n.item AS item,
    'A' AS attribute,
    'ticket' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Ticket ' || t.key || ', now of type ' || t.type
    || CASE
        WHEN c.is_change IS NULL THEN ' (the scope files say nothing of this type)'
        WHEN c.is_change THEN ' (may authorise a change)'
        ELSE ' (may not authorise a change)'
    END
    || ' was created at ' || COALESCE(CAST(t.created_at AS STRING), 'an unknown time') || '.' AS fact
FROM named_key AS n
JOIN ticket AS t ON t.key = n.named
LEFT JOIN change_type AS c ON c.id = t.type
UNION ALL
SELECT
    n.item AS item,
    'A' AS attribute,
    'ticket_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    CASE WHEN e.field = 'key' THEN 'Key' ELSE 'Type' END || ' of ticket ' || e.ticket || ' changed at '
    || CAST(e.occurred_at AS STRING) || ' from '
    || COALESCE(e.old_value, 'an unknown one') || ' to ' || COALESCE(e.new_value, 'an unknown one') || '.' AS fact
FROM named_key AS n
JOIN ticket_event AS e ON e.ticket = n.named AND e.field IN ('type', 'issuetype', 'key')
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'standard_change' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Standard change ' || s.id || ', approved by ' || COALESCE(s.approved_by, 'nobody') || ', in force from '
    || COALESCE(CAST(s.valid_from AS STRING), 'always') || ' to ' || COALESCE(CAST(s.valid_to AS STRING), 'now')
    || ', for objects like ' || COALESCE('"' || s.object_pattern || '"', 'any')
    || CASE WHEN k.id IS NULL THEN '; its kinds do not include ' ELSE '; its kinds include ' END || p.kind || '.' AS fact
FROM population AS p
JOIN standard_change AS s ON TRUE
LEFT JOIN standard_change__kinds AS k
    ON k.id = s.id AND k.valid_from IS NOT DISTINCT FROM s.valid_from AND k.value = p.kind
LEFT JOIN named_key AS n ON n.item = p.item AND n.named = s.id
WHERE n.item IS NOT NULL OR (p.origin = 'prod_event' AND p.reference IS NULL AND k.id IS NOT NULL)
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'account' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'The actor ' || a.id || ' is a ' || COALESCE(a.kind, 'human') || ' account'
    || COALESCE(', triggered by ' || a.triggered_by, '') || '.' AS fact
FROM population AS p
JOIN account AS a ON a.id = p.actor
WHERE p.origin = 'prod_event' AND p.reference IS NULL
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'difference_explanation' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    e.explained_by || ' explained it at ' || CAST(e.explained_at AS STRING)
    || CASE WHEN e.explained_at >= p.operating_at_latest + q.explain_days * INTERVAL '1' DAY THEN ', too late: ' ELSE ': ' END
    || e.reason AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN difference_explanation AS e ON e.population = 'release_event' AND e.difference_key = p.item
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'finding_response' AS table_name,
    f.evidence AS evidence,
    f.record AS record,
    f.given_by || ' answered the finding ' || f.finding || ' at ' || CAST(f.given_at AS STRING)
    || CASE WHEN f.given_at_latest < p.operating_at THEN ', before this event: ' ELSE ': ' END || f.response AS fact
FROM population AS p
JOIN finding_response AS f ON f.finding LIKE '%/T-13/A/%'
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'post_review' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Ticket ' || r.ticket || ' was looked back at by ' || COALESCE(r.reviewer, 'an unknown account') || ' at '
    || CAST(r.reviewed_at AS STRING) || '.' AS fact
FROM population AS p
JOIN post_review AS r ON r.ticket = p.reference
