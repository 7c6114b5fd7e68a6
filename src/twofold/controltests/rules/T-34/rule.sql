-- T-34: go-lives were approved and accepted, and converted data was reconciled and signed (audit-domain 4.3, T-34).
-- Reads the population go_live_part and the steps identity, same_human, authority, authority_by_title and roster_start. A rank orders what
-- was found: 90 by roster, 80 by title, 60 to 79 cannot be tested, 10 to 39 exceptions.
WITH
-- Which roster speaks for which decision. The project is approved once; each go-live has its own acceptance and decision.
duty AS (
    SELECT 'project' AS duty, 'authorise' AS roster_duty
    UNION ALL
    SELECT 'requirements' AS duty, 'authorise' AS roster_duty
    UNION ALL
    SELECT 'uat' AS duty, 'uat' AS roster_duty
    UNION ALL
    SELECT 'go_live' AS duty, 'release' AS roster_duty
    UNION ALL
    SELECT 'conversion' AS duty, 'finance' AS roster_duty
),
-- When the data of a conversion was last loaded: rejects may have come later. One in conflict may have come whenever.
last_load AS (
    SELECT
        v.id AS conversion,
        v.operator AS operator,
        v.loaded_at AS first_loaded_at,
        MAX(GREATEST(v.loaded_at, CASE WHEN r.outcome = 'loaded' AND NOT r.conflicted THEN r.cleared_at ELSE v.loaded_at END))
            AS loaded_at,
        MAX(GREATEST(
            v.loaded_at_latest, CASE WHEN r.outcome = 'loaded' THEN r.cleared_at_latest ELSE v.loaded_at_latest END
        )) AS loaded_at_latest,
        MAX(CASE WHEN r.conflicted THEN 1 ELSE 0 END) AS in_conflict
    FROM conversion AS v
    LEFT JOIN conversion_reject AS r ON r.conversion = v.id
    GROUP BY v.id, v.operator, v.loaded_at
),
asked AS (
    SELECT p.item AS item, p.system AS system, p.operating_at AS operating_at, p.operating_at_latest AS operating_at_latest,
        d.duty AS duty, d.roster_duty AS roster_duty,
        CASE WHEN d.duty IN ('project', 'requirements') THEN p.project WHEN d.duty = 'conversion' THEN p.conversion ELSE p.cutover END
            AS subject
    FROM population AS p
    CROSS JOIN duty AS d
),
-- Refusals, surely (refused_at) or perhaps until the cutover, or of a conversion whenever. A decision in conflict may be one.
refused AS (
    SELECT
        a.item AS item, a.duty AS duty,
        MAX(CASE
            WHEN NOT r.conflicted AND (a.duty = 'conversion' OR r.decided_at_latest <= a.operating_at) THEN r.decided_at
        END) AS refused_at,
        MAX(CASE WHEN NOT r.conflicted THEN r.decided_at_latest END) AS refused_at_latest,
        MAX(CASE WHEN r.conflicted THEN r.decided_at_latest END) AS doubt_at_latest
    FROM asked AS a
    JOIN approval AS r ON r.subject = a.subject AND r.duty = a.duty AND (r.decision = 'reject' OR r.conflicted)
    WHERE r.decided_at <= a.operating_at_latest OR a.duty = 'conversion'
    GROUP BY a.item, a.duty
),
given AS (
    SELECT
        a.item AS item, a.system AS system, a.duty AS duty, a.roster_duty AS roster_duty, a.operating_at AS operating_at,
        a.operating_at_latest AS operating_at_latest, r.id AS id, r.approver AS account, r.decided_at AS decided_at,
        r.decided_at_latest AS decided_at_latest, r.withdrawn_at AS withdrawn_at, r.withdrawn_at_latest AS withdrawn_at_latest, r.conflicted AS conflicted,
        i.state AS state, i.person AS person, f.refused_at AS refused_at,
        f.refused_at_latest AS refused_at_latest, COALESCE(f.doubt_at_latest >= r.decided_at, FALSE) AS in_doubt
    FROM asked AS a
    JOIN approval AS r ON r.subject = a.subject AND r.duty = a.duty
    LEFT JOIN identity AS i ON i.account = r.approver AND i.valid_from <= r.decided_at AND r.decided_at < i.valid_to
    LEFT JOIN refused AS f ON f.item = a.item AND f.duty = a.duty
    WHERE r.decision = 'approve' OR r.conflicted
),
by_roster AS (
    SELECT
        g.item AS item, g.id AS id,
        MAX(CASE WHEN u.valid_from <= g.decided_at AND g.decided_at_latest < u.valid_to THEN 1 ELSE 0 END) AS sure
    FROM given AS g
    JOIN authority AS u
        ON u.person = g.person AND u.duty = g.roster_duty AND (u.scope = g.system OR u.scope = '*')
        AND u.valid_from <= g.decided_at_latest AND g.decided_at < u.valid_to_latest
    GROUP BY g.item, g.id
),
-- A title of the approver at the time stands in for a roster; a business unit makes a business user.
titled AS (
    SELECT DISTINCT g.item AS item, g.id AS id
    FROM given AS g
    JOIN authority_by_title AS a
        ON a.person = g.person AND a.duty = g.roster_duty AND (a.scope = g.system OR a.scope = '*')
        AND a.valid_from <= g.decided_at AND g.decided_at_latest < a.valid_to
),
by_unit AS (
    SELECT
        g.id AS id,
        MAX(CASE WHEN j.unit IS NOT NULL THEN 1 ELSE 0 END) AS unit_known,
        MAX(CASE WHEN POSITION(';' || LOWER(j.unit) || ';' IN ';' || LOWER(q.business_units) || ';') > 0 THEN 1 ELSE 0 END) AS business
    FROM given AS g
    CROSS JOIN parameter AS q
    JOIN job AS j
        ON j.person = g.person AND COALESCE(j.valid_from, g.decided_at) <= g.decided_at
        AND g.decided_at_latest < COALESCE(j.valid_to, TIMESTAMP '9999-12-31 00:00:00')
    GROUP BY g.id
),
roster_known AS (
    SELECT g.item AS item, g.id AS id, MIN(s.begins_at) AS begins_at
    FROM given AS g
    JOIN roster_start AS s ON s.duty = g.roster_duty AND (s.scope = g.system OR s.scope = '*')
    GROUP BY g.item, g.id
),
powers AS (
    SELECT
        g.item AS item, g.id AS id,
        CASE
            WHEN g.state IN ('shared', 'bot') THEN 12
            WHEN g.person IS NULL THEN 66
            WHEN r.sure = 1 OR (g.duty = 'uat' AND u.business = 1) THEN 90
            WHEN r.sure = 0 THEN 60
            WHEN k.begins_at <= g.decided_at OR (g.duty = 'uat' AND u.unit_known = 1) THEN 30
            WHEN t.id IS NOT NULL AND COALESCE(k.begins_at > g.decided_at_latest, TRUE) AND q.allow_role_title
                AND g.duty NOT IN ('conversion', 'uat') THEN 80
            ELSE 64
        END AS rank
    FROM given AS g
    CROSS JOIN parameter AS q
    LEFT JOIN by_roster AS r ON r.item = g.item AND r.id = g.id
    LEFT JOIN titled AS t ON t.item = g.item AND t.id = g.id
    LEFT JOIN by_unit AS u ON u.id = g.id
    LEFT JOIN roster_known AS k ON k.item = g.item AND k.id = g.id
),
decided AS (
    SELECT
        g.item AS item, g.duty AS duty,
        MAX(CASE
            WHEN g.conflicted THEN 70
            WHEN g.decided_at > g.operating_at_latest THEN 20
            WHEN g.withdrawn_at_latest <= g.operating_at OR g.refused_at > g.decided_at_latest THEN 15
            WHEN g.in_doubt THEN 70
            WHEN w.rank >= 60 AND (
                g.decided_at_latest >= g.operating_at OR g.refused_at_latest >= g.decided_at
                OR g.withdrawn_at <= g.operating_at_latest
            ) THEN 60
            ELSE w.rank
        END) AS rank
    FROM given AS g
    JOIN powers AS w ON w.item = g.item AND w.id = g.id
    GROUP BY g.item, g.duty
),
-- H: the signature covers what was loaded last, and comes from finance, not from whoever loaded.
signed AS (
    SELECT
        g.item AS item,
        MAX(CASE
            WHEN g.conflicted THEN 70
            WHEN g.withdrawn_at IS NOT NULL OR g.refused_at > g.decided_at_latest THEN 15
            WHEN g.decided_at_latest < l.loaded_at THEN 20
            WHEN g.account = l.operator OR COALESCE(y.human, g.person) = COALESCE(z.human, o.person) THEN 25
            WHEN w.rank < 60 THEN w.rank
            WHEN g.in_doubt OR l.in_conflict = 1 THEN 70
            WHEN g.decided_at <= l.loaded_at_latest OR g.refused_at_latest >= g.decided_at THEN 60
            WHEN w.rank < 90 THEN w.rank
            WHEN o.person IS NULL AND COALESCE(o.state, 'unlinked') <> 'bot' THEN 68
            ELSE 90
        END) AS rank
    FROM given AS g
    JOIN powers AS w ON w.item = g.item AND w.id = g.id
    JOIN population AS p ON p.item = g.item
    JOIN last_load AS l ON l.conversion = p.conversion
    LEFT JOIN identity AS o ON o.account = l.operator AND o.valid_from <= l.first_loaded_at AND l.first_loaded_at < o.valid_to
    LEFT JOIN same_human AS y ON y.person = g.person
    LEFT JOIN same_human AS z ON z.person = o.person
    WHERE g.duty = 'conversion'
    GROUP BY g.item
),
ranked AS (
    SELECT
        p.item AS item,
        LEAST(COALESCE(MAX(CASE WHEN d.duty = 'project' THEN d.rank END), 10),
            COALESCE(MAX(CASE WHEN d.duty = 'requirements' THEN d.rank END), 10)) AS project,
        COALESCE(MAX(CASE WHEN d.duty = 'uat' THEN d.rank END), 10) AS uat,
        COALESCE(MAX(CASE WHEN d.duty = 'go_live' THEN d.rank END), 10) AS go_live
    FROM population AS p
    LEFT JOIN decided AS d ON d.item = p.item
    GROUP BY p.item
),
-- C: what was open at the cutover: defects, and differences of a parallel run. Each needs a person who accepted it before.
issue AS (
    SELECT
        p.item AS item, p.operating_at AS operating_at, p.operating_at_latest AS operating_at_latest,
        d.accepted_by AS accepted_by, d.accepted_at AS accepted_at, d.accepted_at_latest AS accepted_at_latest,
        d.conflicted AS conflicted, 'defect' AS kind,
        CASE WHEN d.closed_at <= p.operating_at_latest OR d.found_at_latest > p.operating_at THEN 1 ELSE 0 END AS perhaps_not_open
    FROM population AS p
    JOIN cutover_defect AS d ON d.cutover = p.item
    WHERE d.found_at <= p.operating_at_latest AND COALESCE(d.closed_at_latest >= p.operating_at, TRUE)
    UNION ALL
    SELECT
        p.item AS item, p.operating_at AS operating_at, p.operating_at_latest AS operating_at_latest,
        CASE WHEN TRIM(r.explanation) <> '' THEN r.accepted_by END AS accepted_by, r.accepted_at AS accepted_at,
        r.accepted_at_latest AS accepted_at_latest, r.conflicted AS conflicted, 'parallel_run' AS kind, 0 AS perhaps_not_open
    FROM population AS p
    JOIN parallel_run AS r ON r.cutover = p.item
    WHERE COALESCE(r.old_total <> r.new_total, TRUE) OR r.conflicted
),
accepted AS (
    SELECT
        s.item AS item,
        MIN(CASE
            WHEN s.conflicted THEN '5cannot_test:conflict'
            WHEN i.person IS NOT NULL AND s.accepted_at_latest < s.operating_at THEN '8pass'
            WHEN s.perhaps_not_open = 1 THEN '7cannot_test:time_order_unclear'
            WHEN s.accepted_by IS NULL AND s.kind = 'parallel_run' THEN '2exception:parallel_run_difference'
            WHEN s.accepted_by IS NULL THEN '1exception:defect_not_accepted'
            WHEN s.accepted_at > s.operating_at_latest THEN '3exception:accepted_late'
            WHEN i.state IN ('shared', 'bot') THEN '4exception:not_a_person'
            WHEN s.accepted_at IS NULL THEN '7cannot_test:time_order_unclear'
            WHEN i.person IS NULL THEN '6cannot_test:acceptor_unlinked'
            ELSE '7cannot_test:time_order_unclear'
        END) AS code
    FROM issue AS s
    LEFT JOIN identity AS i ON i.account = s.accepted_by AND i.valid_from <= s.accepted_at AND s.accepted_at < i.valid_to
    GROUP BY s.item
),
-- E to G: what a conversion counted, with the rejects that were loaded after the count: came 2 surely after it, 1 perhaps.
reject AS (
    SELECT
        v.id AS conversion, r.amount AS amount, r.conflicted AS conflicted, r.cleared_at AS cleared_at,
        CASE
            WHEN COALESCE(r.outcome, '-') <> 'loaded' THEN 0
            WHEN r.cleared_at > COALESCE(v.counted_at_latest, v.loaded_at_latest) THEN 2
            WHEN r.cleared_at_latest >= COALESCE(v.counted_at, v.loaded_at) THEN 1
            ELSE 0
        END AS came,
        CASE
            WHEN r.cleared_at IS NULL OR r.outcome = 'loaded' OR i.person IS NOT NULL THEN 'settled'
            WHEN r.accepted_by IS NULL OR i.state IN ('shared', 'bot') THEN 'dropped'
            ELSE 'unlinked'
        END AS standing
    FROM conversion AS v
    JOIN conversion_reject AS r ON r.conversion = v.id
    LEFT JOIN identity AS i ON i.account = r.accepted_by AND i.valid_from <= r.cleared_at AND r.cleared_at < i.valid_to
),
-- The amount is empty, and so makes up nothing, where one of them has none.
later AS (
    SELECT
        r.conversion AS conversion,
        SUM(CASE WHEN r.came = 2 THEN 1 ELSE 0 END) AS records,
        CASE WHEN SUM(CASE WHEN r.came = 2 AND r.amount IS NULL THEN 1 ELSE 0 END) = 0
            THEN SUM(CASE WHEN r.came = 2 THEN r.amount ELSE 0 END) END AS amount,
        MAX(CASE WHEN r.came = 1 THEN 1 ELSE 0 END) AS unclear,
        COUNT(*) AS listed,
        MAX(CASE WHEN r.conflicted THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE WHEN r.cleared_at IS NULL THEN 1 ELSE 0 END) AS is_open,
        MAX(CASE WHEN r.standing = 'dropped' THEN 1 ELSE 0 END) AS dropped,
        MAX(CASE WHEN r.standing = 'unlinked' THEN 1 ELSE 0 END) AS unlinked
    FROM reject AS r
    GROUP BY r.conversion
),
-- E, F: why the two may differ. A reject in conflict, or loaded perhaps after the count, leaves even equal ones open.
explained AS (
    SELECT
        v.id AS conversion,
        CASE
            WHEN TRIM(v.explanation) <> '' AND i.person IS NOT NULL THEN 'pass'
            WHEN l.in_conflict = 1 THEN 'cannot_test:conflict'
            WHEN l.unclear = 1 THEN 'cannot_test:time_order_unclear'
        END AS code,
        CASE
            WHEN TRIM(v.explanation) <> '' AND v.explained_by IS NOT NULL AND COALESCE(i.state, 'ambiguous') = 'ambiguous'
                THEN 'cannot_test:explainer_unlinked'
        END AS doubt
    FROM conversion AS v
    LEFT JOIN later AS l ON l.conversion = v.id
    LEFT JOIN identity AS i ON i.account = v.explained_by AND i.valid_from <= v.loaded_at AND v.loaded_at < i.valid_to
),
-- What follows a load may come whenever. A gap without an end says that the data end there; it hides something only where they
-- do not reach the time that rejects have.
gap_of AS (
    SELECT
        p.item AS item, g.table_name AS table_name, g.starts_at AS starts_at,
        COALESCE(
            g.ends_before > v.loaded_at
            OR (
                g.ends_before IS NULL
                AND COALESCE(g.starts_at <= v.loaded_at_latest + q.reject_days * INTERVAL '1' DAY, TRUE)
            ),
            FALSE
        ) AS after_load
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN conversion AS v ON v.id = p.conversion
    JOIN source_gap AS g ON g.system = p.system OR g.system = '*'
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'approval' AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest) THEN 1 ELSE 0 END)
            AS of_approval,
        MAX(CASE WHEN g.table_name = 'approval' AND g.after_load THEN 1 ELSE 0 END) AS of_signature,
        MAX(CASE WHEN g.table_name IN ('cutover_defect', 'parallel_run')
            AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest) THEN 1 ELSE 0 END) AS of_issue,
        MAX(CASE WHEN g.table_name = 'conversion_reject' AND g.after_load THEN 1 ELSE 0 END) AS of_reject
    FROM population AS p
    JOIN gap_of AS g ON g.item = p.item
    GROUP BY p.item
),
settled AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.origin = 'conversion' THEN 'na:converted_object'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN NOT p.significant AND TRIM(c.reason) <> '' THEN 'na:not_significant'
        END AS of_cutover,
        CASE WHEN p.origin = 'cutover' THEN 'na:go_live' WHEN p.conflicted THEN 'cannot_test:conflict' END AS of_conversion
    FROM population AS p
    LEFT JOIN cutover AS c ON c.id = p.cutover
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN s.of_cutover IS NOT NULL THEN s.of_cutover
        WHEN k.project >= 80 THEN 'pass'
        WHEN k.project = 70 THEN 'cannot_test:conflict'
        WHEN k.project = 66 THEN 'cannot_test:approver_unlinked'
        WHEN k.project = 64 THEN 'cannot_test:no_roster'
        WHEN k.project = 60 THEN 'cannot_test:time_order_unclear'
        WHEN g.of_approval = 1 THEN 'cannot_test:source_gap'
        WHEN k.project = 30 THEN 'exception:no_authority'
        WHEN k.project = 20 THEN 'exception:approved_late'
        WHEN k.project = 15 THEN 'exception:approval_withdrawn'
        WHEN k.project = 12 THEN 'exception:not_a_person'
        ELSE 'exception:not_approved'
    END AS a,
    CASE
        WHEN s.of_cutover IS NOT NULL THEN s.of_cutover
        WHEN k.uat >= 80 THEN 'pass'
        WHEN k.uat = 70 THEN 'cannot_test:conflict'
        WHEN k.uat = 66 THEN 'cannot_test:approver_unlinked'
        WHEN k.uat = 64 THEN 'cannot_test:not_known_as_business'
        WHEN k.uat = 60 THEN 'cannot_test:time_order_unclear'
        WHEN g.of_approval = 1 THEN 'cannot_test:source_gap'
        WHEN k.uat = 30 THEN 'exception:not_business'
        WHEN k.uat = 20 THEN 'exception:accepted_late'
        WHEN k.uat = 15 THEN 'exception:acceptance_withdrawn'
        WHEN k.uat = 12 THEN 'exception:not_a_person'
        ELSE 'exception:not_accepted'
    END AS b,
    CASE
        WHEN s.of_cutover IS NOT NULL THEN s.of_cutover
        WHEN a.code < '5' THEN SUBSTRING(a.code, 2)
        WHEN g.of_issue = 1 THEN 'cannot_test:source_gap'
        ELSE COALESCE(SUBSTRING(a.code, 2), 'na:nothing_open')
    END AS c,
    CASE
        WHEN s.of_cutover IS NOT NULL THEN s.of_cutover
        WHEN k.go_live >= 80 THEN 'pass'
        WHEN k.go_live = 70 THEN 'cannot_test:conflict'
        WHEN k.go_live = 66 THEN 'cannot_test:approver_unlinked'
        WHEN k.go_live = 64 THEN 'cannot_test:no_roster'
        WHEN k.go_live = 60 THEN 'cannot_test:time_order_unclear'
        WHEN g.of_approval = 1 THEN 'cannot_test:source_gap'
        WHEN k.go_live = 30 THEN 'exception:no_authority'
        WHEN k.go_live = 20 THEN 'exception:approved_late'
        WHEN k.go_live = 15 THEN 'exception:approval_withdrawn'
        WHEN k.go_live = 12 THEN 'exception:not_a_person'
        ELSE 'exception:not_approved'
    END AS d,
    CASE
        WHEN s.of_conversion IS NOT NULL THEN s.of_conversion
        WHEN v.source_count IS NULL OR v.target_count IS NULL THEN 'exception:not_counted'
        WHEN e.code IS NOT NULL THEN e.code
        WHEN v.source_count = v.target_count + COALESCE(l.records, 0) THEN 'pass'
        ELSE COALESCE(e.doubt, 'exception:counts_differ')
    END AS e,
    CASE
        WHEN s.of_conversion IS NOT NULL THEN s.of_conversion
        WHEN NOT v.has_amounts THEN 'na:no_amounts'
        WHEN v.source_sum IS NULL OR v.target_sum IS NULL THEN 'exception:not_summed'
        WHEN e.code IS NOT NULL THEN e.code
        WHEN v.source_sum = v.target_sum + CASE WHEN l.conversion IS NULL THEN 0 ELSE l.amount END THEN 'pass'
        ELSE COALESCE(e.doubt, 'exception:amounts_differ')
    END AS f,
    CASE
        WHEN s.of_conversion IS NOT NULL THEN s.of_conversion
        WHEN l.in_conflict = 1 THEN 'cannot_test:conflict'
        WHEN l.dropped = 1 THEN 'exception:dropped_without_acceptance'
        WHEN l.is_open = 1 AND v.loaded_at_latest + q.reject_days * INTERVAL '1' DAY > q.extracted_at THEN 'cannot_test:pending'
        WHEN l.is_open = 1 THEN 'exception:reject_open'
        WHEN COALESCE(l.listed, 0) < v.reject_count AND g.of_reject = 1 THEN 'cannot_test:source_gap'
        WHEN COALESCE(l.listed, 0) < v.reject_count THEN 'exception:rejects_not_listed'
        WHEN l.unlinked = 1 THEN 'cannot_test:acceptor_unlinked'
        WHEN l.listed > 0 THEN 'pass'
        WHEN v.reject_count = 0 THEN 'na:no_rejects'
        ELSE 'cannot_test:rejects_unknown'
    END AS g,
    CASE
        WHEN s.of_conversion IS NOT NULL THEN s.of_conversion
        WHEN h.rank = 90 THEN 'pass'
        WHEN h.rank = 70 THEN 'cannot_test:conflict'
        WHEN h.rank = 68 THEN 'cannot_test:operator_unknown'
        WHEN h.rank = 66 THEN 'cannot_test:signer_unlinked'
        WHEN h.rank = 64 THEN 'cannot_test:no_roster'
        WHEN h.rank = 60 THEN 'cannot_test:time_order_unclear'
        WHEN g.of_signature = 1 THEN 'cannot_test:source_gap'
        WHEN h.rank = 30 THEN 'exception:not_finance'
        WHEN h.rank = 25 THEN 'exception:signed_by_operator'
        WHEN h.rank = 20 THEN 'exception:signed_before_load'
        WHEN h.rank = 15 THEN 'exception:signature_withdrawn'
        WHEN h.rank = 12 THEN 'exception:not_a_person'
        ELSE 'exception:not_signed'
    END AS h,
    CASE
        WHEN s.of_cutover IS NOT NULL THEN s.of_cutover
        WHEN LEAST(k.project, k.go_live) = 90 THEN 'pass'
        WHEN LEAST(k.project, k.go_live) = 80 THEN 'cannot_test:no_roster'
        ELSE 'na:no_counting_approval'
    END AS i
FROM population AS p
CROSS JOIN parameter AS q
JOIN settled AS s ON s.item = p.item
JOIN ranked AS k ON k.item = p.item
LEFT JOIN conversion AS v ON v.id = p.conversion
LEFT JOIN later AS l ON l.conversion = p.conversion
LEFT JOIN explained AS e ON e.conversion = p.conversion
LEFT JOIN accepted AS a ON a.item = p.item
LEFT JOIN signed AS h ON h.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
