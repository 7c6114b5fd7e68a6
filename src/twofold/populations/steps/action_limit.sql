-- action_limit: by when an action of the programme had to be closed (audit-domain T-29, trap "action due dates moved").
-- One row per action: the earliest due date that it ever had, by the tracker now and by its field history. A date that was moved
-- later does not help.
--   due_at       the latest moment of that date (a bare day lasts to its end); NULL where the action never had one
--   conflicted   a change of the date is recorded in two ways
WITH dated AS (
    SELECT t.id AS action, t.due_at_latest AS due_at, FALSE AS conflicted FROM programme_action AS t
    UNION ALL
    SELECT c.action AS action, c.old_due_at_latest AS due_at, c.conflicted AS conflicted FROM action_due_change AS c
    UNION ALL
    SELECT c.action AS action, c.new_due_at_latest AS due_at, c.conflicted AS conflicted FROM action_due_change AS c
)
SELECT
    d.action AS action,
    MIN(d.due_at) AS due_at,
    MAX(CASE WHEN d.conflicted THEN 1 ELSE 0 END) = 1 AS conflicted
FROM dated AS d
GROUP BY d.action
