WITH
-- A record answers the due date that it was held for, else the one in whose period it was completed.
answer AS (
    SELECT p.item AS item, r.id AS id
    FROM population AS p
    JOIN activity_record AS r ON r.activity = p.activity AND r.system = p.system AND r.held_for = p.day
    UNION
    SELECT p.item AS item, r.id AS id
    FROM population AS p
    JOIN activity_record AS r ON r.activity = p.activity AND r.system = p.system
    WHERE r.held_for IS NULL AND r.completed_at < p.due_at AND r.completed_at_latest >= p.starts_at
),
-- The same minutes or report shown a second time are no evidence of a second activity.
reused AS (
    SELECT DISTINCT r.id AS id
    FROM activity_record AS r
    JOIN activity_record AS o
        ON o.results_hash = r.results_hash AND o.activity = r.activity AND o.system = r.system
    WHERE o.completed_at < r.completed_at OR (o.completed_at = r.completed_at AND o.id < r.id)
),
attended AS (
    SELECT DISTINCT k.id AS id FROM activity_record__participants AS k
),
-- A plan or register that was only edited is no activity: people took part, and the results are on record.
record_code AS (
    SELECT
        a.item AS item,
        r.id AS id,
        r.needs_action AS needs_action,
        CASE
            WHEN r.conflicted THEN '60cannot_test:conflict'
            WHEN r.form = 'document_edit' THEN '76exception:not_held'
            WHEN k.id IS NULL THEN '75exception:no_participants'
            WHEN r.results IS NULL THEN '74exception:no_results'
            WHEN u.id IS NOT NULL THEN '73exception:reused'
            WHEN r.completed_at >= p.due_at THEN '71exception:late'
            WHEN r.completed_at_latest < p.starts_at THEN '72exception:early'
            WHEN r.completed_at >= p.starts_at AND r.completed_at_latest < p.due_at THEN '10pass'
            ELSE '50cannot_test:time_order_unclear'
        END AS code
    FROM answer AS a
    JOIN population AS p ON p.item = a.item
    JOIN activity_record AS r ON r.id = a.id
    LEFT JOIN attended AS k ON k.id = r.id
    LEFT JOIN reused AS u ON u.id = r.id
),
-- What was really held, in time or not, is looked into further.
held AS (
    SELECT c.item AS item, c.id AS id, c.needs_action AS needs_action
    FROM record_code AS c
    WHERE c.code < '73' AND c.code NOT LIKE '60%'
),
summary AS (
    SELECT
        h.item AS item,
        MAX(CASE WHEN h.needs_action THEN 2 WHEN NOT h.needs_action THEN 1 ELSE 0 END) AS need
    FROM held AS h
    GROUP BY h.item
),
-- Missing is not one thing (4.0): what is not found counts as missing only where its table is complete for the due period. While
-- that still runs, it may come, and what the data do not reach is no fault of the list.
gap AS (
    SELECT
        p.item AS item,
        CASE WHEN p.due_at > q.extracted_at THEN 'cannot_test:pending' END AS pending,
        MAX(CASE WHEN g.table_name = 'activity_record' THEN 1 ELSE 0 END) AS of_record,
        MAX(CASE WHEN g.table_name = 'assessed_risk' THEN 1 ELSE 0 END) AS of_risk,
        MAX(CASE WHEN g.table_name = 'programme_action' THEN 1 ELSE 0 END) AS of_action
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN source_gap AS g ON g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at < p.due_at) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
    GROUP BY p.item, p.due_at, q.extracted_at
),
-- Done by the due date.
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
-- Without anything held the rest has nothing to look at, and the first attribute says why.
basis AS (
    SELECT
        d.item AS item,
        d.code AS done,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN s.item IS NOT NULL THEN NULL
            WHEN d.code LIKE 'exception:%' THEN 'na:not_done'
            ELSE d.code
        END AS code,
        COALESCE(s.need, 0) AS need
    FROM done AS d
    JOIN population AS p ON p.item = d.item
    LEFT JOIN summary AS s ON s.item = d.item
),
-- Topics that the activity has to cover; more than one record may cover them between them.
wanted AS (
    SELECT 'risk_assessment' AS activity, LOWER(REPLACE(q.risk_topics, ' ', '')) AS topics FROM parameter AS q
    UNION ALL
    SELECT 'board_meeting' AS activity, LOWER(REPLACE(q.board_topics, ' ', '')) AS topics FROM parameter AS q
),
covered AS (
    SELECT
        p.item AS item,
        CASE
            WHEN COUNT(DISTINCT CASE WHEN ';' || w.topics || ';' LIKE '%;' || LOWER(REPLACE(t.value, ' ', '')) || ';%' THEN LOWER(REPLACE(t.value, ' ', '')) END)
                < CASE WHEN w.topics = '' THEN 0 ELSE LENGTH(w.topics) - LENGTH(REPLACE(w.topics, ';', '')) + 1 END
                THEN COALESCE(g.pending, CASE WHEN g.of_record = 1 THEN 'cannot_test:source_gap' ELSE 'exception:topic_missing' END)
            ELSE 'pass'
        END AS code
    FROM population AS p
    JOIN wanted AS w ON w.activity = p.activity
    JOIN gap AS g ON g.item = p.item
    LEFT JOIN held AS h ON h.item = p.item
    LEFT JOIN activity_record__topics AS t ON t.id = h.id
    GROUP BY p.item, w.topics, g.pending, g.of_record
),
risk_owner AS (
    SELECT
        h.item AS item,
        MIN(CASE
            WHEN r.conflicted THEN '60cannot_test:conflict'
            WHEN r.owner IS NULL THEN '10exception:no_owner'
            ELSE '90pass'
        END) AS code
    FROM held AS h
    JOIN assessed_risk AS r ON r.activity_record = h.id
    GROUP BY h.item
),
-- The last day before the first due period of a schedule.
scheduled AS (
    SELECT p.activity AS activity, p.system AS system, CAST(CAST(MIN(p.starts_at) - INTERVAL '630' MINUTE AS DATE) AS STRING) AS day_before
    FROM population AS p
    GROUP BY p.activity, p.system
),
-- An action belongs to the activity that it came out of; where it names none that is known, to the period it was opened in. So does
-- that of a record which names a day of the schedule's time on which nothing was due: such a record answers no due date.
own_action AS (
    SELECT a.item AS item, t.id AS id
    FROM answer AS a
    JOIN programme_action AS t ON t.activity_record = a.id
    UNION
    SELECT p.item AS item, t.id AS id
    FROM population AS p
    JOIN programme_action AS t
        ON t.activity = p.activity AND t.system = p.system AND t.opened_at >= p.starts_at AND t.opened_at < p.due_at
    JOIN scheduled AS s ON s.activity = p.activity AND s.system = p.system
    LEFT JOIN activity_record AS r ON r.id = t.activity_record
    LEFT JOIN answer AS a ON a.id = r.id
    WHERE r.id IS NULL
        OR (a.id IS NULL AND r.held_for > s.day_before AND r.activity = p.activity AND r.system = p.system)
),
-- A due date that was moved does not help (step action_limit). A gap that begins on the last day before the newest export and does
-- not end is the end of the data.
closing AS (
    SELECT
        t.id AS id,
        CASE
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
        END AS closed,
        CASE
            WHEN t.conflicted THEN '60cannot_test:conflict'
            WHEN t.reported_at >= t.opened_at_latest + q.report_days * INTERVAL '1' DAY THEN '11exception:reported_late'
            WHEN t.reported_at_latest < t.opened_at + q.report_days * INTERVAL '1' DAY THEN '90pass'
            WHEN t.reported_at IS NOT NULL THEN '62cannot_test:time_order_unclear'
            WHEN q.extracted_at < t.opened_at_latest + q.report_days * INTERVAL '1' DAY THEN '63cannot_test:pending'
            ELSE '10exception:not_reported'
        END AS reported,
        CASE
            WHEN t.conflicted THEN '60cannot_test:conflict'
            WHEN t.owner IS NULL THEN '10exception:no_owner'
            ELSE '90pass'
        END AS owned
    FROM programme_action AS t
    CROSS JOIN parameter AS q
    JOIN action_limit AS d ON d.action = t.id
),
worst AS (
    SELECT a.item AS item, MIN(c.closed) AS closed, MIN(c.reported) AS reported, MIN(c.owned) AS owned
    FROM own_action AS a
    JOIN closing AS c ON c.id = a.id
    GROUP BY a.item
),
-- A good answer is no answer where the list of actions is not complete.
action AS (
    SELECT
        b.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN w.closed < '60' THEN SUBSTRING(w.closed, 3)
            WHEN g.of_action = 1 THEN COALESCE(g.pending, 'cannot_test:source_gap')
            WHEN w.closed IS NOT NULL THEN SUBSTRING(w.closed, 3)
            WHEN b.code IS NOT NULL THEN b.code
            WHEN b.need = 2 THEN COALESCE(g.pending, 'exception:no_action')
            WHEN p.activity = 'capacity_review' AND b.need = 0 THEN COALESCE(g.pending, 'exception:need_undecided')
            ELSE 'na:no_action'
        END AS closed,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN w.reported < '60' THEN SUBSTRING(w.reported, 3)
            WHEN g.of_action = 1 THEN COALESCE(g.pending, 'cannot_test:source_gap')
            WHEN w.reported IS NOT NULL THEN SUBSTRING(w.reported, 3)
            ELSE COALESCE(b.code, 'na:no_action')
        END AS reported,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN w.owned < '60' THEN SUBSTRING(w.owned, 3)
            WHEN g.of_action = 1 THEN COALESCE(g.pending, 'cannot_test:source_gap')
            WHEN w.owned IS NOT NULL THEN SUBSTRING(w.owned, 3)
            ELSE COALESCE(b.code, 'na:no_action')
        END AS owned
    FROM basis AS b
    JOIN population AS p ON p.item = b.item
    JOIN gap AS g ON g.item = b.item
    LEFT JOIN worst AS w ON w.item = b.item
),
risk AS (
    SELECT
        b.item AS item,
        CASE
            WHEN b.code IS NOT NULL THEN b.code
            WHEN r.code < '60' THEN SUBSTRING(r.code, 3)
            WHEN g.of_risk = 1 THEN COALESCE(g.pending, 'cannot_test:source_gap')
            WHEN r.code IS NOT NULL THEN SUBSTRING(r.code, 3)
            ELSE COALESCE(g.pending, 'exception:no_risk')
        END AS owned
    FROM basis AS b
    JOIN gap AS g ON g.item = b.item
    LEFT JOIN risk_owner AS r ON r.item = b.item
)
-- Each letter belongs to one activity; for items of another it is not applicable.
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE WHEN p.activity = 'risk_assessment' THEN b.done ELSE 'na:other_activity' END AS a,
    CASE WHEN p.activity = 'risk_assessment' THEN COALESCE(b.code, c.code) ELSE 'na:other_activity' END AS b,
    CASE WHEN p.activity = 'risk_assessment' THEN r.owned ELSE 'na:other_activity' END AS c,
    CASE WHEN p.activity = 'risk_assessment' THEN t.closed ELSE 'na:other_activity' END AS d,
    CASE WHEN p.activity = 'control_monitoring' THEN b.done ELSE 'na:other_activity' END AS e,
    CASE WHEN p.activity = 'control_monitoring' THEN t.reported ELSE 'na:other_activity' END AS f,
    CASE WHEN p.activity = 'control_monitoring' THEN t.owned ELSE 'na:other_activity' END AS g,
    CASE WHEN p.activity = 'control_monitoring' THEN t.closed ELSE 'na:other_activity' END AS h,
    CASE WHEN p.activity = 'board_meeting' THEN b.done ELSE 'na:other_activity' END AS i,
    CASE WHEN p.activity = 'board_meeting' THEN COALESCE(b.code, c.code) ELSE 'na:other_activity' END AS j,
    CASE WHEN p.activity = 'capacity_review' THEN b.done ELSE 'na:other_activity' END AS k,
    CASE WHEN p.activity = 'capacity_review' THEN t.closed ELSE 'na:other_activity' END AS l
FROM population AS p
JOIN basis AS b ON b.item = p.item
JOIN action AS t ON t.item = p.item
JOIN risk AS r ON r.item = p.item
LEFT JOIN covered AS c ON c.item = p.item
