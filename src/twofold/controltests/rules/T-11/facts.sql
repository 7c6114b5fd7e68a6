-- What each attribute of T-11 rests on: one plain sentence per source row.
SELECT
    p.item AS item, x.attribute AS attribute, c.table_name AS table_name, c.evidence AS evidence, c.record AS record,
    'Worked on it as ' || c.role || ': ' || c.account || COALESCE(', who is ' || c.known_as, ' (' || c.state || ')') AS fact
FROM population AS p
JOIN change_contributor AS c ON c.item = p.item
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'B') AS x
UNION ALL
SELECT
    a.item AS item, 'A' AS attribute, a.table_name AS table_name, a.evidence AS evidence, a.record AS record,
    'Approval (' || a.basis || ') by ' || a.account || COALESCE(', who is ' || a.known_as, ', linked to nobody') || ', at '
    || CAST(a.approved_at AS STRING) || ': ' || a.independence AS fact
FROM population AS p
JOIN change_approval AS a ON a.item = p.item
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, 'deployment' AS table_name, p.evidence AS evidence, p.record AS record,
    'Released by ' || COALESCE(p.actor, 'nobody named') || COALESCE(', who is ' || i.person
    || CASE WHEN h.human <> i.person THEN ' (one human with ' || h.human || ')' ELSE '' END, '')
    || CASE WHEN p.by_pipeline THEN ', through a pipeline' ELSE ', by hand or by a way that is not recorded' END AS fact
FROM population AS p
LEFT JOIN identity AS i ON i.account = p.actor AND i.valid_from <= p.started_at AND p.started_at < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, 'pipeline_agreement' AS table_name, g.evidence AS evidence, g.record AS record,
    g.agreed_by || ' agreed that the pipeline of ' || g.system || ' counts as an independent deployer' AS fact
FROM population AS p
JOIN pipeline_agreement AS g
    ON g.system = p.system
    AND COALESCE(g.valid_from, g.agreed_at) <= p.started_at
    AND p.started_at < COALESCE(g.valid_to, TIMESTAMP '9999-12-31 00:00:00')
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'branch_rule' AS table_name, b.evidence AS evidence, b.record AS record,
    'Branch ' || b.branch || ' of ' || b.repository || ', seen at ' || CAST(b.observed_at AS STRING) || ': ' || b.setting || ' = '
    || COALESCE(b.value, 'empty') AS fact
FROM population AS p
CROSS JOIN parameter AS q
LEFT JOIN repository_now AS m ON m.name = p.repository
JOIN (
    SELECT
        COALESCE(n.current_name, r.repository) AS current_name, r.repository AS repository, r.branch AS branch,
        r.setting AS setting, r.value AS value, r.observed_at AS observed_at, r.evidence AS evidence, r.record AS record
    FROM branch_rule AS r
    LEFT JOIN repository_now AS n ON n.name = r.repository
) AS b ON b.current_name = COALESCE(m.current_name, p.repository) AND b.branch = p.base_ref
WHERE (b.setting IN ('required_reviews', 'enforce_admins', 'protected', 'bypass_reviews') OR b.setting LIKE 'ruleset:%')
    AND b.observed_at >= p.started_at - q.observation_days * INTERVAL '1' DAY
    AND b.observed_at <= p.started_at_latest + q.observation_days * INTERVAL '1' DAY
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'branch_rule_event' AS table_name, b.evidence AS evidence, b.record AS record,
    'Branch ' || b.branch || ' of ' || b.repository || ', changed at ' || CAST(b.occurred_at AS STRING) || ': ' || b.setting
    || ' = ' || COALESCE(b.new_value, 'empty') || COALESCE(', by ' || b.actor, '') AS fact
FROM population AS p
CROSS JOIN parameter AS q
LEFT JOIN repository_now AS m ON m.name = p.repository
JOIN (
    SELECT
        COALESCE(n.current_name, e.repository) AS current_name, e.repository AS repository, e.branch AS branch,
        e.setting AS setting, e.new_value AS new_value, e.actor AS actor, e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest, e.evidence AS evidence, e.record AS record
    FROM branch_rule_event AS e
    LEFT JOIN repository_now AS n ON n.name = e.repository
    WHERE e.setting IN ('required_reviews', 'enforce_admins', 'protected', 'bypass_reviews') OR e.setting LIKE 'ruleset:%'
) AS b ON b.current_name = COALESCE(m.current_name, p.repository) AND b.branch = p.base_ref
WHERE b.occurred_at_latest >= p.started_at - q.observation_days * INTERVAL '1' DAY
    AND b.occurred_at <= p.started_at_latest
