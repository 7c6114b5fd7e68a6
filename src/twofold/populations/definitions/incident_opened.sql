-- incident_opened: every incident record of the tracker, false alarms, duplicates and downgraded ones too (audit-domain T-19).
-- An item is one incident and one system that it touched. An incident touches the systems that it names and those that
-- its duplicates name, so that merging two records never takes a system out of sight.
-- Item id: <incident id> where the incident names one system or none (system "-" then, which no lens holds), else
-- <incident id>@<system>; a system that only a duplicate names always gives <incident id>@<system>.
-- Operating date: when the record was opened.
-- Second source: pager, status page and security mailbox (reconciliations/incident_opened.sql).
WITH
-- The record that a duplicate was merged into, over at most three merges. A duplicate of nothing, or of itself in a circle, is
-- its own original: it is tested like any other.
merged AS (
    SELECT
        i.id AS incident,
        COALESCE(
            CASE
                WHEN i.duplicate_of IS NULL THEN i.id
                WHEN a.duplicate_of IS NULL THEN a.id
                WHEN b.duplicate_of IS NULL THEN b.id
                WHEN c.duplicate_of IS NULL THEN c.id
            END,
            i.id
        ) AS original
    FROM incident AS i
    LEFT JOIN incident AS a ON a.id = i.duplicate_of
    LEFT JOIN incident AS b ON b.id = a.duplicate_of
    LEFT JOIN incident AS c ON c.id = b.duplicate_of
),
named AS (
    SELECT s.id AS incident, COUNT(DISTINCT s.value) AS systems
    FROM incident__systems AS s
    GROUP BY s.id
),
touched AS (
    SELECT s.id AS incident, s.value AS system
    FROM incident__systems AS s
    UNION
    SELECT m.original AS incident, s.value AS system
    FROM merged AS m
    JOIN incident__systems AS s ON s.id = m.incident
    UNION
    SELECT i.id AS incident, '-' AS system
    FROM incident AS i
    WHERE NOT EXISTS (SELECT 1 FROM incident__systems AS s WHERE s.id = i.id)
)
SELECT
    CASE
        WHEN t.system = '-' OR (n.systems = 1 AND o.value IS NOT NULL) THEN i.id
        ELSE i.id || '@' || t.system
    END AS item,
    t.system AS system,
    i.opened_at AS operating_at,
    i.opened_at_latest AS operating_at_latest,
    i.id AS incident,
    i.duplicate_of AS duplicate_of,
    m.original AS original,
    i.severity AS severity,
    i.closed_at AS closed_at,
    i.closed_at_latest AS closed_at_latest,
    COALESCE(i.closed_at IS NULL OR i.reopened_at > i.closed_at_latest, FALSE) AS is_open,
    i.conflicted AS conflicted,
    i.evidence AS evidence,
    i.record AS record
FROM incident AS i
JOIN merged AS m ON m.incident = i.id
JOIN touched AS t ON t.incident = i.id
LEFT JOIN named AS n ON n.incident = i.id
LEFT JOIN incident__systems AS o ON o.id = i.id AND o.value = t.system
