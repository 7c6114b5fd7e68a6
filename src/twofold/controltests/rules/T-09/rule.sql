WITH
-- What stands in for an exception where nobody can say that the conflict was there: two accounts that may be two people, or
-- times and logs that do not prove that both rights were held at one moment (4.0, Identity and Time).
gap AS (
    SELECT DISTINCT p.item AS item, g.table_name AS table_name
    FROM population AS p
    JOIN duty_overlap AS o ON o.holder = p.holder AND o.rule = p.rule
        AND o.valid_from < p.ends_before AND o.valid_to > p.starts_at
    JOIN source_gap AS g ON g.table_name IN ('grant_event', 'function_use') AND g.system IN (o.system_a, o.system_b, '*')
        AND (g.starts_at IS NULL OR g.starts_at < p.ends_before) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
),
doubt AS (
    SELECT
        p.item AS item,
        CASE
            WHEN NOT p.certain THEN 'cannot_test:account_unlinked'
            WHEN p.proven THEN NULL
            WHEN g.item IS NOT NULL THEN 'cannot_test:source_gap'
            WHEN p.starts_at = TIMESTAMP '0001-01-01 00:00:00' THEN 'cannot_test:start_unknown'
            ELSE 'cannot_test:time_order_unclear'
        END AS code
    FROM population AS p
    LEFT JOIN gap AS g ON g.item = p.item AND g.table_name = 'grant_event'
),
-- A stretch never crosses a beginning or an end of a mitigation, so one that is in force is in force for all of it. Of one in
-- conflict neither times nor control are known: it may be in force at any time.
in_force AS (
    SELECT p.item AS item, m.id AS mitigation, m.control AS control, m.approved_by AS approved_by,
        m.approved_at AS approved_at, m.approved_at_latest AS approved_at_latest,
        COALESCE(m.valid_from, p.conflict_starts_at) AS valid_from, COALESCE(m.conflicted, FALSE) AS conflicted
    FROM mitigation AS m
    LEFT JOIN same_human AS h ON h.person = m.person
    JOIN population AS p ON p.holder = COALESCE(h.human, m.person) AND p.rule = m.rule
        AND (
            m.conflicted
            OR ((m.valid_from IS NULL OR m.valid_from <= p.starts_at) AND (m.valid_to IS NULL OR m.valid_to > p.starts_at))
        )
),
-- "Management knows" is no mitigation: without a control that watches the person there is nothing that mitigates.
watched AS (
    SELECT
        f.item AS item,
        MAX(CASE WHEN f.control IS NOT NULL AND NOT f.conflicted THEN 1 ELSE 0 END) AS by_control,
        MAX(CASE WHEN f.conflicted THEN 1 ELSE 0 END) AS perhaps
    FROM in_force AS f
    GROUP BY f.item
),
-- A mitigation that follows on another without a day between needs its approval before it begins itself; any other one
-- needs it before the conflict began.
followed AS (
    SELECT
        p.item AS item,
        MIN(GREATEST(COALESCE(w.by_control, 0), COALESCE(w.perhaps, 0))) OVER (
            PARTITION BY p.holder, p.rule, p.system, p.conflict_starts_at ORDER BY p.starts_at NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS all_before
    FROM population AS p
    LEFT JOIN watched AS w ON w.item = p.item
),
risk_owner AS (
    SELECT
        r.id AS rule,
        COALESCE(h.human, r.risk_owner) AS human,
        CASE
            WHEN ROW_NUMBER() OVER (PARTITION BY r.id ORDER BY COALESCE(r.valid_from, TIMESTAMP '0001-01-01 00:00:00')) = 1
                THEN TIMESTAMP '0001-01-01 00:00:00'
            ELSE r.valid_from
        END AS valid_from,
        COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM sod_rule AS r
    LEFT JOIN same_human AS h ON h.person = r.risk_owner
),
-- When each human worked for the company, under whichever HR id.
worked AS (
    SELECT
        h.human AS human, e.valid_from AS valid_from, e.valid_to AS valid_to, e.valid_to_latest AS valid_to_latest,
        e.conflicted AS conflicted
    FROM engagement_time AS e
    JOIN same_human AS h ON h.person = e.person
),
-- Where HR has no record of the approver, nothing says that this human did not work here: 3 did, 2 perhaps (a record in
-- conflict), 1 perhaps (a day on which the employment began or ended), 0 not.
approver AS (
    SELECT
        m.id AS mitigation,
        COALESCE(h.human, i.person) AS human,
        COALESCE(i.state, 'unlinked') AS state,
        MAX(CASE WHEN o.human IS NOT NULL THEN 1 ELSE 0 END) AS owner_named,
        MAX(CASE WHEN o.human = COALESCE(h.human, i.person) THEN 1 ELSE 0 END) AS owns_risk,
        MAX(CASE
            WHEN e.conflicted THEN 2
            WHEN e.human IS NULL THEN 3
            WHEN e.valid_from <= m.approved_at AND m.approved_at_latest < e.valid_to THEN 3
            WHEN e.valid_from <= m.approved_at_latest AND m.approved_at < e.valid_to_latest THEN 1
            ELSE 0
        END) AS employed
    FROM mitigation AS m
    LEFT JOIN identity AS i
        ON i.account = m.approved_by AND i.valid_from <= m.approved_at AND m.approved_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    LEFT JOIN risk_owner AS o ON o.rule = m.rule AND o.valid_from <= m.approved_at AND m.approved_at < o.valid_to
    LEFT JOIN worked AS e ON e.human = h.human
    GROUP BY m.id, COALESCE(h.human, i.person), COALESCE(i.state, 'unlinked')
),
-- Another engagement of the approver may be missing from HR: after the last one known to have ended, up to the approval.
hr_gap AS (
    SELECT DISTINCT f.item AS item, f.mitigation AS mitigation
    FROM in_force AS f
    JOIN population AS p ON p.item = f.item
    LEFT JOIN (
        SELECT
            m.id AS mitigation,
            MAX(CASE WHEN e.valid_to_latest <= m.approved_at THEN e.valid_to_latest END) AS last_end
        FROM mitigation AS m
        JOIN approver AS a ON a.mitigation = m.id
        JOIN worked AS e ON e.human = a.human
        GROUP BY m.id
    ) AS k ON k.mitigation = f.mitigation
    JOIN source_gap AS g ON g.table_name = 'engagement' AND g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at <= f.approved_at)
        AND (g.ends_before IS NULL OR k.last_end IS NULL OR g.ends_before > k.last_end)
),
-- From when on an approval is late: surely (latest) and perhaps.
limit_of AS (
    SELECT
        f.item AS item,
        f.mitigation AS mitigation,
        CASE WHEN n.all_before = 1 THEN GREATEST(p.conflict_starts_at, f.valid_from) ELSE p.conflict_starts_at END AS limit_at,
        CASE
            WHEN n.all_before = 1 THEN GREATEST(COALESCE(p.conflict_starts_at_latest, p.ends_before), f.valid_from)
            ELSE COALESCE(p.conflict_starts_at_latest, p.ends_before)
        END AS limit_at_latest
    FROM in_force AS f
    JOIN population AS p ON p.item = f.item
    JOIN followed AS n ON n.item = f.item
),
result_of AS (
    SELECT
        f.item AS item,
        f.mitigation AS mitigation,
        MAX(CASE
            WHEN t.conflicted AND (t.valid_to IS NULL OR t.valid_to > p.starts_at) THEN 5
            WHEN t.conflicted THEN 2
            WHEN t.result = 'effective' THEN 3
            WHEN t.result IS NOT NULL THEN 4
            ELSE 1
        END) AS finding
    FROM in_force AS f
    JOIN population AS p ON p.item = f.item
    LEFT JOIN control_result AS t ON t.control = f.control
        AND (t.valid_from IS NULL OR t.valid_from <= p.starts_at)
        AND (t.conflicted OR t.valid_to IS NULL OR t.valid_to > p.starts_at)
    GROUP BY f.item, f.mitigation
),
record_gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'mitigation' THEN 1 ELSE 0 END) AS of_mitigation,
        MAX(CASE WHEN g.table_name = 'control_result' THEN 1 ELSE 0 END) AS of_result
    FROM population AS p
    JOIN source_gap AS g ON g.system IN (p.system, '*') AND g.table_name IN ('mitigation', 'control_result')
        AND (g.starts_at IS NULL OR g.starts_at < p.ends_before) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
    GROUP BY p.item
),
judged AS (
    SELECT
        f.item AS item,
        f.mitigation AS mitigation,
        CASE
            WHEN f.conflicted THEN 'cannot_test:conflict'
            WHEN f.approved_by IS NULL OR f.approved_at IS NULL THEN 'exception:not_approved'
            WHEN a.state = 'shared' THEN 'exception:shared_approver'
            WHEN a.state = 'bot' THEN 'exception:bot_approver'
            WHEN f.approved_by = p.holder OR a.human = p.holder THEN 'exception:self_approved'
            WHEN a.state <> 'linked' THEN 'cannot_test:approver_unlinked'
            WHEN a.owner_named = 0 THEN 'cannot_test:no_risk_owner'
            WHEN a.owns_risk = 0 THEN 'exception:not_risk_owner'
            WHEN a.employed = 0 AND h.item IS NULL THEN 'exception:not_employed'
            WHEN f.approved_at > l.limit_at_latest THEN 'exception:approved_late'
            WHEN a.employed = 2 THEN 'cannot_test:conflict'
            WHEN a.employed = 1 THEN 'cannot_test:time_order_unclear'
            WHEN a.employed = 0 THEN 'cannot_test:source_gap'
            WHEN p.state = 'shared' THEN 'cannot_test:account_shared'
            WHEN p.state <> 'linked' THEN 'cannot_test:account_unlinked'
            WHEN f.approved_at_latest <= l.limit_at THEN 'pass'
            WHEN l.limit_at = TIMESTAMP '0001-01-01 00:00:00' THEN 'cannot_test:start_unknown'
            ELSE 'cannot_test:time_order_unclear'
        END AS approval_code,
        CASE
            WHEN f.conflicted OR r.finding IN (2, 5) THEN 'cannot_test:conflict'
            WHEN r.finding = 4 THEN 'exception:control_failed'
            WHEN r.finding = 3 THEN 'pass'
            WHEN g.of_result = 1 THEN 'cannot_test:source_gap'
            WHEN p.ends_before = q.extracted_at THEN 'cannot_test:pending'
            ELSE 'exception:not_tested'
        END AS control_code,
        CASE
            WHEN f.conflicted THEN 'cannot_test:conflict'
            WHEN a.human IS NULL THEN 'na:no_approver'
            WHEN p.state <> 'linked' THEN 'cannot_test:account_unlinked'
            WHEN EXISTS (
                SELECT 1 FROM superior AS s
                WHERE s.human = a.human AND s.superior = p.holder
                    AND s.valid_from <= f.approved_at AND f.approved_at < s.valid_to
            ) THEN 'exception:approved_by_subordinate'
            ELSE 'pass'
        END AS line_code
    FROM in_force AS f
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = f.item
    JOIN approver AS a ON a.mitigation = f.mitigation
    JOIN limit_of AS l ON l.item = f.item AND l.mitigation = f.mitigation
    JOIN result_of AS r ON r.item = f.item AND r.mitigation = f.mitigation
    LEFT JOIN record_gap AS g ON g.item = f.item
    LEFT JOIN hr_gap AS h ON h.item = f.item AND h.mitigation = f.mitigation
    WHERE f.control IS NOT NULL OR f.conflicted
),
-- Several mitigations may cover one stretch: the one with the fewest faults decides.
best AS (
    SELECT
        j.item AS item,
        j.approval_code AS approval_code,
        j.control_code AS control_code,
        j.line_code AS line_code,
        ROW_NUMBER() OVER (
            PARTITION BY j.item
            ORDER BY
                CASE WHEN j.approval_code = 'pass' THEN 0 WHEN j.approval_code LIKE 'cannot%' THEN 1 ELSE 3 END
                + CASE WHEN j.control_code = 'pass' THEN 0 WHEN j.control_code LIKE 'cannot%' THEN 1 ELSE 3 END,
                CASE WHEN j.line_code LIKE 'exception:%' THEN 1 ELSE 0 END,
                j.mitigation NULLS LAST
        ) AS preference
    FROM judged AS j
),
-- D: which of the two functions the holder carried out in the stretch, under any account and HR id.
used AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN u.function = r.function_a THEN 1 ELSE 0 END) AS side_a,
        MAX(CASE WHEN u.function = r.function_b THEN 1 ELSE 0 END) AS side_b
    FROM population AS p
    JOIN sod_rule AS r ON r.id = p.rule
    JOIN (
        SELECT
            COALESCE(h.human, i.person, e.account) AS holder, e.function AS function,
            e.occurred_at AS occurred_at, e.occurred_at_latest AS occurred_at_latest
        FROM function_use AS e
        LEFT JOIN identity AS i ON i.account = e.account AND i.valid_from <= e.occurred_at AND e.occurred_at < i.valid_to
        LEFT JOIN same_human AS h ON h.person = i.person
    ) AS u ON u.holder = p.holder AND u.occurred_at < p.ends_before AND u.occurred_at_latest >= p.starts_at
    GROUP BY p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN w.by_control = 1 THEN 'pass'
        WHEN w.perhaps = 1 THEN 'cannot_test:conflict'
        WHEN d.code IS NOT NULL THEN d.code
        WHEN g.of_mitigation = 1 THEN 'cannot_test:source_gap'
        WHEN w.by_control = 0 THEN 'exception:no_control'
        ELSE 'exception:unmitigated'
    END AS a,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN b.item IS NULL THEN 'na:no_mitigation'
        WHEN b.approval_code LIKE 'exception:%' THEN COALESCE(d.code, b.approval_code)
        ELSE b.approval_code
    END AS b,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN b.item IS NULL THEN 'na:no_mitigation'
        WHEN b.control_code LIKE 'exception:%' THEN COALESCE(d.code, b.control_code)
        ELSE b.control_code
    END AS c,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN NOT p.certain THEN 'cannot_test:account_unlinked'
        WHEN u.side_a = 1 AND u.side_b = 1 THEN 'exception:both_used'
        WHEN x.item IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE 'pass'
    END AS d,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN b.item IS NULL THEN 'na:no_mitigation'
        WHEN b.line_code LIKE 'exception:%' THEN COALESCE(d.code, b.line_code)
        ELSE b.line_code
    END AS e
FROM population AS p
JOIN doubt AS d ON d.item = p.item
LEFT JOIN watched AS w ON w.item = p.item
LEFT JOIN record_gap AS g ON g.item = p.item
LEFT JOIN best AS b ON b.item = p.item AND b.preference = 1
LEFT JOIN used AS u ON u.item = p.item
LEFT JOIN gap AS x ON x.item = p.item AND x.table_name = 'function_use'
