WITH
-- Who goes on from an earlier engagement brings along what was done for it. Humans are compared, not HR ids.
joiner AS (
    SELECT
        p.item AS item,
        p.engagement AS engagement,
        COALESCE(h.human, p.person) AS human,
        p.follows AS follows,
        p.started_at AS started_at,
        p.ended_at_latest AS ended_at,
        COALESCE(f.started_at, p.started_at) AS known_from,
        p.started_at_latest + q.sign_days * INTERVAL '1' DAY AS sign_due,
        p.started_at_latest + q.joining_list_days * INTERVAL '1' DAY AS list_due
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN engagement AS f ON f.id = p.follows
    LEFT JOIN same_human AS h ON h.person = p.person
    WHERE p.kind = 'joining'
),
own AS (
    SELECT j.item AS item, j.engagement AS engagement FROM joiner AS j
    UNION ALL
    SELECT j.item AS item, j.follows AS engagement FROM joiner AS j
),
-- A: the first right on a system in a scope, after any earlier engagement that this one does not continue.
earlier AS (
    SELECT j.item AS item, MAX(COALESCE(e.effective_end, e.last_day)) AS ended_at
    FROM joiner AS j
    JOIN same_human AS h ON h.human = j.human
    JOIN engagement AS e ON e.person = h.person AND e.id <> j.engagement AND e.id <> COALESCE(j.follows, '')
    WHERE COALESCE(e.effective_end, e.last_day) <= j.known_from
    GROUP BY j.item
),
-- One without a time, or in conflict, may have been the first.
given AS (
    SELECT
        COALESCE(h.human, n.person) AS human,
        g.occurred_at AS occurred_at,
        g.occurred_at_latest AS occurred_at_latest,
        CASE WHEN g.conflicted THEN 'conflict' WHEN g.occurred_at IS NULL THEN 'untimed' ELSE 'sure' END AS kind
    FROM grant_event AS g
    JOIN identity AS n ON n.account = g.account
        AND (g.occurred_at IS NULL OR (n.valid_from <= g.occurred_at AND g.occurred_at < n.valid_to))
    LEFT JOIN same_human AS h ON h.person = n.person
    JOIN access_right AS a ON a.id = g.right_id
    JOIN system_label AS l
        ON l.system = a.system AND l.label IN ('soc2', 'fin_relevant')
            AND (l.valid_from IS NULL OR g.occurred_at IS NULL OR l.valid_from <= g.occurred_at)
            AND (l.valid_to IS NULL OR g.occurred_at IS NULL OR g.occurred_at < l.valid_to)
    WHERE g.conflicted OR (g.action = 'add' AND COALESCE(g.net_change, TRUE))
),
first_access AS (
    SELECT
        j.item AS item,
        MIN(CASE WHEN g.kind = 'sure' THEN g.occurred_at END) AS given_at,
        MIN(CASE WHEN g.kind = 'sure' THEN g.occurred_at_latest END) AS given_at_latest,
        MIN(CASE WHEN g.kind = 'conflict' THEN COALESCE(g.occurred_at, TIMESTAMP '0001-01-01 00:00:00') END) AS doubt_at,
        MAX(CASE WHEN g.kind = 'untimed' THEN 1 ELSE 0 END) AS untimed
    FROM joiner AS j
    LEFT JOIN earlier AS e ON e.item = j.item
    JOIN given AS g ON g.human = j.human
    WHERE g.occurred_at IS NULL
        OR ((e.ended_at IS NULL OR g.occurred_at > e.ended_at) AND (j.ended_at IS NULL OR g.occurred_at <= j.ended_at))
    GROUP BY j.item
),
-- A gap of the logs of the systems in a scope hides a first right from the start on; whoever worked here before may still hold
-- one from then. That the data end before the clock does hides one only until the joining list is due.
access_gap AS (
    SELECT
        j.item AS item,
        MIN(CASE
            WHEN g.ends_before IS NULL OR g.ends_before > j.known_from THEN GREATEST(j.known_from, COALESCE(g.starts_at, j.known_from))
        END) AS starts_at,
        MAX(CASE
            WHEN g.starts_at > j.ended_at THEN 0
            WHEN g.ends_before IS NULL AND g.starts_at >= LEAST(j.list_due, q.extracted_at) THEN 0
            ELSE 1
        END) AS hides_all
    FROM joiner AS j
    CROSS JOIN parameter AS q
    LEFT JOIN (
        SELECT h.human AS human, MIN(e.started_at) AS starts_at
        FROM engagement AS e
        JOIN same_human AS h ON h.person = e.person
        GROUP BY h.human
    ) AS b ON b.human = j.human
    JOIN source_gap AS g ON g.table_name = 'grant_event'
        AND (g.ends_before IS NULL OR g.ends_before > LEAST(j.known_from, COALESCE(b.starts_at, j.known_from)))
    WHERE g.system = '*' OR g.system IN (SELECT l.system FROM system_label AS l WHERE l.label IN ('soc2', 'fin_relevant') AND l.system <> 'company')
    GROUP BY j.item
),
-- When what is missing could have come, had the source been complete.
expected_in AS (
    SELECT
        j.item AS item,
        'screening' AS table_name,
        j.known_from - q.pre_start_days * INTERVAL '1' DAY AS starts_at,
        f.given_at_latest AS ends_at
    FROM joiner AS j
    CROSS JOIN parameter AS q
    JOIN first_access AS f ON f.item = j.item
    UNION ALL
    SELECT j.item AS item, 'acknowledgement' AS table_name, j.known_from - q.pre_start_days * INTERVAL '1' DAY AS starts_at, j.sign_due AS ends_at
    FROM joiner AS j
    CROSS JOIN parameter AS q
    UNION ALL
    SELECT j.item AS item, 'checklist' AS table_name, j.known_from AS starts_at, j.list_due AS ends_at
    FROM joiner AS j
    UNION ALL
    SELECT
        p.item AS item,
        k.table_name AS table_name,
        COALESCE(p.started_at, p.operating_at) AS starts_at,
        CASE
            WHEN k.table_name = 'checklist' THEN p.ended_at_latest + q.leaving_list_days * INTERVAL '1' DAY
            WHEN k.table_name = 'asset' THEN p.ended_at_latest + q.return_days * INTERVAL '1' DAY
            ELSE p.operating_at_latest
        END AS ends_at
    FROM population AS p
    CROSS JOIN parameter AS q
    CROSS JOIN (SELECT 'checklist' AS table_name UNION ALL SELECT 'asset' AS table_name UNION ALL SELECT 'engagement' AS table_name) AS k
    WHERE p.kind = 'leaving'
),
silent AS (
    SELECT DISTINCT e.item AS item, e.table_name AS table_name
    FROM expected_in AS e
    CROSS JOIN parameter AS q
    JOIN source_gap AS g
        ON g.table_name = e.table_name AND g.system IN ('company', '*')
            AND (g.starts_at IS NULL OR g.starts_at < COALESCE(e.ends_at + INTERVAL '1' MICROSECOND, q.extracted_at))
            AND COALESCE(g.ends_before > e.starts_at, TRUE)
),
-- Adverse results that nobody else accepted, and that perhaps came before the first right.
refused AS (
    SELECT o.item AS item, s.result_at AS result_at, s.result_at_latest AS result_at_latest
    FROM own AS o
    JOIN joiner AS j ON j.item = o.item
    JOIN first_access AS f ON f.item = o.item
    JOIN screening AS s ON s.engagement = o.engagement
    LEFT JOIN same_human AS h ON h.person = s.accepted_by
    WHERE NOT s.conflicted AND COALESCE(TRIM(s.barred_by_law), '') = '' AND s.result = 'adverse'
        AND COALESCE(h.human, s.accepted_by, j.human) = j.human AND COALESCE(s.result_at < f.given_at_latest, TRUE)
),
-- The best screening counts, unless an adverse result came after it; the first character ranks the codes.
screened AS (
    SELECT
        o.item AS item,
        MIN(CASE
            WHEN s.conflicted THEN '2cannot_test:conflict'
            WHEN TRIM(s.barred_by_law) <> '' THEN '1na:barred_by_law'
            WHEN COALESCE(s.result, '') NOT IN ('clear', 'adverse') THEN '7exception:not_screened'
            WHEN s.result = 'adverse' AND COALESCE(h.human, s.accepted_by, j.human) = j.human THEN '5exception:adverse'
            WHEN s.result_at IS NULL THEN '4cannot_test:no_result_date'
            WHEN s.result_at_latest < f.given_at THEN CASE
                WHEN EXISTS (
                    SELECT 1 FROM refused AS r
                    WHERE r.item = o.item AND r.result_at > s.result_at_latest AND r.result_at_latest < f.given_at
                ) THEN '5exception:adverse'
                WHEN EXISTS (
                    SELECT 1 FROM refused AS r
                    WHERE r.item = o.item AND COALESCE(r.result_at_latest >= s.result_at, TRUE)
                ) THEN '3cannot_test:time_order_unclear'
                WHEN f.doubt_at <= s.result_at_latest THEN '2cannot_test:conflict'
                WHEN f.untimed = 1 THEN '3cannot_test:time_order_unclear'
                WHEN g.starts_at < s.result_at_latest THEN '4cannot_test:source_gap'
                ELSE '0pass'
            END
            WHEN s.result_at >= f.given_at_latest THEN '6exception:after_access'
            ELSE '3cannot_test:time_order_unclear'
        END) AS code
    FROM own AS o
    JOIN joiner AS j ON j.item = o.item
    JOIN first_access AS f ON f.item = o.item
    LEFT JOIN access_gap AS g ON g.item = o.item
    JOIN screening AS s ON s.engagement = o.engagement
    LEFT JOIN same_human AS h ON h.person = s.accepted_by
    GROUP BY o.item
),
-- B: each policy that had to be signed on the first day. The version must be the one in force at the signature. A draft never is,
-- nor one that was withdrawn before it took effect; two that take effect at the same moment both are.
dated_version AS (
    SELECT
        v.policy AS policy,
        v.version AS version,
        v.effective_at AS effective_at,
        COALESCE(v.withdrawn_at, TIMESTAMP '9999-12-30 00:00:00') AS withdrawn_at
    FROM policy_version AS v
    WHERE v.effective_at < COALESCE(v.withdrawn_at, TIMESTAMP '9999-12-30 00:00:00')
),
start_of_reign AS (
    SELECT
        v.policy AS policy,
        v.effective_at AS effective_at,
        COALESCE(
            LEAD(v.effective_at) OVER (PARTITION BY v.policy ORDER BY v.effective_at NULLS LAST),
            TIMESTAMP '9999-12-30 00:00:00'
        ) AS next_at
    FROM dated_version AS v
    GROUP BY v.policy, v.effective_at
),
in_force AS (
    SELECT
        v.policy AS policy,
        v.version AS version,
        v.effective_at AS valid_from,
        LEAST(s.next_at, v.withdrawn_at) AS valid_to
    FROM dated_version AS v
    JOIN start_of_reign AS s ON s.policy = v.policy AND s.effective_at = v.effective_at
),
signature AS (
    SELECT
        j.item AS item,
        k.policy AS policy,
        MIN(CASE
            WHEN k.conflicted THEN '3cannot_test:conflict'
            WHEN k.signed_at IS NULL THEN '4cannot_test:no_signature_date'
            WHEN k.signed_at <= j.sign_due AND EXISTS (SELECT 1 FROM policy_version AS v WHERE v.policy = k.policy AND v.conflicted)
                THEN '3cannot_test:conflict'
            WHEN NOT EXISTS (
                SELECT 1 FROM in_force AS f
                WHERE f.policy = k.policy AND f.version = k.version
                    AND f.valid_from <= k.signed_at_latest AND k.signed_at < f.valid_to
            ) THEN '6exception:version_not_in_force'
            WHEN k.signed_at > j.sign_due THEN '5exception:signed_late'
            WHEN k.signed_at_latest <= j.sign_due AND EXISTS (
                SELECT 1 FROM in_force AS f
                WHERE f.policy = k.policy AND f.version = k.version
                    AND f.valid_from <= k.signed_at AND k.signed_at_latest < f.valid_to
            ) THEN '0pass'
            ELSE '2cannot_test:time_order_unclear'
        END) AS code
    FROM joiner AS j
    CROSS JOIN parameter AS q
    JOIN same_human AS h ON h.human = j.human
    JOIN acknowledgement AS k
        ON k.person = h.person
            AND (k.signed_at IS NULL OR k.signed_at >= j.known_from - q.pre_start_days * INTERVAL '1' DAY)
    GROUP BY j.item, k.policy
),
signed AS (
    SELECT
        j.item AS item,
        MAX(CASE
            WHEN d.conflicted AND COALESCE(s.code, '7') > '1' THEN '3cannot_test:conflict'
            ELSE COALESCE(s.code, '7exception:not_signed')
        END) AS code
    FROM joiner AS j
    JOIN signing_duty AS d
        ON (d.valid_from IS NULL OR d.valid_from <= j.started_at)
            AND (d.valid_to IS NULL OR j.started_at < d.valid_to OR d.conflicted)
    LEFT JOIN signature AS s ON s.item = j.item AND s.policy = d.policy
    GROUP BY j.item
),
-- C and D: the lists. The best one counts.
list_due AS (
    SELECT o.item AS item, o.engagement AS engagement, 'joining' AS kind, j.list_due AS due_at
    FROM own AS o
    JOIN joiner AS j ON j.item = o.item
    UNION ALL
    SELECT
        p.item AS item,
        p.engagement AS engagement,
        'leaving' AS kind,
        p.ended_at_latest + q.leaving_list_days * INTERVAL '1' DAY AS due_at
    FROM population AS p
    CROSS JOIN parameter AS q
    WHERE p.kind = 'leaving'
),
worked AS (
    SELECT
        d.item AS item,
        MIN(CASE
            WHEN c.conflicted THEN '2cannot_test:conflict'
            WHEN COALESCE(c.steps, 0) < 1 THEN '5exception:steps_not_counted'
            WHEN COALESCE(c.steps_done, 0) < c.steps THEN '6exception:steps_open'
            WHEN c.completed_at IS NULL THEN '3cannot_test:no_completion_date'
            WHEN c.completed_at_latest <= d.due_at THEN '0pass'
            WHEN c.completed_at > d.due_at THEN '4exception:list_late'
            ELSE '1cannot_test:time_order_unclear'
        END) AS code
    FROM list_due AS d
    JOIN checklist AS c ON c.engagement = d.engagement AND c.kind = d.kind
    GROUP BY d.item
),
listed AS (
    SELECT
        d.item AS item,
        CASE
            WHEN d.due_at >= q.extracted_at AND COALESCE(w.code, '7') > '5' THEN 'cannot_test:pending'
            WHEN w.code IS NOT NULL THEN SUBSTR(w.code, 2)
            WHEN g.item IS NOT NULL THEN 'cannot_test:source_gap'
            ELSE 'exception:no_list'
        END AS code
    FROM (SELECT x.item AS item, MAX(x.due_at) AS due_at FROM list_due AS x GROUP BY x.item) AS d
    CROSS JOIN parameter AS q
    LEFT JOIN worked AS w ON w.item = d.item
    LEFT JOIN silent AS g ON g.item = d.item AND g.table_name = 'checklist'
),
-- E: every thing that was handed out for the engagement, or for one whose own end asks for nothing. A thing that the engagement itself
-- lists too is judged by that row.
handed_out AS (
    SELECT
        p.item AS item, a.conflicted AS conflicted, a.kind AS kind, a.excused_by AS excused_by, a.excused_reason AS excused_reason,
        a.returned_at AS returned_at, a.returned_at_latest AS returned_at_latest
    FROM population AS p
    JOIN asked_at_end AS h ON h.ending = p.engagement
    JOIN asset AS a ON a.engagement = h.engagement
    WHERE a.engagement = p.engagement
        OR (COALESCE(a.kind, '') <> 'none' AND NOT EXISTS (SELECT 1 FROM asset AS b WHERE b.id = a.id AND b.engagement = p.engagement))
),
returned AS (
    SELECT
        p.item AS item,
        MIN(CASE
            WHEN a.conflicted THEN '3cannot_test:conflict'
            WHEN a.kind = 'none' THEN '8na:nothing_held'
            WHEN COALESCE(h.human, a.excused_by) <> COALESCE(w.human, p.person) AND TRIM(a.excused_reason) <> '' THEN '7pass'
            WHEN a.returned_at > p.ended_at_latest + q.return_days * INTERVAL '1' DAY THEN '2exception:returned_late'
            WHEN a.returned_at_latest <= p.ended_at_latest + q.return_days * INTERVAL '1' DAY THEN '7pass'
            WHEN a.returned_at IS NOT NULL THEN '4cannot_test:time_order_unclear'
            WHEN p.ended_at_latest + q.return_days * INTERVAL '1' DAY >= q.extracted_at THEN '5cannot_test:pending'
            ELSE '1exception:not_returned'
        END) AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN handed_out AS a ON a.item = p.item
    LEFT JOIN same_human AS h ON h.person = a.excused_by
    LEFT JOIN same_human AS w ON w.person = p.person
    GROUP BY p.item
),
successor AS (
    SELECT p.item AS item, MIN(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS in_conflict
    FROM population AS p
    JOIN engagement AS e ON e.id <> p.engagement AND (e.follows = p.engagement OR (e.conflicted AND e.person = p.person))
    GROUP BY p.item
),
-- What decides before anything else: for the letters of a joiner, and for D and E.
standing AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.kind = 'leaving' THEN 'na:leaver'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.started_at IS NULL THEN 'cannot_test:start_unknown'
        END AS joining_code,
        CASE
            WHEN p.kind = 'joining' THEN 'na:joiner'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.person IS NULL THEN 'na:no_end_in_hr'
            WHEN p.goes_on THEN 'na:still_engaged'
            WHEN s.in_conflict = 0 THEN 'na:continued'
            WHEN s.in_conflict = 1 OR p.perhaps_goes_on THEN 'cannot_test:conflict'
        END AS leaving_code
    FROM population AS p
    LEFT JOIN successor AS s ON s.item = p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN t.joining_code IS NOT NULL THEN t.joining_code
        WHEN f.given_at IS NULL AND f.doubt_at IS NOT NULL THEN 'cannot_test:conflict'
        WHEN f.given_at IS NULL AND f.untimed = 1 THEN 'cannot_test:time_order_unclear'
        WHEN f.given_at IS NULL AND gg.hides_all = 1 THEN 'cannot_test:source_gap'
        WHEN f.given_at IS NULL THEN 'na:no_access'
        WHEN s.code < '7' THEN SUBSTR(s.code, 2)
        WHEN gs.item IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE 'exception:not_screened'
    END AS a,
    CASE
        WHEN t.joining_code IS NOT NULL THEN t.joining_code
        WHEN b.code IS NULL THEN 'cannot_test:no_policy_named'
        WHEN b.code < '6' THEN SUBSTR(b.code, 2)
        WHEN p.ended_at_latest < j.sign_due THEN 'na:short_engagement'
        WHEN j.sign_due >= q.extracted_at THEN 'cannot_test:pending'
        WHEN b.code > '7' AND gk.item IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE SUBSTR(b.code, 2)
    END AS b,
    CASE
        WHEN t.joining_code IS NOT NULL THEN t.joining_code
        WHEN l.code <> 'pass' AND p.ended_at_latest < j.list_due THEN 'na:short_engagement'
        ELSE l.code
    END AS c,
    COALESCE(t.leaving_code, l.code) AS d,
    CASE
        WHEN t.leaving_code IS NOT NULL THEN t.leaving_code
        WHEN r.code IS NOT NULL THEN SUBSTR(r.code, 2)
        WHEN ga.item IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE 'exception:holdings_unknown'
    END AS e,
    CASE
        WHEN p.kind = 'joining' THEN 'na:joiner'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.person IS NOT NULL THEN 'pass'
        WHEN ge.item IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE 'exception:no_end_in_hr'
    END AS f
FROM population AS p
CROSS JOIN parameter AS q
JOIN standing AS t ON t.item = p.item
LEFT JOIN joiner AS j ON j.item = p.item
LEFT JOIN first_access AS f ON f.item = p.item
LEFT JOIN screened AS s ON s.item = p.item
LEFT JOIN signed AS b ON b.item = p.item
LEFT JOIN listed AS l ON l.item = p.item
LEFT JOIN returned AS r ON r.item = p.item
LEFT JOIN access_gap AS gg ON gg.item = p.item
LEFT JOIN silent AS gs ON gs.item = p.item AND gs.table_name = 'screening'
LEFT JOIN silent AS gk ON gk.item = p.item AND gk.table_name = 'acknowledgement'
LEFT JOIN silent AS ga ON ga.item = p.item AND ga.table_name = 'asset'
LEFT JOIN silent AS ge ON ge.item = p.item AND ge.table_name = 'engagement'
