WITH
-- The deadline as the rule computes it, from the earliest reading of the end.
deadline AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.involuntary AND q.sla_hours > 0 THEN p.clock_at + q.sla_hours * INTERVAL '1' HOUR
            ELSE d.ends_before
        END AS due
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN business_clock AS c
        ON c.calendar = p.calendar AND c.valid_from <= p.clock_at AND p.clock_at < c.valid_to
    LEFT JOIN calendar_day AS d
        ON d.calendar = p.calendar AND d.is_business
            AND d.business_number = q.sla_business_days
            + CASE WHEN p.clock_at = p.clock_at_latest THEN c.day_zero ELSE c.day_zero_as_a_day END
),
held AS (
    SELECT
        p.item AS item,
        p.person AS person,
        p.system AS system,
        p.clock_at AS clock_at,
        p.horizon AS horizon,
        a.account AS account,
        a.system AS account_system,
        a.basis AS basis
    FROM population AS p
    JOIN leaver_account AS a ON a.engagement = p.engagement
)
SELECT
    p.item AS item,
    'A' AS attribute,
    'engagement' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'The ' || p.type || ' engagement ' || p.engagement || ' of ' || p.person || ' ended at ' || CAST(p.operating_at AS STRING)
    || CASE
        WHEN p.clock_at <> p.operating_at
            THEN ' (policy wants access removed from ' || CAST(p.clock_at AS STRING) || ')'
        ELSE ''
    END
    || '; accounts had to be closed before ' || COALESCE(CAST(d.due AS STRING), 'a time that no calendar gives') || '.'
    || COALESCE(' The next engagement began at ' || CAST(p.horizon AS STRING) || '.', '')
    || CASE WHEN p.goes_on THEN ' An engagement that began no later went on.' ELSE '' END AS fact
FROM population AS p
JOIN deadline AS d ON d.item = p.item
UNION ALL
SELECT
    h.item AS item,
    'A' AS attribute,
    'account' AS table_name,
    a.evidence AS evidence,
    a.record AS record,
    'Account ' || a.id || ' (' || h.basis || ') was ' || COALESCE(a.status, 'of unknown status') || ' when it was read.' AS fact
FROM held AS h
JOIN account AS a ON a.id = h.account
WHERE h.account_system = h.system
UNION ALL
SELECT
    h.item AS item,
    'A' AS attribute,
    'account_link' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'Account ' || h.account || ' was linked to ' || l.person || ', another HR id of ' || h.person || '.' AS fact
FROM held AS h
JOIN same_human AS m ON m.person = h.person
JOIN account_link AS l ON l.account = h.account AND l.person <> h.person
    AND (l.valid_to IS NULL OR l.valid_to >= h.clock_at) AND (h.horizon IS NULL OR l.valid_from IS NULL OR l.valid_from < h.horizon)
JOIN same_human AS n ON n.person = l.person AND n.human = m.human
WHERE h.account_system = h.system
UNION ALL
SELECT
    h.item AS item,
    'A' AS attribute,
    'account_event' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Account ' || e.account || ': ' || e.kind || ' at ' || COALESCE(CAST(e.occurred_at AS STRING), 'an unknown time')
    || CASE
        WHEN e.occurred_at >= d.due AND e.kind IN ('disable', 'delete') THEN ', after the deadline'
        WHEN e.kind IN ('disable', 'delete') THEN ', before the deadline'
        ELSE ''
    END || '.' AS fact
FROM held AS h
JOIN deadline AS d ON d.item = h.item
JOIN account_event AS e ON e.account = h.account
WHERE h.account_system = h.system
    AND e.kind IN ('create', 'activate', 'enable', 'disable', 'delete')
    AND (h.horizon IS NULL OR e.occurred_at IS NULL OR e.occurred_at < h.horizon)
UNION ALL
SELECT
    h.item AS item,
    'A' AS attribute,
    g.table_name AS table_name,
    g.evidence AS evidence,
    g.record AS record,
    'The log shows: ' || g.action || ' ' || g.right_id || ' for ' || g.account || ' at '
    || COALESCE(CAST(g.occurred_at AS STRING), 'an unknown time')
    || CASE WHEN g.table_name = 'right_event' THEN ', since the right was deleted' ELSE '' END
    || CASE
        WHEN g.occurred_at >= d.due AND g.action = 'remove' THEN ', after the deadline'
        WHEN g.occurred_at < d.due AND g.action = 'remove' THEN ', before the deadline'
        ELSE ''
    END || '.' AS fact
FROM held AS h
JOIN deadline AS d ON d.item = h.item
JOIN grant_change AS g ON g.account = h.account
WHERE h.account_system = h.system AND (h.horizon IS NULL OR g.occurred_at < h.horizon)
UNION ALL
SELECT
    h.item AS item,
    'A' AS attribute,
    'system_label' AS table_name,
    l.evidence AS evidence,
    l.record AS record,
    'The scope files say that ' || l.system || ' is reached by single sign-on only, from '
    || COALESCE(CAST(l.valid_from AS STRING), 'always') || ' to ' || COALESCE(CAST(l.valid_to AS STRING), 'now') || '.' AS fact
FROM population AS h
JOIN system_label AS l ON l.system = h.system AND l.label = 'sso_only'
UNION ALL
SELECT
    h.item AS item,
    'B' AS attribute,
    'sign_in' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Account ' || s.account || ' reached ' || s.system || ' at ' || CAST(s.occurred_at AS STRING) || ' by '
    || COALESCE(s.method, 'an unknown method')
    || CASE WHEN s.occurred_at_latest > h.clock_at THEN ', after the end.' ELSE ', before the end.' END AS fact
FROM held AS h
JOIN sign_in AS s ON s.account = h.account AND s.result = 'success'
WHERE h.basis = 'own' AND (s.system = h.system OR h.account_system = h.system)
    AND (s.occurred_at_latest > h.clock_at OR s.method = 'local_password')
    AND (h.horizon IS NULL OR s.occurred_at < h.horizon)
UNION ALL
SELECT
    h.item AS item,
    'C' AS attribute,
    'credential' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'The ' || c.kind || ' ' || c.id || ' of ' || c.account || ' on ' || c.system || ' was '
    || COALESCE('revoked or rotated at ' || CAST(c.revoked_at AS STRING), 'still live') || '.' AS fact
FROM held AS h
JOIN credential AS c ON c.account = h.account AND (c.system = h.system OR h.account_system = h.system)
WHERE h.basis <> 'ambiguous' AND (h.horizon IS NULL OR c.created_at IS NULL OR c.created_at < h.horizon)
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'engagement' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'HR entered the end at ' || COALESCE(CAST(p.entered_at AS STRING), 'an unknown time')
    || CASE
        WHEN p.entered_at > p.operating_at_latest
            THEN ', after it had happened: removal can be measured from the end (exposure) and from the entry (work of IT).'
        ELSE '.'
    END AS fact
FROM population AS p
