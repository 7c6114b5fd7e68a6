-- joiner_or_leaver: everybody who began to work for the company, and everybody who stopped (audit-domain T-26).
-- An item is one beginning or one end of an engagement (employment or contract).
-- Item id: <engagement>/joining or <engagement>/leaving. System: `company`.
-- A leaving list of an engagement that has no end in HR is a leaver too, so that two lists of leavers are compared.
-- Operating date: the first day, or when the engagement ended (effective_end, else the last day worked); of a leaver without an
-- end, when the leaving list was completed.
-- Second source: leaving lists against the ends in HR (attribute F says which one is missing).
SELECT
    e.id || '/joining' AS item,
    'company' AS system,
    e.started_at AS operating_at,
    e.started_at_latest AS operating_at_latest,
    'joining' AS kind,
    e.id AS engagement,
    e.person AS person,
    e.started_at AS started_at,
    e.started_at_latest AS started_at_latest,
    COALESCE(e.effective_end_latest, e.last_day_latest) AS ended_at_latest,
    e.follows AS follows,
    FALSE AS goes_on,
    FALSE AS perhaps_goes_on,
    e.conflicted AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM engagement AS e
UNION ALL
SELECT
    l.engagement || '/leaving' AS item,
    'company' AS system,
    l.ended_at AS operating_at,
    l.ended_at_latest AS operating_at_latest,
    'leaving' AS kind,
    l.engagement AS engagement,
    l.person AS person,
    l.started_at AS started_at,
    CAST(NULL AS TIMESTAMP) AS started_at_latest,
    l.ended_at_latest AS ended_at_latest,
    CAST(NULL AS STRING) AS follows,
    l.goes_on AS goes_on,
    l.perhaps_goes_on AS perhaps_goes_on,
    l.conflicted AS conflicted,
    l.evidence AS evidence,
    l.record AS record
FROM leaving AS l
UNION ALL
SELECT
    c.engagement || '/leaving' AS item,
    'company' AS system,
    MIN(c.completed_at) AS operating_at,
    MAX(c.completed_at_latest) AS operating_at_latest,
    'leaving' AS kind,
    c.engagement AS engagement,
    CAST(NULL AS STRING) AS person,
    CAST(NULL AS TIMESTAMP) AS started_at,
    CAST(NULL AS TIMESTAMP) AS started_at_latest,
    CAST(NULL AS TIMESTAMP) AS ended_at_latest,
    CAST(NULL AS STRING) AS follows,
    FALSE AS goes_on,
    FALSE AS perhaps_goes_on,
    BOOL_OR(COALESCE(e.conflicted, FALSE)) AS conflicted,
    MIN(c.evidence) AS evidence,
    MIN(c.record) AS record
FROM checklist AS c
LEFT JOIN engagement AS e ON e.id = c.engagement
WHERE c.kind = 'leaving' AND NOT EXISTS (SELECT 1 FROM leaving AS l WHERE l.engagement = c.engagement)
GROUP BY c.engagement
