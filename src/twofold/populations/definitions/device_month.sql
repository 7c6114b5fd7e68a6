-- device_month: every device, in each month in which it was in use (audit-domain T-27).
-- An item is one device and one month of the calendar (step review_month). A device is there in a month if device management or the
-- asset register holds it then and it is not retired, or if it was seen in a successful sign-in to a system that is labelled soc2
-- or fin_relevant at that moment, so that one that device management never met still counts.
-- Item id: <device>/<month>, for example laptop-7/2026-03. System: `company`.
-- Operating date: the month, from its first to its last moment.
-- Second source: devices in sign-ins against device management (attribute D says which one is missing).
WITH held AS (
    SELECT
        d.id AS device,
        d.valid_from AS starts_at,
        -- How long one in conflict was held nobody knows.
        CASE WHEN d.conflicted THEN d.extracted_at ELSE LEAST(
            COALESCE(d.valid_to, TIMESTAMP '2099-12-31 00:00:00'),
            COALESCE(d.retired_at, TIMESTAMP '2099-12-31 00:00:00'),
            d.extracted_at
        ) END AS ends_before,
        d.conflicted AS conflicted,
        d.evidence AS evidence,
        d.record AS record
    FROM device AS d
),
-- A month of UTC reaches into two local months at most, so its first and its last sign-in stand for all of them.
signed_in AS (
    SELECT
        s.device AS device,
        MIN(s.occurred_at) AS first_at,
        MAX(s.occurred_at) AS last_at,
        MIN(s.evidence) AS evidence,
        MIN(s.record) AS record
    FROM sign_in AS s
    JOIN system_label AS l
        ON l.system = s.system AND l.label IN ('soc2', 'fin_relevant')
            AND (l.valid_from IS NULL OR l.valid_from <= s.occurred_at) AND (l.valid_to IS NULL OR s.occurred_at < l.valid_to)
    WHERE s.device IS NOT NULL AND s.result = 'success'
    GROUP BY s.device, DATE_TRUNC('month', s.occurred_at)
),
used AS (
    SELECT i.device AS device, i.first_at AS at_moment, i.evidence AS evidence, i.record AS record FROM signed_in AS i
    UNION
    SELECT i.device AS device, i.last_at AS at_moment, i.evidence AS evidence, i.record AS record FROM signed_in AS i
),
present AS (
    SELECT
        h.device AS device, m.month AS month, m.starts_at AS starts_at, m.ends_before AS ends_before, 1 AS is_held,
        CASE WHEN h.conflicted THEN 1 ELSE 0 END AS conflicts, h.evidence AS evidence, h.record AS record
    FROM held AS h
    JOIN review_month AS m ON m.starts_at < h.ends_before AND h.starts_at < m.ends_before
    UNION ALL
    SELECT
        u.device AS device, m.month AS month, m.starts_at AS starts_at, m.ends_before AS ends_before, 0 AS is_held,
        0 AS conflicts, u.evidence AS evidence, u.record AS record
    FROM used AS u
    JOIN review_month AS m ON m.starts_at <= u.at_moment AND u.at_moment < m.ends_before
)
SELECT
    p.device || '/' || p.month AS item,
    'company' AS system,
    p.starts_at AS operating_at,
    p.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    p.device AS device,
    p.month AS month,
    p.starts_at AS starts_at,
    p.ends_before AS ends_before,
    MAX(p.is_held) AS is_held,
    MIN(p.is_held) = 0 AS is_used,
    MAX(p.conflicts) = 1 AS conflicted,
    MIN(p.evidence) AS evidence,
    MIN(p.record) AS record
FROM present AS p
GROUP BY p.device, p.month, p.starts_at, p.ends_before
