WITH
gap AS (
    SELECT s.system AS system, g.table_name AS table_name, g.starts_at AS starts_at, g.ends_before AS ends_before
    FROM (SELECT DISTINCT p.system AS system FROM population AS p) AS s
    JOIN source_gap AS g ON g.system = s.system OR g.system = '*'
),
attempt AS (
    SELECT
        r.plan AS plan,
        r.id AS run,
        COALESCE(r.slot_at, r.started_at) AS at,
        COALESCE(r.slot_at_latest, r.started_at_latest) AS at_latest,
        r.started_at AS started_at,
        r.started_at_latest AS started_at_latest,
        r.ended_at AS ended_at,
        r.ended_at_latest AS ended_at_latest,
        r.status AS status,
        r.conflicted AS conflicted
    FROM backup_run AS r
),
-- A run whose time is known belongs to the last slot at or before it: one pass over both, in order of time.
line AS (
    SELECT p.plan AS plan, p.starts_at AS at, 0 AS is_run, CAST(NULL AS STRING) AS run
    FROM population AS p
    WHERE p.kind = 'run'
    UNION ALL
    SELECT a.plan AS plan, a.at AS at, 1 AS is_run, a.run AS run
    FROM attempt AS a
    WHERE a.at = a.at_latest
),
placed AS (
    SELECT
        l.plan AS plan,
        l.run AS run,
        MAX(CASE WHEN l.is_run = 0 THEN l.at END) OVER (
            PARTITION BY l.plan ORDER BY l.at NULLS LAST, l.is_run ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS slot_at
    FROM line AS l
),
-- A run whose time is coarse may belong to each slot that it touches, and does where it lies in it as a whole.
belongs AS (
    SELECT p.item AS item, c.run AS run, 1 AS is_sure
    FROM placed AS c
    JOIN attempt AS a ON a.run = c.run
    JOIN population AS p ON p.plan = c.plan AND p.starts_at = c.slot_at
    WHERE a.at < p.ends_before
    UNION ALL
    SELECT
        p.item AS item,
        a.run AS run,
        CASE WHEN p.starts_at <= a.at AND a.at_latest < p.ends_before THEN 1 ELSE 0 END AS is_sure
    FROM attempt AS a
    JOIN population AS p ON p.plan = a.plan AND p.kind = 'run' AND a.at < p.ends_before AND a.at_latest >= p.starts_at
    WHERE a.at < a.at_latest
),
tried AS (
    SELECT
        p.item AS item,
        p.plan AS plan,
        p.due_at AS due_at,
        COUNT(b.run) AS runs,
        MAX(CASE WHEN a.conflicted THEN 1 ELSE 0 END) AS conflicts,
        MAX(CASE WHEN a.status = 'success' AND a.ended_at_latest <= p.due_at AND b.is_sure = 1 THEN 1 ELSE 0 END) AS is_good,
        MAX(CASE
            WHEN a.status = 'success' AND (a.ended_at IS NULL OR a.ended_at <= p.due_at) THEN 1
            ELSE 0
        END) AS maybe_good,
        MAX(CASE WHEN a.status = 'warning' THEN 1 ELSE 0 END) AS warned,
        MAX(CASE WHEN a.status = 'success' THEN 1 ELSE 0 END) AS ended_well,
        MAX(CASE WHEN a.status = 'success' AND b.is_sure = 1 THEN a.ended_at_latest END) AS made_at,
        COALESCE(MIN(CASE WHEN a.status <> 'success' THEN COALESCE(a.ended_at, a.started_at) END), p.due_at) AS failed_at,
        COALESCE(MIN(CASE WHEN a.status <> 'success' THEN COALESCE(a.ended_at_latest, a.started_at_latest) END), p.due_at)
            AS failed_at_latest
    FROM population AS p
    LEFT JOIN belongs AS b ON b.item = p.item
    LEFT JOIN attempt AS a ON a.run = b.run
    WHERE p.kind = 'run'
    GROUP BY p.item, p.plan, p.due_at
),
-- What solved a failure: the first good run of the plan, of whatever slot, that ended after it. One that had begun before the slot
-- holds nothing of its time, unless the job log says that it was of that slot. The months keep the pairs few.
good AS (
    SELECT
        a.plan AS plan,
        a.conflicted AS conflicted,
        a.ended_at AS ended_at,
        a.ended_at_latest AS ended_at_latest,
        GREATEST(a.at, a.started_at) AS begun_at,
        GREATEST(a.at_latest, a.started_at_latest) AS begun_at_latest,
        DATE_TRUNC('month', a.ended_at_latest) AS month
    FROM attempt AS a
    WHERE a.status = 'success'
),
solution AS (
    SELECT
        t.item AS item,
        MIN(CASE
            WHEN g.ended_at >= t.failed_at_latest AND g.begun_at >= p.starts_at AND NOT g.conflicted THEN g.ended_at_latest
        END) AS surely_at,
        MIN(CASE WHEN NOT g.conflicted THEN g.ended_at END) AS perhaps_at,
        MIN(g.ended_at) AS disputed_at
    FROM tried AS t
    CROSS JOIN (SELECT 0 AS months UNION ALL SELECT 1 AS months UNION ALL SELECT 2 AS months) AS k
    JOIN population AS p ON p.item = t.item
    JOIN good AS g ON g.plan = t.plan AND g.month = DATE_TRUNC('month', t.failed_at) + k.months * INTERVAL '1' MONTH
        AND g.ended_at_latest >= t.failed_at AND g.begun_at_latest >= p.starts_at
    WHERE t.is_good = 0
    GROUP BY t.item
),
ticketed AS (
    SELECT p.item AS item, COUNT(f.ticket) AS named, COUNT(t.key) AS known
    FROM population AS p
    JOIN run_followup AS f
        ON f.activity = 'backup' AND f.plan = p.plan AND f.slot_at <= p.starts_at AND p.starts_at <= f.slot_at_latest
    LEFT JOIN ticket AS t ON t.key = f.ticket
    GROUP BY p.item
),
-- A pause that somebody allowed before the slot. An account of nobody known leaves it open who allowed it.
paused AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN u.approved_at_latest < p.starts_at AND n.person IS NOT NULL THEN 1 ELSE 0 END) AS allowed,
        MAX(CASE
            WHEN u.approved_at_latest < p.starts_at AND u.approved_by IS NOT NULL AND COALESCE(n.state, 'ambiguous') = 'ambiguous'
                THEN 1
            ELSE 0
        END) AS allowed_by_unknown
    FROM population AS p
    JOIN run_pause AS u ON u.activity = 'backup' AND u.plan = p.plan
        AND u.starts_at <= p.starts_at AND (u.ends_before IS NULL OR p.starts_at < u.ends_before)
    LEFT JOIN identity AS n ON n.account = u.approved_by AND n.valid_from <= u.approved_at AND u.approved_at < n.valid_to
    GROUP BY p.item
),
run_gap AS (
    SELECT
        n.item AS item,
        MAX(CASE WHEN n.table_name = 'backup_run' AND (n.starts_at IS NULL OR n.starts_at < n.due_at) THEN 1 ELSE 0 END)
            AS of_window,
        MAX(CASE WHEN n.table_name = 'backup_run' AND n.in_solution THEN 1 ELSE 0 END) AS of_solution,
        MAX(CASE WHEN n.table_name IN ('run_followup', 'ticket') AND n.in_solution THEN 1 ELSE 0 END) AS of_ticket
    FROM (
        SELECT
            t.item AS item, t.due_at AS due_at, g.table_name AS table_name, g.starts_at AS starts_at,
            g.starts_at IS NULL OR g.starts_at < t.failed_at_latest + q.solve_hours * INTERVAL '1' HOUR AS in_solution
        FROM tried AS t
        CROSS JOIN parameter AS q
        JOIN population AS p ON p.item = t.item
        JOIN gap AS g ON g.system = p.system AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
        WHERE t.is_good = 0
    ) AS n
    GROUP BY n.item
),
run_code AS (
    SELECT
        t.item AS item,
        CASE
            WHEN t.conflicts = 1 THEN 'cannot_test:conflict'
            WHEN t.is_good = 1 THEN 'pass'
            WHEN t.maybe_good = 1 THEN 'cannot_test:time_order_unclear'
            WHEN t.due_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN g.of_window = 1 THEN 'cannot_test:source_gap'
            WHEN t.runs = 0 AND u.allowed = 1 THEN 'na:paused'
            WHEN t.runs = 0 AND u.allowed_by_unknown = 1 THEN 'cannot_test:approver_unlinked'
            WHEN t.runs = 0 AND p.first_day THEN 'na:first_day'
            WHEN s.surely_at <= t.failed_at + q.solve_hours * INTERVAL '1' HOUR THEN CASE
                WHEN k.known > 0 THEN 'pass'
                WHEN g.of_ticket = 1 THEN 'cannot_test:source_gap'
                WHEN k.named > 0 THEN 'exception:unknown_ticket'
                ELSE 'exception:not_ticketed'
            END
            WHEN s.perhaps_at <= t.failed_at_latest + q.solve_hours * INTERVAL '1' HOUR THEN 'cannot_test:time_order_unclear'
            WHEN s.disputed_at <= t.failed_at_latest + q.solve_hours * INTERVAL '1' HOUR THEN 'cannot_test:conflict'
            WHEN t.failed_at_latest + q.solve_hours * INTERVAL '1' HOUR > q.extracted_at THEN 'cannot_test:pending'
            WHEN g.of_solution = 1 THEN 'cannot_test:source_gap'
            WHEN t.runs = 0 AND u.item IS NOT NULL THEN 'exception:paused'
            WHEN t.runs = 0 THEN 'exception:absent'
            WHEN t.ended_well = 1 THEN 'exception:late'
            WHEN t.warned = 1 THEN 'exception:completed_with_warnings'
            ELSE 'exception:failed'
        END AS code
    FROM tried AS t
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = t.item
    LEFT JOIN solution AS s ON s.item = t.item
    LEFT JOIN ticketed AS k ON k.item = t.item
    LEFT JOIN paused AS u ON u.item = t.item
    LEFT JOIN run_gap AS g ON g.item = t.item
),
-- Continuous: a stretch without any look at the lag longer than allowed. The ends of the plan's life count as looks.
life AS (
    SELECT
        p.plan AS plan,
        p.starts_at AS starts_at,
        p.ends_before AS ends_before,
        LAG(p.ends_before) OVER (PARTITION BY p.plan ORDER BY p.starts_at NULLS LAST) AS ended_before,
        LEAD(p.starts_at) OVER (PARTITION BY p.plan ORDER BY p.starts_at NULLS LAST) AS begins_again
    FROM population AS p
    WHERE p.kind = 'continuous'
),
look AS (
    SELECT l.plan AS plan, l.observed_at AS at, l.observed_at_latest AS at_latest
    FROM backup_lag AS l
    UNION ALL
    SELECT f.plan AS plan, f.starts_at AS at, f.starts_at AS at_latest
    FROM life AS f
    WHERE f.ended_before IS NULL OR f.ended_before < f.starts_at
    UNION ALL
    SELECT
        f.plan AS plan, LEAST(f.ends_before, q.extracted_at) AS at, LEAST(f.ends_before, q.extracted_at) AS at_latest
    FROM life AS f
    CROSS JOIN parameter AS q
    WHERE f.begins_again IS NULL OR f.begins_again > f.ends_before
),
pair AS (
    SELECT
        k.plan AS plan,
        k.at AS at,
        k.at_latest AS at_latest,
        LEAD(k.at) OVER (PARTITION BY k.plan ORDER BY k.at NULLS LAST, k.at_latest NULLS LAST) AS next_at,
        LEAD(k.at_latest) OVER (PARTITION BY k.plan ORDER BY k.at NULLS LAST, k.at_latest NULLS LAST) AS next_at_latest
    FROM look AS k
),
silent AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN s.next_at > s.at_latest + q.silence_minutes * INTERVAL '1' MINUTE THEN 1 ELSE 0 END) AS is_sure
    FROM pair AS s
    CROSS JOIN parameter AS q
    JOIN population AS p
        ON p.plan = s.plan AND s.at < p.ends_before AND s.next_at_latest > p.starts_at
    WHERE s.next_at_latest > s.at + q.silence_minutes * INTERVAL '1' MINUTE
    GROUP BY p.item
),
lag_of_day AS (
    SELECT
        p.item AS item,
        MAX(l.lag_minutes) AS worst,
        MAX(CASE WHEN l.conflicted THEN 1 ELSE 0 END) AS conflicts
    FROM population AS p
    JOIN backup_lag AS l ON l.plan = p.plan AND p.starts_at <= l.observed_at AND l.observed_at < p.ends_before
    GROUP BY p.item
),
continuous_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN l.conflicts = 1 THEN 'cannot_test:conflict'
            WHEN p.max_lag_minutes IS NULL THEN 'cannot_test:no_target'
            WHEN l.worst > p.max_lag_minutes THEN 'exception:lag_too_long'
            WHEN s.item IS NOT NULL AND EXISTS (
                SELECT 1 FROM gap AS g
                WHERE g.table_name = 'backup_lag' AND g.system = p.system
                    AND (g.starts_at IS NULL OR g.starts_at < p.ends_before)
                    AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
            ) THEN 'cannot_test:source_gap'
            WHEN s.is_sure = 1 THEN 'exception:lag_unknown'
            WHEN s.is_sure = 0 THEN 'cannot_test:time_order_unclear'
            WHEN p.ends_before > q.extracted_at THEN 'cannot_test:pending'
            ELSE 'pass'
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN lag_of_day AS l ON l.item = p.item
    LEFT JOIN silent AS s ON s.item = p.item
    WHERE p.kind = 'continuous'
),
-- The configuration in force at the slot: the last row at or before it. Up to the next row nothing changed.
config AS (
    SELECT
        c.plan AS plan,
        c.set_at_latest AS set_at,
        MAX(CASE WHEN c.conflicted THEN 1 ELSE 0 END) AS conflicts,
        MAX(CASE WHEN c.enabled THEN 1 WHEN NOT c.enabled THEN 0 END) AS enabled,
        MIN(c.keep_days) AS keep_days,
        MIN(CASE WHEN c.encrypted THEN 1 WHEN NOT c.encrypted THEN 0 END) AS encrypted,
        MIN(CASE WHEN c.locked THEN 1 WHEN NOT c.locked THEN 0 END) AS locked,
        MIN(MIN(c.set_at)) OVER (
            PARTITION BY c.plan ORDER BY c.set_at_latest NULLS LAST ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_at
    FROM backup_config AS c
    GROUP BY c.plan, c.set_at_latest
),
config_line AS (
    SELECT p.plan AS plan, p.starts_at AS at, 1 AS is_slot, p.item AS item
    FROM population AS p
    UNION ALL
    SELECT c.plan AS plan, c.set_at AS at, 0 AS is_slot, CAST(NULL AS STRING) AS item
    FROM config AS c
),
config_at AS (
    SELECT
        l.item AS item,
        l.plan AS plan,
        MAX(CASE WHEN l.is_slot = 0 THEN l.at END) OVER (
            PARTITION BY l.plan ORDER BY l.at NULLS LAST, l.is_slot ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS set_at
    FROM config_line AS l
),
config_gap AS (
    SELECT DISTINCT a.item AS item
    FROM config_at AS a
    JOIN population AS p ON p.item = a.item
    JOIN gap AS g ON g.system = p.system AND g.table_name = 'backup_config'
        AND (g.starts_at IS NULL OR g.starts_at <= p.starts_at)
        AND (g.ends_before IS NULL OR a.set_at IS NULL OR g.ends_before > a.set_at)
),
setting AS (
    SELECT
        a.item AS item,
        CASE
            WHEN c.conflicts = 1 THEN 'cannot_test:conflict'
            WHEN c.next_at <= p.starts_at THEN 'cannot_test:time_order_unclear'
            WHEN g.item IS NOT NULL THEN 'cannot_test:source_gap'
            WHEN c.plan IS NULL THEN 'cannot_test:config_unknown'
        END AS unknown,
        c.enabled AS enabled,
        c.keep_days AS keep_days,
        c.encrypted AS encrypted,
        c.locked AS locked
    FROM config_at AS a
    JOIN population AS p ON p.item = a.item
    LEFT JOIN config AS c ON c.plan = a.plan AND c.set_at = a.set_at
    LEFT JOIN config_gap AS g ON g.item = a.item
),
report AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN r.conflicted THEN 1 ELSE 0 END) AS conflicts,
        MAX(CASE WHEN r.result = 'good' THEN 0 ELSE 1 END) AS is_bad
    FROM population AS p
    JOIN backup_report AS r ON r.plan = p.plan AND r.period_from <= p.starts_at AND p.due_at <= r.period_to
    GROUP BY p.item
),
provider_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN r.conflicts = 1 THEN 'cannot_test:conflict'
            WHEN r.is_bad = 1 THEN 'exception:provider_failure'
            WHEN s.unknown IS NULL AND s.enabled = 0 THEN 'exception:switched_off'
            WHEN r.item IS NULL AND p.due_at + q.report_days * INTERVAL '1' DAY > q.extracted_at THEN 'cannot_test:pending'
            WHEN r.item IS NULL AND EXISTS (
                SELECT 1 FROM gap AS g
                WHERE g.table_name = 'backup_report' AND g.system = p.system
                    AND (g.starts_at IS NULL OR g.starts_at < p.due_at + q.report_days * INTERVAL '1' DAY)
                    AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
            ) THEN 'cannot_test:source_gap'
            WHEN r.item IS NULL THEN 'exception:no_provider_report'
            WHEN s.unknown IS NOT NULL THEN s.unknown
            WHEN s.enabled IS NULL THEN 'cannot_test:config_unknown'
            ELSE 'pass'
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN setting AS s ON s.item = p.item
    LEFT JOIN report AS r ON r.item = p.item
    WHERE p.kind = 'provider'
),
-- A backup of which the job log knows no run was made in the slot of its data store in which it was taken; here too one pass over
-- those whose time is known. A backup by hand is of no slot.
loose AS (
    SELECT d.plan AS plan, k.id AS id, k.taken_at AS taken_at, k.taken_at_latest AS taken_at_latest
    FROM backup AS k
    JOIN (SELECT DISTINCT p.plan AS plan, p.store AS store FROM population AS p) AS d ON d.store = k.store
    LEFT JOIN attempt AS a ON a.run = k.run
    WHERE a.run IS NULL AND k.origin = 'schedule'
),
loose_line AS (
    SELECT p.plan AS plan, p.starts_at AS at, 0 AS is_loose, CAST(NULL AS STRING) AS id
    FROM population AS p
    UNION ALL
    SELECT c.plan AS plan, c.taken_at AS at, 1 AS is_loose, c.id AS id
    FROM loose AS c
    WHERE c.taken_at = c.taken_at_latest
),
loose_placed AS (
    SELECT
        l.plan AS plan,
        l.id AS id,
        MAX(CASE WHEN l.is_loose = 0 THEN l.at END) OVER (
            PARTITION BY l.plan ORDER BY l.at NULLS LAST, l.is_loose ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS slot_at
    FROM loose_line AS l
),
traced AS (
    SELECT p.item AS item, p.kind AS kind, c.id AS id, 1 AS lies_in
    FROM loose_placed AS l
    JOIN loose AS c ON c.plan = l.plan AND c.id = l.id
    JOIN population AS p ON p.plan = l.plan AND p.starts_at = l.slot_at
    WHERE c.taken_at < p.ends_before
    UNION ALL
    SELECT
        p.item AS item,
        p.kind AS kind,
        c.id AS id,
        CASE WHEN p.starts_at <= c.taken_at AND c.taken_at_latest < p.ends_before THEN 1 ELSE 0 END AS lies_in
    FROM loose AS c
    JOIN population AS p ON p.plan = c.plan AND c.taken_at < p.ends_before AND c.taken_at_latest >= p.starts_at
    WHERE c.taken_at < c.taken_at_latest
),
-- Surely so only where no other plan of the data store, and no failed run of the slot, may have made it.
maker AS (
    SELECT t.item AS item, t.kind AS kind, t.id AS id, t.lies_in AS lies_in, COUNT(*) OVER (PARTITION BY t.id) AS slots
    FROM traced AS t
),
-- What a failed run left behind is no backup.
made AS (
    SELECT b.item AS item, k.id AS id, b.is_sure AS is_sure
    FROM belongs AS b
    JOIN attempt AS a ON a.run = b.run
    JOIN backup AS k ON k.run = b.run
    WHERE a.status <> 'failed'
    UNION ALL
    SELECT
        t.item AS item,
        t.id AS id,
        CASE WHEN t.lies_in = 1 AND t.slots = 1 AND COALESCE(r.failed, 0) = 0 THEN 1 ELSE 0 END AS is_sure
    FROM maker AS t
    LEFT JOIN (
        SELECT b.item AS item, COUNT(*) AS runs, SUM(CASE WHEN a.status = 'failed' THEN 1 ELSE 0 END) AS failed
        FROM belongs AS b
        JOIN attempt AS a ON a.run = b.run
        GROUP BY b.item
    ) AS r ON r.item = t.item
    WHERE t.kind = 'run' AND (r.item IS NULL OR r.failed < r.runs)
),
deleted AS (
    SELECT
        m.item AS item,
        MAX(CASE WHEN k.conflicted THEN 1 ELSE 0 END) AS conflicts,
        MAX(CASE
            WHEN m.is_sure = 1 AND k.deleted_at_latest < k.taken_at + p.kept_for_minutes * INTERVAL '1' MINUTE THEN 1
            ELSE 0
        END) AS is_early,
        MAX(CASE WHEN k.deleted_at < k.taken_at_latest + p.kept_for_minutes * INTERVAL '1' MINUTE THEN 1 ELSE 0 END) AS perhaps_early
    FROM made AS m
    JOIN population AS p ON p.item = m.item
    JOIN backup AS k ON k.id = m.id
    GROUP BY m.item
),
-- Slots of which a backup, and its deletion, may be missing in the list. A gap without an end that begins later only says that the
-- data end there.
unlisted AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN gap AS g ON g.system = p.system AND g.table_name = 'backup'
        AND (g.starts_at IS NULL OR g.starts_at <= p.starts_at OR (g.starts_at < p.due_at AND g.ends_before IS NOT NULL))
        AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
    WHERE p.kind = 'run'
),
-- Slots of which a run surely ended well, and no backup is listed: 1 where it may stand in a part of the list that is not proven,
-- were it the part after the end of the data.
nothing_listed AS (
    SELECT t.item AS item, MAX(CASE WHEN g.table_name IS NOT NULL THEN 1 ELSE 0 END) AS is_gap
    FROM tried AS t
    JOIN population AS p ON p.item = t.item
    LEFT JOIN made AS m ON m.item = t.item
    LEFT JOIN gap AS g ON g.system = p.system AND g.table_name = 'backup'
        AND (g.starts_at IS NULL OR g.starts_at <= t.made_at) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
    WHERE t.made_at IS NOT NULL AND t.conflicts = 0 AND m.item IS NULL
    GROUP BY t.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.kind = 'no_plan' THEN 'na:no_plan'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        ELSE COALESCE(r.code, c.code, v.code)
    END AS a,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.system = '-' THEN 'exception:store_not_registered'
        WHEN p.kind <> 'no_plan' THEN 'pass'
        WHEN p.starts_at >= q.extracted_at THEN 'cannot_test:pending'
        WHEN EXISTS (
            SELECT 1 FROM gap AS g
            WHERE g.table_name = 'backup_plan' AND g.system = p.system
                AND (g.starts_at IS NULL OR g.starts_at <= p.starts_at)
                AND (g.ends_before IS NULL OR g.ends_before >= LEAST(p.ends_before, q.extracted_at))
        ) THEN 'cannot_test:source_gap'
        WHEN p.starts_at = p.used_from AND p.ends_before <= p.used_from + q.first_day_hours * INTERVAL '1' HOUR THEN 'na:first_day'
        WHEN p.starts_at = p.used_from AND p.used_from + q.first_day_hours * INTERVAL '1' HOUR > q.extracted_at
            THEN 'cannot_test:pending'
        ELSE 'exception:no_plan'
    END AS b,
    CASE
        WHEN p.kind = 'no_plan' THEN 'na:no_plan'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN d.conflicts = 1 THEN 'cannot_test:conflict'
        WHEN d.is_early = 1 THEN 'exception:deleted_early'
        WHEN n.is_gap = 0 THEN 'exception:not_listed'
        WHEN s.unknown IS NOT NULL THEN s.unknown
        WHEN s.keep_days < p.keep_days THEN 'exception:kept_too_short'
        WHEN p.must_encrypt AND s.encrypted = 0 THEN 'exception:not_encrypted'
        WHEN p.must_lock AND s.locked = 0 THEN 'exception:not_locked'
        WHEN d.perhaps_early = 1 THEN 'cannot_test:time_order_unclear'
        WHEN p.keep_days IS NULL THEN 'cannot_test:no_target'
        WHEN s.keep_days IS NULL OR (p.must_encrypt AND s.encrypted IS NULL) OR (p.must_lock AND s.locked IS NULL)
            THEN 'cannot_test:config_unknown'
        WHEN u.item IS NOT NULL OR n.is_gap = 1 THEN 'cannot_test:source_gap'
        ELSE 'pass'
    END AS c
FROM population AS p
CROSS JOIN parameter AS q
LEFT JOIN run_code AS r ON r.item = p.item
LEFT JOIN continuous_code AS c ON c.item = p.item
LEFT JOIN provider_code AS v ON v.item = p.item
LEFT JOIN setting AS s ON s.item = p.item
LEFT JOIN deleted AS d ON d.item = p.item
LEFT JOIN unlisted AS u ON u.item = p.item
LEFT JOIN nothing_listed AS n ON n.item = p.item
