-- setting_month: every setting that the standard speaks of, on every system, month by month (audit-domain T-07).
-- An item is one system, one object that carries the setting (a policy, a rule, a data store), one setting and one calendar month in
-- which the standard asks something of it. Where no object with the setting was ever seen on the system, the object is "-", so
-- that a system that nobody looked at is an item too. Months go back 36 from the clock of the data.
-- Item id: <system>/<object>/<setting>/<month>, for example okta/default policy/password_min_length/2026-03.
-- Operating date: the whole month, as an interval, so that a month on the edge of a period is judged in it.
-- window_from, window_to: the part of the month in which the standard was in force, up to the clock of the data.
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
)
SELECT
    a.system || '/' || COALESCE(c.object, '-') || '/' || a.setting || '/' || a.month AS item,
    a.system AS system,
    a.starts_at AS operating_at,
    a.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    COALESCE(c.object, '-') AS object,
    a.setting AS setting,
    a.topic IN ('network', 'encryption') AS is_infrastructure,
    a.topic = 'password' AS is_password,
    a.window_from AS window_from,
    a.window_to AS window_to,
    a.asked_to > q.extracted_at AS is_open
FROM asked AS a
CROSS JOIN parameter AS q
LEFT JOIN carrier AS c ON c.system = a.system AND c.setting = a.setting
WHERE a.window_from < q.extracted_at AND a.ends_before > q.extracted_at - INTERVAL '36' MONTH
