-- due_restore: every restore test that the schedule asks for (audit-domain T-22).
-- An item is one system and one due period of its schedule. A test that was never done is an item too: that is the point.
-- Item id: <system>/<last local day of the due period>, for example billing/2026-03-31. A period ends at a local midnight:
-- the day is the one that ends then on the calendar "default"; where no day of it ends then, 10 and a half hours before the
-- end are taken off, which gives the local day for zones from UTC-10:30 to UTC+13:30.
-- Operating date: the last microsecond before due_at, so that a period that ends with the fiscal year belongs to that year.
-- Second source: none is needed, since the schedule in the scope files is the population.
SELECT
    d.system || '/'
    || COALESCE(c.day, CAST(CAST(d.due_at - INTERVAL '630' MINUTE AS DATE) AS STRING)) AS item,
    d.system AS system,
    d.due_at - INTERVAL '1' MICROSECOND AS operating_at,
    d.due_at - INTERVAL '1' MICROSECOND AS operating_at_latest,
    d.starts_at AS starts_at,
    d.due_at AS due_at,
    LEAD(d.due_at) OVER (PARTITION BY d.system ORDER BY d.due_at NULLS LAST) AS next_due_at,
    d.conflicted AS conflicted,
    d.evidence AS evidence,
    d.record AS record
FROM due_occurrence AS d
LEFT JOIN calendar_day AS c ON c.calendar = 'default' AND c.ends_before = d.due_at
WHERE d.activity = 'restore_test'
