-- setting_demand: what the company's standard asks of each setting of each system, from when to when (audit-domain T-07).
-- One row per system and line of the standard; half open: valid_from <= t < valid_to. A line for every system (*) holds for the
-- systems of the register that have no line of their own for the setting.
WITH own AS (
    SELECT DISTINCT s.scope AS system, s.setting AS setting FROM setting_standard AS s WHERE s.scope <> '*'
),
line AS (
    SELECT
        s.scope AS system, s.setting AS setting, s.topic AS topic, s.comparison AS comparison, s.value AS value,
        s.valid_from AS valid_from, s.valid_to AS valid_to,
        s.conflicted AS conflicted, s.evidence AS evidence, s.record AS record
    FROM setting_standard AS s
    WHERE s.scope <> '*'
    UNION ALL
    SELECT
        y.id AS system, s.setting AS setting, s.topic AS topic, s.comparison AS comparison, s.value AS value,
        s.valid_from AS valid_from, s.valid_to AS valid_to,
        s.conflicted AS conflicted, s.evidence AS evidence, s.record AS record
    FROM setting_standard AS s
    JOIN (SELECT DISTINCT r.id AS id FROM system AS r) AS y ON s.scope = '*'
    LEFT JOIN own AS o ON o.system = y.id AND o.setting = s.setting
    WHERE o.system IS NULL
)
SELECT
    l.system AS system,
    l.setting AS setting,
    l.topic AS topic,
    l.comparison AS comparison,
    l.value AS value,
    COALESCE(l.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
    COALESCE(l.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to,
    l.conflicted AS conflicted,
    l.evidence AS evidence,
    l.record AS record
FROM line AS l
