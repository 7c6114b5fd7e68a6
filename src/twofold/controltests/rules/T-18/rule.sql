WITH
gap AS (
    SELECT s.system AS system, g.table_name AS table_name, g.starts_at AS starts_at, g.ends_before AS ends_before
    FROM (SELECT DISTINCT p.system AS system FROM population AS p) AS s
    JOIN source_gap AS g ON g.system = s.system OR g.system = '*'
),
severity AS (
    SELECT 1 AS level, 'critical' AS severity
    UNION ALL
    SELECT 2 AS level, 'high' AS severity
    UNION ALL
    SELECT 3 AS level, 'medium' AS severity
    UNION ALL
    SELECT 4 AS level, 'low' AS severity
),
-- A rule that closed or suppressed the alert must have been in force and approved by a person before it acted. One that is named
-- by an open alert did neither.
acted AS (
    SELECT
        r.id AS alert,
        r.system AS system,
        r.rule AS handling,
        CASE WHEN r.suppressed THEN r.raised_at ELSE r.closed_at END AS at,
        CASE WHEN r.suppressed THEN r.raised_at_latest ELSE r.closed_at_latest END AS at_latest
    FROM alert AS r
    WHERE r.suppressed OR (r.rule IS NOT NULL AND r.closed_at IS NOT NULL)
),
handled AS (
    SELECT
        a.alert AS alert,
        MIN(CASE
            WHEN h.conflicted THEN '2cannot_test:conflict'
            WHEN h.id IS NULL AND a.handling IS NOT NULL AND EXISTS (
                SELECT 1 FROM gap AS g
                WHERE g.table_name = 'alert_handling' AND g.system = a.system
                    AND (g.starts_at IS NULL OR g.starts_at <= a.at_latest) AND (g.ends_before IS NULL OR g.ends_before > a.at)
            ) THEN '2cannot_test:source_gap'
            WHEN h.approved_by IS NULL OR h.approved_at IS NULL OR h.approved_at >= a.at_latest THEN '3exception:rule_not_approved'
            WHEN n.state IN ('shared', 'bot') THEN '3exception:rule_not_approved'
            WHEN n.person IS NULL THEN '2cannot_test:approver_unlinked'
            WHEN h.approved_at_latest >= a.at THEN '2cannot_test:time_order_unclear'
            ELSE '1pass'
        END) AS code
    FROM acted AS a
    LEFT JOIN alert_handling AS h ON h.id = a.handling
        AND (h.valid_from IS NULL OR h.valid_from <= a.at) AND (h.valid_to IS NULL OR a.at_latest < h.valid_to OR h.conflicted)
    LEFT JOIN identity AS n ON n.account = h.approved_by AND n.valid_from <= h.approved_at AND h.approved_at < n.valid_to
    GROUP BY a.alert
),
-- By hand: acknowledged and closed in time, each by a person, with a reason. The first character ranks the codes.
by_hand AS (
    SELECT
        r.id AS alert,
        CASE
            WHEN r.acknowledged_at_latest < r.raised_at THEN '2cannot_test:contradiction'
            WHEN r.acknowledged_at_latest <= r.raised_at + q.acknowledge_minutes * INTERVAL '1' MINUTE THEN '3pass'
            WHEN COALESCE(r.acknowledged_at, q.extracted_at) > r.raised_at_latest + q.acknowledge_minutes * INTERVAL '1' MINUTE
                THEN CASE WHEN r.acknowledged_at IS NULL THEN '1exception:not_acknowledged' ELSE '1exception:acknowledged_late' END
            WHEN r.acknowledged_at IS NULL THEN '2cannot_test:pending'
            ELSE '2cannot_test:time_order_unclear'
        END AS acknowledgement,
        CASE
            WHEN r.closed_at_latest < r.raised_at THEN '2cannot_test:contradiction'
            WHEN r.closed_at_latest <= r.raised_at + q.close_hours * INTERVAL '1' HOUR THEN '3pass'
            WHEN COALESCE(r.closed_at, q.extracted_at) > r.raised_at_latest + q.close_hours * INTERVAL '1' HOUR
                THEN CASE WHEN r.closed_at IS NULL THEN '1exception:not_closed' ELSE '1exception:closed_late' END
            WHEN r.closed_at IS NULL THEN '2cannot_test:pending'
            ELSE '2cannot_test:time_order_unclear'
        END AS closure,
        CASE WHEN r.closed_at IS NOT NULL AND TRIM(COALESCE(r.disposition, '')) = '' THEN '1exception:no_reason' ELSE '3pass' END AS reason,
        CASE
            WHEN r.acknowledged_at IS NULL OR n.person IS NOT NULL THEN '3pass'
            WHEN n.state = 'shared' THEN '1exception:shared_account'
            WHEN n.state = 'bot' THEN '1exception:not_a_person'
            ELSE '2cannot_test:handler_unlinked'
        END AS acknowledged_by,
        CASE
            WHEN r.closed_at IS NULL OR m.person IS NOT NULL THEN '3pass'
            WHEN m.state = 'shared' THEN '1exception:shared_account'
            WHEN m.state = 'bot' THEN '1exception:not_a_person'
            ELSE '2cannot_test:handler_unlinked'
        END AS closed_by,
        -- Whether a rule closed it before the time to acknowledge was over: 1 surely, 0 perhaps.
        CASE
            WHEN r.closed_at_latest <= r.raised_at + q.acknowledge_minutes * INTERVAL '1' MINUTE THEN 1
            WHEN r.closed_at <= r.raised_at_latest + q.acknowledge_minutes * INTERVAL '1' MINUTE THEN 0
        END AS soon
    FROM alert AS r
    CROSS JOIN parameter AS q
    LEFT JOIN identity AS n
        ON n.account = r.acknowledged_by AND n.valid_from <= r.acknowledged_at AND r.acknowledged_at < n.valid_to
    LEFT JOIN identity AS m ON m.account = r.closed_by AND m.valid_from <= r.closed_at AND r.closed_at < m.valid_to
),
-- By a rule: it stands for the person who closes, and for the reason; for the one who acknowledges only where it closed before the
-- time for that was over.
by_rule AS (
    SELECT
        b.alert AS alert,
        LEAST(
            b.closure,
            REPLACE(REPLACE(h.code, '1pass', '3pass'), '3exception', '1exception'),
            CASE
                WHEN b.soon = 1 THEN '3pass'
                WHEN b.soon = 0 AND LEAST(b.acknowledgement, b.acknowledged_by) < '2' THEN '2cannot_test:time_order_unclear'
                ELSE LEAST(b.acknowledgement, b.acknowledged_by)
            END
        ) AS code
    FROM by_hand AS b
    JOIN handled AS h ON h.alert = b.alert
),
-- D: rules that watch privileged activity must cover the month without a break, as far as the data reach.
month AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.starts_at AS starts_at,
        LEAST(p.ends_before, q.extracted_at) AS ends_before
    FROM population AS p
    CROSS JOIN parameter AS q
    WHERE p.kind = 'watch'
),
watched AS (
    SELECT
        m.item AS item,
        CASE WHEN w.conflicted THEN m.ends_before ELSE GREATEST(COALESCE(w.valid_from, m.starts_at), m.starts_at) END AS starts_at,
        LEAST(COALESCE(w.valid_to, m.ends_before), m.ends_before) AS ends_before,
        CASE WHEN w.conflicted THEN 1 ELSE 0 END AS conflicts
    FROM month AS m
    JOIN alert_watch AS w ON w.system = m.system AND (w.watches = 'privileged' OR w.conflicted)
        AND (w.valid_from IS NULL OR w.valid_from < m.ends_before) AND (w.valid_to IS NULL OR w.valid_to > m.starts_at OR w.conflicted)
    UNION ALL
    SELECT m.item AS item, m.ends_before AS starts_at, m.ends_before AS ends_before, 0 AS conflicts
    FROM month AS m
),
reached AS (
    SELECT
        w.item AS item,
        w.starts_at AS starts_at,
        w.conflicts AS conflicts,
        MAX(w.ends_before) OVER (
            PARTITION BY w.item ORDER BY w.starts_at NULLS LAST, w.ends_before NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached_at
    FROM watched AS w
),
broken AS (
    SELECT
        r.item AS item,
        MAX(CASE WHEN r.starts_at > COALESCE(r.reached_at, m.starts_at) THEN 1 ELSE 0 END) AS is_open,
        MAX(r.conflicts) AS conflicts
    FROM reached AS r
    JOIN month AS m ON m.item = r.item
    GROUP BY r.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.kind = 'watch' THEN 'na:no_alert'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN s.level IS NULL THEN 'cannot_test:unknown_severity'
        WHEN s.level > t.level THEN 'na:below_severity'
        WHEN h.code IS NULL THEN SUBSTR(LEAST(b.acknowledgement, b.closure, b.reason, b.acknowledged_by, b.closed_by), 2)
        WHEN r.suppressed THEN SUBSTR(h.code, 2)
        ELSE SUBSTR(y.code, 2)
    END AS c,
    CASE
        WHEN p.kind = 'alert' THEN 'na:no_watch'
        WHEN k.is_open = 1 AND k.conflicts = 1 THEN 'cannot_test:conflict'
        WHEN k.is_open = 1 AND EXISTS (
            SELECT 1 FROM gap AS g
            WHERE g.table_name = 'alert_watch' AND g.system = p.system
                AND (g.starts_at IS NULL OR g.starts_at < LEAST(p.ends_before, q.extracted_at))
                AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
        ) THEN 'cannot_test:source_gap'
        WHEN k.is_open = 1 THEN 'exception:not_watched'
        WHEN p.ends_before > q.extracted_at THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS d
FROM population AS p
CROSS JOIN parameter AS q
LEFT JOIN alert AS r ON r.id = p.item
LEFT JOIN severity AS s ON s.severity = LOWER(r.severity)
LEFT JOIN severity AS t ON t.severity = LOWER(q.lowest_severity)
LEFT JOIN handled AS h ON h.alert = p.item
LEFT JOIN by_hand AS b ON b.alert = p.item
LEFT JOIN by_rule AS y ON y.alert = p.item
LEFT JOIN broken AS k ON k.item = p.item
