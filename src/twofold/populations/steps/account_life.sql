-- account_life: from when to when each account was open (audit-domain T-06 and T-08).
-- One row per account: those of the list of accounts, and those that only the log of sign-ins knows, which count as human.
--   used_from, used_to  from its creation (year 1 where unknown) to the last disable or delete that no later create, enable or
--                       activate undid, and after which the system did not show it as active (year 9999 where there is none);
--                       half open
--   closing_unknown     the system shows the account as disabled, and the log has no closing
WITH holder AS (
    SELECT
        a.id AS account,
        MIN(a.system) AS system,
        MIN(COALESCE(a.kind, 'human')) AS kind,
        MIN(a.created_at) AS created_at,
        MAX(COALESCE(a.status, 'active')) AS status,
        MAX(CASE WHEN a.status = 'active' THEN a.extracted_at END) AS active_at,
        MAX(CASE WHEN a.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM account AS a
    GROUP BY a.id
    UNION ALL
    SELECT
        s.account AS account,
        SUBSTRING(s.account, 1, POSITION(':' IN s.account) - 1) AS system,
        'human' AS kind,
        CAST(NULL AS TIMESTAMP) AS created_at,
        'active' AS status,
        CAST(NULL AS TIMESTAMP) AS active_at,
        0 AS conflicted
    FROM (SELECT DISTINCT i.account AS account FROM sign_in AS i) AS s
    LEFT JOIN account AS a ON a.id = s.account
    WHERE a.id IS NULL AND POSITION(':' IN s.account) > 1
),
closing AS (
    SELECT
        e.account AS account,
        MAX(CASE WHEN e.kind IN ('disable', 'delete') THEN e.occurred_at_latest END) AS closed_at,
        MAX(CASE WHEN e.kind IN ('create', 'enable', 'activate') THEN e.occurred_at END) AS opened_at
    FROM account_event AS e
    GROUP BY e.account
)
SELECT
    h.account AS account,
    h.system AS system,
    h.kind AS kind,
    h.created_at AS created_at,
    h.conflicted AS conflicted,
    COALESCE(h.created_at, TIMESTAMP '0001-01-01 00:00:00') AS used_from,
    CASE
        WHEN c.closed_at > COALESCE(c.opened_at, TIMESTAMP '0001-01-01 00:00:00')
            AND (h.active_at IS NULL OR h.active_at <= c.closed_at) THEN c.closed_at
        ELSE TIMESTAMP '9999-12-31 00:00:00'
    END AS used_to,
    h.status = 'disabled'
        AND NOT COALESCE(c.closed_at > COALESCE(c.opened_at, TIMESTAMP '0001-01-01 00:00:00'), FALSE) AS closing_unknown
FROM holder AS h
LEFT JOIN closing AS c ON c.account = h.account
