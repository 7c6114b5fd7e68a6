-- right_interval: which account held which right, from when to when (audit-domain 4.0, right_interval; 4.1 T-01 nested groups).
-- One row per account, right and stretch; nested rights are resolved, so a group gives a row for each right inside it. Rows
-- of one account and right may overlap: ask whether any of them holds.
--   via                          the right that was given and holds this one; the right itself where nothing is nested
--   basis                        grant (log of grants), elevation, or snapshot (a system showed it at a moment)
--   valid_from, valid_to         the widest stretch in which the right may have been held, half open
--   sure_from, sure_to           the part of it in which the right was held for sure; empty where none is proven
-- A right begins with an "add" and ends with the next "remove" (grant_change); it rests while the account is closed. What a time leaves
-- open belongs to the wide stretch only, as does the time after the last closing of an account that the system shows as
-- active later. A right that only a snapshot shows began at an unknown time (year 1) after the last removal before. After
-- the first gap in the log of grants nobody knows whether a right was removed: sure_to ends there. A time that no log gives
-- is year 1 for a beginning and year 9999 for an end.
WITH change AS (
    SELECT
        g.account AS account,
        g.right_id AS right_id,
        g.id AS id,
        g.action AS action,
        COALESCE(g.conflicted, FALSE) AS conflicted,
        CASE
            WHEN g.occurred_at IS NOT NULL THEN g.occurred_at
            WHEN g.action = 'add' THEN TIMESTAMP '0001-01-01 00:00:00'
            ELSE TIMESTAMP '9999-12-31 00:00:00'
        END AS placed_at,
        g.occurred_at AS occurred_at,
        g.occurred_at_latest AS occurred_at_latest
    FROM grant_change AS g
),
ordered AS (
    SELECT
        c.account AS account,
        c.right_id AS right_id,
        c.action AS action,
        c.conflicted AS conflicted,
        c.placed_at AS placed_at,
        c.occurred_at AS occurred_at,
        c.occurred_at_latest AS occurred_at_latest,
        SUM(CASE WHEN c.action = 'remove' THEN 1 ELSE 0 END) OVER (
            PARTITION BY c.account, c.right_id ORDER BY c.placed_at NULLS LAST, c.id
        ) AS removals
    FROM change AS c
),
-- A stretch is everything up to and including a removal. A removal of what was removed already ends nothing.
logged AS (
    SELECT
        o.account AS account,
        o.right_id AS right_id,
        MIN(CASE WHEN o.action = 'add' THEN o.placed_at END) AS valid_from,
        MIN(CASE WHEN o.action = 'add' AND NOT o.conflicted THEN o.occurred_at_latest END) AS sure_from,
        MAX(CASE WHEN o.action = 'remove' THEN COALESCE(o.occurred_at_latest, o.placed_at) END) AS removed_at,
        MAX(CASE WHEN o.action = 'remove' THEN 1 ELSE 0 END) AS is_removed,
        MAX(CASE WHEN o.action = 'remove' AND NOT o.conflicted THEN o.occurred_at END) AS sure_to
    FROM (
        SELECT
            r.account AS account, r.right_id AS right_id, r.action AS action, r.conflicted AS conflicted,
            r.placed_at AS placed_at, r.occurred_at AS occurred_at, r.occurred_at_latest AS occurred_at_latest,
            r.removals - CASE WHEN r.action = 'remove' THEN 1 ELSE 0 END AS stretch
        FROM ordered AS r
    ) AS o
    GROUP BY o.account, o.right_id, o.stretch
    HAVING o.stretch = 0 OR MAX(CASE WHEN o.action = 'add' THEN 1 ELSE 0 END) = 1
),
given AS (
    SELECT
        l.account AS account,
        l.right_id AS right_id,
        'grant' AS basis,
        COALESCE(l.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(l.removed_at, TIMESTAMP '9999-12-31 00:00:00') AS valid_to,
        l.sure_from AS sure_from,
        CASE WHEN l.is_removed = 1 THEN l.sure_to ELSE TIMESTAMP '9999-12-31 00:00:00' END AS sure_to
    FROM logged AS l
    UNION ALL
    SELECT
        e.account AS account,
        e.right_id AS right_id,
        'elevation' AS basis,
        COALESCE(e.started_at, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(e.ended_at_latest, TIMESTAMP '9999-12-31 00:00:00') AS valid_to,
        CASE WHEN e.conflicted THEN NULL ELSE e.started_at_latest END AS sure_from,
        COALESCE(e.ended_at, TIMESTAMP '9999-12-31 00:00:00') AS sure_to
    FROM elevation AS e
),
content AS (
    SELECT c.right_id AS right_id, c.holds AS holds FROM right_content AS c
    UNION
    SELECT g.right_id AS right_id, g.right_id AS holds FROM given AS g
),
held AS (
    SELECT
        g.account AS account, c.holds AS right_id, g.right_id AS via, g.basis AS basis,
        g.valid_from AS valid_from, g.valid_to AS valid_to, g.sure_from AS sure_from, g.sure_to AS sure_to
    FROM given AS g
    JOIN content AS c ON c.right_id = g.right_id
),
sighting AS (
    SELECT DISTINCT
        r.account AS account, r.right_id AS right_id, s.taken_at AS taken_at, s.taken_at_latest AS taken_at_latest
    FROM snapshot AS s
    JOIN snapshot_row AS r ON r.snapshot = s.id
    WHERE s.origin = 'system'
),
-- What a snapshot shows and no log explains: from the last removal before it, or an unknown time, to the next removal.
seen AS (
    SELECT
        s.account AS account,
        s.right_id AS right_id,
        COALESCE(MAX(CASE WHEN c.occurred_at <= s.taken_at THEN c.occurred_at END), TIMESTAMP '0001-01-01 00:00:00')
            AS valid_from,
        COALESCE(
            MIN(CASE WHEN c.placed_at > s.taken_at THEN COALESCE(c.occurred_at_latest, c.placed_at) END),
            TIMESTAMP '9999-12-31 00:00:00'
        ) AS valid_to,
        s.taken_at_latest AS sure_from,
        COALESCE(
            MIN(CASE WHEN c.placed_at > s.taken_at THEN COALESCE(c.occurred_at, s.taken_at) END),
            TIMESTAMP '9999-12-31 00:00:00'
        ) AS sure_to
    FROM sighting AS s
    LEFT JOIN change AS c ON c.account = s.account AND c.right_id = s.right_id AND c.action = 'remove'
    WHERE NOT EXISTS (
        SELECT 1 FROM held AS h
        WHERE h.account = s.account AND h.right_id = s.right_id AND h.valid_from <= s.taken_at_latest AND s.taken_at < h.valid_to
    )
    GROUP BY s.account, s.right_id, s.taken_at, s.taken_at_latest
),
every_right AS (
    SELECT
        h.account AS account, h.right_id AS right_id, h.via AS via, h.basis AS basis,
        h.valid_from AS valid_from, h.valid_to AS valid_to, h.sure_from AS sure_from, h.sure_to AS sure_to
    FROM held AS h
    UNION ALL
    SELECT
        s.account AS account, s.right_id AS right_id, s.right_id AS via, 'snapshot' AS basis,
        s.valid_from AS valid_from, s.valid_to AS valid_to, s.sure_from AS sure_from, s.sure_to AS sure_to
    FROM seen AS s
),
-- The account's own life: open from a creation, activation or enabling until the next disabling or deletion.
life AS (
    SELECT
        e.account AS account,
        CASE WHEN e.kind IN ('disable', 'delete') THEN 1 ELSE 0 END AS closes,
        COALESCE(e.occurred_at, TIMESTAMP '9999-12-31 00:00:00') AS placed_at,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest,
        e.id AS id
    FROM account_event AS e
    WHERE e.kind IN ('disable', 'delete')
        OR (e.kind IN ('create', 'activate', 'enable') AND e.occurred_at IS NOT NULL)
),
life_stretch AS (
    SELECT
        l.account AS account,
        l.closes AS closes,
        l.placed_at AS placed_at,
        l.occurred_at AS occurred_at,
        l.occurred_at_latest AS occurred_at_latest,
        SUM(l.closes) OVER (
            PARTITION BY l.account ORDER BY l.placed_at NULLS LAST, l.closes DESC, l.id
        ) - l.closes AS stretch
    FROM life AS l
),
spell AS (
    SELECT
        l.account AS account,
        l.stretch AS stretch,
        MIN(CASE WHEN l.closes = 0 THEN l.occurred_at END) AS opened_at,
        MIN(CASE WHEN l.closes = 0 THEN l.occurred_at_latest END) AS opened_at_latest,
        MAX(l.closes) AS is_closed,
        MAX(CASE WHEN l.closes = 1 THEN COALESCE(l.occurred_at_latest, l.placed_at) END) AS closed_at_latest,
        MAX(CASE WHEN l.closes = 1 THEN l.occurred_at END) AS closed_at
    FROM life_stretch AS l
    GROUP BY l.account, l.stretch
),
last_spell AS (
    SELECT
        s.account AS account,
        MAX(CASE WHEN s.opened_at IS NOT NULL OR s.stretch = 0 THEN s.stretch END) AS stretch,
        MAX(s.closed_at_latest) AS closed_at_latest
    FROM spell AS s
    GROUP BY s.account
),
-- A first closing shows that the account was open before. A second one in a row ends nothing. Shown as active after the last
-- one, it was opened again, nobody knows when.
open_spell AS (
    SELECT
        s.account AS account,
        COALESCE(s.opened_at, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        CASE
            WHEN a.status = 'active' AND a.extracted_at > e.closed_at_latest THEN TIMESTAMP '9999-12-31 00:00:00'
            ELSE COALESCE(s.closed_at_latest, TIMESTAMP '9999-12-31 00:00:00')
        END AS valid_to,
        COALESCE(s.opened_at_latest, TIMESTAMP '0001-01-01 00:00:00') AS sure_from,
        CASE
            WHEN s.is_closed = 1 THEN s.closed_at
            WHEN a.status = 'disabled' THEN NULL
            ELSE TIMESTAMP '9999-12-31 00:00:00'
        END AS sure_to
    FROM spell AS s
    LEFT JOIN account AS a ON a.id = s.account
    LEFT JOIN last_spell AS e ON e.account = s.account AND e.stretch = s.stretch
    WHERE s.opened_at IS NOT NULL OR s.stretch = 0
    UNION ALL
    SELECT
        r.account AS account,
        TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
        TIMESTAMP '9999-12-31 00:00:00' AS valid_to,
        TIMESTAMP '0001-01-01 00:00:00' AS sure_from,
        CASE WHEN a.status = 'disabled' THEN NULL ELSE TIMESTAMP '9999-12-31 00:00:00' END AS sure_to
    FROM (SELECT DISTINCT e.account AS account FROM every_right AS e) AS r
    LEFT JOIN account AS a ON a.id = r.account
    WHERE NOT EXISTS (SELECT 1 FROM spell AS s WHERE s.account = r.account)
),
joined AS (
    SELECT
        e.account AS account,
        e.right_id AS right_id,
        e.via AS via,
        e.basis AS basis,
        GREATEST(e.valid_from, o.valid_from) AS valid_from,
        LEAST(e.valid_to, o.valid_to) AS valid_to,
        CASE WHEN e.sure_from > o.sure_from THEN e.sure_from WHEN e.sure_from IS NOT NULL THEN o.sure_from END AS sure_from,
        CASE WHEN e.sure_to < o.sure_to THEN e.sure_to WHEN e.sure_to IS NOT NULL THEN o.sure_to END AS sure_to
    FROM every_right AS e
    JOIN open_spell AS o ON o.account = e.account AND e.valid_from < o.valid_to AND o.valid_from < e.valid_to
),
-- The end is known only while the log of grants is complete.
gap AS (
    SELECT s.system AS system, COALESCE(g.starts_at, TIMESTAMP '0001-01-01 00:00:00') AS starts_at, g.ends_before AS ends_before
    FROM (
        SELECT COALESCE(r.system, a.system, '*') AS system
        FROM (SELECT DISTINCT e.account AS account, e.right_id AS right_id FROM every_right AS e) AS e
        LEFT JOIN access_right AS r ON r.id = e.right_id
        LEFT JOIN account AS a ON a.id = e.account
        GROUP BY COALESCE(r.system, a.system, '*')
    ) AS s
    JOIN source_gap AS g ON g.table_name = 'grant_event' AND g.system IN (s.system, '*')
),
ended AS (
    SELECT
        j.account AS account, j.right_id AS right_id, j.via AS via, j.basis AS basis,
        COALESCE(r.system, a.system, 'unmapped:' || j.right_id) AS system,
        j.valid_from AS valid_from, j.valid_to AS valid_to, j.sure_from AS sure_from,
        CASE WHEN j.sure_to IS NOT NULL THEN LEAST(
            j.sure_to,
            COALESCE(
                MIN(CASE
                    WHEN g.starts_at > j.sure_from THEN g.starts_at
                    WHEN g.starts_at IS NOT NULL THEN j.sure_from + INTERVAL '1' MICROSECOND
                END),
                j.sure_to
            )
        ) END AS sure_to
    FROM joined AS j
    LEFT JOIN access_right AS r ON r.id = j.right_id
    LEFT JOIN account AS a ON a.id = j.account
    LEFT JOIN gap AS g
        ON g.system = COALESCE(r.system, a.system, '*') AND (g.ends_before IS NULL OR g.ends_before > j.sure_from)
    WHERE j.valid_from < j.valid_to
    GROUP BY j.account, j.right_id, j.via, j.basis, COALESCE(r.system, a.system, 'unmapped:' || j.right_id),
        j.valid_from, j.valid_to, j.sure_from, j.sure_to
)
SELECT
    e.account AS account,
    e.right_id AS right_id,
    e.system AS system,
    e.via AS via,
    e.basis AS basis,
    e.valid_from AS valid_from,
    e.valid_to AS valid_to,
    CASE WHEN e.sure_from < e.sure_to THEN e.sure_from END AS sure_from,
    CASE WHEN e.sure_from < e.sure_to THEN e.sure_to END AS sure_to
FROM ended AS e
