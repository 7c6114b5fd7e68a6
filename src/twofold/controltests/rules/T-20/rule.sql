WITH
gap AS (
    SELECT s.system AS system, g.table_name AS table_name, g.starts_at AS starts_at, g.ends_before AS ends_before
    FROM (SELECT DISTINCT p.system AS system FROM population AS p) AS s
    JOIN source_gap AS g ON g.system = s.system OR g.system = '*'
),
allowance AS (
    SELECT 1 AS level, 'critical' AS severity, q.critical_days AS days FROM parameter AS q
    UNION ALL
    SELECT 2 AS level, 'high' AS severity, q.high_days AS days FROM parameter AS q
    UNION ALL
    SELECT 3 AS level, 'medium' AS severity, q.medium_days AS days FROM parameter AS q
    UNION ALL
    SELECT 4 AS level, 'low' AS severity, q.low_days AS days FROM parameter AS q
),
finding AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.target AS target,
        p.vulnerability AS vulnerability,
        p.starts_at AS starts_at,
        p.starts_at_latest AS starts_at_latest,
        p.used_to AS used_to,
        p.conflicted AS conflicted,
        w.id AS weakness,
        w.tool AS tool,
        MAX(CASE WHEN w.last_seen_latest < w.first_seen THEN w.first_seen_latest ELSE w.last_seen_latest END) OVER (
            PARTITION BY p.item
        ) AS last_seen,
        CASE WHEN w.last_seen_latest < w.first_seen THEN w.first_seen ELSE w.last_seen END AS sight_at,
        w.fixed_at AS claimed_at,
        LOWER(w.severity) AS severity
    FROM population AS p
    JOIN weakness AS w ON w.target = p.target AND UPPER(TRIM(w.vulnerability)) = p.vulnerability
        AND p.starts_at <= w.first_seen AND w.first_seen <= p.ends_before
),
-- When the target was retired. One on which a tool saw the weakness after that was not.
gone AS (
    SELECT f.item AS item, MIN(f.used_to) AS used_to
    FROM finding AS f
    GROUP BY f.item
    HAVING MAX(f.sight_at) < MIN(f.used_to)
),
-- A fix counts from the scan that shows it: the first good scan after the last sight, by a tool that had seen the weakness,
-- logged in if that tool had ever been logged in up to then. What a tool merely says, or does not say, is no proof.
point AS (
    SELECT
        f.target AS target,
        f.tool AS tool,
        MAX(f.last_seen) AS at,
        CAST(NULL AS TIMESTAMP) AS at_latest,
        1 AS is_sight,
        FALSE AS logged_in,
        f.item AS item
    FROM finding AS f
    GROUP BY f.target, f.tool, f.item
    UNION ALL
    SELECT
        s.target AS target,
        s.tool AS tool,
        s.scanned_at AS at,
        s.scanned_at_latest AS at_latest,
        0 AS is_sight,
        COALESCE(s.authenticated, FALSE) AS logged_in,
        CAST(NULL AS STRING) AS item
    FROM scan AS s
    WHERE s.ok AND NOT s.conflicted
),
shown AS (
    SELECT
        t.item AS item,
        MAX(CASE WHEN t.logged_in THEN 1 ELSE 0 END) OVER (
            PARTITION BY t.target, t.tool ORDER BY t.at NULLS LAST, t.is_sight
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS was_logged_in,
        MIN(CASE WHEN t.is_sight = 0 THEN t.at END) OVER (
            PARTITION BY t.target, t.tool ORDER BY t.at NULLS LAST, t.is_sight
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS any_at,
        MIN(CASE WHEN t.is_sight = 0 THEN t.at_latest END) OVER (
            PARTITION BY t.target, t.tool ORDER BY t.at NULLS LAST, t.is_sight
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS any_at_latest,
        MIN(CASE WHEN t.logged_in THEN t.at END) OVER (
            PARTITION BY t.target, t.tool ORDER BY t.at NULLS LAST, t.is_sight
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS logged_in_at,
        MIN(CASE WHEN t.logged_in THEN t.at_latest END) OVER (
            PARTITION BY t.target, t.tool ORDER BY t.at NULLS LAST, t.is_sight
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS logged_in_at_latest
    FROM point AS t
),
fix AS (
    SELECT
        s.item AS item,
        MIN(CASE WHEN s.was_logged_in = 1 THEN s.logged_in_at ELSE s.any_at END) AS fixed_at,
        MIN(CASE WHEN s.was_logged_in = 1 THEN s.logged_in_at_latest ELSE s.any_at_latest END) AS fixed_at_latest
    FROM shown AS s
    GROUP BY s.item
),
-- A weakness that comes back within the days of the parameter, or that was never shown to be fixed, goes on with its old clock.
ordered AS (
    SELECT
        f.item AS item,
        f.target AS target,
        f.vulnerability AS vulnerability,
        f.starts_at AS starts_at,
        f.starts_at_latest AS starts_at_latest,
        x.fixed_at_latest AS fixed_at,
        LAG(x.fixed_at_latest) OVER (
            PARTITION BY f.target, f.vulnerability ORDER BY f.starts_at NULLS LAST
        ) AS fixed_before
    FROM (
        SELECT DISTINCT
            d.item AS item,
            d.target AS target,
            d.vulnerability AS vulnerability,
            d.starts_at AS starts_at,
            d.starts_at_latest AS starts_at_latest
        FROM finding AS d
    ) AS f
    JOIN fix AS x ON x.item = f.item
),
chained AS (
    SELECT
        o.item AS item,
        o.target AS target,
        o.vulnerability AS vulnerability,
        o.starts_at AS starts_at,
        SUM(CASE
            WHEN o.starts_at > o.fixed_before + q.reappear_days * INTERVAL '1' DAY THEN 1
            ELSE 0
        END) OVER (
            PARTITION BY o.target, o.vulnerability ORDER BY o.starts_at NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS chain
    FROM ordered AS o
    CROSS JOIN parameter AS q
),
clock AS (
    SELECT
        c.item AS item,
        FIRST_VALUE(c.item) OVER (
            PARTITION BY c.target, c.vulnerability, c.chain ORDER BY c.starts_at NULLS LAST
        ) AS first_item,
        LEAD(c.item) OVER (PARTITION BY c.target, c.vulnerability, c.chain ORDER BY c.starts_at NULLS LAST) AS next_item
    FROM chained AS c
),
-- The clock and the severities of a chain come from all its records and their histories.
disputed AS (
    SELECT DISTINCT k.item AS item
    FROM clock AS k
    JOIN clock AS m ON m.first_item = k.first_item
    JOIN finding AS f ON f.item = m.item
    LEFT JOIN weakness_event AS e ON e.weakness = f.weakness AND e.conflicted
    WHERE f.conflicted OR e.id IS NOT NULL
),
-- Severity at detection: what the history shows before its first change. A lower one counts only if each step down has a reason
-- and was made before the deadline of the severity at detection. A step from or to an unknown word may be one down.
history AS (
    SELECT
        e.weakness AS weakness,
        LOWER(e.old_severity) AS old_severity,
        LOWER(e.new_severity) AS new_severity,
        ROW_NUMBER() OVER (PARTITION BY e.weakness ORDER BY e.occurred_at NULLS LAST, e.id) AS place,
        ROW_NUMBER() OVER (PARTITION BY e.weakness ORDER BY e.occurred_at DESC, e.id DESC) AS place_from_end
    FROM weakness_event AS e
),
detected AS (
    SELECT
        k.item AS item,
        MIN(a.level) AS level,
        MAX(CASE WHEN a.level IS NULL THEN 1 ELSE 0 END) AS is_unknown,
        MIN(f.starts_at) AS starts_at,
        MIN(f.starts_at_latest) AS starts_at_latest
    FROM clock AS k
    JOIN finding AS f ON f.item = k.first_item
    LEFT JOIN history AS h ON h.weakness = f.weakness AND h.place = 1
    LEFT JOIN allowance AS a ON a.severity = COALESCE(h.old_severity, f.severity)
    GROUP BY k.item
),
-- Days are added on the wall clock of the default calendar.
deadline AS (
    SELECT
        d.item AS item,
        v.level AS level,
        COALESCE(b.starts_at + (d.starts_at - a.starts_at), d.starts_at + v.days * INTERVAL '1' DAY) AS due_at,
        COALESCE(y.starts_at + (d.starts_at_latest - x.starts_at), d.starts_at_latest + v.days * INTERVAL '1' DAY)
            AS due_at_latest
    FROM detected AS d
    CROSS JOIN allowance AS v
    LEFT JOIN calendar_day AS a ON a.calendar = 'default' AND a.starts_at <= d.starts_at AND d.starts_at < a.ends_before
    LEFT JOIN calendar_day AS b
        ON b.calendar = 'default' AND b.day = CAST(CAST(CAST(a.day AS DATE) + v.days * INTERVAL '1' DAY AS DATE) AS STRING)
    LEFT JOIN calendar_day AS x
        ON x.calendar = 'default' AND x.starts_at <= d.starts_at_latest AND d.starts_at_latest < x.ends_before
    LEFT JOIN calendar_day AS y
        ON y.calendar = 'default' AND y.day = CAST(CAST(CAST(x.day AS DATE) + v.days * INTERVAL '1' DAY AS DATE) AS STRING)
),
lowered AS (
    SELECT
        d.item AS item,
        MIN(GREATEST(COALESCE(n.level, d.level), d.level)) AS level,
        MIN(CASE WHEN s.bad = 1 THEN d.level ELSE GREATEST(COALESCE(n.level, d.level), d.level) END) AS level_allowed
    FROM detected AS d
    JOIN finding AS f ON f.item = d.item
    LEFT JOIN history AS h ON h.weakness = f.weakness AND h.place_from_end = 1
    LEFT JOIN allowance AS n ON n.severity = h.new_severity
    LEFT JOIN (
        SELECT
            g.item AS item,
            MAX(CASE WHEN TRIM(COALESCE(e.reason, '')) = '' OR e.occurred_at_latest > t.due_at THEN 1 ELSE 0 END) AS bad
        FROM detected AS g
        JOIN deadline AS t ON t.item = g.item AND t.level = g.level
        JOIN finding AS w ON w.item = g.item
        JOIN weakness_event AS e ON e.weakness = w.weakness
        LEFT JOIN allowance AS o ON o.severity = LOWER(e.old_severity)
        LEFT JOIN allowance AS v ON v.severity = LOWER(e.new_severity)
        WHERE COALESCE(v.level > o.level, TRUE)
        GROUP BY g.item
    ) AS s ON s.item = d.item
    GROUP BY d.item
),
due AS (
    SELECT
        d.item AS item,
        t.due_at AS due_at,
        t.due_at_latest AS due_at_latest,
        m.due_at_latest AS due_if_lowered,
        s.due_at AS shortest_due_at
    FROM detected AS d
    JOIN lowered AS l ON l.item = d.item
    JOIN deadline AS t ON t.item = d.item AND t.level = l.level_allowed
    JOIN deadline AS m ON m.item = d.item AND m.level = l.level
    JOIN deadline AS s ON s.item = d.item AND s.level = 1
),
-- What the record of each table leaves open.
hole AS (
    SELECT
        f.item AS item,
        MAX(CASE
            WHEN g.table_name = 'scan' AND (g.ends_before IS NULL OR g.ends_before > f.last_seen)
                AND (g.starts_at IS NULL OR g.starts_at <= u.due_at_latest) THEN 1
            ELSE 0
        END) AS of_scan,
        MAX(CASE
            WHEN g.table_name = 'risk_acceptance' AND (g.ends_before IS NULL OR g.ends_before > d.starts_at)
                AND (g.starts_at IS NULL OR g.starts_at < u.due_at_latest) THEN 1
            ELSE 0
        END) AS of_acceptance,
        MAX(CASE
            WHEN g.table_name = 'weakness_event' AND (g.ends_before IS NULL OR g.ends_before > d.starts_at)
                AND (g.starts_at IS NULL OR g.starts_at < COALESCE(x.fixed_at_latest, u.due_at_latest)) THEN 1
            ELSE 0
        END) AS of_history
    FROM finding AS f
    JOIN detected AS d ON d.item = f.item
    JOIN due AS u ON u.item = f.item
    JOIN fix AS x ON x.item = f.item
    JOIN gap AS g ON g.system = f.system
    GROUP BY f.item
),
-- A tool that had never scanned the target before, and nothing proven of the time before: its first sight is no detection.
first_scan AS (
    SELECT s.target AS target, s.tool AS tool, MIN(s.scanned_at_latest) AS scanned_at
    FROM scan AS s
    WHERE s.ok AND NOT s.conflicted
    GROUP BY s.target, s.tool
),
lost AS (
    SELECT DISTINCT k.item AS item
    FROM clock AS k
    CROSS JOIN parameter AS q
    JOIN finding AS f ON f.item = k.first_item
    JOIN gap AS g ON g.system = f.system AND g.table_name = 'weakness'
        AND (g.starts_at IS NULL OR g.starts_at < f.starts_at)
        AND (g.ends_before IS NULL OR g.ends_before > f.starts_at - q.reappear_days * INTERVAL '1' DAY)
    WHERE NOT EXISTS (
        SELECT 1
        FROM finding AS t
        JOIN first_scan AS s ON s.target = t.target AND s.tool = t.tool
        WHERE t.item = k.first_item AND s.scanned_at < t.starts_at
    )
),
-- Acceptances, each with the authority of its approver at that time.
approval_line AS (
    SELECT
        f.item AS item,
        f.system AS system,
        r.id AS acceptance,
        r.approved_at AS approved_at,
        r.approved_at_latest AS approved_at_latest,
        r.expires_at AS expires_at,
        r.conflicted AS conflicted,
        n.person AS person,
        n.state AS state
    FROM (SELECT DISTINCT d.item AS item, d.system AS system, d.target AS target, d.vulnerability AS vulnerability FROM finding AS d) AS f
    JOIN risk_acceptance AS r ON r.target = f.target AND UPPER(TRIM(r.vulnerability)) = f.vulnerability
    LEFT JOIN identity AS n ON n.account = r.approver AND n.valid_from <= r.approved_at AND r.approved_at < n.valid_to
),
standing AS (
    SELECT
        l.acceptance AS acceptance,
        MAX(CASE WHEN a.valid_from <= l.approved_at AND l.approved_at_latest < a.valid_to THEN 1 ELSE 0 END) AS sure,
        MAX(CASE WHEN a.valid_from <= l.approved_at_latest AND l.approved_at < a.valid_to_latest THEN 1 ELSE 0 END) AS possible
    FROM approval_line AS l
    LEFT JOIN authority AS a ON a.duty = 'risk' AND a.person = l.person AND a.scope IN (l.system, '*')
    GROUP BY l.acceptance
),
titled AS (
    SELECT l.acceptance AS acceptance
    FROM approval_line AS l
    JOIN authority_by_title AS a ON a.duty = 'risk' AND a.person = l.person AND a.scope IN (l.system, '*')
    LEFT JOIN roster_start AS s ON s.duty = 'risk' AND s.scope IN (l.system, '*') AND s.begins_at <= l.approved_at_latest
    WHERE a.valid_from <= l.approved_at AND l.approved_at_latest < a.valid_to AND s.duty IS NULL
    GROUP BY l.acceptance
),
rostered AS (
    SELECT l.acceptance AS acceptance
    FROM approval_line AS l
    JOIN roster_start AS s ON s.duty = 'risk' AND s.scope IN (l.system, '*') AND s.begins_at <= l.approved_at
    GROUP BY l.acceptance
),
judged AS (
    SELECT
        l.item AS item,
        l.acceptance AS acceptance,
        l.approved_at AS approved_at,
        l.approved_at_latest AS approved_at_latest,
        l.expires_at AS expires_at,
        CASE
            WHEN l.conflicted THEN '2cannot_test:conflict'
            WHEN l.state = 'shared' THEN '4exception:shared_account'
            WHEN l.state = 'bot' THEN '4exception:not_a_person'
            WHEN l.person IS NULL THEN '2cannot_test:approver_unlinked'
            WHEN s.sure = 0 AND s.possible = 1 THEN '2cannot_test:time_order_unclear'
            WHEN s.sure = 0 AND r.acceptance IS NOT NULL THEN '4exception:not_authorised'
            WHEN s.sure = 0 AND t.acceptance IS NULL THEN '2cannot_test:no_roster'
            WHEN l.expires_at IS NULL THEN '3exception:no_expiry'
            ELSE '1valid'
        END AS code
    FROM approval_line AS l
    JOIN standing AS s ON s.acceptance = l.acceptance
    LEFT JOIN titled AS t ON t.acceptance = l.acceptance
    LEFT JOIN rostered AS r ON r.acceptance = l.acceptance
),
-- Acceptances follow each other without a break: each is approved before the deadline, or before the one before it expires. They
-- reach to the fix, the extraction, or the retirement of the target, after which nothing is left to accept.
covered AS (
    SELECT
        j.item AS item,
        j.approved_at AS approved_at,
        j.approved_at_latest AS approved_at_latest,
        j.expires_at AS expires_at,
        d.due_at AS due_at,
        d.due_at_latest AS due_at_latest,
        MAX(j.expires_at) OVER (
            PARTITION BY j.item ORDER BY j.approved_at NULLS LAST, j.acceptance NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS expired_before
    FROM judged AS j
    JOIN due AS d ON d.item = j.item
    WHERE j.code = '1valid'
),
cover AS (
    SELECT
        c.item AS item,
        MAX(c.expires_at) AS covered_to,
        MIN(CASE
            WHEN c.approved_at_latest < GREATEST(c.due_at, COALESCE(c.expired_before, c.due_at)) THEN '9'
            WHEN c.approved_at < GREATEST(c.due_at_latest, COALESCE(c.expired_before, c.due_at_latest))
                THEN '2cannot_test:time_order_unclear'
            WHEN c.expired_before IS NULL THEN '3exception:approved_late'
            ELSE '4exception:renewed_late'
        END) AS fault
    FROM covered AS c
    GROUP BY c.item
),
acceptance AS (
    SELECT
        j.item AS item,
        CASE
            WHEN c.fault = '9' AND (
                c.covered_to > MIN(COALESCE(x.fixed_at_latest, q.extracted_at)) OR c.covered_to >= MIN(g.used_to)
            ) THEN 'pass'
            WHEN MIN(CASE WHEN j.code LIKE '2%' THEN j.code END) IS NOT NULL
                THEN SUBSTR(MIN(CASE WHEN j.code LIKE '2%' THEN j.code END), 2)
            WHEN c.fault = '9' THEN 'exception:expired'
            WHEN c.fault IS NOT NULL THEN SUBSTR(c.fault, 2)
            ELSE SUBSTR(MIN(j.code), 2)
        END AS code
    FROM judged AS j
    CROSS JOIN parameter AS q
    JOIN fix AS x ON x.item = j.item
    LEFT JOIN gone AS g ON g.item = j.item
    LEFT JOIN cover AS c ON c.item = j.item
    GROUP BY j.item, c.fault, c.covered_to
),
-- C: each slot of the target's scans, and the slots that fell while a weakness was there.
slot AS (
    SELECT
        p.item AS item,
        p.target AS target,
        p.starts_at AS starts_at,
        COUNT(s.id) AS scans,
        MAX(CASE
            WHEN s.ok AND NOT s.conflicted AND p.starts_at <= s.scanned_at AND s.scanned_at_latest < p.ends_before THEN 1
            ELSE 0
        END) AS is_good,
        MAX(CASE WHEN s.ok AND NOT s.conflicted THEN 1 ELSE 0 END) AS maybe_good,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS conflicts
    FROM population AS p
    LEFT JOIN scan AS s ON s.target = p.target AND s.scanned_at < p.ends_before AND s.scanned_at_latest >= p.starts_at
    WHERE p.kind = 'scan'
    GROUP BY p.item, p.target, p.starts_at
),
slot_code AS (
    SELECT
        s.item AS item,
        s.target AS target,
        s.starts_at AS starts_at,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN s.is_good = 1 THEN 'pass'
            WHEN s.maybe_good = 1 THEN 'cannot_test:time_order_unclear'
            WHEN s.conflicts = 1 THEN 'cannot_test:conflict'
            WHEN p.ends_before > q.extracted_at THEN 'cannot_test:pending'
            WHEN EXISTS (
                SELECT 1 FROM gap AS g
                WHERE g.table_name = 'scan' AND g.system = p.system
                    AND (g.starts_at IS NULL OR g.starts_at < p.ends_before)
                    AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
            ) THEN 'cannot_test:source_gap'
            WHEN p.first_day AND s.scans = 0 THEN 'na:first_day'
            WHEN s.scans = 0 THEN 'exception:not_scanned'
            ELSE 'exception:scan_failed'
        END AS code
    FROM slot AS s
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = s.item
),
scanned AS (
    SELECT
        p.item AS item,
        SUBSTR(MIN(CASE
            WHEN s.code LIKE 'exception:%' THEN '1exception:scan_missed'
            WHEN s.code LIKE 'cannot_test:%' AND s.code <> 'cannot_test:pending' THEN '2' || s.code
            WHEN s.code = 'pass' THEN '3pass'
        END), 2) AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN fix AS x ON x.item = p.item
    JOIN slot_code AS s ON s.target = p.target AND p.starts_at <= s.starts_at
        AND s.starts_at < COALESCE(x.fixed_at_latest, q.extracted_at)
    GROUP BY p.item
),
claimed AS (
    SELECT f.item AS item, COUNT(f.claimed_at) AS claims
    FROM finding AS f
    GROUP BY f.item
),
base AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.kind <> 'finding' THEN 'na:no_finding'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN k.next_item IS NOT NULL THEN 'na:continued'
            WHEN z.item IS NOT NULL THEN 'cannot_test:conflict'
            WHEN d.is_unknown = 1 THEN 'cannot_test:unknown_severity'
        END AS stop,
        x.fixed_at AS fixed_at,
        x.fixed_at_latest AS fixed_at_latest,
        u.due_at AS due_at,
        u.due_at_latest AS due_at_latest,
        u.due_if_lowered AS due_if_lowered,
        CASE
            WHEN l.item IS NOT NULL THEN 'cannot_test:history_lost'
            WHEN h.of_history = 1 AND COALESCE(x.fixed_at_latest > u.shortest_due_at, TRUE) THEN 'cannot_test:source_gap'
            ELSE 'pass'
        END AS good,
        COALESCE(h.of_scan, 0) AS of_scan,
        COALESCE(h.of_acceptance, 0) AS of_acceptance
    FROM population AS p
    LEFT JOIN clock AS k ON k.item = p.item
    LEFT JOIN disputed AS z ON z.item = p.item
    LEFT JOIN detected AS d ON d.item = p.item
    LEFT JOIN fix AS x ON x.item = p.item
    LEFT JOIN due AS u ON u.item = p.item
    LEFT JOIN lost AS l ON l.item = p.item
    LEFT JOIN hole AS h ON h.item = p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN b.stop IS NOT NULL THEN b.stop
        WHEN b.fixed_at_latest <= b.due_at THEN b.good
        WHEN g.used_to <= b.due_at AND g.used_to <= q.extracted_at THEN 'na:retired'
        WHEN a.code = 'pass' AND q.extracted_at > b.due_at_latest THEN b.good
        WHEN b.fixed_at <= b.due_at_latest THEN 'cannot_test:time_order_unclear'
        WHEN q.extracted_at <= b.due_at_latest THEN 'cannot_test:pending'
        WHEN a.code LIKE 'cannot_test:%' THEN 'cannot_test:acceptance_unclear'
        WHEN b.of_acceptance = 1 THEN 'cannot_test:source_gap'
        WHEN b.fixed_at IS NULL AND b.of_scan = 1 THEN 'cannot_test:source_gap'
        WHEN COALESCE(b.fixed_at, q.extracted_at) <= b.due_if_lowered THEN 'exception:severity_lowered'
        WHEN b.fixed_at IS NOT NULL THEN 'exception:late'
        WHEN c.claims > 0 THEN 'exception:fix_not_verified'
        ELSE 'exception:overdue'
    END AS a,
    CASE
        WHEN b.stop IS NOT NULL THEN b.stop
        WHEN b.fixed_at_latest <= b.due_at OR q.extracted_at <= b.due_at_latest THEN 'na:not_needed'
        WHEN g.used_to <= b.due_at THEN 'na:not_needed'
        WHEN a.code IS NOT NULL THEN a.code
        WHEN b.of_acceptance = 1 THEN 'cannot_test:source_gap'
        ELSE 'na:no_acceptance'
    END AS b,
    CASE
        WHEN p.kind = 'scan' THEN s.code
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.system = '-' THEN 'exception:target_not_registered'
        WHEN p.kind = 'finding' AND p.schedule IS NULL THEN 'exception:no_schedule'
        WHEN p.kind = 'finding' THEN COALESCE(z.code, 'na:no_scan_due')
        WHEN p.starts_at > q.extracted_at THEN 'cannot_test:pending'
        ELSE 'exception:no_schedule'
    END AS c
FROM population AS p
CROSS JOIN parameter AS q
JOIN base AS b ON b.item = p.item
LEFT JOIN gone AS g ON g.item = p.item
LEFT JOIN acceptance AS a ON a.item = p.item
LEFT JOIN claimed AS c ON c.item = p.item
LEFT JOIN slot_code AS s ON s.item = p.item
LEFT JOIN scanned AS z ON z.item = p.item
