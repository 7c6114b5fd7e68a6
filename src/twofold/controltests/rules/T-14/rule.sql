WITH
-- The worst moment of the month decides. branch_protection says what the grades are.
worst AS (
    SELECT
        p.item AS item,
        MIN(b.guarded) AS guarded,
        MIN(b.fresh) AS fresh,
        MIN(b.closed) AS closed
    FROM population AS p
    JOIN branch_protection AS b
        ON b.system = p.system AND b.repository = p.repository AND b.branch = p.branch
        AND b.valid_from < p.window_to AND p.window_from < b.valid_to
    GROUP BY p.item
),
-- Branches of which something is known at all, and repositories of which some branch was seen.
known AS (
    SELECT DISTINCT b.repository AS repository, b.branch AS branch, COALESCE(m.current_name, b.repository) AS current_name
    FROM (
        SELECT r.repository AS repository, r.branch AS branch FROM branch_rule AS r
        UNION
        SELECT e.repository AS repository, e.branch AS branch FROM branch_rule_event AS e
    ) AS b
    LEFT JOIN repository_now AS m ON m.name = b.repository
),
seen AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN k.branch = p.branch THEN 1 ELSE 0 END) AS own,
        COUNT(k.branch) AS of_repository
    FROM population AS p
    LEFT JOIN known AS k ON k.current_name = p.repository
    GROUP BY p.item
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'branch_rule' THEN 1 ELSE 0 END) AS of_rules,
        MAX(CASE WHEN g.table_name = 'bypass_event' THEN 1 ELSE 0 END) AS of_bypasses
    FROM population AS p
    JOIN source_gap AS g
        ON g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at < p.window_to)
        AND (g.ends_before IS NULL OR g.ends_before > p.window_from)
    GROUP BY p.item
),
bypassed AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN NOT e.conflicted AND TRIM(COALESCE(e.reason, '')) = '' THEN 1 ELSE 0 END) AS silent
    FROM population AS p
    JOIN bypass_event AS e ON e.branch = p.branch AND e.occurred_at >= p.window_from AND e.occurred_at < p.window_to
    LEFT JOIN repository_now AS m ON m.name = e.repository
    WHERE COALESCE(m.current_name, e.repository) = p.repository
    GROUP BY p.item
),
-- Bypasses while a justification was in force: 1 where only the human who passed by had agreed to it, or whoever passed by is
-- not known and may have.
own_use AS (
    SELECT u.item AS item, MAX(u.own) AS own, MAX(u.unlinked) AS unlinked
    FROM (
        SELECT
            p.item AS item,
            MIN(CASE WHEN COALESCE(a.human, j.approved_by) = COALESCE(h.human, i.person) THEN 1 ELSE 0 END) AS own,
            MAX(CASE WHEN i.person IS NULL AND COALESCE(i.state, 'unlinked') <> 'bot' THEN 1 ELSE 0 END) AS unlinked
        FROM population AS p
        JOIN bypass_event AS e ON e.branch = p.branch AND e.occurred_at >= p.window_from AND e.occurred_at < p.window_to
        JOIN bypass_justification AS j
            ON j.branch = p.branch AND NOT j.conflicted AND (j.valid_from IS NULL OR j.valid_from <= e.occurred_at)
            AND (j.valid_to IS NULL OR e.occurred_at < j.valid_to)
        LEFT JOIN repository_now AS m ON m.name = e.repository
        LEFT JOIN repository_now AS n ON n.name = j.repository
        LEFT JOIN identity AS i ON i.account = e.actor AND i.valid_from <= e.occurred_at AND e.occurred_at < i.valid_to
        LEFT JOIN same_human AS h ON h.person = i.person
        LEFT JOIN same_human AS a ON a.person = j.approved_by
        WHERE COALESCE(m.current_name, e.repository) = p.repository AND COALESCE(n.current_name, j.repository) = p.repository
        GROUP BY p.item, e.id
    ) AS u
    GROUP BY u.item
),
-- What keeps a month in which nobody could push from being one: that the repository was taken up again may be missing from the
-- log, or one of its events is told in two ways.
dead AS (
    SELECT
        p.item AS item, p.system AS system, p.window_to AS window_to,
        MAX(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN e.kind IN ('archived', 'deleted') THEN e.occurred_at_latest END) AS closed_at
    FROM population AS p
    JOIN repository_event AS e
        ON e.kind IN ('created', 'archived', 'unarchived', 'deleted') AND e.occurred_at < p.window_to
    LEFT JOIN repository_now AS m ON m.name = e.repository
    WHERE COALESCE(m.current_name, e.repository) = p.repository
    GROUP BY p.item, p.system, p.window_to
),
perhaps_live AS (
    SELECT d.item AS item, MAX(d.conflicted) AS conflicted
    FROM dead AS d
    LEFT JOIN source_gap AS g ON g.table_name = 'repository_event' AND g.system IN (d.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at < d.window_to) AND (g.ends_before IS NULL OR g.ends_before > d.closed_at)
    WHERE d.conflicted = 1 OR g.table_name IS NOT NULL
    GROUP BY d.item
),
-- What is to be said before any grade is looked at.
first_look AS (
    SELECT
        p.item AS item,
        CASE
            WHEN s.own = 1 AND w.item IS NULL AND l.conflicted = 1 THEN 'cannot_test:conflict'
            WHEN s.own = 1 AND w.item IS NULL AND l.conflicted = 0 THEN 'cannot_test:source_gap'
            WHEN s.own = 1 AND w.item IS NULL THEN 'na:not_live'
            WHEN s.own = 1 THEN NULL
            WHEN s.of_repository > 0 AND COALESCE(g.of_rules, 0) = 0 THEN 'exception:not_the_protected_branch'
            ELSE 'cannot_test:not_observed'
        END AS code
    FROM population AS p
    JOIN seen AS s ON s.item = p.item
    LEFT JOIN worst AS w ON w.item = p.item
    LEFT JOIN gap AS g ON g.item = p.item
    LEFT JOIN perhaps_live AS l ON l.item = p.item
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
    SELECT 16 AS grade, 'cannot_test:actor_unlinked' AS code
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN f.code IS NOT NULL THEN f.code
        WHEN w.guarded = 0 THEN 'exception:bad_interval'
        WHEN a.code IS NOT NULL THEN a.code
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS a,
    CASE
        WHEN f.code LIKE 'exception:%' THEN 'na:not_protected'
        WHEN f.code IS NOT NULL THEN f.code
        WHEN w.fresh = 0 THEN 'exception:stale_approval_kept'
        WHEN b.code IS NOT NULL THEN b.code
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS b,
    CASE
        WHEN f.code LIKE 'exception:%' THEN 'na:not_protected'
        WHEN y.silent = 1 THEN 'exception:silent_bypass'
        WHEN f.code IS NOT NULL THEN f.code
        WHEN w.closed = 0 THEN 'exception:bypass_not_justified'
        WHEN o.own = 1 THEN 'exception:self_justified'
        WHEN y.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN c.code IS NOT NULL THEN c.code
        WHEN o.unlinked = 1 THEN 'cannot_test:actor_unlinked'
        WHEN w.closed = 19 AND g.of_bypasses = 1 THEN 'cannot_test:bypass_log_gap'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS c
FROM population AS p
JOIN first_look AS f ON f.item = p.item
LEFT JOIN worst AS w ON w.item = p.item
LEFT JOIN grade_code AS a ON a.grade = w.guarded
LEFT JOIN grade_code AS b ON b.grade = w.fresh
LEFT JOIN grade_code AS c ON c.grade = w.closed
LEFT JOIN bypassed AS y ON y.item = p.item
LEFT JOIN own_use AS o ON o.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
