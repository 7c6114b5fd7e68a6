-- setting_month: every setting that the standard speaks of, on every system, month by month (audit-domain T-07).
-- An item is one system, one object that carries the setting (a policy, a rule, a data store), one setting and one calendar month in
-- which the standard asks something of it. Where no object with the setting was ever seen on the system, the object is "-", so
-- that a system that nobody looked at is an item too. Months go back 36 from the clock of the data.
-- Item id: <system>/<object>/<setting>/<month>, for example okta/default policy/password_min_length/2026-03.
-- Operating date: the whole month, as an interval, so that a month on the edge of a period is judged in it.
-- window_from, window_to: the part of the month in which the standard was in force, up to the clock of the data.
-- configuration: the item without its month. looked_at: the look that it rests on: the newest one in the window, else the newest
-- one that a log of changes without a gap or a change carries to its end; empty = none. held_from: since when in the window the
-- value at its end is known without a gap or a change. log_alone: the log of changes alone says that value, nobody looked since.
-- Second source: none is needed, since the standard and the register are the population.
WITH carrier AS (
    SELECT s.system AS system, s.object AS object, s.setting AS setting FROM setting_state AS s
    UNION
    SELECT e.system AS system, e.object AS object, e.setting AS setting FROM setting_event AS e
),
asked AS (
    SELECT
        d.system AS system,
        d.setting AS setting,
        m.month AS month,
        m.starts_at AS starts_at,
        m.ends_before AS ends_before,
        MIN(d.topic) AS topic,
        MIN(GREATEST(d.valid_from, m.starts_at)) AS window_from,
        MAX(CASE WHEN d.valid_from < q.extracted_at THEN LEAST(d.valid_to, m.ends_before, q.extracted_at) END) AS window_to,
        MAX(LEAST(d.valid_to, m.ends_before)) AS asked_to
    FROM setting_demand AS d
    CROSS JOIN parameter AS q
    JOIN review_month AS m ON m.starts_at < d.valid_to AND d.valid_from < m.ends_before
    GROUP BY d.system, d.setting, m.month, m.starts_at, m.ends_before
),
month AS (
    SELECT
        a.system || '/' || COALESCE(c.object, '-') || '/' || a.setting AS configuration,
        a.system AS system,
        COALESCE(c.object, '-') AS object,
        a.setting AS setting,
        a.month AS month,
        a.starts_at AS starts_at,
        a.ends_before AS ends_before,
        a.topic AS topic,
        a.window_from AS window_from,
        a.window_to AS window_to,
        a.asked_to > q.extracted_at AS is_open
    FROM asked AS a
    CROSS JOIN parameter AS q
    LEFT JOIN carrier AS c ON c.system = a.system AND c.setting = a.setting
    WHERE a.window_from < q.extracted_at AND a.ends_before > q.extracted_at - INTERVAL '36' MONTH
),
look AS (
    SELECT
        m.configuration AS configuration,
        m.month AS month,
        COALESCE(
            MAX(CASE WHEN l.seen_at >= m.window_from AND l.seen_at < m.window_to THEN l.seen_at END),
            MAX(CASE WHEN l.valid_to >= m.window_to THEN l.seen_at END)
        ) AS looked_at,
        MAX(CASE WHEN l.valid_to >= m.window_to THEN GREATEST(l.valid_from, m.window_from) END) AS held_from,
        MAX(CASE WHEN l.valid_to >= m.window_to AND l.seen_at IS NULL THEN 1 ELSE 0 END) AS log_alone
    FROM month AS m
    JOIN setting_look AS l
        ON l.system = m.system AND l.object = m.object AND l.setting = m.setting
        AND l.valid_from < m.window_to AND m.window_from < l.valid_to
    GROUP BY m.configuration, m.month
)
SELECT
    m.configuration || '/' || m.month AS item,
    m.system AS system,
    m.starts_at AS operating_at,
    m.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    m.object AS object,
    m.setting AS setting,
    m.topic IN ('network', 'encryption') AS is_infrastructure,
    m.topic = 'password' AS is_password,
    m.window_from AS window_from,
    m.window_to AS window_to,
    m.is_open AS is_open,
    m.configuration AS configuration,
    l.looked_at AS looked_at,
    l.held_from AS held_from,
    COALESCE(l.log_alone, 0) = 1 AS log_alone
FROM month AS m
LEFT JOIN look AS l ON l.configuration = m.configuration AND l.month = m.month
