WITH
-- A month is judged as far as the data reach.
item AS (
    SELECT
        p.item AS item,
        p.policy AS policy,
        p.system AS system,
        p.starts_at AS starts_at,
        p.ends_before AS ends_before,
        LEAST(p.ends_before, q.extracted_at) AS judged_to,
        COALESCE(p.review_months, q.review_months) AS review_months,
        p.acknowledge_days AS acknowledge_days,
        CASE WHEN q.day_grained THEN 1 ELSE 0 END AS grace_days,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN c.chosen = 0 THEN 'na:not_needed'
            WHEN p.starts_at >= q.extracted_at THEN 'cannot_test:pending'
        END AS settled
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN (
        SELECT
            k.id AS id,
            MAX(CASE
                WHEN r.categories = '' THEN 1
                WHEN ';' || REPLACE(LOWER(r.categories), ' ', '') || ';' LIKE '%;' || LOWER(REPLACE(k.value, ' ', '')) || ';%' THEN 1
                ELSE 0
            END) AS chosen
        FROM policy__categories AS k
        CROSS JOIN parameter AS r
        GROUP BY k.id
    ) AS c ON c.id = p.policy
),
-- A version rules from its effective date until the next version does, or until it is withdrawn. Two that take effect at the
-- same moment both rule. One that was withdrawn before it took effect never rules.
dated_version AS (
    SELECT
        v.policy AS policy,
        v.version AS version,
        v.approved_by AS approved_by,
        v.approved_at AS approved_at,
        v.approved_at_latest AS approved_at_latest,
        v.effective_at AS effective_at,
        COALESCE(v.withdrawn_at, TIMESTAMP '9999-12-31 00:00:00') AS withdrawn_at,
        COALESCE(v.conflicted, FALSE) AS conflicted
    FROM policy_version AS v
    WHERE v.effective_at < COALESCE(v.withdrawn_at, TIMESTAMP '9999-12-31 00:00:00')
),
start_of_reign AS (
    SELECT
        v.policy AS policy,
        v.effective_at AS effective_at,
        MAX(v.withdrawn_at) AS withdrawn_at,
        COUNT(v.version) AS twins,
        COALESCE(
            LEAD(v.effective_at) OVER (PARTITION BY v.policy ORDER BY v.effective_at NULLS LAST),
            TIMESTAMP '9999-12-31 00:00:00'
        ) AS next_at
    FROM dated_version AS v
    GROUP BY v.policy, v.effective_at
),
reign AS (
    SELECT
        v.policy AS policy,
        v.version AS version,
        v.effective_at AS effective_at,
        LEAST(s.next_at, v.withdrawn_at) AS ends_before,
        CASE WHEN s.withdrawn_at < s.next_at THEN s.withdrawn_at END AS leaves_hole_at,
        s.twins AS twins
    FROM dated_version AS v
    JOIN start_of_reign AS s ON s.policy = v.policy AND s.effective_at = v.effective_at
),
in_force AS (
    SELECT
        i.item AS item,
        i.system AS system,
        i.review_months AS review_months,
        i.grace_days AS grace_days,
        v.policy AS policy,
        v.version AS version,
        v.effective_at AS effective_at,
        v.twins AS twins,
        GREATEST(v.effective_at, i.starts_at) AS starts_at,
        LEAST(v.ends_before, i.judged_to) AS ends_before,
        v.leaves_hole_at AS leaves_hole_at,
        CASE WHEN v.leaves_hole_at < i.judged_to THEN 1 ELSE 0 END AS leaves_hole
    FROM item AS i
    JOIN reign AS v ON v.policy = i.policy AND v.effective_at < i.judged_to AND v.ends_before > i.starts_at
),
-- A, first half: on every day some version is in force.
cover AS (
    SELECT
        i.item AS item,
        COUNT(f.version) AS versions,
        CASE
            WHEN COUNT(f.version) = 0 OR MIN(f.starts_at) > i.starts_at THEN i.starts_at
            ELSE MIN(CASE WHEN f.leaves_hole = 1 THEN f.leaves_hole_at END)
        END AS hole_at,
        CASE
            WHEN COUNT(f.version) = 0 OR MIN(f.starts_at) > i.starts_at OR MAX(f.leaves_hole) = 1 THEN 1
            ELSE 0
        END AS has_hole
    FROM item AS i
    LEFT JOIN in_force AS f ON f.item = i.item
    GROUP BY i.item, i.starts_at
),
-- A, second half: it was approved by then, by a person with authority at that moment: the dated roster, else the title.
approval_of AS (
    SELECT
        f.item AS item,
        f.system AS system,
        f.starts_at AS starts_at,
        v.version AS version,
        f.twins AS twins,
        v.conflicted AS conflicted,
        v.approved_by AS approved_by,
        v.approved_at AS approved_at,
        v.approved_at_latest AS approved_at_latest,
        v.effective_at + f.grace_days * INTERVAL '1' DAY AS due_at,
        n.person AS person,
        COALESCE(n.state, 'unlinked') AS state
    FROM in_force AS f
    JOIN dated_version AS v ON v.policy = f.policy AND v.version = f.version
    LEFT JOIN identity AS n
        ON n.account = v.approved_by AND n.valid_from <= v.approved_at AND v.approved_at < n.valid_to
),
rostered AS (
    SELECT
        v.item AS item,
        v.version AS version,
        MAX(CASE WHEN a.valid_from <= v.approved_at AND v.approved_at_latest < a.valid_to THEN 1 ELSE 0 END) AS sure,
        MAX(CASE WHEN a.valid_from <= v.approved_at_latest AND v.approved_at < a.valid_to_latest THEN 1 ELSE 0 END) AS possible
    FROM approval_of AS v
    JOIN authority AS a ON a.person = v.person AND a.duty = 'policy' AND a.scope IN (v.system, '*')
    GROUP BY v.item, v.version
),
roster_known AS (
    SELECT v.item AS item, v.version AS version, MAX(CASE WHEN r.begins_at <= v.approved_at THEN 1 ELSE 0 END) AS sure
    FROM approval_of AS v
    JOIN roster_start AS r ON r.duty = 'policy' AND r.scope IN (v.system, '*') AND r.begins_at <= v.approved_at_latest
    GROUP BY v.item, v.version
),
titled AS (
    -- No row where no title carries the duty, or the parameter does not allow it.
    SELECT
        v.item AS item,
        v.version AS version,
        MAX(CASE WHEN a.valid_from <= v.approved_at AND v.approved_at_latest < a.valid_to THEN 1 ELSE 0 END) AS sure,
        MAX(CASE WHEN a.valid_from <= v.approved_at_latest AND v.approved_at < a.valid_to_latest THEN 1 ELSE 0 END) AS possible
    FROM approval_of AS v
    CROSS JOIN parameter AS q
    JOIN role_authority AS t ON t.duty = 'policy' AND t.scope IN (v.system, '*')
    LEFT JOIN authority_by_title AS a ON a.duty = t.duty AND a.scope = t.scope AND a.person = v.person
    WHERE q.role_titles
    GROUP BY v.item, v.version
),
approval_code AS (
    SELECT
        v.item AS item,
        CASE
            WHEN v.conflicted THEN '20cannot_test:conflict'
            WHEN v.twins > 1 THEN '11exception:two_versions'
            WHEN v.approved_by IS NULL THEN '12exception:not_approved'
            WHEN v.approved_at IS NULL THEN '22cannot_test:no_approval_time'
            WHEN v.approved_at >= v.due_at AND v.approved_at > v.starts_at THEN '13exception:approved_late'
            WHEN v.state = 'shared' THEN '14exception:shared_account'
            WHEN v.state = 'bot' THEN '15exception:not_a_person'
            WHEN v.person IS NULL THEN '24cannot_test:approver_unlinked'
            WHEN COALESCE(r.possible, 0) = 0 AND (k.sure = 1 OR t.possible = 0) THEN '16exception:not_authorised'
            WHEN k.item IS NULL AND t.item IS NULL THEN '25cannot_test:no_roster'
            WHEN v.approved_at_latest >= v.due_at AND v.approved_at_latest > v.starts_at
                THEN '23cannot_test:time_order_unclear'
            WHEN r.sure = 1 OR (k.item IS NULL AND t.sure = 1) THEN '90pass'
            ELSE '23cannot_test:time_order_unclear'
        END AS code
    FROM approval_of AS v
    LEFT JOIN rostered AS r ON r.item = v.item AND r.version = v.version
    LEFT JOIN roster_known AS k ON k.item = v.item AND k.version = v.version
    LEFT JOIN titled AS t ON t.item = v.item AND t.version = v.version
),
-- A gap without an end only says that the data end there: a version that took effect later is none for the days before it.
gap AS (
    SELECT
        i.item AS item,
        MAX(CASE
            WHEN g.table_name = 'policy_version'
                AND (g.ends_before IS NOT NULL OR g.starts_at IS NULL OR g.starts_at <= c.hole_at) THEN 1
            ELSE 0
        END) AS of_version,
        MAX(CASE WHEN g.table_name = 'policy_number' THEN 1 ELSE 0 END) AS of_number
    FROM item AS i
    JOIN cover AS c ON c.item = i.item
    JOIN source_gap AS g ON g.system IN (i.system, '*') AND (g.starts_at IS NULL OR g.starts_at < i.judged_to)
    GROUP BY i.item
),
outcome_a AS (
    SELECT
        i.item AS item,
        SUBSTRING(LEAST(
            COALESCE(a.code, '90pass'),
            CASE WHEN c.has_hole = 0 THEN '90pass' WHEN g.of_version = 1 THEN '21cannot_test:source_gap' ELSE '10exception:no_version' END
        ), 3) AS code
    FROM item AS i
    JOIN cover AS c ON c.item = i.item
    LEFT JOIN gap AS g ON g.item = i.item
    LEFT JOIN (SELECT x.item AS item, MIN(x.code) AS code FROM approval_code AS x GROUP BY x.item) AS a ON a.item = i.item
),
-- B: an approval is a review; so is a look that left the version as it was. A named person must have given it.
review AS (
    SELECT
        l.policy AS policy,
        l.reviewed_at AS reviewed_at,
        l.reviewed_at_latest AS reviewed_at_latest,
        l.promised_at AS promised_at,
        l.conflicted AS conflicted
    FROM (
        SELECT
            v.policy AS policy,
            v.approved_by AS account,
            v.approved_at AS reviewed_at,
            v.approved_at_latest AS reviewed_at_latest,
            COALESCE(v.next_review_at, TIMESTAMP '9999-12-31 00:00:00') AS promised_at,
            COALESCE(v.conflicted, FALSE) AS conflicted
        FROM policy_version AS v
        UNION ALL
        SELECT
            r.policy AS policy,
            r.reviewed_by AS account,
            r.reviewed_at AS reviewed_at,
            r.reviewed_at_latest AS reviewed_at_latest,
            TIMESTAMP '9999-12-31 00:00:00' AS promised_at,
            COALESCE(r.conflicted, FALSE) AS conflicted
        FROM policy_review AS r
    ) AS l
    WHERE l.account IS NOT NULL AND l.reviewed_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM identity AS n WHERE n.account = l.account AND n.state IN ('shared', 'bot'))
),
review_stretch AS (
    SELECT
        r.policy AS policy,
        r.reviewed_at AS reviewed_at,
        r.reviewed_at_latest AS reviewed_at_latest,
        r.promised_at AS promised_at,
        LEAD(r.reviewed_at) OVER w AS next_at,
        LEAD(r.reviewed_at_latest) OVER w AS next_at_latest,
        ROW_NUMBER() OVER w AS place
    FROM review AS r
    WHERE NOT r.conflicted
    WINDOW w AS (
        PARTITION BY r.policy
        ORDER BY r.reviewed_at NULLS LAST, r.reviewed_at_latest NULLS LAST, r.promised_at NULLS LAST
    )
),
-- From when to when a policy had no review that still held: before the first one, and after each until the next.
unreviewed AS (
    SELECT
        f.item AS item,
        r.reviewed_at AS since_at,
        GREATEST(r.reviewed_at, LEAST(
            r.reviewed_at + f.review_months * INTERVAL '1' MONTH + f.grace_days * INTERVAL '1' DAY,
            r.promised_at
        )) AS starts_at,
        GREATEST(r.reviewed_at_latest, LEAST(
            r.reviewed_at_latest + f.review_months * INTERVAL '1' MONTH + f.grace_days * INTERVAL '1' DAY,
            r.promised_at
        )) AS starts_at_latest,
        r.next_at AS ends_before,
        r.next_at_latest AS ends_before_latest,
        f.starts_at AS in_force_from,
        f.ends_before AS in_force_to,
        '11exception:review_overdue' AS fault
    FROM in_force AS f
    JOIN review_stretch AS r ON r.policy = f.policy
    UNION ALL
    SELECT
        f.item AS item,
        TIMESTAMP '0001-01-01 00:00:00' AS since_at,
        f.effective_at + f.grace_days * INTERVAL '1' DAY AS starts_at,
        f.effective_at + f.grace_days * INTERVAL '1' DAY AS starts_at_latest,
        r.reviewed_at AS ends_before,
        r.reviewed_at_latest AS ends_before_latest,
        f.starts_at AS in_force_from,
        f.ends_before AS in_force_to,
        '10exception:never_reviewed' AS fault
    FROM in_force AS f
    LEFT JOIN review_stretch AS r ON r.policy = f.policy AND r.place = 1
),
-- The part of it in which a version ruled: at most, and for sure.
bad_days AS (
    SELECT
        u.item AS item,
        u.fault AS fault,
        u.since_at AS since_at,
        GREATEST(u.starts_at, u.in_force_from) AS starts_at,
        LEAST(COALESCE(u.ends_before_latest, u.in_force_to), u.in_force_to) AS ends_before,
        GREATEST(u.starts_at_latest, u.in_force_from) AS sure_from,
        LEAST(COALESCE(u.ends_before, u.in_force_to), u.in_force_to) AS sure_to
    FROM unreviewed AS u
),
review_code AS (
    SELECT
        u.item AS item,
        CASE
            WHEN u.starts_at >= u.ends_before THEN '90pass'
            WHEN u.sure_from >= u.sure_to THEN '23cannot_test:time_order_unclear'
            WHEN EXISTS (
                SELECT 1 FROM review AS r
                WHERE r.policy = i.policy AND r.conflicted AND r.reviewed_at_latest > u.since_at AND r.reviewed_at <= u.sure_from
            ) THEN '20cannot_test:conflict'
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'policy_review' AND g.system IN (i.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < u.sure_from)
                    AND (g.ends_before IS NULL OR g.ends_before > u.since_at)
            ) THEN '21cannot_test:source_gap'
            ELSE u.fault
        END AS code
    FROM bad_days AS u
    JOIN item AS i ON i.item = u.item
),
outcome_b AS (
    SELECT c.item AS item, SUBSTRING(MIN(c.code), 3) AS code FROM review_code AS c GROUP BY c.item
),
-- C: each number of a version in force, beside other documents in force at the same time, and beside practice.
promise AS (
    SELECT
        f.item AS item,
        f.policy AS policy,
        n.version AS version,
        COALESCE(n.document, '') AS document,
        n.measure AS measure,
        COALESCE(n.bound, 'at_most') AS bound,
        n.value AS value,
        n.unit AS unit,
        COALESCE(n.conflicted, FALSE) AS conflicted,
        f.starts_at AS starts_at,
        f.ends_before AS ends_before
    FROM in_force AS f
    JOIN policy_number AS n ON n.policy = f.policy AND n.version = f.version
),
other_promise AS (
    SELECT
        n.measure AS measure,
        COALESCE(n.bound, 'at_most') AS bound,
        n.value AS value,
        n.unit AS unit,
        COALESCE(n.conflicted, FALSE) AS conflicted,
        COALESCE(k.system, 'company') AS system,
        v.effective_at AS starts_at,
        v.ends_before AS ends_before
    FROM reign AS v
    JOIN policy_number AS n ON n.policy = v.policy AND n.version = v.version
    LEFT JOIN policy AS k ON k.id = v.policy
),
-- A policy of one system is kept or not in that system; what was measured in another one says nothing of it.
practice_code AS (
    SELECT
        a.item AS item,
        a.version AS version,
        a.document AS document,
        a.measure AS measure,
        MIN(CASE
            WHEN m.conflicted THEN '20cannot_test:conflict'
            WHEN m.unit <> a.unit THEN '22cannot_test:units_differ'
            WHEN a.bound = 'at_least' AND m.value < a.value THEN '11exception:practice_differs'
            WHEN a.bound = 'at_most' AND m.value > a.value THEN '11exception:practice_differs'
            WHEN a.bound = 'exactly' AND m.value <> a.value THEN '11exception:practice_differs'
            ELSE '90pass'
        END) AS code
    FROM promise AS a
    JOIN item AS i ON i.item = a.item
    JOIN measured_value AS m ON m.measure = a.measure
        AND (i.system = 'company' OR COALESCE(m.system, 'company') IN ('company', i.system))
        AND m.holds_from < a.ends_before AND (m.holds_to IS NULL OR m.holds_to > a.starts_at)
    GROUP BY a.item, a.version, a.document, a.measure
),
-- Another document in conflict may say the same or not. Policies of two systems may promise two things.
document_code AS (
    SELECT
        a.item AS item,
        a.version AS version,
        a.document AS document,
        a.measure AS measure,
        MIN(CASE
            WHEN o.conflicted THEN '20cannot_test:conflict'
            WHEN o.bound <> a.bound OR o.value <> a.value OR o.unit <> a.unit THEN '10exception:documents_disagree'
            ELSE '90pass'
        END) AS code
    FROM promise AS a
    JOIN item AS i ON i.item = a.item
    JOIN other_promise AS o ON o.measure = a.measure AND (i.system = 'company' OR o.system IN ('company', i.system)) AND o.starts_at < a.ends_before AND o.ends_before > a.starts_at
    GROUP BY a.item, a.version, a.document, a.measure
),
promise_code AS (
    SELECT
        a.item AS item,
        CASE
            WHEN a.conflicted THEN '20cannot_test:conflict'
            WHEN c.code IS NOT NULL THEN LEAST(d.code, c.code)
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'measured_value' AND g.system IN (i.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < a.ends_before)
                    AND (g.ends_before IS NULL OR g.ends_before > a.starts_at)
            ) THEN LEAST(d.code, '21cannot_test:source_gap')
            WHEN i.judged_to < i.ends_before THEN LEAST(d.code, '30cannot_test:pending')
            ELSE LEAST(d.code, '12exception:not_measured')
        END AS code
    FROM promise AS a
    JOIN item AS i ON i.item = a.item
    JOIN document_code AS d
        ON d.item = a.item AND d.version = a.version AND d.document = a.document AND d.measure = a.measure
    LEFT JOIN practice_code AS c
        ON c.item = a.item AND c.version = a.version AND c.document = a.document AND c.measure = a.measure
),
outcome_c AS (
    SELECT c.item AS item, SUBSTRING(MIN(c.code), 3) AS code FROM promise_code AS c GROUP BY c.item
),
-- D: asked in the month in which the days run out, of everyone who was there from the effective date until then, in however many
-- engagements without a break.
asked_version AS (
    SELECT
        i.item AS item,
        i.system AS system,
        v.policy AS policy,
        v.version AS version,
        w.conflicted AS conflicted,
        v.effective_at AS effective_at,
        v.effective_at + i.acknowledge_days * INTERVAL '1' DAY AS due_at
    FROM item AS i
    JOIN reign AS v ON v.policy = i.policy
    JOIN dated_version AS w ON w.policy = v.policy AND w.version = v.version
    WHERE v.effective_at + i.acknowledge_days * INTERVAL '1' DAY >= i.starts_at
        AND v.effective_at + i.acknowledge_days * INTERVAL '1' DAY < i.ends_before
        AND v.ends_before > v.effective_at + i.acknowledge_days * INTERVAL '1' DAY
),
asked_human AS (
    SELECT DISTINCT
        v.item AS item,
        v.system AS system,
        v.policy AS policy,
        v.version AS version,
        v.effective_at AS effective_at,
        v.due_at AS due_at,
        e.human AS human
    FROM asked_version AS v
    JOIN employed_stretch AS e ON e.valid_from <= v.effective_at AND e.valid_to > v.due_at
),
-- One signature that is surely in time will do, whatever the others say.
signature AS (
    SELECT
        p.item AS item,
        p.version AS version,
        p.human AS human,
        MIN(CASE
            WHEN a.conflicted THEN '3cannot_test:conflict'
            WHEN a.signed_at IS NULL THEN '4cannot_test:no_signing_time'
            WHEN a.signed_at_latest < p.due_at THEN '1pass'
            WHEN a.signed_at < p.due_at THEN '5cannot_test:time_order_unclear'
            ELSE '6exception:signed_late'
        END) AS code
    FROM asked_human AS p
    JOIN same_human AS h ON h.human = p.human
    JOIN acknowledgement AS a ON a.policy = p.policy AND a.version = p.version AND a.person = h.person
    GROUP BY p.item, p.version, p.human
),
signed_code AS (
    SELECT
        p.item AS item,
        p.version AS version,
        CASE
            WHEN s.code IS NOT NULL THEN SUBSTRING(s.code, 2)
            WHEN p.due_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'acknowledgement' AND g.system IN (p.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < p.due_at)
                    AND (g.ends_before IS NULL OR g.ends_before > p.effective_at)
            ) THEN 'cannot_test:source_gap'
            ELSE 'exception:not_signed'
        END AS code
    FROM asked_human AS p
    CROSS JOIN parameter AS q
    LEFT JOIN signature AS s ON s.item = p.item AND s.version = p.version AND s.human = p.human
),
outcome_d AS (
    SELECT
        v.item AS item,
        SUBSTRING(MIN(CASE
            WHEN v.conflicted OR s.code = 'cannot_test:conflict' THEN '20cannot_test:conflict'
            WHEN s.code IS NULL THEN '24cannot_test:nobody_known'
            WHEN s.code = 'exception:not_signed' THEN '10exception:not_signed'
            WHEN s.code = 'exception:signed_late' THEN '11exception:signed_late'
            WHEN s.code = 'cannot_test:source_gap' THEN '21cannot_test:source_gap'
            WHEN s.code = 'cannot_test:no_signing_time' THEN '22cannot_test:no_signing_time'
            WHEN s.code = 'cannot_test:time_order_unclear' THEN '23cannot_test:time_order_unclear'
            WHEN s.code = 'cannot_test:pending' THEN '30cannot_test:pending'
            ELSE '90pass'
        END), 3) AS code,
        MAX(CASE WHEN g.table_name IS NOT NULL THEN 1 ELSE 0 END) AS people_gap
    FROM asked_version AS v
    LEFT JOIN signed_code AS s ON s.item = v.item AND s.version = v.version
    LEFT JOIN source_gap AS g
        ON g.table_name = 'engagement' AND g.system IN (v.system, '*')
            AND (g.starts_at IS NULL OR g.starts_at < v.due_at) AND (g.ends_before IS NULL OR g.ends_before > v.effective_at)
            AND (g.ends_before IS NOT NULL OR g.starts_at IS NULL OR g.starts_at <= v.effective_at)
    GROUP BY v.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN i.settled IS NOT NULL THEN i.settled
        WHEN a.code = 'pass' AND i.judged_to < i.ends_before THEN 'cannot_test:pending'
        ELSE a.code
    END AS a,
    CASE
        WHEN i.settled IS NOT NULL THEN i.settled
        WHEN v.versions = 0 THEN 'na:no_version'
        WHEN b.code = 'pass' AND i.judged_to < i.ends_before THEN 'cannot_test:pending'
        ELSE b.code
    END AS b,
    CASE
        WHEN i.settled IS NOT NULL THEN i.settled
        WHEN v.versions = 0 THEN 'na:no_version'
        WHEN c.code = 'pass' AND i.judged_to < i.ends_before THEN 'cannot_test:pending'
        WHEN c.code IS NULL AND g.of_number = 1 THEN 'cannot_test:source_gap'
        ELSE COALESCE(c.code, 'na:no_number')
    END AS c,
    CASE
        WHEN i.settled IS NOT NULL THEN i.settled
        WHEN i.acknowledge_days IS NULL THEN 'na:not_asked'
        WHEN d.code = 'pass' AND d.people_gap = 1 THEN 'cannot_test:source_gap'
        ELSE COALESCE(d.code, 'na:nothing_due')
    END AS d
FROM population AS p
JOIN item AS i ON i.item = p.item
JOIN cover AS v ON v.item = p.item
JOIN outcome_a AS a ON a.item = p.item
LEFT JOIN outcome_b AS b ON b.item = p.item
LEFT JOIN outcome_c AS c ON c.item = p.item
LEFT JOIN outcome_d AS d ON d.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
