WITH
-- The campaigns of the due period; only where none of them was completed in time also those begun in it on an older snapshot or
-- held inside its grace. Each fact names its campaign.
state AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.starts_at AS starts_at,
        p.due_at AS due_at,
        p.due_at + q.grace_days * INTERVAL '1' DAY AS deadline,
        c.id AS campaign,
        c.snapshot AS snapshot,
        c.started_at AS started_at,
        c.completed_at AS completed_at,
        c.completed_at_latest AS completed_at_latest,
        COALESCE(n.taken_at, c.started_at) AS held_at,
        c.evidence AS evidence,
        c.record AS record
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN campaign AS c ON c.system = p.system
    LEFT JOIN snapshot AS n ON n.id = c.snapshot
),
good AS (
    SELECT s.item AS item
    FROM state AS s
    WHERE s.held_at >= s.starts_at AND s.held_at < s.due_at AND s.completed_at_latest < s.deadline
    GROUP BY s.item
),
near AS (
    SELECT
        s.item AS item,
        s.system AS system,
        s.deadline AS deadline,
        s.campaign AS campaign,
        s.snapshot AS snapshot,
        s.started_at AS started_at,
        s.completed_at AS completed_at,
        s.evidence AS evidence,
        s.record AS record
    FROM state AS s
    LEFT JOIN good AS g ON g.item = s.item
    WHERE (s.held_at >= s.starts_at AND s.held_at < s.due_at)
        OR (g.item IS NULL AND s.held_at >= s.due_at AND s.held_at < s.deadline)
        OR (g.item IS NULL AND s.held_at < s.starts_at AND s.started_at >= s.starts_at AND s.started_at < s.due_at)
),
line AS (
    SELECT
        n.item AS item,
        n.system AS system,
        n.campaign AS campaign,
        n.snapshot AS snapshot,
        n.started_at AS started_at,
        n.completed_at AS completed_at,
        r.account AS account,
        r.right_id AS right_id,
        r.reviewer AS reviewer,
        r.decision AS decision,
        r.decided_at AS decided_at,
        v.person AS reviewer_person,
        COALESCE(v.person, v.state, 'linked to nobody')
        || CASE WHEN w.human <> v.person THEN ', one human with ' || w.human ELSE '' END AS reviewer_name,
        COALESCE(w.human, v.person) AS reviewer_human,
        COALESCE(o.person, o.state, 'linked to nobody')
        || CASE WHEN h.human <> o.person THEN ', one human with ' || h.human ELSE '' END AS owner_name,
        COALESCE(h.human, o.person) AS owner_human,
        r.evidence AS evidence,
        r.record AS record
    FROM near AS n
    JOIN review_item AS r ON r.campaign = n.campaign
    LEFT JOIN identity AS v ON v.account = r.reviewer AND v.valid_from <= r.decided_at AND r.decided_at < v.valid_to
    LEFT JOIN same_human AS w ON w.person = v.person
    LEFT JOIN identity AS o ON o.account = r.account AND o.valid_from <= r.decided_at AND r.decided_at < o.valid_to
    LEFT JOIN same_human AS h ON h.person = o.person
),
-- What gives a right: itself, or a group that nests it. A list that does not expand nested rights shows the group alone.
giving AS (
    SELECT DISTINCT l.right_id AS right_id, l.right_id AS given FROM line AS l
    UNION
    SELECT c.holds AS right_id, c.right_id AS given FROM right_content AS c
),
shown AS (
    SELECT
        s.snapshot AS snapshot, s.account AS account, i.right_id AS right_id, MIN(s.evidence) AS evidence, MIN(s.record) AS record
    FROM snapshot_row AS s
    JOIN snapshot AS n ON n.id = s.snapshot
    JOIN giving AS i ON i.given = s.right_id AND (i.right_id = s.right_id OR NOT COALESCE(n.expands_nested, TRUE))
    GROUP BY s.snapshot, s.account, i.right_id
)
SELECT
    p.item AS item,
    'A' AS attribute,
    'due_occurrence' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'A review of ' || p.system || ' was due from ' || CAST(p.starts_at AS STRING) || ' to before ' || CAST(p.due_at AS STRING)
    || ', and is late from ' || CAST(p.due_at + q.grace_days * INTERVAL '1' DAY AS STRING) || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
UNION ALL
SELECT
    n.item AS item,
    'A' AS attribute,
    'campaign' AS table_name,
    n.evidence AS evidence,
    n.record AS record,
    'Campaign ' || n.campaign || ' began at ' || CAST(n.started_at AS STRING) || ' and was '
    || COALESCE('completed at ' || CAST(n.completed_at AS STRING), 'not completed')
    || CASE WHEN n.completed_at >= n.deadline THEN ', late.' ELSE '.' END AS fact
FROM near AS n
UNION ALL
SELECT
    n.item AS item,
    'B' AS attribute,
    'snapshot' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Campaign ' || n.campaign || ' was built from snapshot ' || s.id || ' of ' || s.system || ' (origin: ' || s.origin || '), taken at '
    || CAST(s.taken_at AS STRING)
    || CASE WHEN COALESCE(s.expands_nested, TRUE) THEN '.' ELSE '; nested rights are not expanded in it.' END AS fact
