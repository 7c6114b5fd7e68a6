-- branch_month: every release branch, month by month (audit-domain T-14).
-- An item is one system, one branch that its releases come from, and one calendar month in which the branch was in use: while
-- the scope files declare it, or from the first to the last merge or release that reached production. So a branch beside the
-- protected one is an item as soon as something was released from it. Months go back 36 from the clock of the data.
-- A branch of which each merge went on, before the release, through a pull request into another branch is no release branch.
-- Item id: <system>/<repository>@<branch>/<month>, for example billing/acme/pay@main/2026-03; the repository by its name of today.
-- Operating date: the whole month, as an interval, so that a month on the edge of a period is judged in it.
-- window_from, window_to: the part of the month in which the branch was in use, up to the clock of the data.
-- configuration: the item without its month. looked_at: the look that it rests on: the newest one in the window, else the newest
-- one that a log of changes without a gap or a change carries to its end; empty = none. held_from: since when in the window the
-- value at its end is known without a gap or a change. log_alone: the log of changes alone says that value, nobody looked since.
-- Of the settings of a branch the one that was looked at longest ago counts, and the one that is held for the shortest time. Where
-- the month rests on no look at one of them, and no log says its value, it rests on none; where one is not known at the end, none is held.
-- Second source: none is needed, since the months and the releases are the population.
WITH month AS (
    SELECT
        u.system || '/' || u.repository || '@' || u.branch AS name,
        u.system AS system,
        u.repository AS repository,
        u.branch AS branch,
        u.repository || '@' || u.branch AS object,
        m.month AS month,
        m.starts_at AS starts_at,
        m.ends_before AS ends_before,
        GREATEST(u.used_from, m.starts_at) AS window_from,
        LEAST(u.used_to, m.ends_before, q.extracted_at) AS window_to,
        LEAST(u.used_to, m.ends_before) > q.extracted_at AS is_open
    FROM branch_in_use AS u
    CROSS JOIN parameter AS q
    JOIN review_month AS m
        ON m.starts_at < u.used_to AND u.used_from < m.ends_before
        AND m.starts_at < q.extracted_at AND m.ends_before > q.extracted_at - INTERVAL '36' MONTH
    WHERE u.used_from < q.extracted_at AND u.used_from < u.used_to
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
    m.repository AS repository,
    m.branch AS branch,
    m.window_from AS window_from,
    m.window_to AS window_to,
    m.is_open AS is_open,
    m.name AS configuration,
    l.looked_at AS looked_at,
    l.held_from AS held_from,
    COALESCE(l.log_alone, 0) = 1 AS log_alone
FROM month AS m
LEFT JOIN look AS l ON l.name = m.name AND l.month = m.month
