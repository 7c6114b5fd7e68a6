-- The job log against the schedules: a plan ran that the list of schedules does not know (audit-domain T-21).
SELECT
    r.plan AS difference_key,
    CAST(COUNT(*) AS STRING) || ' runs of plan ' || r.plan AS found,
    'no schedule of that plan' AS missing
FROM backup_run AS r
WHERE NOT EXISTS (SELECT 1 FROM backup_plan AS p WHERE p.id = r.plan)
GROUP BY r.plan
