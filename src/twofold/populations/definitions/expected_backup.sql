-- expected_backup: every backup that its schedule asks for, and every stretch in which a data store had no schedule
-- (audit-domain T-21: schedule timeline x stores alive then).
-- An item is one slot of a plan (kind run; kind provider where the provider runs the backups itself), one local day of a
-- continuous plan (kind continuous), or one stretch of a store in use without any plan (kind no_plan).
-- Item id: <plan>/<slot as in expected_run>, for example nightly/2026-03-29T03:00+02:00; or <store>/no-plan/<start, UTC>, with
-- the word ever where the store has been in use for ever.
-- A row of a plan that ends no later than it begins covers nothing.
-- System: the store's; "-" where the store is not in the register, which no lens holds.
-- Operating date: the slot; of a stretch without plan the whole stretch, so that it counts in each period that it touches.
WITH
place AS (
    SELECT
        s.id AS store,
        s.system AS system,
        COALESCE(s.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS used_from,
        COALESCE(s.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS used_to,
        s.rpo_minutes AS rpo_minutes,
        s.conflicted AS conflicted,
        s.evidence AS evidence,
        s.record AS record
    FROM store AS s
),
-- The stretches of a store's life that a plan covers, and its end, so that what is left over shows between them.
covered AS (
    SELECT
        p.store AS store,
        GREATEST(COALESCE(b.valid_from, p.used_from), p.used_from) AS starts_at,
        LEAST(COALESCE(b.valid_to, p.used_to), p.used_to) AS ends_before
    FROM place AS p
    JOIN backup_plan AS b ON b.store = p.store
    WHERE GREATEST(COALESCE(b.valid_from, p.used_from), p.used_from) < LEAST(COALESCE(b.valid_to, p.used_to), p.used_to)
    UNION ALL
    SELECT p.store AS store, p.used_to AS starts_at, p.used_to AS ends_before
    FROM place AS p
),
hole AS (
    SELECT
        c.store AS store,
        MAX(c.ends_before) OVER (
            PARTITION BY c.store ORDER BY c.starts_at NULLS LAST, c.ends_before NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached,
        c.starts_at AS next_at
    FROM covered AS c
)
SELECT
    e.plan || '/' || e.slot AS item,
    COALESCE(s.system, '-') AS system,
    e.starts_at AS operating_at,
    e.starts_at AS operating_at_latest,
    CASE WHEN e.is_continuous THEN 'continuous' WHEN p.provider_managed THEN 'provider' ELSE 'run' END AS kind,
    e.plan AS plan,
    p.store AS store,
    e.starts_at AS starts_at,
    e.due_at AS due_at,
    e.ends_before AS ends_before,
    e.first_day AS first_day,
    s.used_from AS used_from,
    COALESCE(p.max_lag_minutes, s.rpo_minutes) AS max_lag_minutes,
    p.keep_days AS keep_days,
    e.kept_for_minutes AS kept_for_minutes,
    COALESCE(p.must_encrypt, FALSE) AS must_encrypt,
    COALESCE(p.must_lock, FALSE) AS must_lock,
    p.conflicted OR COALESCE(s.conflicted, FALSE) AS conflicted,
    p.evidence AS evidence,
    p.record AS record
FROM expected_run AS e
JOIN backup_plan AS p ON p.id = e.plan AND p.valid_from IS NOT DISTINCT FROM e.valid_from
LEFT JOIN place AS s ON s.store = p.store
WHERE e.activity = 'backup'
UNION ALL
SELECT
    s.store || '/no-plan/' || CASE
        WHEN COALESCE(h.reached, s.used_from) = TIMESTAMP '0001-01-01 00:00:00' THEN 'ever'
        ELSE CAST(COALESCE(h.reached, s.used_from) AS STRING)
    END AS item,
    s.system AS system,
    COALESCE(h.reached, s.used_from) AS operating_at,
    h.next_at - INTERVAL '1' MICROSECOND AS operating_at_latest,
    'no_plan' AS kind,
    CAST(NULL AS STRING) AS plan,
    s.store AS store,
    COALESCE(h.reached, s.used_from) AS starts_at,
    h.next_at AS due_at,
    h.next_at AS ends_before,
    FALSE AS first_day,
    s.used_from AS used_from,
    CAST(NULL AS BIGINT) AS max_lag_minutes,
    CAST(NULL AS BIGINT) AS keep_days,
    CAST(NULL AS BIGINT) AS kept_for_minutes,
    FALSE AS must_encrypt,
    FALSE AS must_lock,
    s.conflicted AS conflicted,
    s.evidence AS evidence,
    s.record AS record
FROM hole AS h
JOIN place AS s ON s.store = h.store
WHERE COALESCE(h.reached, s.used_from) < h.next_at
