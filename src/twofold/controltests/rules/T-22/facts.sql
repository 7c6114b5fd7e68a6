SELECT
    p.item AS item,
    'A' AS attribute,
    'due_occurrence' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    'A restore test of ' || p.system || ' was due from ' || CAST(p.starts_at AS STRING) || ' and before '
    || CAST(p.due_at AS STRING) || '.' AS fact
FROM population AS p
UNION ALL
SELECT
    p.item AS item,
    'A' AS attribute,
    'restore_test' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Test ' || t.id || ' of ' || t.system || COALESCE(' (data store ' || t.store || ')', '') || ' was completed at '
    || CAST(t.completed_at AS STRING)
    || CASE WHEN t.completed_at_latest < p.due_at THEN ', by the due date' ELSE ', after the due date' END
    || COALESCE('; it repeats ' || t.retest_of, '')
    || CASE
        WHEN t.system <> p.system
            THEN '; it stands for ' || p.system || COALESCE(' because: ' || t.stands_for_reason, ' without a reason')
        ELSE ''
    END || '.' AS fact
FROM population AS p
JOIN (
    SELECT o.id AS test, o.system AS system FROM restore_test AS o
    UNION
    SELECT s.id AS test, s.value AS system FROM restore_test__stands_for AS s
) AS x ON x.system = p.system
JOIN restore_test AS t ON t.id = x.test
WHERE t.completed_at_latest >= p.starts_at AND (p.next_due_at IS NULL OR t.completed_at < p.next_due_at)
UNION ALL
SELECT
    p.item AS item,
    'B' AS attribute,
    'backup' AS table_name,
    b.evidence AS evidence,
    b.record AS record,
    'Test ' || t.id || ' restored backup ' || b.id || ' of data store ' || b.store
    || COALESCE(' (in use until ' || CAST(s.valid_to AS STRING) || ')', '') || ', taken at ' || CAST(b.taken_at AS STRING)
    || ' by ' || b.origin || COALESCE(' and deleted at ' || CAST(b.deleted_at AS STRING), '') || '; the test began at ' || COALESCE(CAST(t.started_at AS STRING), 'an unknown time') || '.' AS fact
FROM population AS p
JOIN (
    SELECT o.id AS test, o.system AS system FROM restore_test AS o
    UNION
    SELECT s.id AS test, s.value AS system FROM restore_test__stands_for AS s
) AS x ON x.system = p.system
JOIN restore_test AS t ON t.id = x.test
JOIN backup AS b ON b.id = t.backup
LEFT JOIN store AS s ON s.id = b.store
WHERE t.completed_at_latest >= p.starts_at AND (p.next_due_at IS NULL OR t.completed_at < p.next_due_at)
UNION ALL
SELECT
    p.item AS item,
    v.attribute AS attribute,
    'restore_test' AS table_name,
    t.evidence AS evidence,
    t.record AS record,
    'Test ' || t.id
    || CASE
        WHEN v.attribute = 'C' THEN ' was verified by ' || COALESCE(t.verification, 'nothing')
        WHEN v.attribute = 'D'
            THEN ' measured ' || COALESCE(CAST(t.recovery_minutes AS STRING), 'no') || ' minutes to recover and '
                || COALESCE(CAST(t.loss_minutes AS STRING), 'no') || ' minutes of data lost; the targets are '
                || COALESCE(CAST(s.rto_minutes AS STRING), 'not set') || ' and ' || COALESCE(CAST(s.rpo_minutes AS STRING), 'not set')
        WHEN v.attribute = 'E'
            THEN CASE WHEN t.result = 'pass' THEN ' was good' ELSE ' failed' END || COALESCE('; it repeats ' || t.retest_of, '')
        ELSE ' was run by ' || COALESCE(t.operator, 'nobody named') || COALESCE(' (' || o.person || CASE WHEN z.human <> o.person THEN ', one human with ' || z.human ELSE '' END || ')', '')
            || ' and signed by ' || COALESCE(t.signed_by, 'nobody')
            || COALESCE(' (' || n.person || CASE WHEN y.human <> n.person THEN ', one human with ' || y.human ELSE '' END || ')', '')
            || COALESCE(' at ' || CAST(t.signed_at AS STRING), '')
    END || '.' AS fact
FROM population AS p
JOIN (
    SELECT o.id AS test, o.system AS system FROM restore_test AS o
    UNION
    SELECT s.id AS test, s.value AS system FROM restore_test__stands_for AS s
) AS x ON x.system = p.system
JOIN restore_test AS t ON t.id = x.test
CROSS JOIN (
    SELECT 'C' AS attribute
    UNION ALL
    SELECT 'D' AS attribute
    UNION ALL
    SELECT 'E' AS attribute
    UNION ALL
    SELECT 'F' AS attribute
) AS v
LEFT JOIN backup AS b ON b.id = t.backup
LEFT JOIN store AS s ON s.id = COALESCE(b.store, t.store)
LEFT JOIN identity AS n
    ON n.account = t.signed_by
        AND n.valid_from <= t.signed_at AND t.signed_at < n.valid_to
LEFT JOIN same_human AS y ON y.person = n.person
LEFT JOIN identity AS o
    ON o.account = t.operator
        AND o.valid_from <= COALESCE(t.started_at, t.completed_at)
        AND COALESCE(t.started_at, t.completed_at) < o.valid_to
LEFT JOIN same_human AS z ON z.person = o.person
WHERE t.completed_at_latest >= p.starts_at AND (p.next_due_at IS NULL OR t.completed_at < p.next_due_at)
