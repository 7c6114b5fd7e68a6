-- log_flow: every log that must flow, day by day, and every stretch in which a system in scope had none (audit-domain T-17:
-- expected sources = in-scope systems).
-- An item is one log source on one local day of its system (kind source), or one stretch in which a system with a label soc2 or
-- fin_relevant had no log source (kind no_source).
-- A row of log_source that ends no later than it begins is no life of the source, and such a label no scope.
-- Item id: <source>/<slot as in expected_run>, for example audit/2026-03-10T00:00+01:00; or <system>/no-source/<start, UTC>, with
-- the word ever where the label holds for ever.
-- Operating date: the start of the day; of a stretch the whole stretch, so that it counts in each period that it touches.
WITH
born AS (
    SELECT s.id AS source_id, MIN(COALESCE(s.valid_from, TIMESTAMP '0001-01-01 00:00:00')) AS used_from
    FROM log_source AS s
    WHERE s.valid_from IS NULL OR s.valid_to IS NULL OR s.valid_from < s.valid_to
    GROUP BY s.id
),
label AS (
    SELECT
        l.system AS system,
        COALESCE(l.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS starts_at,
        COALESCE(l.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS ends_before,
        l.evidence AS evidence,
        l.record AS record
    FROM system_label AS l
    WHERE l.label IN ('soc2', 'fin_relevant') AND COALESCE(l.dependents, 1) <> 0
        AND (l.valid_from IS NULL OR l.valid_to IS NULL OR l.valid_from < l.valid_to)
),
-- Stretches in scope, those of several labels joined.
joined AS (
    SELECT
        l.system AS system,
        l.starts_at AS starts_at,
        l.ends_before AS ends_before,
        l.evidence AS evidence,
        l.record AS record,
        CASE
            WHEN l.starts_at <= MAX(l.ends_before) OVER (
                PARTITION BY l.system
                ORDER BY l.starts_at NULLS LAST, l.ends_before NULLS LAST, l.evidence NULLS LAST, l.record NULLS LAST
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0
            ELSE 1
        END AS begins
    FROM label AS l
),
numbered AS (
    SELECT
        j.system AS system,
        j.starts_at AS starts_at,
        j.ends_before AS ends_before,
        j.evidence AS evidence,
        j.record AS record,
        SUM(j.begins) OVER (
            PARTITION BY j.system
            ORDER BY j.starts_at NULLS LAST, j.ends_before NULLS LAST, j.evidence NULLS LAST, j.record NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch
    FROM joined AS j
),
scope AS (
    SELECT
        n.system AS system,
        n.stretch AS stretch,
        MIN(n.starts_at) AS starts_at,
        MAX(n.ends_before) AS ends_before,
        MIN(n.evidence) AS evidence,
        MIN(n.record) AS record
    FROM numbered AS n
    GROUP BY n.system, n.stretch
),
covered AS (
    SELECT
        c.system AS system,
        c.stretch AS stretch,
        GREATEST(COALESCE(s.valid_from, c.starts_at), c.starts_at) AS starts_at,
        LEAST(COALESCE(s.valid_to, c.ends_before), c.ends_before) AS ends_before
    FROM scope AS c
    JOIN log_source AS s ON s.system = c.system
    WHERE GREATEST(COALESCE(s.valid_from, c.starts_at), c.starts_at) < LEAST(COALESCE(s.valid_to, c.ends_before), c.ends_before)
    UNION ALL
    SELECT c.system AS system, c.stretch AS stretch, c.ends_before AS starts_at, c.ends_before AS ends_before
    FROM scope AS c
),
hole AS (
    SELECT
        c.system AS system,
        c.stretch AS stretch,
        MAX(c.ends_before) OVER (
            PARTITION BY c.system, c.stretch ORDER BY c.starts_at NULLS LAST, c.ends_before NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached,
        c.starts_at AS next_at
    FROM covered AS c
)
SELECT
    e.plan || '/' || e.slot AS item,
    o.system AS system,
    e.starts_at AS operating_at,
    e.starts_at AS operating_at_latest,
    'source' AS kind,
    e.plan AS source_id,
    e.starts_at AS starts_at,
    e.ends_before AS ends_before,
    b.used_from AS used_from,
    o.silence_minutes AS silence_minutes,
    o.keep_days AS keep_days,
    o.conflicted AS conflicted,
    o.evidence AS evidence,
    o.record AS record
FROM expected_run AS e
JOIN log_source AS o ON o.id = e.plan AND o.valid_from IS NOT DISTINCT FROM e.valid_from
JOIN born AS b ON b.source_id = e.plan
WHERE e.activity = 'log'
UNION ALL
SELECT
    h.system || '/no-source/' || CASE
        WHEN GREATEST(COALESCE(h.reached, c.starts_at), c.starts_at) = TIMESTAMP '0001-01-01 00:00:00' THEN 'ever'
        ELSE CAST(GREATEST(COALESCE(h.reached, c.starts_at), c.starts_at) AS STRING)
    END AS item,
    h.system AS system,
    GREATEST(COALESCE(h.reached, c.starts_at), c.starts_at) AS operating_at,
    h.next_at - INTERVAL '1' MICROSECOND AS operating_at_latest,
    'no_source' AS kind,
    CAST(NULL AS STRING) AS source_id,
    GREATEST(COALESCE(h.reached, c.starts_at), c.starts_at) AS starts_at,
    h.next_at AS ends_before,
    c.starts_at AS used_from,
    CAST(NULL AS BIGINT) AS silence_minutes,
    CAST(NULL AS BIGINT) AS keep_days,
    FALSE AS conflicted,
    c.evidence AS evidence,
    c.record AS record
FROM hole AS h
JOIN scope AS c ON c.system = h.system AND c.stretch = h.stretch
WHERE GREATEST(COALESCE(h.reached, c.starts_at), c.starts_at) < h.next_at
