-- change_emergency: when a change was flagged as an emergency (audit-domain T-12 E; by the ticket's history).
-- One row per item (item_no as in change_unit) with a flag. A flag is an event that sets the field emergency to anything but no, or turns the ticket's
-- type into an emergency type; a ticket created with such a type is flagged at its creation. It counts until taken off again.
-- Where an event replaces such a value that no event had set, the ticket had it from its creation; that counts where it was still there
-- when the release started, such as of a ticket whose type was changed back afterwards.
--   flagged_at       start of the earliest flag that was never taken off before the release started, else the earliest; of several at one
--                    moment one that is not in conflict
--   migrated         the flag carries the time of an import, so it proves no order
WITH replaced AS (
    -- The first events of their kind that replace such a value.
    SELECT e.ticket AS ticket, e.conflicted AS conflicted, e.evidence AS evidence, e.record AS record
    FROM ticket_event AS e
    WHERE e.field = 'emergency' AND LOWER(e.old_value) NOT IN ('', 'false', 'no', 'n', '0', 'off', 'none', 'normal')
        AND NOT EXISTS (
            SELECT 1 FROM ticket_event AS b
            WHERE b.ticket = e.ticket AND b.id <> e.id AND b.field = 'emergency' AND b.occurred_at <= e.occurred_at_latest
        )
    UNION ALL
    SELECT e.ticket AS ticket, e.conflicted AS conflicted, e.evidence AS evidence, e.record AS record
    FROM ticket_event AS e
    WHERE e.field IN ('type', 'issuetype') AND LOWER(e.old_value) LIKE '%emergency%'
        AND NOT EXISTS (
            SELECT 1 FROM ticket_event AS b
            WHERE b.ticket = e.ticket AND b.id <> e.id AND b.field IN ('type', 'issuetype')
                AND b.occurred_at <= e.occurred_at_latest
        )
),
flag AS (
    SELECT
        e.ticket AS ticket,
        e.occurred_at AS flagged_at,
        e.occurred_at_latest AS flagged_at_latest,
        e.conflicted AS conflicted,
        0 AS of_old,
        'ticket_event' AS table_name,
        e.evidence AS evidence,
        e.record AS record
    FROM ticket_event AS e
    WHERE (e.field = 'emergency' AND LOWER(e.new_value) NOT IN ('', 'false', 'no', 'n', '0', 'off', 'none', 'normal'))
        OR (e.field IN ('type', 'issuetype') AND LOWER(e.new_value) LIKE '%emergency%')
    UNION ALL
    SELECT
        t.key AS ticket,
        t.created_at AS flagged_at,
        t.created_at_latest AS flagged_at_latest,
        t.conflicted AS conflicted,
        0 AS of_old,
        'ticket' AS table_name,
        t.evidence AS evidence,
        t.record AS record
    FROM ticket AS t
    WHERE LOWER(t.type) LIKE '%emergency%'
        AND NOT EXISTS (
            SELECT 1 FROM ticket_event AS e WHERE e.ticket = t.key AND e.field IN ('type', 'issuetype')
        )
    UNION ALL
    SELECT
        t.key AS ticket,
        t.created_at AS flagged_at,
        t.created_at_latest AS flagged_at_latest,
        t.conflicted OR e.conflicted AS conflicted,
        1 AS of_old,
        'ticket_event' AS table_name,
        e.evidence AS evidence,
        e.record AS record
    FROM replaced AS e
    JOIN ticket AS t ON t.key = e.ticket
),
cleared AS (
    SELECT e.ticket AS ticket, e.occurred_at AS cleared_at
    FROM ticket_event AS e
    WHERE (
        e.field = 'emergency'
        AND LOWER(COALESCE(e.new_value, '')) IN ('', 'false', 'no', 'n', '0', 'off', 'none', 'normal')
    )
    OR (
        e.field IN ('type', 'issuetype')
        AND LOWER(e.old_value) LIKE '%emergency%'
        AND LOWER(COALESCE(e.new_value, '')) NOT LIKE '%emergency%'
    )
),
held AS (
    SELECT
        u.item AS item,
        u.item_no AS item_no,
        f.ticket AS ticket,
        f.flagged_at AS flagged_at,
        f.flagged_at_latest AS flagged_at_latest,
        f.conflicted AS conflicted,
        f.of_old AS of_old,
        f.table_name AS table_name,
        f.evidence AS evidence,
        f.record AS record,
        CASE
            WHEN EXISTS (
                SELECT 1
                FROM cleared AS c
                WHERE c.ticket = f.ticket AND (f.flagged_at IS NULL OR f.flagged_at < c.cleared_at) AND c.cleared_at <= u.started_at
            ) THEN 1
            ELSE 0
        END AS cleared_before
    FROM change_unit AS u
    JOIN change_ticket AS t ON t.item_no = u.item_no
    JOIN flag AS f ON f.ticket = t.ticket
),
ranked AS (
    SELECT
        h.item AS item,
        h.item_no AS item_no,
        h.ticket AS ticket,
        h.flagged_at AS flagged_at,
        h.flagged_at_latest AS flagged_at_latest,
        h.conflicted AS conflicted,
        h.cleared_before AS cleared_before,
        h.table_name AS table_name,
        h.evidence AS evidence,
        h.record AS record,
        ROW_NUMBER() OVER (
            PARTITION BY h.item_no
            ORDER BY h.cleared_before NULLS LAST, h.flagged_at NULLS LAST, h.flagged_at_latest NULLS LAST,
                h.conflicted NULLS LAST, h.ticket NULLS LAST, h.record NULLS LAST
        ) AS place
    FROM held AS h
    WHERE h.of_old = 0 OR h.cleared_before = 0
)
SELECT
    r.item AS item,
    r.item_no AS item_no,
    r.ticket AS ticket,
    r.flagged_at AS flagged_at,
    r.flagged_at_latest AS flagged_at_latest,
    r.cleared_before = 1 AS cleared,
    r.conflicted AS conflicted,
    COALESCE(t.migrated_at <= r.flagged_at_latest AND r.flagged_at <= t.migrated_at_latest, false) AS migrated,
    r.table_name AS table_name,
    r.evidence AS evidence,
    r.record AS record
FROM ranked AS r
JOIN ticket AS t ON t.key = r.ticket
WHERE r.place = 1
