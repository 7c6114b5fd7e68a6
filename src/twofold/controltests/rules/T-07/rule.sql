WITH
-- Each stretch of a setting against the line of the standard in force then. Grades from worst to best: 0 below the standard,
-- 11 to 16 nobody can tell, 20 meets it. A look proves the stretch that begins with it: its own moment.
compared AS (
    SELECT
        p.item AS item,
        CASE WHEN p.window_to <= t.valid_to AND d.valid_to >= p.window_to THEN 1 ELSE 0 END AS is_last,
        CASE
            WHEN t.valid_from >= p.window_from AND t.valid_from >= d.valid_from AND EXISTS (
                SELECT 1 FROM setting_state AS s
                WHERE s.system = p.system AND s.object = p.object AND s.setting = p.setting AND s.observed_at = t.valid_from
            ) THEN 1
            ELSE 0
        END AS is_look,
        CASE
            WHEN t.state = 'conflict' OR d.conflicted THEN 11
            WHEN t.state = 'contradiction' THEN 12
            WHEN t.state = 'time_unclear' THEN 13
            WHEN t.state = 'source_gap' THEN 14
            WHEN t.state = 'not_observed' THEN 15
            WHEN d.comparison = 'equals' AND t.value = d.value THEN 20
            WHEN d.comparison = 'one_of' AND POSITION('|' || t.value || '|' IN '|' || d.value || '|') > 0 THEN 20
            WHEN d.comparison IN ('equals', 'one_of') OR t.value IS NULL THEN 0
            WHEN d.comparison = 'at_least' AND TRY_CAST(t.value AS DOUBLE) >= TRY_CAST(d.value AS DOUBLE) THEN 20
            WHEN d.comparison = 'at_most' AND TRY_CAST(t.value AS DOUBLE) <= TRY_CAST(d.value AS DOUBLE) THEN 20
            WHEN d.comparison = 'at_least' AND TRY_CAST(t.value AS DOUBLE) < TRY_CAST(d.value AS DOUBLE) THEN 0
            WHEN d.comparison = 'at_most' AND TRY_CAST(t.value AS DOUBLE) > TRY_CAST(d.value AS DOUBLE) THEN 0
            ELSE 16
        END AS grade
    FROM population AS p
    JOIN setting_timeline AS t
        ON t.system = p.system AND t.object = p.object AND t.setting = p.setting
        AND t.valid_from < p.window_to AND p.window_from < t.valid_to
    JOIN setting_demand AS d
        ON d.system = p.system AND d.setting = p.setting
        AND d.valid_from < t.valid_to AND t.valid_from < d.valid_to
        AND d.valid_from < p.window_to AND p.window_from < d.valid_to
),
worst AS (
    SELECT
        c.item AS item,
        MIN(c.grade) AS over_time,
        MIN(CASE WHEN c.is_last = 1 THEN c.grade END) AS at_the_end,
        MIN(CASE WHEN c.is_look = 1 THEN c.grade END) AS at_looks
    FROM compared AS c
    GROUP BY c.item
),
grade_code AS (
    SELECT 11 AS grade, 'cannot_test:conflict' AS code
    UNION ALL
    SELECT 12 AS grade, 'cannot_test:contradiction' AS code
    UNION ALL
    SELECT 13 AS grade, 'cannot_test:time_unclear' AS code
    UNION ALL
    SELECT 14 AS grade, 'cannot_test:source_gap' AS code
    UNION ALL
    SELECT 15 AS grade, 'cannot_test:not_observed' AS code
    UNION ALL
    SELECT 16 AS grade, 'cannot_test:not_comparable' AS code
),
standing AS (
    SELECT
        p.item AS item,
        CASE
            WHEN COALESCE(w.at_looks, w.at_the_end) = 0 THEN 'exception:below_standard'
            WHEN COALESCE(w.at_looks, w.at_the_end) = 20 THEN 'pass'
            ELSE COALESCE(a.code, 'cannot_test:not_observed')
        END AS seen,
        CASE
            WHEN w.item IS NULL THEN 'cannot_test:not_observed'
            WHEN w.over_time = 0 THEN 'exception:bad_interval'
            WHEN b.code IS NOT NULL THEN b.code
            WHEN p.is_open THEN 'cannot_test:pending'
            ELSE 'pass'
        END AS over_time
    FROM population AS p
    LEFT JOIN worst AS w ON w.item = p.item
    LEFT JOIN grade_code AS a ON a.grade = COALESCE(w.at_looks, w.at_the_end)
    LEFT JOIN grade_code AS b ON b.grade = w.over_time
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'setting_event' THEN 1 ELSE 0 END) AS of_changes,
        MAX(CASE WHEN g.table_name IN ('ticket', 'ticket_event', 'approval') THEN 1 ELSE 0 END) AS of_approvals
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN source_gap AS g
        ON g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at < p.window_to)
        AND (
            g.ends_before IS NULL
            OR g.ends_before > p.window_from
            - INTERVAL '1' DAY * CASE WHEN g.table_name = 'setting_event' THEN 0 ELSE q.approval_days END
        )
    GROUP BY p.item
),
-- C: each change of the setting names a ticket that was authorised before it, and still then.
change_rank AS (
    SELECT
        p.item AS item,
        e.id AS id,
        MAX(CASE
            WHEN e.conflicted OR t.conflicted OR g.conflicted THEN 41
            WHEN e.reference IS NULL THEN 10
            WHEN t.key IS NULL THEN 11
            WHEN g.ticket IS NULL THEN 12
            WHEN g.migrated THEN 42
            WHEN g.authorised_at > e.occurred_at_latest OR g.ended_at_latest < e.occurred_at THEN 13
            WHEN g.doubt_at <= e.occurred_at_latest THEN 41
            WHEN g.authorised_at_latest < e.occurred_at AND (g.ended_at IS NULL OR g.ended_at > e.occurred_at_latest) THEN 90
            ELSE 42
        END) AS rank
    FROM population AS p
    JOIN setting_event AS e
        ON e.system = p.system AND e.object = p.object AND e.setting = p.setting
        AND e.occurred_at >= p.window_from AND e.occurred_at < p.window_to
    LEFT JOIN ticket AS t ON t.key = e.reference
    LEFT JOIN ticket_authorisation AS g ON g.ticket = t.key
    GROUP BY p.item, e.id
),
change AS (
    SELECT r.item AS item, MIN(r.rank) AS rank FROM change_rank AS r GROUP BY r.item
),
-- Passwords of a system that is reached by single sign-on only are never used.
sso_only AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN single_sign_on AS l ON l.system = p.system AND l.valid_from <= p.window_from AND l.valid_to >= p.window_to
    WHERE p.is_password
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.is_infrastructure THEN 'na:other_topic'
        WHEN o.item IS NOT NULL THEN 'na:sso_only'
        ELSE s.seen
    END AS a,
    CASE
        WHEN p.is_infrastructure THEN 'na:other_topic'
        WHEN o.item IS NOT NULL THEN 'na:sso_only'
        ELSE s.over_time
    END AS b,
    CASE
        WHEN p.is_infrastructure THEN 'na:other_topic'
        WHEN o.item IS NOT NULL THEN 'na:sso_only'
        WHEN c.rank IN (11, 12, 13) AND g.of_approvals = 1 THEN 'cannot_test:approvals_gap'
        WHEN c.rank = 10 THEN 'exception:no_ticket'
        WHEN c.rank = 11 THEN 'exception:unknown_ticket'
        WHEN c.rank = 12 THEN 'exception:not_approved'
        WHEN c.rank = 13 THEN 'exception:not_approved_then'
        WHEN c.rank = 41 THEN 'cannot_test:conflict'
        WHEN c.rank = 42 THEN 'cannot_test:time_unclear'
        WHEN g.of_changes = 1 THEN 'cannot_test:source_gap'
        WHEN p.is_open THEN 'cannot_test:pending'
        WHEN c.rank IS NULL THEN 'na:no_change'
        ELSE 'pass'
    END AS c,
    CASE WHEN p.is_infrastructure THEN s.seen ELSE 'na:other_topic' END AS d,
    CASE WHEN p.is_infrastructure THEN s.over_time ELSE 'na:other_topic' END AS e
FROM population AS p
JOIN standing AS s ON s.item = p.item
LEFT JOIN change AS c ON c.item = p.item
LEFT JOIN sso_only AS o ON o.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
