WITH
-- Who the account was: the person, or why nobody can be named (4.0, Identity).
hand AS (
    SELECT
        p.item AS item,
        i.person AS person,
        COALESCE(i.state, 'unlinked') AS state,
        p.operating_at_latest AS at
    FROM population AS p
    LEFT JOIN identity AS i
        ON i.account = p.account AND i.valid_from <= p.operating_at_latest AND p.operating_at_latest < i.valid_to
),
-- A: what was decided about a grant or a session: the request that the log names, a request for this person and right, or the
-- review of the code change that gave a cloud role (a code change is the grant).
asked AS (
    SELECT p.item AS item, p.reference AS subject FROM population AS p
    UNION
    SELECT p.item AS item, r.id AS subject
    FROM population AS p
    JOIN hand AS h ON h.item = p.item
    JOIN access_request__rights AS l ON l.value = p.right_id
    JOIN access_request AS r ON r.id = l.id AND r.beneficiary IN (p.account, h.person)
    WHERE p.kind IN ('grant', 'elevation')
),
decided AS (
    SELECT
        k.item AS item, v.approver AS account, v.decided_at AS decided_at, v.decided_at_latest AS decided_at_latest,
        COALESCE(v.conflicted, FALSE) AS conflicted
    FROM asked AS k
    JOIN approval AS v ON v.subject = k.subject AND v.decision = 'approve' AND v.withdrawn_at IS NULL
    UNION
    SELECT
        k.item AS item, w.reviewer AS account, w.submitted_at AS decided_at, w.submitted_at_latest AS decided_at_latest,
        COALESCE(w.conflicted, FALSE) AS conflicted
    FROM asked AS k
    JOIN review AS w ON w.pull_request = k.subject AND w.state = 'approved' AND w.dismissed_at IS NULL
),
-- Each decision: by whom, in time or not, and as what (owner: duty access; security: duty security, of the dated roster).
voice AS (
    SELECT
        d.item AS item,
        i.person AS person,
        d.decided_at AS decided_at,
        CASE
            WHEN d.decided_at > p.operating_at_latest THEN 'late'
            WHEN d.decided_at_latest < p.operating_at - q.approval_ttl_days * INTERVAL '1' DAY THEN 'late'
            WHEN i.state IN ('shared', 'bot') OR i.person = h.person OR d.account = p.account THEN 'nobody'
            WHEN d.conflicted THEN 'conflict'
            WHEN i.person IS NULL THEN 'unlinked'
            WHEN d.decided_at_latest >= p.operating_at THEN 'unclear'
            WHEN d.decided_at < p.operating_at_latest - q.approval_ttl_days * INTERVAL '1' DAY THEN 'unclear'
            ELSE 'in_time'
        END AS standing,
        MAX(CASE WHEN a.duty = 'access' THEN 1 ELSE 0 END) AS is_owner,
        MAX(CASE WHEN a.duty = 'security' THEN 1 ELSE 0 END) AS is_security
    FROM decided AS d
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = d.item
    JOIN hand AS h ON h.item = d.item
    LEFT JOIN identity AS i ON i.account = d.account AND i.valid_from <= d.decided_at AND d.decided_at < i.valid_to
    LEFT JOIN authority AS a ON a.person = i.person AND a.duty IN ('access', 'security') AND a.scope IN (p.system, '*')
        AND (a.right_class IS NULL OR a.right_class = 'privileged')
        AND a.valid_from <= d.decided_at AND d.decided_at_latest < a.valid_to
    GROUP BY d.item, i.person, d.account, d.decided_at, d.decided_at_latest, d.conflicted, i.state, h.person, p.account,
        p.operating_at, p.operating_at_latest, q.approval_ttl_days
),
consent AS (
    SELECT
        v.item AS item,
        MAX(CASE WHEN v.standing = 'in_time' THEN v.is_owner ELSE 0 END) AS by_owner,
        MAX(CASE WHEN v.standing = 'in_time' THEN v.is_security ELSE 0 END) AS by_security,
        COUNT(DISTINCT CASE WHEN v.standing = 'in_time' AND v.is_owner + v.is_security > 0 THEN v.person END) AS people,
        MAX(CASE WHEN v.standing = 'conflict' THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN v.standing = 'unlinked' THEN 1 ELSE 0 END) AS unlinked,
        MAX(CASE WHEN v.standing = 'unclear' THEN 1 ELSE 0 END) AS unclear,
        MAX(CASE WHEN v.standing = 'late' THEN 1 ELSE 0 END) AS late,
        MAX(CASE WHEN v.standing = 'in_time' THEN 1 ELSE 0 END) AS in_time,
        MIN(CASE WHEN v.standing = 'in_time' THEN v.decided_at END) AS first_at
    FROM voice AS v
    GROUP BY v.item
),
roster_known AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN s.duty = 'access' THEN 1 ELSE 0 END) AS of_owner,
        MAX(CASE WHEN s.duty = 'security' THEN 1 ELSE 0 END) AS of_security
    FROM population AS p
    JOIN consent AS c ON c.item = p.item
    JOIN roster_start AS s ON s.scope IN (p.system, '*') AND s.begins_at <= c.first_at
    GROUP BY p.item
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name IN ('access_request', 'approval', 'review') THEN 1 ELSE 0 END) AS of_approval,
        MAX(CASE WHEN g.table_name IN ('campaign', 'review_item') THEN 1 ELSE 0 END) AS of_campaign,
        MAX(CASE WHEN g.table_name = 'break_glass_review' THEN 1 ELSE 0 END) AS of_use,
        MAX(CASE WHEN g.table_name = 'log_source' THEN 1 ELSE 0 END) AS of_log
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN source_gap AS g ON g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest + q.break_glass_review_days * INTERVAL '1' DAY)
        AND (g.ends_before IS NULL OR g.ends_before > COALESCE(p.starts_at, p.operating_at) - q.approval_ttl_days * INTERVAL '1' DAY)
    GROUP BY p.item
),
-- B: a role on the list of each privileged right that the item gives.
power AS (
    SELECT
        p.item AS item, h.power AS power,
        MAX(CASE WHEN l.role IS NOT NULL THEN 1 ELSE 0 END) AS listed,
        MAX(CASE WHEN j.role IS NOT NULL THEN 1 ELSE 0 END) AS allowed
    FROM population AS p
    JOIN hand AS n ON n.item = p.item
    JOIN privileged_hold AS h ON h.right_id = p.right_id
        AND h.valid_from <= p.operating_at_latest AND p.operating_at_latest < h.valid_to
    LEFT JOIN privileged_role AS l ON l.right_id IN (h.power, p.right_id) AND NOT COALESCE(l.conflicted, FALSE)
        AND (l.valid_from IS NULL OR l.valid_from <= p.operating_at_latest)
        AND (l.valid_to IS NULL OR l.valid_to > p.operating_at_latest)
    LEFT JOIN job AS j ON j.person = n.person AND j.role = l.role
        AND (j.valid_from IS NULL OR j.valid_from <= p.operating_at_latest)
        AND (j.valid_to IS NULL OR j.valid_to > p.operating_at_latest)
    GROUP BY p.item, h.power
),
role_of AS (
    SELECT p.item AS item, MIN(p.listed) AS listed, MIN(p.allowed) AS allowed FROM power AS p GROUP BY p.item
),
-- D: the last review of the cycle, for a holder.
looked_at AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN r.conflicted OR c.conflicted THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN r.decision <> '' THEN 1 ELSE 0 END) AS decided
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN campaign AS c ON c.system = p.system AND c.started_at >= p.starts_at
        AND c.started_at < p.ends_at_latest + q.review_grace_days * INTERVAL '1' DAY
    JOIN (
        SELECT h.right_id AS right_id, h.power AS shown FROM privileged_hold AS h
        UNION
        SELECT h.right_id AS right_id, h.right_id AS shown FROM privileged_hold AS h
    ) AS y ON y.right_id = p.right_id
    JOIN review_item AS r ON r.campaign = c.id AND r.account = p.account AND r.right_id = y.shown
    WHERE p.kind = 'holder'
    GROUP BY p.item
),
-- D: what was looked at after a use of a break-glass account, and by whom.
use_review AS (
    SELECT
        p.item AS item,
        u.used_by AS used_by,
        u.conflicted AS conflicted,
        CASE WHEN t.key IS NOT NULL OR i.id IS NOT NULL THEN 1 ELSE 0 END AS referenced,
        CASE WHEN u.reviewer IS NOT NULL THEN u.reviewed_at END AS reviewed_at,
        CASE WHEN u.reviewer IS NOT NULL THEN u.reviewed_at_latest END AS reviewed_at_latest,
        n.person AS reviewer,
        COALESCE(n.state, 'unlinked') AS reviewer_state
    FROM population AS p
    JOIN break_glass_review AS u ON 'break_glass:' || u.sign_in = p.item
    LEFT JOIN ticket AS t ON t.key = u.reference
    LEFT JOIN incident AS i ON i.id = u.reference
    LEFT JOIN identity AS n ON n.account = u.reviewer AND n.valid_from <= u.reviewed_at AND u.reviewed_at < n.valid_to
),
logged AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN log_source AS l ON l.system = p.system
        AND (l.valid_from IS NULL OR l.valid_from <= p.operating_at)
        AND (l.valid_to IS NULL OR l.valid_to > p.operating_at_latest)
),
-- F: whoever wrote code that was released on the system around then is a developer of it.
developer AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN hand AS h ON h.item = p.item
    JOIN change_contributor AS c ON c.person = h.person
    JOIN change_unit AS u ON u.item = c.item AND u.system = p.system
        AND COALESCE(u.started_at, u.completed_at) >= p.operating_at - q.developer_days * INTERVAL '1' DAY
        AND COALESCE(u.started_at, u.completed_at) <= p.operating_at_latest + q.developer_days * INTERVAL '1' DAY
),
mitigated AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN t.result = 'effective' THEN 1 ELSE 0 END) AS works
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN hand AS h ON h.item = p.item
    JOIN mitigation AS m ON m.person = h.person AND m.rule = q.developer_rule AND m.control IS NOT NULL AND m.approved_by IS NOT NULL
        AND (m.valid_from IS NULL OR m.valid_from <= p.operating_at) AND (m.valid_to IS NULL OR m.valid_to > p.operating_at_latest)
    LEFT JOIN control_result AS t ON t.control = m.control
        AND (t.valid_from IS NULL OR t.valid_from <= p.operating_at) AND (t.valid_to IS NULL OR t.valid_to > p.operating_at_latest)
    GROUP BY p.item
),
settled AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.operating_at IS NULL THEN 'cannot_test:no_time'
        END AS code
    FROM population AS p
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.kind IN ('holder', 'key') THEN 'na:approved_as_grant'
        WHEN p.kind = 'break_glass' THEN CASE
            WHEN u.conflicted THEN 'cannot_test:conflict'
            WHEN u.referenced = 1 THEN 'pass'
            WHEN g.of_use = 1 THEN 'cannot_test:source_gap'
            ELSE 'exception:no_ticket'
        END
        WHEN p.kind = 'elevation' AND c.by_owner + c.by_security > 0 THEN 'pass'
        WHEN c.by_owner = 1 AND c.by_security = 1 AND c.people > 1 THEN 'pass'
        WHEN c.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN c.unlinked = 1 THEN 'cannot_test:approver_unlinked'
        WHEN c.unclear = 1 THEN 'cannot_test:time_order_unclear'
        WHEN c.in_time = 1 AND COALESCE(k.of_owner, 0) + COALESCE(k.of_security, 0) < CASE WHEN p.kind = 'grant' THEN 2 ELSE 1 END
            THEN 'cannot_test:no_roster'
        WHEN g.of_approval = 1 THEN 'cannot_test:source_gap'
        WHEN c.by_owner = 1 AND c.by_security = 1 THEN 'exception:one_person'
        WHEN c.by_owner = 1 THEN 'exception:no_security_approval'
        WHEN c.by_security = 1 THEN 'exception:no_owner_approval'
        WHEN c.in_time = 1 THEN 'exception:not_authorised'
        WHEN c.late = 1 THEN 'exception:approved_late'
        ELSE 'exception:no_approval'
    END AS a,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.kind = 'break_glass' THEN 'na:break_glass'
        WHEN h.state IN ('shared', 'bot') THEN 'na:no_person'
        WHEN h.person IS NULL THEN 'cannot_test:account_unlinked'
        WHEN r.allowed = 1 THEN 'pass'
        WHEN r.listed = 1 THEN 'exception:role_not_allowed'
        ELSE 'cannot_test:no_role_list'
    END AS b,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.kind = 'break_glass' THEN CASE
            WHEN u.conflicted THEN 'cannot_test:conflict'
            WHEN u.used_by IS NOT NULL THEN 'pass'
            WHEN g.of_use = 1 THEN 'cannot_test:source_gap'
            ELSE 'exception:user_unknown'
        END
        WHEN h.state = 'shared' THEN 'exception:shared_account'
        WHEN h.state = 'bot' THEN 'na:machine'
        WHEN h.person IS NULL THEN 'cannot_test:account_unlinked'
        ELSE 'pass'
    END AS c,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.kind = 'grant' THEN 'na:judged_as_holder'
        WHEN p.kind = 'holder' THEN CASE
            WHEN p.starts_at IS NULL THEN 'exception:no_review_due'
            WHEN l.conflicted = 1 THEN 'cannot_test:conflict'
            WHEN l.decided = 1 THEN 'pass'
            WHEN p.ends_at >= p.starts_at THEN 'na:new_in_cycle'
            WHEN p.ends_at_latest + q.review_grace_days * INTERVAL '1' DAY > q.extracted_at THEN 'cannot_test:pending'
            WHEN g.of_campaign = 1 THEN 'cannot_test:source_gap'
            ELSE 'exception:not_reviewed'
        END
        WHEN p.kind = 'elevation' THEN CASE
            WHEN p.ends_at_latest <= p.operating_at + q.elevation_hours * INTERVAL '1' HOUR THEN 'pass'
            WHEN p.ends_at > p.operating_at_latest + q.elevation_hours * INTERVAL '1' HOUR THEN 'exception:too_long'
            WHEN p.ends_at IS NOT NULL THEN 'cannot_test:time_order_unclear'
            WHEN p.operating_at_latest + q.elevation_hours * INTERVAL '1' HOUR >= q.extracted_at THEN 'cannot_test:pending'
            ELSE 'exception:not_ended'
        END
        WHEN p.kind = 'key' THEN CASE
            WHEN p.ends_at_latest <= p.operating_at + q.key_days * INTERVAL '1' DAY THEN 'pass'
            WHEN p.ends_at > p.operating_at_latest + q.key_days * INTERVAL '1' DAY THEN 'exception:key_too_old'
            WHEN p.ends_at IS NOT NULL THEN 'cannot_test:time_order_unclear'
            WHEN p.operating_at_latest + q.key_days * INTERVAL '1' DAY >= q.extracted_at THEN 'cannot_test:pending'
            ELSE 'exception:key_too_old'
        END
        WHEN u.conflicted THEN 'cannot_test:conflict'
        WHEN u.reviewer_state IN ('shared', 'bot') THEN 'exception:reviewed_by_no_person'
        WHEN u.reviewer = u.used_by THEN 'exception:self_reviewed'
        WHEN u.reviewed_at > p.operating_at_latest + q.break_glass_review_days * INTERVAL '1' DAY THEN 'exception:reviewed_late'
        WHEN u.reviewed_at_latest < p.operating_at THEN 'exception:reviewed_before'
        WHEN u.reviewed_at IS NOT NULL AND u.used_by IS NULL THEN 'cannot_test:user_unknown'
        WHEN u.reviewed_at_latest <= p.operating_at + q.break_glass_review_days * INTERVAL '1' DAY
            AND u.reviewed_at >= p.operating_at_latest AND u.reviewer_state = 'linked' THEN 'pass'
        WHEN u.reviewed_at IS NOT NULL AND u.reviewer_state <> 'linked' THEN 'cannot_test:reviewer_unlinked'
        WHEN u.reviewed_at IS NOT NULL THEN 'cannot_test:time_order_unclear'
        WHEN p.operating_at_latest + q.break_glass_review_days * INTERVAL '1' DAY >= q.extracted_at THEN 'cannot_test:pending'
        WHEN g.of_use = 1 THEN 'cannot_test:source_gap'
        ELSE 'exception:use_not_reviewed'
    END AS d,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN w.item IS NOT NULL THEN 'pass'
        WHEN g.of_log = 1 THEN 'cannot_test:source_gap'
        ELSE 'exception:not_logged'
    END AS e,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.kind NOT IN ('grant', 'holder') THEN 'na:time_limited'
        WHEN x.read_only THEN 'na:read_only'
        WHEN h.state IN ('shared', 'bot') THEN 'na:no_person'
        WHEN h.person IS NULL THEN 'cannot_test:account_unlinked'
        WHEN v.item IS NULL THEN 'pass'
        WHEN m.works = 1 THEN 'pass'
        WHEN m.works = 0 THEN 'exception:mitigation_not_tested'
        ELSE 'exception:developer'
    END AS f
FROM population AS p
CROSS JOIN parameter AS q
JOIN settled AS s ON s.item = p.item
JOIN hand AS h ON h.item = p.item
LEFT JOIN consent AS c ON c.item = p.item
LEFT JOIN roster_known AS k ON k.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
LEFT JOIN role_of AS r ON r.item = p.item
LEFT JOIN looked_at AS l ON l.item = p.item
LEFT JOIN use_review AS u ON u.item = p.item
LEFT JOIN logged AS w ON w.item = p.item
LEFT JOIN access_right AS x ON x.id = p.right_id
LEFT JOIN developer AS v ON v.item = p.item
LEFT JOIN mitigated AS m ON m.item = p.item
