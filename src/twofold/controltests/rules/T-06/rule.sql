WITH
-- A: what the policy demanded, from worst to best: 0 no second factor, 11 to 15 nobody can tell, 20 demanded. Older protocols that
-- know no second factor must be blocked where the setting was seen.
policy_grade AS (
    SELECT
        p.item AS item,
        t.setting AS setting,
        MIN(CASE t.state
            WHEN 'conflict' THEN 11
            WHEN 'contradiction' THEN 12
            WHEN 'time_unclear' THEN 13
            WHEN 'source_gap' THEN 14
            WHEN 'not_observed' THEN 15
            ELSE CASE
                WHEN t.setting = 'mfa_required' AND COALESCE(t.value, '') <> 'true' THEN 0
                WHEN t.setting = 'legacy_protocols' AND COALESCE(t.value, '') <> 'blocked' THEN 0
                ELSE 20
            END
        END) AS grade
    FROM population AS p
    JOIN setting_timeline AS t
        ON t.system = p.system AND t.object = p.object AND t.valid_from < p.window_to AND p.window_from < t.valid_to
    WHERE p.kind = 'policy' AND t.setting IN ('mfa_required', 'legacy_protocols')
    GROUP BY p.item, t.setting
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
),
-- A system that is reached by single sign-on only needs no policy of its own.
sso_only AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN single_sign_on AS l ON l.system = p.system AND l.valid_from <= p.window_from AND l.valid_to >= p.window_to
),
enforced AS (
    SELECT
        p.item AS item,
        CASE
            WHEN s.item IS NOT NULL THEN 'na:sso_only'
            WHEN m.grade = 0 THEN 'exception:not_enforced'
            WHEN l.grade = 0 THEN 'exception:legacy_protocols'
            WHEN m.item IS NULL THEN 'cannot_test:not_observed'
            WHEN LEAST(m.grade, COALESCE(l.grade, 20)) < 20 THEN c.code
            WHEN p.is_open THEN 'cannot_test:pending'
            ELSE 'pass'
        END AS code
    FROM population AS p
    LEFT JOIN sso_only AS s ON s.item = p.item
    LEFT JOIN policy_grade AS m ON m.item = p.item AND m.setting = 'mfa_required'
    LEFT JOIN policy_grade AS l ON l.item = p.item AND l.setting = 'legacy_protocols'
    LEFT JOIN grade_code AS c ON c.grade = LEAST(m.grade, COALESCE(l.grade, 20))
    WHERE p.kind = 'policy'
),
-- B: whom each policy covers, account by account and stretch by stretch.
policy AS (
    SELECT s.system AS system, s.object AS policy FROM setting_state AS s WHERE s.setting = 'mfa_required'
    UNION
    SELECT e.system AS system, e.object AS policy FROM setting_event AS e WHERE e.setting = 'mfa_required'
    UNION
    SELECT f.system AS system, f.policy AS policy FROM mfa_scope AS f
),
scope_line AS (
    SELECT
        f.system AS system, f.policy AS policy, f.right_id AS right_id, f.effect AS effect,
        COALESCE(f.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(f.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM mfa_scope AS f
    UNION ALL
    -- Covers everybody, as long as no line says whom it covers.
    SELECT
        p.system AS system, p.policy AS policy, '*' AS right_id, 'covers' AS effect,
        TIMESTAMP '0001-01-01 00:00:00' AS valid_from, TIMESTAMP '9999-12-31 00:00:00' AS valid_to
    FROM policy AS p
    LEFT JOIN mfa_scope AS f ON f.system = p.system AND f.policy = p.policy AND f.effect = 'covers'
    WHERE f.system IS NULL
),
person_item AS (
    SELECT
        p.item AS item, p.system AS system, p.object AS account, p.window_from AS window_from, p.window_to AS window_to,
        -- until when the account had time to enrol a factor
        CASE
            WHEN p.created_at + q.enrol_grace_days * INTERVAL '1' DAY > p.window_from
                THEN p.created_at + q.enrol_grace_days * INTERVAL '1' DAY
            ELSE p.window_from
        END AS enrol_by
    FROM population AS p
    CROSS JOIN parameter AS q
    WHERE p.kind IN ('human', 'shared')
),
-- What each line of a policy did for the account: 20 covers, 0 does not, else nobody can tell.
effect AS (
    SELECT
        i.item AS item, f.policy AS policy, f.effect AS effect,
        GREATEST(f.valid_from, i.window_from) AS valid_from, LEAST(f.valid_to, i.window_to) AS valid_to,
        20 AS grade
    FROM person_item AS i
    JOIN scope_line AS f ON f.system = i.system AND f.valid_from < i.window_to AND i.window_from < f.valid_to
    WHERE f.right_id = '*'
    UNION ALL
    SELECT
        i.item AS item, f.policy AS policy, f.effect AS effect,
        GREATEST(f.valid_from, t.valid_from, i.window_from) AS valid_from,
        LEAST(f.valid_to, t.valid_to, i.window_to) AS valid_to,
        CASE
            WHEN t.state = 'known' THEN CASE WHEN t.value = 'true' THEN 20 ELSE 0 END
            WHEN t.state = 'conflict' THEN 11
            WHEN t.state = 'contradiction' THEN 12
            WHEN t.state = 'time_unclear' THEN 13
            WHEN t.state = 'source_gap' THEN 14
            ELSE 15
        END AS grade
    FROM person_item AS i
    JOIN scope_line AS f ON f.system = i.system AND f.valid_from < i.window_to AND i.window_from < f.valid_to
    JOIN setting_timeline AS t
        ON t.system = i.system AND t.object = i.account AND t.setting = 'member:' || f.right_id
        AND t.valid_from < i.window_to AND i.window_from < t.valid_to
),
exempt AS (
    SELECT
        i.item AS item, i.account AS account,
        GREATEST(x.valid_from, i.window_from) AS valid_from,
        LEAST(COALESCE(x.valid_to, TIMESTAMP '9999-12-31 00:00:00'), i.window_to) AS valid_to
    FROM person_item AS i
    JOIN mfa_exemption AS x
        ON x.account = i.account AND x.valid_from < i.window_to AND (x.valid_to IS NULL OR x.valid_to > i.window_from)
    WHERE NOT x.conflicted
),
-- Of an exemption in conflict only the account and the beginning are known.
perhaps_exempt AS (
    SELECT i.item AS item, MIN(GREATEST(x.valid_from, i.window_from)) AS valid_from
    FROM person_item AS i
    JOIN mfa_exemption AS x ON x.account = i.account AND x.valid_from < i.window_to
    WHERE x.conflicted
    GROUP BY i.item
),
edge AS (
    SELECT i.item AS item, i.window_from AS moment FROM person_item AS i
    UNION
    SELECT i.item AS item, i.window_to AS moment FROM person_item AS i
    UNION
    SELECT e.item AS item, e.valid_from AS moment FROM effect AS e
    UNION
    SELECT e.item AS item, e.valid_to AS moment FROM effect AS e
    UNION
    SELECT x.item AS item, x.valid_from AS moment FROM exempt AS x
    UNION
    SELECT x.item AS item, x.valid_to AS moment FROM exempt AS x
    UNION
    SELECT x.item AS item, x.valid_from AS moment FROM perhaps_exempt AS x
),
stretch AS (
    SELECT e.item AS item, e.moment AS valid_from, LEAD(e.moment) OVER (
        PARTITION BY e.item ORDER BY e.moment NULLS LAST
    ) AS valid_to
    FROM edge AS e
),
by_policy AS (
    SELECT
        s.item AS item, s.valid_from AS valid_from, e.policy AS policy,
        COALESCE(MAX(CASE WHEN e.effect = 'covers' THEN e.grade END), 0) AS covers,
        COALESCE(MAX(CASE WHEN e.effect = 'excludes' THEN e.grade END), 0) AS excludes,
        COALESCE(MIN(CASE WHEN e.effect = 'excludes' AND e.grade BETWEEN 1 AND 19 THEN e.grade END), 20) AS doubt
    FROM stretch AS s
    JOIN effect AS e ON e.item = s.item AND e.valid_from <= s.valid_from AND s.valid_from < e.valid_to
    GROUP BY s.item, s.valid_from, e.policy
),
covered AS (
    SELECT
        s.item AS item,
        s.valid_from AS valid_from,
        MAX(CASE WHEN x.item IS NOT NULL THEN 1 ELSE 0 END) AS is_exempt,
        MAX(CASE WHEN x.item IS NOT NULL OR d.item IS NOT NULL THEN 1 ELSE 0 END) AS may_be_exempt,
        MAX(CASE
            WHEN k.system IS NULL THEN 15
            WHEN b.item IS NULL OR b.excludes = 20 THEN 0
            ELSE LEAST(b.covers, b.doubt)
        END) AS grade
    FROM stretch AS s
    JOIN person_item AS i ON i.item = s.item
    LEFT JOIN (SELECT DISTINCT p.system AS system FROM policy AS p) AS k ON k.system = i.system
    LEFT JOIN by_policy AS b ON b.item = s.item AND b.valid_from = s.valid_from
    LEFT JOIN exempt AS x ON x.item = s.item AND x.valid_from <= s.valid_from AND s.valid_from < x.valid_to
    LEFT JOIN perhaps_exempt AS d ON d.item = s.item AND d.valid_from <= s.valid_from
    WHERE s.valid_to IS NOT NULL
    GROUP BY s.item, s.valid_from
),
coverage AS (
    SELECT
        c.item AS item,
        MIN(c.is_exempt) AS always_exempt,
        MIN(c.may_be_exempt) AS perhaps_always,
        MIN(CASE
            WHEN c.is_exempt = 1 OR c.grade = 20 THEN 20
            WHEN c.may_be_exempt = 1 THEN 11
            ELSE c.grade
        END) AS grade
    FROM covered AS c
    GROUP BY c.item
),
-- One sign-in in an item's month: whether a second factor was used. A sign-in that names exactly one of the words for a single
-- factor had none.
used AS (
    SELECT
        i.item AS item, i.account AS account, s.id AS id, s.occurred_at AS occurred_at,
        s.occurred_at_latest AS occurred_at_latest,
        s.conflicted AS conflicted,
        CASE
            WHEN TRIM(COALESCE(s.factors, '')) = '' THEN 'unknown'
            WHEN POSITION(';' || LOWER(s.factors) || ';' IN ';' || q.single_factors || ';') > 0 THEN 'single'
            WHEN POSITION('remembered' IN LOWER(s.factors)) > 0 AND NOT q.remembered_device_counts THEN 'single'
            WHEN LOWER(s.factors) = 'federated' THEN 'federated'
            ELSE 'second'
        END AS factors,
        COALESCE(s.method, 'interactive') AS method
    FROM person_item AS i
    CROSS JOIN parameter AS q
    JOIN sign_in AS s
        ON s.account = i.account AND s.occurred_at >= i.window_from AND s.occurred_at < i.window_to
    WHERE s.conflicted OR (s.result = 'success' AND COALESCE(s.method, 'interactive') <> 'token')
),
-- Factors that count. One that was enrolled late does not show that there was none before; a sign-in with a second factor does.
first_use AS (
    SELECT
        u.account AS account,
        MIN(CASE WHEN u.factors = 'second' AND NOT u.conflicted THEN u.occurred_at_latest END) AS used_at,
        MIN(CASE WHEN u.conflicted THEN u.occurred_at END) AS doubt_at
    FROM used AS u
    GROUP BY u.account
),
enrolment AS (
    SELECT
        i.item AS item,
        MAX(CASE
            WHEN i.enrol_by >= i.window_to OR u.used_at <= i.enrol_by THEN 4
            WHEN f.enrolled_at_latest <= i.enrol_by AND NOT f.conflicted THEN 4
            WHEN f.conflicted OR u.doubt_at <= i.enrol_by THEN 3
            WHEN f.id IS NULL THEN 0
            WHEN f.enrolled_at > i.enrol_by THEN 1
            ELSE 2
        END) AS rank
    FROM person_item AS i
    CROSS JOIN parameter AS q
    LEFT JOIN first_use AS u ON u.account = i.account
    LEFT JOIN factor AS f
        ON f.account = i.account
        AND (
            f.conflicted
            OR (f.status = 'active' AND POSITION(';' || LOWER(f.type) || ';' IN ';' || q.weak_factors || ';') = 0)
        )
    GROUP BY i.item
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'factor' THEN 1 ELSE 0 END) AS of_factors,
        MAX(CASE WHEN g.table_name = 'sign_in' THEN 1 ELSE 0 END) AS of_sign_ins,
        MAX(CASE WHEN g.table_name = 'engagement' THEN 1 ELSE 0 END) AS of_hr
    FROM population AS p
    JOIN source_gap AS g
        ON g.system IN (p.system, '*')
        AND (g.ends_before IS NULL OR g.ends_before > p.window_from)
        AND (g.starts_at IS NULL OR g.starts_at < p.window_to)
    GROUP BY p.item
),
-- C: each exemption that was in force in the month, and from when to when somebody had to answer for it there. The owner is the
-- human, whichever HR id is named.
in_force AS (
    SELECT
        i.item AS item, x.account AS account, x.valid_from AS valid_from, x.valid_to AS valid_to, COALESCE(o.human, x.owner) AS owner,
        x.approved_by AS approved_by, x.approved_at AS approved_at, x.approved_at_latest AS approved_at_latest,
        COALESCE(x.break_glass, FALSE) AS break_glass, x.conflicted AS conflicted,
        GREATEST(x.valid_from, i.window_from) AS starts_at, LEAST(COALESCE(x.valid_to, i.window_to), i.window_to) AS ends_before
    FROM person_item AS i
    JOIN mfa_exemption AS x
        ON x.account = i.account AND x.valid_from < i.window_to
        AND (x.conflicted OR x.valid_to IS NULL OR x.valid_to > i.window_from)
    LEFT JOIN same_human AS o ON o.person = x.owner
),
-- Those whose owner surely did not work for the company at some moment of that time: at its beginning, or where an employment
-- was surely over.
owner_away AS (
    SELECT DISTINCT m.item AS item, m.valid_from AS valid_from
    FROM (
        SELECT f.item AS item, f.valid_from AS valid_from, f.owner AS owner, f.starts_at AS moment
        FROM in_force AS f
        UNION
        SELECT f.item AS item, f.valid_from AS valid_from, f.owner AS owner, e.valid_to_latest AS moment
        FROM in_force AS f
        JOIN employed_stretch AS e
            ON e.human = f.owner AND e.valid_to_latest > f.starts_at AND e.valid_to_latest < f.ends_before
    ) AS m
    LEFT JOIN employed_stretch AS e ON e.human = m.owner AND e.valid_from <= m.moment AND m.moment < e.valid_to_latest
    WHERE e.human IS NULL
),
exemption_rank AS (
    SELECT
        x.item AS item,
        MIN(CASE
            WHEN x.conflicted THEN 40
            WHEN x.approved_by IS NULL OR x.approved_at IS NULL THEN 10
            WHEN x.approved_by = n.person OR a.human = h.human THEN 11
            WHEN x.approved_at > x.valid_from THEN 12
            WHEN x.valid_to IS NULL AND NOT x.break_glass THEN 13
            WHEN x.owner IS NULL THEN 14
            WHEN k.conflicted = 1 THEN 40
            WHEN k.human IS NULL THEN 41
            WHEN v.item IS NOT NULL THEN 15
            WHEN w.human IS NULL OR x.approved_at_latest > x.valid_from THEN 42
            WHEN n.person IS NULL AND NOT x.break_glass THEN 43
            ELSE 90
        END) AS rank,
        MAX(CASE WHEN x.break_glass THEN 1 ELSE 0 END) AS break_glass
    FROM in_force AS x
    LEFT JOIN identity AS n
        ON n.account = x.account AND n.valid_from <= x.valid_from AND x.valid_from < n.valid_to
    LEFT JOIN same_human AS a ON a.person = x.approved_by
    LEFT JOIN same_human AS h ON h.person = n.person
    LEFT JOIN owner_away AS v ON v.item = x.item AND v.valid_from = x.valid_from
    LEFT JOIN employed_stretch AS w
        ON w.human = x.owner AND w.valid_from <= x.starts_at AND w.valid_to >= x.ends_before
    LEFT JOIN (
        SELECT s.human AS human, MAX(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS conflicted
        FROM engagement AS e
        JOIN same_human AS s ON s.person = e.person
        GROUP BY s.human
    ) AS k ON k.human = x.owner
    GROUP BY x.item
),
-- A review may be missing from the list only where the list is not proven in the time that the use leaves for it.
review_gap AS (
    SELECT DISTINCT u.id AS id
    FROM used AS u
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = u.item
    JOIN source_gap AS g
        ON g.table_name = 'sign_in_review' AND g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at < u.occurred_at_latest + q.review_days * INTERVAL '1' DAY)
        AND (g.ends_before IS NULL OR g.ends_before > u.occurred_at)
),
-- Each use of an account that is kept for emergencies is looked at by somebody else: 0 it was, 1 to 3 perhaps (a review or the
-- use told in two ways, a reviewer whom nobody knows, an unclear order of times), 5 it was not.
looked_at AS (
    SELECT
        u.item AS item,
        u.id AS id,
        MIN(CASE
            WHEN r.reviewed_at_latest < u.occurred_at
                OR r.reviewed_at >= u.occurred_at_latest + q.review_days * INTERVAL '1' DAY THEN 5
            WHEN r.conflicted THEN 1
            WHEN r.reviewer IS NULL OR n.state IN ('shared', 'bot') OR n.person = o.person OR a.human = h.human THEN 5
            WHEN n.person IS NULL THEN 2
            WHEN r.reviewed_at >= u.occurred_at_latest
                AND r.reviewed_at_latest < u.occurred_at + q.review_days * INTERVAL '1' DAY THEN 0
            ELSE 3
        END) AS rank,
        MAX(CASE WHEN u.conflicted THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN q.extracted_at < u.occurred_at_latest + q.review_days * INTERVAL '1' DAY THEN 1 ELSE 0 END) AS has_time
    FROM used AS u
    CROSS JOIN parameter AS q
    JOIN mfa_exemption AS x
        ON x.account = u.account AND x.break_glass AND NOT x.conflicted AND x.valid_from <= u.occurred_at
        AND (x.valid_to IS NULL OR u.occurred_at < x.valid_to)
    LEFT JOIN sign_in_review AS r ON r.sign_in = u.id
    LEFT JOIN identity AS n
        ON n.account = r.reviewer AND n.valid_from <= r.reviewed_at AND r.reviewed_at < n.valid_to
    LEFT JOIN identity AS o
        ON o.account = u.account AND o.valid_from <= u.occurred_at AND u.occurred_at < o.valid_to
    LEFT JOIN same_human AS a ON a.person = n.person
    LEFT JOIN same_human AS h ON h.person = o.person
    GROUP BY u.item, u.id
),
-- C asks missing, conflicted, not_proven and has_time in this order, so that each may leave out what those before it settle.
emergency_use AS (
    SELECT
        l.item AS item,
        MAX(CASE WHEN l.rank = 5 AND l.has_time = 0 AND l.conflicted = 0 AND g.id IS NULL THEN 1 ELSE 0 END) AS missing,
        MAX(CASE WHEN l.rank = 5 AND l.has_time = 0 THEN 1 ELSE 0 END) AS not_proven,
        MAX(CASE WHEN l.rank = 1 OR (l.rank = 5 AND l.has_time = 0 AND l.conflicted = 1) THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN l.rank = 2 THEN 1 ELSE 0 END) AS unlinked,
        MAX(CASE WHEN l.rank = 3 THEN 1 ELSE 0 END) AS unclear,
        MAX(CASE WHEN l.rank = 5 THEN 1 ELSE 0 END) AS has_time
    FROM looked_at AS l
    LEFT JOIN review_gap AS g ON g.id = l.id
    GROUP BY l.item
),
-- D and E: sign-ins without a second factor, outside exemptions. What is perhaps exempt is asked about after what surely is not.
single AS (
    SELECT
        u.item AS item,
        MAX(CASE WHEN u.factors = 'single' AND NOT u.conflicted AND d.item IS NULL THEN 1 ELSE 0 END) AS without,
        MAX(CASE WHEN u.conflicted OR u.factors = 'single' THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN u.factors = 'unknown' THEN 1 ELSE 0 END) AS unknown,
        MAX(CASE WHEN u.factors = 'federated' THEN 1 ELSE 0 END) AS federated,
        MAX(CASE WHEN u.method = 'local_password' AND u.factors <> 'second' AND NOT u.conflicted AND d.item IS NULL THEN 1 ELSE 0 END)
        AS local,
        MAX(CASE WHEN u.conflicted OR (u.method = 'local_password' AND u.factors <> 'second') THEN 1 ELSE 0 END) AS local_conflicted
    FROM used AS u
    LEFT JOIN exempt AS x ON x.item = u.item AND x.valid_from <= u.occurred_at AND u.occurred_at < x.valid_to
    LEFT JOIN perhaps_exempt AS d ON d.item = u.item AND d.valid_from <= u.occurred_at
    WHERE x.item IS NULL OR u.conflicted
    GROUP BY u.item
),
-- E per system and month: a way in beside single sign-on.
local_setting AS (
    SELECT
        p.item AS item,
        MIN(CASE
            WHEN t.state <> 'known' THEN 10
            WHEN COALESCE(t.value, '') = 'false' THEN 20
            ELSE 0
        END) AS grade
    FROM population AS p
    JOIN setting_timeline AS t
        ON t.system = p.system AND t.setting = 'local_login' AND t.valid_from < p.window_to AND p.window_from < t.valid_to
    WHERE p.kind = 'policy'
    GROUP BY p.item
),
policy_e AS (
    SELECT
        p.item AS item,
        CASE
            WHEN e.code = 'pass' OR e.code = 'na:sso_only' OR l.grade = 20 THEN 'pass'
            WHEN e.code = 'cannot_test:pending' THEN e.code
            WHEN l.grade = 0 THEN 'exception:local_path_open'
            ELSE 'cannot_test:local_path_unknown'
        END AS code
    FROM population AS p
    JOIN enforced AS e ON e.item = p.item
    LEFT JOIN local_setting AS l ON l.item = p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    COALESCE(e.code, 'na:not_a_policy') AS a,
    CASE
        WHEN p.kind = 'policy' THEN 'na:not_an_account'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.kind NOT IN ('human', 'shared') THEN 'na:not_a_person'
        WHEN o.item IS NOT NULL THEN 'na:sso_only'
        WHEN v.always_exempt = 1 THEN 'na:exempt'
        WHEN p.closing_unknown AND (v.grade = 0 OR n.rank < 2) THEN 'cannot_test:closing_unknown'
        WHEN v.grade = 0 THEN 'exception:not_covered'
        WHEN v.perhaps_always = 1 AND n.rank < 2 THEN 'cannot_test:conflict'
        WHEN n.rank < 2 AND g.of_factors = 1 THEN 'cannot_test:factors_gap'
        WHEN n.rank = 0 THEN 'exception:not_enrolled'
        WHEN n.rank = 1 THEN 'exception:enrolled_late'
        WHEN n.rank = 3 THEN 'cannot_test:conflict'
        WHEN n.rank = 2 THEN 'cannot_test:enrolment_unclear'
        WHEN c.code IS NOT NULL THEN c.code
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS b,
    CASE
        WHEN p.kind = 'policy' THEN 'na:not_an_account'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.kind NOT IN ('human', 'shared') THEN 'na:not_a_person'
        WHEN x.rank IS NULL THEN 'na:no_exemption'
        WHEN x.rank = 10 THEN 'exception:not_approved'
        WHEN x.rank = 11 THEN 'exception:self_approved'
        WHEN x.rank = 12 THEN 'exception:approved_late'
        WHEN x.rank = 13 THEN 'exception:no_end'
        WHEN x.rank = 14 THEN 'exception:no_owner'
        WHEN x.rank = 15 AND COALESCE(g.of_hr, 0) = 0 THEN 'exception:owner_left'
        WHEN r.missing = 1 THEN 'exception:use_not_reviewed'
        WHEN x.rank = 40 OR r.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN x.rank = 15 THEN 'cannot_test:hr_gap'
        WHEN x.rank = 41 THEN 'cannot_test:owner_unknown'
        WHEN r.unlinked = 1 THEN 'cannot_test:reviewer_unlinked'
        WHEN x.rank = 42 OR r.unclear = 1 THEN 'cannot_test:time_unclear'
        WHEN x.rank = 43 THEN 'cannot_test:account_unlinked'
        WHEN r.not_proven = 1 THEN 'cannot_test:reviews_gap'
        WHEN x.break_glass = 1 AND g.of_sign_ins = 1 THEN 'cannot_test:sign_ins_gap'
        WHEN r.has_time = 1 OR p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS c,
    CASE
        WHEN p.kind = 'policy' THEN 'na:not_an_account'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.kind NOT IN ('human', 'shared') THEN 'na:not_a_person'
        WHEN d.without = 1 THEN 'exception:single_factor'
        WHEN d.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN d.unknown = 1 THEN 'cannot_test:factors_unknown'
        WHEN d.federated = 1 THEN 'cannot_test:federated'
        WHEN g.of_sign_ins = 1 THEN 'cannot_test:sign_ins_gap'
        WHEN p.is_open THEN 'cannot_test:pending'
        WHEN h.item IS NULL THEN 'na:no_sign_in'
        ELSE 'pass'
    END AS d,
    CASE
        WHEN p.kind = 'policy' THEN z.code
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.kind NOT IN ('human', 'shared') THEN 'na:not_a_person'
        WHEN d.local = 1 THEN 'exception:local_path_used'
        WHEN d.local_conflicted = 1 THEN 'cannot_test:conflict'
        WHEN g.of_sign_ins = 1 THEN 'cannot_test:sign_ins_gap'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS e
FROM population AS p
LEFT JOIN sso_only AS o ON o.item = p.item
LEFT JOIN enforced AS e ON e.item = p.item
LEFT JOIN policy_e AS z ON z.item = p.item
LEFT JOIN coverage AS v ON v.item = p.item
LEFT JOIN grade_code AS c ON c.grade = v.grade
LEFT JOIN enrolment AS n ON n.item = p.item
LEFT JOIN exemption_rank AS x ON x.item = p.item
LEFT JOIN emergency_use AS r ON r.item = p.item
LEFT JOIN single AS d ON d.item = p.item
LEFT JOIN (SELECT DISTINCT u.item AS item FROM used AS u) AS h ON h.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
