-- What each attribute of T-10 rests on: one plain sentence per source row.
SELECT
    p.item AS item, x.attribute AS attribute, 'deployment' AS table_name, p.evidence AS evidence, p.record AS record,
    'Deployment ' || p.deployment || ' of ' || COALESCE(p.deployed_sha, 'an unknown commit') || ' started at '
    || COALESCE(CAST(p.started_at AS STRING), 'an unknown time') || ', released by ' || COALESCE(p.actor, 'nobody named')
    || CASE WHEN p.by_pipeline THEN ' through a pipeline' ELSE '' END AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'A' AS attribute UNION ALL SELECT 'B' UNION ALL SELECT 'C' UNION ALL SELECT 'D' UNION ALL SELECT 'E'
    UNION ALL SELECT 'H'
) AS x
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'repository_event' AS table_name, e.evidence AS evidence, e.record AS record,
    'Repository ' || e.repository || ' was ' || e.kind || ' to ' || e.new_name || ' at ' || CAST(e.occurred_at AS STRING) AS fact
FROM population AS p
JOIN repository_now AS m ON m.current_name = p.repository
JOIN repository_event AS e ON e.repository = m.name AND e.new_name IS NOT NULL
CROSS JOIN (SELECT 'B' AS attribute UNION ALL SELECT 'C' UNION ALL SELECT 'E') AS x
UNION ALL
SELECT
    t.item AS item, 'A' AS attribute, 'ticket' AS table_name, t.evidence AS evidence, t.record AS record,
    'Ticket ' || t.ticket
    || CASE
        WHEN NOT t.known THEN ' is not in the data'
        WHEN t.type_unclear THEN ', whose history does not tell its type at the start'
        ELSE ' of type ' || COALESCE(t.type, 'unknown')
    END
    || CASE WHEN t.migrated_at IS NULL THEN '' ELSE ', history imported at ' || CAST(t.migrated_at AS STRING) END AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
UNION ALL
SELECT
    t.item AS item, x.attribute AS attribute, 'ticket_event' AS table_name, e.evidence AS evidence, e.record AS record,
    CASE WHEN e.field = 'key' THEN 'Key' ELSE 'Type' END || ' of ticket ' || e.ticket || ' changed at '
    || CAST(e.occurred_at AS STRING) || ' from '
    || COALESCE(e.old_value, 'an unknown one') || ' to ' || COALESCE(e.new_value, 'an unknown one') AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket_event AS e ON e.ticket = t.ticket AND e.field IN ('type', 'issuetype', 'key')
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'I') AS x
UNION ALL
SELECT
    t.item AS item, 'A' AS attribute, a.table_name AS table_name, a.evidence AS evidence, a.record AS record,
    'Ticket ' || t.ticket || ' was authorised at ' || CAST(a.authorised_at AS STRING) || ' by '
    || COALESCE(a.account, 'nobody named')
    || CASE WHEN a.ended_at IS NULL THEN '' ELSE ', which held until ' || CAST(a.ended_at AS STRING) END AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket_authorisation AS a ON a.ticket = t.ticket
UNION ALL
SELECT
    a.subject_item AS item, 'A' AS attribute, 'approval' AS table_name, a.evidence AS evidence, a.record AS record,
    'BACKDATED: somebody typed ' || CAST(a.typed_on AS STRING) || ' for a decision recorded at '
    || CAST(a.decided_at AS STRING) || '; the recorded time counts' AS fact
FROM (
    SELECT
        t.item AS subject_item, v.typed_on_latest AS typed_on, v.decided_at AS decided_at,
        v.evidence AS evidence, v.record AS record
    FROM population AS p
    JOIN change_ticket AS t ON t.item = p.item
    JOIN approval AS v ON v.subject = t.ticket
    WHERE v.typed_on_latest < v.decided_at - INTERVAL '1' DAY
) AS a
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, 'check_run' AS table_name, c.evidence AS evidence, c.record AS record,
    'Check ' || c.name || ' on ' || c.sha || ': ' || COALESCE(c.conclusion, 'not finished') || ' at '
    || COALESCE(CAST(c.completed_at AS STRING), 'an unknown time') AS fact
FROM (
    SELECT q.item AS item, q.repository AS repository, q.deployed_sha AS sha FROM population AS q
    UNION
    SELECT q.item AS item, q.repository AS repository, o.sha AS sha
    FROM population AS q
    JOIN code_commit AS d ON d.repository = q.repository AND d.sha = q.deployed_sha
    JOIN code_commit AS o ON o.repository = d.repository AND o.tree_sha = d.tree_sha
) AS p
JOIN check_run AS c ON c.sha = p.sha AND COALESCE(c.repository, p.repository) = p.repository
UNION ALL
SELECT
    a.item AS item, x.attribute AS attribute, a.table_name AS table_name, a.evidence AS evidence, a.record AS record,
    'Approval (' || a.basis || ') by ' || a.account || COALESCE(', who is ' || a.known_as, ', linked to nobody') || ', at '
    || CAST(a.approved_at AS STRING) || ' on ' || COALESCE(a.commit_sha, 'content that it does not name')
    || ': content ' || a.content || ', authority ' || a.authority || ', ' || a.independence
    || CASE WHEN a.ended_by IS NULL THEN '' ELSE ', ended (' || a.ended_by || ') at ' || CAST(a.ended_at AS STRING) END AS fact
FROM population AS p
JOIN change_approval AS a ON a.item = p.item
CROSS JOIN (
    SELECT 'C' AS attribute UNION ALL SELECT 'D' UNION ALL SELECT 'G' UNION ALL SELECT 'H'
) AS x
UNION ALL
SELECT
    c.item AS item, 'C' AS attribute, c.table_name AS table_name, c.evidence AS evidence, c.record AS record,
    'Worked on it as ' || c.role || ': ' || c.account || COALESCE(', who is ' || c.known_as, ' (' || c.state || ')') AS fact
FROM population AS p
JOIN change_contributor AS c ON c.item = p.item
UNION ALL
SELECT
    p.item AS item, 'E' AS attribute, 'artefact' AS table_name, a.evidence AS evidence, a.record AS record,
    'Artefact ' || a.digest || ' was built from commit ' || a.commit_sha AS fact
FROM population AS p
JOIN artefact AS a ON a.digest = p.digest
UNION ALL
SELECT
    t.item AS item, 'F' AS attribute, 'ticket_event' AS table_name, e.evidence AS evidence, e.record AS record,
    'Field ' || e.field || ' of ' || e.ticket || ' was edited at ' || CAST(e.occurred_at AS STRING) AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket_event AS e ON e.ticket = t.ticket
WHERE e.field <> 'status'
UNION ALL
SELECT
    t.item AS item, 'I' AS attribute, 'approval' AS table_name, a.evidence AS evidence, a.record AS record,
    'Acceptance of ' || t.ticket || ': ' || a.decision || ' by ' || a.approver || ' at ' || CAST(a.decided_at AS STRING) AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN approval AS a ON a.subject = t.ticket AND a.duty = 'uat'
