-- engagement_time: from when to when each engagement lasted, one row per record of HR (audit-domain 4.0, Authority and Time).
--   valid_from        its first moment; the year 1 where HR does not tell
--   valid_to          surely until then, half open: the end, else the end of the last day worked, else the year 9999
--   valid_to_latest   perhaps until then. Later than valid_to only where the end is a bare day: the engagement may have ended at
--                     any hour of it, but not before the end of the last day worked, where that reaches into the same day
WITH day_over AS (
    -- The first moment after the last day worked, and after a day that is all that is known of the end.
    SELECT
        e.id AS id,
        e.person AS person,
        e.started_at AS started_at,
        e.effective_end AS ended_at,
        CASE
            WHEN e.effective_end < e.effective_end_latest THEN e.effective_end_latest + INTERVAL '1' MICROSECOND
            ELSE e.effective_end
        END AS ended_at_latest,
        e.last_day_latest + INTERVAL '1' MICROSECOND AS worked_until,
        e.conflicted AS conflicted
    FROM engagement AS e
)
SELECT
    d.id AS engagement,
    d.person AS person,
    COALESCE(d.started_at, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
    COALESCE(
        GREATEST(d.ended_at, LEAST(COALESCE(d.worked_until, d.ended_at), d.ended_at_latest)),
        d.worked_until,
        TIMESTAMP '9999-12-31 00:00:00'
    ) AS valid_to,
    COALESCE(d.ended_at_latest, d.worked_until, TIMESTAMP '9999-12-31 00:00:00') AS valid_to_latest,
    d.conflicted AS conflicted
FROM day_over AS d
