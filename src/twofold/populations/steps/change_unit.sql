-- change_unit: every change in every production deployment (audit-domain 4.2, Unit). Populations are cut from it.
-- Item: <deployment>/<pull request>; <deployment>/<commit> for a commit without pull request; <deployment> alone where
-- no commit is known to be new in it. A pull request merged only after the deployment (one that brings a hotfix back to main)
-- is no change of it, where another one had brought the same commit before.
--   excuse    why no attribute is asked of it: never_served (failed), rerun (identical digest), automatic_rollback (to
--             what had served before), vendor_update, content_free (a clean merge of the base branch); else NULL.
--             The deployer's word is not enough: a rerun with another digest, a rollback to what never served, or one made
--             by hand, counts.
--   unknown   why nothing can be tested: conflict, change_set_unknown (the deployed commit is not in the data),
--             no_new_commit (nothing new in it, and it is neither rerun nor automatic rollback); else NULL.
--             Where a pull request names a deployed commit that is not in the data, its change is tested. Whatever else
--             the deployment carried stays unknown as the item <deployment>, unless no commit of the repository is in
--             the data and the source of commits has no gap: then commits were never part of the evidence.
--   item_no   place of the item in the order of the items: a short key, by which the steps and rules of changes join
--   final_sha the content to be approved: head of the pull request at merge, or the commit
--   begins_at earliest known trace of the change; evidence of it cannot be older than its ticket
WITH production AS (
    SELECT
        d.id AS id,
        d.system AS system,
        d.repository AS repository,
        COALESCE(d.commit_sha, a.commit_sha) AS deployed_sha,
        d.digest AS digest,
        d.started_at AS started_at,
        d.started_at_latest AS started_at_latest,
        COALESCE(d.completed_at, d.started_at) AS completed_at,
        COALESCE(d.completed_at_latest, d.started_at_latest) AS completed_at_latest,
        d.status AS status,
        d.actor AS actor,
        d.by_pipeline AS by_pipeline,
        COALESCE(d.kind, 'release') AS kind,
        d.conflicted AS conflicted,
        d.evidence AS evidence,
        d.record AS record,
        CASE WHEN d.status IN ('success', 'inactive') THEN 1 ELSE 0 END AS served
    FROM deployment AS d
    LEFT JOIN artefact AS a ON a.digest = d.digest
    WHERE d.environment = 'production'
),
numbered AS (
    SELECT
        p.id AS id, p.system AS system, p.repository AS repository, p.kind AS kind,
        p.digest AS digest, p.deployed_sha AS deployed_sha, p.served AS served,
        CAST(COALESCE(SUM(p.served) OVER (
            PARTITION BY p.system, p.repository ORDER BY p.started_at NULLS LAST, p.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS BIGINT) AS served_before
    FROM production AS p
),
live_before AS (
    -- What served until a deployment, by its place in the line of its system and repository.
    SELECT
        m.system AS system, m.repository AS repository, m.served_before + 1 AS place,
        m.digest AS digest, m.deployed_sha AS deployed_sha
    FROM numbered AS m
    WHERE m.served = 1
),
rerun AS (
    SELECT n.id AS id
    FROM numbered AS n
    JOIN live_before AS b
        ON b.system = n.system AND b.repository IS NOT DISTINCT FROM n.repository AND b.place = n.served_before
    WHERE (n.digest IS NOT NULL OR n.kind = 'rerun')
        AND (
            n.digest = b.digest
            OR (n.kind = 'rerun' AND (n.digest IS NULL OR b.digest IS NULL) AND n.deployed_sha = b.deployed_sha)
        )
),
back_to AS (
    -- Rollbacks to what had served before. One made by hand is nobody's automatic one.
    SELECT DISTINCT p.id AS id
    FROM production AS p
    JOIN production AS o
        ON o.system = p.system AND COALESCE(o.digest, o.deployed_sha) = COALESCE(p.digest, p.deployed_sha)
    WHERE p.kind = 'rollback' AND COALESCE(p.by_pipeline, true) AND o.served = 1 AND o.started_at < p.started_at
),
unseen AS (
    -- Commits of change sets that are not in the data: named by a pull request alone.
    SELECT DISTINCT s.deployment AS deployment, s.repository AS repository, s.sha AS sha
    FROM change_set AS s
    WHERE NOT EXISTS (SELECT 1 FROM code_commit AS k WHERE k.repository = s.repository AND k.sha = s.sha)
),
by_name AS (
    -- Deployments whose one known commit is the deployed one, which is not in the data itself.
    SELECT s.deployment AS deployment, MIN(s.repository) AS repository
    FROM (SELECT DISTINCT x.deployment AS deployment FROM unseen AS x) AS d
    JOIN change_set AS s ON s.deployment = d.deployment
    JOIN production AS p ON p.id = s.deployment
    LEFT JOIN unseen AS x ON x.deployment = s.deployment AND x.repository = s.repository AND x.sha = s.sha
    GROUP BY s.deployment
    HAVING COUNT(*) = 1 AND COUNT(x.sha) = 1 AND MIN(s.sha) = MIN(p.deployed_sha)
),
with_history AS (
    SELECT DISTINCT c.repository AS repository FROM code_commit AS c
),
rest AS (
    SELECT DISTINCT b.deployment AS deployment, b.repository AS repository
    FROM by_name AS b
    JOIN production AS p ON p.id = b.deployment
    LEFT JOIN with_history AS w ON w.repository = b.repository
    LEFT JOIN source_gap AS g
        ON g.table_name = 'code_commit'
        AND (g.system = p.system OR g.system = '*')
        AND (g.starts_at IS NULL OR p.started_at IS NULL OR g.starts_at <= p.started_at_latest)
    WHERE w.repository IS NOT NULL OR g.table_name IS NOT NULL
),
several AS (
    SELECT l.repository AS repository, l.sha AS sha
    FROM change_link AS l
    GROUP BY l.repository, l.sha
    HAVING COUNT(*) > 1
),
brought AS (
    -- Commits that several pull requests hold, and which of them were merged only after the deployment.
    SELECT DISTINCT
        s.deployment AS deployment, s.repository AS repository, s.sha AS sha, l.pull_request AS pull_request,
        CASE WHEN r.merged_at > p.started_at_latest THEN 1 ELSE 0 END AS later
    FROM several AS v
    JOIN change_set AS s ON s.repository = v.repository AND s.sha = v.sha
    JOIN production AS p ON p.id = s.deployment
    JOIN change_link AS l ON l.repository = v.repository AND l.sha = v.sha
    JOIN pull_request AS r ON r.id = l.pull_request
),
brought_back AS (
    SELECT b.deployment AS deployment, b.repository AS repository, b.sha AS sha, b.pull_request AS pull_request
    FROM brought AS b
    JOIN (
        SELECT DISTINCT o.deployment AS deployment, o.repository AS repository, o.sha AS sha
        FROM brought AS o
        WHERE o.later = 0
    ) AS f ON f.deployment = b.deployment AND f.repository = b.repository AND f.sha = b.sha
    WHERE b.later = 1
),
carried AS (
    SELECT DISTINCT
        s.deployment AS deployment,
        s.repository AS repository,
        l.pull_request AS pull_request,
        CASE WHEN l.pull_request IS NULL THEN s.sha END AS sha
    FROM change_set AS s
    LEFT JOIN change_link AS l ON l.repository = s.repository AND l.sha = s.sha
    LEFT JOIN brought_back AS b
        ON b.deployment = s.deployment AND b.repository = s.repository AND b.sha = s.sha
        AND b.pull_request = l.pull_request
    WHERE b.deployment IS NULL
    UNION ALL
    SELECT
        r.deployment AS deployment,
        r.repository AS repository,
        CAST(NULL AS STRING) AS pull_request,
        CAST(NULL AS STRING) AS sha
    FROM rest AS r
),
named AS (
    -- What a deployment has to show, and the items in order: production without a known new commit is one as well.
    SELECT
        d.deployment AS deployment, d.repository AS repository, d.pull_request AS pull_request, d.sha AS sha,
        d.item AS item, ROW_NUMBER() OVER (ORDER BY d.item) AS item_no
    FROM (
        SELECT
            p.id AS deployment, c.repository AS repository, c.pull_request AS pull_request, c.sha AS sha,
            p.id || COALESCE('/' || c.pull_request, '/' || c.sha, '') AS item
        FROM production AS p
        LEFT JOIN carried AS c ON c.deployment = p.id
    ) AS d
),
loose AS (
    -- The commits that are items of their own.
    SELECT
        k.repository AS repository, k.sha AS sha, k.base_merge AS base_merge, k.conflicted AS conflicted,
        COALESCE(k.committed_at, k.authored_at) AS begins_at
    FROM (SELECT DISTINCT n.repository AS repository, n.sha AS sha FROM named AS n WHERE n.sha IS NOT NULL) AS s
    JOIN code_commit AS k ON k.repository = s.repository AND k.sha = s.sha
),
empty AS (
    -- Deployments, or rests of them, without a known commit, whose deployed commit is in the data all the same.
    SELECT DISTINCT n.item_no AS item_no
    FROM named AS n
    JOIN production AS p ON p.id = n.deployment
    JOIN code_commit AS h ON h.repository = COALESCE(p.repository, n.repository) AND h.sha = p.deployed_sha
    WHERE n.pull_request IS NULL AND n.sha IS NULL
)
SELECT
    c.item AS item,
    c.item_no AS item_no,
    p.system AS system,
    p.completed_at AS operating_at,
    p.completed_at_latest AS operating_at_latest,
    p.id AS deployment,
    COALESCE(c.repository, p.repository) AS repository,
    c.pull_request AS pull_request,
    c.sha AS sha,
    CASE
        WHEN p.status = 'failure' THEN 'never_served'
        WHEN p.kind = 'vendor' THEN 'vendor_update'
        WHEN a.id IS NOT NULL THEN 'rerun'
        WHEN b.id IS NOT NULL THEN 'automatic_rollback'
        WHEN k.base_merge AND NOT k.conflicted THEN 'content_free'
    END AS excuse,
    CASE
        WHEN p.conflicted OR r.conflicted OR k.conflicted THEN 'conflict'
        WHEN COALESCE(c.pull_request, c.sha) IS NOT NULL THEN NULL
        WHEN e.item_no IS NULL THEN 'change_set_unknown'
        ELSE 'no_new_commit'
    END AS unknown,
    p.started_at AS started_at,
    p.started_at_latest AS started_at_latest,
    p.completed_at AS completed_at,
    p.completed_at_latest AS completed_at_latest,
    p.deployed_sha AS deployed_sha,
    p.digest AS digest,
    p.actor AS actor,
    p.by_pipeline AS by_pipeline,
    COALESCE(r.head_sha, c.sha) AS final_sha,
    r.merge_sha AS merge_sha,
    r.author AS pull_request_author,
    r.merged_by AS merged_by,
    r.merged_at AS merged_at,
    r.merged_at_latest AS merged_at_latest,
    r.base_ref AS base_ref,
    COALESCE(r.created_at, k.begins_at) AS begins_at,
    p.evidence AS evidence,
    p.record AS record
FROM named AS c
JOIN production AS p ON p.id = c.deployment
LEFT JOIN rerun AS a ON a.id = c.deployment
LEFT JOIN back_to AS b ON b.id = c.deployment
LEFT JOIN pull_request AS r ON r.id = c.pull_request
LEFT JOIN loose AS k ON k.repository = c.repository AND k.sha = c.sha
LEFT JOIN empty AS e ON e.item_no = c.item_no
