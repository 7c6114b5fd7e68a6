-- identity: whose hand an account is, over time (audit-domain 4.0, Identity).
-- One row per account and stretch; the stretches of an account never overlap, so a join cannot multiply items.
--   state   linked     one person, by an exact, dated link
--           ambiguous  links to two persons at once: nobody can be named
--           shared     a shared account: no named person, whatever links exist
--           bot        a service or bot account with no human behind it in the log
-- An account and time without a row is unlinked: two unlinked accounts may be one person, so a rule about
-- different people answers cannot_test. A bot that the log ties to one human carries that human's person.
WITH owner AS (
    SELECT
        a.id AS account,
        CASE WHEN a.kind IN ('service', 'bot') THEN COALESCE(a.triggered_by, a.id) ELSE a.id END AS hand,
        COALESCE(a.kind, 'human') AS kind
    FROM account AS a
    UNION
    SELECT l.account AS account, l.account AS hand, 'human' AS kind
    FROM account_link AS l
    WHERE NOT EXISTS (SELECT 1 FROM account AS a WHERE a.id = l.account)
),
hand_link AS (
    SELECT
        l.account AS account,
        l.person AS person,
        COALESCE(l.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(l.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM account_link AS l
    UNION
    -- An account without a recorded link belongs to the person with exactly its verified e-mail; names never link.
    SELECT
        a.id AS account,
        p.id AS person,
        TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
        TIMESTAMP '9999-12-31 00:00:00' AS valid_to
    FROM account AS a
    JOIN person AS p ON LOWER(p.email) = LOWER(a.email)
    WHERE NOT EXISTS (SELECT 1 FROM account_link AS l WHERE l.account = a.id)
),
link AS (
    SELECT
        o.account AS account,
        o.kind AS kind,
        l.person AS person,
        l.valid_from AS valid_from,
        l.valid_to AS valid_to
    FROM owner AS o
    JOIN hand_link AS l ON l.account = o.hand
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
        LEAD(e.moment) OVER (PARTITION BY e.account ORDER BY e.moment) AS valid_to
    FROM edge AS e
),
covered AS (
    SELECT
        s.account AS account,
        s.valid_from AS valid_from,
        s.valid_to AS valid_to,
        MIN(l.kind) AS kind,
        MIN(l.person) AS first_person,
        MAX(l.person) AS last_person
    FROM stretch AS s
    JOIN link AS l ON l.account = s.account AND l.valid_from <= s.valid_from AND s.valid_to <= l.valid_to
    WHERE s.valid_to IS NOT NULL
    GROUP BY s.account, s.valid_from, s.valid_to
)
SELECT
    c.account AS account,
    c.valid_from AS valid_from,
    c.valid_to AS valid_to,
    CASE WHEN c.kind <> 'shared' AND c.first_person = c.last_person THEN c.first_person END AS person,
    CASE
        WHEN c.kind = 'shared' THEN 'shared'
        WHEN c.first_person = c.last_person THEN 'linked'
        ELSE 'ambiguous'
    END AS state
FROM covered AS c
UNION ALL
SELECT
    o.account AS account,
    TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
    TIMESTAMP '9999-12-31 00:00:00' AS valid_to,
    CAST(NULL AS VARCHAR) AS person,
    CASE WHEN o.kind = 'shared' THEN 'shared' ELSE 'bot' END AS state
FROM owner AS o
WHERE o.kind IN ('shared', 'service', 'bot')
    AND NOT EXISTS (SELECT 1 FROM link AS l WHERE l.account = o.account)
