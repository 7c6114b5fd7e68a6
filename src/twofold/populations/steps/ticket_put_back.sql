-- ticket_put_back: when a ticket was put back, so that what was decided on it before is decided no more (audit-domain T-10, traps).
-- One row per event that reopens it (puts it back to its beginning, takes it up again after it was done, or takes its resolution
-- off), rejects or withdraws it. A status of which two contents are known may be one (conflicted).
SELECT
    e.ticket AS ticket,
    e.id AS id,
    e.occurred_at AS occurred_at,
    e.occurred_at_latest AS occurred_at_latest,
    e.conflicted AS conflicted
FROM ticket_event AS e
WHERE (e.conflicted AND e.field = 'status')
OR (
    e.field = 'status'
    AND (
        LOWER(e.new_value) IN (
            'reopened', 're-opened', 'open', 'to do', 'new', 'draft', 'backlog',
            'rejected', 'declined', 'withdrawn', 'cancelled', 'canceled'
        )
        OR (
            LOWER(e.old_value) IN ('done', 'closed', 'resolved', 'completed', 'released', 'deployed', 'live')
            AND LOWER(e.new_value) IN ('in progress', 'in development')
        )
    )
)
OR (e.field = 'resolution' AND e.old_value IS NOT NULL AND e.new_value IS NULL)
