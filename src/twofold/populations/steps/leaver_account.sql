-- leaver_account: the accounts of each ended engagement and how each was closed (audit-domain T-03).
-- One row per engagement and account. Left out: an account that was closed before the engagement began and stayed so,
-- and one that was made for the next engagement.
--   basis            own        a human account of this human alone, under whichever HR id (same_human)
--                    ambiguous  a human account linked to this person and to another HR id at once
--                    entrusted  a shared or non-human account that the register links to the human
--   closed_at        first disable or delete that no later enable undoes before the next engagement
--   reopened_at      an enable after the clock started that undid an earlier disable
--   rights_gone_at   when the last of all rights was removed; rights_known says whether the grant log proves "all"
--   still_active     the system itself showed the account as active after closed_at (or ever, when there is no closing)
--   shown_disabled   the system itself showed the account as disabled, whatever the log says
--   untimed          the log has a closing without a time
-- What happened to an account while it was linked to somebody else (a name used again) is not counted.
-- An account that a link names and no list of accounts holds counts too: its system is the first part of its name, and
-- nobody showed its status. A shared or non-human account with the person's verified e-mail counts as entrusted.
WITH leaver AS (
    SELECT
        l.engagement AS engagement,
        h.human AS human,
        l.started_at AS started_at,
        l.ended_at AS ended_at,
        l.clock_at_latest AS clock_at_latest,
        l.horizon AS horizon
    FROM leaving AS l
    JOIN same_human AS h ON h.person = l.person
),
known AS (
    SELECT
        a.id AS id,
        a.system AS system,
        COALESCE(a.kind, 'human') AS kind,
        a.status AS status,
        a.created_at AS created_at,
        a.extracted_at AS extracted_at,
        COALESCE(a.conflicted, FALSE) AS conflicted
    FROM account AS a
    UNION ALL
    SELECT DISTINCT
        l.account AS id,
        SUBSTRING(l.account, 1, POSITION(':' IN l.account) - 1) AS system,
        'human' AS kind,
        CAST(NULL AS STRING) AS status,
        CAST(NULL AS TIMESTAMP) AS created_at,
        CAST(NULL AS TIMESTAMP) AS extracted_at,
        FALSE AS conflicted
    FROM account_link AS l
    WHERE POSITION(':' IN l.account) > 1 AND NOT EXISTS (SELECT 1 FROM account AS a WHERE a.id = l.account)
),
register AS (
    SELECT l.account AS account, l.person AS person, l.valid_from AS valid_from, l.valid_to AS valid_to
    FROM account_link AS l
    UNION ALL
    SELECT a.id AS account, p.id AS person, CAST(NULL AS TIMESTAMP) AS valid_from, CAST(NULL AS TIMESTAMP) AS valid_to
    FROM account AS a
    JOIN person AS p ON LOWER(p.email) = LOWER(a.email)
    WHERE NOT EXISTS (SELECT 1 FROM account_link AS l WHERE l.account = a.id)
),
linked AS (
    SELECT
        l.engagement AS engagement,
        a.id AS account,
        MIN(i.state) AS state
    FROM leaver AS l
    JOIN same_human AS h ON h.human = l.human
    JOIN identity AS i ON i.person = h.person AND i.state = 'linked'
    JOIN known AS a ON a.id = i.account AND a.kind = 'human'
    WHERE i.valid_to >= l.ended_at AND (l.horizon IS NULL OR i.valid_from < l.horizon)
    GROUP BY l.engagement, a.id
),
registered AS (
    SELECT
        l.engagement AS engagement,
        a.id AS account,
        CASE WHEN a.kind = 'human' THEN 'ambiguous' ELSE 'entrusted' END AS basis
    FROM leaver AS l
    JOIN same_human AS h ON h.human = l.human
    JOIN register AS r ON r.person = h.person
    JOIN known AS a ON a.id = r.account
    LEFT JOIN identity AS i ON i.account = a.id AND i.valid_from <= l.ended_at AND l.ended_at < i.valid_to
    WHERE (r.valid_to IS NULL OR r.valid_to >= l.ended_at)
        AND (r.valid_from IS NULL OR r.valid_from <= l.ended_at)
        AND (a.kind <> 'human' OR i.state = 'ambiguous')
        AND NOT EXISTS (SELECT 1 FROM linked AS k WHERE k.engagement = l.engagement AND k.account = a.id)
    GROUP BY l.engagement, a.id, a.kind
),
held AS (
    SELECT k.engagement AS engagement, k.account AS account, 'own' AS basis FROM linked AS k
    UNION ALL
    SELECT r.engagement AS engagement, r.account AS account, r.basis AS basis FROM registered AS r
),
event AS (
    SELECT
        h.engagement AS engagement,
        h.account AS account,
        CASE WHEN e.kind IN ('disable', 'delete') THEN 'close' ELSE 'open' END AS direction,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest,
        COALESCE(e.conflicted, FALSE) AS conflicted
    FROM held AS h
    JOIN leaver AS l ON l.engagement = h.engagement
    JOIN account_event AS e ON e.account = h.account
    LEFT JOIN identity AS i ON i.account = e.account AND i.valid_from <= e.occurred_at AND e.occurred_at < i.valid_to
    LEFT JOIN same_human AS s ON s.person = i.person
    WHERE e.kind IN ('create', 'activate', 'enable', 'disable', 'delete')
        AND (l.horizon IS NULL OR e.occurred_at IS NULL OR e.occurred_at < l.horizon)
        AND (i.person IS NULL OR s.human = l.human)
),
opening AS (
    SELECT
        e.engagement AS engagement,
        e.account AS account,
        MIN(e.occurred_at) AS first_at,
        MAX(e.occurred_at) AS last_at
    FROM event AS e
    WHERE e.direction = 'open'
    GROUP BY e.engagement, e.account
),
closing AS (
    SELECT
        e.engagement AS engagement,
        e.account AS account,
        MIN(e.occurred_at) AS first_at,
        MIN(CASE WHEN o.last_at IS NULL OR e.occurred_at > o.last_at THEN e.occurred_at END) AS closed_at,
        MIN(CASE WHEN o.last_at IS NULL OR e.occurred_at > o.last_at THEN e.occurred_at_latest END) AS closed_at_latest,
        MAX(CASE WHEN e.occurred_at IS NULL THEN 1 ELSE 0 END) AS untimed,
        MAX(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM event AS e
    LEFT JOIN opening AS o ON o.engagement = e.engagement AND o.account = e.account
    WHERE e.direction = 'close'
    GROUP BY e.engagement, e.account
),
right_order AS (
    SELECT
        h.engagement AS engagement,
        h.account AS account,
        g.action AS action,
        g.occurred_at AS occurred_at,
        g.occurred_at_latest AS occurred_at_latest,
        ROW_NUMBER() OVER (
            PARTITION BY h.engagement, h.account, g.right_id ORDER BY g.occurred_at DESC, g.id DESC
        ) AS newest
    FROM held AS h
    JOIN leaver AS l ON l.engagement = h.engagement
    JOIN grant_change AS g ON g.account = h.account
    WHERE l.horizon IS NULL OR g.occurred_at < l.horizon
),
rights_gone AS (
    SELECT
        r.engagement AS engagement,
        r.account AS account,
        MAX(r.occurred_at) AS gone_at,
        MAX(r.occurred_at_latest) AS gone_at_latest
    FROM right_order AS r
    WHERE r.newest = 1
    GROUP BY r.engagement, r.account
    HAVING MIN(CASE WHEN r.action = 'remove' AND r.occurred_at IS NOT NULL THEN 1 ELSE 0 END) = 1
)
SELECT
    h.engagement AS engagement,
    h.account AS account,
    a.system AS system,
    COALESCE(s.layer, '') AS layer,
    h.basis AS basis,
    c.closed_at AS closed_at,
    c.closed_at_latest AS closed_at_latest,
    CASE WHEN o.last_at > l.clock_at_latest AND c.first_at < o.last_at THEN o.last_at END AS reopened_at,
    g.gone_at AS rights_gone_at,
    g.gone_at_latest AS rights_gone_at_latest,
    NOT EXISTS (
        SELECT 1 FROM source_gap AS x
        WHERE x.table_name = 'grant_event' AND x.system IN (a.system, '*')
            AND (x.starts_at IS NULL OR x.starts_at < g.gone_at)
    ) AS rights_known,
    COALESCE(
        a.status = 'active' AND l.horizon IS NULL AND t.account IS NULL
            AND (c.closed_at IS NULL OR a.extracted_at > c.closed_at_latest),
        FALSE
    ) AS still_active,
    COALESCE(a.status = 'disabled' AND l.horizon IS NULL AND t.account IS NULL, FALSE) AS shown_disabled,
    COALESCE(c.untimed = 1 AND c.closed_at IS NULL, FALSE) AS untimed,
    a.conflicted OR COALESCE(c.conflicted = 1, FALSE) AS conflicted
FROM held AS h
JOIN leaver AS l ON l.engagement = h.engagement
JOIN known AS a ON a.id = h.account
-- Whose account it was when the system showed its status: somebody else's by then says nothing about the leaver.
LEFT JOIN (
    SELECT i.account AS account, i.valid_from AS valid_from, i.valid_to AS valid_to, COALESCE(s.human, i.person) AS human
    FROM identity AS i
    LEFT JOIN same_human AS s ON s.person = i.person
) AS t ON t.account = a.id AND t.valid_from <= a.extracted_at AND a.extracted_at < t.valid_to AND t.human <> l.human
LEFT JOIN system AS s ON s.id = a.system
LEFT JOIN opening AS o ON o.engagement = h.engagement AND o.account = h.account
LEFT JOIN closing AS c ON c.engagement = h.engagement AND c.account = h.account
LEFT JOIN rights_gone AS g ON g.engagement = h.engagement AND g.account = h.account
WHERE (l.horizon IS NULL OR COALESCE(a.created_at, o.first_at) IS NULL OR COALESCE(a.created_at, o.first_at) < l.horizon)
    AND NOT COALESCE(c.closed_at_latest < l.started_at, FALSE)
