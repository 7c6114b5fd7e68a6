-- weakness_seen: every weakness that a scanner saw on a target, and every scan that was due (audit-domain T-20).
-- An item is one stretch in which one weakness was on one target, whichever tools saw it (kind finding); one slot of a
-- target's scans (kind scan); or one target without a schedule of scans (kind no_schedule).
-- Records of several tools are one stretch where they overlap or touch on one UTC day. A record lasts from its first sight to
-- the later of its last sight and the moment at which its tool says that it was gone. Where the last sight surely lies before the
-- first one, both are sights in the wrong order: it lasts from the earlier to the later, and began somewhere between them.
-- Item id: <target>/<weakness in capitals>/<UTC day of the first sight>, for example web-1/CVE-2026-0001/2026-03-02;
-- <target>/<slot as in expected_run>; <target>/no-schedule.
-- System: the target's; "-" where the target is not in the register, which no lens holds.
-- Operating date: from the first sight to the end of the record and the scan that shows the fix (as in T-20), or without one to the
-- retirement of the target or the extraction, so that it counts in each period in which it was there; what a tool merely says ends
-- nothing. The slot; the life of a target without schedule.
-- Second source: a target that scanners reach and the register does not know (reconciliations/weakness_seen.sql).
WITH
place AS (
    SELECT
        t.id AS target,
        t.system AS system,
        t.schedule AS schedule,
        COALESCE(t.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS used_from,
        COALESCE(t.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS used_to,
        t.conflicted AS conflicted,
        t.evidence AS evidence,
        t.record AS record
    FROM scan_target AS t
),
sight AS (
    SELECT
        w.id AS id,
        CASE WHEN w.last_seen_latest < w.first_seen THEN w.last_seen ELSE w.first_seen END AS first_seen,
        CASE WHEN w.last_seen_latest < w.first_seen THEN w.first_seen_latest ELSE w.last_seen_latest END AS last_seen_latest
    FROM weakness AS w
),
seen AS (
    SELECT
        w.id AS id,
        w.target AS target,
        w.tool AS tool,
        UPPER(TRIM(w.vulnerability)) AS vulnerability,
        t.first_seen AS first_seen,
        w.first_seen_latest AS first_seen_latest,
        t.last_seen_latest AS last_seen_latest,
        GREATEST(COALESCE(w.fixed_at_latest, t.last_seen_latest), t.last_seen_latest) AS ends_at,
        w.extracted_at AS there_until,
        w.conflicted AS conflicted,
        w.evidence AS evidence,
        w.record AS record
    FROM weakness AS w
    JOIN sight AS t ON t.id = w.id
),
reached AS (
    SELECT
        s.id AS id,
        s.target AS target,
        s.tool AS tool,
        s.vulnerability AS vulnerability,
        s.first_seen AS first_seen,
        s.first_seen_latest AS first_seen_latest,
        s.last_seen_latest AS last_seen_latest,
        s.ends_at AS ends_at,
        s.there_until AS there_until,
        s.conflicted AS conflicted,
        s.evidence AS evidence,
        s.record AS record,
        CASE
            WHEN CAST(s.first_seen AS DATE) <= CAST(MAX(s.ends_at) OVER (
                PARTITION BY s.target, s.vulnerability ORDER BY s.first_seen NULLS LAST, s.ends_at NULLS LAST, s.id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS DATE) THEN 0
            ELSE 1
        END AS begins
    FROM seen AS s
),
numbered AS (
    SELECT
        r.target AS target,
        r.tool AS tool,
        r.vulnerability AS vulnerability,
        r.first_seen AS first_seen,
        r.first_seen_latest AS first_seen_latest,
        r.last_seen_latest AS last_seen_latest,
        r.ends_at AS ends_at,
        r.there_until AS there_until,
        r.conflicted AS conflicted,
        r.evidence AS evidence,
        r.record AS record,
        SUM(r.begins) OVER (
            PARTITION BY r.target, r.vulnerability ORDER BY r.first_seen NULLS LAST, r.ends_at NULLS LAST, r.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch
    FROM reached AS r
),
-- The scan that shows a fix: the first good one after the last sight of the stretch, by a tool that had seen it, logged in if a good
-- scan of that tool had been by then.
point AS (
    SELECT
        n.target AS target,
        n.tool AS tool,
        n.vulnerability AS vulnerability,
        n.stretch AS stretch,
        MAX(MAX(n.last_seen_latest)) OVER (PARTITION BY n.target, n.vulnerability, n.stretch) AS at,
        CAST(NULL AS TIMESTAMP) AS at_latest,
        1 AS is_sight,
        FALSE AS logged_in
    FROM numbered AS n
    GROUP BY n.target, n.tool, n.vulnerability, n.stretch
    UNION ALL
    SELECT
        s.target AS target,
        s.tool AS tool,
        CAST(NULL AS STRING) AS vulnerability,
        CAST(NULL AS BIGINT) AS stretch,
        s.scanned_at AS at,
        s.scanned_at_latest AS at_latest,
        0 AS is_sight,
        COALESCE(s.authenticated, FALSE) AS logged_in
    FROM scan AS s
    WHERE s.ok AND NOT s.conflicted
),
shown AS (
    SELECT
        p.target AS target,
        p.vulnerability AS vulnerability,
        p.stretch AS stretch,
        p.is_sight AS is_sight,
        MAX(CASE WHEN p.logged_in THEN 1 ELSE 0 END) OVER (
            PARTITION BY p.target, p.tool ORDER BY p.at NULLS LAST, p.is_sight
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS was_logged_in,
        MIN(p.at_latest) OVER (
            PARTITION BY p.target, p.tool ORDER BY p.at NULLS LAST, p.is_sight
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS any_at_latest,
        MIN(CASE WHEN p.logged_in THEN p.at_latest END) OVER (
            PARTITION BY p.target, p.tool ORDER BY p.at NULLS LAST, p.is_sight
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS logged_in_at_latest
    FROM point AS p
),
fix AS (
    SELECT
        s.target AS target,
        s.vulnerability AS vulnerability,
        s.stretch AS stretch,
        MIN(CASE WHEN s.was_logged_in = 1 THEN s.logged_in_at_latest ELSE s.any_at_latest END) AS fixed_at_latest
    FROM shown AS s
    WHERE s.is_sight = 1
    GROUP BY s.target, s.vulnerability, s.stretch
)
SELECT
    n.target || '/' || n.vulnerability || '/' || CAST(CAST(MIN(n.first_seen) AS DATE) AS STRING) AS item,
    COALESCE(MIN(t.system), '-') AS system,
    MIN(n.first_seen) AS operating_at,
    MAX(CASE
        WHEN n.there_until >= LEAST(t.used_to, f.fixed_at_latest)
            THEN GREATEST(n.ends_at, LEAST(t.used_to - INTERVAL '1' MICROSECOND, f.fixed_at_latest))
        ELSE n.there_until
    END) AS operating_at_latest,
    'finding' AS kind,
    n.target AS target,
    n.vulnerability AS vulnerability,
    MIN(n.first_seen) AS starts_at,
    MIN(n.first_seen_latest) AS starts_at_latest,
    MAX(n.ends_at) AS ends_before,
    MIN(t.schedule) AS schedule,
    MAX(t.used_to) AS used_to,
    FALSE AS first_day,
    MAX(CASE WHEN n.conflicted OR t.conflicted THEN 1 ELSE 0 END) = 1 AS conflicted,
    MIN(n.evidence) AS evidence,
    MIN(n.record) AS record
FROM numbered AS n
LEFT JOIN fix AS f ON f.target = n.target AND f.vulnerability = n.vulnerability AND f.stretch = n.stretch
LEFT JOIN place AS t ON t.target = n.target
GROUP BY n.target, n.vulnerability, n.stretch
UNION ALL
SELECT
    e.plan || '/' || e.slot AS item,
    t.system AS system,
    e.starts_at AS operating_at,
    e.starts_at AS operating_at_latest,
    'scan' AS kind,
    e.plan AS target,
    CAST(NULL AS STRING) AS vulnerability,
    e.starts_at AS starts_at,
    e.starts_at AS starts_at_latest,
    e.ends_before AS ends_before,
    t.schedule AS schedule,
    t.used_to AS used_to,
    e.first_day AS first_day,
    t.conflicted AS conflicted,
    t.evidence AS evidence,
    t.record AS record
FROM expected_run AS e
JOIN place AS t ON t.target = e.plan
WHERE e.activity = 'scan'
UNION ALL
SELECT
    t.target || '/no-schedule' AS item,
    t.system AS system,
    t.used_from AS operating_at,
    t.used_to - INTERVAL '1' MICROSECOND AS operating_at_latest,
    'no_schedule' AS kind,
    t.target AS target,
    CAST(NULL AS STRING) AS vulnerability,
    t.used_from AS starts_at,
    t.used_from AS starts_at_latest,
    t.used_to AS ends_before,
    t.schedule AS schedule,
    t.used_to AS used_to,
    FALSE AS first_day,
    t.conflicted AS conflicted,
    t.evidence AS evidence,
    t.record AS record
FROM place AS t
WHERE t.schedule IS NULL
