-- change_contributor: whose hands made a change (audit-domain 4.0, Independence; T-11, People sets).
-- One row per item, account and role: author and opener, co-authors, committers and pushers. Merging is no contribution,
-- so of the commit that a merge made only its author and co-authors count, and only where it is a squash (one parent);
-- a clean merge of the base branch adds nothing, so its hands do not count. GitHub's own web committer is nobody.
-- A listed commit that is not in the data, while other commits of its repository are or the source of commits has a gap,
-- stands for somebody unknown, unless the pull request was squashed into a commit that is in the data.
--   person, state   as in the step identity, at the time of the commit; state unlinked where nobody is known
WITH hand AS (
    SELECT c.repository AS repository, c.sha AS sha, c.author AS account, 'author' AS role FROM code_commit AS c
    UNION ALL
    SELECT c.repository AS repository, c.sha AS sha, c.value AS account, 'coauthor' AS role
    FROM code_commit__coauthors AS c
    UNION ALL
    SELECT c.repository AS repository, c.sha AS sha, c.committer AS account, 'committer' AS role FROM code_commit AS c
    UNION ALL
    SELECT c.repository AS repository, c.sha AS sha, c.pushed_by AS account, 'pusher' AS role FROM code_commit AS c
),
merge_parents AS (
    SELECT p.repository AS repository, p.sha AS sha, COUNT(*) AS parents
    FROM code_commit__parents AS p
    GROUP BY p.repository, p.sha
),
commit_of AS (
    -- The commits behind each pull request, and commits without one.
    SELECT l.repository AS repository, l.sha AS sha, l.pull_request AS pull_request, l.via AS via FROM change_link AS l
    UNION ALL
    SELECT DISTINCT
        s.repository AS repository, s.sha AS sha, CAST(NULL AS VARCHAR) AS pull_request, 'listed' AS via
    FROM change_set AS s
    WHERE NOT EXISTS (SELECT 1 FROM change_link AS l WHERE l.repository = s.repository AND l.sha = s.sha)
),
acted AS (
    SELECT
        o.repository AS repository,
        o.sha AS sha,
        o.pull_request AS pull_request,
        h.account AS account,
        h.role AS role,
        COALESCE(c.committed_at, c.authored_at, c.pushed_at, TIMESTAMP '9999-12-30 00:00:00') AS acted_at,
        'code_commit' AS table_name,
        c.evidence AS evidence,
        c.record AS record
    FROM commit_of AS o
    JOIN code_commit AS c ON c.repository = o.repository AND c.sha = o.sha
    JOIN hand AS h ON h.repository = o.repository AND h.sha = o.sha
    LEFT JOIN merge_parents AS m ON m.repository = o.repository AND m.sha = o.sha
    WHERE h.account IS NOT NULL
        AND COALESCE(c.base_merge, false) = false
        AND (o.via = 'listed' OR (h.role IN ('author', 'coauthor') AND COALESCE(m.parents, 1) = 1))
        AND NOT (h.role = 'committer' AND h.account IN ('github:web-flow', 'git:noreply@github.com'))
    UNION ALL
    SELECT
        p.repository AS repository,
        CAST(NULL AS VARCHAR) AS sha,
        p.id AS pull_request,
        p.author AS account,
        'opener' AS role,
        COALESCE(p.created_at, p.merged_at, TIMESTAMP '9999-12-30 00:00:00') AS acted_at,
        'pull_request' AS table_name,
        p.evidence AS evidence,
        p.record AS record
    FROM pull_request AS p
    WHERE p.author IS NOT NULL
),
with_history AS (
    SELECT DISTINCT c.repository AS repository FROM code_commit AS c
),
squashed AS (
    SELECT p.id AS pull_request
    FROM pull_request AS p
    JOIN code_commit AS c ON c.repository = p.repository AND c.sha = p.merge_sha
    LEFT JOIN merge_parents AS m ON m.repository = c.repository AND m.sha = c.sha
    WHERE COALESCE(m.parents, 1) = 1
),
unseen AS (
    SELECT
        c.pull_request AS pull_request,
        c.sha AS sha,
        w.repository IS NOT NULL AS history,
        c.evidence AS evidence,
        c.record AS record
    FROM pull_request_commit AS c
    JOIN pull_request AS p ON p.id = c.pull_request
    LEFT JOIN with_history AS w ON w.repository = p.repository
    WHERE NOT EXISTS (SELECT 1 FROM code_commit AS k WHERE k.repository = p.repository AND k.sha = c.sha)
        AND NOT EXISTS (SELECT 1 FROM squashed AS s WHERE s.pull_request = p.id)
),
known AS (
    SELECT
        a.repository AS repository,
        a.sha AS sha,
        a.pull_request AS pull_request,
        a.account AS account,
        a.role AS role,
        i.person AS person,
        COALESCE(i.state, 'unlinked') AS state,
        a.table_name AS table_name,
        a.evidence AS evidence,
        a.record AS record
    FROM acted AS a
    LEFT JOIN identity AS i ON i.account = a.account AND i.valid_from <= a.acted_at AND a.acted_at < i.valid_to
)
SELECT
    u.item AS item, k.account AS account, k.role AS role, k.person AS person, k.state AS state, k.sha AS sha,
    k.table_name AS table_name, k.evidence AS evidence, k.record AS record
FROM change_unit AS u
JOIN known AS k ON k.pull_request = u.pull_request
UNION ALL
SELECT
    u.item AS item, k.account AS account, k.role AS role, k.person AS person, k.state AS state, k.sha AS sha,
    k.table_name AS table_name, k.evidence AS evidence, k.record AS record
FROM change_unit AS u
JOIN known AS k ON k.repository = u.repository AND k.sha = u.sha
WHERE u.pull_request IS NULL AND k.pull_request IS NULL
UNION ALL
SELECT
    u.item AS item, 'unknown author of commit ' || x.sha AS account, 'author' AS role, CAST(NULL AS VARCHAR) AS person,
    'unlinked' AS state, x.sha AS sha, 'pull_request_commit' AS table_name, x.evidence AS evidence, x.record AS record
FROM change_unit AS u
JOIN unseen AS x ON x.pull_request = u.pull_request
WHERE x.history
    OR EXISTS (
        SELECT 1
        FROM source_gap AS g
        WHERE g.table_name = 'code_commit'
            AND (g.system = u.system OR g.system = '*')
            AND (g.starts_at IS NULL OR g.starts_at <= u.started_at_latest)
    )
