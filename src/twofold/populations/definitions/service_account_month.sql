-- service_account_month: every account that belongs to no person, month by month (audit-domain T-08).
-- An item is one service or bot account of a system, or one account of the inventory that no system holds, and one calendar month in
-- which it was open, or listed, some time. Months go back 36 from the clock of the data.
-- Item id: <account>/<month>, for example erp:loader/2026-03.
-- Operating date: the whole month, as an interval, so that a month on the edge of a period is judged in it.
-- window_from, window_to: the part of the month in which the account was open or listed, up to the clock of the data.
-- Second source: the inventory; an account that only one of the two knows is an item.
WITH line AS (
    SELECT
        a.account AS account, a.system AS system, TRUE AS in_system, a.conflicted AS conflicted,
        a.used_from AS used_from, a.used_to AS used_to, a.closing_unknown AS closing_unknown
    FROM account_life AS a
    WHERE a.kind IN ('service', 'bot')
    UNION ALL
    SELECT
        s.account AS account,
        CASE WHEN POSITION(':' IN s.account) > 1 THEN SUBSTRING(s.account, 1, POSITION(':' IN s.account) - 1) ELSE '-' END
        AS system,
        FALSE AS in_system, 0 AS conflicted,
        MIN(COALESCE(s.valid_from, TIMESTAMP '0001-01-01 00:00:00')) AS used_from,
        MAX(COALESCE(s.valid_to, TIMESTAMP '9999-12-31 00:00:00')) AS used_to,
        FALSE AS closing_unknown
    FROM service_account AS s
    LEFT JOIN account AS a ON a.id = s.account
    WHERE a.id IS NULL
    GROUP BY s.account
)
SELECT
    l.account || '/' || m.month AS item,
    l.system AS system,
    m.starts_at AS operating_at,
    m.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    l.account AS account,
    l.in_system AS in_system,
    l.closing_unknown AS closing_unknown,
    l.conflicted = 1 AS conflicted,
    l.used_from AS used_from,
    GREATEST(l.used_from, m.starts_at) AS window_from,
    LEAST(l.used_to, m.ends_before, q.extracted_at) AS window_to,
    LEAST(l.used_to, m.ends_before) > q.extracted_at AS is_open
FROM line AS l
CROSS JOIN parameter AS q
JOIN review_month AS m
    ON m.starts_at < l.used_to AND l.used_from < m.ends_before
    AND m.starts_at < q.extracted_at AND m.ends_before > q.extracted_at - INTERVAL '36' MONTH
WHERE l.used_from < q.extracted_at AND l.used_from < l.used_to
