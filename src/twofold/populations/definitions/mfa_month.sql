-- mfa_month: every sign-in policy and every account, month by month (audit-domain T-06).
-- An item is
--   a sign-in policy of a system that has accounts of people, and one calendar month; where no policy was ever seen on the system,
--   the policy is "-", so that a system without one is an item too; or
--   an account, and one calendar month in which it was open some time. An account that only the log of sign-ins knows counts too.
-- Item id: <system>/policy <policy>/<month>, for example okta/policy default/2026-03; <account>/<month>, for example okta:ana/2026-03.
-- Operating date: the whole month, as an interval, so that a month on the edge of a period is judged in it. Months go back 36 from
-- the clock of the data.
-- window_from, window_to: the part of the month in which the account was open (from its creation to the last closing that was not
-- undone), up to the clock of the data.
-- Second source: accounts that the log of sign-ins knows; they are items themselves.
WITH policy AS (
    SELECT s.system AS system, s.object AS policy FROM setting_state AS s WHERE s.setting = 'mfa_required'
    UNION
    SELECT e.system AS system, e.object AS policy FROM setting_event AS e WHERE e.setting = 'mfa_required'
    UNION
    SELECT f.system AS system, f.policy AS policy FROM mfa_scope AS f
),
guarded AS (
    SELECT h.system AS system, MIN(h.used_from) AS used_from
    FROM account_life AS h
    WHERE h.kind IN ('human', 'shared')
    GROUP BY h.system
),
line AS (
    SELECT
        g.system || '/policy ' || COALESCE(p.policy, '-') AS name, g.system AS system, 'policy' AS kind,
        COALESCE(p.policy, '-') AS object, CAST(NULL AS TIMESTAMP) AS created_at, g.used_from AS used_from,
        TIMESTAMP '9999-12-31 00:00:00' AS used_to, FALSE AS closing_unknown, 0 AS conflicted
    FROM guarded AS g
    LEFT JOIN policy AS p ON p.system = g.system
    UNION ALL
    SELECT
        h.account AS name, h.system AS system, h.kind AS kind, h.account AS object, h.created_at AS created_at,
        h.used_from AS used_from, h.used_to AS used_to, h.closing_unknown AS closing_unknown, h.conflicted AS conflicted
    FROM account_life AS h
)
SELECT
    l.name || '/' || m.month AS item,
    l.system AS system,
    m.starts_at AS operating_at,
    m.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    l.kind AS kind,
    l.object AS object,
    l.created_at AS created_at,
    l.closing_unknown AS closing_unknown,
    l.conflicted = 1 AS conflicted,
    GREATEST(l.used_from, m.starts_at) AS window_from,
    LEAST(l.used_to, m.ends_before, q.extracted_at) AS window_to,
    LEAST(l.used_to, m.ends_before) > q.extracted_at AS is_open
FROM line AS l
CROSS JOIN parameter AS q
JOIN review_month AS m
    ON m.starts_at < l.used_to AND l.used_from < m.ends_before
    AND m.starts_at < q.extracted_at AND m.ends_before > q.extracted_at - INTERVAL '36' MONTH
WHERE l.used_from < q.extracted_at AND l.used_from < l.used_to
