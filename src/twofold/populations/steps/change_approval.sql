-- change_approval: every approval of a change, and what speaks for or against it (audit-domain 4.0 Identity, Authority,
-- Independence; 4.2 T-10 C). One row per item and approval. Whether it came in time is left to the rules, whose
-- parameters decide that. Only what put the ticket back not surely after the start of this very release ends an approval of the ticket:
-- each release is judged alone.
--   human         whose HR id the approver's person is (same_human); empty where the account is linked to nobody
--   known_as      person, and human where that is another HR id, as facts name them; empty likewise
--   basis         review (of the pull request), ticket (approval of a ticket for release or emergency), trailer (a commit
--                 without pull request that says who reviewed it: a statement, not an event of a system)
--   ended_at, ended_at_latest   when it stopped to hold: dismissed, withdrawn, the same human asked for changes or
--                 rejected it, or its ticket was put back (ticket_put_back); ended_by says which. Perhaps from the first of them on, surely from the second (the year
--                 9999 where nobody can tell which came first, so that it may still have held)
--   ended_unknown dismissed, but nobody recorded when
--   doubt_at      when a row in conflict of the same human came, or a status in conflict of its ticket, so that nobody can tell whether it still held
--   content       final (given on the content that was merged), stale (content came later), unknown
--   authority     roster, title (no dated roster then, but the job's title carries the duty), title_unclear (likewise, but
--                 times overlap, of the title or of the beginning of the roster), none (a roster exists without the
--                 person), no_roster, unclear (on the roster, but times overlap), unlinked; emergency_authority likewise
--   independence  independent, contributor, bot (no person), unlinked, shared, contributor_unlinked (somebody who made
--                 the change may be the approver), no_contributor
--   item_no       as in change_unit
WITH RECURSIVE clean_merge AS (
    -- Behind a head that is a clean merge of the base branch: what it was merged into, content that is the same.
    -- Followed over 90 merges, so that a circle in the data ends.
    SELECT p.id AS pull_request, p.repository AS repository, p.head_sha AS sha, 1 AS merges
    FROM code_commit AS c
    JOIN pull_request AS p ON p.repository = c.repository AND p.head_sha = c.sha
    WHERE c.base_merge
    UNION ALL
    SELECT DISTINCT s.pull_request AS pull_request, s.repository AS repository, l.sha AS sha, s.merges + 1 AS merges
    FROM clean_merge AS s
    JOIN code_commit AS c ON c.repository = s.repository AND c.sha = s.sha AND c.base_merge
    JOIN code_commit__parents AS p ON p.repository = c.repository AND p.sha = c.sha
    JOIN pull_request_commit AS l ON l.pull_request = s.pull_request AND l.sha = p.value
    WHERE s.merges < 90
),
same_content AS (
    SELECT DISTINCT m.pull_request AS pull_request, m.sha AS sha FROM clean_merge AS m
),
given AS (
    SELECT
        u.item_no AS item_no, 'review' AS basis, r.id AS id, 'release' AS duty, r.reviewer AS account,
        r.submitted_at AS approved_at, r.submitted_at_latest AS approved_at_latest, r.commit_sha AS commit_sha,
        r.dismissed_at AS ended_at, r.dismissed_at_latest AS ended_at_latest,
        CASE WHEN r.dismissed_at IS NOT NULL THEN 'dismissed' END AS ended_by,
        r.state = 'dismissed' AS was_dismissed, r.conflicted AS conflicted,
        'review' AS table_name, r.evidence AS evidence, r.record AS record,
        u.item AS item, u.system AS system, u.repository AS repository, u.pull_request AS pull_request,
        u.final_sha AS final_sha, u.merged_at_latest AS merged_at_latest
    FROM change_unit AS u
    JOIN review AS r ON r.pull_request = u.pull_request
    WHERE r.state IN ('approved', 'dismissed') OR r.conflicted
    UNION ALL
    SELECT
        t.item_no AS item_no, 'ticket' AS basis, a.id AS id, a.duty AS duty, a.approver AS account,
        a.decided_at AS approved_at, a.decided_at_latest AS approved_at_latest, CAST(NULL AS STRING) AS commit_sha,
        a.withdrawn_at AS ended_at, a.withdrawn_at_latest AS ended_at_latest,
        CASE WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn' END AS ended_by,
        false AS was_dismissed, a.conflicted AS conflicted,
        'approval' AS table_name, a.evidence AS evidence, a.record AS record,
        u.item AS item, u.system AS system, u.repository AS repository, u.pull_request AS pull_request,
        u.final_sha AS final_sha, u.merged_at_latest AS merged_at_latest
    FROM change_ticket AS t
    JOIN change_unit AS u ON u.item_no = t.item_no
    JOIN approval AS a ON a.subject = t.ticket
    WHERE a.duty IN ('release', 'emergency') AND (a.decision = 'approve' OR a.conflicted)
    UNION ALL
    SELECT
        u.item_no AS item_no, 'trailer' AS basis, c.sha || ':' || r.value AS id, 'release' AS duty, r.value AS account,
        c.committed_at AS approved_at, c.committed_at_latest AS approved_at_latest, c.sha AS commit_sha,
        CAST(NULL AS TIMESTAMP) AS ended_at, CAST(NULL AS TIMESTAMP) AS ended_at_latest,
        CAST(NULL AS STRING) AS ended_by, false AS was_dismissed, c.conflicted AS conflicted,
        'code_commit' AS table_name, c.evidence AS evidence, c.record AS record,
        u.item AS item, u.system AS system, u.repository AS repository, u.pull_request AS pull_request,
        u.final_sha AS final_sha, u.merged_at_latest AS merged_at_latest
    FROM change_unit AS u
    JOIN code_commit__reviewed_by AS r ON r.repository = u.repository AND r.sha = u.sha
    JOIN code_commit AS c ON c.repository = u.repository AND c.sha = u.sha
    WHERE c.committed_at IS NOT NULL
),
refused AS (
    -- Reviews and decisions that ask for changes or reject, and whose they are.
    SELECT
        'review' AS table_name, r.pull_request AS subject, r.id AS id,
        COALESCE(h.human, i.person, r.reviewer) AS hand,
        r.submitted_at AS refused_at, r.submitted_at_latest AS refused_at_latest, r.conflicted AS conflicted
    FROM review AS r
    LEFT JOIN identity AS i ON i.account = r.reviewer AND i.valid_from <= r.submitted_at AND r.submitted_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    WHERE r.state = 'changes_requested' OR r.conflicted
    UNION ALL
    SELECT
        'approval' AS table_name, a.subject || ' ' || a.duty AS subject, a.id AS id,
        COALESCE(h.human, i.person, a.approver) AS hand,
        a.decided_at AS refused_at, a.decided_at_latest AS refused_at_latest, a.conflicted AS conflicted
    FROM approval AS a
    LEFT JOIN identity AS i ON i.account = a.approver AND i.valid_from <= a.decided_at AND a.decided_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    WHERE a.decision = 'reject' OR a.conflicted
),
superseded AS (
    -- Approvals that the same human took back so; two accounts, or two HR ids, of one human are one reviewer.
    SELECT
        g.table_name AS table_name, g.id AS id,
        MIN(CASE WHEN b.conflicted THEN NULL ELSE GREATEST(b.refused_at, g.given_at) END) AS ended_at,
        MIN(
            CASE
                WHEN b.conflicted THEN NULL
                WHEN b.refused_at > g.given_at_latest THEN b.refused_at_latest
                ELSE TIMESTAMP '9999-12-31 00:00:00'
            END
        ) AS ended_at_latest,
        MIN(CASE WHEN b.conflicted THEN GREATEST(b.refused_at, g.given_at) END) AS doubt_at
    FROM (
        SELECT
            'review' AS table_name, r.pull_request AS subject, r.id AS id, r.reviewer AS account,
            r.submitted_at AS given_at, r.submitted_at_latest AS given_at_latest
        FROM review AS r
        WHERE r.state IN ('approved', 'dismissed')
        UNION ALL
        SELECT
            'approval' AS table_name, a.subject || ' ' || a.duty AS subject, a.id AS id, a.approver AS account,
            a.decided_at AS given_at, a.decided_at_latest AS given_at_latest
        FROM approval AS a
        WHERE a.decision = 'approve'
    ) AS g
    JOIN refused AS b
        ON b.table_name = g.table_name AND b.subject = g.subject AND b.id <> g.id AND b.refused_at_latest >= g.given_at
    LEFT JOIN identity AS i ON i.account = g.account AND i.valid_from <= g.given_at AND g.given_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    WHERE b.hand = COALESCE(h.human, i.person, g.account)
    GROUP BY g.table_name, g.id
),
put_back AS (
    -- Approvals of tickets that were put back afterwards, or perhaps, and not surely after the start.
    SELECT
        t.item_no AS item_no, a.id AS id,
        MIN(CASE WHEN k.conflicted THEN NULL ELSE GREATEST(k.occurred_at, a.decided_at) END) AS ended_at,
        MIN(
            CASE
                WHEN k.conflicted THEN NULL
                WHEN k.occurred_at > a.decided_at_latest AND k.occurred_at_latest <= u.started_at THEN k.occurred_at_latest
                ELSE TIMESTAMP '9999-12-31 00:00:00'
            END
        ) AS ended_at_latest,
        MIN(CASE WHEN k.conflicted THEN k.occurred_at END) AS doubt_at
    FROM ticket_put_back AS k
    JOIN approval AS a ON a.subject = k.ticket AND a.decided_at <= k.occurred_at_latest
    JOIN change_ticket AS t ON t.ticket = k.ticket
    JOIN change_unit AS u ON u.item_no = t.item_no
    WHERE k.occurred_at <= u.started_at_latest AND a.decided_at <= u.started_at_latest
    GROUP BY t.item_no, a.id
),
taken_back AS (
    -- Refusals of the same human and tickets put back, on one line; a refusal is told first where both came at once.
    SELECT
        g.item_no AS item_no, g.table_name AS table_name, g.id AS id,
        LEAST(COALESCE(s.ended_at, p.ended_at), COALESCE(p.ended_at, s.ended_at)) AS ended_at,
        LEAST(COALESCE(s.ended_at_latest, p.ended_at_latest), COALESCE(p.ended_at_latest, s.ended_at_latest)) AS ended_at_latest,
        CASE WHEN COALESCE(p.ended_at_latest >= s.ended_at_latest, p.ended_at IS NULL) THEN 'changes_requested' ELSE 'put_back' END
            AS ended_by,
        LEAST(COALESCE(s.doubt_at, p.doubt_at), COALESCE(p.doubt_at, s.doubt_at)) AS doubt_at
    FROM given AS g
    LEFT JOIN superseded AS s ON s.table_name = g.table_name AND s.id = g.id
    LEFT JOIN put_back AS p ON g.basis = 'ticket' AND p.item_no = g.item_no AND p.id = g.id
    WHERE s.id IS NOT NULL OR p.id IS NOT NULL
),
named AS (
    SELECT
        g.item_no AS item_no, g.item AS item, g.basis AS basis, g.id AS id, g.duty AS duty, g.account AS account,
        g.approved_at AS approved_at, g.approved_at_latest AS approved_at_latest, g.commit_sha AS commit_sha,
        LEAST(COALESCE(g.ended_at, s.ended_at), COALESCE(s.ended_at, g.ended_at)) AS ended_at,
        LEAST(COALESCE(g.ended_at_latest, s.ended_at_latest), COALESCE(s.ended_at_latest, g.ended_at_latest))
            AS ended_at_latest,
        CASE WHEN COALESCE(s.ended_at_latest >= g.ended_at_latest, s.ended_at IS NULL) THEN g.ended_by ELSE s.ended_by END
            AS ended_by,
        s.doubt_at AS doubt_at,
        g.was_dismissed AND g.ended_at IS NULL AS ended_unknown,
        g.conflicted AS conflicted, g.table_name AS table_name, g.evidence AS evidence, g.record AS record,
        g.system AS system, g.repository AS repository, g.pull_request AS pull_request, g.final_sha AS final_sha,
        g.merged_at_latest AS merged_at_latest,
        i.person AS person, COALESCE(h.human, i.person) AS human, COALESCE(i.state, 'unlinked') AS state,
        COALESCE(n.kind, 'human') AS kind
    FROM given AS g
    LEFT JOIN taken_back AS s ON s.item_no = g.item_no AND s.table_name = g.table_name AND s.id = g.id
    LEFT JOIN identity AS i ON i.account = g.account AND i.valid_from <= g.approved_at AND g.approved_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
    LEFT JOIN account AS n ON n.id = g.account
),
unsure AS (
    -- Items with an approval whose content no commit id proves.
    SELECT DISTINCT n.item_no AS item_no FROM named AS n WHERE n.commit_sha IS NULL OR n.final_sha IS NULL
),
last_push AS (
    -- When the last content of such a change reached the server; NULL as soon as one push is unknown.
    SELECT
        u.item_no AS item_no,
        CASE WHEN COUNT(*) = COUNT(c.pushed_at_latest) THEN MAX(c.pushed_at_latest) END AS pushed_at_latest,
        MAX(c.pushed_at) AS pushed_at
    FROM unsure AS x
    JOIN change_unit AS u ON u.item_no = x.item_no
    JOIN change_link AS l ON l.pull_request = u.pull_request AND l.via = 'listed'
    JOIN code_commit AS c ON c.repository = l.repository AND c.sha = l.sha
    WHERE COALESCE(c.base_merge, false) = false
    GROUP BY u.item_no
    UNION ALL
    SELECT u.item_no AS item_no, c.pushed_at_latest AS pushed_at_latest, c.pushed_at AS pushed_at
    FROM unsure AS x
    JOIN change_unit AS u ON u.item_no = x.item_no
    JOIN code_commit AS c ON c.repository = u.repository AND c.sha = u.sha
),
other_commit AS (
    -- Approvals of another commit than the final one, which may have the same content under another id.
    SELECT DISTINCT n.repository AS repository, n.commit_sha AS sha, n.final_sha AS final_sha
    FROM named AS n
    WHERE n.commit_sha <> n.final_sha
),
seen_tree AS (
    SELECT DISTINCT o.repository AS repository, o.sha AS sha, o.final_sha AS final_sha, c.tree_sha AS tree_sha
    FROM other_commit AS o
    JOIN code_commit AS c ON c.repository = o.repository AND c.sha = o.sha
    WHERE c.tree_sha IS NOT NULL
),
equal_tree AS (
    SELECT DISTINCT s.repository AS repository, s.sha AS sha, s.final_sha AS final_sha
    FROM seen_tree AS s
    JOIN code_commit AS f ON f.repository = s.repository AND f.sha = s.final_sha
    WHERE f.tree_sha = s.tree_sha
),
by_roster AS (
    SELECT
        n.item_no AS item_no,
        n.table_name AS table_name,
        n.id AS id,
        MAX(CASE WHEN a.duty <> 'release' THEN NULL
            WHEN a.valid_from <= n.approved_at AND n.approved_at_latest < a.valid_to THEN 1 ELSE 0 END) AS release_sure,
        MAX(CASE WHEN a.duty <> 'emergency' THEN NULL
            WHEN a.valid_from <= n.approved_at AND n.approved_at_latest < a.valid_to THEN 1 ELSE 0 END) AS emergency_sure
    FROM named AS n
    JOIN authority AS a ON a.person = n.person AND (a.scope = n.system OR a.scope = '*') AND a.right_class IS NULL
    WHERE a.duty IN ('release', 'emergency') AND a.valid_from <= n.approved_at_latest AND n.approved_at < a.valid_to_latest
    GROUP BY n.item_no, n.table_name, n.id
),
by_title AS (
    -- Whether a title carried the duty; surely (1) or perhaps.
    SELECT
        n.item_no AS item_no,
        n.table_name AS table_name,
        n.id AS id,
        a.duty AS duty,
        MAX(CASE WHEN a.valid_from <= n.approved_at AND n.approved_at_latest < a.valid_to THEN 1 ELSE 0 END) AS sure
    FROM named AS n
    JOIN authority_by_title AS a ON a.person = n.person AND (a.scope = n.system OR a.scope = '*')
    WHERE a.valid_from <= n.approved_at_latest AND n.approved_at < a.valid_to_latest
    GROUP BY n.item_no, n.table_name, n.id, a.duty
),
roster_known AS (
    SELECT u.system AS system, s.duty AS duty, MIN(s.begins_at) AS begins_at
    FROM (SELECT DISTINCT c.system AS system FROM change_unit AS c) AS u
    JOIN roster_start AS s ON s.scope = u.system OR s.scope = '*'
    GROUP BY u.system, s.duty
),
made_by AS (
    SELECT
        w.item_no AS item_no,
        MAX(CASE WHEN w.state IN ('unlinked', 'ambiguous', 'shared') THEN 1 ELSE 0 END) AS somebody_unknown
    FROM change_contributor AS w
    GROUP BY w.item_no
),
own_approval AS (
    -- Approvals by somebody who worked on the change. A shared account may be two people's, so that it does not show who acted.
    SELECT DISTINCT n.item_no AS item_no, n.table_name AS table_name, n.id AS id
    FROM named AS n
    JOIN change_contributor AS w ON w.item_no = n.item_no
    WHERE w.human = n.human OR (w.account = n.account AND w.state <> 'shared')
)
SELECT
    n.item AS item,
    n.item_no AS item_no,
    n.basis AS basis,
    n.id AS id,
    n.duty AS duty,
    n.account AS account,
    n.person AS person,
    n.human AS human,
    n.person || CASE WHEN n.human <> n.person THEN ' (one human with ' || n.human || ')' ELSE '' END AS known_as,
    n.approved_at AS approved_at,
    n.approved_at_latest AS approved_at_latest,
    n.commit_sha AS commit_sha,
    n.ended_at AS ended_at,
    n.ended_at_latest AS ended_at_latest,
    n.ended_by AS ended_by,
    n.ended_unknown AS ended_unknown,
    n.doubt_at AS doubt_at,
    n.conflicted AS conflicted,
    CASE
        WHEN n.commit_sha IS NULL AND n.merged_at_latest < n.approved_at THEN 'final'
        WHEN n.final_sha IS NULL AND l.pushed_at > n.approved_at_latest THEN 'stale'
        WHEN n.final_sha IS NULL THEN 'unknown'
        WHEN n.commit_sha = n.final_sha OR s.sha IS NOT NULL OR f.sha IS NOT NULL THEN 'final'
        WHEN n.commit_sha IS NOT NULL THEN 'stale'
        WHEN l.pushed_at_latest < n.approved_at THEN 'final'
        ELSE 'unknown'
    END AS content,
    CASE
        WHEN n.person IS NULL THEN 'unlinked'
        WHEN r.release_sure = 1 THEN 'roster'
        WHEN r.release_sure = 0 THEN 'unclear'
        WHEN k.begins_at <= n.approved_at THEN 'none'
        WHEN t.sure = 1 AND COALESCE(k.begins_at > n.approved_at_latest, TRUE) THEN 'title'
        WHEN t.item_no IS NOT NULL THEN 'title_unclear'
        ELSE 'no_roster'
    END AS authority,
    CASE
        WHEN n.person IS NULL THEN 'unlinked'
        WHEN r.emergency_sure = 1 THEN 'roster'
        WHEN r.emergency_sure = 0 THEN 'unclear'
        WHEN ke.begins_at <= n.approved_at THEN 'none'
        WHEN te.sure = 1 AND COALESCE(ke.begins_at > n.approved_at_latest, TRUE) THEN 'title'
        WHEN te.item_no IS NOT NULL THEN 'title_unclear'
        ELSE 'no_roster'
    END AS emergency_authority,
    CASE
        WHEN o.id IS NOT NULL THEN 'contributor'
        WHEN n.state = 'bot' OR n.kind IN ('bot', 'service') THEN 'bot'
        WHEN n.state = 'shared' THEN 'shared'
        WHEN n.person IS NULL THEN 'unlinked'
        WHEN m.item_no IS NULL THEN 'no_contributor'
        WHEN m.somebody_unknown = 1 THEN 'contributor_unlinked'
        ELSE 'independent'
    END AS independence,
    n.table_name AS table_name,
    n.evidence AS evidence,
    n.record AS record
FROM named AS n
LEFT JOIN same_content AS s ON s.pull_request = n.pull_request AND s.sha = n.commit_sha
LEFT JOIN equal_tree AS f ON f.repository = n.repository AND f.sha = n.commit_sha AND f.final_sha = n.final_sha
LEFT JOIN last_push AS l ON l.item_no = n.item_no
LEFT JOIN by_roster AS r ON r.item_no = n.item_no AND r.table_name = n.table_name AND r.id = n.id
LEFT JOIN by_title AS t ON t.item_no = n.item_no AND t.table_name = n.table_name AND t.id = n.id AND t.duty = 'release'
LEFT JOIN by_title AS te
    ON te.item_no = n.item_no AND te.table_name = n.table_name AND te.id = n.id AND te.duty = 'emergency'
LEFT JOIN roster_known AS k ON k.system = n.system AND k.duty = 'release'
LEFT JOIN roster_known AS ke ON ke.system = n.system AND ke.duty = 'emergency'
LEFT JOIN made_by AS m ON m.item_no = n.item_no
LEFT JOIN own_approval AS o ON o.item_no = n.item_no AND o.table_name = n.table_name AND o.id = n.id
