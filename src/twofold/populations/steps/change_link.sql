-- change_link: which pull request brought a commit (audit-domain 4.2, Change set of a deployment; by key only).
-- One row per commit and pull request. A commit that several pull requests hold belongs to those that were merged, where
-- one was. Squash and rebase give a change new commit ids: such a commit is the pull request's where the source names it
-- as the merge, or where its content (tree) equals a listed commit's and it was made while the pull request was open.
--   via   listed (the source lists it, or it is the head), merge (named as the merge), tree (equal content)
WITH claimed AS (
    SELECT
        p.repository AS repository, c.sha AS sha, p.id AS pull_request, 'listed' AS via,
        CASE WHEN p.merged_at IS NULL THEN 0 ELSE 1 END AS merged
    FROM pull_request_commit AS c
    JOIN pull_request AS p ON p.id = c.pull_request
    UNION ALL
    SELECT
        p.repository AS repository, p.head_sha AS sha, p.id AS pull_request, 'listed' AS via,
        CASE WHEN p.merged_at IS NULL THEN 0 ELSE 1 END AS merged
    FROM pull_request AS p
    WHERE p.head_sha IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM pull_request_commit AS c WHERE c.pull_request = p.id AND c.sha = p.head_sha)
    UNION ALL
    SELECT
        p.repository AS repository, p.merge_sha AS sha, p.id AS pull_request, 'merge' AS via,
        CASE WHEN p.merged_at IS NULL THEN 0 ELSE 1 END AS merged
    FROM pull_request AS p
    WHERE p.merge_sha IS NOT NULL
        AND p.merge_sha IS DISTINCT FROM p.head_sha
        AND NOT EXISTS (SELECT 1 FROM pull_request_commit AS c WHERE c.pull_request = p.id AND c.sha = p.merge_sha)
),
unclaimed AS (
    SELECT DISTINCT
        c.repository AS repository, c.sha AS sha, c.tree_sha AS tree_sha,
        c.committed_at AS committed_at, c.committed_at_latest AS committed_at_latest
    FROM code_commit AS c
    WHERE c.tree_sha IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM claimed AS k WHERE k.repository = c.repository AND k.sha = c.sha)
),
same_tree AS (
    -- Unclaimed commits with each other commit of equal content.
    SELECT DISTINCT
        c.repository AS repository, c.sha AS sha, o.sha AS other_sha,
        c.committed_at AS committed_at, c.committed_at_latest AS committed_at_latest
    FROM unclaimed AS c
    JOIN code_commit AS o ON o.repository = c.repository AND o.tree_sha = c.tree_sha AND o.sha <> c.sha
),
equal AS (
    SELECT DISTINCT
        c.repository AS repository, c.sha AS sha, l.pull_request AS pull_request, 'tree' AS via,
        CASE WHEN p.merged_at IS NULL THEN 0 ELSE 1 END AS merged
    FROM same_tree AS c
    JOIN claimed AS l ON l.repository = c.repository AND l.sha = c.other_sha AND l.via = 'listed'
    JOIN pull_request AS p ON p.id = l.pull_request
    WHERE c.committed_at <= p.merged_at_latest
        AND (p.created_at IS NULL OR c.committed_at_latest >= p.created_at)
),
every AS (
    SELECT
        c.repository AS repository, c.sha AS sha, c.pull_request AS pull_request, c.via AS via, c.merged AS merged
    FROM claimed AS c
    UNION ALL
    SELECT
        e.repository AS repository, e.sha AS sha, e.pull_request AS pull_request, e.via AS via, e.merged AS merged
    FROM equal AS e
)
SELECT m.repository AS repository, m.sha AS sha, m.pull_request AS pull_request, m.via AS via
FROM every AS m
WHERE m.merged = 1
UNION ALL
SELECT o.repository AS repository, o.sha AS sha, o.pull_request AS pull_request, o.via AS via
FROM every AS o
WHERE o.merged = 0
    AND NOT EXISTS (SELECT 1 FROM every AS m WHERE m.merged = 1 AND m.repository = o.repository AND m.sha = o.sha)
