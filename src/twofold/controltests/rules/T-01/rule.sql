WITH
-- Identity: who the account was at the moment of the grant (4.0). "hand" is the human,
-- whichever HR id the account is linked to, or the account where nobody is known.
grantee AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.operating_at AS at,
        p.operating_at_latest AS at_latest,
        p.origin AS origin,
        p.account AS account,
        p.right_id AS right_id,
        p.actor AS actor,
        p.cause AS cause,
        p.txn AS txn,
        i.person AS person,
        COALESCE(h.human, i.person) AS human,
        COALESCE(i.state, 'unlinked') AS state,
        COALESCE(h.human, i.person, p.account) AS hand,
        CASE
            WHEN p.account_kind IN ('service', 'bot') THEN 'na:service_account'
            WHEN p.bulk_load IS NOT NULL THEN 'na:bulk_load'
            WHEN NOT p.net_change THEN 'na:no_net_change'
            WHEN p.is_default THEN 'na:default_right'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.operating_at IS NULL THEN 'cannot_test:no_grant_time'
            -- A grant always gives a right, so what gives none is an account that was opened again.
            WHEN NOT EXISTS (SELECT 1 FROM granted_right AS r WHERE r.item = p.item)
                AND EXISTS (
                    SELECT 1 FROM source_gap AS g
                    WHERE g.table_name = 'grant_event' AND g.system IN (p.system, '*')
                        AND (g.starts_at IS NULL OR g.starts_at < p.operating_at)
                ) THEN 'cannot_test:source_gap'
            WHEN NOT EXISTS (SELECT 1 FROM granted_right AS r WHERE r.item = p.item) THEN 'na:no_rights'
        END AS settled
    FROM population AS p
    LEFT JOIN identity AS i
        ON i.account = p.account AND i.valid_from <= p.operating_at AND p.operating_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
