-- What each attribute of T-34 rests on: one plain sentence per source row.
SELECT
    p.item AS item, x.attribute AS attribute, p.origin AS table_name, p.evidence AS evidence, p.record AS record,
    CASE WHEN p.origin = 'cutover' THEN 'Cutover of ' ELSE 'Data was converted for ' END || p.system || ' at '
    || CAST(p.operating_at AS STRING) || ', project ' || COALESCE(p.project, 'unknown') || '.' AS fact
FROM population AS p
JOIN (
    SELECT 'cutover' AS origin, 'A' AS attribute UNION ALL SELECT 'cutover', 'B' UNION ALL SELECT 'cutover', 'C'
    UNION ALL SELECT 'cutover', 'D' UNION ALL SELECT 'cutover', 'I' UNION ALL SELECT 'conversion', 'E'
    UNION ALL SELECT 'conversion', 'F' UNION ALL SELECT 'conversion', 'G' UNION ALL SELECT 'conversion', 'H'
) AS x ON x.origin = p.origin
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'approval' AS table_name, r.evidence AS evidence, r.record AS record,
    r.approver || COALESCE(' (' || i.person || CASE WHEN h.human <> i.person THEN ', one human with ' || h.human ELSE '' END || ')', '')
    || ' said ' || r.decision || ' for ' || r.duty || ' of ' || r.subject
    || ' at ' || CAST(r.decided_at AS STRING) || COALESCE(', withdrawn at ' || CAST(r.withdrawn_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN (
    SELECT 'project' AS duty, 'A' AS attribute UNION ALL SELECT 'project', 'I' UNION ALL SELECT 'requirements', 'A'
    UNION ALL SELECT 'requirements', 'I' UNION ALL SELECT 'uat', 'B' UNION ALL SELECT 'go_live', 'D'
    UNION ALL SELECT 'go_live', 'I' UNION ALL SELECT 'conversion', 'H'
) AS x ON (x.duty = 'conversion') = (p.origin = 'conversion')
JOIN approval AS r
    ON r.duty = x.duty
    AND r.subject = CASE
        WHEN x.duty IN ('project', 'requirements') THEN p.project
        WHEN x.duty = 'conversion' THEN p.conversion
        ELSE p.cutover
    END
LEFT JOIN identity AS i ON i.account = r.approver AND i.valid_from <= r.decided_at AND r.decided_at < i.valid_to
LEFT JOIN same_human AS h ON h.person = i.person
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'cutover_defect' AS table_name, d.evidence AS evidence, d.record AS record,
    'Defect ' || d.id || ' was found at ' || CAST(d.found_at AS STRING) || ', closed at '
    || COALESCE(CAST(d.closed_at AS STRING), 'no time') || ', accepted by ' || COALESCE(d.accepted_by, 'nobody') || ' at '
    || COALESCE(CAST(d.accepted_at AS STRING), 'no time') || '.' AS fact
FROM population AS p
JOIN cutover_defect AS d ON d.cutover = p.item
UNION ALL
SELECT
    p.item AS item, 'C' AS attribute, 'parallel_run' AS table_name, r.evidence AS evidence, r.record AS record,
    'Side by side, ' || r.name || ' was ' || COALESCE(CAST(r.old_total AS STRING), 'not recorded') || ' in the old system and '
    || COALESCE(CAST(r.new_total AS STRING), 'not recorded') || ' in the new one; accepted by '
    || COALESCE(r.accepted_by, 'nobody') || COALESCE(' because: ' || r.explanation, '') || '.' AS fact
FROM population AS p
JOIN parallel_run AS r ON r.cutover = p.item
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'conversion' AS table_name, v.evidence AS evidence, v.record AS record,
    CASE
        WHEN x.attribute = 'E'
            THEN 'Source ' || COALESCE(CAST(v.source_count AS STRING), 'not counted') || ', target '
                || COALESCE(CAST(v.target_count AS STRING), 'not counted') || ' records'
        WHEN x.attribute = 'F'
            THEN 'Source ' || COALESCE(CAST(v.source_sum AS STRING), 'not summed') || ', target '
                || COALESCE(CAST(v.target_sum AS STRING), 'not summed') || ' in amount'
        WHEN x.attribute = 'G' THEN 'The load refused ' || COALESCE(CAST(v.reject_count AS STRING), 'an unknown number of') || ' records'
        ELSE 'Loaded at ' || CAST(v.loaded_at AS STRING) || ' by ' || COALESCE(v.operator, 'nobody named')
            || COALESCE(' (' || o.person || CASE WHEN h.human <> o.person THEN ', one human with ' || h.human ELSE '' END || ')', '')
    END
    || COALESCE('; explained by ' || v.explained_by || ': ' || v.explanation, '') || '.' AS fact
FROM population AS p
JOIN conversion AS v ON v.id = p.conversion
LEFT JOIN identity AS o ON o.account = v.operator AND o.valid_from <= v.loaded_at AND v.loaded_at < o.valid_to
LEFT JOIN same_human AS h ON h.person = o.person
CROSS JOIN (
    SELECT 'E' AS attribute UNION ALL SELECT 'F' UNION ALL SELECT 'G' UNION ALL SELECT 'H'
) AS x
UNION ALL
SELECT
    p.item AS item, x.attribute AS attribute, 'conversion_reject' AS table_name, r.evidence AS evidence, r.record AS record,
    'Refused record ' || r.record_id || ' was ' || COALESCE(r.outcome, 'left') || ' at '
    || COALESCE(CAST(r.cleared_at AS STRING), 'no time') || COALESCE(', accepted by ' || r.accepted_by, '') || '.' AS fact
FROM population AS p
JOIN conversion_reject AS r ON r.conversion = p.conversion
CROSS JOIN (
    SELECT 'E' AS attribute UNION ALL SELECT 'F' UNION ALL SELECT 'G' UNION ALL SELECT 'H'
) AS x
