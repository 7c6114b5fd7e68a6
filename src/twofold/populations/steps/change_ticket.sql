-- change_ticket: the ticket keys that a change names, and what is known of each ticket (audit-domain 4.2; by key only).
-- One row per item and key named in the pull request (title, branch, body) or in the message of one of its commits.
--   known       the key leads to a ticket in the data (a word such as UTF-8 looks like a key and leads nowhere)
--   type        the one it had when the release started, or was completed where no start is known; empty where its history
--               does not tell (type_unclear)
--   is_change   a ticket of that type may authorise a production change; NULL where the scope does not say
--   item_no     as in change_unit
WITH named AS (
    SELECT u.item_no AS item_no, t.value AS ticket
    FROM change_unit AS u
    JOIN pull_request__tickets AS t ON t.id = u.pull_request
    UNION
    SELECT u.item_no AS item_no, t.value AS ticket
    FROM change_unit AS u
    JOIN change_link AS l ON l.pull_request = u.pull_request
    JOIN code_commit__tickets AS t ON t.repository = l.repository AND t.sha = l.sha
    UNION
    SELECT u.item_no AS item_no, t.value AS ticket
    FROM change_unit AS u
    JOIN code_commit__tickets AS t ON t.repository = u.repository AND t.sha = u.sha
),
retyped AS (
    -- The few tickets whose type was ever changed: what they were at that time.
    SELECT
        n.item_no AS item_no,
        n.ticket AS ticket,
        CASE WHEN MIN(s.type) = MAX(s.type) THEN MIN(s.type) END AS type,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS in_conflict
    FROM ticket_type AS s
    JOIN named AS n ON n.ticket = s.ticket
    JOIN change_unit AS u ON u.item_no = n.item_no
    WHERE COALESCE(u.started_at_latest, u.completed_at_latest, s.from_at) >= s.from_at
        AND COALESCE(u.started_at, u.completed_at, s.until_at) <= s.until_at
    GROUP BY n.item_no, n.ticket
),
typed AS (
    SELECT
        n.item_no AS item_no,
        n.ticket AS ticket,
        t.key IS NOT NULL AS known,
        COALESCE(t.conflicted, false) OR COALESCE(r.in_conflict, 0) = 1 AS conflicted,
        CASE WHEN r.item_no IS NULL THEN t.type ELSE r.type END AS type,
        r.item_no IS NOT NULL AND r.type IS NULL AS type_unclear,
        t.created_at AS created_at,
        t.created_at_latest AS created_at_latest,
        t.migrated_at AS migrated_at,
        t.migrated_at_latest AS migrated_at_latest,
        t.evidence AS evidence,
        t.record AS record
    FROM named AS n
    LEFT JOIN ticket AS t ON t.key = n.ticket
    LEFT JOIN retyped AS r ON r.item_no = n.item_no AND r.ticket = n.ticket
)
SELECT
    u.item AS item,
    t.item_no AS item_no,
    t.ticket AS ticket,
    t.known AS known,
    t.conflicted AS conflicted,
    t.type AS type,
    t.type_unclear AS type_unclear,
    t.created_at AS created_at,
    t.created_at_latest AS created_at_latest,
    t.migrated_at AS migrated_at,
    t.migrated_at_latest AS migrated_at_latest,
    c.is_change AS is_change,
    c.functional AS functional,
    t.evidence AS evidence,
    t.record AS record
FROM typed AS t
JOIN change_unit AS u ON u.item_no = t.item_no
LEFT JOIN change_type AS c ON c.id = t.type
