-- Job log and transfers against the lists: something ran or came that no list knows (audit-domain T-23).
SELECT
    r.job AS difference_key,
    CAST(COUNT(*) AS STRING) || ' runs of job ' || r.job AS found,
    'no such job in the list' AS missing
FROM job_run AS r
WHERE NOT EXISTS (SELECT 1 FROM batch_job AS b WHERE b.id = r.job)
GROUP BY r.job
UNION ALL
SELECT
    t.interface AS difference_key,
    CAST(COUNT(*) AS STRING) || ' transfers of interface ' || t.interface AS found,
    'no such interface in the list' AS missing
FROM transfer AS t
WHERE NOT EXISTS (SELECT 1 FROM interface AS i WHERE i.id = t.interface)
GROUP BY t.interface
