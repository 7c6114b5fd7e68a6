-- job_and_transfer: every run of a key job that was due, every change of its schedule, every transfer between systems, and every
-- transfer that was due (audit-domain T-23).
-- An item is one slot of a key job (kind job), one change of a key job's schedule in the scheduler's log (kind schedule), one
-- transfer (kind transfer), or one slot of an interface that has a schedule (kind slot).
-- A change is that of a key job where the job was key then, also up to that moment or perhaps; where no row of the job speaks of
-- that time, where it ever was.
-- Item id: <job>/<slot as in expected_run>; <job>/schedule/<event id>; <interface>/transfer/<transfer id>; <interface>/<slot>.
-- System: the job's, or the one that receives; "-" for a transfer of an interface that no list knows, which no lens holds.
-- Operating date: the slot; the change; when the receiver had it.
-- Second source: job log and transfers against the lists of jobs and interfaces (reconciliations/job_and_transfer.sql).
WITH
key_job AS (
    SELECT b.id AS job, MIN(b.system) AS system, MAX(CASE WHEN b.conflicted THEN 1 ELSE 0 END) AS conflicts
    FROM batch_job AS b
    WHERE b.is_key
    GROUP BY b.id
),
receiver AS (
    SELECT i.id AS interface, MIN(i.system) AS system FROM interface AS i GROUP BY i.id
)
SELECT
    e.plan || '/' || e.slot AS item,
    b.system AS system,
    e.starts_at AS operating_at,
    e.starts_at AS operating_at_latest,
    'job' AS kind,
    e.plan AS plan,
    CAST(NULL AS STRING) AS event,
    e.starts_at AS starts_at,
    e.due_at AS due_at,
    e.ends_before AS ends_before,
    b.solve_minutes AS solve_minutes,
    COALESCE(b.may_be_empty, FALSE) AS may_be_empty,
    COALESCE(b.repeatable, FALSE) AS repeatable,
    FALSE AS no_amounts,
    b.conflicted AS conflicted,
    b.evidence AS evidence,
    b.record AS record
FROM expected_run AS e
JOIN batch_job AS b ON b.id = e.plan AND b.valid_from IS NOT DISTINCT FROM e.valid_from
WHERE e.activity = 'job'
UNION ALL
SELECT
    c.job || '/schedule/' || c.id AS item,
    k.system AS system,
    c.occurred_at AS operating_at,
    c.occurred_at_latest AS operating_at_latest,
    'schedule' AS kind,
    c.job AS plan,
    c.id AS event,
    c.occurred_at AS starts_at,
    c.occurred_at_latest AS due_at,
    c.occurred_at_latest AS ends_before,
    CAST(NULL AS BIGINT) AS solve_minutes,
    FALSE AS may_be_empty,
    FALSE AS repeatable,
    FALSE AS no_amounts,
    c.conflicted OR k.conflicts = 1 AS conflicted,
    c.evidence AS evidence,
    c.record AS record
FROM schedule_event AS c
JOIN key_job AS k ON k.job = c.job
WHERE EXISTS (
    SELECT 1 FROM batch_job AS b
    WHERE b.id = c.job AND b.is_key AND (b.valid_from IS NULL OR b.valid_from <= c.occurred_at_latest)
        AND (b.valid_to IS NULL OR c.occurred_at <= b.valid_to)
)
OR NOT EXISTS (
    SELECT 1 FROM batch_job AS b
    WHERE b.id = c.job AND (b.valid_from IS NULL OR b.valid_from <= c.occurred_at_latest)
        AND (b.valid_to IS NULL OR c.occurred_at <= b.valid_to)
)
UNION ALL
SELECT
    t.interface || '/transfer/' || t.id AS item,
    COALESCE(r.system, '-') AS system,
    t.transferred_at AS operating_at,
    t.transferred_at_latest AS operating_at_latest,
    'transfer' AS kind,
    t.interface AS plan,
    t.id AS event,
    t.transferred_at AS starts_at,
    t.transferred_at_latest AS due_at,
    t.transferred_at_latest AS ends_before,
    CAST(NULL AS BIGINT) AS solve_minutes,
    COALESCE(i.may_be_empty, FALSE) AS may_be_empty,
    COALESCE(i.repeatable, FALSE) AS repeatable,
    COALESCE(i.no_amounts, FALSE) AS no_amounts,
    t.conflicted OR COALESCE(i.conflicted, FALSE) AS conflicted,
    t.evidence AS evidence,
    t.record AS record
FROM transfer AS t
LEFT JOIN receiver AS r ON r.interface = t.interface
LEFT JOIN (
    -- The row in force; rows of one interface do not overlap, and if they do the one that began last counts.
    SELECT
        x.id AS transfer,
        MAX(f.valid_from) AS valid_from
    FROM transfer AS x
    JOIN interface AS f ON f.id = x.interface AND (f.valid_from IS NULL OR f.valid_from <= x.transferred_at)
    GROUP BY x.id
) AS v ON v.transfer = t.id
LEFT JOIN interface AS i ON i.id = t.interface AND i.valid_from IS NOT DISTINCT FROM v.valid_from
UNION ALL
SELECT
    e.plan || '/' || e.slot AS item,
    i.system AS system,
    e.starts_at AS operating_at,
    e.starts_at AS operating_at_latest,
    'slot' AS kind,
    e.plan AS plan,
    CAST(NULL AS STRING) AS event,
    e.starts_at AS starts_at,
    e.due_at AS due_at,
    e.ends_before AS ends_before,
    CAST(NULL AS BIGINT) AS solve_minutes,
    FALSE AS may_be_empty,
    FALSE AS repeatable,
    FALSE AS no_amounts,
    i.conflicted AS conflicted,
    i.evidence AS evidence,
    i.record AS record
FROM expected_run AS e
JOIN interface AS i ON i.id = e.plan AND i.valid_from IS NOT DISTINCT FROM e.valid_from
WHERE e.activity = 'transfer'
