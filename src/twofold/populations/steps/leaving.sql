-- leaving: every engagement that has an end, with the clock that runs from it (audit-domain T-03).
--   ended_at        when the engagement ended: effective_end, else the last day worked
--   clock_at        from when access has to go: the policy date (garden leave) where there is one, else ended_at
--   horizon         start of the person's next engagement, whether it follows or overlaps: what happens from then on
--                   belongs to that engagement; empty = there is none
--   calendar        working days of the place of work, else the calendar named default
-- A leave of absence is no end and has no row here, since HR records no end for it.
WITH ended AS (
    SELECT
        e.id AS engagement,
        e.person AS person,
        e.type AS type,
        e.site AS site,
        e.started_at AS started_at,
        COALESCE(e.effective_end, e.last_day) AS ended_at,
        COALESCE(e.effective_end_latest, e.last_day_latest) AS ended_at_latest,
        COALESCE(e.policy_date, e.effective_end, e.last_day) AS clock_at,
        COALESCE(e.policy_date_latest, e.effective_end_latest, e.last_day_latest) AS clock_at_latest,
        e.entered_at AS entered_at,
        e.entered_at_latest AS entered_at_latest,
        COALESCE(e.involuntary, FALSE) AS involuntary,
        COALESCE(e.conflicted, FALSE) AS conflicted,
        e.evidence AS evidence,
        e.record AS record
    FROM engagement AS e
    WHERE COALESCE(e.effective_end, e.last_day) IS NOT NULL
),
next_one AS (
    SELECT
        e.engagement AS engagement,
        MIN(n.started_at) AS horizon
    FROM ended AS e
    JOIN engagement AS n ON n.person = e.person AND n.id <> e.engagement
    WHERE n.started_at IS NOT NULL
        AND (e.started_at IS NULL OR n.started_at > e.started_at)
        AND (COALESCE(n.effective_end, n.last_day) IS NULL OR COALESCE(n.effective_end, n.last_day) > e.ended_at)
    GROUP BY e.engagement
)
SELECT
    e.engagement AS engagement,
    e.person AS person,
    e.type AS type,
    e.started_at AS started_at,
    e.ended_at AS ended_at,
    e.ended_at_latest AS ended_at_latest,
    e.clock_at AS clock_at,
    e.clock_at_latest AS clock_at_latest,
    e.entered_at AS entered_at,
    e.entered_at_latest AS entered_at_latest,
    e.involuntary AS involuntary,
    n.horizon AS horizon,
    COALESCE(c.id, 'default') AS calendar,
    e.conflicted AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM ended AS e
LEFT JOIN next_one AS n ON n.engagement = e.engagement
LEFT JOIN calendar AS c ON c.id = e.site
