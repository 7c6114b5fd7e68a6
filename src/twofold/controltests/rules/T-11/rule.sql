-- T-11: no one person wrote, approved and released a change (audit-domain 4.2, T-11). Humans are compared, never accounts or HR ids.
-- Whether an approval was live, in time and on the final content is T-10's question; here it is whose hand it was.
WITH unit AS (
    SELECT
        p.item AS item,
        p.item_no AS item_no,
        p.system AS system,
        p.operating_at AS operating_at,
        p.operating_at_latest AS operating_at_latest,
        COALESCE(m.current_name, p.repository) AS repository,
        p.base_ref AS base_ref,
        p.actor AS actor,
        COALESCE(p.by_pipeline, false) AS by_pipeline,
        p.started_at AS started_at,
        p.started_at_latest AS started_at_latest,
        p.begins_at AS begins_at,
        COALESCE(c.merged_at, p.begins_at) AS merged_at,
        CASE
            WHEN p.excuse IS NOT NULL THEN 'na:' || p.excuse
            WHEN p.unknown IS NOT NULL THEN 'cannot_test:' || p.unknown
        END AS settled,
        CASE
            WHEN e.item_no IS NULL OR e.cleared OR e.flagged_at > p.started_at_latest THEN false ELSE true
        END AS emergency
    FROM population AS p
    JOIN change_unit AS c ON c.item_no = p.item_no
    LEFT JOIN repository_now AS m ON m.name = p.repository
    LEFT JOIN change_emergency AS e ON e.item_no = p.item_no
),
gap AS (
    SELECT DISTINCT u.item_no AS item_no
    FROM unit AS u
    JOIN source_gap AS g
        ON (g.system = u.system OR g.system = '*')
        AND g.table_name = 'review'
        AND (g.starts_at IS NULL OR u.started_at IS NULL OR g.starts_at <= u.started_at_latest)
        AND (g.ends_before IS NULL OR u.begins_at IS NULL OR g.ends_before > u.begins_at)
),
approver AS (
    -- A: each approver against the contributors; the highest rank decides, 90 is an independent person.
    SELECT
        a.item_no AS item_no,
        MAX(
            CASE
                WHEN a.conflicted THEN 79
                WHEN a.independence = 'bot' THEN 15
                WHEN a.independence = 'contributor' THEN 30
                WHEN a.independence = 'unlinked' THEN 78
                WHEN a.independence = 'shared' THEN 77
                WHEN a.independence = 'contributor_unlinked' THEN 76
                WHEN a.independence = 'no_contributor' THEN 75
                WHEN a.ended_unknown THEN 70
                WHEN a.basis = 'trailer' AND NOT q.accept_review_trailers THEN 71
                ELSE 90
            END
        ) AS rank
    FROM change_approval AS a
    CROSS JOIN parameter AS q
    GROUP BY a.item_no
),
agreed AS (
    -- B: a pipeline counts as an independent deployer where a recorded agreement was in force at the start.
    SELECT DISTINCT u.item_no AS item_no
    FROM unit AS u
    JOIN pipeline_agreement AS g
        ON g.system = u.system
        AND COALESCE(g.valid_from, g.agreed_at_latest) <= u.started_at
        AND u.started_at < COALESCE(g.valid_to, TIMESTAMP '9999-12-31 00:00:00')
),
deployer AS (
    SELECT
        u.item_no AS item_no, u.by_pipeline AS by_pipeline, u.actor AS account, i.person AS person,
        COALESCE(h.human, i.person) AS human, i.state AS state,
        CASE WHEN g.item_no IS NULL THEN 0 ELSE 1 END AS agreed
    FROM unit AS u
    LEFT JOIN agreed AS g ON g.item_no = u.item_no
    LEFT JOIN identity AS i ON i.account = u.actor AND i.valid_from <= u.started_at AND u.started_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
made_by AS (
    -- B: whether all who worked on a change are known; asked only where the deployer has to be compared with them.
    SELECT
        c.item_no AS item_no,
        MAX(CASE WHEN c.state IN ('unlinked', 'ambiguous', 'shared') THEN 1 ELSE 0 END) AS somebody_unknown
    FROM deployer AS d
    JOIN change_contributor AS c ON c.item_no = d.item_no
    WHERE NOT (d.by_pipeline AND d.agreed = 1)
    GROUP BY c.item_no
),
own AS (
    -- B: changes that were released by somebody who worked on them. A shared account may be two people's, so that it does
    -- not show who acted; nor does that of a bot.
    SELECT DISTINCT d.item_no AS item_no
    FROM deployer AS d
    JOIN change_contributor AS c ON c.item_no = d.item_no
    WHERE NOT (d.by_pipeline AND d.agreed = 1)
        AND (
            c.human = d.human
            OR (c.account = d.account AND c.state <> 'shared' AND COALESCE(d.state, 'unlinked') <> 'bot')
        )
),
released AS (
    SELECT
        d.item_no AS item_no,
        CASE
            WHEN d.by_pipeline AND d.agreed = 1 THEN 'pass'
            WHEN o.item_no IS NOT NULL THEN 'exception:deployer_is_contributor'
            WHEN d.state = 'bot' AND d.agreed = 1 THEN 'pass'
            WHEN d.state = 'bot' OR (d.by_pipeline AND d.person IS NULL) THEN 'cannot_test:no_pipeline_agreement'
            WHEN d.state = 'shared' THEN 'cannot_test:shared_account'
            WHEN d.person IS NULL THEN 'cannot_test:deployer_unlinked'
            WHEN m.item_no IS NULL THEN 'cannot_test:contributor_unknown'
            WHEN m.somebody_unknown = 1 THEN 'cannot_test:contributor_unlinked'
            ELSE 'pass'
        END AS code
    FROM deployer AS d
    LEFT JOIN own AS o ON o.item_no = d.item_no
    LEFT JOIN made_by AS m ON m.item_no = d.item_no
),
seen AS (
    -- C: each setting seen, of the classic ones (origin empty) or of a rule set beside them. A repository is followed through
    -- its names, and each look is of one name.
    SELECT
        COALESCE(m.current_name, b.repository) AS repository,
        b.repository AS name,
        b.branch AS branch,
        b.observed_at AS observed_at,
        b.observed_at_latest AS observed_at_latest,
        s.origin AS origin,
        s.setting AS setting,
        b.value AS value,
        b.conflicted AS conflicted
    FROM branch_rule AS b
    JOIN branch_setting AS s ON s.name = b.setting
    LEFT JOIN repository_now AS m ON m.name = b.repository
),
demanded AS (
    -- C: whether the classic settings, or one rule set, require a review of everybody. A rule set binds all who are not on
    -- its bypass list, so that the list must have been seen.
    SELECT
        s.repository AS repository,
        s.name AS name,
        s.branch AS branch,
        s.observed_at AS observed_at,
        s.observed_at_latest AS observed_at_latest,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS conflicts,
        CASE
            WHEN MAX(CASE WHEN s.setting = 'required_reviews' AND TRY_CAST(s.value AS DOUBLE) >= 1 THEN 1 ELSE 0 END) = 1
                AND MAX(
                    CASE
                        WHEN s.origin = '' AND s.setting = 'enforce_admins' THEN 1
                        WHEN s.origin <> '' AND s.setting = 'bypass_reviews' THEN 1
                        ELSE 0
                    END
                ) = 1
                AND MAX(CASE WHEN s.setting = 'bypass_reviews' AND s.value IS NOT NULL THEN 1 ELSE 0 END) = 0
                AND MAX(
                    CASE
                        WHEN s.setting IN ('enforce_admins', 'protected') AND COALESCE(s.value, '') <> 'true' THEN 1
                        ELSE 0
                    END
                ) = 0
                THEN 1
            ELSE 0
        END AS good
    FROM seen AS s
    GROUP BY s.repository, s.name, s.branch, s.observed_at, s.observed_at_latest, s.origin
),
observed AS (
    -- C: what each look at the branch's protection showed.
    SELECT
        d.repository AS repository,
        d.branch AS branch,
        d.observed_at AS observed_at,
        d.observed_at_latest AS observed_at_latest,
        CASE WHEN MAX(d.conflicts) = 0 THEN MAX(d.good) ELSE 0 END AS good
    FROM demanded AS d
    GROUP BY d.repository, d.name, d.branch, d.observed_at, d.observed_at_latest
),
looked_at AS (
    SELECT DISTINCT o.repository AS repository, o.branch AS branch FROM observed AS o
),
bracket AS (
    -- C: one look proves its moment only. Looks shortly before and shortly after the release, both good, are taken as
    -- proof for it; the parameter says how far apart they may lie.
    SELECT
        u.item_no AS item_no,
        MAX(CASE WHEN o.observed_at_latest <= u.started_at THEN 1 ELSE 0 END) AS before,
        MAX(CASE WHEN o.observed_at >= u.started_at_latest THEN 1 ELSE 0 END) AS after,
        MAX(CASE WHEN o.good = 0 THEN 1 ELSE 0 END) AS bad
    FROM unit AS u
    CROSS JOIN parameter AS q
    JOIN observed AS o
        ON o.repository = u.repository
        AND o.branch = u.base_ref
        AND o.observed_at_latest >= u.started_at - q.observation_days * INTERVAL '1' DAY
        AND o.observed_at <= u.started_at_latest + q.observation_days * INTERVAL '1' DAY
    GROUP BY u.item_no
),
logged AS (
    -- C: what the log of settings says of those that let somebody pass by, and how each change left it.
    SELECT
        COALESCE(m.current_name, e.repository) AS repository,
        e.branch AS branch,
        e.setting AS setting,
        e.id AS id,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest,
        CASE
            WHEN e.conflicted THEN 0
            WHEN s.setting = 'required_reviews' AND COALESCE(TRY_CAST(e.new_value AS DOUBLE), 0) < 1 THEN 0
            WHEN s.setting IN ('enforce_admins', 'protected') AND COALESCE(e.new_value, '') <> 'true' THEN 0
            WHEN s.setting = 'bypass_reviews' AND e.new_value IS NOT NULL THEN 0
            ELSE 1
        END AS good
    FROM branch_rule_event AS e
    JOIN branch_setting AS s ON s.name = e.setting
    LEFT JOIN repository_now AS m ON m.name = e.repository
    WHERE s.setting IN ('required_reviews', 'enforce_admins', 'protected', 'bypass_reviews')
),
open_stretch AS (
    -- C: from a change that left it bad to the next one of the setting that did not, or the next good look.
    SELECT
        b.repository AS repository,
        b.branch AS branch,
        b.id AS id,
        b.occurred_at AS opens_at,
        b.occurred_at_latest AS opens_at_latest,
        COALESCE(MIN(n.ends_at), TIMESTAMP '9999-12-31 00:00:00') AS ends_at
    FROM logged AS b
    LEFT JOIN (
        SELECT
            g.repository AS repository, g.branch AS branch, g.setting AS setting,
            g.occurred_at AS begins_at, g.occurred_at_latest AS ends_at
        FROM logged AS g
        WHERE g.good = 1
        UNION ALL
        SELECT
            o.repository AS repository, o.branch AS branch, CAST(NULL AS STRING) AS setting,
            o.observed_at AS begins_at, o.observed_at_latest AS ends_at
        FROM observed AS o
        WHERE o.good = 1
    ) AS n
        ON n.repository = b.repository AND n.branch = b.branch
        AND COALESCE(n.setting, b.setting) = b.setting AND n.begins_at > b.occurred_at_latest
    WHERE b.good = 0
    GROUP BY b.repository, b.branch, b.id, b.occurred_at, b.occurred_at_latest
),
opened AS (
    -- C: changes that were perhaps merged, or waited for their release, in such a stretch.
    SELECT DISTINCT u.item_no AS item_no
    FROM open_stretch AS s
    CROSS JOIN parameter AS q
    JOIN unit AS u
        ON u.repository = s.repository
        AND u.base_ref = s.branch
        AND s.opens_at <= u.started_at_latest
        AND s.opens_at_latest >= u.started_at - q.observation_days * INTERVAL '1' DAY
        AND s.ends_at >= COALESCE(u.merged_at, s.ends_at)
)
SELECT
    u.item AS item,
    u.system AS system,
    u.operating_at AS operating_at,
    u.operating_at_latest AS operating_at_latest,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN a.rank = 90 THEN 'pass'
        WHEN a.rank IS NULL AND u.emergency THEN 'na:emergency_tested_by_t12'
        WHEN a.rank = 79 THEN 'cannot_test:conflict'
        WHEN a.rank = 78 THEN 'cannot_test:approver_unlinked'
        WHEN a.rank = 77 THEN 'cannot_test:shared_account'
        WHEN a.rank = 76 THEN 'cannot_test:contributor_unlinked'
        WHEN a.rank = 75 THEN 'cannot_test:contributor_unknown'
        WHEN a.rank = 71 THEN 'cannot_test:trailer_only'
        WHEN a.rank = 70 THEN 'cannot_test:dismissal_time_unknown'
        WHEN g.item_no IS NOT NULL THEN 'cannot_test:source_gap'
        WHEN a.rank = 30 THEN 'exception:approver_is_contributor'
        WHEN a.rank = 15 THEN 'exception:approver_not_a_person'
        ELSE 'exception:no_approver'
    END AS a,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        ELSE r.code
    END AS b,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN l.repository IS NULL THEN 'cannot_test:rights_not_tested'
        WHEN k.bad = 1 OR x.item_no IS NOT NULL THEN 'cannot_test:bypass_possible'
        WHEN k.before = 1 AND k.after = 1 THEN 'pass'
        ELSE 'cannot_test:rights_not_observed'
    END AS c
FROM unit AS u
JOIN released AS r ON r.item_no = u.item_no
LEFT JOIN approver AS a ON a.item_no = u.item_no
LEFT JOIN gap AS g ON g.item_no = u.item_no
LEFT JOIN looked_at AS l ON l.repository = u.repository AND l.branch = u.base_ref
LEFT JOIN bracket AS k ON k.item_no = u.item_no
LEFT JOIN opened AS x ON x.item_no = u.item_no
