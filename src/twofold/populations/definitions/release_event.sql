-- release_event: everything seen to change production, from the production side (audit-domain T-13).
-- An item is a deployment to production, or an event of a production log that came without one: console and database
-- writes, pushes to release branches outside pull requests, flags, configuration, automation. Failed deployments are items.
-- Item id: the id of the deployment, or the id of the prod_event.
-- Operating date: completion of the deployment (its start where no completion is recorded), or the time of the event.
-- Second source: tickets that say they were released. One that no release carries comes out of the reconciliation; it is
-- no item.
SELECT
    d.id AS item,
    d.system AS system,
    COALESCE(d.completed_at, d.started_at) AS operating_at,
    COALESCE(d.completed_at_latest, d.started_at_latest) AS operating_at_latest,
    'deployment' AS origin,
    'deployment' AS kind,
    d.actor AS actor,
    d.repository AS object,
    CAST(NULL AS STRING) AS reference,
    d.conflicted AS conflicted,
    d.evidence AS evidence,
    d.record AS record
FROM deployment AS d
WHERE d.environment = 'production'
UNION ALL
SELECT
    e.id AS item,
    e.system AS system,
    e.occurred_at AS operating_at,
    e.occurred_at_latest AS operating_at_latest,
    'prod_event' AS origin,
    e.kind AS kind,
    e.actor AS actor,
    e.object AS object,
    e.reference AS reference,
    e.conflicted AS conflicted,
    e.evidence AS evidence,
    e.record AS record
FROM prod_event AS e
