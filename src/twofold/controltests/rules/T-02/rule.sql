WITH
own_account AS (
    SELECT h.human AS human, i.account AS account, i.valid_from AS valid_from, i.valid_to AS valid_to
    FROM same_human AS h
    JOIN identity AS i ON i.person = h.person
),
role_before AS (
    SELECT DISTINCT p.item AS item, j.role AS role
    FROM population AS p
    JOIN job_held AS j ON j.human = p.human AND j.valid_from < p.operating_at AND j.valid_to >= p.before_at
),
role_after AS (
    SELECT DISTINCT p.item AS item, j.role AS role
    FROM population AS p
    JOIN job_held AS j ON j.human = p.human AND j.valid_from <= p.operating_at AND p.operating_at < j.valid_to
),
-- A change of manager, unit or entity leaves the roles as they were. Where every former role goes on, nothing has to go.
kind_of AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN NOT EXISTS (
                SELECT 1 FROM role_after AS n
                LEFT JOIN role_before AS o ON o.item = n.item AND o.role = n.role
                WHERE n.item = p.item AND o.item IS NULL
            ) AND l.item IS NULL THEN 'na:same_role'
        END AS settled,
        CASE WHEN l.item IS NULL THEN 1 ELSE 0 END AS all_kept
    FROM population AS p
    LEFT JOIN (
        SELECT DISTINCT o.item AS item
        FROM role_before AS o
        LEFT JOIN role_after AS n ON n.item = o.item AND n.role = o.role
        WHERE n.item IS NULL
    ) AS l ON l.item = p.item
),
-- The map of roles and rights; a birthright is a part of it. A right nested in a mapped one is justified with it.
mapped AS (
    SELECT m.role AS role, m.right_id AS right_id, m.valid_from AS valid_from, m.valid_to AS valid_to
    FROM role_right AS m
    WHERE NOT COALESCE(m.conflicted, FALSE)
    UNION
    SELECT b.role AS role, b.right_id AS right_id, b.valid_from AS valid_from, b.valid_to AS valid_to
    FROM birthright AS b
    WHERE b.approved_by IS NOT NULL
),
role_in_force AS (
    SELECT r.item AS item, r.side AS side, r.role AS role, m.right_id AS right_id
    FROM (
        SELECT o.item AS item, 'before' AS side, o.role AS role FROM role_before AS o
        UNION ALL
        SELECT n.item AS item, 'after' AS side, n.role AS role FROM role_after AS n
    ) AS r
    JOIN population AS p ON p.item = r.item
    LEFT JOIN mapped AS m ON m.role = r.role
        AND (m.valid_from IS NULL OR m.valid_from <= p.operating_at) AND (m.valid_to IS NULL OR m.valid_to > p.operating_at)
),
no_map AS (
    SELECT DISTINCT r.item AS item FROM role_in_force AS r WHERE r.right_id IS NULL
),
justified AS (
    SELECT r.item AS item, r.side AS side, r.right_id AS right_id FROM role_in_force AS r
    UNION
    SELECT r.item AS item, r.side AS side, c.holds AS right_id
    FROM role_in_force AS r
    JOIN right_content AS c ON c.right_id = r.right_id
),
clock AS (
    SELECT
        p.item AS item,
        MIN(a.ends_before) AS due,
        MIN(b.ends_before) AS due_latest
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN business_clock AS c
        ON c.calendar = p.calendar AND c.valid_from <= p.clock_at AND p.clock_at < c.valid_to
    LEFT JOIN business_clock AS d
        ON d.calendar = p.calendar AND d.valid_from <= p.clock_at_latest AND p.clock_at_latest < d.valid_to
    LEFT JOIN calendar_day AS a
        ON a.calendar = p.calendar AND a.is_business
            AND a.business_number = q.sla_business_days
            + CASE WHEN p.clock_at = p.clock_at_latest THEN c.day_zero ELSE c.day_zero_as_a_day END
    LEFT JOIN calendar_day AS b
        ON b.calendar = p.calendar AND b.is_business
            AND b.business_number = q.sla_business_days
            + CASE WHEN p.clock_at = p.clock_at_latest THEN d.day_zero ELSE d.day_zero_as_a_day END
    GROUP BY p.item
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'job_review' THEN 1 ELSE 0 END) AS of_review,
        MAX(CASE WHEN g.table_name = 'retained_access' THEN 1 ELSE 0 END) AS of_retention,
        MAX(CASE WHEN g.table_name = 'grant_event' THEN 1 ELSE 0 END) AS of_grant,
        MAX(CASE WHEN g.table_name IN ('access_request', 'approval') THEN 1 ELSE 0 END) AS of_request
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN clock AS c ON c.item = p.item
    JOIN source_gap AS g ON g.system IN (p.system, '*')
        AND g.table_name IN ('job_review', 'retained_access', 'grant_event', 'access_request', 'approval')
        AND (g.starts_at IS NULL OR g.starts_at < LEAST(c.due_latest, q.extracted_at))
        AND (g.ends_before IS NULL OR g.ends_before > p.operating_at)
    GROUP BY p.item
),
-- A: somebody else looked at the access in time.
review AS (
    SELECT
        p.item AS item,
        r.id AS review,
        CASE
            WHEN r.conflicted THEN 3
            WHEN r.reviewed_at IS NULL OR r.reviewer IS NULL THEN 7
            WHEN i.state IN ('shared', 'bot') THEN 6
            WHEN h.human = p.human THEN 8
            WHEN r.reviewed_at > c.due_latest THEN 5
            WHEN COALESCE(i.state, 'unlinked') <> 'linked' THEN 2
            WHEN r.reviewed_at_latest <= c.due AND r.reviewed_at >= p.operating_at - q.review_lead_days * INTERVAL '1' DAY THEN 1
            WHEN r.reviewed_at_latest < p.operating_at - q.review_lead_days * INTERVAL '1' DAY THEN 9
            ELSE 4
        END AS rank
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN clock AS c ON c.item = p.item
    JOIN same_human AS m ON m.human = p.human
    JOIN job_review AS r ON r.person = m.person AND r.job_from = p.operating_at
    LEFT JOIN identity AS i ON i.account = r.reviewer AND i.valid_from <= r.reviewed_at AND r.reviewed_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
reviewed AS (
    SELECT r.item AS item, MIN(r.rank) AS rank FROM review AS r GROUP BY r.item
),
-- B: each right held at the moment of the change that only a former job justified, and when it ended.
old_only AS (
    SELECT
        p.item AS item,
        v.account AS account,
        v.right_id AS right_id,
        MAX(v.valid_to) AS valid_to,
        MAX(COALESCE(v.sure_to, TIMESTAMP '0001-01-01 00:00:00')) AS sure_to
    FROM population AS p
    JOIN own_account AS a ON a.human = p.human AND a.valid_from <= p.operating_at AND p.operating_at < a.valid_to
    JOIN right_interval AS v ON v.account = a.account AND v.system = p.system
        AND v.valid_from <= p.operating_at AND p.operating_at < v.valid_to
    JOIN justified AS o ON o.item = p.item AND o.right_id = v.right_id
    LEFT JOIN justified AS n ON n.item = p.item AND n.side = 'after' AND n.right_id = v.right_id
    WHERE n.item IS NULL
    GROUP BY p.item, v.account, v.right_id
),
manager_after AS (
    SELECT p.item AS item, COALESCE(m.human, j.manager) AS human
    FROM population AS p
    JOIN job_held AS j ON j.human = p.human AND j.valid_from <= p.operating_at AND p.operating_at < j.valid_to
    LEFT JOIN same_human AS m ON m.person = j.manager
    UNION
    SELECT p.item AS item, COALESCE(m.human, s.owner) AS human
    FROM population AS p
    JOIN system AS s ON s.id = p.system
    LEFT JOIN same_human AS m ON m.person = s.owner
),
-- Who keeps a group keeps what it nests.
keeping AS (
    SELECT DISTINCT t.right_id AS agreed, t.right_id AS right_id FROM retained_access AS t
    UNION
    SELECT c.right_id AS agreed, c.holds AS right_id FROM right_content AS c
),
kept AS (
    SELECT
        o.item AS item,
        o.account AS account,
        o.right_id AS right_id,
        MIN(CASE
            WHEN t.conflicted THEN 3
            WHEN t.approved_by IS NULL OR t.approved_at IS NULL THEN 11
            WHEN i.state IN ('shared', 'bot') THEN 9
            WHEN COALESCE(h.human, i.person) = p.human THEN 10
            WHEN t.approved_at > c.due_latest THEN 7
            WHEN COALESCE(i.state, 'unlinked') <> 'linked' THEN 2
            WHEN g.item IS NULL THEN 8
            WHEN t.expires_at IS NULL THEN 6
            WHEN t.expires_at < LEAST(o.sure_to, q.extracted_at) THEN 5
            WHEN t.expires_at < LEAST(o.valid_to, q.extracted_at) OR t.approved_at_latest > c.due THEN 4
            ELSE 1
        END) AS rank
    FROM old_only AS o
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = o.item
    JOIN clock AS c ON c.item = o.item
    JOIN same_human AS m ON m.human = p.human
    JOIN keeping AS k ON k.right_id = o.right_id
    JOIN retained_access AS t ON t.person = m.person AND t.right_id = k.agreed
    LEFT JOIN identity AS i ON i.account = t.approved_by AND i.valid_from <= t.approved_at AND t.approved_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    LEFT JOIN manager_after AS g ON g.item = o.item AND g.human = COALESCE(h.human, i.person)
    GROUP BY o.item, o.account, o.right_id
),
-- Each right that had to go; the worst of them decides.
fate AS (
    SELECT
        o.item AS item,
        MAX(CASE
            WHEN o.valid_to <= c.due THEN 0
            WHEN k.rank = 1 THEN 0
            WHEN c.due_latest > q.extracted_at THEN 2
            WHEN o.sure_to <= c.due_latest AND g.of_grant = 1 THEN 3
            WHEN o.sure_to <= c.due_latest THEN 4
            WHEN k.rank = 3 THEN 5
            WHEN k.rank = 2 THEN 6
            WHEN k.rank = 4 THEN 4
            WHEN k.rank IS NULL AND g.of_retention = 1 THEN 3
            WHEN k.rank = 5 THEN 11
            WHEN k.rank = 6 THEN 12
            WHEN k.rank = 7 THEN 13
            WHEN k.rank = 8 THEN 14
            WHEN k.rank = 9 THEN 15
            WHEN k.rank = 10 THEN 16
            ELSE 17
        END) AS rank
    FROM old_only AS o
    CROSS JOIN parameter AS q
    JOIN clock AS c ON c.item = o.item
    LEFT JOIN gap AS g ON g.item = o.item
    LEFT JOIN kept AS k ON k.item = o.item AND k.account = o.account AND k.right_id = o.right_id
    GROUP BY o.item
),
-- What T-01 asks no approval of gives nothing for the new job: a re-sync that changed nothing, a data conversion.
no_gain AS (
    SELECT
        g.account AS account,
        g.right_id AS right_id,
        g.occurred_at AS occurred_at,
        MIN(CASE WHEN NOT COALESCE(g.net_change, TRUE) OR g.bulk_load IS NOT NULL THEN 1 ELSE 0 END) AS of_all
    FROM grant_event AS g
    WHERE g.action = 'add'
    GROUP BY g.account, g.right_id, g.occurred_at
),
-- C: rights that were given for the new job, other than what every user gets, and who agreed to them.
gained AS (
    SELECT
        p.item AS item, p.human AS human, v.account AS account, v.right_id AS right_id, v.valid_from AS given_at,
        v.sure_from AS given_at_latest
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN own_account AS a ON a.human = p.human
    JOIN right_interval AS v ON v.account = a.account AND v.system = p.system AND v.basis = 'grant' AND v.via = v.right_id
        AND a.valid_from <= v.valid_from AND v.valid_from < a.valid_to
    LEFT JOIN access_right AS r ON r.id = v.right_id
    LEFT JOIN no_gain AS s ON s.account = v.account AND s.right_id = v.right_id AND s.occurred_at = v.valid_from
    WHERE v.valid_from >= p.operating_at - q.new_access_lead_days * INTERVAL '1' DAY
        AND v.valid_from < p.operating_at + q.new_access_days * INTERVAL '1' DAY
        AND NOT COALESCE(r.is_default, FALSE) AND COALESCE(s.of_all, 0) = 0
),
name_of AS (
    SELECT h.human AS human, h.person AS name FROM same_human AS h
    UNION
    SELECT a.human AS human, a.account AS name FROM own_account AS a
),
approved AS (
    SELECT a.item AS item, a.account AS account, a.right_id AS right_id, a.given_at AS given_at, MAX(a.in_time) AS in_time
    FROM (
        SELECT
            n.item AS item, n.account AS account, n.right_id AS right_id, n.given_at AS given_at,
            CASE
                WHEN v.decided_at > COALESCE(n.given_at_latest, n.given_at) THEN 0
                WHEN EXISTS (
                    SELECT 1 FROM approval AS j
                    WHERE j.subject = v.subject AND j.decision = 'reject'
                        AND j.decided_at > v.decided_at_latest AND j.decided_at_latest < n.given_at
                ) THEN 0
                WHEN i.person IS NULL THEN 1
                WHEN EXISTS (
                    SELECT 1 FROM approval AS j
                    WHERE j.subject = v.subject AND j.decision = 'reject' AND j.decided_at_latest >= v.decided_at
                        AND j.decided_at <= COALESCE(n.given_at_latest, n.given_at)
                ) THEN 2
                WHEN v.decided_at_latest < n.given_at THEN 3
                ELSE 2
            END AS in_time
        FROM gained AS n
        JOIN name_of AS b ON b.human = n.human
        JOIN access_request AS r ON r.beneficiary = b.name
        JOIN request_coverage AS c ON c.request = r.id AND c.right_id = n.right_id
        JOIN approval AS v ON v.subject = r.id AND v.decision = 'approve' AND v.withdrawn_at IS NULL
        LEFT JOIN identity AS i ON i.account = v.approver AND i.valid_from <= v.decided_at AND v.decided_at < i.valid_to
        LEFT JOIN same_human AS h ON h.person = i.person
        WHERE COALESCE(h.human, i.person, '') <> n.human
    ) AS a
    GROUP BY a.item, a.account, a.right_id, a.given_at
),
new_access AS (
    SELECT
        n.item AS item,
        MAX(CASE
            WHEN b.right_id IS NOT NULL OR w.in_time = 3 THEN 0
            WHEN w.in_time = 2 THEN 1
            WHEN w.in_time = 1 THEN 2
            WHEN g.of_request = 1 THEN 3
            ELSE 4
        END) AS rank
    FROM gained AS n
    JOIN population AS p ON p.item = n.item
    LEFT JOIN (
        SELECT DISTINCT r.item AS item, m.right_id AS right_id
        FROM role_after AS r
        JOIN population AS p ON p.item = r.item
        JOIN birthright AS m ON m.role = r.role AND m.approved_by IS NOT NULL
            AND (m.valid_from IS NULL OR m.valid_from <= p.operating_at)
            AND (m.valid_to IS NULL OR m.valid_to > p.operating_at)
    ) AS b ON b.item = n.item AND b.right_id = n.right_id
    LEFT JOIN approved AS w ON w.item = n.item AND w.account = n.account AND w.right_id = n.right_id AND w.given_at = n.given_at
    LEFT JOIN gap AS g ON g.item = n.item
    GROUP BY n.item
),
-- D and E: a right that only a former job justified met a right of another kind in conflicting duties, on or after the change.
met AS (
    SELECT
        p.item AS item,
        o.rule AS rule,
        GREATEST(o.valid_from, p.operating_at) AS starts_at,
        LEAST(o.valid_to, q.extracted_at) AS ends_before,
        o.sure_from AS sure_from,
        o.sure_to AS sure_to,
        ROW_NUMBER() OVER (
            PARTITION BY p.item
            ORDER BY o.rule NULLS LAST, o.valid_from NULLS LAST, o.valid_to NULLS LAST,
                o.sure_from NULLS LAST, o.sure_to NULLS LAST
        ) AS place
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN duty_overlap AS o ON o.holder = p.human AND o.valid_to > p.operating_at
    LEFT JOIN old_only AS a ON a.item = p.item AND a.account = o.account_a AND a.right_id = o.right_a
    LEFT JOIN old_only AS b ON b.item = p.item AND b.account = o.account_b AND b.right_id = o.right_b
    WHERE (a.item IS NULL) <> (b.item IS NULL)
        AND (a.item IS NULL OR o.valid_from < a.valid_to) AND (b.item IS NULL OR o.valid_from < b.valid_to)
),
-- A control watches the human, under whichever HR id, and another human agreed to it by then, as T-09 has it: 2 so it was,
-- 1 perhaps.
watched AS (
    SELECT
        m.item AS item,
        m.place AS place,
        MAX(CASE
            WHEN t.valid_from > c.due OR t.valid_to <= c.due_latest OR t.approved_at > c.due_latest THEN 0
            WHEN t.conflicted OR COALESCE(i.state, 'unlinked') <> 'linked' OR t.approved_at_latest > c.due THEN 1
            ELSE 2
        END) AS at_due,
        MAX(CASE
            WHEN t.valid_from > m.starts_at OR t.valid_to < m.ends_before
                OR t.approved_at > GREATEST(COALESCE(m.sure_from, m.ends_before), m.starts_at) THEN 0
            WHEN t.conflicted OR COALESCE(i.state, 'unlinked') <> 'linked' OR t.approved_at_latest > m.starts_at THEN 1
            ELSE 2
        END) AS all_of_it
    FROM met AS m
    JOIN population AS p ON p.item = m.item
    JOIN clock AS c ON c.item = m.item
    JOIN same_human AS b ON b.human = p.human
    JOIN mitigation AS t ON t.person = b.person AND t.rule = m.rule AND t.control IS NOT NULL AND t.approved_at IS NOT NULL
    LEFT JOIN identity AS i ON i.account = t.approved_by AND i.valid_from <= t.approved_at AND t.approved_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    WHERE t.approved_by IS NOT NULL AND COALESCE(i.state, 'unlinked') NOT IN ('shared', 'bot')
        AND COALESCE(h.human, i.person, '') <> p.human
    GROUP BY m.item, m.place
),
conflict AS (
    SELECT
        m.item AS item,
        MAX(CASE
            WHEN c.due_latest > q.extracted_at THEN 0
            WHEN m.starts_at > c.due_latest OR m.ends_before <= c.due THEN 0
            WHEN k.at_due = 2 THEN 0
            WHEN m.sure_from <= c.due AND m.sure_to > c.due_latest AND k.at_due = 1 THEN 2
            WHEN m.sure_from <= c.due AND m.sure_to > c.due_latest THEN 3
            ELSE 1
        END) AS left_over,
        MAX(CASE
            WHEN k.all_of_it = 2 THEN 0
            WHEN m.sure_to > p.operating_at AND k.all_of_it = 1 THEN 2
            WHEN m.sure_to > p.operating_at THEN 3
            ELSE 1
        END) AS overlapped
    FROM met AS m
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.item = m.item
    JOIN clock AS c ON c.item = m.item
    LEFT JOIN watched AS k ON k.item = m.item AND k.place = m.place
    GROUP BY m.item
),
ruled AS (
    SELECT COUNT(*) AS rules FROM sod_rule AS r
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN k.settled IS NOT NULL THEN k.settled
        WHEN c.due IS NULL OR c.due_latest IS NULL THEN 'cannot_test:no_calendar'
        WHEN r.rank = 1 THEN 'pass'
        WHEN r.rank = 3 THEN 'cannot_test:conflict'
        WHEN r.rank = 2 THEN 'cannot_test:reviewer_unlinked'
        WHEN r.rank = 4 THEN 'cannot_test:time_order_unclear'
        WHEN c.due_latest > q.extracted_at THEN 'cannot_test:pending'
        WHEN r.rank = 5 THEN 'exception:reviewed_late'
        WHEN g.of_review = 1 THEN 'cannot_test:source_gap'
        WHEN r.rank = 6 THEN 'exception:not_a_person'
        WHEN r.rank = 8 THEN 'exception:self_reviewed'
        WHEN r.rank = 9 THEN 'exception:reviewed_too_early'
        ELSE 'exception:not_reviewed'
    END AS a,
    CASE
        WHEN k.settled IS NOT NULL THEN k.settled
        WHEN k.all_kept = 1 THEN 'na:old_job_kept'
        WHEN m.item IS NOT NULL THEN 'cannot_test:no_role_map'
        WHEN c.due IS NULL OR c.due_latest IS NULL THEN 'cannot_test:no_calendar'
        WHEN f.rank = 0 OR f.rank IS NULL THEN 'pass'
        WHEN f.rank = 2 THEN 'cannot_test:pending'
        WHEN f.rank = 3 THEN 'cannot_test:source_gap'
        WHEN f.rank = 4 THEN 'cannot_test:time_order_unclear'
        WHEN f.rank = 5 THEN 'cannot_test:conflict'
        WHEN f.rank = 6 THEN 'cannot_test:approver_unlinked'
        WHEN f.rank = 11 THEN 'exception:retention_expired'
        WHEN f.rank = 12 THEN 'exception:retention_without_end'
        WHEN f.rank = 13 THEN 'exception:retained_late'
        WHEN f.rank = 14 THEN 'exception:retained_by_other'
        WHEN f.rank = 15 THEN 'exception:retained_by_no_person'
        WHEN f.rank = 16 THEN 'exception:retained_by_mover'
        ELSE 'exception:not_removed'
    END AS b,
    CASE
        WHEN k.settled IS NOT NULL THEN k.settled
        WHEN n.rank IS NULL THEN 'na:no_new_access'
        WHEN n.rank = 0 THEN 'pass'
        WHEN n.rank = 1 THEN 'cannot_test:time_order_unclear'
        WHEN n.rank = 2 THEN 'cannot_test:approver_unlinked'
        WHEN n.rank = 3 THEN 'cannot_test:source_gap'
        ELSE 'exception:new_access_not_approved'
    END AS c,
    CASE
        WHEN k.settled IS NOT NULL THEN k.settled
        WHEN k.all_kept = 1 THEN 'na:old_job_kept'
        WHEN m.item IS NOT NULL THEN 'cannot_test:no_role_map'
        WHEN u.rules = 0 THEN 'cannot_test:no_conflict_rules'
        WHEN c.due IS NULL OR c.due_latest IS NULL THEN 'cannot_test:no_calendar'
        WHEN x.left_over = 3 THEN 'exception:conflict_left'
        WHEN x.left_over = 2 THEN 'cannot_test:mitigation_unclear'
        WHEN x.left_over = 1 THEN 'cannot_test:overlap_unclear'
        WHEN c.due_latest > q.extracted_at THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS d,
    CASE
        WHEN k.settled IS NOT NULL THEN k.settled
        WHEN k.all_kept = 1 THEN 'na:old_job_kept'
        WHEN m.item IS NOT NULL THEN 'cannot_test:no_role_map'
        WHEN u.rules = 0 THEN 'cannot_test:no_conflict_rules'
        WHEN x.overlapped = 3 THEN 'exception:conflict_days'
        WHEN x.overlapped = 2 THEN 'cannot_test:mitigation_unclear'
        WHEN x.overlapped = 1 THEN 'cannot_test:overlap_unclear'
        ELSE 'pass'
    END AS e
FROM population AS p
CROSS JOIN parameter AS q
CROSS JOIN ruled AS u
JOIN kind_of AS k ON k.item = p.item
JOIN clock AS c ON c.item = p.item
LEFT JOIN reviewed AS r ON r.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
LEFT JOIN no_map AS m ON m.item = p.item
LEFT JOIN fate AS f ON f.item = p.item
LEFT JOIN new_access AS n ON n.item = p.item
LEFT JOIN conflict AS x ON x.item = p.item
