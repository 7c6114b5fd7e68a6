WITH
-- A repeated test belongs to the due date of the test that it repeats, over at most three repetitions;
-- what names a test of another system repeats nothing.
attempt AS (
    SELECT
        t.id AS test,
        t.system AS tested_system,
        COALESCE(c.id, b.id, a.id, t.id) AS root,
        COALESCE(c.completed_at, b.completed_at, a.completed_at, t.completed_at) AS root_at,
        COALESCE(c.completed_at_latest, b.completed_at_latest, a.completed_at_latest, t.completed_at_latest) AS root_at_latest,
        COALESCE(t.conflicted, FALSE) AS conflicted
    FROM restore_test AS t
    LEFT JOIN restore_test AS a ON a.id = t.retest_of AND a.system = t.system
    LEFT JOIN restore_test AS b ON b.id = a.retest_of AND b.system = t.system
    LEFT JOIN restore_test AS c ON c.id = b.retest_of AND c.system = t.system
),
-- One system tested stands for others only with a written reason.
spoken AS (
    SELECT a.test AS test, a.root AS root, a.tested_system AS system, 1 AS is_own, 1 AS has_reason
    FROM attempt AS a
    UNION ALL
    SELECT
        a.test AS test,
        a.root AS root,
        s.value AS system,
        0 AS is_own,
        CASE WHEN TRIM(COALESCE(t.stands_for_reason, '')) <> '' THEN 1 ELSE 0 END AS has_reason
    FROM attempt AS a
    JOIN restore_test AS t ON t.id = a.test
    JOIN restore_test__stands_for AS s ON s.id = a.test
),
inside AS (
    SELECT p.item AS item, a.test AS test, a.root AS root, a.root_at AS root_at, s.is_own AS is_own, s.has_reason AS has_reason
    FROM population AS p
    JOIN spoken AS s ON s.system = p.system
    JOIN attempt AS a ON a.test = s.test
    WHERE a.root_at < p.due_at AND a.root_at_latest >= p.starts_at
),
supply AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.due_at AS due_at,
        COUNT(DISTINCT CASE WHEN i.is_own = 1 THEN i.root END) AS own_tests,
        COALESCE(MAX(i.has_reason), 0) AS reasoned,
        COUNT(i.test) AS named
    FROM population AS p
    LEFT JOIN inside AS i ON i.item = p.item
    GROUP BY p.item, p.system, p.due_at
),
-- A due date without any test takes the first test after it, if the next due date can spare it or there is none:
-- one test never meets two due dates.
overdue AS (
    SELECT
        p.item AS item,
        a.root AS root,
        n.item AS next_item,
        ROW_NUMBER() OVER (PARTITION BY p.item ORDER BY a.root_at NULLS LAST, a.root NULLS LAST) AS place
    FROM population AS p
    JOIN supply AS s ON s.item = p.item AND s.reasoned = 0
    JOIN attempt AS a ON a.tested_system = p.system
    LEFT JOIN supply AS n ON n.system = p.system AND n.due_at = p.next_due_at
    WHERE a.root_at >= p.due_at AND (p.next_due_at IS NULL OR (a.root_at < p.next_due_at AND n.own_tests > 1))
),
claimed AS (
    SELECT o.item AS item, o.root AS root, o.next_item AS next_item
    FROM overdue AS o
    WHERE o.place = 1
),
-- The tests that an item is judged by: those of the system itself, else those that stand for it, else the late one.
judged AS (
    SELECT i.item AS item, i.test AS test, i.root AS root, i.is_own AS is_own, 0 AS is_late
    FROM inside AS i
    JOIN supply AS s ON s.item = i.item
    LEFT JOIN claimed AS c ON c.next_item = i.item AND c.root = i.root
    WHERE c.root IS NULL AND i.has_reason = 1 AND (i.is_own = 1 OR s.own_tests = 0)
    UNION ALL
    SELECT c.item AS item, a.test AS test, a.root AS root, 1 AS is_own, 1 AS is_late
    FROM claimed AS c
    JOIN attempt AS a ON a.root = c.root
),
-- What stands in for a system must be in every scope that the system is in at the due date.
label_in_force AS (
    SELECT p.item AS item, l.system AS system, l.label AS label
    FROM population AS p
    JOIN system_label AS l
        ON (l.valid_from IS NULL OR l.valid_from <= p.operating_at) AND (l.valid_to IS NULL OR p.operating_at < l.valid_to)
    WHERE l.label IN ('soc2', 'fin_relevant') AND COALESCE(l.dependents, 1) <> 0
),
out_of_scope AS (
    SELECT DISTINCT j.item AS item, j.test AS test
    FROM judged AS j
    JOIN population AS p ON p.item = j.item
    JOIN restore_test AS t ON t.id = j.test
    JOIN label_in_force AS l ON l.item = j.item AND l.system = p.system
    LEFT JOIN label_in_force AS k ON k.item = j.item AND k.system = t.system AND k.label = l.label
    WHERE k.system IS NULL
),
-- A signature without a time names a person where the account was always that person's.
always_hand AS (
    SELECT n.account AS account, MIN(n.person) AS person, MIN(n.state) AS state
    FROM identity AS n
    LEFT JOIN identity AS m ON m.account = n.account AND m.valid_from = n.valid_to
    GROUP BY n.account
    HAVING COUNT(DISTINCT n.state || COALESCE(n.person, '')) = 1
        AND MIN(n.valid_from) = TIMESTAMP '0001-01-01 00:00:00'
        AND MIN(CASE WHEN m.account IS NULL THEN n.valid_to ELSE TIMESTAMP '9999-12-31 00:00:00' END) > TIMESTAMP '9999-12-30 00:00:00'
),
signer AS (
    SELECT t.id AS test, n.account AS account, n.person AS person, n.state AS state
    FROM restore_test AS t
    JOIN identity AS n ON n.account = t.signed_by AND n.valid_from <= t.signed_at AND t.signed_at < n.valid_to
    UNION ALL
    SELECT t.id AS test, n.account AS account, n.person AS person, n.state AS state
    FROM restore_test AS t
    JOIN always_hand AS n ON n.account = t.signed_by
    WHERE t.signed_at IS NULL
),
-- B, C, D and F of every test on its own. The first character ranks the codes: 1 exception, 2 cannot test, 3 pass,
-- 4 not applicable.
test_code AS (
    SELECT
        j.item AS item,
        j.test AS test,
        j.root AS root,
        j.is_late AS is_late,
        t.system || '/' || COALESCE(t.store, b.store, '-') AS chain,
        COALESCE(b.store, t.store) AS store,
        t.retest_of AS retest_of,
        t.completed_at AS completed_at,
        t.completed_at_latest AS completed_at_latest,
        CASE WHEN t.conflicted THEN 'conflict' WHEN t.result = 'pass' THEN 'good' ELSE 'failed' END AS result,
        CASE
            WHEN t.conflicted THEN '2cannot_test:conflict'
            WHEN t.backup IS NULL THEN '1exception:no_backup_named'
            WHEN b.id IS NULL AND EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'backup' AND g.system IN (t.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < COALESCE(t.started_at_latest, t.completed_at_latest))
                    AND (
                        g.ends_before IS NULL
                        OR g.ends_before > COALESCE(t.started_at, t.completed_at) - q.backup_kept_days * INTERVAL '1' DAY
                    )
            ) THEN '2cannot_test:source_gap'
            WHEN b.id IS NULL THEN '1exception:backup_unknown'
            WHEN b.conflicted THEN '2cannot_test:conflict'
            WHEN b.origin <> 'schedule' THEN '1exception:made_for_test'
            WHEN t.store <> b.store THEN '1exception:other_store'
            WHEN s.id IS NULL THEN '1exception:store_not_registered'
            WHEN s.conflicted THEN '2cannot_test:conflict'
            WHEN s.system <> t.system THEN '1exception:store_of_other_system'
            WHEN s.valid_to <= COALESCE(t.started_at, t.completed_at) THEN '1exception:store_retired'
            WHEN x.test IS NOT NULL THEN '1exception:stand_in_out_of_scope'
            WHEN b.taken_at > COALESCE(t.started_at_latest, t.completed_at_latest) THEN '1exception:taken_after_start'
            WHEN b.deleted_at_latest < t.started_at THEN '1exception:deleted_before_start'
            WHEN b.taken_at_latest < COALESCE(t.started_at, t.completed_at)
                AND COALESCE(b.deleted_at > COALESCE(t.started_at_latest, t.completed_at_latest), TRUE)
                AND COALESCE(s.valid_to > COALESCE(t.started_at_latest, t.completed_at_latest), TRUE) THEN '3pass'
            ELSE '2cannot_test:time_order_unclear'
        END AS b,
        CASE
            WHEN t.conflicted THEN '2cannot_test:conflict'
            WHEN t.result <> 'pass' THEN '4na:test_failed'
            WHEN t.verification IN ('counts', 'checksum', 'application') THEN '3pass'
            ELSE '1exception:not_verified'
        END AS c,
        CASE
            WHEN t.conflicted THEN '2cannot_test:conflict'
            WHEN t.result <> 'pass' THEN '4na:test_failed'
            WHEN s.conflicted THEN '2cannot_test:conflict'
            WHEN t.recovery_minutes > s.rto_minutes OR t.loss_minutes > s.rpo_minutes THEN '1exception:target_missed'
            WHEN t.recovery_minutes IS NULL OR t.loss_minutes IS NULL THEN '1exception:not_measured'
            WHEN s.rto_minutes IS NULL OR s.rpo_minutes IS NULL THEN '2cannot_test:no_target'
            ELSE '3pass'
        END AS d,
        CASE
            WHEN t.conflicted THEN '2cannot_test:conflict'
            WHEN t.signed_by IS NULL AND p.due_at > q.extracted_at THEN '2cannot_test:pending'
            WHEN t.signed_by IS NULL THEN '1exception:not_signed'
            WHEN t.signed_at_latest < t.completed_at THEN '1exception:signed_before_end'
            WHEN t.signed_at IS NULL AND n.account IS NULL AND (t.operator IS NULL OR t.signed_by <> t.operator)
                THEN '2cannot_test:no_sign_time'
            WHEN n.state = 'shared' THEN '1exception:shared_account'
            WHEN n.state = 'bot' THEN '1exception:not_a_person'
            WHEN t.signed_by = t.operator OR COALESCE(y.human, n.person) = COALESCE(z.human, o.person) THEN '1exception:signed_by_operator'
            WHEN t.operator IS NULL THEN '2cannot_test:operator_unknown'
            WHEN n.person IS NULL THEN '2cannot_test:signer_unlinked'
            WHEN o.state = 'shared' THEN '2cannot_test:operator_shared'
            WHEN o.person IS NULL AND COALESCE(o.state, 'unlinked') <> 'bot' THEN '2cannot_test:operator_unlinked'
            ELSE '3pass'
        END AS f
    FROM judged AS j
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = j.item
    JOIN restore_test AS t ON t.id = j.test
    LEFT JOIN backup AS b ON b.id = t.backup
    LEFT JOIN store AS s ON s.id = COALESCE(b.store, t.store)
    LEFT JOIN out_of_scope AS x ON x.item = j.item AND x.test = j.test
    LEFT JOIN signer AS n ON n.test = t.id
    LEFT JOIN same_human AS y ON y.person = n.person
    LEFT JOIN identity AS o
        ON o.account = t.operator
            AND o.valid_from <= COALESCE(t.started_at, t.completed_at)
            AND COALESCE(t.started_at, t.completed_at) < o.valid_to
    LEFT JOIN same_human AS z ON z.person = o.person
),
-- A due date is met by its best test of each data store: good and in time, then with the fewest faults, then the earliest.
-- Where none was good, the last failed one is shown.
ranked AS (
    SELECT
        c.item AS item,
        c.b AS b,
        c.c AS c,
        c.d AS d,
        c.f AS f,
        ROW_NUMBER() OVER (
            PARTITION BY c.item, c.chain
            ORDER BY
                CASE
                    WHEN c.result = 'good' AND c.completed_at_latest < p.due_at THEN 0
                    WHEN c.result = 'good' THEN 1
                    WHEN c.result = 'conflict' THEN 2
                    ELSE 3
                END,
                CASE WHEN c.b < '2' THEN 1 ELSE 0 END + CASE WHEN c.c < '2' THEN 1 ELSE 0 END
                + CASE WHEN c.d < '2' THEN 1 ELSE 0 END + CASE WHEN c.f < '2' THEN 1 ELSE 0 END,
                CASE WHEN c.b < '3' THEN 1 ELSE 0 END + CASE WHEN c.c < '3' THEN 1 ELSE 0 END
                + CASE WHEN c.d < '3' THEN 1 ELSE 0 END + CASE WHEN c.f < '3' THEN 1 ELSE 0 END,
                CASE WHEN c.result = 'failed' THEN TIMESTAMP '1900-01-01 00:00:00' ELSE c.completed_at END NULLS LAST,
                c.completed_at DESC,
                c.test NULLS LAST
        ) AS place
    FROM test_code AS c
    JOIN population AS p ON p.item = c.item
),
best AS (
    SELECT
        r.item AS item,
        SUBSTR(MIN(r.b), 2) AS b,
        SUBSTR(MIN(r.c), 2) AS c,
        SUBSTR(MIN(r.d), 2) AS d,
        SUBSTR(MIN(r.f), 2) AS f
    FROM ranked AS r
    WHERE r.place = 1
    GROUP BY r.item
),
-- E: a failed test needs a good one of the same data store, or one that says it repeats it, before the due date. A test in
-- conflict may have failed, and may be the good one.
followed AS (
    SELECT
        f.item AS item,
        f.test AS test,
        f.result AS result,
        f.completed_at AS failed_at,
        MAX(CASE
            WHEN g.result = 'good' AND (g.retest_of = f.test OR g.completed_at > f.completed_at_latest) AND g.completed_at_latest < p.due_at THEN 1
            ELSE 0
        END) AS in_time,
        MAX(CASE WHEN g.result = 'good' AND g.completed_at < p.due_at THEN 1 ELSE 0 END) AS perhaps_in_time,
        MAX(CASE WHEN g.completed_at < p.due_at THEN 1 ELSE 0 END) AS in_doubt,
        MAX(CASE WHEN g.result = 'good' THEN 1 ELSE 0 END) AS followed
    FROM test_code AS f
    JOIN population AS p ON p.item = f.item
    LEFT JOIN test_code AS g
        ON g.item = f.item AND g.result IN ('good', 'conflict') AND (g.chain = f.chain OR g.root = f.root)
            AND g.completed_at_latest >= f.completed_at AND g.test <> f.test
    WHERE f.result IN ('failed', 'conflict')
    GROUP BY f.item, f.test, f.result, f.completed_at
),
retest AS (
    SELECT
        f.item AS item,
        SUBSTR(MIN(CASE
            WHEN f.result = 'conflict' THEN CASE WHEN f.in_time = 1 THEN '4na:no_failure' ELSE '2cannot_test:conflict' END
            WHEN f.in_time = 1 THEN '3pass'
            WHEN f.perhaps_in_time = 1 THEN '2cannot_test:time_order_unclear'
            WHEN f.in_doubt = 1 THEN '2cannot_test:conflict'
            WHEN p.due_at > q.extracted_at THEN '2cannot_test:pending'
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'restore_test' AND g.system IN (p.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < p.due_at)
                    AND (g.ends_before IS NULL OR g.ends_before > f.failed_at)
            ) THEN '2cannot_test:source_gap'
            WHEN f.followed = 1 THEN '1exception:late_retest'
            ELSE '1exception:no_retest'
        END), 2) AS code
    FROM followed AS f
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = f.item
    GROUP BY f.item
),
-- A: done by the due date. A test that failed was done; what follows from its failure is E.
done AS (
    SELECT
        c.item AS item,
        MAX(CASE
            WHEN c.is_late = 0 AND c.result <> 'conflict' AND c.completed_at >= p.starts_at AND c.completed_at_latest < p.due_at
                THEN 1
            ELSE 0
        END) AS in_time,
        MAX(CASE WHEN c.is_late = 0 AND c.result <> 'conflict' THEN 1 ELSE 0 END) AS perhaps_in_time,
        MAX(1 - c.is_late) AS was_due
    FROM test_code AS c
    JOIN population AS p ON p.item = c.item
    GROUP BY c.item
),
untested AS (
    SELECT p.item AS item, MIN(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS in_doubt
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN supply AS u ON u.item = p.item AND u.own_tests > 0
    JOIN store AS s ON s.system = p.system
        AND (s.conflicted OR s.valid_from IS NULL OR s.valid_from <= p.operating_at)
        AND (s.conflicted OR s.valid_to IS NULL OR p.operating_at < s.valid_to)
    LEFT JOIN test_code AS c ON c.item = p.item AND c.store = s.id
    WHERE q.every_store AND c.item IS NULL
    GROUP BY p.item
),
outcome_a AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN d.in_time = 1 AND n.item IS NULL THEN 'pass'
            WHEN d.in_time = 0 AND d.perhaps_in_time = 1 THEN 'cannot_test:time_order_unclear'
            WHEN (d.in_time = 0 AND d.was_due = 1) OR n.in_doubt = 1 THEN 'cannot_test:conflict'
            WHEN p.due_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'restore_test' AND g.system IN (p.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < p.due_at)
                    AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
            ) THEN 'cannot_test:source_gap'
            WHEN d.in_time = 1 THEN 'exception:store_untested'
            WHEN d.item IS NOT NULL THEN 'exception:late'
            WHEN s.named > 0 THEN 'exception:stand_in_without_reason'
            ELSE 'exception:absent'
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN supply AS s ON s.item = p.item
    LEFT JOIN done AS d ON d.item = p.item
    LEFT JOIN untested AS n ON n.item = p.item
),
-- Without any test the other attributes have nothing to look at: A says why.
without_test AS (
    SELECT
        o.item AS item,
        o.code AS a,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN d.item IS NOT NULL THEN NULL
            WHEN o.code LIKE 'exception:%' THEN 'na:no_test'
            ELSE o.code
        END AS code
    FROM outcome_a AS o
    JOIN population AS p ON p.item = o.item
    LEFT JOIN done AS d ON d.item = o.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    w.a AS a,
    COALESCE(w.code, t.b) AS b,
    COALESCE(w.code, t.c) AS c,
    COALESCE(w.code, t.d) AS d,
    CASE
        WHEN w.code IS NOT NULL THEN w.code
        ELSE COALESCE(r.code, 'na:no_failure')
    END AS e,
    COALESCE(w.code, t.f) AS f
FROM population AS p
JOIN without_test AS w ON w.item = p.item
LEFT JOIN best AS t ON t.item = p.item
LEFT JOIN retest AS r ON r.item = p.item
