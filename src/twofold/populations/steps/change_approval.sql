-- change_approval: every approval of a change, and what speaks for or against it (audit-domain 4.0 Identity, Authority,
-- Independence; 4.2 T-10 C). One row per item and approval. Whether it came in time is left to the rules, whose
-- parameters decide that; nothing here knows the start of the release.
--   basis         review (of the pull request), ticket (approval of a ticket for release or emergency), trailer (a commit
--                 without pull request that says who reviewed it: a statement, not an event of a system)
--   ended_at      when it stopped to hold: dismissed, withdrawn, or the same person asked for changes or rejected it; ended_by says which
--   ended_unknown dismissed, but nobody recorded when
--   content       final (given on the content that was merged), stale (content came later), unknown
--   authority     roster, title (no dated roster then, but the job's title carries the duty), none (a roster exists
--                 without the person), no_roster, unclear (times overlap), unlinked; emergency_authority likewise
--   independence  independent, contributor, bot (no person), unlinked, shared, contributor_unlinked (somebody who made
--                 the change may be the approver), no_contributor
WITH RECURSIVE same_content AS (
    -- The head, and behind clean merges of the base branch what they were merged into: content that is the same.
    SELECT p.id AS pull_request, p.repository AS repository, p.head_sha AS sha
    FROM pull_request AS p
    WHERE p.head_sha IS NOT NULL
    UNION
    SELECT s.pull_request AS pull_request, s.repository AS repository, l.sha AS sha
    FROM same_content AS s
    JOIN code_commit AS c ON c.repository = s.repository AND c.sha = s.sha AND c.base_merge
    JOIN code_commit__parents AS p ON p.repository = c.repository AND p.sha = c.sha
    JOIN pull_request_commit AS l ON l.pull_request = s.pull_request AND l.sha = p.value
),
last_push AS (
    -- When the last content of the change reached the server; NULL as soon as one push is unknown.
    SELECT
        u.item AS item,
        CASE WHEN COUNT(*) = COUNT(c.pushed_at_latest) THEN MAX(c.pushed_at_latest) END AS pushed_at_latest,
        MAX(c.pushed_at) AS pushed_at
    FROM change_unit AS u
    JOIN change_link AS l ON l.pull_request = u.pull_request AND l.via = 'listed'
    JOIN code_commit AS c ON c.repository = l.repository AND c.sha = l.sha
    WHERE COALESCE(c.base_merge, false) = false
    GROUP BY u.item
    UNION ALL
    SELECT u.item AS item, c.pushed_at_latest AS pushed_at_latest, c.pushed_at AS pushed_at
    FROM change_unit AS u
    JOIN code_commit AS c ON c.repository = u.repository AND c.sha = u.sha
),
given AS (
    SELECT
        u.item AS item, 'review' AS basis, r.id AS id, 'release' AS duty, r.reviewer AS account,
        r.submitted_at AS approved_at, r.submitted_at_latest AS approved_at_latest, r.commit_sha AS commit_sha,
        r.dismissed_at AS ended_at, r.dismissed_at_latest AS ended_at_latest,
        CASE WHEN r.dismissed_at IS NOT NULL THEN 'dismissed' END AS ended_by,
        r.state = 'dismissed' AS was_dismissed, r.conflicted AS conflicted,
        'review' AS table_name, r.evidence AS evidence, r.record AS record
    FROM change_unit AS u
    JOIN review AS r ON r.pull_request = u.pull_request
    WHERE r.state IN ('approved', 'dismissed') OR r.conflicted
    UNION
    SELECT
        t.item AS item, 'ticket' AS basis, a.id AS id, a.duty AS duty, a.approver AS account,
        a.decided_at AS approved_at, a.decided_at_latest AS approved_at_latest, CAST(NULL AS VARCHAR) AS commit_sha,
        a.withdrawn_at AS ended_at, a.withdrawn_at_latest AS ended_at_latest,
        CASE WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn' END AS ended_by,
        false AS was_dismissed, a.conflicted AS conflicted,
        'approval' AS table_name, a.evidence AS evidence, a.record AS record
    FROM change_ticket AS t
    JOIN approval AS a ON a.subject = t.ticket
    WHERE a.duty IN ('release', 'emergency') AND (a.decision = 'approve' OR a.conflicted)
    UNION
    SELECT
        u.item AS item, 'trailer' AS basis, c.sha || ':' || r.value AS id, 'release' AS duty, r.value AS account,
        c.committed_at AS approved_at, c.committed_at_latest AS approved_at_latest, c.sha AS commit_sha,
        CAST(NULL AS TIMESTAMP) AS ended_at, CAST(NULL AS TIMESTAMP) AS ended_at_latest,
        CAST(NULL AS VARCHAR) AS ended_by, false AS was_dismissed, c.conflicted AS conflicted,
        'code_commit' AS table_name, c.evidence AS evidence, c.record AS record
    FROM change_unit AS u
    JOIN code_commit AS c ON c.repository = u.repository AND c.sha = u.sha
    JOIN code_commit__reviewed_by AS r ON r.repository = c.repository AND r.sha = c.sha
    WHERE c.committed_at IS NOT NULL
),
reviewer AS (
    -- Who each review and each decision on a ticket came from; two accounts of one person are one reviewer.
    SELECT
        'review' AS table_name,
        r.pull_request AS subject,
        r.id AS id,
        r.state IN ('approved', 'dismissed') AS approves,
        r.state = 'changes_requested' AS refuses,
        COALESCE(i.person, r.reviewer) AS hand,
        r.submitted_at AS submitted_at,
        r.submitted_at_latest AS submitted_at_latest
    FROM review AS r
    LEFT JOIN identity AS i ON i.account = r.reviewer AND i.valid_from <= r.submitted_at AND r.submitted_at < i.valid_to
    UNION ALL
    SELECT
        'approval' AS table_name,
        a.subject || ' ' || a.duty AS subject,
        a.id AS id,
        a.decision = 'approve' AS approves,
        a.decision = 'reject' AS refuses,
        COALESCE(i.person, a.approver) AS hand,
        a.decided_at AS submitted_at,
        a.decided_at_latest AS submitted_at_latest
    FROM approval AS a
    LEFT JOIN identity AS i ON i.account = a.approver AND i.valid_from <= a.decided_at AND a.decided_at < i.valid_to
),
superseded AS (
    SELECT a.table_name AS table_name, a.id AS id, MIN(b.submitted_at) AS ended_at, MIN(b.submitted_at_latest) AS ended_at_latest
    FROM reviewer AS a
    JOIN reviewer AS b
        ON b.table_name = a.table_name AND b.subject = a.subject AND b.hand = a.hand
        AND b.refuses AND b.submitted_at > a.submitted_at
    WHERE a.approves
    GROUP BY a.table_name, a.id
),
named AS (
    SELECT
        g.item AS item, g.basis AS basis, g.id AS id, g.duty AS duty, g.account AS account,
        g.approved_at AS approved_at, g.approved_at_latest AS approved_at_latest, g.commit_sha AS commit_sha,
        CASE WHEN s.ended_at < COALESCE(g.ended_at, TIMESTAMP '9999-12-31 00:00:00') THEN s.ended_at ELSE g.ended_at END
            AS ended_at,
        CASE
            WHEN s.ended_at < COALESCE(g.ended_at, TIMESTAMP '9999-12-31 00:00:00') THEN s.ended_at_latest
            ELSE g.ended_at_latest
        END AS ended_at_latest,
        CASE
            WHEN s.ended_at < COALESCE(g.ended_at, TIMESTAMP '9999-12-31 00:00:00') THEN 'changes_requested'
            ELSE g.ended_by
        END AS ended_by,
        g.was_dismissed AND g.ended_at IS NULL AS ended_unknown,
        g.conflicted AS conflicted, g.table_name AS table_name, g.evidence AS evidence, g.record AS record,
        u.system AS system, u.repository AS repository, u.pull_request AS pull_request, u.final_sha AS final_sha,
        i.person AS person, COALESCE(i.state, 'unlinked') AS state, COALESCE(n.kind, 'human') AS kind
    FROM given AS g
    JOIN change_unit AS u ON u.item = g.item
    LEFT JOIN superseded AS s ON s.table_name = g.table_name AND s.id = g.id
    LEFT JOIN identity AS i ON i.account = g.account AND i.valid_from <= g.approved_at AND g.approved_at < i.valid_to
    LEFT JOIN account AS n ON n.id = g.account
),
by_roster AS (
    SELECT
        n.item AS item,
        n.table_name AS table_name,
        n.id AS id,
        a.duty AS duty,
        MAX(CASE WHEN a.valid_from <= n.approved_at AND n.approved_at_latest < a.valid_to THEN 1 ELSE 0 END) AS sure
    FROM named AS n
    JOIN authority AS a ON a.person = n.person AND (a.scope = n.system OR a.scope = '*') AND a.right_class IS NULL
    WHERE a.duty IN ('release', 'emergency') AND a.valid_from <= n.approved_at_latest AND n.approved_at < a.valid_to
    GROUP BY n.item, n.table_name, n.id, a.duty
),
by_title AS (
    SELECT DISTINCT n.item AS item, n.table_name AS table_name, n.id AS id, r.duty AS duty
    FROM named AS n
    JOIN job AS j ON j.person = n.person
    JOIN role_authority AS r ON r.role = j.role AND (r.scope = n.system OR r.scope = '*')
    WHERE COALESCE(j.valid_from, n.approved_at) <= n.approved_at
        AND n.approved_at_latest < COALESCE(j.valid_to, TIMESTAMP '9999-12-31 00:00:00')
        AND (
            NOT EXISTS (SELECT 1 FROM engagement AS e WHERE e.person = n.person)
            OR EXISTS (
                SELECT 1
                FROM engagement AS e
                WHERE e.person = n.person
                    AND COALESCE(e.started_at, n.approved_at) <= n.approved_at
                    AND n.approved_at < COALESCE(e.effective_end, TIMESTAMP '9999-12-31 00:00:00')
            )
        )
),
roster_known AS (
    SELECT u.system AS system, s.duty AS duty, MIN(s.begins_at) AS begins_at
    FROM (SELECT DISTINCT c.system AS system FROM change_unit AS c) AS u
    JOIN roster_start AS s ON s.scope = u.system OR s.scope = '*'
    GROUP BY u.system, s.duty
),
made_by AS (
    SELECT
        c.item AS item,
        MAX(CASE WHEN c.state IN ('unlinked', 'ambiguous', 'shared') THEN 1 ELSE 0 END) AS somebody_unknown
    FROM change_contributor AS c
    GROUP BY c.item
),
own_account AS (
    SELECT DISTINCT c.item AS item, c.account AS account FROM change_contributor AS c
),
own_person AS (
    SELECT DISTINCT c.item AS item, c.person AS person FROM change_contributor AS c WHERE c.person IS NOT NULL
)
SELECT
    n.item AS item,
    n.basis AS basis,
    n.id AS id,
    n.duty AS duty,
    n.account AS account,
    n.person AS person,
    n.approved_at AS approved_at,
    n.approved_at_latest AS approved_at_latest,
    n.commit_sha AS commit_sha,
    n.ended_at AS ended_at,
    n.ended_at_latest AS ended_at_latest,
    n.ended_by AS ended_by,
    n.ended_unknown AS ended_unknown,
    n.conflicted AS conflicted,
    CASE
        WHEN n.commit_sha IS NULL AND q.merged_at_latest < n.approved_at THEN 'final'
        WHEN n.final_sha IS NULL AND l.pushed_at > n.approved_at_latest THEN 'stale'
        WHEN n.final_sha IS NULL THEN 'unknown'
        WHEN n.commit_sha = n.final_sha OR s.sha IS NOT NULL OR seen.tree_sha = final.tree_sha THEN 'final'
        WHEN n.commit_sha IS NOT NULL THEN 'stale'
        WHEN l.pushed_at_latest < n.approved_at THEN 'final'
        ELSE 'unknown'
    END AS content,
    CASE
        WHEN n.person IS NULL THEN 'unlinked'
        WHEN r.sure = 1 THEN 'roster'
        WHEN r.sure = 0 THEN 'unclear'
        WHEN k.begins_at <= n.approved_at THEN 'none'
        WHEN t.id IS NOT NULL THEN 'title'
        ELSE 'no_roster'
    END AS authority,
    CASE
        WHEN n.person IS NULL THEN 'unlinked'
        WHEN re.sure = 1 THEN 'roster'
        WHEN re.sure = 0 THEN 'unclear'
        WHEN ke.begins_at <= n.approved_at THEN 'none'
        WHEN te.id IS NOT NULL THEN 'title'
        ELSE 'no_roster'
    END AS emergency_authority,
    CASE
        WHEN oa.account IS NOT NULL OR op.person IS NOT NULL THEN 'contributor'
        WHEN n.state = 'bot' OR n.kind IN ('bot', 'service') THEN 'bot'
        WHEN n.state = 'shared' THEN 'shared'
        WHEN n.person IS NULL THEN 'unlinked'
        WHEN m.item IS NULL THEN 'no_contributor'
        WHEN m.somebody_unknown = 1 THEN 'contributor_unlinked'
        ELSE 'independent'
    END AS independence,
    n.table_name AS table_name,
    n.evidence AS evidence,
    n.record AS record
