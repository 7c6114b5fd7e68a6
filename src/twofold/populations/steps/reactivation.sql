-- reactivation: every time that a closed account was opened again (audit-domain T-01, "account reactivated (counts as grant)").
-- One row per account_event: each "enable", and each "activate" whose account was disabled or deleted at the last event of its
-- life before. The first "activate" of a new account is none. Where times are too coarse to order a closing and an activation,
-- or the activation has no time, it counts: nobody can say that the account had not been closed.
--   event      account_event id
WITH life AS (
    SELECT
        e.id AS event,
        e.account AS account,
        e.kind AS kind,
        CASE WHEN e.kind IN ('disable', 'delete') THEN 1 ELSE 0 END AS closes,
        CASE
            WHEN e.kind IN ('disable', 'delete') THEN COALESCE(e.occurred_at, TIMESTAMP '0001-01-01 00:00:00')
            ELSE COALESCE(e.occurred_at_latest, TIMESTAMP '9999-12-31 00:00:00')
        END AS placed_at,
        e.occurred_at AS occurred_at
    FROM account_event AS e
    WHERE e.kind IN ('create', 'activate', 'enable', 'disable', 'delete')
),
ordered AS (
    SELECT
        l.event AS event,
        l.kind AS kind,
        l.occurred_at AS occurred_at,
        LAG(l.closes) OVER (
            PARTITION BY l.account ORDER BY l.placed_at NULLS LAST, l.closes DESC, l.event NULLS LAST
        ) AS after_closing,
        MAX(l.closes) OVER (PARTITION BY l.account) AS ever_closed
    FROM life AS l
)
SELECT o.event AS event
FROM ordered AS o
WHERE o.kind = 'enable'
    OR (o.kind = 'activate' AND CASE WHEN o.occurred_at IS NULL THEN o.ever_closed ELSE COALESCE(o.after_closing, 0) END = 1)
