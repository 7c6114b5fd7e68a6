-- T-10: each change in each production deployment was authorised, tested and approved before release (audit-domain 4.2).
-- Reads the population change_item and the steps change_approval, change_contributor, change_ticket,
-- ticket_authorisation, ticket_put_back, change_emergency, same_human and superior. A rank orders what was found: the highest decides.
WITH emergency AS (
    -- Items on the emergency route (T-12). Only a flag that was not surely set after the release opens that route: one set
    -- later leaves the normal rules in force.
    SELECT e.item_no AS item_no
    FROM change_emergency AS e
    JOIN population AS p ON p.item_no = e.item_no
    WHERE CASE WHEN e.cleared OR e.flagged_at > p.started_at_latest THEN false ELSE true END
),
gap AS (
    -- Tables whose completeness is not proven for some time between the first trace of the change and its release.
    SELECT
        u.item_no AS item_no,
        MAX(CASE WHEN g.table_name IN ('ticket', 'ticket_event', 'approval') THEN 1 ELSE 0 END) AS of_ticket,
        MAX(CASE WHEN g.table_name IN ('pull_request', 'code_commit') THEN 1 ELSE 0 END) AS of_change,
        MAX(CASE WHEN g.table_name = 'review' THEN 1 ELSE 0 END) AS of_review,
        MAX(CASE WHEN g.table_name = 'check_run' THEN 1 ELSE 0 END) AS of_check,
        MAX(CASE WHEN g.table_name = 'artefact' THEN 1 ELSE 0 END) AS of_artefact
    FROM population AS u
    JOIN source_gap AS g
        ON (g.system = u.system OR g.system = '*')
        AND (g.starts_at IS NULL OR u.started_at IS NULL OR g.starts_at <= u.started_at_latest)
        AND (g.ends_before IS NULL OR u.begins_at IS NULL OR g.ends_before > u.begins_at)
    GROUP BY u.item_no
),
declared AS (
    -- A: a company that describes no type of ticket at all lets every type authorise a change.
    SELECT COUNT(*) AS types FROM change_type AS c
),
authorisation AS (
    -- A and F: the authorising events of each ticket named, against the start of this release alone.
    SELECT
        u.item_no AS item_no,
        t.ticket AS ticket,
        t.type AS type,
        a.authorised_at AS authorised_at,
        a.authorised_at_latest AS authorised_at_latest,
        a.txn AS txn,
        CASE
            WHEN NOT t.known THEN 10
            WHEN t.conflicted THEN 79
            WHEN t.is_change IS NULL AND d.types > 0 THEN 77
            WHEN NOT t.is_change THEN 20
            WHEN a.ticket IS NULL THEN 30
            WHEN a.conflicted THEN 79
            WHEN a.migrated THEN 80
            WHEN a.authorised_at > u.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 40
            WHEN a.ended_at_latest <= u.started_at THEN 35
            WHEN a.ended_at <= u.started_at_latest THEN 78
            WHEN a.doubt_at <= u.started_at_latest THEN 79
            WHEN a.authorised_at_latest < u.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 90
            WHEN q.day_grained THEN 90
            ELSE 78
        END AS rank
    FROM population AS u
    CROSS JOIN parameter AS q
    CROSS JOIN declared AS d
    JOIN change_ticket AS t ON t.item_no = u.item_no
    LEFT JOIN ticket_authorisation AS a ON a.ticket = t.ticket
),
authorised AS (
    SELECT a.item_no AS item_no, MAX(a.rank) AS rank FROM authorisation AS a GROUP BY a.item_no
),
ticket_gap AS (
    -- A: items without authorisation of which a ticket may have been raised, or authorised, in a gap. A ticket is older than
    -- the change: its history counts from its creation, and one that is not known may have been raised at any time.
    SELECT DISTINCT u.item_no AS item_no
    FROM authorised AS a
    JOIN population AS u ON u.item_no = a.item_no
    JOIN change_ticket AS t ON t.item_no = a.item_no
    JOIN source_gap AS g
        ON (g.system = u.system OR g.system = '*')
        AND (g.starts_at IS NULL OR g.starts_at <= u.started_at_latest)
        AND (
            (NOT t.known AND g.table_name = 'ticket')
            OR (
                t.known AND COALESCE(t.is_change, true) AND g.table_name IN ('ticket_event', 'approval')
                AND (t.created_at IS NULL OR g.ends_before > t.created_at)
            )
        )
    WHERE a.rank < 77
),
shared_tree AS (
    -- B, E: content that several commits of a repository have.
    SELECT c.repository AS repository, c.tree_sha AS tree_sha
    FROM code_commit AS c
    WHERE c.tree_sha IS NOT NULL
    GROUP BY c.repository, c.tree_sha
    HAVING COUNT(*) > 1
),
same_tree AS (
    -- B, E: the commits of such content.
    SELECT DISTINCT c.repository AS repository, c.sha AS sha, c.tree_sha AS tree_sha
    FROM shared_tree AS s
    JOIN code_commit AS c ON c.repository = s.repository AND c.tree_sha = s.tree_sha
),
content AS (
    -- B: commits whose content is exactly what was deployed: the deployed commit, and commits with an equal tree.
    SELECT
        u.item_no AS item_no, u.repository AS repository, u.deployed_sha AS sha,
        u.started_at AS started_at, u.started_at_latest AS started_at_latest
    FROM population AS u
    UNION ALL
    SELECT
        u.item_no AS item_no, u.repository AS repository, o.sha AS sha,
        u.started_at AS started_at, u.started_at_latest AS started_at_latest
    FROM population AS u
    JOIN same_tree AS c ON c.repository = u.repository AND c.sha = u.deployed_sha
    JOIN same_tree AS o ON o.repository = c.repository AND o.tree_sha = c.tree_sha AND o.sha <> c.sha
),
content_run AS (
    -- B: every run of a check on that content, against the start. A run without a conclusion has not finished.
    SELECT
        n.item_no AS item_no,
        c.name AS name,
        CASE
            WHEN c.conflicted THEN 95
            WHEN c.conclusion = 'success' THEN 94
            WHEN c.conclusion IN ('skipped', 'neutral') THEN 93
            ELSE 92
        END AS result,
        CASE
            WHEN c.conclusion IS NULL AND NOT c.conflicted THEN 'unfinished'
            WHEN c.completed_at_latest < n.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'before'
            WHEN c.completed_at > n.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'after'
            WHEN c.completed_at IS NULL THEN 'unknown'
            ELSE 'unclear'
        END AS came,
        c.completed_at AS completed_at,
        c.completed_at_latest AS completed_at_latest
    FROM content AS n
    CROSS JOIN parameter AS q
    JOIN check_run AS c ON c.sha = n.sha AND COALESCE(c.repository, n.repository) = n.repository
),
asked_for AS (
    -- B: the checks that the scope files name for a system, and when.
    SELECT DISTINCT s.system AS system, r.name AS name, r.valid_from AS valid_from, r.valid_to AS valid_to
    FROM (SELECT DISTINCT u.system AS system FROM population AS u) AS s
    JOIN check_requirement AS r ON r.scope = s.system OR r.scope = '*'
),
nothing_asked AS (
    -- B: systems for which no check was ever named.
    SELECT DISTINCT u.system AS system
    FROM population AS u
    LEFT JOIN asked_for AS r ON r.system = u.system
    WHERE r.system IS NULL
),
asked AS (
    -- B: the checks asked for when the release started.
    SELECT u.item_no AS item_no, r.name AS name
    FROM population AS u
    JOIN asked_for AS r
        ON r.system = u.system
        AND COALESCE(r.valid_from, u.started_at) <= u.started_at
        AND u.started_at < COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00')
),
plain AS (
    -- B: an item passes where each check asked for ran, and all of its runs surely succeeded before the start. All other
    -- items (closer = 1) are looked at check by check.
    SELECT
        a.item_no AS item_no,
        MAX(CASE WHEN c.came = 'before' AND c.result = 94 THEN 0 ELSE 1 END) AS closer
    FROM asked AS a
    LEFT JOIN content_run AS c ON c.item_no = a.item_no AND c.name = a.name
    GROUP BY a.item_no
),
required AS (
    -- B: the checks to look at. Where none was ever named for the system, each one seen.
    SELECT a.item_no AS item_no, a.name AS name, 0 AS assumed
    FROM plain AS p
    JOIN asked AS a ON a.item_no = p.item_no
    WHERE p.closer = 1
    UNION ALL
    SELECT DISTINCT c.item_no AS item_no, c.name AS name, 1 AS assumed
    FROM nothing_asked AS n
    CROSS JOIN parameter AS q
    JOIN population AS u ON u.system = n.system
    JOIN content_run AS c ON c.item_no = u.item_no
    WHERE q.seen_tests_where_none_named
),
run AS (
    -- B: the runs of required checks; a check without any stands here once.
    SELECT
        r.item_no AS item_no, r.name AS name, r.assumed AS assumed,
        c.result AS result, c.came AS came,
        c.completed_at AS completed_at, c.completed_at_latest AS completed_at_latest
    FROM required AS r
    LEFT JOIN content_run AS c ON c.item_no = r.item_no AND c.name = r.name
),
result AS (
    -- B: what the runs before the start say, or that may be before it; a run without a time may be as well.
    SELECT
        r.item_no AS item_no,
        r.name AS name,
        MAX(r.assumed) AS assumed,
        MAX(CASE WHEN r.came = 'before' THEN 1 ELSE 0 END) AS is_before,
        MAX(CASE WHEN r.came = 'unclear' THEN 1 ELSE 0 END) AS is_unclear,
        MAX(CASE WHEN r.came = 'unknown' THEN 1 ELSE 0 END) AS is_unknown,
        MAX(CASE WHEN r.came = 'before' THEN r.completed_at END) AS last_before,
        MAX(CASE WHEN r.came = 'after' THEN r.completed_at END) AS last_after,
        MIN(CASE WHEN r.came IN ('before', 'unclear') THEN r.result END) AS worst,
        MAX(CASE WHEN r.came IN ('before', 'unclear') THEN r.result END) AS best,
        MIN(CASE WHEN r.came = 'unknown' THEN r.result END) AS worst_timeless,
        MAX(CASE WHEN r.came = 'unknown' THEN r.result END) AS best_timeless
    FROM run AS r
    GROUP BY r.item_no, r.name
),
last_result AS (
    -- B: where these differ, what those say that may be the last one before the start.
    SELECT r.item_no AS item_no, r.name AS name, MIN(r.result) AS worst, MAX(r.result) AS best
    FROM result AS t
    JOIN run AS r ON r.item_no = t.item_no AND r.name = t.name AND r.completed_at_latest >= t.last_before
    WHERE t.worst < t.best AND r.came IN ('before', 'unclear')
    GROUP BY r.item_no, r.name
),
good_after AS (
    -- B: checks of which every run that finished last after the start succeeded.
    SELECT r.item_no AS item_no, r.name AS name, MIN(r.result) AS worst, MAX(r.result) AS best
    FROM run AS r
    JOIN result AS t ON t.item_no = r.item_no AND t.name = r.name AND t.last_after <= r.completed_at_latest
    WHERE r.came = 'after'
    GROUP BY r.item_no, r.name
),
checked AS (
    -- B: 92 to 95 are the results of a run; 49, 50 and 95 cannot be tested.
    SELECT
        t.item_no AS item_no,
        t.name AS name,
        t.assumed AS assumed,
        CASE
            WHEN l.worst < l.best AND l.best = 95 THEN 95
            WHEN l.worst < l.best THEN 50
            WHEN t.is_before = 1 AND (
                t.worst_timeless <> COALESCE(l.best, t.best) OR t.best_timeless <> COALESCE(l.best, t.best)
            ) THEN 49
            WHEN t.is_before = 1 THEN COALESCE(l.best, t.best)
            WHEN t.is_unclear = 1 THEN 50
            WHEN t.is_unknown = 1 THEN 49
            WHEN a.worst = 94 AND a.best = 94 AND m.item_no IS NOT NULL AND q.tests_may_follow_emergency THEN 48
            WHEN t.last_after IS NOT NULL THEN 20
            ELSE 10
        END AS rank
    FROM result AS t
    CROSS JOIN parameter AS q
    LEFT JOIN last_result AS l ON l.item_no = t.item_no AND l.name = t.name
    LEFT JOIN good_after AS a ON a.item_no = t.item_no AND a.name = t.name
    LEFT JOIN emergency AS m ON m.item_no = t.item_no
),
tested AS (
    SELECT
        c.item_no AS item_no,
        MAX(c.assumed) AS assumed,
        COUNT(*) AS names,
        SUM(CASE WHEN c.rank IN (94, 48) THEN 1 ELSE 0 END) AS succeeded,
        MAX(CASE WHEN c.rank = 92 THEN 1 ELSE 0 END) AS failed,
        MAX(CASE WHEN c.rank = 93 THEN 1 ELSE 0 END) AS skipped,
        MAX(CASE WHEN c.rank = 20 THEN 1 ELSE 0 END) AS late,
        MAX(CASE WHEN c.rank = 10 THEN 1 ELSE 0 END) AS missing,
        MAX(CASE WHEN c.rank = 95 THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE WHEN c.rank = 49 THEN 1 ELSE 0 END) AS without_time,
        MAX(CASE WHEN c.rank = 50 THEN 1 ELSE 0 END) AS unclear
    FROM checked AS c
    GROUP BY c.item_no
),
deployer AS (
    -- H: the human who released. A pipeline agreed with the auditor is nobody; so is a bot with no person behind it, or a
    -- pipeline of which no account is named. Without an agreement, whoever the log names started the pipeline.
    SELECT
        u.item_no AS item_no,
        u.started_at AS started_at,
        u.started_at_latest AS started_at_latest,
        CASE WHEN u.by_pipeline AND g.item_no IS NOT NULL THEN NULL ELSE COALESCE(h.human, i.person) END AS human,
        CASE
            WHEN i.person IS NOT NULL OR i.state = 'bot' THEN false
            WHEN u.by_pipeline AND (u.actor IS NULL OR g.item_no IS NOT NULL) THEN false
            ELSE true
        END AS unlinked
    FROM population AS u
    LEFT JOIN (
        SELECT DISTINCT v.item_no AS item_no
        FROM population AS v
        JOIN pipeline_agreement AS a
            ON a.system = v.system
            AND COALESCE(a.valid_from, a.agreed_at_latest) <= v.started_at
            AND v.started_at < COALESCE(a.valid_to, TIMESTAMP '9999-12-31 00:00:00')
    ) AS g ON g.item_no = u.item_no
    LEFT JOIN identity AS i
        ON i.account = u.actor AND i.valid_from <= u.started_at AND u.started_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
subordinate AS (
    -- H: approvers who report to an author or co-author of the change at the time of their approval.
    SELECT DISTINCT a.item_no AS item_no, a.table_name AS table_name, a.id AS id
    FROM change_approval AS a
    JOIN superior AS s ON s.human = a.human AND s.valid_from <= a.approved_at AND a.approved_at < s.valid_to
    JOIN change_contributor AS c
        ON c.item_no = a.item_no AND c.human = s.superior AND c.role IN ('author', 'coauthor', 'opener')
),
approval_fact AS (
    -- C, D, G, H: each approval for release, with its order against the start and whether it was live then.
    SELECT
        a.item_no AS item_no,
        COALESCE(a.human, a.account) AS hand,
        a.authority AS authority,
        a.content AS content,
        a.independence AS independence,
        a.conflicted AS conflicted,
        a.basis AS basis,
        a.ended_by AS ended_by,
        CASE
            WHEN a.approved_at_latest < d.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'before'
            WHEN a.approved_at > d.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 'after'
            WHEN q.day_grained THEN 'before'
            ELSE 'unclear'
        END AS came,
        CASE
            WHEN a.conflicted THEN 'yes'
            WHEN a.ended_at_latest <= d.started_at THEN 'no'
            WHEN a.doubt_at <= d.started_at_latest THEN 'doubt'
            WHEN a.ended_unknown THEN 'unknown'
            WHEN a.ended_at <= d.started_at_latest THEN 'unclear'
            ELSE 'yes'
        END AS live,
        CASE WHEN d.human = a.human THEN 1 ELSE 0 END AS is_deployer,
        CASE WHEN d.unlinked THEN 1 ELSE 0 END AS deployer_unlinked,
        CASE WHEN s.id IS NULL THEN 0 ELSE 1 END AS is_subordinate
    FROM deployer AS d
    CROSS JOIN parameter AS q
    JOIN change_approval AS a ON a.item_no = d.item_no AND a.duty = 'release'
    LEFT JOIN subordinate AS s ON s.item_no = d.item_no AND s.table_name = a.table_name AND s.id = a.id
),
approval_rank AS (
    -- C: 90 counts; 60 to 79 may count; below 50 does not count.
    SELECT
        f.item_no AS item_no,
        f.hand AS hand,
        f.came AS came,
        CASE
            WHEN f.conflicted THEN 79
            WHEN f.independence = 'bot' THEN 15
            WHEN f.independence = 'contributor' THEN 30
            WHEN f.content = 'stale' THEN 35
            WHEN f.authority = 'none' THEN 33
            WHEN f.independence = 'unlinked' THEN 78
            WHEN f.independence = 'shared' THEN 77
            WHEN f.independence = 'contributor_unlinked' THEN 76
            WHEN f.independence = 'no_contributor' THEN 75
            WHEN f.content = 'unknown' THEN 74
            WHEN f.authority = 'unclear' OR (f.authority = 'title_unclear' AND q.allow_role_title) THEN 73
            WHEN f.authority IN ('no_roster', 'title_unclear') OR (f.authority = 'title' AND NOT q.allow_role_title) THEN 72
            WHEN f.basis = 'trailer' AND NOT q.accept_review_trailers THEN 71
            ELSE 90
        END AS fact,
        CASE
            WHEN f.came = 'after' THEN 20
            WHEN f.live = 'no' AND f.ended_by = 'changes_requested' THEN 40
            WHEN f.live = 'no' THEN 25
            WHEN f.live = 'doubt' THEN 79
            WHEN f.came = 'unclear' OR f.live = 'unclear' THEN 73
            WHEN f.live = 'unknown' THEN 70
            ELSE 90
        END AS in_force,
        CASE
            WHEN f.authority = 'roster' THEN 90
            WHEN f.authority = 'unlinked' THEN 78
            WHEN f.authority = 'unclear' THEN 73
            WHEN f.authority = 'none' THEN 33
            ELSE 72
        END AS by_roster,
        CASE
            WHEN f.is_deployer = 1 THEN 30
            WHEN f.is_subordinate = 1 AND q.subordinate = 'exception' THEN 31
            WHEN f.is_subordinate = 1 THEN 71
            WHEN f.authority = 'unlinked' THEN 78
            WHEN f.deployer_unlinked = 1 THEN 77
            ELSE 90
        END AS apart
    FROM approval_fact AS f
    CROSS JOIN parameter AS q
),
approved_plainly AS (
    -- C, D, G, H: where one approval is enough, an item passes with one that nothing speaks against. All other items
    -- (closer = 1) are looked at person by person.
    SELECT
        r.item_no AS item_no,
        MIN(
            CASE
                WHEN r.fact = 90 AND r.in_force = 90 AND r.by_roster = 90 AND r.apart = 90 AND q.approvals_needed <= 1
                    THEN 0
                ELSE 1
            END
        ) AS closer
    FROM approval_rank AS r
    CROSS JOIN parameter AS q
    GROUP BY r.item_no
),
hand_rank AS (
    -- One line per human: the best of that human's approvals counts once.
    SELECT
        r.item_no AS item_no,
        r.hand AS hand,
        MAX(LEAST(r.fact, r.in_force)) AS counts,
        MAX(CASE WHEN r.fact < 50 THEN 0 WHEN r.came = 'before' THEN 90 WHEN r.came = 'unclear' THEN 73 ELSE 20 END) AS timely,
        MAX(
            CASE
                WHEN r.in_force < 50 OR (r.fact < 50 AND r.fact <> 33) THEN 0
                ELSE LEAST(r.by_roster, CASE WHEN r.in_force < 90 THEN r.in_force ELSE 90 END)
            END
        ) AS by_roster,
        MAX(CASE WHEN LEAST(r.fact, r.in_force) < 50 THEN 0 ELSE r.apart END) AS apart
    FROM approved_plainly AS o
    JOIN approval_rank AS r ON r.item_no = o.item_no
    WHERE o.closer = 1
    GROUP BY r.item_no, r.hand
),
approved AS (
    SELECT
        h.item_no AS item_no,
        COUNT(*) AS hands,
        SUM(CASE WHEN h.counts = 90 THEN 1 ELSE 0 END) AS sure,
        SUM(CASE WHEN h.counts >= 50 THEN 1 ELSE 0 END) AS possible,
        MAX(CASE WHEN h.counts < 90 THEN h.counts ELSE 0 END) AS best,
        SUM(CASE WHEN h.timely = 90 THEN 1 ELSE 0 END) AS in_time,
        SUM(CASE WHEN h.timely >= 50 THEN 1 ELSE 0 END) AS maybe_in_time,
        SUM(CASE WHEN h.timely >= 20 THEN 1 ELSE 0 END) AS at_any_time,
        SUM(CASE WHEN h.by_roster = 90 THEN 1 ELSE 0 END) AS rostered,
        SUM(CASE WHEN h.by_roster >= 50 THEN 1 ELSE 0 END) AS maybe_rostered,
        MAX(CASE WHEN h.by_roster < 90 THEN h.by_roster ELSE 0 END) AS best_rostered,
        MAX(CASE WHEN h.by_roster = 33 THEN 1 ELSE 0 END) AS without_authority,
        SUM(CASE WHEN h.apart = 90 THEN 1 ELSE 0 END) AS apart,
        SUM(CASE WHEN h.apart >= 50 THEN 1 ELSE 0 END) AS maybe_apart,
        MAX(CASE WHEN h.apart < 90 THEN h.apart ELSE 0 END) AS best_apart,
        MAX(CASE WHEN h.apart < 50 THEN h.apart ELSE 0 END) AS not_apart
    FROM hand_rank AS h
    GROUP BY h.item_no
),
carried AS (
    -- E: whether the content that was to be approved is in the deployment: the head, its merge, or an equal tree.
    SELECT u.item_no AS item_no
    FROM population AS u
    JOIN change_set AS s ON s.deployment = u.deployment AND s.repository = u.repository
    WHERE s.sha = u.final_sha OR s.sha = u.merge_sha
    UNION
    SELECT u.item_no AS item_no
    FROM population AS u
    JOIN same_tree AS f ON f.repository = u.repository AND f.sha = u.final_sha
    JOIN same_tree AS c ON c.repository = f.repository AND c.tree_sha = f.tree_sha
    JOIN change_set AS s ON s.deployment = u.deployment AND s.repository = c.repository AND s.sha = c.sha
),
built AS (
    -- E: the commit that the deployed artefact was built from, against the commit that the deployer named.
    SELECT
        u.item_no AS item_no,
        a.conflicted AS conflicted,
        CASE WHEN a.commit_sha = u.deployed_sha OR o.tree_sha = c.tree_sha THEN 1 ELSE 0 END AS same
    FROM population AS u
    JOIN artefact AS a ON a.digest = u.digest
    LEFT JOIN code_commit AS o ON o.repository = u.repository AND o.sha = a.commit_sha
    LEFT JOIN code_commit AS c ON c.repository = u.repository AND c.sha = u.deployed_sha
),
material_field AS (
    -- F: the fields in the history that are material for some type of ticket, or by the parameter.
    SELECT f.field AS field
    FROM (SELECT DISTINCT e.field AS field FROM ticket_event AS e) AS f
    CROSS JOIN parameter AS q
    LEFT JOIN (SELECT DISTINCT LOWER(n.value) AS field FROM change_type__material_fields AS n) AS m
        ON m.field = f.field
    WHERE m.field IS NOT NULL OR ';' || LOWER(q.material_fields) || ';' LIKE '%;' || f.field || ';%'
),
material_event AS (
    -- F: edits of such fields.
    SELECT
        e.ticket AS ticket, e.field AS field, e.old_value AS old_value, e.new_value AS new_value,
        e.occurred_at AS occurred_at, e.occurred_at_latest AS occurred_at_latest, e.txn AS txn, e.conflicted AS conflicted
    FROM ticket_event AS e
    JOIN material_field AS f ON f.field = e.field
),
last_authorised AS (
    -- F: the last authorisation in force before the release, per ticket with such edits.
    SELECT
        a.item_no AS item_no,
        a.ticket AS ticket,
        MAX(a.type) AS type,
        MAX(a.authorised_at) AS authorised_at,
        MAX(a.authorised_at_latest) AS authorised_at_latest
    FROM (SELECT DISTINCT e.ticket AS ticket FROM material_event AS e) AS m
    JOIN authorisation AS a ON a.ticket = m.ticket
    WHERE a.rank = 90
    GROUP BY a.item_no, a.ticket
),
edit AS (
    -- F: edits of material fields after it and up to the release. Case, blanks and punctuation alone are typing: rank 0.
    -- An edit in the save that authorised is part of what was authorised.
    SELECT
        l.item_no AS item_no,
        CASE
            WHEN e.conflicted THEN 50
            WHEN LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
                COALESCE(e.old_value, ''), ' ', ''), '.', ''), ',', ''), '-', ''), '''', ''))
                = LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(
                COALESCE(e.new_value, ''), ' ', ''), '.', ''), ',', ''), '-', ''), '''', '')) THEN 0
            WHEN e.occurred_at > l.authorised_at_latest AND e.occurred_at_latest < u.started_at THEN 90
            ELSE 40
        END AS rank
    FROM last_authorised AS l
    CROSS JOIN parameter AS q
    JOIN population AS u ON u.item_no = l.item_no
    JOIN material_event AS e ON e.ticket = l.ticket
    LEFT JOIN change_type__material_fields AS m ON m.id = l.type AND LOWER(m.value) = e.field
    LEFT JOIN (SELECT DISTINCT n.id AS id FROM change_type__material_fields AS n) AS k ON k.id = l.type
    WHERE (
        m.value IS NOT NULL
        OR (k.id IS NULL AND ';' || LOWER(q.material_fields) || ';' LIKE '%;' || e.field || ';%')
    )
    AND e.occurred_at_latest >= l.authorised_at
    AND e.occurred_at <= u.started_at_latest
    AND NOT EXISTS (
        SELECT 1
        FROM authorisation AS s
        WHERE s.item_no = l.item_no AND s.ticket = l.ticket AND s.authorised_at = l.authorised_at
            AND s.txn = e.txn
    )
),
unseen_edit AS (
    -- F: items of which a ticket may have been edited in a gap after its last authorisation, before the first trace of the change.
    SELECT DISTINCT l.item_no AS item_no
    FROM (
        SELECT a.item_no AS item_no, a.ticket AS ticket, MAX(g.ends_before) AS ends_before
        FROM authorisation AS a
        JOIN population AS u ON u.item_no = a.item_no
        JOIN source_gap AS g
            ON (g.system = u.system OR g.system = '*')
            AND g.table_name = 'ticket_event'
            AND (g.starts_at IS NULL OR g.starts_at <= u.started_at_latest)
            AND a.authorised_at < g.ends_before
            AND g.ends_before <= u.begins_at
        GROUP BY a.item_no, a.ticket
    ) AS l
    JOIN authorisation AS b ON b.item_no = l.item_no AND b.ticket = l.ticket AND b.rank = 90
    GROUP BY l.item_no, l.ticket, l.ends_before
    HAVING MAX(b.authorised_at) < l.ends_before
),
edited AS (
    SELECT e.item_no AS item_no, MAX(e.rank) AS rank FROM edit AS e GROUP BY e.item_no
),
functional AS (
    -- I: whether any of the change's tickets is of a functional type.
    SELECT
        t.item_no AS item_no,
        MAX(CASE WHEN t.functional AND NOT t.conflicted THEN 1 ELSE 0 END) AS is_functional,
        MAX(CASE WHEN t.conflicted OR t.type_unclear OR (t.is_change AND t.functional IS NULL) THEN 1 ELSE 0 END) AS is_unknown,
        MAX(CASE WHEN t.is_change THEN 1 ELSE 0 END) AS is_known
    FROM change_ticket AS t
    WHERE t.known
    GROUP BY t.item_no
),
uat AS (
    SELECT
        u.item_no AS item_no,
        u.system AS system,
        u.repository AS repository,
        u.pull_request AS pull_request,
        u.sha AS sha,
        u.started_at AS started_at,
        u.started_at_latest AS started_at_latest,
        a.id AS id,
        a.subject AS subject,
        a.approver AS account,
        a.decided_at AS decided_at,
        a.decided_at_latest AS decided_at_latest,
        a.withdrawn_at AS withdrawn_at,
        a.withdrawn_at_latest AS withdrawn_at_latest,
        a.conflicted AS conflicted,
        i.person AS person,
        COALESCE(h.human, i.person) AS human
    FROM population AS u
    JOIN change_ticket AS t ON t.item_no = u.item_no
    JOIN approval AS a ON a.subject = t.ticket AND a.duty = 'uat' AND (a.decision = 'approve' OR a.conflicted)
    LEFT JOIN identity AS i ON i.account = a.approver AND i.valid_from <= a.decided_at AND a.decided_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
taken_back AS (
    -- I: acceptances that the same human rejected afterwards, or whose ticket was put back, or perhaps: from when, and surely
    -- by when.
    SELECT
        b.item_no AS item_no,
        b.id AS id,
        MIN(CASE WHEN b.conflicted THEN NULL ELSE GREATEST(b.back_at, b.decided_at) END) AS ended_at,
        MIN(CASE WHEN b.back_at > b.decided_at_latest AND NOT b.conflicted THEN b.back_at_latest END) AS ended_at_latest,
        MIN(CASE WHEN b.conflicted THEN GREATEST(b.back_at, b.decided_at) END) AS doubt_at
    FROM (
        SELECT
            a.item_no AS item_no, a.id AS id, a.decided_at AS decided_at, a.decided_at_latest AS decided_at_latest,
            r.decided_at AS back_at, r.decided_at_latest AS back_at_latest, r.conflicted AS conflicted
        FROM uat AS a
        JOIN approval AS r
            ON r.subject = a.subject AND r.duty = 'uat' AND r.id <> a.id AND r.decided_at_latest >= a.decided_at
        LEFT JOIN identity AS i ON i.account = r.approver AND i.valid_from <= r.decided_at AND r.decided_at < i.valid_to
        LEFT JOIN same_human AS h ON h.person = i.person
        WHERE (r.decision = 'reject' OR r.conflicted)
            AND COALESCE(h.human, i.person, r.approver) = COALESCE(a.human, a.account)
        UNION ALL
        SELECT
            a.item_no AS item_no, a.id AS id, a.decided_at AS decided_at, a.decided_at_latest AS decided_at_latest,
            k.occurred_at AS back_at, k.occurred_at_latest AS back_at_latest, k.conflicted AS conflicted
        FROM uat AS a
        JOIN ticket_put_back AS k ON k.ticket = a.subject AND k.occurred_at_latest >= a.decided_at
    ) AS b
    GROUP BY b.item_no, b.id
),
business AS (
    -- I: acceptors on the roster for it, or working in a business unit at the time; perhaps, or surely (1).
    SELECT b.item_no AS item_no, b.id AS id, MAX(b.sure) AS sure
    FROM (
        SELECT
            a.item_no AS item_no, a.id AS id,
            CASE WHEN r.valid_from <= a.decided_at AND a.decided_at_latest < r.valid_to THEN 1 ELSE 0 END AS sure
        FROM uat AS a
        JOIN authority AS r ON r.person = a.person AND (r.scope = a.system OR r.scope = '*')
        WHERE r.duty = 'uat' AND r.valid_from <= a.decided_at_latest AND a.decided_at < r.valid_to_latest
        UNION ALL
        SELECT
            a.item_no AS item_no, a.id AS id,
            CASE
                WHEN COALESCE(j.valid_from, a.decided_at) <= a.decided_at
                    AND a.decided_at_latest < COALESCE(j.valid_to, TIMESTAMP '9999-12-31 00:00:00') THEN 1
                ELSE 0
            END AS sure
        FROM uat AS a
        CROSS JOIN parameter AS q
        JOIN job AS j ON j.person = a.person
        WHERE COALESCE(j.valid_from, a.decided_at) <= a.decided_at_latest
            AND a.decided_at < COALESCE(j.valid_to, TIMESTAMP '9999-12-31 00:00:00')
            AND ';' || LOWER(q.business_units) || ';' LIKE '%;' || LOWER(j.unit) || ';%'
    ) AS b
    GROUP BY b.item_no, b.id
),
maker AS (
    -- I: whether all who worked on an accepted change are known.
    SELECT
        c.item_no AS item_no,
        MAX(CASE WHEN c.state IN ('unlinked', 'ambiguous', 'shared') THEN 1 ELSE 0 END) AS somebody_unknown
    FROM (SELECT DISTINCT a.item_no AS item_no FROM uat AS a) AS n
    JOIN change_contributor AS c ON c.item_no = n.item_no
    GROUP BY c.item_no
),
trace AS (
    -- I: when each accepted change is known to have existed: its commits, and its pull request. A rebase makes a commit anew and keeps
    -- the time at which it was written. is_unseen: a commit, or its time, is not known, so that it may be older than all of these.
    SELECT n.item_no AS item_no, 0 AS is_unseen, r.created_at AS seen_at, r.created_at_latest AS seen_at_latest
    FROM (SELECT DISTINCT a.item_no AS item_no, a.pull_request AS pull_request FROM uat AS a) AS n
    JOIN pull_request AS r ON r.id = n.pull_request
    UNION ALL
    SELECT
        n.item_no AS item_no,
        CASE WHEN COALESCE(c.authored_at, c.committed_at, c.pushed_at) IS NULL THEN 1 ELSE 0 END AS is_unseen,
        LEAST(
            COALESCE(c.authored_at, c.committed_at, c.pushed_at), COALESCE(c.committed_at, c.pushed_at, c.authored_at),
            COALESCE(c.pushed_at, c.authored_at, c.committed_at)
        ) AS seen_at,
        LEAST(
            COALESCE(c.authored_at_latest, c.committed_at_latest, c.pushed_at_latest),
            COALESCE(c.committed_at_latest, c.pushed_at_latest, c.authored_at_latest),
            COALESCE(c.pushed_at_latest, c.authored_at_latest, c.committed_at_latest)
        ) AS seen_at_latest
    FROM (
        SELECT DISTINCT
            a.item_no AS item_no, a.repository AS repository, COALESCE(l.sha, a.sha) AS sha
        FROM uat AS a
        LEFT JOIN pull_request_commit AS l ON l.pull_request = a.pull_request
    ) AS n
    LEFT JOIN code_commit AS c ON c.repository = n.repository AND c.sha = n.sha
),
first_trace AS (
    SELECT t.item_no AS item_no, MIN(t.seen_at) AS seen_at, MIN(t.seen_at_latest) AS seen_at_latest
    FROM trace AS t
    GROUP BY t.item_no
    HAVING MAX(t.is_unseen) = 0
),
own_acceptance AS (
    -- I: acceptances by somebody who worked on the change, by the human or by the account.
    SELECT DISTINCT a.item_no AS item_no, a.id AS id
    FROM uat AS a
    JOIN change_contributor AS c ON c.item_no = a.item_no
    WHERE c.human = a.human OR (c.account = a.account AND c.state <> 'shared')
),
uat_rank AS (
    SELECT
        a.item_no AS item_no,
        MAX(
            CASE
                WHEN a.conflicted THEN 79
                WHEN c.id IS NOT NULL THEN 30
                WHEN a.withdrawn_at_latest <= a.started_at OR t.ended_at_latest <= a.started_at THEN 25
                WHEN f.seen_at > a.decided_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 22
                WHEN a.decided_at > a.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND
                    AND NOT (e.item_no IS NOT NULL AND q.tests_may_follow_emergency) THEN 20
                WHEN a.person IS NULL THEN 78
                WHEN b.id IS NULL THEN 28
                WHEN t.doubt_at <= a.started_at_latest THEN 79
                WHEN COALESCE(m.somebody_unknown, 1) = 1 THEN 77
                WHEN b.sure = 0 OR a.withdrawn_at <= a.started_at_latest OR t.ended_at <= a.started_at_latest THEN 73
                WHEN f.seen_at_latest >= a.decided_at + q.clock_skew_seconds * INTERVAL '1' SECOND AND NOT q.day_grained THEN 73
                WHEN a.decided_at_latest < a.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 90
                WHEN q.day_grained OR (e.item_no IS NOT NULL AND q.tests_may_follow_emergency) THEN 90
                ELSE 73
            END
        ) AS rank
    FROM uat AS a
    CROSS JOIN parameter AS q
    LEFT JOIN business AS b ON b.item_no = a.item_no AND b.id = a.id
    LEFT JOIN taken_back AS t ON t.item_no = a.item_no AND t.id = a.id
    LEFT JOIN maker AS m ON m.item_no = a.item_no
    LEFT JOIN first_trace AS f ON f.item_no = a.item_no
    LEFT JOIN own_acceptance AS c ON c.item_no = a.item_no AND c.id = a.id
    LEFT JOIN emergency AS e ON e.item_no = a.item_no
    GROUP BY a.item_no
),
unit AS (
    -- Items with what excuses them, and what makes them impossible to test.
    SELECT
        p.item AS item,
        p.item_no AS item_no,
        p.system AS system,
        p.operating_at AS operating_at,
        p.operating_at_latest AS operating_at_latest,
        p.pull_request AS pull_request,
        p.final_sha AS final_sha,
        p.digest AS digest,
        p.by_pipeline AS by_pipeline,
        CASE
            WHEN p.excuse IS NOT NULL THEN 'na:' || p.excuse
            WHEN p.unknown IS NOT NULL THEN 'cannot_test:' || p.unknown
        END AS settled,
        CASE WHEN p.started_at IS NULL THEN 'cannot_test:start_unknown' END AS timeless,
        e.item_no IS NOT NULL AS emergency
    FROM population AS p
    LEFT JOIN emergency AS e ON e.item_no = p.item_no
)
SELECT
    u.item AS item,
    u.system AS system,
    u.operating_at AS operating_at,
    u.operating_at_latest AS operating_at_latest,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN a.rank = 90 THEN 'pass'
        WHEN a.rank = 80 THEN 'cannot_test:migrated_history'
        WHEN a.rank = 79 THEN 'cannot_test:conflict'
        WHEN a.rank = 78 THEN 'cannot_test:time_order_unclear'
        WHEN a.rank = 77 THEN 'cannot_test:type_unknown'
        WHEN a.rank IS NULL AND g.of_change = 1 THEN 'cannot_test:source_gap'
        WHEN a.rank IS NULL THEN 'exception:no_ticket'
        WHEN g.of_ticket = 1 OR y.item_no IS NOT NULL THEN 'cannot_test:source_gap'
        WHEN a.rank = 40 THEN 'exception:authorised_late'
        WHEN a.rank = 35 THEN 'exception:authorisation_withdrawn'
        WHEN a.rank = 30 THEN 'exception:not_authorised'
        WHEN a.rank = 20 THEN 'exception:wrong_ticket_type'
        ELSE 'exception:ticket_not_found'
    END AS a,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN p.closer = 0 THEN 'pass'
        WHEN t.item_no IS NULL THEN 'cannot_test:no_required_checks'
        WHEN t.assumed = 1 AND g.of_check = 1 THEN 'cannot_test:source_gap'
        WHEN t.assumed = 1 AND t.succeeded > 0 AND t.succeeded < t.names THEN 'cannot_test:no_required_checks'
        WHEN t.failed = 1 THEN 'exception:check_failed'
        WHEN t.skipped = 1 THEN 'exception:check_skipped'
        WHEN (t.missing = 1 OR t.late = 1) AND g.of_check = 1 THEN 'cannot_test:source_gap'
        WHEN t.missing = 1 THEN 'exception:check_missing'
        WHEN t.late = 1 THEN 'exception:check_late'
        WHEN t.in_conflict = 1 THEN 'cannot_test:conflict'
        WHEN t.without_time = 1 THEN 'cannot_test:check_time_unknown'
        WHEN t.unclear = 1 THEN 'cannot_test:time_order_unclear'
        ELSE 'pass'
    END AS b,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN o.closer = 0 OR r.sure >= q.approvals_needed THEN 'pass'
        WHEN r.possible >= q.approvals_needed THEN
            CASE r.best
                WHEN 79 THEN 'cannot_test:conflict'
                WHEN 78 THEN 'cannot_test:approver_unlinked'
                WHEN 77 THEN 'cannot_test:shared_account'
                WHEN 76 THEN 'cannot_test:contributor_unlinked'
                WHEN 75 THEN 'cannot_test:contributor_unknown'
                WHEN 74 THEN 'cannot_test:content_unknown'
                WHEN 73 THEN 'cannot_test:time_order_unclear'
                WHEN 72 THEN 'cannot_test:no_roster'
                WHEN 71 THEN 'cannot_test:trailer_only'
                ELSE 'cannot_test:dismissal_time_unknown'
            END
        WHEN g.of_review = 1 THEN 'cannot_test:source_gap'
        WHEN r.hands IS NULL AND u.pull_request IS NULL THEN 'exception:no_pull_request'
        WHEN r.hands IS NULL THEN 'exception:no_approval'
        WHEN r.possible > 0 THEN 'exception:too_few_approvals'
        WHEN r.best = 40 THEN 'exception:changes_requested'
        WHEN r.best = 35 THEN 'exception:stale_approval'
        WHEN r.best = 33 THEN 'exception:no_authority'
        WHEN r.best = 30 THEN 'exception:not_independent'
        WHEN r.best = 25 THEN 'exception:approval_withdrawn'
        WHEN r.best = 20 THEN 'exception:no_live_approval'
        ELSE 'exception:approver_not_a_person'
    END AS c,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN o.closer = 0 OR r.in_time >= q.approvals_needed THEN 'pass'
        WHEN r.maybe_in_time >= q.approvals_needed THEN 'cannot_test:time_order_unclear'
        WHEN r.at_any_time >= q.approvals_needed THEN 'exception:approved_late'
        WHEN r.hands IS NOT NULL THEN 'na:no_counting_approval'
        WHEN g.of_review = 1 THEN 'cannot_test:source_gap'
        ELSE 'exception:no_approval'
    END AS d,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN b.conflicted THEN 'cannot_test:conflict'
        WHEN b.same = 0 THEN 'exception:other_commit'
        WHEN k.item_no IS NULL AND u.final_sha IS NULL THEN 'cannot_test:head_unknown'
        WHEN k.item_no IS NULL THEN 'exception:head_not_deployed'
        WHEN u.digest IS NOT NULL AND b.item_no IS NULL AND g.of_artefact = 1 THEN 'cannot_test:source_gap'
        WHEN u.digest IS NOT NULL AND b.item_no IS NULL THEN 'exception:artefact_unknown'
        WHEN u.digest IS NULL AND NOT COALESCE(u.by_pipeline, true) THEN 'cannot_test:no_digest'
        ELSE 'pass'
    END AS e,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN d.rank = 90 THEN 'exception:material_edit'
        WHEN d.rank = 50 THEN 'cannot_test:conflict'
        WHEN d.rank = 40 THEN 'cannot_test:time_order_unclear'
        WHEN a.rank = 80 THEN 'cannot_test:migrated_history'
        WHEN a.rank = 79 THEN 'cannot_test:conflict'
        WHEN a.rank = 78 THEN 'cannot_test:time_order_unclear'
        WHEN a.rank IS NULL OR a.rank < 90 THEN 'na:nothing_authorised'
        WHEN g.of_ticket = 1 OR z.item_no IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE 'pass'
    END AS f,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN o.closer = 0 OR r.rostered >= q.approvals_needed THEN 'pass'
        WHEN r.maybe_rostered >= q.approvals_needed THEN
            CASE r.best_rostered
                WHEN 79 THEN 'cannot_test:conflict'
                WHEN 78 THEN 'cannot_test:approver_unlinked'
                WHEN 72 THEN 'cannot_test:no_roster'
                WHEN 70 THEN 'cannot_test:dismissal_time_unknown'
                ELSE 'cannot_test:time_order_unclear'
            END
        WHEN r.without_authority = 1 THEN 'exception:no_authority'
        ELSE 'na:no_counting_approval'
    END AS g,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN o.closer = 0 OR r.apart >= q.approvals_needed THEN 'pass'
        WHEN r.maybe_apart >= q.approvals_needed THEN
            CASE r.best_apart
                WHEN 78 THEN 'cannot_test:approver_unlinked'
                WHEN 77 THEN 'cannot_test:deployer_unlinked'
                ELSE 'cannot_test:subordinate_approved'
            END
        WHEN r.not_apart = 31 THEN 'exception:subordinate_approved'
        WHEN r.not_apart = 30 THEN 'exception:approver_is_deployer'
        ELSE 'na:no_counting_approval'
    END AS h,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.timeless IS NOT NULL THEN u.timeless
        WHEN COALESCE(n.is_functional, 0) = 0 AND n.is_known = 1 AND n.is_unknown = 0 THEN 'na:not_functional'
        WHEN w.rank = 90 THEN 'pass'
        WHEN COALESCE(n.is_functional, 0) = 0 THEN 'cannot_test:functional_unknown'
        WHEN w.rank = 79 THEN 'cannot_test:conflict'
        WHEN w.rank = 78 THEN 'cannot_test:acceptor_unlinked'
        WHEN w.rank = 77 THEN 'cannot_test:contributor_unknown'
        WHEN w.rank = 73 THEN 'cannot_test:time_order_unclear'
        WHEN g.of_ticket = 1 THEN 'cannot_test:source_gap'
        WHEN w.rank = 30 THEN 'exception:accepted_by_contributor'
        WHEN w.rank = 28 THEN 'exception:acceptor_not_business'
        WHEN w.rank = 25 THEN 'exception:acceptance_withdrawn'
        WHEN w.rank = 22 AND g.of_change = 1 THEN 'cannot_test:source_gap'
        WHEN w.rank = 22 THEN 'exception:accepted_too_early'
        WHEN w.rank = 20 THEN 'exception:accepted_late'
        ELSE 'exception:no_uat'
    END AS i
FROM unit AS u
CROSS JOIN parameter AS q
LEFT JOIN gap AS g ON g.item_no = u.item_no
LEFT JOIN authorised AS a ON a.item_no = u.item_no
LEFT JOIN ticket_gap AS y ON y.item_no = u.item_no
LEFT JOIN plain AS p ON p.item_no = u.item_no
LEFT JOIN tested AS t ON t.item_no = u.item_no
LEFT JOIN approved_plainly AS o ON o.item_no = u.item_no
LEFT JOIN approved AS r ON r.item_no = u.item_no
LEFT JOIN carried AS k ON k.item_no = u.item_no
LEFT JOIN built AS b ON b.item_no = u.item_no
LEFT JOIN edited AS d ON d.item_no = u.item_no
LEFT JOIN unseen_edit AS z ON z.item_no = u.item_no
LEFT JOIN functional AS n ON n.item_no = u.item_no
LEFT JOIN uat_rank AS w ON w.item_no = u.item_no
