-- T-12: each emergency change answered a real incident and was approved and reviewed afterwards in time (audit-domain 4.2).
WITH unit AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.deployment AS deployment,
        p.actor AS actor,
        p.merged_by AS merged_by,
        p.started_at AS started_at,
        p.started_at_latest AS started_at_latest,
        p.completed_at AS completed_at,
        p.completed_at_latest AS completed_at_latest,
        CASE
            WHEN p.excuse IS NOT NULL THEN 'na:' || p.excuse
            WHEN p.unknown IS NOT NULL THEN 'cannot_test:' || p.unknown
            WHEN p.started_at IS NULL THEN 'cannot_test:start_unknown'
        END AS settled
    FROM population AS p
),
working_calendar AS (
    -- C: the calendar that policy names; where it says nothing, "default" or the only one that there is.
    SELECT
        CASE
            WHEN MAX(CASE WHEN c.calendar = q.calendar THEN 1 ELSE 0 END) = 1 THEN MAX(q.calendar)
            WHEN MAX(q.calendar) = 'default' AND COUNT(DISTINCT c.calendar) = 1 THEN MAX(c.calendar)
        END AS calendar
    FROM calendar_day AS c
    CROSS JOIN parameter AS q
),
counted_from AS (
    -- C: the business day that the completion counts as (step business_clock); a bare day counts as itself, and at the latest
    -- as the day that its last moment counts as.
    SELECT
        u.item AS item,
        MIN(CASE WHEN u.completed_at = u.completed_at_latest THEN c.day_zero ELSE c.day_zero_as_a_day END) AS day_zero,
        MAX(c.day_zero) AS day_zero_latest
    FROM unit AS u
    CROSS JOIN working_calendar AS w
    JOIN business_clock AS c
        ON c.calendar = w.calendar AND c.valid_from <= u.completed_at_latest AND u.completed_at < c.valid_to
    GROUP BY u.item
),
deadline AS (
    -- C: end of business day n. Without a calendar n days on the clock are in time all the same, since no calendar gives
    -- less; and four weeks more than n weeks are late, since no calendar gives more.
    SELECT
        u.item AS item,
        MAX(d.ends_before) AS deadline,
        COALESCE(MAX(d.ends_before), MAX(u.completed_at + q.approval_business_days * INTERVAL '1' DAY)) AS in_time_before,
        COALESCE(MAX(l.ends_before), MAX(u.completed_at_latest + (q.approval_business_days + 4) * INTERVAL '7' DAY))
            AS late_from
    FROM unit AS u
    CROSS JOIN parameter AS q
    CROSS JOIN working_calendar AS w
    LEFT JOIN counted_from AS f ON f.item = u.item
    LEFT JOIN calendar_day AS d
        ON d.calendar = w.calendar AND d.is_business AND d.business_number = f.day_zero + q.approval_business_days
    LEFT JOIN calendar_day AS l
        ON l.calendar = w.calendar AND l.is_business AND l.business_number = f.day_zero_latest + q.approval_business_days
    GROUP BY u.item
),
gap AS (
    -- Tables whose completeness is not proven for some time that matters: some days before the start, when an incident may have
    -- been opened, somebody put on call or the flag set, until the time for the approval is over. A look back comes after the start.
    SELECT
        u.item AS item,
        MAX(CASE WHEN g.table_name = 'incident' THEN 1 ELSE 0 END) AS of_incident,
        MAX(CASE WHEN g.table_name = 'oncall' THEN 1 ELSE 0 END) AS of_oncall,
        MAX(
            CASE WHEN g.table_name = 'post_review' AND COALESCE(g.ends_before, q.extracted_at) > u.started_at THEN 1 ELSE 0 END
        ) AS of_post_review,
        MAX(CASE WHEN g.table_name IN ('review', 'approval') THEN 1 ELSE 0 END) AS of_approval,
        MAX(CASE WHEN g.table_name = 'ticket_event' THEN 1 ELSE 0 END) AS of_flag
    FROM unit AS u
    CROSS JOIN parameter AS q
    JOIN deadline AS d ON d.item = u.item
    JOIN source_gap AS g
        ON (g.system = u.system OR g.system = '*')
        AND (g.starts_at IS NULL OR g.starts_at <= d.late_from)
        AND (g.ends_before IS NULL OR g.ends_before > u.started_at - q.lookback_days * INTERVAL '1' DAY)
    GROUP BY u.item
),
severity_gap AS (
    -- A: changes of the severity that may be missing: from some days before the start to the start, and from then on.
    SELECT
        u.item AS item,
        MAX(CASE WHEN g.starts_at IS NULL OR g.starts_at <= u.started_at_latest THEN 1 ELSE 0 END) AS before,
        MAX(CASE WHEN g.ends_before IS NULL OR g.ends_before > u.started_at THEN 1 ELSE 0 END) AS after
    FROM unit AS u
    CROSS JOIN parameter AS q
    JOIN source_gap AS g
        ON g.table_name = 'incident_event' AND (g.system = u.system OR g.system = '*')
        AND (g.starts_at IS NULL OR g.starts_at < q.extracted_at)
        AND (g.ends_before IS NULL OR g.ends_before > u.started_at - q.lookback_days * INTERVAL '1' DAY)
    GROUP BY u.item
),
named_incident AS (
    -- A: incidents of the released system, and incidents that the change names by key.
    SELECT DISTINCT u.item AS item, s.id AS incident
    FROM unit AS u
    JOIN incident__systems AS s ON s.value = u.system
    UNION
    SELECT DISTINCT u.item AS item, t.ticket AS incident
    FROM unit AS u
    JOIN change_ticket AS t ON t.item = u.item
),
severity_told AS (
    -- A: what the history says the severity was when the release started: the value that the last event before it set, and
    -- of an event that perhaps came before it; where none surely did, the value that the first event replaced.
    SELECT
        n.item AS item, n.incident AS incident, e.new_value AS severity, e.conflicted AS conflicted,
        CASE WHEN e.occurred_at_latest <= u.started_at THEN 1 ELSE 0 END AS before
    FROM named_incident AS n
    JOIN unit AS u ON u.item = n.item
    JOIN incident_event AS e ON e.incident = n.incident AND e.field = 'severity' AND e.occurred_at <= u.started_at_latest
    WHERE NOT EXISTS (
        SELECT 1
        FROM incident_event AS b
        WHERE b.incident = e.incident AND b.field = 'severity'
            AND b.occurred_at > e.occurred_at_latest AND b.occurred_at_latest <= u.started_at
    )
    UNION ALL
    SELECT n.item AS item, n.incident AS incident, e.old_value AS severity, e.conflicted AS conflicted, 0 AS before
    FROM named_incident AS n
    JOIN unit AS u ON u.item = n.item
    JOIN incident_event AS e ON e.incident = n.incident AND e.field = 'severity'
    WHERE NOT EXISTS (
        SELECT 1
        FROM incident_event AS b
        WHERE b.incident = e.incident AND b.field = 'severity'
            AND (b.occurred_at_latest < e.occurred_at OR b.occurred_at_latest <= u.started_at)
    )
),
severity_then AS (
    -- A: 1 where every severity that it may have had then qualifies, 0 where none does; NULL where the history is silent.
    SELECT
        s.item AS item,
        s.incident AS incident,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS conflicts,
        MAX(s.before) AS told_before,
        MAX(CASE WHEN s.severity IS NULL THEN 1 ELSE 0 END) AS unsaid,
        MIN(CASE WHEN LOWER(';' || q.qualifying_severities || ';') LIKE LOWER('%;' || s.severity || ';%') THEN 1 ELSE 0 END) AS all_qualify,
        MAX(CASE WHEN LOWER(';' || q.qualifying_severities || ';') LIKE LOWER('%;' || s.severity || ';%') THEN 1 ELSE 0 END) AS one_qualifies
    FROM (
        SELECT t.item AS item, t.incident AS incident, t.severity AS severity, t.conflicted AS conflicted, t.before AS before
        FROM severity_told AS t
        UNION ALL
        SELECT n.item AS item, n.incident AS incident, i.severity AS severity, false AS conflicted, 0 AS before
        FROM named_incident AS n
        JOIN incident AS i ON i.id = n.incident
        WHERE NOT EXISTS (SELECT 1 FROM incident_event AS e WHERE e.incident = n.incident AND e.field = 'severity')
    ) AS s
    CROSS JOIN parameter AS q
    GROUP BY s.item, s.incident
),
incident_rank AS (
    -- A: severity as it stood at the start of the release, and whether the incident was open then. The highest decides.
    SELECT
        n.item AS item,
        MAX(
            CASE
                WHEN i.opened_at > u.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 20
                WHEN i.closed_at_latest < u.started_at
                    AND (i.reopened_at IS NULL OR i.reopened_at > u.started_at_latest OR i.reopened_at_latest < i.closed_at)
                    THEN 20
                WHEN i.conflicted OR s.conflicts = 1 THEN 79
                WHEN g.before = 1 OR (g.after = 1 AND s.told_before = 0) THEN 76
                WHEN s.unsaid = 1 THEN 77
                WHEN s.all_qualify < s.one_qualifies THEN 78
                WHEN s.one_qualifies = 0 THEN 30
                WHEN i.false_alarm_reason IS NOT NULL THEN 75
                WHEN i.opened_at_latest < u.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND
                    AND (
                        i.closed_at IS NULL OR i.closed_at > u.started_at_latest
                        OR (i.reopened_at > i.closed_at_latest AND i.reopened_at_latest < u.started_at)
                    )
                    THEN 90
                ELSE 78
            END
        ) AS rank
    FROM named_incident AS n
    CROSS JOIN parameter AS q
    JOIN unit AS u ON u.item = n.item
    JOIN incident AS i ON i.id = n.incident
    JOIN severity_then AS s ON s.item = n.item AND s.incident = n.incident
    LEFT JOIN severity_gap AS g ON g.item = n.item
    GROUP BY n.item
),
acting AS (
    -- B: everybody who acted in the release: deployer, merger, contributors, whoever gave an emergency approval before it.
    SELECT u.item AS item, u.actor AS account FROM unit AS u
    UNION
    SELECT u.item AS item, u.merged_by AS account FROM unit AS u
    UNION
    SELECT u.item AS item, c.account AS account
    FROM unit AS u
    JOIN change_contributor AS c ON c.item = u.item
    UNION
    SELECT u.item AS item, a.account AS account
    FROM unit AS u
    JOIN change_approval AS a ON a.item = u.item AND a.duty = 'emergency' AND a.approved_at_latest <= u.started_at
),
actor_person AS (
    SELECT
        a.item AS item,
        u.system AS system,
        u.started_at AS started_at,
        u.started_at_latest AS started_at_latest,
        i.person AS person,
        CASE WHEN COALESCE(i.state, 'unlinked') IN ('unlinked', 'ambiguous', 'shared') THEN 1 ELSE 0 END AS unlinked
    FROM acting AS a
    JOIN unit AS u ON u.item = a.item
    LEFT JOIN identity AS i ON i.account = a.account AND i.valid_from <= u.started_at AND u.started_at < i.valid_to
    WHERE a.account NOT IN ('github:web-flow', 'git:noreply@github.com')
),
on_duty AS (
    -- B: on call, with an entry written down before or at the release; or on the emergency roster.
    SELECT
        a.item AS item,
        MAX(
            CASE
                WHEN o.conflicted THEN 79
                WHEN o.recorded_at > a.started_at_latest THEN 30
                WHEN o.recorded_at_latest <= a.started_at AND o.valid_from <= a.started_at
                    AND a.started_at_latest < COALESCE(o.valid_to, TIMESTAMP '9999-12-31 00:00:00') THEN 90
                ELSE 78
            END
        ) AS rank
    FROM actor_person AS a
    JOIN oncall AS o
        ON o.person = a.person AND (o.system = a.system OR o.system = '*')
        AND o.valid_from <= a.started_at_latest
        AND a.started_at < COALESCE(o.valid_to, TIMESTAMP '9999-12-31 00:00:00')
    GROUP BY a.item
    UNION ALL
    SELECT
        a.item AS item,
        MAX(CASE WHEN r.valid_from <= a.started_at AND a.started_at_latest < r.valid_to THEN 90 ELSE 78 END) AS rank
    FROM actor_person AS a
    JOIN authority AS r
        ON r.person = a.person AND r.duty = 'emergency' AND (r.scope = a.system OR r.scope = '*')
        AND r.valid_from <= a.started_at_latest AND a.started_at < r.valid_to_latest
    GROUP BY a.item
),
duty_rank AS (
    SELECT d.item AS item, MAX(d.rank) AS rank FROM on_duty AS d GROUP BY d.item
),
actors AS (
    SELECT a.item AS item, MAX(a.unlinked) AS unlinked FROM actor_person AS a GROUP BY a.item
),
list_known AS (
    -- B: whether anybody wrote down at all who is on call for the system, or who has emergency authority.
    SELECT DISTINCT u.item AS item
    FROM unit AS u
    JOIN oncall AS o ON o.system = u.system OR o.system = '*'
    UNION
    SELECT DISTINCT u.item AS item
    FROM unit AS u
    JOIN roster_start AS s ON (s.scope = u.system OR s.scope = '*') AND s.duty = 'emergency' AND s.begins_at <= u.started_at
),
approval_rank AS (
    -- C: approvals on the final content by independent people with authority, against the deadline. Once it is released the
    -- content is final, so an approval given later needs no commit to say what was seen. What was taken back after the deadline stood
    -- at it.
    SELECT
        a.item AS item,
        MAX(
            CASE
                WHEN a.conflicted THEN 79
                WHEN a.independence = 'bot' THEN 15
                WHEN a.independence = 'contributor' THEN 30
                WHEN a.content = 'stale' THEN 35
                WHEN a.authority = 'none' AND a.emergency_authority NOT IN ('roster', 'unclear', 'title', 'title_unclear') THEN 33
                WHEN a.emergency_authority = 'none' AND a.authority NOT IN ('roster', 'unclear', 'title', 'title_unclear') THEN 33
                WHEN a.ended_at_latest < d.in_time_before AND a.ended_by = 'changes_requested' THEN 32
                WHEN a.ended_at_latest < d.in_time_before THEN 25
                WHEN a.approved_at >= d.late_from THEN 40
                WHEN a.doubt_at < d.late_from THEN 79
                WHEN a.independence = 'unlinked' THEN 78
                WHEN a.independence = 'shared' THEN 77
                WHEN a.independence = 'contributor_unlinked' THEN 76
                WHEN a.independence = 'no_contributor' THEN 75
                WHEN a.content = 'unknown' AND a.approved_at <= u.started_at_latest THEN 74
                WHEN a.ended_at < d.late_from THEN 73
                WHEN a.authority <> 'roster' AND a.emergency_authority <> 'roster'
                    AND NOT (q.allow_role_title AND (a.authority = 'title' OR a.emergency_authority = 'title'))
                    THEN CASE
                        WHEN a.authority = 'unclear' OR a.emergency_authority = 'unclear' THEN 73
                        WHEN q.allow_role_title AND (a.authority = 'title_unclear' OR a.emergency_authority = 'title_unclear') THEN 73
                        ELSE 72
                    END
                WHEN a.ended_unknown THEN 70
                WHEN a.basis = 'trailer' THEN 71
                WHEN a.approved_at_latest < d.in_time_before THEN 90
                WHEN d.deadline IS NULL THEN 69
                ELSE 73
            END
        ) AS rank
    FROM change_approval AS a
    CROSS JOIN parameter AS q
    JOIN unit AS u ON u.item = a.item
    JOIN deadline AS d ON d.item = a.item
    GROUP BY a.item
),
maker AS (
    -- D: whose hands made the change or released it; state unlinked where nobody is known.
    SELECT u.item AS item, c.account AS account, c.human AS human, COALESCE(c.state, 'unlinked') AS state
    FROM unit AS u
    LEFT JOIN change_contributor AS c ON c.item = u.item
    UNION ALL
    SELECT u.item AS item, u.actor AS account, COALESCE(h.human, i.person) AS human, COALESCE(i.state, 'unlinked') AS state
    FROM unit AS u
    LEFT JOIN identity AS i ON i.account = u.actor AND i.valid_from <= u.started_at AND u.started_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
looked_back AS (
    -- D: a look back after the release started, with tests, by somebody else than those who made the change or released it. A
    -- shared account may be two people's, so that it does not show who looked.
    SELECT
        b.item AS item,
        MAX(
            CASE
                WHEN b.conflicted THEN 79
                WHEN b.test_evidence IS NULL THEN 30
                WHEN i.state = 'bot' THEN 15
                WHEN EXISTS (
                    SELECT 1 FROM maker AS m
                    WHERE m.item = b.item AND (m.human = COALESCE(h.human, i.person) OR (m.account = b.reviewer AND m.state <> 'shared'))
                ) THEN 20
                WHEN i.state = 'shared' THEN 77
                WHEN i.person IS NULL THEN 78
                WHEN EXISTS (
                    SELECT 1 FROM maker AS m WHERE m.item = b.item AND m.state IN ('unlinked', 'ambiguous', 'shared')
                ) THEN 76
                WHEN b.is_after THEN 90
                ELSE 73
            END
        ) AS rank
    FROM (
        SELECT
            u.item AS item, r.reviewer AS reviewer, r.reviewed_at AS reviewed_at, r.test_evidence AS test_evidence,
            r.conflicted AS conflicted, r.reviewed_at > u.started_at_latest OR q.day_grained AS is_after
        FROM unit AS u
        CROSS JOIN parameter AS q
        JOIN change_ticket AS t ON t.item = u.item
        JOIN post_review AS r ON r.ticket = t.ticket AND r.reviewed_at_latest >= u.started_at
    ) AS b
    LEFT JOIN identity AS i ON i.account = b.reviewer AND i.valid_from <= b.reviewed_at AND b.reviewed_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    GROUP BY b.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN i.rank = 90 THEN 'pass'
        WHEN i.rank = 79 THEN 'cannot_test:conflict'
        WHEN i.rank = 78 THEN 'cannot_test:time_order_unclear'
        WHEN i.rank = 77 THEN 'cannot_test:severity_unknown'
        WHEN i.rank = 76 THEN 'cannot_test:source_gap'
        WHEN i.rank = 75 THEN 'cannot_test:false_alarm'
        WHEN g.of_incident = 1 THEN 'cannot_test:source_gap'
        WHEN i.rank = 30 THEN 'exception:severity_too_low'
        ELSE 'exception:no_open_incident'
    END AS a,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN y.rank = 90 THEN 'pass'
        WHEN y.rank = 79 THEN 'cannot_test:conflict'
        WHEN y.rank = 78 THEN 'cannot_test:time_order_unclear'
        WHEN u.actor IS NULL THEN 'cannot_test:actor_unknown'
        WHEN v.unlinked = 1 THEN 'cannot_test:actor_unlinked'
        WHEN g.of_oncall = 1 THEN 'cannot_test:source_gap'
        WHEN y.rank = 30 THEN 'exception:authority_recorded_late'
        WHEN l.item IS NULL THEN 'cannot_test:no_roster'
        ELSE 'exception:no_emergency_authority'
    END AS b,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN a.rank = 90 THEN 'pass'
        WHEN a.rank = 79 THEN 'cannot_test:conflict'
        WHEN a.rank = 78 THEN 'cannot_test:approver_unlinked'
        WHEN a.rank = 77 THEN 'cannot_test:shared_account'
        WHEN a.rank = 76 THEN 'cannot_test:contributor_unlinked'
        WHEN a.rank = 75 THEN 'cannot_test:contributor_unknown'
        WHEN a.rank = 74 THEN 'cannot_test:content_unknown'
        WHEN a.rank = 73 THEN 'cannot_test:time_order_unclear'
        WHEN a.rank = 72 THEN 'cannot_test:no_roster'
        WHEN a.rank = 71 THEN 'cannot_test:trailer_only'
        WHEN a.rank = 70 THEN 'cannot_test:dismissal_time_unknown'
        WHEN a.rank = 69 THEN 'cannot_test:no_calendar'
        WHEN q.extracted_at < d.late_from AND d.deadline IS NOT NULL THEN 'cannot_test:pending'
        WHEN q.extracted_at < d.late_from THEN 'cannot_test:no_calendar'
        WHEN g.of_approval = 1 THEN 'cannot_test:source_gap'
        WHEN a.rank = 40 THEN 'exception:approved_late'
        WHEN a.rank = 35 THEN 'exception:stale_approval'
        WHEN a.rank = 33 THEN 'exception:no_authority'
        WHEN a.rank = 32 THEN 'exception:changes_requested'
        WHEN a.rank = 30 THEN 'exception:not_independent'
        WHEN a.rank = 25 THEN 'exception:approval_withdrawn'
        WHEN a.rank = 15 THEN 'exception:approver_not_a_person'
        ELSE 'exception:no_late_approval'
    END AS c,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN b.rank = 90 THEN 'pass'
        WHEN b.rank = 79 THEN 'cannot_test:conflict'
        WHEN b.rank = 78 THEN 'cannot_test:reviewer_unlinked'
        WHEN b.rank = 77 THEN 'cannot_test:shared_account'
        WHEN b.rank = 76 THEN 'cannot_test:maker_unknown'
        WHEN b.rank = 73 THEN 'cannot_test:time_order_unclear'
        WHEN q.extracted_at < d.late_from AND d.deadline IS NOT NULL THEN 'cannot_test:pending'
        WHEN q.extracted_at < d.late_from THEN 'cannot_test:no_calendar'
        WHEN g.of_post_review = 1 THEN 'cannot_test:source_gap'
        WHEN b.rank = 30 THEN 'exception:no_test_evidence'
        WHEN b.rank = 20 THEN 'exception:not_independent'
        WHEN b.rank = 15 THEN 'exception:reviewer_not_a_person'
        ELSE 'exception:no_post_review'
    END AS d,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN e.conflicted THEN 'cannot_test:conflict'
        WHEN e.migrated THEN 'cannot_test:migrated_history'
        WHEN e.item IS NULL AND g.of_flag = 1 THEN 'cannot_test:source_gap'
        WHEN e.item IS NULL OR e.cleared THEN 'exception:not_flagged'
        WHEN e.flagged_at > u.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'exception:flagged_late'
        WHEN e.flagged_at_latest < u.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'pass'
        WHEN q.day_grained AND e.flagged_at IS NOT NULL THEN 'pass'
        ELSE 'cannot_test:time_order_unclear'
    END AS e
FROM population AS p
CROSS JOIN parameter AS q
JOIN unit AS u ON u.item = p.item
JOIN deadline AS d ON d.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
LEFT JOIN incident_rank AS i ON i.item = p.item
LEFT JOIN duty_rank AS y ON y.item = p.item
LEFT JOIN actors AS v ON v.item = p.item
LEFT JOIN list_known AS l ON l.item = p.item
LEFT JOIN approval_rank AS a ON a.item = p.item
LEFT JOIN looked_back AS b ON b.item = p.item
LEFT JOIN change_emergency AS e ON e.item = p.item
