WITH
-- Who the account was: the person and the human, or why nobody can be named (4.0, Identity).
hand AS (
    SELECT
        p.item AS item,
        i.person AS person,
        COALESCE(s.human, i.person) AS human,
        COALESCE(i.state, 'unlinked') AS state,
        p.operating_at_latest AS at
    FROM population AS p
    LEFT JOIN identity AS i
        ON i.account = p.account AND i.valid_from <= p.operating_at_latest AND p.operating_at_latest < i.valid_to
    LEFT JOIN same_human AS s ON s.person = i.person
),
-- A: what was decided about a grant or a session: the ticket that the log names, a request for this human that covers the right
-- and that no earlier grant used up, or the review of the code change that gave a cloud role (a code change is the grant).
request_for AS (
    SELECT
        r.id AS request, r.beneficiary AS beneficiary, COALESCE(s.human, i.person, r.beneficiary) AS human, r.created_at AS created_at,
        COALESCE(r.conflicted, FALSE) AS conflicted
    FROM access_request AS r
    LEFT JOIN identity AS i ON i.account = r.beneficiary AND i.valid_from <= r.created_at AND r.created_at < i.valid_to
    LEFT JOIN same_human AS s ON s.person = COALESCE(i.person, r.beneficiary)
),
asked AS (
    SELECT p.item AS item, p.reference AS subject, FALSE AS conflicted
    FROM population AS p
    LEFT JOIN access_request AS r ON r.id = p.reference
    WHERE r.id IS NULL
    UNION
    -- What the other content of a request says that the log names is not known.
    SELECT p.item AS item, r.request AS subject, TRUE AS conflicted
    FROM population AS p
    JOIN request_for AS r ON r.request = p.reference AND r.conflicted
    UNION
    SELECT p.item AS item, r.request AS subject, r.conflicted AS conflicted
    FROM population AS p
    JOIN hand AS h ON h.item = p.item
    JOIN request_coverage AS c ON c.right_id = p.right_id
    JOIN request_for AS r ON r.request = c.request AND (r.beneficiary = p.account OR r.human = h.human)
    WHERE p.kind IN ('grant', 'reactivation', 'elevation')
),
used_up AS (
    SELECT DISTINCT k.item AS item, k.subject AS subject
    FROM asked AS k
    JOIN request_for AS r ON r.request = k.subject
    JOIN population AS p ON p.item = k.item AND p.kind = 'grant'
    JOIN hand AS h ON h.item = p.item
    JOIN population AS e ON e.kind = 'grant' AND e.right_id = p.right_id AND e.operating_at >= r.created_at
        AND (e.operating_at < p.operating_at OR (e.operating_at = p.operating_at AND e.item < p.item))
    JOIN hand AS f ON f.item = e.item AND COALESCE(f.human, e.account) = COALESCE(h.human, p.account)
    UNION
    -- An account that comes back needs another request than the one on which it had the right before it was closed.
    SELECT DISTINCT k.item AS item, k.subject AS subject
    FROM asked AS k
    JOIN request_for AS r ON r.request = k.subject
    JOIN population AS p ON p.item = k.item AND p.kind = 'reactivation'
    JOIN hand AS h ON h.item = p.item
    JOIN population AS e ON e.kind IN ('grant', 'reactivation') AND e.right_id = p.right_id AND e.operating_at >= r.created_at
        AND (e.operating_at < p.operating_at OR (e.operating_at = p.operating_at AND e.item < p.item))
    JOIN hand AS f ON f.item = e.item AND COALESCE(f.human, e.account) = COALESCE(h.human, p.account)
    LEFT JOIN account_event AS x ON x.account = p.account AND x.kind IN ('disable', 'delete')
        AND x.occurred_at >= e.operating_at AND x.occurred_at <= p.operating_at
    WHERE e.kind = 'reactivation' OR e.account <> p.account OR x.id IS NOT NULL
),
decided AS (
    SELECT
        k.item AS item, k.subject AS subject, 'approval' AS basis, v.id AS id, v.approver AS account,
        v.decided_at AS decided_at, v.decided_at_latest AS decided_at_latest,
        v.withdrawn_at AS ended_at, v.withdrawn_at_latest AS ended_at_latest,
        k.conflicted OR COALESCE(v.conflicted, FALSE) AS conflicted
    FROM asked AS k
    JOIN approval AS v ON v.subject = k.subject AND (v.decision = 'approve' OR v.conflicted)
    UNION
    -- What a dismissed review was before is not said.
    SELECT
        k.item AS item, k.subject AS subject, 'review' AS basis, w.id AS id, w.reviewer AS account,
        w.submitted_at AS decided_at, w.submitted_at_latest AS decided_at_latest,
        CASE WHEN w.state = 'dismissed' THEN TIMESTAMP '0001-01-01 00:00:00' ELSE w.dismissed_at END AS ended_at,
        w.dismissed_at_latest AS ended_at_latest,
        COALESCE(w.conflicted, FALSE) AS conflicted
    FROM asked AS k
    JOIN review AS w ON w.pull_request = k.subject AND (w.state IN ('approved', 'dismissed') OR w.conflicted)
),
-- A rejection ends every approval of its request or ticket, changes that a reviewer wants those of the same human.
refusal AS (
    SELECT
        n.subject AS subject, 'approval' AS basis, n.id AS id, CAST(NULL AS STRING) AS hand,
        n.decided_at AS refused_at, n.decided_at_latest AS refused_at_latest, COALESCE(n.conflicted, FALSE) AS conflicted
    FROM approval AS n
    WHERE n.decision = 'reject' OR n.conflicted
    UNION ALL
    SELECT
        w.pull_request AS subject, 'review' AS basis, w.id AS id, COALESCE(s.human, i.person, w.reviewer) AS hand,
        w.submitted_at AS refused_at, w.submitted_at_latest AS refused_at_latest, COALESCE(w.conflicted, FALSE) AS conflicted
    FROM review AS w
    LEFT JOIN identity AS i ON i.account = w.reviewer AND i.valid_from <= w.submitted_at AND w.submitted_at < i.valid_to
    LEFT JOIN same_human AS s ON s.person = i.person
    WHERE w.state = 'changes_requested' OR w.conflicted
),
taken_back AS (
    SELECT
        d.item AS item, d.basis AS basis, d.id AS id,
        MAX(CASE WHEN NOT f.conflicted AND f.refused_at > d.decided_at_latest AND f.refused_at_latest < p.operating_at THEN 1 ELSE 0 END)
        AS surely,
        MAX(CASE WHEN f.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM decided AS d
    JOIN population AS p ON p.item = d.item
    LEFT JOIN identity AS i ON i.account = d.account AND i.valid_from <= d.decided_at AND d.decided_at < i.valid_to
    LEFT JOIN same_human AS s ON s.person = i.person
    JOIN refusal AS f ON f.subject = d.subject AND f.basis = d.basis
        AND COALESCE(f.hand, s.human, i.person, d.account) = COALESCE(s.human, i.person, d.account)
        AND f.refused_at_latest >= d.decided_at AND f.refused_at <= p.operating_at_latest
    GROUP BY d.item, d.basis, d.id
),
-- Each decision: by whom, in time or not, and as what (owner: duty access; security: duty security, of the dated roster): 2 surely,
-- 1 perhaps, 0 not.
voice AS (
    SELECT
        d.item AS item,
        COALESCE(s.human, i.person) AS human,
        d.decided_at AS decided_at,
        CASE
            WHEN NOT d.conflicted AND (d.ended_at_latest < p.operating_at OR b.surely = 1) THEN 'ended'
            WHEN d.decided_at > p.operating_at_latest THEN 'late'
            WHEN d.decided_at_latest < p.operating_at - q.approval_ttl_days * INTERVAL '1' DAY THEN 'late'
            WHEN i.state IN ('shared', 'bot') OR COALESCE(s.human, i.person) = h.human OR d.account = p.account THEN 'nobody'
            WHEN d.conflicted OR b.conflicted = 1 THEN 'conflict'
            WHEN i.person IS NULL THEN 'unlinked'
            WHEN d.ended_at <= p.operating_at_latest OR b.conflicted = 0 THEN 'unclear'
            WHEN d.decided_at_latest >= p.operating_at THEN 'unclear'
            WHEN d.decided_at < p.operating_at_latest - q.approval_ttl_days * INTERVAL '1' DAY THEN 'unclear'
            ELSE 'in_time'
        END AS standing,
        MAX(CASE
            WHEN a.duty = 'access' AND a.valid_from <= d.decided_at AND d.decided_at_latest < a.valid_to THEN 2
            WHEN a.duty = 'access' THEN 1
            ELSE 0
        END) AS is_owner,
        MAX(CASE
            WHEN a.duty = 'security' AND a.valid_from <= d.decided_at AND d.decided_at_latest < a.valid_to THEN 2
            WHEN a.duty = 'security' THEN 1
            ELSE 0
        END) AS is_security
    FROM decided AS d
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = d.item
    JOIN hand AS h ON h.item = d.item
    LEFT JOIN used_up AS u ON u.item = d.item AND u.subject = d.subject
    LEFT JOIN taken_back AS b ON b.item = d.item AND b.basis = d.basis AND b.id = d.id
    LEFT JOIN identity AS i ON i.account = d.account AND i.valid_from <= d.decided_at AND d.decided_at < i.valid_to
    LEFT JOIN same_human AS s ON s.person = i.person
    LEFT JOIN authority AS a ON a.person = i.person AND a.duty IN ('access', 'security') AND a.scope IN (p.system, '*')
        AND (a.right_class IS NULL OR a.right_class = 'privileged')
        AND a.valid_from <= d.decided_at_latest AND d.decided_at < a.valid_to_latest
    WHERE u.item IS NULL
    GROUP BY d.item, d.basis, d.id, i.person, s.human, d.account, d.decided_at, d.decided_at_latest, d.ended_at, d.ended_at_latest, d.conflicted,
        b.surely, b.conflicted, i.state, h.human, p.account, p.operating_at, p.operating_at_latest, q.approval_ttl_days
),
consent AS (
    SELECT
        v.item AS item,
        MAX(CASE WHEN v.standing = 'in_time' AND v.is_owner = 2 THEN 1 ELSE 0 END) AS by_owner,
        MAX(CASE WHEN v.standing = 'in_time' AND v.is_security = 2 THEN 1 ELSE 0 END) AS by_security,
        COUNT(DISTINCT CASE WHEN v.standing = 'in_time' AND GREATEST(v.is_owner, v.is_security) = 2 THEN v.human END) AS people,
        MAX(CASE WHEN v.standing = 'in_time' AND v.is_owner > 0 THEN 1 ELSE 0 END) AS perhaps_owner,
        MAX(CASE WHEN v.standing = 'in_time' AND v.is_security > 0 THEN 1 ELSE 0 END) AS perhaps_security,
        COUNT(DISTINCT CASE WHEN v.standing = 'in_time' AND v.is_owner + v.is_security > 0 THEN v.human END) AS perhaps_people,
        MAX(CASE WHEN v.standing = 'conflict' THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN v.standing = 'unlinked' THEN 1 ELSE 0 END) AS unlinked,
        MAX(CASE WHEN v.standing = 'unclear' THEN 1 ELSE 0 END) AS unclear,
        MAX(CASE WHEN v.standing = 'late' THEN 1 ELSE 0 END) AS late,
        MAX(CASE WHEN v.standing = 'ended' THEN 1 ELSE 0 END) AS ended,
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
        MAX(CASE WHEN g.table_name IN ('ticket', 'incident') THEN 1 ELSE 0 END) AS of_reference,
        MAX(CASE WHEN g.table_name = 'log_source' THEN 1 ELSE 0 END) AS of_log
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN source_gap AS g ON g.system IN (p.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest + q.break_glass_review_days * INTERVAL '1' DAY)
        AND (g.ends_before IS NULL OR g.ends_before > COALESCE(p.starts_at, p.operating_at) - q.approval_ttl_days * INTERVAL '1' DAY)
    GROUP BY p.item
),
-- B and F: what has to be complete for the moment itself, and around it for the code that was released. The time before the
-- data begins is no gap in it, nor is one that begins on the last day before the newest export: what is released later is not known yet.
gap_then AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name IN ('job', 'privileged_role') AND g.starts <= p.operating_at_latest AND g.ends > p.operating_at
            THEN 1 ELSE 0 END) AS of_roles,
        MAX(CASE WHEN g.table_name = 'mitigation' AND g.starts <= p.operating_at_latest AND g.ends > p.operating_at
            THEN 1 ELSE 0 END) AS of_mitigations,
        MAX(CASE WHEN g.table_name = 'control_result' AND g.starts <= p.operating_at_latest AND g.ends > p.operating_at
            THEN 1 ELSE 0 END) AS of_results,
        MAX(CASE WHEN g.table_name IN ('deployment', 'code_commit')
            AND g.starts <= p.operating_at_latest + q.developer_days * INTERVAL '1' DAY
            AND (g.starts <= p.operating_at_latest OR g.starts < q.extracted_at - INTERVAL '1' DAY)
            AND g.ends > p.operating_at - q.developer_days * INTERVAL '1' DAY
            AND (g.ends > p.operating_at OR g.starts > TIMESTAMP '0001-01-01 00:00:00') THEN 1 ELSE 0 END) AS of_code
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN (
        SELECT
            s.table_name AS table_name, s.system AS system,
            COALESCE(s.starts_at, TIMESTAMP '0001-01-01 00:00:00') AS starts,
            COALESCE(s.ends_before, TIMESTAMP '9999-12-31 00:00:00') AS ends
        FROM source_gap AS s
    ) AS g ON g.system IN (p.system, '*')
    GROUP BY p.item
),
-- B: a role on the list of each privileged right that the item gives. Of a row in conflict only its key is known: the role and
-- the beginning of a line of the list, the person and the beginning of a job.
power AS (
    SELECT
        p.item AS item, h.power AS power,
        MAX(CASE WHEN NOT l.conflicted THEN 1 ELSE 0 END) AS listed,
        MAX(CASE WHEN NOT l.conflicted AND NOT j.conflicted THEN 1 ELSE 0 END) AS allowed,
        MAX(CASE WHEN l.conflicted OR j.conflicted THEN CASE WHEN j.person IS NOT NULL THEN 1 ELSE 0 END ELSE 0 END) AS doubtful
    FROM population AS p
    JOIN hand AS n ON n.item = p.item
    JOIN privileged_hold AS h ON h.right_id = p.right_id
        AND h.valid_from <= p.operating_at_latest AND p.operating_at_latest < h.valid_to
    LEFT JOIN privileged_role AS l ON l.right_id IN (h.power, p.right_id)
        AND (l.valid_from IS NULL OR l.valid_from <= p.operating_at_latest)
        AND (l.conflicted OR l.valid_to IS NULL OR l.valid_to > p.operating_at_latest)
    LEFT JOIN job_held AS j ON j.human = n.human AND (j.role = l.role OR (j.conflicted AND l.role IS NOT NULL))
        AND j.valid_from <= p.operating_at_latest AND (j.conflicted OR j.valid_to > p.operating_at_latest)
    GROUP BY p.item, h.power
),
role_of AS (
    SELECT
        p.item AS item, MIN(p.listed) AS listed, MIN(p.allowed) AS allowed, MIN(GREATEST(p.allowed, p.doubtful)) AS perhaps
    FROM power AS p
    GROUP BY p.item
),
-- D: the last review of the cycle, for a holder.
looks AS (
    SELECT DISTINCT
        p.system AS system, p.account AS account, p.right_id AS right_id, c.id AS campaign, c.started_at AS started_at,
        r.conflicted OR c.conflicted AS conflicted, COALESCE(r.decision, '') <> '' AS decided
    FROM population AS p
    JOIN campaign AS c ON c.system = p.system
    JOIN (
        SELECT h.right_id AS right_id, h.power AS shown FROM privileged_hold AS h
        UNION
        SELECT h.right_id AS right_id, h.right_id AS shown FROM privileged_hold AS h
    ) AS y ON y.right_id = p.right_id
    JOIN review_item AS r ON r.campaign = c.id AND r.account = p.account AND r.right_id = y.shown
    WHERE p.kind = 'holder'
),
-- One look never answers for two cycles: one within the grace counts for this cycle where it lies in no other, or where the other one
-- has a second look.
looked_at AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN l.conflicted THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN l.decided THEN 1 ELSE 0 END) AS decided
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN looks AS l ON l.system = p.system AND l.account = p.account AND l.right_id = p.right_id AND l.started_at >= p.starts_at
        AND l.started_at < p.ends_at_latest + q.review_grace_days * INTERVAL '1' DAY
    LEFT JOIN due_occurrence AS n ON n.activity = 'access_review' AND n.system = p.system
        AND n.starts_at <= l.started_at AND l.started_at < n.due_at AND l.started_at >= p.ends_at_latest
    LEFT JOIN looks AS o ON o.system = l.system AND o.account = l.account AND o.right_id = l.right_id AND o.campaign <> l.campaign
        AND o.decided AND n.starts_at <= o.started_at AND o.started_at < n.due_at
    WHERE p.kind = 'holder' AND (n.system IS NULL OR o.campaign IS NOT NULL)
    GROUP BY p.item
),
-- D: what was looked at after a use of a break-glass account, and by whom.
use_review AS (
    SELECT
        p.item AS item,
        u.used_by AS used_by,
        u.reference AS reference,
        u.conflicted AS conflicted,
        CASE WHEN t.key IS NOT NULL OR i.id IS NOT NULL THEN 1 ELSE 0 END AS referenced,
        CASE WHEN u.reviewer IS NOT NULL THEN u.reviewed_at END AS reviewed_at,
        CASE WHEN u.reviewer IS NOT NULL THEN u.reviewed_at_latest END AS reviewed_at_latest,
        COALESCE(s.human, n.person) AS reviewer,
        COALESCE(v.human, u.used_by) AS used_by_human,
        COALESCE(n.state, 'unlinked') AS reviewer_state
    FROM population AS p
    JOIN break_glass_review AS u ON 'break_glass:' || u.sign_in = p.item
    LEFT JOIN ticket AS t ON t.key = u.reference
    LEFT JOIN incident AS i ON i.id = u.reference
    LEFT JOIN identity AS n ON n.account = u.reviewer AND n.valid_from <= u.reviewed_at AND u.reviewed_at < n.valid_to
    LEFT JOIN same_human AS s ON s.person = n.person
    LEFT JOIN same_human AS v ON v.person = u.used_by
),
-- Of a source in conflict only the beginning is known.
logged AS (
    SELECT p.item AS item, MIN(CASE WHEN l.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM population AS p
    JOIN log_source AS l ON l.system = p.system
        AND (l.valid_from IS NULL OR l.valid_from <= p.operating_at)
        AND (l.conflicted OR l.valid_to IS NULL OR l.valid_to > p.operating_at_latest)
    GROUP BY p.item
),
-- F: whoever wrote code that was released on the system around then is a developer of it; somebody unknown may be this person.
developer AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN c.human = h.human THEN 1 ELSE 0 END) AS is_one,
        MAX(CASE WHEN c.state IN ('unlinked', 'ambiguous') OR (c.item IS NULL AND u.excuse IS NULL) THEN 1 ELSE 0 END) AS may_be_one
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN hand AS h ON h.item = p.item
    JOIN change_unit AS u ON u.system = p.system
        AND COALESCE(u.started_at, u.completed_at) >= p.operating_at - q.developer_days * INTERVAL '1' DAY
        AND COALESCE(u.started_at, u.completed_at) <= p.operating_at_latest + q.developer_days * INTERVAL '1' DAY
    LEFT JOIN change_contributor AS c ON c.item = u.item
    WHERE p.kind IN ('grant', 'reactivation', 'holder')
    GROUP BY p.item
),
-- Of a mitigation in conflict only person and rule are sure. One that the holder agreed to is none.
mitigated AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN NOT m.conflicted AND t.result = 'effective' AND NOT t.conflicted THEN 1 ELSE 0 END) AS works,
        MAX(CASE WHEN m.conflicted OR t.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN hand AS h ON h.item = p.item
    LEFT JOIN same_human AS w ON w.human = h.human
    JOIN mitigation AS m ON m.person = COALESCE(w.person, h.person) AND m.rule = q.developer_rule
        AND (
            m.conflicted
            OR (
                m.control IS NOT NULL AND m.approved_by IS NOT NULL
                AND (m.valid_from IS NULL OR m.valid_from <= p.operating_at)
                AND (m.valid_to IS NULL OR m.valid_to > p.operating_at_latest)
            )
        )
    LEFT JOIN identity AS i ON i.account = m.approved_by
        AND i.valid_from <= COALESCE(m.approved_at, p.operating_at) AND COALESCE(m.approved_at, p.operating_at) < i.valid_to
    LEFT JOIN same_human AS s ON s.person = i.person
    LEFT JOIN control_result AS t ON t.control = m.control
        AND (t.valid_from IS NULL OR t.valid_from <= p.operating_at)
        AND (t.conflicted OR t.valid_to IS NULL OR t.valid_to > p.operating_at_latest)
    WHERE m.conflicted OR COALESCE(COALESCE(s.human, i.person) <> h.human, TRUE)
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
            WHEN g.of_use = 1 OR (u.reference IS NOT NULL AND g.of_reference = 1) THEN 'cannot_test:source_gap'
            ELSE 'exception:no_ticket'
        END
        WHEN (p.kind = 'elevation' AND c.people > 0) OR (c.by_owner = 1 AND c.by_security = 1 AND c.people > 1) THEN CASE h.state
            WHEN 'shared' THEN 'cannot_test:account_shared'
            WHEN 'unlinked' THEN 'cannot_test:account_unlinked'
            WHEN 'ambiguous' THEN 'cannot_test:account_unlinked'
            ELSE 'pass'
        END
        WHEN c.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN c.unlinked = 1 THEN 'cannot_test:approver_unlinked'
        WHEN c.unclear = 1 THEN 'cannot_test:time_order_unclear'
        WHEN (p.kind = 'elevation' AND c.perhaps_people > 0)
            OR (c.perhaps_owner = 1 AND c.perhaps_security = 1 AND c.perhaps_people > 1) THEN 'cannot_test:time_order_unclear'
        WHEN c.in_time = 1 AND COALESCE(k.of_owner, 0) + COALESCE(k.of_security, 0) < CASE WHEN p.kind IN ('grant', 'reactivation') THEN 2 ELSE 1 END
            THEN 'cannot_test:no_roster'
        WHEN g.of_approval = 1 THEN 'cannot_test:source_gap'
        WHEN c.by_owner = 1 AND c.by_security = 1 THEN 'exception:one_person'
        WHEN c.by_owner = 1 THEN 'exception:no_security_approval'
        WHEN c.by_security = 1 THEN 'exception:no_owner_approval'
        WHEN c.in_time = 1 THEN 'exception:not_authorised'
        WHEN c.late = 1 THEN 'exception:approved_late'
        WHEN c.ended = 1 THEN 'exception:taken_back'
        WHEN o.item IS NOT NULL THEN 'exception:request_used'
        ELSE 'exception:no_approval'
    END AS a,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.kind = 'break_glass' THEN 'na:break_glass'
        WHEN h.state IN ('shared', 'bot') THEN 'na:no_person'
        WHEN h.person IS NULL THEN 'cannot_test:account_unlinked'
        WHEN r.allowed = 1 THEN 'pass'
        WHEN r.perhaps = 1 THEN 'cannot_test:conflict'
        WHEN t.of_roles = 1 THEN 'cannot_test:source_gap'
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
        WHEN p.kind IN ('grant', 'reactivation') THEN 'na:judged_as_holder'
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
        WHEN u.reviewer = u.used_by_human THEN 'exception:self_reviewed'
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
        WHEN w.conflicted = 0 THEN 'pass'
        WHEN w.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN g.of_log = 1 THEN 'cannot_test:source_gap'
        ELSE 'exception:not_logged'
    END AS e,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.kind NOT IN ('grant', 'reactivation', 'holder') THEN 'na:time_limited'
        WHEN x.read_only THEN 'na:read_only'
        WHEN h.state IN ('shared', 'bot') THEN 'na:no_person'
        WHEN h.person IS NULL THEN 'cannot_test:account_unlinked'
        WHEN m.works = 1 THEN 'pass'
        WHEN v.is_one = 1 THEN CASE
            WHEN m.conflicted = 1 THEN 'cannot_test:conflict'
            WHEN m.works = 0 AND t.of_results = 1 THEN 'cannot_test:source_gap'
            WHEN t.of_mitigations = 1 THEN 'cannot_test:source_gap'
            WHEN m.works = 0 THEN 'exception:mitigation_not_tested'
            ELSE 'exception:developer'
        END
        WHEN v.may_be_one = 1 THEN 'cannot_test:contributor_unlinked'
        WHEN t.of_code = 1 THEN 'cannot_test:source_gap'
        ELSE 'pass'
    END AS f
FROM population AS p
CROSS JOIN parameter AS q
JOIN settled AS s ON s.item = p.item
JOIN hand AS h ON h.item = p.item
LEFT JOIN consent AS c ON c.item = p.item
LEFT JOIN roster_known AS k ON k.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
LEFT JOIN gap_then AS t ON t.item = p.item
LEFT JOIN (SELECT DISTINCT x.item AS item FROM used_up AS x) AS o ON o.item = p.item
LEFT JOIN role_of AS r ON r.item = p.item
LEFT JOIN looked_at AS l ON l.item = p.item
LEFT JOIN use_review AS u ON u.item = p.item
LEFT JOIN logged AS w ON w.item = p.item
LEFT JOIN access_right AS x ON x.id = p.right_id
LEFT JOIN developer AS v ON v.item = p.item
LEFT JOIN mitigated AS m ON m.item = p.item
