-- due_restore: every restore test that the schedule asks for (audit-domain T-22).
-- An item is one system and one due period of its schedule. A test that was never done is an item too: that is the point.
-- Item id: <system>/<last local day of the due period>, for example billing-db/2026-03-31. The day is read from due_at for zones from
-- UTC-10:30 to UTC+13:30.
-- Operating date: the last moment before due_at, so that a period that ends with the fiscal year belongs to that year.
-- Second source: none is needed, since the schedule in the scope files is the population.
SELECT
    d.system || '/' || CAST(CAST(d.due_at - INTERVAL '630' MINUTE AS DATE) AS VARCHAR) AS item,
    d.system AS system,
    d.due_at - INTERVAL '1' MICROSECOND AS operating_at,
    d.due_at - INTERVAL '1' MICROSECOND AS operating_at_latest,
    d.starts_at AS starts_at,
    d.due_at AS due_at,
    d.evidence AS evidence,
    d.record AS record
FROM due_occurrence AS d
WHERE d.activity = 'restore_test'
