-- change_item: every change in every deployment to production (audit-domain 4.2, Unit).
-- An item is one pull request in one deployment, <deployment>/<pull request>; a commit without pull request,
-- <deployment>/<commit>; or a whole deployment, <deployment>, where no commit is known to be new in it, or where nobody can
-- tell what it carried beside the pull request that names its commit. For example d1/acme/billing#7: deployment d1, pull
-- request acme/billing#7. A deployment of seven pull requests is seven items, and one change put on three systems is three. Failed deployments, reruns, automatic
-- rollbacks and updates by a vendor are items too: the rules answer that they do not apply.
-- Operating date: completion of the deployment, or its start where completion is unknown.
-- Second source: tickets shown as released (reconciled by key), and the production logs of T-13.
SELECT
    u.item AS item,
    u.system AS system,
    u.operating_at AS operating_at,
    u.operating_at_latest AS operating_at_latest,
    u.item_no AS item_no,
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
