-- function_held: who could carry out which function of the conflict rules, from when to when (audit-domain T-09).
-- The rights of all accounts and systems (step right_interval), brought to the human behind the account at that time and
-- cut to the version of the map of rights and functions in force then. A right mapped to * (super-user) carries every
-- function that some rule names. A right that only reads carries none. Accounts of machines without a person are left out.
--   holder   the human, by the first HR id (same_human); the account where no person is known
--   state    linked, shared (anyone may use it), or unlinked (may be anybody's, also one of two persons at once)
--   valid_from, valid_to, sure_from, sure_to   as in right_interval
WITH named AS (
    SELECT r.function_a AS function FROM sod_rule AS r
    UNION
    SELECT r.function_b AS function FROM sod_rule AS r
),
mapped AS (
    SELECT
        f.right_id AS right_id,
        n.function AS function,
        COALESCE(f.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(f.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to,
        COALESCE(f.conflicted, FALSE) AS conflicted
    FROM right_function AS f
    JOIN named AS n ON f.function = n.function OR f.function = '*'
    LEFT JOIN access_right AS r ON r.id = f.right_id
    WHERE NOT COALESCE(r.read_only, FALSE)
),
hand AS (
    SELECT
        i.account AS account,
        COALESCE(s.human, i.person, i.account) AS holder,
        CASE WHEN i.state = 'ambiguous' THEN 'unlinked' ELSE i.state END AS state,
        i.valid_from AS valid_from,
        i.valid_to AS valid_to
    FROM identity AS i
    LEFT JOIN same_human AS s ON s.person = i.person
    WHERE i.state <> 'bot'
    UNION ALL
    -- The time before, between and after the links of an account, and all time of an account without any.
    SELECT
        i.account AS account, i.account AS holder, 'unlinked' AS state, i.valid_to AS valid_from,
        LEAD(i.valid_from, 1, TIMESTAMP '9999-12-31 00:00:00') OVER (
            PARTITION BY i.account ORDER BY i.valid_from NULLS LAST
        ) AS valid_to
    FROM identity AS i
    UNION ALL
    SELECT
        i.account AS account, i.account AS holder, 'unlinked' AS state, TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
        MIN(i.valid_from) AS valid_to
    FROM identity AS i
    GROUP BY i.account
    UNION ALL
    SELECT
        r.account AS account, r.account AS holder, 'unlinked' AS state, TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
        TIMESTAMP '9999-12-31 00:00:00' AS valid_to
    FROM (SELECT DISTINCT v.account AS account FROM right_interval AS v) AS r
    WHERE NOT EXISTS (SELECT 1 FROM identity AS i WHERE i.account = r.account)
),
held AS (
    SELECT
        h.holder AS holder, h.state AS state, v.account AS account, v.right_id AS right_id, v.via AS via, v.system AS system,
        m.function AS function,
        GREATEST(v.valid_from, h.valid_from, m.valid_from) AS valid_from,
        LEAST(v.valid_to, h.valid_to, m.valid_to) AS valid_to,
        CASE WHEN NOT m.conflicted AND v.sure_from IS NOT NULL THEN GREATEST(v.sure_from, h.valid_from, m.valid_from) END
            AS sure_from,
        CASE WHEN NOT m.conflicted AND v.sure_to IS NOT NULL THEN LEAST(v.sure_to, h.valid_to, m.valid_to) END AS sure_to
    FROM right_interval AS v
    JOIN mapped AS m ON m.right_id = v.right_id
    JOIN hand AS h ON h.account = v.account
)
SELECT DISTINCT
    h.holder AS holder,
    h.state AS state,
    h.account AS account,
    h.right_id AS right_id,
    h.via AS via,
    h.system AS system,
    h.function AS function,
    h.valid_from AS valid_from,
    h.valid_to AS valid_to,
    CASE WHEN h.sure_from < h.sure_to THEN h.sure_from END AS sure_from,
    CASE WHEN h.sure_from < h.sure_to THEN h.sure_to END AS sure_to
FROM held AS h
WHERE h.valid_from < h.valid_to
