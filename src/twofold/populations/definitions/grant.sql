-- grant: every right that was given to an account (audit-domain T-01).
-- An item is one "add" in the grant log of the target system, or one account that was opened again, which gives back all
-- rights that it held: an "enable", or an "activate" after a "disable" or "delete" of the same account. Everything in the
-- log is an item, also default groups, re-syncs, service accounts and bulk loads: they come out as not applicable. A grant that was taken away again an hour later is an item too.
-- Item id: <grant_event id>, or <account_event id> for a reactivation ("account_event:<id>" where a grant has the same id).
-- System: the one that the right opens; for a reactivation the one that the account belongs to.
-- Operating date: when the right was given.
-- Second source: snapshots of who holds which right.
SELECT
    g.id AS item,
    COALESCE(r.system, a.system, 'unmapped:' || g.right_id) AS system,
    g.occurred_at AS operating_at,
    g.occurred_at_latest AS operating_at_latest,
    'grant' AS origin,
    g.account AS account,
    COALESCE(a.kind, 'human') AS account_kind,
    g.right_id AS right_id,
    COALESCE(r.is_default, FALSE) AS is_default,
    COALESCE(g.net_change, TRUE) AS net_change,
    g.bulk_load AS bulk_load,
    g.actor AS actor,
    g.cause AS cause,
    g.txn AS txn,
    COALESCE(g.conflicted, FALSE) AS conflicted,
    g.evidence AS evidence,
    g.record AS record
FROM grant_event AS g
LEFT JOIN account AS a ON a.id = g.account
LEFT JOIN access_right AS r ON r.id = g.right_id
WHERE g.action = 'add'
UNION ALL
SELECT
    CASE WHEN g.id IS NULL THEN e.id ELSE 'account_event:' || e.id END AS item,
    COALESCE(a.system, 'unmapped:' || e.account) AS system,
    e.occurred_at AS operating_at,
    e.occurred_at_latest AS operating_at_latest,
    'reactivation' AS origin,
    e.account AS account,
    COALESCE(a.kind, 'human') AS account_kind,
    CAST(NULL AS STRING) AS right_id,
    FALSE AS is_default,
    TRUE AS net_change,
    CAST(NULL AS STRING) AS bulk_load,
    e.actor AS actor,
    CAST(NULL AS STRING) AS cause,
    e.txn AS txn,
    COALESCE(e.conflicted, FALSE) AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM reactivation AS n
JOIN account_event AS e ON e.id = n.event
LEFT JOIN grant_event AS g ON g.id = e.id
LEFT JOIN account AS a ON a.id = e.account
