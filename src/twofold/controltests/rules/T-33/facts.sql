-- What each attribute of T-33 rests on: one plain sentence per source row.
SELECT
    p.item AS item, x.attribute AS attribute, 'euc_use' AS table_name, p.evidence AS evidence, p.record AS record,
    'File ' || p.file || ' was used at ' || CAST(p.operating_at AS STRING) || ' for ' || COALESCE(p.control, 'no control')
    || ', version ' || COALESCE(p.content_hash, 'unknown') || '.' AS fact
FROM population AS p
CROSS JOIN (
    SELECT 'A' AS attribute UNION ALL SELECT 'B' UNION ALL SELECT 'C' UNION ALL SELECT 'D'
) AS x
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, 'euc_file' AS table_name, f.evidence AS evidence, f.record AS record,
    'File ' || f.id || ' is in the inventory with complexity ' || COALESCE(CAST(f.complexity AS STRING), 'not scored') || '.' AS fact
FROM population AS p
JOIN euc_file AS f ON f.id = p.file
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'euc_version' AS table_name, v.evidence AS evidence, v.record AS record,
    'Version ' || v.content_hash || ' was saved at ' || CAST(v.saved_at AS STRING) || ' by ' || COALESCE(v.saved_by, 'nobody named')
    || COALESCE(' (' || i.person || CASE WHEN h.human <> i.person THEN ', one human with ' || h.human ELSE '' END || ')', '') || '; formulas ' || COALESCE(v.formula_hash, 'unknown') || ', macros ' || COALESCE(v.macro_hash, 'none') || '.' AS fact
FROM population AS p
JOIN euc_version AS v ON v.file = p.file
LEFT JOIN identity AS i ON i.account = v.saved_by AND i.valid_from <= v.saved_at AND v.saved_at < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
CROSS JOIN (SELECT 'B' AS attribute UNION ALL SELECT 'C' AS attribute) AS x
UNION ALL
SELECT
    p.item AS item, 'B' AS attribute, 'euc_version' AS table_name, v.evidence AS evidence, v.record AS record,
    'Version ' || v.content_hash || ' reads ' || l.value || '.' AS fact
FROM population AS p
JOIN euc_version AS v ON v.file = p.file AND v.content_hash = p.content_hash
JOIN euc_version__links AS l ON l.file = v.file AND l.content_hash = v.content_hash
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'euc_review' AS table_name, r.evidence AS evidence, r.record AS record,
    'Version ' || r.content_hash || ' was reviewed at ' || CAST(r.reviewed_at AS STRING) || ' by '
    || COALESCE(r.reviewer, 'nobody named') || COALESCE(' (' || i.person || CASE WHEN h.human <> i.person THEN ', one human with ' || h.human ELSE '' END || ')', '')
    || ': ' || r.result || '.' AS fact
FROM population AS p
JOIN euc_review AS r ON r.file = p.file
LEFT JOIN identity AS i ON i.account = r.reviewer AND i.valid_from <= r.reviewed_at AND r.reviewed_at < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
CROSS JOIN (SELECT 'B' AS attribute UNION ALL SELECT 'C' AS attribute) AS x
UNION ALL
SELECT
    p.item AS item, 'D' AS attribute, 'euc_tie_out' AS table_name, t.evidence AS evidence, t.record AS record,
    'Total ' || t.name || ': file ' || COALESCE(CAST(t.file_total AS STRING), 'not recorded') || ', source '
    || COALESCE(CAST(t.source_total AS STRING), 'not recorded') || '.' AS fact
FROM population AS p
JOIN euc_tie_out AS t ON t.use = p.item
UNION ALL
SELECT
    p.item AS item, 'A' AS attribute, 'access_listing' AS table_name, l.evidence AS evidence, l.record AS record,
    'At ' || CAST(l.listed_at AS STRING) || ' account ' || l.account || ' could change ' || l.object || '.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN access_listing AS l
    ON l.object = p.file AND l.listed_at_latest <= p.operating_at
    AND l.listed_at + q.listing_valid_days * INTERVAL '1' DAY > p.operating_at
UNION ALL
SELECT
    p.item AS item, 'A' AS attribute, 'access_allowed' AS table_name, a.evidence AS evidence, a.record AS record,
    a.who || ' may change ' || a.object || ' from ' || COALESCE(CAST(a.valid_from AS STRING), 'ever') || ' until '
    || COALESCE(CAST(a.valid_to AS STRING), 'further notice') || '.' AS fact
FROM population AS p
JOIN access_allowed AS a ON a.object = p.file