FROM near AS n
JOIN snapshot AS s ON s.id = n.snapshot
UNION ALL
SELECT
    n.item AS item,
    'B' AS attribute,
    'snapshot_row' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Missing in campaign ' || n.campaign || ': account ' || s.account || ' with right ' || s.right_id
    || ' stands in the snapshot and was not put before a reviewer.' AS fact
FROM near AS n
JOIN snapshot_row AS s ON s.snapshot = n.snapshot
LEFT JOIN review_item AS r ON r.campaign = n.campaign AND r.account = s.account AND r.right_id = s.right_id
WHERE r.campaign IS NULL
UNION ALL
SELECT
    l.item AS item,
    'B' AS attribute,
    'review_item' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'Extra in campaign ' || l.campaign || ': account ' || l.account || ' with right ' || l.right_id
    || ' was reviewed and does not stand in the snapshot.' AS fact
FROM line AS l
LEFT JOIN snapshot_row AS s ON s.snapshot = l.snapshot AND s.account = l.account AND s.right_id = l.right_id
WHERE s.snapshot IS NULL
UNION ALL
SELECT
    n.item AS item,
    'B' AS attribute,
    'snapshot_row' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Right ' || s.right_id || ' of account ' || s.account || ' nests ' || t.holds || ', which the snapshot does not list for it.' AS fact
FROM near AS n
JOIN snapshot AS w ON w.id = n.snapshot AND NOT COALESCE(w.expands_nested, TRUE)
JOIN snapshot_row AS s ON s.snapshot = n.snapshot
JOIN right_content AS t ON t.right_id = s.right_id
LEFT JOIN snapshot_row AS x ON x.snapshot = n.snapshot AND x.account = s.account AND x.right_id = t.holds
WHERE x.snapshot IS NULL
UNION ALL
SELECT
    l.item AS item,
    'C' AS attribute,
    'review_item' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    COALESCE(l.reviewer, 'Nobody named') || ' (' || l.reviewer_name || ') decided ' || l.decision || ' on account '
    || l.account || ' (' || l.owner_name || ') with right ' || l.right_id || ' at '
    || COALESCE(CAST(l.decided_at AS STRING), 'an unknown time')
    || CASE WHEN l.reviewer = l.account OR l.reviewer_human = l.owner_human THEN ': their own access.' ELSE '.' END AS fact
FROM line AS l
WHERE l.decision IS NOT NULL
UNION ALL
SELECT DISTINCT
    l.item AS item,
    'C' AS attribute,
    'roster' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    r.person || ' is on the roster for reviews of ' || r.scope || COALESCE(', ' || r.right_class || ' rights only', '') || ', from '
    || COALESCE(CAST(r.valid_from AS STRING), 'always') || ' to before ' || COALESCE(CAST(r.valid_to AS STRING), 'no end') || '.' AS fact
FROM line AS l
JOIN roster AS r ON r.person = l.reviewer_person AND r.duty = 'review' AND r.scope IN (l.system, '*')
UNION ALL
SELECT DISTINCT
    l.item AS item,
    'C' AS attribute,
    'delegation' AS table_name,
    d.evidence AS evidence,
    d.record AS record,
    d.from_person || ' let ' || d.to_person || ' act for them from ' || COALESCE(CAST(d.valid_from AS STRING), 'always') || ' to before '
    || COALESCE(CAST(d.valid_to AS STRING), 'no end') || '; it was recorded at ' || CAST(d.recorded_at AS STRING) || '.' AS fact
FROM line AS l
JOIN delegation AS d ON d.to_person = l.reviewer_person AND COALESCE(d.duty, 'review') = 'review'
UNION ALL
SELECT
    l.item AS item,
    'D' AS attribute,
    'review_item' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'Nobody decided on account ' || l.account || ' with right ' || l.right_id || ' in campaign ' || l.campaign || '.' AS fact
FROM line AS l
WHERE COALESCE(l.decision, '') NOT IN ('approve', 'revoke', 'modify')
UNION ALL
SELECT
    l.item AS item,
    'E' AS attribute,
    CASE WHEN v.campaign IS NULL THEN 'review_item' ELSE 'revoke' END AS table_name,
    COALESCE(v.evidence, l.evidence) AS evidence,
    COALESCE(v.record, l.record) AS record,
    'Account ' || l.account || ' with right ' || l.right_id || ' was judged wrong (' || l.decision || ') at '
    || COALESCE(CAST(l.decided_at AS STRING), 'an unknown time') || '; '
    || COALESCE('its removal is recorded at ' || CAST(v.executed_at AS STRING), 'no removal is recorded')
    || COALESCE(', ticket ' || v.ticket, '') || '.' AS fact
