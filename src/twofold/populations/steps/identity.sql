-- identity: whose hand an account is, over time (audit-domain 4.0, Identity).
-- One row per account and stretch; the stretches of an account never overlap, so a join cannot multiply items.
--   state   linked     one person, by an exact, dated link
--           ambiguous  links to two persons at once, or a link recorded in two ways: nobody can be named
--           shared     a shared account, or a bot that one triggered: no named person, whatever links exist
--           bot        a service or bot account with no human behind it in the log
-- An account and time without a row is unlinked: two unlinked accounts may be one person, so a rule about
-- different people answers cannot_test. A bot that the log ties to one human carries that human's person.
WITH owner AS (
    SELECT
        a.id AS account,
        CASE WHEN a.kind IN ('service', 'bot') THEN COALESCE(a.triggered_by, a.id) ELSE a.id END AS hand,
        CASE WHEN a.kind IN ('service', 'bot') AND h.kind = 'shared' THEN 'shared' ELSE COALESCE(a.kind, 'human') END
            AS kind
    FROM account AS a
    LEFT JOIN account AS h ON h.id = a.triggered_by
    UNION
    SELECT l.account AS account, l.account AS hand, 'human' AS kind
    FROM account_link AS l
    WHERE NOT EXISTS (SELECT 1 FROM account AS a WHERE a.id = l.account)
),
hand_link AS (
    SELECT
        l.account AS account,
        l.person AS person,
        l.conflicted AS conflicted,
        COALESCE(l.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(CASE WHEN l.conflicted THEN NULL ELSE l.valid_to END, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM account_link AS l
    UNION
    -- An account without a recorded link belongs to the person with exactly its verified e-mail; names never link.
    SELECT
        a.id AS account,
        p.id AS person,
        a.conflicted OR p.conflicted AS conflicted,
        TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
        TIMESTAMP '9999-12-31 00:00:00' AS valid_to
    FROM account AS a
    JOIN person AS p ON LOWER(p.email) = LOWER(a.email)
    WHERE NOT EXISTS (SELECT 1 FROM account_link AS l WHERE l.account = a.id)
),
link AS (
    SELECT
        o.account AS account,
        l.person AS person,
        l.conflicted AS conflicted,
        l.valid_from AS valid_from,
        l.valid_to AS valid_to
    FROM owner AS o
    JOIN hand_link AS l ON l.account = o.hand
    WHERE o.kind <> 'shared' AND l.valid_from < l.valid_to
),
edge AS (
    SELECT l.account AS account, l.valid_from AS moment FROM link AS l
    UNION
    SELECT l.account AS account, l.valid_to AS moment FROM link AS l
),
stretch AS (
    SELECT
        e.account AS account,
        e.moment AS valid_from,
        LEAD(e.moment) OVER (PARTITION BY e.account ORDER BY e.moment NULLS LAST) AS valid_to
    FROM edge AS e
),
covered AS (
    SELECT
        s.account AS account,
        s.valid_from AS valid_from,
        s.valid_to AS valid_to,
        MIN(l.person) AS first_person,
        MAX(l.person) AS last_person,
        MAX(CASE WHEN l.conflicted THEN 1 ELSE 0 END) AS conflicts
    FROM stretch AS s
    JOIN link AS l ON l.account = s.account AND l.valid_from <= s.valid_from AND s.valid_to <= l.valid_to
    WHERE s.valid_to IS NOT NULL
    GROUP BY s.account, s.valid_from, s.valid_to
)
SELECT
    c.account AS account,
    c.valid_from AS valid_from,
    c.valid_to AS valid_to,
    CASE WHEN c.first_person = c.last_person AND c.conflicts = 0 THEN c.first_person END AS person,
    CASE WHEN c.first_person = c.last_person AND c.conflicts = 0 THEN 'linked' ELSE 'ambiguous' END AS state
FROM covered AS c
UNION ALL
SELECT
    o.account AS account,
    TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
    TIMESTAMP '9999-12-31 00:00:00' AS valid_to,
    CAST(NULL AS STRING) AS person,
    CASE WHEN o.kind = 'shared' THEN 'shared' ELSE 'bot' END AS state
FROM owner AS o
WHERE o.kind IN ('shared', 'service', 'bot')
    AND NOT EXISTS (SELECT 1 FROM link AS l WHERE l.account = o.account)
