-- branch_protection: how well a release branch was protected, stretch by stretch (audit-domain T-14).
-- One row per system, repository and branch of branch_in_use and stretch of the same grades; half open:
-- valid_from <= t < valid_to. Stretches before the repository was created, after it was deleted and while it was archived are
-- left out, since nobody can push then. A branch of which nothing was ever seen has no row.
-- Each grade is 20 where it is proven good, 0 where it is proven bad, and else why nobody can tell:
--   11 conflict, 12 contradiction, 13 time_unclear, 14 source_gap, 15 not_observed (states of setting_timeline)
--   guarded  a review and checks are required, force pushes and deletion are blocked, administrators are bound
--   fresh    a push after an approval needs a new one (stale approvals fall, or the last push needs approval)
--   closed   nobody may pass by the required review (20), or only those for whom a justification by somebody else is in force (19);
--            16 actor_unlinked: a justification is in force, and the account may be that of whoever agreed to it
-- Rule sets stand beside the classic settings (branch_setting): each demand is met where one of them makes it and
-- binds administrators. What a rule set does not list it does not ask; a rule set binds everybody who is not on its bypass list.
-- The name user:<login> stands for the account github:<login>; a justification that its own human (same_human), at any time of
-- it, agreed to is none. Who stands behind a team or an app is not asked.
WITH reading AS (
    SELECT
        t.system AS system,
        t.object AS object,
        s.origin AS origin,
        s.setting AS setting,
        CASE t.state
            WHEN 'known' THEN 20
            WHEN 'conflict' THEN 11
            WHEN 'contradiction' THEN 12
            WHEN 'time_unclear' THEN 13
            WHEN 'source_gap' THEN 14
            ELSE 15
        END AS known,
        COALESCE(t.value, '') AS value,
        t.valid_from AS valid_from,
        t.valid_to AS valid_to
    FROM setting_timeline AS t
    JOIN branch_in_use AS u ON u.system = t.system AND u.repository || '@' || u.branch = t.object
    JOIN branch_setting AS s ON s.name = t.setting
),
agreed_by AS (
    -- Whose each account was that may pass by, in the time of its justification: agreed to by the same human, or by whom is not known.
    SELECT
        j.repository AS repository, j.branch AS branch, j.actor AS actor, j.valid_from AS valid_from,
        MAX(CASE WHEN COALESCE(h.human, i.person) = COALESCE(a.human, j.approved_by) THEN 1 ELSE 0 END) AS own,
        MIN(CASE WHEN i.person IS NOT NULL OR i.state = 'bot' THEN 0 ELSE 1 END) AS unlinked
    FROM bypass_justification AS j
    LEFT JOIN identity AS i
        ON LOWER(i.account) = REPLACE(LOWER(j.actor), 'user:', 'github:')
        AND (j.valid_to IS NULL OR i.valid_from < j.valid_to) AND (j.valid_from IS NULL OR j.valid_from < i.valid_to)
    LEFT JOIN same_human AS h ON h.person = i.person
    LEFT JOIN same_human AS a ON a.person = j.approved_by
    WHERE LOWER(j.actor) LIKE 'user:%'
    GROUP BY j.repository, j.branch, j.actor, j.valid_from
),
justified AS (
    SELECT
        COALESCE(m.current_name, j.repository) || '@' || j.branch AS object,
        LOWER(j.actor) AS actor,
        CASE WHEN j.conflicted THEN 11 WHEN o.unlinked = 1 THEN 16 ELSE 19 END AS grade,
        COALESCE(j.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(CASE WHEN NOT j.conflicted THEN j.valid_to END, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM bypass_justification AS j
    LEFT JOIN repository_now AS m ON m.name = j.repository
    LEFT JOIN agreed_by AS o
        ON o.repository = j.repository AND o.branch = j.branch AND o.actor = j.actor
        AND o.valid_from IS NOT DISTINCT FROM j.valid_from
    WHERE j.conflicted OR COALESCE(o.own, 0) = 0
),
life AS (
    SELECT
        COALESCE(m.current_name, e.repository) AS repository,
        e.kind AS kind,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest
    FROM repository_event AS e
    LEFT JOIN repository_now AS m ON m.name = e.repository
    WHERE e.kind IN ('created', 'archived', 'unarchived', 'deleted')
),
dead AS (
    SELECT
        e.repository AS repository,
        e.occurred_at_latest AS valid_from,
        COALESCE(MIN(b.occurred_at), TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM life AS e
    LEFT JOIN life AS b
        ON b.repository = e.repository AND b.kind IN ('created', 'unarchived') AND b.occurred_at > e.occurred_at_latest
    WHERE e.kind IN ('archived', 'deleted')
    GROUP BY e.repository, e.occurred_at_latest
    UNION ALL
    SELECT
        e.repository AS repository,
        TIMESTAMP '0001-01-01 00:00:00' AS valid_from,
        MIN(e.occurred_at) AS valid_to
    FROM life AS e
    GROUP BY e.repository
    HAVING MIN(CASE WHEN e.kind = 'created' THEN e.occurred_at END) = MIN(e.occurred_at)
),
branch AS (
    SELECT DISTINCT
        u.system AS system, u.repository AS repository, u.branch AS branch, r.object AS object
    FROM branch_in_use AS u
    JOIN reading AS r ON r.system = u.system AND r.object = u.repository || '@' || u.branch
),
edge AS (
    SELECT r.system AS system, r.object AS object, r.valid_from AS moment FROM reading AS r
    UNION
    SELECT r.system AS system, r.object AS object, r.valid_to AS moment FROM reading AS r
    UNION
    SELECT b.system AS system, b.object AS object, j.valid_from AS moment
    FROM branch AS b JOIN justified AS j ON j.object = b.object
    UNION
    SELECT b.system AS system, b.object AS object, j.valid_to AS moment
    FROM branch AS b JOIN justified AS j ON j.object = b.object
    UNION
    SELECT b.system AS system, b.object AS object, d.valid_from AS moment
    FROM branch AS b JOIN dead AS d ON d.repository = b.repository
    UNION
    SELECT b.system AS system, b.object AS object, d.valid_to AS moment
    FROM branch AS b JOIN dead AS d ON d.repository = b.repository
),
stretch AS (
    SELECT
        e.system AS system,
        e.object AS object,
        e.moment AS valid_from,
        COALESCE(
            LEAD(e.moment) OVER (
                PARTITION BY e.system, e.object ORDER BY e.moment NULLS LAST
            ), TIMESTAMP '9999-12-31 00:00:00'
        ) AS valid_to
    FROM edge AS e
),
graded AS (
    SELECT
        s.object AS object, s.system AS system, s.valid_from AS valid_from, s.valid_to AS valid_to,
        r.origin AS origin, r.setting AS setting, r.value AS value,
        CASE
            WHEN r.known < 20 THEN r.known
            WHEN r.setting = 'required_reviews' AND COALESCE(TRY_CAST(r.value AS DOUBLE), 0) < 1 THEN 0
            WHEN r.setting = 'required_checks' AND r.value = '' THEN 0
            WHEN r.setting IN ('allow_force_pushes', 'allow_deletions') AND r.value <> 'false' THEN 0
            WHEN r.setting IN ('protected', 'enforce_admins', 'dismiss_stale_reviews', 'require_last_push_approval')
                AND r.value <> 'true' THEN 0
            ELSE 20
        END AS grade
    FROM stretch AS s
    JOIN reading AS r
        ON r.system = s.system AND r.object = s.object AND r.valid_from <= s.valid_from AND s.valid_from < r.valid_to
),
agreed AS (
    SELECT
        g.system AS system, g.object AS object, g.valid_from AS valid_from, g.origin AS origin,
        COUNT(DISTINCT CASE WHEN j.grade = 19 THEN j.actor END) AS actors,
        COUNT(DISTINCT CASE WHEN j.grade <> 16 THEN j.actor END) AS actors_perhaps,
        COUNT(DISTINCT j.actor) AS actors_unlinked
    FROM graded AS g
    JOIN justified AS j
        ON j.object = g.object AND j.valid_from <= g.valid_from AND g.valid_to <= j.valid_to
        AND POSITION(';' || j.actor || ';' IN ';' || g.value || ';') > 0
    WHERE g.setting = 'bypass_reviews'
    GROUP BY g.system, g.object, g.valid_from, g.origin
),
demand AS (
    SELECT
        g.system AS system, g.object AS object, g.valid_from AS valid_from, g.valid_to AS valid_to, g.origin AS origin,
        LEAST(
            COALESCE(MIN(CASE WHEN g.setting = 'protected' THEN g.grade END), 20),
            COALESCE(
                MIN(CASE WHEN g.setting = 'enforce_admins' THEN g.grade END), CASE WHEN g.origin = '' THEN 15 ELSE 20 END
            )
        ) AS binding,
        MIN(CASE WHEN g.setting = 'required_reviews' THEN g.grade END) AS reviews,
        MIN(CASE WHEN g.setting = 'required_checks' THEN g.grade END) AS checks,
        MIN(CASE WHEN g.setting = 'allow_force_pushes' THEN g.grade END) AS force_pushes,
        MIN(CASE WHEN g.setting = 'allow_deletions' THEN g.grade END) AS deletions,
        MIN(CASE WHEN g.setting = 'dismiss_stale_reviews' THEN g.grade END) AS dismissed,
        MIN(CASE WHEN g.setting = 'require_last_push_approval' THEN g.grade END) AS pushed,
        MIN(CASE
            WHEN g.setting = 'bypass_reviews' AND g.grade = 20 AND g.value <> ''
                THEN CASE
                    WHEN a.actors = LENGTH(g.value) - LENGTH(REPLACE(g.value, ';', '')) + 1 THEN 19
                    WHEN a.actors_perhaps = LENGTH(g.value) - LENGTH(REPLACE(g.value, ';', '')) + 1 THEN 11
                    WHEN a.actors_unlinked = LENGTH(g.value) - LENGTH(REPLACE(g.value, ';', '')) + 1 THEN 16
                    ELSE 0
                END
            WHEN g.setting = 'bypass_reviews' THEN g.grade
        END) AS closed
    FROM graded AS g
    LEFT JOIN agreed AS a
        ON a.system = g.system AND a.object = g.object AND a.valid_from = g.valid_from AND a.origin = g.origin
    GROUP BY g.system, g.object, g.valid_from, g.valid_to, g.origin
),
combined AS (
    SELECT
        d.system AS system, d.object AS object, d.valid_from AS valid_from, d.valid_to AS valid_to,
        MAX(LEAST(d.binding, COALESCE(d.reviews, d.unlisted))) AS reviews,
        MAX(LEAST(d.binding, COALESCE(d.checks, d.unlisted))) AS checks,
        MAX(LEAST(d.binding, COALESCE(d.force_pushes, d.unlisted))) AS force_pushes,
        MAX(LEAST(d.binding, COALESCE(d.deletions, d.unlisted))) AS deletions,
        MAX(LEAST(d.binding, COALESCE(d.fresh, d.unlisted))) AS fresh,
        MAX(LEAST(d.binding, COALESCE(d.reviews, d.unlisted), COALESCE(d.closed, 15))) AS closed
    FROM (
        SELECT
            o.system AS system, o.object AS object, o.valid_from AS valid_from, o.valid_to AS valid_to,
            o.binding AS binding, o.reviews AS reviews, o.checks AS checks, o.force_pushes AS force_pushes,
            o.deletions AS deletions, o.closed AS closed,
            GREATEST(COALESCE(o.dismissed, o.pushed), COALESCE(o.pushed, o.dismissed)) AS fresh,
            CASE WHEN o.origin = '' THEN 15 ELSE 0 END AS unlisted
        FROM demand AS o
    ) AS d
    GROUP BY d.system, d.object, d.valid_from, d.valid_to
),
alive AS (
    SELECT
        b.system AS system, b.repository AS repository, b.branch AS branch,
        c.valid_from AS valid_from, c.valid_to AS valid_to,
        LEAST(c.reviews, c.checks, c.force_pushes, c.deletions) AS guarded,
        c.fresh AS fresh,
        CASE WHEN c.reviews = 0 THEN 20 ELSE c.closed END AS closed
    FROM combined AS c
    JOIN branch AS b ON b.system = c.system AND b.object = c.object
    LEFT JOIN dead AS d ON d.repository = b.repository AND d.valid_from <= c.valid_from AND c.valid_from < d.valid_to
    WHERE d.repository IS NULL
),
-- Neighbours with the same grades are one stretch.
marked AS (
    SELECT
        a.system AS system, a.repository AS repository, a.branch AS branch, a.valid_from AS valid_from, a.valid_to AS valid_to,
        a.guarded AS guarded, a.fresh AS fresh, a.closed AS closed,
        CASE
            WHEN LAG(a.valid_to) OVER (
                PARTITION BY a.system, a.repository, a.branch, a.guarded, a.fresh, a.closed
                ORDER BY a.valid_from NULLS LAST
            ) = a.valid_from THEN 0
            ELSE 1
        END AS begins
    FROM alive AS a
),
numbered AS (
    SELECT
        m.system AS system, m.repository AS repository, m.branch AS branch, m.valid_from AS valid_from, m.valid_to AS valid_to,
        m.guarded AS guarded, m.fresh AS fresh, m.closed AS closed,
        SUM(m.begins) OVER (
            PARTITION BY m.system, m.repository, m.branch, m.guarded, m.fresh, m.closed ORDER BY m.valid_from NULLS LAST
            ROWS UNBOUNDED PRECEDING
        ) AS island
    FROM marked AS m
)
SELECT
    n.system AS system,
    n.repository AS repository,
    n.branch AS branch,
    MIN(n.valid_from) AS valid_from,
    MAX(n.valid_to) AS valid_to,
    CAST(n.guarded AS INTEGER) AS guarded,
    CAST(n.fresh AS INTEGER) AS fresh,
    CAST(n.closed AS INTEGER) AS closed
FROM numbered AS n
GROUP BY n.system, n.repository, n.branch, n.guarded, n.fresh, n.closed, n.island
