-- alert_raised: every alert, suppressed ones too, and every month in which a system that finance relies on had to be watched
-- (audit-domain T-18 and OP-01).
-- An item is one alert (kind alert), or one local month of a system with the label fin_relevant (kind watch), cut to the label.
-- Item id: the id of the alert; or <system>/watch/<slot as in expected_run>, for example erp/watch/2026-03-01T00:00+01:00.
-- Operating date: when the alert was raised; the start of the month.
SELECT
    a.id AS item,
    a.system AS system,
    a.raised_at AS operating_at,
    a.raised_at_latest AS operating_at_latest,
    'alert' AS kind,
    a.raised_at AS starts_at,
    a.raised_at_latest AS ends_before,
    a.conflicted AS conflicted,
    a.evidence AS evidence,
    a.record AS record
FROM alert AS a
UNION ALL
SELECT
    e.plan || '/watch/' || e.slot AS item,
    e.plan AS system,
    e.starts_at AS operating_at,
    e.starts_at AS operating_at_latest,
    'watch' AS kind,
    e.starts_at AS starts_at,
    e.ends_before AS ends_before,
    FALSE AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM expected_run AS e
WHERE e.activity = 'watch'
