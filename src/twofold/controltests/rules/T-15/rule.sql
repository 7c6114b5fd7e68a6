-- T-15: the required checks ran and succeeded on the released commit before the release (audit-domain 4.2, T-15).
-- Reads the population change_item and the steps change_link and change_ticket. Runs are judged once per deployment; the
-- changes that it carried share the result. Codes are ranked by their first character: the lowest decides an item.
-- Items join by number (item_no of change_unit); a deployment has the lowest number of its items (release_no).
WITH
-- The items that nothing settles before.
part AS (
    SELECT
        p.item_no AS item_no,
        p.system AS system,
        p.deployment AS deployment,
        p.repository AS repository,
        p.deployed_sha AS deployed_sha,
        p.started_at AS started_at,
        p.started_at_latest AS started_at_latest,
        p.begins_at AS begins_at,
        c.merged_at AS merged_at,
        c.merged_at_latest AS merged_at_latest
    FROM population AS p
    JOIN change_unit AS c ON c.item_no = p.item_no
    WHERE p.excuse IS NULL AND p.unknown IS NULL
),
-- The released commit, and the merge that made it: the last one among the changes that the deployment carried.
released AS (
    SELECT
        p.deployment AS deployment,
        MIN(p.repository) AS repository,
        MIN(p.item_no) AS release_no,
        MIN(p.deployed_sha) AS sha,
        MIN(p.started_at) AS started_at,
        MIN(p.started_at_latest) AS started_at_latest,
        MAX(p.merged_at) AS merged_at,
        MAX(p.merged_at_latest) AS merged_at_latest
    FROM part AS p
    GROUP BY p.deployment
),
-- Commits of content that several commits of a repository have.
shared_tree AS (
    SELECT c.repository AS repository, c.tree_sha AS tree_sha
    FROM code_commit AS c
    GROUP BY c.repository, c.tree_sha
    HAVING COUNT(*) > 1
),
same_tree AS (
    SELECT DISTINCT c.repository AS repository, c.sha AS sha, c.tree_sha AS tree_sha
    FROM shared_tree AS s
    JOIN code_commit AS c ON c.repository = s.repository AND c.tree_sha = s.tree_sha
),
-- Commits whose content is exactly what was released: the commit itself, and those with an equal tree.
content AS (
    SELECT
        d.release_no AS release_no, d.repository AS repository, d.sha AS sha, 0 AS behind,
        d.started_at AS started_at, d.started_at_latest AS started_at_latest,
        d.merged_at AS merged_at, d.merged_at_latest AS merged_at_latest
    FROM released AS d
    UNION ALL
    SELECT
        d.release_no AS release_no, d.repository AS repository, o.sha AS sha, 2 AS behind,
        d.started_at AS started_at, d.started_at_latest AS started_at_latest,
        d.merged_at AS merged_at, d.merged_at_latest AS merged_at_latest
    FROM released AS d
    JOIN same_tree AS c ON c.repository = d.repository AND c.sha = d.sha
    JOIN same_tree AS o ON o.repository = c.repository AND o.tree_sha = c.tree_sha AND o.sha <> c.sha
),
-- Finished runs on that content.
--   place   what counts first: 1 the released commit, perhaps before the merge; 2 the released commit, perhaps before the
--           release; 3 and 4 the same for an equal tree; 5 after the release. sure = 1 where there is no perhaps.
--   came    against the release: 1 before, 2 unclear, 3 time unknown, 4 in conflict, 5 after
--   result  1 success, 2 skipped or neutral, 3 anything else, 5 in conflict
run AS (
    SELECT
        n.release_no AS release_no,
        c.name AS name,
        c.completed_at AS completed_at,
        COALESCE(c.completed_at_latest, TIMESTAMP '9999-12-31 00:00:00') AS completed_at_latest,
        CASE
            WHEN c.conflicted OR c.completed_at IS NULL OR c.completed_at <= n.merged_at_latest THEN 1 + n.behind
            WHEN c.completed_at > n.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 5
            ELSE 2 + n.behind
        END AS place,
        CASE
            WHEN c.completed_at_latest < n.merged_at THEN 1
            WHEN c.completed_at <= n.merged_at_latest THEN 0
            WHEN c.completed_at_latest < n.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 1
            WHEN c.completed_at > n.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 1
            ELSE 0
        END AS sure,
        CASE
            WHEN c.conflicted THEN 4
            WHEN c.completed_at IS NULL THEN 3
            WHEN c.completed_at_latest < n.started_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 1
            WHEN c.completed_at > n.started_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 5
            ELSE 2
        END AS came,
        CASE
            WHEN c.conflicted THEN 5
            WHEN c.conclusion = 'success' THEN 1
            WHEN c.conclusion IN ('skipped', 'neutral') THEN 2
            ELSE 3
        END AS result
    FROM content AS n
    CROSS JOIN parameter AS q
    JOIN check_run AS c ON c.sha = n.sha AND COALESCE(c.repository, n.repository) = n.repository
    WHERE c.conclusion IS NOT NULL OR c.conflicted
),
-- asked_at: when the change was merged; for a change without a merge, when the release started.
unit AS (
    SELECT
        p.item_no AS item_no,
        d.release_no AS release_no,
        p.system AS system,
        p.repository AS repository,
        p.started_at_latest AS started_at_latest,
        p.begins_at AS begins_at,
        COALESCE(p.merged_at, p.started_at) AS asked_at,
        COALESCE(p.merged_at_latest, p.started_at_latest) AS asked_at_latest
    FROM part AS p
    JOIN released AS d ON d.deployment = p.deployment
),
system_of AS (
    SELECT DISTINCT p.system AS system FROM population AS p
),
declared AS (
    SELECT
        s.system AS system,
        r.name AS name,
        COALESCE(r.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM system_of AS s
    JOIN check_requirement AS r ON r.scope = s.system OR r.scope = '*'
),
-- Each check asked of an item. sure = 0: asked for in a part only of the time in which the merge may lie.
asked AS (
    SELECT
        u.item_no AS item_no,
        u.release_no AS release_no,
        d.name AS name,
        CASE WHEN d.valid_from <= u.asked_at AND u.asked_at_latest < d.valid_to THEN 1 ELSE 0 END AS sure
    FROM unit AS u
    JOIN declared AS d ON d.system = u.system AND d.valid_from <= u.asked_at_latest AND u.asked_at < d.valid_to
),
-- An item passes A to D where each check asked for ran, and all of its runs surely succeeded before the release. All other
-- items (closer = 1) are looked at check by check, and so are those of a system for which no check was ever named.
plain AS (
    SELECT
        a.item_no AS item_no,
        MAX(CASE WHEN r.came = 1 AND r.result = 1 THEN 0 ELSE 1 END) AS closer
    FROM asked AS a
    LEFT JOIN run AS r ON r.release_no = a.release_no AND r.name = a.name
    GROUP BY a.item_no
),
closer_release AS (
    SELECT u.release_no AS release_no
    FROM plain AS p
    JOIN unit AS u ON u.item_no = p.item_no
    WHERE p.closer = 1
    UNION
    SELECT u.release_no AS release_no
    FROM unit AS u
    LEFT JOIN declared AS d ON d.system = u.system
    WHERE d.system IS NULL
),
-- Per deployment and check: when a run came at best, and the least and greatest of its results.
seen AS (
    SELECT
        r.release_no AS release_no,
        r.name AS name,
        MIN(r.came) AS came,
        MIN(r.result) AS least,
        MAX(r.result) AS most
    FROM closer_release AS u
    JOIN run AS r ON r.release_no = u.release_no
    GROUP BY r.release_no, r.name
),
-- Where results differ, the last one of each place: one that surely belongs there and surely came after every other result;
-- 4 = nobody can tell.
place_result AS (
    SELECT
        r.release_no AS release_no,
        r.name AS name,
        r.place AS place,
        CASE
            WHEN MAX(r.result) = 5 THEN 5
            WHEN MAX(CASE WHEN r.sure = 1 THEN r.completed_at END)
                > COALESCE(MAX(CASE WHEN r.result <> 1 THEN r.completed_at_latest END), TIMESTAMP '0001-01-01 00:00:00') THEN 1
            WHEN MAX(CASE WHEN r.sure = 1 THEN r.completed_at END)
                > COALESCE(MAX(CASE WHEN r.result <> 2 THEN r.completed_at_latest END), TIMESTAMP '0001-01-01 00:00:00') THEN 2
            WHEN MAX(CASE WHEN r.sure = 1 THEN r.completed_at END)
                > COALESCE(MAX(CASE WHEN r.result <> 3 THEN r.completed_at_latest END), TIMESTAMP '0001-01-01 00:00:00') THEN 3
            ELSE 4
        END AS last_result
    FROM seen AS s
    JOIN run AS r ON r.release_no = s.release_no AND r.name = s.name
    WHERE s.least < s.most
    GROUP BY r.release_no, r.name, r.place
),
first_place AS (
    SELECT
        r.release_no AS release_no,
        r.name AS name,
        MIN(10 * r.place + r.last_result) - 10 * MIN(r.place) AS result
    FROM place_result AS r
    GROUP BY r.release_no, r.name
),
-- Per deployment and check: where all results agree, that one; else the last result of the first place that has any.
tested AS (
    SELECT s.release_no AS release_no, s.name AS name, s.came AS came, COALESCE(p.result, s.least) AS result
    FROM seen AS s
    LEFT JOIN first_place AS p ON p.release_no = s.release_no AND p.name = s.name
),
gap AS (
    SELECT
        u.item_no AS item_no,
        MAX(CASE WHEN g.table_name = 'check_run' THEN 1 ELSE 0 END) AS of_run,
        MAX(CASE WHEN g.table_name = 'requirement_test' THEN 1 ELSE 0 END) AS of_link
    FROM unit AS u
    JOIN (
        SELECT s.system AS system, x.table_name AS table_name, x.starts_at AS starts_at, x.ends_before AS ends_before
        FROM system_of AS s
        JOIN source_gap AS x ON x.system = s.system OR x.system = '*'
        WHERE x.table_name IN ('check_run', 'requirement_test')
    ) AS g
        ON g.system = u.system
        AND (g.starts_at IS NULL OR g.starts_at <= u.started_at_latest)
        AND (g.ends_before IS NULL OR u.begins_at IS NULL OR g.ends_before > u.begins_at)
    GROUP BY u.item_no
),
-- The checks to look at. assumed = 1: no check was ever named for the system, so each one seen on the released content counts.
required AS (
    SELECT
        a.item_no AS item_no,
        a.release_no AS release_no,
        a.name AS name,
        MAX(a.sure) AS sure,
        0 AS assumed
    FROM plain AS p
    JOIN asked AS a ON a.item_no = p.item_no
    WHERE p.closer = 1
    GROUP BY a.item_no, a.release_no, a.name
    UNION ALL
    SELECT
        u.item_no AS item_no,
        u.release_no AS release_no,
        t.name AS name,
        1 AS sure,
        1 AS assumed
    FROM unit AS u
    CROSS JOIN parameter AS q
    JOIN tested AS t ON t.release_no = u.release_no
    LEFT JOIN (SELECT DISTINCT x.system AS system FROM declared AS x) AS d ON d.system = u.system
    WHERE d.system IS NULL AND q.seen_checks_where_none_named
),
faced AS (
    SELECT
        r.item_no AS item_no,
        r.name AS name,
        r.sure AS sure,
        r.assumed AS assumed,
        t.came AS came,
        t.result AS result
    FROM required AS r
    LEFT JOIN tested AS t ON t.release_no = r.release_no AND t.name = r.name
),
-- A check that has no run on the released content may have run on another commit of the change.
unseen AS (
    SELECT f.item_no AS item_no, f.name AS name, u.repository AS repository, u.final_sha AS sha
    FROM faced AS f
    JOIN change_unit AS u ON u.item_no = f.item_no
    WHERE f.result IS NULL
    UNION
    SELECT f.item_no AS item_no, f.name AS name, u.repository AS repository, u.merge_sha AS sha
    FROM faced AS f
    JOIN change_unit AS u ON u.item_no = f.item_no
    WHERE f.result IS NULL
),
elsewhere AS (
    SELECT DISTINCT f.item_no AS item_no, f.name AS name
    FROM unseen AS f
    JOIN check_run AS c ON c.sha = f.sha AND c.name = f.name AND COALESCE(c.repository, f.repository) = f.repository
    WHERE c.conclusion IS NOT NULL OR c.conflicted
),
-- Files that a change with a skipped check touched: those of the commits listed in it. An empty path: not recorded for that commit.
touched AS (
    SELECT f.item_no AS item_no, f.name AS name, u.system AS system, u.asked_at AS asked_at, u.asked_at_latest AS asked_at_latest,
        x.path AS path
    FROM faced AS f
    JOIN unit AS u ON u.item_no = f.item_no
    JOIN change_unit AS p ON p.item_no = f.item_no
    LEFT JOIN change_link AS l ON l.pull_request = p.pull_request AND l.via = 'listed'
    LEFT JOIN code_commit AS c ON c.repository = l.repository AND c.sha = l.sha
    LEFT JOIN commit_path AS x ON x.repository = l.repository AND x.sha = l.sha
    WHERE f.result = 2 AND p.pull_request IS NOT NULL AND NOT COALESCE(c.base_merge, FALSE)
    UNION ALL
    SELECT f.item_no AS item_no, f.name AS name, u.system AS system, u.asked_at AS asked_at, u.asked_at_latest AS asked_at_latest,
        x.path AS path
    FROM faced AS f
    JOIN unit AS u ON u.item_no = f.item_no
    JOIN change_unit AS p ON p.item_no = f.item_no
    LEFT JOIN commit_path AS x ON x.repository = u.repository AND x.sha = p.sha
    WHERE f.result = 2 AND p.pull_request IS NULL
),
-- Each file needs a path rule for the check, valid at the merge: 3 has one, 2 perhaps had one then, 1 file not recorded, 0 none.
file_rule AS (
    SELECT
        t.item_no AS item_no,
        t.name AS name,
        t.path AS path,
        MAX(CASE
            WHEN r.name IS NULL THEN 0
            WHEN t.path IS NULL AND r.path_pattern <> '%' THEN 1
            WHEN NOT t.path LIKE r.path_pattern THEN 0
            WHEN COALESCE(r.valid_from, t.asked_at) <= t.asked_at
                AND t.asked_at_latest < COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00') THEN 3
            ELSE 2
        END) AS state
    FROM touched AS t
    LEFT JOIN check_path_rule AS r
        ON r.name = t.name AND (r.scope = t.system OR r.scope = '*')
        AND COALESCE(r.valid_from, t.asked_at) <= t.asked_at_latest
        AND t.asked_at < COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00')
    GROUP BY t.item_no, t.name, t.path
),
excused AS (
    SELECT f.item_no AS item_no, f.name AS name, MIN(f.state) AS state FROM file_rule AS f GROUP BY f.item_no, f.name
),
check_code AS (
    SELECT
        f.item_no AS item_no,
        f.assumed AS assumed,
        CASE
            WHEN f.result IS NOT NULL OR e.item_no IS NOT NULL THEN '8pass'
            WHEN g.of_run = 1 THEN '4cannot_test:source_gap'
            WHEN f.sure = 0 THEN '5cannot_test:requirement_unclear'
            ELSE '1exception:check_missing'
        END AS a,
        CASE
            WHEN f.result = 1 OR x.state = 3 THEN '8pass'
            WHEN f.result = 5 THEN '3cannot_test:conflict'
            WHEN f.result = 4 THEN '7cannot_test:time_order_unclear'
            WHEN f.result IS NOT NULL AND f.sure = 0 THEN '5cannot_test:requirement_unclear'
            WHEN f.result = 3 THEN '1exception:check_failed'
            WHEN x.state = 2 THEN '5cannot_test:requirement_unclear'
            WHEN x.state = 1 THEN '6cannot_test:paths_unknown'
            WHEN f.result = 2 THEN '2exception:check_skipped'
            WHEN g.of_run = 1 THEN '4cannot_test:source_gap'
            WHEN e.item_no IS NOT NULL THEN '9na:other_commit'
            ELSE '9na:check_missing'
        END AS b,
        CASE
            WHEN f.result IS NOT NULL THEN '8pass'
            WHEN g.of_run = 1 THEN '4cannot_test:source_gap'
            WHEN e.item_no IS NULL THEN '9na:check_missing'
            WHEN f.sure = 0 THEN '5cannot_test:requirement_unclear'
            ELSE '1exception:other_commit'
        END AS c,
        CASE
            WHEN f.came = 1 THEN '8pass'
            WHEN f.came = 4 THEN '3cannot_test:conflict'
            WHEN f.came = 3 THEN '6cannot_test:check_time_unknown'
            WHEN f.came = 2 THEN '7cannot_test:time_order_unclear'
            WHEN f.came = 5 AND f.sure = 0 THEN '5cannot_test:requirement_unclear'
            WHEN f.came = 5 THEN '1exception:check_late'
            WHEN g.of_run = 1 THEN '4cannot_test:source_gap'
            WHEN e.item_no IS NOT NULL THEN '9na:other_commit'
            ELSE '9na:check_missing'
        END AS d
    FROM faced AS f
    LEFT JOIN elsewhere AS e ON e.item_no = f.item_no AND e.name = f.name
    LEFT JOIN excused AS x ON x.item_no = f.item_no AND x.name = f.name
    LEFT JOIN gap AS g ON g.item_no = f.item_no
),
-- Where no check was ever named and some of those seen are good and some are not, nobody can tell whether a bad one was required.
item_code AS (
    SELECT
        k.item_no AS item_no,
        MAX(k.assumed) AS assumed,
        MIN(k.a) AS a,
        CASE
            WHEN MAX(k.assumed) = 1 AND MIN(k.b) < '3' AND MAX(k.b) = '8pass' THEN '0cannot_test:no_required_checks'
            ELSE MIN(k.b)
        END AS b,
        MIN(k.c) AS c,
        CASE
            WHEN MAX(k.assumed) = 1 AND MIN(k.d) < '3' AND MAX(k.d) = '8pass' THEN '0cannot_test:no_required_checks'
            ELSE MIN(k.d)
        END AS d
    FROM check_code AS k
    GROUP BY k.item_no
),
-- E: what the tickets of a change say about its kind, and for each ticket of a functional type the best of its tests:
-- 3 one that ran on the released content, 2 a test that did not, 1 none.
functional AS (
    SELECT
        t.item_no AS item_no,
        MAX(CASE WHEN t.conflicted OR t.type_unclear OR (t.is_change AND t.functional IS NULL) THEN 1 ELSE 0 END) AS is_unknown,
        MAX(CASE WHEN t.is_change THEN 1 ELSE 0 END) AS is_change
    FROM change_ticket AS t
    GROUP BY t.item_no
),
-- The runs of checks that tickets name.
ran AS (
    SELECT DISTINCT r.release_no AS release_no, r.name AS name
    FROM (SELECT DISTINCT v.check_name AS name FROM requirement_test AS v) AS n
    JOIN run AS r ON r.name = n.name
),
ticket_test AS (
    SELECT
        u.item_no AS item_no,
        t.ticket AS ticket,
        MAX(CASE WHEN x.name IS NOT NULL THEN 3 WHEN v.check_name IS NOT NULL THEN 2 ELSE 1 END) AS state
    FROM change_ticket AS t
    JOIN unit AS u ON u.item_no = t.item_no
    LEFT JOIN requirement_test AS v ON v.requirement = t.ticket
    LEFT JOIN ran AS x ON x.release_no = u.release_no AND x.name = v.check_name
    WHERE t.functional AND NOT t.conflicted
    GROUP BY u.item_no, t.ticket
),
linked AS (
    SELECT t.item_no AS item_no, MIN(t.state) AS state FROM ticket_test AS t GROUP BY t.item_no
),
settled AS (
    SELECT
        p.item AS item,
        p.item_no AS item_no,
        p.system AS system,
        p.operating_at AS operating_at,
        p.operating_at_latest AS operating_at_latest,
        CASE
            WHEN p.excuse IS NOT NULL THEN 'na:' || p.excuse
            WHEN p.unknown IS NOT NULL THEN 'cannot_test:' || p.unknown
            WHEN p.started_at IS NULL THEN 'cannot_test:start_unknown'
            WHEN p.deployed_sha IS NULL THEN 'cannot_test:commit_unknown'
        END AS code
    FROM population AS p
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.code IS NOT NULL THEN p.code
        WHEN c.closer = 0 THEN 'pass'
        WHEN k.assumed = 1 AND g.of_run = 1 THEN 'cannot_test:source_gap'
        ELSE COALESCE(SUBSTRING(k.a, 2), 'cannot_test:no_required_checks')
    END AS a,
    COALESCE(p.code, CASE WHEN c.closer = 0 THEN 'pass' ELSE SUBSTRING(k.b, 2) END, 'cannot_test:no_required_checks') AS b,
    COALESCE(p.code, CASE WHEN c.closer = 0 THEN 'pass' ELSE SUBSTRING(k.c, 2) END, 'cannot_test:no_required_checks') AS c,
    COALESCE(p.code, CASE WHEN c.closer = 0 THEN 'pass' ELSE SUBSTRING(k.d, 2) END, 'cannot_test:no_required_checks') AS d,
    CASE
        WHEN p.code IS NOT NULL THEN p.code
        WHEN l.state = 3 THEN 'pass'
        WHEN l.state = 2 AND g.of_run = 1 THEN 'cannot_test:source_gap'
        WHEN l.state IS NOT NULL AND g.of_link = 1 THEN 'cannot_test:source_gap'
        WHEN l.state = 2 THEN 'exception:linked_test_not_run'
        WHEN l.state = 1 THEN 'exception:not_linked'
        WHEN f.is_change = 1 AND f.is_unknown = 0 THEN 'na:not_functional'
        ELSE 'cannot_test:functional_unknown'
    END AS e
FROM settled AS p
LEFT JOIN plain AS c ON c.item_no = p.item_no
LEFT JOIN item_code AS k ON k.item_no = p.item_no
LEFT JOIN functional AS f ON f.item_no = p.item_no
LEFT JOIN linked AS l ON l.item_no = p.item_no
LEFT JOIN gap AS g ON g.item_no = p.item_no
