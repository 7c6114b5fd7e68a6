-- business_clock: which business day a moment counts as (audit-domain 4.0, Business days).
-- One row per calendar and stretch; the stretches do not overlap. Ask with
--   c.calendar = <calendar> AND c.valid_from <= t AND t < c.valid_to
-- and find the deadline after n business days as ends_before of the row of calendar_day with
--   d.calendar = c.calendar AND d.is_business AND d.business_number = c.day_zero + n
--   day_zero            number of the business day that the moment itself counts as: the same day until closing time,
--                       the next business day after it and on days without work
--   day_zero_as_a_day   the same for a bare day, which has no hour: that day if people work on it, else the next
SELECT
    d.calendar AS calendar,
    d.starts_at AS valid_from,
    d.closes_at AS valid_to,
    d.business_number AS day_zero,
    d.business_number AS day_zero_as_a_day
FROM calendar_day AS d
WHERE d.is_business
UNION ALL
SELECT
    d.calendar AS calendar,
    CASE WHEN d.is_business THEN d.closes_at ELSE d.starts_at END AS valid_from,
    d.ends_before AS valid_to,
    d.business_number + 1 AS day_zero,
    CASE WHEN d.is_business THEN d.business_number ELSE d.business_number + 1 END AS day_zero_as_a_day
FROM calendar_day AS d
