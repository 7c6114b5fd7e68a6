-- The scanners against the register of targets: something was scanned that the register does not know (audit-domain T-20).
SELECT
    s.target AS difference_key,
    CAST(COUNT(*) AS STRING) || ' scans of ' || s.target AS found,
    'no such target in the register' AS missing
FROM scan AS s
WHERE NOT EXISTS (SELECT 1 FROM scan_target AS t WHERE t.id = s.target)
GROUP BY s.target
