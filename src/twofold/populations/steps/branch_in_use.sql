-- branch_in_use: the branches that releases of each system came from, and from when to when (audit-domain T-14).
-- One row per system, repository (by its name of today) and branch. A branch is in use
--   while the scope files declare it as a release branch, and
--   from the first to the last merge into it, or release from it, that reached production.
-- Half open: used_from <= t < used_to.
WITH named AS (
    SELECT
        b.system AS system,
        b.repository AS repository,
        b.branch AS branch,
        COALESCE(b.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS used_from,
        COALESCE(b.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS used_to
    FROM release_branch AS b
    UNION ALL
    SELECT
        d.system AS system,
        d.repository AS repository,
        d.branch AS branch,
        COALESCE(d.started_at, d.completed_at) AS used_from,
        COALESCE(d.started_at_latest, d.completed_at_latest) + INTERVAL '1' MICROSECOND AS used_to
    FROM deployment AS d
    WHERE d.environment = 'production' AND d.status <> 'failure' AND d.repository IS NOT NULL AND d.branch IS NOT NULL
    UNION ALL
    SELECT
        u.system AS system,
        r.repository AS repository,
        r.base_ref AS branch,
        r.merged_at AS used_from,
        r.merged_at_latest + INTERVAL '1' MICROSECOND AS used_to
    FROM change_unit AS u
    JOIN pull_request AS r ON r.id = u.pull_request
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
