-- mfa_month: every sign-in policy and every account, month by month (audit-domain T-06).
-- An item is
--   a sign-in policy of a system that has accounts of people, and one calendar month; where no policy was ever seen on the system,
--   the policy is "-", so that a system without one is an item too; or
--   an account, and one calendar month in which it was open some time. An account that only the log of sign-ins knows counts too.
-- Item id: <system>/policy <policy>/<month>, for example okta/policy default/2026-03; <account>/<month>, for example okta:ana/2026-03.
-- Operating date: the whole month, as an interval, so that a month on the edge of a period is judged in it. Months go back 36 from
-- the clock of the data.
-- window_from, window_to: the part of the month in which the account was open (from its creation to the last closing that was not
-- undone, step account_life), up to the clock of the data.
-- configuration: the policy, as the item without its month; empty for an account and where there is no policy to look at. looked_at:
-- the look that it rests on: the newest one in the window, else the newest one that a log of changes without a gap or a change carries
-- to its end; empty = none.
-- held_from: since when in the window the value at its end is known without a gap or a change. log_alone: the log of changes alone
-- says that value, nobody looked since.
-- Of mfa_required and legacy_protocols of a policy, as far as they were ever seen, the one that was looked at longest ago counts, as
-- in branch_month.
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
),
month AS (
    SELECT
        l.name AS name,
        l.system AS system,
        l.kind AS kind,
        l.object AS object,
        l.created_at AS created_at,
        l.closing_unknown AS closing_unknown,
        l.conflicted = 1 AS conflicted,
        m.month AS month,
        m.starts_at AS starts_at,
        m.ends_before AS ends_before,
        GREATEST(l.used_from, m.starts_at) AS window_from,
        LEAST(l.used_to, m.ends_before, q.extracted_at) AS window_to,
        LEAST(l.used_to, m.ends_before) > q.extracted_at AS is_open
    FROM line AS l
    CROSS JOIN parameter AS q
    JOIN review_month AS m
        ON m.starts_at < l.used_to AND l.used_from < m.ends_before
        AND m.starts_at < q.extracted_at AND m.ends_before > q.extracted_at - INTERVAL '36' MONTH
    WHERE l.used_from < q.extracted_at AND l.used_from < l.used_to
),
look_at_setting AS (
    SELECT
        m.name AS name,
        m.month AS month,
        COALESCE(
            MAX(CASE WHEN l.seen_at >= m.window_from AND l.seen_at < m.window_to THEN l.seen_at END),
            MAX(CASE WHEN l.valid_to >= m.window_to THEN l.seen_at END)
        ) AS looked_at,
        MAX(CASE WHEN l.valid_to >= m.window_to THEN GREATEST(l.valid_from, m.window_from) END) AS held_from,
        MAX(CASE WHEN l.valid_to >= m.window_to AND l.seen_at IS NULL THEN 1 ELSE 0 END) AS log_alone
    FROM month AS m
    JOIN (
        SELECT DISTINCT t.system AS system, t.object AS object, t.setting AS setting FROM setting_timeline AS t
    ) AS c
        ON c.system = m.system AND c.object = m.object
    LEFT JOIN setting_look AS l
        ON l.system = c.system AND l.object = c.object AND l.setting = c.setting
        AND l.valid_from < m.window_to AND m.window_from < l.valid_to
    WHERE m.kind = 'policy' AND c.setting IN ('mfa_required', 'legacy_protocols')
    GROUP BY m.name, m.month, c.setting
),
look AS (
    SELECT
        s.name AS name,
        s.month AS month,
        MIN(s.looked_at) AS looked_at,
        CASE WHEN COUNT(s.held_from) = COUNT(*) THEN MAX(s.held_from) END AS held_from,
        MAX(s.log_alone) AS log_alone
    FROM look_at_setting AS s
    GROUP BY s.name, s.month
    HAVING COUNT(CASE WHEN s.looked_at IS NOT NULL OR s.log_alone = 1 THEN 1 END) = COUNT(*)
)
SELECT
    m.name || '/' || m.month AS item,
    m.system AS system,
    m.starts_at AS operating_at,
    m.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    m.kind AS kind,
    m.object AS object,
    m.created_at AS created_at,
    m.closing_unknown AS closing_unknown,
    m.conflicted AS conflicted,
    m.window_from AS window_from,
    m.window_to AS window_to,
    m.is_open AS is_open,
    CASE WHEN m.kind = 'policy' AND m.object <> '-' THEN m.name END AS configuration,
    l.looked_at AS looked_at,
    l.held_from AS held_from,
    COALESCE(l.log_alone, 0) = 1 AS log_alone
FROM month AS m
LEFT JOIN look AS l ON l.name = m.name AND l.month = m.month
