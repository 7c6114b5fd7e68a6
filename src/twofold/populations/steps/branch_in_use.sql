-- branch_in_use: the branches that releases of each system came from, and from when to when (audit-domain T-14).
-- One row per system, repository (by its name of today) and branch. A branch is in use
--   while the scope files declare it as a release branch, and
--   from the first to the last merge into it, or release from it, that reached production. A branch is not in use where each
--   such merge reached it through a pull request into another branch: one of a feature, stacked below that of the feature itself.
-- Half open: used_from <= t < used_to.
WITH passed_on AS (
    -- Merges that the same deployment carried as a part of a pull request into another branch.
    SELECT DISTINCT u.item_no AS item_no
    FROM change_unit AS u
    JOIN pull_request AS r ON r.id = u.pull_request
    JOIN change_link AS l ON l.repository = r.repository AND l.sha = r.merge_sha AND l.via = 'listed'
    JOIN pull_request AS o ON o.id = l.pull_request AND o.base_ref <> r.base_ref
    JOIN change_unit AS v ON v.deployment = u.deployment AND v.pull_request = o.id
    JOIN change_set AS s ON s.deployment = u.deployment AND s.repository = o.repository AND s.sha = o.merge_sha
),
named AS (
    SELECT
        b.system AS system,
        b.repository AS repository,
        b.branch AS branch,
        COALESCE(b.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS used_from,
        COALESCE(b.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS used_to,
        0 AS passed_on
    FROM release_branch AS b
    UNION ALL
    SELECT
        d.system AS system,
        d.repository AS repository,
        d.branch AS branch,
        COALESCE(d.started_at, d.completed_at) AS used_from,
        COALESCE(d.started_at_latest, d.completed_at_latest) + INTERVAL '1' MICROSECOND AS used_to,
        0 AS passed_on
    FROM deployment AS d
    WHERE d.environment = 'production' AND d.status <> 'failure' AND d.repository IS NOT NULL AND d.branch IS NOT NULL
    UNION ALL
    SELECT
        u.system AS system,
        r.repository AS repository,
        r.base_ref AS branch,
        r.merged_at AS used_from,
        r.merged_at_latest + INTERVAL '1' MICROSECOND AS used_to,
        CASE WHEN p.item_no IS NULL THEN 0 ELSE 1 END AS passed_on
    FROM change_unit AS u
    JOIN pull_request AS r ON r.id = u.pull_request
    LEFT JOIN passed_on AS p ON p.item_no = u.item_no
    WHERE r.base_ref IS NOT NULL AND COALESCE(u.excuse, '') <> 'never_served'
)
SELECT
    n.system AS system,
    COALESCE(m.current_name, n.repository) AS repository,
    n.branch AS branch,
    MIN(n.used_from) AS used_from,
    MAX(n.used_to) AS used_to
FROM named AS n
LEFT JOIN repository_now AS m ON m.name = n.repository
WHERE n.used_from IS NOT NULL
GROUP BY n.system, COALESCE(m.current_name, n.repository), n.branch
HAVING MIN(n.passed_on) = 0
