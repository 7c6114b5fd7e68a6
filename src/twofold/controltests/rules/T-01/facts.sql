WITH
grantee AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.operating_at AS at,
        p.account AS account,
        p.actor AS actor,
        p.origin AS origin,
        p.cause AS cause,
        p.evidence AS evidence,
        p.record AS record,
        i.person AS person,
        COALESCE(h.human, i.person) AS human,
        COALESCE(i.state, 'unlinked') AS state
    FROM population AS p
    LEFT JOIN identity AS i
        ON i.account = p.account AND i.valid_from <= p.operating_at AND p.operating_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
request_for AS (
    SELECT
        r.id AS request,
        r.system AS system,
        r.beneficiary AS beneficiary,
        COALESCE(h.human, i.person, r.beneficiary) AS human,
        r.created_at AS created_at,
        r.same_as AS same_as,
        r.evidence AS evidence,
        r.record AS record
    FROM access_request AS r
    LEFT JOIN identity AS i
        ON i.account = r.beneficiary AND i.valid_from <= r.created_at AND r.created_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = COALESCE(i.person, r.beneficiary)
),
-- Requests for the person that list one of the rights, or name the system and were made within the life of an approval.
asked AS (
    SELECT g.item AS item, r.request AS request
    FROM grantee AS g
    JOIN request_for AS r ON r.human = COALESCE(g.human, g.account)
    JOIN granted_right AS t ON t.item = g.item
    JOIN access_request__rights AS l ON l.id = r.request AND l.value = t.right_id
    UNION
    SELECT g.item AS item, r.request AS request
    FROM grantee AS g
    CROSS JOIN parameter AS q
    JOIN request_for AS r ON r.human = COALESCE(g.human, g.account) AND r.system = g.system
    WHERE r.created_at >= g.at - q.approval_ttl_days * INTERVAL '1' DAY AND r.created_at <= g.at
)
SELECT
    g.item AS item,
    'A' AS attribute,
    CASE WHEN g.origin = 'grant' THEN 'grant_event' ELSE 'account_event' END AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    CASE WHEN g.origin = 'grant' THEN 'The right ' || t.right_id || ' was given to ' ELSE 'With ' || t.right_id || ', its rights came back to ' END
    || g.account || ' (' || COALESCE(g.person, g.state) || ') at ' || COALESCE(CAST(g.at AS STRING), 'an unknown time')
    || ' by ' || COALESCE(g.actor, 'nobody named') || COALESCE(', caused by ' || g.cause, '') || '.' AS fact
FROM grantee AS g
JOIN granted_right AS t ON t.item = g.item
UNION ALL
SELECT
    g.item AS item,
    'A' AS attribute,
    'job' AS table_name,
    j.evidence AS evidence,
    j.record AS record,
    'The job ' || j.role || ', held from '
    || CASE WHEN j.valid_from = TIMESTAMP '0001-01-01 00:00:00' THEN 'always' ELSE CAST(j.valid_from AS STRING) END || ' to '
    || CASE WHEN j.valid_to = TIMESTAMP '9999-12-31 00:00:00' THEN 'now' ELSE CAST(j.valid_to AS STRING) END
    || CASE WHEN j.person <> g.person THEN ' under the HR id ' || j.person ELSE '' END || ', brings ' || t.right_id
    || ', approved by ' || COALESCE(b.approved_by, 'nobody') || '.' AS fact
FROM grantee AS g
JOIN granted_right AS t ON t.item = g.item
JOIN job_held AS j ON j.human = g.human
JOIN birthright AS b ON b.role = j.role AND b.right_id = t.right_id
UNION ALL
SELECT
    a.item AS item,
    'A' AS attribute,
    'access_request' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Request ' || r.request || ' for ' || r.beneficiary || ' on ' || r.system || ' was made at ' || CAST(r.created_at AS STRING)
    || COALESCE(', for the same access as ' || r.same_as, '') || '.' AS fact
FROM asked AS a
JOIN request_for AS r ON r.request = a.request
UNION ALL
SELECT
    a.item AS item,
    'D' AS attribute,
    'access_request' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Request ' || r.request || ' lists the right ' || l.value || '.' AS fact
FROM asked AS a
JOIN request_for AS r ON r.request = a.request
JOIN access_request__rights AS l ON l.id = a.request
UNION ALL
SELECT
    a.item AS item,
    'C' AS attribute,
    'approval' AS table_name,
    v.evidence AS evidence,
    v.record AS record,
    'Request ' || v.subject || ': ' || v.approver || ' (' || COALESCE(i.person, i.state, 'unlinked') || ') decided ' || v.decision
    || ' at ' || CAST(v.decided_at AS STRING)
    || CASE WHEN v.decided_at > g.at THEN ', after the right was given' ELSE ', before the right was given' END
    || COALESCE(', withdrawn at ' || CAST(v.withdrawn_at AS STRING), '')
    || CASE
        WHEN v.typed_on_latest < v.decided_at - INTERVAL '1' DAY THEN ' (BACKDATED: somebody typed the date ' || v.typed_on_text || ')'
        ELSE ''
    END || '.' AS fact
FROM asked AS a
JOIN grantee AS g ON g.item = a.item
JOIN approval AS v ON v.subject = a.request
LEFT JOIN identity AS i ON i.account = v.approver AND i.valid_from <= v.decided_at AND v.decided_at < i.valid_to
UNION ALL
SELECT
    a.item AS item,
    'B' AS attribute,
    'roster' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'The roster of ' || r.scope || ' lists ' || r.person || ' for ' || r.duty || COALESCE(' of ' || r.right_class || ' rights', '')
    || ' from ' || COALESCE(CAST(r.valid_from AS STRING), 'always') || ' to ' || COALESCE(CAST(r.valid_to AS STRING), 'now')
    || '.' AS fact
FROM asked AS a
JOIN grantee AS g ON g.item = a.item
JOIN approval AS v ON v.subject = a.request AND v.decision = 'approve'
JOIN identity AS i ON i.account = v.approver AND i.valid_from <= v.decided_at AND v.decided_at < i.valid_to
JOIN roster AS r ON r.person = i.person AND r.duty IN ('access', v.duty) AND r.scope IN (g.system, '*')
UNION ALL
SELECT
    t.item AS item,
    'B' AS attribute,
    'access_right' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'The right ' || a.id || CASE WHEN a.id = t.right_id THEN '' ELSE ', nested in ' || t.right_id || ',' END
    || ' is of the class ' || COALESCE(a.class, 'normal') || '.' AS fact
FROM granted_right AS t
JOIN (
    SELECT r.id AS right_id, r.id AS holds FROM access_right AS r
    UNION ALL
    SELECT c.right_id AS right_id, c.holds AS holds FROM right_content AS c
) AS n ON n.right_id = t.right_id
JOIN access_right AS a ON a.id = n.holds