FROM line AS l
LEFT JOIN "revoke" AS v ON v.campaign = l.campaign AND v.account = l.account AND v.right_id = l.right_id
WHERE l.decision IN ('revoke', 'modify')
UNION ALL
SELECT
    l.item AS item,
    'E' AS attribute,
    g.table_name AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    'The log of the system: ' || g.action || ' right ' || g.right_id || ', account ' || g.account || ', at '
    || COALESCE(CAST(g.occurred_at AS STRING), 'an unknown time')
    || CASE WHEN g.table_name = 'right_event' THEN ', since the right was deleted' ELSE '' END || '.' AS fact
FROM line AS l
JOIN giving AS i ON i.right_id = l.right_id
JOIN grant_change AS g ON g.account = l.account AND g.right_id = i.given
WHERE l.decision IN ('revoke', 'modify')
    AND (g.occurred_at IS NULL OR g.occurred_at_latest >= l.decided_at OR g.right_id <> l.right_id)
UNION ALL
SELECT
    l.item AS item,
    'E' AS attribute,
    'account_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'The log of the system: ' || e.kind || ' account ' || e.account || ' at ' || COALESCE(CAST(e.occurred_at AS STRING), 'an unknown time')
    || '.' AS fact
FROM line AS l
JOIN account_event AS e ON e.account = l.account AND e.kind IN ('create', 'activate', 'enable', 'disable', 'delete')
WHERE l.decision IN ('revoke', 'modify') AND (e.occurred_at IS NULL OR e.occurred_at_latest >= l.decided_at)
UNION ALL
SELECT DISTINCT
    l.item AS item,
    'E' AS attribute,
    'approval' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'Right ' || i.given || ' was asked for anew for account ' || l.account || ' at ' || CAST(w.created_at AS STRING) || ' (request '
    || w.id || '), and ' || a.approver || ' said ' || a.decision || ' at ' || CAST(a.decided_at AS STRING)
    || COALESCE(', withdrawn at ' || CAST(a.withdrawn_at AS STRING), '') || '.' AS fact
FROM line AS l
JOIN giving AS i ON i.right_id = l.right_id
JOIN access_request__rights AS x ON x.value = i.given
JOIN access_request AS w ON w.id = x.id AND w.created_at > l.decided_at
LEFT JOIN same_human AS h ON h.person = w.beneficiary
JOIN approval AS a ON a.subject = w.id
WHERE l.decision IN ('revoke', 'modify') AND (w.beneficiary = l.account OR COALESCE(h.human, w.beneficiary) = l.owner_human)
UNION ALL
SELECT
    l.item AS item,
    'E' AS attribute,
    'snapshot' AS table_name,
    COALESCE(x.evidence, s.evidence) AS evidence,
    COALESCE(x.record, s.record) AS record,
    'Snapshot ' || s.id || ' (origin: ' || s.origin || '), taken at ' || CAST(s.taken_at AS STRING)
    || CASE WHEN x.snapshot IS NULL THEN ', no longer shows' ELSE ', shows' END
    || ' account ' || l.account || ' with right ' || l.right_id || '.' AS fact
FROM line AS l
JOIN snapshot AS s ON s.system = l.system AND s.taken_at > l.decided_at
LEFT JOIN shown AS x ON x.snapshot = s.id AND x.account = l.account AND x.right_id = l.right_id
WHERE l.decision IN ('revoke', 'modify')
UNION ALL
SELECT
    l.item AS item,
    'F' AS attribute,
    'impact_review' AS table_name,
    v.evidence AS evidence,
    v.record AS record,
    v.reviewed_by || CASE WHEN h.human <> v.reviewed_by THEN ' (one human with ' || h.human || ')' ELSE '' END || ' looked at the use of right ' || v.right_id || ' by account ' || v.account || ' at '
    || CAST(v.reviewed_at AS STRING) || ', back to ' || COALESCE(CAST(v.looked_from AS STRING), 'an unknown time')
    || COALESCE(': ' || v.result, '') || '.' AS fact
FROM line AS l
JOIN impact_review AS v ON v.campaign = l.campaign AND v.account = l.account AND v.right_id = l.right_id
LEFT JOIN same_human AS h ON h.person = v.reviewed_by
UNION ALL
SELECT
    l.item AS item,
    'F' AS attribute,
    'review_item' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Campaign ' || e.id || ', completed at ' || COALESCE(CAST(e.completed_at AS STRING), 'no time') || ', had found account '
    || l.account || ' with right ' || l.right_id || ' good.' AS fact
FROM line AS l
JOIN review_item AS r ON r.account = l.account AND r.right_id = l.right_id AND r.decision = 'approve'
JOIN campaign AS e ON e.id = r.campaign AND e.system = l.system AND e.completed_at < l.started_at
WHERE l.decision IN ('revoke', 'modify')
UNION ALL
SELECT
    l.item AS item,
    'G' AS attribute,
    'review_item' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'The decision on account ' || l.account || ' with right ' || l.right_id || ' at ' || CAST(l.decided_at AS STRING)
    || ' lies outside the stretch from ' || CAST(s.taken_at AS STRING) || ' (snapshot) to '
    || COALESCE(CAST(l.completed_at AS STRING), 'now') || ' (completion).' AS fact
FROM line AS l
JOIN snapshot AS s ON s.id = l.snapshot
WHERE l.decided_at < s.taken_at OR l.decided_at > l.completed_at
