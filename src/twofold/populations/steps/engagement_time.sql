-- engagement_time: from when to when each engagement lasted, one row per record of HR (audit-domain 4.0, Authority and Time).
--   valid_from        its first moment; the year 1 where HR does not tell
--   valid_to          surely until then, half open: the end, else the end of the last day worked, else the year 9999
--   valid_to_latest   perhaps until then. Later than valid_to only where the end is a bare day: the engagement may have ended at
--                     any hour of it, but not before the end of the last day worked, where that reaches into the same day
SELECT
    e.id AS engagement,
    e.person AS person,
    COALESCE(e.started_at, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
    COALESCE(
        GREATEST(e.effective_end, LEAST(COALESCE(e.last_day_latest, e.effective_end), e.effective_end_latest)),
        e.last_day_latest,
        TIMESTAMP '9999-12-31 00:00:00'
    ) AS valid_to,
    COALESCE(e.effective_end_latest, e.last_day_latest, TIMESTAMP '9999-12-31 00:00:00') AS valid_to_latest,
    e.conflicted AS conflicted
FROM engagement AS e
