WITH
gap AS (
    SELECT s.system AS system, g.table_name AS table_name, g.starts_at AS starts_at, g.ends_before AS ends_before
    FROM (SELECT DISTINCT p.system AS system FROM population AS p) AS s
    JOIN source_gap AS g ON g.system = s.system OR g.system = '*'
),
-- Runs and transfers alike: which slot each belongs to, in one pass over both in order of time.
attempt AS (
    SELECT
        'job' AS kind,
        r.job AS plan,
        r.id AS run,
        COALESCE(r.slot_at, r.started_at) AS at,
        COALESCE(r.slot_at_latest, r.started_at_latest) AS at_latest
    FROM job_run AS r
    UNION ALL
    SELECT
        'slot' AS kind,
        t.interface AS plan,
        t.id AS run,
        COALESCE(t.slot_at, t.transferred_at) AS at,
        COALESCE(t.slot_at_latest, t.transferred_at_latest) AS at_latest
    FROM transfer AS t
),
line AS (
    SELECT p.kind AS kind, p.plan AS plan, p.starts_at AS at, 0 AS is_run, CAST(NULL AS STRING) AS run
    FROM population AS p
    WHERE p.kind IN ('job', 'slot')
    UNION ALL
    SELECT a.kind AS kind, a.plan AS plan, a.at AS at, 1 AS is_run, a.run AS run
    FROM attempt AS a
    WHERE a.at = a.at_latest
),
placed AS (
    SELECT
        l.kind AS kind,
        l.plan AS plan,
        l.run AS run,
        l.at AS at,
        MAX(CASE WHEN l.is_run = 0 THEN l.at END) OVER (
            PARTITION BY l.kind, l.plan ORDER BY l.at NULLS LAST, l.is_run
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS slot_at
    FROM line AS l
),
belongs AS (
    SELECT p.item AS item, c.kind AS kind, c.run AS run, 1 AS is_sure
    FROM placed AS c
    JOIN population AS p ON p.kind = c.kind AND p.plan = c.plan AND p.starts_at = c.slot_at
    WHERE c.run IS NOT NULL AND c.at < p.ends_before
    UNION ALL
    SELECT
        p.item AS item, a.kind AS kind, a.run AS run,
        CASE WHEN a.at >= p.starts_at AND a.at_latest < p.ends_before THEN 1 ELSE 0 END AS is_sure
    FROM attempt AS a
    JOIN population AS p ON p.kind = a.kind AND p.plan = a.plan AND a.at < p.ends_before AND a.at_latest >= p.starts_at
    WHERE a.at < a.at_latest
),
-- How each run of a job ended: well, without rows, without saying how many, or not well.
ended AS (
    SELECT
        b.item AS item,
        b.is_sure AS is_sure,
        r.conflicted AS conflicted,
        COALESCE(r.ended_at, r.started_at, r.slot_at) AS ended_at,
        COALESCE(r.ended_at_latest, r.started_at_latest, r.slot_at_latest) AS ended_at_latest,
        CASE WHEN r.ended_at IS NULL THEN 0 ELSE 1 END AS has_end,
        r.status AS status,
        CASE
            WHEN r.status <> 'success' THEN 'bad'
            WHEN p.may_be_empty OR r.rows > 0 THEN 'good'
            WHEN r.rows IS NULL THEN 'unknown'
            ELSE 'empty'
        END AS result
    FROM belongs AS b
    JOIN population AS p ON p.item = b.item
    JOIN job_run AS r ON r.id = b.run
    WHERE b.kind = 'job'
),
slot AS (
    SELECT
        p.item AS item,
        p.due_at AS due_at,
        COALESCE(p.solve_minutes, q.solve_minutes) AS solve_minutes,
        COUNT(e.item) AS runs,
        MAX(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS conflicts,
        MAX(CASE WHEN e.status <> 'skipped' AND e.is_sure = 1 THEN 1 ELSE 0 END) AS ran,
        MAX(CASE WHEN e.status <> 'skipped' AND e.is_sure = 0 THEN 1 ELSE 0 END) AS maybe_ran,
        MAX(CASE
            WHEN e.result = 'good' AND e.is_sure = 1 AND e.has_end = 1 AND e.ended_at_latest <= p.due_at THEN 1
            ELSE 0
        END) AS is_good,
        MAX(CASE WHEN e.result = 'good' AND (e.has_end = 0 OR e.ended_at <= p.due_at) THEN 1 ELSE 0 END) AS maybe_good,
        MAX(CASE WHEN e.result = 'unknown' THEN 1 ELSE 0 END) AS rows_unknown,
        MAX(CASE WHEN e.result = 'empty' THEN 1 ELSE 0 END) AS was_empty,
        COALESCE(MIN(CASE WHEN e.result IN ('bad', 'empty') THEN e.ended_at END), p.due_at) AS failed_at,
        COALESCE(MIN(CASE WHEN e.result IN ('bad', 'empty') THEN e.ended_at_latest END), p.due_at) AS failed_at_latest,
        MIN(CASE WHEN e.result = 'good' THEN e.ended_at END) AS solved_at,
        MIN(CASE WHEN e.result = 'good' AND e.is_sure = 1 THEN e.ended_at_latest END) AS solved_at_latest,
        SUM(CASE WHEN e.status <> 'skipped' THEN 1 ELSE 0 END) AS tries,
        SUM(CASE WHEN e.result IN ('good', 'unknown') THEN 1 ELSE 0 END) AS successes,
        MAX(CASE WHEN e.is_sure = 0 THEN 1 ELSE 0 END) AS unsure
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN ended AS e ON e.item = p.item
    WHERE p.kind = 'job'
    GROUP BY p.item, p.due_at, p.solve_minutes, q.solve_minutes
),
-- A word to finance, or a pause, in conflict may have been one or not. What finance was told before the slot was not about it.
told AS (
    SELECT
        p.item AS item,
        MIN(CASE WHEN NOT f.conflicted THEN f.finance_told_at END) AS told_at,
        MIN(CASE WHEN NOT f.conflicted THEN f.finance_told_at_latest END) AS told_at_latest,
        MAX(CASE WHEN f.conflicted THEN 1 ELSE 0 END) AS in_conflict
    FROM population AS p
    JOIN run_followup AS f
        ON f.activity = 'job' AND f.plan = p.plan AND f.slot_at <= p.starts_at AND p.starts_at <= f.slot_at_latest
    WHERE p.kind = 'job' AND (f.finance_told_at_latest >= p.starts_at OR f.conflicted)
    GROUP BY p.item
),
paused AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN u.approved_at_latest < p.starts_at AND n.person IS NOT NULL AND NOT u.conflicted THEN 1 ELSE 0 END) AS allowed,
        MAX(CASE WHEN u.conflicted THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE
            WHEN u.approved_at_latest < p.starts_at AND u.approved_by IS NOT NULL AND COALESCE(n.state, 'ambiguous') = 'ambiguous'
                THEN 1
            ELSE 0
        END) AS allowed_by_unknown
    FROM population AS p
    JOIN run_pause AS u ON u.plan = p.plan AND u.activity = CASE WHEN p.kind = 'job' THEN 'job' ELSE 'transfer' END
        AND u.starts_at <= p.starts_at AND (u.ends_before IS NULL OR p.starts_at < u.ends_before OR u.conflicted)
    LEFT JOIN identity AS n ON n.account = u.approved_by AND n.valid_from <= u.approved_at AND u.approved_at < n.valid_to
    WHERE p.kind IN ('job', 'slot')
    GROUP BY p.item
),
run_gap AS (
    SELECT
        n.item AS item,
        MAX(CASE WHEN n.table_name = 'job_run' AND (n.starts_at IS NULL OR n.starts_at < n.due_at) THEN 1 ELSE 0 END) AS of_window,
        MAX(CASE WHEN n.table_name = 'job_run' AND n.in_solution THEN 1 ELSE 0 END) AS of_solution,
        MAX(CASE WHEN n.table_name = 'run_followup' AND n.in_solution THEN 1 ELSE 0 END) AS of_followup
    FROM (
        SELECT
            s.item AS item, s.due_at AS due_at, g.table_name AS table_name, g.starts_at AS starts_at,
            g.starts_at IS NULL OR g.starts_at < s.failed_at_latest + s.solve_minutes * INTERVAL '1' MINUTE AS in_solution
        FROM slot AS s
        JOIN population AS p ON p.item = s.item
        JOIN gap AS g ON g.system = p.system AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
    ) AS n
    GROUP BY n.item
),
-- B: what stands before a judgement of the failure, then whether it was solved, then whether finance was told.
solution AS (
    SELECT
        s.item AS item,
        CASE
            WHEN s.conflicts = 1 THEN 'cannot_test:conflict'
            WHEN s.is_good = 1 THEN 'na:no_failure'
            WHEN s.maybe_good = 1 THEN 'cannot_test:time_order_unclear'
            WHEN s.rows_unknown = 1 THEN 'cannot_test:rows_unknown'
            WHEN s.due_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN g.of_window = 1 THEN 'cannot_test:source_gap'
            WHEN s.runs = 0 AND u.allowed = 1 THEN 'na:paused'
            WHEN s.runs = 0 AND u.in_conflict = 1 THEN 'cannot_test:conflict'
            WHEN s.runs = 0 AND u.allowed_by_unknown = 1 THEN 'cannot_test:approver_unlinked'
            WHEN s.solved_at_latest <= s.failed_at + s.solve_minutes * INTERVAL '1' MINUTE THEN CASE
                WHEN t.told_at_latest <= s.failed_at + s.solve_minutes * INTERVAL '1' MINUTE THEN 'pass'
                WHEN t.in_conflict = 1 THEN 'cannot_test:conflict'
                WHEN t.told_at > s.failed_at_latest + s.solve_minutes * INTERVAL '1' MINUTE THEN 'exception:told_late'
                WHEN t.item IS NOT NULL THEN 'cannot_test:time_order_unclear'
                WHEN s.failed_at_latest + s.solve_minutes * INTERVAL '1' MINUTE > q.extracted_at THEN 'cannot_test:pending'
                WHEN g.of_followup = 1 THEN 'cannot_test:source_gap'
                ELSE 'exception:finance_not_told'
            END
            WHEN s.solved_at <= s.failed_at_latest + s.solve_minutes * INTERVAL '1' MINUTE THEN 'cannot_test:time_order_unclear'
            WHEN s.failed_at_latest + s.solve_minutes * INTERVAL '1' MINUTE > q.extracted_at THEN 'cannot_test:pending'
            WHEN g.of_solution = 1 THEN 'cannot_test:source_gap'
            WHEN s.solved_at IS NOT NULL THEN 'exception:solved_late'
            WHEN s.was_empty = 1 THEN 'exception:no_rows'
            ELSE 'exception:not_solved'
        END AS code
    FROM slot AS s
    CROSS JOIN parameter AS q
    LEFT JOIN told AS t ON t.item = s.item
    LEFT JOIN paused AS u ON u.item = s.item
    LEFT JOIN run_gap AS g ON g.item = s.item
),
-- D: a change of the schedule names a ticket that another human had authorised before.
declared AS (
    SELECT COUNT(*) AS types FROM change_type AS c
),
authorised AS (
    SELECT
        p.item AS item,
        MIN(CASE
            WHEN a.conflicted THEN '2cannot_test:conflict'
            WHEN a.authorised_at > p.operating_at_latest THEN '5exception:approved_late'
            WHEN a.ended_at_latest <= p.operating_at THEN '4exception:not_approved'
            WHEN a.doubt_at <= p.operating_at_latest THEN '2cannot_test:conflict'
            WHEN a.migrated OR a.authorised_at_latest >= p.operating_at OR a.ended_at <= p.operating_at_latest
                THEN '2cannot_test:time_order_unclear'
            WHEN n.state IN ('shared', 'bot') THEN '4exception:not_approved'
            WHEN n.person IS NULL THEN '2cannot_test:approver_unlinked'
            WHEN COALESCE(h.human, n.person) = COALESCE(g.human, m.person) THEN '3exception:self_approved'
            WHEN m.person IS NULL AND COALESCE(m.state, 'unlinked') <> 'bot' THEN '2cannot_test:actor_unlinked'
            ELSE '1pass'
        END) AS code
    FROM population AS p
    JOIN schedule_event AS e ON e.id = p.event
    JOIN ticket_authorisation AS a ON a.ticket = e.ticket
    LEFT JOIN identity AS n ON n.account = a.account AND n.valid_from <= a.authorised_at AND a.authorised_at < n.valid_to
    LEFT JOIN same_human AS h ON h.person = n.person
    LEFT JOIN identity AS m ON m.account = e.actor AND m.valid_from <= e.occurred_at AND e.occurred_at < m.valid_to
    LEFT JOIN same_human AS g ON g.person = m.person
    WHERE p.kind = 'schedule'
    GROUP BY p.item
),
ticket_gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'ticket' THEN 1 ELSE 0 END) AS of_ticket,
        MAX(CASE WHEN g.table_name IN ('approval', 'ticket_event') THEN 1 ELSE 0 END) AS of_approval
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN gap AS g ON g.system = p.system AND g.table_name IN ('ticket', 'approval', 'ticket_event')
        AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest)
        AND (g.ends_before IS NULL OR g.ends_before > p.operating_at - q.ticket_days * INTERVAL '1' DAY)
    WHERE p.kind = 'schedule'
    GROUP BY p.item
),
-- The type that the ticket had when the schedule changed, where its type was ever changed.
retyped AS (
    SELECT
        p.item AS item,
        CASE WHEN MIN(s.type) = MAX(s.type) THEN MIN(s.type) END AS type,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS in_conflict
    FROM population AS p
    JOIN schedule_event AS e ON e.id = p.event
    JOIN ticket_type AS s ON s.ticket = e.ticket
    WHERE s.from_at <= p.operating_at_latest AND s.until_at >= p.operating_at
    GROUP BY p.item
),
change_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN e.ticket IS NULL THEN 'exception:no_ticket'
            WHEN t.key IS NULL AND g.of_ticket = 1 THEN 'cannot_test:source_gap'
            WHEN t.key IS NULL THEN 'exception:unknown_ticket'
            WHEN t.conflicted OR r.in_conflict = 1 THEN 'cannot_test:conflict'
            WHEN c.is_change IS NULL AND d.types > 0 THEN 'cannot_test:type_not_declared'
            WHEN NOT c.is_change THEN 'exception:not_a_change_ticket'
            WHEN a.code LIKE '1%' OR a.code LIKE '2%' THEN SUBSTR(a.code, 2)
            WHEN g.of_approval = 1 THEN 'cannot_test:source_gap'
            ELSE COALESCE(SUBSTR(a.code, 2), 'exception:not_approved')
        END AS code
    FROM population AS p
    CROSS JOIN declared AS d
    JOIN schedule_event AS e ON e.id = p.event
    LEFT JOIN ticket AS t ON t.key = e.ticket
    LEFT JOIN retyped AS r ON r.item = p.item
    LEFT JOIN change_type AS c ON c.id = CASE WHEN r.item IS NULL THEN t.type ELSE r.type END
    LEFT JOIN authorised AS a ON a.item = p.item
    LEFT JOIN ticket_gap AS g ON g.item = p.item
    WHERE p.kind = 'schedule'
),
-- Transfers. The second good one of a slot is one too many.
counted AS (
    SELECT
        t.id AS transfer,
        ROW_NUMBER() OVER (PARTITION BY b.item ORDER BY t.transferred_at NULLS LAST, t.id) AS place
    FROM belongs AS b
    JOIN transfer AS t ON t.id = b.run
    WHERE b.kind = 'slot' AND b.is_sure = 1 AND t.status = 'success' AND NOT t.conflicted
),
-- Perhaps one too many: an earlier one of its slot is in conflict, or nobody can tell whether it shares the slot of another.
rivalled AS (
    SELECT
        b.run AS transfer,
        MAX(CASE
            WHEN o.conflicted AND (o.transferred_at < t.transferred_at OR (o.transferred_at = t.transferred_at AND o.id < t.id))
                THEN 1
            ELSE 0
        END) AS in_conflict,
        MAX(CASE WHEN b.is_sure = 0 AND NOT o.conflicted THEN 1 ELSE 0 END) AS unclear
    FROM belongs AS b
    JOIN transfer AS t ON t.id = b.run
    JOIN belongs AS c ON c.item = b.item AND c.run <> b.run
    JOIN transfer AS o ON o.id = c.run AND (o.status = 'success' OR o.conflicted)
    WHERE b.kind = 'slot'
    GROUP BY b.run
),
arrived AS (
    SELECT b.item AS item, MAX(b.is_sure) AS is_sure
    FROM belongs AS b
    WHERE b.kind = 'slot'
    GROUP BY b.item
),
slot_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN a.is_sure = 1 THEN 'na:transferred'
            WHEN a.is_sure = 0 THEN 'cannot_test:time_order_unclear'
            WHEN p.due_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN EXISTS (
                SELECT 1 FROM gap AS g
                WHERE g.table_name = 'transfer' AND g.system = p.system
                    AND (g.starts_at IS NULL OR g.starts_at < p.due_at) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
            ) THEN 'cannot_test:source_gap'
            WHEN u.allowed = 1 THEN 'na:paused'
            WHEN u.in_conflict = 1 THEN 'cannot_test:conflict'
            WHEN u.allowed_by_unknown = 1 THEN 'cannot_test:approver_unlinked'
            WHEN u.item IS NOT NULL THEN 'exception:paused'
            ELSE 'exception:absent'
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN arrived AS a ON a.item = p.item
    LEFT JOIN paused AS u ON u.item = p.item
    WHERE p.kind = 'slot'
),
transfer_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN t.status <> 'success' THEN 'exception:failed'
            WHEN c.place > 1 AND NOT p.repeatable THEN 'exception:sent_twice'
            WHEN t.source_count IS NULL OR t.target_count IS NULL THEN 'cannot_test:counts_unknown'
            WHEN t.source_count <> t.target_count + COALESCE(t.rejects, 0) THEN 'exception:counts_differ'
            WHEN t.source_count = 0 AND NOT p.may_be_empty THEN 'exception:no_rows'
            WHEN v.in_conflict = 1 AND NOT p.repeatable THEN 'cannot_test:conflict'
            WHEN v.unclear = 1 AND NOT p.repeatable THEN 'cannot_test:time_order_unclear'
            ELSE 'pass'
        END AS e,
        CASE
            WHEN t.status <> 'success' THEN 'na:not_transferred'
            WHEN p.no_amounts THEN 'na:no_amounts'
            WHEN t.source_sum IS NULL OR t.target_sum IS NULL OR (t.rejects > 0 AND t.reject_sum IS NULL)
                THEN 'cannot_test:sums_unknown'
            WHEN t.source_sum <> t.target_sum + COALESCE(t.reject_sum, 0) THEN 'exception:sums_differ'
            ELSE 'pass'
        END AS f,
        CASE
            WHEN t.status <> 'success' THEN 'na:not_transferred'
            WHEN t.rejects IS NULL THEN 'cannot_test:rejects_unknown'
            WHEN t.rejects = 0 THEN 'na:no_rejects'
            WHEN t.cleared_at_latest < t.transferred_at THEN 'cannot_test:contradiction'
            WHEN t.cleared_at_latest <= t.transferred_at + q.clear_hours * INTERVAL '1' HOUR THEN 'pass'
            WHEN t.cleared_at > t.transferred_at_latest + q.clear_hours * INTERVAL '1' HOUR THEN 'exception:cleared_late'
            WHEN t.cleared_at IS NOT NULL THEN 'cannot_test:time_order_unclear'
            WHEN t.transferred_at_latest + q.clear_hours * INTERVAL '1' HOUR > q.extracted_at THEN 'cannot_test:pending'
            ELSE 'exception:not_cleared'
        END AS g,
        CASE
            WHEN t.status <> 'success' THEN 'na:not_transferred'
            WHEN t.reviewed_at IS NULL AND t.transferred_at_latest + q.review_hours * INTERVAL '1' HOUR > q.extracted_at
                THEN 'cannot_test:pending'
            WHEN t.reviewed_at IS NULL THEN 'exception:not_reviewed'
            WHEN t.reviewed_at_latest < t.transferred_at THEN 'exception:reviewed_before'
            WHEN t.reviewed_at > t.transferred_at_latest + q.review_hours * INTERVAL '1' HOUR THEN 'exception:reviewed_late'
            WHEN n.state = 'shared' THEN 'exception:shared_account'
            WHEN n.state = 'bot' THEN 'exception:not_a_person'
            WHEN n.person IS NULL THEN 'cannot_test:reviewer_unlinked'
            WHEN t.reviewed_at < t.transferred_at_latest
                OR t.reviewed_at_latest > t.transferred_at + q.review_hours * INTERVAL '1' HOUR THEN 'cannot_test:time_order_unclear'
            ELSE 'pass'
        END AS h
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN transfer AS t ON t.id = p.event
    LEFT JOIN counted AS c ON c.transfer = t.id
    LEFT JOIN rivalled AS v ON v.transfer = t.id
    LEFT JOIN identity AS n ON n.account = t.reviewed_by AND n.valid_from <= t.reviewed_at AND t.reviewed_at < n.valid_to
    WHERE p.kind = 'transfer'
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.kind <> 'job' THEN 'na:no_run_due'
        WHEN p.conflicted OR s.conflicts = 1 THEN 'cannot_test:conflict'
        WHEN s.ran = 1 OR b.code = 'pass' THEN 'pass'
        WHEN s.maybe_ran = 1 THEN 'cannot_test:time_order_unclear'
        WHEN b.code LIKE 'cannot_test:%' OR b.code = 'na:paused' THEN b.code
        WHEN s.runs > 0 THEN 'exception:skipped'
        WHEN u.item IS NOT NULL THEN 'exception:paused'
        ELSE 'exception:absent'
    END AS a,
    CASE
        WHEN p.kind <> 'job' THEN 'na:no_run_due'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        ELSE b.code
    END AS b,
    CASE
        WHEN p.kind <> 'job' THEN 'na:no_run_due'
        WHEN p.conflicted OR s.conflicts = 1 THEN 'cannot_test:conflict'
        WHEN p.repeatable AND s.tries > 1 AND s.successes > 0 THEN 'pass'
        WHEN NOT p.repeatable AND COALESCE(s.successes, 0) < 2 AND g.of_window = 1 AND s.due_at <= q.extracted_at
            THEN 'cannot_test:source_gap'
        WHEN COALESCE(s.tries, 0) < 2 THEN 'na:no_rerun'
        WHEN s.unsure = 1 THEN 'cannot_test:time_order_unclear'
        WHEN s.successes > 1 THEN 'exception:ran_twice'
        WHEN s.successes = 1 THEN 'pass'
        ELSE 'na:not_solved'
    END AS c,
    CASE
        WHEN p.kind <> 'schedule' THEN 'na:no_change'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        ELSE d.code
    END AS d,
    CASE
        WHEN p.kind NOT IN ('transfer', 'slot') THEN 'na:no_transfer'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        ELSE COALESCE(t.e, k.code)
    END AS e,
    CASE
        WHEN p.kind <> 'transfer' THEN 'na:no_transfer'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        ELSE t.f
    END AS f,
    CASE
        WHEN p.kind <> 'transfer' THEN 'na:no_transfer'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        ELSE t.g
    END AS g,
    CASE
        WHEN p.kind <> 'transfer' THEN 'na:no_transfer'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        ELSE t.h
    END AS h
FROM population AS p
CROSS JOIN parameter AS q
LEFT JOIN slot AS s ON s.item = p.item
LEFT JOIN solution AS b ON b.item = p.item
LEFT JOIN paused AS u ON u.item = p.item
LEFT JOIN run_gap AS g ON g.item = p.item
LEFT JOIN change_code AS d ON d.item = p.item
LEFT JOIN transfer_code AS t ON t.item = p.item
LEFT JOIN slot_code AS k ON k.item = p.item
