-- ticket_authorisation: when a ticket was authorised, from its history and its approvals, and until when that held.
-- One row per event. A status counts when the type that the ticket had then lists it as authorised; for a type that lists none, the
-- plain words approved and authorised count. It holds until the ticket is reopened (put back to its beginning, or taken up again
-- after it was done), rejected or withdrawn, so a ticket opened again for a second release needs a new one
-- (audit-domain T-10, traps). One put back into the status from which it was authorised waits for a new one as well, where that
-- status waits for a decision: its name holds approv, authori, review, assess, wait, pending, submit or request.
--   ended_at, ended_at_latest   when it stopped to hold: perhaps from the first of them on, surely from the second (the
--              year 9999 where nobody can tell which of two events came first, so that it may still have held)
--   doubt_at   when an event came of which two contents are known, so that nobody can tell whether it still held
--   conflicted two contents of the event are known, or two types of the ticket at that time (ticket_type), of which one counts it
--   migrated   the event carries the time of an import, so it proves no order
WITH listing AS (
    SELECT DISTINCT s.id AS id FROM change_type__authorised_states AS s
),
retyped AS (
    -- Statuses of the few tickets whose type was ever changed: whether the types that they may have had then count it. A change of
    -- the type in that very instant is of the same save, so that the new type is asked.
    SELECT
        x.id AS id,
        MAX(x.counts) AS perhaps,
        MIN(CASE WHEN x.is_told THEN x.counts ELSE 0 END) AS surely
    FROM (
        SELECT
            e.id AS id,
            y.type IS NOT NULL AND NOT y.conflicted AS is_told,
            CASE
                WHEN s.id IS NOT NULL THEN 1
                WHEN k.id IS NULL AND LOWER(e.new_value) IN ('approved', 'authorised', 'authorized') THEN 1
                ELSE 0
            END AS counts
        FROM ticket_type AS y
        JOIN ticket_event AS e ON e.ticket = y.ticket
        LEFT JOIN change_type__authorised_states AS s
            ON LOWER(s.value) = LOWER(e.new_value) AND (s.id = y.type OR y.type IS NULL OR y.conflicted)
        LEFT JOIN listing AS k ON k.id = y.type AND NOT y.conflicted
        WHERE e.field = 'status' AND y.from_at <= e.occurred_at_latest AND e.occurred_at < y.until_at
    ) AS x
    GROUP BY x.id
),
given AS (
    SELECT
        e.ticket AS ticket, e.id AS id, e.occurred_at AS authorised_at, e.occurred_at_latest AS authorised_at_latest,
        CAST(NULL AS TIMESTAMP) AS withdrawn_at, CAST(NULL AS TIMESTAMP) AS withdrawn_at_latest, e.txn AS txn,
        e.actor AS account, e.conflicted OR COALESCE(r.surely, 1) = 0 AS conflicted,
        CASE WHEN NOT e.conflicted THEN LOWER(TRIM(e.old_value)) END AS came_from,
        t.migrated_at AS migrated_at, t.migrated_at_latest AS migrated_at_latest,
        'ticket_event' AS table_name, e.evidence AS evidence, e.record AS record
    FROM ticket_event AS e
    JOIN ticket AS t ON t.key = e.ticket
    LEFT JOIN change_type__authorised_states AS s ON s.id = t.type AND LOWER(s.value) = LOWER(e.new_value)
    LEFT JOIN listing AS k ON k.id = t.type
    LEFT JOIN retyped AS r ON r.id = e.id
    WHERE e.field = 'status'
        AND (
            e.conflicted
            OR r.perhaps = 1
            OR (r.id IS NULL AND s.id IS NOT NULL)
            OR (r.id IS NULL AND k.id IS NULL AND LOWER(e.new_value) IN ('approved', 'authorised', 'authorized'))
        )
    UNION ALL
    SELECT
        a.subject AS ticket, a.id AS id, a.decided_at AS authorised_at, a.decided_at_latest AS authorised_at_latest,
        a.withdrawn_at AS withdrawn_at, a.withdrawn_at_latest AS withdrawn_at_latest, a.txn AS txn,
        a.approver AS account, a.conflicted AS conflicted, CAST(NULL AS STRING) AS came_from,
        t.migrated_at AS migrated_at, t.migrated_at_latest AS migrated_at_latest,
        'approval' AS table_name, a.evidence AS evidence, a.record AS record
    FROM approval AS a
    LEFT JOIN ticket AS t ON t.key = a.subject
    WHERE a.duty = 'authorise' AND (a.decision = 'approve' OR a.conflicted)
),
taken_back AS (
    -- back_to: ends only what was given from that status; empty = whatever was given.
    SELECT
        e.ticket AS ticket, 'ticket_event' AS table_name, e.id AS id,
        e.occurred_at AS occurred_at, e.occurred_at_latest AS occurred_at_latest, e.conflicted AS conflicted,
        CAST(NULL AS STRING) AS back_to
    FROM ticket_put_back AS e
    UNION ALL
    SELECT
        e.ticket AS ticket, 'ticket_event' AS table_name, e.id AS id,
        e.occurred_at AS occurred_at, e.occurred_at_latest AS occurred_at_latest, e.conflicted AS conflicted,
        s.came_from AS back_to
    FROM (SELECT DISTINCT g.ticket AS ticket, g.came_from AS came_from FROM given AS g) AS s
    JOIN ticket_event AS e ON e.ticket = s.ticket AND LOWER(TRIM(e.new_value)) = s.came_from
    WHERE e.field = 'status' AND NOT e.conflicted
        AND (
            s.came_from LIKE '%approv%' OR s.came_from LIKE '%authori%' OR s.came_from LIKE '%review%'
            OR s.came_from LIKE '%assess%' OR s.came_from LIKE '%wait%' OR s.came_from LIKE '%pending%'
            OR s.came_from LIKE '%submit%' OR s.came_from LIKE '%request%'
        )
    UNION ALL
    SELECT
        a.subject AS ticket, 'approval' AS table_name, a.id AS id,
        a.decided_at AS occurred_at, a.decided_at_latest AS occurred_at_latest, a.conflicted AS conflicted,
        CAST(NULL AS STRING) AS back_to
    FROM approval AS a
    WHERE a.duty = 'authorise' AND (a.decision = 'reject' OR a.conflicted)
),
first_back AS (
    SELECT
        g.table_name AS table_name,
        g.id AS id,
        MIN(CASE WHEN b.conflicted THEN NULL ELSE GREATEST(b.occurred_at, g.authorised_at) END) AS ended_at,
        MIN(
            CASE
                WHEN b.conflicted THEN NULL
                WHEN b.occurred_at > g.authorised_at_latest THEN b.occurred_at_latest
                ELSE TIMESTAMP '9999-12-31 00:00:00'
            END
        ) AS ended_at_latest,
        MIN(CASE WHEN b.conflicted THEN GREATEST(b.occurred_at, g.authorised_at) END) AS doubt_at
    FROM given AS g
    JOIN taken_back AS b ON b.ticket = g.ticket AND b.occurred_at_latest >= g.authorised_at
    WHERE (b.table_name <> g.table_name OR b.id <> g.id) AND (b.back_to IS NULL OR b.back_to = g.came_from)
    GROUP BY g.table_name, g.id
)
SELECT
    g.ticket AS ticket,
    g.id AS id,
    g.authorised_at AS authorised_at,
    g.authorised_at_latest AS authorised_at_latest,
    LEAST(COALESCE(g.withdrawn_at, f.ended_at), COALESCE(f.ended_at, g.withdrawn_at)) AS ended_at,
    LEAST(
        COALESCE(g.withdrawn_at_latest, f.ended_at_latest), COALESCE(f.ended_at_latest, g.withdrawn_at_latest)
    ) AS ended_at_latest,
    f.doubt_at AS doubt_at,
    g.txn AS txn,
    g.account AS account,
    g.conflicted AS conflicted,
    COALESCE(g.migrated_at <= g.authorised_at_latest AND g.authorised_at <= g.migrated_at_latest, false) AS migrated,
    g.table_name AS table_name,
    g.evidence AS evidence,
    g.record AS record
FROM given AS g
LEFT JOIN first_back AS f ON f.table_name = g.table_name AND f.id = g.id
