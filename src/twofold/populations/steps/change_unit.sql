-- change_unit: every change in every production deployment (audit-domain 4.2, Unit). Populations are cut from it.
-- Item: <deployment>/<pull request>; <deployment>/<commit> for a commit without pull request; <deployment> alone where
-- no commit is known to be new in it.
--   excuse    why no attribute is asked of it: never_served (failed), rerun (identical digest), automatic_rollback (to
--             what had served before), vendor_update, content_free (a clean merge of the base branch); else NULL.
--             The deployer's word is not enough: a rerun with another digest, or a rollback to what never served, counts.
--   unknown   why nothing can be tested: conflict, change_set_unknown (the deployed commit is not in the data),
--             no_new_commit (nothing new in it, and it is neither rerun nor automatic rollback); else NULL.
--             Where a pull request names a deployed commit that is not in the data, its change is tested. Whatever else
--             the deployment carried stays unknown as the item <deployment>, unless no commit of the repository is in
--             the data and the source of commits has no gap: then commits were never part of the evidence.
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
        p.id AS id,
        p.served AS served,
        COALESCE(SUM(p.served) OVER (
            PARTITION BY p.system, p.repository ORDER BY p.started_at, p.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS served_before
    FROM production AS p
),
live_before AS (
    SELECT n.id AS id, o.digest AS digest, o.deployed_sha AS deployed_sha
    FROM numbered AS n
    JOIN production AS p ON p.id = n.id
    JOIN production AS o ON o.system = p.system AND o.repository IS NOT DISTINCT FROM p.repository
    JOIN numbered AS m ON m.id = o.id AND m.served = 1 AND m.served_before + 1 = n.served_before
),
served_first AS (
    SELECT p.system AS system, COALESCE(p.digest, p.deployed_sha) AS content, MIN(p.started_at) AS started_at
    FROM production AS p
    WHERE p.served = 1
    GROUP BY p.system, COALESCE(p.digest, p.deployed_sha)
),
judged AS (
    SELECT
        p.id AS id,
        CASE
            WHEN p.status = 'failure' THEN 'never_served'
            WHEN p.kind = 'vendor' THEN 'vendor_update'
            WHEN p.digest = b.digest THEN 'rerun'
            WHEN p.kind = 'rerun' AND (p.digest IS NULL OR b.digest IS NULL) AND p.deployed_sha = b.deployed_sha THEN 'rerun'
            WHEN p.kind = 'rollback' AND f.started_at < p.started_at THEN 'automatic_rollback'
        END AS excuse
    FROM production AS p
    LEFT JOIN live_before AS b ON b.id = p.id
    LEFT JOIN served_first AS f ON f.system = p.system AND f.content = COALESCE(p.digest, p.deployed_sha)
),
by_name AS (
    -- Deployments whose one known commit is the deployed one, which is not in the data itself.
    SELECT s.deployment AS deployment, MIN(s.repository) AS repository
    FROM change_set AS s
    JOIN production AS p ON p.id = s.deployment
    LEFT JOIN code_commit AS k ON k.repository = s.repository AND k.sha = s.sha
    GROUP BY s.deployment
    HAVING COUNT(*) = 1 AND COUNT(k.sha) = 0 AND MIN(s.sha) = MIN(p.deployed_sha)
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
        AND (g.starts_at IS NULL OR g.starts_at <= p.started_at_latest)
    WHERE w.repository IS NOT NULL OR g.table_name IS NOT NULL
),
carried AS (
    SELECT DISTINCT
        s.deployment AS deployment,
        s.repository AS repository,
        l.pull_request AS pull_request,
        CASE WHEN l.pull_request IS NULL THEN s.sha END AS sha
    FROM change_set AS s
    LEFT JOIN change_link AS l ON l.repository = s.repository AND l.sha = s.sha
    UNION ALL
    SELECT
        r.deployment AS deployment,
        r.repository AS repository,
        CAST(NULL AS VARCHAR) AS pull_request,
        CAST(NULL AS VARCHAR) AS sha
    FROM rest AS r
)
SELECT
    p.id || COALESCE('/' || c.pull_request, '/' || c.sha, '') AS item,
    p.system AS system,
    p.completed_at AS operating_at,
    p.completed_at_latest AS operating_at_latest,
    p.id AS deployment,
    COALESCE(c.repository, p.repository) AS repository,
    c.pull_request AS pull_request,
    c.sha AS sha,
    CASE
        WHEN j.excuse IS NOT NULL THEN j.excuse
        WHEN k.base_merge AND NOT k.conflicted THEN 'content_free'
    END AS excuse,
    CASE
        WHEN p.conflicted OR r.conflicted OR k.conflicted THEN 'conflict'
        WHEN COALESCE(c.pull_request, c.sha) IS NOT NULL THEN NULL
        WHEN h.sha IS NULL THEN 'change_set_unknown'
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
    r.base_ref AS base_ref,
    COALESCE(r.created_at, k.committed_at, k.authored_at) AS begins_at,
    p.evidence AS evidence,
    p.record AS record
FROM production AS p
JOIN judged AS j ON j.id = p.id
LEFT JOIN carried AS c ON c.deployment = p.id
LEFT JOIN pull_request AS r ON r.id = c.pull_request
LEFT JOIN code_commit AS k ON k.repository = c.repository AND k.sha = c.sha
LEFT JOIN code_commit AS h ON h.repository = COALESCE(p.repository, c.repository) AND h.sha = p.deployed_sha
