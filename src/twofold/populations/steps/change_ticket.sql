-- change_ticket: the ticket keys that a change names, and what is known of each ticket (audit-domain 4.2; by key only).
-- One row per item and key named in the pull request (title, branch, body) or in the message of one of its commits.
--   known       the key leads to a ticket in the data (a word such as UTF-8 looks like a key and leads nowhere)
--   is_change   the ticket's type may authorise a production change; NULL where the scope does not say
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
)
SELECT
    u.item AS item,
    n.item_no AS item_no,
    n.ticket AS ticket,
    t.key IS NOT NULL AS known,
    COALESCE(t.conflicted, false) AS conflicted,
    t.type AS type,
    t.created_at AS created_at,
    t.created_at_latest AS created_at_latest,
    t.migrated_at AS migrated_at,
    t.migrated_at_latest AS migrated_at_latest,
    c.is_change AS is_change,
    c.functional AS functional,
    t.evidence AS evidence,
    t.record AS record
FROM named AS n
JOIN change_unit AS u ON u.item_no = n.item_no
LEFT JOIN ticket AS t ON t.key = n.ticket
LEFT JOIN change_type AS c ON c.id = t.type
