-- trained_engagement: everybody who works for the company, in each year of security training (audit-domain T-25).
-- An item is one engagement (employees and contractors) and one row of due_occurrence with the activity `training`, whose stretch
-- from starts_at to due_at is cut to the time of the engagement. Twice engaged, twice an item.
-- Item id: <engagement>@<system>/<last local day of the year of training>, for example e17@company/2026-12-31: the day of due_at
-- less 10 and a half hours. The system is the one of the row, `company` as a rule.
-- An engagement that no year of training meets is an item too, <engagement> on the system `company`, over its whole time.
-- Operating date: the last microsecond of the stretch; without a year of training, the whole time of the engagement.
-- Second source: none is read.
WITH working AS (
    SELECT
        e.id AS engagement,
        e.person AS person,
        e.started_at AS started_at,
        e.started_at_latest AS started_at_latest,
        COALESCE(e.effective_end_latest, e.last_day_latest) AS ended_at,
        COALESCE(e.started_at, TIMESTAMP '1990-01-01 00:00:00') AS works_from,
        COALESCE(e.effective_end_latest, e.last_day_latest, TIMESTAMP '9999-12-30 00:00:00') AS works_until,
        e.follows AS follows,
        e.conflicted AS conflicted,
        e.evidence AS evidence,
        e.record AS record
    FROM engagement AS e
),
year_of_training AS (
    SELECT d.system AS system, d.starts_at AS starts_at, d.due_at AS due_at, d.conflicted AS conflicted
    FROM due_occurrence AS d
    WHERE d.activity = 'training'
)
SELECT
    w.engagement || COALESCE('@' || y.system || '/' || CAST(CAST(y.due_at - INTERVAL '630' MINUTE AS DATE) AS STRING), '') AS item,
    COALESCE(y.system, 'company') AS system,
    CASE WHEN y.due_at IS NULL THEN w.works_from ELSE LEAST(y.due_at, w.works_until) - INTERVAL '1' MICROSECOND END AS operating_at,
    CASE WHEN y.due_at IS NULL THEN w.works_until ELSE LEAST(y.due_at, w.works_until) - INTERVAL '1' MICROSECOND END
    AS operating_at_latest,
    w.engagement AS engagement,
    w.person AS person,
    w.started_at AS started_at,
    w.started_at_latest AS started_at_latest,
    w.ended_at AS ended_at,
    w.works_from AS works_from,
    w.works_until AS works_until,
    w.follows AS follows,
    y.starts_at AS starts_at,
    y.due_at AS due_at,
    COALESCE(w.conflicted OR y.conflicted, FALSE) AS conflicted,
    w.evidence AS evidence,
    w.record AS record
FROM working AS w
LEFT JOIN year_of_training AS y ON y.starts_at < w.works_until AND w.works_from < y.due_at
