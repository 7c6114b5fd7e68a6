-- setting_stretch: setting_timeline as a person reads it: neighbours of one state and value are joined into one row.
WITH marked AS (
    SELECT
        t.system AS system, t.object AS object, t.setting AS setting, t.state AS state, t.value AS value,
        t.valid_from AS valid_from, t.valid_to AS valid_to,
        CASE
            WHEN LAG(t.valid_to) OVER (
                PARTITION BY t.system, t.object, t.setting, t.state, t.value
                ORDER BY t.valid_from NULLS LAST, t.valid_to NULLS LAST
            ) >= t.valid_from THEN 0
            ELSE 1
        END AS begins
    FROM setting_timeline AS t
),
numbered AS (
    SELECT
        m.system AS system, m.object AS object, m.setting AS setting, m.state AS state, m.value AS value,
        m.valid_from AS valid_from, m.valid_to AS valid_to,
        SUM(m.begins) OVER (
            PARTITION BY m.system, m.object, m.setting, m.state, m.value
            ORDER BY m.valid_from NULLS LAST, m.valid_to NULLS LAST
            ROWS UNBOUNDED PRECEDING
        ) AS island
    FROM marked AS m
)
SELECT
    n.system AS system,
    n.object AS object,
    n.setting AS setting,
    n.state AS state,
    n.value AS value,
    MIN(n.valid_from) AS valid_from,
    MAX(n.valid_to) AS valid_to
FROM numbered AS n
GROUP BY n.system, n.object, n.setting, n.state, n.value, n.island
