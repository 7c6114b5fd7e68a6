-- What each attribute of T-15 rests on: one plain sentence per source row. Every run is shown, so earlier failures are too.
SELECT
    p.item AS item, x.attribute AS attribute, 'deployment' AS table_name, p.evidence AS evidence, p.record AS record,
    'Deployment ' || p.deployment || ' of ' || COALESCE(p.deployed_sha, 'an unknown commit') || ' started at '
    || COALESCE(CAST(p.started_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'A' AS attribute UNION ALL SELECT 'B' UNION ALL SELECT 'C' UNION ALL SELECT 'D' UNION ALL SELECT 'E'
) AS x
UNION ALL
SELECT
    p.item AS item, 'A' AS attribute, 'pull_request' AS table_name, r.evidence AS evidence, r.record AS record,
    'Pull request ' || r.id || ' was merged at ' || COALESCE(CAST(r.merged_at AS STRING), 'an unknown time')
    || ' as ' || COALESCE(r.merge_sha, 'an unknown commit') || '; its head was ' || COALESCE(r.head_sha, 'unknown') || '.' AS fact
FROM population AS p
JOIN pull_request AS r ON r.id = p.pull_request
UNION ALL
SELECT
    p.item AS item, 'A' AS attribute, 'check_requirement' AS table_name, r.evidence AS evidence, r.record AS record,
    'Check ' || r.name || ' is required for ' || r.scope || ' from ' || COALESCE(CAST(r.valid_from AS STRING), 'ever')
    || ' until ' || COALESCE(CAST(r.valid_to AS STRING), 'further notice') || '.' AS fact
FROM population AS p
JOIN check_requirement AS r ON r.scope = p.system OR r.scope = '*'
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'check_run' AS table_name, c.evidence AS evidence, c.record AS record,
    'Check ' || c.name || ' on ' || c.sha || ': ' || COALESCE(c.conclusion, 'not finished') || ' at '
    || COALESCE(CAST(c.completed_at AS STRING), 'an unknown time')
    || CASE
        WHEN c.completed_at > p.started_at_latest THEN ', after the release'
        WHEN c.completed_at > r.merged_at_latest THEN ', after the merge'
        WHEN c.completed_at_latest < r.merged_at THEN ', before the merge'
        ELSE ''
    END
    || CASE WHEN c.sha = p.deployed_sha THEN ', on the released commit' ELSE '' END
    || '.' AS fact
FROM (
    SELECT
        q.item AS item, q.repository AS repository, q.pull_request AS pull_request, q.deployed_sha AS deployed_sha,
        q.started_at_latest AS started_at_latest, q.deployed_sha AS sha
    FROM population AS q
    UNION
    SELECT
        q.item AS item, q.repository AS repository, q.pull_request AS pull_request, q.deployed_sha AS deployed_sha,
        q.started_at_latest AS started_at_latest, q.final_sha AS sha
    FROM population AS q
    UNION
    SELECT
        q.item AS item, q.repository AS repository, q.pull_request AS pull_request, q.deployed_sha AS deployed_sha,
        q.started_at_latest AS started_at_latest, q.merge_sha AS sha
    FROM population AS q
    UNION
    SELECT
        q.item AS item, q.repository AS repository, q.pull_request AS pull_request, q.deployed_sha AS deployed_sha,
        q.started_at_latest AS started_at_latest, o.sha AS sha
    FROM population AS q
    JOIN code_commit AS d ON d.repository = q.repository AND d.sha = q.deployed_sha
    JOIN code_commit AS o ON o.repository = d.repository AND o.tree_sha = d.tree_sha
) AS p
JOIN check_run AS c ON c.sha = p.sha AND COALESCE(c.repository, p.repository) = p.repository
LEFT JOIN pull_request AS r ON r.id = p.pull_request
CROSS JOIN (
    SELECT 'A' AS attribute UNION ALL SELECT 'B' UNION ALL SELECT 'C' UNION ALL SELECT 'D'
) AS x
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, 'check_path_rule' AS table_name, r.evidence AS evidence, r.record AS record,
    'Check ' || r.name || ' may be skipped for ' || r.scope || ' where only files like ' || r.path_pattern || ' changed, from '
    || COALESCE(CAST(r.valid_from AS STRING), 'ever') || ' until ' || COALESCE(CAST(r.valid_to AS STRING), 'further notice')
    || '.' AS fact
FROM population AS p
JOIN check_path_rule AS r ON r.scope = p.system OR r.scope = '*'
UNION ALL
SELECT
    k.item AS item, 'B' AS attribute, 'commit_path' AS table_name, x.evidence AS evidence, x.record AS record,
    'Commit ' || x.sha || ' changed ' || x.path || '.' AS fact
FROM (
    SELECT p.item AS item, l.repository AS repository, l.sha AS sha
    FROM population AS p
    JOIN change_link AS l ON l.pull_request = p.pull_request AND l.via = 'listed'
    UNION
    SELECT p.item AS item, p.repository AS repository, p.sha AS sha
    FROM population AS p
) AS k
JOIN commit_path AS x ON x.repository = k.repository AND x.sha = k.sha
UNION ALL
SELECT
    t.item AS item, 'E' AS attribute, 'ticket' AS table_name, t.evidence AS evidence, t.record AS record,
    'Ticket ' || t.ticket
    || CASE WHEN t.type_unclear THEN ' is of a type that its history does not tell' ELSE ' is of type ' || t.type END
    || CASE
        WHEN t.functional THEN ', which alters what the system does'
        WHEN t.functional IS NULL THEN ', of which nothing says whether it is functional'
        ELSE ', which is not functional'
    END || '.' AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
WHERE t.known
UNION ALL
SELECT
    t.item AS item, 'E' AS attribute, 'ticket_event' AS table_name, e.evidence AS evidence, e.record AS record,
    CASE WHEN e.field = 'key' THEN 'Key' ELSE 'Type' END || ' of ticket ' || e.ticket || ' changed at '
    || CAST(e.occurred_at AS STRING) || ' from '
    || COALESCE(e.old_value, 'an unknown one') || ' to ' || COALESCE(e.new_value, 'an unknown one') || '.' AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN ticket_event AS e ON e.ticket = t.ticket AND e.field IN ('type', 'issuetype', 'key')
UNION ALL
SELECT
    t.item AS item, 'E' AS attribute, 'requirement_test' AS table_name, v.evidence AS evidence, v.record AS record,
    'Ticket ' || t.ticket || ' is shown met by check ' || v.check_name || '.' AS fact
FROM population AS p
JOIN change_ticket AS t ON t.item = p.item
JOIN requirement_test AS v ON v.requirement = t.ticket