FROM named AS n
LEFT JOIN pull_request AS q ON q.id = n.pull_request
LEFT JOIN same_content AS s ON s.pull_request = n.pull_request AND s.sha = n.commit_sha
LEFT JOIN code_commit AS seen ON seen.repository = n.repository AND seen.sha = n.commit_sha
LEFT JOIN code_commit AS final ON final.repository = n.repository AND final.sha = n.final_sha
LEFT JOIN last_push AS l ON l.item = n.item
LEFT JOIN by_roster AS r ON r.item = n.item AND r.table_name = n.table_name AND r.id = n.id AND r.duty = 'release'
LEFT JOIN by_roster AS re ON re.item = n.item AND re.table_name = n.table_name AND re.id = n.id AND re.duty = 'emergency'
LEFT JOIN by_title AS t ON t.item = n.item AND t.table_name = n.table_name AND t.id = n.id AND t.duty = 'release'
LEFT JOIN by_title AS te ON te.item = n.item AND te.table_name = n.table_name AND te.id = n.id AND te.duty = 'emergency'
LEFT JOIN roster_known AS k ON k.system = n.system AND k.duty = 'release'
LEFT JOIN roster_known AS ke ON ke.system = n.system AND ke.duty = 'emergency'
LEFT JOIN made_by AS m ON m.item = n.item
LEFT JOIN own_account AS oa ON oa.item = n.item AND oa.account = n.account
LEFT JOIN own_person AS op ON op.item = n.item AND op.person = n.person
