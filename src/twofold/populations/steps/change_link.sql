-- change_link: which pull request brought a commit (audit-domain 4.2, Change set of a deployment; by key only).
-- One row per commit and pull request. A commit that several pull requests hold belongs to those that were merged, where
-- one was. Squash and rebase give a change new commit ids: such a commit is the pull request's where the source names it
-- as the merge, or where its content (tree) equals a listed commit's and it was made while the pull request was open.
--   via   listed (the source lists it, or it is the head), merge (named as the merge), tree (equal content)
WITH claimed AS (
    SELECT p.repository AS repository, c.sha AS sha, p.id AS pull_request, 'listed' AS via
    FROM pull_request_commit AS c
    JOIN pull_request AS p ON p.id = c.pull_request
    UNION
    SELECT p.repository AS repository, p.head_sha AS sha, p.id AS pull_request, 'listed' AS via
    FROM pull_request AS p
    WHERE p.head_sha IS NOT NULL
    UNION
    SELECT p.repository AS repository, p.merge_sha AS sha, p.id AS pull_request, 'merge' AS via
    FROM pull_request AS p
    WHERE p.merge_sha IS NOT NULL
),
equal AS (
    SELECT c.repository AS repository, c.sha AS sha, l.pull_request AS pull_request, 'tree' AS via
    FROM code_commit AS c
    JOIN code_commit AS o ON o.repository = c.repository AND o.tree_sha = c.tree_sha AND o.sha <> c.sha
    JOIN claimed AS l ON l.repository = o.repository AND l.sha = o.sha AND l.via = 'listed'
    JOIN pull_request AS p ON p.id = l.pull_request
    WHERE c.committed_at <= p.merged_at_latest
        AND (p.created_at IS NULL OR c.committed_at_latest >= p.created_at)
        AND NOT EXISTS (SELECT 1 FROM claimed AS k WHERE k.repository = c.repository AND k.sha = c.sha)
),
every AS (
    SELECT c.repository AS repository, c.sha AS sha, c.pull_request AS pull_request, MIN(c.via) AS via
    FROM claimed AS c
    GROUP BY c.repository, c.sha, c.pull_request
    UNION ALL
    SELECT DISTINCT e.repository AS repository, e.sha AS sha, e.pull_request AS pull_request, e.via AS via
    FROM equal AS e
),
ranked AS (
    SELECT
        e.repository AS repository,
        e.sha AS sha,
        e.pull_request AS pull_request,
        e.via AS via,
        CASE WHEN p.merged_at IS NULL THEN 0 ELSE 1 END AS merged,
        MAX(CASE WHEN p.merged_at IS NULL THEN 0 ELSE 1 END) OVER (PARTITION BY e.repository, e.sha) AS best
    FROM every AS e
    JOIN pull_request AS p ON p.id = e.pull_request
)
SELECT r.repository AS repository, r.sha AS sha, r.pull_request AS pull_request, r.via AS via
FROM ranked AS r
WHERE r.merged = r.best
