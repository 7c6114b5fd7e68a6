-- job_change: every change of the jobs of a person who holds access (audit-domain T-02).
-- It comes from the HR job history, also for changes of manager or unit only: they come out as not applicable. An item is one
-- human, one moment at which a job began or ended while another one was held before and some job after, and one system on
-- which the human held a right at that moment or in the new_access_days after it.
-- A first job is no change, and neither is the end of the last one (T-03).
-- Item id: <first HR id>/<moment>@<system>, for example p1/2026-03-01T00:00:00@erp.
-- Operating date: the moment at which the change took effect, whenever HR entered it.
-- Second source: none: the HR job history is the only record of jobs.
WITH moment AS (
    SELECT j.human AS human, j.valid_from AS changed_at FROM job_held AS j
    UNION
    SELECT j.human AS human, j.valid_to AS changed_at FROM job_held AS j
),
-- Before: the jobs held until that moment, else those that ended last before it.
last_end AS (
    SELECT m.human AS human, m.changed_at AS changed_at, MAX(LEAST(j.valid_to, m.changed_at)) AS ended_at
    FROM moment AS m
    JOIN job_held AS j ON j.human = m.human AND j.valid_from < m.changed_at
    GROUP BY m.human, m.changed_at
),
after AS (
    SELECT
        m.human AS human,
        m.changed_at AS changed_at,
        MAX(CASE WHEN j.valid_from = m.changed_at THEN j.entered_at END) AS entered_at,
        MAX(CASE WHEN j.valid_from = m.changed_at THEN j.entered_at_latest END) AS entered_at_latest,
        MAX(CASE WHEN j.conflicted THEN 1 ELSE 0 END) AS conflicted,
        MIN(j.evidence) AS evidence,
        MIN(j.record) AS record
    FROM moment AS m
    JOIN job_held AS j ON j.human = m.human AND j.valid_from <= m.changed_at AND m.changed_at < j.valid_to
    GROUP BY m.human, m.changed_at
),
site AS (
    SELECT a.human AS human, a.changed_at AS changed_at, MIN(c.id) AS calendar
    FROM after AS a
    JOIN same_human AS h ON h.human = a.human
    JOIN engagement AS e ON e.person = h.person
        AND (e.started_at IS NULL OR e.started_at <= a.changed_at)
        AND (e.effective_end IS NULL OR e.effective_end > a.changed_at)
    JOIN calendar AS c ON c.id = e.site
    GROUP BY a.human, a.changed_at
),
holding AS (
    SELECT DISTINCT a.human AS human, a.changed_at AS changed_at, v.system AS system
    FROM after AS a
    CROSS JOIN parameter AS q
    JOIN same_human AS h ON h.human = a.human
    JOIN identity AS i ON i.person = h.person
        AND i.valid_from < a.changed_at + q.new_access_days * INTERVAL '1' DAY AND i.valid_to > a.changed_at
    JOIN right_interval AS v ON v.account = i.account
        AND v.valid_from < a.changed_at + q.new_access_days * INTERVAL '1' DAY AND v.valid_to > a.changed_at
        AND v.valid_from < i.valid_to AND v.valid_to > i.valid_from
    WHERE a.changed_at < q.extracted_at
)
SELECT
    a.human || '/' || REPLACE(CAST(a.changed_at AS STRING), ' ', 'T') || '@' || h.system AS item,
    h.system AS system,
    a.changed_at AS operating_at,
    a.changed_at AS operating_at_latest,
    a.human AS human,
    l.ended_at AS before_at,
    CASE WHEN a.entered_at > a.changed_at THEN a.entered_at ELSE a.changed_at END AS clock_at,
    CASE WHEN a.entered_at_latest > a.changed_at THEN a.entered_at_latest ELSE a.changed_at END AS clock_at_latest,
    COALESCE(s.calendar, 'default') AS calendar,
    a.conflicted = 1 AS conflicted,
    a.evidence AS evidence,
    a.record AS record
FROM after AS a
JOIN last_end AS l ON l.human = a.human AND l.changed_at = a.changed_at
JOIN holding AS h ON h.human = a.human AND h.changed_at = a.changed_at
LEFT JOIN site AS s ON s.human = a.human AND s.changed_at = a.changed_at
