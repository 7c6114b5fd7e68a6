WITH
-- An exercise speaks for the system that it was recorded for and for each system that it recovered or played through.
spoken AS (
    SELECT r.id AS id, r.system AS system FROM activity_record AS r WHERE r.activity = 'recovery_exercise'
    UNION
    SELECT s.id AS id, s.value AS system
    FROM activity_record__systems AS s
    JOIN activity_record AS r ON r.id = s.id
    WHERE r.activity = 'recovery_exercise'
),
-- It answers the due date that it was held for, else the one in whose period it was completed. The due date is one of the schedule
-- that it was recorded for: for another system that it names, with due dates of its own, the time of completion tells.
answer AS (
    SELECT p.item AS item, r.id AS id
    FROM population AS p
    JOIN spoken AS s ON s.system = p.system
    JOIN activity_record AS r ON r.id = s.id AND r.held_for = p.day
    UNION
    SELECT p.item AS item, r.id AS id
    FROM population AS p
    JOIN spoken AS s ON s.system = p.system
    JOIN activity_record AS r ON r.id = s.id
    LEFT JOIN population AS o ON o.system = p.system AND o.day = r.held_for
    WHERE (r.held_for IS NULL OR (r.system <> p.system AND o.item IS NULL))
        AND r.completed_at < p.due_at AND r.completed_at_latest >= p.starts_at
),
-- The report of an earlier exercise is no evidence of a new one; the scenario of an earlier tabletop teaches nothing new.
reused AS (
    SELECT
        r.id AS id,
        MAX(CASE WHEN o.results_hash = r.results_hash THEN 1 ELSE 0 END) AS report,
        MAX(CASE
            WHEN r.form = 'tabletop' AND o.form = 'tabletop' AND LOWER(o.scenario) = LOWER(r.scenario) THEN 1
            ELSE 0
        END) AS scenario
    FROM activity_record AS r
    JOIN activity_record AS o ON o.activity = r.activity AND o.system = r.system
    WHERE o.completed_at < r.completed_at OR (o.completed_at = r.completed_at AND o.id < r.id)
    GROUP BY r.id
),
attended AS (
    SELECT DISTINCT k.id AS id FROM activity_record__participants AS k
),
-- A plan that was only edited was not tested: people took part, in a form that counts, and the results are on record.
record_code AS (
    SELECT
        a.item AS item,
        r.id AS id,
        r.needs_action AS needs_action,
        CASE
            WHEN r.conflicted THEN '60cannot_test:conflict'
            WHEN r.form IS NULL
                OR ';' || LOWER(REPLACE(q.exercise_forms, ' ', '')) || ';' NOT LIKE '%;' || REPLACE(r.form, ' ', '') || ';%'
                THEN '76exception:not_exercised'
            WHEN k.id IS NULL THEN '75exception:no_participants'
            WHEN r.results IS NULL THEN '74exception:no_results'
            WHEN u.report = 1 THEN '73exception:reused'
            WHEN r.completed_at >= p.due_at THEN '70exception:late'
            WHEN r.completed_at_latest < p.starts_at THEN '71exception:early'
            WHEN u.scenario = 1 THEN '72exception:scenario_reused'
            WHEN r.completed_at >= p.starts_at AND r.completed_at_latest < p.due_at THEN '10pass'
            ELSE '50cannot_test:time_order_unclear'
        END AS code
    FROM answer AS a
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = a.item
    JOIN activity_record AS r ON r.id = a.id
    LEFT JOIN attended AS k ON k.id = r.id
    LEFT JOIN reused AS u ON u.id = r.id
),
-- What was really exercised, in time or not, is looked into further.
held AS (
    SELECT c.item AS item, c.id AS id, c.needs_action AS needs_action
    FROM record_code AS c
    WHERE c.code < '73' AND c.code NOT LIKE '60%'
),
-- While the due period still runs, what is missing may come, and what the data do not reach is no fault of the list.
gap AS (
    SELECT
        p.item AS item,
        CASE WHEN p.due_at > q.extracted_at THEN 'cannot_test:pending' END AS pending,
        MAX(CASE WHEN g.table_name = 'activity_record' THEN 1 ELSE 0 END) AS of_record,
        MAX(CASE WHEN g.table_name = 'exercise_result' THEN 1 ELSE 0 END) AS of_result,
        MAX(CASE WHEN g.table_name = 'programme_action' THEN 1 ELSE 0 END) AS of_action
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN source_gap AS g ON g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at < p.due_at) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
    GROUP BY p.item, p.due_at, q.extracted_at
),
-- A: done by the due date.
done AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN b.code < '70' THEN SUBSTRING(b.code, 3)
            WHEN g.pending IS NOT NULL THEN g.pending
            WHEN g.of_record = 1 THEN 'cannot_test:source_gap'
            WHEN b.code IS NOT NULL THEN SUBSTRING(b.code, 3)
            ELSE 'exception:absent'
        END AS code
    FROM population AS p
    JOIN gap AS g ON g.item = p.item
    LEFT JOIN (SELECT c.item AS item, MIN(c.code) AS code FROM record_code AS c GROUP BY c.item) AS b ON b.item = p.item
),
-- Without anything exercised B to D have nothing to look at, and A says why.
basis AS (
    SELECT
        d.item AS item,
        d.code AS done,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN h.item IS NOT NULL THEN NULL
            WHEN d.code LIKE 'exception:%' THEN 'na:not_done'
            ELSE d.code
        END AS code,
        COALESCE(h.need, 0) AS need
    FROM done AS d
    JOIN population AS p ON p.item = d.item
    LEFT JOIN (
        SELECT x.item AS item, MAX(CASE WHEN x.needs_action THEN 1 ELSE 0 END) AS need FROM held AS x GROUP BY x.item
    ) AS h ON h.item = d.item
),
-- B: the systems that had to be in it: the system itself; for the company every system that the recovery plan must bring back.
target AS (
    SELECT
        p.item AS item,
        t.system AS system,
        MIN(t.rto_minutes) AS rto_minutes,
        MIN(t.rpo_minutes) AS rpo_minutes,
        MAX(CASE WHEN t.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM population AS p
    JOIN recovery_target AS t ON t.system = p.system OR p.system = 'company'
    WHERE (t.valid_from IS NULL OR t.valid_from <= p.operating_at) AND (t.valid_to IS NULL OR p.operating_at < t.valid_to)
    GROUP BY p.item, t.system
),
needed AS (
    SELECT t.item AS item, t.system AS system FROM target AS t
    UNION
    SELECT p.item AS item, p.system AS system FROM population AS p WHERE p.system <> 'company'
),
exercised AS (
    SELECT DISTINCT h.item AS item, s.system AS system
    FROM held AS h
    JOIN spoken AS s ON s.id = h.id
),
scope AS (
    SELECT
        n.item AS item,
        MAX(CASE WHEN e.system IS NULL THEN 1 ELSE 0 END) AS left_out
    FROM needed AS n
    LEFT JOIN exercised AS e ON e.item = n.item AND e.system = n.system
    GROUP BY n.item
),
-- C: the best measure of each needed system that was exercised, beside its target; the worst system decides. The first
-- character ranks from good to bad.
measure AS (
    SELECT
        n.item AS item,
        n.system AS system,
        MIN(CASE
            WHEN x.conflicted OR t.conflicted = 1 THEN '4cannot_test:conflict'
            WHEN x.recovery_minutes > t.rto_minutes OR x.loss_minutes > t.rpo_minutes THEN '5exception:target_missed'
            WHEN x.recovery_minutes IS NULL OR x.loss_minutes IS NULL THEN '6exception:not_measured'
            WHEN t.rto_minutes IS NULL OR t.rpo_minutes IS NULL THEN '2cannot_test:no_target'
            ELSE '1pass'
        END) AS code
    FROM needed AS n
    JOIN held AS h ON h.item = n.item
    JOIN exercise_result AS x ON x.activity_record = h.id AND x.system = n.system
    LEFT JOIN target AS t ON t.item = n.item AND t.system = n.system
    GROUP BY n.item, n.system
),
measured AS (
    SELECT
        n.item AS item,
        SUBSTRING(MAX(COALESCE(
            m.code, CASE WHEN g.of_result = 1 THEN '3cannot_test:source_gap' ELSE '6exception:not_measured' END
        )), 2) AS code
    FROM needed AS n
    JOIN exercised AS e ON e.item = n.item AND e.system = n.system
    LEFT JOIN measure AS m ON m.item = n.item AND m.system = n.system
    LEFT JOIN gap AS g ON g.item = n.item
    GROUP BY n.item
),
-- The last day before the first due period of a schedule.
scheduled AS (
    SELECT p.system AS system, CAST(CAST(MIN(p.starts_at) - INTERVAL '630' MINUTE AS DATE) AS STRING) AS day_before
    FROM population AS p
    GROUP BY p.system
),
-- D: an action belongs to the exercise that it came out of; where it names none that is known, to the period it was opened in. So does
-- that of an exercise which names a day of the schedule's time on which nothing was due, and so answers no due date.
own_action AS (
    SELECT a.item AS item, t.id AS id
    FROM answer AS a
    JOIN programme_action AS t ON t.activity_record = a.id
    UNION
    SELECT p.item AS item, t.id AS id
    FROM population AS p
    JOIN programme_action AS t ON t.activity = 'recovery_exercise' AND t.system = p.system
        AND t.opened_at >= p.starts_at AND t.opened_at < p.due_at
    JOIN scheduled AS s ON s.system = p.system
    LEFT JOIN activity_record AS r ON r.id = t.activity_record
    LEFT JOIN answer AS a ON a.id = r.id
    WHERE r.id IS NULL
        OR (a.id IS NULL AND r.held_for > s.day_before AND r.activity = 'recovery_exercise' AND r.system = p.system)
),
-- A due date that was moved does not help (step action_limit). A gap that begins on the last day before the newest export and does
-- not end is the end of the data.
closing AS (
    SELECT
        a.item AS item,
        MIN(CASE
            WHEN t.conflicted OR d.conflicted THEN '60cannot_test:conflict'
            WHEN t.closed_at IS NULL AND d.due_at IS NULL THEN '13exception:action_undated'
            WHEN t.closed_at IS NULL AND q.extracted_at > d.due_at AND q.extracted_at <= t.due_at_latest
                THEN '11exception:due_date_moved'
            WHEN t.closed_at IS NULL AND q.extracted_at > d.due_at THEN '10exception:action_overdue'
            WHEN t.closed_at > d.due_at AND t.closed_at <= t.due_at_latest THEN '11exception:due_date_moved'
            WHEN t.closed_at > d.due_at THEN '12exception:action_late'
            WHEN t.closed_at_latest < t.opened_at THEN '60cannot_test:contradiction'
            WHEN t.closed_at_latest > d.due_at THEN '62cannot_test:time_order_unclear'
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'action_due_change' AND g.system IN (t.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < COALESCE(t.closed_at_latest, q.extracted_at))
                    AND (g.ends_before IS NULL OR g.ends_before > t.opened_at)
                    AND (g.ends_before IS NOT NULL OR g.starts_at IS NULL OR g.starts_at < q.extracted_at - INTERVAL '1' DAY)
            ) THEN '61cannot_test:source_gap'
            ELSE '90pass'
        END) AS code
    FROM own_action AS a
    CROSS JOIN parameter AS q
    JOIN programme_action AS t ON t.id = a.id
    JOIN action_limit AS d ON d.action = t.id
    GROUP BY a.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    b.done AS a,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN s.item IS NULL THEN 'cannot_test:no_needed_system'
        WHEN s.left_out = 0 THEN 'pass'
        WHEN g.pending IS NOT NULL THEN g.pending
        WHEN g.of_record = 1 THEN 'cannot_test:source_gap'
        ELSE 'exception:system_left_out'
    END AS b,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN m.code LIKE 'exception:%' OR m.code = 'cannot_test:source_gap' THEN COALESCE(g.pending, m.code)
        ELSE COALESCE(m.code, 'na:nothing_recovered')
    END AS c,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN c.code < '60' THEN SUBSTRING(c.code, 3)
        WHEN g.of_action = 1 THEN COALESCE(g.pending, 'cannot_test:source_gap')
        WHEN c.code IS NOT NULL THEN SUBSTRING(c.code, 3)
        WHEN b.code IS NOT NULL THEN b.code
        WHEN b.need = 1 THEN COALESCE(g.pending, 'exception:no_action')
        ELSE 'na:no_action'
    END AS d
FROM population AS p
JOIN basis AS b ON b.item = p.item
JOIN gap AS g ON g.item = p.item
LEFT JOIN scope AS s ON s.item = p.item
LEFT JOIN measured AS m ON m.item = p.item
LEFT JOIN closing AS c ON c.item = p.item
