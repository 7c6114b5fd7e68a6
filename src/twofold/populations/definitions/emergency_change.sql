-- emergency_change: every change item flagged as an emergency, before or after its release, and every change released
-- without any approval before it while an incident of its system was open (audit-domain T-12, Population).
-- Item ids, operating date and columns are those of change_item. Items that no control asks about are left to change_item.
-- Second source: incidents that name a change, and change_item, in which each of these items stands as well.
WITH approved AS (
    SELECT DISTINCT a.item AS item
    FROM change_approval AS a
    JOIN change_unit AS u ON u.item = a.item
    WHERE a.approved_at <= u.started_at_latest
),
in_incident AS (
    SELECT DISTINCT u.item AS item
    FROM change_unit AS u
    JOIN incident__systems AS s ON s.value = u.system
    JOIN incident AS i ON i.id = s.id
    WHERE i.opened_at <= u.started_at_latest
        AND (
            i.closed_at IS NULL OR i.closed_at_latest > u.started_at
            OR (i.reopened_at_latest > i.closed_at AND i.reopened_at <= u.started_at_latest)
        )
)
SELECT
    u.item AS item,
    u.system AS system,
    u.operating_at AS operating_at,
    u.operating_at_latest AS operating_at_latest,
    u.deployment AS deployment,
    u.repository AS repository,
    u.pull_request AS pull_request,
    u.sha AS sha,
    u.excuse AS excuse,
    u.unknown AS unknown,
    u.started_at AS started_at,
    u.started_at_latest AS started_at_latest,
    u.completed_at AS completed_at,
    u.completed_at_latest AS completed_at_latest,
    u.deployed_sha AS deployed_sha,
    u.digest AS digest,
    u.actor AS actor,
    u.by_pipeline AS by_pipeline,
    u.final_sha AS final_sha,
    u.merge_sha AS merge_sha,
    u.merged_by AS merged_by,
    u.base_ref AS base_ref,
    u.begins_at AS begins_at,
    u.evidence AS evidence,
    u.record AS record
FROM change_unit AS u
LEFT JOIN change_emergency AS e ON e.item = u.item
LEFT JOIN approved AS a ON a.item = u.item
LEFT JOIN in_incident AS n ON n.item = u.item
WHERE e.item IS NOT NULL
    OR (a.item IS NULL AND n.item IS NOT NULL AND u.excuse IS NULL AND u.unknown IS NULL)
