WITH
-- Which campaign answers which due period. A campaign lies in the period in which its snapshot was taken (without one, in
-- which it began). The schedule and not the population is read here, so that a part of the population gives the same answer.
due AS (
    SELECT
        d.system AS system,
        d.starts_at AS starts_at,
        d.due_at AS due_at,
        d.due_at + q.grace_days * INTERVAL '1' DAY AS deadline
    FROM due_occurrence AS d
    CROSS JOIN parameter AS q
    WHERE d.activity = 'access_review'
),
campaign_state AS (
    SELECT
        c.id AS campaign,
        c.system AS system,
        c.snapshot AS snapshot,
        c.started_at AS started_at,
        c.completed_at AS completed_at,
        c.completed_at_latest AS completed_at_latest,
        COALESCE(n.taken_at, c.started_at) AS held_at,
        COALESCE(c.conflicted, FALSE) OR COALESCE(n.conflicted, FALSE) AS conflicted,
        n.system AS snapshot_system,
        n.taken_at AS taken_at,
        n.taken_at_latest AS taken_at_latest,
        n.origin AS origin,
        COALESCE(n.expands_nested, TRUE) AS expands_nested,
        CASE
            WHEN n.id IS NULL THEN 'missing'
            WHEN c.started_at > n.taken_at_latest + q.max_snapshot_age_days * INTERVAL '1' DAY THEN 'old'
            WHEN c.started_at_latest <= n.taken_at + q.max_snapshot_age_days * INTERVAL '1' DAY THEN 'fresh'
            ELSE 'unclear'
        END AS age
    FROM campaign AS c
    CROSS JOIN parameter AS q
    LEFT JOIN snapshot AS n ON n.id = c.snapshot
),
own AS (
    SELECT
        d.system AS system,
        d.due_at AS due_at,
        c.campaign AS campaign,
        c.held_at AS held_at,
        c.completed_at AS completed_at,
        CASE WHEN c.completed_at_latest < d.deadline THEN 1 ELSE 0 END AS in_time
    FROM due AS d
    JOIN campaign_state AS c ON c.system = d.system AND c.held_at >= d.starts_at AND c.held_at < d.due_at
),
period AS (
    SELECT o.system AS system, o.due_at AS due_at, CAST(SUM(o.in_time) AS BIGINT) AS good
    FROM own AS o
    GROUP BY o.system, o.due_at
),
home AS (
    SELECT o.campaign AS campaign, MIN(o.due_at) AS due_at
    FROM own AS o
    GROUP BY o.campaign
),
-- A period with no good campaign of its own takes the earliest one held and completed inside its grace, or begun in it on a
-- snapshot from before. One campaign never answers for two periods: it is offered to the first due that could take it, and a
-- period offers to as many as leave it one.
offer AS (
    SELECT
        d.system AS system,
        d.due_at AS due_at,
        c.campaign AS campaign,
        c.held_at AS held_at,
        c.completed_at AS completed_at,
        h.due_at AS home_due_at,
        k.good AS good,
        ROW_NUMBER() OVER (PARTITION BY c.campaign ORDER BY d.due_at NULLS LAST) AS place
    FROM due AS d
    JOIN campaign_state AS c ON c.system = d.system AND c.completed_at_latest < d.deadline
        AND (
            (c.held_at >= d.due_at AND c.held_at < d.deadline)
            OR (c.held_at < d.starts_at AND c.started_at >= d.starts_at AND c.started_at < d.due_at)
        )
    LEFT JOIN period AS m ON m.system = d.system AND m.due_at = d.due_at
    LEFT JOIN home AS h ON h.campaign = c.campaign
    LEFT JOIN period AS k ON k.system = d.system AND k.due_at = h.due_at
    WHERE COALESCE(m.good, 0) = 0
),
turn AS (
    SELECT
        o.system AS system,
        o.due_at AS due_at,
        o.campaign AS campaign,
        o.held_at AS held_at,
        o.completed_at AS completed_at,
        o.good AS good,
        DENSE_RANK() OVER (PARTITION BY o.system, o.home_due_at ORDER BY o.due_at NULLS LAST) AS place
    FROM offer AS o
    WHERE o.place = 1
),
lent AS (
    SELECT
        t.system AS system,
        t.due_at AS due_at,
        t.campaign AS campaign,
        t.held_at AS held_at,
        t.completed_at AS completed_at,
        ROW_NUMBER() OVER (
            PARTITION BY t.system, t.due_at ORDER BY t.held_at NULLS LAST, t.campaign NULLS LAST
        ) AS place
    FROM turn AS t
    WHERE t.good IS NULL OR t.place < t.good
),
candidate AS (
    SELECT
        o.system AS system,
        o.due_at AS due_at,
        o.campaign AS campaign,
        o.held_at AS held_at,
        o.completed_at AS completed_at,
        o.in_time AS in_time
    FROM own AS o
    LEFT JOIN lent AS l ON l.campaign = o.campaign AND l.place = 1
    WHERE l.campaign IS NULL
    UNION ALL
    -- What it is lent stands before its own, which are not good, and in the same order.
    SELECT
        l.system AS system,
        l.due_at AS due_at,
        l.campaign AS campaign,
        l.held_at AS held_at,
        l.completed_at AS completed_at,
        1 AS in_time
    FROM lent AS l
    UNION ALL
    -- Begun inside the grace, not completed in time, and in no period of the schedule: late for this one.
    SELECT
        d.system AS system,
        d.due_at AS due_at,
        c.campaign AS campaign,
        c.held_at AS held_at,
        c.completed_at AS completed_at,
        0 AS in_time
    FROM due AS d
    JOIN campaign_state AS c ON c.system = d.system AND c.held_at >= d.due_at AND c.held_at < d.deadline
        AND (c.completed_at IS NULL OR c.completed_at_latest >= d.deadline)
    LEFT JOIN home AS h ON h.campaign = c.campaign
    WHERE h.campaign IS NULL
),
-- Of several campaigns of one period the earliest that was completed in time is judged, else the earliest completed one.
ranked AS (
    SELECT
        c.system AS system,
        c.due_at AS due_at,
        c.campaign AS campaign,
        ROW_NUMBER() OVER (
            PARTITION BY c.system, c.due_at
            ORDER BY
                c.in_time DESC,
                CASE WHEN c.completed_at IS NULL THEN 1 ELSE 0 END,
                c.held_at NULLS LAST,
                c.campaign NULLS LAST
        ) AS place
    FROM candidate AS c
),
held AS (
    SELECT
        p.item AS item,
        p.system AS system,
        d.deadline AS deadline,
        c.completed_at IS NULL AND q.extracted_at < d.deadline AS running,
        c.campaign AS campaign,
        c.snapshot AS snapshot,
        c.started_at AS started_at,
        c.completed_at AS completed_at,
        c.completed_at_latest AS completed_at_latest,
        c.conflicted AS conflicted,
        c.snapshot_system AS snapshot_system,
        c.held_at AS held_at,
        c.taken_at AS taken_at,
        c.taken_at_latest AS taken_at_latest,
        c.origin AS origin,
        c.expands_nested AS expands_nested,
        c.age AS age
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN due AS d ON d.system = p.system AND d.due_at = p.due_at
    JOIN ranked AS r ON r.system = p.system AND r.due_at = p.due_at AND r.place = 1
    JOIN campaign_state AS c ON c.campaign = r.campaign
),
-- Missing is not one thing (4.0): where a table is not proven complete for the time in question, "not found" is no answer.
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE
            WHEN g.table_name = 'campaign'
                AND (g.starts_at IS NULL OR g.starts_at < p.due_at + q.grace_days * INTERVAL '1' DAY)
                AND (g.ends_before IS NULL OR g.ends_before > p.starts_at) THEN 1
            ELSE 0
        END) AS of_campaign,
        MAX(CASE
            WHEN g.table_name IN ('snapshot', 'snapshot_row')
                AND (g.starts_at IS NULL OR g.starts_at < h.held_at)
                AND (g.ends_before IS NULL OR g.ends_before > h.held_at) THEN 1
            ELSE 0
        END) AS of_snapshot,
        MAX(CASE
            WHEN g.table_name = 'review_item'
                AND (g.starts_at IS NULL OR g.starts_at <= COALESCE(h.completed_at, h.deadline))
                AND (g.ends_before IS NULL OR g.ends_before > h.started_at) THEN 1
            ELSE 0
        END) AS of_pair,
        MAX(CASE
            WHEN g.table_name = 'revoke'
                AND (g.starts_at IS NULL OR g.starts_at <= h.deadline + q.revoke_sla_days * INTERVAL '1' DAY)
                AND (g.ends_before IS NULL OR g.ends_before > h.started_at) THEN 1
            ELSE 0
        END) AS of_removal,
        MAX(CASE
            WHEN g.table_name = 'impact_review'
                AND (g.starts_at IS NULL OR g.starts_at <= h.deadline + q.revoke_sla_days * INTERVAL '1' DAY)
                AND (g.ends_before IS NULL OR g.ends_before > h.started_at) THEN 1
            ELSE 0
        END) AS of_look
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN source_gap AS g ON g.system IN (p.system, '*')
    LEFT JOIN held AS h ON h.item = p.item
    GROUP BY p.item
),
-- B: set(items) = set(snapshot), pair by pair, both ways; the facts name each pair that is missing or too much.
missing AS (
    SELECT h.item AS item, COUNT(*) AS pairs
    FROM held AS h
    JOIN snapshot_row AS s ON s.snapshot = h.snapshot
    LEFT JOIN review_item AS r ON r.campaign = h.campaign AND r.account = s.account AND r.right_id = s.right_id
    WHERE r.campaign IS NULL
    GROUP BY h.item
),
extra AS (
    SELECT h.item AS item, COUNT(*) AS pairs
    FROM held AS h
    JOIN review_item AS r ON r.campaign = h.campaign
    LEFT JOIN snapshot_row AS s ON s.snapshot = h.snapshot AND s.account = r.account AND s.right_id = r.right_id
    WHERE s.snapshot IS NULL
    GROUP BY h.item
),
-- B: a snapshot that does not expand nested rights hides one if a group in it holds a right that stands nowhere on its own.
nested AS (
    SELECT
        h.item AS item,
        MAX(CASE WHEN x.snapshot IS NULL THEN 1 ELSE 0 END) AS hidden
    FROM held AS h
    JOIN snapshot_row AS s ON s.snapshot = h.snapshot
    JOIN right_content AS t ON t.right_id = s.right_id
    LEFT JOIN snapshot_row AS x ON x.snapshot = h.snapshot AND x.account = s.account AND x.right_id = t.holds
    WHERE NOT h.expands_nested
    GROUP BY h.item
),
-- C, D, E, F, G: each reviewed pair, with who decided and whose access it was.
line AS (
    SELECT
        h.item AS item,
        h.system AS system,
        h.campaign AS campaign,
        h.started_at AS campaign_started_at,
        r.account AS account,
        r.right_id AS right_id,
        COALESCE(a.class, 'normal') AS class,
        r.reviewer AS reviewer,
        CASE WHEN r.decision IN ('approve', 'revoke', 'modify') THEN r.decision END AS decision,
        r.decided_at AS decided_at,
        r.decided_at_latest AS decided_at_latest,
        COALESCE(r.conflicted, FALSE) AS conflicted,
        v.person AS reviewer_person,
        COALESCE(w.human, v.person) AS reviewer_human,
        COALESCE(v.state, 'unlinked') AS reviewer_state,
        COALESCE(h.human, o.person) AS owner_human,
        COALESCE(o.state, 'unlinked') AS owner_state
    FROM held AS h
    JOIN review_item AS r ON r.campaign = h.campaign
    LEFT JOIN access_right AS a ON a.id = r.right_id
    LEFT JOIN identity AS v ON v.account = r.reviewer AND v.valid_from <= r.decided_at AND r.decided_at < v.valid_to
    LEFT JOIN same_human AS w ON w.person = v.person
    LEFT JOIN identity AS o ON o.account = r.account AND o.valid_from <= r.decided_at AND r.decided_at < o.valid_to
    LEFT JOIN same_human AS h ON h.person = o.person
),
-- C: authority at the moment of the decision (4.0): 2 surely inside a stretch of it, 1 perhaps. A delegation counts from the
-- moment at which it was recorded, and nobody has authority after the end of the engagement.
standing AS (
    SELECT
        l.item AS item,
        l.account AS account,
        l.right_id AS right_id,
        MAX(CASE
            WHEN a.valid_from <= l.decided_at AND l.decided_at_latest < a.valid_to THEN 2
            WHEN a.valid_from <= l.decided_at_latest AND l.decided_at < a.valid_to_latest THEN 1
            ELSE 0
        END) AS sure
    FROM line AS l
    JOIN authority AS a ON a.person = l.reviewer_person AND a.duty = 'review' AND a.scope IN (l.system, '*')
        AND (a.right_class IS NULL OR a.right_class = l.class)
    GROUP BY l.item, l.account, l.right_id
),
roster_since AS (
    SELECT p.system AS system, MIN(s.begins_at) AS begins_at
    FROM (SELECT DISTINCT x.system AS system FROM population AS x) AS p
    JOIN roster_start AS s ON s.duty = 'review' AND s.scope IN (p.system, '*')
    GROUP BY p.system
),
-- C: where no dated roster exists, the title that the reviewer held then, if the parameter allows it: 2 surely, 1 perhaps. No row
-- where no title carries the duty.
titled AS (
    SELECT
        l.item AS item,
        l.account AS account,
        l.right_id AS right_id,
        MAX(CASE
            WHEN a.valid_from <= l.decided_at AND l.decided_at_latest < a.valid_to THEN 2
            WHEN a.valid_from <= l.decided_at_latest AND l.decided_at < a.valid_to_latest THEN 1
            ELSE 0
        END) AS holds
    FROM line AS l
    JOIN role_authority AS t ON t.duty = 'review' AND t.scope IN (l.system, '*')
    LEFT JOIN authority_by_title AS a ON a.duty = t.duty AND a.scope = t.scope AND a.person = l.reviewer_person
    GROUP BY l.item, l.account, l.right_id
),
reviewer_code AS (
    SELECT
        l.item AS item,
        CASE
            WHEN l.conflicted THEN '30 cannot_test:conflict'
            WHEN l.reviewer IS NULL THEN '12 exception:no_reviewer'
            WHEN l.reviewer = l.account OR l.reviewer_human = l.owner_human THEN '10 exception:self_review'
            WHEN l.reviewer_state = 'shared' THEN '13 exception:shared_reviewer'
            WHEN l.reviewer_state = 'bot' THEN '14 exception:bot_reviewer'
            WHEN l.decided_at IS NULL THEN '31 cannot_test:no_decision_time'
            WHEN l.reviewer_state <> 'linked' THEN '32 cannot_test:reviewer_unlinked'
            WHEN s.sure = 1 THEN '35 cannot_test:time_order_unclear'
            WHEN COALESCE(s.sure, 0) = 0 AND b.begins_at <= l.decided_at THEN '11 exception:no_authority'
            WHEN COALESCE(s.sure, 0) = 0 AND (NOT q.allow_role_title OR t.item IS NULL) THEN '36 cannot_test:no_roster'
            WHEN COALESCE(s.sure, 0) = 0 AND t.holds = 0 THEN '11 exception:no_authority'
            WHEN COALESCE(s.sure, 0) = 0 AND (t.holds = 1 OR b.begins_at <= l.decided_at_latest)
                THEN '35 cannot_test:time_order_unclear'
            WHEN l.owner_state = 'shared' THEN '33 cannot_test:account_shared'
            WHEN l.owner_state IN ('unlinked', 'ambiguous') THEN '34 cannot_test:account_unlinked'
            ELSE '90 pass'
        END AS code
    FROM line AS l
    CROSS JOIN parameter AS q
    LEFT JOIN standing AS s ON s.item = l.item AND s.account = l.account AND s.right_id = l.right_id
    LEFT JOIN roster_since AS b ON b.system = l.system
    LEFT JOIN titled AS t ON t.item = l.item AND t.account = l.account AND t.right_id = l.right_id
    WHERE l.decision IS NOT NULL
),
reviewers AS (
    SELECT c.item AS item, SUBSTRING(MIN(c.code), 4) AS code FROM reviewer_code AS c GROUP BY c.item
),
-- D: silence is not approval.
decided AS (
    SELECT
        l.item AS item,
        MAX(CASE WHEN l.decision IS NULL AND NOT l.conflicted THEN 1 ELSE 0 END) AS undecided,
        MAX(CASE WHEN l.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM line AS l
    GROUP BY l.item
),
-- E, F: each pair judged wrong, with the record of its removal.
wrong AS (
    SELECT
        l.item AS item,
        l.system AS system,
        l.campaign AS campaign,
        l.campaign_started_at AS campaign_started_at,
        l.account AS account,
        l.right_id AS right_id,
        l.owner_human AS owner_human,
        l.decided_at AS decided_at,
        l.decided_at + q.revoke_sla_days * INTERVAL '1' DAY AS due,
        l.decided_at_latest + q.revoke_sla_days * INTERVAL '1' DAY AS due_latest,
        l.conflicted OR COALESCE(v.conflicted, FALSE) AS conflicted,
        v.executed_at AS executed_at,
        v.executed_at_latest AS executed_at_latest
    FROM line AS l
    CROSS JOIN parameter AS q
    LEFT JOIN "revoke" AS v ON v.campaign = l.campaign AND v.account = l.account AND v.right_id = l.right_id
    WHERE l.decision IN ('revoke', 'modify')
),
-- E: what gives a right: itself, or a group that nests it.
giving AS (
    SELECT DISTINCT w.right_id AS right_id, w.right_id AS given FROM wrong AS w
    UNION
    SELECT c.holds AS right_id, c.right_id AS given FROM right_content AS c
),
-- E: what the log knows of a right's end: it was removed itself; a group that nests it was, and no other grant in the log gives it
-- then (a first event that removes says that it was held before); or the account was deleted.
source AS (
    SELECT
        p.account AS account,
        p.right_id AS right_id,
        g.right_id AS given,
        g.action AS action,
        g.occurred_at AS occurred_at,
        LEAD(g.occurred_at) OVER (
            PARTITION BY p.account, p.right_id, g.right_id ORDER BY g.occurred_at NULLS LAST, g.id NULLS LAST
        ) AS ended_at,
        ROW_NUMBER() OVER (
            PARTITION BY p.account, p.right_id, g.right_id ORDER BY g.occurred_at NULLS LAST, g.id NULLS LAST
        ) AS place
    FROM (
        SELECT DISTINCT w.account AS account, w.right_id AS right_id, i.given AS given
        FROM wrong AS w
        JOIN giving AS i ON i.right_id = w.right_id
    ) AS p
    JOIN grant_change AS g ON g.account = p.account AND g.right_id = p.given
    WHERE g.occurred_at IS NOT NULL AND NOT g.conflicted
),
gone AS (
    SELECT DISTINCT
        w.account AS account,
        w.right_id AS right_id,
        'right ' || g.id AS event,
        g.occurred_at AS occurred_at,
        g.occurred_at_latest AS occurred_at_latest,
        g.conflicted AS conflicted,
        FALSE AS by_account
    FROM wrong AS w
    JOIN giving AS i ON i.right_id = w.right_id
    JOIN grant_change AS g ON g.account = w.account AND g.right_id = i.given AND (g.action = 'remove' OR g.conflicted)
    LEFT JOIN source AS o ON g.right_id <> w.right_id AND o.account = w.account AND o.right_id = w.right_id AND o.given <> g.right_id
        AND (
            (o.action = 'add' AND o.occurred_at <= g.occurred_at_latest AND (o.ended_at IS NULL OR o.ended_at > g.occurred_at))
            OR (o.action = 'remove' AND o.place = 1 AND o.occurred_at > g.occurred_at)
        )
    WHERE o.account IS NULL
    UNION ALL
    SELECT DISTINCT
        w.account AS account,
        w.right_id AS right_id,
        'account ' || e.id AS event,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest,
        e.conflicted AS conflicted,
        TRUE AS by_account
    FROM wrong AS w
    JOIN account_event AS e ON e.account = w.account AND e.kind = 'delete'
),
-- E: what is told in two ways may be so or not. Each pair is read without such records and with them: one of them in the log is
-- the removal, the lists count, and either all grants count and no approvals or the other way round.
way AS (
    SELECT FALSE AS doubtful
    UNION ALL
    SELECT TRUE AS doubtful
),
reading AS (
    SELECT
        w.item AS item,
        w.account AS account,
        w.right_id AS right_id,
        w.decided_at AS decided_at,
        g.event AS removal_event,
        y.doubtful AS with_lists,
        z.doubtful AS with_grants,
        ROW_NUMBER() OVER (
            ORDER BY
                w.item NULLS LAST,
                w.account NULLS LAST,
                w.right_id NULLS LAST,
                x.doubtful NULLS LAST,
                y.doubtful NULLS LAST,
                z.doubtful NULLS LAST,
                g.event NULLS LAST
        ) AS number
    FROM wrong AS w
    CROSS JOIN way AS x
    CROSS JOIN way AS y
    CROSS JOIN way AS z
    LEFT JOIN gone AS g ON g.account = w.account AND g.right_id = w.right_id AND g.conflicted AND x.doubtful
),
-- E: the removal, from its record or else from the log of the system itself.
logged AS (
    SELECT
        r.number AS number,
        MIN(g.occurred_at) AS removed_at,
        MIN(g.occurred_at_latest) AS removed_at_latest,
        MIN(CASE WHEN NOT g.by_account THEN g.occurred_at END) AS taken_at
    FROM reading AS r
    JOIN gone AS g ON g.account = r.account AND g.right_id = r.right_id AND (g.event = r.removal_event OR NOT g.conflicted)
    WHERE g.occurred_at IS NULL OR g.occurred_at_latest >= r.decided_at
    GROUP BY r.number
),
removal AS (
    SELECT
        r.number AS number,
        r.with_lists AS with_lists,
        r.with_grants AS with_grants,
        w.item AS item,
        w.system AS system,
        w.account AS account,
        w.right_id AS right_id,
        w.owner_human AS owner_human,
        w.decided_at AS decided_at,
        w.due AS due,
        w.due_latest AS due_latest,
        w.conflicted AS conflicted,
        COALESCE(w.executed_at, g.removed_at) AS executed_at,
        COALESCE(w.executed_at_latest, g.removed_at_latest) AS executed_at_latest,
        COALESCE(w.executed_at, g.taken_at) AS taken_at,
        g.number IS NOT NULL AS in_log
    FROM reading AS r
    JOIN wrong AS w ON w.item = r.item AND w.account = r.account AND w.right_id = r.right_id
    LEFT JOIN logged AS g ON g.number = r.number
),
-- E: later snapshots that the system itself gave. The first one must not show the pair, nor may any in the days of watching. One
-- that is not proven complete tells what is there, and of nothing that it is gone. What an export took when it was run, where its
-- proof ends, is part of it.
torn AS (
    SELECT DISTINCT n.id AS snapshot
    FROM snapshot AS n
    JOIN source_gap AS g ON g.table_name IN ('snapshot', 'snapshot_row') AND g.system IN (n.system, '*')
        AND (g.starts_at IS NULL OR g.starts_at < n.taken_at)
        AND (g.ends_before IS NULL OR g.ends_before > n.taken_at)
),
-- A list that does not expand nested rights shows a right with the group that nests it.
shown AS (
    SELECT s.snapshot AS snapshot, s.account AS account, s.right_id AS right_id FROM snapshot_row AS s
    UNION
    SELECT s.snapshot AS snapshot, s.account AS account, c.holds AS right_id
    FROM snapshot AS n
    JOIN snapshot_row AS s ON s.snapshot = n.id
    JOIN right_content AS c ON c.right_id = s.right_id
    WHERE NOT COALESCE(n.expands_nested, TRUE)
),
list AS (
    SELECT
        r.number AS number,
        r.executed_at AS executed_at,
        n.id AS snapshot,
        n.taken_at AS taken_at,
        n.taken_at_latest AS taken_at_latest,
        CASE WHEN s.snapshot IS NULL THEN 0 ELSE 1 END AS present,
        CASE WHEN s.snapshot IS NULL AND t.snapshot IS NOT NULL THEN 0 ELSE 1 END AS tells
    FROM removal AS r
    JOIN snapshot AS n ON n.system = r.system AND n.taken_at > r.executed_at_latest
        AND ((n.origin = 'system' AND NOT n.conflicted) OR (n.conflicted AND r.with_lists))
    LEFT JOIN torn AS t ON t.snapshot = n.id
    LEFT JOIN shown AS s ON s.snapshot = n.id AND s.account = r.account AND s.right_id = r.right_id
),
later AS (
    SELECT
        i.number AS number,
        i.executed_at AS executed_at,
        i.taken_at AS taken_at,
        i.taken_at_latest AS taken_at_latest,
        i.present AS present,
        i.tells AS tells,
        ROW_NUMBER() OVER (
            PARTITION BY i.number ORDER BY i.tells DESC, i.taken_at NULLS LAST, i.snapshot NULLS LAST
        ) AS place
    FROM list AS i
),
seen AS (
    SELECT
        l.number AS number,
        MAX(l.tells) AS told,
        MAX(CASE WHEN l.place = 1 THEN l.present ELSE 0 END) AS in_first,
        MIN(CASE WHEN l.counts THEN l.taken_at END) AS seen_at,
        MIN(CASE WHEN l.counts THEN l.taken_at_latest END) AS seen_at_latest
    FROM (
        SELECT
            a.number AS number,
            a.taken_at AS taken_at,
            a.taken_at_latest AS taken_at_latest,
            a.place AS place,
            a.present AS present,
            a.tells AS tells,
            a.present = 1 AND (a.place = 1 OR a.taken_at < a.executed_at + q.regrant_watch_days * INTERVAL '1' DAY) AS counts
        FROM later AS a
        CROSS JOIN parameter AS q
    ) AS l
    GROUP BY l.number
),
-- E: given again, surely or perhaps after the removal. Only a request made after the decision and approved before the grant
-- makes that no silent one. A deleted account that is opened again brings back what was not taken from it by then.
returned AS (
    SELECT r.number AS number, g.occurred_at AS occurred_at, g.occurred_at_latest AS occurred_at_latest
    FROM removal AS r
    JOIN giving AS i ON i.right_id = r.right_id
    JOIN grant_event AS g ON g.account = r.account AND g.right_id = i.given
        AND (
            (g.action = 'add' AND COALESCE(g.net_change, TRUE) AND NOT g.conflicted)
            OR (g.conflicted AND r.with_grants)
        )
    UNION ALL
    SELECT r.number AS number, e.occurred_at AS occurred_at, e.occurred_at_latest AS occurred_at_latest
    FROM removal AS r
    JOIN account_event AS e ON e.account = r.account AND (NOT e.conflicted OR r.with_grants)
    JOIN reactivation AS a ON a.event = e.id
    WHERE r.taken_at IS NULL OR r.taken_at > e.occurred_at
),
again AS (
    SELECT
        r.number AS number,
        MIN(CASE WHEN g.occurred_at > r.executed_at_latest THEN g.occurred_at_latest END) AS surely_given_at,
        MIN(g.occurred_at) AS given_at
    FROM removal AS r
    CROSS JOIN parameter AS q
    JOIN returned AS g ON g.number = r.number
    WHERE g.occurred_at_latest > r.executed_at
        AND g.occurred_at < r.executed_at + q.regrant_watch_days * INTERVAL '1' DAY
    GROUP BY r.number
),
approved_again AS (
    SELECT r.number AS number, MIN(a.decided_at) AS approved_at, MIN(a.decided_at_latest) AS approved_at_latest
    FROM removal AS r
    JOIN giving AS i ON i.right_id = r.right_id
    JOIN access_request__rights AS x ON x.value = i.given
    JOIN access_request AS w ON w.id = x.id AND w.created_at > r.decided_at
    LEFT JOIN same_human AS h ON h.person = w.beneficiary
    JOIN approval AS a ON a.subject = w.id
        AND (
            (a.decision = 'approve' AND a.withdrawn_at IS NULL AND NOT w.conflicted AND NOT a.conflicted)
            OR ((w.conflicted OR a.conflicted) AND NOT r.with_grants)
        )
    WHERE w.beneficiary = r.account OR COALESCE(h.human, w.beneficiary) = r.owner_human
    GROUP BY r.number
),
-- E: there again with no approval found by then. That it was given silently is unproven where requests or approvals have a gap
-- from the decision to then; a removal that did not hold needs no such proof.
silent AS (
    SELECT
        f.number AS number,
        f.code AS code,
        EXISTS (
            SELECT 1 FROM source_gap AS g
            WHERE g.table_name IN ('access_request', 'approval') AND g.system IN (f.system, '*')
                AND (g.starts_at IS NULL OR g.starts_at <= f.there_at)
                AND (g.ends_before IS NULL OR g.ends_before > f.decided_at)
        ) AS unproven
    FROM (
        SELECT
            r.number AS number,
            r.system AS system,
            r.decided_at AS decided_at,
            GREATEST(s.seen_at_latest, n.surely_given_at) AS there_at,
            CASE
                WHEN s.in_first = 1 AND n.surely_given_at IS NULL
                    AND (y.approved_at IS NULL OR y.approved_at > s.seen_at_latest)
                    THEN '11 exception:still_present'
                WHEN n.surely_given_at IS NOT NULL AND (y.approved_at IS NULL OR y.approved_at > n.surely_given_at)
                    THEN '12 exception:regranted'
                WHEN s.seen_at IS NOT NULL AND (y.approved_at IS NULL OR y.approved_at > s.seen_at_latest)
                    THEN '12 exception:regranted'
            END AS code
        FROM removal AS r
        LEFT JOIN seen AS s ON s.number = r.number
        LEFT JOIN again AS n ON n.number = r.number
        LEFT JOIN approved_again AS y ON y.number = r.number
    ) AS f
),
removal_code AS (
    SELECT
        r.item AS item,
        r.account AS account,
        r.right_id AS right_id,
        CASE
            WHEN r.conflicted THEN '30 cannot_test:conflict'
            WHEN r.decided_at IS NULL THEN '31 cannot_test:no_decision_time'
            WHEN r.executed_at IS NULL AND q.extracted_at < r.due_latest THEN '51 cannot_test:pending'
            WHEN r.executed_at IS NULL AND g.of_removal = 1 THEN '32 cannot_test:source_gap'
            WHEN r.executed_at IS NULL AND r.in_log THEN '33 cannot_test:time_order_unclear'
            WHEN r.executed_at IS NULL THEN '10 exception:revoke_not_executed'
            WHEN i.unproven AND i.code = '12 exception:regranted' THEN '32 cannot_test:source_gap'
            WHEN i.code IS NOT NULL THEN i.code
            WHEN r.executed_at >= r.due_latest THEN '13 exception:revoke_late'
            WHEN r.executed_at_latest >= r.due THEN '33 cannot_test:time_order_unclear'
            WHEN n.given_at IS NOT NULL AND (y.approved_at IS NULL OR y.approved_at_latest > n.given_at)
                THEN '33 cannot_test:time_order_unclear'
            WHEN y.approved_at_latest > s.seen_at THEN '33 cannot_test:time_order_unclear'
            WHEN s.told = 0 THEN '32 cannot_test:source_gap'
            WHEN s.number IS NULL THEN '50 cannot_test:pending'
            ELSE '90 pass'
        END AS code
    FROM removal AS r
    CROSS JOIN parameter AS q
    LEFT JOIN gap AS g ON g.item = r.item
    LEFT JOIN seen AS s ON s.number = r.number
    LEFT JOIN again AS n ON n.number = r.number
    LEFT JOIN approved_again AS y ON y.number = r.number
    LEFT JOIN silent AS i ON i.number = r.number
),
-- E: an exception, or one code, however a pair is read decides it; else the records in conflict do.
removal_worst AS (
    SELECT
        c.item AS item,
        CASE
            WHEN MAX(c.code) < '20' OR MIN(c.code) = MAX(c.code) THEN MIN(c.code)
            ELSE '30 cannot_test:conflict'
        END AS code
    FROM removal_code AS c
    GROUP BY c.item, c.account, c.right_id
),
removals AS (
    SELECT c.item AS item, SUBSTRING(MIN(c.code), 4) AS code FROM removal_worst AS c GROUP BY c.item
),
-- F: a recorded look at the use of access judged wrong, back to the last completed review that found it good.
last_good AS (
    SELECT
        w.item AS item,
        w.account AS account,
        w.right_id AS right_id,
        MAX(CASE WHEN NOT r.conflicted AND NOT e.conflicted THEN e.completed_at END) AS good_at,
        MAX(e.completed_at) AS perhaps_good_at
    FROM wrong AS w
    JOIN review_item AS r ON r.account = w.account AND r.right_id = w.right_id AND (r.decision = 'approve' OR r.conflicted)
    JOIN campaign AS e ON e.id = r.campaign AND e.system = w.system AND e.completed_at < w.campaign_started_at
    GROUP BY w.item, w.account, w.right_id
),
look AS (
    SELECT
        w.item AS item,
        w.account AS account,
        w.right_id AS right_id,
        MIN(CASE
            WHEN v.conflicted THEN '30 cannot_test:conflict'
            WHEN COALESCE(h.human, v.reviewed_by) = w.owner_human THEN '12 exception:looked_at_own_use'
            WHEN v.looked_from IS NULL THEN '31 cannot_test:look_start_unknown'
            WHEN v.looked_from > g.perhaps_good_at AND g.good_at IS NOT NULL THEN '11 exception:look_too_short'
            WHEN v.looked_from > COALESCE(g.good_at, g.perhaps_good_at) THEN '30 cannot_test:conflict'
            ELSE '00 pass'
        END) AS code
    FROM wrong AS w
    JOIN impact_review AS v ON v.campaign = w.campaign AND v.account = w.account AND v.right_id = w.right_id
    LEFT JOIN same_human AS h ON h.person = v.reviewed_by
    LEFT JOIN last_good AS g ON g.item = w.item AND g.account = w.account AND g.right_id = w.right_id
    GROUP BY w.item, w.account, w.right_id
),
look_code AS (
    SELECT
        w.item AS item,
        CASE
            WHEN w.conflicted THEN '30 cannot_test:conflict'
            WHEN k.code = '00 pass' THEN '90 pass'
            WHEN k.code IS NOT NULL THEN k.code
            WHEN q.extracted_at < w.due_latest THEN '50 cannot_test:pending'
            WHEN g.of_look = 1 THEN '32 cannot_test:source_gap'
            ELSE '10 exception:impact_not_judged'
        END AS code
    FROM wrong AS w
    CROSS JOIN parameter AS q
    LEFT JOIN look AS k ON k.item = w.item AND k.account = w.account AND k.right_id = w.right_id
    LEFT JOIN gap AS g ON g.item = w.item
),
looks AS (
    SELECT c.item AS item, SUBSTRING(MIN(c.code), 4) AS code FROM look_code AS c GROUP BY c.item
),
-- G: no decision before the snapshot, none after completion. The decision that completes a campaign may carry its time.
order_code AS (
    SELECT
        l.item AS item,
        CASE
            WHEN l.conflicted THEN '30 cannot_test:conflict'
            WHEN l.decided_at_latest < h.taken_at THEN '10 exception:decided_before_snapshot'
            WHEN l.decided_at > h.completed_at_latest THEN '11 exception:decided_after_completion'
            WHEN l.decided_at IS NULL THEN '31 cannot_test:no_decision_time'
            WHEN h.taken_at IS NULL THEN '32 cannot_test:no_snapshot'
            WHEN h.running THEN '50 cannot_test:pending'
            WHEN h.completed_at IS NULL THEN '51 cannot_test:not_completed'
            WHEN q.day_grained THEN '90 pass'
            WHEN l.decided_at < h.taken_at_latest THEN '33 cannot_test:time_order_unclear'
            WHEN l.decided_at_latest > h.completed_at THEN '33 cannot_test:time_order_unclear'
            ELSE '90 pass'
        END AS code
    FROM line AS l
    CROSS JOIN parameter AS q
    JOIN held AS h ON h.item = l.item
    WHERE l.decision IS NOT NULL
),
orders AS (
    SELECT c.item AS item, SUBSTRING(MIN(c.code), 4) AS code FROM order_code AS c GROUP BY c.item
),
-- B to G where there is nothing to judge: no campaign yet, none at all, or records that contradict each other.
nothing AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted OR h.conflicted THEN 'cannot_test:conflict'
            WHEN h.item IS NOT NULL THEN NULL
            WHEN q.extracted_at < p.due_at + q.grace_days * INTERVAL '1' DAY THEN 'cannot_test:pending'
            WHEN g.of_campaign = 1 THEN 'cannot_test:source_gap'
            ELSE 'na:no_campaign'
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN held AS h ON h.item = p.item
    LEFT JOIN gap AS g ON g.item = p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.conflicted OR h.conflicted THEN 'cannot_test:conflict'
        WHEN h.completed_at_latest < h.deadline THEN 'pass'
        WHEN q.extracted_at < p.due_at + q.grace_days * INTERVAL '1' DAY THEN 'cannot_test:pending'
        WHEN h.completed_at >= h.deadline THEN 'exception:late'
        WHEN h.completed_at IS NOT NULL THEN 'cannot_test:time_order_unclear'
        WHEN h.item IS NOT NULL THEN 'exception:not_completed'
        WHEN g.of_campaign = 1 THEN 'cannot_test:source_gap'
        ELSE 'exception:absent'
    END AS a,
    CASE
        WHEN n.code IS NOT NULL THEN n.code
        WHEN h.age = 'missing' AND g.of_snapshot = 1 THEN 'cannot_test:source_gap'
        WHEN h.age = 'missing' THEN 'cannot_test:no_snapshot'
        WHEN h.origin <> 'system' THEN 'exception:not_from_system'
        WHEN h.snapshot_system <> h.system THEN 'exception:other_system'
        WHEN h.age = 'old' THEN 'exception:snapshot_too_old'
        WHEN h.running AND (m.pairs > 0 OR x.pairs > 0) THEN 'cannot_test:pending'
        WHEN m.pairs > 0 AND COALESCE(g.of_pair, 0) = 0 THEN 'exception:missing_pair'
        WHEN x.pairs > 0 AND COALESCE(g.of_snapshot, 0) = 0 THEN 'exception:extra_pair'
        WHEN t.hidden = 1 THEN 'exception:nested_hidden'
        WHEN m.pairs > 0 OR g.of_snapshot = 1 THEN 'cannot_test:source_gap'
        WHEN NOT h.expands_nested AND t.item IS NULL THEN 'cannot_test:nested_unknown'
        WHEN h.age = 'unclear' THEN 'cannot_test:time_order_unclear'
        ELSE 'pass'
    END AS b,
    COALESCE(n.code, r.code, 'na:nothing_decided') AS c,
    CASE
        WHEN n.code IS NOT NULL THEN n.code
        WHEN d.undecided = 1 AND h.running THEN 'cannot_test:pending'
        WHEN d.undecided = 1 THEN 'exception:undecided'
        WHEN d.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN d.item IS NULL AND h.running THEN 'cannot_test:pending'
        WHEN d.item IS NULL THEN 'na:no_items'
        ELSE 'pass'
    END AS d,
    CASE
        WHEN n.code IS NOT NULL THEN n.code
        WHEN h.running AND (e.code IS NULL OR e.code = 'pass') THEN 'cannot_test:pending'
        WHEN d.conflicted = 1 AND (e.code IS NULL OR e.code = 'pass') THEN 'cannot_test:conflict'
        ELSE COALESCE(e.code, 'na:nothing_revoked')
    END AS e,
    CASE
        WHEN n.code IS NOT NULL THEN n.code
        WHEN h.running AND (f.code IS NULL OR f.code = 'pass') THEN 'cannot_test:pending'
        WHEN d.conflicted = 1 AND (f.code IS NULL OR f.code = 'pass') THEN 'cannot_test:conflict'
        ELSE COALESCE(f.code, 'na:nothing_revoked')
    END AS f,
    COALESCE(n.code, o.code, 'na:nothing_decided') AS g
FROM population AS p
CROSS JOIN parameter AS q
JOIN nothing AS n ON n.item = p.item
LEFT JOIN held AS h ON h.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
LEFT JOIN missing AS m ON m.item = p.item
LEFT JOIN extra AS x ON x.item = p.item
LEFT JOIN nested AS t ON t.item = p.item
LEFT JOIN reviewers AS r ON r.item = p.item
LEFT JOIN decided AS d ON d.item = p.item
LEFT JOIN removals AS e ON e.item = p.item
LEFT JOIN looks AS f ON f.item = p.item
LEFT JOIN orders AS o ON o.item = p.item
