SELECT
    p.item AS item,
    a.letter AS attribute,
    'vendor' AS table_name,
    p.evidence AS evidence,
    p.record AS record,
    p.vendor || ' is relied on by ' || p.system || ' from ' || CAST(p.relied_from AS STRING) || '; tier '
    || COALESCE(p.tier, 'none') || '; to be answered for '
    || COALESCE('from ' || CAST(p.starts_at AS STRING) || ' to ' || CAST(p.ends_before AS STRING), 'in no stretch laid down')
    || COALESCE(', reports to be read before ' || CAST(p.relied_at AS STRING), '')
    || COALESCE('; no report is asked because: ' || p.no_report_reason, '') || '.' AS fact
FROM population AS p
CROSS JOIN (SELECT 'A' AS letter UNION ALL SELECT 'G' AS letter) AS a
UNION ALL
SELECT
    p.item AS item,
    a.letter AS attribute,
    'soc_report' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Report ' || r.id || ' of kind ' || r.kind || ', type ' || COALESCE(CAST(r.type AS STRING), 'unknown') || ', of '
    || COALESCE(r.entity, 'an entity not named') || ', from ' || COALESCE(CAST(r.starts_at AS STRING), 'an unknown day')
    || ' to '
    || COALESCE(CAST(r.ends_before AS STRING), 'an unknown day') || ', opinion ' || COALESCE(r.opinion, 'not recorded')
    || COALESCE(' (' || r.opinion_judgement || ')', '') || ', received '
    || COALESCE(CAST(r.received_at AS STRING), 'at an unknown time')
    || ', reviewed ' || COALESCE(CAST(r.reviewed_at AS STRING), 'never') || ' by ' || COALESCE(r.reviewed_by, 'nobody')
    || COALESCE(', other kind agreed by ' || r.other_kind_agreed_by, '') || '.' AS fact
FROM population AS p
JOIN soc_report AS r
    ON r.vendor = p.vendor AND (r.starts_at IS NULL OR r.starts_at < p.ends_before)
        AND (r.ends_before IS NULL OR r.ends_before > p.starts_at)
CROSS JOIN (
    SELECT 'A' AS letter UNION ALL SELECT 'B' AS letter UNION ALL SELECT 'D' AS letter UNION ALL SELECT 'K' AS letter
    UNION ALL SELECT 'L' AS letter
) AS a
UNION ALL
SELECT
    p.item AS item,
    'C' AS attribute,
    'bridge' AS table_name,
    b.evidence AS evidence,
    b.record AS record,
    'Letter ' || b.id || ' speaks from ' || CAST(b.starts_at AS STRING) || ' to ' || CAST(b.ends_before AS STRING)
    || ', signed by '
    || COALESCE(b.signed_by, 'nobody') || ' (' || COALESCE(b.signer_role, 'role not named') || ')'
    || COALESCE(' at ' || CAST(b.signed_at AS STRING), '') || '.' AS fact
FROM population AS p
JOIN bridge AS b ON b.vendor = p.vendor AND b.starts_at < p.ends_before AND b.ends_before > p.starts_at
UNION ALL
SELECT
    p.item AS item,
    'D' AS attribute,
    'report_exception' AS table_name,
    e.evidence AS evidence,
    e.record AS record,
    'Exception ' || e.id || ' of report ' || e.report || ': ' || COALESCE(e.judgement, 'not judged') || '.' AS fact
FROM population AS p
JOIN soc_report AS r ON r.vendor = p.vendor AND r.starts_at < p.ends_before AND r.ends_before > p.starts_at
JOIN report_exception AS e ON e.report = r.id
UNION ALL
SELECT
    p.item AS item,
    'E' AS attribute,
    'cuec' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'Duty ' || c.id || ' of report ' || c.report || ': '
    || COALESCE('does not arise, ' || c.not_needed_reason, 'own control ' || COALESCE(c.own_control, 'none'))
    || ', result ' || COALESCE(c.own_result, 'not concluded') || '.' AS fact
FROM population AS p
JOIN soc_report AS r ON r.vendor = p.vendor AND r.starts_at < p.ends_before AND r.ends_before > p.starts_at
JOIN cuec AS c ON c.report = r.id
UNION ALL
SELECT
    p.item AS item,
    'F' AS attribute,
    'subservice' AS table_name,
    s.evidence AS evidence,
    s.record AS record,
    'Report ' || s.report || ' relies on ' || s.provider || ' (' || s.method || ')'
    || COALESCE(', followed as ' || s.followed_as, '') || COALESCE(', need not be followed: ' || s.justification, '')
    || '.' AS fact
FROM population AS p
JOIN soc_report AS r ON r.vendor = p.vendor AND r.starts_at < p.ends_before AND r.ends_before > p.starts_at
JOIN subservice AS s ON s.report = r.id
UNION ALL
SELECT
    p.item AS item,
    'H' AS attribute,
    'vendor_review' AS table_name,
    r.evidence AS evidence,
    r.record AS record,
    'Review ' || r.id || ' at ' || CAST(r.reviewed_at AS STRING) || ': ' || COALESCE(r.conclusion, 'no conclusion')
    || ' by ' || COALESCE(r.reviewed_by, 'nobody named') || '; it stands for ' || CAST(q.review_months AS STRING) || ' months.' AS fact
FROM population AS p
CROSS JOIN parameter AS q
JOIN vendor_review AS r ON r.vendor = p.vendor AND r.reviewed_at < p.ends_before
UNION ALL
SELECT
    p.item AS item,
    'I' AS attribute,
    'vendor_contract' AS table_name,
    c.evidence AS evidence,
    c.record AS record,
    'Contract ' || c.id || ' in force from ' || CAST(c.valid_from AS STRING) || ' to '
    || COALESCE(CAST(c.valid_to AS STRING), 'now')
    || CASE WHEN c.security_terms THEN ', with security terms.' ELSE ', without security terms.' END AS fact
FROM population AS p
JOIN vendor_contract AS c ON c.vendor = p.vendor AND c.valid_from < p.ends_before
UNION ALL
SELECT
    p.item AS item,
    'J' AS attribute,
    'vendor_issue' AS table_name,
    i.evidence AS evidence,
    i.record AS record,
    'Issue ' || i.id || ' of ' || COALESCE(i.owner, 'nobody') || ', raised ' || CAST(i.raised_at AS STRING) || ', due '
    || COALESCE(CAST(i.due_at AS STRING), 'at no date') || ', closed ' || COALESCE(CAST(i.closed_at AS STRING), 'not yet')
    || '.' AS fact
FROM population AS p
JOIN vendor_issue AS i ON i.vendor = p.vendor AND (i.raised_at < p.ends_before OR i.closed_at < p.ends_before)
