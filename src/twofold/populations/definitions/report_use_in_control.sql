-- report_use_in_control: every run of a report, as the report server logged it (audit-domain T-32).
-- An item is one run. A run that no control relied on is an item too: the rule answers that it does not apply.
-- Item id: the id of the run in the log.
-- Operating date: start of the run.
-- Second source: uses that a control's own record names and the log does not hold are not compared; the log is the effect.
SELECT
    u.id AS item,
    u.system AS system,
    u.used_at AS operating_at,
    u.used_at_latest AS operating_at_latest,
    u.report AS report,
    COALESCE(u.finished_at, u.used_at) AS finished_at,
    COALESCE(u.finished_at_latest, u.used_at_latest) AS finished_at_latest,
    u.account AS account,
    u.control AS control,
    u.period AS period,
    u.logic_hash AS logic_hash,
    u.conflicted AS conflicted,
    u.evidence AS evidence,
    u.record AS record
FROM report_use AS u