item_right AS (
    SELECT g.item AS item, r.right_id AS right_id
    FROM grantee AS g
    JOIN granted_right AS r ON r.item = g.item
    WHERE g.settled IS NULL
),
-- Birthright: the right lies in the approved set of the job that the human held at the time, under whichever HR id. For somebody who
-- holds none yet, the job that begins within pre_hire_days counts if HR had entered it by then; the next job of somebody who is there
-- already does not.
birthright_item AS (
    SELECT
        r.item AS item,
        MIN(CASE WHEN b.item IS NULL THEN 0 ELSE 1 END) AS covers_all
    FROM item_right AS r
    LEFT JOIN (
        SELECT DISTINCT g.item AS item, b.right_id AS right_id
        FROM grantee AS g
        CROSS JOIN parameter AS q
        JOIN job_held AS j ON j.human = g.human
        JOIN birthright AS b ON b.role = j.role AND b.approved_by IS NOT NULL
        WHERE NOT j.conflicted
            AND (
                j.valid_from <= g.at
                OR (
                    j.valid_from <= g.at + q.pre_hire_days * INTERVAL '1' DAY AND j.entered_at_latest <= g.at
                    AND NOT EXISTS (
                        SELECT 1 FROM job_held AS k
                        WHERE k.human = g.human AND k.valid_from <= g.at AND k.valid_to > g.at
                    )
                )
            )
            AND g.at_latest < j.valid_to
            AND (b.valid_from IS NULL OR b.valid_from <= g.at)
            AND (b.valid_to IS NULL OR g.at_latest < b.valid_to)
    ) AS b ON b.item = r.item AND b.right_id = r.right_id
    GROUP BY r.item
),
-- Working for the company at the time, or about to: account made before the start is fine within pre_hire_days if the HR
-- record existed.
engagement_state AS (
    SELECT
        g.item AS item,
        MAX(CASE
            WHEN (e.started_at IS NULL OR e.started_at <= g.at_latest)
                AND (COALESCE(e.effective_end_latest, e.last_day_latest) IS NULL
                    OR COALESCE(e.effective_end_latest, e.last_day_latest) >= g.at) THEN 1
            ELSE 0
        END) AS engaged,
        MAX(CASE
            WHEN e.started_at > g.at_latest AND e.started_at <= g.at + q.pre_hire_days * INTERVAL '1' DAY THEN 1
            ELSE 0
        END) AS about_to_start,
        MAX(CASE
            WHEN COALESCE(e.effective_end_latest, e.last_day_latest) < g.at THEN COALESCE(e.effective_end_latest, e.last_day_latest)
        END) AS last_end
    FROM grantee AS g
    CROSS JOIN parameter AS q
    JOIN same_human AS h ON h.human = g.human
    JOIN engagement AS e ON e.person = h.person
    GROUP BY g.item
),
-- Another engagement may be missing from HR: after the last one known to have ended, up to the grant.
hr_gap AS (
    SELECT DISTINCT g.item AS item
    FROM grantee AS g
    JOIN engagement_state AS e ON e.item = g.item
    JOIN source_gap AS s ON s.table_name = 'engagement' AND s.system IN (g.system, '*')
        AND (s.starts_at IS NULL OR s.starts_at <= g.at_latest)
        AND (s.ends_before IS NULL OR e.last_end IS NULL OR s.ends_before > e.last_end)
),
-- HR knew the person when it had written down the job or the engagement that was to begin. Jobs that had ended do not count,
-- since they belong to an earlier engagement.
hr_entry AS (
    SELECT g.item AS item, j.entered_at AS entered_at, j.entered_at_latest AS entered_at_latest
    FROM grantee AS g
    JOIN job_held AS j ON j.human = g.human AND j.valid_to > g.at_latest
    UNION ALL
    SELECT g.item AS item, e.entered_at AS entered_at, e.entered_at_latest AS entered_at_latest
    FROM grantee AS g
    JOIN same_human AS h ON h.human = g.human
    JOIN engagement AS e ON e.person = h.person AND e.started_at > g.at_latest AND e.entered_at IS NOT NULL
),
hr_record AS (
    SELECT
        h.item AS item,
        MAX(CASE WHEN h.entered_at_latest <= g.at THEN 1 ELSE 0 END) AS entered_before,
        MAX(CASE WHEN h.entered_at IS NULL OR h.entered_at <= g.at_latest THEN 1 ELSE 0 END) AS maybe_entered_before
    FROM hr_entry AS h
    JOIN grantee AS g ON g.item = h.item
    GROUP BY h.item
),
-- A: requests for the same person (by HR id, by any linked account, or by this very account).
request_for AS (
    SELECT
        r.id AS request,
        r.system AS system,
        r.beneficiary AS beneficiary,
        COALESCE(h.human, i.person, r.beneficiary) AS human,
        r.created_at AS created_at,
        r.created_at_latest AS created_at_latest,
        r.same_as AS same_as,
        COALESCE(r.conflicted, FALSE) AS conflicted
    FROM access_request AS r
    LEFT JOIN identity AS i
        ON i.account = r.beneficiary AND i.valid_from <= r.created_at AND r.created_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = COALESCE(i.person, r.beneficiary)
),
pair AS (
    SELECT g.item AS item, r.request AS request
    FROM grantee AS g
    JOIN request_for AS r ON r.human = g.human
    WHERE g.settled IS NULL AND r.created_at <= g.at_latest
    UNION
    SELECT g.item AS item, r.request AS request
    FROM grantee AS g
    JOIN request_for AS r ON r.beneficiary = g.account
    WHERE g.settled IS NULL AND r.created_at <= g.at_latest
),
coverage AS (
    SELECT
        t.item AS item,
        t.request AS request,
        MIN(CASE
            WHEN EXISTS (SELECT 1 FROM request_coverage AS c WHERE c.request = t.request AND c.right_id = r.right_id) THEN 1
            ELSE 0
        END) AS covers_all,
        MAX(CASE WHEN EXISTS (SELECT 1 FROM access_request__rights AS a WHERE a.id = t.request) THEN 1 ELSE 0 END) AS lists_any
    FROM pair AS t
    JOIN item_right AS r ON r.item = t.item
    GROUP BY t.item, t.request
),
-- A request serves the first grant of a right after it; a second one needs a request of its own. An account that comes back needs
-- another request than the one on which it had its rights before it was switched off. What came with the job, and what is not
-- judged (birthright_item has no row of it), used no request.
consumed AS (
    SELECT DISTINCT t.item AS item, t.request AS request
    FROM pair AS t
    JOIN grantee AS g ON g.item = t.item
    JOIN request_for AS r ON r.request = t.request
    JOIN grantee AS e ON e.hand = g.hand AND e.origin = g.origin
        AND COALESCE(e.right_id, e.account) = COALESCE(g.right_id, g.account)
    JOIN birthright_item AS b ON b.item = e.item AND b.covers_all = 0
    WHERE e.at >= r.created_at AND (e.at < g.at OR (e.at = g.at AND e.item < g.item))
    UNION
    SELECT DISTINCT t.item AS item, t.request AS request
    FROM pair AS t
    JOIN grantee AS g ON g.item = t.item AND g.origin = 'reactivation'
    JOIN request_for AS r ON r.request = t.request
    JOIN item_right AS c ON c.item = t.item
    JOIN grantee AS e ON e.account = g.account AND e.right_id = c.right_id AND e.at >= r.created_at
    JOIN birthright_item AS b ON b.item = e.item AND b.covers_all = 0
    JOIN account_event AS x ON x.account = g.account AND x.kind IN ('disable', 'delete')
        AND x.occurred_at >= e.at AND x.occurred_at <= g.at
),
live_approval AS (
    SELECT
        v.subject AS request,
        v.id AS approval,
        v.approver AS approver,
        v.duty AS duty,
        v.decided_at AS decided_at,
        v.decided_at_latest AS decided_at_latest,
        v.withdrawn_at AS withdrawn_at,
        v.withdrawn_at_latest AS withdrawn_at_latest,
        v.txn AS txn,
        COALESCE(v.conflicted, FALSE) AS conflicted,
        i.person AS person,
        COALESCE(h.human, i.person) AS human,
        COALESCE(i.state, 'unlinked') AS state
    FROM approval AS v
    LEFT JOIN identity AS i
        ON i.account = v.approver AND i.valid_from <= v.decided_at AND v.decided_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    WHERE v.decision = 'approve' AND v.duty IN ('access', 'authorise')
),
candidate AS (
    SELECT
        t.item AS item,
        t.request AS request,
        r.created_at_latest AS created_at_latest,
        r.same_as AS same_as,
        r.conflicted AS conflicted,
        c.covers_all AS covers_all,
        c.lists_any AS lists_any,
        CASE WHEN u.request IS NULL THEN 0 ELSE 1 END AS used,
        ROW_NUMBER() OVER (
            PARTITION BY t.item
            ORDER BY
                CASE WHEN u.request IS NULL THEN 0 ELSE 1 END,
                c.covers_all DESC,
                CASE WHEN g.cause = t.request THEN 0 ELSE 1 END,
                CASE
                    WHEN EXISTS (
                        SELECT 1 FROM live_approval AS v
                        WHERE v.request = t.request AND v.decided_at <= g.at
                            AND (v.withdrawn_at IS NULL OR v.withdrawn_at > g.at_latest)
                    ) THEN 0
                    ELSE 1
                END,
                r.created_at DESC,
                t.request DESC
        ) AS preference
    FROM pair AS t
    JOIN grantee AS g ON g.item = t.item
    JOIN request_for AS r ON r.request = t.request
    JOIN coverage AS c ON c.item = t.item AND c.request = t.request
    CROSS JOIN parameter AS q
    LEFT JOIN consumed AS u ON u.item = t.item AND u.request = t.request
    WHERE c.covers_all = 1
        OR (r.system = g.system AND r.created_at >= g.at - q.approval_ttl_days * INTERVAL '1' DAY)
),
chosen AS (
    SELECT
        c.item AS item,
        c.request AS request,
        c.created_at_latest AS created_at_latest,
        c.same_as AS same_as,
        c.conflicted AS conflicted,
        c.covers_all AS covers_all,
        c.lists_any AS lists_any,
        c.used AS used
    FROM candidate AS c
    WHERE c.preference = 1
),
-- G: whose hand carried the grant out; a bot is traced to what triggered it.
granter AS (
    SELECT
        g.item AS item,
        COALESCE(h.human, i.person) AS human,
        CASE
            WHEN g.actor IS NULL THEN 'unknown'
            WHEN i.state = 'bot' AND g.cause IS NOT NULL THEN 'traced_bot'
            ELSE COALESCE(i.state, 'unlinked')
        END AS state
    FROM grantee AS g
    LEFT JOIN identity AS i ON i.account = g.actor AND i.valid_from <= g.at AND g.at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
-- Each approval of the chosen request, judged for each class of rights that the item gives: C the time, B the authority, E beneficiary,
-- F roster alone, G granter.
decision AS (
    SELECT
        g.item AS item,
        k.class AS class,
        v.approval AS approval,
        v.decided_at AS decided_at,
        CASE
            WHEN v.conflicted THEN 'cannot_test:conflict'
            WHEN v.withdrawn_at_latest < g.at THEN 'exception:withdrawn'
            WHEN v.withdrawn_at <= g.at_latest THEN 'cannot_test:time_order_unclear'
            WHEN EXISTS (
                SELECT 1 FROM approval AS n
                WHERE n.subject = v.request AND n.decision = 'reject'
                    AND n.decided_at > v.decided_at_latest AND n.decided_at_latest < g.at
            ) THEN 'exception:rejected'
            WHEN EXISTS (
                SELECT 1 FROM approval AS n
                WHERE n.subject = v.request AND n.decision = 'reject'
                    AND n.decided_at_latest >= v.decided_at AND n.decided_at <= g.at_latest
            ) THEN 'cannot_test:time_order_unclear'
            WHEN v.decided_at_latest < g.at - q.approval_ttl_days * INTERVAL '1' DAY THEN 'exception:approval_too_old'
            WHEN v.decided_at > g.at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'exception:approved_after_grant'
            WHEN v.decided_at < g.at_latest - q.approval_ttl_days * INTERVAL '1' DAY THEN 'cannot_test:time_order_unclear'
            WHEN v.decided_at_latest < g.at THEN 'pass'
            WHEN q.clock_skew_seconds > 0
                AND v.decided_at_latest <= g.at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'pass'
            WHEN v.decided_at = g.at AND v.decided_at_latest = g.at_latest AND v.txn = g.txn THEN 'pass'
            WHEN q.day_grained AND (v.decided_at < v.decided_at_latest OR g.at < g.at_latest) THEN 'pass'
            ELSE 'cannot_test:time_order_unclear'
        END AS time_code,
        CASE
            WHEN v.state = 'shared' THEN 'exception:shared_approver'
            WHEN v.state = 'bot' THEN 'exception:bot_approver'
            WHEN v.state <> 'linked' THEN 'cannot_test:approver_unlinked'
            WHEN EXISTS (
                SELECT 1 FROM authority AS a
                WHERE a.person = v.person AND a.duty IN ('access', v.duty) AND a.scope IN (g.system, '*')
                    AND (a.right_class IS NULL OR a.right_class = k.class)
                    AND a.valid_from <= v.decided_at AND v.decided_at_latest < a.valid_to
            ) THEN 'pass'
            WHEN EXISTS (
                SELECT 1 FROM authority AS a
                WHERE a.person = v.person AND a.duty IN ('access', v.duty) AND a.scope IN (g.system, '*')
                    AND (a.right_class IS NULL OR a.right_class = k.class)
                    AND a.valid_from <= v.decided_at_latest AND v.decided_at < a.valid_to_latest
            ) THEN 'cannot_test:time_order_unclear'
            WHEN EXISTS (
                SELECT 1 FROM roster_start AS s
                WHERE s.duty IN ('access', v.duty) AND s.scope IN (g.system, '*') AND s.begins_at <= v.decided_at
            ) THEN 'exception:not_authorised'
            ELSE 'cannot_test:no_roster'
        END AS roster_code,
        CASE
            WHEN NOT EXISTS (
                SELECT 1 FROM role_authority AS t WHERE t.duty IN ('access', v.duty) AND t.scope IN (g.system, '*')
            ) THEN 'cannot_test:no_roster'
            WHEN EXISTS (
                SELECT 1 FROM authority_by_title AS t
                WHERE t.person = v.person AND t.duty IN ('access', v.duty) AND t.scope IN (g.system, '*')
                    AND t.valid_from <= v.decided_at AND v.decided_at_latest < t.valid_to
            ) AND NOT EXISTS (
                SELECT 1 FROM roster_start AS s
                WHERE s.duty IN ('access', v.duty) AND s.scope IN (g.system, '*') AND s.begins_at <= v.decided_at_latest
            ) THEN 'pass'
            WHEN EXISTS (
                SELECT 1 FROM authority_by_title AS t
                WHERE t.person = v.person AND t.duty IN ('access', v.duty) AND t.scope IN (g.system, '*')
                    AND t.valid_from <= v.decided_at_latest AND v.decided_at < t.valid_to_latest
            ) THEN 'cannot_test:time_order_unclear'
            ELSE 'exception:not_authorised'
        END AS title_code,
        CASE
            WHEN v.approver = g.account OR v.human = g.human THEN 'exception:self_approved'
            WHEN v.state <> 'linked' THEN 'cannot_test:approver_unlinked'
            WHEN g.state = 'shared' THEN 'cannot_test:account_shared'
            WHEN g.state <> 'linked' THEN 'cannot_test:account_unlinked'
            ELSE 'pass'
        END AS self_code,
        CASE
            WHEN v.approver = g.actor OR v.human = x.human THEN 'exception:approver_granted'
            WHEN v.state <> 'linked' THEN 'cannot_test:approver_unlinked'
            WHEN x.state IN ('linked', 'traced_bot') THEN 'pass'
            WHEN x.state = 'bot' THEN 'cannot_test:trigger_unknown'
            WHEN x.state = 'shared' THEN 'cannot_test:granter_shared'
            WHEN x.state = 'unknown' THEN 'cannot_test:granter_unknown'
            ELSE 'cannot_test:granter_unlinked'
        END AS granter_code
    FROM grantee AS g
    CROSS JOIN parameter AS q
    JOIN chosen AS c ON c.item = g.item
    JOIN granter AS x ON x.item = g.item
    JOIN live_approval AS v ON v.request = c.request
    JOIN granted_class AS k ON k.item = g.item
),
graded AS (
    SELECT
        d.item AS item,
        d.class AS class,
        d.time_code AS time_code,
        CASE
            WHEN d.roster_code <> 'cannot_test:no_roster' OR NOT q.allow_role_title THEN d.roster_code
            ELSE d.title_code
        END AS authority_code,
        d.self_code AS self_code,
        d.roster_code AS roster_code,
        d.granter_code AS granter_code,
        d.decided_at AS decided_at,
        d.approval AS approval
    FROM decision AS d
    CROSS JOIN parameter AS q
),
-- Several approvals are normal: for each class the one that satisfies most decides, and among equals the latest.
best AS (
    SELECT
        d.item AS item,
        d.time_code AS time_code,
        d.authority_code AS authority_code,
        d.self_code AS self_code,
        d.roster_code AS roster_code,
        d.granter_code AS granter_code,
        ROW_NUMBER() OVER (
            PARTITION BY d.item, d.class
            ORDER BY
                CASE WHEN d.time_code = 'pass' THEN 0 WHEN d.time_code LIKE 'cannot%' THEN 1 ELSE 4 END
                + CASE WHEN d.authority_code = 'pass' THEN 0 WHEN d.authority_code LIKE 'cannot%' THEN 1 ELSE 4 END
                + CASE WHEN d.self_code = 'pass' THEN 0 WHEN d.self_code LIKE 'cannot%' THEN 1 ELSE 4 END,
                CASE WHEN d.roster_code = 'pass' THEN 0 WHEN d.roster_code LIKE 'cannot%' THEN 1 ELSE 4 END
                + CASE WHEN d.granter_code = 'pass' THEN 0 WHEN d.granter_code LIKE 'cannot%' THEN 1 ELSE 4 END,
                d.decided_at DESC,
                d.approval DESC
        ) AS preference
    FROM graded AS d
),
-- Every class must have been approved: the worst code counts. By name an exception comes after what cannot be tested.
answer AS (
    SELECT
        b.item AS item,
        COALESCE(MAX(CASE WHEN b.time_code <> 'pass' THEN b.time_code END), 'pass') AS time_code,
        COALESCE(MAX(CASE WHEN b.authority_code <> 'pass' THEN b.authority_code END), 'pass') AS authority_code,
        COALESCE(MAX(CASE WHEN b.self_code <> 'pass' THEN b.self_code END), 'pass') AS self_code,
        COALESCE(MAX(CASE WHEN b.roster_code <> 'pass' THEN b.roster_code END), 'pass') AS roster_code,
        COALESCE(MAX(CASE WHEN b.granter_code <> 'pass' THEN b.granter_code END), 'pass') AS granter_code
    FROM best AS b
    WHERE b.preference = 1
    GROUP BY b.item
),
-- Where nothing was found: was the source complete for the life of a request before the grant?
gap AS (
    SELECT
        g.item AS item,
        MAX(CASE WHEN s.table_name = 'access_request' THEN 1 ELSE 0 END) AS request_gap,
        MAX(CASE WHEN s.table_name = 'approval' THEN 1 ELSE 0 END) AS approval_gap
    FROM grantee AS g
    CROSS JOIN parameter AS q
    JOIN source_gap AS s ON s.system IN (g.system, '*') AND s.table_name IN ('access_request', 'approval')
    WHERE (s.starts_at IS NULL OR s.starts_at <= g.at_latest)
        AND (s.ends_before IS NULL OR s.ends_before > g.at - q.approval_ttl_days * INTERVAL '1' DAY)
    GROUP BY g.item
),
verdict AS (
    SELECT
        g.item AS item,
        g.settled AS settled,
        COALESCE(b.covers_all, 0) AS birthright,
        CASE
            WHEN e.engaged = 0 AND e.about_to_start = 0 AND z.item IS NOT NULL THEN 'cannot_test:source_gap'
            WHEN e.engaged = 0 AND e.about_to_start = 0 THEN 'exception:not_engaged'
            WHEN e.engaged = 0 AND COALESCE(h.entered_before, 0) = 0 AND COALESCE(h.maybe_entered_before, 1) = 1
                THEN 'cannot_test:hr_entry_time_unknown'
            WHEN e.engaged = 0 AND COALESCE(h.entered_before, 0) = 0 AND z.item IS NOT NULL THEN 'cannot_test:source_gap'
            WHEN e.engaged = 0 AND COALESCE(h.entered_before, 0) = 0 THEN 'exception:not_engaged'
            WHEN b.covers_all = 1 THEN 'pass'
            WHEN c.conflicted THEN 'cannot_test:conflict'
            WHEN c.used = 0 AND c.created_at_latest <= g.at THEN 'pass'
            WHEN c.used = 0 THEN 'cannot_test:time_order_unclear'
            WHEN g.state IN ('unlinked', 'ambiguous') THEN 'cannot_test:account_unlinked'
            WHEN n.request_gap = 1 THEN 'cannot_test:source_gap'
            WHEN c.used = 1 THEN 'exception:request_used'
            ELSE 'exception:no_request'
        END AS request_code,
        CASE
            WHEN COALESCE(c.used, 1) = 1 THEN 'na:no_request'
            WHEN v.item IS NULL AND n.approval_gap = 1 THEN 'cannot_test:source_gap'
            WHEN v.item IS NULL THEN 'exception:no_approval'
        END AS no_decision,
        CASE
            WHEN c.covers_all = 1 THEN 'pass'
            WHEN c.lists_any = 0 AND c.same_as IS NOT NULL THEN 'exception:same_as_unlisted'
            WHEN c.lists_any = 0 THEN 'exception:no_rights_listed'
            ELSE 'exception:beyond_approved'
        END AS extent_code,
        v.time_code AS time_code,
        v.authority_code AS authority_code,
        v.self_code AS self_code,
        v.roster_code AS roster_code,
        v.granter_code AS granter_code
    FROM grantee AS g
    LEFT JOIN birthright_item AS b ON b.item = g.item
    LEFT JOIN engagement_state AS e ON e.item = g.item
    LEFT JOIN hr_record AS h ON h.item = g.item
    LEFT JOIN hr_gap AS z ON z.item = g.item
    LEFT JOIN chosen AS c ON c.item = g.item
    LEFT JOIN answer AS v ON v.item = g.item
    LEFT JOIN gap AS n ON n.item = g.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    COALESCE(v.settled, v.request_code) AS a,
    CASE
        WHEN v.settled IS NOT NULL THEN v.settled
        WHEN v.birthright = 1 THEN 'pass'
        ELSE COALESCE(v.no_decision, v.authority_code)
    END AS b,
    CASE
        WHEN v.settled IS NOT NULL THEN v.settled
        WHEN v.birthright = 1 THEN 'pass'
        ELSE COALESCE(v.no_decision, v.time_code)
    END AS c,
    CASE
        WHEN v.settled IS NOT NULL THEN v.settled
        WHEN v.birthright = 1 THEN 'pass'
        WHEN v.extent_code = 'pass' THEN COALESCE(v.no_decision, v.extent_code)
        WHEN v.no_decision = 'na:no_request' THEN v.no_decision
        ELSE v.extent_code
    END AS d,
    CASE
        WHEN v.settled IS NOT NULL THEN v.settled
        WHEN v.birthright = 1 THEN 'na:birthright'
        WHEN v.no_decision = 'exception:no_approval' THEN 'na:no_approval'
        ELSE COALESCE(v.no_decision, v.self_code)
    END AS e,
    CASE
        WHEN v.settled IS NOT NULL THEN v.settled
        WHEN v.birthright = 1 THEN 'na:birthright'
        WHEN v.no_decision = 'exception:no_approval' THEN 'na:no_approval'
        WHEN v.no_decision IS NULL AND v.roster_code LIKE 'exception:%' THEN 'exception:not_on_roster'
        ELSE COALESCE(v.no_decision, v.roster_code)
    END AS f,
    CASE
        WHEN v.settled IS NOT NULL THEN v.settled
        WHEN v.birthright = 1 THEN 'na:birthright'
        WHEN v.no_decision = 'exception:no_approval' THEN 'na:no_approval'
        ELSE COALESCE(v.no_decision, v.granter_code)
    END AS g
FROM population AS p
JOIN verdict AS v ON v.item = p.item
