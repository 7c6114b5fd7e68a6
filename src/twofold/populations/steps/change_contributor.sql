-- change_contributor: whose hands made a change (audit-domain 4.0, Independence; T-11, People sets).
-- One row per item, account and role: author and opener, co-authors, committers and pushers. Merging is no contribution,
-- so of the commit that a merge made only its author and co-authors count, and only where it is a squash (one parent);
-- a clean merge of the base branch adds nothing, so its hands do not count. GitHub's own web committer is nobody.
-- A listed commit, or a head, that is not in the data, while other commits of its repository are or the source of commits has a gap,
-- stands for somebody unknown, unless the pull request was squashed into a commit that is in the data.
--   person, state   as in the step identity, at the time of the commit; state unlinked where nobody is known
--   human           whose HR id person is (same_human): who compares people compares these; empty as person is
--   known_as        person, and human where that is another HR id, as facts name them; empty as person is
--   item_no         as in change_unit
WITH merge_parents AS (
    SELECT p.repository AS repository, p.sha AS sha, COUNT(*) AS parents
    FROM code_commit__parents AS p
    GROUP BY p.repository, p.sha
    HAVING COUNT(*) > 1
),
made AS (
    -- The commits of each item, with what they say about people.
    SELECT
        o.item AS item,
        o.item_no AS item_no,
        c.repository AS repository,
        c.sha AS sha,
        c.author AS author,
        c.committer AS committer,
        c.pushed_by AS pushed_by,
        CASE WHEN o.via = 'listed' THEN 1 ELSE 0 END AS listed,
        COALESCE(c.committed_at, c.authored_at, c.pushed_at, TIMESTAMP '9999-12-30 00:00:00') AS acted_at,
        c.evidence AS evidence,
        c.record AS record
    FROM (
        SELECT u.item AS item, u.item_no AS item_no, l.repository AS repository, l.sha AS sha, l.via AS via
        FROM change_unit AS u
        JOIN change_link AS l ON l.pull_request = u.pull_request
        UNION ALL
        SELECT u.item AS item, u.item_no AS item_no, u.repository AS repository, u.sha AS sha, 'listed' AS via
        FROM change_unit AS u
        WHERE u.sha IS NOT NULL
    ) AS o
    JOIN code_commit AS c ON c.repository = o.repository AND c.sha = o.sha
    LEFT JOIN merge_parents AS m ON m.repository = o.repository AND m.sha = o.sha
    WHERE COALESCE(c.base_merge, false) = false AND (o.via = 'listed' OR m.sha IS NULL)
),
acted AS (
    SELECT
        m.item AS item, m.item_no AS item_no, m.sha AS sha, m.author AS account, 'author' AS role, m.acted_at AS acted_at,
        'code_commit' AS table_name, m.evidence AS evidence, m.record AS record
    FROM made AS m
    WHERE m.author IS NOT NULL
    UNION ALL
    SELECT
        m.item AS item, m.item_no AS item_no, m.sha AS sha, c.value AS account, 'coauthor' AS role, m.acted_at AS acted_at,
        'code_commit' AS table_name, m.evidence AS evidence, m.record AS record
    FROM made AS m
    JOIN code_commit__coauthors AS c ON c.repository = m.repository AND c.sha = m.sha
    UNION ALL
    SELECT
        m.item AS item, m.item_no AS item_no, m.sha AS sha, m.committer AS account, 'committer' AS role, m.acted_at AS acted_at,
        'code_commit' AS table_name, m.evidence AS evidence, m.record AS record
    FROM made AS m
    WHERE m.listed = 1 AND m.committer NOT IN ('github:web-flow', 'git:noreply@github.com')
    UNION ALL
    SELECT
        m.item AS item, m.item_no AS item_no, m.sha AS sha, m.pushed_by AS account, 'pusher' AS role, m.acted_at AS acted_at,
        'code_commit' AS table_name, m.evidence AS evidence, m.record AS record
    FROM made AS m
    WHERE m.listed = 1 AND m.pushed_by IS NOT NULL
    UNION ALL
    SELECT
        u.item AS item, u.item_no AS item_no, CAST(NULL AS STRING) AS sha, p.author AS account, 'opener' AS role,
        COALESCE(p.created_at, p.merged_at, TIMESTAMP '9999-12-30 00:00:00') AS acted_at,
        'pull_request' AS table_name, p.evidence AS evidence, p.record AS record
    FROM change_unit AS u
    JOIN pull_request AS p ON p.id = u.pull_request
    WHERE p.author IS NOT NULL
),
with_history AS (
    SELECT DISTINCT c.repository AS repository FROM code_commit AS c
),
not_squashed AS (
    -- Pull requests that no commit in the data holds as a whole.
    SELECT DISTINCT p.id AS pull_request, p.repository AS repository, w.repository IS NOT NULL AS history
    FROM pull_request AS p
    LEFT JOIN code_commit AS s ON s.repository = p.repository AND s.sha = p.merge_sha
    LEFT JOIN merge_parents AS m ON m.repository = s.repository AND m.sha = s.sha
    LEFT JOIN with_history AS w ON w.repository = p.repository
    WHERE s.sha IS NULL OR m.sha IS NOT NULL
),
unknown_hand AS (
    -- Their listed commits and heads that are not in the data.
    SELECT
        x.pull_request AS pull_request, c.sha AS sha, x.history AS history,
        c.table_name AS table_name, c.evidence AS evidence, c.record AS record
    FROM not_squashed AS x
    JOIN (
        SELECT
            l.pull_request AS pull_request, l.sha AS sha,
            'pull_request_commit' AS table_name, l.evidence AS evidence, l.record AS record
        FROM pull_request_commit AS l
        UNION ALL
        SELECT
            h.pull_request AS pull_request, p.head_sha AS sha,
            'pull_request' AS table_name, p.evidence AS evidence, p.record AS record
        FROM not_squashed AS h
        JOIN pull_request AS p ON p.id = h.pull_request
        LEFT JOIN pull_request_commit AS l ON l.pull_request = p.id AND l.sha = p.head_sha
        WHERE p.head_sha IS NOT NULL AND l.sha IS NULL
    ) AS c ON c.pull_request = x.pull_request
    WHERE NOT EXISTS (SELECT 1 FROM code_commit AS k WHERE k.repository = x.repository AND k.sha = c.sha)
)
SELECT
    a.item AS item, a.item_no AS item_no, a.account AS account, a.role AS role, i.person AS person,
    COALESCE(h.human, i.person) AS human,
    i.person || CASE WHEN h.human <> i.person THEN ' (one human with ' || h.human || ')' ELSE '' END AS known_as,
    COALESCE(i.state, 'unlinked') AS state, a.sha AS sha,
    a.table_name AS table_name, a.evidence AS evidence, a.record AS record
FROM acted AS a
LEFT JOIN identity AS i ON i.account = a.account AND i.valid_from <= a.acted_at AND a.acted_at < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
UNION ALL
SELECT
    u.item AS item, u.item_no AS item_no, 'unknown author of commit ' || x.sha AS account, 'author' AS role,
    CAST(NULL AS STRING) AS person, CAST(NULL AS STRING) AS human, CAST(NULL AS STRING) AS known_as, 'unlinked' AS state, x.sha AS sha,
    x.table_name AS table_name, x.evidence AS evidence, x.record AS record
FROM change_unit AS u
JOIN unknown_hand AS x ON x.pull_request = u.pull_request
WHERE x.history
    OR EXISTS (
        SELECT 1
        FROM source_gap AS g
        WHERE g.table_name = 'code_commit'
            AND (g.system = u.system OR g.system = '*')
            AND (g.starts_at IS NULL OR u.started_at IS NULL OR g.starts_at <= u.started_at_latest)
    )
