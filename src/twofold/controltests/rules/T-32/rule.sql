-- T-32: reports that controls rely on ran with tested logic and the right parameters (audit-domain 4.3, T-32).
-- Reads the population report_use_in_control and the step access_listing_state. Outcomes of T-10 are read from report_test.
WITH
-- Each test of the report, against the use. Only tests that passed count, and failed ones of the very logic that ran.
tested AS (
    SELECT
        p.item AS item,
        t.kind AS kind,
        t.change AS change,
        t.change_outcome AS change_outcome,
        t.conflicted AS conflicted,
        t.tested_at AS tested_at,
        t.tested_at_latest AS tested_at_latest,
        CASE WHEN t.result = 'pass' THEN 1 ELSE 0 END AS good,
        CASE WHEN t.logic_hash = p.logic_hash THEN 1 ELSE 0 END AS same,
        CASE
            WHEN t.tested_at_latest < p.operating_at THEN 'before'
            WHEN t.tested_at > p.operating_at_latest THEN 'after'
            ELSE 'unclear'
        END AS came,
        CASE
            WHEN t.tested_at + q.test_valid_days * INTERVAL '1' DAY > p.operating_at_latest THEN 'fresh'
            WHEN t.tested_at_latest + q.test_valid_days * INTERVAL '1' DAY <= p.operating_at THEN 'old'
            ELSE 'unclear'
        END AS age
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN report_test AS t ON t.report = p.report
),
summed AS (
    SELECT
        t.item AS item,
        MAX(CASE WHEN t.conflicted AND t.came <> 'after' THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE WHEN t.good = 1 AND t.came = 'before' THEN t.tested_at END) AS good_at,
        MAX(CASE WHEN t.good = 1 AND t.came = 'before' THEN t.tested_at_latest END) AS good_at_latest,
        MAX(CASE WHEN t.good = 0 AND t.same = 1 AND t.came = 'before' THEN t.tested_at END) AS failed_at,
        MAX(CASE WHEN t.good = 0 AND t.same = 1 AND t.came = 'before' THEN t.tested_at_latest END) AS failed_at_latest,
        MAX(CASE
            WHEN t.good = 0 THEN 0
            WHEN t.came = 'before' AND t.age = 'fresh' THEN 90
            WHEN t.age = 'old' THEN 30
            WHEN t.came = 'after' THEN 20
            ELSE 60
        END) AS rank,
        MAX(CASE WHEN t.good = 1 AND t.same = 1 AND t.came = 'unclear' THEN 1 ELSE 0 END) AS same_unclear,
        MAX(CASE WHEN t.good = 1 AND t.same = 1 AND t.came = 'after' THEN 1 ELSE 0 END) AS same_after,
        MAX(CASE WHEN t.good = 1 AND t.same = 1 AND t.came = 'before' THEN 1 ELSE 0 END) AS same_before
    FROM tested AS t
    GROUP BY t.item
),
-- B: the last test that passed before the use must be of the logic that ran; a re-test also needs its change. Several may
-- have been the last; they then have to say the same.
last_test AS (
    SELECT x.item AS item, MIN(x.rank) AS rank, MAX(x.rank) AS best
    FROM (
        SELECT
            t.item AS item,
            CASE
                WHEN t.same = 0 THEN 0
                WHEN t.kind = 'baseline' THEN 90
                WHEN t.change IS NULL THEN 20
                WHEN LOWER(t.change_outcome) = 'pass' THEN 90
                WHEN LOWER(t.change_outcome) = 'exception' THEN 30
                ELSE 60
            END AS rank
        FROM tested AS t
        JOIN summed AS s ON s.item = t.item AND s.good_at <= t.tested_at_latest
        WHERE t.good = 1 AND t.came = 'before'
    ) AS x
    GROUP BY x.item
),
-- C: each parameter that the control asks for, against those of the run, and those of the run that nobody asked for.
given AS (
    SELECT
        g.id AS item,
        SUBSTRING(g.value, 1, POSITION('=' IN g.value) - 1) AS name,
        SUBSTRING(g.value, POSITION('=' IN g.value) + 1) AS value
    FROM report_use__parameters AS g
),
asked AS (
    SELECT
        p.item AS item,
        r.name AS name,
        MAX(CASE WHEN r.expected = '*' THEN 1 ELSE 0 END) AS any_value,
        MAX(REPLACE(r.expected, '{period}', COALESCE(p.period, '{period}'))) AS expected,
        MAX(CASE WHEN r.expected LIKE '%{period}%' AND p.period IS NULL THEN 1 ELSE 0 END) AS period_unknown,
        MAX(CASE WHEN r.conflicted THEN 1 ELSE 0 END) AS in_conflict,
        COUNT(DISTINCT r.expected) AS expectations
    FROM population AS p
    JOIN report_parameter AS r ON r.report = p.report AND r.control = p.control
    WHERE COALESCE(r.valid_from, p.operating_at) <= p.operating_at
        AND (p.operating_at < COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00') OR r.conflicted)
    GROUP BY p.item, r.name
),
matched AS (
    SELECT
        a.item AS item,
        MAX(CASE WHEN a.in_conflict = 1 OR a.expectations > 1 THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE
            WHEN g.item IS NULL THEN 0
            WHEN a.any_value = 1 OR g.value = a.expected THEN 0
            WHEN a.period_unknown = 1 THEN 0
            ELSE 1
        END) AS differs,
        MAX(CASE WHEN g.item IS NULL THEN 1 ELSE 0 END) AS missing,
        MAX(a.period_unknown) AS period_unknown
    FROM asked AS a
    LEFT JOIN given AS g ON g.item = a.item AND g.name = a.name
    GROUP BY a.item
),
run_with AS (
    SELECT g.item AS item, MAX(CASE WHEN a.item IS NULL THEN 1 ELSE 0 END) AS extra
    FROM given AS g
    LEFT JOIN asked AS a ON a.item = g.item AND a.name = g.name
    GROUP BY g.item
),
refreshed AS (
    SELECT
        p.item AS item,
        MAX(CASE
            WHEN r.refreshed_at > p.operating_at_latest AND r.refreshed_at_latest < p.finished_at THEN 2
            ELSE 1
        END) AS state
    FROM population AS p
    JOIN data_refresh AS r
        ON r.system = p.system AND r.refreshed_at_latest >= p.operating_at AND r.refreshed_at <= p.finished_at_latest
    GROUP BY p.item
),
-- D: the last listing of who could change the definition, before the use.
listed AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN l.listed_at_latest <= p.operating_at THEN l.listed_at END) AS listed_at,
        MAX(CASE WHEN l.listed_at_latest > p.operating_at THEN 1 ELSE 0 END) AS perhaps
    FROM population AS p
    JOIN access_listing_state AS l ON l.object = p.report AND l.listed_at <= p.operating_at_latest
    GROUP BY p.item
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE
            WHEN g.table_name = 'access_listing' AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest) THEN 1
            ELSE 0
        END) AS of_listing,
        MAX(CASE
            WHEN g.table_name = 'data_refresh' AND p.finished_at > p.operating_at_latest
                AND (g.starts_at IS NULL OR g.starts_at <= p.finished_at_latest)
                AND (g.ends_before IS NULL OR g.ends_before > p.operating_at) THEN 1
            ELSE 0
        END) AS of_refresh
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN source_gap AS g ON (g.system = p.system OR g.system = '*')
        AND (g.ends_before IS NULL OR g.ends_before > p.operating_at - q.listing_valid_days * INTERVAL '1' DAY)
    GROUP BY p.item
),
settled AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted OR k.conflicted THEN 'cannot_test:conflict'
            WHEN p.control IS NULL THEN 'na:no_control'
            WHEN k.id IS NULL THEN 'exception:not_registered'
        END AS code,
        COALESCE(k.logic_hidden, FALSE) AS logic_hidden
    FROM population AS p
    LEFT JOIN key_report AS k ON k.id = p.report
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN t.in_conflict = 1 THEN 'cannot_test:conflict'
        WHEN t.failed_at >= COALESCE(t.good_at_latest, t.failed_at) THEN 'exception:test_failed'
        WHEN t.failed_at_latest >= t.good_at THEN 'cannot_test:time_order_unclear'
        WHEN t.rank = 90 THEN 'pass'
        WHEN t.rank = 60 THEN 'cannot_test:time_order_unclear'
        WHEN t.rank = 30 THEN 'exception:test_too_old'
        WHEN t.rank = 20 THEN 'exception:tested_after_use'
        ELSE 'exception:never_tested'
    END AS a,
    CASE
        WHEN s.code IS NOT NULL THEN REPLACE(s.code, 'exception:', 'na:')
        WHEN s.logic_hidden THEN 'cannot_test:logic_hidden'
        WHEN p.logic_hash IS NULL THEN 'cannot_test:no_hash'
        WHEN t.in_conflict = 1 THEN 'cannot_test:conflict'
        WHEN l.rank <> l.best THEN 'cannot_test:time_order_unclear'
        WHEN l.rank = 90 THEN 'pass'
        WHEN l.rank = 60 THEN 'cannot_test:change_not_judged'
        WHEN l.rank = 30 THEN 'exception:change_not_passed'
        WHEN l.rank = 20 THEN 'exception:change_not_named'
        WHEN t.same_unclear = 1 THEN 'cannot_test:time_order_unclear'
        WHEN t.same_before = 1 THEN 'exception:not_the_last_tested'
        WHEN t.same_after = 1 THEN 'exception:retested_after_use'
        WHEN l.rank = 0 THEN 'exception:changed_not_retested'
        ELSE 'na:nothing_tested'
    END AS b,
    CASE
        WHEN s.code IS NOT NULL THEN REPLACE(s.code, 'exception:', 'na:')
        WHEN m.in_conflict = 1 THEN 'cannot_test:conflict'
        WHEN r.extra = 1 AND m.item IS NOT NULL THEN 'exception:parameter_not_asked_for'
        WHEN m.differs = 1 THEN 'exception:parameter_differs'
        WHEN m.missing = 1 AND r.item IS NOT NULL THEN 'exception:parameter_missing'
        WHEN f.state = 2 THEN 'exception:data_refreshed_mid_use'
        WHEN m.item IS NULL THEN 'cannot_test:nothing_expected'
        WHEN m.missing = 1 THEN 'cannot_test:parameters_not_recorded'
        WHEN m.period_unknown = 1 THEN 'cannot_test:period_unknown'
        WHEN p.finished_at_latest < p.operating_at THEN 'cannot_test:contradiction'
        WHEN f.state = 1 THEN 'cannot_test:time_order_unclear'
        WHEN g.of_refresh = 1 THEN 'cannot_test:source_gap'
        ELSE 'pass'
    END AS c,
    CASE
        WHEN s.code IS NOT NULL THEN REPLACE(s.code, 'exception:', 'na:')
        WHEN (x.state IS NULL OR x.listed_at + q.listing_valid_days * INTERVAL '1' DAY <= p.operating_at) AND g.of_listing = 1
            THEN 'cannot_test:source_gap'
        WHEN v.perhaps = 1 AND (x.state IS NULL OR x.listed_at + q.listing_valid_days * INTERVAL '1' DAY <= p.operating_at)
            THEN 'cannot_test:time_order_unclear'
        WHEN x.state IS NULL THEN 'exception:access_not_listed'
        WHEN x.listed_at + q.listing_valid_days * INTERVAL '1' DAY <= p.operating_at THEN 'exception:listing_too_old'
        WHEN x.state = 1 THEN 'exception:access_too_wide'
        WHEN x.state = 2 THEN 'exception:shared_account'
        WHEN x.state = 4 THEN 'cannot_test:account_unlinked'
        WHEN x.state = 5 THEN 'cannot_test:nobody_declared'
        WHEN x.state = 6 THEN 'cannot_test:time_order_unclear'
        ELSE 'pass'
    END AS d
FROM population AS p
CROSS JOIN parameter AS q
JOIN settled AS s ON s.item = p.item
LEFT JOIN summed AS t ON t.item = p.item
LEFT JOIN last_test AS l ON l.item = p.item
LEFT JOIN matched AS m ON m.item = p.item
LEFT JOIN run_with AS r ON r.item = p.item
LEFT JOIN refreshed AS f ON f.item = p.item
LEFT JOIN listed AS v ON v.item = p.item
LEFT JOIN access_listing_state AS x ON x.object = p.report AND x.listed_at = v.listed_at
LEFT JOIN gap AS g ON g.item = p.item
