-- What each attribute of T-32 rests on: one plain sentence per source row.
SELECT
    p.item AS item, x.attribute AS attribute, 'report_use' AS table_name, p.evidence AS evidence, p.record AS record,
    'Report ' || p.report || ' ran at ' || CAST(p.operating_at AS STRING) || ' with logic ' || COALESCE(p.logic_hash, 'unknown')
    || ' for ' || COALESCE(p.control, 'no control') || ', period ' || COALESCE(p.period, 'unknown') || '; used until '
    || CAST(p.finished_at AS STRING) || '.' AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'A' AS attribute UNION ALL SELECT 'B' UNION ALL SELECT 'C' UNION ALL SELECT 'D'
) AS x
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'key_report' AS table_name, k.evidence AS evidence, k.record AS record,
    'Report ' || k.id || ' is in the register'
    || CASE WHEN k.logic_hidden THEN '; the vendor hides its logic.' ELSE '.' END AS fact
FROM population AS p
JOIN key_report AS k ON k.id = p.report
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'B') AS x
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'report_test' AS table_name, t.evidence AS evidence, t.record AS record,
    'A ' || t.kind || ' test of logic ' || t.logic_hash || ' at ' || CAST(t.tested_at AS STRING) || ' gave ' || t.result
    || COALESCE('; its change is ' || t.change, '') || COALESCE(', T-10: ' || t.change_outcome, '') || '.' AS fact
FROM population AS p
JOIN report_test AS t ON t.report = p.report
CROSS JOIN (SELECT 'A' AS attribute UNION ALL SELECT 'B') AS x
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'report_use' AS table_name, p.evidence AS evidence, p.record AS record,
    'The run had ' || g.value || '.' AS fact
FROM population AS p
JOIN report_use__parameters AS g ON g.id = p.item
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'report_parameter' AS table_name, r.evidence AS evidence, r.record AS record,
    'Control ' || r.control || ' asks for ' || r.name || '=' || r.expected || ' from '
    || COALESCE(CAST(r.valid_from AS STRING), 'ever') || ' until ' || COALESCE(CAST(r.valid_to AS STRING), 'further notice')
    || '.' AS fact
FROM population AS p
JOIN report_parameter AS r ON r.report = p.report AND r.control = p.control
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'data_refresh' AS table_name, r.evidence AS evidence, r.record AS record,
    'The data of ' || r.system || ' was loaded anew at ' || CAST(r.refreshed_at AS STRING) || '.' AS fact
FROM population AS p
JOIN data_refresh AS r
    ON r.system = p.system AND r.refreshed_at_latest >= p.operating_at AND r.refreshed_at <= p.finished_at_latest
UNION ALL
SELECT
    p.item AS item, 'D' AS attribute, 'access_listing' AS table_name, l.evidence AS evidence, l.record AS record,
    'At ' || CAST(l.listed_at AS STRING) || ' account ' || l.account || ' could change ' || l.object || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN access_listing AS l
    ON l.object = p.report AND l.listed_at_latest <= p.operating_at
    AND l.listed_at + q.listing_valid_days * INTERVAL '1' DAY > p.operating_at
UNION ALL
SELECT
    p.item AS item, 'D' AS attribute, 'access_allowed' AS table_name, a.evidence AS evidence, a.record AS record,
    a.who || ' may change ' || a.object || ' from ' || COALESCE(CAST(a.valid_from AS STRING), 'ever') || ' until '
    || COALESCE(CAST(a.valid_to AS STRING), 'further notice') || '.' AS fact
FROM population AS p
JOIN access_allowed AS a ON a.object = p.report
