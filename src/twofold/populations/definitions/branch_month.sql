-- branch_month: every release branch, month by month (audit-domain T-14).
-- An item is one system, one branch that its releases come from, and one calendar month in which the branch was in use: while
-- the scope files declare it, or from the first to the last merge or release that reached production. So a branch beside the
-- protected one is an item as soon as something was released from it. Months go back 36 from the clock of the data.
-- Item id: <system>/<repository>@<branch>/<month>, for example billing/acme/pay@main/2026-03; the repository by its name of today.
-- Operating date: the whole month, as an interval, so that a month on the edge of a period is judged in it.
-- window_from, window_to: the part of the month in which the branch was in use, up to the clock of the data.
-- Second source: none is needed, since the months and the releases are the population.
SELECT
    u.system || '/' || u.repository || '@' || u.branch || '/' || m.month AS item,
    u.system AS system,
    m.starts_at AS operating_at,
    m.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    u.repository AS repository,
    u.branch AS branch,
    GREATEST(u.used_from, m.starts_at) AS window_from,
    LEAST(u.used_to, m.ends_before, q.extracted_at) AS window_to,
    LEAST(u.used_to, m.ends_before) > q.extracted_at AS is_open
FROM branch_in_use AS u
CROSS JOIN parameter AS q
JOIN review_month AS m
    ON m.starts_at < u.used_to AND u.used_from < m.ends_before
    AND m.starts_at < q.extracted_at AND m.ends_before > q.extracted_at - INTERVAL '36' MONTH
WHERE u.used_from < q.extracted_at AND u.used_from < u.used_to
