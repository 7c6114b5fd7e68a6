WITH
-- Days are told by the bare midnight that they begin with, and are over when the next one begins.
clock AS (
    SELECT DATE_TRUNC('day', q.extracted_at) AS today FROM parameter AS q
),
held AS (
    SELECT
        d.id AS device,
        d.kind AS kind,
        COALESCE(d.managed, TRUE) AS managed,
        COALESCE(d.mail_only, FALSE) AS mail_only,
        DATE_TRUNC('day', d.valid_from + INTERVAL '810' MINUTE) AS starts_at,
        LEAST(
            COALESCE(DATE_TRUNC('day', d.valid_to + INTERVAL '810' MINUTE), c.today),
            COALESCE(DATE_TRUNC('day', d.retired_at), c.today),
            c.today
        ) AS ends_before
    FROM device AS d
    CROSS JOIN clock AS c
),
-- The days of each item on which somebody had the device; reassigned, it has several such stretches.
stretch AS (
    SELECT
        p.item AS item,
        p.device AS device,
        p.is_used AS is_used,
        h.kind AS kind,
        h.managed AS managed,
        h.mail_only AS mail_only,
        h.starts_at AS had_from,
        h.ends_before AS had_until,
        GREATEST(h.starts_at, CAST(p.month || '-01' AS TIMESTAMP)) AS starts_at,
        LEAST(h.ends_before, CAST(p.month || '-01' AS TIMESTAMP) + INTERVAL '1' MONTH) AS ends_before
    FROM population AS p
    JOIN held AS h
        ON h.device = p.device AND h.starts_at < CAST(p.month || '-01' AS TIMESTAMP) + INTERVAL '1' MONTH
            AND CAST(p.month || '-01' AS TIMESTAMP) < h.ends_before AND h.starts_at < h.ends_before
),
trait AS (
    SELECT
        s.item AS item,
        MIN(CASE WHEN s.managed THEN 1 ELSE 0 END) AS managed,
        MIN(CASE WHEN s.mail_only THEN 1 ELSE 0 END) AS mail_only,
        MIN(CASE WHEN s.kind = 'virtual_desktop' THEN 1 ELSE 0 END) AS is_virtual
    FROM stretch AS s
    GROUP BY s.item
),
-- What each day showed: of A to C, and that the device was there (D). A day that says nothing of a letter is left out for it: what was
-- known before still holds, until it is too old.
shown AS (
    SELECT
        s.device AS device,
        DATE_TRUNC('day', s.day + INTERVAL '810' MINUTE) AS day,
        l.letter AS letter,
        CASE
            WHEN l.letter = 'A' THEN s.encrypted
            WHEN l.letter = 'B' THEN s.protected
            WHEN l.letter = 'C' THEN s.patch_age_days <= q.patch_days
            ELSE TRUE
        END AS is_good,
        COALESCE(s.seen, TRUE) AND NOT s.conflicted AS is_seen
    FROM device_state AS s
    CROSS JOIN parameter AS q
    CROSS JOIN (
        SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter UNION ALL SELECT 'D' AS letter
    ) AS l
),
numbered AS (
    SELECT
        w.device AS device,
        w.letter AS letter,
        w.day AS day,
        w.is_good AS is_good,
        SUM(CASE WHEN w.is_good THEN 1 ELSE 0 END) OVER (
            PARTITION BY w.device, w.letter ORDER BY w.day NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS goods,
        MIN(w.day) OVER (PARTITION BY w.device, w.letter) AS first_day
    FROM shown AS w
    WHERE w.is_good IS NOT NULL
),
-- A bad run lasts from its first bad day to the next good one, also over days without a report.
run AS (
    SELECT
        n.device AS device,
        n.letter AS letter,
        MIN(CASE WHEN NOT n.is_good THEN n.day END) AS starts_at,
        LEAD(MIN(n.day)) OVER (PARTITION BY n.device, n.letter ORDER BY n.goods NULLS LAST) AS ends_before
    FROM numbered AS n
    GROUP BY n.device, n.letter, n.goods
),
bad AS (
    SELECT
        s.item AS item,
        r.letter AS letter,
        MAX(CASE
            WHEN GREATEST(r.starts_at, s.had_from) + q.grace_days * INTERVAL '1' DAY
                < LEAST(COALESCE(r.ends_before, s.ends_before), s.ends_before)
                THEN 1
            ELSE 0
        END) AS too_long,
        MAX(CASE WHEN r.ends_before IS NULL AND s.ends_before = c.today THEN 1 ELSE 0 END) AS is_open
    FROM stretch AS s
    CROSS JOIN parameter AS q
    CROSS JOIN clock AS c
    JOIN run AS r
        ON r.device = s.device AND r.starts_at < s.ends_before AND (r.ends_before IS NULL OR r.ends_before > s.starts_at)
    GROUP BY s.item, r.letter
),
unreported AS (
    SELECT s.item AS item, l.letter AS letter
    FROM stretch AS s
    CROSS JOIN (SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter) AS l
    LEFT JOIN (SELECT DISTINCT n.device AS device, n.letter AS letter, n.first_day AS first_day FROM numbered AS n) AS f
        ON f.device = s.device AND f.letter = l.letter AND f.first_day < s.ends_before
    WHERE f.device IS NULL
    GROUP BY s.item, l.letter
),
torn AS (
    SELECT s.device AS device, DATE_TRUNC('day', s.day + INTERVAL '810' MINUTE) AS day
    FROM device_state AS s
    WHERE s.conflicted
),
-- Days on which the device reported, and said something of the letter, and the long silences between them, inside the time that
-- somebody had it.
seen AS (
    SELECT h.device AS device, h.starts_at AS had_from, w.letter AS letter, w.day AS day
    FROM held AS h
    JOIN shown AS w ON w.device = h.device AND w.is_seen AND w.is_good IS NOT NULL
    UNION
    SELECT h.device AS device, h.starts_at AS had_from, l.letter AS letter, h.starts_at - INTERVAL '1' DAY AS day
    FROM held AS h
    CROSS JOIN (
        SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter UNION ALL SELECT 'D' AS letter
    ) AS l
),
silence AS (
    SELECT
        e.device AS device,
        e.had_from AS had_from,
        e.letter AS letter,
        e.day + INTERVAL '1' DAY AS starts_at,
        LEAD(e.day) OVER (PARTITION BY e.device, e.had_from, e.letter ORDER BY e.day NULLS LAST) AS ends_before
    FROM seen AS e
),
long_silence AS (
    SELECT
        s.item AS item,
        s.device AS device,
        x.letter AS letter,
        x.starts_at AS silent_from,
        LEAST(COALESCE(x.ends_before, s.had_until), s.had_until) AS silent_until,
        GREATEST(x.starts_at, s.starts_at) AS starts_at,
        GREATEST(x.starts_at + q.unseen_days * INTERVAL '1' DAY, s.starts_at) AS too_long_from,
        LEAST(COALESCE(x.ends_before, s.ends_before), s.ends_before) AS ends_before
    FROM stretch AS s
    CROSS JOIN parameter AS q
    JOIN silence AS x ON x.device = s.device AND x.had_from = s.had_from
    WHERE x.starts_at + q.unseen_days * INTERVAL '1' DAY < LEAST(COALESCE(x.ends_before, s.ends_before), s.ends_before)
        AND (x.ends_before IS NULL OR x.ends_before > s.starts_at)
),
silent_item AS (
    SELECT
        x.item AS item,
        x.letter AS letter,
        MAX(CASE WHEN i.id IS NULL THEN 0 ELSE 1 END) AS is_used,
        MAX(CASE
            WHEN EXISTS (
                SELECT 1 FROM shown AS w
                WHERE w.device = x.device AND w.is_seen AND w.day >= x.too_long_from AND w.day < x.ends_before
            ) THEN 1
            ELSE 0
        END) AS is_there,
        MAX(CASE WHEN t.device IS NULL THEN 0 ELSE 1 END) AS in_conflict
    FROM long_silence AS x
    LEFT JOIN torn AS t ON t.device = x.device AND x.silent_from <= t.day AND t.day < x.silent_until
    LEFT JOIN sign_in AS i
        ON i.device = x.device AND i.result = 'success' AND i.occurred_at >= x.starts_at AND i.occurred_at_latest < x.ends_before
    GROUP BY x.item, x.letter
),
-- What a report in conflict showed lasts until the next report, as what any report showed does.
conflict AS (
    SELECT DISTINCT p.item AS item, x.letter AS letter
    FROM population AS p
    JOIN (
        SELECT t.device AS device, l.letter AS letter, t.day AS starts_at, MIN(n.day) AS ends_before
        FROM torn AS t
        CROSS JOIN (SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter) AS l
        LEFT JOIN numbered AS n ON n.device = t.device AND n.letter = l.letter AND n.day > t.day
        GROUP BY t.device, l.letter, t.day
    ) AS x
        ON x.device = p.device AND x.starts_at < CAST(p.month || '-01' AS TIMESTAMP) + INTERVAL '1' MONTH
            AND (x.ends_before IS NULL OR x.ends_before > CAST(p.month || '-01' AS TIMESTAMP))
),
gap AS (
    SELECT DISTINCT p.item AS item, g.table_name AS table_name
    FROM population AS p
    CROSS JOIN clock AS c
    JOIN source_gap AS g
        ON g.table_name IN ('device', 'device_state') AND g.system IN (p.system, '*')
            AND (g.starts_at IS NULL OR g.starts_at < LEAST(p.ends_before, c.today)) AND (g.ends_before IS NULL OR g.ends_before > p.starts_at)
),
-- Sign-ins to a labelled system at a moment at which nobody had the device, or after it was retired.
stray AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN sign_in AS i
        ON i.device = p.device AND i.result = 'success' AND p.starts_at <= i.occurred_at AND i.occurred_at < p.ends_before
    JOIN system_label AS l
        ON l.system = i.system AND l.label IN ('soc2', 'fin_relevant')
            AND (l.valid_from IS NULL OR l.valid_from <= i.occurred_at) AND (l.valid_to IS NULL OR i.occurred_at < l.valid_to)
    WHERE NOT EXISTS (
        SELECT 1 FROM device AS d
        WHERE d.id = i.device AND d.valid_from <= i.occurred_at_latest AND (d.valid_to IS NULL OR i.occurred_at < d.valid_to)
            AND (d.retired_at IS NULL OR i.occurred_at <= d.retired_at_latest)
    )
),
standing AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN t.mail_only = 1 AND NOT p.is_used THEN 'na:mail_only'
            WHEN t.item IS NULL AND y.item IS NULL THEN 'na:day_not_over'
        END AS code,
        CASE
            WHEN t.managed = 1 AND y.item IS NULL THEN NULL
            WHEN g.item IS NOT NULL THEN 'cannot_test:source_gap'
            ELSE 'cannot_test:not_managed'
        END AS unmanaged_code,
        CASE WHEN t.is_virtual = 1 THEN 'na:virtual_desktop' END AS virtual_code
    FROM population AS p
    LEFT JOIN trait AS t ON t.item = p.item
    LEFT JOIN stray AS y ON y.item = p.item
    LEFT JOIN gap AS g ON g.item = p.item AND g.table_name = 'device' AND COALESCE(t.managed, 1) = 1
),
letter AS (
    SELECT
        p.item AS item,
        l.letter AS letter,
        CASE
            WHEN t.code IS NOT NULL THEN t.code
            WHEN l.letter = 'A' AND t.virtual_code IS NOT NULL THEN t.virtual_code
            WHEN t.unmanaged_code IS NOT NULL THEN t.unmanaged_code
            WHEN c.item IS NOT NULL THEN 'cannot_test:conflict'
            WHEN b.too_long = 1 THEN 'exception'
            WHEN g.item IS NOT NULL AND (u.item IS NOT NULL OR s.item IS NOT NULL) THEN 'cannot_test:source_gap'
            WHEN u.item IS NOT NULL THEN 'cannot_test:not_reported'
            WHEN d.item IS NOT NULL THEN 'cannot_test:not_seen'
            WHEN s.item IS NOT NULL THEN 'cannot_test:not_reported'
            WHEN b.is_open = 1 THEN 'cannot_test:pending'
            ELSE 'pass'
        END AS code
    FROM population AS p
    CROSS JOIN (SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'C' AS letter) AS l
    JOIN standing AS t ON t.item = p.item
    LEFT JOIN conflict AS c ON c.item = p.item AND c.letter = l.letter
    LEFT JOIN bad AS b ON b.item = p.item AND b.letter = l.letter
    LEFT JOIN unreported AS u ON u.item = p.item AND u.letter = l.letter
    -- A virtual desktop comes and goes: its state is too old where it is there and says nothing of it.
    LEFT JOIN silent_item AS s ON s.item = p.item AND s.letter = l.letter AND (t.virtual_code IS NULL OR s.is_there = 1)
    LEFT JOIN silent_item AS d ON d.item = p.item AND d.letter = 'D' AND t.virtual_code IS NULL
    LEFT JOIN gap AS g ON g.item = p.item AND g.table_name = 'device_state'
),
judged AS (
    SELECT
        x.item AS item,
        MAX(CASE WHEN x.letter = 'A' THEN x.code END) AS a,
        MAX(CASE WHEN x.letter = 'B' THEN x.code END) AS b,
        MAX(CASE WHEN x.letter = 'C' THEN x.code END) AS c
    FROM letter AS x
    GROUP BY x.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE WHEN j.a = 'exception' THEN 'exception:not_encrypted' ELSE j.a END AS a,
    CASE WHEN j.b = 'exception' THEN 'exception:not_protected' ELSE j.b END AS b,
    CASE WHEN j.c = 'exception' THEN 'exception:not_patched' ELSE j.c END AS c,
    CASE
        WHEN t.code IS NOT NULL THEN t.code
        WHEN t.unmanaged_code = 'cannot_test:not_managed' THEN 'exception:not_managed'
        WHEN t.unmanaged_code IS NOT NULL THEN t.unmanaged_code
        WHEN t.virtual_code IS NOT NULL THEN t.virtual_code
        WHEN s.in_conflict = 1 THEN 'cannot_test:conflict'
        WHEN s.item IS NOT NULL AND g.item IS NOT NULL THEN 'cannot_test:source_gap'
        WHEN s.is_used = 1 THEN 'exception:used_while_not_seen'
        WHEN s.item IS NOT NULL THEN 'cannot_test:not_seen'
        ELSE 'pass'
    END AS d
FROM population AS p
JOIN standing AS t ON t.item = p.item
JOIN judged AS j ON j.item = p.item
LEFT JOIN silent_item AS s ON s.item = p.item AND s.letter = 'D'
LEFT JOIN gap AS g ON g.item = p.item AND g.table_name = 'device_state'
