-- due_activity: every activity of the programme that the schedule asks for: risk assessments, looks at the controls, meetings of
-- the oversight body, capacity reviews (audit-domain T-29; 4.3, scheduled controls).
-- An item is one activity, one system (company for the company as a whole) and one due period. An activity that never took place is
-- an item too: that is the point.
-- Item id: <activity>/<system>/<last local day of the due period>, for example risk_assessment/company/2026-12-31. A period ends at
-- a local midnight: the day is the one that ends then on the calendar "default"; where no day of it ends then, 10 and a half hours
-- before the end are taken off, which gives the local day for zones from UTC-10:30 to UTC+13:30.
-- Operating date: the last microsecond before due_at, so that a period that ends with the fiscal year belongs to that year.
-- Second source: none is needed, since the schedule in the scope files is the population.
SELECT
    d.activity || '/' || d.system || '/'
    || COALESCE(c.day, CAST(CAST(d.due_at - INTERVAL '630' MINUTE AS DATE) AS STRING)) AS item,
    d.system AS system,
    d.due_at - INTERVAL '1' MICROSECOND AS operating_at,
    d.due_at - INTERVAL '1' MICROSECOND AS operating_at_latest,
    d.activity AS activity,
    COALESCE(c.day, CAST(CAST(d.due_at - INTERVAL '630' MINUTE AS DATE) AS STRING)) AS day,
    d.starts_at AS starts_at,
    d.due_at AS due_at,
    COALESCE(d.conflicted, FALSE) AS conflicted,
    d.evidence AS evidence,
    d.record AS record
FROM due_occurrence AS d
LEFT JOIN calendar_day AS c ON c.calendar = 'default' AND c.ends_before = d.due_at
WHERE d.activity IN ('risk_assessment', 'control_monitoring', 'board_meeting', 'capacity_review')
