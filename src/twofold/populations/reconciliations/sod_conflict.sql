-- The map of rights and functions against the rights in use: a right that somebody holds on a system that the map covers,
-- and that the map does not hold and nobody marked as reading only. What it lets its holder do is unknown, so conflicts may
-- be missing.
WITH covered AS (
    SELECT DISTINCT r.system AS system
    FROM right_function AS f
    JOIN access_right AS r ON r.id = f.right_id
)
SELECT
    v.right_id AS difference_key,
    'right ' || v.right_id || ' of ' || v.system || ' is held by ' || CAST(COUNT(DISTINCT v.account) AS STRING) || ' accounts'
        AS found,
    'no function in the map, and not marked as reading only' AS missing
FROM right_interval AS v
JOIN covered AS c ON c.system = v.system
LEFT JOIN access_right AS r ON r.id = v.right_id
WHERE NOT COALESCE(r.read_only, FALSE)
    AND NOT EXISTS (SELECT 1 FROM right_function AS f WHERE f.right_id = v.right_id)
    AND NOT EXISTS (SELECT 1 FROM access_right__contains AS n WHERE n.id = v.right_id)
GROUP BY v.right_id, v.system
