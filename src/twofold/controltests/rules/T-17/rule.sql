WITH
gap AS (
    SELECT s.system AS system, g.table_name AS table_name, g.starts_at AS starts_at, g.ends_before AS ends_before
    FROM (SELECT DISTINCT p.system AS system FROM population AS p) AS s
    JOIN source_gap AS g ON g.system = s.system OR g.system = '*'
),
-- A source lives from its first day to a break in its days.
day AS (
    SELECT
        p.source_id AS source_id,
        p.starts_at AS starts_at,
        p.ends_before AS ends_before,
        LAG(p.ends_before) OVER (PARTITION BY p.source_id ORDER BY p.starts_at NULLS LAST) AS ended_before
    FROM population AS p
    WHERE p.kind = 'source'
),
lived AS (
    SELECT
        d.source_id AS source_id,
        d.ends_before AS ends_before,
        MAX(CASE WHEN d.ended_before IS NULL OR d.ended_before < d.starts_at THEN d.starts_at END) OVER (
            PARTITION BY d.source_id ORDER BY d.starts_at NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS born_at
    FROM day AS d
),
life AS (
    SELECT
        l.source_id AS source_id,
        l.born_at AS born_at,
        LEAST(MAX(l.ends_before), MAX(q.extracted_at)) AS ends_at
    FROM lived AS l
    CROSS JOIN parameter AS q
    GROUP BY l.source_id, l.born_at
),
-- The ends of a source's life, and the extraction, count as signs.
edge AS (
    SELECT f.source_id AS source_id, f.born_at AS born_at, f.born_at AS at FROM life AS f
    UNION ALL
    SELECT f.source_id AS source_id, f.born_at AS born_at, f.ends_at AS at FROM life AS f
),
-- Three readings of the heartbeats: those that surely brought records of the source, those that may have, and all of them. With
-- gaps, a stretch for which heartbeats are not proven complete counts as a sign that may lie anywhere in it.
reading AS (
    SELECT 'sure' AS reading, 0 AS with_gaps
    UNION ALL
    SELECT 'maybe' AS reading, 0 AS with_gaps
    UNION ALL
    SELECT 'maybe' AS reading, 1 AS with_gaps
    UNION ALL
    SELECT 'all' AS reading, 1 AS with_gaps
),
unproven AS (
    SELECT
        p.source_id AS source_id,
        GREATEST(COALESCE(g.starts_at, p.starts_at), p.starts_at) AS at,
        LEAST(COALESCE(g.ends_before, p.ends_before), p.ends_before) AS at_latest
    FROM population AS p
    JOIN gap AS g ON g.system = p.system AND g.table_name = 'heartbeat'
        AND (g.starts_at IS NULL OR g.starts_at < p.ends_before) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
),
sign AS (
    SELECT
        r.reading AS reading,
        r.with_gaps AS with_gaps,
        f.source_id AS source_id,
        f.born_at AS born_at,
        GREATEST(h.seen_at, f.born_at) AS at,
        LEAST(h.seen_at_latest, f.ends_at) AS at_latest
    FROM heartbeat AS h
    JOIN life AS f ON f.source_id = h.source_id AND h.seen_at <= f.ends_at AND h.seen_at_latest >= f.born_at
    CROSS JOIN reading AS r
    WHERE r.reading = 'all' OR (h.records > 0 AND NOT h.conflicted) OR (r.reading = 'maybe' AND (h.records IS NULL OR h.conflicted))
    UNION ALL
    SELECT
        r.reading AS reading, r.with_gaps AS with_gaps, e.source_id AS source_id, e.born_at AS born_at,
        e.at AS at, e.at AS at_latest
    FROM edge AS e
    CROSS JOIN reading AS r
    UNION ALL
    SELECT
        r.reading AS reading, r.with_gaps AS with_gaps, f.source_id AS source_id, f.born_at AS born_at,
        u.at AS at, LEAST(u.at_latest, f.ends_at) AS at_latest
    FROM unproven AS u
    JOIN life AS f ON f.source_id = u.source_id AND u.at >= f.born_at AND u.at < f.ends_at
    JOIN reading AS r ON r.with_gaps = 1
),
pair AS (
    SELECT
        s.reading AS reading,
        s.with_gaps AS with_gaps,
        s.source_id AS source_id,
        s.at AS at,
        MAX(s.at_latest) OVER (
            PARTITION BY s.reading, s.with_gaps, s.source_id, s.born_at ORDER BY s.at NULLS LAST, s.at_latest NULLS LAST
            ROWS UNBOUNDED PRECEDING
        ) AS at_latest,
        LEAD(s.at) OVER (
            PARTITION BY s.reading, s.with_gaps, s.source_id, s.born_at ORDER BY s.at NULLS LAST, s.at_latest NULLS LAST
        ) AS next_at,
        LEAD(s.at_latest) OVER (
            PARTITION BY s.reading, s.with_gaps, s.source_id, s.born_at ORDER BY s.at NULLS LAST, s.at_latest NULLS LAST
        ) AS next_at_latest
    FROM sign AS s
),
too_long AS (
    SELECT
        p.item AS item,
        s.reading AS reading,
        s.with_gaps AS with_gaps,
        s.next_at > s.at_latest + COALESCE(p.silence_minutes, q.silence_minutes) * INTERVAL '1' MINUTE
        AND s.at_latest < p.ends_before - INTERVAL '1' MICROSECOND AND s.next_at > p.starts_at AS surely
    FROM pair AS s
    CROSS JOIN parameter AS q
    JOIN population AS p ON p.source_id = s.source_id AND s.at < p.ends_before AND s.next_at_latest > p.starts_at
    WHERE s.next_at_latest > s.at + COALESCE(p.silence_minutes, q.silence_minutes) * INTERVAL '1' MINUTE
),
-- The last mark is asked first, the others as they stand: each may hold as well where one before it does.
silent AS (
    SELECT
        t.item AS item,
        MAX(CASE WHEN t.reading = 'all' AND t.surely THEN 1 ELSE 0 END) AS nothing,
        MAX(CASE WHEN t.with_gaps = 1 AND t.surely THEN 1 ELSE 0 END) AS no_record,
        MAX(CASE WHEN t.reading = 'maybe' AND t.surely THEN 1 ELSE 0 END) AS no_record_found,
        MAX(CASE WHEN t.reading = 'maybe' AND t.with_gaps = 0 THEN 1 ELSE 0 END) AS perhaps_no_record,
        MAX(CASE WHEN t.reading = 'sure' THEN 1 ELSE 0 END) AS no_sure_record
    FROM too_long AS t
    GROUP BY t.item
),
beat_conflict AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN heartbeat AS h ON h.source_id = p.source_id AND p.starts_at <= h.seen_at AND h.seen_at < p.ends_before
    WHERE h.conflicted
),
beat_gap AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN unproven AS u ON u.source_id = p.source_id AND p.starts_at <= u.at AND u.at < p.ends_before
),
-- B and E: a day is judged by the first look at what is kept after it.
line AS (
    SELECT p.source_id AS source_id, p.ends_before AS at, 0 AS is_look, p.item AS item
    FROM population AS p
    WHERE p.kind = 'source'
    UNION ALL
    SELECT k.source_id AS source_id, k.observed_at AS at, 1 AS is_look, CAST(NULL AS STRING) AS item
    FROM log_keeping AS k
),
next_look AS (
    SELECT
        l.item AS item,
        l.source_id AS source_id,
        MIN(CASE WHEN l.is_look = 1 THEN l.at END) OVER (
            PARTITION BY l.source_id ORDER BY l.at NULLS LAST, l.is_look
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS observed_at
    FROM line AS l
),
-- Who could delete, each with the authority at the time of the look.
holder AS (
    SELECT
        h.source_id AS source_id,
        h.observed_at AS observed_at,
        k.observed_at_latest AS observed_at_latest,
        h.value AS account,
        s.system AS system,
        n.person AS person,
        n.state AS state
    FROM log_keeping__may_delete AS h
    JOIN log_keeping AS k ON k.source_id = h.source_id AND k.observed_at = h.observed_at
    JOIN (SELECT DISTINCT p.source_id AS source_id, p.system AS system FROM population AS p) AS s ON s.source_id = h.source_id
    LEFT JOIN identity AS n ON n.account = h.value AND n.valid_from <= h.observed_at AND h.observed_at < n.valid_to
),
holder_code AS (
    SELECT
        h.source_id AS source_id,
        h.observed_at AS observed_at,
        h.system AS system,
        CASE
            WHEN LOWER(h.account) = 'nobody' THEN '3pass'
            WHEN h.state = 'shared' THEN '1exception:shared_account'
            WHEN h.state = 'bot' THEN '1exception:not_a_person'
            WHEN h.person IS NULL THEN '2cannot_test:holder_unlinked'
            WHEN EXISTS (
                SELECT 1 FROM authority AS a
                WHERE a.duty = 'logs' AND a.person = h.person AND a.scope IN (h.system, '*')
                    AND a.valid_from <= h.observed_at AND h.observed_at_latest < a.valid_to
            ) THEN '3pass'
            WHEN EXISTS (
                SELECT 1 FROM authority AS a
                WHERE a.duty = 'logs' AND a.person = h.person AND a.scope IN (h.system, '*')
                    AND a.valid_from <= h.observed_at_latest AND h.observed_at < a.valid_to_latest
            ) THEN '2cannot_test:time_order_unclear'
            WHEN EXISTS (
                SELECT 1 FROM roster_start AS r
                WHERE r.duty = 'logs' AND r.scope IN (h.system, '*') AND r.begins_at <= h.observed_at
            ) THEN '1exception:not_authorised'
            ELSE '2cannot_test:no_roster'
        END AS code
    FROM holder AS h
),
delete_right AS (
    SELECT c.source_id AS source_id, c.observed_at AS observed_at, c.system AS system, SUBSTR(MIN(c.code), 2) AS code
    FROM holder_code AS c
    GROUP BY c.source_id, c.observed_at, c.system
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.kind = 'no_source' THEN CASE
            WHEN p.starts_at >= q.extracted_at THEN 'cannot_test:pending'
            WHEN EXISTS (
                SELECT 1 FROM gap AS g
                WHERE g.table_name = 'log_source' AND g.system = p.system
                    AND (g.starts_at IS NULL OR g.starts_at <= p.starts_at)
                    AND (g.ends_before IS NULL OR g.ends_before >= LEAST(p.ends_before, q.extracted_at))
            ) THEN 'cannot_test:source_gap'
            ELSE 'exception:no_source'
        END
        WHEN p.conflicted OR c.item IS NOT NULL THEN 'cannot_test:conflict'
        WHEN COALESCE(s.no_sure_record, 0) = 0 AND p.ends_before > q.extracted_at THEN 'cannot_test:pending'
        WHEN COALESCE(s.no_sure_record, 0) = 0 THEN 'pass'
        WHEN s.nothing = 1 THEN 'exception:gap'
        WHEN s.no_record = 1 THEN 'exception:source_silent'
        WHEN g.item IS NOT NULL OR s.no_record_found = 1 THEN 'cannot_test:source_gap'
        WHEN s.perhaps_no_record = 1 THEN 'cannot_test:time_order_unclear'
        ELSE 'cannot_test:records_unknown'
    END AS a,
    CASE
        WHEN p.kind = 'no_source' THEN 'na:no_source'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN k.observed_at IS NULL OR k.observed_at >= p.ends_before + q.look_days * INTERVAL '1' DAY THEN 'cannot_test:not_observed'
        WHEN k.conflicted THEN 'cannot_test:conflict'
        WHEN k.oldest_record_at IS NULL THEN 'cannot_test:oldest_unknown'
        WHEN k.oldest_record_at_latest
            <= GREATEST(k.observed_at - COALESCE(p.keep_days, q.keep_days) * INTERVAL '1' DAY, p.used_from) THEN 'pass'
        WHEN k.oldest_record_at
            <= GREATEST(k.observed_at_latest - COALESCE(p.keep_days, q.keep_days) * INTERVAL '1' DAY, p.used_from)
            THEN 'cannot_test:time_order_unclear'
        ELSE 'exception:kept_too_short'
    END AS b,
    CASE
        WHEN p.kind = 'no_source' THEN 'na:no_source'
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN k.observed_at >= p.ends_before + q.look_days * INTERVAL '1' DAY THEN 'cannot_test:not_observed'
        WHEN k.conflicted THEN 'cannot_test:conflict'
        ELSE COALESCE(d.code, 'cannot_test:not_observed')
    END AS e
FROM population AS p
CROSS JOIN parameter AS q
LEFT JOIN silent AS s ON s.item = p.item
LEFT JOIN beat_conflict AS c ON c.item = p.item
LEFT JOIN beat_gap AS g ON g.item = p.item
LEFT JOIN next_look AS n ON n.item = p.item
LEFT JOIN log_keeping AS k ON k.source_id = n.source_id AND k.observed_at = n.observed_at
LEFT JOIN delete_right AS d ON d.source_id = n.source_id AND d.observed_at = n.observed_at AND d.system = p.system
