-- leaving: every engagement that has an end, with the clock that runs from it (audit-domain T-03).
--   ended_at        when the engagement ended: effective_end, else the last day worked
--   clock_at        from when access has to go: the policy date (garden leave) where there is one, else ended_at
--   horizon         start of the person's next engagement, whether it follows or overlaps, also under another HR id that continues
--                   this one (same_human): what happens from then on belongs to that engagement; empty = there is none
--   goes_on         an engagement of the person that began no later lasts surely beyond this end, also under another HR id: nobody left.
--                   One without an end that another continues (follows) ended where that one began
--   perhaps_goes_on only an engagement in conflict does
--   calendar        working days of the place of work, else the calendar named default
-- A bare day in HR is the day at the place of work, from its midnight to the next one, where that calendar covers it ("local
-- zone of the leaver"); otherwise it stays the interval that was read.
-- A leave of absence is no end and has no row here, since HR records no end for it.
WITH local_day AS (
    SELECT
        d.calendar AS calendar,
        d.day AS day,
        d.starts_at AS starts_at,
        d.ends_before - INTERVAL '1' MICROSECOND AS ends_at
    FROM calendar_day AS d
),
ended AS (
    SELECT
        e.id AS engagement,
        e.person AS person,
        e.type AS type,
        COALESCE(c.id, 'default') AS calendar,
        e.started_at AS started_at,
        COALESCE(x.starts_at, e.effective_end, y.starts_at, e.last_day) AS ended_at,
        COALESCE(x.ends_at, e.effective_end_latest, y.ends_at, e.last_day_latest) AS ended_at_latest,
        COALESCE(z.starts_at, e.policy_date, x.starts_at, e.effective_end, y.starts_at, e.last_day) AS clock_at,
        COALESCE(z.ends_at, e.policy_date_latest, x.ends_at, e.effective_end_latest, y.ends_at, e.last_day_latest)
            AS clock_at_latest,
        e.entered_at AS entered_at,
        e.entered_at_latest AS entered_at_latest,
        COALESCE(e.involuntary, FALSE) AS involuntary,
        COALESCE(e.conflicted, FALSE) AS conflicted,
        e.evidence AS evidence,
        e.record AS record
    FROM engagement AS e
    LEFT JOIN calendar AS c ON c.id = e.site
    LEFT JOIN local_day AS x ON x.calendar = COALESCE(c.id, 'default') AND x.day = e.effective_end_text
    LEFT JOIN local_day AS y ON y.calendar = COALESCE(c.id, 'default') AND y.day = e.last_day_text
    LEFT JOIN local_day AS z ON z.calendar = COALESCE(c.id, 'default') AND z.day = e.policy_date_text
    WHERE COALESCE(e.effective_end, e.last_day) IS NOT NULL
),
next_one AS (
    SELECT
        e.engagement AS engagement,
        MIN(n.started_at) AS horizon
    FROM ended AS e
    JOIN same_human AS h ON h.person = e.person
    JOIN same_human AS o ON o.human = h.human
    JOIN engagement AS n ON n.person = o.person AND n.id <> e.engagement
    WHERE n.started_at IS NOT NULL
        AND (e.started_at IS NULL OR n.started_at > e.started_at)
        AND (COALESCE(n.effective_end, n.last_day) IS NULL OR COALESCE(n.effective_end, n.last_day) > e.ended_at)
    GROUP BY e.engagement
),
longer AS (
    SELECT
        e.engagement AS engagement,
        MAX(CASE WHEN l.conflicted THEN 0 ELSE 1 END) AS surely
    FROM ended AS e
    JOIN same_human AS h ON h.person = e.person
    JOIN same_human AS o ON o.human = h.human
    JOIN engagement AS l ON l.person = o.person AND l.id <> e.engagement
    LEFT JOIN ended AS x ON x.engagement = l.id
    LEFT JOIN engagement AS n ON n.follows = l.id AND (n.started_at IS NULL OR n.started_at <= e.ended_at_latest)
    WHERE (l.started_at IS NULL OR l.started_at <= e.started_at)
        AND (x.ended_at > e.ended_at_latest OR (x.ended_at IS NULL AND n.id IS NULL))
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
    e.calendar AS calendar,
    COALESCE(l.surely = 1, FALSE) AS goes_on,
    COALESCE(l.surely = 0, FALSE) AS perhaps_goes_on,
    e.conflicted AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM ended AS e
LEFT JOIN next_one AS n ON n.engagement = e.engagement
LEFT JOIN longer AS l ON l.engagement = e.engagement
