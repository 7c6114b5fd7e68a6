-- dsr_received: every request of a person about their own data in the request log, duplicates and wrongly filed ones too
-- (audit-domain T-31).
-- An item is one request. Item id: the id in the log. System: the one that it is about, company where it names none.
-- Operating date: the receipt, which is the earliest of what the log says, of when its entry was made, and of the messages and forms
-- that it answers; of its duplicates too. So a clock that was started at triage does not move it.
-- A duplicate names an original that is in the log, is no duplicate itself, has the same subject, and asks for no less: the same kind
-- of thing (as far as both say), of the same system or of the company as a whole. Else it stands on its own.
-- Second source: mailboxes, support queue and forms (reconciliations/dsr_received.sql).
WITH
merged AS (
    SELECT r.id AS request, COALESCE(o.id, r.id) AS original
    FROM dsr AS r
    LEFT JOIN dsr AS o ON o.id = r.duplicate_of AND o.id <> r.id AND o.duplicate_of IS NULL AND o.subject = r.subject
        AND COALESCE(LOWER(o.kind) = LOWER(r.kind), TRUE) AND COALESCE(o.system = r.system, o.system IS NULL)
),
member AS (
    SELECT r.id AS request, r.id AS member FROM dsr AS r
    UNION
    SELECT m.original AS request, m.request AS member FROM merged AS m
),
seen AS (
    SELECT r.id AS request, r.received_at AS at, r.received_at_latest AS at_latest, 0 AS is_intake, r.conflicted AS conflicted
    FROM dsr AS r
    UNION ALL
    SELECT r.id AS request, r.created_at AS at, r.created_at_latest AS at_latest, 0 AS is_intake, r.conflicted AS conflicted
    FROM dsr AS r
    WHERE r.created_at IS NOT NULL
    UNION ALL
    SELECT i.request AS request, i.received_at AS at, i.received_at_latest AS at_latest, 1 AS is_intake, i.conflicted AS conflicted
    FROM dsr_intake AS i
    WHERE i.request IS NOT NULL
),
receipt AS (
    SELECT
        m.request AS request,
        MIN(s.at) AS at,
        MIN(s.at_latest) AS at_latest,
        MAX(CASE WHEN m.member = m.request THEN s.is_intake ELSE 0 END) AS has_intake,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS receipt_conflict
    FROM member AS m
    JOIN seen AS s ON s.request = m.member
    GROUP BY m.request
)
SELECT
    r.id AS item,
    COALESCE(r.system, 'company') AS system,
    c.at AS operating_at,
    c.at_latest AS operating_at_latest,
    m.original AS original,
    c.has_intake AS has_intake,
    c.receipt_conflict AS receipt_conflict,
    COALESCE(r.conflicted, FALSE) AS conflicted,
    r.evidence AS evidence,
    r.record AS record
FROM dsr AS r
JOIN merged AS m ON m.request = r.id
JOIN receipt AS c ON c.request = r.id
