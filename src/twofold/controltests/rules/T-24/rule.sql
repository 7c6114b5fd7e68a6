WITH
-- What decides before anything else. In `part` each service that is used needs reports of its own.
standing AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.starts_at IS NULL THEN 'na:not_scheduled'
            WHEN TRIM(p.no_report_reason) <> '' THEN 'na:no_report_asked'
        END AS report_code,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.starts_at IS NULL THEN 'na:not_scheduled'
            WHEN ',' || REPLACE(q.reviewed_tiers, ' ', '') || ',' NOT LIKE '%,' || LOWER(TRIM(p.tier)) || ',%' THEN 'na:tier'
        END AS review_code
    FROM population AS p
    CROSS JOIN parameter AS q
),
-- Tables that are not proven complete for the needed stretch. A gap without an end only says that the data end there: what came
-- after the moment of reliance was not relied on. Issues (J) are looked for until the end of the stretch.
silent AS (
    SELECT DISTINCT p.item AS item, g.table_name AS table_name
    FROM population AS p
    JOIN source_gap AS g
        ON g.system IN (p.system, '*') AND (g.starts_at IS NULL OR g.starts_at < p.ends_before)
            AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
            AND (
                g.ends_before IS NOT NULL OR g.starts_at IS NULL OR g.starts_at < p.relied_at OR g.table_name = 'vendor_issue'
            )
),
part AS (
    SELECT
        p.item AS item,
        p.vendor AS vendor,
        p.entity AS entity,
        s.value AS service,
        p.starts_at AS starts_at,
        p.ends_before AS ends_before,
        p.relied_at AS relied_at
    FROM population AS p
    JOIN vendor__services AS s ON s.id = p.vendor AND s.system = p.system AND s.relied_from = p.relied_from
),
-- A: every report that reaches into the needed stretch, against each service. The first character ranks the codes.
outside AS (
    SELECT DISTINCT p.item AS item, r.id AS report
    FROM population AS p
    JOIN vendor__locations AS l ON l.id = p.vendor AND l.system = p.system AND l.relied_from = p.relied_from
    JOIN soc_report AS r ON r.vendor = p.vendor
    LEFT JOIN soc_report__locations AS k ON k.id = r.id AND LOWER(k.value) = LOWER(l.value)
    WHERE k.id IS NULL
),
candidate AS (
    SELECT
        t.item AS item,
        t.service AS service,
        r.id AS report,
        r.starts_at AS starts_at,
        r.ends_before AS ends_before,
        r.kind = 'soc1' OR TRIM(COALESCE(r.other_kind_agreed_by, '')) <> '' AS is_strict,
        CASE WHEN r.received_at >= t.relied_at THEN 1 ELSE 0 END AS came_late,
        CASE
            WHEN r.conflicted THEN '1cannot_test:conflict'
            WHEN r.kind NOT IN ('soc1', 'soc2') THEN '7exception:certificate'
            WHEN COALESCE(r.type, 1) <> 2 THEN '6exception:type_1'
            WHEN r.starts_at IS NULL OR r.ends_before IS NULL THEN '5exception:no_period'
            WHEN LOWER(COALESCE(r.entity, '')) <> LOWER(t.entity) THEN '4exception:other_entity'
            WHEN k.id IS NULL THEN '3exception:service_not_in_scope'
            WHEN o.report IS NOT NULL THEN '2exception:location_not_in_scope'
            ELSE '0pass'
        END AS code
    FROM part AS t
    JOIN soc_report AS r
        ON r.vendor = t.vendor AND (r.starts_at IS NULL OR r.starts_at < t.ends_before)
            AND (r.ends_before IS NULL OR r.ends_before > t.starts_at)
    LEFT JOIN soc_report__products AS k ON k.id = r.id AND LOWER(k.value) = LOWER(t.service)
    LEFT JOIN outside AS o ON o.item = t.item AND o.report = r.id
),
fitting AS (
    SELECT t.item AS item, t.service AS service, COALESCE(MIN(c.code), '8exception:no_report') AS code
    FROM part AS t
    LEFT JOIN candidate AS c ON c.item = t.item AND c.service = t.service
    GROUP BY t.item, t.service
),
usable AS (
    SELECT
        c.item AS item,
        c.service AS service,
        c.report AS report,
        c.is_strict AS is_strict,
        c.came_late AS came_late,
        DATE_TRUNC('day', c.starts_at + INTERVAL '810' MINUTE) AS starts_at,
        DATE_TRUNC('day', c.ends_before + INTERVAL '810' MINUTE) AS ends_before
    FROM candidate AS c
    WHERE c.code = '0pass'
),
-- The gaps are counted twice: over all fit reports, and over those that had not come too late (`relied` chooses).
basis AS (
    SELECT 0 AS is_timely, 'report' AS report, 'bridged' AS bridged, 'strict' AS strict
    UNION ALL
    SELECT 1 AS is_timely, 'timely_report' AS report, 'timely_bridged' AS bridged, 'timely_strict' AS strict
),
-- A letter cannot say what happened after the day on which it was signed, where that is known.
letter AS (
    SELECT
        p.item AS item,
        b.signed_by AS signed_by,
        b.conflicted AS conflicted,
        CASE
            WHEN b.conflicted OR TRIM(COALESCE(b.signed_by, '')) = '' THEN FALSE
            ELSE COALESCE(b.signer_role, '') = 'management'
        END AS counts,
        DATE_TRUNC('day', b.starts_at + INTERVAL '810' MINUTE) AS starts_at,
        GREATEST(
            DATE_TRUNC('day', b.starts_at + INTERVAL '810' MINUTE),
            LEAST(
                DATE_TRUNC('day', b.ends_before + INTERVAL '810' MINUTE),
                COALESCE(
                    DATE_TRUNC('day', b.signed_at_latest + INTERVAL '810' MINUTE) + INTERVAL '1' DAY,
                    TIMESTAMP '9999-12-30 00:00:00'
                )
            )
        ) AS ends_before
    FROM population AS p
    JOIN bridge AS b ON b.vendor = p.vendor AND b.starts_at < p.ends_before AND b.ends_before > p.starts_at
),
-- Needed stretch minus union of what covers it, for each purpose. Reports and letters count in whole local days, told by the
-- bare midnight that they begin with, since three months from a month's end is a matter of the calendar.
frame AS (
    SELECT
        t.item AS item,
        f.purpose AS purpose,
        t.service AS service,
        DATE_TRUNC('day', t.starts_at + INTERVAL '810' MINUTE) AS starts_at,
        DATE_TRUNC('day', t.ends_before + INTERVAL '810' MINUTE) AS ends_before
    FROM part AS t
    CROSS JOIN (
        SELECT b.report AS purpose FROM basis AS b
        UNION ALL SELECT b.bridged AS purpose FROM basis AS b
        UNION ALL SELECT b.strict AS purpose FROM basis AS b
    ) AS f
    UNION ALL
    SELECT
        p.item AS item,
        f.purpose AS purpose,
        '' AS service,
        p.starts_at AS starts_at,
        LEAST(p.ends_before, q.extracted_at) AS ends_before
    FROM population AS p
    CROSS JOIN parameter AS q
    CROSS JOIN (
        SELECT 'reviewed' AS purpose
        UNION ALL SELECT 'perhaps_reviewed' AS purpose
        UNION ALL SELECT 'contract' AS purpose
        UNION ALL SELECT 'terms' AS purpose
    ) AS f
),
-- A review stands when a person is named for it. That a vendor was rejected counts whoever wrote it down.
concluded AS (
    SELECT
        p.item AS item,
        r.id AS review,
        r.conclusion AS conclusion,
        r.conflicted AS conflicted,
        r.reviewed_by IS NOT NULL AND COALESCE(n.state, '') NOT IN ('shared', 'bot') AS is_named,
        r.reviewed_at AS reviewed_at,
        r.reviewed_at_latest AS reviewed_at_latest,
        r.reviewed_at + q.review_months * INTERVAL '1' MONTH AS good_until,
        r.reviewed_at_latest + q.review_months * INTERVAL '1' MONTH AS good_until_latest
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN vendor_review AS r ON r.vendor = p.vendor AND r.reviewed_at < p.ends_before
    LEFT JOIN identity AS n ON n.account = r.reviewed_by AND n.valid_from <= r.reviewed_at AND r.reviewed_at < n.valid_to
    WHERE r.reviewed_at_latest + q.review_months * INTERVAL '1' MONTH > p.starts_at
        AND (TRIM(r.conclusion) <> '' OR r.conflicted)
),
agreement AS (
    SELECT
        p.item AS item,
        COALESCE(c.security_terms, FALSE) AS security_terms,
        c.conflicted AS conflicted,
        c.valid_from AS starts_at,
        COALESCE(c.valid_to, p.ends_before) AS ends_before
    FROM population AS p
    JOIN vendor_contract AS c
        ON c.vendor = p.vendor AND c.valid_from < p.ends_before AND (c.valid_to IS NULL OR c.valid_to > p.starts_at)
),
stretch AS (
    SELECT u.item AS item, b.report AS purpose, u.service AS service, u.starts_at AS starts_at, u.ends_before AS ends_before
    FROM usable AS u
    JOIN basis AS b ON b.is_timely = 0 OR u.came_late = 0
    UNION ALL
    SELECT u.item AS item, b.bridged AS purpose, u.service AS service, u.starts_at AS starts_at, u.ends_before AS ends_before
    FROM usable AS u
    JOIN basis AS b ON b.is_timely = 0 OR u.came_late = 0
    UNION ALL
    SELECT t.item AS item, b.bridged AS purpose, t.service AS service, l.starts_at AS starts_at, l.ends_before AS ends_before
    FROM part AS t
    CROSS JOIN basis AS b
    JOIN letter AS l ON l.item = t.item AND l.counts
    UNION ALL
    SELECT u.item AS item, b.strict AS purpose, u.service AS service, u.starts_at AS starts_at, u.ends_before AS ends_before
    FROM usable AS u
    JOIN basis AS b ON b.is_timely = 0 OR u.came_late = 0
    WHERE u.is_strict
    UNION ALL
    SELECT c.item AS item, 'reviewed' AS purpose, '' AS service, c.reviewed_at_latest AS starts_at, c.good_until AS ends_before
    FROM concluded AS c
    WHERE c.is_named
    UNION ALL
    SELECT
        c.item AS item, 'perhaps_reviewed' AS purpose, '' AS service, c.reviewed_at AS starts_at, c.good_until_latest AS ends_before
    FROM concluded AS c
    WHERE c.is_named
    UNION ALL
    SELECT a.item AS item, 'contract' AS purpose, '' AS service, a.starts_at AS starts_at, a.ends_before AS ends_before
    FROM agreement AS a
    UNION ALL
    SELECT a.item AS item, 'terms' AS purpose, '' AS service, a.starts_at AS starts_at, a.ends_before AS ends_before
    FROM agreement AS a
    WHERE a.security_terms
    UNION ALL
    -- The end of the needed stretch closes the last gap.
    SELECT f.item AS item, f.purpose AS purpose, f.service AS service, f.ends_before AS starts_at, f.ends_before AS ends_before
    FROM frame AS f
),
laid AS (
    SELECT
        s.item AS item,
        s.purpose AS purpose,
        s.service AS service,
        s.starts_at AS starts_at,
        MAX(s.ends_before) OVER (
            PARTITION BY s.item, s.purpose, s.service ORDER BY s.starts_at NULLS LAST, s.ends_before NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
    FROM stretch AS s
),
uncovered AS (
    SELECT
        f.item AS item,
        f.purpose AS purpose,
        f.service AS service,
        GREATEST(f.starts_at, COALESCE(l.reached, f.starts_at)) AS starts_at,
        LEAST(l.starts_at, f.ends_before) AS ends_before
    FROM frame AS f
    JOIN laid AS l ON l.item = f.item AND l.purpose = f.purpose AND l.service = f.service
    WHERE GREATEST(f.starts_at, COALESCE(l.reached, f.starts_at)) < LEAST(l.starts_at, f.ends_before)
),
-- The length of all gaps together in days, as the difference of running day numbers (right until the year 2099).
remainder AS (
    SELECT
        u.item AS item,
        u.purpose AS purpose,
        u.service AS service,
        MIN(u.starts_at) AS first_at,
        CAST(SUM(
            365 * EXTRACT(YEAR FROM u.ends_before) + FLOOR((EXTRACT(YEAR FROM u.ends_before) - 1) / 4)
            + EXTRACT(DOY FROM u.ends_before)
            - 365 * EXTRACT(YEAR FROM u.starts_at) - FLOOR((EXTRACT(YEAR FROM u.starts_at) - 1) / 4)
            - EXTRACT(DOY FROM u.starts_at)
        ) AS BIGINT) AS days
    FROM uncovered AS u
    GROUP BY u.item, u.purpose, u.service
),
-- H and I: what is not proven of reviews or contracts that may cover the first moment that none covers. A gap without an end only
-- says that the data end there: what came later did not cover the time before.
unproven AS (
    SELECT DISTINCT m.item AS item, m.purpose AS purpose
    FROM remainder AS m
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = m.item
    JOIN source_gap AS g
        ON g.system IN (p.system, '*') AND (g.starts_at IS NULL OR g.starts_at < p.ends_before)
            AND (g.ends_before IS NOT NULL OR g.starts_at IS NULL OR g.starts_at <= m.first_at)
    WHERE (
            m.purpose = 'perhaps_reviewed' AND g.table_name = 'vendor_review'
            AND (g.ends_before IS NULL OR g.ends_before > p.starts_at - q.review_months * INTERVAL '1' MONTH)
        )
        OR (
            m.purpose = 'terms' AND g.table_name = 'vendor_contract'
            AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
        )
),
-- B and K of each service. From one month's end to another is whole months, however many days they have.
gap AS (
    SELECT
        t.item AS item,
        t.service AS service,
        b.is_timely AS is_timely,
        CASE
            WHEN r.item IS NULL THEN 0
            WHEN r.first_at + r.days * INTERVAL '1' DAY <= r.first_at + q.max_gap_months * INTERVAL '1' MONTH
                OR r.first_at + (r.days + 1) * INTERVAL '1' DAY
                <= r.first_at + INTERVAL '1' DAY + q.max_gap_months * INTERVAL '1' MONTH
                THEN 1
            ELSE 2
        END AS size,
        CASE WHEN s.item IS NULL OR s.days = r.days THEN 1 ELSE 0 END AS is_strict
    FROM part AS t
    CROSS JOIN parameter AS q
    CROSS JOIN basis AS b
    LEFT JOIN remainder AS r ON r.item = t.item AND r.service = t.service AND r.purpose = b.report
    LEFT JOIN remainder AS s ON s.item = t.item AND s.service = t.service AND s.purpose = b.strict
),
-- A report that came after the moment of reliance was no part of it where the others speak for each service and leave no more
-- than the gap allowed: the next report of a vendor does not spoil a year that is closed.
relied AS (
    SELECT
        g.item AS item,
        MIN(CASE WHEN g.size < 2 AND u.item IS NOT NULL THEN 1 ELSE 0 END) AS is_timely
    FROM gap AS g
    LEFT JOIN (SELECT DISTINCT v.item AS item, v.service AS service FROM usable AS v WHERE v.came_late = 0) AS u
        ON u.item = g.item AND u.service = g.service
    WHERE g.is_timely = 1
    GROUP BY g.item
),
-- C, where the gaps are not too long.
unbridged AS (
    SELECT DISTINCT r.item AS item
    FROM remainder AS r
    JOIN relied AS w ON w.item = r.item
    JOIN basis AS b ON b.is_timely = w.is_timely AND b.bridged = r.purpose
),
letter_code AS (
    SELECT
        u.item AS item,
        CASE
            WHEN MAX(CASE WHEN l.conflicted THEN 1 ELSE 0 END) = 1 THEN 'cannot_test:conflict'
            WHEN MAX(CASE WHEN l.counts THEN 1 ELSE 0 END) = 1 THEN 'exception:bridge_too_short'
            WHEN MAX(CASE WHEN TRIM(l.signed_by) <> '' THEN 1 ELSE 0 END) = 1 THEN 'exception:bridge_not_by_management'
            WHEN COUNT(l.item) > 0 THEN 'exception:bridge_not_signed'
            ELSE 'exception:no_bridge'
        END AS code
    FROM unbridged AS u
    LEFT JOIN letter AS l ON l.item = u.item
    GROUP BY u.item
),
coverage AS (
    SELECT
        g.item AS item,
        MAX(g.size) AS worst,
        MIN(g.is_strict) AS is_strict
    FROM gap AS g
    JOIN relied AS w ON w.item = g.item AND w.is_timely = g.is_timely
    GROUP BY g.item
),
-- D and L: the review of each report, and who did it.
chosen AS (
    SELECT DISTINCT u.item AS item, u.report AS report, u.is_strict AS is_strict
    FROM usable AS u
    JOIN relied AS w ON w.item = u.item AND (w.is_timely = 0 OR u.came_late = 0)
),
reviewer AS (
    SELECT
        c.item AS item,
        c.report AS report,
        CASE
            WHEN r.reviewed_at IS NULL THEN '5na:not_reviewed'
            WHEN r.reviewed_by IS NULL THEN '1exception:no_reviewer'
            WHEN n.state = 'shared' THEN '1exception:shared_account'
            WHEN n.state = 'bot' THEN '1exception:not_a_person'
            WHEN n.person IS NULL THEN '2cannot_test:reviewer_unlinked'
            WHEN EXISTS (
                SELECT 1 FROM authority AS a
                WHERE a.person = n.person AND a.duty = 'vendor' AND a.scope IN (p.system, '*')
                    AND a.valid_from <= r.reviewed_at AND r.reviewed_at_latest < a.valid_to
            ) THEN '4pass'
            WHEN EXISTS (
                SELECT 1 FROM authority AS a
                WHERE a.person = n.person AND a.duty = 'vendor' AND a.scope IN (p.system, '*')
                    AND a.valid_from <= r.reviewed_at_latest AND r.reviewed_at < a.valid_to_latest
            ) THEN '2cannot_test:time_order_unclear'
            WHEN EXISTS (
                SELECT 1 FROM roster_start AS s
                WHERE s.duty = 'vendor' AND s.scope IN (p.system, '*') AND s.begins_at <= r.reviewed_at
            ) THEN '1exception:not_authorised'
            ELSE '3cannot_test:no_roster'
        END AS roster_code,
        CASE
            WHEN q.allow_role_title AND EXISTS (
                SELECT 1 FROM authority_by_title AS t
                WHERE t.person = n.person AND t.duty = 'vendor' AND t.scope IN (p.system, '*')
                    AND t.valid_from <= r.reviewed_at AND r.reviewed_at_latest < t.valid_to
            ) AND NOT EXISTS (
                SELECT 1 FROM roster_start AS s
                WHERE s.duty = 'vendor' AND s.scope IN (p.system, '*') AND s.begins_at <= r.reviewed_at_latest
            ) THEN '4pass'
            WHEN q.allow_role_title AND EXISTS (
                SELECT 1 FROM authority_by_title AS t
                WHERE t.person = n.person AND t.duty = 'vendor' AND t.scope IN (p.system, '*')
                    AND t.valid_from <= r.reviewed_at_latest AND r.reviewed_at < t.valid_to_latest
            ) THEN '2cannot_test:time_order_unclear'
            WHEN q.allow_role_title AND EXISTS (
                SELECT 1 FROM role_authority AS t WHERE t.duty = 'vendor' AND t.scope IN (p.system, '*')
            ) THEN '1exception:not_authorised'
            ELSE '3cannot_test:no_roster'
        END AS title_code
    FROM chosen AS c
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = c.item
    JOIN soc_report AS r ON r.id = c.report
    LEFT JOIN identity AS n ON n.account = r.reviewed_by AND n.valid_from <= r.reviewed_at AND r.reviewed_at < n.valid_to
),
found_exception AS (
    SELECT
        e.report AS report,
        COUNT(*) AS found,
        MIN(CASE WHEN e.conflicted THEN 1 WHEN TRIM(COALESCE(e.judgement, '')) = '' THEN 0 ELSE 2 END) AS worst
    FROM report_exception AS e
    GROUP BY e.report
),
review_code AS (
    SELECT
        c.item AS item,
        MIN(CASE
            WHEN r.received_at >= p.relied_at THEN '1exception:received_late'
            WHEN r.reviewed_at IS NULL THEN '1exception:not_reviewed'
            WHEN r.reviewed_at >= p.relied_at THEN '1exception:reviewed_late'
            WHEN r.reviewed_at_latest < r.received_at THEN '1exception:reviewed_before_receipt'
            WHEN r.reviewed_at_latest < r.ends_before THEN '1exception:reviewed_before_end'
            WHEN r.opinion IS NULL THEN '1exception:no_opinion'
            WHEN r.opinion <> 'unqualified' AND TRIM(COALESCE(r.opinion_judgement, '')) = ''
                THEN '1exception:opinion_not_judged'
            WHEN x.report IS NULL AND r.exceptions_listed IS NULL THEN '1exception:exceptions_not_counted'
            WHEN x.worst = 0 THEN '1exception:exception_not_judged'
            WHEN v.roster_code LIKE '1%' THEN v.roster_code
            WHEN v.roster_code LIKE '3%' AND v.title_code LIKE '1%' THEN v.title_code
            WHEN r.exceptions_listed > COALESCE(x.found, 0) AND g.item IS NULL THEN '1exception:exceptions_not_recorded'
            WHEN r.exceptions_listed > COALESCE(x.found, 0) THEN '2cannot_test:source_gap'
            WHEN x.worst = 1 THEN '2cannot_test:conflict'
            WHEN r.reviewed_at_latest >= p.relied_at OR r.reviewed_at < r.ends_before THEN '2cannot_test:time_order_unclear'
            WHEN v.roster_code LIKE '3%' THEN v.title_code
            ELSE v.roster_code
        END) AS code,
        MIN(v.roster_code) AS roster_code
    FROM chosen AS c
    JOIN population AS p ON p.item = c.item
    JOIN soc_report AS r ON r.id = c.report
    JOIN reviewer AS v ON v.item = c.item AND v.report = c.report
    LEFT JOIN found_exception AS x ON x.report = c.report
    LEFT JOIN silent AS g ON g.item = c.item AND g.table_name = 'report_exception'
    GROUP BY c.item
),
-- E and F: what the reports leave to us, and whom they rely on.
duty AS (
    SELECT
        c.report AS report,
        COUNT(*) AS found,
        MIN(CASE
            WHEN c.conflicted THEN '2cannot_test:conflict'
            WHEN TRIM(c.not_needed_reason) <> '' THEN '4pass'
            WHEN TRIM(COALESCE(c.own_control, '')) = '' THEN '1exception:unowned'
            WHEN c.own_result IS NULL THEN '2cannot_test:own_control_not_concluded'
            WHEN c.own_result = 'effective' THEN '4pass'
            ELSE '1exception:own_control_failed'
        END) AS code
    FROM cuec AS c
    GROUP BY c.report
),
followed AS (
    SELECT
        c.item AS item,
        c.report AS report,
        COUNT(*) AS found,
        MIN(CASE
            WHEN s.conflicted THEN '2cannot_test:conflict'
            WHEN s.method = 'inclusive' THEN '5na:no_carve_out'
            WHEN TRIM(s.justification) <> '' THEN '4pass'
            WHEN s.followed_as IS NULL THEN '1exception:not_followed'
            WHEN EXISTS (
                SELECT 1 FROM vendor AS v
                WHERE v.id = s.followed_as AND v.relied_from < p.ends_before AND (v.relied_to IS NULL OR v.relied_to > p.starts_at)
            ) THEN '4pass'
            ELSE '1exception:followed_nowhere'
        END) AS code
    FROM chosen AS c
    JOIN population AS p ON p.item = c.item
    JOIN subservice AS s ON s.report = c.report
    GROUP BY c.item, c.report
),
reading AS (
    SELECT
        c.item AS item,
        MIN(CASE
            WHEN d.report IS NULL AND r.cuecs_listed IS NULL THEN '1exception:duties_not_counted'
            WHEN d.code LIKE '1%' THEN d.code
            WHEN r.cuecs_listed > COALESCE(d.found, 0) AND gd.item IS NULL THEN '1exception:duties_not_recorded'
            WHEN r.cuecs_listed > COALESCE(d.found, 0) THEN '2cannot_test:source_gap'
            WHEN d.report IS NULL THEN '5na:no_duties'
            ELSE d.code
        END) AS duty_code,
        MIN(CASE
            WHEN f.report IS NULL AND r.subservices_listed IS NULL THEN '1exception:providers_not_counted'
            WHEN f.code LIKE '1%' THEN f.code
            WHEN r.subservices_listed > COALESCE(f.found, 0) AND gf.item IS NULL THEN '1exception:providers_not_recorded'
            WHEN r.subservices_listed > COALESCE(f.found, 0) THEN '2cannot_test:source_gap'
            WHEN f.report IS NULL THEN '5na:no_carve_out'
            ELSE f.code
        END) AS follow_code
    FROM chosen AS c
    JOIN soc_report AS r ON r.id = c.report
    LEFT JOIN duty AS d ON d.report = c.report
    LEFT JOIN followed AS f ON f.item = c.item AND f.report = c.report
    LEFT JOIN silent AS gd ON gd.item = c.item AND gd.table_name = 'cuec'
    LEFT JOIN silent AS gf ON gf.item = c.item AND gf.table_name = 'subservice'
    GROUP BY c.item
),
-- A over all services, and what the other letters of the reports say where there is no report to look at.
scope_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN f.code IS NULL THEN 'cannot_test:no_service_named'
            WHEN f.code = '0pass' THEN 'pass'
            WHEN f.code = '1cannot_test:conflict' THEN 'cannot_test:conflict'
            WHEN p.relied_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN g.item IS NOT NULL THEN 'cannot_test:source_gap'
            ELSE SUBSTR(f.code, 2)
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN (SELECT x.item AS item, MAX(x.code) AS code FROM fitting AS x GROUP BY x.item) AS f ON f.item = p.item
    LEFT JOIN silent AS g ON g.item = p.item AND g.table_name = 'soc_report'
),
read_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN h.item IS NOT NULL THEN NULL
            WHEN s.code LIKE 'exception:%' THEN 'na:no_report'
            ELSE s.code
        END AS without,
        CASE
            WHEN g.worst < 2 THEN 'pass'
            WHEN s.code LIKE 'cannot_test:%' THEN s.code
            WHEN p.relied_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN n.item IS NOT NULL THEN 'cannot_test:source_gap'
            ELSE 'exception:gap_too_long'
        END AS b,
        CASE
            WHEN g.worst = 2 THEN 'na:not_covered'
            WHEN g.worst IS NULL THEN s.code
            WHEN g.worst = 0 THEN 'na:no_gap'
            WHEN l.code IS NULL THEN 'pass'
            WHEN l.code LIKE 'cannot_test:%' THEN l.code
            WHEN p.relied_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN m.item IS NOT NULL THEN 'cannot_test:source_gap'
            ELSE l.code
        END AS c,
        CASE
            WHEN d.code LIKE '1%' AND p.relied_at > q.extracted_at THEN 'cannot_test:pending'
            ELSE SUBSTR(d.code, 2)
        END AS d,
        CASE
            WHEN e.duty_code LIKE '1%' AND p.relied_at > q.extracted_at THEN 'cannot_test:pending'
            ELSE SUBSTR(e.duty_code, 2)
        END AS e,
        CASE
            WHEN e.follow_code LIKE '1%' AND p.relied_at > q.extracted_at THEN 'cannot_test:pending'
            ELSE SUBSTR(e.follow_code, 2)
        END AS f,
        CASE
            WHEN g.is_strict = 1 THEN 'pass'
            WHEN p.relied_at > q.extracted_at THEN 'cannot_test:pending'
            WHEN n.item IS NOT NULL THEN 'cannot_test:source_gap'
            WHEN k.item IS NULL THEN 'exception:other_kind'
            ELSE 'exception:other_kind_in_part'
        END AS k,
        SUBSTR(d.roster_code, 2) AS l
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN scope_code AS s ON s.item = p.item
    LEFT JOIN coverage AS g ON g.item = p.item
    LEFT JOIN letter_code AS l ON l.item = p.item
    LEFT JOIN review_code AS d ON d.item = p.item
    LEFT JOIN reading AS e ON e.item = p.item
    LEFT JOIN silent AS n ON n.item = p.item AND n.table_name = 'soc_report'
    LEFT JOIN silent AS m ON m.item = p.item AND m.table_name = 'bridge'
    LEFT JOIN (SELECT DISTINCT c.item AS item FROM chosen AS c) AS h ON h.item = p.item
    LEFT JOIN (SELECT DISTINCT c.item AS item FROM chosen AS c WHERE c.is_strict) AS k ON k.item = p.item
),
-- H to J: the vendor itself.
last_review AS (
    SELECT
        c.item AS item,
        c.conclusion AS conclusion,
        ROW_NUMBER() OVER (
            PARTITION BY c.item ORDER BY c.reviewed_at DESC, c.review DESC
        ) AS place
    FROM concluded AS c
    WHERE c.is_named OR c.conclusion = 'rejected'
),
vendor_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN EXISTS (SELECT 1 FROM concluded AS c WHERE c.item = p.item AND c.conflicted) THEN 'cannot_test:conflict'
            WHEN r.conclusion = 'rejected' THEN 'exception:rejected'
            WHEN g.item IS NOT NULL THEN 'cannot_test:source_gap'
            WHEN m.item IS NOT NULL AND r.item IS NULL THEN 'exception:never_reviewed'
            WHEN m.item IS NOT NULL THEN 'exception:review_overdue'
            WHEN s.item IS NOT NULL THEN 'cannot_test:time_order_unclear'
            WHEN p.ends_before > q.extracted_at THEN 'cannot_test:pending'
            ELSE 'pass'
        END AS h,
        CASE
            WHEN EXISTS (SELECT 1 FROM agreement AS a WHERE a.item = p.item AND a.conflicted) THEN 'cannot_test:conflict'
            WHEN t.item IS NULL AND p.ends_before > q.extracted_at THEN 'cannot_test:pending'
            WHEN t.item IS NULL THEN 'pass'
            WHEN k.item IS NULL THEN 'exception:no_security_terms'
            WHEN gc.item IS NOT NULL THEN 'cannot_test:source_gap'
            WHEN EXISTS (SELECT 1 FROM agreement AS a WHERE a.item = p.item) THEN 'exception:contract_gap'
            ELSE 'exception:no_contract'
        END AS i
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN last_review AS r ON r.item = p.item AND r.place = 1
    LEFT JOIN remainder AS m ON m.item = p.item AND m.purpose = 'perhaps_reviewed'
    LEFT JOIN remainder AS s ON s.item = p.item AND s.purpose = 'reviewed'
    LEFT JOIN remainder AS t ON t.item = p.item AND t.purpose = 'terms'
    LEFT JOIN remainder AS k ON k.item = p.item AND k.purpose = 'contract'
    LEFT JOIN unproven AS g ON g.item = p.item AND g.purpose = 'perhaps_reviewed'
    LEFT JOIN unproven AS gc ON gc.item = p.item AND gc.purpose = 'terms'
),
-- Where the times contradict each other, an issue may have been open at any time between them.
issue AS (
    SELECT
        p.item AS item,
        MIN(CASE
            WHEN i.conflicted THEN '2cannot_test:conflict'
            WHEN i.owner IS NULL THEN '1exception:no_owner'
            WHEN i.due_at IS NULL THEN '1exception:no_due_date'
            WHEN COALESCE(i.closed_at, q.extracted_at) > i.due_at_latest THEN '1exception:issue_overdue'
            WHEN i.closed_at_latest < i.raised_at THEN '2cannot_test:contradiction'
            WHEN i.closed_at_latest > i.due_at_latest THEN '2cannot_test:time_order_unclear'
            ELSE '4pass'
        END) AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN vendor_issue AS i
        ON i.vendor = p.vendor AND CASE
            WHEN i.closed_at_latest < i.raised_at THEN i.closed_at < p.ends_before AND i.raised_at_latest >= p.starts_at
            ELSE i.raised_at < p.ends_before AND (i.closed_at IS NULL OR i.closed_at_latest >= p.starts_at)
        END
    GROUP BY p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN t.report_code = 'na:not_scheduled' THEN 'exception:not_scheduled'
        ELSE COALESCE(t.report_code, s.code)
    END AS a,
    COALESCE(t.report_code, r.b) AS b,
    COALESCE(t.report_code, r.c) AS c,
    COALESCE(t.report_code, r.without, r.d) AS d,
    COALESCE(t.report_code, r.without, r.e) AS e,
    COALESCE(t.report_code, r.without, r.f) AS f,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN TRIM(COALESCE(p.tier, '')) = '' THEN 'exception:not_tiered'
        ELSE 'pass'
    END AS g,
    CASE
        WHEN t.review_code = 'na:not_scheduled' THEN 'exception:not_scheduled'
        ELSE COALESCE(t.review_code, v.h)
    END AS h,
    COALESCE(t.review_code, v.i) AS i,
    CASE
        WHEN t.review_code IS NOT NULL THEN t.review_code
        WHEN i.code LIKE '1%' THEN SUBSTR(i.code, 2)
        WHEN p.ends_before > q.extracted_at THEN 'cannot_test:pending'
        WHEN i.code LIKE '2%' THEN SUBSTR(i.code, 2)
        WHEN n.item IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE COALESCE(SUBSTR(i.code, 2), 'na:no_issues')
    END AS j,
    COALESCE(t.report_code, r.without, r.k) AS k,
    COALESCE(t.report_code, r.without, r.l) AS l
FROM population AS p
CROSS JOIN parameter AS q
JOIN standing AS t ON t.item = p.item
JOIN scope_code AS s ON s.item = p.item
JOIN read_code AS r ON r.item = p.item
JOIN vendor_code AS v ON v.item = p.item
LEFT JOIN issue AS i ON i.item = p.item
LEFT JOIN silent AS n ON n.item = p.item AND n.table_name = 'vendor_issue'
